"""Where and why judges err."""

from __future__ import annotations

from dataclasses import dataclass
from operator import attrgetter, itemgetter
from typing import TYPE_CHECKING, Any, NamedTuple

from judgebench.domain.shapes import (
    COUNT,
    ESTIMATE,
    ESTIMATES,
    NUMBER,
    TEXT,
    ListOf,
    MapOf,
    OneOf,
    Scalar,
    judge_keys,
    maybe,
    record,
)
from judgebench.report.briefs.analysis import brief, clear_effects
from judgebench.report.document.blocks import Field, Table, grid, judge_columns, sheet
from judgebench.report.document.model import Document
from judgebench.report.document.text import clean, figure, interval, p_value, percent
from judgebench.report.words import gold_word, task_of

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Sequence

    from judgebench.agreement.analysis.effects import Effect, Explanation
    from judgebench.agreement.analysis.judges import JudgeAnalysis, LabelUse, Slice, Strata
    from judgebench.domain import Estimate
    from judgebench.report.document.blocks import Block, Fields, Sheet, Value
    from judgebench.report.document.brief import Brief
    from judgebench.stats.inference.paired import Homogeneity

__all__ = ["Analyses", "Analysis"]

_REASONS = {
    "no_items": "there is nothing to explain",
    "no_errors": "the judge never disagrees with gold",
    "only_errors": "the judge never agrees with gold",
    "no_features": "no feature varies enough to explain anything",
    "few_clusters": "there are not more independent questions than features",
    "separated": "the features separate the errors from the rest completely, so no odds are finite",
    "collinear": "the features are sums of each other",
    "constant": "one value only",
    "few_rows": "fewer than 10 rows",
    "too_many_levels": "more than 40 categories",
    "graded_gold": "gold is a number, not a label",
    "no_disagreement": "judge and gold use the labels alike on every item",
}
_CAUSES = (
    "An effect is the average change of the probability of an error, in points, other features held; p is corrected "
    "for the number of effects (Holm). What predicts errors need not cause them."
)
_SHRUNKEN = (
    "Slices: shrunken agreement is drawn towards the mean of its division by how little is known of the slice; slices "
    "under 30 items have no place."
)
_BASE_RATES = "Kappas of strata with different base rates can't be compared: read the rates beside them."


class Analysis(NamedTuple):
    """What was found about one judge on one task; ``gold`` is who gave the gold."""

    task: str
    gold: str
    revision: str
    found: JudgeAnalysis


_EFFECT = record(
    feature=TEXT,
    **{"is": (TEXT, attrgetter("level"))},
    against=TEXT,
    rows=COUNT,
    effect=ESTIMATE,
    odds_ratio=ESTIMATE,
    p=NUMBER,
    p_holm=NUMBER,
)
_USE = record(label=TEXT, gold=NUMBER, judge=NUMBER, difference=ESTIMATE, p_holm=maybe(NUMBER))
_HOMOGENEITY = OneOf(
    (
        record(undefined=(TEXT, str)),
        record(statistic=NUMBER, df=COUNT, p=NUMBER, denominator=maybe(Scalar({"type": "integer", "minimum": 2}))),
    ),
    lambda test: int(not isinstance(test, str)),
)
_SLICE = record(
    "slice",
    division=TEXT,
    **{"is": (TEXT, attrgetter("name"))},
    items=COUNT,
    metrics=ESTIMATES,
    shrunken=maybe(NUMBER),
    place=(maybe(Scalar({"type": "integer", "minimum": 1})), attrgetter("rank")),
)
_STRATA = maybe(record("strata", slices=ListOf(_SLICE), difference=maybe(ESTIMATE), left_out=COUNT))
_ROW = record(
    "row",
    task=TEXT,
    **judge_keys(attrgetter("found.judge")),
    gold=TEXT,
    revision=TEXT,
    policies=(MapOf(TEXT), lambda one: one.found.policies.to_json()),
    judgments=(COUNT, attrgetter("found.explanation.rows")),
    errors=(COUNT, attrgetter("found.explanation.errors")),
    effects=(ListOf(_EFFECT), attrgetter("found.explanation.effects")),
    left_out=(MapOf(TEXT), lambda one: one.found.explanation.left_out or {}),
    incomplete=(COUNT, attrgetter("found.explanation.incomplete")),
    undefined=(maybe(TEXT), attrgetter("found.explanation.undefined")),
    labels=(ListOf(_USE), attrgetter("found.labels")),
    marginal_homogeneity=(_HOMOGENEITY, attrgetter("found.homogeneity")),
    slices=(ListOf(_SLICE), attrgetter("found.slices")),
    difficulty=(_STRATA, attrgetter("found.difficulty")),
    own_answers=(_STRATA, attrgetter("found.own_answers")),
)
_EFFECTS: Fields[Effect] = (
    Field("feature", lambda one: one.feature, right=False),
    Field("is", lambda one: one.level, right=False),
    Field("against", lambda one: one.against, right=False),
    Field("rows", lambda one: f"{one.rows:,}"),
    Field("effect in points", lambda one: _points(one.effect)),
    Field("odds ratio", lambda one: interval(one.odds_ratio, _odds)),
    Field("p", lambda one: p_value(one.p_holm)),
)
_LABELS: Fields[LabelUse] = (
    Field("label", lambda use: use.label, right=False),
    Field("gold %", lambda use: percent(use.gold)),
    Field("judge %", lambda use: percent(use.judge)),
    Field("judge - gold, points", lambda use: _points(use.difference)),
    Field("p", lambda use: p_value(use.p_holm)),
)
_SLICES: Fields[Slice] = (
    Field("division", lambda part: part.division, right=False),
    Field("is", lambda part: part.name, right=False),
    Field("items", lambda part: f"{part.items:,}"),
    Field("% agreement", lambda part: interval(part.metrics["percent_agreement"], percent)),
)
_PLACES: Fields[Slice] = (
    Field("shrunken %", lambda part: percent(part.shrunken)),
    Field("place", lambda part: part.rank),
)
_KAPPA: Fields[Slice] = (Field("kappa", lambda part: part.metrics["cohen_kappa"].value),)
_CHECKS: Fields[Slice] = (
    Field("TPR %", lambda part: percent(part.metrics["true_positive_rate"].value)),
    Field("TNR %", lambda part: percent(part.metrics["true_negative_rate"].value)),
    Field("correct %", lambda part: percent(part.metrics["base_rate"].value)),
)
_FLAT = ("gold", "part", "feature", "is", "against", "n", "figure", "value", "low", "high", "p")
_SHEET: Mapping[str, Callable[[Sequence[Value]], Any]] = {
    "task": itemgetter(0),
    **judge_columns(itemgetter(1)),
    **{name: itemgetter(i) for i, name in enumerate(_FLAT, 2)},
}


@dataclass(frozen=True, slots=True, repr=False)
class Analyses(Document):
    """Judges' errors: what predicts them, which labels are overused, where agreement is least."""

    rows: tuple[Analysis, ...]

    SCHEMA = "judgebench.analysis/1"
    SHAPE = record(
        "",
        "Where and why judges err. Effects, shares and differences are fractions; p_holm is corrected over the effects "
        "(or labels) of a judge.",
        rows=ListOf(_ROW),
    )

    def sheet(self) -> Sheet:
        return sheet(_SHEET, [cells for one in self.rows for cells in _flat(one)])

    def brief(self) -> Brief:
        return brief([(task_of(one), one.gold, one.found) for one in self.rows], _REASONS)

    def blocks(self) -> Iterator[Block]:
        for one in self.rows:
            yield _sentence(one)
            found, told = one.found, one.found.explanation
            if told.effects:
                yield Table(grid(_EFFECTS, told.effects, [_CAUSES, *_left_out(told)]))
            if found.labels:
                yield Table(grid(_LABELS, found.labels, [_homogeneity(found.homogeneity)]))
            if found.slices:
                yield _slices(found.slices, [_SHRUNKEN], _PLACES)
            for strata in (found.difficulty, found.own_answers):
                if strata is not None and strata.slices:
                    yield _slices(strata.slices, _about(strata))


def _flat(one: Analysis) -> Iterator[list[Value]]:
    """List every figure."""
    found = one.found
    who = (one.task, found.judge, one.gold)
    for effect in found.explanation.effects:
        front = (*who, "effects", effect.feature, effect.level, effect.against, effect.rows)
        yield [*front, "effect", *_bounds(effect.effect), effect.p_holm]
        yield [*front, "odds_ratio", *_bounds(effect.odds_ratio), effect.p_holm]
    for use in found.labels:
        difference = use.difference
        yield [*who, "labels", use.label, "", "", difference.n, "judge_minus_gold", *_bounds(difference), use.p_holm]
    strata = (("difficulty", found.difficulty), ("own_answers", found.own_answers))
    for part, slices in (("slices", found.slices), *((name, some.slices) for name, some in strata if some is not None)):
        for piece in slices:
            for name, estimate in piece.metrics.items():
                yield [*who, part, piece.division, piece.name, "", piece.items, name, *_bounds(estimate), None]


def _bounds(one: Estimate) -> tuple[float | None, float | None, float | None]:
    return one.value, one.low, one.high


def _sentence(one: Analysis) -> str:
    """Say what predicts errors most."""
    told = one.found.explanation
    start = (
        f"{clean(one.found.judge)} on {task_of(one)}: {told.errors:,} of {told.rows:,} judgments "
        f"disagree with {gold_word(one.gold)} ({percent(told.errors / told.rows if told.rows else 0.0)} %)"
    )
    if told.undefined is not None:
        return f"{start}; {_REASONS.get(told.undefined, told.undefined)}."
    sure = clear_effects(told)
    if not sure:
        return f"{start}; none of {len(told.effects)} features predicts them."
    first = sure[0]
    many = f"{len(sure)} of {len(told.effects)} features predict them" if len(told.effects) > 1 else "one feature does"
    return f"{start}; {many}, {_named(first)} by {_points(first.effect)}."


def _named(effect: Effect) -> str:
    if effect.level:
        return f"{clean(effect.feature)} {clean(effect.level)} (against {clean(effect.against)})"
    return f"{clean(effect.feature)} ({'against 0' if effect.against == '0' else 'per unit'})"


def _left_out(told: Explanation) -> list[str]:
    found = [f"Left out: {clean(name)}: {_REASONS.get(why, why)}" for name, why in (told.left_out or {}).items()]
    if told.incomplete:
        found.append(f"{told.incomplete:,} judgments lack a feature and are not in the regression.")
    return found


def _slices(slices: tuple[Slice, ...], remarks: list[str], places: Fields[Slice] = ()) -> Table:
    checks = _CHECKS if any("base_rate" in part.metrics for part in slices) else ()
    return Table(grid([*_SLICES, *places, *_KAPPA, *checks], slices, remarks))


def _about(strata: Strata) -> list[str]:
    remarks = [_BASE_RATES]
    if strata.difference is not None:
        first, last = clean(strata.slices[0].name), clean(strata.slices[-1].name)
        remarks.insert(0, f"Agreement, {first} less {last}: {_points(strata.difference)}.")
    if strata.left_out:
        remarks.append(f"{strata.left_out:,} judgments belong to no stratum.")
    return remarks


def _homogeneity(test: Homogeneity | str) -> str:
    if test == "few_clusters":
        return "Whether the labels are used alike can't be tested: there are hardly more questions than labels."
    if isinstance(test, str):
        return f"Whether the labels are used alike can't be tested: {_REASONS.get(test, test)}."
    if test.denominator is None:
        what = f"chi-square {figure(test.statistic, 2)} on {test.df} degrees of freedom"
    else:
        what = f"F {figure(test.statistic, 2)} on {test.df} and {test.denominator} degrees of freedom"
    return f"All labels at once: {what}, p {p_value(test.p)}."


def _points(one: Estimate) -> str:
    return interval(one, lambda value: f"{100 * value:+.1f}")


def _odds(value: float) -> str:
    return f"{value:.2f}" if 0.01 <= value < 1000 else f"{value:.1e}"
