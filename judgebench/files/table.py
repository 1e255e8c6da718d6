"""A file as a table: columns of text cells, streamed in blocks with their lines."""

from __future__ import annotations

import difflib
import hashlib
from abc import ABC, abstractmethod
from typing import TYPE_CHECKING, Any, Literal, NamedTuple

from judgebench.errors import DataError

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from pathlib import Path

    from judgebench.files.sniff import Format, Sniffed

#: Small blocks stay in the processor's cache: 8,192 rows are a third slower.
BLOCK_ROWS = 1024


class Block(NamedTuple):
    """Some rows of a table: the line on which each begins (its number in a Parquet file) and the wanted columns."""

    lines: Sequence[int]
    columns: Sequence[Sequence[str]]


class Table(ABC):
    """A label file that is open for reading, one pass per call of `blocks`."""

    #: What an error counts: lines of text, or rows.
    unit: Literal["line", "row"] = "line"
    #: What separates the cells; empty where the format has no delimiter.
    delimiter: str = ""

    def __init__(self, source: Sniffed) -> None:
        self.path: Path = source.path
        self.name = str(source.path)
        self.format: Format = source.format
        self.gzipped = source.gzipped

    @property
    @abstractmethod
    def columns(self) -> tuple[str, ...]:
        """Names of the columns, outer blanks removed, in the file's order."""

    @abstractmethod
    def blocks(self, wanted: Sequence[str], *, nested: bool = False) -> Iterator[Block]:
        """Stream the wanted columns; ``nested`` gives lists and objects as JSON text instead of refusing them.

        DataError where a column is missing or occurs twice, or the file is not what its format says.
        """

    @property
    def revision(self) -> str:
        """``data:`` and a digest of the file."""
        with self.path.open("rb") as raw:
            return f"data:{hashlib.file_digest(raw, 'sha256').hexdigest()[:12]}"

    def error(self, message: str, line: int | None = None, field: str | None = None, hint: str = "") -> DataError:
        """Build an error that says where."""
        if self.unit == "row" and line is not None:
            return DataError(f"row {line}: {message}", file=self.name, field=field, hint=hint)
        return DataError(message, file=self.name, line=line, field=field, hint=hint)

    def positions(self, wanted: Sequence[str], columns: Sequence[str]) -> list[int]:
        """Positions of the wanted columns; all that are missing are named at once."""
        missing = [name for name in wanted if name not in columns]
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
        for name in wanted:
            if columns.count(name) > 1:
                raise self.error(
                    f"{columns.count(name)} columns are named {name!r}", line=1, hint="rename all but one of them"
                )
        return [columns.index(name) for name in wanted]


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
