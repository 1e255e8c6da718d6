"""Which judges differ, and which ranks each of them may have."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from judgebench.stats.inference.multiplicity import DRAWS, max_t
from judgebench.stats.influence import Clusters

if TYPE_CHECKING:
    from collections.abc import Sequence

    from judgebench.stats.influence import Ints, Spread
    from judgebench.stats.table import Floats


@dataclass(frozen=True, slots=True)
class Pairwise:
    """All differences of k estimates on shared clusters, with joint intervals.

    Parameters
    ----------
    pairs : ndarray of int, shape (m, 2)
        Positions of the two estimates of each difference, the first below the second; m = k (k - 1) / 2.
    difference : ndarray of float, shape (m,)
        First minus second.
    se : ndarray of float, shape (m,)
        Standard error of the difference.
    low, high : ndarray of float, shape (m,)
        Bounds that hold for all differences at once.
    p : ndarray of float, shape (m,)
        P-value of each difference on its own (t with G - 1 degrees of freedom); for `holm` and its kin.
    p_max_t : ndarray of float, shape (m,)
        P-value adjusted for all pairs by the largest statistic.
    critical : float
        Standard errors on either side of a difference.
    """

    pairs: Ints
    difference: Floats
    se: Floats
    low: Floats
    high: Floats
    p: Floats
    p_max_t: Floats
    critical: float


@dataclass(frozen=True, slots=True)
class RankSets:
    """The ranks that each of k estimates may have, all at once at the level asked for.

    Parameters
    ----------
    best, worst : ndarray of int, shape (k,)
        First and last rank of each set; 1 is the highest estimate.
    """

    best: Ints
    worst: Ints


def stack(spreads: Sequence[Spread]) -> tuple[Floats, Floats]:
    """Put the pulls of several estimates side by side.

    Parameters
    ----------
    spreads : sequence of Spread
        k estimates whose cluster codes have one meaning.

    Returns
    -------
    tuple of ndarray
        Values, shape (k,), and pulls, shape (G, k), with 0 where an estimate has no rows in a cluster.
    """
    joined = Clusters.of(np.concatenate([one.ids for one in spreads]))
    pulls = np.zeros((joined.count, len(spreads)))
    start = 0
    for column, one in enumerate(spreads):
        pulls[joined.codes[start : start + one.ids.size], column] = one.pulls
        start += one.ids.size
    return np.array([one.value for one in spreads]), pulls


def pairwise(
    values: Floats,
    pulls: Floats,
    *,
    level: float = 0.95,
    normal: bool = False,
    draws: int = DRAWS,
    seed: int = 0,
) -> Pairwise:
    """Compare every two of k estimates on shared clusters.

    Parameters
    ----------
    values : ndarray of float, shape (k,)
        The estimates; 2 or more.
    pulls : ndarray of float, shape (G, k)
        Pull of every cluster at every estimate, as `stack` gives them.
    level : float, optional
        Joint coverage of the intervals.
    normal : bool, optional
        Whether to use normal instead of t quantiles.
    draws, seed : int, optional
        Of the multiplier bootstrap.

    Returns
    -------
    Pairwise
        Pairs in the order (0, 1), (0, 2), ..., (k - 2, k - 1).

    Raises
    ------
    ValueError
        If there are fewer than 2 estimates or clusters.

    References
    ----------
    Chernozhukov, Chetverikov & Kato (2013), Gaussian approximations and multiplier bootstrap for maxima of sums
    of high-dimensional random vectors.

    Examples
    --------
    One pair only: nothing to adjust for, so the critical value is the normal one.

    >>> found = pairwise(np.array([0.8, 0.7]), np.array([[0.02, 0.0], [-0.02, 0.01], [0.0, -0.01]]), normal=True)
    >>> round(float(found.difference[0]), 6), round(found.critical, 1)
    (0.1, 2.0)
    """
    from scipy.special import ndtr, stdtr  # noqa: PLC0415 - loaded on use

    values = np.asarray(values, dtype=np.float64)
    if values.size < 2:
        raise ValueError("a comparison needs 2 estimates or more")
    pairs = np.stack(np.triu_indices(values.size, 1), axis=1)
    found = max_t(values, pulls, pairs=pairs, level=level, normal=normal, draws=draws, seed=seed)
    difference = values[pairs[:, 0]] - values[pairs[:, 1]]
    beyond = -np.abs(found.statistic)
    p = 2 * (ndtr(beyond) if normal else stdtr(len(pulls) - 1, beyond))
    reach = found.critical * found.se
    return Pairwise(pairs, difference, found.se, difference - reach, difference + reach, p, found.p, found.critical)


def rank_sets(compared: Pairwise) -> RankSets:
    """Give sets of ranks that cover all true ranks at once.

    An estimate may have any rank from 1 + the number that are significantly higher to k - the number that are
    significantly lower, where a difference is significant if its joint interval leaves out 0. Ranks of bootstrap
    replicates, the usual shortcut, do not cover where true values lie close together.

    Parameters
    ----------
    compared : Pairwise
        All differences.

    Returns
    -------
    RankSets
        In the order of the estimates.

    References
    ----------
    Mogstad, Romano, Shaikh & Wilhelm (2024), Inference for ranks with applications to mobility across
    neighbourhoods and academic achievement across countries.

    Examples
    --------
    >>> pulls = np.array([[1.0, 0, 0], [-1, 1, 0], [0, -1, 1], [0, 0, -1]]) * 0.01
    >>> sets = rank_sets(pairwise(np.array([0.9, 0.5, 0.48]), pulls, normal=True))
    >>> sets.best.tolist(), sets.worst.tolist()
    ([1, 2, 2], [1, 3, 3])
    """
    count = int(compared.pairs.max()) + 1
    # Where nothing pulls the two apart, a difference of their values is no evidence.
    live = compared.se > 0
    higher, lower = live & (compared.low > 0), live & (compared.high < 0)
    first, second = compared.pairs[:, 0], compared.pairs[:, 1]
    above = np.bincount(second[higher], minlength=count) + np.bincount(first[lower], minlength=count)
    below = np.bincount(first[higher], minlength=count) + np.bincount(second[lower], minlength=count)
    return RankSets(1 + above, count - below)
