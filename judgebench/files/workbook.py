"""Sheets of workbooks (.xlsx, .ods) as tables, read by python-calamine once their grid is known to be no bomb."""

from __future__ import annotations

import io
import re
from datetime import date, datetime, time, timedelta
from typing import TYPE_CHECKING, Any
from xml.parsers import expat

from judgebench.errors import DataError, FormError, UsageError, argument
from judgebench.files.content import unpacked_limit
from judgebench.files.header import HEAD_ROWS, Head, header_rows
from judgebench.files.records import Row
from judgebench.files.table import BLOCK_ROWS, Block, FileTable, cell
from judgebench.files.zips import Archive
from judgebench.installed import to_install

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from judgebench.files.content import Content
    from judgebench.files.opening import Opening

#: The reader makes a full grid of a sheet, up to the last row and column that hold anything.
_MOST_CELLS = 20_000_000
_SHEET = re.compile(r"xl/worksheets/.*\.xml", re.IGNORECASE)
_PLACE = re.compile(rb"""\br\s*=\s*["']([A-Za-z]{0,3})(\d{1,7})["']""")
_VALUE = re.compile(rb"<(?:\w+:)?v[^>]*>\s*(\d{1,9})\s*<")
_STRING = re.compile(rb"<(?:\w+:)?si\b[^>]*>(.*?)</(?:\w+:)?si>", re.DOTALL)


class WorkbookTable(FileTable):
    """A sheet; errors count its rows, from 1."""

    unit = "row"

    def __init__(self, content: Content, opening: Opening) -> None:
        super().__init__(content, "workbook")
        self.drop_last = opening.drop_last
        _refuse_bomb(content)
        grid = self._grid(opening.sheet)
        filled = [(line, row) for line, row in enumerate(grid, 1) if line > opening.skip and any(map(_full, row))]
        if not filled:
            taken = f"{argument('skip')} {opening.skip} takes all rows"
            raise self.error(taken if opening.skip else "the sheet is empty")
        # Empty columns are not part of the table.
        kept = [place for place in range(len(filled[0][1])) if any(_full(row[place]) for _, row in filled)]
        texts = [(line, [_text(row[place]) for place in kept]) for line, row in filled]
        head = Head([line for line, _ in texts[:HEAD_ROWS]], [row for _, row in texts[:HEAD_ROWS]])
        above = header_rows(self, head) if opening.header is None else opening.header
        self.name_columns(texts[0][1], above)
        self._texts = texts[above:]
        if not self._texts:
            raise self.error("a header and no rows")

    def _grid(self, wanted: str | None) -> list[list[Any]]:
        try:
            from python_calamine import CalamineError, CalamineWorkbook
        except ImportError:
            raise UsageError(
                f"{self.name} is a workbook: {to_install('spreadsheets')} reads it, or save it as CSV UTF-8"
            ) from None
        path = self.content.on_disk()
        try:
            book = (
                CalamineWorkbook.from_filelike(io.BytesIO(self.content.read()))
                if path is None
                else CalamineWorkbook.from_path(str(path))
            )
            names = book.sheet_names
            if wanted is not None:
                if wanted not in names:
                    raise self.error(f"no sheet is named {wanted!r}", hint=f"the sheets are {', '.join(names[:40])}")
                return list(book.get_sheet_by_name(wanted).to_python(skip_empty_area=False))
            grids = {name: book.get_sheet_by_name(name).to_python(skip_empty_area=False) for name in names}
        except (CalamineError, OSError, ValueError) as error:
            raise DataError(f"damaged workbook ({error})", file=self.name, hint="save it again") from None
        filled = {name: grid for name, grid in grids.items() if any(map(_full, (one for row in grid for one in row)))}
        if len(filled) > 1:
            raise FormError(
                f"{len(filled)} sheets hold something: {', '.join(map(repr, filled))}",
                file=self.name,
                hint=f"name one: {argument('sheet')} {next(iter(filled))!r}",
                readings=[{"sheet": name} for name in filled],
            )
        return list(next(iter(filled.values()), []))

    def _blocks(self, wanted: Sequence[str], *, nested: bool) -> Iterator[Block]:
        places = self.places(wanted, self._columns)
        for start in range(0, len(self._texts), BLOCK_ROWS):
            chunk = self._texts[start : start + BLOCK_ROWS]
            lines = [line for line, _ in chunk]
            columns: list[list[str]] = []
            for position, inner in places:
                cells = [row[position] for _, row in chunk]
                if inner is not None:
                    cells = self.inner_cells(cells, inner, lines, nested=nested)
                columns.append(cells)
            yield Block(lines, columns)
        self.check_inner([(self._columns[position], inner) for position, inner in places if inner])

    def _rows(self) -> Iterator[Row]:
        self.positions(self._columns, self._columns)
        for line, cells in self._texts:
            yield Row(dict(zip(self._columns, cells, strict=True)), self.name, line, unit=self.unit)


def _full(value: object) -> bool:
    return value is not None and value != ""


def _text(value: Any) -> str:
    """Write a cell as the sheet shows it: whole numbers without a fraction, dates as ISO 8601."""
    if isinstance(value, float) and value.is_integer():
        return str(int(value))
    if isinstance(value, (datetime, date, time)):
        return value.isoformat()
    return str(value) if isinstance(value, timedelta) else cell(value)


def _refuse_bomb(content: Content) -> None:
    """Unpack everything once, and measure the grid that the reader would make, before it makes it."""
    path = content.on_disk()
    limit = unpacked_limit(len(content.read()) if path is None else path.stat().st_size)
    with Archive(content) as archive:
        members = {name: archive.read(name) for name in archive.names if name.lower().endswith((".xml", ".bin"))}
    if any(b"<!DOCTYPE" in one or b"<!ENTITY" in one for one in members.values()):
        raise DataError("a workbook with definitions of its own (DOCTYPE)", file=content.name, hint="save it again")
    strings: list[int] | None = None
    for name, raw in members.items():
        if name == "content.xml":
            cells, letters = _ods_extent(raw, content.name)
        elif _SHEET.fullmatch(name):
            cells = _xlsx_extent(raw)
            if strings is None:
                strings = [len(one[1]) for one in _STRING.finditer(members.get("xl/sharedStrings.xml", b""))]
            letters = raw.count(b"<") * max(strings, default=0)
            if letters > limit:
                # Few cells hold the longest text: count what each holds.
                letters = sum(strings[at] for one in _VALUE.finditer(raw) if (at := int(one[1])) < len(strings))
        else:
            continue
        if cells > _MOST_CELLS or letters > max(limit, 1 << 30):
            raise DataError(
                f"a sheet of {cells:,} cells and {letters:,} letters: far more than a table has",
                file=content.name,
                hint="delete what is far below or beside the table, or save it as CSV",
            )


def _xlsx_extent(raw: bytes) -> int:
    rows = columns = 0
    for place in _PLACE.finditer(raw):
        rows = max(rows, int(place[2]))
        column = 0
        for letter in place[1].upper():
            column = column * 26 + letter - 64
        columns = max(columns, column)
    return rows * columns


def _ods_extent(raw: bytes, file: str) -> tuple[int, int]:  # noqa: C901 - three handlers of one parser
    """Cells up to the last that holds anything, and letters, with their repeats; of the largest sheet and of all."""
    repeats = "table:number-rows-repeated", "table:number-columns-repeated"
    most = letters = row = last_row = column = last_column = times = wide = text = 0
    filled = False

    def begins(tag: str, said: dict[str, str]) -> None:
        nonlocal row, last_row, column, last_column, times, wide, text, filled
        if tag == "table:table":
            row = last_row = last_column = 0
        elif tag == "table:table-row":
            times, column, filled = int(said.get(repeats[0], 1)), 0, False
        elif tag in {"table:table-cell", "table:covered-table-cell"}:
            wide, text = int(said.get(repeats[1], 1)), 0
            column += wide
            if any(name.startswith("office:") for name in said):
                filled, last_column = True, max(last_column, column)

    def ends(tag: str) -> None:
        nonlocal row, last_row, letters, most
        if tag in {"table:table-cell", "table:covered-table-cell"}:
            letters += text * wide * times
        elif tag == "table:table-row":
            row += times
            last_row = row if filled else last_row
        elif tag == "table:table":
            most = max(most, last_row * last_column)

    def says(data: str) -> None:
        nonlocal text, filled, last_column
        text += len(data)
        filled, last_column = True, max(last_column, column)

    parser = expat.ParserCreate()
    parser.StartElementHandler = begins
    parser.EndElementHandler = ends
    parser.CharacterDataHandler = says
    try:
        parser.Parse(raw, True)
    except (expat.ExpatError, ValueError):
        raise DataError("damaged workbook", file=file, hint="save it again") from None
    return most, letters
