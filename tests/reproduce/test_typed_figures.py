"""Printed tables that are typed into a card, of which nothing but their parts is at hand."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest

from judgebench.errors import DataError
from judgebench.reproduce.reproduction import reproduce

if TYPE_CHECKING:
    from pathlib import Path

TYPED = """
[[printed]]
columns = ["row", "p", "r"]
rows = [["all|one", {p}, "0.50"], ["all|two", "0.10", "0.40"]]
row = "{{split}}|{{judge}}"
judge = "{{judge}}"
split = "{{split}}"
metrics = {{p = "precision", r = "recall"}}
unit = "fraction"
source = "table 1"
lost = "no verdicts"

[[rule]]
metric = "f1 of both"
kind = "parts"
formula = "f1"
of_metrics = ["precision", "recall"]
why = "its parts are rounded"
"""


def folder(tmp_path: Path, cell: str) -> Path:
    home = tmp_path / "pandalm"
    home.mkdir()
    (home / "published.toml").write_text(TYPED.format(p=cell), encoding="utf-8")
    figures = [
        {"judge": "one", "split": "all", "metric": "f1 of both", "value": 0.56, "decimals": 2, "source": "table 1"},
        {
            "judge": "two", "split": "all", "metric": "f1 of both", "value": 0.17, "decimals": 2, "source": "table 1",
            "recomputed": 0.16, "match": False,
        },
    ]  # fmt: skip
    (home / "published.json").write_text(json.dumps(figures), encoding="utf-8")
    return tmp_path


def test_parts_may_be_typed(tmp_path: Path) -> None:
    found = reproduce(["pandalm"], folder(tmp_path, '"0.64"'))
    cells = [cell for cell in found.cells if cell.metric == "f1 of both"]
    assert [(cell.match, cell.known) for cell in cells] == [(True, "parts"), (False, "explained")]
    lost = [one for one in found.unmatched if one.reason == "no verdicts"]
    assert len(lost) == 4


@pytest.mark.parametrize(
    ("cell", "said"), [("0.64", "expected a text for each of row, p, r"), ('"most"', "expected a number")]
)
def test_what_is_typed_is_checked(tmp_path: Path, cell: str, said: str) -> None:
    with pytest.raises(DataError, match=said):
        reproduce(["pandalm"], folder(tmp_path, cell))
