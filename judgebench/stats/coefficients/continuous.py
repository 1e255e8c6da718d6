"""A judge's numbers against gold's numbers: correlation, concordance, error.

Both sides are finite numbers of shape (n,), in the same unit but for correlations; ValueError if shapes differ or a
number is not finite. Coefficients are undefined below 3 rows (``too_few_items``) and where a side is constant
(``no_variation``), errors without rows (``no_items``). The moments are over n, except where the formula of a
coefficient says n - 1. Influence functions are those of the moments, so ICC and CCC, which differ in terms of order
1/n, share theirs to that order.
"""

from __future__ import annotations

import math
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import numpy as np

from judgebench.stats.influence import RowOutcome, centred

if TYPE_CHECKING:
    from collections.abc import Callable

    import numpy.typing as npt

    from judgebench.stats.crosstab import Floats
    from judgebench.stats.influence import Clusters

_LEAST = 3


def pearson(gold: Floats, judge: Floats) -> RowOutcome:
    """Pearson's correlation.

    Source: Pearson (1896), Regression, heredity, and panmixia; influence as in Devlin, Gnanadesikan & Kettenring
    (1975).
    """
    if (reason := _refused(gold, judge)) is not None:
        return RowOutcome.undefined(reason)
    x, y = centred(gold), centred(judge)
    # Squares of probabilities as small as 1e-200, or of numbers as large, underflow or overflow.
    x, y = x / float(np.abs(x).max()), y / float(np.abs(y).max())
    return replace(_correlation(x, y), without=_left_out(x, y, _product_moment), told=_told(x, y))


def _product_moment(xy: Floats, xx: Floats, yy: Floats, _shift: Floats, _n: Floats) -> Floats:
    found: Floats = xy / np.sqrt(xx * yy)
    return found


def _left_out(
    x: Floats, y: Floats, value: Callable[[Floats, Floats, Floats, Floats, Floats], Floats]
) -> Callable[[Clusters], Floats]:
    """Values without each cluster, from its sums, of a function of moments, the shift of the means, and n."""

    def without(clusters: Clusters) -> Floats:
        n = x.size - clusters.sizes.astype(np.float64)
        sums = [float(one.sum()) - clusters.sums(one) for one in (x, y, x * x, y * y, x * y)]
        with np.errstate(divide="ignore", invalid="ignore"):
            mean_x, mean_y, xx, yy, xy = (one / n for one in sums)
            return value(xy - mean_x * mean_y, xx - mean_x**2, yy - mean_y**2, mean_x - mean_y, n)

    return without


def _told(x: Floats, y: Floats) -> Floats:
    """How much each row tells of a coefficient of moments: the farther out, the more."""
    found: Floats = 1 + (np.square(x) / np.square(x).mean() + np.square(y) / np.square(y).mean()) / 2
    return found


def spearman(gold: Floats, judge: Floats) -> RowOutcome:
    """Spearman's rho: Pearson's correlation of mean ranks.

    The influence counts what a row does to the ranks of all others.
    Source: Spearman (1904); the influence function as in Croux & Dehon (2010), with ties. The textbook example of IQ
    and hours of television:

    >>> x = np.array([106.0, 86, 100, 101, 99, 103, 97, 113, 112, 110])
    >>> y = np.array([7.0, 0, 27, 50, 28, 29, 20, 12, 6, 17])
    >>> round(spearman(x, y).value, 6)
    -0.175758
    """
    if (reason := _refused(gold, judge)) is not None:
        return RowOutcome.undefined(reason)
    x, y = _ranks(gold), _ranks(judge)
    n = gold.size
    vx, vy, cov = float((x * x).mean()), float((y * y).mean()), float((x * y).mean())
    scale = math.sqrt(vx * vy)
    by_cov = x * y + (_above(gold, y) + _above(judge, x)) / n
    by_x = x * x + 2 * _above(gold, x) / n
    by_y = y * y + 2 * _above(judge, y) / n
    value = cov / scale
    influence = by_cov / scale - value / 2 * (by_x / vx + by_y / vy)
    return RowOutcome(_within(value), influence - influence.mean())


def concordance(gold: Floats, judge: Floats) -> RowOutcome:
    """Lin's concordance, ``2 s_xy / (s_x^2 + s_y^2 + (mean x - mean y)^2)``: correlation and level in one.

    Source: Lin (1989), A concordance correlation coefficient to evaluate reproducibility.
    """
    return _level(gold, judge, lambda xy, xx, yy, shift, _: (2 * xy, xx + yy + shift * shift, 2 * shift))


def icc_agreement(gold: Floats, judge: Floats) -> RowOutcome:
    """ICC(A,1) of two raters: may the judge's number stand in for gold's? A shift of level counts as error.

    ``2 S_xy / (S_x^2 + S_y^2 + d^2 - (S_x^2 + S_y^2 - 2 S_xy) / n)`` with moments over n - 1 and d the difference of
    the means: Shrout & Fleiss' ICC(2,1) for two raters.
    Source: McGraw & Wong (1996), Forming inferences about some intraclass correlation coefficients; Shrout & Fleiss
    (1979), table 2, judges 1 and 4:

    >>> round(icc_agreement(np.array([9.0, 6, 8, 7, 10, 6]), np.array([8.0, 2, 8, 6, 9, 7])).value, 6)
    0.647887
    """

    def parts(xy: float, xx: float, yy: float, shift: float, n: int) -> tuple[float, float, float]:
        unbiased = n / (n - 1)
        total = unbiased * (xx + yy)
        return 2 * unbiased * xy, total + shift * shift - (total - 2 * unbiased * xy) / n, 2 * shift

    return _level(gold, judge, parts)


def icc_consistency(gold: Floats, judge: Floats) -> RowOutcome:
    """ICC(C,1) of two raters, ``2 s_xy / (s_x^2 + s_y^2)``: as ICC(A,1), but a shift of level is forgiven.

    Source: McGraw & Wong (1996); ICC(3,1) of Shrout & Fleiss (1979).
    """
    return _level(gold, judge, lambda xy, xx, yy, _shift, _n: (2 * xy, xx + yy, 0.0))


def mean_absolute_error(gold: Floats, judge: Floats) -> RowOutcome:
    """Mean distance of the two numbers.

    Source: Willmott & Matsuura (2005), Advantages of the mean absolute error over the root mean square error.
    """
    _check(gold, judge)
    return RowOutcome.mean(np.abs(judge - gold))


def mean_signed_error(gold: Floats, judge: Floats) -> RowOutcome:
    """Mean of judge minus gold: positive for a lenient judge.

    Source: Bland & Altman (1986), Statistical methods for assessing agreement between two methods of clinical
    measurement.
    """
    _check(gold, judge)
    return RowOutcome.mean(judge - gold)


def _correlation(x: Floats, y: Floats) -> RowOutcome:
    unit_x, unit_y = math.sqrt(float((x * x).mean())), math.sqrt(float((y * y).mean()))
    x, y = x / unit_x, y / unit_y
    value = float((x * y).mean())
    return RowOutcome(_within(value), x * y - value / 2 * (x * x + y * y))


def _level(gold: Floats, judge: Floats, parts: Callable[[Any, Any, Any, Any, Any], tuple[Any, Any, Any]]) -> RowOutcome:
    """Evaluate ``2 s_xy / D``, where ``parts`` gives both sides of the line and D's slope by the shift of the means."""
    if (reason := _refused(gold, judge)) is not None:
        return RowOutcome.undefined(reason)
    x, y, n = centred(gold), centred(judge), gold.size
    xy, xx, yy = float((x * y).mean()), float((x * x).mean()), float((y * y).mean())
    shift = float(gold.mean() - judge.mean())
    above, below, slope = parts(xy, xx, yy, shift, n)
    value = above / below
    influence = 2 * (x * y - xy) - value * (x * x - xx + y * y - yy + slope * (x - y))

    def value_of(xy: Floats, xx: Floats, yy: Floats, apart: Floats, n: Floats) -> Floats:
        above, below, _ = parts(xy, xx, yy, apart + shift, n)
        found: Floats = np.minimum(1.0, above / below)
        return found

    influence /= xx + yy + slope * shift / 2
    return RowOutcome(min(1.0, value), influence, without=_left_out(x, y, value_of), told=_told(x, y))


def _ranks(values: Floats) -> Floats:
    """Mean rank of each row as a share of all rows, centred."""
    ordered = np.sort(values)
    below, upto = np.searchsorted(ordered, values, side="left"), np.searchsorted(ordered, values, side="right")
    return (below + upto) / (2 * values.size) - 0.5


def _above(values: Floats, weights: Floats) -> Floats:
    """Sum of the weights of the rows above each row, ties by half, less half of all."""
    ordered = np.argsort(values, kind="stable")
    total = np.concatenate([[0.0], np.cumsum(weights[ordered])])
    below = total[np.searchsorted(values, values, side="left", sorter=ordered)]
    upto = total[np.searchsorted(values, values, side="right", sorter=ordered)]
    found: Floats = total[-1] / 2 - (below + upto) / 2
    return found


def _within(value: float) -> float:
    return min(1.0, max(-1.0, value))


def _refused(gold: Floats, judge: Floats) -> str | None:
    _check(gold, judge)
    if gold.size < _LEAST:
        return "too_few_items"
    flat = any(float(side.max()) == float(side.min()) for side in (gold, judge))
    return "no_variation" if flat else None


def _check(gold: npt.NDArray[Any], judge: npt.NDArray[Any]) -> None:
    if gold.shape != judge.shape or gold.ndim != 1:
        raise ValueError(f"numbers of shape {judge.shape} for gold of shape {gold.shape}")
    if not (np.isfinite(gold).all() and np.isfinite(judge).all()):
        raise ValueError("a number is not finite")
