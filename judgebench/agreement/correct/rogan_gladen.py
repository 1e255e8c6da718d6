"""Rogan and Gladen's correction of a judge's acceptance rate, for error rates known from outside.

It needs no gold label on what is measured, and pays for it with an assumption: that the judge errs there as often as on
the calibration set, correct items and incorrect ones apart. The judge accepts a ``share`` p of n measured items, none
of which is in the calibration set.

Source: Rogan & Gladen (1978), Estimating prevalence from the results of a screening test; Lee et al. (2025), How to
correctly report LLM-as-a-judge evaluations (arXiv 2511.21140).
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from judgebench.domain import Estimate
from judgebench.stats.crosstab import TINY

if TYPE_CHECKING:
    from judgebench.stats.crosstab import Floats

#: Nodes of the quadrature over each error rate, and over the score.
_NODES, _STEPS = 48, 4001
#: The quadrature leaves out rates further than this many standard deviations from their posterior mean.
_REACH = 9.0


@dataclass(frozen=True, slots=True)
class Calibration:
    """What a judge did on items with known labels: it rejected a share of the incorrect, accepted one of the correct.

    ValueError if a rate is not a fraction or a class is empty.
    """

    tnr: float
    negatives: int
    tpr: float
    positives: int

    def __post_init__(self) -> None:
        """Refuse rates without items."""
        if not (0 <= self.tnr <= 1 and 0 <= self.tpr <= 1 and self.negatives >= 1 and self.positives >= 1):
            raise ValueError(f"calibration needs two fractions and items of both classes, got {self}")

    @property
    def youden(self) -> float:
        """Youden's J, ``TPR + TNR - 1``: 1 for a perfect judge, 0 for one that ignores what it reads."""
        return self.tpr + self.tnr - 1


def rogan_gladen(share: float, n: int, calibration: Calibration) -> Estimate:
    """Share of correct items behind a judge's acceptance rate, with the interval of Lee et al.

    The judge accepts ``share = theta TPR + (1 - theta)(1 - TNR)`` of the items, so
    ``theta = (share + TNR - 1) / (TPR + TNR - 1)``, held in [0, 1]. The interval starts from rates pulled towards one
    half (``n + z^2`` and ``m + 2`` items), corrects the bias of the ratio, and carries the sampling error of all three
    rates. ``weak_judge`` where ``TPR + TNR <= 1``: such a judge carries nothing to correct.

    >>> found = rogan_gladen(0.4, 1000, Calibration(tnr=0.7, negatives=200, tpr=0.9, positives=200))
    >>> round(found.value, 6), round(found.low, 6), round(found.high, 6)
    (0.166667, 0.056351, 0.262733)
    """
    from scipy.special import ndtri

    _check_share(share, n)
    power = calibration.youden
    z = float(ndtri(0.975))
    p = (n * share + z * z / 2) / (n + z * z)
    m0, m1 = calibration.negatives + 2, calibration.positives + 2
    q0 = (calibration.negatives * calibration.tnr + 1) / m0
    q1 = (calibration.positives * calibration.tpr + 1) / m1
    if power <= TINY or q0 + q1 - 1 <= TINY:
        return Estimate.missing("weak_judge", n)
    value = _held((share + calibration.tnr - 1) / power)
    theta = _held((p + q0 - 1) / (q0 + q1 - 1))
    per_negative, per_positive = q0 * (1 - q0) / m0, q1 * (1 - q1) / m1
    shift = 2 * z * z * (-(1 - theta) * per_negative + theta * per_positive)
    variance = p * (1 - p) / (n + z * z) + (1 - theta) ** 2 * per_negative + theta**2 * per_positive
    se = math.sqrt(variance) / (q0 + q1 - 1)
    # The interval has another center than the point estimate; a bound must not pass it.
    low, high = _held(theta + shift - z * se), _held(theta + shift + z * se)
    return Estimate(value, min(low, value), max(high, value), n, se=se, method="lee-et-al")


@dataclass(frozen=True, slots=True)
class Posterior:
    """A posterior in five figures: its mean, standard deviation, median and central 95 % interval."""

    mean: float
    sd: float
    low: float
    median: float
    high: float


def bayes_rogan_gladen(accepted: int, n: int, calibration: Calibration) -> Posterior:
    """Posterior of the share of correct items, with flat priors on it and on both rates.

    ``accepted ~ Binomial(n, theta TPR + (1 - theta)(1 - TNR))`` and two binomials for the calibration items; the two
    rates are integrated out by Gauss-Legendre quadrature, without sampling. A cross-check of `rogan_gladen` that needs
    no large numbers and stays inside [0, 1]. ValueError if ``accepted`` is not between 0 and n.
    Source: Gelman & Carpenter (2020), Bayesian analysis of tests with unknown specificity and sensitivity (the model).
    """
    if not 0 <= accepted <= n or n < 1:
        raise ValueError(f"{accepted} of {n} items can't be accepted")
    rejected0 = round(calibration.negatives * calibration.tnr)
    accepted1 = round(calibration.positives * calibration.tpr)
    q0, w0 = _beta_nodes(rejected0, calibration.negatives)
    q1, w1 = _beta_nodes(accepted1, calibration.positives)
    theta = np.linspace(0, 1, _STEPS)
    peak = _log_binomial(np.array([accepted / n]), accepted, n)[0]
    density = np.zeros(_STEPS)
    weights = w0[:, None] * w1[None, :]
    for i, at in enumerate(theta):
        accepts = (1 - at) * (1 - q0[:, None]) + at * q1[None, :]
        density[i] = (weights * np.exp(_log_binomial(accepts, accepted, n) - peak)).sum()
    return _summary(theta, density)


def _beta_nodes(hits: int, n: int) -> tuple[Floats, Floats]:
    """Nodes and weights of an integral against the Beta posterior of a rate with a flat prior."""
    a, b = hits + 1.0, n - hits + 1.0
    mean = a / (a + b)
    reach = _REACH * math.sqrt(mean * (1 - mean) / (a + b + 1))
    low, high = max(0.0, mean - reach), min(1.0, mean + reach)
    nodes, weights = np.polynomial.legendre.leggauss(_NODES)
    at = low + (high - low) * (nodes + 1) / 2
    log = _log_binomial(at, hits, n)
    return at, weights * np.exp(log - log.max())


def _log_binomial(p: Floats, hits: int, n: int) -> Floats:
    from scipy.special import xlog1py, xlogy

    found: Floats = xlogy(hits, p) + xlog1py(n - hits, -p)
    return found


def _summary(theta: Floats, density: Floats) -> Posterior:
    """Trapezoids for the mass between two nodes, linear between them for the quantiles."""
    step = np.diff(theta)
    mass = np.r_[0.0, np.cumsum((density[1:] + density[:-1]) / 2 * step)]
    total = float(mass[-1])
    mean = float(np.trapezoid(theta * density, theta)) / total
    variance = float(np.trapezoid((theta - mean) ** 2 * density, theta)) / total
    low, median, high = (float(at) for at in np.interp([0.025, 0.5, 0.975], mass / total, theta))
    return Posterior(mean, math.sqrt(variance), low, median, high)


def _held(theta: float) -> float:
    return min(1.0, max(0.0, theta))


def _check_share(share: float, n: int) -> None:
    if not 0 <= share <= 1 or n < 1:
        raise ValueError(f"a share lies in [0, 1] and has items behind it, got {share} of {n}")
