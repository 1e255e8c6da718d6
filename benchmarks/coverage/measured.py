"""A figure of all data sets of a cell at once, with the package's own interval and with CR1's.

What `judgebench score` does for one table is done here for thousands: the same functions, with one more axis. A test
holds the bounds of both against each other. Shapes: R data sets, G clusters, k labels.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING, TypeAlias

import numpy as np
from scipy.special import stdtrit

from judgebench.stats.cluster_errors import cr2, spread
from judgebench.stats.crosstab import Crosstab, Evaluated, by_table, total
from judgebench.stats.inference import score_path
from judgebench.stats.inference.score_path import score_interval, share_interval

if TYPE_CHECKING:
    from judgebench.stats.coefficients.catalog import Metric
    from judgebench.stats.crosstab import Floats, Outcome

#: Bounds of each data set, NaN where there are none.
Bounds: TypeAlias = tuple["Floats", "Floats"]


@dataclass(frozen=True, slots=True)
class Measured:
    """Values, shape (R,), influences of cells, (R, k, k), sums and shares of clusters, (R, G), and bounds."""

    value: Floats
    bounds: Bounds
    cr1: Bounds
    influence: Floats
    sums: Floats
    shares: Floats

    @classmethod
    def joined(cls, parts: list[Measured], order: np.ndarray) -> Measured:
        """Put groups of data sets together again, in their own order."""

        def one(name: str) -> Floats:
            return np.concatenate([getattr(part, name) for part in parts])[order]

        def both(name: str) -> Bounds:
            low, high = (np.concatenate([getattr(part, name)[side] for part in parts])[order] for side in (0, 1))
            return low, high

        return cls(one("value"), both("bounds"), both("cr1"), one("influence"), one("sums"), one("shares"))


def table(joint: Floats, n: int) -> Crosstab:
    """Give a table the meaning of its labels."""
    k = len(joint)
    values = np.arange(float(k))
    return Crosstab(joint, n, k, values, "interval" if k > 3 else "nominal", positive=1 if k == 2 else None)


def true_value(metric: Metric, joint: Floats) -> float | None:
    """Value in the population."""
    return metric(table(joint, 10**9)).value


def measure(metric: Metric, counts: np.ndarray, *, lone: bool, level: float = 0.95) -> Measured:
    """Measure a metric of tables, (R, G, k, k), with its default interval and with CR1's.

    Data sets in which other labels occur are other problems: a mean over classes has fewer of them.
    """
    gold, judge = counts.sum(axis=(1, 3)) > 0, counts.sum(axis=(1, 2)) > 0
    patterns = np.unique(np.hstack([gold, gold | judge]), axis=0, return_inverse=True)[1].ravel()
    order = np.argsort(patterns, kind="stable")
    alike = (counts[patterns == pattern] for pattern in range(patterns.max() + 1))
    parts = [_alike(metric, some, lone=lone, level=level) for some in alike]
    return Measured.joined(parts, np.argsort(order, kind="stable"))


def _alike(metric: Metric, counts: np.ndarray, *, lone: bool, level: float) -> Measured:
    n = int(counts[0].sum())
    joint = counts.sum(axis=1) / n
    outcomes = (metric(table(one, n)) for one in joint)
    outcome = next((one for one in outcomes if one.value is not None), None)
    if outcome is None:
        return _nothing(counts)
    path = outcome.surface is not None and not metric.proportion
    surface = outcome.surface if path and outcome.surface is not None else partial(_plain, outcome, metric.proportion)
    value, gradient, chance = surface(joint)
    influence = gradient - by_table(total(joint * gradient))
    cells = counts.reshape(*counts.shape[:2], -1).astype(np.float64)

    def sums(per_cell: Floats) -> Floats:
        return np.einsum("rgc,rc->rg", cells, np.broadcast_to(per_cell, joint.shape).reshape(len(joint), -1))

    within = np.ones(joint.shape[1:], dtype=bool) if outcome.within is None else outcome.within
    rows, counted = n * total(joint * within), sums(within.astype(float))
    if lone:
        deff, df = np.ones(len(joint)), np.full(len(joint), n - 1.0)
        variance = total(joint * influence**2) / (n - 1)
        pulls, shares, known = sums(influence) / n, np.ones((len(joint), 1)), rows > 0
        groups = rows
    else:
        rare = (influence > 0) == by_table(value < 0.5) if outcome.n is not None else None
        own = spread(joint, n, influence, sums, counts.sum(axis=(2, 3)), rare, outcome.within)
        variance, df, effective = cr2(own.sums, own.shares, n)
        deff, pulls, shares = own.deff, own.sums, own.shares
        groups = np.count_nonzero(counted, axis=1).astype(float)
        known = (groups > 1) & (effective > 1 + 1e-6)
    limits = (metric.low if outcome.low is None else outcome.low, metric.high if outcome.high is None else outcome.high)
    if metric.proportion:
        bounds = share_interval(value * rows, rows, deff, df, level)
    elif path:
        bounds = score_interval(surface, joint, n, deff, df, bounds=limits, down=metric.down, level=level)
    else:
        bounds = around(value, np.sqrt(variance), stdtrit(df, (1 + level) / 2), limits)
    # Of lone rows: those in the denominator are the clusters.
    squares = variance * (n - 1) / n if lone else (pulls**2).sum(axis=1)
    simple = squares * groups / np.maximum(groups - 1, 1)
    old = cr1(metric, value, np.sqrt(simple), groups, rows, chance, limits, lone=lone)
    known &= ~np.isnan(value)
    bounds = _where(known & (not outcome.no_interval), bounds)
    return Measured(value, bounds, _where(known, old), influence, pulls, shares)


def _nothing(counts: np.ndarray) -> Measured:
    sets, groups, *cells = counts.shape
    none, some = np.full(sets, np.nan), np.full((sets, groups), 1 / groups)
    return Measured(none, (none, none), (none, none), np.full((sets, *cells), np.nan), some * 0, some)


def _plain(outcome: Outcome, share: bool, joint: Floats) -> Evaluated:  # noqa: FBT001 - bound by position
    """Evaluate a share of some rows, or a mean of a quantity per cell, on many tables.

    The gradient of one table tells what a cell counts: a hit has the largest one, a mean's is its own less the mean.
    """
    if outcome.gradient is None or outcome.value is None:
        raise ValueError(outcome.reason)
    within = np.ones(joint.shape[1:]) if outcome.within is None else outcome.within.astype(float)
    gain = np.asarray(outcome.gradient) + (0.0 if outcome.within is None else outcome.value)
    if share and outcome.within is not None:
        # A rate of a label: the hit is on the diagonal.
        gain = np.eye(len(within)) * outcome.within
    with np.errstate(invalid="ignore", divide="ignore"):
        base = total(joint * within)
        value = total(joint * gain * within) / base
        return Evaluated(value, (gain - by_table(value)) * within / by_table(base), np.zeros_like(value))


def around(value: Floats, error: Floats, reach: Floats, limits: tuple[float, float]) -> Bounds:
    """Lay an interval of t around values, on the scale of `judgebench.stats.inference.intervals.t_interval`."""
    low, high = limits
    half = np.where(error < 1e-12, np.nan, reach * error)
    below, above = np.maximum(low, value - half), np.minimum(high, value + half)
    if not np.isfinite(low + high):
        return below, above
    unit = (high - low) / 2
    place = (value - low) / unit - 1
    inside = np.abs(place) < 1 - 1e-12
    safe = np.where(inside, place, 0.0)
    middle, wide = np.arctanh(safe), half / unit / (1 - safe**2)
    found = (low + unit * (1 + np.tanh(middle + side * wide)) for side in (-1, 1))
    one, two = (np.where(inside, own, edge) for own, edge in zip(found, (below, above), strict=True))
    return one, two


def cr1(
    metric: Metric,
    value: Floats,
    error: Floats,
    groups: Floats,
    rows: Floats,
    chance: Floats | None,
    limits: tuple[float, float],
    *,
    lone: bool,
) -> Bounds:
    """CR1's t on the scale of the range; Wilson's for shares of lone rows and where nothing varies."""
    if metric.proportion and lone:
        return wilson(value, rows)
    low, high = around(value, error, stdtrit(np.maximum(groups - 1, 1), 0.975), limits)
    top, none = value > 1 - 1e-12, error < 1e-12
    if metric.proportion:
        stuck = none & ((value < 1e-12) | top)
        sure = wilson(np.rint(value), groups)
        return np.where(stuck, sure[0], low), np.where(stuck, sure[1], high)
    if chance is not None:
        bottom = 1 - (1 - wilson(np.ones_like(value), groups)[0]) / np.maximum(1 - chance, 1e-12)
        return np.where(none & top, np.maximum(limits[0], bottom), low), np.where(none & top, value, high)
    return low, high


def wilson(share: Floats, n: Floats) -> Bounds:
    """Wilson's interval."""
    z2 = 1.959963984540054**2
    middle, half = share + z2 / (2 * n), np.sqrt(z2 * (share * (1 - share) / n + z2 / (4 * n * n)))
    return np.maximum(0, (middle - half) / (1 + z2 / n)), np.minimum(1, (middle + half) / (1 + z2 / n))


def _where(known: Floats, bounds: Bounds) -> Bounds:
    return np.where(known, bounds[0], np.nan), np.where(known, bounds[1], np.nan)


def tabulate() -> None:
    """Take quantiles of skewed distributions from a fine table: bounds are the same to 1e-6, in a third of the time."""
    exact = score_path.pearson3
    tables: dict[float, Floats] = {}
    grid = np.linspace(-6, 6, 48_001)

    def looked_up(p: Floats, skew: Floats) -> Floats:
        p, skew = np.broadcast_arrays(p, skew)
        levels = np.unique(p)
        if levels.size > 2:
            return exact(p, skew)
        found = np.empty(p.shape)
        for level in levels.tolist():
            known = (
                tables[level] if level in tables else tables.setdefault(level, exact(np.full(grid.shape, level), grid))
            )
            found[p == level] = np.interp(skew[p == level], grid, known)
        return found

    score_path.pearson3 = looked_up
