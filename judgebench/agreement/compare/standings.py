"""Several judges on the same items: every pair, and ranks that hold for all of them at once (at 95 %).

Source: Mogstad, Romano, Shaikh & Wilhelm (2024), Inference for ranks with applications to mobility across
neighbourhoods and academic achievement across countries.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np

from judgebench.agreement.compare.comparison import LEVEL
from judgebench.agreement.contrasts import chosen, contrast, doubts, groups, is_error
from judgebench.agreement.estimates import Counted, Figure
from judgebench.agreement.figures import row_figures, scored_rows
from judgebench.errors import UsageError
from judgebench.stats.coefficients.catalog import METRICS
from judgebench.stats.inference.multiplicity import holm, of_known, pairwise, rank_sets, stack
from judgebench.stats.inference.swapped import LEAST, MOST, affordable, swap_max
from judgebench.stats.influence import combine

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Sequence

    from judgebench.agreement.contrasts import JudgeRows
    from judgebench.agreement.matching import Judged, Matched
    from judgebench.domain import Estimate, Policies
    from judgebench.stats.coefficients.catalog import Metric
    from judgebench.stats.crosstab import Floats, Ints
    from judgebench.stats.inference.multiplicity import Pairwise
    from judgebench.stats.influence import Influences

#: More pairs have plain t intervals: those from both figures' own take some hundredths of a second each.
_MANY = 100


@dataclass(frozen=True, slots=True)
class Standing:
    """A judge among others on one metric: its value and the ranks that joint intervals leave open."""

    judge: str
    value: Estimate
    best: int | None
    worst: int | None


@dataclass(frozen=True, slots=True)
class Pair:
    """Two of several judges on one metric, first minus second; the interval holds for all pairs at once (Bonferroni).

    ``p`` is the pair's own; ``p_holm`` and ``p_max_t`` are adjusted for all pairs, the latter, by which judges are
    ranked, by the largest of all statistics.
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

    Of an error the lowest is best. ``swapped``: ranks are by answers that trade places, else by multiplier bootstrap,
    whose largest statistic lies within ``critical`` standard errors (95 %); ``left_out`` and ``incomplete`` are as in
    `Matched`.
    """

    task: str
    gold_source: str
    metric: str
    policies: Policies
    items: int
    judgments: int
    clusters: int
    critical: float
    swapped: bool
    standings: tuple[Standing, ...]
    pairs: tuple[Pair, ...]
    warnings: tuple[str, ...]
    left_out: int
    incomplete: int
    #: Of measurement, at which alpha is taken.
    level: str = ""
    #: What pins the data.
    revision: str = ""
    #: So many items are left out because people split on them.
    split: int = 0

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
    name, made = next(iter(chosen(matched, (metric,) if metric else (), METRICS if known is None else known).items()))
    _, judges = next(groups(matched))
    if isinstance(made, str) and any(judge.figures[made].bias is not None for judge in judges):
        raise UsageError(
            f"{name} is compared between two judges only: chance lifts it, and no joint interval allows for that"
        )
    found = [judge.estimate(made) for judge in judges]
    figures = [judge.figure(made) for judge in judges]
    influences = [figure.influences() for figure in figures]
    # Rank 1 is the best: of an error, the lowest.
    sign = -1.0 if is_error(made) else 1.0
    order = sorted(range(len(found)), key=lambda i: (found[i].value is None, -sign * (found[i].value or 0.0)))
    ranked = [i for i in order if influences[i] is not None]
    swaps = swaps_of([figures[i] for i in ranked], [_clusters(judges[i], figures[i]) for i in ranked])
    sets = ranks_of([combine([one], [sign]) for i in ranked if (one := influences[i]) is not None], swaps, seed=seed)
    ranks = dict(zip(ranked, sets.ranks, strict=True))
    clusters = first.clusters()
    return Standings(
        task=matched.task,
        gold_source=matched.gold_source,
        metric=name,
        policies=first.policies,
        items=first.items,
        judgments=first.size,
        clusters=clusters.count,
        critical=0.0 if sets.compared is None else sets.compared.critical,
        swapped=sets.swapped,
        standings=tuple(Standing(matched.judges[i], found[i], *ranks.get(i, (None, None))) for i in order),
        pairs=tuple(_pairs([matched.judges[i] for i in ranked], [judges[i] for i in ranked], made, sets)),
        warnings=doubts(matched, {name: made}, too_few_to_rank=sets.swapped and clusters.count < LEAST),
        left_out=matched.left_out,
        incomplete=matched.incomplete,
        level=first.scale.level,
        revision=matched.revision,
        split=matched.split,
    )


def _clusters(judge: JudgeRows, figure: Figure) -> Ints:
    return judge.scored.cluster if figure.rows is None else judge.scored.cluster[figure.rows]


def _pairs(names: Sequence[str], judges: Sequence[JudgeRows], figure: Metric | str, sets: Ranked) -> Iterator[Pair]:
    """Hold every two judges against each other, with intervals that are joint by Bonferroni's levels."""
    if sets.compared is None:
        return
    pairs: list[tuple[int, int]] = [(int(i), int(j)) for i, j in sets.compared.pairs]
    contrasts = [
        contrast(judges[i], judges[j], figure, level=1 - LEVEL / len(pairs), plain_t=len(pairs) > _MANY)
        for i, j in pairs
    ]
    own = [None if one is None else one.test.p for one in contrasts]
    adjusted = zip(own, of_known(holm, own), sets.compared.p_max_t.tolist(), strict=True)
    for (i, j), one, (p, p_holm, p_max) in zip(pairs, contrasts, adjusted, strict=True):
        if one is None:
            continue
        n = judges[i].estimate(figure).n if isinstance(figure, str) else judges[i].counted.table.n
        yield Pair(names[i], names[j], one.estimate(n), p, p_holm, None if p is None else p_max)


@dataclass(frozen=True, slots=True)
class Ranked:
    """Rank sets (first and last rank of each estimate) and pairs of estimates on shared clusters, by position.

    ``compared`` is None where nothing was compared. ``swapped``: p-values are those of answers that trade places.
    """

    ranks: tuple[tuple[int | None, int | None], ...]
    compared: Pairwise | None = None
    swapped: bool = False

    @property
    def ahead(self) -> set[tuple[int, int]]:
        """The pairs of which the first is surely ahead of the second, all at once (95 %)."""
        found = self.compared
        if found is None:
            return set()
        sure = found.p_max_t < LEVEL
        order = np.where((found.difference > 0)[:, None], found.pairs, found.pairs[:, ::-1])
        return {(first, second) for first, second in order[sure].tolist()}


def ranks_of(estimates: Sequence[Influences], swaps: Swaps | None = None, *, seed: int = 0) -> Ranked:
    """Rank estimates of judges on the same clusters with joint confidence (95 %).

    By answers that trade places where ``swaps`` are given, else by multiplier bootstrap. One judge has rank 1; with
    fewer than two clusters there are no ranks at all.
    """
    if len(estimates) < 2:
        return Ranked(((1, 1),) * len(estimates))
    values, influences, shares = stack(estimates)
    if len(influences) < 2:
        return Ranked(((None, None),) * len(estimates))
    found = pairwise(values, influences, shares, seed=seed)
    swapped = swaps is not None and affordable(swaps.tables, len(found.pairs))
    if swaps is not None and swapped:
        found = replace(found, p_max_t=swap_max(swaps.tables, swaps.value, found.pairs, seed=seed))
    sets = rank_sets(found)
    return Ranked(tuple(zip(sets.best.tolist(), sets.worst.tolist(), strict=True)), found, swapped)


@dataclass(frozen=True, slots=True)
class Swaps:
    """What judges trade: tables by question, shape (G, judges, k, k), or sums of a mean, and the figure of these."""

    tables: Floats
    value: Callable[[Floats], Floats]


def swaps_of(figures: Sequence[Figure], clusters: Sequence[Ints]) -> Swaps | None:
    """Set up the trade of one figure of several judges; ``clusters`` are the codes, of one meaning, of its rows.

    None where they have not the same rows, the figure is neither a mean nor one of tables, or questions are too many.
    """
    groups = 1 + max(int(codes.max(initial=0)) for codes in clusters)
    rows = [np.bincount(codes, minlength=groups) for codes in clusters]
    if np.count_nonzero(rows[0]) > MOST or any(not np.array_equal(rows[0], other) for other in rows[1:]):
        return None
    per_row = [one.per_row() for one in figures]
    if all(one is not None for one in per_row):
        sums = [np.bincount(codes, one, groups) for codes, one in zip(clusters, per_row, strict=True)]
        n = float(rows[0].sum())
        every = np.stack(sums, axis=1).astype(np.float64)
        return Swaps(every[rows[0] > 0, :, None, None], lambda one: one[..., 0, 0] / n)
    tables = [one.counted.table for one in figures]
    shapes = {(table.joint.shape, table.declared, tuple(table.values.tolist())) for table in tables}
    # The judge with the most silence knows best what its rows count as.
    silent = [float(table.joint[:, table.declared :].sum()) for table in tables]
    value = figures[int(np.argmax(silent))].on_tables()
    if value is None or len(shapes) > 1:
        return None
    size = tables[0].joint.size
    flat = [
        np.bincount(codes.astype(np.int64) * size + one.counted.cells, minlength=groups * size).reshape(groups, size)
        for codes, one in zip(clusters, figures, strict=True)
    ]
    counts = np.stack(flat, axis=1).astype(np.float64).reshape(groups, len(figures), *tables[0].joint.shape)
    return Swaps(counts[rows[0] > 0], value)


@dataclass(frozen=True, slots=True)
class Shared:
    """Several judges' figures, each on all of its own rows, over clusters of one meaning."""

    figures: list[Figure]
    influences: list[Influences | None]
    clusters: list[Ints]

    def ranks(self) -> Ranked | None:
        """Rank the judges; None where a figure is undefined."""
        known = [one for one in self.influences if one is not None]
        return ranks_of(known, swaps_of(self.figures, self.clusters)) if len(known) == len(self.figures) else None


def shared(judged: Sequence[Judged], metric: Metric) -> Shared:
    """Evaluate a metric for several judges, each on all of its own rows; influences are None where it is undefined.

    Unlike `matching.match`, this asks for no common items: a few gaps, or a judge that was recorded in one order only,
    leave the differences valid, since influences are joined by the clusters' names.
    Source: Cameron & Miller (2015), A practitioner's guide to cluster-robust inference.
    """
    codes: dict[str, int] = {}
    found = Shared([], [], [])
    for one in judged:
        to = np.fromiter((codes.setdefault(name, len(codes)) for name in one.clusters), np.int64, len(one.clusters))
        scored = scored_rows(one.ratings, one.policies)
        counted = Counted.of(scored)
        figure = (
            Figure.of_table(metric, counted)
            if scored.scale.listed
            else row_figures(one.ratings, scored, counted)[metric.name]
        )
        own = figure.influences()
        found.figures.append(figure)
        found.influences.append(None if own is None else replace(own, ids=to[own.ids]))
        found.clusters.append(to[scored.cluster])
    return found
