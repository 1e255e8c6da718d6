"""One table for a paper: columns, percent, intervals, bold, published figures beside."""

from __future__ import annotations

import csv
import io
import re

import pytest

import judgebench
from judgebench.domain import Agreement, Estimate, Policies
from judgebench.errors import UsageError
from judgebench.report.leaderboard.entries import Entry
from judgebench.report.leaderboard.paper import Listed, Paper, paper_grid


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
    assert heads == [f"SAMPLE {task}: {name}" for task in ("pandalm", "triviaqa") for name in ("accuracy", "coverage")]


def test_published_figures_are_printed_as_they_were(runs):
    board = judgebench.leaderboard(runs, task="pandalm", published=True, percent=True, intervals=False)
    rows = _rows(board.render("tex"))
    assert rows["judge"] == ["accuracy"]
    assert rows["gpt-3.5-turbo (published)"] == [r"\textbf{71.07}"]
    assert rows["pandalm-7b (published)"] == ["66.77"]
    assert {one["judge"] for one in board.to_json()["published"]} >= {"gpt-3.5-turbo", "pandalm-7b"}


@pytest.mark.parametrize("columns", ["accurate", "accuracy:nowhere"])
def test_columns_that_are_not_there(runs, columns):
    with pytest.raises(UsageError, match="columns"):
        judgebench.leaderboard(runs, task="pandalm", columns=columns).render("table")


def test_csv_has_that_table_as_numbers_and_says_sample(runs):
    board = judgebench.leaderboard(runs, task="pandalm", columns="cohen_kappa,rank", percent=True)
    header, *rows = csv.reader(io.StringIO(board.render("csv")))
    assert header == ["judge", "cohen_kappa", "cohen_kappa_low", "cohen_kappa_high", "rank", "note"]
    assert {row[0] for row in rows} == {"baseline/random", "baseline/majority"}
    # A negative figure is a number, not a text that a spreadsheet might run.
    assert any(float(row[1]) < 0 for row in rows)
    assert all(float(row[2]) <= float(row[1]) <= float(row[3]) and row[5].startswith("SAMPLE") for row in rows)


def test_a_subset_is_a_column_without_rows_of_subsets(tmp_path):
    table = tmp_path / "t.csv"
    table.write_text("id,part,gold,model\n" + "".join(f"{i},{'xy'[i % 2]},{'AB'[i % 3 == 0]},A\n" for i in range(30)))
    roles = {"runs": table, "gold": "gold", "judge": "model", "subset": "part", "scale": "pair:2"}
    board = judgebench.leaderboard(**roles, columns="accuracy:x,accuracy:y", subsets=False)
    assert _rows(board.render("tex"))["judge"] == ["accuracy, x", "accuracy, y"]
    with pytest.raises(UsageError, match="its subsets are x, y"):
        judgebench.leaderboard(**roles, columns="accuracy:z").render("table")


def test_a_column_that_only_one_of_the_tasks_has_is_not_a_column_of_dashes(runs):
    board = judgebench.leaderboard(runs, task=["pandalm", "triviaqa"], columns="accuracy,gold_tie_rate")
    heads = _rows(board.render("tex"))["judge"]
    assert heads == ["SAMPLE pandalm: accuracy", "SAMPLE pandalm: share of ties in gold", "SAMPLE triviaqa: accuracy"]
    assert "No judge has gold_tie_rate on triviaqa." in board.render("table")


def test_ranks_say_by_what_they_are(runs):
    board = judgebench.leaderboard(runs, task="pandalm", columns="accuracy,rank")
    assert "are by kappa" in board.render("table")
    assert "are by" not in judgebench.leaderboard(runs, task="pandalm", columns="cohen_kappa,rank").render("table")


def test_no_aggregate_beside_that_table(runs):
    with pytest.raises(UsageError, match="over"):
        judgebench.leaderboard(runs, columns="accuracy", over="mean")


def _entry(judge, *, revision="data", task="t", **metrics):
    estimates = {name: Estimate(value, None, None, 100) for name, value in metrics.items()}
    row = Agreement(task, judge, "all", "human", 100, 1.0, Policies(), estimates, revision=revision)
    return Entry(row, next(iter(metrics)))


def _strong(entries, columns, **how):
    grid = paper_grid(entries, Paper((columns,), intervals=False, **how))
    return {row[0].text: row[1].text for row in grid.rows if row[1].strong}


def test_what_is_printed_alike_is_bold_alike():
    entries = [_entry("a", accuracy=0.71004), _entry("b", accuracy=0.71001), _entry("c", accuracy=0.7)]
    assert _strong(entries, "accuracy") == {"a": ".710", "b": ".710"}


def test_less_of_an_error_is_better_and_of_a_lean_neither():
    entries = [_entry("a", mean_absolute_error=0.4), _entry("b", mean_absolute_error=1.2)]
    assert _strong(entries, "mean_absolute_error", percent=True) == {"a": ".400"}
    assert _strong([_entry("a", mean_signed_error=-0.4), _entry("b", mean_signed_error=0.1)], "mean_signed_error") == {
        "b": ".100"
    }
    slopes = [_entry("a", calibration_slope=1.1), _entry("b", calibration_slope=3.0)]
    assert _strong(slopes, "calibration_slope", percent=True) == {"a": "1.100"}
    assert _strong([_entry("a", judge_tie_rate=0.1), _entry("b", judge_tie_rate=0.4)], "judge_tie_rate") == {}


def test_samples_are_no_rivals_and_do_not_hide_the_data():
    entries = [_entry("a", accuracy=0.9, revision="sample"), _entry("a", accuracy=0.6), _entry("b", accuracy=0.5)]
    grid = paper_grid(entries, Paper(("accuracy",)))
    assert [row[1].text for row in grid.rows] == [".900", ".600", ".500"]
    assert [bool(row[0].notes) for row in grid.rows] == [True, False, False]
    assert _strong(entries, "accuracy") == {"a": ".600"}


def test_published_figures_keep_their_decimals_and_their_policies():
    def one(judge, value, decimals, unit, conditions=""):
        return Listed("t", judge, "all", "accuracy", value, decimals, f"source of {judge}", False, unit, conditions)

    listed = (
        one("p", 0.7, 2, "percent", "order single"),
        one("p", 0.7107, 2, "percent"),
        one("q", 0.49, 2, "fraction"),
        one("r", 0.4, 1, "percent", "order single"),
        Listed("t", "elsewhere", "all", "cohen_kappa", 0.4, 2, "s", False),
    )
    percents, fractions = (
        {
            row[0].text: row[1].text
            for row in paper_grid(
                [_entry("a", accuracy=0.5)], Paper(("accuracy",), percent=percent, published=listed)
            ).rows
        }
        for percent in (True, False)
    )
    assert percents == {"p (published)": "71.07", "a": "50.00", "q (published)": "49", "r (published)": "40.0"}
    assert fractions == {"p (published)": ".7107", "a": ".5000", "q (published)": ".49", "r (published)": ".400"}
    notes = {row[0].text: row[0].notes for row in paper_grid([_entry("a", accuracy=0.5)], Paper(published=listed)).rows}
    assert "order single" in notes["r (published)"][0]
    assert "order single" not in notes["p (published)"][0]


def test_systems_have_no_such_table(runs):
    with pytest.raises(UsageError, match="columns"):
        judgebench.leaderboard(runs, systems=True, columns="accuracy")


def test_a_kappa_is_not_written_in_percent_unless_it_was_published_so():
    entries = [_entry("replay/a", cohen_kappa=0.69, accuracy=0.845)]
    text = paper_grid(entries, Paper(("cohen_kappa", "accuracy", "rank"), percent=True, intervals=False))
    assert [cell.text for cell in text.rows[0][:3]] == ["a", ".690", "84.5"]
    assert text.remarks == ("Shares in percent.",)
    listed = Listed("t", "p", "all", "cohen_kappa", 0.691, 1, f"a paper at commit {'a1' * 20}", True, "percent")
    grid = paper_grid(entries, Paper(("cohen_kappa",), percent=True, published=(listed,)))
    assert [row[1].text for row in grid.rows] == ["69.1", "69.0"]
    assert grid.rows[0][0].notes == ("published: a paper at commit a1a1a1a; its verdicts are public",)


def test_only_the_columns_that_are_there_are_named(runs):
    said = judgebench.leaderboard(runs, task="pandalm", columns="accuracy,tier").render("table")
    assert "Tiers on" in said
    assert "Ranks" not in said
