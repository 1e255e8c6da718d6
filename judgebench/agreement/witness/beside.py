"""Witnesses of what stands beside the metrics of a row: aggregates, ceilings, biases, classes and base rates.

They are recomputed from the rows that were scored and from the annotators' labels, in loops: means of definitions over
pairs of labels, shares of judgments, weighted means of rows.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, replace
from itertools import combinations, permutations
from math import fsum, lcm
from statistics import fmean
from typing import TYPE_CHECKING, Any, TypeAlias

import numpy as np

from judgebench.agreement.policies import apply, table_of
from judgebench.agreement.ratings import select
from judgebench.agreement.witness.definitions import CLASS_DEFINITIONS, DEFINITIONS, alpha
from judgebench.agreement.witness.pairs import PairCounts
from judgebench.agreement.witness.rows import (
    verify_numbers,
    verify_sequence_ceilings,
    verify_sequences,
    verify_unlisted,
)
from judgebench.agreement.witness.tables import NO_WITNESS, PLAIN, define, hold, verify_scored
from judgebench.agreement.witness.unlisted import verify_ceilings, verify_classes
from judgebench.stats.coefficients.catalog import METRICS, class_metric

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from judgebench.agreement.policies import Scored
    from judgebench.domain import Aggregate, Agreement, Estimate, Policies, Ratings, Scale
    from judgebench.stats.coefficients.catalog import Metric
    from judgebench.stats.crosstab import Crosstab, Flags

#: Labels that gold never has.
Void: TypeAlias = tuple[int, ...]
#: Whether an item's two games say the same, and towards which slot they lean.
Turned: TypeAlias = tuple[bool, int]


def verify_row(
    row: Agreement,
    whole: Ratings,
    ratings: Ratings,
    scored: Scored,
    known: Mapping[str, Metric],
    *,
    where: str,
    libraries: bool = True,
) -> dict[str, str]:
    """Recompute every point estimate of a row; name those that nothing recomputes, and why.

    ``ratings`` are the row's own judgments, ``scored`` those that count, out of ``whole``. A ceiling is named
    ``ceiling_<metric>``. With ``libraries`` these are heard beside the definitions. MismatchError, saying ``where``, if
    a witness differs.
    """
    if not scored.size:
        return {}
    again = row.bias.get("retest_agreement")
    if again is not None and again.value is not None:
        hold("retest_agreement", again.value, _with_itself(ratings), PLAIN, where=where)
    if scored.scale.sequential:
        people = verify_sequence_ceilings(select(whole, scored.row), row.ceiling, where=where)
        return {**verify_metrics(row.metrics, whole, scored, known, where=where, libraries=libraries), **people}
    if not scored.scale.listed:
        verify_ceilings(row, ratings, scored, where=where)
        verify_classes(row, scored, where=where)
        return verify_metrics(row.metrics, whole, scored, known, where=where, libraries=libraries)
    pairs, held = PairCounts.of(scored), {*row.metrics, "retest_agreement"}
    _classes(row, scored, pairs, where)
    return {
        **verify_metrics(row.metrics, whole, scored, known, where=where, pairs=pairs, libraries=libraries),
        **_ceilings(row.ceiling, ratings, scored, known, where),
        **_biases({name: one for name, one in row.bias.items() if name not in held}, ratings, scored, where),
    }


def verify_metrics(
    metrics: Mapping[str, Estimate],
    whole: Ratings,
    scored: Scored,
    known: Mapping[str, Metric],
    *,
    where: str,
    pairs: PairCounts | None = None,
    among: Flags | None = None,
    libraries: bool = True,
) -> dict[str, str]:
    """Recompute the metrics of scored rows, whatever their kind; name those that nothing recomputes, and why.

    Figures of numbers are taken ``among`` some rows, as by `score_figures`.
    """
    if not scored.size:
        return {}
    if scored.scale.sequential:
        group = select(whole, scored.row)
        return verify_sequences(group, scored.policies, metrics, where=where, libraries=libraries)
    if not scored.scale.listed:
        return verify_unlisted(scored, metrics, where=where, libraries=libraries)
    labels = {name: one for name, one in metrics.items() if name in known}
    numbers = {name: one for name, one in metrics.items() if name not in known}
    return {
        **verify_scored(scored, labels, known, pairs=pairs, where=where, libraries=libraries),
        **verify_numbers(whole, scored, numbers, where=where, among=among, libraries=libraries),
    }


def verify_aggregates(
    figures: Mapping[str, Mapping[str, Estimate]], aggregates: Sequence[Aggregate], *, where: str
) -> None:
    """Recompute the figures of aggregates from those, by row name, that they are made of."""
    made = {aggregate.name for aggregate in aggregates}
    for aggregate in aggregates:
        prefix = "system:" if aggregate.by == "system" else ""
        groups = sorted({*figures} - made - {"all"})
        every = [name for name in groups if name.startswith("system:") == bool(prefix)]
        parts = [name if name in made else prefix + name for name in aggregate.of] or every
        shares = aggregate.weights or (1.0,) * len(parts)
        for name, one in figures[aggregate.name].items():
            if one.value is None:
                continue
            values = [
                (share, figures[part][name].value or 0.0) for share, part in zip(shares, parts, strict=True) if share
            ]
            theirs = fsum(share * value for share, value in values) / fsum(shares)
            hold(name, one.value, theirs, "the rows it is made of", where=f"{where}, {aggregate.name}")


# --- ceilings -------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class _Side:
    """Labels beside labels: ``pairs`` adds up to what is compared, ``whole`` to whole numbers of the same shares."""

    pairs: PairCounts
    whole: PairCounts
    table: Crosstab

    @classmethod
    def of(
        cls, count: Counter[tuple[int, int]], rows: float, ratings: Ratings, policies: Policies, void: Void
    ) -> _Side:
        scale = ratings.scale
        total, n = sum(count.values()), round(rows)
        wide = np.zeros((len(scale.labels) + 2,) * 2)
        for pair, times in count.items():
            wide[pair] = times / max(total, 1)
        table = replace(table_of(wide, scale, policies, void=void), joint=wide, n=n)
        scaled = {pair: times * n / total for pair, times in count.items()}
        pairs, whole = _told(scaled, n, scale, policies), _told(count, total, scale, policies)
        return cls(replace(pairs, void=void), replace(whole, void=void), table)


def _told(count: Mapping[tuple[int, int], Any], n: int, scale: Scale, policies: Policies) -> PairCounts:
    gold, judge = Counter[int](), Counter[int]()
    for (true, said), times in count.items():
        gold[true] += times
        judge[said] += times
    return PairCounts(scale, policies, None, count, gold, judge, n)


class _Ceilings:
    """Each metric's definition over all pairs of labels of people, and of the judge in the place of one of them."""

    def __init__(self, ratings: Ratings, scored: Scored, known: Mapping[str, Metric]) -> None:
        self.ratings, self.policies, self.known, self.void = ratings, scored.policies, known, scored.void
        _, first = np.unique(ratings.item, return_index=True)
        self.labels = ratings.gold[first]
        self.people, self.judge = self._people(), self._judge()

    def figure(self, name: str) -> float | None:
        """Compute a ceiling by its name; None where nothing defines its metric."""
        if name.startswith("judge_vs_each_"):
            return self._defined(name.removeprefix("judge_vs_each_"), self.judge)
        if name.startswith("ratio_"):
            metric = name.removeprefix("ratio_")
            judge, human = self._defined(metric, self.judge), self._defined(metric, self.people)
            return None if judge is None or human is None else judge / human
        if name == "krippendorff_alpha_joint":
            rows = Counter(map(tuple, self.labels.tolist()))
            units = ((tuple(code for code in row if code >= 0), times) for row, times in rows.items())
            return alpha(units, self.ratings.scale.values, self.ratings.scale.level)
        return self._defined(name, self.people)

    def _defined(self, name: str, side: _Side) -> float | None:
        # Where a metric has no value is a convention, and ours to say.
        if self.known[name](side.table).value is None:
            return None
        pairs = side.pairs if name in DEFINITIONS else side.whole
        told = define(name, pairs.complete(self.known[name], side.table), self.known)
        return None if told is None else told[0]

    def _gold(self, label: int) -> bool:
        return label >= 0 and not (self.policies.tie == "drop" and label == self.ratings.scale.tie)

    def _people(self) -> _Side:
        void = self.ratings.scale.tie if self.policies.tie in {"drop", "wrong"} else None
        count = Counter[tuple[int, int]]()
        for labels, times in Counter(map(tuple, self.labels.tolist())).items():
            for i, j in permutations([label for label in labels if label >= 0], 2):
                if self._gold(i):
                    count[i, len(self.ratings.scale.labels) if j == void else j] += times
        return _Side.of(count, sum(count.values()) / 2, self.ratings, self.policies, self.void)

    def _judge(self) -> _Side:
        anyone = replace(self.ratings, gold=np.zeros((self.ratings.judge.size, 1), np.int64), annotators=("anyone",))
        scored = apply(anyone, replace(self.policies, gold="majority"))
        games = Counter(scored.item.tolist())
        rows = zip(scored.judge.tolist(), scored.item.tolist(), self.ratings.gold[scored.row].tolist(), strict=True)
        alike = Counter((said, games[item], tuple(sorted(labels))) for said, item, labels in rows)
        parts, count, compared = lcm(*games.values()), Counter[tuple[int, int]](), 0
        for (said, shared, labels), times in alike.items():
            others = sum(label >= 0 for label in labels) - 1
            for label in filter(self._gold, labels if others > 0 else ()):
                count[label, said] += times * others * (parts // shared)
                compared += times
        return _Side.of(count, compared, self.ratings, self.policies, self.void)


def _ceilings(
    found: Mapping[str, Estimate], ratings: Ratings, scored: Scored, known: Mapping[str, Metric], where: str
) -> dict[str, str]:
    alone: dict[str, str] = {}
    witness = _Ceilings(ratings, scored, known) if found else None
    for name, one in found.items():
        if one.value is None or witness is None:
            continue
        theirs = witness.figure(name)
        if theirs is None:
            alone[f"ceiling_{name}"] = NO_WITNESS
        else:
            hold(f"ceiling_{name}", one.value, theirs, PLAIN, where=where)
    return alone


# --- biases ---------------------------------------------------------------------------------------


def _biases(found: Mapping[str, Estimate], ratings: Ratings, scored: Scored, where: str) -> dict[str, str]:
    alone: dict[str, str] = {}
    lost = scored.policies.invalid != "drop"
    turned = _turned(ratings) if not _POSITION.keys().isdisjoint(found) else Counter[Turned | None]()
    for name, one in found.items():
        if one.value is None:
            continue
        if name in _POSITION:
            # Who gave no verdict in one order confirmed nothing, and leans nowhere.
            missing = turned[None] if lost and name == "position_consistency" else 0
            known = [(way, times) for way, times in turned.items() if way is not None]
            theirs = sum(times * _POSITION[name](way) for way, times in known) / (
                sum(times for _, times in known) + missing
            )
        elif name == "first_slot_rate":
            theirs = _first_slot(ratings)
        elif name in {"positive_rate_difference", "mean_signed_error"}:
            pairs = PairCounts.of(scored)
            if ratings.scale.kind == "check":
                pairs = pairs.complete(METRICS["mean_signed_error"], scored.table(scored.cells()))
            theirs = DEFINITIONS["mean_signed_error"](pairs)
        else:
            alone[name] = NO_WITNESS
            continue
        hold(name, one.value, theirs, PLAIN, where=where)
    return alone


def _answered(said: int | tuple[int, ...]) -> bool:
    return any(code >= 0 for code in said) if isinstance(said, tuple) else said >= 0


def _with_itself(ratings: Ratings) -> float:
    """Over cases that were asked again, the mean share of pairs of askings that give one verdict."""
    verdicts = ratings.judge.tolist() if ratings.sequence is None else [tuple(one) for one in ratings.sequence.tolist()]
    order = ratings.swapped if ratings.order is None else ratings.order
    asked: dict[tuple[int, int], list[Any]] = {}
    for item, shown, said in zip(ratings.item.tolist(), order.tolist(), verdicts, strict=True):
        asked.setdefault((item, shown), []).append(said)
    shares = [
        fmean(_answered(one) and one == two for one, two in combinations(said, 2))
        for said in asked.values()
        if len(said) > 1
    ]
    return fmean(shares)


def _side(code: int, ratings: Ratings) -> int:
    """Which response a verdict names: -1 the first, 1 the second, 0 neither."""
    ordered = len(ratings.scale.values)
    if not 0 <= code < ordered:
        return 0
    return (2 * code > ordered - 1) - (2 * code < ordered - 1)


def _turned(ratings: Ratings) -> Counter[Turned | None]:
    """Of items that were shown both ways: whether both games say the same, and towards which slot they lean."""
    columns = (ratings.game, ratings.item, ratings.swapped, ratings.judge)
    games = zip(*(column.tolist() for column in columns), strict=True)
    said: tuple[dict[int, int], dict[int, int]] = ({}, {})
    # The earliest game of each way is written last, and stays.
    for _, item, swapped, code in sorted(games, key=lambda game: -game[0]):
        said[swapped][item] = code
    plain, swapped = said
    found = Counter[Turned | None]()
    for (one, two), times in Counter((code, swapped[item]) for item, code in plain.items() if item in swapped).items():
        if one < 0 or two < 0:
            found[None] += times
            continue
        if ratings.scale.kind == "pick":
            found[one == two, 0] += times
            continue
        # Shown the other way round, the first slot holds the second response.
        lean = _side(one, ratings) - _side(two, ratings)
        bad = {code == ratings.scale.both_bad for code in (one, two)}
        found[lean == 0 and len(bad) == 1, lean] += times
    return found


_POSITION: dict[str, Callable[[Turned], float]] = {
    "position_consistency": lambda one: float(one[0]),
    "primacy": lambda one: float(one[1] < 0),
    "recency": lambda one: float(one[1] > 0),
    "position_preference": lambda one: float((one[1] > 0) - (one[1] < 0)),
}


def _first_slot(ratings: Ratings) -> float:
    first = second = 0
    for (said, swapped), times in Counter(zip(ratings.judge.tolist(), ratings.swapped.tolist(), strict=True)).items():
        shown = -_side(said, ratings) if swapped else _side(said, ratings)
        first += times * (shown < 0)
        second += times * (shown > 0)
    return first / (first + second)


# --- classes --------------------------------------------------------------------------------------


def _classes(row: Agreement, scored: Scored, pairs: PairCounts, where: str) -> None:
    """Precision, recall and F1 of each label, and how often gold and judge use it."""
    labels, table = pairs.scale.labels, scored.table(scored.cells())
    for label, scores in row.classes.items():
        code = labels.index(label)
        for name, definition in CLASS_DEFINITIONS.items():
            one: Estimate = getattr(scores, name)
            if one.value is not None:
                counted = pairs.complete(class_metric(name, code), table)
                hold(f"{name} of {label!r}", one.value, definition(counted, code), PLAIN, where=where)
    for side, count in (("gold", pairs.gold), ("judge", pairs.judge)):
        for label, share in row.base_rates.get(side, {}).items():
            code = labels.index(label) if label in labels else len(labels) + (label == "invalid")
            hold(f"base rate of {label!r}", share, count.get(code, 0) / pairs.n, PLAIN, where=where)
