"""Rows as a table: those of several files one after the other, or of a list that is in memory."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING, Any

from judgebench.files.records import Row, Unit
from judgebench.files.table import BLOCK_ROWS, Block, Table, cell

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from judgebench.files.table import FileTable

Rows = Callable[[], Iterator[Row]]


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

    @property
    def revision(self) -> str:
        """``data:`` and a digest of all rows."""
        return f"data:{self._revision[:12]}"

    def blocks(self, wanted: Sequence[str], *, nested: bool = False) -> Iterator[Block]:
        """Stream the wanted columns."""
        self.positions(wanted, self._columns)
        lines: list[int] = []
        cells: list[list[str]] = [[] for _ in wanted]
        for row in self.rows():
            lines.append(row.line)
            for name, column in zip(wanted, cells, strict=True):
                column.append(self._text(row, name, nested=nested))
            if len(lines) == BLOCK_ROWS:
                yield Block(lines, list(cells))
                lines, cells = [], [[] for _ in wanted]
        if lines:
            yield Block(lines, list(cells))

    def _text(self, row: Row, name: str, *, nested: bool) -> str:
        value = row.data.get(name)
        if isinstance(value, str):
            return value
        if isinstance(value, (list, dict, tuple)):
            if not nested:
                row.fail(f"{type(value).__name__} where one value was expected", name)
            return json.dumps(value, ensure_ascii=False, default=str)
        return cell(value)
