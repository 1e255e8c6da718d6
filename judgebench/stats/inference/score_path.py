"""Score intervals: those values that the data would not reject, each tried with the error that it would have itself.

An estimate stays in its interval while it lies between the 2.5 % and 97.5 % quantiles around a value tried, with the
standard error and the skewness *at that value*. For a share that is Wilson's interval with a term of skewness. For a
coefficient of a table the values tried lie along two paths of tables, from the one seen to perfect agreement and to
independence: at a rare label whose cells are still empty the error seen is nearly 0, and the error of the tables that
might have given it is not.

All functions broadcast over leading axes. ``deff`` is the design effect: the variance over that of independent rows, n
of which count as n / deff; ``df`` are the degrees of freedom of that variance (of n rows, n - 1), and ``level`` is the
nominal coverage.

Source: Wilson (1927), Probable inference, the law of succession, and statistical inference; Lee & Tu (1994), A better
confidence interval for kappa on measuring agreement between two raters with binary outcomes; Gart & Nam (1988),
Approximate interval estimation of the ratio of binomial parameters: a review and corrections for skewness.
"""

from __future__ import annotations

import math
from functools import lru_cache
from typing import TYPE_CHECKING, Literal, TypeAlias

import numpy as np

from judgebench.stats.crosstab import TINY, by_table, margins, total

if TYPE_CHECKING:
    from collections.abc import Callable

    import numpy.typing as npt

    from judgebench.stats.crosstab import Floats, Surface

#: Where the path of tables with less and less agreement ends: both sides independent with the margins seen, or all
#: labels that differ equally often, for coefficients whose chance term barely moves with the margins.
Down: TypeAlias = Literal["independent", "off-diagonal"]

#: Skewness beyond which a standardised gamma distribution says nothing.
_SKEWEST = 6.0
#: A path is searched up to here: its end is a table without a standard error.
_NEARLY = 1 - 1e-9
#: No p-value is searched below this.
_LEAST_P = 1e-12
#: Rows on one side, up to which the exact bound takes over.
FEW_EVENTS = 2


def pearson3(p: Floats, skew: Floats) -> Floats:
    """Quantile of the standardised gamma distribution (Pearson's type III) with a skewness.

    ``sign(a) (gammaincinv(c, p) - c) / sqrt(c)`` with ``c = 4 / a^2``, for a negative skewness a at 1 - p; the normal
    quantile near 0.
    """
    from scipy.special import gammaincinv, ndtri

    flat = np.abs(skew) < 2e-3
    shape = 4 / np.square(np.where(flat, 1.0, skew))
    found = np.sign(skew) * (gammaincinv(shape, np.where(skew > 0, p, 1 - p)) - shape) / np.sqrt(shape)
    return np.asarray(np.where(flat, ndtri(p), found))


def exact(hits: Floats | float, n: Floats | float, tail: Floats | float = 0.025) -> tuple[Floats, Floats]:
    """Clopper and Pearson's interval (1934) of a share, also for counts that are not whole.

    Source: Korn & Graubard (1998), Confidence intervals for proportions with small expected number of positive counts
    estimated from survey data.
    """
    from scipy.special import betaincinv

    hits = np.asarray(hits, dtype=np.float64)
    none, all_ = hits <= 1e-9, hits >= n - 1e-9
    low = betaincinv(np.where(none, 1.0, hits), n - hits + 1, tail)
    high = betaincinv(hits + 1, np.where(all_, 1.0, n - hits), 1 - np.asarray(tail))
    return np.where(none, 0.0, low), np.where(all_, 1.0, high)


def share_interval(
    hits: Floats | float,
    n: Floats | float,
    deff: Floats | float = 1.0,
    df: Floats | float | None = None,
    level: Floats | float = 0.95,
) -> tuple[Floats, Floats]:
    """Score interval of a share of n rows; with at most two hits or misses no narrower than the exact one.

    >>> [[round(float(bound), 3) for bound in share_interval(hits, n)] for hits, n in ((0, 10), (190, 200))]
    [[0.0, 0.388], [0.913, 0.974]]
    """
    hits, n = np.asarray(hits, dtype=np.float64), np.asarray(n, dtype=np.float64)
    stretch, tail = _stretch(n - 1 if df is None else np.asarray(df), level)
    estimate, rows, stretch, tail = np.broadcast_arrays(hits / n, n / deff, stretch, tail)
    side = np.array([0.0, 1.0]).reshape(2, *[1] * estimate.ndim)
    room = side - estimate

    def slack(u: Floats) -> Floats:
        moved = u * room[..., None]
        share = estimate[..., None] + moved
        variance = np.maximum(share * (1 - share), 1e-14)
        skew = _capped((1 - 2 * share) / np.sqrt(variance * rows[..., None]))
        error = np.sqrt(variance / rows[..., None]) * stretch[..., None]
        return _kept(-moved, error, skew, tail[..., None])

    end = _last(slack, room.shape)
    low, high = np.where((np.abs(room) < TINY) | (end >= 1), side, estimate + end * room)
    alike = np.maximum(1.0, rows / stretch**2)
    below, above = exact(estimate * alike, alike, tail)
    few = np.minimum(hits, n - hits) < FEW_EVENTS + 0.01
    return np.minimum(low, np.where(few, below, low)), np.maximum(high, np.where(few, above, high))


def score_interval(
    surface: Surface,
    joint: Floats,
    n: Floats | float,
    deff: Floats | float = 1.0,
    df: Floats | float | None = None,
    *,
    bounds: tuple[float, float] = (-1.0, 1.0),
    down: Down = "independent",
    labels: int | None = None,
    level: Floats | float = 0.95,
) -> tuple[Floats, Floats]:
    """Score interval of a coefficient (``surface``) of tables of joint proportions, shape (..., k, k).

    ``bounds`` are those of the coefficient. Of the k categories the first ``labels`` can be given by both sides; on the
    way up a verdict that is none of them becomes the right one. With at most two disagreeing rows the upper bound is no
    lower than where the exact bound of the agreement leads, and off the diagonal, where agreement decides nearly alone,
    the lower bound no higher. Cohen's kappa of 20, 5, 10 and 15 rows, .4:

    >>> from judgebench.stats.coefficients.chance import cohen_kappa
    >>> from judgebench.stats.crosstab import Crosstab
    >>> joint = np.array([[20, 5], [10, 15]]) / 50
    >>> low, high = score_interval(cohen_kappa(Crosstab(joint, 50, 2, np.arange(2.0))).surface, joint, 50)
    >>> round(float(low), 3), round(float(high), 3)
    (0.123, 0.633)
    """
    n = np.asarray(n, dtype=np.float64)
    stretch, tail = _stretch(n - 1 if df is None else np.asarray(df), level)
    estimate, n, rows, stretch, tail = np.broadcast_arrays(surface(joint).value, n, n / deff, stretch, tail)
    joint = np.broadcast_to(joint, (*estimate.shape, *joint.shape[-2:]))
    ends = np.stack([_independent(joint) if down == "independent" else _apart(joint, labels), _agreed(joint, labels)])

    def at(u: Floats) -> Floats:
        moved: Floats = joint[..., None, :, :] + by_table(u) * (ends - joint)[..., None, :, :]
        return moved

    def slack(u: Floats) -> Floats:
        value, error, skew = _tried(surface, at(u), n[..., None], rows[..., None], stretch[..., None])
        return _kept(estimate[..., None] - value, error, skew, tail[..., None])

    end = _last(slack, (2, *estimate.shape))
    exactly = _exact_agreement(joint, n, rows / stretch**2, tail)
    if down == "independent":
        exactly[0] = 0.0
    end = np.maximum(end, exactly * (end < 1))
    reached = surface(at(end[..., None])).value[..., 0]
    beyond = np.full(estimate.shape, bounds[0])
    if down == "independent" and (end[0] >= 1).any():
        # Below independence its error stays.
        value, error, skew = _tried(surface, ends[0], n, rows, stretch)
        beyond = np.maximum(bounds[0], np.minimum(value, estimate - error * pearson3(1 - tail, skew)))
    lower, upper = np.where(end[0] < 1, reached[0], beyond), np.where(end[1] < 1, reached[1], bounds[1])
    # Where a path leads to tables on which the figure is undefined, nothing beyond is ruled out.
    lower, upper = np.where(np.isnan(lower), bounds[0], lower), np.where(np.isnan(upper), bounds[1], upper)
    return np.minimum(lower, estimate), np.maximum(upper, estimate)


def mover(
    one: Floats | float,
    of_one: tuple[Floats, Floats],
    two: Floats | float,
    of_two: tuple[Floats, Floats],
    correlation: Floats | float,
) -> tuple[Floats, Floats]:
    """Interval of a difference from the intervals of both figures and the correlation of their estimates.

    ``d - sqrt((a - l_a)^2 - 2 r (a - l_a) (u_b - b) + (u_b - b)^2)`` below, and its mirror image above.
    Source: Zou & Donner (2008), Construction of confidence limits about effect measures: a general approach.
    """
    less = _third_side(one - of_one[0], of_two[1] - two, correlation)
    more = _third_side(of_one[1] - one, two - of_two[0], correlation)
    apart = np.subtract(one, two)
    return apart - less, apart + more


def mover_ratio(
    one: float, of_one: tuple[float, float], two: float, of_two: tuple[float, float], correlation: float
) -> tuple[float, float] | None:
    """Interval of the ratio of a figure to a positive one: those r for which 0 lies in `mover`'s of ``one - r two``.

    None where the interval of ``two`` reaches 0: then no ratio is too large.
    Source: Donner & Zou (2012), Closed-form confidence intervals for functions of the normal mean and standard
    deviation; Fieller (1954), Some problems in interval estimation.

    >>> [round(bound, 3) for bound in mover_ratio(0.4, (0.3, 0.5), 0.5, (0.4, 0.6), 0.0)]
    [0.57, 1.097]
    >>> [round(bound, 3) for bound in mover_ratio(0.0, (0.0, 0.1), 0.5, (0.4, 0.6), 0.0)]
    [0.0, 0.204]
    """
    if of_two[0] <= TINY:
        return None
    less, more = two - of_two[0], of_two[1] - two

    def bound(side: float, reach: float, apart: float) -> float:
        # (one - r two)^2 = reach^2 - 2 c reach r apart + (r apart)^2, solved for r.
        middle, scale = one * two - correlation * reach * apart, two**2 - apart**2
        rest = one**2 - reach**2
        root = math.sqrt(max(0.0, middle**2 - scale * rest))
        if side * middle > 0:
            return (middle + side * root) / scale
        # Both are 0 where the first figure and its bound are: so is the ratio.
        return rest / (middle - side * root) if middle or root else 0.0

    below, above = one - of_one[0], of_one[1] - one
    # Where r is negative, r times the greater bound of the second figure is the lesser one.
    low = bound(-1.0, below, more if of_one[0] >= 0 else -less)
    high = bound(1.0, above, less if of_one[1] >= 0 else -more)
    return low, high


def inverted(bounds: Callable[[Floats], tuple[Floats, Floats]]) -> float:
    """Find the p-value of the hypothesis 0: one less the level of the widest interval that leaves 0 out.

    ``bounds`` gives the intervals at several levels, shape (L,), at once.
    """
    low, high = math.log(_LEAST_P), math.log(1 - 1e-6)
    for _ in range(4):
        tried = np.linspace(low, high, 16)
        below, above = bounds(1 - np.exp(tried))
        inside = np.flatnonzero((below <= 0) & (above >= 0))
        last = int(inside[-1]) if inside.size else -1
        if last in {-1, tried.size - 1}:
            return _LEAST_P if last < 0 else 1.0
        low, high = float(tried[last]), float(tried[last + 1])
    return math.exp(high)


def _third_side(one: Floats, two: Floats, correlation: Floats | float) -> Floats:
    found: Floats = np.sqrt(np.maximum(one**2 - 2 * correlation * one * two + two**2, 0.0))
    return found


def _stretch(df: Floats, level: Floats | float) -> tuple[Floats, Floats]:
    """Quantile of t over the normal one, for an error that is estimated; and the probability beyond each bound."""
    if np.ndim(df) == 0 and np.ndim(level) == 0:
        ratio, tail = _stretch_of(float(df), float(level))
        return np.asarray(ratio), np.asarray(tail)
    from scipy.special import ndtri, stdtrit

    upper = (1 + np.asarray(level)) / 2
    return stdtrit(df, upper) / ndtri(upper), 1 - upper


@lru_cache(maxsize=4096)
def _stretch_of(df: float, level: float) -> tuple[float, float]:
    from scipy.special import ndtri, stdtrit

    upper = (1 + level) / 2
    return float(stdtrit(df, upper) / ndtri(upper)), 1 - upper


def _tried(surface: Surface, joint: Floats, n: Floats, rows: Floats, stretch: Floats) -> tuple[Floats, Floats, Floats]:
    """Value of a table tried, its stretched standard error, and the skewness of its estimate."""
    value, gradient, _ = surface(joint)
    influence = gradient - by_table(total(joint * gradient))
    squares = joint * influence**2
    second = np.maximum(total(squares), 1e-14)
    skew = _capped(total(squares * influence) / (second * np.sqrt(second * rows)))
    return value, np.sqrt(second / rows * n / (n - 1)) * stretch, skew


def _capped(skew: Floats) -> Floats:
    return np.clip(skew, -_SKEWEST, _SKEWEST)


def _kept(apart: Floats, error: Floats, skew: Floats, tail: Floats) -> Floats:
    """How far the estimate, less values tried below and above it (the first axis), is from being rejected."""
    sign = np.array([-1.0, 1.0]).reshape(2, *[1] * tail.ndim)
    found: Floats = sign * (apart - error * pearson3(np.where(sign > 0, tail, 1 - tail), skew))
    return found


def _last(slack: Callable[[Floats], Floats], shape: tuple[int, ...]) -> Floats:
    """Last point of [0, 1] that is kept (slack at least 0), shape ``shape``; 1 where the end is kept.

    A grid is laid over all paths at once, then over the step of each that it ends in, and so on; what is left of that
    step is so short that a straight line tells where the slack is 0.
    """
    # Few paths: the calls cost, so more points in fewer rounds; many: the points do.
    points, rounds = (26, 3) if np.prod(shape) <= 64 else (4, 9)
    steps = np.linspace(0, 1, points)
    low, width = np.zeros(shape), np.full(shape, _NEARLY)
    whole, above, below = np.zeros(shape, dtype=np.bool_), np.zeros(shape), np.zeros(shape)
    for _ in range(rounds):
        seen = slack(low[..., None] + width[..., None] * steps)
        whole |= (seen[..., -1] >= 0) & (low + width >= _NEARLY)
        kept = seen[..., -2::-1] >= 0
        # At levels near 0 not even the estimate is kept where it is skewed: its median lies elsewhere.
        last = np.where(kept.any(axis=-1), points - 2 - np.argmax(kept, axis=-1), 0).astype(np.intp)
        width = width / (points - 1)
        low = low + width * last
        above, below = _take(seen, last), _take(seen, last + 1)
    part = above / np.where(above - below > 0, above - below, np.inf)
    return np.where(whole, 1.0, low + width * np.clip(part, 0.0, 1.0))


def _take(values: Floats, index: npt.NDArray[np.intp]) -> Floats:
    found: Floats = np.take_along_axis(values, index[..., None], axis=-1)[..., 0]
    return found


def _independent(joint: Floats) -> Floats:
    gold, judge = margins(joint)
    return gold[..., :, None] * judge[..., None, :]


def _apart(joint: Floats, labels: int | None) -> Floats:
    k = joint.shape[-1] if labels is None else labels
    cells = np.zeros_like(joint)
    cells[..., :k, :k] = (1 - np.eye(k)) / (k * (k - 1))
    return cells


def _agreed(joint: Floats, labels: int | None) -> Floats:
    """Let every row agree: half of those of a kind on gold's label, half on the judge's."""
    k = joint.shape[-1] if labels is None else labels
    gold, judge = margins(joint)
    cells = np.zeros_like(joint)
    cells[..., range(k), range(k)] = (gold[..., :k] + judge[..., :k] + joint[..., :k, k:].sum(axis=-1)) / 2
    return cells


def _exact_agreement(joint: Floats, n: Floats, rows: Floats, tail: Floats) -> Floats:
    """How far down and up their paths the exact bounds of the agreement lead, with at most two disagreeing rows."""
    agree = joint.trace(axis1=-2, axis2=-1)
    apart = 1 - agree
    few = apart * n < FEW_EVENTS + 0.01
    if not few.any():
        return np.zeros((2, *agree.shape))
    alike = np.maximum(1.0, rows)
    low, high = exact(agree * alike, alike, tail)
    ends = np.stack([1 - low / np.maximum(agree, TINY), 1 - (1 - high) / np.maximum(apart, TINY)])
    return np.where(few, np.clip(ends, 0.0, _NEARLY), 0.0)
