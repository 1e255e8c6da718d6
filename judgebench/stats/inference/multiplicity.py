"""Many tests at once: adjusted p-values, and which of k estimates differ, in pairs, in ranks and in tiers.

P-values stay in the order given; ValueError if one is not in [0, 1], or there is more than one dimension. Influences
of k estimates, shape (G, k), are 0 where an estimate has no rows in a cluster.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from judgebench.stats.cluster_errors import cr2, rest_of
from judgebench.stats.crosstab import TINY
from judgebench.stats.influence import Clusters

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Sequence

    import numpy.typing as npt

    from judgebench.stats.crosstab import Floats, Ints
    from judgebench.stats.influence import Influences

#: Draws of the multiplier bootstrap: the Monte Carlo error of a 5 % critical value is then about 0.01.
DRAWS = 20_000
_CHUNK = 1 << 21
#: Coverage of the sets of ranks.
_COVERAGE = 0.95


def holm(p: npt.ArrayLike, correlation: Floats | None = None) -> Floats:
    """Adjust p-values by Holm's step-down procedure.

    ``max over j <= i of min(1, (m - j + 1) p_(j))`` for the i-th smallest of m p-values. Rejecting where the result is
    at most alpha keeps the chance of any false rejection at alpha, whatever the dependence. With the ``correlation`` of
    the m statistics, those that are left at each step count as `effective_tests` (an approximation): figures that are
    nearly one cost nearly one.
    Source: Holm (1979), A simple sequentially rejective multiple test procedure.
    """
    given, order = _sorted(p)
    counts = np.arange(given.size, 0, -1, dtype=np.float64)
    if correlation is not None:
        for step in range(given.size):
            if given[order[step]] * counts[step] < 1:
                left = order[step:]
                counts[step] = effective_tests(correlation[np.ix_(left, left)])
    steps = np.maximum.accumulate(given[order] * counts)
    return _in_order(steps, order)


def effective_tests(correlation: Floats) -> float:
    """Count correlated tests by how many independent ones they are worth: ``(sum sqrt(l))^2 / sum l``.

    l are the eigenvalues of their correlation matrix, shape (m, m): 1 where all are the same, m where none has to do
    with another. Nyholt's (2004) and Li and Ji's (2005) numbers, its forerunners, are too low for two tests of moderate
    correlation, and jump from 2 to 1 only where it is perfect, in this order.
    Source: Galwey (2009), A new measure of the effective number of tests, a practical tool for comparing families of
    non-independent significance tests.

    >>> [round(effective_tests(np.array([[1, r], [r, 1]])), 2) for r in (0.0, 0.7, 0.99, 1.0)]
    [2.0, 1.71, 1.14, 1.0]
    """
    eigen = np.linalg.eigvalsh(correlation)
    # The root of what rounding leaves of a 0 is no longer small.
    roots = np.sqrt(np.where(eigen > TINY * eigen.size, eigen, 0.0))
    return float(roots.sum() ** 2 / np.square(roots).sum())


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


def of_known(adjust: Callable[[list[float]], Floats], p: Sequence[float | None]) -> list[float | None]:
    """Adjust those of several p-values that there are; None stays None."""
    adjusted = iter(adjust([one for one in p if one is not None]).tolist())
    return [None if one is None else next(adjusted) for one in p]


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

    ``value +- critical * se`` covers all m truths at once at the level asked for. ``statistic`` is the estimate over
    its standard error (`judgebench.stats.cluster_errors.cr2`, with ``df`` degrees of freedom), and 0 where every
    influence is 0, which is not evidence; ``p`` is the share of draws whose largest statistic is at least as far out.
    """

    critical: float
    se: Floats
    statistic: Floats
    p: Floats
    df: float


def max_t(
    values: Floats,
    influences: Floats,
    shares: Floats | None = None,
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
    ``max |sum_j| / se_j`` replaces Bonferroni's. ``shares``, shape (G,), are those of the clusters in the variance, by
    default all alike. As elsewhere, t replaces the normal: each draw is divided by the root of a chi-square over its
    degrees of freedom, unless ``normal`` asks for normal draws, as for many clusters. ``pairs``, shape (m, 2), asks for
    differences ``values[a] - values[b]``. ValueError for fewer than 2 clusters, shapes that don't match, or nothing to
    test.

    Source: Chernozhukov, Chetverikov & Kato (2013), Gaussian approximations and multiplier bootstrap for maxima of sums
    of high-dimensional random vectors; Romano & Wolf (2005), Exact and approximate stepdown methods.
    """
    values, influences = np.asarray(values, dtype=np.float64), np.asarray(influences, dtype=np.float64)
    groups = len(influences)
    if influences.ndim != 2 or influences.shape[1:] != values.shape or not values.size:
        raise ValueError(f"influences of shape {influences.shape} don't fit {values.shape} values")
    if groups < 2:
        raise ValueError("one cluster says nothing about the spread: max-t needs 2 or more")
    factor, df = math.sqrt(groups / (groups - 1)), groups - 1.0
    if shares is not None:
        influences = influences / np.sqrt(rest_of(shares))[:, None]
        factor, df = 1.0, float(cr2(np.zeros(groups), shares)[1])
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
            largest /= np.sqrt(np.random.default_rng(seed + 1).chisquare(df, draws) / df)
    above = draws - np.searchsorted(np.sort(largest), np.abs(statistic), side="left")
    p = np.where(live, (1 + above) / (1 + draws), 1.0)
    return MaxT(float(np.quantile(largest, level)), deviation * factor, statistic, p, df)


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


@dataclass(frozen=True, slots=True)
class Pairwise:
    """All m = k (k - 1) / 2 differences of k estimates on shared clusters, with joint intervals; arrays of shape (m,).

    ``pairs``, shape (m, 2), are the positions (0, 1), (0, 2), ..., (k - 2, k - 1) of the two estimates; differences are
    first minus second. The bounds, ``critical`` standard errors to either side, hold for all differences at once. ``p``
    is each difference's own (t), for `holm` and its kin; ``p_max_t`` is adjusted for all pairs by the largest
    statistic.
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


def stack(estimates: Sequence[Influences]) -> tuple[Floats, Floats, Floats]:
    """Put estimates whose cluster codes have one meaning side by side: values, influences, mean shares of clusters."""
    joined = Clusters.of(np.concatenate([one.ids for one in estimates]))
    influences, shares = np.zeros((joined.count, len(estimates))), np.zeros(joined.count)
    start = 0
    for column, one in enumerate(estimates):
        own = joined.codes[start : start + one.ids.size]
        influences[own, column] = one.sums
        shares[own] += 1 / one.ids.size if one.shares is None else one.shares
        start += one.ids.size
    return np.array([one.value for one in estimates]), influences, shares / shares.sum()


def correlations(estimates: Sequence[Influences]) -> Floats:
    """Correlations of estimates whose cluster codes have one meaning, shape (m, m); 0 with one that never moves."""
    _, influences, shares = stack(estimates)
    influences /= np.sqrt(rest_of(shares))[:, None]
    covariance = np.einsum("gi,gj->ij", influences, influences)
    spread = np.sqrt(covariance.diagonal())
    found: Floats = covariance / np.maximum(np.outer(spread, spread), TINY**2)
    np.fill_diagonal(found, 1.0)
    return found


def pairwise(
    values: Floats,
    influences: Floats,
    shares: Floats | None = None,
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
    from scipy.special import ndtr, stdtr

    values = np.asarray(values, dtype=np.float64)
    if values.size < 2:
        raise ValueError("a comparison needs 2 estimates or more")
    pairs = np.stack(np.triu_indices(values.size, 1), axis=1)
    found = max_t(values, influences, shares, pairs=pairs, level=level, normal=normal, draws=draws, seed=seed)
    difference = values[pairs[:, 0]] - values[pairs[:, 1]]
    beyond = -np.abs(found.statistic)
    p = 2 * (ndtr(beyond) if normal else stdtr(found.df, beyond))
    reach = found.critical * found.se
    return Pairwise(pairs, difference, found.se, difference - reach, difference + reach, p, found.p, found.critical)


def rank_sets(compared: Pairwise) -> RankSets:
    """Give sets of ranks that cover all true ranks at once, at 95 %.

    An estimate may have any rank from 1 + the number that are significantly higher to k - the number that are
    significantly lower, by p-values adjusted for all pairs (``p_max_t``, of whatever test). Ranks of bootstrap
    replicates, the usual shortcut, do not cover where true values lie close together.
    Source: Mogstad, Romano, Shaikh & Wilhelm (2024), Inference for ranks with applications to mobility across
    neighbourhoods and academic achievement across countries.

    >>> influences = np.array([[1.0, 0, 0], [-1, 1, 0], [0, -1, 1], [0, 0, -1]]) * 0.01
    >>> sets = rank_sets(pairwise(np.array([0.9, 0.5, 0.48]), influences, normal=True))
    >>> sets.best.tolist(), sets.worst.tolist()
    ([1, 2, 2], [1, 3, 3])
    """
    count = int(compared.pairs.max()) + 1
    sure = compared.p_max_t < 1 - _COVERAGE
    higher, lower = sure & (compared.difference > 0), sure & (compared.difference < 0)
    first, second = compared.pairs[:, 0], compared.pairs[:, 1]
    above = np.bincount(second[higher], minlength=count) + np.bincount(first[lower], minlength=count)
    below = np.bincount(first[higher], minlength=count) + np.bincount(second[lower], minlength=count)
    return RankSets(1 + above, count - below)


def tiers(count: int, ahead: Collection[tuple[int, int]]) -> tuple[int, ...]:
    """Put k estimates in tiers, 1 the best, so that nobody is surely ahead of another one of the same tier.

    The first tier holds everyone whom nobody is surely ahead of; the next one everyone whom nobody is surely ahead of
    once the first has left, and so on. So each member of a lower tier is surely behind at least one of the tier just
    above (Mirsky's decomposition of an order into the fewest such groups). To chain estimates that can't be told apart
    would instead put first and last together as soon as there are steps between them, and to group by the best possible
    rank may put two together of which one is surely ahead.

    Where the statements "surely ahead" (``ahead``: pairs of positions, the first surely ahead of the second; ValueError
    if they go round in a circle) hold together at some confidence, all that tiers say holds at that confidence. Members
    of one tier are not shown to be equal.

    Source: Mirsky (1971), A dual of Dilworth's decomposition theorem; the pairs as in Mogstad, Romano, Shaikh & Wilhelm
    (2024), Inference for ranks with applications to mobility across neighbourhoods and academic achievement across
    countries. The first can't be told from the second nor the second from the third, but the first is ahead of the
    third:

    >>> tiers(3, [(0, 2)])
    (1, 1, 2)
    """
    found = [0] * count
    left = set(range(count))
    tier = 0
    while left:
        tier += 1
        behind = {second for first, second in ahead if first in left}
        if not (free := left - behind):
            raise ValueError("pairs that go round in a circle have no tiers")
        for one in free:
            found[one] = tier
        left -= free
    return tuple(found)
