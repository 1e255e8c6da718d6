"""One table for a paper: columns, percent, intervals, bold, published figures beside."""

from __future__ import annotations

import re

import pytest

import judgebench
from judgebench.errors import UsageError


@pytest.fixture(scope="module")
def runs(tmp_path_factory):
    folder = tmp_path_factory.mktemp("paper")
    for task in ("pandalm", "triviaqa"):
        for judge in ("baseline/random", "baseline/majority"):
            judgebench.run(judge=judge, task=task, sample=True, runs=folder)
    return folder


def _rows(text: str) -> dict[str, list[str]]:
    found = [line.removesuffix(r" \\").split(" & ") for line in text.splitlines() if line.endswith(r"\\")]
    return {re.sub(r"\\textsuperscript\{\d+\}", "", row[0]): row[1:] for row in found}


def test_the_table_has_the_columns_that_were_asked_for_in_percent(runs):
    board = judgebench.leaderboard(runs, task="pandalm", columns="accuracy,items,rank", percent=True, intervals=False)
    rows = _rows(board.render("tex"))
    assert rows.pop("judge") == ["accuracy", "items", "rank"]
    assert set(rows) == {"baseline/random", "baseline/majority"}
    figures = {name: float(re.sub(r"\\textbf\{(.*)\}", r"\1", cells[0])) for name, cells in rows.items()}
    plain = {e.row.judge: e.row.metrics["accuracy"].value for e in board.entries if e.row.subset == "all"}
    assert figures == {name: pytest.approx(100 * value, abs=0.05) for name, value in plain.items()}
    best = max(figures, key=figures.__getitem__)
    assert [name for name, cells in rows.items() if cells[0].startswith(r"\textbf")] == [best]


def test_rows_of_samples_say_so_in_every_form(runs):
    board = judgebench.leaderboard(runs, task="pandalm", percent=True)
    for form in ("table", "md", "tex", "html"):
        assert "SAMPLE" in board.render(form)


def test_several_tasks_are_side_by_side(runs):
    heads = _rows(judgebench.leaderboard(runs, columns=["accuracy", "coverage"]).render("tex"))["judge"]
    assert heads == ["pandalm: accuracy", "pandalm: coverage", "triviaqa: accuracy", "triviaqa: coverage"]


def test_published_figures_are_printed_as_they_were(runs):
    board = judgebench.leaderboard(runs, task="pandalm", published=True, percent=True, intervals=False)
    rows = _rows(board.render("tex"))
    assert rows["judge"] == ["accuracy"]
    assert rows["gpt-3.5-turbo"] == [r"\textbf{71.07}"]
    assert rows["pandalm-7b"] == ["66.77"]
    assert {one["judge"] for one in board.to_json()["published"]} >= {"gpt-3.5-turbo", "pandalm-7b"}


@pytest.mark.parametrize("columns", ["accurate", "accuracy:nowhere"])
def test_columns_that_are_not_there(runs, columns):
    with pytest.raises(UsageError, match="columns"):
        judgebench.leaderboard(runs, task="pandalm", columns=columns).render("table")


def test_csv_is_that_table_too(runs):
    board = judgebench.leaderboard(runs, task="pandalm", columns="accuracy,rank", percent=True, intervals=False)
    header, *rows = [line.split(",") for line in board.render("csv").splitlines()]
    assert header == ["judge", "accuracy", "rank"]
    assert {row[0] for row in rows} == {"baseline/random", "baseline/majority"}
    assert all(1 < float(row[1]) <= 100 for row in rows)


def test_systems_have_no_such_table(runs):
    with pytest.raises(UsageError, match="columns"):
        judgebench.leaderboard(runs, systems=True, columns="accuracy")
