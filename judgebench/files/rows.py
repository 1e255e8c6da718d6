"""Rows as a table: those of several files one after the other, or of a list that is in memory."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING, Any

from judgebench.files.paths import ABSENT, inside, split
from judgebench.files.records import Row, Unit
from judgebench.files.table import BLOCK_ROWS, Block, Table, cell

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from judgebench.files.table import FileTable

Rows = Callable[[], Iterator[Row]]


def value_of(row: Row, name: str) -> Any:
    """Give what a row has in a column, or inside one by a dotted name; None where that leads nowhere in it."""
    if name in row.data:
        return row.data[name]
    at = split(name, row.data)
    found = ABSENT if at is None else inside(row.data[at[0]], at[1])
    return None if found is ABSENT else found


def leads_nowhere(row: Row, name: str) -> bool:
    """Whether a dotted name is of nothing that a row has, null neither."""
    at = split(name, row.data)
    return at is None or inside(row.data[at[0]], at[1]) is ABSENT


class RowTable(Table):
    """Rows that know their places; ``columns`` are those of the rows themselves where none are given."""

    def __init__(self, name: str, rows: Rows, revision: str, columns: Sequence[str] = (), unit: Unit = "row") -> None:
        super().__init__(name, "json")
        self.unit = unit
        self.rows = rows
        self._revision = revision
        self._columns = tuple(columns) or tuple(dict.fromkeys(name for row in rows() for name in row.data))

    @classmethod
    def of_files(cls, tables: Sequence[FileTable]) -> RowTable:
        """Put files of the same columns one after the other."""
        first = tables[0]
        for other in tables[1:]:
            if first.columns and other.columns and set(first.columns) != set(other.columns):
                differing = sorted(set(first.columns) ^ set(other.columns))
                raise other.error(
                    f"other columns than {first.name} has ({', '.join(differing[:5])})",
                    hint="files that are read together have the same columns; name one file",
                )
        shas = [one.content.sha256() for one in tables]
        whole = shas[0] if len(shas) == 1 else hashlib.sha256(" ".join(shas).encode()).hexdigest()

        def rows() -> Iterator[Row]:
            for one in tables:
                yield from one.rows()

        return cls(" + ".join(one.name for one in tables), rows, whole, first.columns, first.unit)

    @classmethod
    def of_records(cls, name: str, records: Sequence[Mapping[str, Any]]) -> RowTable:
        """Take records that are in memory already."""
        kept = [{str(field): value for field, value in one.items()} for one in records]
        whole = hashlib.sha256(repr(kept).encode("utf-8", "surrogatepass")).hexdigest()
        return cls(name, lambda: (Row(one, name, n, "", "row") for n, one in enumerate(kept, 1)), whole)

    def with_rows(self, rows: Rows) -> RowTable:
        """Give the table with some of its rows."""
        return RowTable(self.name, rows, self._revision, self._columns, self.unit)

    @property
    def revision(self) -> str:
        """``data:`` and a digest of all rows."""
        return f"data:{self._revision[:12]}"

    def blocks(self, wanted: Sequence[str], *, nested: bool = False) -> Iterator[Block]:
        """Stream the wanted columns."""
        self.places(wanted, self._columns)
        lines: list[int] = []
        cells: list[list[str]] = [[] for _ in wanted]
        for row in self.rows():
            lines.append(row.line)
            for name, column in zip(wanted, cells, strict=True):
                column.append(self.text(row, name, nested=nested))
            if len(lines) == BLOCK_ROWS:
                yield Block(lines, list(cells))
                lines, cells = [], [[] for _ in wanted]
        if lines:
            yield Block(lines, list(cells))

    def text(self, row: Row, name: str, *, nested: bool) -> str:
        """Write a cell of a row as text; a list or an object is refused where it isn't ``nested``."""
        value = value_of(row, name)
        if isinstance(value, str):
            return value
        if isinstance(value, (list, dict, tuple)):
            if not nested:
                self.refuse_nested(value, row.line, name)
            return json.dumps(value, ensure_ascii=False, default=str)
        return cell(value)
