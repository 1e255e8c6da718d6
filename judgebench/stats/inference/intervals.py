"""Confidence intervals of one value: cluster-robust t on the Fisher-z scale, shares, and the exact bounds.

``level`` is the nominal coverage; ``low`` and ``high`` bound what is estimated, infinite for no bound.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from functools import lru_cache
from typing import TYPE_CHECKING, Literal, TypeAlias

import numpy as np

from judgebench.stats.cluster_errors import cr2
from judgebench.stats.crosstab import TINY
from judgebench.stats.inference.score_path import FEW_EVENTS, exact, share_interval

if TYPE_CHECKING:
    from judgebench.stats.crosstab import Floats
    from judgebench.stats.influence import Influences


#: Probability beyond each bound at 95 %.
_TAIL = (1 - 0.95) / 2
#: How clusters make a standard error.
Rule: TypeAlias = Literal["cr2", "cr1"]


@dataclass(frozen=True, slots=True)
class Interval:
    """A confidence interval in units of the value; the bounds are None where the data carry none.

    ``method``: ``share``, ``score-path``, either with ``-few-events`` where the exact bound has its say, ``few-events``
    where it has it alone, ``cr2-t-fisher-z``, ``cr2-t-logit``, ``cr2-t``, ``jackknife-t-fisher-z``; with CR1 also
    ``wilson`` and ``wilson-clusters``; empty without bounds.
    """

    low: float | None
    high: float | None
    se: float | None
    method: str


@lru_cache(maxsize=4096)
def t_quantile(df: float, level: float = 0.95) -> float:
    """Two-sided quantile of Student's t (1908, The probable error of a mean)."""
    from scipy.special import stdtrit

    return float(stdtrit(df, (1 + level) / 2))


def wilson(share: float, n: int) -> tuple[float, float]:
    """Wilson's interval at 95 % of a share of n rows, n being at least 1.

    Source: Wilson (1927), Probable inference, the law of succession, and statistical inference.

    >>> [round(bound, 6) for bound in wilson(0.8, 10)]
    [0.490162, 0.943318]
    """
    from scipy.special import ndtri

    z2 = float(ndtri(0.975)) ** 2
    middle = share + z2 / (2 * n)
    half = math.sqrt(z2 * (share * (1 - share) / n + z2 / (4 * n * n)))
    # At 0 and 1 the bound is exact; rounding must not push it off.
    low = 0.0 if share <= 0 else (middle - half) / (1 + z2 / n)
    high = 1.0 if share >= 1 else (middle + half) / (1 + z2 / n)
    return max(0.0, low), min(1.0, high)


def t_interval(estimate: Influences, *, low: float = -1.0, high: float = 1.0, rule: Rule = "cr2") -> Interval:
    """Cluster-robust t interval at 95 % on the Fisher-z scale of the metric's range.

    On [-1, 1] that scale is atanh; a range [0, 1] is stretched to it first, which is the logit; without finite bounds
    the interval is symmetric. ``cr2``: the standard error and degrees of freedom of
    `judgebench.stats.cluster_errors.cr2`; ``cr1``: those of clusters that are all alike. There are no bounds
    for fewer than 2 clusters, nor where every influence is 0: a standard error of 0 is not evidence of certainty.
    Source: Fisher (1921), On the probable error of a coefficient of correlation; Cameron & Miller (2015), A
    practitioner's guide to cluster-robust inference.
    """
    se, df = (estimate.se, estimate.df) if rule == "cr2" else (estimate.cr1, estimate.sums.size - 1)
    if se is None or se < TINY:
        return Interval(None, None, None if se is None else 0.0, "")
    return around(estimate.value, se, df, low=low, high=high, how=f"{rule}-t")


def around(value: float, se: float, df: float, *, low: float, high: float, how: str = "t") -> Interval:
    """Lay an interval at 95 % around a value with a standard error above 0, on the scale of `t_interval`."""
    half = t_quantile(df) * se
    if not math.isfinite(low + high):
        # One side may have a bound: a mean error is not below 0.
        return Interval(max(low, value - half), min(high, value + half), se, how)
    unit = (high - low) / 2
    place = (value - low) / unit - 1
    if abs(place) >= 1 - TINY:
        # At the edge of its range the transformed value is infinite.
        return Interval(max(low, value - half), min(high, value + half), se, how)
    middle, reach = math.atanh(place), half / unit / (1 - place * place)
    below, above = (low + unit * (1 + math.tanh(middle + sign * reach)) for sign in (-1, 1))
    return Interval(below, above, se, f"{how}-fisher-z" if low < 0 else f"{how}-logit")


def jackknife_interval(value: float, less: Floats, shares: Floats, *, low: float = -1.0, high: float = 1.0) -> Interval:
    """Interval at 95 % from the values without each cluster, ``SE^2 = (G - 1) / G sum d^2`` for their deviations d.

    The degrees of freedom are those of the clusters' ``shares`` in what the rows tell, at most
    ``3 (sum d^2)^2 / sum d^4 - 1``, at least 2. Without bounds where a value is undefined or none moves.
    Source: Efron & Tibshirani (1993), An introduction to the bootstrap, chapter 11.
    """
    groups = less.size
    if groups < 2 or not np.isfinite(less).all():
        return Interval(None, None, None, "")
    squares = np.square(less - less.mean())
    total = float(squares.sum())
    se = math.sqrt((groups - 1) / groups * total)
    if se < TINY:
        return Interval(None, None, 0.0, "")
    df = max(2.0, min(float(cr2(less, shares)[1]), 3 * total**2 / float(np.square(squares).sum()) - 1))
    return around(value, se, df, low=low, high=high, how="jackknife-t")


def default_interval(
    estimate: Influences,
    n: int,
    *,
    share: bool = False,
    rows: int | None = None,
    chance: float | None = None,
    low: float = -1.0,
    high: float = 1.0,
) -> Interval:
    """Choose the interval, at 95 %, of an estimate that is not a coefficient of one table.

    A plain ``share`` of n rows takes the score interval where the design effect is known, all else t; it is one of so
    many ``rows`` where these are independent. Where every influence is 0 (all agree, or all miss), the exact bound for
    the effective number of clusters takes over: that of a coefficient of the form ``1 - (1 - po) / (1 - pe)`` follows
    from the agreement po by its ``chance`` pe.
    """
    value = estimate.value
    if share and estimate.deff is not None and (rows is not None or estimate.se is not None):
        hits = value * n
        bounds = share_interval(hits, n, estimate.deff, estimate.df if rows is None else max(1, rows - 1))
        few = min(hits, n - hits) < FEW_EVENTS + 0.01
        return Interval(float(bounds[0]), float(bounds[1]), estimate.se, "share-few-events" if few else "share")
    found = t_interval(estimate, low=low, high=high)
    if found.low is not None or found.se is None:
        return found
    size = estimate.effective
    if share and (value <= TINY or value >= 1 - TINY):
        bounds = exact(round(value) * size, size, _TAIL)
        return Interval(float(bounds[0]), float(bounds[1]), 0.0, "few-events")
    if chance is not None and value >= 1 - TINY:
        agreement = float(exact(size, size, _TAIL)[0])
        return Interval(max(low, 1 - (1 - agreement) / max(1 - chance, TINY)), value, 0.0, "few-events")
    return found


def cr1_interval(
    estimate: Influences,
    n: int,
    *,
    independent: bool,
    share: bool = False,
    chance: float | None = None,
    low: float = -1.0,
    high: float = 1.0,
) -> Interval:
    """Interval at 95 % with all clusters alike, as many benchmarks publish it.

    Wilson for a plain share of n ``independent`` rows, no two of which share a cluster; else t with CR1. Where every
    influence is 0, Wilson's bound for the number of clusters takes over, as the exact one does in `default_interval`.
    """
    if share and independent and n:
        return Interval(*wilson(estimate.value, n), estimate.cr1, "wilson")
    found = t_interval(estimate, low=low, high=high, rule="cr1")
    groups, value = estimate.sums.size, estimate.value
    if found.low is not None or found.se is None:
        return found
    if share and (value <= TINY or value >= 1 - TINY):
        return Interval(*wilson(round(value), groups), found.se, "wilson-clusters")
    if chance is not None and value >= 1 - TINY:
        bottom = 1 - (1 - wilson(1.0, groups)[0]) / max(1 - chance, TINY)
        return Interval(max(low, bottom), value, found.se, "wilson-clusters")
    return found


def clopper_pearson(hits: int, n: int, level: float = 0.95) -> tuple[float, float]:
    """Clopper and Pearson's interval of a proportion: it covers at least at its level, for any true share.

    The bounds are the shares at which the binomial tails beyond the count have probability (1 - level) / 2. Wilson's
    interval is shorter and covers at its level on average; take this one where a guarantee is asked for.
    Source: Clopper & Pearson (1934), The use of confidence or fiducial limits illustrated in the case of the binomial.
    """
    _check(hits, n)
    low, high = exact(hits, n, (1 - level) / 2)
    return float(low), float(high)


def rule_of_three(n: int, level: float = 0.95) -> float:
    """Largest share that n rows without a single hit leave plausible.

    ``-ln(1 - level) / n``, which at 95 % is 3 / n: one-sided, for events that were looked for and never seen.
    Source: Hanley & Lippman-Hand (1983), If nothing goes wrong, is everything all right?
    """
    _check(0, n)
    return min(1.0, -math.log(1 - level) / n)


def agresti_min(first_only: int, second_only: int, n: int, level: float = 0.95) -> tuple[float, float]:
    """Agresti and Min's interval of the difference of two shares, first minus second, on the same items.

    ``(b - c) / (n + 2) +- z sqrt(b + c + 1 - (b - c)^2 / (n + 2)) / (n + 2)``, with b items on which only the first is
    right and c only the second: Wald's interval after half an item is added to each cell of the paired table.
    Source: Agresti & Min (2005), Simple improved confidence intervals for comparing matched proportions.

    >>> [round(bound, 6) for bound in agresti_min(145, 115, 999)]
    [-0.001608, 0.061548]
    """
    from scipy.special import ndtri

    _check(first_only, n)
    _check(first_only + second_only, n)
    difference = first_only - second_only
    reach = float(ndtri((1 + level) / 2)) * math.sqrt(first_only + second_only + 1 - difference * difference / (n + 2))
    return max(-1.0, (difference - reach) / (n + 2)), min(1.0, (difference + reach) / (n + 2))


def _check(hits: int, n: int) -> None:
    if n < 1 or not 0 <= hits <= n:
        raise ValueError(f"{hits} of {n} rows is not a proportion")
