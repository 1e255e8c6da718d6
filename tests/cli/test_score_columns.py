from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from pathlib import Path

P = (0.1, 0.1, 0.3, 0.4, 0.6, 0.65, 0.8, 0.9, 0.95, 1.0)
Y = (0, 0, 1, 0, 1, 0, 1, 1, 1, 1)


def test_score_measures_a_column_of_probabilities(judgebench, tmp_path: Path) -> None:
    path = tmp_path / "p.csv"
    path.write_text("p,human\n" + "".join(f"{p},{'yes' if y else 'no'}\n" for p, y in zip(P, Y, strict=True)))
    done = judgebench("score", "--csv", path, "--score-col", "p", "--gold-col", "human", "--format", "json")
    assert done.code == 0, done.err
    document = done.document()
    metrics = document["rows"][0]["metrics"]
    assert metrics["brier"]["value"] == pytest.approx(0.1305)
    assert metrics["ece"]["value"] == pytest.approx(0.27)
    assert metrics["auc"]["low"] < metrics["auc"]["value"] < metrics["auc"]["high"]
    assert "read as probabilities" in done.err
    shown = judgebench("score", "--csv", path, "--score-col", "p", "--gold-col", "human", "--explain")
    assert shown.code == 0
    assert "AUC" in shown.out
    assert "Brier" in shown.out


def test_scores_describe_a_table_not_a_run(judgebench) -> None:
    done = judgebench("score", "runs", "--score-col", "p")
    assert (done.code, "describe a --csv FILE; runs bring their own" in done.err) == (2, True), done.err


@pytest.mark.parametrize("cell", ["1e308", "-1e101", "1_5", "inf", "1e400"])
def test_a_score_whose_squares_overflow_is_refused(judgebench, tmp_path: Path, cell: str) -> None:
    path = tmp_path / "p.csv"
    path.write_text("judge,p,human\n1,1.5,1\n2,2.5,3\n" + f"3,{cell},3\n")
    done = judgebench("score", "--csv", path, "--judge-col", "judge", "--score-col", "p", "--gold-col", "human")
    assert (done.code, f"p.csv:4, field 'p': {cell!r} is not a number" in done.err) == (3, True), done.err
