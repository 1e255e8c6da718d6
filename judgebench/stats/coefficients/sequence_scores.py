"""Two sequences: how near two orders of k responses are, and how well the wrong steps of a solution are found.

Orders have shape (n, k): permutations of 0 .. k - 1, best first. Figures, shape (n,), raise ValueError unless both
sides are permutations of the same responses, of two or more where the figure needs pairs or places. Distances lie in
[0, 1], 0 for the same order.

Checks of steps have shape (n, steps): 1 for correct, 0 for incorrect, -1 for none: no gold for it, no verdict on it, or
no such step. A row is a solution, since its steps are not independent. Figures are fractions; ValueError if shapes
differ.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np

from judgebench.stats.influence import RowOutcome

if TYPE_CHECKING:
    import numpy.typing as npt

    from judgebench.stats.crosstab import Flags, Floats, Ints

    Orders = Ints
    Steps = Ints


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
    _check_orders(first, second)
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
    _check_orders(first, second, least=2)
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
    _check_orders(first, second, least=2)
    k = first.shape[1]
    found: Floats = 1 - 6 * ((positions(first) - positions(second)) ** 2).sum(axis=1) / (k * (k * k - 1))
    return found


def footrule_distance(first: Orders, second: Orders) -> Floats:
    """Spearman's footrule, the sum of absolute differences of places, as a share of its maximum ``k^2 // 2``.

    Source: Diaconis & Graham (1977), Spearman's footrule as a measure of disarray.
    """
    _check_orders(first, second, least=2)
    k = first.shape[1]
    found: Floats = np.abs(positions(first) - positions(second)).sum(axis=1) / (k * k // 2)
    return found


def top_1_agreement(first: Orders, second: Orders) -> Floats:
    """Whether both put the same response first, 1 or 0.

    Source: Järvelin & Kekäläinen (2002), Cumulated gain-based evaluation of IR techniques, on what the top is worth.
    """
    _check_orders(first, second)
    found: Floats = (first[:, 0] == second[:, 0]).astype(np.float64)
    return found


def _check_orders(first: npt.NDArray[Any], second: npt.NDArray[Any], least: int = 1) -> None:
    if first.ndim != 2 or first.shape != second.shape or first.shape[1] < least:
        raise ValueError(f"orders of shape {first.shape} and {second.shape}; {least} responses or more on both sides")
    every = np.arange(first.shape[1])
    for orders in (first, second):
        if not (np.sort(orders, axis=1) == every).all():
            raise ValueError("an order is not a permutation of the responses")


#: Where the first error of a solution is, if it has none.
NO_ERROR = -1
#: Where it is, if that can't be told.
UNKNOWN = -2


class ErrorScores(NamedTuple):
    """How well the wrong steps are found: precision, recall and F1 of the class "incorrect"."""

    precision: RowOutcome
    recall: RowOutcome
    f1: RowOutcome


class FirstError(NamedTuple):
    """How well the first wrong step is found.

    ``wrong``: share of solutions with an error whose first error is named exactly; ``right``: share of flawless
    solutions that are called flawless; ``f1``: the harmonic mean of the two.
    """

    wrong: RowOutcome
    right: RowOutcome
    f1: RowOutcome


def step_agreement(gold: Steps, judge: Steps) -> RowOutcome:
    """Share of the labelled steps on which judge and gold agree; a step without a verdict is a miss.

    ``no_items`` where no step has gold. Source: Lightman et al. (2023), Let's verify step by step, whose labels are per
    step.
    """
    _check_steps(gold, judge)
    known = gold >= 0
    return RowOutcome.ratio(_count(known & (gold == judge)), _count(known), "no_items")


def error_scores(gold: Steps, judge: Steps) -> ErrorScores:
    """Precision, recall and F1 of the wrong steps, over the steps that have gold.

    A step without a verdict names no error: if it is wrong, it is one that was not found. Precision is undefined
    (``no_predicted_errors``) where the judge finds no error, recall and F1 (``no_gold_errors``) where gold has none.
    Source: van Rijsbergen (1979), Information retrieval, chapter 7.
    """
    _check_steps(gold, judge)
    wrong, said = gold == 0, (judge == 0) & (gold >= 0)
    hits, all_wrong, all_said = _count(wrong & said), _count(wrong), _count(said)
    f1 = RowOutcome.ratio(2 * hits, all_wrong + all_said, "no_gold_errors")
    return ErrorScores(
        RowOutcome.ratio(hits, all_said, "no_predicted_errors"),
        RowOutcome.ratio(hits, all_wrong, "no_gold_errors"),
        f1 if all_wrong.any() else RowOutcome.undefined("no_gold_errors"),
    )


def first_errors(steps: Steps, present: Steps) -> npt.NDArray[np.int64]:
    """Position of the first wrong step among the ``present`` steps that each solution has, shape (n,).

    -1 where all steps are correct, -2 where a step before the first wrong one has no code:

    >>> first_errors(np.array([[1, 0, 0], [1, 1, -1], [-1, 0, 1]]), np.array([3, 2, 3])).tolist()
    [1, -1, -2]
    """
    width = steps.shape[1]
    there = np.arange(width) < present[:, None]
    wrong, gap = there & (steps == 0), there & (steps < 0)
    first_wrong = np.where(wrong.any(axis=1), wrong.argmax(axis=1) if width else 0, width)
    first_gap = np.where(gap.any(axis=1), gap.argmax(axis=1) if width else 0, width)
    found = np.where(first_wrong < width, first_wrong, NO_ERROR)
    return np.where((first_gap < first_wrong) & (first_gap < width), UNKNOWN, found).astype(np.int64)


def first_error_scores(gold: Ints, judge: Ints) -> FirstError:
    """Hold the first wrong steps against each other, as ProcessBench does; both as `first_errors` gives them.

    A judge's -2 agrees with nothing. ``no_gold_errors`` where no solution has an error, ``no_correct_items`` where none
    is flawless, and the reason of the undefined part for the harmonic mean. Where both parts are 0, so is their mean,
    without a standard error.
    Source: Zheng et al. (2024), ProcessBench: identifying process errors in mathematical reasoning, section 4.
    """
    if gold.shape != judge.shape:
        raise ValueError(f"first errors of shape {gold.shape} and {judge.shape}")
    hit, flawed = gold == judge, gold >= 0
    flawless = gold == NO_ERROR
    wrong = RowOutcome.ratio(_float(hit & flawed), _float(flawed), "no_gold_errors")
    right = RowOutcome.ratio(_float(hit & flawless), _float(flawless), "no_correct_items")
    return FirstError(wrong, right, _harmonic(wrong, right))


def _harmonic(a: RowOutcome, b: RowOutcome) -> RowOutcome:
    if a.value is None or a.influence is None:
        return RowOutcome.undefined(a.reason or "undefined_part")
    if b.value is None or b.influence is None:
        return RowOutcome.undefined(b.reason or "undefined_part")
    total = a.value + b.value
    if total <= 0:
        return RowOutcome(0.0, np.zeros_like(a.influence))
    by_a, by_b = 2 * (b.value / total) ** 2, 2 * (a.value / total) ** 2
    return RowOutcome(2 * a.value * b.value / total, by_a * a.influence + by_b * b.influence)


def _float(flags: Flags) -> Floats:
    return flags.astype(np.float64)


def _count(flags: Flags) -> Floats:
    found: Floats = flags.sum(axis=1).astype(np.float64)
    return found


def _check_steps(gold: npt.NDArray[Any], judge: npt.NDArray[Any]) -> None:
    if gold.shape != judge.shape or gold.ndim != 2:
        raise ValueError(f"steps of shape {judge.shape} for gold of shape {gold.shape}")
