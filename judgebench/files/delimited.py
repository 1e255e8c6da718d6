"""Tables of delimited text: CSV, TSV and their kin."""

from __future__ import annotations

import contextlib
import csv
import io
import itertools
import re
from operator import itemgetter
from typing import TYPE_CHECKING, TextIO

from judgebench.errors import argument
from judgebench.files.records import Row
from judgebench.files.table import BLOCK_ROWS, MOST_COLUMNS, Block, FileTable

if TYPE_CHECKING:
    from collections.abc import Generator, Iterator, Sequence

    from judgebench.errors import DataError
    from judgebench.files.content import Content

DELIMITERS = (",", ";", "\t", "|")

_SNIFF_ROWS = 50
#: The largest limit that a C long holds on every platform.
_NO_LIMIT = 2**31 - 1


class CsvTable(FileTable):
    """Delimited text: quotes and line breaks in cells, BOM, CRLF, cells of any size."""

    def __init__(self, content: Content, delimiter: str | None = None) -> None:
        super().__init__(content, "csv")
        #: Lines before the header (Excel's ``sep=;``).
        self.skipped = 0
        self.delimiter = delimiter or self._sniff_delimiter()
        with self._text() as stream:
            rows = _Rows(self, stream)
            header = next((row for row in iter(rows.one, None) if row), None)
        if header is None:
            raise self.error("the file is empty")
        if len(header) > MOST_COLUMNS:
            raise self.error(f"{len(header):,} columns, and a table has at most {MOST_COLUMNS:,}", line=1)
        self._columns = tuple(name.strip() for name in header)

    def blocks(self, wanted: Sequence[str], *, nested: bool = False) -> Iterator[Block]:
        """Stream the wanted columns."""
        del nested  # cells of delimited text are text
        take = [itemgetter(position) for position in self.positions(wanted, self._columns)]
        for rows, lines in self._chunks():
            yield Block(lines, [list(map(column, rows)) for column in take])

    def rows(self) -> Iterator[Row]:
        """Stream all rows."""
        columns = self._columns
        self.positions(columns, columns)
        for rows, lines in self._chunks():
            for line, cells in zip(lines, rows, strict=True):
                yield Row(dict(zip(columns, cells, strict=True)), self.name, line)

    def _chunks(self) -> Iterator[tuple[list[list[str]], Sequence[int]]]:
        """Stream rows, each as wide as the header, and the lines on which they begin."""
        width = len(self._columns)
        empty = True
        with self._text() as stream:
            source = _Rows(self, stream)
            while not source.one():
                pass
            while (chunk := source.some(BLOCK_ROWS)) is not None:
                rows, lines = chunk
                if set(map(len, rows)) != {width}:
                    rows, lines = self._straight(rows, lines, width)
                if rows:
                    empty = False
                    yield rows, lines
        if empty:
            raise self.error("a header and no rows")

    def _straight(
        self, rows: list[list[str]], lines: Sequence[int], width: int
    ) -> tuple[list[list[str]], Sequence[int]]:
        """Drop blank lines; refuse rows that are too short or too long."""
        kept = [i for i, row in enumerate(rows) if row]
        for i in kept:
            if len(rows[i]) != width:
                raise self.error(
                    f"got {len(rows[i])} field{'s' * (len(rows[i]) != 1)}, expected {width} as in the header",
                    line=lines[i],
                    hint="a cell that holds the delimiter or a line break needs double quotes around it",
                )
        return [rows[i] for i in kept], [lines[i] for i in kept]

    @contextlib.contextmanager
    def _text(self) -> Generator[TextIO]:
        with self.content.open() as raw:
            # newline="": the csv module must see the line breaks inside quoted cells as they are.
            stream = io.TextIOWrapper(raw, encoding="utf-8-sig", newline="")
            for _ in range(self.skipped):
                stream.readline()
            yield stream

    def _sniff_delimiter(self) -> str:
        """Take the one delimiter that the header shows; rows decide between several."""
        with self._text() as stream:
            head = list(itertools.islice(stream, _SNIFF_ROWS))
        first = next((line.strip() for line in head if line.strip()), "")
        if declared := re.fullmatch(r"sep=(.)", first, re.IGNORECASE):
            # Excel's own way to name the delimiter: a first line that is not a header.
            self.skipped = next(i for i, line in enumerate(head, 1) if line.strip())
            return declared[1]
        widths = {d: _widths(head, d) for d in DELIMITERS}
        split = [d for d in DELIMITERS if widths[d] and widths[d][0] > 1]
        if len(split) <= 1:
            return split[0] if split else ","
        even = [d for d in split if len(set(widths[d])) == 1]
        if len(even) == 1:
            return even[0]
        found = " and ".join({"\t": "tab"}.get(d, repr(d)) for d in even or split)
        raise self.error(
            f"the header can be cut at {found}, and the rows do not decide",
            line=1,
            hint=f"name it: {argument('delimiter')} ';'",
        )


class _Rows:
    """csv.reader with line numbers, without its field limit, and with errors that say where."""

    def __init__(self, table: CsvTable, stream: TextIO) -> None:
        self._table = table
        self._reader = csv.reader(stream, delimiter=table.delimiter, strict=True)

    def one(self) -> list[str] | None:
        chunk = self.some(1)
        return chunk[0][0] if chunk else None

    def some(self, size: int) -> tuple[list[list[str]], Sequence[int]] | None:
        """Read up to ``size`` rows and the lines on which they begin, or None at the end."""
        reader = self._reader
        rows: list[list[str]] = []
        before = reader.line_num
        begins = before + 1 + self._table.skipped
        # The limit is the process's: it is lifted for this chunk only.
        limit = csv.field_size_limit(_NO_LIMIT)
        try:
            rows.extend(itertools.islice(reader, size))
        except csv.Error as error:
            # What came before the broken row is in the list, so its line is known.
            raise self._explain(str(error), begins + sum(map(_height, rows))) from None
        finally:
            csv.field_size_limit(limit)
        if not rows:
            return None
        if reader.line_num - before == len(rows):
            return rows, range(begins, begins + len(rows))
        return rows, list(itertools.accumulate(map(_height, rows[:-1]), initial=begins))

    def _explain(self, error: str, begins: int) -> DataError:
        if "end of data" in error:
            message = "a double quote is opened in this row and never closed"
        elif "expected after" in error:
            message = "text follows a closing double quote"
        else:
            message = error
        hint = 'inside a quoted cell write "" for a double quote'
        return self._table.error(message, line=begins, hint=hint)


def _height(row: list[str]) -> int:
    """Lines that a row takes: line breaks inside quoted cells, counted as Python's text files do."""
    return 1 + sum(
        cell.count("\n") + cell.count("\r") - cell.count("\r\n") for cell in row if "\n" in cell or "\r" in cell
    )


def _widths(head: list[str], delimiter: str) -> list[int]:
    """Fields per row of the first lines; a row that the sample cuts off is left out."""
    widths: list[int] = []
    limit = csv.field_size_limit(_NO_LIMIT)
    try:
        for row in csv.reader(head, delimiter=delimiter, strict=True):
            if row:
                widths.append(len(row))  # noqa: PERF401 - rows before the cut must survive the error
    except csv.Error:
        pass
    finally:
        csv.field_size_limit(limit)
    return widths
