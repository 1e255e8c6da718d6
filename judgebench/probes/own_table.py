"""Tables of one's own that hold texts for a probe: ``FILE`` or ``FILE#COLUMN``, by the ids of items."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from judgebench.errors import UsageError
from judgebench.files.read import open_table

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from judgebench.files.records import Row

_IDS = ("id", "item_id", "item", "question_id")


class OwnTable:
    """A table; ``said`` is what stands behind its name, which may be a column's."""

    def __init__(self, place: str) -> None:
        self.name, _, self.said = place.partition("#")
        self._table = open_table(Path(self.name))
        self.columns = [str(one) for one in self._table.columns]

    def column(self, known: Sequence[str], what: str) -> str:
        """Find the column that was named, else one of those ``known``; UsageError where there is none."""
        if self.said:
            return self.named(self.said)
        return self._find(known, what, f": write {self.name}#COLUMN")

    def named(self, column: str) -> str:
        """Look whether there is a column; UsageError where there is none."""
        if column not in self.columns:
            raise UsageError(f"{self.name} has no column {column!r}; it has {', '.join(self.columns)}")
        return column

    @property
    def ids(self) -> str:
        """The column of ids; UsageError where there is none."""
        return self._find(_IDS, "ids")

    def rows(self) -> Iterator[Row]:
        """Yield the rows."""
        return iter(self._table.rows())

    def by_id(self) -> Iterator[tuple[str, Row]]:
        """Yield the rows with the ids of their items; DataError where a row has none."""
        ids = self.ids
        for row in self.rows():
            own = row.data.get(ids)
            if own is None or not str(own).strip():
                row.fail("this is empty, and names the item", ids)
            yield str(own).strip(), row

    def _find(self, known: Sequence[str], what: str, how: str = "") -> str:
        found = next((one for one in known if one in self.columns), None)
        if found is None:
            raise UsageError(
                f"{self.name} has no column of {what} ({', '.join(known)}); it has {', '.join(self.columns)}{how}"
            )
        return found
