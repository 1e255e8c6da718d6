"""How good a ranking of documents is, by their grades: what trec_eval computes, query by query.

``grades`` are those of the ranked documents, best rank first, 0 for one that nobody graded; ``every`` are all grades of
the query's documents, retrieved or not.
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence


def ndcg(grades: Sequence[float], every: Sequence[float], depth: int | None = None) -> float:
    """Normalised discounted cumulative gain: ``sum g_i / log2(i + 1)`` over the best such sum; 0 without a gain.

    Gains are the grades themselves, and negative ones count as 0.
    Source: Järvelin & Kekäläinen (2002), Cumulated gain-based evaluation of IR techniques; trec_eval's ``ndcg_cut``.

    >>> round(ndcg([3, 0, 2], [3, 2, 1, 0], 10), 6)
    0.840008
    """
    best = _gain(sorted(every, reverse=True)[:depth])
    return _gain(grades[:depth]) / best if best > 0 else 0.0


def _gain(grades: Sequence[float]) -> float:
    return math.fsum(max(grade, 0.0) / math.log2(rank + 1) for rank, grade in enumerate(grades, 1))


def average_precision(grades: Sequence[float], every: Sequence[float], depth: int | None = None) -> float:
    """Average of the precisions at the ranks of relevant documents (grade 1 or more), over all that are relevant.

    Source: Buckley & Voorhees (2005), Retrieval system evaluation; trec_eval's ``map`` of one query.

    >>> average_precision([1, 0, 1], [1, 1, 0])
    0.8333333333333333
    """
    found, total = 0, 0.0
    for rank, grade in enumerate(grades[:depth], 1):
        if grade >= 1:
            found += 1
            total += found / rank
    relevant = sum(grade >= 1 for grade in every)
    return total / relevant if relevant else 0.0


def precision(grades: Sequence[float], every: Sequence[float], depth: int | None = None) -> float:  # noqa: ARG001 - as the others
    """Share of relevant documents (grade 1 or more) among the first ``depth``, there or not.

    >>> precision([1, 0, 2], [2, 1], 5)
    0.4
    """
    size = depth or len(grades)
    return sum(grade >= 1 for grade in grades[:depth]) / size if size else 0.0
