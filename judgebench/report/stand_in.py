"""Can a judge take a person's place? The rule that answers it (docs/reference/reports.md) from what was measured.

Nothing is estimated here. The rule reads the ratio of the judge's agreement with each person to that of people with
each other, and the alternative annotator test; where they leave it open, it says why.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal, NamedTuple, TypeAlias

from judgebench.domain import HUMAN_SOURCES, Estimate
from judgebench.errors import argument
from judgebench.report.document.text import clean, many
from judgebench.report.said import first_up, listed
from judgebench.report.words import sampled

if TYPE_CHECKING:
    from collections.abc import Iterator

    from judgebench.agreement.alt_test.codes import AltTest
    from judgebench.domain import Agreement, Policies, Ratings
    from judgebench.report.document.blocks import Tone

__all__ = [
    "KAPPAS", "MARGIN", "SAID", "UNKNOWN", "Answer", "Said", "State", "answer", "answer_without", "one_label",
    "questions", "unasked",
]  # fmt: skip

State: TypeAlias = Literal["yes", "no", "open", "not-human"]


class Said(NamedTuple):
    """How an answer is told: its word, the colour of that on a terminal, its sign and its style on a page."""

    word: str
    tone: Tone
    sign: str
    style: str


#: The answers to "in a person's place?", in the order in which tables have them.
SAID: dict[str, Said] = {
    "yes": Said("Yes", "good", "✓", "yes"),
    "open": Said("Not sure", "doubt", "?", "unsure"),
    "no": Said("No", "bad", "✕", "no"),
}
#: A judge that agrees with people a tenth less than they agree with each other still counts as one of them.
MARGIN = 0.1
#: What the rule reads of a scale: a kappa, or its kin where verdicts are no single labels.
KAPPAS = ("cohen_kappa", "cohen_kappa_quadratic", "lin_ccc", "krippendorff_alpha_masi")
#: What one label per item leaves open.
UNKNOWN = "how far people agree with each other is not known"
#: Annotators from whom on the alternative annotator test says something.
_ENOUGH_ANNOTATORS = 3
#: Where fewer judgments gave a verdict, figures tell of what failed and not of the judge.
_MOSTLY = 0.5
#: Warnings under which no figure is trusted to say yes, and what is said of them: those that weigh most, and others.
_HEAVY = {
    "few_items": "fewer than 10 items are too few",
    **dict.fromkeys(("low_coverage", "failed_cases", "incomplete_run"), "too many answers are missing"),
}
_LIGHT = {
    "few_clusters": "there are too few independent questions",
    "prevalence": "the rarest label has fewer than 10 examples",
}
#: Why nobody can say whether a judge can take a person's place, where gold is not people's.
_NOT_PEOPLE = {
    "verifier": "A program or an answer key gave the labels, not people.",
    "model": "A model gave the labels, not people.",
    "mixed": "The labels come from several kinds of sources.",
}


@dataclass(frozen=True, slots=True)
class Answer:
    """Whether a judge can take a person's place on one task.

    ``state`` is ``open`` where it can't be told, ``not-human`` where gold is not people's, so that it can't be told
    here at all. ``metric`` is the kappa that the rule reads. ``whys`` are clauses that say why it is open, what weighs
    most first. ``ratio`` is the judge's agreement with people over that of people with each other; ``alt`` is None
    below three annotators. ``deciding`` names the people without whom the answer is not the same.
    """

    state: State
    metric: str
    ratio: Estimate
    whys: tuple[str, ...] = ()
    alt: AltTest | None = None
    deciding: tuple[str, ...] = ()


def answer(row: Agreement, ratings: Ratings, policies: Policies, *, in_turn: bool = True) -> Answer:
    """Say whether a judge can take the place of a person who labelled its task, by its row of all items and ratings.

    Gold must be people's, else the question has no answer here. With several annotators the judge's kappa in the place
    of one of two people is divided by theirs with each other. *No*: the interval of that ratio lies below ``1 -
    MARGIN``, or the judge gives one verdict throughout, or agrees no better than chance would, interval and all. *Yes*:
    the interval lies at or above it, the alternative annotator test passes where there are three annotators or more,
    all of it also without each annotator in turn, and nothing casts doubt on the figures (few items or questions, a
    rare label, verdicts that are missing, rows written for a demonstration). Else it can't be told, and so where *no*
    would be *yes* without one annotator; fewer than 10 items, or sample rows, never say no either. Without ``in_turn``
    nobody is left out, which takes less time and leaves open whether one annotator decides.
    """
    from judgebench.agreement.people.humans import kappa_of  # noqa: PLC0415 - loads numpy

    metric = kappa_of(ratings.scale)
    ratio = row.ceiling.get(f"ratio_{metric}") or Estimate.missing("one_annotator")
    if row.gold not in HUMAN_SOURCES:
        return Answer("not-human", metric, ratio)
    alt = _alt_test(row, ratings, policies, in_turn=in_turn)
    heavy, light = list(_heavy(row)), list(_light(row, ratings, alt))
    state, why = _by_figures(row, ratings, metric, ratio, alt)
    deciding = tuple(_deciding(ratings, policies, state, alt)) if in_turn and ratio.value is not None else ()
    if deciding:
        without = listed([clean(name) for name in deciding])
        state, why = "open", f"it depends on which people you ask: without {without} the answer is another"
    if (state == "yes" and (heavy or light)) or (state == "no" and _void(row)):
        state = "open"
    whys = (*heavy, *filter(None, [why]), *light) if state == "open" else ()
    return Answer(state, metric, ratio, whys, alt, deciding)


def one_label(row: Agreement) -> bool:
    """Whether people labelled the items, and each only once."""
    return row.gold in HUMAN_SOURCES and not row.ceiling


def unasked(row: Agreement, *, settled: bool = False) -> str:
    """Say whose labels these are, where nobody can say whether a judge can take a person's place.

    ``settled``: several people gave each item the label on which they settled, and gold has that alone.
    """
    if row.gold not in HUMAN_SOURCES:
        return _NOT_PEOPLE.get(row.gold, "Nobody says who gave the labels.")
    if settled:
        option = f"{argument('labels_mode')} settled"
        return f"These are the labels people settled on: without {option}, people are held against each other, too."
    return f"One label per item: {UNKNOWN}." if one_label(row) else f"{first_up(UNKNOWN)} here."


def questions(row: Agreement, ratings: Ratings) -> str:
    """Count the items behind a row, and the questions to which they belong."""
    items = row.items if row.people is None else row.people.items
    own = len(set(ratings.cluster.tolist()))
    return f"{many(items, 'item')} about {many(own, 'question')}" if 0 < own < items else many(items, "item")


def _deciding(ratings: Ratings, policies: Policies, state: State, alt: AltTest | None) -> Iterator[str]:
    """Name the annotators without whom a yes is none, or a no is a yes."""
    from judgebench.agreement.people.humans import ratios_without  # noqa: PLC0415 - loads numpy
    from judgebench.agreement.people.unlisted_humans import unlisted_ratios  # noqa: PLC0415 - as above

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


def answer_without(one: Answer, row: Agreement, name: str, ratio: Estimate) -> State:
    """Give the answer without an annotator, where ``ratio`` is the judge's agreement over people's; doubts stay."""
    if not one.deciding:
        return one.state
    test = next((test for test in one.alt.without if test.name == name), None) if one.alt is not None else None
    bar = 1 - MARGIN
    if ratio.low is not None and ratio.low >= bar and (test is None or test.passed is not False):
        # One of the reasons is that somebody decides.
        return "open" if one.whys[1:] else "yes"
    return "no" if ratio.high is not None and ratio.high < bar and not _void(row) else "open"


def _alt_test(row: Agreement, ratings: Ratings, policies: Policies, *, in_turn: bool) -> AltTest | None:
    from judgebench.agreement.alt_test.ratings import alt_test_ratings, default_epsilon  # noqa: PLC0415 - loaded on use

    if len(ratings.annotators) < _ENOUGH_ANNOTATORS or not ratings.scale.listed:
        return None
    epsilon = default_epsilon(row.gold)
    return alt_test_ratings(ratings, policies, epsilon=epsilon, in_turn=in_turn)


def _void(row: Agreement) -> bool:
    """Whether these rows can't even say no: few of them, made up to show how it works, or mostly without a verdict."""
    return sampled(row.revision) or "few_items" in row.warnings or row.coverage < _MOSTLY


def _heavy(row: Agreement) -> Iterator[str]:
    if sampled(row.revision):
        yield "these rows are samples"
    yield from dict.fromkeys(said for code, said in _HEAVY.items() if code in row.warnings)


def _light(row: Agreement, ratings: Ratings, alt: AltTest | None) -> Iterator[str]:
    yield from (said for code, said in _LIGHT.items() if code in row.warnings)
    if alt is not None and "majority_passes" in alt.warnings:
        yield "a judge that always gives the commonest label would pass, too"
    if alt is None and len(ratings.annotators) > 1:
        yield "it would take a third person's labels"


def _by_figures(
    row: Agreement, ratings: Ratings, metric: str, ratio: Estimate, alt: AltTest | None
) -> tuple[State, str]:
    """Read the figures: the answer, and why it is open."""
    kappa = row.metrics.get(metric)
    chance = kappa is not None and kappa.high is not None and kappa.high <= 0
    # Under most policies a failed judgment counts as a label; a server that was away is not a constant judge.
    if not row.coverage:
        found: tuple[State, str] = "open", "none of its answers is a verdict"
    elif ratings.scale.sequential:
        found = "open", "the rule is about single labels"
    elif "constant_judge" in row.warnings or chance:
        found = "no", ""
    elif ratio.value is None:
        known = ratio.undefined == "no_ceiling"
        found = "open", "people agree with each other no better than chance" if known else UNKNOWN
    else:
        found = _beside_people(row, ratings, row.ceiling.get(metric), ratio, alt)
    return found


def _beside_people(
    row: Agreement, ratings: Ratings, people: Estimate | None, ratio: Estimate, alt: AltTest | None
) -> tuple[State, str]:
    # A share of next to nothing can be any number.
    if people is not None and people.low is not None and people.low <= 0:
        return "open", f"{questions(row, ratings)} leave open whether people agree with each other at all"
    if ratio.low is None or ratio.high is None:
        return "open", "nothing tells how far the figures could be off"
    if ratio.high < 1 - MARGIN:
        # A test that a constant passes, too, can't speak for a judge.
        if alt is None or not alt.passed or "majority_passes" in alt.warnings:
            return "no", ""
        return "open", "its kappa falls short of people's, yet it passes the alternative annotator test"
    if ratio.low < 1 - MARGIN:
        return "open", f"{questions(row, ratings)} leave it open"
    return _by_test(alt)


def _by_test(alt: AltTest | None) -> tuple[State, str]:
    """Read the alternative annotator test, of a judge whose kappa is as high as people's."""
    if alt is None:
        return "yes", ""
    if alt.winning_rate.value is None:
        return "open", "nobody has enough items for the alternative annotator test"
    if not alt.passed:
        wins, people = alt.level
        return "open", f"it is level with only {wins} of {people} people"
    if alt.passed_clustered is False:
        return "open", "it passes the alternative annotator test only if items to one question count as independent"
    return "yes", ""
