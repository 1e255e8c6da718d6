"""How far a judge of right and wrong leans: Youden's J, and the share of its guesses that are lenient.

A judge is seen as one who knows the answer with probability ``P_c`` and guesses else, accepting with probability
``P_+``. An unusable verdict is a miss in both rates of ``P_c``; it accepts and rejects nothing, so that it doesn't move
``P_+`` towards either side. Gold with one label only is ``no_positives`` or ``no_negatives``.
"""

from __future__ import annotations

import numpy as np

from judgebench.stats.crosstab import TINY, Crosstab, Outcome


def youden_j(table: Crosstab) -> Outcome:
    """Youden's J, ``TPR + TNR - 1``: how much more often right items are accepted than wrong ones.

    It is also Thakur et al.'s ``P_c``, the share of items that the judge doesn't have to guess; 0 for a judge that
    accepts (or rejects) everything.
    Source: Youden (1950), Index for rating diagnostic tests; Thakur et al. (2025), Judging the judges. GPT-4 on
    TriviaQA, first version of the labels:

    >>> table = Crosstab(np.array([[903, 186], [132, 2374]]) / 3595, 3595, 2, np.arange(2.0), positive=1)
    >>> round(youden_j(table).value, 4)
    0.7765
    """
    sides = _sides(table)
    if isinstance(sides, str):
        return Outcome.undefined(sides)
    right, wrong = sides
    hits, rejections = table.joint[right, right] / table.gold[right], table.joint[wrong, wrong] / table.gold[wrong]
    gradient = np.zeros_like(table.joint)
    for label, rate in ((right, hits), (wrong, rejections)):
        gradient[label, :] = -rate / table.gold[label]
        gradient[label, label] += 1 / table.gold[label]
    return Outcome(float(hits + rejections - 1), gradient)


def leniency_p_plus(table: Crosstab) -> Outcome:
    """Share of lenient guesses ``P_+ = FPR / (FPR + FNR)``: 1 where all errors accept, 0 where all reject.

    ``no_errors`` for a judge that errs in neither direction.
    Source: Thakur et al. (2025), Judging the judges, equations 13 and 18.
    """
    sides = _sides(table)
    if isinstance(sides, str):
        return Outcome.undefined(sides)
    right, wrong = sides
    accepted, rejected = table.joint[wrong, right] / table.gold[wrong], table.joint[right, wrong] / table.gold[right]
    errors = accepted + rejected
    if errors < TINY:
        return Outcome.undefined("no_errors")
    value = accepted / errors
    gradient = np.zeros_like(table.joint)
    # The derivative is (1 - value) / errors by the first rate and -value / errors by the second.
    for gold, judge, rate, slope in ((wrong, right, accepted, 1 - value), (right, wrong, rejected, -value)):
        gradient[gold, :] = -slope * rate / errors / table.gold[gold]
        gradient[gold, judge] += slope / errors / table.gold[gold]
    return Outcome(float(value), gradient)


def _sides(table: Crosstab) -> tuple[int, int] | str:
    """Codes of correct and incorrect, or why there are none."""
    if table.positive is None:
        return "not_binary"
    right, wrong = table.positive, 1 - table.positive
    if table.gold[right] <= 0:
        return "no_positives"
    return "no_negatives" if table.gold[wrong] <= 0 else (right, wrong)
