"""Leaderboards: one order, ranks that say how sure they are, bytes that don't change."""

from __future__ import annotations

import csv
import io
import json
from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np
import pytest
from documents import breaks, document
from hypothesis import given, settings
from hypothesis import strategies as st
from report.report_rows import board, one_row, rows

import judgebench
from judgebench.agreement.matching import Judged
from judgebench.agreement.measure import measure
from judgebench.domain import Agreement, Estimate, Policies, Ratings, Scale
from judgebench.errors import UsageError
from judgebench.report.document import FORMS
from judgebench.report.leaderboard.board import Leaderboard
from judgebench.report.leaderboard.entries import Entry
from judgebench.report.leaderboard.people import side
from judgebench.report.leaderboard.ranks import NOTE, rank
from judgebench.report.leaderboard.standing import standing_page
from judgebench.report.scores import Scores

if TYPE_CHECKING:
    from pathlib import Path


def judged(judge: str, value: float | None, half: float = 0.02, **changes: object) -> Agreement:
    kappa = Estimate.missing("no_variation", 99) if value is None else Estimate(value, value - half, value + half, 99)
    row = replace(one_row(), judge=judge, metrics={**one_row().metrics, "cohen_kappa": kappa})
    return replace(row, **changes)


def test_rows_are_sorted_by_task_subset_and_headline():
    given_rows = [
        judged("b", 0.2),
        judged("a", 0.5, subset="math"),
        judged("a", 0.1),
        judged("c", 0.9, task="judgebench"),
        judged("n", None),
        judged("aa", 0.2),
    ]
    entries = rank(given_rows)
    assert [(e.row.task, e.row.subset, e.row.judge) for e in entries] == [
        ("judgebench", "all", "c"),
        ("pandalm", "all", "aa"),
        ("pandalm", "all", "b"),
        ("pandalm", "all", "a"),
        ("pandalm", "all", "n"),
        ("pandalm", "math", "a"),
    ]


def test_ranks_say_what_overlapping_intervals_leave_open():
    entries = rank([judged("a", 0.9), judged("b", 0.5), judged("c", 0.49), judged("d", 0.1)])
    assert [(e.row.judge, e.rank, e.best, e.worst) for e in entries] == [
        ("a", 1, 1, 1),
        ("b", 2, 2, 3),
        ("c", 3, 2, 3),
        ("d", 4, 4, 4),
    ]
    assert [e.ranks for e in entries] == ["1", "2 (2–3)", "3 (2–3)", "4"]  # noqa: RUF001 - a range


def test_without_an_interval_a_rank_has_no_range():
    bare = judged("b", 0.5)
    bare = replace(bare, metrics={**bare.metrics, "cohen_kappa": Estimate(0.5, None, None, 99)})
    entries = rank([judged("a", 0.9), bare])
    assert (entries[1].rank, entries[1].best, entries[1].worst) == (2, None, None)
    assert entries[1].ranks == "2 (?)"


def test_equal_judges_share_a_rank():
    entries = rank([judged("a", 0.5), judged("b", 0.5 + 1e-13), judged("c", 0.1)])
    assert [e.rank for e in entries] == [1, 1, 3]


@given(st.lists(st.tuples(st.floats(0, 1), st.floats(0, 0.3)), min_size=1, max_size=8))
@settings(max_examples=100, deadline=None)
def test_a_rank_lies_in_its_range(values):
    entries = rank([judged(f"j{i}", v, half) for i, (v, half) in enumerate(values)])
    for entry in entries:
        assert 1 <= entry.best <= entry.rank <= entry.worst <= len(values)


def test_what_can_not_be_compared_gets_no_rank():
    kept = [judged("a", 0.5), judged("b", 0.4)]
    for other in (
        {"items": 10},
        {"revision": "data:other"},
        {"gold": "model"},
        {"policies": Policies("single", "class", "wrong", "majority")},
        {"subset": "math"},
    ):
        entries = rank([*kept, judged("c", 0.9, **other)])
        ranks = {e.row.judge: e.rank for e in entries}
        assert ranks == {"a": 1, "b": 2, "c": None}


def test_judges_are_ranked_by_the_tasks_own_rule_for_unusable_answers():
    own, ours = (Policies("mean", "class", how, "majority") for how in ("drop", "wrong"))
    entries = rank([judged(name, value, policies=how) for name in "ab" for how, value in ((own, 0.5), (ours, 0.4))])
    assert {e.row.policies.invalid for e in entries if e.rank} == {"drop"}


def test_a_recording_in_one_order_and_a_few_gaps_are_ranked_and_the_policy_is_noted():
    recorded = judged("c", 0.9, policies=Policies("mean", "class", "tie", "majority"), items=960)
    entries = rank([judged("a", 0.5), judged("b", 0.4), recorded])
    assert {e.row.judge: e.rank for e in entries} == {"c": 1, "a": 2, "b": 3}
    text = board(entries, "md")
    assert "¹ measured under order=mean tie=class invalid=tie gold=majority" in text
    assert "| 1 | 1 | c¹ |" in text


def test_an_undefined_headline_gets_no_rank():
    assert rank([judged("a", None), judged("b", 0.1)])[1].rank is None


def test_percent_agreement_leads_where_no_judge_has_a_kappa():
    entries = rank([judged("a", None), judged("b", None)])
    assert {e.headline for e in entries} == {"percent_agreement"}
    assert [e.rank for e in entries] == [1, 1]


def test_the_scale_s_headline_leads():
    def rated(judge, quadratic, plain):
        one = judged(judge, plain, headline="cohen_kappa_quadratic", scale="rate:1-5")
        return replace(one, metrics={**one.metrics, "cohen_kappa_quadratic": Estimate(quadratic, 0.1, 0.9, 99)})

    entries = rank([rated("a", 0.3, 0.9), rated("b", 0.8, 0.2)])
    assert [(e.row.judge, e.headline) for e in entries] == [(j, "cohen_kappa_quadratic") for j in "ba"]
    document = json.loads(board(entries, "json"))
    assert {row["headline"] for row in document["rows"]} == {"cohen_kappa_quadratic"}
    assert "by cohen_kappa_quadratic" in board(entries, "table")
    # Where no judge has it, the general ones take over.
    bare = [judged(j, v, headline="cohen_kappa_quadratic") for j, v in (("a", 0.5), ("b", 0.2))]
    assert {e.headline for e in rank(bare)} == {"cohen_kappa"}


def test_a_chosen_headline():
    some = [judged("a", 0.9), judged("b", 0.1)]
    best = replace(some[1], metrics={**some[1].metrics, "accuracy": Estimate(0.99, 0.98, 1.0, 9)})
    entries = rank([some[0], best], {"pandalm": "accuracy"})
    assert entries[0].row.judge == "b"
    with pytest.raises(UsageError, match="'acuracy'"):
        rank(some, {"pandalm": "acuracy"})


@given(rows(4), st.randoms(use_true_random=False))
@settings(max_examples=25, deadline=None)
def test_the_order_in_which_runs_are_found_does_not_show(some, random):
    mixed = list(some)
    random.shuffle(mixed)
    for form in FORMS:
        assert board(rank(mixed), form) == board(rank(some), form)


def test_csv_columns_are_fixed_and_formulas_neutralised():
    text = board(rank([judged("=cmd|' /C calc'!A0", 0.5, revision="@SUM(A1)")]), "csv")
    lines = list(csv.DictReader(io.StringIO(text)))
    assert lines[0]["judge"].startswith("'=")
    assert lines[0]["revision"].startswith("'@")
    assert lines[0]["cohen_kappa_low"] == "0.480000"
    assert lines[0]["rank"] == "1"
    bare = board(rank([judged("x", None, metrics={}, bias={}, ceiling={})]), "csv")
    assert bare.split("\n")[0] == text.split("\n")[0]
    assert "\r" not in text


def test_a_negative_figure_is_no_formula():
    text = board(rank([judged("a", -0.5)]), "csv")
    assert ",-0.500000," in text


def test_a_judge_without_a_verdict_has_no_rank():
    entries = rank([judged("silent", 0.0, coverage=0.0), judged("wrong", -0.4)])
    assert {entry.row.judge: entry.rank for entry in entries} == {"silent": None, "wrong": 1}


def test_a_leaderboard_of_one_subset_fits_80_columns():
    text = board(rank([judged("openai/gpt-4o-2024-05-13", 0.5)]), "table", width=80)
    assert max(map(len, text.splitlines())) <= 80


def test_json_rows_are_score_rows_with_ranks():
    found = document(board(rank([judged("a", 0.5)]), "json"))
    assert found["schema"] == Leaderboard.SCHEMA
    assert "judgebench compare" in found["note"]
    assert not breaks({"schema": Scores.SCHEMA, "rows": found["rows"]})
    assert found["rows"][0]["rank_worst"] == 1


def test_the_schema_of_leaderboards():
    several = [judged("a", 0.5), judged("b", 0.45), judged("silent", None), judged("a", 0.4, subset="part")]
    found = document(Leaderboard(tuple(rank(several))).render("json"))
    row = found["rows"][0]
    wrong = (
        {"rank": "1"},
        {"rank_method": "guess"},
        {"rank_best": None},
        {"coverage": 2.0},
        {"metrics": {"cohen_kappa": 0.5}},
    )
    for change in wrong:
        assert breaks(found | {"rows": [row | change]}), change
    assert breaks(found | {"schema": "judgebench.leaderboard/0"})


def test_markdown_and_table_say_what_a_rank_is_and_who_gave_the_gold():
    entries = rank([judged("a", 0.5), judged("b", 0.4, task="jb", gold="verifier")])
    for form in ("md", "table"):
        text = board(entries, form)
        assert NOTE in " ".join(text.split())
        assert "pandalm: agreement with humans" in text
        assert "jb: agreement with verifier" in text


def test_an_unknown_form_names_the_known_ones():
    with pytest.raises(UsageError, match="table, json, csv, md, html, tex"):
        board([], "xls")


def test_an_empty_folder_of_runs():
    assert board([], "table") == "no rows\n"
    assert board([], "csv").count("\n") == 1


def behind(row: Agreement, right: list[int], clusters: int) -> Judged:
    """A judge that says "correct" where it is right, on items that are all correct but every other one."""
    n = len(right)
    gold = np.arange(n) % 2
    zero = np.zeros(n, int)
    own = Ratings(
        Scale.parse("check"), np.where(right, gold, 1 - gold), gold[:, None], ("h",), np.arange(n),
        np.arange(n) % clusters, zero, zero > 0, zero, ("",), zero, ("",),
    )  # fmt: skip
    return Judged(row.task, row.judge, own, range(n), [f"q{c}" for c in range(clusters)], row.policies)


def with_verdicts(rights: dict[str, list[int]], clusters: int = 50):
    found, judged_by = [], {}
    for judge, right in rights.items():
        base = behind(judged(judge, 0.5), right, clusters)
        found += measure(base.ratings, task="pandalm", judge=judge, policies=Policies(), revision="r")
        judged_by["pandalm", judge, "r"] = lambda policies, base=base: replace(base, policies=policies)
    return found, judged_by


def test_verdicts_give_paired_rank_sets_that_are_narrower_than_overlap():
    """Three judges that err on nested items: paired they are told apart, by their intervals they are not."""
    rights = {name: [int(i % 100 >= wrong) for i in range(400)] for name, wrong in (("a", 10), ("b", 14), ("c", 18))}
    rows_, judged_by = with_verdicts(rights, clusters=400)
    overlap = rank(rows_, {"pandalm": "accuracy"})
    paired = rank(rows_, {"pandalm": "accuracy"}, judged_by)
    assert [(e.rank, e.best, e.worst, e.paired) for e in overlap if e.row.subset == "all"] == [
        (1, 1, 2, False), (2, 1, 3, False), (3, 2, 3, False)
    ]  # fmt: skip
    assert [(e.rank, e.best, e.worst, e.paired) for e in paired] == [(1, 1, 1, True), (2, 2, 2, True), (3, 3, 3, True)]
    document = json.loads(board(paired, "json"))
    assert {row["rank_method"] for row in document["rows"]} == {"max-t"}
    assert {row["rank_method"] for row in json.loads(board(overlap, "json"))["rows"]} == {"overlap"}


def test_without_every_judges_verdicts_intervals_decide():
    rows_, judged_by = with_verdicts({"a": [1] * 90 + [0] * 10, "b": [1] * 80 + [0] * 20})
    judged_by.pop(("pandalm", "b", "r"))
    assert not any(entry.paired for entry in rank(rows_, judged=judged_by))


@given(st.lists(st.lists(st.integers(0, 1), min_size=30, max_size=30), min_size=2, max_size=5))
@settings(max_examples=20, deadline=None)
def test_a_rank_lies_in_its_paired_range(rights):
    rows_, judged_by = with_verdicts({f"j{i}": right for i, right in enumerate(rights)}, clusters=15)
    for entry in rank(rows_, judged=judged_by):
        if entry.best is not None:
            assert 1 <= entry.best <= entry.rank <= entry.worst <= len(rights)


@pytest.mark.parametrize(
    ("low", "high", "found"),
    [(1.1, 1.3, "above"), (0.95, 1.2, "level"), (-0.7, 1.2, "open"), (0.5, 1.0, "open"), (0.1, 0.9, "below")],
)
def test_a_judge_is_level_with_people_only_where_it_is_seen_to_be(low: float, high: float, found: str) -> None:
    kappas = {"judge_vs_each_cohen_kappa": Estimate(0.4, 0.1, 0.7, 99)}
    row = replace(one_row(), ceiling={**kappas, "ratio_cohen_kappa": Estimate((low + high) / 2, low, high, 99)})
    # Whatever the task is ranked by: the page and the terminal have the same sides.
    assert side(Entry(row, "cohen_kappa")) == side(Entry(row, "percent_agreement")) == found
    assert side(Entry(replace(row, revision="sample:1"), "cohen_kappa")) == ""


def test_a_judge_beside_people_may_depend_on_one_of_them(tmp_path: Path) -> None:
    # Two people agree; the third says anything, so that they all seem to agree less than the judge does with them.
    lines = ["id,one,two,odd,fair"]
    for i in range(90):
        label = i % 2
        fair = 1 - label if i % 5 == 0 else label
        lines.append(",".join(map(str, (i, label, label, i // 2 % 2, fair))))
    file = tmp_path / "people.csv"
    file.write_text("\n".join(lines) + "\n")
    for people, found in ((["one", "two", "odd"], "depends"), (["one", "two"], "below")):
        table = judgebench.leaderboard(file, judge="fair", gold=people, gold_source="human", id="id", scale="check")
        assert set(map(side, table.entries)) == {found}


@pytest.mark.parametrize(("policy", "left"), [("majority", 0), ("unanimous", 8), ("each", 0)])
def test_items_that_a_gold_policy_leaves_out_are_told(tmp_path: Path, policy: str, left: int) -> None:
    # On every fifth item the third person says something else: a majority, and not all.
    lines = [f"{i},{i % 2},{i % 2},{(i + (i % 5 == 0)) % 2},{(i + (i % 7 == 0)) % 2}" for i in range(40)]
    file = tmp_path / "people.csv"
    file.write_text("\n".join(("id,one,two,three,fair", *lines)) + "\n")
    how = {"judge": "fair", "gold": ["one", "two", "three"], "gold_source": "human", "id": "id", "scale": "check"}
    said = judgebench.leaderboard(file, **how, policy=f"gold={policy}").render()
    assert (f"{left} items on which people split are left out." in said) == bool(left)
    assert ("left out" in said) == bool(left)


def test_samples_beside_real_data_have_no_place() -> None:
    samples = [judged(name, 0.9, revision="sample:1") for name in "abc"]
    entries = rank([*samples, judged("d", 0.1)])
    assert {entry.row.judge: entry.rank for entry in entries} == {"a": None, "b": None, "c": None, "d": 1}


def test_one_judge_on_several_tasks_is_not_put_in_an_order() -> None:
    shown = Leaderboard(tuple(rank([judged("a", 0.9), judged("a", 0.5, task="other")]))).render()
    assert shown.startswith("One judge on 2 tasks.\n")
    assert "Kappa; then the places" in shown


def test_a_row_under_other_policies_is_the_same_task() -> None:
    figures = {"cohen_kappa": 0.8, "judge_vs_each_cohen_kappa": 0.3, "ratio_cohen_kappa": 0.4}
    ceiling = {name: Estimate(value, value - 0.05, value + 0.05, 99) for name, value in figures.items()}
    plain = [judged(name, value, gold="human", ceiling=ceiling) for name, value in (("a", 0.5), ("b", 0.4))]
    other = "tie" if plain[0].policies.invalid == "wrong" else "wrong"
    again = replace(plain[0], policies=replace(plain[0].policies, invalid=other))
    page = standing_page(rank([*plain, again]), {"pandalm": "pandalm"})
    assert (page.lead, page.unranked) == ("a and b fall short of people.", ())
