"""A file as a table: its columns of text cells, streamed in blocks, or its rows of values, one by one."""

from __future__ import annotations

import difflib
from abc import ABC, abstractmethod
from collections import Counter
from typing import TYPE_CHECKING, Any, NamedTuple

from judgebench.files.records import Unit, placed

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from judgebench.errors import DataError
    from judgebench.files.content import Content, Format
    from judgebench.files.records import Row


#: More columns than any table that somebody reads; a line of a gigabyte may have as many as it has commas.
MOST_COLUMNS = 50_000

#: Small blocks stay in the processor's cache: 8,192 rows are a third slower.
BLOCK_ROWS = 1024


class Block(NamedTuple):
    """Some rows of a table: the line on which each begins (its number in a Parquet file) and the wanted columns."""

    lines: Sequence[int]
    columns: Sequence[Sequence[str]]


class Table(ABC):
    """Named columns that are open for reading, one pass per call of `blocks`."""

    unit: Unit = "line"
    #: What separates the cells; empty where the format has no delimiter.
    delimiter: str = ""

    def __init__(self, name: str, format: Format) -> None:  # noqa: A002 - the word for it
        self.name = name
        self.format: Format = format
        self._columns: tuple[str, ...] = ()

    @property
    def columns(self) -> tuple[str, ...]:
        """Names of the columns, outer blanks removed, in the file's order."""
        return self._columns

    @property
    @abstractmethod
    def revision(self) -> str:
        """``data:`` and a digest."""

    @abstractmethod
    def blocks(self, wanted: Sequence[str], *, nested: bool = False) -> Iterator[Block]:
        """Stream the wanted columns; ``nested`` gives lists and objects as JSON text instead of refusing them.

        DataError where a column is missing or occurs twice, or the file is not what its format says.
        """

    def error(self, message: str, line: int | None = None, field: str | None = None, hint: str = "") -> DataError:
        """Build an error that says where."""
        return placed(message, self.name, line, self.unit, field, hint)

    def positions(self, wanted: Sequence[str], columns: Sequence[str]) -> list[int]:
        """Positions of the wanted columns; all that are missing are named at once."""
        places = {name: place for place, name in enumerate(columns)}
        missing = [name for name in wanted if name not in places]
        if missing:
            known = list(dict.fromkeys(name for name in columns if name))
            near = {
                name: difflib.get_close_matches(name.strip().casefold(), [k.casefold() for k in known], n=2)
                for name in missing
            }
            shown = [repr(k) for k in known if any(k.casefold() in names for names in near.values())]
            listed = ", ".join(repr(name) for name in missing)
            message = f"no column is named {listed}" + (f"; did you mean {' or '.join(shown)}?" if shown else "")
            tail = f"the columns are {', '.join(known[:40])}{', …' if len(known) > 40 else ''}"
            if self.format == "csv" and len(columns) == 1:
                tail += "; if that is one cell too wide, name the delimiter"
            raise self.error(f"{message} ({tail})")
        times = Counter(columns)
        for name in wanted:
            if times[name] > 1:
                raise self.error(
                    f"{times[name]} columns have this name",
                    line=1 if self.format == "csv" else None,
                    field=name,
                    hint="rename all but one of them",
                )
        return [places[name] for name in wanted]


class FileTable(Table):
    """A file that is open for reading, one pass per call of `blocks` or `rows`."""

    def __init__(self, content: Content, format: Format) -> None:  # noqa: A002 - the word for it
        super().__init__(content.name, format)
        self.content = content

    @property
    def revision(self) -> str:
        """``data:`` and a digest of the file as it is on disk."""
        return f"data:{self.content.packed_sha256()[:12]}"

    @abstractmethod
    def rows(self) -> Iterator[Row]:
        """Stream all rows, their values as JSON and Parquet have them; cells of delimited text are text."""


def cell(value: Any) -> str:
    """Write one JSON or Parquet value as the text of a cell.

    >>> cell(True), cell(3), cell(None), cell(float("nan"))
    ('true', '3', '', 'nan')
    """
    if value is None:
        return ""
    if isinstance(value, bool):
        return "true" if value else "false"
    return str(value)
