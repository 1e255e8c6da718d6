"""From counted rows, and from figures of rows, to estimates: the one place where a coefficient meets its interval."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Literal, TypeAlias, TypeVar

import numpy as np

from judgebench.domain import Estimate
from judgebench.stats.crosstab import Outcome
from judgebench.stats.inference.intervals import Interval, clopper_pearson, interval, t_interval
from judgebench.stats.inference.resampling import Parts, resampled, two_way
from judgebench.stats.influence import Clusters, Influences, influences_of

if TYPE_CHECKING:
    from collections.abc import Callable

    from judgebench.agreement.policies import Codes, Scored
    from judgebench.stats.coefficients.catalog import Metric
    from judgebench.stats.crosstab import Crosstab, Floats
    from judgebench.stats.inference.paired import Difference
    from judgebench.stats.influence import Influences, Ints, RowOutcome

D = TypeVar("D", Estimate, "Difference")

#: How an interval is made: by default, or as asked for.
IntervalMethod: TypeAlias = Literal["default", "clopper-pearson", "bca", "bootstrap", "jackknife", "two-way"]


@dataclass(frozen=True, slots=True)
class Counted:
    """Rows of one group, counted once for all metrics: their table, flat cells, clusters, and systems."""

    table: Crosstab
    cells: Codes
    clusters: Clusters
    system: Ints | None = None

    @classmethod
    def of(cls, scored: Scored) -> Counted:
        """Count scored rows."""
        cells = scored.cells()
        return cls(scored.table(cells), cells, scored.clusters(), scored.system)


def estimate(
    metric: Metric, counted: Counted, method: IntervalMethod = "default"
) -> tuple[Estimate, Influences | None]:
    """Evaluate a metric with its interval.

    The value and its influences come from the metric, the standard error from their sums in clusters (CR1), with the
    spread where it is defined. Where the ``method`` asked for can't be had (Clopper-Pearson for what is not a
    proportion of independent rows, a bootstrap of a value that never moves), the default stays and ``Estimate.method``
    says so. ``two-way`` clusters by question and by system.

    Source: Fleiss, Cohen & Everitt (1969), Large sample standard errors of kappa and weighted kappa; Cameron & Miller
    (2015), A practitioner's guide to cluster-robust inference.
    """
    outcome = metric(counted.table)
    if outcome.value is None:
        return Estimate.missing(outcome.reason or "undefined", counted.table.n), None
    influences = influences_of(counted.table, outcome, counted.cells, counted.clusters)
    found = _finished(metric, outcome, influences, independent=counted.clusters.independent)
    if method == "default":
        return found, influences
    chosen = _otherwise(method, metric, counted, outcome, influences)
    if chosen.low is None:
        return found, influences
    return replace(found, low=chosen.low, high=chosen.high, se=chosen.se, method=chosen.method), influences


def combined(metric: Metric, influences: Influences, chance: float | None = None) -> Estimate:
    """Give a weighted sum of one metric's estimates its interval: clustered t on the scale of the metric's range.

    ``chance`` is the expected agreement of a table that all of it is on.
    """
    expected = 0.0 if metric.proportion else chance
    return _finished(metric, Outcome(influences.value, chance=expected), influences, independent=False)


def free(influences: Influences, *, low: float = float("-inf"), high: float = float("inf")) -> Estimate:
    """Give an estimate that is not a metric (a difference, a mean, a ratio) its interval.

    Symmetric t without bounds, else on the Fisher-z scale of the range.
    """
    found = t_interval(influences, low=low, high=high)
    return Estimate(influences.value, found.low, found.high, influences.n, None, found.se, found.method)


def within(difference: D, reach: float) -> D:
    """Keep the bounds of a difference in ``[-reach, reach]``, where the difference of two such figures can be.

    Source: Newcombe (1998), Interval estimation for the difference between independent proportions, which names bounds
    that no difference can take (overshoot) as a fault of intervals.
    """
    low, high = (None if one is None else min(reach, max(-reach, one)) for one in (difference.low, difference.high))
    return replace(difference, low=low, high=high)


def _finished(metric: Metric, outcome: Outcome, influences: Influences, *, independent: bool) -> Estimate:
    low = metric.low if outcome.low is None else outcome.low
    high = metric.high if outcome.high is None else outcome.high
    found = interval(outcome, influences, independent=independent, proportion=metric.proportion, low=low, high=high)
    n = influences.n if outcome.n is None else outcome.n
    return Estimate(influences.value, found.low, found.high, n, None, found.se, found.method)


def _otherwise(
    method: IntervalMethod, metric: Metric, counted: Counted, outcome: Outcome, influences: Influences
) -> Interval:
    """Make the interval that was asked for; without bounds where it can't be had."""
    table, none = counted.table, Interval(None, None, None, "")
    low = metric.low if outcome.low is None else outcome.low
    high = metric.high if outcome.high is None else outcome.high
    if method == "clopper-pearson":
        n = influences.n if outcome.n is None else outcome.n
        hits = round(influences.value * n)
        # Half credits are not hits.
        if not (metric.proportion and counted.clusters.independent) or abs(influences.value * n - hits) > 1e-6:
            return none
        return Interval(*clopper_pearson(hits, n), influences.se, "clopper-pearson")
    if method == "two-way":
        if counted.system is None:
            return none
        joint = two_way_of(
            lambda way: influences_of(table, outcome, counted.cells, Clusters.of(way)),
            counted.clusters.codes,
            counted.system,
        )
        return none if joint is None else _two_way(joint, low, high)
    if method == "default":
        return none

    def statistic(counts: Ints) -> float | None:
        rows = int(counts.sum())
        return metric(replace(table, joint=counts / rows, n=rows)).value

    width, height = table.joint.shape
    cells, clusters = counted.cells, counted.clusters
    if method == "jackknife" and outcome.within is not None:
        # As in the default: clusters without a row in the denominator are none of its degrees of freedom.
        rows = np.flatnonzero(np.isin(clusters.ids[clusters.codes], influences.ids))
        cells, clusters = cells[rows], Clusters.of(clusters.codes[rows])
    parts = Parts.of(cells, (width, height), clusters)
    return resampled(parts, statistic, method, low=low, high=high)


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


def _two_way(joint: Influences, low: float, high: float) -> Interval:
    found = t_interval(joint, low=low, high=high)
    return replace(found, method=f"two-way-{found.method}")


@dataclass(frozen=True, slots=True)
class RowFigure:
    """A figure with the influence of each of its r rows.

    ``rows``, shape (r,), are their positions among all rows of the group; a row may come several times, or not at all.
    ``low`` and ``high`` bound the value, infinite for no bound. A ``proportion`` is a plain share of its rows, for
    which Wilson's interval holds; a ``mean`` is of one quantity per row, so that judges trade places by a change of
    sign. ``bias`` gives, from clusters of the rows, the most that the value can lie too high by chance alone.
    """

    outcome: RowOutcome
    rows: Ints
    low: float
    high: float
    proportion: bool = False
    mean: bool = False
    bias: Callable[[Clusters], float] | None = None

    def clusters(self, codes: Ints) -> Clusters:
        """Clusters of the figure's rows, from codes of all rows."""
        return Clusters.of(codes[self.rows])

    def influences(self, codes: Ints) -> Influences | None:
        """Sum the influences by codes of all rows; None where there is no value, or nothing to sum."""
        if self.outcome.value is None or self.outcome.influence is None:
            return None
        return self.outcome.influences(self.clusters(codes))

    def per_row(self) -> Floats | None:
        """Give back what a mean is the mean of, shape (r,); None of another figure."""
        if not self.mean or self.outcome.value is None or self.outcome.influence is None:
            return None
        return self.outcome.influence + self.outcome.value

    def estimate(self, codes: Ints, system: Ints | None = None) -> Estimate:
        """Give the figure its interval, by cluster codes of all rows, and by system where these are given."""
        found = finished(self.outcome, self.clusters(codes), low=self.low, high=self.high, proportion=self.proportion)
        one = self.influences(codes)
        if system is None or one is None:
            return found
        joint = two_way_of(self.influences, codes, system)
        if joint is None:
            return found
        bounds = _two_way(joint, self.low, self.high)
        return replace(found, low=bounds.low, high=bounds.high, se=bounds.se, method=bounds.method)


def two_way_of(influences_by: Callable[[Ints], Influences | None], codes: Ints, system: Ints) -> Influences | None:
    """Cluster an estimate by question and by system; None where that can't be had."""
    both = codes.astype(np.int64) * (int(system.max(initial=0)) + 1) + system
    _, joint = np.unique(both, return_inverse=True)
    ways = [influences_by(way) for way in (codes, system, joint)]
    if ways[0] is None or ways[1] is None or ways[2] is None:
        return None
    return two_way_influences(ways[0], ways[1], ways[2])


def of_mean(
    influences: Influences, *, independent: bool, low: float, high: float, proportion: bool = False
) -> Estimate:
    """Give an estimate on all its rows its interval, Wilson's where it is a share of independent ones."""
    found = interval(
        Outcome(influences.value, n=influences.n),
        influences,
        independent=independent,
        proportion=proportion,
        low=low,
        high=high,
    )
    return Estimate(influences.value, found.low, found.high, influences.n, None, found.se, found.method)


def finished(outcome: RowOutcome, clusters: Clusters, *, low: float, high: float, proportion: bool = False) -> Estimate:
    """Give a figure of rows its interval: Wilson's for a plain share of rows, else cluster-robust t in its range.

    Undefined with the outcome's reason; without bounds where it has no influences.
    """
    n = clusters.codes.size
    if outcome.value is None:
        return Estimate.missing(outcome.reason or "undefined", n)
    if outcome.influence is None:
        return Estimate(outcome.value, None, None, n)
    influences = outcome.influences(clusters)
    found = of_mean(influences, independent=clusters.independent, proportion=proportion, low=low, high=high)
    # A symmetric interval of an error may pass below 0.
    return found if found.low is None else replace(found, low=max(low, found.low))
