"""The sentence in each of its states, what figures do not establish, and the sections as a whole."""

from __future__ import annotations

import re
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest
from reported_runs import HOSTILE, Made, noisy, people, recorded, reported

from judgebench.agreement.alt_test import alt_test_ratings, default_epsilon
from judgebench.agreement.bias import length_preference, retest_agreement
from judgebench.agreement.policies import apply
from judgebench.domain import Policies, Scale, names_of
from judgebench.report.page.page import sections, sentence
from judgebench.report.stand_in import MARGIN

if TYPE_CHECKING:
    from pathlib import Path

    from judgebench.report.page.parts import Reported, Section


def _made(right: float, *, size: int = 400, annotators: int = 3, agree: float = 0.85, **more: Any) -> Reported:
    truth, gold = people(size, annotators, agree)
    rows = [tuple(map(int, row)) for row in gold]
    return reported(Made(gold=rows, judge=noisy(truth, right), **more))


def _section(found: list[Section], name: str) -> Section:
    return next(one for one in found if one.name.endswith(name))


def test_yes() -> None:
    run = _made(0.95)
    found = run.answer()
    ratio = run.rows[0].ceiling["ratio_cohen_kappa"]
    assert ratio.low is not None
    assert ratio.low >= 1 - MARGIN
    assert alt_test_ratings(run.ratings, run.policies, epsilon=default_epsilon("human")).passed
    assert (found.state, found.missing) == ("yes", ())
    said = sentence([run])
    assert said.startswith("Yes, model may stand in for the people who labelled task: on 400 items its kappa")
    assert f"{100 * (ratio.value or 0):.0f} % (95 % interval: {100 * ratio.low:.0f} to" in said
    assert "the alternative annotator test passes (3 of 3 people at epsilon 0.15)" in said
    assert said.count(". ") == 0


def test_a_yes_that_hangs_on_one_person_is_none() -> None:
    """Four people agree and a fifth with nobody: beside the five the judge is as good as they are, beside four not."""
    truth, labels = people(400, 5, 0.95)
    rng = np.random.default_rng(8)
    gold = [(*map(int, row[:4]), int(rng.integers(0, 2))) for row in labels]
    found = reported(Made(gold=gold, judge=noisy(truth, 0.9))).answer()
    assert found.ratio.low is not None
    assert found.ratio.low >= 1 - MARGIN
    assert found.state == "open"
    assert len(found.deciding) == 1
    assert f"but not without {found.deciding[0]}" in found.because
    assert found.missing[0].startswith(f"a look at the labels of {found.deciding[0]}")


def test_no() -> None:
    run = _made(0.65)
    found = run.answer()
    assert found.ratio.high is not None
    assert found.ratio.high < 1 - MARGIN
    assert found.state == "no"
    assert sentence([run]).startswith("No, model may not stand in for people on task: on 400 items its kappa")


def test_an_interval_across_the_margin_decides_nothing() -> None:
    run = _made(0.85, size=60)
    found = run.answer()
    assert found.ratio.low is not None
    assert found.ratio.high is not None
    assert found.ratio.low < 1 - MARGIN < found.ratio.high
    assert found.state == "open"
    assert sentence([run]).startswith("Whether model may stand in for people on task can't be told yet: on 60 items")
    assert "what would help: more items: 90 %, what it takes, lies within the interval" in sentence([run])


def test_a_good_ratio_is_not_enough_without_the_alternative_annotator_test() -> None:
    truth, labels = people(600, 3, 0.9)
    gold: list[tuple[int | None, ...]] = []
    for i in range(600):
        # Sixty people, three to an item, twenty items each: too few for the test, and enough for the ratio.
        row: list[int | None] = [None] * 90
        first = 3 * (i // 20)
        row[first : first + 3] = map(int, labels[i])
        gold.append(tuple(row))
    found = reported(Made(gold=gold, judge=noisy(truth, 1.0))).answer()
    assert found.ratio.low is not None
    assert found.ratio.low >= 1 - MARGIN
    assert found.state == "open"
    assert found.because.endswith("yet the alternative annotator test has too few items per annotator")


def _lenient(share: float) -> Reported:
    """A judge who finds half of the wrong answers, where ``share`` of the answers are right."""
    rng = np.random.default_rng(0)
    truth = (rng.random(600) < share).astype(int)
    gold = np.where(rng.random((600, 3)) < 0.98, truth[:, None], 1 - truth[:, None])
    judge = np.where((truth == 0) & (rng.random(600) < 0.5), 0, 1)
    return reported(Made(gold=[tuple(map(int, row)) for row in gold], judge=list(map(int, judge))))


def test_two_tests_that_differ_decide_nothing() -> None:
    found = _lenient(0.85).answer()
    assert found.ratio.high is not None
    assert found.ratio.high < 1 - MARGIN
    assert found.alt is not None
    assert found.alt.passed
    assert found.state == "open"
    assert "which is too little, yet the alternative annotator test passes" in found.because


def test_a_test_that_a_constant_passes_says_nothing() -> None:
    found = _lenient(0.9).answer()
    assert found.alt is not None
    assert "majority_passes" in found.alt.warnings
    assert found.state == "no"
    assert "annotator test" not in found.because


def test_people_who_hardly_agree_are_no_measure() -> None:
    run = _made(0.9, size=40, annotators=3, agree=0.7)
    people_ = run.rows[0].ceiling["cohen_kappa"]
    assert people_.low is not None
    assert people_.low <= 0
    said = sentence([run])
    assert "people may agree with each other no better than chance" in said
    assert "of what people reach" not in said


def test_many_tasks_are_counted() -> None:
    good = [_made(0.95, task=f"good{i}") for i in range(2)]
    bad, source = _made(0.6, task="bad"), _made(0.95, task="verified", source="verifier")
    said = sentence([*good, bad, source])
    assert said == (
        "Of 4 tasks, a judge may stand in for people on 2 (good0 and good1); the nearest judge may not on 1 (bad); "
        "it can't be told, since gold is not people's, on 1 (verified); each has its own answer and figures below."
    )


def test_one_annotator_can_not_say_yes() -> None:
    run = _made(0.95, annotators=1)
    found = run.answer()
    assert found.state == "open"
    assert found.missing == ("a second person's labels on the same items",)
    assert "nothing says how far people would agree" in sentence([run])


def test_two_annotators_need_a_third() -> None:
    found = _made(0.97, annotators=2).answer()
    assert found.alt is None
    assert found.state == "open"
    assert found.missing[0].startswith("a third annotator")
    assert _made(0.6, annotators=2).answer().state == "no"


@pytest.mark.parametrize("annotators", [1, 3])
def test_a_constant_judge_may_not(annotators: int) -> None:
    _, gold = people(200, annotators, 0.9)
    run = reported(Made(gold=[tuple(map(int, row)) for row in gold], judge=[1] * 200))
    assert run.answer().state == "no"
    assert "it gives one and the same verdict throughout" in sentence([run])


def test_an_opposite_judge_may_not() -> None:
    truth, _ = people(200, 1, 1.0)
    run = reported(Made(gold=[(int(code),) for code in truth], judge=[1 - code for code in noisy(truth, 0.8)]))
    assert run.answer().state == "no"
    assert "no better than chance" in sentence([run])


@pytest.mark.parametrize(
    ("source", "words"),
    [
        ("verifier", "gold comes from a verifier and not from people"),
        ("model", "gold comes from a model and not from people"),
        ("unspecified", "nobody says whether gold is people's"),
        ("mixed", "gold comes from several kinds of sources"),
    ],
)
def test_gold_that_is_not_known_to_be_peoples_answers_nothing(source: str, words: str) -> None:
    run = _made(0.95, source=source)
    assert run.answer().state == "not-human"
    said = sentence([run])
    assert said.startswith("Whether model may stand in for people can't be told from task: ")
    assert words in said
    share = run.rows[0].metrics["percent_agreement"].value
    assert share is not None
    assert f"percent agreement {100 * share:.1f} %" in said
    assert "stand in for people: not asked here" in " ".join(_section(sections([run]), "summary").notes)


@pytest.mark.parametrize(
    ("change", "doubt"),
    [
        ({"revision": "sample:1"}, "these rows were written as a sample"),
        ({"counts": {"items": 800, "cases": 800}}, "the rest of the run"),
    ],
)
def test_doubts_take_a_yes_back(change: dict[str, Any], doubt: str) -> None:
    run = _made(0.95, manifest=change)
    if "counts" in change:
        run = replace(run, rows=tuple(replace(row, warnings=(*row.warnings, "incomplete_run")) for row in run.rows))
    found = run.answer()
    assert found.state == "open"
    assert any(doubt in text for text in found.missing)


def test_a_sample_does_not_say_no_either() -> None:
    assert _made(0.6, manifest={"revision": "sample"}).answer().state == "open"
    assert _made(0.5, size=8).answer().state == "open"


def test_low_coverage_takes_a_yes_back() -> None:
    truth, gold = people(400, 3, 0.8)
    judge: list[int | None] = list(noisy(truth, 1.0))
    judge[:24] = [None] * 24
    run = reported(Made(gold=[tuple(map(int, row)) for row in gold], judge=judge, policies=Policies(invalid="drop")))
    assert "low_coverage" in run.rows[0].warnings
    found = run.answer()
    assert found.ratio.low is not None
    assert found.ratio.low >= 1 - MARGIN
    assert found.state == "open"
    assert "verdicts on the items that it left without one" in found.missing


def test_several_judges_and_tasks_in_one_sentence() -> None:
    good, bad = _made(0.95, name="good"), _made(0.6, name="bad")
    assert sentence([good, bad]).startswith(
        "On task good may stand in for people, bad may not; the nearest to people is good: on 400 items its kappa"
    )
    assert sentence([bad, replace(bad, run=replace(bad.run, judge="worse"))]).startswith("On task none of 2 judges may")
    other = _made(0.95, name="third", task="other", source="verifier")
    said = sentence([good, bad, other])
    assert "; on other it can't be told whether third may stand in for people" in said
    assert said.endswith(".")
    assert said.count(". ") == 0
    assert sentence([]) == "There is no run to report."


def test_baselines_are_not_asked() -> None:
    good, base = _made(0.95, name="good"), _made(0.5, name="baseline/random")
    assert sentence([base, good]).startswith("Yes, good may stand in")
    assert "random" not in sentence([base, good])


def test_two_runs_of_one_judge_are_told_apart() -> None:
    run = _made(0.95)
    named = [
        replace(run, rows=tuple(replace(row, judge=name) for row in run.rows)) for name in names_of([run.run, run.run])
    ]
    found = _section(sections(named), "summary")
    assert {row[0].strip("¹²³⁴⁵ ") for row in found.rows} == {"model #1", "model #2"}


def test_gaps_are_those_of_the_run() -> None:
    truth, _ = people(60, 1, 1.0)
    alone = reported(
        Made(
            gold=[(int(code),) for code in truth], judge=noisy(truth, 0.9), scale=Scale.check(),
            clusters=[f"q{i // 6}" for i in range(60)], manifest={"limit": 60, "settings": {"backend": "replay"}},
        )
    )  # fmt: skip
    notes = " ".join(_section(sections([alone]), "limits").notes)
    for words in ("one person's label", "10 independent questions", "the first 60 items", "recorded by others"):
        assert words in notes
    for words in ("one order only", "Which of these judges", "nobody was asked"):
        assert words not in notes
    gold = [(int(code) * 2,) for code in truth]
    pair = {"scale": Scale.pair(), "gold": gold, "judge": [2 * code for code in noisy(truth, 0.9)]}
    one = reported(Made(**pair))
    both = reported(Made(**pair, swapped=pair["judge"], repeats=[pair["judge"]]))
    assert "one order only" in " ".join(_section(sections([one]), "limits").notes)
    assert "say the same again" in " ".join(_section(sections([one]), "limits").notes)
    assert "one order only" not in " ".join(_section(sections([both]), "limits").notes)
    assert "say the same again" not in " ".join(_section(sections([both]), "limits").notes)
    assert "nobody was asked" in " ".join(_section(sections([_made(0.9, source="verifier")]), "limits").notes)


def test_what_was_tried_with_one_model_is_no_gap() -> None:
    settings = {"backend": "server", "model": "m", "prompts": {"check": "check/1"}}
    ways = [_made(0.9, name=one, manifest={"settings": settings, "reference": one}) for one in ("none", "human")]
    other = _made(0.9, name="other", manifest={"settings": settings | {"model": "n"}, "reference": "human"})
    notes = _section(sections([*ways, other]), "limits").notes
    assert [note for note in notes if "another prompt" in note] == [
        "human, none: what a judge would say to another prompt or with other settings: 2 ways of asking were tried.",
        "other: what a judge would say to another prompt or with other settings: one of each was tried.",
    ]
    assert [note[:6] for note in notes if "without reference answers" in note] == ["other:"]


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
    found = _section(sections([run]), "probes")
    [row] = found.rows
    cells = dict(zip(found.header, row, strict=True))
    assert cells["same when asked again"].startswith("75.0 % (")
    assert cells["same in both orders"].startswith("100.0 % (")
    measured = length_preference(apply(run.ratings, run.policies), run.ratings.item * 0 + 1.0)
    assert measured.difference.value is not None
    assert cells["longer wins: judge less gold, points"].startswith(f"{100 * measured.difference.value:+.1f} (")
    assert [chart.name.rpartition("-")[0] for chart in found.charts] == ["task-probes-position", "task-probes-length"]


def test_a_judge_without_any_verdict_is_told_and_not_drawn() -> None:
    _, gold = people(100, 3, 0.9)
    run = reported(Made(gold=[tuple(map(int, row)) for row in gold], judge=[None] * 100))
    found = sections([run])
    assert run.answer().state == "open"
    assert "0.0 % of its judgments hold a verdict" in _section(found, "summary").lead


@pytest.mark.parametrize("annotators", [1, 3])
def test_a_judge_without_any_verdict_is_no_constant_one(annotators: int) -> None:
    _, gold = people(100, annotators, 0.9)
    rows = [tuple(map(int, row)) for row in gold]
    silent = reported(Made(gold=rows, judge=[None] * 100, name="silent"))
    said = sentence([silent])
    assert said.startswith("Whether silent may stand in for people on task can't be told yet: ")
    assert "none of its judgments gave a verdict; what would help: verdicts" in said
    # A figure below that of a constant does not put a judge that failed in front of it.
    wrong = reported(Made(gold=rows, judge=[1 - row[0] for row in rows], name="opposite"))
    assert "the nearest to people is opposite" in sentence([wrong, silent])
    elsewhere = reported(Made(gold=rows, judge=[None] * 100, name="silent", task="other"))
    assert sentence([silent, elsewhere]).count("since none of its judgments gave a verdict") == 2


def test_a_judge_without_any_verdict_has_no_figures_against_a_verifier() -> None:
    run = reported(Made(gold=[(i % 2,) for i in range(40)], judge=[None] * 40, source="verifier"))
    assert "; against it: no figure, since none of its judgments gave a verdict" in sentence([run])


def test_a_run_that_mostly_failed_says_no_to_nobody() -> None:
    truth, gold = people(400, 3, 0.9)
    judge: list[int | None] = [None] * 400
    judge[:100] = noisy(truth[:100], 1.0)
    run = reported(Made(gold=[tuple(map(int, row)) for row in gold], judge=judge))
    assert run.answer().state == "open"
    assert "verdicts on the items that it left without one" in run.answer().missing


def test_what_can_be_seen_of_one_judge_only_stands_in_its_own_row() -> None:
    truth, gold = people(100, 3, 0.9)
    rows = [tuple(map(int, row)) for row in gold]
    seen = reported(Made(gold=rows, judge=noisy(truth, 0.8), name="able"))
    silent = reported(Made(gold=rows, judge=[None] * 100, name="silent"))
    both = _section(sections([silent, seen]), "probes")
    (alone,) = _section(sections([seen]), "probes").rows
    cells = {row[0]: dict(zip(both.header[1:], row[1:], strict=True)) for row in both.rows}
    assert cells["able"] == dict(zip(_section(sections([seen]), "probes").header[1:], alone[1:], strict=True))
    assert set(cells["silent"].values()) == {"–"}  # noqa: RUF001 - the report's own dash


def test_sizes_are_those_of_the_judge_that_the_sentence_is_about() -> None:
    whole = _made(0.9, size=200, name="baseline/best")
    part = _made(0.6, size=120)
    assert ": on 120 items " in sentence([whole, part])
    worse = _made(0.2, size=300, name="worse")
    assert "the nearest to people is model: on 120 items " in sentence([worse, part, whole])


def test_names_are_unique_and_safe() -> None:
    runs = [_made(0.9, name=HOSTILE, task=HOSTILE), _made(0.8, name="b", task=HOSTILE), _made(0.9, task="other")]
    found = sections(runs)
    names = [one.name for one in found] + [chart.name for one in found for chart in one.charts]
    assert len(names) == len(set(names))
    assert all(re.fullmatch(r"[a-z0-9-]+", name) for name in names)
    for one in found:
        texts = [one.title, one.lead, *one.header, *one.notes, *(cell for row in one.rows for cell in row)]
        assert "\x1b" not in "".join(texts)
        assert {len(row) for row in one.rows} <= {len(one.header)}


def test_the_same_runs_give_the_same_sections() -> None:
    runs = [_made(0.9), _made(0.8, name="b")]
    assert sections(runs) == sections(runs)
    assert sentence(runs) == sentence(runs)


@pytest.mark.data
def test_real_runs(data_dir: Path, tmp_path: Path) -> None:
    pandalm = recorded(data_dir, tmp_path / "pandalm", "pandalm", "replay:gpt-3.5-turbo", "replay:pandalm-7b")
    said = sentence(pandalm)
    assert said.startswith(
        "On pandalm none of 2 judges may stand in for people; the nearest to people is replay/gpt-3.5"
    )
    assert "on 999 items of 170 questions its kappa with each person is 56 % (95 % interval: 48 to 63 %)" in said
    trivia = recorded(data_dir, tmp_path / "triviaqa", "triviaqa:v1", "replay:GPT-4", "replay:Contains")
    assert sentence(trivia).startswith("On triviaqa:v1 it can't be told yet whether any of 2 judges may")
    pairs = recorded(data_dir, tmp_path / "judgebench", "judgebench:gpt", "replay:o1-mini-2024-09-12")
    assert "gold comes from a verifier and not from people" in sentence(pairs)
    stars = recorded(data_dir, tmp_path / "stars", "alttest:cebab_stars", "replay:gpt-4o")
    assert sentence(stars).startswith("Yes, replay/gpt-4o may stand in for the people who labelled alttest:cebab_stars")
    found = sections([*pandalm, *trivia, *pairs, *stars])
    assert [one.title for one in found][:2] == ["Summary: pandalm", "What these figures do not establish: pandalm"]
    names = [one.name for one in found] + [chart.name for one in found for chart in one.charts]
    assert len(names) == len(set(names))


@pytest.mark.parametrize("spec", ["rank:3", "steps"])
def test_rankings_and_steps_are_told_and_not_judged(spec: str) -> None:
    scale = Scale.parse(spec)
    one, other = ((0, 1, 2), (2, 1, 0)) if spec == "rank:3" else ((1, 1, 1), (1, 0, 1))
    gold = [(one if i % 2 else other,) * 3 for i in range(60)]
    run = reported(Made(gold=gold, judge=[one if i % 3 else other for i in range(60)], scale=scale))
    assert run.answer().state == "open"
    assert "the rule rests on single labels" in sentence([run])
    assert [section.name for section in sections([run])][:2] == ["task-summary", "task-limits"]
