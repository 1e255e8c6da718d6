"""A column as integer codes of its own words: a million cells of a few words take four bytes each."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Sequence

    import numpy.typing as npt


class Numbers(dict[str, int]):
    """Words to numbers in first-seen order; looking up a new word adds it."""

    def __missing__(self, word: str) -> int:
        code = self[word] = len(self)
        return code

    def take(self, column: Sequence[str]) -> npt.NDArray[np.int32]:
        """Turn a column into numbers, shape (n,)."""
        return np.fromiter(map(self.__getitem__, column), np.int32, len(column))
