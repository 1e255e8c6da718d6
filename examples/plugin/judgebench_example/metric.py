"""A metric: of what people call wrong, the share that the judge calls right."""

from __future__ import annotations

import numpy as np

from judgebench.stats.coefficients.catalog import Metric
from judgebench.stats.crosstab import Crosstab, Outcome


def false_alarms(table: Crosstab) -> Outcome:
    """Give P(judge 1 | gold 0), and its derivative by each cell of the joint proportions (rows gold, columns judge)."""
    wrong = table.joint[0].sum()
    if wrong == 0:
        return Outcome.undefined("no_variation")
    value = float(table.joint[0, 1] / wrong)
    gradient = np.zeros_like(table.joint)
    gradient[0] = -value / wrong
    gradient[0, 1] += 1 / wrong
    return Outcome(value, gradient)


def _by_hand(gold: list[int], judge: list[int]) -> float:
    """Count it: the witness whom ``--verify`` hears."""
    told = [said for label, said in zip(gold, judge, strict=True) if label == 0]
    return told.count(1) / len(told)


FALSE_ALARMS = Metric(
    "false_alarms",
    "false alarms",
    false_alarms,
    low=0.0,
    symmetric=False,
    relabels=False,
    binary=True,
    perfect=0.0,
    directional=True,
    kinds=("check",),
    witness=_by_hand,
)
