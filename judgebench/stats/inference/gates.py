"""One-sided bounds of how much worse something got, and how often a gate of three states decides."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from judgebench.stats.cluster_errors import effective_number
from judgebench.stats.crosstab import TINY

if TYPE_CHECKING:
    from judgebench.stats.crosstab import Floats, Ints
    from judgebench.stats.influence import Influences


@dataclass(frozen=True, slots=True)
class Bounds:
    """How much worse something surely got, and surely did not: one-sided bounds, each at level alpha.

    ``p`` is that of "no worse than the threshold", 1 where nothing can be tested. ``se`` is behind the lower bound,
    ``se_high`` behind the upper; bounds and errors are None where the data carry none. ``df`` are clusters less one,
    fewer where some are much larger than others; ``unmoved`` says that every cluster stayed as it was.
    """

    low: float | None
    high: float | None
    p: float
    se: float | None
    se_high: float | None
    df: float
    unmoved: bool


def one_sided(
    worse: Influences,
    *,
    margin: float,
    alpha: float = 0.05,
    threshold: float = 0.0,
    slack: tuple[float, float] = (0.0, 0.0),
    sizes: Ints | None = None,
) -> Bounds:
    """Bound a worsening from below and from above.

    ``low = d - t SE`` and ``high = d + t max(SE, SE_0)``. Clusters of one size have the CR1 error and t of G - 1
    degrees of freedom. A cluster with a large share h of the rows draws the estimate to itself, which makes CR1 too
    small, and takes degrees of freedom from the others, so with unequal ``sizes`` (rows of each cluster) the error is
    that of the jackknife of clusters (CR3), ``SE^2 = (G - 1) / G sum (influence / (1 - h))^2``, and t is of
    ``1 / sum h^2 - 1`` or, where few clusters make the error, of ``3 (sum v)^2 / sum v^2 - 1`` with v the terms of that
    sum; equal sizes make that the same. (CR2 with Satterthwaite's degrees of freedom is narrower and fails .09 of the
    runs without a drop where two clusters hold half of the rows: `benchmarks/gate.py`.)

    ``SE_0`` is the least standard error that a worsening of exactly the margin can have: a cluster that moves does so
    by ``s = sum c^2 / sum |c|`` of the clusters' contributions c, so the margin takes a share ``margin / s`` of them,
    and ``SE_0^2 = (s margin - margin^2) / G``. Without it a few losses among a hundred items, all the other items
    alike, would look surer than they are; where the judges differ both ways the error seen is the larger one.

    ``margin``, above 0, is the worsening that would be too much, ``threshold`` what the p-value is about, and ``slack``
    how far chance alone can lift the worsening and push it down. Where all clusters show the same worsening (a standard
    error of 0) the sign test of G clusters decides, ``p = 2^-G``.

    Source: Blackwelder (1982), Proving the null hypothesis in clinical trials; Tango (1998), Equivalence test and
    confidence interval for the difference in proportions for the paired-sample design, whose standard error is that
    under a difference of the margin; Bell & McCaffrey (2002), Bias reduction in standard errors for linear regression
    with multi-stage samples, for the jackknife; Carter, Schnepel & Steigerwald (2017), Asymptotic behavior of a t-test
    robust to cluster heterogeneity, for the effective number of clusters.

    Two of a hundred items got worse and none better. Their own standard error would call a loss of .05 excluded:

    >>> from judgebench.stats.influence import Clusters, mean
    >>> items = Clusters.of(np.arange(100))
    >>> found = one_sided(mean(np.repeat([1.0, 0.0], [2, 98]), items), margin=0.05)
    >>> round(found.se, 4), round(found.se_high, 4), round(0.02 + 1.66 * found.se, 3), round(found.high, 3)
    (0.0141, 0.0218, 0.043, 0.056)
    """
    from scipy.special import stdtr, stdtrit

    groups, value, df = worse.sums.size, worse.value, float(worse.sums.size - 1)
    if groups < 2:
        return Bounds(None, None, 1.0, None, None, df, unmoved=False)
    alike = sizes is None or bool((sizes == sizes[0]).all())
    share = np.full(groups, 1 / groups) if sizes is None else sizes / sizes.sum()
    terms = np.square(worse.sums if alike else worse.sums / (1 - share))
    # Not a dot product: BLAS would start threads for it, and its last digits depend on their number.
    se = math.sqrt((groups / (groups - 1) if alike else (groups - 1) / groups) * float(terms.sum()))
    if sizes is not None and not alike and se >= TINY:
        df = max(1.0, min(float(effective_number(sizes)), 3 * float(effective_number(terms))) - 1)
    if se < TINY:
        if abs(value) < TINY:
            return Bounds(0.0, 0.0, 1.0, 0.0, 0.0, df, unmoved=True)
        sign = 0.5**groups
        sure = value if sign <= alpha else None
        return Bounds(sure, sure, sign if value - slack[0] > threshold else 1.0, 0.0, 0.0, df, unmoved=False)
    quantile = float(stdtrit(df, 1 - alpha))
    least = max(se, _least_error(worse, margin, share))
    low, high = value - slack[0] - quantile * se, value + slack[1] + quantile * least
    p = float(stdtr(df, -(value - slack[0] - threshold) / se))
    return Bounds(low, high, p, se, least, df, unmoved=False)


def _least_error(worse: Influences, margin: float, share: Floats) -> float:
    groups = worse.sums.size
    moved = (worse.sums + share * worse.value) * groups
    size = float(np.square(moved).sum()) / max(float(np.abs(moved).sum()), TINY)
    return math.sqrt(max(0.0, size * margin - margin * margin) / groups)


def typical_move(difference: Influences) -> float:
    """How far a cluster that moves draws a difference of two estimates, on average, weighted by the moves' squares.

    ``sum |c|^3 / sum c^2`` for the clusters' contributions c, in units of one cluster's share; 0 where none moves. What
    moved margins do to rows on which both say the same hardly counts.
    """
    groups = difference.sums.size
    share = 1 / groups if difference.shares is None else difference.shares
    moved = np.abs(difference.sums + share * difference.value) * groups
    return float((moved**3).sum()) / max(float(np.square(moved).sum()), TINY)


def least_variance(move: float, drop: float) -> float:
    """Least variance per cluster of a difference of ``drop``: ``drop / move`` of them move, all to one side."""
    return max(0.0, move * drop - drop * drop)


@dataclass(frozen=True, slots=True)
class States:
    """How often a gate ends in each of its states: probabilities, which sum to 1."""

    fails: float
    passes: float
    undecided: float


@dataclass(frozen=True, slots=True)
class Decider:
    """A gate's rule with the errors that it meets, ready to be asked how often it decides.

    It passes where the worsening seen is below ``margin - slack - t SE_high``, and else fails where it is above
    ``max(threshold + slack + t SE, least)``; a ``strict`` one fails first. ``threshold`` is what a worsening must
    surely exceed to fail, ``least`` the smallest worsening seen that may, and margin and slack are as in `one_sided`.
    ``alpha`` is the level of the upper bound, ``fail_alpha`` of the lower one, smaller where the gate has several
    lines. Errors are above 0; quantiles are normal where ``df`` is infinite.

    Source: Schuirmann (1987), A comparison of the two one-sided tests procedure and the power approach for assessing
    the equivalence of average bioavailability; Bloom (1995), Minimum detectable effects, for the quantiles of t.

    Kappa .6 on 500 balanced items, the judges differing on a tenth of them: the variance of the difference is .3975 an
    item (statistics.md 2.4: without a drop .050 fail, .548 pass; at the margin .553 fail, .053 pass).

    >>> se = math.sqrt(0.3975 / 500)
    >>> gate = Decider(se, se, margin=0.05, alpha=0.05)
    >>> [round(one, 3) for one in (gate.states(0.0).fails, gate.states(0.0).passes)]
    [0.05, 0.551]
    >>> [round(one, 3) for one in (gate.states(0.05).fails, gate.states(0.05).passes)]
    [0.551, 0.05]
    """

    se: float
    se_high: float
    margin: float
    alpha: float = 0.05
    fail_alpha: float | None = None
    df: float = math.inf
    threshold: float = 0.0
    least: float = 0.0
    slack: tuple[float, float] = (0.0, 0.0)
    strict: bool = False

    def _quantile(self, level: float) -> float:
        from scipy.special import ndtri, stdtrit

        # One less a tiny alpha is 1, whose quantile is infinite; both distributions are symmetric.
        return -float(ndtri(level) if math.isinf(self.df) else stdtrit(self.df, level))

    @property
    def _worse_from(self) -> float:
        level = self.alpha if self.fail_alpha is None else self.fail_alpha
        return max(self.threshold + self.slack[0] + self._quantile(level) * self.se, self.least)

    @property
    def _within_below(self) -> float:
        return self.margin - self.slack[1] - self._quantile(self.alpha) * self.se_high

    @property
    def fails_from(self) -> float:
        """Worsening seen from which the gate fails."""
        return self._worse_from if self.strict else max(self._worse_from, self._within_below)

    @property
    def passes_below(self) -> float:
        """Worsening seen below which the gate passes."""
        return min(self._worse_from, self._within_below) if self.strict else self._within_below

    def states(self, drop: float) -> States:
        """Say how often the gate ends in each state for a true worsening."""
        from scipy.special import ndtr, stdtr

        def below(seen: float) -> float:
            z = (seen - drop) / self.se
            return float(ndtr(z) if math.isinf(self.df) else stdtr(self.df, z))

        fails, passes = 1 - below(self.fails_from), below(self.passes_below)
        return States(fails, passes, max(0.0, 1 - fails - passes))

    def detectable(self, power: float = 0.8) -> float:
        """Smallest true worsening that fails with the given probability."""
        return self.fails_from + self._quantile(1 - power) * self.se
