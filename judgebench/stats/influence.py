"""Estimates with the influence of every cluster, deterministic and without resampling.

Every estimate is carried by its `Influences`: the value and, per cluster, the sum of its rows' influences. Sums,
differences and means of estimates are sums of these, so one formula gives every standard error. n rows lie in G
clusters; cells are those of a table of shape (k, k).
"""

from __future__ import annotations

import math
from dataclasses import dataclass, field, replace
from functools import partial
from typing import TYPE_CHECKING

import numpy as np

from judgebench.stats.cluster_errors import cr2, design_effect, effective_number, spread, told_of
from judgebench.stats.crosstab import TINY

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from judgebench.stats.crosstab import Crosstab, Floats, Ints, Outcome

#: Codes that are so many times as many as rows are sorted, not counted.
_SPARSE = 100
#: A value this near to 0 or 1 is rounding around it.
_ROUNDING = 1e-9


@dataclass(frozen=True, slots=True)
class Clusters:
    """Which rows belong together.

    ``codes`` of rows, shape (n,), are 0 .. G - 1; ``ids`` say what each means, ``sizes`` count its rows, shape (G,).
    """

    codes: Ints
    ids: Ints
    sizes: Ints

    @classmethod
    def of(cls, cluster: Ints) -> Clusters:
        """Close the gaps in cluster codes, which are not negative."""
        if int(cluster.max(initial=0)) > _SPARSE * cluster.size:
            ids, codes, sizes = np.unique(cluster, return_inverse=True, return_counts=True)
            return cls(codes, ids, sizes)
        sizes = np.bincount(cluster) if cluster.size else np.zeros(0, dtype=np.int64)
        ids = np.flatnonzero(sizes)
        if ids.size == sizes.size:
            return cls(cluster, ids, sizes)
        return cls((np.cumsum(sizes > 0, dtype=np.int32) - 1)[cluster], ids, sizes[ids])

    def take(self, rows: Ints) -> Clusters:
        """Clusters of some rows, which may come several times, with the same meaning."""
        own = Clusters.of(self.codes[rows])
        return Clusters(own.codes, self.ids[own.ids], own.sizes)

    @property
    def count(self) -> int:
        """Number of clusters G."""
        return self.ids.size

    @property
    def independent(self) -> bool:
        """Whether every cluster is a single row."""
        return self.ids.size == self.codes.size

    @property
    def effective(self) -> float:
        """Number of clusters of one size that would tell as much: ``1 / sum h^2`` for the shares h of the rows."""
        return float(effective_number(self.sizes))

    @property
    def shares(self) -> Floats | None:
        """Share of the rows in each cluster, shape (G,); None where all are single rows."""
        return None if self.independent else self.sizes / self.codes.size

    def sums(self, per_row: Floats) -> Floats:
        """Sum of a quantity in each cluster, shape (G,)."""
        found: Floats = np.bincount(self.codes, weights=per_row, minlength=self.count).astype(np.float64, copy=False)
        return found


@dataclass(frozen=True, slots=True)
class Influences:
    """An estimate on n rows and the influence of each cluster on it.

    ``ids``, shape (G,), are the clusters' codes; ``sums``, shape (G,), the sums of their rows' influences, over n;
    ``shares``, shape (G,), those of the variance that rows would have if they were independent, None where they are
    equal. ``deff`` is the design effect, where it is known, and ``rows`` how many the clusters hold, where estimates on
    the same rows were added up. The standard error (None for fewer than 2 clusters), its degrees of freedom and the
    ``effective`` number of clusters are those of `cr2`.
    """

    value: float
    n: int
    ids: Ints
    sums: Floats
    shares: Floats | None = None
    deff: float | None = None
    rows: int | None = None
    se: float | None = field(init=False)
    df: float = field(init=False)
    effective: float = field(init=False)

    def __post_init__(self) -> None:
        """Work out the error once: it is asked for often."""
        groups = self.sums.size
        se, df, effective = self.cr1, groups - 1.0, float(groups)
        if self.shares is not None and groups > 1:
            rows = self.n if self.rows is None else self.rows
            variance, df, effective = (float(one) for one in cr2(self.sums, self.shares, rows))
            # All that tells anything may lie in one cluster, of which `cr2` leaves a billionth to the others.
            se = math.sqrt(variance) if effective > 1 + 10 * _ROUNDING else None
        for name, value in (("se", se), ("df", df), ("effective", effective)):
            object.__setattr__(self, name, value)

    @property
    def cr1(self) -> float | None:
        """Standard error with the factor G / (G - 1) for all clusters alike (CR1); None for fewer than 2."""
        groups = self.sums.size
        # Not a dot product: BLAS would start threads for it, and its last digits depend on their number.
        return None if groups < 2 else math.sqrt(groups / (groups - 1) * float(np.square(self.sums).sum()))

    def on(self, ids: Ints) -> Influences:
        """Spread the sums over these clusters, which hold all of the own; the others have none of it."""
        sums = np.zeros(ids.size)
        sums[np.searchsorted(ids, self.ids)] = self.sums
        return replace(self, ids=ids, sums=sums, shares=None)


def influence(table: Crosstab, outcome: Outcome) -> Floats:
    """Influence of a row in each cell, shape (k, k), on a defined outcome; it averages to 0 over the rows.

    Source: Hampel (1974), The influence curve and its role in robust estimation.
    """
    if outcome.gradient is None:
        raise ValueError(f"an undefined outcome ({outcome.reason}) has no influence function")
    return outcome.gradient - float((table.joint * outcome.gradient).sum())


def influences_of(
    table: Crosstab, outcome: Outcome, cells: Ints, clusters: Clusters, counts: CellCounts | None = None
) -> Influences:
    """Carry a coefficient's influence from cells (``cells``: the flat index of each row's) to clusters.

    They are on the clusters with a row in the denominator: of 100 questions of which three have positive items,
    three say something of the rate on these, and an interval of it has 2 degrees of freedom.
    """
    if outcome.value is None:
        raise ValueError(f"an undefined outcome ({outcome.reason}) has no influences")
    per_cell = influence(table, outcome)

    def add(quantity: Floats) -> Floats:
        return clusters.sums(quantity.ravel()[cells]) if counts is None else counts.sums(quantity)

    if clusters.independent:
        found = Influences(outcome.value, table.n, clusters.ids, add(per_cell) / table.n, None, 1.0)
    else:
        rare = None
        if outcome.n is not None:
            # Of a share, the rarer side: what is above the value, or below it.
            rare = (per_cell > 0) == (outcome.value < 1 / 2)
        told = partial(told_of, table, outcome)
        own = spread(table.joint, table.n, per_cell, add, clusters.sizes, rare, outcome.within, told)
        found = Influences(outcome.value, table.n, clusters.ids, own.sums, own.shares, float(own.deff))
    if outcome.within is None:
        return found
    # Shares are those of the rows of the denominator.
    counted = np.flatnonzero(add(outcome.within.astype(np.float64)) if found.shares is None else found.shares)
    shares = None if found.shares is None else found.shares[counted]
    return Influences(found.value, found.n, found.ids[counted], found.sums[counted], shares, found.deff)


@dataclass(frozen=True, slots=True)
class CellCounts:
    """How many rows each cluster has in each cell that occurs: ``rows``, shape (c, G), in the flat ``cells``, (c,)."""

    cells: Ints
    rows: Floats

    @classmethod
    def of(cls, cells: Ints, clusters: Clusters) -> CellCounts | None:
        """Count the rows, given the flat cell of each; None where that would be more than twice as many numbers."""
        if clusters.independent:
            return None
        used, groups = np.flatnonzero(np.bincount(cells)), clusters.count
        if used.size * groups > 2 * cells.size:
            return None
        place = np.zeros(used[-1] + 1, dtype=np.int64)
        place[used] = np.arange(used.size) * groups
        rows = np.bincount(place[cells] + clusters.codes, minlength=used.size * groups)
        return cls(used, rows.reshape(used.size, groups).astype(np.float64))

    def sums(self, per_cell: Floats) -> Floats:
        """Sum of a quantity per cell, shape (k, k), over the rows of each cluster, shape (G,)."""
        # Not a matrix product: BLAS would start threads for it.
        found: Floats = np.einsum("cg,c->g", self.rows, per_cell.ravel()[self.cells])
        return found


def mean(values: Floats, clusters: Clusters) -> Influences:
    """Mean of a quantity per row, of which there is at least one.

    Source: Miller (2024), Adding error bars to evals, for clustered standard errors of a mean.
    """
    center = float(values.mean())
    return _of_rows(center, (values - center), clusters)


def _of_rows(value: float, influence: Floats, clusters: Clusters) -> Influences:
    """Sum the influences of rows in clusters; the design effect of a share needs no table."""
    found = Influences(value, influence.size, clusters.ids, clusters.sums(influence / influence.size), clusters.shares)
    return replace(found, deff=_deff_of_share(found, influence, clusters))


def _deff_of_share(found: Influences, influence: Floats, clusters: Clusters) -> float | None:
    """Design effect of a share of rows; None of another mean."""
    if clusters.independent:
        return 1.0
    hits = influence > 1 / 2 - found.value
    if np.abs(influence + found.value - hits).max() > _ROUNDING or found.se is None:
        return None
    seen = effective_number(clusters.sums((hits == (found.value < 1 / 2)).astype(np.float64)))
    independent = found.value * (1 - found.value) / max(found.n - 1, 1)
    return float(design_effect(independent, found.se**2, found.n, found.effective, seen))


def combine(parts: Sequence[Influences], weights: Sequence[float], value: float | None = None) -> Influences:
    """Weighted sum of one or more estimates that may share clusters, on the clusters that any of them has.

    ``value`` is given where it is not the weighted sum (a ratio with the weights of its derivative).
    Source: Miller (2024), Adding error bars to evals: paired differences.
    """
    ids = np.concatenate([part.ids for part in parts])
    sums = np.concatenate([w * part.sums for part, w in zip(parts, weights, strict=True)])
    joined = Clusters.of(ids)
    added = sum(w * part.value for part, w in zip(parts, weights, strict=True)) if value is None else value
    # Each part brings its variance; parts without any, such as perfect ones, count by their weights.
    variances = [w * w * float(np.square(part.sums).sum()) for part, w in zip(parts, weights, strict=True)]
    carried = variances if sum(variances) > TINY**2 else [w * w + TINY for w in weights]
    told = [
        one * (np.full(part.sums.size, 1 / part.sums.size) if part.shares is None else part.shares)
        for part, one in zip(parts, carried, strict=True)
    ]
    shares = joined.sums(np.concatenate(told))
    n = sum(part.n for part in parts)
    # Parts on the same clusters are on the same rows.
    held = sum(part.n if part.rows is None else part.rows for part in parts)
    rows = round(held * joined.ids.size / max(1, ids.size))
    return Influences(added, n, joined.ids, joined.sums(sums), shares / shares.sum(), rows=rows)


def resting_on(estimate: Influences, rows: Floats) -> Influences:
    """Let an estimate rest on those rows that say anything of what it is about, so many in each cluster, shape (G,).

    Clusters of single ratings move the margins of a chance term a little, and tell nothing of agreement; counted as
    evidence they would make five shared items as sure as two hundred.
    """
    return replace(estimate, shares=rows / rows.sum())


@dataclass(frozen=True, slots=True)
class RowOutcome:
    """A figure with the influence of every row, or the reason (``no_items``, ``one_class`` ...) why it has none.

    Influences, shape (n,), have mean 0 and the units of the figure: the standard error of independent rows is
    ``sqrt(sum(influence ** 2)) / n``. None where the data carry no standard error. ``chance`` is the expected agreement
    of many raters, whose rows are units. ``without`` gives the values without each cluster, for a jackknife, and
    ``told``, values of shape (n,), how much each row tells then.
    """

    value: float | None
    influence: Floats | None = None
    reason: str | None = None
    chance: float | None = None
    without: Callable[[Clusters], Floats] | None = None
    told: Callable[[], Floats] | None = None

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
        return _of_rows(self.value, self.influence, clusters)


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
