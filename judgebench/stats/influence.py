"""Estimates with the influence of every cluster, deterministic and without resampling.

Every estimate is carried by its `Influences`: the value and, per cluster, the sum of its rows' influences. Sums,
differences and means of estimates are sums of these, so one formula gives every standard error. n rows lie in G
clusters; cells are those of a table of shape (k, k).
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING, TypeAlias

import numpy as np
import numpy.typing as npt

from judgebench.stats.crosstab import TINY, margins

if TYPE_CHECKING:
    from collections.abc import Sequence

    from judgebench.stats.crosstab import Crosstab, Floats, Outcome

Ints: TypeAlias = npt.NDArray[np.integer]


@dataclass(frozen=True, slots=True)
class Clusters:
    """Which rows belong together: codes 0 .. G - 1 of the rows, shape (n,), and what each code means, shape (G,)."""

    codes: Ints
    ids: Ints

    @classmethod
    def of(cls, cluster: Ints) -> Clusters:
        """Close the gaps in cluster codes, which are not negative."""
        present = np.bincount(cluster) > 0 if cluster.size else np.zeros(0, dtype=bool)
        ids = np.flatnonzero(present)
        if ids.size == present.size:
            return cls(cluster, ids)
        return cls((np.cumsum(present, dtype=np.int32) - 1)[cluster], ids)

    def take(self, rows: Ints) -> Clusters:
        """Clusters of some rows, which may come several times, with the same meaning."""
        own = Clusters.of(self.codes[rows])
        return Clusters(own.codes, self.ids[own.ids])

    @property
    def count(self) -> int:
        """Number of clusters G."""
        return self.ids.size

    @property
    def independent(self) -> bool:
        """Whether every cluster is a single row."""
        return self.ids.size == self.codes.size

    def sums(self, per_row: Floats) -> Floats:
        """Sum of a quantity in each cluster, shape (G,)."""
        found: Floats = np.bincount(self.codes, weights=per_row, minlength=self.count).astype(np.float64, copy=False)
        return found


@dataclass(frozen=True, slots=True)
class Influences:
    """An estimate on n rows and the influence of each cluster on it.

    ``ids``, shape (G,), are the clusters' codes; ``sums``, shape (G,), the sums of their rows' influences, over n.
    """

    value: float
    n: int
    ids: Ints
    sums: Floats

    @property
    def se(self) -> float | None:
        """Cluster-robust standard error with the CR1 factor G / (G - 1); None for fewer than 2 clusters."""
        groups = self.sums.size
        # Not a dot product: BLAS would start threads for it, and its last digits depend on their number.
        return None if groups < 2 else math.sqrt(groups / (groups - 1) * float(np.square(self.sums).sum()))


def cr2(sums: Floats, shares: Floats) -> tuple[Floats, Floats, Floats]:
    """Variance of an estimate from its clusters' summed influences, degrees of freedom, effective number of clusters.

    ``V = sum s^2 / (1 - h)`` for the clusters' shares h of the variance that independent rows would give, which sum to
    1; ``df = 1 / (sum h^2 + (sum b)^2 - sum b^2)`` with ``b = h^2 / (1 - h)``, at least 1; ``1 / sum h^2``. Clusters
    that are alike give the factor G / (G - 1) and G - 1. The clusters are the last axis.
    Source: Bell & McCaffrey (2002), Bias reduction in standard errors for linear regression with multi-stage samples;
    Satterthwaite (1946), An approximate distribution of estimates of variance components.
    """
    h = np.minimum(shares, 1 - 1e-9)
    squares = np.square(h)
    b = squares / (1 - h)
    alike = squares.sum(axis=-1)
    df = 1 / (alike + b.sum(axis=-1) ** 2 - np.square(b).sum(axis=-1))
    return (np.square(sums) / (1 - h)).sum(axis=-1), np.maximum(1.0, df), 1 / alike


def told_by_cell(joint: Floats, influence: Floats) -> Floats:
    """How much a row of each cell tells of an estimate, shape (..., k, k), for the shares of clusters in its variance.

    ``w_i + u_j``: the mean squared influence of the rows with the cell's gold label, and of those with its verdict.
    Where all rows tell alike a cluster's share is that of its rows; for kappa with a rare class it leans to the
    clusters that hold the rare rows.
    """
    squares = joint * np.square(influence)
    gold, judge = margins(joint)
    by_gold = squares.sum(axis=-1) / np.where(gold > 0, gold, 1.0)
    by_judge = squares.sum(axis=-2) / np.where(judge > 0, judge, 1.0)
    found: Floats = by_gold[..., :, None] + by_judge[..., None, :]
    return found


def influence(table: Crosstab, outcome: Outcome) -> Floats:
    """Influence of a row in each cell, shape (k, k), on a defined outcome; it averages to 0 over the rows.

    Source: Hampel (1974), The influence curve and its role in robust estimation.
    """
    if outcome.gradient is None:
        raise ValueError(f"an undefined outcome ({outcome.reason}) has no influence function")
    return outcome.gradient - float((table.joint * outcome.gradient).sum())


def influences_of(table: Crosstab, outcome: Outcome, cells: Ints, clusters: Clusters) -> Influences:
    """Carry a coefficient's influence from cells (``cells``: the flat index of each row's) to clusters.

    They are on the clusters with a row in the denominator: of 100 questions of which three have positive items,
    three say something of the rate on these, and an interval of it has 2 degrees of freedom.
    """
    value = outcome.value
    if value is None:
        raise ValueError(f"an undefined outcome ({outcome.reason}) has no influences")
    per_cell = influence(table, outcome).ravel() / table.n
    sums = clusters.sums(per_cell[cells])
    if outcome.within is None:
        return Influences(value, table.n, clusters.ids, sums)
    counted = np.flatnonzero(clusters.sums(outcome.within.ravel()[cells].astype(np.float64)))
    return Influences(value, table.n, clusters.ids[counted], sums[counted])


def mean(values: Floats, clusters: Clusters) -> Influences:
    """Mean of a quantity per row, of which there is at least one.

    Source: Miller (2024), Adding error bars to evals, for clustered standard errors of a mean.
    """
    center = float(values.mean())
    return Influences(center, values.size, clusters.ids, clusters.sums((values - center) / values.size))


def combine(parts: Sequence[Influences], weights: Sequence[float], value: float | None = None) -> Influences:
    """Weighted sum of one or more estimates that may share clusters, on the clusters that any of them has.

    ``value`` is given where it is not the weighted sum (a ratio with the weights of its derivative).
    Source: Miller (2024), Adding error bars to evals: paired differences.
    """
    ids = np.concatenate([part.ids for part in parts])
    sums = np.concatenate([w * part.sums for part, w in zip(parts, weights, strict=True)])
    joined = Clusters.of(ids)
    total = sum(w * part.value for part, w in zip(parts, weights, strict=True)) if value is None else value
    return Influences(total, sum(part.n for part in parts), joined.ids, joined.sums(sums))


def of_fewer(estimate: Influences, groups: int) -> Influences:
    """Let an estimate rest on some of its clusters only: those that say anything of what it is about.

    Clusters of single ratings move the margins of a chance term a little, and tell nothing of agreement; counted as
    evidence they would make five shared items as sure as two hundred. The sum of squared sums stays, on so many
    clusters, whose codes mean nothing any more. Source: Cameron & Miller (2015), A practitioner's guide to
    cluster-robust inference, section VI: the effective number of clusters.
    """
    if groups >= estimate.sums.size:
        return estimate
    each = math.sqrt(float(np.square(estimate.sums).sum()) / groups) if groups else 0.0
    return Influences(estimate.value, estimate.n, np.arange(groups), np.full(groups, each))


@dataclass(frozen=True, slots=True)
class RowOutcome:
    """A figure with the influence of every row, or the reason (``no_items``, ``one_class`` ...) why it has none.

    Influences, shape (n,), have mean 0 and the units of the figure: the standard error of independent rows is
    ``sqrt(sum(influence ** 2)) / n``. None where the data carry no standard error. ``chance`` is the expected agreement
    of many raters, whose rows are units.
    """

    value: float | None
    influence: Floats | None = None
    reason: str | None = None
    chance: float | None = None

    @classmethod
    def undefined(cls, reason: str) -> RowOutcome:
        """Build an outcome without a value."""
        return cls(None, None, reason)

    @classmethod
    def mean(cls, per_row: Floats) -> RowOutcome:
        """Mean of a quantity per row, shape (n,); ``no_items`` without rows."""
        if not per_row.size:
            return cls.undefined("no_items")
        value = float(per_row.mean())
        return cls(value, per_row - value)

    @classmethod
    def ratio(cls, above: Floats, below: Floats, reason: str) -> RowOutcome:
        """Ratio of two sums over rows; the reason where the lower one is 0."""
        total = float(below.mean()) if below.size else 0.0
        if abs(total) < TINY:
            return cls.undefined(reason)
        value = float(above.mean()) / total
        return cls(value, (above - value * below) / total)

    def influences(self, clusters: Clusters) -> Influences:
        """Sum the influences in clusters; ValueError if there is no value, or no influence."""
        if self.value is None or self.influence is None:
            raise ValueError(f"no influences: {self.reason or 'the data carry no standard error'}")
        return Influences(
            self.value, self.influence.size, clusters.ids, clusters.sums(self.influence / self.influence.size)
        )


def by_row(table: Crosstab, outcome: Outcome, cells: Ints) -> RowOutcome:
    """Take a coefficient's influence from cells to rows (``cells``: the flat index of each row's)."""
    if outcome.value is None:
        return RowOutcome.undefined(outcome.reason or "undefined")
    return RowOutcome(outcome.value, influence(table, outcome).ravel()[cells])


def centred(values: Floats) -> Floats:
    """Deviations from the mean, shape (n,); exactly 0 where all values are the same."""
    if values.size and float(values.min()) == float(values.max()):
        return np.zeros_like(values)
    return values - float(values.mean())
