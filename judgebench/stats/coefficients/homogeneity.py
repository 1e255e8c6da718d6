"""Marginal homogeneity: whether the judge uses each label as often as gold does.

Tests take ``counts``, the items by gold and verdict, shape (k, k), and answer ``no_disagreement`` where no item is off
the diagonal.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from judgebench.stats.crosstab import TINY, Floats


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
    from scipy.special import chdtrc, fdtrc  # noqa: PLC0415 - loaded on use

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
