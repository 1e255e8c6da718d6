"""Estimates with the pull of every cluster, deterministic and without resampling.

Every estimate is carried by its `Spread`: the value and, per cluster, the sum of its rows' influences.
Sums, differences and means of estimates are sums of spreads, so one formula gives every standard error.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING, TypeAlias

import numpy as np
import numpy.typing as npt

if TYPE_CHECKING:
    from collections.abc import Sequence

    from judgebench.stats.table import Floats, Outcome, Table

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

    References
    ----------
    Hampel (1974), The influence curve and its role in robust estimation.

    Examples
    --------
    For a share, the influence of a hit is what it has above the mean:

    >>> from judgebench.stats.coefficients.chance import percent_agreement
    >>> from judgebench.stats.table import Table
    >>> table = Table(np.array([[20, 5], [10, 15]]) / 50, 50, 2, np.arange(2.0))
    >>> influence(table, percent_agreement(table)).round(2).tolist()
    [[0.3, -0.7], [-0.7, 0.3]]
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
    >>> from judgebench.stats.coefficients.chance import cohen_kappa
    >>> from judgebench.stats.table import Table
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

    Returns
    -------
    Spread
        On the clusters with a row in the denominator: of 100 questions of which three have positive items, three
        say something of the rate on these, and an interval of it has 2 degrees of freedom.

    Examples
    --------
    Four lone items, three of which are gold's second label:

    >>> from judgebench.stats.coefficients.classes import class_recall
    >>> from judgebench.stats.table import Table
    >>> table = Table(np.array([[1, 0], [1, 2]]) / 4, 4, 2, np.arange(2.0))
    >>> spread(table, class_recall(table, 1), np.array([0, 2, 3, 3]), Clusters.of(np.arange(4))).ids.tolist()
    [1, 2, 3]
    """
    value = outcome.value
    if value is None:
        raise ValueError(f"an undefined outcome ({outcome.reason}) has no spread")
    per_cell = influence(table, outcome).ravel() / table.n
    pulls = clusters.sums(per_cell[cells])
    if outcome.within is None:
        return Spread(value, table.n, clusters.ids, pulls)
    counted = np.flatnonzero(clusters.sums(outcome.within.ravel()[cells].astype(np.float64)))
    return Spread(value, table.n, clusters.ids[counted], pulls[counted])


def mean(values: Floats, clusters: Clusters) -> Spread:
    """Mean of a quantity per row.

    Parameters
    ----------
    values : ndarray of float, shape (n,)
        The quantity; n is at least 1.
    clusters : Clusters
        Cluster of each row.

    Returns
    -------
    Spread
        The mean, with each cluster's sum of differences from it over n.

    References
    ----------
    Miller (2024), Adding error bars to evals, for clustered standard errors of a mean.

    Examples
    --------
    >>> found = mean(np.array([1.0, 1, 0, 0]), Clusters.of(np.array([0, 0, 1, 1])))
    >>> found.value, found.pulls.tolist(), found.se
    (0.5, [0.25, -0.25], 0.5)
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

    Returns
    -------
    Spread
        On the clusters that any part has.

    References
    ----------
    Miller (2024), Adding error bars to evals: paired differences.

    Examples
    --------
    Two judges that err on the same item differ by nothing, and that is sure:

    >>> items = Clusters.of(np.arange(4))
    >>> one = mean(np.array([1.0, 1, 1, 0]), items)
    >>> gap = combine([one, one], [1.0, -1.0])
    >>> gap.value, gap.se
    (0.0, 0.0)
    """
    ids = np.concatenate([part.ids for part in parts])
    pulls = np.concatenate([w * part.pulls for part, w in zip(parts, weights, strict=True)])
    joined = Clusters.of(ids)
    total = sum(w * part.value for part, w in zip(parts, weights, strict=True)) if value is None else value
    return Spread(total, sum(part.n for part in parts), joined.ids, joined.sums(pulls))


def of_fewer(estimate: Spread, groups: int) -> Spread:
    """Let an estimate rest on some of its clusters only: those that say anything of what it is about.

    Clusters of single ratings move the margins of a chance term a little, and tell nothing of agreement; counted as
    evidence they would make five shared items as sure as two hundred.

    Parameters
    ----------
    estimate : Spread
        The estimate with all of its clusters.
    groups : int
        Clusters that count.

    Returns
    -------
    Spread
        With the same sum of squared pulls on so many clusters, for an interval; their codes mean nothing any more.

    References
    ----------
    Cameron & Miller (2015), A practitioner's guide to cluster-robust inference, section VI: the effective number of
    clusters.

    Examples
    --------
    >>> five = np.array([0.1, -0.1, 0.0, 0.0, 0.0])
    >>> round(of_fewer(Spread(0.8, 5, np.arange(5), five), 2).se, 6)
    0.2
    """
    if groups >= estimate.pulls.size:
        return estimate
    each = math.sqrt(float(np.square(estimate.pulls).sum()) / groups) if groups else 0.0
    return Spread(estimate.value, estimate.n, np.arange(groups), np.full(groups, each))
