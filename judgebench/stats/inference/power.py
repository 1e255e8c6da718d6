"""Sample sizes for one judge against a threshold, exact power of McNemar's test, and how often a gate decides."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from judgebench.stats.table import TINY

if TYPE_CHECKING:
    import numpy.typing as npt

    from judgebench.stats.table import Floats


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
    """Items that tell one judge's kappa from a threshold.

    ``n = [(z_a tau_0 + z_b tau_1) / (kappa - threshold)]^2``, with tau^2 the variance of kappa's influence where it
    has the threshold's and the judge's own value. Two labels and two margins fix the table; with more labels, the
    table with the largest variance among all that have these margins is taken, as Flack et al. do.

    Parameters
    ----------
    margins : array_like of float, shape (k,)
        Share of each label in gold; k is 2 or more, and the shares sum to 1.
    kappa : float
        The judge's kappa, as hoped for.
    threshold : float
        The kappa to tell it from.
    judge_margins : array_like of float, shape (k,), optional
        Share of each label among the verdicts; gold's by default.
    alpha, power : float, optional
        Level of the test and the chance to find the difference.
    sides : {1, 2}, optional
        Sides of the test.

    Returns
    -------
    int
        Items, each its own cluster; multiply by the design effect otherwise.

    Raises
    ------
    ValueError
        If the shares are none, the two kappas are equal, or no table has these margins and such a kappa.

    References
    ----------
    Cantor (1996), Sample-size calculations for Cohen's kappa. Flack, Afifi, Lachenbruch & Schouten (1988), Sample
    size determinations for the two rater kappa statistic.

    Examples
    --------
    The examples of R's irr package, ``N.cohen.kappa`` and ``N2.cohen.kappa``:

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
    pull = judge[:, None] + gold[None, :]
    same = np.eye(k)
    # Margins and agreement fix every row's influence, so the variance is linear in the cells.
    influence = ((1 - chance) * same - (1 - agreement) * pull) / (1 - chance) ** 2
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

    Counted in full over the number of discordant items and over which judge they favour. The exact test is
    conservative, so this lies somewhat below what Connor's formula promises.

    Parameters
    ----------
    n : int
        Items, each its own cluster.
    discordance : float
        Share of items on which exactly one judge is right.
    drop : float
        First accuracy minus the second; 0 gives the size of the test.
    alpha : float, optional
        Level of the test.

    Returns
    -------
    float
        Probability of a p-value of at most alpha.

    Raises
    ------
    ValueError
        If the discordance can't hold the drop, or there are no items.

    References
    ----------
    Connor (1987), Sample size for testing differences in proportions for the paired-sample design. Duffy (1984),
    Asymptotic and exact power for the McNemar test and its analogue with R controls per case.

    Examples
    --------
    Connor's 312 items for a drop of 0.05 at discordance 0.1, 80 % power:

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

    Parameters
    ----------
    point_fails : float
        The drop seen is above the margin: a coin toss where the true drop is the margin, at any number of items.
    bound_fails : float
        The one-sided lower bound of the drop is above 0: sure to be right about a drop, silent about its size.
    bound_passes : float
        The one-sided upper bound of the drop is below the margin: sure that nothing worse happened.
    """

    point_fails: float
    bound_fails: float
    bound_passes: float


def gate_rates(drop: float, se: float, margin: float = 0.05, alpha: float = 0.05) -> GateRates:
    """Work out how often a gate fails or passes for a true drop.

    With a normal estimate of the drop: ``P(fail by point) = Phi((drop - margin) / se)``, ``P(fail by bound) =
    Phi(drop / se - z)`` and ``P(pass by bound) = Phi((margin - drop) / se - z)``.

    Parameters
    ----------
    drop : float
        True drop, in units of the coefficient.
    se : float
        Standard error of the paired difference; ``sqrt(Var(IF_A - IF_B) deff / n)``.
    margin : float, optional
        Drop that must not be exceeded.
    alpha : float, optional
        One-sided level of the bounds.

    Returns
    -------
    GateRates
        Probabilities.

    Raises
    ------
    ValueError
        If the standard error is not above 0.

    References
    ----------
    Schuirmann (1987), A comparison of the two one-sided tests procedure and the power approach for assessing the
    equivalence of average bioavailability.

    Examples
    --------
    Where the drop is the margin, the naive rule tosses a coin, and the bound lets 5 % pass:

    >>> gate_rates(0.05, 0.02)  # doctest: +ELLIPSIS
    GateRates(point_fails=0.5, bound_fails=0.80..., bound_passes=0.05...)
    """
    from scipy.special import ndtr, ndtri  # noqa: PLC0415 - loaded on use

    if not se > 0:
        raise ValueError("a standard error lies above 0")
    z = float(ndtri(1 - alpha))
    return GateRates(
        float(ndtr((drop - margin) / se)), float(ndtr(drop / se - z)), float(ndtr((margin - drop) / se - z))
    )
