"""Verdicts on the steps of a solution: which steps are wrong, and which is the first of them.

Codes have shape (n, steps): 1 for correct, 0 for incorrect, -1 for none: no gold for it, no verdict on it, or no such
step. A row is a solution, since its steps are not independent. Figures are fractions; ValueError if shapes differ.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np

from judgebench.stats.influence import RowOutcome

if TYPE_CHECKING:
    import numpy.typing as npt

    from judgebench.stats.crosstab import Floats

    Flags = npt.NDArray[np.bool_]
    Steps = npt.NDArray[np.integer]

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
    _check(gold, judge)
    known = gold >= 0
    return RowOutcome.ratio(_count(known & (gold == judge)), _count(known), "no_items")


def error_scores(gold: Steps, judge: Steps) -> ErrorScores:
    """Precision, recall and F1 of the wrong steps, over the steps that have gold.

    A step without a verdict names no error: if it is wrong, it is one that was not found. Precision is undefined
    (``no_predicted_errors``) where the judge finds no error, recall and F1 (``no_gold_errors``) where gold has none.
    Source: van Rijsbergen (1979), Information retrieval, chapter 7.
    """
    _check(gold, judge)
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


def first_error_scores(gold: npt.NDArray[np.integer], judge: npt.NDArray[np.integer]) -> FirstError:
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


def _check(gold: npt.NDArray[Any], judge: npt.NDArray[Any]) -> None:
    if gold.shape != judge.shape or gold.ndim != 2:
        raise ValueError(f"steps of shape {judge.shape} for gold of shape {gold.shape}")
