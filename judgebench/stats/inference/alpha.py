"""Krippendorff's alpha by resampling units: bootstrap and jackknife, as options beside the influence function.

Alpha is a function of the coincidence matrix, to which every unit adds its own pairs. Both methods add up the units'
matrices again, each cluster with another weight; no unit's ratings are drawn apart, since a bootstrap of single pairs
(as in the SPSS macro KALPHA) covers far too little with three raters or more. Arguments are those of `alpha_units`, and
the cluster of each unit.

Source: Efron & Tibshirani (1993), An Introduction to the Bootstrap.
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

import numpy as np

from judgebench.stats.coefficients.krippendorff import alpha_of_coincidences, alpha_units, coincidences
from judgebench.stats.inference.intervals import Interval, t_interval
from judgebench.stats.influence import Influences

if TYPE_CHECKING:
    import numpy.typing as npt

    from judgebench.stats.crosstab import Floats, Level
    from judgebench.stats.influence import Clusters

#: Matrices made at a time are this many numbers.
_CHUNK = 1 << 22
#: Beyond this share of resamples without an alpha (one label only), the others are no sample of anything.
_UNDEFINED = 0.05


def alpha_bootstrap(
    ratings: npt.NDArray[np.integer],
    categories: int,
    values: Floats,
    level: Level,
    clusters: Clusters,
    *,
    resamples: int = 2000,
    seed: int = 0,
    coverage: float = 0.95,
) -> Interval:
    """Percentile interval of alpha from clusters of units drawn with replacement.

    The same seed gives the same interval. Without bounds where alpha is undefined, with fewer than 2 clusters, where
    more than 5 % of the resamples have no alpha, and where all have the same.
    """
    made = _by_cluster(ratings, categories, values, level, clusters)
    if made is None:
        return Interval(None, None, None, "")
    parts, places, _ = made
    groups = len(parts)
    rng = np.random.default_rng(seed)
    step = max(1, _CHUNK // max(parts.shape[1], groups))
    found: list[Floats] = []
    for start in range(0, resamples, step):
        draws = rng.multinomial(groups, np.full(groups, 1 / groups), size=min(step, resamples - start))
        found.append(_alphas(draws @ parts, places, level))
    alphas = np.concatenate(found)
    defined = alphas[~np.isnan(alphas)]
    if defined.size < (1 - _UNDEFINED) * resamples or float(np.ptp(defined)) == 0.0:
        return Interval(None, None, None, "")
    low, high = np.quantile(defined, [(1 - coverage) / 2, (1 + coverage) / 2])
    return Interval(float(low), float(high), float(defined.std(ddof=1)), "unit-bootstrap")


def alpha_jackknife(
    ratings: npt.NDArray[np.integer],
    categories: int,
    values: Floats,
    level: Level,
    clusters: Clusters,
    *,
    coverage: float = 0.95,
) -> Interval:
    """Student interval of alpha, on the Fisher-z scale, from leaving out one cluster of units at a time.

    The standard error is ``sqrt((G - 1) / G * sum (alpha_(g) - mean)^2)`` over G clusters. Without bounds where alpha
    is undefined, with or without some cluster, and with fewer than 2 clusters. Krippendorff's four observers on twelve
    units, interval level (alpha .849):

    >>> from judgebench.stats.influence import Clusters
    >>> from judgebench.stats.coefficients.krippendorff import CANONICAL
    >>> found = alpha_jackknife(CANONICAL, 5, np.arange(1.0, 6.0), "interval", Clusters.of(np.arange(12)))
    >>> found.low < 0.849 < found.high
    True
    """
    made = _by_cluster(ratings, categories, values, level, clusters)
    if made is None:
        return Interval(None, None, None, "")
    parts, places, value = made
    groups = len(parts)
    total = parts.sum(axis=0)
    step = max(1, _CHUNK // parts.shape[1])
    less = np.concatenate(
        [_alphas(total - parts[start : start + step], places, level) for start in range(0, groups, step)]
    )
    if np.isnan(less).any():
        return Interval(None, None, None, "")
    # The factor of `Influences.se` is G / (G - 1).
    influences = (less - less.mean()) * ((groups - 1) / groups)
    found = t_interval(Influences(value, groups, clusters.ids[:groups], influences), level=coverage)
    return Interval(found.low, found.high, found.se, "jackknife-t" if found.low is not None else "")


def _by_cluster(
    ratings: npt.NDArray[np.integer], categories: int, values: Floats, level: Level, clusters: Clusters
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
