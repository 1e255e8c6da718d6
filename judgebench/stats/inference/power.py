"""Exact power of McNemar's test, and how often a gate decides.

Items are clusters of their own; multiply by the design effect otherwise. ValueError where the arguments contradict each
other.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np


def mcnemar_power(n: int, discordance: float, drop: float, alpha: float = 0.05) -> float:
    """Chance that McNemar's exact two-sided test finds a difference of two accuracies.

    Counted in full over the number of discordant items (a share ``discordance`` of n, on which exactly one judge is
    right) and over which judge they favour; a ``drop`` of 0 gives the size of the test. The exact test is conservative,
    so this lies somewhat below what Connor's formula promises, 80 % power with 312 items.

    Source: Connor (1987), Sample size for testing differences in proportions for the paired-sample design; Duffy
    (1984), Asymptotic and exact power for the McNemar test and its analogue with R controls per case.

    >>> round(mcnemar_power(312, 0.1, 0.05), 3)
    0.764
    """
    from scipy.special import bdtr, gammaln, xlog1py, xlogy  # noqa: PLC0415 - loaded on use

    if n < 1 or not 0 < discordance <= 1 or abs(drop) > discordance:
        raise ValueError("there are items, and the discordance is above 0 and at least the drop")
    counts = np.arange(n + 1)
    weights = np.exp(
        gammaln(n + 1) - gammaln(counts + 1) - gammaln(n - counts + 1)
        + xlogy(counts, discordance) + xlog1py(n - counts, -discordance)
    )  # fmt: skip
    likely = counts[weights > 1e-15]
    # Largest count of the rarer kind that is still significant, by bisection over all sizes at once.
    low, high = np.full(likely.size, -1), likely // 2
    while (low < high).any():
        middle = (low + high + 1) // 2
        significant = 2 * bdtr(np.maximum(middle, 0).astype(float), likely, 0.5) <= alpha
        low, high = np.where(significant, middle, low), np.where(significant, high, middle - 1)
    share = (1 + drop / discordance) / 2
    tested = low >= 0
    limits, sizes = low[tested].astype(float), likely[tested]
    rejected = bdtr(limits, sizes, share) + bdtr(limits, sizes, 1 - share)
    return float((weights[sizes] * rejected).sum())


@dataclass(frozen=True, slots=True)
class GateRates:
    """How often three rules of a regression gate decide.

    ``point_fails``: the drop seen is above the margin, a coin toss where the true drop is the margin, at any number of
    items. ``bound_fails``: the one-sided lower bound of the drop is above 0, sure to be right about a drop, silent
    about its size. ``bound_passes``: the upper bound is below the margin, sure that nothing worse happened.
    """

    point_fails: float
    bound_fails: float
    bound_passes: float


def gate_rates(drop: float, se: float, margin: float = 0.05, alpha: float = 0.05) -> GateRates:
    """Work out how often a gate fails or passes for a true drop.

    With a normal estimate of the drop: ``P(fail by point) = Phi((drop - margin) / se)``,
    ``P(fail by bound) = Phi(drop / se - z)`` and ``P(pass by bound) = Phi((margin - drop) / se - z)``. ``se`` is that
    of the paired difference, ``sqrt(Var(IF_A - IF_B) deff / n)``, and alpha the one-sided level of the bounds.
    Source: Schuirmann (1987), A comparison of the two one-sided tests procedure and the power approach for assessing
    the equivalence of average bioavailability.
    """
    from scipy.special import ndtr, ndtri  # noqa: PLC0415 - loaded on use

    if not se > 0:
        raise ValueError("a standard error lies above 0")
    z = float(ndtri(1 - alpha))
    return GateRates(
        float(ndtr((drop - margin) / se)), float(ndtr(drop / se - z)), float(ndtr((margin - drop) / se - z))
    )
