"""Standard errors and intervals from influence functions, deterministic and without resampling.

Every estimate is carried by its `Spread`: the value and, per cluster, the sum of its rows' influences.
Sums, differences and means of estimates are sums of spreads, so one formula gives every standard error.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from functools import lru_cache
from typing import TYPE_CHECKING, TypeAlias

import numpy as np
import numpy.typing as npt

from judgebench.agreement.metrics.table import TINY, Floats, Outcome, Table

if TYPE_CHECKING:
    from collections.abc import Sequence

Ints: TypeAlias = npt.NDArray[np.integer]


@dataclass(frozen=True, slots=True)
class Clusters:
    """Which rows belong together.

    Parameters
    ----------
    codes : ndarray of int, shape (n,)
        Cluster of each row, 0 .. count - 1, without gaps.
    ids : ndarray of int, shape (count,)
        The clusters' codes outside, so that groups of rows can be joined.
    """

    codes: Ints
    ids: Ints

    @classmethod
    def of(cls, cluster: Ints) -> Clusters:
        """Close the gaps in cluster codes.

        Parameters
        ----------
        cluster : ndarray of int, shape (n,)
            Codes, not negative.
        """
        present = np.bincount(cluster) > 0 if cluster.size else np.zeros(0, dtype=bool)
        ids = np.flatnonzero(present)
        if ids.size == present.size:
            return cls(cluster, ids)
        return cls((np.cumsum(present, dtype=np.int32) - 1)[cluster], ids)

    @property
    def count(self) -> int:
        """Number of clusters G."""
        return self.ids.size

    @property
    def lone(self) -> bool:
        """Whether every cluster is a single row."""
        return self.ids.size == self.codes.size

    def sums(self, per_row: Floats) -> Floats:
        """Sum of a quantity in each cluster, shape (G,)."""
        found: Floats = np.bincount(self.codes, weights=per_row, minlength=self.count).astype(np.float64, copy=False)
        return found


@dataclass(frozen=True, slots=True)
class Spread:
    """An estimate and how each cluster pulls at it.

    Parameters
    ----------
    value : float
        The point estimate.
    n : int
        Rows behind it.
    ids : ndarray of int, shape (G,)
        Codes of the clusters.
    pulls : ndarray of float, shape (G,)
        Sum of the cluster's influences, divided by the number of rows.
    """

    value: float
    n: int
    ids: Ints
    pulls: Floats

    @property
    def se(self) -> float | None:
        """Cluster-robust standard error with the CR1 factor G / (G - 1); None for fewer than 2 clusters."""
        groups = self.pulls.size
        # Not a dot product: BLAS would start threads for it, and its last digits depend on their number.
        return None if groups < 2 else math.sqrt(groups / (groups - 1) * float(np.square(self.pulls).sum()))


@dataclass(frozen=True, slots=True)
class Interval:
    """A confidence interval; the bounds are None where the data carry none.

    Parameters
    ----------
    low, high : float or None
        Bounds, in units of the value.
    se : float or None
        Standard error.
    method : str
        ``cr1-t-fisher-z``, ``cr1-t-logit``, ``cr1-t``, ``wilson``, ``wilson-clusters``; empty without bounds.
    """

    low: float | None
    high: float | None
    se: float | None
    method: str


def influence(table: Table, outcome: Outcome) -> Floats:
    """Influence of a row in each cell.

    Parameters
    ----------
    table : Table
        Joint proportions, shape (k, k).
    outcome : Outcome
        A defined outcome on it.

    Returns
    -------
    ndarray of float, shape (k, k)
        Averages to 0 over the rows.
    """
    if outcome.gradient is None:
        raise ValueError(f"an undefined outcome ({outcome.reason}) has no influence function")
    return outcome.gradient - float((table.joint * outcome.gradient).sum())


def se_iid(table: Table, outcome: Outcome) -> float:
    """Large-sample standard error for independent rows, ``sqrt(sum IF^2) / n``.

    Parameters
    ----------
    table : Table
        Joint proportions, shape (k, k).
    outcome : Outcome
        A defined outcome on it.

    Returns
    -------
    float
        In units of the coefficient. Intervals use `Spread.se`, which is this times ``sqrt(n / (n - 1))``
        where no rows share a cluster.

    References
    ----------
    Fleiss, Cohen & Everitt (1969), Large sample standard errors of kappa and weighted kappa.

    Examples
    --------
    >>> from judgebench.agreement.metrics.chance import cohen_kappa
    >>> counts = np.array([[88, 14, 18], [10, 40, 10], [2, 6, 12]])
    >>> table = Table(counts / 200, 200, 3, np.arange(3.0))
    >>> round(se_iid(table, cohen_kappa(table)), 6)
    0.051002
    """
    return math.sqrt(float((table.joint * influence(table, outcome) ** 2).sum()) / table.n)


def spread(table: Table, outcome: Outcome, cells: Ints, clusters: Clusters) -> Spread:
    """Carry a coefficient's influence from cells to clusters.

    Parameters
    ----------
    table : Table
        Joint proportions, shape (k, k).
    outcome : Outcome
        A defined outcome on it.
    cells : ndarray of int, shape (n,)
        Flat index of each row's cell.
    clusters : Clusters
        Cluster of each row.
    """
    value = outcome.value
    if value is None:
        raise ValueError(f"an undefined outcome ({outcome.reason}) has no spread")
    per_cell = influence(table, outcome).ravel() / table.n
    return Spread(value, table.n, clusters.ids, clusters.sums(per_cell[cells]))


def mean(values: Floats, clusters: Clusters) -> Spread:
    """Mean of a quantity per row.

    Parameters
    ----------
    values : ndarray of float, shape (n,)
        The quantity; n is at least 1.
    clusters : Clusters
        Cluster of each row.
    """
    center = float(values.mean())
    return Spread(center, values.size, clusters.ids, clusters.sums((values - center) / values.size))


def combine(parts: Sequence[Spread], weights: Sequence[float], value: float | None = None) -> Spread:
    """Weighted sum of estimates that may share clusters.

    Parameters
    ----------
    parts : sequence of Spread
        The estimates; at least one.
    weights : sequence of float
        One per part, used as they are.
    value : float, optional
        The value, where it is not the weighted sum (a ratio with the weights of its derivative).
    """
    ids = np.concatenate([part.ids for part in parts])
    pulls = np.concatenate([w * part.pulls for part, w in zip(parts, weights, strict=True)])
    joined = Clusters.of(ids)
    total = sum(w * part.value for part, w in zip(parts, weights, strict=True)) if value is None else value
    return Spread(total, sum(part.n for part in parts), joined.ids, joined.sums(pulls))


@lru_cache(maxsize=4096)
def t_quantile(df: int, level: float = 0.95) -> float:
    """Two-sided quantile of Student's t.

    Parameters
    ----------
    df : int
        Degrees of freedom.
    level : float, optional
        Coverage of the two-sided interval.
    """
    from scipy.special import stdtrit  # noqa: PLC0415 - loaded on use

    return float(stdtrit(df, (1 + level) / 2))


def wilson(share: float, n: int, level: float = 0.95) -> tuple[float, float]:
    """Wilson's interval of a proportion.

    Parameters
    ----------
    share : float
        The proportion, in [0, 1].
    n : int
        Rows behind it, at least 1.
    level : float, optional
        Nominal coverage.

    Returns
    -------
    tuple of float
        Low and high.

    References
    ----------
    Wilson (1927), Probable inference, the law of succession, and statistical inference.

    Examples
    --------
    >>> [round(bound, 6) for bound in wilson(0.8, 10)]
    [0.490162, 0.943318]
    """
    from scipy.special import ndtri  # noqa: PLC0415 - loaded on use

    z2 = float(ndtri((1 + level) / 2)) ** 2
    middle = share + z2 / (2 * n)
    half = math.sqrt(z2 * (share * (1 - share) / n + z2 / (4 * n * n)))
    # At 0 and 1 the bound is exact; rounding must not push it off.
    low = 0.0 if share <= 0 else (middle - half) / (1 + z2 / n)
    high = 1.0 if share >= 1 else (middle + half) / (1 + z2 / n)
    return max(0.0, low), min(1.0, high)


def t_interval(estimate: Spread, *, low: float = -1.0, high: float = 1.0, level: float = 0.95) -> Interval:
    """Cluster-robust t interval on the Fisher-z scale of the metric's range.

    On [-1, 1] that scale is atanh; a range [0, 1] is stretched to it first, which is the logit; without
    finite bounds the interval is symmetric.

    Parameters
    ----------
    estimate : Spread
        The estimate.
    low, high : float, optional
        Bounds of the metric; infinite for none.
    level : float, optional
        Nominal coverage.

    Returns
    -------
    Interval
        Without bounds for fewer than 2 clusters, and where no cluster pulls at all: a standard error of 0
        is no evidence of certainty.
    """
    se = estimate.se
    if se is None:
        return Interval(None, None, None, "")
    if se < TINY:
        return Interval(None, None, 0.0, "")
    half = t_quantile(estimate.pulls.size - 1, level) * se
    if not math.isfinite(low + high):
        return Interval(estimate.value - half, estimate.value + half, se, "cr1-t")
    unit = (high - low) / 2
    place = (estimate.value - low) / unit - 1
    if abs(place) >= 1 - TINY:
        # At the edge of its range the transformed value is infinite.
        return Interval(max(low, estimate.value - half), min(high, estimate.value + half), se, "cr1-t")
    middle, reach = math.atanh(place), half / unit / (1 - place * place)
    method = "cr1-t-fisher-z" if low < 0 else "cr1-t-logit"
    return Interval(
        low + unit * (1 + math.tanh(middle - reach)), low + unit * (1 + math.tanh(middle + reach)), se, method
    )


def interval(
    outcome: Outcome,
    estimate: Spread,
    *,
    lone: bool,
    proportion: bool = False,
    low: float = -1.0,
    high: float = 1.0,
    level: float = 0.95,
) -> Interval:
    """Choose the interval that fits a metric.

    Wilson for a plain proportion of independent rows; else cluster-robust t. Where no row pulls (all agree,
    or all miss), Wilson's bound for the number of clusters takes over: a coefficient of the form
    ``1 - (1 - po) / (1 - pe)`` is then bounded through the agreement po.

    Parameters
    ----------
    outcome : Outcome
        The coefficient, with its denominator and chance term.
    estimate : Spread
        Its spread.
    lone : bool
        Whether no two rows share a cluster.
    proportion : bool, optional
        Whether it is a plain share of rows.
    low, high : float, optional
        Bounds of the metric.
    level : float, optional
        Nominal coverage.
    """
    value = estimate.value
    if proportion and lone and outcome.n:
        bounds = wilson(value, outcome.n, level)
        return Interval(*bounds, estimate.se, "wilson")
    found = t_interval(estimate, low=low, high=high, level=level)
    groups = estimate.pulls.size
    if found.low is not None or found.se is None:
        return found
    if proportion and (value <= TINY or value >= 1 - TINY):
        return Interval(*wilson(round(value), groups, level), found.se, "wilson-clusters")
    if outcome.chance is not None and value >= 1 - TINY:
        agreement, _ = wilson(1.0, groups, level)
        bottom = 1 - (1 - agreement) / max(1 - outcome.chance, TINY)
        return Interval(max(low, bottom), value, found.se, "wilson-clusters")
    return found
