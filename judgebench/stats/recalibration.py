"""Numbers made probabilities that mean what they say: maps that are fitted on some items and used on others.

``numbers``, shape (n,), are a judge's probabilities, or its scores in any unit; ``positive``, shape (n,), is gold.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal, TypeAlias

import numpy as np

from judgebench.stats.coefficients.calibration import logits
from judgebench.stats.crosstab import TINY

if TYPE_CHECKING:
    from collections.abc import Callable

    from judgebench.stats.crosstab import Flags, Floats


Method: TypeAlias = Literal["temperature", "platt", "isotonic"]
METHODS: tuple[Method, ...] = ("temperature", "platt", "isotonic")
#: A temperature is sought between its inverse and this.
_HOTTEST = 100.0


@dataclass(frozen=True, slots=True)
class Map:
    """A fitted map of numbers to probabilities, and what was learned, by name."""

    learned: dict[str, float]
    apply: Callable[[Floats], Floats]


def fit(method: Method, numbers: Floats, positive: Flags, *, probable: bool) -> Map | str:
    """Fit a map, or say why there is none: ``one_class``, ``no_variation``, ``other_unit`` (a temperature of scores).

    *Temperature*: ``logit p' = logit p / T``, by maximum likelihood. *Platt*: ``logit p' = a + b x``, x being the logit
    of a probability or a score as it is, with his targets ``(n+ + 1) / (n+ + 2)`` and ``1 / (n- + 2)``, so that a fit
    exists even where a threshold parts the classes. *Isotonic*: the nearest map that never falls, kept within
    ``1 / (n + 2)`` of 0 and 1, which so many items can't rule out.
    Source: Guo, Pleiss, Sun & Weinberger (2017), On calibration of modern neural networks; Platt (1999), Probabilistic
    outputs for support vector machines; Zadrozny & Elkan (2002), Transforming classifier scores into accurate
    multiclass probability estimates.
    """
    if positive.all() or not positive.any():
        return "one_class"
    if float(np.ptp(numbers)) < TINY:
        return "no_variation"
    if method == "isotonic":
        return _isotonic(numbers, positive)
    if method == "platt":
        return _platt(numbers, positive, logits if probable else np.asarray)
    return _temperature(numbers, positive) if probable else "other_unit"


def _temperature(numbers: Floats, positive: Flags) -> Map:
    from scipy.optimize import minimize_scalar
    from scipy.special import expit

    x = logits(numbers) * np.where(positive, 1.0, -1.0)
    limit = float(np.log(_HOTTEST))
    best = minimize_scalar(
        lambda cold: float(np.logaddexp(0.0, -x * np.exp(cold)).sum()),
        bounds=(-limit, limit),
        method="bounded",
        options={"xatol": 1e-10},
    )
    cold = float(np.exp(best.x))
    return Map({"temperature": 1 / cold}, lambda given: expit(logits(given) * cold))


def _platt(numbers: Floats, positive: Flags, unit: Callable[[Floats], Floats]) -> Map:
    from scipy.optimize import minimize
    from scipy.special import expit

    x = unit(numbers).astype(np.float64)
    middle, spread = float(x.mean()), float(x.std())
    z = (x - middle) / spread
    plus = int(positive.sum())
    target = np.where(positive, (plus + 1) / (plus + 2), 1 / (positive.size - plus + 2))

    def loss(at: Floats) -> tuple[float, Floats]:
        line = at[0] + at[1] * z
        gap = expit(line) - target
        return float((np.logaddexp(0.0, line) - target * line).sum()), np.array([gap.sum(), (gap * z).sum()])

    found: Any = minimize(loss, np.zeros(2), jac=True, method="BFGS", options={"gtol": 1e-9 * positive.size})
    slope = float(found.x[1]) / spread
    start = float(found.x[0]) - slope * middle
    return Map({"intercept": start, "slope": slope}, lambda given: expit(start + slope * unit(given)))


def _isotonic(numbers: Floats, positive: Flags) -> Map:
    from sklearn.isotonic import IsotonicRegression

    least = 1 / (positive.size + 2)
    found: Any = IsotonicRegression(y_min=least, y_max=1 - least, out_of_bounds="clip")
    found.fit(numbers, positive.astype(np.float64))
    return Map({"steps": float(np.unique(found.predict(numbers)).size)}, lambda given: np.asarray(found.predict(given)))
