"""Which of several judges differ, by answers that trade places between two judges, question by question.

If two judges are exchangeable on every question, each question's answers may as well be the other's. Source: Westfall &
Young (1993), Resampling-based multiple testing, for the largest of many statistics; Phipson & Smyth (2010), Permutation
p-values should never be zero.
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Callable

    from judgebench.stats.crosstab import Floats, Ints

#: Draws of a swap test.
DRAWS = 1_999
#: Up to so many questions all patterns are counted, not drawn.
_ALL = 11
#: With fewer questions no p-value below .05 can arise.
LEAST = 6
#: Most questions for which trading places is worth its time, and numbers in the tables of all draws.
MOST, _MOST_NUMBERS = 5_000, 4e8
#: Tables made at a time are this many numbers.
_CHUNK = 1 << 22


def swap_max(
    tables: Floats, value: Callable[[Floats], Floats], pairs: Ints, *, draws: int = DRAWS, seed: int = 0
) -> Floats:
    """Test that two judges have the same figure, pair by pair: adjusted p-values, shape (pairs,).

    ``tables``, shape (G, judges, k, k), counts each judge's rows by question, and ``value`` is the figure of joint
    proportions, shape (..., k, k) -> (...). In each draw every question's answers trade places, or not, between the two
    judges of every pair, and the figures are recomputed; differences are scaled by their root mean square over the
    draws. A pair's p is the share of draws whose largest scaled difference reaches its own. A mean is a figure of
    tables of one cell, with the sum of each question's rows in place of their count.
    """
    questions, judges, *cells = tables.shape
    first, second = pairs[:, 0], pairs[:, 1]
    total = tables.sum(axis=0)
    n = float(total[0].sum()) if cells != [1, 1] else 1.0
    patterns = _patterns(questions, draws, seed)
    flat = tables.reshape(questions, -1)
    step = max(1, _CHUNK // (judges + 2 * len(pairs)) // math.prod(cells))
    found = np.empty((len(patterns), len(pairs)))
    for start in range(0, len(patterns), step):
        # Whole numbers: exact in any order.
        kept = (patterns[start : start + step] @ flat).reshape(-1, judges, *cells)
        one = value((kept[:, first] + total[second] - kept[:, second]) / n)
        two = value((kept[:, second] + total[first] - kept[:, first]) / n)
        found[start : start + step] = np.abs(np.nan_to_num(one - two))
    scale = np.sqrt(np.square(found).mean(axis=0)) + 1e-12
    # A figure without a value differs from none.
    seen = np.nan_to_num(np.abs(value(total[first] / n) - value(total[second] / n))) / scale
    largest = (found / scale).max(axis=1)
    reached = (largest[:, None] >= seen - 1e-9).sum(axis=0)
    if questions <= _ALL:
        return np.asarray(reached / len(patterns))
    return np.asarray((1 + reached) / (1 + len(patterns)))


def affordable(tables: Floats, pairs: int) -> bool:
    """Whether a swap test of so many pairs is made in seconds; the multiplier bootstrap is as good where it isn't."""
    questions, judges, *cells = tables.shape
    size = math.prod(cells)
    # A product of matrices costs little for each number of the tables, a figure much for each of a draw's.
    numbers = DRAWS * size * (2 * pairs + questions * judges / 20)
    return bool(questions <= MOST and numbers <= _MOST_NUMBERS)


def _patterns(questions: int, draws: int, seed: int) -> Floats:
    """Which questions keep their answers, shape (draws, G); a pattern and its mirror image say the same."""
    if questions > _ALL:
        return (np.random.default_rng(seed).random((draws, questions)) < 0.5).astype(np.float64)
    codes = np.arange(1 << (questions - 1))
    return ((codes[:, None] >> np.arange(questions)) & 1).astype(np.float64)
