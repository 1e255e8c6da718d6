"""Estimates with the influence of every cluster, deterministic and without resampling.

Every estimate is carried by its `Influences`: the value and, per cluster, the sum of its rows' influences. Sums,
differences and means of estimates are sums of these, so one formula gives every standard error. n rows lie in G
clusters; cells are those of a table of shape (k, k).
"""

from __future__ import annotations

import math
from dataclasses import dataclass, field, replace
from functools import partial
from typing import TYPE_CHECKING, TypeAlias

import numpy as np
import numpy.typing as npt

from judgebench.stats.crosstab import TINY, filled, margins, missed, total

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from judgebench.stats.crosstab import Crosstab, Floats, Outcome

Ints: TypeAlias = npt.NDArray[np.integer]

#: A disagreement that fewer clusters show says little of how alike their rows are; so alike they then count.
FEW_SHOW, ALIKE = 5, 1 / 5
#: Where no cluster has more than this share of the rows, each carries about that share of the variance.
_SMALL = 1 / 1000
#: Where no cluster has more than this share, all shares lead to the same quantile of t.
_LARGE = 1 / 100
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
        rows = float(self.codes.size)
        return rows**2 / float(np.square(self.sizes.astype(np.float64)).sum()) if rows else 0.0

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


def cr2(sums: Floats, shares: Floats, rows: int = 0) -> tuple[Floats, Floats, Floats]:
    """Variance of an estimate from its clusters' summed influences, degrees of freedom, effective number of clusters.

    ``V = sum s^2 / (1 - h)`` for the clusters' shares h of the variance that independent rows would give, which sum to
    1; ``df = 1 / (sum h^2 + (sum b)^2 - sum b^2)`` with ``b = h^2 / (1 - h)``, at least 1; ``1 / sum h^2``. Clusters
    that are alike give the factor G / (G - 1) and G - 1. Of so many ``rows``, df are no more than leave the interval
    its level where those of a cluster are one fifth alike (`_alike`). The clusters are the last axis.
    Source: Bell & McCaffrey (2002), Bias reduction in standard errors for linear regression with multi-stage samples;
    Satterthwaite (1946), An approximate distribution of estimates of variance components.
    """
    h = np.minimum(shares, 1 - 1e-9)
    effective = 1 / np.square(h).sum(axis=-1)
    df = np.maximum(1.0, _free(h, h))
    if rows and (h > _LARGE).any():
        df = np.minimum(df, _alike(h, df, rows))
    return (np.square(sums) / (1 - h)).sum(axis=-1), df, effective


def _free(h: Floats, w: Floats) -> Floats:
    """Satterthwaite's degrees of freedom of ``sum e^2 / (1 - h)``, the e being independent parts, less their mean.

    ``w`` are the clusters' shares of the variance that they have: the e are what an estimate's error doesn't explain of
    its parts.
    """
    parts, b = (w - w * w) / (1 - h), w * w / (1 - h)
    others = np.maximum(0.0, b.sum(axis=-1) ** 2 - np.square(b).sum(axis=-1))
    return np.asarray(parts.sum(axis=-1) ** 2 / (np.square(parts).sum(axis=-1) + others))


def _alike(h: Floats, df: Floats, rows: int) -> Floats:
    """Degrees of freedom with which t is as wide as it must be where rows of a cluster are one fifth alike.

    Two clusters that hold most rows then decide an estimate nearly alone, and where both err to one side the sums of
    their influences, which are taken from the mean of all, don't show it. With shares w of the true variance,
    ``s = (w - h) T + e`` for the estimate's error T, and with ``A = sum (w - h)^2 / (1 - h)``, ``M = sum (w - w^2) /
    (1 - h)`` and t of the degrees of freedom that the e leave, T lies within ``t / sqrt(M + A t^2)`` errors.
    """
    from scipy.special import stdtridf, stdtrit  # noqa: PLC0415 - loaded on use

    w = h * (1 + np.maximum(h * rows - 1, 0.0) * ALIKE)
    w /= w.sum(axis=-1, keepdims=True)
    shown, kept = (np.square(w - h) / (1 - h)).sum(axis=-1), ((w - w * w) / (1 - h)).sum(axis=-1)
    with np.errstate(invalid="ignore"):
        # One cluster has all of the variance: nothing is free.
        t = stdtrit(np.maximum(1.0, _free(h, w)), 0.975)
        needed = t / np.sqrt(kept + shown * np.square(t))
    wider = needed > stdtrit(df, 0.975) * (1 + _ROUNDING)
    return np.asarray(np.where(wider, stdtridf(0.975, np.where(wider, needed, 2.0)), df))


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


def told_of(table: Crosstab, outcome: Outcome, influence: Floats) -> Floats:
    """Let a row without a verdict tell as much as the wrong label that it counts as."""
    placed = outcome.completion.placed if outcome.completion is not None else missed(table)
    if placed is None or table.silent is None:
        return told_by_cell(table.joint, influence)
    found = told_by_cell(filled(table.joint, table.silent, placed), influence)
    found[:, table.silent] = (placed * found).sum(axis=1)
    return found


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


@dataclass(frozen=True, slots=True)
class Spread:
    """What clusters say of an error: sums of influences, and shares, shape (..., G), and the design effect."""

    sums: Floats
    shares: Floats
    deff: Floats


def spread(
    joint: Floats,
    n: int,
    influence: Floats,
    sums: Callable[[Floats], Floats],
    sizes: Floats | Ints,
    rare: npt.NDArray[np.bool_] | None = None,
    within: npt.NDArray[np.bool_] | None = None,
    told_by: Callable[[Floats], Floats] | None = None,
) -> Spread:
    """Measure an estimate's error in clusters of a table's n rows.

    ``influence`` and ``joint`` have the shape (..., k, k), ``sizes``, (..., G), are the clusters' rows, and ``sums``
    adds up a quantity per cell in each cluster, (..., k, k) -> (..., G). ``rare`` are the cells of `design_effect`, by
    default all where the labels differ. An estimate on the rows of some cells (``within``) has their shares; others
    those of what rows tell, by default `told_by_cell`.
    """
    largest = sizes.max(axis=-1)
    if within is not None:
        told = sums(np.broadcast_to(within, influence.shape).astype(np.float64))
    elif (largest < n * _SMALL).all():
        told = np.asarray(sizes, dtype=np.float64)
    else:
        told = sums(told_by_cell(joint, influence) if told_by is None else told_by(influence))
    whole = told.sum(axis=-1)[..., None]
    shares = np.where(whole > TINY * n, told / np.where(whole > 0, whole, 1.0), sizes / n)
    pulls = sums(influence) / n
    variance, _, effective = cr2(pulls, shares)
    squares = np.square(influence)
    shown = ~np.eye(*joint.shape[-2:], dtype=np.bool_) if rare is None else rare
    # What rounding leaves of an influence of 0 shows nothing.
    odd = np.where(shown & (squares > TINY**2), squares, 0.0)
    # In at least so many clusters, as none has more rows than the largest.
    most = largest * odd.max(axis=(-2, -1))
    seen = n * total(joint * odd) / np.where(most > 0, most, np.inf)
    if (seen < FEW_SHOW).any():
        by_cluster = sums(odd)
        most = np.square(by_cluster).sum(axis=-1)
        seen = by_cluster.sum(axis=-1) ** 2 / np.where(most > 0, most, np.inf)
    independent = total(joint * squares) / max(1, n - 1)
    rows = n if within is None else whole[..., 0]
    return Spread(pulls, shares, design_effect(independent, variance, rows, effective, seen))


def design_effect(
    independent: Floats | float,
    variance: Floats | float,
    n: Floats | float,
    effective: Floats | float,
    seen: Floats | float,
) -> Floats:
    """Variance over that of ``independent`` rows, held up while few clusters show what is rare.

    ``seen`` is in how many clusters a disagreement (of a share: its rarer side) occurs, ``(sum e)^2 / sum e^2`` for the
    sums e of its squared influences. A design effect that one or two clusters show is no evidence that rows are
    independent: below five, rows of a cluster count as one fifth alike, as far as these are missing.
    """
    deff = np.where(independent > 1e-14, variance / np.maximum(independent, 1e-14), 1.0)
    floor = 1 + (n / effective - 1) * ALIKE
    part = np.minimum(1.0, seen / np.minimum(FEW_SHOW, effective / 2))
    held: Floats = np.maximum(0.05, np.where(part < 1, np.maximum(deff, floor - (floor - deff) * part), deff))
    return held


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
    rare = clusters.sums((hits == (found.value < 1 / 2)).astype(np.float64))
    most = float(np.square(rare).sum())
    seen = float(rare.sum()) ** 2 / most if most else 0.0
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
