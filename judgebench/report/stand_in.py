"""May a judge stand in for people? The rule that answers it (docs/reference/reports.md) from what was measured.

Nothing is estimated here. The rule reads the ratio of the judge's agreement with each person to that of people with
each other, and the alternative annotator test; where either is not to be had, it says what is missing.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal, TypeAlias

from judgebench.agreement.humans import kappa_of
from judgebench.domain import HUMAN_SOURCES, Estimate
from judgebench.report.document.text import clean, decimal, many
from judgebench.report.said import name_of, percent, told, whom
from judgebench.report.words import sampled

if TYPE_CHECKING:
    from collections.abc import Iterator

    from judgebench.agreement.alt_test import AltTest
    from judgebench.domain import Agreement, Policies, Ratings

__all__ = ["KAPPAS", "MARGIN", "Answer", "State", "answer"]

State: TypeAlias = Literal["yes", "no", "open", "not-human"]
#: A judge that agrees with people a tenth less than they agree with each other still counts as one of them.
MARGIN = 0.1
#: What the rule's kappas, and their kin where verdicts are no single labels, are called in a sentence.
KAPPAS = {
    "cohen_kappa": "kappa",
    "cohen_kappa_quadratic": "weighted kappa",
    "lin_ccc": "concordance",
    "krippendorff_alpha_masi": "alpha (MASI)",
}
#: Annotators from whom on the alternative annotator test says something.
_ENOUGH_ANNOTATORS = 3
#: Where fewer judgments gave a verdict, figures tell of what failed and not of the judge.
_MOSTLY = 0.5
#: Warnings under which no figure is trusted to say yes, and what would help.
_DOUBTS = {
    "few_items": "more items: there are fewer than 10",
    "few_clusters": "more independent questions: with so few the interval is only a rough one",
    "prevalence": "more examples of the rarest label: with fewer than 10 kappa's interval does not hold",
    "low_coverage": "verdicts on the items that it left without one",
    "failed_cases": "the cases that failed: until they are asked again the figures are bounds",
    "incomplete_run": "the rest of the run: it holds fewer verdicts than it was to give",
}

_CLEARER = "labels on which people agree"
_SILENT: tuple[State, str, tuple[str, ...]] = ("open", "none of its judgments gave a verdict", ("verdicts",))


@dataclass(frozen=True, slots=True)
class Answer:
    """Whether a judge may stand in for people on one task, and the clause that says ``because`` of which figures.

    ``state`` is ``open`` where it can't be told, ``not-human`` where gold is not people's, so that it can't be told
    here at all. ``metric`` is the kappa that the rule reads, ``missing`` what would help to tell, or to be surer.
    ``ratio`` is the judge's agreement with people over that of people with each other; ``alt`` is None below three
    annotators. ``deciding`` names the people without whom the answer is not the same.
    """

    state: State
    task: str
    judge: str
    row: Agreement
    metric: str
    because: str
    missing: tuple[str, ...]
    ratio: Estimate
    alt: AltTest | None = None
    deciding: tuple[str, ...] = ()


def answer(row: Agreement, ratings: Ratings, policies: Policies, *, in_turn: bool = True) -> Answer:
    """Say whether a judge may stand in for the people who labelled its task, by its row of all items and their ratings.

    Gold must be people's, else the question has no answer here. With several annotators the judge's kappa in the place
    of one of two people is divided by theirs with each other. *No*: the interval of that ratio lies below ``1 -
    MARGIN``, or the judge gives one verdict throughout, or agrees no better than chance would, interval and all. *Yes*:
    the interval lies at or above it, the alternative annotator test passes where there are three annotators or more,
    all of it also without each annotator in turn, and nothing casts doubt on the figures (few items or questions, a
    rare label, verdicts that are missing, rows written for a demonstration). Else it can't be told, and so where *no*
    would be *yes* without one annotator; fewer than 10 items, or sample rows, never say no either. Without ``in_turn``
    nobody is left out, which takes less time and leaves open whether one annotator decides.
    """
    metric = kappa_of(ratings.scale)
    ratio = row.ceiling.get(f"ratio_{metric}") or Estimate.missing("one_annotator")
    if row.gold not in HUMAN_SOURCES:
        return Answer("not-human", row.task, row.judge, row, metric, _against(row), _people_missing(row), ratio)
    alt = _alt_test(row, ratings, policies, in_turn=in_turn)
    doubts = list(_doubts(row, ratings, alt))
    if not row.coverage:
        # Under most policies a failed judgment counts as a label; a server that was away is not a constant judge.
        state, because, missing = _SILENT
    elif ratings.scale.sequential:
        state, because, missing = _no_labels(row)
    elif ratio.value is None:
        state, because, missing = _without_ceiling(row, metric, ratio)
    else:
        state, because, missing = _beside_people(row, metric, ratio, alt)
    deciding = tuple(_deciding(ratings, policies, state, alt)) if in_turn and ratio.value is not None else ()
    if deciding:
        state, because, missing = "open", f"{because}, but not without {_named(deciding)}", (_look_at(deciding),)
    if (state == "yes" and doubts) or (state == "no" and _void(row)):
        state, because = "open", f"{because}, but that is not yet sure"
        missing = ()
    return Answer(state, row.task, row.judge, row, metric, because, (*missing, *doubts), ratio, alt, deciding)


def _deciding(ratings: Ratings, policies: Policies, state: State, alt: AltTest | None) -> Iterator[str]:
    """Name the annotators without whom a yes is none, or a no is a yes."""
    from judgebench.agreement.humans import ratios_without  # noqa: PLC0415 - loads numpy
    from judgebench.agreement.unlisted_humans import unlisted_ratios  # noqa: PLC0415 - as above

    people = len(ratings.annotators)
    if state not in {"yes", "no"} or people <= 2 or ratings.sequence is not None:
        return
    tests = {} if alt is None else {one.name: one for one in alt.without}
    names = tuple(tests) or ratings.annotators
    ratios = ratios_without if ratings.scale.listed else unlisted_ratios
    for name, ratio in ratios(ratings, policies, names):
        known = ratio.low is not None and ratio.low >= 1 - MARGIN
        passes = known and (name not in tests or tests[name].passed is not False)
        if passes != (state == "yes"):
            yield name


def answer_without(one: Answer, name: str, ratio: Estimate) -> State:
    """Give the answer without an annotator, where ``ratio`` is the judge's agreement over people's; doubts stay."""
    if not one.deciding:
        return one.state
    test = next((test for test in one.alt.without if test.name == name), None) if one.alt is not None else None
    bar = 1 - MARGIN
    if ratio.low is not None and ratio.low >= bar and (test is None or test.passed is not False):
        # The first is to look at who decides.
        return "open" if one.missing[1:] else "yes"
    return "no" if ratio.high is not None and ratio.high < bar and not _void(one.row) else "open"


def _named(deciding: tuple[str, ...]) -> str:
    names = [clean(name) for name in deciding]
    return ", or without ".join(names[:3]) + (f" and {len(names) - 3} others" if len(names) > 3 else "")


def _look_at(deciding: tuple[str, ...]) -> str:
    return f"a look at the labels of {_named(deciding[:1])}: one annotator may not decide"


def _alt_test(row: Agreement, ratings: Ratings, policies: Policies, *, in_turn: bool) -> AltTest | None:
    from judgebench.agreement.alt_test import (  # noqa: PLC0415 - loaded on use
        alt_test_ratings,
        default_epsilon,
    )

    if len(ratings.annotators) < _ENOUGH_ANNOTATORS or not ratings.scale.listed:
        return None
    epsilon = default_epsilon(row.gold)
    return alt_test_ratings(ratings, policies, epsilon=epsilon, in_turn=in_turn)


def _against(row: Agreement) -> str:
    plain = "percent_agreement" if "percent_agreement" in row.metrics else "accuracy"
    figures = [
        f"{name_of(name)} {told(name, row.metrics[name])}"
        for name in dict.fromkeys((plain, row.headline))
        if name in row.metrics and row.metrics[name].value is not None
    ]
    source = {
        "verifier": "gold comes from a verifier and not from people",
        "model": "gold comes from a model and not from people",
        "mixed": "gold comes from several kinds of sources",
    }.get(row.gold, "nobody says whether gold is people's")
    if not row.coverage:
        return f"{source}; against it: no figure, since none of its judgments gave a verdict"
    return f"{source}; against it: {', '.join(figures) or 'no figure is defined'} on {many(row.items, 'item')}"


def _people_missing(row: Agreement) -> tuple[str, ...]:
    if row.gold == "unspecified":
        return ("who gave the gold labels (--gold human, where it was people)",)
    return ("labels by people, best by two or more on the same items",)


def _void(row: Agreement) -> bool:
    """Whether these rows can't even say no: few of them, made up to show how it works, or mostly without a verdict."""
    return sampled(row.revision) or "few_items" in row.warnings or row.coverage < _MOSTLY


def _doubts(row: Agreement, ratings: Ratings, alt: AltTest | None) -> Iterator[str]:
    if sampled(row.revision):
        yield "real data: these rows were written as a sample"
    for code, help_ in _DOUBTS.items():
        if code in row.warnings:
            yield help_
    if alt is not None and "majority_passes" in alt.warnings:
        yield "items with less skewed labels: a judge that always gives the most frequent label passes, too"
    if alt is None and len(ratings.annotators) > 1:
        yield "a third annotator, so that the judge can be held to two others in the place of each"


def _no_labels(row: Agreement) -> tuple[State, str, tuple[str, ...]]:
    """Tell what was measured of rankings and steps, for which there is no kappa of one person with another."""
    headline = row.metrics.get(row.headline) or Estimate.missing("not_measured")
    figure = f"its {name_of(row.headline)} with {whom(row.gold)} is {told(row.headline, headline)}"
    return "open", f"{figure}, but the rule rests on single labels, and these verdicts are none", ()


def _without_ceiling(row: Agreement, metric: str, ratio: Estimate) -> tuple[State, str, tuple[str, ...]]:
    """Judge by what one label per item shows: that can say no, and never yes."""
    kappa = row.metrics.get(metric) or Estimate.missing("not_measured")
    state, because = _clear_no(row, metric)
    if state == "no":
        return state, because, ()
    figure = f"its {KAPPAS[metric]} with {whom(row.gold)} is {told(metric, kappa)}"
    if kappa.value is None:
        figure = f"its {KAPPAS[metric]} is {told(metric, kappa)}"
    if ratio.undefined == "no_ceiling":
        why = "people agree with each other no better than chance, so that there is nothing to compare it with"
        return "open", f"{figure}, and {why}", (_CLEARER,)
    why = "no two people labelled the same items, so that nothing says how far people would agree"
    return "open", f"{figure}, but {why}", ("a second person's labels on the same items",)


def _clear_no(row: Agreement, metric: str) -> tuple[State, str]:
    kappa = row.metrics.get(metric)
    if "constant_judge" in row.warnings:
        return "no", "it gives one and the same verdict throughout"
    if kappa is not None and kappa.high is not None and kappa.high <= 0:
        return "no", f"it agrees no better than chance ({KAPPAS[metric]} {told(metric, kappa)})"
    return "open", ""


def _beside_people(
    row: Agreement, metric: str, ratio: Estimate, alt: AltTest | None
) -> tuple[State, str, tuple[str, ...]]:
    state, because = _clear_no(row, metric)
    if state == "no":
        return state, because, ()
    people, kappa = row.ceiling.get(metric), row.metrics.get(metric)
    # A share of next to nothing can be any number.
    if people is not None and people.low is not None and people.low <= 0 and kappa is not None:
        figure = f"its {KAPPAS[metric]} with {whom(row.gold)} is {told(metric, kappa)}"
        why = f"people may agree with each other no better than chance ({told(metric, people)})"
        return "open", f"{figure}, but {why}, so that there is nothing to compare it with", (_CLEARER,)
    because = _ratio_words(row, metric, ratio)
    test = _test_words(alt)
    bar = 1 - MARGIN
    if ratio.low is None or ratio.high is None:
        told_, missing = "and that has no interval", "more items"
    elif ratio.high < bar:
        # A test that a constant passes, too, can't speak for a judge.
        empty = alt is not None and "majority_passes" in alt.warnings
        if alt is None or not alt.passed or empty:
            return "no", because + (f", and {test}" if test and not empty else ""), ()
        told_, missing = f"which is too little, yet {test}", "a decision on which of the two counts"
    elif ratio.low < bar:
        told_ = "so that either may be true"
        missing = f"more items: {percent(bar, 0)}, what it takes, lies within the interval"
    elif alt is not None and not _passes(alt):
        told_, missing = f"yet {test}", "more items per annotator, or a larger epsilon with a reason"
    else:
        return "yes", because + (f", and {test}" if test else ""), ()
    return "open", f"{because}, {told_}", (missing,)


def _ratio_words(row: Agreement, metric: str, ratio: Estimate) -> str:
    each, people = row.ceiling.get(f"judge_vs_each_{metric}"), row.ceiling.get(metric)
    share = percent(ratio.value or 0.0, 0)
    if ratio.low is not None and ratio.high is not None:
        share += f" (95 % interval: {100 * ratio.low:.0f} to {percent(ratio.high, 0)})"
    words = f"its {KAPPAS[metric]} with each person is {share} of what people reach with each other"
    if each is not None and each.value is not None and people is not None and people.value is not None:
        words += f" ({_value(each)} against {_value(people)})"
    return words


def _value(estimate: Estimate) -> str:
    return decimal(estimate.value or 0.0)


def _passes(alt: AltTest) -> bool:
    """Whether the test passes, and still does where items that belong together count as one."""
    from judgebench.agreement.alt_test import PASS  # noqa: PLC0415 - loads numpy

    robust = alt.clustered_rate.value
    return alt.passed is True and (robust is None or robust >= PASS)


def _test_words(alt: AltTest | None) -> str:
    if alt is None:
        return ""
    if alt.winning_rate.value is None:
        return "the alternative annotator test has too few items per annotator"
    wins = sum(one.wins is True for one in alt.annotators)
    rate = f"{wins} of {alt.winning_rate.n} people at epsilon {alt.epsilon:g}"
    if alt.passed and not _passes(alt):
        return f"the alternative annotator test ({rate}) passes only if items of one question count as independent"
    return f"the alternative annotator test {'passes' if alt.passed else 'does not pass'} ({rate})"
