"""Gold and verdicts that are sequences, and the one gold label of every step."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from judgebench.agreement.policies import plurality

if TYPE_CHECKING:
    import numpy.typing as npt

    from judgebench.domain import Policies, Ratings

    Codes = npt.NDArray[np.int64]


def sequences_of(ratings: Ratings) -> tuple[Codes, Codes]:
    """Verdicts, shape (n, w), and gold, shape (n, annotators, w)."""
    if ratings.sequence is None or ratings.gold_sequence is None:
        raise ValueError("these ratings have no sequences")
    return ratings.sequence, ratings.gold_sequence


def checked_steps(group: Ratings, policies: Policies) -> tuple[Codes, Codes, npt.NDArray[np.int64]]:
    """Gold and verdicts step by step, both of shape (n, w) with -1 for none, and how many steps each row has."""
    judge, every = sequences_of(group)
    length = (every >= 0).any(axis=1).sum(axis=1)
    return _step_gold(every, policies), np.where(np.arange(judge.shape[1]) < length[:, None], judge, -1), length


def _step_gold(every: Codes, policies: Policies) -> Codes:
    """Gold of each step, shape (n, w); -1 where the annotators have no common label."""
    n, m, w = every.shape
    flat = every.transpose(0, 2, 1).reshape(n * w, m)
    winner, share, ahead = plurality(flat, np.arange(n * w), 2)
    sure = ahead & (share == 1.0) if policies.gold == "unanimous" else ahead
    return np.where(sure, winner, -1).reshape(n, w).astype(np.int64)
