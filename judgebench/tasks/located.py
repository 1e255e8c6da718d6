"""Items and the rows they were made of; ids that appear twice, found in any number of rows without keeping them."""

from __future__ import annotations

from array import array
from typing import TYPE_CHECKING, NamedTuple, NoReturn

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Iterable

    from judgebench.domain import Item
    from judgebench.files.records import Row

#: So many ids are kept as they are, and a repeat among them is found where it stands; of more only hashes are.
_KEPT = 20_000


class Located(NamedTuple):
    """An item and the row it was made of, so that an error can say where."""

    item: Item
    row: Row


class Names:
    """Ids seen so far: eight bytes each, and the places of the first ones. ``next`` is when to look for `twins`."""

    def __init__(self) -> None:
        self._first: dict[str, tuple[str, int]] = {}
        self._hashes = array("q")
        self.next = _KEPT

    def add(self, located: Located) -> int:
        """Take one more, and count them. DataError where one of the first is there twice."""
        name = located[0].id
        hashes = self._hashes
        hashes.append(hash(name))
        count = len(hashes)
        if count <= _KEPT:
            if (place := self._first.get(name)) is not None:
                refuse(located, *place)
            self._first[name] = located[1].file, located[1].line
        return count

    def twins(self) -> set[int]:
        """Hashes that several ids have so far; to look at each doubling of their number costs as much as the last."""
        self.next = 2 * len(self._hashes)
        found = np.sort(np.frombuffer(self._hashes, np.int64))
        return set(found[1:][found[1:] == found[:-1]].tolist())


def refuse_twins(twins: set[int], items: Iterable[Located]) -> None:
    """Refuse the first id of those hashes that appears twice, and say where: two ids may share one hash."""
    places: dict[str, tuple[str, int]] = {}
    for located in items:
        item, row = located
        if hash(item.id) in twins:
            if (place := places.get(item.id)) is not None:
                refuse(located, *place)
            places[item.id] = row.file, row.line


def refuse(located: Located, file: str, line: int) -> NoReturn:
    """Say of an id that it appears twice, and where it was first."""
    item, row = located
    where = f" of {file}" if file != row.file else ""
    row.fail(f"id {item.id!r} appears twice (first on {row.unit} {line}{where})")
