"""Intervals by resampling: bootstrap (percentile and BCa) and jackknife of any table statistic, by cluster.

A statistic of a table depends on how many rows fall in each cell only, so rows are not drawn one by one: independent
rows that share a cell, and clusters that fill the table alike, are drawn together from a multinomial distribution.

Krippendorff's alpha is a function of the coincidence matrix, to which every unit adds its own pairs. Both methods add
up the units' matrices again, each cluster with another weight; a unit's ratings stay together, since a bootstrap of
single pairs (as in the SPSS macro KALPHA) covers far too little with three raters or more.

Source: Efron & Tibshirani (1993), An Introduction to the Bootstrap.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal, TypeAlias

import numpy as np

from judgebench.stats.coefficients.krippendorff import alpha_of_coincidences, alpha_units, coincidences
from judgebench.stats.inference.intervals import Interval, t_interval
from judgebench.stats.influence import Influences

if TYPE_CHECKING:
    from collections.abc import Callable

    from judgebench.stats.crosstab import Floats, Ints, Level
    from judgebench.stats.influence import Clusters

    Statistic: TypeAlias = Callable[[Ints], float | None]

Method: TypeAlias = Literal["bca", "bootstrap", "jackknife"]

#: Resamples: the Monte Carlo error of a bound is then about a seventeenth of the standard error.
DRAWS = 2_000
#: Beyond this share of resamples without a value, the others are not a sample of anything.
_UNDEFINED = 0.05
#: Coverage of the intervals.
_COVERAGE = 0.95
#: Matrices made at a time are this many numbers.
_CHUNK = 1 << 22


@dataclass(frozen=True, slots=True)
class Parts:
    """A table as a sum of the tables of its clusters; those alike are kept once.

    ``tables``, shape (u, cells), are the distinct counts of a cluster, ``times`` the clusters with each, ``shape`` that
    of the table.
    """

    tables: Ints
    times: Ints
    shape: tuple[int, int]

    @classmethod
    def of(cls, cells: Ints, shape: tuple[int, int], clusters: Clusters) -> Parts:
        """Count the cells of each cluster, given the flat cell of each row."""
        size = shape[0] * shape[1]
        if clusters.independent:
            times = np.bincount(cells, minlength=size)
            used = np.flatnonzero(times)
            return cls(np.eye(size, dtype=np.int64)[used], times[used], shape)
        # Only the cells in use: a wide table of many clusters would not fit.
        used, codes = np.unique(cells, return_inverse=True)
        counts = np.zeros((clusters.count, used.size), dtype=np.int32)
        np.add.at(counts, (clusters.codes, codes), 1)
        distinct, times = np.unique(counts, axis=0, return_counts=True)
        tables = np.zeros((len(distinct), size), dtype=np.int64)
        tables[:, used] = distinct
        return cls(tables, times, shape)

    @property
    def groups(self) -> int:
        """Number of clusters."""
        return int(self.times.sum())

    @property
    def total(self) -> Ints:
        """The whole table, shape (cells,)."""
        total: Ints = np.einsum("u,uc->c", self.times, self.tables)
        return total

    def values(self, tables: Ints, statistic: Statistic) -> Floats:
        """Evaluate a statistic on tables, shape (b,); NaN marks those without a value."""
        found = (statistic(counts.reshape(self.shape)) if counts.any() else None for counts in tables)
        return np.array([math.nan if one is None else one for one in found], dtype=np.float64)


def resampled(
    parts: Parts,
    statistic: Statistic,
    method: Method,
    *,
    low: float = -1.0,
    high: float = 1.0,
    draws: int = DRAWS,
    seed: int = 0,
) -> Interval:
    """Interval (95 %) of a table statistic, None where it is undefined, by resampling its clusters.

    ``bootstrap``: the quantiles of the statistic on resampled tables. ``bca``: those quantiles, moved by the bias
    ``z0 = Phi^-1(share of resamples below the value)`` and the acceleration ``a = sum d^3 / (6 (sum d^2)^1.5)`` of the
    values without one cluster each, ``d = mean - value``. ``jackknife``: ``SE^2 = (G - 1) / G sum d^2``, Student's t on
    the Fisher-z scale of the range.

    The interval names the method in fact used: ``bca`` falls back on ``bootstrap`` where bias or acceleration can't be
    worked out. There are no bounds for fewer than 2 clusters, where the statistic has no value or never moves, and
    where more than 5 % of the resamples (or a table less one cluster) have none.

    Source: Efron (1987), Better bootstrap confidence intervals; Efron & Tibshirani (1993), An introduction to the
    bootstrap. Kappa of PandaLM-7B with the majority of three annotators, 0.435, on 999 items:

    >>> from judgebench.stats.coefficients.chance import cohen_kappa
    >>> from judgebench.stats.crosstab import Crosstab
    >>> counts = np.array([[32, 35, 38], [40, 298, 84], [35, 100, 337]])
    >>> parts = Parts(np.eye(9, dtype=int), counts.ravel(), (3, 3))
    >>> kappa = lambda counts: cohen_kappa(Crosstab(counts / counts.sum(), counts.sum(), 3, np.arange(3.0))).value
    >>> found = resampled(parts, kappa, "bca")
    >>> found.method, round(found.low, 2), round(found.high, 2)
    ('bca', 0.39, 0.48)
    """
    none = Interval(None, None, None, "")
    groups = parts.groups
    value = statistic(parts.total.reshape(parts.shape)) if groups else None
    if value is None or groups < 2:
        return none
    if method == "jackknife":
        return _left_out(_without_one(parts, statistic), parts.times, value, low, high)
    rng = np.random.default_rng(seed)
    times = rng.multinomial(groups, parts.times / groups, draws)
    # One product of whole numbers: exact in any order.
    found = parts.values(np.einsum("bu,uc->bc", times, parts.tables), statistic)
    defined = np.sort(found[~np.isnan(found)])
    if defined.size < (1 - _UNDEFINED) * draws or np.ptp(defined) <= 0:
        return none
    ends = np.array([(1 - _COVERAGE) / 2, (1 + _COVERAGE) / 2])
    used = "bootstrap"
    if method == "bca":
        moved = _bca_ends(ends, defined, value, parts, statistic)
        if moved is not None:
            ends, used = moved, "bca"
    bottom, top = (float(bound) for bound in np.quantile(defined, ends))
    return Interval(bottom, top, float(defined.std(ddof=1)), f"{used}-clusters" if _shared(parts) else used)


def _shared(parts: Parts) -> bool:
    return bool((parts.tables.sum(axis=1) != 1).any())


def _without_one(parts: Parts, statistic: Statistic) -> Floats:
    """Values without one cluster of each kind, shape (u,)."""
    return parts.values(parts.total - parts.tables, statistic)


def _bca_ends(ends: Floats, defined: Floats, value: float, parts: Parts, statistic: Statistic) -> Floats | None:
    from scipy.special import ndtr, ndtri

    # A draw that hits the value itself lies half below it; ties are common with few rows.
    below = np.searchsorted(defined, value - 1e-12) + np.searchsorted(defined, value + 1e-12)
    share = below / (2 * defined.size)
    less = _without_one(parts, statistic)
    if not 0 < share < 1 or np.isnan(less).any():
        return None
    gaps = float((parts.times * less).sum() / parts.groups) - less
    squares = float((parts.times * gaps**2).sum())
    if squares <= 0:
        return None
    acceleration = float((parts.times * gaps**3).sum()) / (6 * squares**1.5)
    bias = float(ndtri(share))
    reach = bias + ndtri(ends)
    if (1 - acceleration * reach <= 0).any():
        return None
    moved: Floats = ndtr(bias + reach / (1 - acceleration * reach))
    return moved


def _left_out(less: Floats, times: Ints, value: float, low: float, high: float) -> Interval:
    """Jackknife of a value, from the values without one cluster, each of which stands for so many clusters."""
    if np.isnan(less).any():
        return Interval(None, None, None, "")
    groups = int(times.sum())
    center = float((times * less).sum()) / groups
    # `Influences.se` multiplies the sum of squares by G / (G - 1); the jackknife's own factor is (G - 1) / G.
    influences = np.repeat((less - center) * ((groups - 1) / groups), times)
    found = t_interval(Influences(value, groups, np.arange(groups), influences), low=low, high=high)
    return Interval(found.low, found.high, found.se, "jackknife-t" if found.low is not None else "")


def two_way(first: Influences, second: Influences, crossed: Influences) -> float | None:
    """Give the standard error of an estimate whose rows are clustered in two ways, as by question and by system.

    ``V = V_first + V_second - V_both``, not below 0, where V_both sums the influences in the cells that both ways share
    (``crossed``): single rows, if every system answers a question once. None where either way has a single cluster;
    with fewer than about 20 clusters either way the error is rough.
    Source: Cameron, Gelbach & Miller (2011), Robust inference with multiway clustering.
    """
    errors = first.cr1, second.cr1, crossed.cr1
    if errors[0] is None or errors[1] is None or errors[2] is None:
        return None
    return math.sqrt(max(0.0, errors[0] ** 2 + errors[1] ** 2 - errors[2] ** 2))


def alpha_resampled(
    ratings: Ints,
    categories: int,
    values: Floats,
    level: Level,
    clusters: Clusters,
    method: Literal["bootstrap", "jackknife"],
    *,
    draws: int = DRAWS,
    seed: int = 0,
) -> Interval:
    """Interval (95 %) of `alpha_units` from clusters of units: drawn with replacement, or left out one at a time.

    ``bootstrap``: percentiles; ``jackknife``: as in `resampled`. Without bounds where alpha is undefined, with fewer
    than 2 clusters, where more than 5 % of the resamples (or alpha less one cluster) have none, and where all resamples
    have the same.
    """
    none = Interval(None, None, None, "")
    made = _by_cluster(ratings, categories, values, level, clusters)
    if made is None:
        return none
    parts, places, value = made
    groups = len(parts)
    if method == "jackknife":
        total, step = parts.sum(axis=0), max(1, _CHUNK // parts.shape[1])
        less = [_alphas(total - parts[start : start + step], places, level) for start in range(0, groups, step)]
        return _left_out(np.concatenate(less), np.ones(groups, dtype=np.int64), value, -1.0, 1.0)
    rng = np.random.default_rng(seed)
    step = max(1, _CHUNK // max(parts.shape[1], groups))
    found: list[Floats] = []
    for start in range(0, draws, step):
        times = rng.multinomial(groups, np.full(groups, 1 / groups), size=min(step, draws - start))
        found.append(_alphas(times @ parts, places, level))
    alphas = np.concatenate(found)
    defined = alphas[~np.isnan(alphas)]
    if defined.size < (1 - _UNDEFINED) * draws or float(np.ptp(defined)) == 0.0:
        return none
    low, high = np.quantile(defined, [(1 - _COVERAGE) / 2, (1 + _COVERAGE) / 2])
    return Interval(float(low), float(high), float(defined.std(ddof=1)), "unit-bootstrap")


def _by_cluster(
    ratings: Ints, categories: int, values: Floats, level: Level, clusters: Clusters
) -> tuple[Floats, Floats, float] | None:
    """Sum the coincidences of each cluster with a pair, shape (G, k * k); with the categories' places and alpha."""
    found = alpha_units(ratings, categories, values, level)
    if isinstance(found, str):
        return None
    # Categories that nobody used only cost room; the ends of the scale stay, for they set the largest distance.
    used = np.bincount(ratings[ratings >= 0], minlength=categories) > 0
    used[[0, max(len(values) - 1, 0)]] = True
    smaller = np.where(ratings < 0, -1, (np.cumsum(used) - 1)[ratings])
    places = values[np.flatnonzero(used[: len(values)])]
    parts = coincidences(smaller, int(used.sum()), clusters.codes, clusters.count).reshape(clusters.count, -1)
    parts = parts[parts.any(axis=1)]
    return None if len(parts) < 2 else (parts, places, found[0])


def _alphas(sums: Floats, values: Floats, level: Level) -> Floats:
    size = math.isqrt(sums.shape[1])
    return alpha_of_coincidences(sums.reshape(-1, size, size), values, level)
