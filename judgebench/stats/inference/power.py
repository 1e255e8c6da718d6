"""Sample sizes for one judge against a threshold, exact power of McNemar's test, and how often a gate decides.

Items are clusters of their own; multiply by the design effect otherwise. ValueError where the arguments contradict each
other.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from judgebench.stats.crosstab import TINY

if TYPE_CHECKING:
    import numpy.typing as npt

    from judgebench.stats.crosstab import Floats


def kappa_threshold_items(
    margins: npt.ArrayLike,
    kappa: float,
    threshold: float,
    *,
    judge_margins: npt.ArrayLike | None = None,
    alpha: float = 0.05,
    power: float = 0.8,
    sides: int = 1,
) -> int:
    """Items that tell one judge's kappa from a threshold, in a test of one or two ``sides``.

    ``n = [(z_a tau_0 + z_b tau_1) / (kappa - threshold)]^2``, with tau^2 the variance of kappa's influence where it has
    the threshold's and the judge's own value. ``margins``, shape (k,), are the shares of the labels in gold, and among
    the verdicts unless these have ``judge_margins``. Two labels and two margins fix the table; with more labels, the
    table with the largest variance among all that have these margins is taken, as Flack et al. do.

    Source: Cantor (1996), Sample-size calculations for Cohen's kappa; Flack, Afifi, Lachenbruch & Schouten (1988),
    Sample size determinations for the two rater kappa statistic. The examples of R's irr package, ``N.cohen.kappa`` and
    ``N2.cohen.kappa``:

    >>> kappa_threshold_items([0.5, 0.5], 0.7, 0.85), kappa_threshold_items([0.2, 0.25, 0.55], 0.6, 0.4)
    (96, 101)
    """
    from scipy.special import ndtri  # noqa: PLC0415 - loaded on use

    gold = np.asarray(margins, dtype=np.float64)
    judge = gold if judge_margins is None else np.asarray(judge_margins, dtype=np.float64)
    for shares in (gold, judge):
        if shares.ndim != 1 or shares.size < 2 or shares.shape != gold.shape:
            raise ValueError("margins are the shares of the same two labels or more")
        if not (shares > 0).all() or abs(float(shares.sum()) - 1) > 1e-9:
            raise ValueError("margins are shares above 0 that sum to 1")
    if not 0 < alpha < power < 1 or sides not in {1, 2} or abs(kappa - threshold) < TINY:
        raise ValueError("alpha lies between 0 and the power, the power below 1, and the two kappas differ")
    reach = float(ndtri(1 - alpha / sides)) * _tau(gold, judge, threshold) + float(ndtri(power)) * _tau(
        gold, judge, kappa
    )
    return math.ceil((reach / (kappa - threshold)) ** 2 - 1e-9)


def _tau(gold: Floats, judge: Floats, kappa: float) -> float:
    """Root of the largest variance of kappa's influence among the tables with these margins and this kappa."""
    from scipy.optimize import linprog  # noqa: PLC0415 - loaded on use

    k = gold.size
    chance = float((gold * judge).sum())
    agreement = kappa * (1 - chance) + chance
    margins = judge[:, None] + gold[None, :]
    same = np.eye(k)
    # Margins and agreement fix every row's influence, so the variance is linear in the cells.
    influence = ((1 - chance) * same - (1 - agreement) * margins) / (1 - chance) ** 2
    center = (agreement * (1 - chance) - 2 * (1 - agreement) * chance) / (1 - chance) ** 2
    squares = (influence - center) ** 2
    index = np.arange(k * k)
    rows = np.equal.outer(np.arange(k), index // k).astype(np.float64)
    columns = np.equal.outer(np.arange(k), index % k).astype(np.float64)
    found = linprog(
        -squares.ravel(),
        A_eq=np.vstack([rows, columns, same.ravel()]),
        b_eq=np.r_[gold, judge, agreement],
        bounds=(0, 1),
    )
    if not found.success:
        raise ValueError(f"no table with these margins has a kappa of {kappa:g}")
    return math.sqrt(-float(found.fun))


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
