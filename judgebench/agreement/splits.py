"""Parts of the questions: folds and halves by a digest of their names, the same whatever order the rows are in."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from judgebench.domain import digest
from judgebench.errors import DataError

if TYPE_CHECKING:
    from collections.abc import Sequence

    import numpy.typing as npt


def folds(names: Sequence[str], count: int, seed: int = 0) -> npt.NDArray[np.int64]:
    """Deal questions into ``count`` folds of one size, as their names and the seed decide; a fold per question.

    DataError for fewer questions than folds.

    >>> folds(["a", "b", "c", "d"], 2).tolist()
    [0, 0, 1, 1]
    """
    drawn = _drawn(names, count, seed)
    found = np.empty(len(names), dtype=np.int64)
    found[drawn] = np.arange(len(names)) % count
    return found


def part(names: Sequence[str], share: float, seed: int = 0) -> npt.NDArray[np.bool_]:
    """Draw a share of the questions, at least one and not all of them; DataError for fewer than two."""
    drawn = _drawn(names, 2, seed)
    found = np.zeros(len(names), dtype=np.bool_)
    found[drawn[: min(len(names) - 1, max(1, round(share * len(names))))]] = True
    return found


def _drawn(names: Sequence[str], parts: int, seed: int) -> list[int]:
    """Put questions in an order that their names and the seed decide; DataError for fewer of them than ``parts``."""
    if len(names) < parts:
        raise DataError(f"too few questions to divide into {parts} parts: {len(names)}")
    return sorted(range(len(names)), key=lambda at: digest([seed, names[at]]))
