"""Verdicts on pairs in one table and ratings of single answers in another say what two runs say."""

from __future__ import annotations

import pytest

PAIRS = [0] * 3 + [2] * 2 + [1] + [0, 2] + [0] * 2
RATINGS = [(8, 3)] * 3 + [(2, 9)] * 2 + [(5, 5)] + [(1, 2), (7, 6)] + [(4, 4)] * 2
ASKED = ("--csv", "pairs.csv", "--csv", "ratings.csv", "--id-col", "id", "--cluster-col", "question")
ASKED += ("--judge-col", "verdict", "--probe", "cross-mode", "-q")


@pytest.fixture(autouse=True)
def tables(tmp_path):
    pairs = [f"{i},{('A', 'tie', 'B')[one]},q{i // 2}" for i, one in enumerate(PAIRS)]
    rated = [f"{i},{one},{two}" for i, (one, two) in enumerate(RATINGS)]
    (tmp_path / "pairs.csv").write_text("\n".join(["id,verdict,question", *pairs]), "utf-8")
    (tmp_path / "ratings.csv").write_text("\n".join(["id,first,second", *reversed(rated)]), "utf-8")


def test_a_worked_example_from_two_tables(judgebench):
    """Of ten cases six agree, two contradict each other: that of `tests/agreement/test_cross_mode.py`."""
    asked = ("probe", *ASKED, "--rating-col", "first", "--rating-col", "second", "--format", "json")
    [row] = judgebench(*asked).document()["rows"]
    value = {name: one["value"] for name, one in row["figures"].items()}
    assert value == {
        "percent_agreement": pytest.approx(0.6),
        "kappa": pytest.approx((0.6 - 0.36) / (1 - 0.36)),
        "contradictions": pytest.approx(0.2),
        "rating_ties": pytest.approx(0.3),
        "pair_ties": pytest.approx(0.1),
        "agreement_decided": pytest.approx(5 / 7),
    }
    assert (row["questions"], row["cases"], row["effect"]["value"]) == (5, 10, pytest.approx(0.2))


@pytest.mark.parametrize(
    ("more", "code", "said"),
    [
        (("--rating-col", "first"), 2, "--rating-col: name two"),
        (("--rating-col", "first", "--rating-col", "question"), 3, "'q0' in row 1 is not a rating"),
        (("--rating-col", "first", "--rating-col", "other"), 3, "no column is named 'other'"),
    ],
)
def test_ratings_that_are_none(judgebench, more, code, said):
    found = judgebench("probe", *ASKED, *more)
    assert (found.code, said in " ".join(found.err.split())) == (code, True), found.err


def test_rating_columns_are_of_a_table(judgebench):
    found = judgebench("probe", "--judge", "baseline/first", "--task", "pandalm", "--rating-col", "x")
    assert (found.code, "--rating-col" in found.err) == (2, True)
