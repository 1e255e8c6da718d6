"""Exact and simple intervals of proportions of n rows, alone and paired; ValueError if counts don't fit each other."""

from __future__ import annotations

import math


def clopper_pearson(hits: int, n: int, level: float = 0.95) -> tuple[float, float]:
    """Clopper and Pearson's interval of a proportion: it covers at least at its level, for any true share.

    The bounds are the shares at which the binomial tails beyond the count have probability (1 - level) / 2. Wilson's
    interval is shorter and covers at its level on average; take this one where a guarantee is asked for.
    Source: Clopper & Pearson (1934), The use of confidence or fiducial limits illustrated in the case of the binomial.
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
    Source: Hanley & Lippman-Hand (1983), If nothing goes wrong, is everything all right?
    """
    _check(0, n)
    return min(1.0, -math.log(1 - level) / n)


def agresti_min(first_only: int, second_only: int, n: int, level: float = 0.95) -> tuple[float, float]:
    """Agresti and Min's interval of the difference of two shares, first minus second, on the same items.

    ``(b - c) / (n + 2) +- z sqrt(b + c + 1 - (b - c)^2 / (n + 2)) / (n + 2)``, with b items on which only the first is
    right and c only the second: Wald's interval after half an item is added to each cell of the paired table.
    Source: Agresti & Min (2005), Simple improved confidence intervals for comparing matched proportions.

    >>> [round(bound, 6) for bound in agresti_min(145, 115, 999)]
    [-0.001608, 0.061548]
    """
    from scipy.special import ndtri  # noqa: PLC0415 - loaded on use

    _check(first_only, n)
    _check(first_only + second_only, n)
    difference = first_only - second_only
    reach = float(ndtri((1 + level) / 2)) * math.sqrt(first_only + second_only + 1 - difference * difference / (n + 2))
    return max(-1.0, (difference - reach) / (n + 2)), min(1.0, (difference + reach) / (n + 2))


def _check(hits: int, n: int) -> None:
    if n < 1 or not 0 <= hits <= n:
        raise ValueError(f"{hits} of {n} rows is no proportion")
