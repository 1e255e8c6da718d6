"""From the influences of clusters to an estimate: where a value gets its interval.

The interval of a coefficient of a table is searched along tables (`judgebench.agreement.estimates`).
"""

from __future__ import annotations

from dataclasses import replace
from math import inf
from typing import TYPE_CHECKING, Literal, TypeAlias, TypeVar

import numpy as np

from judgebench.domain import Estimate
from judgebench.stats.coefficients.catalog import Metric
from judgebench.stats.inference.intervals import Interval, cr1_interval, default_interval
from judgebench.stats.inference.resampling import two_way
from judgebench.stats.influence import Clusters, mean

if TYPE_CHECKING:
    from collections.abc import Callable

    import numpy.typing as npt

    from judgebench.stats.coefficients.catalog import RowMetric
    from judgebench.stats.crosstab import Floats, Ints
    from judgebench.stats.inference.gates import Bounds as GateBounds
    from judgebench.stats.inference.paired import Bounds, Difference
    from judgebench.stats.influence import Influences

D = TypeVar("D", Estimate, "Difference", "GateBounds")

#: How an interval is made: by default, or as asked for.
IntervalMethod: TypeAlias = Literal["default", "cr1", "clopper-pearson", "bca", "bootstrap", "jackknife", "two-way"]


def estimated(
    influences: Influences,
    *,
    low: float = -inf,
    high: float = inf,
    n: int | None = None,
    proportion: bool = False,
    independent: bool = False,
    chance: float | None = None,
    method: IntervalMethod = "default",
) -> Estimate:
    """Give a value its interval, from the pulls of its clusters: every interval but that of a table is made here.

    It lies between ``low`` and ``high``, on the scale of that range. ``proportion``: the value is a plain share of
    ``n`` rows (by default all), which are ``independent`` or not. ``chance`` is the agreement expected by chance, of a
    coefficient of the form ``1 - (1 - po) / (1 - pe)``. ``method``: ``cr1``, or the default.
    """
    size = influences.n if n is None else n
    if method == "cr1":
        found = cr1_interval(
            influences, size, independent=independent, share=proportion, chance=chance, low=low, high=high
        )
    else:
        rows = influences.n if independent else None
        found = default_interval(influences, size, share=proportion, rows=rows, chance=chance, low=low, high=high)
    return shown(influences, size, found)


def shown(influences: Influences, n: int, found: Interval, why: str = "") -> Estimate:
    """Show an interval beside its value, its effective number of clusters, and the reason where there is none."""
    reason = why if why or found.low is not None else "one_cluster" if influences.se is None else "no_spread"
    return Estimate(
        influences.value, found.low, found.high, n, None, found.se, found.method, round(influences.effective, 2), reason
    )


def symmetric(value: float, se: float, reach: float, n: int, method: str) -> Estimate:
    """Give a value the bounds so many standard errors to either side of it."""
    return Estimate(value, value - reach * se, value + reach * se, n, None, se, method)


def combined(metric: Metric | RowMetric, influences: Influences, method: IntervalMethod = "default") -> Estimate:
    """Give a weighted sum of one metric's estimates its interval, in the metric's range."""
    proportion = isinstance(metric, Metric) and metric.proportion
    chance = 0.0 if proportion else None
    return estimated(influences, low=metric.low, high=metric.high, proportion=proportion, chance=chance, method=method)


def within(difference: D, reach: float) -> D:
    """Keep the bounds of a difference in ``[-reach, reach]``, where the difference of two such figures can be.

    Source: Newcombe (1998), Interval estimation for the difference between independent proportions, which names bounds
    that no difference can take (overshoot) as a fault of intervals.
    """
    low, high = (None if one is None else min(reach, max(-reach, one)) for one in (difference.low, difference.high))
    return replace(difference, low=low, high=high)


def share_of(flags: npt.NDArray[np.bool_], clusters: Clusters) -> Estimate:
    """Give a share of rows its interval: Wilson's for independent rows, cluster-robust otherwise.

    At 0 and 1 it is Wilson's for the number of clusters.
    """
    influences = mean(flags.astype(np.float64), clusters)
    return estimated(influences, independent=clusters.independent, proportion=True, low=0.0, high=1.0)


def mean_share_of(values: Floats, clusters: Clusters) -> Estimate:
    """Give a mean of shares its interval: that of a share where each is 0 or 1."""
    if np.isin(values, (0.0, 1.0)).all():
        return share_of(values > 0.5, clusters)
    return estimated(mean(values, clusters), low=0.0, high=1.0)


def share_bounds(share: Influences, n: int, *, independent: bool = False) -> Bounds | None:
    """Give the bounds of a share of n rows at a level; None where its clusters carry no error."""
    from judgebench.stats.inference.score_path import share_interval  # noqa: PLC0415 - loads scipy

    deff = share.deff
    if deff is None or (share.se is None and not independent):
        return None
    df = max(1.0, share.n - 1 if independent else share.df)
    return lambda level: share_interval(share.value * n, n, deff, df, level)


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
    if not se or not fewer.cr1:
        return None
    return replace(fewer, sums=fewer.sums * (se / fewer.cr1), shares=None)
