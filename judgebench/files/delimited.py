"""Tables of delimited text: CSV, TSV and their kin."""

from __future__ import annotations

import contextlib
import csv
import io
import itertools
import re
from operator import itemgetter
from typing import TYPE_CHECKING, TextIO

from judgebench.errors import DataError, FormError, argument
from judgebench.files.header import HEAD_ROWS, Head, header_rows
from judgebench.files.records import Row
from judgebench.files.table import BLOCK_ROWS, Block, FileTable

if TYPE_CHECKING:
    from _csv import Reader
    from collections.abc import Generator, Iterable, Iterator, Sequence

    from judgebench.files.content import Content
    from judgebench.files.opening import Opening

DELIMITERS = (",", ";", "\t", "|")
#: Cells are cut at runs of blanks and tabs.
BLANKS = " "
TAB = "\t"

#: The largest limit that a C long holds on every platform.
_NO_LIMIT = 2**31 - 1


class CsvTable(FileTable):
    """Delimited text: quotes and line breaks in cells, BOM, CRLF, cells of any size."""

    def __init__(self, content: Content, opening: Opening) -> None:
        super().__init__(content, "csv")
        #: Lines before the header: titles, or Excel's ``sep=;``.
        self.skipped = opening.skip
        self.drop_last = opening.drop_last
        self.delimiter = opening.delimiter or self._sniff_delimiter()
        head = self._head()
        if not head.rows:
            taken = f"{argument('skip')} {self.skipped} takes all lines"
            raise self.error(taken if self.skipped else "the file is empty")
        self._header = header_rows(self, head) if opening.header is None else opening.header
        self.name_columns(head.rows[0], self._header)

    def _head(self) -> Head:
        lines: list[int] = []
        rows: list[list[str]] = []
        with self._text() as stream:
            source = _Rows(self, stream)
            while len(rows) < HEAD_ROWS:
                try:
                    chunk = source.some(1)
                except DataError:
                    # The pass that reads the rows says so, in its place.
                    if not rows:
                        raise
                    break
                if chunk is None:
                    break
                if chunk[0][0]:
                    rows += chunk[0]
                    lines += chunk[1]
        return Head(lines, rows)

    def _blocks(self, wanted: Sequence[str], *, nested: bool) -> Iterator[Block]:
        places = self.places(wanted, self._columns)
        take = [itemgetter(position) for position, _ in places]
        inner = [(self._columns[position], one) for position, one in places if one]
        for rows, lines in self._chunks():
            columns = [list(map(column, rows)) for column in take]
            if inner:
                columns = [
                    cells if one is None else self.inner_cells(cells, one, lines, nested=nested)
                    for cells, (_, one) in zip(columns, places, strict=True)
                ]
            yield Block(lines, columns)
        self.check_inner(inner)

    def _rows(self) -> Iterator[Row]:
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
            above = self._header
            while above and (row := source.one()) is not None:
                above -= bool(row)
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
            head = list(itertools.islice(stream, HEAD_ROWS))
        first = next((line.strip() for line in head if line.strip()), "")
        if declared := re.fullmatch(r"sep=(.)", first, re.IGNORECASE):
            # Excel's own way to name the delimiter: a first line that is not a header.
            self.skipped += next(i for i, line in enumerate(head, 1) if line.strip())
            return declared[1]
        widths = {d: _widths(head, d) for d in (*DELIMITERS, BLANKS)}
        split = [d for d in DELIMITERS if widths[d] and widths[d][0] > 1]
        if not split:
            # Below a title, or cut at blanks.
            split = [d for d in (*DELIMITERS, BLANKS) if _below_title(widths[d])]
            return split[0] if split else ","
        if len(split) == 1:
            # What the first line shows may be in a title.
            other = [d for d in DELIMITERS if d not in split and _below_title(widths[d])]
            return other[0] if len(set(widths[split[0]])) > 1 and len(other) == 1 else split[0]
        even = [d for d in split if len(set(widths[d])) == 1]
        if len(even) == 1:
            return even[0]
        found = [{"\t": "tab"}.get(d, d) for d in even or split]
        raise FormError(
            f"the header can be split at {' or '.join(map(repr, found))}, and the rows don't show which is right",
            file=self.name,
            line=1 + self.skipped,
            hint=f"name it: {argument('delimiter')} ';'",
            readings=[{"delimiter": one} for one in found],
        )


class _Rows:
    """csv.reader with line numbers, without its field limit, and with errors that say where."""

    def __init__(self, table: CsvTable, stream: TextIO) -> None:
        self._table = table
        self._reader = _reader(stream, table.delimiter)

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


def _reader(lines: Iterable[str], delimiter: str) -> Reader:
    if delimiter == BLANKS:
        lines = (f"{line.strip().replace(TAB, BLANKS)}\n" for line in lines)
        return csv.reader(lines, delimiter=BLANKS, skipinitialspace=True, strict=True)
    return csv.reader(lines, delimiter=delimiter, strict=True)


def _widths(head: list[str], delimiter: str) -> list[int]:
    """Fields per row of the first lines; a row that the sample cuts off is left out."""
    widths: list[int] = []
    limit = csv.field_size_limit(_NO_LIMIT)
    try:
        for row in _reader(head, delimiter):
            if row:
                widths.append(len(row))  # noqa: PERF401 - rows before the cut must survive the error
    except csv.Error:
        pass
    finally:
        csv.field_size_limit(limit)
    return widths


def _below_title(widths: list[int]) -> bool:
    """Whether rows are equally wide, maybe below lines of one cell."""
    body = list(itertools.dropwhile(lambda width: width == 1, widths))
    return len(body) >= 2 and len(set(body)) == 1
