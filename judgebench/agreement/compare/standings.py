"""Several judges on the same items: every pair, and ranks that hold for all of them at once (at 95 %).

Source: Mogstad, Romano, Shaikh & Wilhelm (2024), Inference for ranks with applications to mobility across
neighbourhoods and academic achievement across countries.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np

from judgebench.agreement.cautions import FEW_CLUSTERS
from judgebench.agreement.contrasts import (
    chosen,
    groups,
    is_error,
    measured,
    missing_numbers,
    shared_numbers,
)
from judgebench.agreement.estimates import Counted, estimate, within
from judgebench.agreement.policies import apply
from judgebench.domain import Estimate
from judgebench.errors import UsageError
from judgebench.stats.coefficients.catalog import METRICS
from judgebench.stats.inference.multiplicity import holm, pairwise, rank_sets, stack
from judgebench.stats.influence import combine

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from judgebench.agreement.matching import Judged, Matched
    from judgebench.domain import Policies
    from judgebench.stats.coefficients.catalog import Metric
    from judgebench.stats.influence import Influences


@dataclass(frozen=True, slots=True)
class Standing:
    """A judge among others on one metric: its value and the ranks that joint intervals leave open."""

    judge: str
    value: Estimate
    best: int | None
    worst: int | None


@dataclass(frozen=True, slots=True)
class Pair:
    """Two of several judges on one metric, first minus second; the interval holds for all pairs at once (max-t).

    ``p`` is the pair's own; ``p_holm`` and ``p_max_t`` are adjusted for all pairs.
    """

    first: str
    second: str
    difference: Estimate
    p: float | None
    p_holm: float | None
    p_max_t: float | None


@dataclass(frozen=True, slots=True)
class Standings:
    """Several judges on one metric, on what all of them share: the best first, and every two, the better one first.

    Of an error the lowest is best. Bounds are ``critical`` standard errors on either side of a difference; ``left_out``
    and ``incomplete`` are as in `Matched`.
    """

    task: str
    gold_source: str
    metric: str
    policies: Policies
    items: int
    judgments: int
    clusters: int
    critical: float
    standings: tuple[Standing, ...]
    pairs: tuple[Pair, ...]
    warnings: tuple[str, ...]
    left_out: int
    incomplete: int

    @property
    def judges(self) -> tuple[str, ...]:
        """Their names, the best first."""
        return tuple(one.judge for one in self.standings)


def compare_all(
    matched: Matched, metric: str = "", *, known: Mapping[str, Metric] | None = None, seed: int = 0
) -> Standings:
    """Compare every two of several judges on one metric, and rank them with joint confidence.

    The metric is by default the scale's headline. Judges for whom it is undefined have a standing without ranks and no
    pairs. UnknownNameError if it is not known, UsageError if it means nothing on these verdicts or is compared between
    two judges only.
    """
    first = matched.scored[0]
    figures = chosen(matched, (metric,) if metric else (), METRICS if known is None else known)
    name = next(iter(figures))
    made = figures[name]
    _, judges = next(groups(matched))
    if isinstance(made, str) and any(judge.figures[made].bias is not None for judge in judges):
        raise UsageError(
            f"{name} is compared between two judges only: chance lifts it, and no joint interval allows for that"
        )
    found = measured(judges, made)
    # Rank 1 is the best: of an error, the lowest.
    sign = -1.0 if is_error(made) else 1.0
    order = sorted(range(len(found)), key=lambda i: (found[i][0].value is None, -sign * (found[i][0].value or 0.0)))
    ranked = [i for i in order if found[i][1] is not None]
    sets = ranks_of([combine([one], [sign]) for i in ranked if (one := found[i][1]) is not None], seed=seed)
    ranks = dict(zip(ranked, sets.ranks, strict=True))
    clusters = first.clusters().count
    warnings = {
        "few_clusters": clusters < FEW_CLUSTERS,
        "missing_scores": missing_numbers(matched, {name: made}),
    }
    figure = judges[0].figure(made)
    reach = figure.high - figure.low
    pairs = tuple(
        Pair(matched.judges[ranked[i]], matched.judges[ranked[j]], within(_turned(difference, sign), reach), *ps)
        for (i, j), difference, *ps in sets.pairs
    )
    return Standings(
        task=matched.task,
        gold_source=matched.gold_source,
        metric=name,
        policies=first.policies,
        items=int(np.unique(first.item).size),
        judgments=first.size,
        clusters=clusters,
        critical=sets.critical,
        standings=tuple(Standing(matched.judges[i], found[i][0], *ranks.get(i, (None, None))) for i in order),
        pairs=pairs,
        warnings=(*matched.warnings, *(code for code, raised in warnings.items() if raised)),
        left_out=matched.left_out,
        incomplete=matched.incomplete,
    )


@dataclass(frozen=True, slots=True)
class Ranked:
    """Rank sets (first and last rank of each estimate) and pairs of estimates on shared clusters, by position.

    Each pair has its positions, difference, and p-value alone, by Holm and by max-t; ``critical`` is 0 where nothing
    was compared.
    """

    ranks: tuple[tuple[int | None, int | None], ...]
    pairs: tuple[tuple[tuple[int, int], Estimate, float | None, float | None, float | None], ...]
    critical: float


def ranks_of(estimates: Sequence[Influences], *, seed: int = 0) -> Ranked:
    """Rank estimates of judges on the same clusters with joint confidence (95 %).

    One judge has rank 1; with fewer than two clusters there are no ranks at all.
    """
    if len(estimates) < 2:
        return Ranked(((1, 1),) * len(estimates), (), 0.0)
    values, influences = stack(estimates)
    if len(influences) < 2:
        return Ranked(((None, None),) * len(estimates), (), 0.0)
    found = pairwise(values, influences, seed=seed)
    live = found.se > 0
    p_holm = np.ones(found.p.size)
    p_holm[live] = holm(found.p[live])
    sets = rank_sets(found)
    pairs: list[tuple[tuple[int, int], Estimate, float | None, float | None, float | None]] = []
    for i, (a, b) in enumerate(found.pairs.tolist()):
        n, value = estimates[a].n, float(found.difference[i])
        if live[i]:
            difference = Estimate(
                value, float(found.low[i]), float(found.high[i]), n, None, float(found.se[i]), "max-t"
            )
            pairs.append(((a, b), difference, float(found.p[i]), float(p_holm[i]), float(found.p_max_t[i])))
        else:
            pairs.append(((a, b), Estimate(value, None, None, n, None, 0.0, ""), None, None, None))
    ranks = tuple(zip(sets.best.tolist(), sets.worst.tolist(), strict=True))
    return Ranked(ranks, tuple(pairs), found.critical)


def surely_ahead(found: Ranked) -> set[tuple[int, int]]:
    """Name the pairs whose joint interval leaves out 0: the first of each is ahead of the second."""
    ahead: set[tuple[int, int]] = set()
    for (first, second), difference, *_ in found.pairs:
        if difference.low is not None and difference.low > 0:
            ahead.add((first, second))
        elif difference.high is not None and difference.high < 0:
            ahead.add((second, first))
    return ahead


def _turned(difference: Estimate, sign: float) -> Estimate:
    """Give a difference back the direction of its metric."""
    if sign > 0 or difference.value is None:
        return difference
    low, high = (None if bound is None else -bound for bound in (difference.high, difference.low))
    return replace(difference, value=-difference.value, low=low, high=high)


def shared_influences(judged: Sequence[Judged], metric: Metric) -> list[Influences | None]:
    """Estimate a metric for several judges, each on all of its own rows, over clusters of one meaning.

    Unlike `matching.match`, this asks for no common items: a few gaps, or a judge that was recorded in one order only,
    leave the differences valid, since influences are joined by the clusters' names. None where the metric is undefined.
    Source: Cameron & Miller (2015), A practitioner's guide to cluster-robust inference.
    """
    codes: dict[str, int] = {}
    found: list[Influences | None] = []
    for one in judged:
        to = np.fromiter((codes.setdefault(name, len(codes)) for name in one.clusters), np.int64, len(one.clusters))
        _, own = estimate(metric, Counted.of(apply(one.ratings, one.policies)))
        found.append(None if own is None else replace(own, ids=to[own.ids]))
    return found


def verify_matched(matched: Matched, metrics: Sequence[str], known: Mapping[str, Metric]) -> dict[str, str]:
    """Recompute what a comparison rests on, each judge's figures on all rows; name what nothing recomputes, and why.

    MismatchError if a witness computes another value; without names, of the metrics that the scale calls for.
    """
    from judgebench.agreement.witness.beside import verify_metrics  # noqa: PLC0415 - loads the witnesses

    figures = chosen(matched, metrics, known)
    _, judges = next(groups(matched))
    among = shared_numbers(matched, matched.scored)
    alone: dict[str, str] = {}
    for name, ratings, judge in zip(matched.judges, matched.ratings, judges, strict=True):
        values = {name: judge.estimate(metric) for name, metric in figures.items()}
        where = f"{matched.task}, {name}"
        alone |= verify_metrics(values, ratings, judge.scored, known, where=where, among=among)
    return alone
