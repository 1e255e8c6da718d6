"""From counted rows to figures, and from figures to estimates: the one place where a value meets its interval."""

from __future__ import annotations

from dataclasses import dataclass, replace
from math import inf
from typing import TYPE_CHECKING, Literal, TypeAlias, TypeVar

import numpy as np

from judgebench.domain import Estimate
from judgebench.stats.coefficients.catalog import ROW_METRICS, Metric, RowMetric
from judgebench.stats.crosstab import Outcome
from judgebench.stats.inference.intervals import Interval, clopper_pearson, interval
from judgebench.stats.inference.resampling import Parts, resampled, two_way
from judgebench.stats.influence import Clusters, Influences, influences_of

if TYPE_CHECKING:
    from collections.abc import Callable

    from judgebench.agreement.policies import Codes, Scored
    from judgebench.stats.crosstab import Crosstab, Floats
    from judgebench.stats.inference.paired import Difference
    from judgebench.stats.influence import Ints, RowOutcome

D = TypeVar("D", Estimate, "Difference")

#: How an interval is made: by default, or as asked for.
IntervalMethod: TypeAlias = Literal["default", "clopper-pearson", "bca", "bootstrap", "jackknife", "two-way"]
#: Whether witnesses are heard: all, the definitions alone (no library is loaded), or none.
Verify: TypeAlias = bool | Literal["definitions"]


@dataclass(frozen=True, slots=True)
class Counted:
    """Rows of one group, counted once for all figures: their table, flat cells, clusters, and systems.

    Sequences make no table: theirs is empty.
    """

    table: Crosstab
    cells: Codes
    clusters: Clusters
    system: Ints | None = None

    @classmethod
    def of(cls, scored: Scored) -> Counted:
        """Count scored rows."""
        cells = scored.cells()
        table = scored.table(cells[:0] if scored.scale.sequential else cells)
        return cls(table, cells, scored.clusters(), scored.system)


def estimated(
    influences: Influences,
    *,
    low: float = -inf,
    high: float = inf,
    n: int | None = None,
    proportion: bool = False,
    independent: bool = False,
    chance: float | None = None,
) -> Estimate:
    """Give a value its interval, from the pulls of its clusters: every default interval is made here.

    It lies between ``low`` and ``high``, on the scale of that range. ``proportion``: the value is a plain share, of
    ``n`` rows (by default all) if they are ``independent``. ``chance`` is the agreement expected by chance, of a
    coefficient of the form ``1 - (1 - po) / (1 - pe)``.
    """
    size = influences.n if n is None else n
    outcome = Outcome(influences.value, n=size, chance=chance)
    found = interval(outcome, influences, independent=independent, proportion=proportion, low=low, high=high)
    return Estimate(influences.value, found.low, found.high, size, None, found.se, found.method)


def combined(metric: Metric | RowMetric, influences: Influences) -> Estimate:
    """Give a weighted sum of one metric's estimates its interval, in the metric's range."""
    proportion = isinstance(metric, Metric) and metric.proportion
    return estimated(influences, low=metric.low, high=metric.high, proportion=proportion)


def within(difference: D, reach: float) -> D:
    """Keep the bounds of a difference in ``[-reach, reach]``, where the difference of two such figures can be.

    Source: Newcombe (1998), Interval estimation for the difference between independent proportions, which names bounds
    that no difference can take (overshoot) as a fault of intervals.
    """
    low, high = (None if one is None else min(reach, max(-reach, one)) for one in (difference.low, difference.high))
    return replace(difference, low=low, high=high)


@dataclass(frozen=True, slots=True)
class Figure:
    """A value, the influence of each row on it, and the rows that were counted: of labels, scores, ranks and steps.

    ``outcome`` has the influences, of cells for a ``metric`` of the table, else of r rows; ``rows``, shape (r,), are
    their positions among those counted, if it is not all of them: a row may come several times, or not at all. ``low``
    and ``high`` bound the value, infinite for no bound. A ``proportion`` is a plain share of its rows, for which
    Wilson's interval holds; a ``mean`` is of one quantity per row, so that judges trade places by a change of sign.
    ``bias`` gives, from clusters of the rows, the most that the value can lie too high by chance alone.
    """

    outcome: Outcome | RowOutcome
    counted: Counted
    low: float
    high: float
    proportion: bool = False
    mean: bool = False
    bias: Callable[[Clusters], float] | None = None
    rows: Ints | None = None
    metric: Metric | None = None

    @classmethod
    def of_table(cls, metric: Metric, counted: Counted) -> Figure:
        """Evaluate a metric on the table."""
        found = metric(counted.table)
        low = metric.low if found.low is None else found.low
        high = metric.high if found.high is None else found.high
        return cls(found, counted, low, high, metric.proportion, metric=metric)

    @classmethod
    def of_rows(
        cls,
        name: str,
        outcome: RowOutcome,
        counted: Counted,
        rows: Ints | None = None,
        *,
        proportion: bool = False,
        mean: bool = False,
        bias: Callable[[Clusters], float] | None = None,
    ) -> Figure:
        """Take a figure of rows, by its name in the table of these."""
        line = ROW_METRICS[name]
        return cls(outcome, counted, line.low, line.high, proportion, mean, bias, rows)

    def clusters(self, way: Clusters | None = None) -> Clusters:
        """Clusters of the figure's rows, by question, or in another ``way`` of all that were counted."""
        clusters = self.counted.clusters if way is None else way
        return clusters if self.rows is None else clusters.take(self.rows)

    def influences(self, way: Clusters | None = None) -> Influences | None:
        """Sum the influences in clusters; None where there is no value, or nothing to sum."""
        return self._summed(self.clusters(way))

    def _summed(self, clusters: Clusters) -> Influences | None:
        if self.outcome.value is None:
            return None
        if isinstance(self.outcome, Outcome):
            return influences_of(self.counted.table, self.outcome, self.counted.cells, clusters)
        return None if self.outcome.influence is None else self.outcome.influences(clusters)

    def per_row(self) -> Floats | None:
        """Give back what a mean is the mean of, shape (r,); None of another figure."""
        found = self.outcome
        if not self.mean or isinstance(found, Outcome) or found.value is None or found.influence is None:
            return None
        return found.influence + found.value

    def estimate(self, method: IntervalMethod = "default") -> tuple[Estimate, Influences | None]:
        """Give the figure its interval, beside the influences of its clusters.

        Where the ``method`` asked for can't be had (Clopper-Pearson for what is not a proportion of independent rows, a
        bootstrap of a value that never moves, any but ``two-way`` for a figure of rows), the default stays and
        ``Estimate.method`` says so. ``two-way`` clusters by question and by system.

        Source: Fleiss, Cohen & Everitt (1969), Large sample standard errors of kappa and weighted kappa; Cameron &
        Miller (2015), A practitioner's guide to cluster-robust inference.
        """
        clusters = self.clusters()
        # A metric that gives no denominator, as one of half credits, is not a share of rows.
        n = self.outcome.n if isinstance(self.outcome, Outcome) else clusters.codes.size
        if self.outcome.value is None:
            return Estimate.missing(self.outcome.reason or "undefined", clusters.codes.size), None
        influences = self._summed(clusters)
        if influences is None:
            return Estimate(self.outcome.value, None, None, clusters.codes.size), None
        found = estimated(
            influences,
            low=self.low,
            high=self.high,
            n=n,
            proportion=self.proportion,
            independent=clusters.independent and n is not None,
            chance=self.outcome.chance,
        )
        chosen = None if method == "default" else self._otherwise(method, influences, found.n)
        if chosen is None or chosen.low is None:
            return found, influences
        return replace(found, low=chosen.low, high=chosen.high, se=chosen.se, method=chosen.method), influences

    def _otherwise(self, method: IntervalMethod, influences: Influences, n: int) -> Estimate | Interval | None:
        """Make the interval that was asked for; None, or without bounds, where it can't be had."""
        counted, metric = self.counted, self.metric
        table, cells, clusters = counted.table, counted.cells, counted.clusters
        if method == "two-way":
            joint = None if counted.system is None else two_way_of(self.influences, clusters, counted.system)
            if joint is None:
                return None
            both = estimated(joint, low=self.low, high=self.high)
            return replace(both, method=f"two-way-{both.method}")
        if metric is None or method == "default" or not isinstance(self.outcome, Outcome):
            return None
        if method == "clopper-pearson":
            hits = round(influences.value * n)
            # Half credits are not hits.
            if not (self.proportion and clusters.independent) or abs(influences.value * n - hits) > 1e-6:
                return None
            return Interval(*clopper_pearson(hits, n), influences.se, "clopper-pearson")

        def statistic(counts: Ints) -> float | None:
            rows = int(counts.sum())
            return metric(replace(table, joint=counts / rows, n=rows)).value

        if method == "jackknife" and self.outcome.within is not None:
            # As in the default: clusters without a row in the denominator are none of its degrees of freedom.
            rows = np.flatnonzero(np.isin(clusters.ids[clusters.codes], influences.ids))
            cells, clusters = cells[rows], Clusters.of(clusters.codes[rows])
        width, height = table.joint.shape
        parts = Parts.of(cells, (width, height), clusters)
        return resampled(parts, statistic, method, low=self.low, high=self.high)


def estimate(
    metric: Metric, counted: Counted, method: IntervalMethod = "default"
) -> tuple[Estimate, Influences | None]:
    """Evaluate a metric of the table with its interval."""
    return Figure.of_table(metric, counted).estimate(method)


def two_way_of(
    influences_in: Callable[[Clusters], Influences | None], clusters: Clusters, system: Ints
) -> Influences | None:
    """Cluster an estimate by question and by system; None where that can't be had."""
    both = clusters.codes.astype(np.int64) * (int(system.max(initial=0)) + 1) + system
    _, joint = np.unique(both, return_inverse=True)
    ways = [influences_in(way) for way in (clusters, Clusters.of(system), Clusters.of(joint))]
    if ways[0] is None or ways[1] is None or ways[2] is None:
        return None
    return two_way_influences(ways[0], ways[1], ways[2])


def two_way_influences(first: Influences, second: Influences, both: Influences) -> Influences | None:
    """Give an estimate, summed in one way, in the other and where both agree, the influences of two-way clustered rows.

    They are scaled to the two-way standard error, on the clusters of the way with fewer of them, so that its degrees of
    freedom are those of that way. None where the error is 0 or unknown.
    Source: Cameron, Gelbach & Miller (2011), Robust inference with multiway clustering: V = V_first + V_second -
    V_both.
    """
    se, fewer = two_way(first, second, both), min(first, second, key=lambda one: one.sums.size)
    if not se or not fewer.se:
        return None
    return replace(fewer, sums=fewer.sums * (se / fewer.se))
