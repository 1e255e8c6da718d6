"""Exact and simple intervals of proportions, alone and paired."""

from __future__ import annotations

import math


def clopper_pearson(hits: int, n: int, level: float = 0.95) -> tuple[float, float]:
    """Clopper and Pearson's interval of a proportion: it covers at least at its level, for any true share.

    The bounds are the shares at which the binomial tails beyond the count have probability (1 - level) / 2. Wilson's
    interval is shorter and covers at its level on average; take this one where a guarantee is asked for.

    Parameters
    ----------
    hits : int
        Rows that count.
    n : int
        All rows, at least 1.
    level : float, optional
        Nominal coverage.

    Returns
    -------
    tuple of float
        Low and high.

    Raises
    ------
    ValueError
        If not 0 <= hits <= n with n above 0.

    References
    ----------
    Clopper & Pearson (1934), The use of confidence or fiducial limits illustrated in the case of the binomial.

    Examples
    --------
    >>> [round(bound, 6) for bound in clopper_pearson(8, 10)]
    [0.443905, 0.974789]
    """
    from scipy.special import betaincinv  # noqa: PLC0415 - loaded on use

    _check(hits, n)
    tail = (1 - level) / 2
    low = 0.0 if hits == 0 else float(betaincinv(hits, n - hits + 1, tail))
    high = 1.0 if hits == n else float(betaincinv(hits + 1, n - hits, 1 - tail))
    return low, high


def rule_of_three(n: int, level: float = 0.95) -> float:
    """Largest share that n rows without a single hit leave plausible.

    ``-ln(1 - level) / n``, which at 95 % is 3 / n: one-sided, for events that were looked for and never seen.

    Parameters
    ----------
    n : int
        Rows, at least 1.
    level : float, optional
        Confidence of the one-sided bound.

    Returns
    -------
    float
        Upper bound of the share, at most 1.

    Raises
    ------
    ValueError
        If there are no rows.

    References
    ----------
    Hanley & Lippman-Hand (1983), If nothing goes wrong, is everything all right?

    Examples
    --------
    >>> round(rule_of_three(100), 4)
    0.03
    """
    _check(0, n)
    return min(1.0, -math.log(1 - level) / n)


def agresti_min(first_only: int, second_only: int, n: int, level: float = 0.95) -> tuple[float, float]:
    """Agresti and Min's interval of the difference of two shares on the same items.

    ``(b - c) / (n + 2) +- z sqrt(b + c + 1 - (b - c)^2 / (n + 2)) / (n + 2)``: Wald's interval after half an item is
    added to each cell of the paired table.

    Parameters
    ----------
    first_only, second_only : int
        Items on which only the first (b) or only the second judge (c) is right.
    n : int
        All items, at least 1; each its own cluster.
    level : float, optional
        Nominal coverage.

    Returns
    -------
    tuple of float
        Low and high of the first share minus the second.

    Raises
    ------
    ValueError
        If the counts don't fit.

    References
    ----------
    Agresti & Min (2005), Simple improved confidence intervals for comparing matched proportions.

    Examples
    --------
    >>> [round(bound, 6) for bound in agresti_min(145, 115, 999)]
    [-0.001608, 0.061548]
    """
    from scipy.special import ndtri  # noqa: PLC0415 - loaded on use

    _check(first_only, n)
    _check(first_only + second_only, n)
    gap = first_only - second_only
    reach = float(ndtri((1 + level) / 2)) * math.sqrt(first_only + second_only + 1 - gap * gap / (n + 2))
    return max(-1.0, (gap - reach) / (n + 2)), min(1.0, (gap + reach) / (n + 2))


def _check(hits: int, n: int) -> None:
    if n < 1 or not 0 <= hits <= n:
        raise ValueError(f"{hits} of {n} rows is no proportion")
