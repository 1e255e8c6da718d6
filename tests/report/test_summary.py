"""The answer in each of its states, what could change it, and the parts of a page as a whole."""

from __future__ import annotations

import re
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest
from reported_runs import HOSTILE, Made, noisy, people, recorded, reported

from judgebench.agreement.alt_test.ratings import alt_test_ratings, default_epsilon
from judgebench.agreement.bias import retest_agreement
from judgebench.domain import Policies, Scale, Usage, names_of
from judgebench.labels.annotations import ADJUDICATED
from judgebench.report.page.caveats import CHANGES, HOLDS, NOT_CHECKED, UNKNOWN, checks
from judgebench.report.page.lead import lead_of, leads_of, which_is_best
from judgebench.report.page.measured import by_task
from judgebench.report.page.page import tasks_of
from judgebench.report.stand_in import MARGIN, answer

if TYPE_CHECKING:
    from pathlib import Path

    from judgebench.report.page.page import Task
    from judgebench.report.page.parts import Reported
    from judgebench.report.stand_in import Answer


def _made(
    right: float, *, size: int = 400, annotators: int = 3, agree: float = 0.85, seed: int = 1, **more: Any
) -> Reported:
    truth, gold = people(size, annotators, agree)
    rows = [tuple(map(int, row)) for row in gold]
    return reported(Made(gold=rows, judge=noisy(truth, right, seed=seed), **more))


def _answer(run: Reported) -> Answer:
    return answer(run.rows[0], run.ratings, run.policies)


def _said(*runs: Reported) -> str:
    lead = leads_of(by_task(runs))
    assert len(f"{lead.heading} {lead.text}".split()) <= 45
    assert len(re.findall(r"[.!?] ", f"{lead.text} ")) <= 3
    return f"{lead.heading}. {lead.text}"


def _task(*runs: Reported) -> Task:
    (found,) = tasks_of(by_task(runs))
    return found


def _checks(*runs: Reported) -> dict[str, str]:
    (one,) = by_task(runs)
    return {check.what: check.state for check in checks(one)}


def test_yes() -> None:
    run = _made(0.95)
    found = _answer(run)
    ratio = run.rows[0].ceiling["ratio_cohen_kappa"]
    assert ratio.low is not None
    assert ratio.low >= 1 - MARGIN
    assert alt_test_ratings(run.ratings, run.policies, epsilon=default_epsilon("human")).passed
    assert (found.state, found.whys) == ("yes", ())
    share = run.rows[0].ceiling["judge_vs_each_percent_agreement"].value
    said = _said(run)
    assert said.startswith("model can take a person's place here. model gives the same answer as a person ")
    assert f" {100 * (share or 0):.0f} times in 100; two people do so " in said
    [line] = _task(run).views[0].table.lines[1:]
    assert (line.chip, line.sub) == (("yes", "✓", "Yes"), "level with 3 of 3 annotators")


def test_a_yes_that_hangs_on_one_person_is_none() -> None:
    """Four people agree and a fifth with nobody: beside the five the judge is as good as they are, beside four not."""
    truth, labels = people(400, 5, 0.95)
    rng = np.random.default_rng(8)
    gold = [(*map(int, row[:4]), int(rng.integers(0, 2))) for row in labels]
    found = _answer(reported(Made(gold=gold, judge=noisy(truth, 0.9))))
    assert found.ratio.low is not None
    assert found.ratio.low >= 1 - MARGIN
    assert found.state == "open"
    assert len(found.deciding) == 1
    assert f"without {found.deciding[0]} the answer is another" in found.whys[0]
    run = reported(Made(gold=gold, judge=noisy(truth, 0.9)))
    assert f"depends on which annotators you ask, {found.deciding[0]} above all" in _said(run)
    assert _checks(run)["Leave one annotator out"] == CHANGES
    both = _task(run)
    assert [view.word for view in both.views] == ["All 5 annotators", f"Without {found.deciding[0]}"]
    people_ = [view.table.lines[0].mark.figure for view in both.views]
    assert people_[0] < people_[1]
    assert both.alert[0] == "One annotator moves the human line."


def test_no() -> None:
    run = _made(0.65)
    found = _answer(run)
    assert found.ratio.high is not None
    assert found.ratio.high < 1 - MARGIN
    assert found.state == "no"
    assert _said(run).startswith("model can't take a person's place here. ")
    assert _checks(run)["Leave one annotator out"] == HOLDS


def test_an_interval_across_the_margin_decides_nothing() -> None:
    run = _made(0.85, size=60)
    found = _answer(run)
    assert found.ratio.low is not None
    assert found.ratio.high is not None
    assert found.ratio.low < 1 - MARGIN < found.ratio.high
    assert found.state == "open"
    said = _said(run)
    assert said.startswith("Not sure whether model can take a person's place here. ")
    assert "60 items leave it open." in said
    assert _checks(run)["Other items of this kind"] == CHANGES


def test_a_good_ratio_is_not_enough_without_the_alternative_annotator_test() -> None:
    truth, labels = people(600, 3, 0.9)
    gold: list[tuple[int | None, ...]] = []
    for i in range(600):
        # Sixty people, three to an item, twenty items each: too few for the test, and enough for the ratio.
        row: list[int | None] = [None] * 90
        first = 3 * (i // 20)
        row[first : first + 3] = map(int, labels[i])
        gold.append(tuple(row))
    found = _answer(reported(Made(gold=gold, judge=noisy(truth, 1.0))))
    assert found.ratio.low is not None
    assert found.ratio.low >= 1 - MARGIN
    assert found.state == "open"
    assert found.whys == ("nobody has enough items for the alternative annotator test",)


def _lenient(share: float) -> Reported:
    """A judge who finds half of the wrong answers, where ``share`` of the answers are right."""
    rng = np.random.default_rng(0)
    truth = (rng.random(600) < share).astype(int)
    gold = np.where(rng.random((600, 3)) < 0.98, truth[:, None], 1 - truth[:, None])
    judge = np.where((truth == 0) & (rng.random(600) < 0.5), 0, 1)
    return reported(Made(gold=[tuple(map(int, row)) for row in gold], judge=list(map(int, judge))))


def test_two_tests_that_differ_decide_nothing() -> None:
    found = _answer(_lenient(0.85))
    assert found.ratio.high is not None
    assert found.ratio.high < 1 - MARGIN
    assert found.alt is not None
    assert found.alt.passed
    assert found.state == "open"
    assert found.whys == ("its kappa falls short of people's, yet it passes the alternative annotator test",)


def test_a_test_that_a_constant_passes_says_nothing() -> None:
    found = _answer(_lenient(0.9))
    assert found.alt is not None
    assert "majority_passes" in found.alt.warnings
    assert found.state == "no"


def test_people_who_hardly_agree_are_no_measure() -> None:
    run = _made(0.9, size=40, annotators=3, agree=0.7)
    people_ = run.rows[0].ceiling["cohen_kappa"]
    assert people_.low is not None
    assert people_.low <= 0
    assert _said(run).startswith("Not sure whether model")
    assert _answer(run).whys[0] == "40 items leave open whether people agree with each other at all"


def test_many_tasks_are_counted() -> None:
    good = [_made(0.95, task=f"good{i}") for i in range(2)]
    bad, source = _made(0.6, task="bad"), _made(0.95, task="verified", source="verifier")
    assert _said(*good, bad, source) == (
        "A judge can take a person's place on two of four tasks. "
        "Yes on good0 and good1; no on bad; nothing tells on the other."
    )
    assert _said(bad, source, replace(source, run=replace(source.run, task="also"))).endswith(
        "No judge can take a person's place on bad. No on bad; nothing tells on the other two."
    )


def test_one_annotator_can_not_say_yes() -> None:
    run = _made(0.95, annotators=1)
    found = _answer(run)
    assert found.state == "open"
    assert "One label per item: how far people agree with each other is not known." in _said(run)
    assert all(line.chip is None for line in _task(run).views[0].table.lines)


def test_settled_labels_are_not_called_one_label_per_item() -> None:
    run = _made(0.95, annotators=1)
    settled = replace(run.ratings, annotators=(ADJUDICATED,))
    said = _said(replace(run, judged=replace(run.judged, ratings=settled)))
    assert "people are held against each other" in said
    assert "One label" not in said


@pytest.mark.parametrize("rule", ["baseline/longest", "contains"])
def test_rules_that_ask_nobody_are_told_apart(rule: str) -> None:
    (one,) = by_task([_made(0.9), _made(0.8, name=rule)])
    assert ([judge.name for judge in one.judges], [judge.name for judge in one.rules]) == (["model"], [rule])
    (alone,) = by_task([_made(0.8, name=rule)])
    assert [judge.name for judge in alone.judges] == [rule]


def test_two_annotators_need_a_third() -> None:
    found = _answer(_made(0.97, annotators=2))
    assert found.alt is None
    assert found.state == "open"
    assert found.whys == ("it would take a third person's labels",)
    assert _answer(_made(0.6, annotators=2)).state == "no"


@pytest.mark.parametrize("annotators", [1, 3])
def test_a_constant_judge_may_not(annotators: int) -> None:
    _, gold = people(200, annotators, 0.9)
    run = reported(Made(gold=[tuple(map(int, row)) for row in gold], judge=[1] * 200))
    assert _answer(run).state == "no"
    assert "can't take" in _said(run) if annotators > 1 else "One label per item" in _said(run)


def test_an_opposite_judge_may_not() -> None:
    truth, _ = people(200, 1, 1.0)
    run = reported(Made(gold=[(int(code),) for code in truth], judge=[1 - code for code in noisy(truth, 0.8)]))
    assert _answer(run).state == "no"


@pytest.mark.parametrize(
    ("source", "words"),
    [
        ("verifier", "not people"),
        ("model", "not people"),
        ("unspecified", "Nobody says who gave the labels."),
        ("mixed", "several kinds of sources"),
    ],
)
def test_gold_that_is_not_known_to_be_peoples_answers_nothing(source: str, words: str) -> None:
    run = _made(0.95, source=source)
    assert _answer(run).state == "not-human"
    said = _said(run)
    assert words in said
    share = run.rows[0].metrics["percent_agreement"].value
    assert share is not None
    assert f"{100 * share:.0f} times in 100" in said
    assert all(line.chip is None and line.kind == "judge" for line in _task(run).views[0].table.lines)


@pytest.mark.parametrize(
    ("change", "doubt"),
    [
        ({"revision": "sample:1"}, "these rows are samples"),
        ({"counts": {"items": 800, "cases": 800}}, "too many answers are missing"),
    ],
)
def test_doubts_take_a_yes_back(change: dict[str, Any], doubt: str) -> None:
    run = _made(0.95, manifest=change)
    if "counts" in change:
        run = replace(run, rows=tuple(replace(row, warnings=(*row.warnings, "incomplete_run")) for row in run.rows))
    found = _answer(run)
    assert found.state == "open"
    assert found.whys[0] == doubt


def test_a_sample_does_not_say_no_either() -> None:
    assert _answer(_made(0.6, manifest={"revision": "sample"})).state == "open"
    assert _answer(_made(0.5, size=8)).state == "open"


def test_low_coverage_takes_a_yes_back() -> None:
    truth, gold = people(400, 3, 0.8)
    judge: list[int | None] = list(noisy(truth, 1.0))
    judge[:24] = [None] * 24
    run = reported(Made(gold=[tuple(map(int, row)) for row in gold], judge=judge, policies=Policies(invalid="drop")))
    assert "low_coverage" in run.rows[0].warnings
    found = _answer(run)
    assert found.ratio.low is not None
    assert found.ratio.low >= 1 - MARGIN
    assert found.state == "open"
    assert found.whys == ("too many answers are missing",)


def test_several_judges_and_tasks_in_one_answer() -> None:
    good, bad = _made(0.95, name="good"), _made(0.6, name="bad")
    assert _said(good, bad).startswith("One of two judges can take a person's place here. good gives the same answer")
    both = [bad, replace(bad, run=replace(bad.run, judge="worse"))]
    assert _said(*both).startswith("Neither judge can take a person's place here. ")
    other = _made(0.95, name="third", task="other", source="verifier")
    assert _said(good, bad, other).startswith("A judge can take a person's place on one of two tasks. Yes on task; ")
    assert leads_of([]).heading == "There is no run to report"


def test_better_is_said_only_where_it_is_settled() -> None:
    good, bad, near = _made(0.95, name="good"), _made(0.6, name="bad"), _made(0.95, name="near", seed=9)
    (settled,) = by_task([bad, good])
    assert which_is_best(settled).startswith("good is better than bad: ")
    (unsettled,) = by_task([near, good])
    assert which_is_best(unsettled) in {
        "good may be; these 400 items can't say so.",
        "near may be; these 400 items can't say so.",
    }
    (three,) = by_task([near, bad, good])
    assert "these data can't say which; " in which_is_best(three)
    assert which_is_best(three).endswith("is clearly ahead of bad.")


def test_baselines_are_not_asked() -> None:
    good, base = _made(0.95, name="good"), _made(0.5, name="baseline/random")
    assert _said(base, good).startswith("good can take")
    assert "random" not in _said(base, good)
    lines = _task(base, good).views[0].table.lines
    assert [(line.name, line.chip is None) for line in lines[1:]] == [("good", False), ("baseline/random", True)]


def test_two_runs_of_one_judge_are_told_apart() -> None:
    run = _made(0.95)
    named = [
        replace(run, rows=tuple(replace(row, judge=name) for row in run.rows)) for name in names_of([run.run, run.run])
    ]
    assert {line.name for line in _task(*named).views[0].table.lines[1:]} == {"model · run 1", "model · run 2"}


def test_checks_are_those_of_the_run() -> None:
    truth, _ = people(60, 1, 1.0)
    alone = reported(
        Made(
            gold=[(int(code),) for code in truth], judge=noisy(truth, 0.9), scale=Scale.check(), name="replay/model",
            clusters=[f"q{i // 6}" for i in range(60)], manifest={"limit": 60},
        )
    )  # fmt: skip
    found = _checks(alone)
    assert found["Other items of this kind"] == NOT_CHECKED
    assert found["The rest of the task"] == NOT_CHECKED
    assert found["Seen in training"] == UNKNOWN
    assert "The order of the answers" not in found
    gold = [(int(code) * 2,) for code in truth]
    pair = {"scale": Scale.pair(), "gold": gold, "judge": [2 * code for code in noisy(truth, 0.9)]}
    one = reported(Made(**pair))
    both = reported(Made(**pair, swapped=pair["judge"], repeats=[pair["judge"]]))
    again = "The same question again, another prompt"
    assert [_checks(one)[what] for what in ("The order of the answers", again)] == [NOT_CHECKED] * 2
    assert [_checks(both)[what] for what in ("The order of the answers", again)] == [HOLDS] * 2
    # Of a table nobody was asked: no option of a run would tell.
    table = _checks(reported(Made(**pair, manifest={"settings": {}})))
    assert (table["The order of the answers"], again in table) == (UNKNOWN, False)


def test_what_was_tried_with_one_model_is_checked() -> None:
    settings = {"backend": "server", "model": "m", "prompts": {"check": "check/1"}}
    ways = [_made(0.9, name=one, manifest={"settings": settings, "reference": one}) for one in ("none", "human")]
    assert _checks(*ways)["The same question again, another prompt"] == HOLDS
    other = _made(0.9, name="other", manifest={"settings": settings | {"model": "n"}, "reference": "human"})
    assert _checks(other)["The same question again, another prompt"] == NOT_CHECKED
    assert _checks(other)["Without reference answers"] == NOT_CHECKED
    assert "Without reference answers" not in _checks(*ways)


def test_repeats_orders_and_lengths_are_shown() -> None:
    truth, _ = people(120, 1, 1.0)
    judge = [2 * code for code in noisy(truth, 0.9)]
    again = [judge[i] if i % 4 else 2 - judge[i] for i in range(120)]
    run = reported(
        Made(
            gold=[(int(code) * 2,) for code in truth], judge=judge, swapped=judge, repeats=[again], scale=Scale.pair(),
            lengths=[(10, 20 + i) for i in range(120)],
        )
    )  # fmt: skip
    assert retest_agreement(run.ratings).value == pytest.approx(0.75)
    fold = next(fold for fold in _task(run).folds if fold.title == "Order, repeats, cost")
    [table] = fold.tables
    cells = dict(zip(table.header, table.rows[0], strict=True))
    assert cells["Same when asked again"].startswith("75.0 % (")
    assert cells["Same verdict in both orders"].startswith("100.0 % (")
    assert "Longer wins: judge less people, points" in cells
    assert fold.small == "model: same verdict in both orders 100.0 %"


@pytest.mark.parametrize("annotators", [1, 3])
def test_a_judge_without_any_verdict_stands_apart(annotators: int) -> None:
    _, gold = people(100, annotators, 0.9)
    rows = [tuple(map(int, row)) for row in gold]
    silent = reported(Made(gold=rows, judge=[None] * 100, name="silent"))
    assert _answer(silent).state == "open"
    assert _said(silent).startswith("No judge was reached on task. silent gave no usable answer")
    wrong = reported(Made(gold=rows, judge=[1 - row[0] for row in rows], name="opposite"))
    found = _task(wrong, silent)
    assert [line.name for line in found.views[0].table.lines if line.kind == "judge"] == ["opposite"]
    assert found.silent == "Not measured: silent (no usable answer)."
    elsewhere = reported(Made(gold=rows, judge=[None] * 100, name="silent", task="other"))
    assert len(tasks_of(by_task([silent, elsewhere]))) == 2


def test_a_run_that_mostly_failed_says_no_to_nobody() -> None:
    truth, gold = people(400, 3, 0.9)
    judge: list[int | None] = [None] * 400
    judge[:100] = noisy(truth[:100], 1.0)
    run = reported(Made(gold=[tuple(map(int, row)) for row in gold], judge=judge))
    assert _answer(run).state == "open"
    assert _answer(run).whys[0] == "too many answers are missing"


def test_names_are_unique_and_safe() -> None:
    runs = [_made(0.9, name=HOSTILE, task=HOSTILE), _made(0.8, name="b", task=HOSTILE), _made(0.9, task="other")]
    found = tasks_of(by_task(runs))
    slugs = [one.slug for one in found]
    assert len(slugs) == len(set(slugs))
    assert all(re.fullmatch(r"[a-z0-9-]+", slug) for slug in slugs)
    for one in found:
        texts = [one.name, one.meta, *one.lead, one.note, *one.best, *one.alert, one.pattern]
        texts += [text for check in one.checks for text in check]
        texts += [line.name for view in one.views for line in view.table.lines]
        for fold in one.folds:
            texts += [fold.title, fold.small, *fold.texts, *fold.notes]
            for table in fold.tables:
                texts += [cell for row in table.rows for cell in row]
                assert {len(row) for row in table.rows} <= {len(table.header)}
        assert "\x1b" not in "".join(texts)


def test_every_fold_says_what_is_inside() -> None:
    run = _made(0.9, size=60, subsets=["easy", "hard"] * 30)
    folds = _task(run).folds
    assert [fold.title for fold in folds] == [
        "How the answer is reached", "What model says, by what people say", "Each annotator", "Parts of the data",
        "Other figures", "Order, repeats, cost",
    ]  # fmt: skip
    assert all(fold.small and len(f"{fold.title} {fold.small}".split()) <= 16 for fold in folds)
    [counts] = folds[1].heats
    assert sum(int(cell.replace(",", "")) for _, cells in counts.rows for cell, _, _ in cells if cell != "·") == 60


def test_people_are_named_only_where_people_labelled() -> None:
    """A program's labels are nobody's: neither a table nor a sentence says “people”."""
    truth, _ = people(60, 1, 1.0, labels=5)
    run = reported(
        Made(
            gold=[(int(code),) for code in truth], judge=[min(4, code + 1) for code in truth.tolist()],
            scale=Scale.rate(1, 5), source="verifier",
        )
    )  # fmt: skip
    found = _task(run)
    [heat] = next(fold for fold in found.folds if fold.heats).heats
    assert heat.by == "the labels"
    assert "than the labels" in found.pattern
    titles = [title for fold in found.folds for table in fold.tables for title in table.header]
    assert "Rates more than the labels" in titles
    said = [found.pattern, *titles, *(text for check in found.checks for text in check)]
    assert not [text for text in said if "people" in text or "majority" in text]


def test_small_tables_and_few_prices_are_not_drawn() -> None:
    small = _made(0.9, size=40)
    assert not any(fold.heats for fold in _task(small).folds)
    priced = [_made(0.9, name=f"j{i}", usage=Usage(900, 100, 0.01 * 2**i)) for i in range(4)]
    drawn = next(fold for fold in _task(*priced).folds if fold.title == "Order, repeats, cost")
    assert [dot.number for dot in drawn.scatters[0].dots] == [1, 2, 3, 4]
    alike = [_made(0.9, name=f"j{i}", usage=Usage(900, 100, 0.01)) for i in range(4)]
    for few in (priced[:3], alike):
        assert not next(fold for fold in _task(*few).folds if fold.title == "Order, repeats, cost").scatters


def test_the_same_runs_give_the_same_parts() -> None:
    runs = [_made(0.9), _made(0.8, name="b")]
    assert tasks_of(by_task(runs)) == tasks_of(by_task(runs))


@pytest.mark.data
def test_real_runs(data_dir: Path, tmp_path: Path) -> None:
    pandalm = recorded(data_dir, tmp_path / "pandalm", "pandalm", "replay:gpt-3.5-turbo", "replay:pandalm-7b")
    assert _said(*pandalm) == (
        "Neither judge can take a person's place here. gpt-3.5-turbo makes the same choice as a person 70 times in "
        "100, pandalm-7b 66 times; two people do so 92 times."
    )
    trivia = recorded(data_dir, tmp_path / "triviaqa", "triviaqa:v1", "replay:GPT-4", "replay:Contains")
    assert "One label per item" in _said(*trivia)
    pairs = recorded(data_dir, tmp_path / "judgebench", "judgebench:gpt", "replay:o1-mini-2024-09-12")
    assert _said(*pairs).startswith("o1-mini-2024-09-12 is right 66 times in 100. ")
    stars = recorded(data_dir, tmp_path / "stars", "alttest:cebab_stars", "replay:gpt-4o")
    assert _said(*stars).startswith("gpt-4o can take a person's place here. gpt-4o gives the same rating")
    found = tasks_of(by_task([*pandalm, *trivia, *pairs, *stars]))
    assert len({one.slug for one in found}) == 4
    assert found[0].views[0].table.lines[0].mark.figure == ".864"


@pytest.mark.parametrize("spec", ["rank:3", "steps"])
def test_rankings_and_steps_are_told_and_not_judged(spec: str) -> None:
    scale = Scale.parse(spec)
    one, other = ((0, 1, 2), (2, 1, 0)) if spec == "rank:3" else ((1, 1, 1), (1, 0, 1))
    gold = [(one if i % 2 else other,) * 3 for i in range(60)]
    run = reported(Made(gold=gold, judge=[one if i % 3 else other for i in range(60)], scale=scale))
    assert _answer(run).state == "open"
    (measured,) = by_task([run])
    assert measured.judges[0].state == ""
    assert lead_of(measured).text
    assert [fold.title for fold in _task(run).folds][-2:] == ["Other figures", "Order, repeats, cost"]
