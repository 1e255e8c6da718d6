"""Agreement of many raters, gaps allowed: what is observed, and what chance would give, per coefficient.

``ratings`` are codes of n units by m raters, shape (n, m), -1 where a rater left the unit out; ``categories`` q are the
declared ones, used or not; ``weights``, shape (q, q), are symmetric agreement weights with 1 on the diagonal, by
default the identity. Every coefficient is ``(pa - pe) / (1 - pe)``. Over the units with two ratings or more, ``pa`` is
the mean weighted agreement of a unit's pairs of ratings; the coefficients differ in what they expect by chance
(``pe``). Gaps are handled as Gwet does (2014, Handbook of Inter-Rater Reliability): a unit with a single rating says
nothing about agreement but counts in the margins. Each result carries the influence of every unit, so that standard
errors can be summed within clusters. ``no_pairs`` where no unit has two ratings, ``no_variation`` where pe is 1 or
there is a single category.

Intraclass correlations take ``values``, numbers of n units by k raters, shape (n, k), NaN where a rater left the unit
out; units with a gap are left out, since these forms have no agreed meaning on them. The F intervals are the classical
ones: they hold for independent units and normal values, and for ``agreement`` they take the raters as drawn from many.
The influence functions take the raters as they are; summed within clusters they give intervals where units share a
question.

Source: Shrout & Fleiss (1979), Intraclass correlations: uses in assessing rater reliability; McGraw & Wong (1996),
Forming inferences about some intraclass correlation coefficients.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal, TypeAlias

import numpy as np

from judgebench.stats.coefficients.chance import kappas
from judgebench.stats.crosstab import TINY, Floats, by_table, count_units, total
from judgebench.stats.influence import RowOutcome

if TYPE_CHECKING:
    import numpy.typing as npt

    from judgebench.stats.crosstab import Ints


def mean_agreement(ratings: Ints, categories: int, weights: Floats | None = None) -> RowOutcome:
    """Mean agreement ``pa`` of the pairs of ratings within a unit, over units with two ratings or more."""
    seen = _Panel.of(ratings, categories, weights)
    return RowOutcome.undefined("no_pairs") if seen is None else RowOutcome(seen.agreed, seen.influence, chance=0.0)


def fleiss_kappa(ratings: Ints, categories: int, weights: Floats | None = None) -> RowOutcome:
    """Fleiss' kappa: chance is two ratings drawn from the margin of all raters, ``pe = sum w_kl p_k p_l``.

    Source: Fleiss (1971), Measuring nominal scale agreement among many raters. Ten units rated by 14 raters, the worked
    example of the encyclopedias, as counts per category:

    >>> counts = [[0, 0, 0, 0, 14], [0, 2, 6, 4, 2], [0, 0, 3, 5, 6], [0, 3, 9, 2, 0], [2, 2, 8, 1, 1],
    ...           [7, 7, 0, 0, 0], [3, 2, 6, 3, 0], [2, 5, 3, 2, 2], [6, 5, 2, 1, 0], [0, 2, 2, 3, 7]]
    >>> round(fleiss_kappa(np.array([np.repeat(range(5), unit) for unit in counts]), 5).value, 4)
    0.2099
    """
    seen = _Panel.of(ratings, categories, weights)
    if seen is None:
        return RowOutcome.undefined("no_pairs")
    share = seen.share
    expected = float(share @ seen.weights @ share)
    return seen.corrected(expected, 2 * (seen.shares - share) @ (seen.weights @ share))


def gwet_ac(ratings: Ints, categories: int, weights: Floats | None = None) -> RowOutcome:
    """Gwet's AC1, or AC2 with weights: ``pe = T / (q (q - 1)) * sum p_k (1 - p_k)``, T the sum of all weights.

    Source: Gwet (2008), Computing inter-rater reliability and its variance in the presence of high agreement.
    """
    seen = _Panel.of(ratings, categories, weights)
    if seen is None:
        return RowOutcome.undefined("no_pairs")
    if categories < 2:
        return RowOutcome.undefined("no_variation")
    share = seen.share
    scale = float(seen.weights.sum()) / (categories * (categories - 1))
    expected = scale * float((share * (1 - share)).sum())
    return seen.corrected(expected, scale * (seen.shares - share) @ (1 - 2 * share))


def brennan_prediger(ratings: Ints, categories: int, weights: Floats | None = None) -> RowOutcome:
    """Brennan and Prediger's coefficient: chance is the same for every category, ``pe = sum w_kl / q^2``.

    Source: Brennan & Prediger (1981), Coefficient kappa: some uses, misuses, and alternatives.
    """
    seen = _Panel.of(ratings, categories, weights)
    if seen is None:
        return RowOutcome.undefined("no_pairs")
    return seen.corrected(float(seen.weights.sum()) / categories**2, np.zeros(len(seen.shares)))


def conger_kappa(ratings: Ints, categories: int, weights: Floats | None = None) -> RowOutcome:
    """Conger's kappa ("exact Fleiss"): chance is two *different* raters, each with a margin of their own.

    ``pe`` is the mean over pairs of raters g, h of ``sum w_kl p_gk p_hl``; raters without a rating don't count. With
    two raters it is Cohen's kappa. Source: Conger (1980), Integration and generalization of kappas for multiple raters.
    """
    seen = _Panel.of(ratings, categories, weights)
    if seen is None:
        return RowOutcome.undefined("no_pairs")
    given = [(rows, one[rows]) for one in ratings.T if (rows := np.flatnonzero(one >= 0)).size]
    raters = len(given)
    margins = np.stack([np.bincount(said, minlength=categories) / said.size for _, said in given])
    others = (margins.sum(axis=0) - margins) @ seen.weights
    expected = float((margins * others).sum()) / (raters * (raters - 1))
    units = len(seen.shares)
    by_unit = np.zeros(len(ratings))
    for (rows, said), margin, other in zip(given, margins, others, strict=True):
        by_unit[rows] += (other[said] - float(margin @ other)) * units / said.size
    return seen.corrected(expected, 2 * by_unit[seen.rows] / (raters * (raters - 1)))


def light_kappa(ratings: Ints, categories: int, least: int = 1) -> RowOutcome:
    """Light's kappa: the mean of Cohen's kappa over all pairs of raters that share at least ``least`` units.

    A pair without variation has no kappa and is left out; ``no_pairs`` where no pair shares enough units,
    ``no_variation`` where no pair has a kappa. Source: Light (1971), Measures of response agreement for qualitative
    data.
    """
    values: list[Floats] = []
    influence = np.zeros(len(ratings))
    reason = "no_pairs"
    for g in range(ratings.shape[1] - 1):
        # All later raters at once: of hundreds, each shares few units with most.
        units = np.flatnonzero(ratings[:, g] >= 0)
        beside = ratings[units, g + 1 :].T
        rater, place = np.nonzero(beside >= 0)
        cells = ratings[units[place], g].astype(np.int64) * categories + beside[rater, place]
        sizes = np.bincount(rater, minlength=len(beside))
        counts = np.bincount(rater * categories**2 + cells, minlength=sizes.size * categories**2)
        joint = counts.reshape(-1, categories, categories) / np.maximum(sizes, 1)[:, None, None]
        kappa, gradient, _ = kappas(np.eye(categories), joint)
        enough = sizes >= max(least, 1)
        told = enough & ~np.isnan(kappa)
        if (enough & ~told).any():
            reason = "no_variation"
        values.append(kappa[told])
        pull = (gradient - by_table(total(joint * gradient))).reshape(-1, categories**2) / np.maximum(sizes, 1)[:, None]
        kept = np.flatnonzero(told[rater])
        np.add.at(influence, units[place[kept]], pull[rater[kept], cells[kept]])
    every = np.concatenate([np.zeros(0), *values])
    if not every.size:
        return RowOutcome.undefined(reason)
    return RowOutcome(float(every.mean()), influence * (len(ratings) / every.size))


@dataclass(frozen=True, slots=True)
class _Panel:
    """What the coefficients share: observed agreement and the units' shares of each category.

    ``rows`` are the units with a rating; ``shares`` (one row each) and ``share``, their mean, are the margins;
    ``influence`` is the influence of all n units on the observed agreement.
    """

    weights: Floats
    agreed: float
    influence: Floats
    rows: npt.NDArray[np.intp]
    shares: Floats

    @classmethod
    def of(cls, ratings: Ints, categories: int, weights: Floats | None) -> _Panel | None:
        """Count; None where no unit has two ratings."""
        counts = count_units(ratings, categories)
        raters = counts.sum(axis=1)
        paired = raters >= 2
        if not paired.any():
            return None
        if weights is None:
            weights = np.eye(categories)
        pairs = np.where(paired, raters * (raters - 1), 1.0)
        within = (((counts @ weights) * counts).sum(axis=1) - raters) / pairs
        agreed = float(within[paired].mean())
        influence = np.where(paired, within - agreed, 0.0) * (len(counts) / int(paired.sum()))
        rows = np.flatnonzero(raters > 0)
        return cls(weights, agreed, influence, rows, counts[rows] / raters[rows, None])

    @property
    def share(self) -> Floats:
        """Mean share of each category, shape (q,)."""
        mean: Floats = self.shares.mean(axis=0)
        return mean

    def corrected(self, expected: float, by_unit: Floats) -> RowOutcome:
        """Correct for chance; ``by_unit`` is the influence of the units with a rating on ``expected``."""
        if 1 - expected < TINY:
            return RowOutcome.undefined("no_variation")
        influence = self.influence * (1 - expected)
        influence[self.rows] -= (1 - self.agreed) * by_unit * (len(influence) / self.rows.size)
        value = 1 - (1 - self.agreed) / (1 - expected)
        return RowOutcome(value, influence / (1 - expected) ** 2, chance=expected)


Form: TypeAlias = Literal["one-way", "agreement", "consistency"]


@dataclass(frozen=True, slots=True)
class Squares:
    """Mean squares of a two-way layout of n units by k raters.

    ``between`` units is MSR with n - 1 degrees of freedom, ``columns`` between raters MSC with k - 1, ``error`` the
    residual MSE with (n - 1)(k - 1), and ``within`` units, where raters are not told apart, MSW with n (k - 1).
    """

    units: int
    raters: int
    between: float
    columns: float
    error: float
    within: float

    @classmethod
    def of(cls, values: Floats) -> Squares:
        """Split the variation of values, shape (n, k), without gaps; n and k at least 2."""
        n, k = values.shape
        grand = values.mean()
        rows, columns = values.mean(axis=1), values.mean(axis=0)
        between = k * float(np.square(rows - grand).sum()) / (n - 1)
        by_rater = n * float(np.square(columns - grand).sum()) / (k - 1)
        rest = values - rows[:, None] - columns[None, :] + grand
        error = float(np.square(rest).sum()) / ((n - 1) * (k - 1))
        within = float(np.square(values - rows[:, None]).sum()) / (n * (k - 1))
        return cls(n, k, between, by_rater, error, within)


def icc(values: Floats, form: Form = "agreement", *, average: bool = False) -> RowOutcome:
    """Intraclass correlation of raters' numbers, with one influence per row of ``values``.

    With mean squares MSR (units), MSC (raters), MSE (residual), MSW (within units) of n units and k raters:

    - ``one-way``, ICC(1,1): ``(MSR - MSW) / (MSR + (k - 1) MSW)``; which rater said what is unknown;
    - ``agreement``, ICC(A,1) or ICC2: ``(MSR - MSE) / (MSR + (k - 1) MSE + k (MSC - MSE) / n)``; a rater who is always
      one point higher disagrees;
    - ``consistency``, ICC(C,1) or ICC3: ``(MSR - MSE) / (MSR + (k - 1) MSE)``; only order and spacing count.

    ``average`` asks for the reliability of the mean of the k raters instead: ``k r / (1 + (k - 1) r)``. Undefined below
    3 complete units (``too_few_items``), where all numbers are one (``no_variation``), and where units don't differ
    (``no_unit_variation``): under ``consistency`` if raters are apart by a constant only, else for the mean of the
    raters. ValueError with fewer than two raters. Shrout and Fleiss' six targets and four judges (they print .17, .29
    and .71):

    >>> data = np.array([[9, 2, 5, 8], [6, 1, 3, 2], [8, 4, 6, 8], [7, 1, 2, 6], [10, 5, 6, 9], [6, 2, 4, 7]]) * 1.0
    >>> [round(icc(data, form).value, 2) for form in ("one-way", "agreement", "consistency")]
    [0.17, 0.29, 0.71]
    """
    if values.shape[1] < 2:
        raise ValueError("an intraclass correlation needs two raters or more")
    rows = complete(values)
    if rows.size < 3:
        return RowOutcome.undefined("too_few_items")
    kept = values[rows]
    squares = Squares.of(kept)
    if squares.between + squares.within < TINY:
        return RowOutcome.undefined("no_variation")
    k, n = squares.raters, squares.units
    top, bottom = _parts(squares, form)
    if bottom < TINY:
        return RowOutcome.undefined("no_unit_variation")
    d_between, d_columns, d_error = _influences(kept)
    if form == "one-way":
        d_error = d_error + d_columns
        d_columns = np.zeros(n)
    d_top = d_between - d_error
    d_bottom = d_between + (k - 1) * d_error
    if form == "agreement":
        d_bottom = d_bottom + k * (d_columns - d_error / n)
    single = top / bottom
    single_influence = (d_top - single * d_bottom) / bottom
    if average:
        design = 1 + (k - 1) * single
        if design < TINY:
            return RowOutcome.undefined("no_unit_variation")
        single, single_influence = spearman_brown(single, k), single_influence * k / design**2
    influence = np.zeros(len(values))
    influence[rows] = single_influence * (len(values) / n)
    return RowOutcome(single, influence)


def icc_interval(
    values: Floats, form: Form = "agreement", *, average: bool = False, level: float = 0.95
) -> tuple[float, float] | None:
    """F interval of `icc`, for independent units; for ``agreement`` the degrees of freedom are Satterthwaite's.

    None where the correlation is undefined, or where raters never differ on a unit or units never differ in their mean
    (an F ratio of infinity or 0 says nothing about certainty).
    """
    from scipy.special import fdtri

    if icc(values, form, average=average).value is None:
        return None
    squares = Squares.of(values[complete(values)])
    n, k = squares.units, squares.raters
    error = squares.within if form == "one-way" else squares.error
    if min(error, squares.between) < TINY:
        return None
    tail = (1 + level) / 2
    if form == "agreement":
        top, bottom = _parts(squares, form)
        rho = top / bottom
        a, b = k * rho / (n * (1 - rho)), 1 + k * rho * (n - 1) / (n * (1 - rho))
        df = (a * squares.columns + b * error) ** 2 / (
            (a * squares.columns) ** 2 / (k - 1) + (b * error) ** 2 / ((n - 1) * (k - 1))
        )
        f_low, f_high = float(fdtri(n - 1, df, tail)), float(fdtri(df, n - 1, tail))
        rest = k * squares.columns + (k * n - k - n) * error
        low = n * (squares.between - f_low * error) / (f_low * rest + n * squares.between)
        high = n * (f_high * squares.between - error) / (rest + n * f_high * squares.between)
    else:
        df = n * (k - 1) if form == "one-way" else (n - 1) * (k - 1)
        ratio = squares.between / error
        f_low = ratio / float(fdtri(n - 1, df, tail))
        f_high = ratio * float(fdtri(df, n - 1, tail))
        low, high = (f_low - 1) / (f_low + k - 1), (f_high - 1) / (f_high + k - 1)
    if not average:
        return low, high
    # At its lowest a single rater's correlation is -1 / (k - 1), where the mean's has no bound.
    return None if 1 + (k - 1) * low < TINY else (spearman_brown(low, k), spearman_brown(high, k))


def spearman_brown(single: float, raters: int) -> float:
    """Reliability of the mean of k raters from that of one, ``k r / (1 + (k - 1) r)``, for r above ``-1 / (k - 1)``.

    Source: Spearman (1910) and Brown (1910), in volume 3 of the British Journal of Psychology.
    """
    return raters * single / (1 + (raters - 1) * single)


def complete(values: Floats) -> npt.NDArray[np.intp]:
    """Rows without a gap."""
    return np.flatnonzero(~np.isnan(values).any(axis=1))


def _parts(squares: Squares, form: Form) -> tuple[float, float]:
    k = squares.raters
    error = squares.within if form == "one-way" else squares.error
    bottom = squares.between + (k - 1) * error
    if form == "agreement":
        bottom += k * (squares.columns - error) / squares.units
    return squares.between - error, bottom


def _influences(values: Floats) -> tuple[Floats, Floats, Floats]:
    """Influence of each unit on MSR, MSC / n and MSE, raters fixed; each of shape (n,)."""
    k = values.shape[1]
    means = values.mean(axis=0)
    apart = values - means
    rows = np.square(apart.sum(axis=1)) / k
    total = np.square(apart).sum(axis=1)
    error = (total - rows) / (k - 1)
    columns = 2 * apart @ (means - means.mean()) / (k - 1)
    return rows - rows.mean(), columns, error - error.mean()
