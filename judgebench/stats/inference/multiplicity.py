"""Many tests at once: adjusted p-values, and the largest of several statistics by multiplier bootstrap.

P-values stay in the order given; ValueError if one is not in [0, 1], or there is more than one dimension.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from judgebench.stats.crosstab import TINY

if TYPE_CHECKING:
    import numpy.typing as npt

    from judgebench.stats.crosstab import Floats
    from judgebench.stats.influence import Ints

#: Draws of the multiplier bootstrap: the Monte Carlo error of a 5 % critical value is then about 0.01.
DRAWS = 20_000
_CHUNK = 1 << 21


def holm(p: npt.ArrayLike) -> Floats:
    """Adjust p-values by Holm's step-down procedure.

    ``max over j <= i of min(1, (m - j + 1) p_(j))`` for the i-th smallest of m p-values. Rejecting where the result is
    at most alpha keeps the chance of any false rejection at alpha, whatever the dependence.
    Source: Holm (1979), A simple sequentially rejective multiple test procedure.
    """
    given, order = _sorted(p)
    steps = np.maximum.accumulate(given[order] * np.arange(given.size, 0, -1))
    return _in_order(steps, order)


def benjamini_hochberg(p: npt.ArrayLike) -> Floats:
    """Adjust p-values by Benjamini and Hochberg's step-up procedure.

    ``min over j >= i of min(1, m p_(j) / j)``. Rejecting where the result is at most alpha keeps the expected share of
    false rejections among all rejections at alpha, for independent or positively dependent tests.
    Source: Benjamini & Hochberg (1995), Controlling the false discovery rate, with its own example:

    >>> p = [0.0001, 0.0004, 0.0019, 0.0095, 0.0201, 0.0278, 0.0298, 0.0344]
    >>> p += [0.0459, 0.3240, 0.4262, 0.5719, 0.6528, 0.7590, 1.0]
    >>> [float(adjusted) for adjusted in benjamini_hochberg(p)[:5].round(6)]
    [0.0015, 0.003, 0.0095, 0.035625, 0.0603]
    """
    given, order = _sorted(p)
    return _stepped_up(given, order, float(given.size))


def benjamini_yekutieli(p: npt.ArrayLike) -> Floats:
    """Adjust p-values by Benjamini and Yekutieli's procedure, which holds under any dependence.

    Benjamini and Hochberg's, times ``1 + 1/2 + ... + 1/m``.
    Source: Benjamini & Yekutieli (2001), The control of the false discovery rate in multiple testing under dependency.
    """
    given, order = _sorted(p)
    return _stepped_up(given, order, given.size * float((1 / np.arange(1, given.size + 1)).sum()))


def _sorted(p: npt.ArrayLike) -> tuple[Floats, Ints]:
    given = np.asarray(p, dtype=np.float64)
    if given.ndim != 1:
        raise ValueError(f"p-values come in one dimension, not {given.ndim}")
    if not ((given >= 0) & (given <= 1)).all():
        raise ValueError("p-values are numbers from 0 to 1")
    return given, np.argsort(given, kind="stable")


def _in_order(steps: Floats, order: Ints) -> Floats:
    adjusted = np.empty_like(steps)
    adjusted[order] = np.minimum(steps, 1.0)
    return adjusted


def _stepped_up(given: Floats, order: Ints, factor: float) -> Floats:
    steps = given[order] * factor / np.arange(1, given.size + 1)
    return _in_order(np.minimum.accumulate(steps[::-1])[::-1], order)


@dataclass(frozen=True, slots=True)
class MaxT:
    """Several estimates tested at once by the largest of their statistics; all but ``critical`` of shape (m,).

    ``value +- critical * se`` covers all m truths at once at the level asked for. ``statistic`` is estimate over
    standard error (with the CR1 factor), 0 where every influence is, which is no evidence; ``p`` the share of draws in
    which the largest statistic is at least as far out.
    """

    critical: float
    se: Floats
    statistic: Floats
    p: Floats


def max_t(
    values: Floats,
    influences: Floats,
    *,
    pairs: Ints | None = None,
    level: float = 0.95,
    normal: bool = False,
    draws: int = DRAWS,
    seed: int = 0,
) -> MaxT:
    """Critical value and adjusted p-values of the largest of several dependent statistics.

    Multiplier bootstrap: the influences of every cluster, shape (G, k) and 0 where it has no rows for an estimate, are
    multiplied by a standard normal draw, which gives sums with the covariance of the k estimates; the quantile of
    ``max |sum_j| / se_j`` replaces Bonferroni's. As elsewhere, t stands for the normal: each draw is divided by the
    root of a chi-square over its G - 1 degrees of freedom, unless ``normal`` asks for normal draws, as for many
    clusters. ``pairs``, shape (m, 2), asks for differences ``values[a] - values[b]``. ValueError for fewer than 2
    clusters, shapes that don't match, or nothing to test.

    Source: Chernozhukov, Chetverikov & Kato (2013), Gaussian approximations and multiplier bootstrap for maxima of sums
    of high-dimensional random vectors; Romano & Wolf (2005), Exact and approximate stepdown methods.
    """
    values, influences = np.asarray(values, dtype=np.float64), np.asarray(influences, dtype=np.float64)
    groups = len(influences)
    if influences.ndim != 2 or influences.shape[1:] != values.shape or not values.size:
        raise ValueError(f"influences of shape {influences.shape} don't fit {values.shape} values")
    if groups < 2:
        raise ValueError("one cluster says nothing about the spread: max-t needs 2 or more")
    # Not a matrix product: BLAS would start threads for it, and its last digits depend on their number.
    covariance = np.einsum("gi,gj->ij", influences, influences)
    first, second = (np.arange(values.size), None) if pairs is None else (pairs[:, 0], pairs[:, 1])
    if not first.size:
        raise ValueError("there is nothing to test")
    estimates = values[first]
    variance = covariance[first, first]
    if second is not None:
        estimates = estimates - values[second]
        variance = variance + covariance[second, second] - 2 * covariance[first, second]
    deviation = np.sqrt(np.maximum(variance, 0.0))
    factor = math.sqrt(groups / (groups - 1))
    # Rounding leaves about 1e-8 of the estimates' own deviation where two of them have the same influences.
    live = deviation > np.maximum(TINY, 1e-7 * math.sqrt(float(covariance.diagonal().max())))
    deviation = np.where(live, deviation, 0.0)
    statistic = np.zeros_like(deviation)
    statistic[live] = estimates[live] / (deviation[live] * factor)
    largest = np.zeros(draws)
    if live.any():
        second_live = None if second is None else second[live]
        largest = _largest(covariance, first[live], second_live, deviation[live], draws, seed)
        if not normal:
            df = groups - 1
            largest /= np.sqrt(np.random.default_rng(seed + 1).chisquare(df, draws) / df)
    above = draws - np.searchsorted(np.sort(largest), np.abs(statistic), side="left")
    p = np.where(live, (1 + above) / (1 + draws), 1.0)
    return MaxT(float(np.quantile(largest, level)), deviation * factor, statistic, p)


def _largest(covariance: Floats, first: Ints, second: Ints | None, deviation: Floats, draws: int, seed: int) -> Floats:
    """Largest absolute statistic of each draw, shape (draws,)."""
    # The symmetric root is one and the same whatever basis of eigenvectors the machine finds.
    eigen, vectors = np.linalg.eigh(covariance)
    root = (vectors * np.sqrt(np.maximum(eigen, 0.0))) @ vectors.T
    rng = np.random.default_rng(seed)
    step = max(1, _CHUNK // max(first.size, len(root)))
    found = np.empty(draws)
    for start in range(0, draws, step):
        drawn = rng.standard_normal((min(step, draws - start), len(root))) @ root
        sums = drawn[:, first] if second is None else drawn[:, first] - drawn[:, second]
        found[start : start + step] = np.abs(sums / deviation).max(axis=1)
    return found
