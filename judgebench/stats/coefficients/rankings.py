"""How near are two orders of the same k responses? One figure per item, best first.

Orders have shape (n, k): permutations of 0 .. k - 1, best first. Figures, shape (n,), raise ValueError unless both
sides are permutations of the same responses, of two or more where the figure needs pairs or places. Distances lie in
[0, 1], 0 for the same order.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

if TYPE_CHECKING:
    import numpy.typing as npt

    from judgebench.stats.crosstab import Floats

    Orders = npt.NDArray[np.integer]


def positions(orders: Orders) -> Orders:
    """Place of each response in its order, 0 for the best: the inverse permutation, row by row."""
    found: Orders = np.argsort(orders, axis=1)
    return found


def levenshtein_distance(first: Orders, second: Orders) -> Floats:
    """Edits (insert, delete, replace) that turn one order into the other, as a share of its length k.

    Source: Levenshtein (1966), Binary codes capable of correcting deletions, insertions, and reversals; for rankings of
    judges: Chen et al. (2024), MLLM-as-a-Judge, whose batch rankings are written as letters. "CDAB" and "CDBA" differ
    in two of four letters:

    >>> levenshtein_distance(np.array([[2, 3, 0, 1]]), np.array([[2, 3, 1, 0]])).tolist()
    [0.5]
    """
    _check(first, second)
    n, k = first.shape
    above = np.tile(np.arange(k + 1), (n, 1))
    for i in range(k):
        row = np.empty_like(above)
        row[:, 0] = i + 1
        for j in range(k):
            replaced = above[:, j] + (first[:, i] != second[:, j])
            row[:, j + 1] = np.minimum(replaced, np.minimum(above[:, j + 1], row[:, j]) + 1)
        above = row
    found: Floats = above[:, k] / k
    return found


def kendall_tau(first: Orders, second: Orders) -> Floats:
    """Kendall's tau of two orders, ``1 - 4 D / (k (k - 1))`` with D pairs of responses in opposite order.

    Permutations have no ties, so tau-a and tau-b are the same.
    Source: Kendall (1938), A new measure of rank correlation.
    """
    _check(first, second, least=2)
    k = first.shape[1]
    # The second judge's places, in the first judge's order: ascending where they agree.
    places = np.take_along_axis(positions(second), first, axis=1)
    opposite = np.zeros(len(first), dtype=np.int64)
    for i in range(k - 1):
        opposite += (places[:, i + 1 :] < places[:, [i]]).sum(axis=1)
    found: Floats = 1 - 4 * opposite / (k * (k - 1))
    return found


def spearman_rank(first: Orders, second: Orders) -> Floats:
    """Spearman's rho of two orders, ``1 - 6 sum(d^2) / (k (k^2 - 1))`` with d the difference of places.

    Source: Spearman (1904), The proof and measurement of association between two things.
    """
    _check(first, second, least=2)
    k = first.shape[1]
    found: Floats = 1 - 6 * ((positions(first) - positions(second)) ** 2).sum(axis=1) / (k * (k * k - 1))
    return found


def footrule_distance(first: Orders, second: Orders) -> Floats:
    """Spearman's footrule, the sum of absolute differences of places, as a share of its maximum ``k^2 // 2``.

    Source: Diaconis & Graham (1977), Spearman's footrule as a measure of disarray.
    """
    _check(first, second, least=2)
    k = first.shape[1]
    found: Floats = np.abs(positions(first) - positions(second)).sum(axis=1) / (k * k // 2)
    return found


def top_1_agreement(first: Orders, second: Orders) -> Floats:
    """Whether both put the same response first, 1 or 0.

    Source: Järvelin & Kekäläinen (2002), Cumulated gain-based evaluation of IR techniques, on what the top is worth.
    """
    _check(first, second)
    found: Floats = (first[:, 0] == second[:, 0]).astype(np.float64)
    return found


def _check(first: npt.NDArray[Any], second: npt.NDArray[Any], least: int = 1) -> None:
    if first.ndim != 2 or first.shape != second.shape or first.shape[1] < least:
        raise ValueError(f"orders of shape {first.shape} and {second.shape}; {least} responses or more on both sides")
    every = np.arange(first.shape[1])
    for orders in (first, second):
        if not (np.sort(orders, axis=1) == every).all():
            raise ValueError("an order is not a permutation of the responses")
