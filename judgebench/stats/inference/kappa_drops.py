"""Power of a paired test of two judges' kappas: quantiles, natural error rates, and the variance of a drop.

A right-or-wrong task has a ``base_rate`` of correct items. ValueError for figures out of their range, and where no two
judges can be like that.
Source: Connor (1987), Sample size for testing differences in proportions for the paired-sample design.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from judgebench.stats.coefficients.chance import cohen_kappa
from judgebench.stats.crosstab import Crosstab
from judgebench.stats.influence import influence

if TYPE_CHECKING:
    from judgebench.stats.crosstab import Outcome

#: Shares this far from [0, 1] are there by rounding; steps of a bisection.
_ROUNDING, _HALVINGS = 1e-12, 60


def quantiles(*, alpha: float = 0.05, power: float = 0.8, sides: int = 1, df: float | None = None) -> float:
    """Sum of the quantiles that a test's level and power ask for: normal, or Student's t (Bloom's multiplier).

    ``z_(1 - alpha / sides) + z_power``, or the same of t with ``df``, clusters less one. One side asks for a drop only,
    two for a difference either way.
    Source: Bloom (1995), Minimum detectable effects: a simple way to report the statistical power of experimental
    designs.
    """
    from scipy.special import ndtri, stdtrit

    if not 0 < alpha < power < 1 or sides not in {1, 2}:
        raise ValueError("alpha lies between 0 and the power, the power below 1, and a test has 1 or 2 sides")
    if df is not None:
        return float(stdtrit(df, power) - stdtrit(df, alpha / sides))
    # One less a tiny alpha is 1, whose quantile is infinite; the normal distribution is symmetric.
    return float(ndtri(power) - ndtri(alpha / sides))


class Rates(NamedTuple):
    """How often a judge accepts what is correct and rejects what is not."""

    tpr: float
    tnr: float


def equal_rates(base_rate: float, kappa: float) -> Rates:
    """Rates that are alike and give this kappa: the judge is as often right on correct items as on incorrect ones.

    ``a = (c + kappa (1 - c)) / (1 - i + kappa i)`` with ``i = (2 b - 1)^2`` and ``c = (1 - i) / 2``: chance agreement
    is ``c + i a``, so kappa's definition is linear in a.
    """
    imbalance = (2 * base_rate - 1) ** 2
    chance = (1 - imbalance) / 2
    rate = (chance + kappa * (1 - chance)) / (1 - imbalance + kappa * imbalance)
    return Rates(rate, rate)


def rates_of(base_rate: float, kappa: float, said: float) -> Rates:
    """Rates of a judge that accepts the share ``said`` of the items and has this kappa; ValueError if none can.

    Accepted and correct are ``(po + b + said - 1) / 2`` of the items, with ``po = pe + kappa (1 - pe)`` and
    ``pe = b said + (1 - b)(1 - said)``. A judge that accepts as often as gold does (``said = b``) has the rates
    ``b + kappa (1 - b)`` and ``1 - b + kappa b``.
    """
    chance = base_rate * said + (1 - base_rate) * (1 - said)
    both = (chance + kappa * (1 - chance) + base_rate + said - 1) / 2
    found = Rates(both / base_rate, (1 - base_rate - said + both) / (1 - base_rate))
    if not all(-_ROUNDING <= rate <= 1 + _ROUNDING for rate in found):
        raise ValueError(f"no judge accepts {said:g} of the items at base rate {base_rate:g} and has kappa {kappa:g}")
    return Rates(*(min(1.0, max(0.0, rate)) for rate in found))


def kappa_of(base_rate: float, rates: Rates) -> float:
    """Kappa of a judge with these rates."""
    return float(_kappa(base_rate, rates)[1].value or 0.0)


def kappa_drop_variance(
    base_rate: float, kappa: float, drop: float, discordance: float, rates: Rates | None = None
) -> float:
    """Variance per item, ``Var(IF_A - IF_B)``, of the difference of two judges' kappas on the same items.

    A right-or-wrong task is assumed, and by default judges that accept correct items as often as they reject incorrect
    ones; ``rates`` are those of the better judge (whose kappa they give), and the other's errors are in proportion. So
    are the discordant items, to the errors of both in each class. The influence function of kappa is Fleiss, Cohen &
    Everitt's (1969). Balanced classes and equal rates: 4 (d - (drop / 2)^2), the variance of a paired accuracy on
    kappa's scale.

    >>> round(kappa_drop_variance(0.5, 0.6, 0.05, 0.1), 6)
    0.3975
    """
    if not (0 < base_rate < 1 and 0 < discordance <= 1 and drop > 0 and kappa <= 1 and kappa - drop > -1):
        raise ValueError("base rate and discordance lie between 0 and 1, kappa is at most 1 and the drop above 0")
    better = equal_rates(base_rate, kappa) if rates is None else rates
    worse = equal_rates(base_rate, kappa - drop) if rates is None else worse_rates(base_rate, better, kappa - drop)
    # Both by class, the incorrect first.
    mine, other = (better.tnr, better.tpr), (worse.tnr, worse.tpr)
    weights = 1 - base_rate, base_rate
    errors = [2 - one - two for one, two in zip(mine, other, strict=True)]
    of_all = sum(weight * error for weight, error in zip(weights, errors, strict=True))
    pulls = [influence(*_kappa(base_rate, rates)) for rates in (better, worse)]
    mean = square = 0.0
    for gold, weight in enumerate(weights):
        split = discordance * errors[gold] / of_all
        only = (split + mine[gold] - other[gold]) / 2, (split - mine[gold] + other[gold]) / 2
        cells = (mine[gold] - only[0], only[0], only[1], 1 - mine[gold] - only[1])
        if min(cells) < -_ROUNDING:
            raise ValueError(
                f"no judges with kappas {kappa:g} and {kappa - drop:g} at base rate {base_rate:g} differ on "
                f"{discordance:g} of the items"
            )
        # Both right, one of them, none: the verdict of who is right is gold's.
        for share, wrong in zip(cells, ((0, 0), (0, 1), (1, 0), (1, 1)), strict=True):
            gap = float(pulls[0][gold, abs(gold - wrong[0])] - pulls[1][gold, abs(gold - wrong[1])])
            mean += weight * share * gap
            square += weight * share * gap * gap
    return square - mean * mean


def worse_rates(base_rate: float, better: Rates, kappa: float) -> Rates:
    """Rates with errors in proportion to another judge's (equal ones where that makes none) that give a lower kappa."""
    errors = 1 - better.tpr, 1 - better.tnr
    step = errors if max(errors) > _ROUNDING else (1.0, 1.0)

    def at(times: float) -> Rates:
        return Rates(*(max(0.0, 1 - error - times * more) for error, more in zip(errors, step, strict=True)))

    low, high = 0.0, 1 / max(step)
    if kappa_of(base_rate, at(high)) > kappa:
        raise ValueError(f"no judge with errors in that proportion has kappa {kappa:g}")
    for _ in range(_HALVINGS):
        middle = (low + high) / 2
        low, high = (middle, high) if kappa_of(base_rate, at(middle)) > kappa else (low, middle)
    return at(high)


def most_discordance(base_rate: float, better: Rates, kappa: float) -> float:
    """Largest share of items on which exactly one of two judges can be right: as many as both err on, never together.

    The worse one has this kappa and errors in proportion (`worse_rates`).
    """
    both = better, worse_rates(base_rate, better, kappa)
    return sum(base_rate * (1 - one.tpr) + (1 - base_rate) * (1 - one.tnr) for one in both)


def _kappa(base_rate: float, rates: Rates) -> tuple[Crosstab, Outcome]:
    """Table of gold by verdict of a judge with these rates, the incorrect first, and kappa of it."""
    (tpr, tnr), wrong = rates, 1 - base_rate
    joint = np.array([[wrong * tnr, wrong * (1 - tnr)], [base_rate * (1 - tpr), base_rate * tpr]])
    table = Crosstab(joint, 1, 2, np.arange(2.0))
    return table, cohen_kappa(table)
