"""What a row without a verdict counts as where systems are ranked: wrong, in the way that speaks against the judge.

On two labels there is one way. Elsewhere a withheld verdict takes the wrong label that works against gold's order of
the systems, low for those in its upper half and high for the others; for a system's bias the one that takes it farther
from 0.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from judgebench.stats.crosstab import Flags, Floats, Ints


def verdicts_for(judge: Floats, gold: Floats, system: Ints, silent: Flags, levels: Floats) -> tuple[Floats, Floats]:
    """Give verdicts about one system each their silent rows: once for the order of the systems, once for biases.

    ``levels`` are the values of all labels; shapes are (n,).
    """
    rows = np.flatnonzero(silent)
    if not rows.size:
        return judge, judge
    ladder = np.sort(levels)
    lowest = np.where(gold[rows] == ladder[0], ladder[1], ladder[0])
    highest = np.where(gold[rows] == ladder[-1], ladder[-2], ladder[-1])
    about, width = system[rows], int(system.max()) + 1
    count = np.bincount(system, minlength=width)
    score = np.bincount(system, gold, width) / np.maximum(count, 1)
    middle = float(np.median(score[count > 0]))
    upper = (score > middle) | ((score == middle) & (score >= (ladder[0] + ladder[-1]) / 2))
    by_order, by_bias = judge.copy(), judge.copy()
    by_order[rows] = np.where(upper[about], lowest, highest)
    spoken = ~silent
    lead = np.bincount(system[spoken], (judge - gold)[spoken], width)
    ends = [lead + np.bincount(about, end - gold[rows], width) for end in (lowest, highest)]
    by_bias[rows] = np.where((np.abs(ends[0]) > np.abs(ends[1]))[about], lowest, highest)
    return by_order, by_bias


def games_for(judge: Ints, gold: Ints, first: Ints, second: Ints, silent: Flags) -> Ints:
    """Give silent games the wrong winner: whom gold doesn't name, and where it names none the one gold ranks lower.

    1 is a win of the first system, -1 of the second, 0 a tie; systems that gold has level are told by their codes.
    """
    width = int(max(first.max(initial=-1), second.max(initial=-1))) + 1
    score = (np.bincount(first, gold, width) - np.bincount(second, gold, width)) / np.maximum(
        np.bincount(first, minlength=width) + np.bincount(second, minlength=width), 1
    )
    ahead = np.where(score[first] == score[second], second - first, score[first] - score[second])
    return np.where(silent, np.where(gold == 0, -np.sign(ahead), -gold), judge).astype(judge.dtype)
