"""Labels of two different sets are refused, whatever their type: wrong kappas were published over such a mix-up."""

from __future__ import annotations

import json

import pytest

REFUSED = 3


def scored(judgebench, tmp_path, rows, *scale):
    """Score gold beside a judge, values as JSON has them."""
    table = tmp_path / "labels.json"
    table.write_text(json.dumps([{"gold": gold, "judge": judge} for gold, judge in rows]), encoding="utf-8")
    return judgebench("score", "--csv", table, "--gold-col", "gold", "--judge-col", "judge", *scale, "--format", "json")


@pytest.mark.parametrize(
    ("rows", "scale"),
    [
        # LLMBar's release: verdicts 1 and 2 read against gold 0 and 1.
        ([(1, "0"), (2, "1")] * 10, ()),
        ([(1, "0"), (2, "1")] * 10, ("--scale", "check")),
        ([(1, "x"), (2, "y")] * 10, ("--scale", "nominal:1,2,x,y")),
        ([("A", "yes"), ("B", "no")] * 10, ()),
    ],
    ids=["no scale said", "a check", "names and numbers", "a pair and a check"],
)
def test_two_label_sets_are_refused(judgebench, tmp_path, rows, scale):
    done = scored(judgebench, tmp_path, rows, *scale)
    assert done.code in {2, REFUSED}
    assert done.out == ""
    assert 1 <= len(done.err.strip().splitlines()) <= 2


def test_numbers_and_their_spelling_are_one_label(judgebench, tmp_path):
    done = scored(judgebench, tmp_path, [(1, "1"), (0, "0"), (1, " 0")] * 10, "--scale", "check")
    row = done.document()["rows"][0]
    assert (row["scale"], row["metrics"]["accuracy"]["value"]) == ("check", pytest.approx(2 / 3))
    assert row["headline"] == "cohen_kappa"
