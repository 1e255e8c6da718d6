"""Two judges on the same items: McNemar, permutation tests, and the difference of any two estimates.

Differences are first minus second, p-values two-sided. A permutation test adds the observed permutation to its draws
(Phipson & Smyth 2010, Permutation p-values should never be zero).

Tests of marginal homogeneity (whether the judge uses each label as often as gold does) take ``counts``, the items by
gold and verdict, shape (k, k), and answer ``no_disagreement`` where no item is off the diagonal.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal, Protocol, TypeAlias

import numpy as np

from judgebench.stats.cluster_errors import rest_of
from judgebench.stats.crosstab import TINY, Floats
from judgebench.stats.inference.intervals import t_quantile
from judgebench.stats.inference.score_path import inverted, mover

if TYPE_CHECKING:
    from collections.abc import Callable

    from judgebench.stats.crosstab import Ints
    from judgebench.stats.influence import Clusters, Influences

McNemarMethod: TypeAlias = Literal["exact", "mid-p", "chi2", "chi2-corrected"]

#: Draws of a permutation test: a p-value near .05 then has a Monte Carlo error of about 0.003.
DRAWS = 5_000
#: Work (differences x reachable sums) up to which sign flips are counted in full.
_EXACT = 20_000_000
_CHUNK = 1 << 21


def mcnemar(first_only: int, second_only: int, method: McNemarMethod = "exact") -> float:
    """Test whether one judge is right more often than the other on the same items: McNemar's p-value.

    Only the discordant items count: b on which only the first, c on which only the second is right; p is 1 without any,
    and a negative count raises ValueError. ``exact``: ``2 P(X <= min(b, c))`` for X binomial (b + c, 1/2). ``mid-p``:
    half of the observed outcome's probability less on each side. ``chi2``: ``(b - c)^2 / (b + c)`` on one degree of
    freedom; ``chi2-corrected``: ``(|b - c| - 1)^2 / (b + c)``. Items that share a cluster break the test's assumption;
    `sign_flip` takes clusters.

    Source: McNemar (1947), Note on the sampling error of the difference between correlated proportions; Fagerland,
    Lydersen & Laake (2013), The McNemar test for binary matched-pairs data: mid-p and asymptotic are better than exact
    conditional. Agresti (1990, p. 350), approval of a prime minister, as in R's ``mcnemar.test``:

    >>> f"{mcnemar(150, 86):.6e}", f"{mcnemar(150, 86, 'chi2-corrected'):.6e}"
    ('3.715936e-05', '4.114562e-05')
    """
    from scipy.special import bdtr, erfc, gammaln

    if first_only < 0 or second_only < 0:
        raise ValueError("counts of items are not negative")
    n, least = first_only + second_only, min(first_only, second_only)
    if n == 0:
        return 1.0
    if method in {"chi2", "chi2-corrected"}:
        excess = max(0, abs(first_only - second_only) - (method == "chi2-corrected"))
        return float(erfc(excess / math.sqrt(2 * n)))
    both = 2 * float(bdtr(least, n, 0.5))
    if method == "mid-p":
        # Where b = c the outcome lies in the middle and both halves hold it once.
        both -= math.exp(float(gammaln(n + 1) - gammaln(least + 1) - gammaln(n - least + 1)) - n * math.log(2))
    return min(1.0, both)


class Bounds(Protocol):
    """Both bounds of an estimate's interval at one level, or at several at once."""

    def __call__(self, *, level: Floats | float) -> tuple[Floats, Floats]:
        """Give the lower and the upper one."""
        ...


@dataclass(frozen=True, slots=True)
class Difference:
    """A difference of two estimates on shared clusters, with its influences for joint tests and aggregates.

    ``se`` is None for fewer than 2 clusters; bounds, the statistic (difference over standard error) and p are None
    without a standard error above 0, which is not evidence of certainty.
    """

    value: float
    se: float | None
    low: float | None
    high: float | None
    statistic: float | None
    p: float | None
    df: float
    influences: Influences

    @classmethod
    def of(
        cls,
        subtracted: Influences,
        *,
        bias: tuple[float, float] = (0.0, 0.0),
        level: float = 0.95,
    ) -> Difference:
        """Test a difference whose influences are already subtracted.

        ``bias`` is the most that the first and the second value can lie too high. The interval is widened by both, and
        p is that of the part of the difference which they can't explain: that holds whatever the bias is.
        """
        from scipy.special import stdtr

        df, se = subtracted.df, subtracted.se
        if se is None or se < TINY:
            return cls(subtracted.value, se, None, None, None, None, df, subtracted)
        statistic = (max(0.0, subtracted.value - bias[0]) + min(0.0, subtracted.value + bias[1])) / se
        reach = t_quantile(df, level) * se
        low, high = subtracted.value - bias[0] - reach, subtracted.value + bias[1] + reach
        return cls(subtracted.value, se, low, high, statistic, 2 * float(stdtr(df, -abs(statistic))), df, subtracted)

    @classmethod
    def moved(
        cls, subtracted: Influences, one: Influences, two: Influences, bounds: tuple[Bounds, Bounds], level: float
    ) -> Difference:
        """Test a difference by the intervals of both estimates, which their ``bounds`` give at any level.

        They are put together by the correlation of the estimates (`judgebench.stats.inference.score_path.mover`), and p
        is one less the level of the widest interval that leaves 0 out.
        """
        r = correlation(one, two, subtracted.shares)

        def at(levels: Floats | float) -> tuple[Floats, Floats]:
            return mover(one.value, bounds[0](level=levels), two.value, bounds[1](level=levels), r)

        low, high = (float(bound) for bound in at(level))
        p = inverted(at)
        # The search ends within a thousandth of p; on which side of the level it lies is known.
        edge = 1 - level
        p = min(p, math.nextafter(edge, 0.0)) if low > 0 or high < 0 else max(p, edge)
        statistic = subtracted.value / subtracted.se if subtracted.se else None
        return cls(subtracted.value, subtracted.se, low, high, statistic, p, subtracted.df, subtracted)


def correlation(one: Influences, two: Influences, shares: Floats | None) -> float:
    """Correlation of two estimates, whose influences are in the same clusters, by the sums of `cr2` (shares: its h)."""
    rest = 1.0 if shares is None else rest_of(shares)
    both, first, second = (float((a.sums * b.sums / rest).sum()) for a, b in ((one, two), (one, one), (two, two)))
    scale = math.sqrt(first * second)
    return min(1.0, max(-1.0, both / scale)) if scale > TINY**2 else 0.0


@dataclass(frozen=True, slots=True)
class Permuted:
    """P-value of a permutation test of a statistic; ``draws`` is 0 where all permutations were counted."""

    observed: float
    p: float
    draws: int


def sign_flip(differences: Floats, *, draws: int = 100_000, seed: int = 0) -> Permuted:
    """Permutation test of a mean difference: each cluster's difference keeps or changes its sign.

    Exchanging the two judges in a cluster turns the sign of its sum of differences. Whole numbers (counts of items on
    which one judge is right) are counted in full, which for independent items is McNemar's exact test; other values are
    drawn.

    Source: Fisher (1935), The design of experiments, section 21. His own data, Darwin's fifteen pairs of plants: 1,726
    of 32,768 patterns reach the observed sum of 314.

    >>> darwin = np.array([49, -67, 8, 16, 6, 23, 28, 41, 14, 29, 56, 24, 75, 60, -48.0])
    >>> sign_flip(darwin).p == 1726 / 32768
    True
    """
    moving = np.abs(np.asarray(differences, dtype=np.float64))
    moving = moving[moving > 0]
    observed = float(np.sum(differences))
    whole = moving.size == 0 or bool((moving == np.rint(moving)).all())
    if whole and moving.size * moving.sum() <= _EXACT:
        reach = int(moving.sum())
        # chances[s] is the chance that the differences with a positive sign add up to s.
        chances = np.zeros(reach + 1)
        chances[0] = 1.0
        top = 0
        for size in moving.astype(np.intp):
            shifted = chances[: top + 1] / 2
            chances[: top + 1] = shifted
            chances[size : top + size + 1] += shifted
            top += int(size)
        sums = 2 * np.arange(reach + 1) - reach
        return Permuted(observed, min(1.0, float(chances[np.abs(sums) >= abs(observed)].sum())), 0)
    rng = np.random.default_rng(seed)
    # Sums of the same numbers in another order differ by rounding.
    limit = abs(observed) * (1 - 1e-9)
    reached, step = 0, max(1, _CHUNK // moving.size)
    for start in range(0, draws, step):
        signs = 2.0 * rng.integers(0, 2, (min(step, draws - start), moving.size), dtype=np.int8) - 1
        reached += int(np.count_nonzero(np.abs(np.einsum("bg,g->b", signs, moving)) >= limit))
    return Permuted(observed, (1 + reached) / (1 + draws), draws)


def label_swap(
    first: Ints,
    second: Ints,
    shape: tuple[int, int],
    value: Callable[[Floats], Floats],
    clusters: Clusters,
    *,
    draws: int = DRAWS,
    seed: int = 0,
) -> Permuted:
    """Permutation test of a difference of any table statistic: the two judges trade places in whole clusters.

    Exact where, under the null hypothesis, the judges are exchangeable within a cluster. Each judge is the flat cell
    (gold, verdict) of each row in a table of ``shape``; ``value`` is the statistic of joint proportions, shape
    (..., k, l) -> (...), NaN where undefined; ValueError if it is undefined for one of the judges.
    Source: Good (2005), Permutation, parametric and bootstrap tests of hypotheses.
    """
    size = shape[0] * shape[1]
    start = np.bincount(first, minlength=size)
    base = start + np.bincount(second, minlength=size)
    moves, times = _moves(first, second, size, clusters)

    def change(counts: Ints) -> Floats:
        both = np.stack([counts, base - counts]).reshape(2, -1, *shape) / max(1, first.size)
        one, other = value(both)
        return np.asarray(one - other)

    observed = float(change(start)[0])
    if math.isnan(observed):
        raise ValueError("the statistic is undefined for one of the judges")
    rng = np.random.default_rng(seed)
    # Clusters that move the table alike are drawn together.
    swapped = rng.binomial(times, 0.5, (draws, times.size))
    tables = start - np.einsum("bu,uc->bc", swapped, moves)
    step = max(1, _CHUNK // size)
    changes = np.concatenate([change(tables[at : at + step]) for at in range(0, draws, step)])
    # A draw without a value counts against the difference: it must not earn significance.
    reached = int(np.count_nonzero(~(np.abs(changes) < abs(observed) * (1 - 1e-9))))
    return Permuted(observed, (1 + reached) / (1 + draws), draws)


def _moves(first: Ints, second: Ints, size: int, clusters: Clusters) -> tuple[Ints, Ints]:
    """How swapping a cluster moves the first table: distinct moves, shape (u, cells), and clusters with each."""
    if clusters.independent:
        codes, times = np.unique(first * np.int64(size) + second, return_counts=True)
        moves = np.zeros((codes.size, size), dtype=np.int64)
        rows = np.arange(codes.size)
        np.add.at(moves, (rows, codes // size), 1)
        np.add.at(moves, (rows, codes % size), -1)
    else:
        per_cluster = np.zeros((clusters.count, size), dtype=np.int32)
        np.add.at(per_cluster, (clusters.codes, first), 1)
        np.add.at(per_cluster, (clusters.codes, second), -1)
        moves, times = np.unique(per_cluster, axis=0, return_counts=True)
    moved = moves.any(axis=1)
    return moves[moved].astype(np.int64), times[moved]


@dataclass(frozen=True, slots=True)
class Homogeneity:
    """A test that two raters use the labels equally often.

    ``statistic`` is chi-square on ``df`` degrees of freedom, or F where ``denominator`` gives those below the line.
    """

    statistic: float
    df: int
    p: float
    denominator: int | None = None


def stuart_maxwell(counts: Floats) -> Homogeneity | str:
    """Stuart-Maxwell test of marginal homogeneity for independent items: McNemar's test for k labels.

    ``d' S^-1 d`` with ``d_i = n_i. - n_.i``, ``S_ii = n_i. + n_.i - 2 n_ii``, ``S_ij = -(n_ij + n_ji)``, one label left
    out; on k - 1 degrees of freedom.
    Source: Stuart (1955), A test for homogeneity of the marginal distributions in a two-way classification; Maxwell
    (1970), Comparing the classification of subjects by two independent judges. Unaided vision of 7,477 women, left
    against right eye (Stuart 1955), chi-square 11.96 on 3 degrees of freedom:

    >>> eyes = [[1520, 266, 124, 66], [234, 1512, 432, 78], [117, 362, 1772, 205], [36, 82, 179, 492]]
    >>> found = stuart_maxwell(np.array(eyes, dtype=float))
    >>> round(found.statistic, 2), found.df, round(found.p, 4)
    (11.96, 3, 0.0075)
    """
    differences, sums = _differences(counts)
    return wald(differences, np.diag(sums) - counts - counts.T)


def bhapkar(counts: Floats) -> Homogeneity | str:
    """Bhapkar's test of marginal homogeneity: as `stuart_maxwell`, with the covariance not that of the null.

    ``W = W_SM / (1 - W_SM / n)``: a little more powerful, the same in large samples.
    Source: Bhapkar (1966), A note on the equivalence of two test criteria for hypotheses in categorical data.
    """
    differences, sums = _differences(counts)
    return wald(differences, np.diag(sums) - counts - counts.T - np.outer(differences, differences) / counts.sum())


def wald(differences: Floats, covariance: Floats, groups: int | None = None) -> Homogeneity | str:
    """Test that a vector of differences is 0: ``W = d' V^+ d`` on as many degrees of freedom q as V has rank.

    A covariance V, shape (k, k), that G clusters estimate (``groups``, with the factor G / (G - 1) in it; by default it
    counts as known) is itself uncertain, the more so the more labels there are. Then ``F = (G - q) / (q (G - 1)) W`` on
    q and G - q degrees of freedom (Hotelling's test), which for two labels is t with G - 1: with ten clusters and five
    labels, chi-square would reject 27 % of the true hypotheses instead of 5. The ``differences`` may sum to
    0. ``no_disagreement`` where nothing varies, ``few_clusters`` with fewer than two more clusters than degrees of
    freedom.
    Source: Wald (1943), Tests of statistical hypotheses concerning several parameters when the number of observations
    is large; Hotelling (1931), The generalization of Student's ratio.
    """
    from scipy.special import chdtrc, fdtrc

    values, vectors = np.linalg.eigh((covariance + covariance.T) / 2)
    real = values > max(float(values.max()), 0.0) * TINY * 100
    if not real.any() or float(values.max()) < TINY:
        return "no_disagreement"
    along = vectors[:, real].T @ differences
    statistic = float((along**2 / values[real]).sum())
    df = int(np.count_nonzero(real))
    if groups is None:
        return Homogeneity(statistic, df, float(chdtrc(df, statistic)))
    rest = groups - df
    # As many clusters as labels: their sums span what they have to, and the statistic says nothing.
    if rest < 2:
        return "few_clusters"
    ratio = statistic * rest / (df * (groups - 1))
    return Homogeneity(ratio, df, float(fdtrc(df, rest, ratio)), rest)


def _differences(counts: Floats) -> tuple[Floats, Floats]:
    rows, columns = counts.sum(axis=1), counts.sum(axis=0)
    return rows - columns, rows + columns
