"""One figure over tasks: only asked for, only of judges that have all of them, never of different metrics."""

from __future__ import annotations

import csv
import io
import math
from dataclasses import replace

import pytest
from documents import document
from hypothesis import given, settings
from hypothesis import strategies as st
from report.report_rows import board, one_row

from judgebench.domain import Agreement, Estimate, JudgeName
from judgebench.errors import UsageError
from judgebench.report.document import FORMS
from judgebench.report.leaderboard.aggregate import aggregate
from judgebench.report.leaderboard.ranks import rank


def judged(judge: str, task: str, value: float, se: float | None = 0.02, **changes: object) -> Agreement:
    bounds = (None, None) if se is None else (value - 2 * se, value + 2 * se)
    row = replace(one_row(), judge=judge, task=task)
    return replace(row, metrics={**row.metrics, "cohen_kappa": Estimate(value, *bounds, 99, None, se)}, **changes)


def two_tasks() -> list[Agreement]:
    return [
        judged("a", "x", 0.6), judged("a", "y", 0.4, 0.04),
        judged("b", "x", 0.3), judged("b", "y", 0.3),
        judged("c", "x", 0.1),
    ]  # fmt: skip


def test_there_is_no_aggregate_unless_it_is_asked_for() -> None:
    entries = rank(two_tasks())
    for form in FORMS:
        text = board(entries, form)
        assert "as asked for" not in text
        assert "aggregate" not in text.replace("--aggregate", "")


def test_the_mean_has_the_error_of_independent_tasks() -> None:
    found = aggregate(rank(two_tasks()), "mean")
    assert [one.judge for one in found.judges] == ["a", "b"]
    first = found.judges[0]
    assert first.value == pytest.approx(0.5)
    reach = 1.959963984540054 * math.sqrt(0.02**2 + 0.04**2) / 2
    assert (first.low, first.high) == pytest.approx((0.5 - reach, 0.5 + reach))
    assert found.left_out == (("c", "not ranked on y"),)


def test_the_mean_s_interval_covers() -> None:
    """Judges whose figures on three tasks scatter as their standard errors say: the mean's interval holds 95 %."""
    import numpy as np

    rng = np.random.default_rng(11)
    errors = {"x": 0.03, "y": 0.05, "z": 0.02}
    hits = 0
    for _ in range(2000):
        rows = [judged(j, task, 0.4 + rng.normal(0, se), se) for task, se in errors.items() for j in ("a",)]
        one = aggregate(rank(rows), "mean").judges[0]
        hits += one.low <= 0.4 <= one.high
    assert 0.938 <= hits / 2000 <= 0.962


def test_without_an_interval_on_a_task_there_is_none_of_the_mean() -> None:
    rows = [judged("a", "x", 0.5, None), judged("a", "y", 0.5)]
    one = aggregate(rank(rows), "mean").judges[0]
    assert (one.value, one.low, one.high) == (0.5, None, None)
    assert aggregate(rank(rows), "rank").judges[0] == ("a", 1.0, None, None)


def test_ranks_are_those_among_the_judges_that_have_every_task() -> None:
    rows = [*two_tasks(), judged("c", "z", 0.1), judged("a", "z", 0.2), judged("b", "z", 0.5), judged("d", "x", 0.99)]
    found = aggregate(rank(rows), "rank")
    assert {one.judge: one.value for one in found.judges} == {"a": pytest.approx(4 / 3), "b": pytest.approx(5 / 3)}
    assert [judge for judge, _ in found.left_out] == ["c", "d"]
    wins = {one.judge: one for one in aggregate(rank(rows), "win-rate").judges}
    assert wins["a"].value == pytest.approx(2 / 3)
    # On x and z the two are surely apart, on y they may be either way.
    assert (wins["a"].low, wins["a"].high) == pytest.approx((1 / 3, 2 / 3))


@given(st.lists(st.tuples(*[st.floats(0, 1)] * 3), min_size=2, max_size=5))
@settings(max_examples=50, deadline=None)
def test_a_figure_lies_in_its_range_and_win_rates_share_out_what_there_is(values) -> None:
    rows = [judged(f"j{i}", task, v, 0.05) for i, vs in enumerate(values) for task, v in zip("xyz", vs, strict=True)]
    for kind in ("rank", "win-rate", "mean"):
        for one in aggregate(rank(rows), kind).judges:
            assert one.low - 1e-9 <= one.value <= one.high + 1e-9
    assert sum(one.value for one in aggregate(rank(rows), "win-rate").judges) == pytest.approx(len(values) / 2)


def test_a_mean_of_different_metrics_is_refused_and_says_what_to_do() -> None:
    rows = [judged("a", "x", 0.5), judged("a", "y", 0.5, headline="cohen_kappa_quadratic")]
    rows[1] = replace(rows[1], metrics={**rows[1].metrics, "cohen_kappa_quadratic": Estimate(0.7, 0.6, 0.8, 9)})
    with pytest.raises(UsageError, match=r"cohen_kappa on x; cohen_kappa_quadratic on y.*give metric NAME"):
        aggregate(rank(rows), "mean")
    assert aggregate(rank(rows), "rank").metric == ""
    assert aggregate(rank(rows, {"x": "cohen_kappa", "y": "cohen_kappa"}), "mean").judges[0].value == 0.5


def test_what_can_not_be_aggregated_is_refused() -> None:
    with pytest.raises(UsageError, match="two tasks or more"):
        aggregate(rank([judged("a", "x", 0.5)]), "mean")
    with pytest.raises(UsageError, match=r"no judge is ranked on all 2 tasks \(a: not ranked on y\)"):
        aggregate(rank([judged("a", "x", 0.5), judged("b", "y", 0.5)]), "mean")
    with pytest.raises(UsageError, match="mean, rank, win-rate"):
        aggregate(rank(two_tasks()), "median")


def test_two_runs_of_one_name_are_not_mixed() -> None:
    rows = [*two_tasks(), judged("b", "x", 0.2)]
    assert ("b", "several runs of this name on x") in aggregate(rank(rows), "mean").left_out


def test_a_run_on_a_task_of_another_kind_goes_with_each_prompt() -> None:
    """The names as `told_apart` writes them: a prompt of pairs has nothing to say on a task of ratings."""
    plain, strict = (JudgeName("m", {"prompt": name}) for name in ("pair/1", "strict/1"))
    rows = [
        judged(plain, "x", 0.6), judged(strict, "x", 0.2), judged("m", "y", 0.4),
        judged("n", "x", 0.3), judged("n", "y", 0.3),
    ]  # fmt: skip
    found = aggregate(rank(rows), "mean")
    assert {one.judge for one in found.judges} == {plain, "n", strict}
    assert [one.value for one in found.judges] == pytest.approx([0.5, 0.3, 0.3])
    assert found.left_out == ()
    assert sum(one.value for one in aggregate(rank(rows), "win-rate").judges) == pytest.approx(1.5)
    # Another run on y, of the same kind as x, is of one of the prompts only.
    other = [*rows[:2], judged(strict, "y", 0.4), *rows[3:]]
    assert aggregate(rank(other), "mean").left_out == ((plain, "not ranked on y"),)


def test_every_form_has_it_with_what_it_is_worth() -> None:
    entries = rank([*two_tasks(), judged("d", "x", 0.1, gold="human"), judged("d", "y", 0.2)])
    overall = aggregate(entries, "mean")
    for form in ("md", "table", "html", "tex"):
        text = " ".join(board(entries, form, overall=overall).split())
        assert "Over 2 tasks, as asked for: mean kappa" in text
        assert "independent of each other" in text
        assert "Left out: c, not ranked on y" in text
        assert "No figure is averaged" not in text
    assert document(board(entries, "json", overall=overall))["aggregate"]["judges"][0]["judge"] == "a"
    rows = list(csv.DictReader(io.StringIO(board(entries, "csv", overall=overall))))
    assert [(row["judge"], row["left_out"]) for row in rows][-1] == ("c", "not ranked on y")


def test_gold_of_different_kinds_is_said() -> None:
    rows = [judged("a", "x", 0.5), judged("a", "y", 0.5, gold="verifier")]
    assert "this is not agreement with humans" in " ".join(aggregate(rank(rows), "mean").notes)
