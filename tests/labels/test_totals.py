"""A last row that is a total is refused, with the option that leaves it out."""

from __future__ import annotations

import pytest

import judgebench
from judgebench.errors import FormError

JUDGE = [1, 2, 3, 2, 4, 4, 5, 2, 5, 1]
GOLD = [4, 1, 2, 4, 3, 2, 5, 5, 4, 5]


def measured(tmp_path, last, judge=JUDGE, gold=GOLD, **said):
    path = tmp_path / "t.csv"
    rows = [f"q{i},{a},{b}" for i, (a, b) in enumerate(zip(judge, gold, strict=True))]
    path.write_text("\n".join(["id,judge,human", *rows, last]) + "\n")
    return judgebench.score(path, judge="judge", gold="human", **said).to_json()["rows"][0]["items"]


@pytest.mark.parametrize(
    "last",
    ["Total,29,35", ",29,35", "Mean,2.9,3.5", "x,29.0,35.0", "Gesamt,3,3", "Moyenne:,3,4", 'Durchschnitt,"2,9","3,5"'],
)
def test_totals_are_refused(tmp_path, last):
    with pytest.raises(FormError, match=r"t\.csv:12: this last row looks like a total: .* drop_last 1") as caught:
        measured(tmp_path, last)
    assert caught.value.readings == ({"drop_last": 1},)
    assert measured(tmp_path, last, drop_last=1) == 10


def test_a_total_that_is_said_to_be_one(tmp_path):
    judge, gold = [1, 0, 1, 0], [0, 1, 1, 0]
    assert measured(tmp_path, "q,2,2", [*judge, 2], [*gold, 1], id="id", scale="rate:0-2") == 6
    with pytest.raises(FormError, match="looks like a total: id says 'Sum'"):
        measured(tmp_path, "Sum,1,1", [0, 0, 1, 0], [0, 1, 0, 0], id="id")


@pytest.mark.parametrize("last", ["q10,1,1", "q10,3,4", "q10,5,5"])
def test_rows_are_no_totals(tmp_path, last):
    assert measured(tmp_path, last) == 11


def test_a_mean_with_decimal_commas(tmp_path):
    path = tmp_path / "t.csv"
    rows = [f"{i};{a},5;{b},0" for i, (a, b) in enumerate(zip(JUDGE, GOLD, strict=True))]
    path.write_text("\n".join(["id;judge;human", *rows, "x;3,4;3,5"]) + "\n")
    with pytest.raises(FormError, match="judge holds the mean of the cells above"):
        judgebench.score(path, judge="judge", gold="human", read_replies=True)


def test_a_first_row_may_be_the_total(tmp_path):
    path = tmp_path / "t.csv"
    rows = [f"q{i},{a},{b}" for i, (a, b) in enumerate(zip(JUDGE, GOLD, strict=True))]
    for first, way in (
        ("Total,29,35", "leave it out with where 'id != Total'"),
        ("q,29,35", "take it out of the file"),
    ):
        path.write_text("\n".join(["id,judge,human", first, *rows]) + "\n")
        with pytest.raises(FormError, match=rf"t\.csv:2: this first row looks like a total: .*{way}"):
            judgebench.score(path, judge="judge", gold="human")
    path.write_text("\n".join(["id,judge,human", "Total,29,35", *rows]) + "\n")
    found = judgebench.score(path, judge="judge", gold="human", where="id != Total")
    assert found.to_json()["rows"][0]["items"] == 10
