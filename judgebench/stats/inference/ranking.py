"""Which judges differ, and which ranks each of them may have.

There are k estimates; their influences, shape (G, k), are 0 where an estimate has no rows in a cluster.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from judgebench.stats.inference.multiplicity import DRAWS, max_t
from judgebench.stats.influence import Clusters

if TYPE_CHECKING:
    from collections.abc import Sequence

    from judgebench.stats.crosstab import Floats
    from judgebench.stats.influence import Influences, Ints


@dataclass(frozen=True, slots=True)
class Pairwise:
    """All m = k (k - 1) / 2 differences of k estimates on shared clusters, with joint intervals; arrays of shape (m,).

    ``pairs``, shape (m, 2), are the positions (0, 1), (0, 2), ..., (k - 2, k - 1) of the two estimates; differences are
    first minus second. The bounds, ``critical`` standard errors to either side, hold for all differences at once. ``p``
    is each difference's own (t with G - 1 degrees of freedom), for `holm` and its kin; ``p_max_t`` is adjusted for all
    pairs by the largest statistic.
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

    From ``best`` to ``worst``, shape (k,); 1 is the highest estimate.
    """

    best: Ints
    worst: Ints


def stack(estimates: Sequence[Influences]) -> tuple[Floats, Floats]:
    """Put estimates whose cluster codes have one meaning side by side: values and influences."""
    joined = Clusters.of(np.concatenate([one.ids for one in estimates]))
    influences = np.zeros((joined.count, len(estimates)))
    start = 0
    for column, one in enumerate(estimates):
        influences[joined.codes[start : start + one.ids.size], column] = one.sums
        start += one.ids.size
    return np.array([one.value for one in estimates]), influences


def pairwise(
    values: Floats,
    influences: Floats,
    *,
    level: float = 0.95,
    normal: bool = False,
    draws: int = DRAWS,
    seed: int = 0,
) -> Pairwise:
    """Compare every two of k estimates on shared clusters, by multiplier bootstrap.

    ValueError for fewer than 2 estimates or clusters.
    Source: Chernozhukov, Chetverikov & Kato (2013), Gaussian approximations and multiplier bootstrap for maxima of sums
    of high-dimensional random vectors.
    """
    from scipy.special import ndtr, stdtr  # noqa: PLC0415 - loaded on use

    values = np.asarray(values, dtype=np.float64)
    if values.size < 2:
        raise ValueError("a comparison needs 2 estimates or more")
    pairs = np.stack(np.triu_indices(values.size, 1), axis=1)
    found = max_t(values, influences, pairs=pairs, level=level, normal=normal, draws=draws, seed=seed)
    difference = values[pairs[:, 0]] - values[pairs[:, 1]]
    beyond = -np.abs(found.statistic)
    p = 2 * (ndtr(beyond) if normal else stdtr(len(influences) - 1, beyond))
    reach = found.critical * found.se
    return Pairwise(pairs, difference, found.se, difference - reach, difference + reach, p, found.p, found.critical)


def rank_sets(compared: Pairwise) -> RankSets:
    """Give sets of ranks that cover all true ranks at once.

    An estimate may have any rank from 1 + the number that are significantly higher to k - the number that are
    significantly lower, where a difference is significant if its joint interval leaves out 0. Ranks of bootstrap
    replicates, the usual shortcut, do not cover where true values lie close together.
    Source: Mogstad, Romano, Shaikh & Wilhelm (2024), Inference for ranks with applications to mobility across
    neighbourhoods and academic achievement across countries.

    >>> influences = np.array([[1.0, 0, 0], [-1, 1, 0], [0, -1, 1], [0, 0, -1]]) * 0.01
    >>> sets = rank_sets(pairwise(np.array([0.9, 0.5, 0.48]), influences, normal=True))
    >>> sets.best.tolist(), sets.worst.tolist()
    ([1, 2, 2], [1, 3, 3])
    """
    count = int(compared.pairs.max()) + 1
    # Where no influence tells the two apart, a difference of their values is no evidence.
    live = compared.se > 0
    higher, lower = live & (compared.low > 0), live & (compared.high < 0)
    first, second = compared.pairs[:, 0], compared.pairs[:, 1]
    above = np.bincount(second[higher], minlength=count) + np.bincount(first[lower], minlength=count)
    below = np.bincount(first[higher], minlength=count) + np.bincount(second[lower], minlength=count)
    return RankSets(1 + above, count - below)
