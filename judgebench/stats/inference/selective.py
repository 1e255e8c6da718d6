"""Answer only where one is sure enough: a threshold of confidence with a guarantee, by fixed-sequence testing.

``confidence`` and ``right``, shape (n,), are a judge's confidences in [0, 1] and whether its verdicts were right, on
questions that were set aside for this. Thresholds are tried from the top of a fixed grid down, each by an exact bound
of the risk among the answers that it lets through; the last one before a bound is beyond ``alpha`` is taken. As the
order is fixed beforehand, no level is lost to the number of thresholds tried.

Source: Jung, Brahman & Choi (2025), Trust or Escalate: LLM judges with provable guarantees for human agreement;
Bauer (1991), Multiple testing in clinical trials, for fixed sequences; Clopper & Pearson (1934).
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from judgebench.stats.inference.score_path import exact
from judgebench.stats.influence import mean

if TYPE_CHECKING:
    from judgebench.stats.crosstab import Flags, Floats
    from judgebench.stats.influence import Clusters

#: Thresholds from sure to unsure, fixed before any data.
GRID = np.round(np.arange(200, 0, -1) / 200, 3)


@dataclass(frozen=True, slots=True)
class Threshold:
    """The least confidence at which a judge answers, None where none will do.

    Of ``answered`` calibration rows above it ``wrong`` were wrong; their risk is at most ``bound`` at the level
    that was asked for. Without a threshold these are of the first one tried.
    """

    value: float | None
    answered: int
    wrong: int
    bound: float


def risk_bound(right: Flags, clusters: Clusters, delta: float) -> float:
    """Upper bound at confidence ``1 - delta`` of the share of wrong answers, exact where rows are independent.

    Rows that share questions count as so many independent ones as their design effect leaves of them.
    Source: Clopper & Pearson (1934); Korn & Graubard (1998), Confidence intervals for proportions with small expected
    number of positive counts estimated from survey data.
    """
    n = right.size
    if not n:
        return 1.0
    deff = 1.0
    if not clusters.independent:
        # A design effect below 1, or one that nothing shows, is no evidence.
        found = mean(right.astype(np.float64), clusters)
        deff = max(1.0, found.deff or 1.0) if found.se else n / clusters.count
    return float(exact(float((~right).sum()) / deff, n / deff, delta)[1])


def threshold(confidence: Floats, right: Flags, clusters: Clusters, *, alpha: float, delta: float) -> Threshold:
    """Find the least confidence above which a judge is wrong on at most a share ``alpha``, at confidence ``1 - delta``.

    The sequence starts where enough rows are above the threshold for a test to succeed at all, which confidences alone
    decide: ``(1 - alpha) ^ n <= delta``.

    >>> from judgebench.stats.influence import Clusters
    >>> sure = np.linspace(1, 0.51, 50)
    >>> found = threshold(sure, np.arange(50) < 40, Clusters.of(np.arange(50)), alpha=0.2, delta=0.1)
    >>> found.value, found.answered, found.wrong, round(found.bound, 3)
    (0.555, 45, 5, 0.196)
    """
    least = math.ceil(math.log(delta) / math.log1p(-alpha))
    taken: Threshold | None = None
    for value in GRID.tolist():
        rows = np.flatnonzero(confidence >= value)
        if clusters.take(rows).count < least:
            continue
        own = right[rows]
        tried = Threshold(value, rows.size, int((~own).sum()), risk_bound(own, clusters.take(rows), delta))
        if tried.bound > alpha:
            return taken or Threshold(None, tried.answered, tried.wrong, tried.bound)
        taken = tried
    return taken or Threshold(None, 0, 0, 1.0)
