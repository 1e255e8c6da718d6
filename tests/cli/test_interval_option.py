"""``score --interval``: another interval for the same values."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from pathlib import Path


@pytest.fixture
def labels(tmp_path: Path) -> Path:
    path = tmp_path / "labels.csv"
    rows = [f"{i // 4},s{i % 4},{'ya'[i % 3 == 0]},{'ya'[i % 7 == 0]}" for i in range(80)]
    path.write_text("\n".join(["question,model,judge,gold", *rows]), encoding="utf-8")
    return path


def kappa(judgebench, labels: Path, *options: str) -> dict[str, float]:
    done = judgebench(
        "score", "--csv", str(labels), "--judge-col", "judge", "--gold-col", "gold", "--scale", "nominal:a,y",
        "--cluster-col", "question", "--format", "json", *options,
    )  # fmt: skip
    assert done.code == 0, done.err
    found: dict[str, float] = done.document()["rows"][0]["metrics"]["cohen_kappa"]
    return found


@pytest.mark.parametrize("options", [("--interval", "jackknife"), ("--interval", "two-way", "--system-col", "model")])
def test_another_interval_for_the_same_value(judgebench, labels: Path, options: tuple[str, ...]) -> None:
    plain, found = kappa(judgebench, labels), kappa(judgebench, labels, *options)
    assert found["value"] == plain["value"]
    assert (found["low"], found["high"]) != (plain["low"], plain["high"])
    assert found["low"] < found["value"] < found["high"]


def test_two_ways_need_systems(judgebench, labels: Path) -> None:
    done = judgebench(
        "score", "--csv", str(labels), "--judge-col", "judge", "--gold-col", "gold", "--scale", "nominal:a,y",
        "--interval", "two-way",
    )  # fmt: skip
    assert done.code == 2
    assert "--system-col" in done.err
