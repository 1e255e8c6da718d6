"""Witnesses of what stands beside the metrics of a row: aggregates, ceilings, biases, classes and base rates.

They are recomputed from the rows that were scored and from the annotators' labels, in loops: means of definitions over
pairs of annotators, shares of judgments, weighted means of rows.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, replace
from itertools import combinations
from math import fsum
from typing import TYPE_CHECKING, TypeAlias

import numpy as np

from judgebench.agreement.ceiling import ENOUGH, select, two_sided
from judgebench.agreement.policies import apply
from judgebench.agreement.witness.definitions import CLASS_DEFINITIONS, DEFINITIONS, Pairs, alpha
from judgebench.agreement.witness.rows import verify_numbers, verify_sequence_ceilings, verify_sequences
from judgebench.agreement.witness.tables import NO_WITNESS, PLAIN, define, hold, verify_scored
from judgebench.domain import Policies
from judgebench.stats.coefficients.catalog import METRICS, class_metric

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Sequence

    import numpy.typing as npt

    from judgebench.agreement.policies import Scored
    from judgebench.domain import Aggregate, Agreement, Estimate, Ratings
    from judgebench.stats.coefficients.calibration import Flags
    from judgebench.stats.coefficients.catalog import Metric
    from judgebench.stats.crosstab import Crosstab

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
    if scored.scale.sequential:
        people = verify_sequence_ceilings(select(whole, scored.row), row.ceiling, where=where)
        return {**verify_metrics(row.metrics, whole, scored, known, where=where, libraries=libraries), **people}
    pairs = Pairs.of(scored)
    _classes(row, scored, pairs, where)
    return {
        **verify_metrics(row.metrics, whole, scored, known, where=where, pairs=pairs, libraries=libraries),
        **_ceilings(row.ceiling, ratings, scored.policies, known, where),
        **_biases({name: one for name, one in row.bias.items() if name not in row.metrics}, ratings, scored, where),
    }


def verify_metrics(
    metrics: Mapping[str, Estimate],
    whole: Ratings,
    scored: Scored,
    known: Mapping[str, Metric],
    *,
    where: str,
    pairs: Pairs | None = None,
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
    """One side's labels as verdicts on another's."""

    pairs: Pairs
    table: Crosstab

    @classmethod
    def of(cls, scored: Scored) -> _Side:
        return cls(Pairs.of(scored), scored.table(scored.cells()))


class _Ceilings:
    """Means of each metric's definition over pairs of annotators, and of the judge over annotators."""

    def __init__(self, ratings: Ratings, policies: Policies, known: Mapping[str, Metric]) -> None:
        self.ratings, self.policies, self.known = ratings, policies, known
        _, first = np.unique(ratings.item, return_index=True)
        self.labels = ratings.gold[first]
        self.people = list(_people(ratings, first, policies))
        self.judge = [
            [_Side.of(apply(_relabelled(ratings, ratings.judge, j), replace(policies, gold="majority")))]
            for j in range(len(ratings.annotators))
        ]

    def figure(self, name: str) -> float | None:
        """Compute a ceiling by its name; None where nothing defines its metric."""
        if name.startswith("judge_vs_each_"):
            return self._mean(name.removeprefix("judge_vs_each_"), self.judge, both=False)
        if name.startswith("ratio_"):
            metric = name.removeprefix("ratio_")
            judge, human = self.figure(f"judge_vs_each_{metric}"), self.figure(metric)
            return None if judge is None or human is None else judge / human
        if name == "krippendorff_alpha_joint":
            rows = Counter(map(tuple, self.labels.tolist()))
            units = ((tuple(code for code in row if code >= 0), times) for row, times in rows.items())
            return alpha(units, self.ratings.scale.values, self.ratings.scale.level)
        return self._mean(name, self.people, both=two_sided(self.known[name], self.policies))

    def _mean(self, name: str, groups: Sequence[Sequence[_Side]], *, both: bool) -> float | None:
        values: list[float] = []
        for side in (one for sides in groups for one in sides[: 2 if both else 1]):
            # Where a metric has no value is a convention, and ours to say.
            if self.known[name](side.table).value is not None:
                told = define(name, side.pairs.complete(self.known[name], side.table), self.known)
                if told is None:
                    return None
                values.append(told[0])
        return fsum(values) / len(values)


def _ceilings(
    found: Mapping[str, Estimate], ratings: Ratings, policies: Policies, known: Mapping[str, Metric], where: str
) -> dict[str, str]:
    alone: dict[str, str] = {}
    witness = _Ceilings(ratings, policies, known) if found else None
    for name, one in found.items():
        if one.value is None or witness is None:
            continue
        theirs = witness.figure(name)
        if theirs is None:
            alone[f"ceiling_{name}"] = NO_WITNESS
        else:
            hold(f"ceiling_{name}", one.value, theirs, PLAIN, where=where)
    return alone


def _people(ratings: Ratings, first: np.ndarray, policies: Policies) -> Iterator[list[_Side]]:
    """Score each of two annotators as the other's judge, where they share as many items as a pair needs."""
    gold = ratings.gold[first]
    met = {
        (i, j): first[(gold[:, i] >= 0) & (gold[:, j] >= 0)] for i, j in combinations(range(len(ratings.annotators)), 2)
    }
    most = max(rows.size for rows in met.values())
    rules = Policies(order="single", tie=policies.tie)
    for (i, j), rows in met.items():
        if rows.size >= max(1, min(ENOUGH, most)):
            both = select(ratings, rows)
            yield [_Side.of(apply(_relabelled(both, both.gold[:, b], a), rules)) for a, b in ((i, j), (j, i))]


def _relabelled(ratings: Ratings, judge: npt.NDArray[np.int64], annotator: int) -> Ratings:
    """Take one annotator's labels as the gold."""
    gold, name = ratings.gold[:, [annotator]], ratings.annotators[annotator]
    return replace(ratings, judge=judge, gold=gold, annotators=(name,))


# --- biases ---------------------------------------------------------------------------------------


def _biases(found: Mapping[str, Estimate], ratings: Ratings, scored: Scored, where: str) -> dict[str, str]:
    alone: dict[str, str] = {}
    lost = scored.policies.invalid == "wrong"
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
            pairs = Pairs.of(scored)
            if ratings.scale.kind == "check":
                pairs = pairs.complete(METRICS["mean_signed_error"], scored.table(scored.cells()))
            theirs = DEFINITIONS["mean_signed_error"](pairs)
        else:
            alone[name] = NO_WITNESS
            continue
        hold(name, one.value, theirs, PLAIN, where=where)
    return alone


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


def _classes(row: Agreement, scored: Scored, pairs: Pairs, where: str) -> None:
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
