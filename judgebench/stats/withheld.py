"""Numbers that a judge withheld, put where they are least favourable to a figure.

``gold`` and ``judge``, shape (n,), are numbers of the same unit, the judge's ``given`` or not; a missing one may be
anything between ``low`` and ``high``. As long as a correlation is positive its worst completion lies at these ends,
high where gold is low: it falls with the covariance, a sum, and with the judge's spread, which is convex. Below 0 it is
a falling straight line, cut off at the ends.

Source: Horowitz & Manski (2000), Nonparametric analysis of randomized experiments with missing covariate and outcome
data.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from judgebench.stats.coefficients.continuous import MOMENTS
from judgebench.stats.crosstab import TINY

if TYPE_CHECKING:
    from judgebench.stats.coefficients.continuous import Moments
    from judgebench.stats.crosstab import Flags, Floats


#: Errors that are greatest where each number lies as far from gold as it can.
_FARTHEST = {"mean_absolute_error", "root_mean_squared_error"}


def completes(name: str) -> bool:
    """Whether it is known which numbers are least favourable to a figure."""
    return name in {*MOMENTS, *_FARTHEST, "mean_signed_error"}


def completed(name: str, gold: Floats, judge: Floats, given: Flags, low: float, high: float) -> Floats:
    """Give back the judge's numbers, the missing ones least favourable to a figure; an error is to be greatest."""
    name = name.removeprefix("score_")
    missing = np.flatnonzero(~given)
    found = judge.copy()
    if not missing.size:
        return found
    if name in _FARTHEST:
        found[missing] = np.where(high - gold[missing] >= gold[missing] - low, high, low)
    elif name == "mean_signed_error":
        lean = float((judge - gold)[given].sum()) - float(gold[missing].sum())
        ends = [abs(lean + missing.size * end) for end in (low, high)]
        found[missing] = high if ends[1] >= ends[0] else low
    elif gold.size > 1:
        found[missing] = _correlated(MOMENTS[name], gold, judge, missing, low, high)
    return found


def _correlated(parts: Moments, gold: Floats, judge: Floats, missing: np.ndarray, low: float, high: float) -> Floats:
    n, own = gold.size, np.ones(gold.size, dtype=np.bool_)
    own[missing] = False
    # In units of the scale's length, from its middle.
    middle, reach = (low + high) / 2, high - low
    x, y = (gold - float(gold.mean())) / reach, (judge[own] - middle) / reach
    shift, xx = (middle - float(gold.mean())) / reach, float((x * x).mean())
    fixed = float(y.sum()), float((y * y).sum()), float((x[own] * y).sum())

    def value(total: Floats, square: Floats, product: Floats) -> Floats:
        mean = (fixed[0] + total) / n
        above, below = parts((fixed[2] + product) / n, xx, (fixed[1] + square) / n - mean**2, mean + shift, n)
        # Infinite where a side doesn't vary, so that nobody chooses it.
        return np.where(below > TINY, above / np.where(below > TINY, below, 1.0), np.inf)

    order = missing[np.argsort(x[missing], kind="stable")]
    m, lifted = order.size, np.arange(order.size + 1.0)
    rising = np.concatenate([[0.0], np.cumsum(x[order])])
    swept = value(np.asarray(lifted - m / 2, dtype=np.float64), np.full(m + 1, m / 4), rising - rising[-1] / 2)
    best = int(swept.argmin())
    put = np.zeros(n)
    put[order] = np.where(np.arange(m) < best, 0.5, -0.5)
    if swept[best] < 0:
        from scipy.optimize import minimize

        def line(at: Floats) -> Floats:
            found: Floats = np.clip(at[0] - at[1] * x[missing], -0.5, 0.5)
            return found

        def along(at: Floats) -> float:
            said = line(at)
            return float(value(said.sum(), (said * said).sum(), (said * x[missing]).sum()))

        starts = [np.array([level, slope]) for level in (-0.25, 0.0, 0.25) for slope in (0.5, 2.0, 8.0)]
        options = {"xatol": 1e-9, "fatol": 1e-13, "maxiter": 2000}
        tried = [minimize(along, start, method="Nelder-Mead", options=options) for start in starts]
        lowest = min(tried, key=lambda one: float(one.fun))
        if float(lowest.fun) < swept[best]:
            put[missing] = line(lowest.x)
    found: Floats = middle + reach * put[missing]
    return found
