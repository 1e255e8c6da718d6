"""Intraclass correlations of many raters' numbers, after Shrout and Fleiss, and McGraw and Wong.

``values`` are the numbers of n units by k raters, shape (n, k), NaN where a rater left the unit out; units with a gap
are left out, since these forms have no agreed meaning on them. The F intervals are the classical ones: they hold for
independent units and normal values, and for ``agreement`` they take the raters as drawn from many. The influence
functions take the raters as they are; summed within clusters they give intervals where units share a question.

Source: Shrout & Fleiss (1979), Intraclass correlations: uses in assessing rater reliability; McGraw & Wong (1996),
Forming inferences about some intraclass correlation coefficients.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal, TypeAlias

import numpy as np

from judgebench.stats.coefficients.raters import UnitOutcome
from judgebench.stats.crosstab import TINY, Floats

if TYPE_CHECKING:
    import numpy.typing as npt

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


def icc(values: Floats, form: Form = "agreement", *, average: bool = False) -> UnitOutcome:
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
        return UnitOutcome.undefined("too_few_items")
    kept = values[rows]
    squares = Squares.of(kept)
    if squares.between + squares.within < TINY:
        return UnitOutcome.undefined("no_variation")
    k, n = squares.raters, squares.units
    top, bottom = _parts(squares, form)
    if bottom < TINY:
        return UnitOutcome.undefined("no_unit_variation")
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
            return UnitOutcome.undefined("no_unit_variation")
        single, single_influence = spearman_brown(single, k), single_influence * k / design**2
    influence = np.zeros(len(values))
    influence[rows] = single_influence * (len(values) / n)
    return UnitOutcome(single, influence)


def icc_interval(
    values: Floats, form: Form = "agreement", *, average: bool = False, level: float = 0.95
) -> tuple[float, float] | None:
    """F interval of `icc`, for independent units; for ``agreement`` the degrees of freedom are Satterthwaite's.

    None where the correlation is undefined, or where raters never differ on a unit or units never differ in their mean
    (an F ratio of infinity or 0 says nothing about certainty).
    """
    from scipy.special import fdtri  # noqa: PLC0415 - loaded on use

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
