"""A column as integer codes of its own words: a million cells of a few words take four bytes each."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Sequence

    import numpy.typing as npt


#: Numbers given so far: columns of a million words share them.
_SEEN: list[int] = []


class Numbers(dict[str, int]):
    """Words to numbers in first-seen order; looking up a new word adds it."""

    def __missing__(self, word: str) -> int:
        place = len(self)
        if place == len(_SEEN):
            _SEEN.append(place)
        code = self[word] = _SEEN[place]
        return code

    def take(self, column: Sequence[str]) -> npt.NDArray[np.int32]:
        """Turn a column into numbers, shape (n,)."""
        return np.fromiter(map(self.__getitem__, column), np.int32, len(column))
