"""Parts of the questions: folds and halves by a digest of their names, the same whatever order the rows are in.

``cluster``, shape (n,), are the codes of the rows' questions in ``names``; what is found is of that shape, too.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from judgebench.domain import digest
from judgebench.errors import DataError

if TYPE_CHECKING:
    from collections.abc import Sequence

    import numpy.typing as npt

    from judgebench.stats.crosstab import Flags, Ints


def folds(cluster: Ints, names: Sequence[str], count: int) -> npt.NDArray[np.int64]:
    """Deal questions into ``count`` folds of one size, or as many as there are questions; the fold of each row.

    >>> folds(np.array([0, 1, 1, 2, 3]), ["a", "b", "c", "d"], 2).tolist()
    [0, 0, 0, 1, 1]
    """
    rank, place = _drawn(cluster, names, 0)
    return (rank % max(min(count, rank.size), 1))[place]


def part(cluster: Ints, names: Sequence[str], share: float, seed: int = 0) -> Flags:
    """Draw a share of the questions, at least one and not all of them; DataError for fewer than two."""
    rank, place = _drawn(cluster, names, seed)
    if rank.size < 2:
        raise DataError(f"too few questions to divide into 2 parts: {rank.size}")
    return (rank < min(rank.size - 1, max(1, round(share * rank.size))))[place]


def _drawn(cluster: Ints, names: Sequence[str], seed: int) -> tuple[npt.NDArray[np.int64], npt.NDArray[np.intp]]:
    """Rank the questions that occur as their names and the seed decide; and say which of them each row is about."""
    own, place = np.unique(cluster, return_inverse=True)
    drawn = sorted(range(own.size), key=lambda at: digest([seed, names[int(own[at])]]))
    rank = np.empty(own.size, dtype=np.int64)
    rank[drawn] = np.arange(own.size)
    return rank, place
