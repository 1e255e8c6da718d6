"""Where the header of a grid of cells is, and what has to be said of it: titles above it, none at all, three rows."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, NamedTuple

from judgebench.errors import FormError, argument
from judgebench.files.records import cut

if TYPE_CHECKING:
    from collections.abc import Sequence

    from judgebench.files.table import Table

_MOST_TITLES = 10
_FEW_ROWS = 2
#: Names of columns are told from labels by so many rows.
HEAD_ROWS = 50
_NUMBER = re.compile(r"[+-]?(?:\d+(?:\.\d*)?|\.\d+)(?:[eE][+-]?\d+)?%?")
#: The third row of what Qualtrics exports.
_IMPORT_ID = re.compile(r'\s*\{"ImportId"')


class Head(NamedTuple):
    """The first rows of a grid, without blank ones, and the lines on which they begin."""

    lines: Sequence[int]
    rows: Sequence[Sequence[str]]


def header_rows(table: Table, head: Head) -> int:
    """Count the rows of column names, where nobody said; FormError where they may be data, or lie below titles."""
    rows = head.rows
    if len(rows) > _FEW_ROWS and _has_import_ids(rows[2]):
        return 3
    refuse_titles(table, head)
    if looks_like_data(rows[0], rows[1:]):
        shown = cut(", ".join(cell.strip() for cell in rows[0][:8]))
        raise FormError(
            f"the first row looks like data ({shown}), not like column names",
            file=table.name,
            line=head.lines[0],
            hint=f"give {argument('header')} 0 if the file has no header (the columns are then 1, 2, 3, …), "
            f"{argument('header')} 1 if these are their names",
            readings=({"header": 0}, {"header": 1}),
        )
    return 1


def _has_import_ids(row: Sequence[str]) -> bool:
    filled = [cell for cell in row if cell.strip()]
    return bool(filled) and all(map(_IMPORT_ID.match, filled))


def refuse_titles(table: Table, head: Head) -> None:
    """Refuse lines above the header, which are narrower than all that follow, or filled in one cell."""
    for above in range(1, min(_MOST_TITLES, len(head.rows) - 1) + 1):
        below = head.rows[above:]
        width = len(below[0])
        if width < 2 or len(below) < _FEW_ROWS or any(len(row) != width for row in below):
            continue
        titles = head.rows[:above]
        # A header that lacks a name is narrower, too; what is below it has numbers.
        plain = all(map(_is_title, titles)) or not any(_NUMBER.fullmatch(cell.strip()) for cell in below[0])
        narrow = all(_is_title(row) or len(row) < width for row in titles)
        if plain and narrow and all(map(str.strip, below[0])):
            skip = head.lines[above] - 1
            raise FormError(
                f"{cut(head.rows[0][0].strip())!r} looks like a title above the header, which begins on "
                f"{table.unit} {skip + 1}",
                file=table.name,
                line=head.lines[0],
                hint=f"give {argument('skip')} {skip}, or {argument('header')} 1 if it is a column's name",
                readings=({"skip": skip}, {"header": 1}),
            )


def _is_title(row: Sequence[str]) -> bool:
    """Whether nothing is in a row but one text."""
    return [place for place, cell in enumerate(row) if cell.strip()] in ([0], [])


def looks_like_data(header: Sequence[str], rows: Sequence[Sequence[str]]) -> bool:
    """Whether the first row is one like the others: each cell is like its column, most of them plainly so.

    >>> looks_like_data(["yes", "1"], [["no", "0"], ["yes", "0"]]), looks_like_data(["id", "1"], [["q1", "0"]] * 2)
    (True, False)
    """
    # Files that were put together repeat their header.
    rows = [row for row in rows if list(row) != list(header)]
    if len(rows) < _FEW_ROWS:
        return False
    names = [name.strip() for name in header]
    if not all(names) or len(set(names)) < len(names) == 1 or _counts_up(names):
        return False
    said = [
        _like(name, [cell for row in rows if j < len(row) and (cell := row[j].strip())]) for j, name in enumerate(names)
    ]
    return None not in said and 2 * said.count(True) > len(names)


def _counts_up(names: Sequence[str]) -> bool:
    """Whether the names are categories that count up, such as 1, 2, 3, 4, 5."""
    numbers = [int(name) for name in names if name.isdecimal()]
    return len(numbers) > 2 and numbers == list(range(numbers[0], numbers[0] + len(numbers)))


def _like(name: str, cells: Sequence[str]) -> bool | None:
    """Whether a name is one of a column's cells: plainly (True), maybe (False), or not at all (None)."""
    number, numbers = bool(_NUMBER.fullmatch(name)), all(map(_NUMBER.fullmatch, cells))
    if number or numbers:
        return True if number and numbers else None
    if name in cells:
        return True
    words = set(cells)
    if len(words) <= max(_FEW_ROWS, len(cells) // 3):
        return None
    shapes = {_shape(cell) for cell in words}
    if len(shapes) == 1 and "0" in next(iter(shapes)):
        # Ids: q1, q2, q3.
        return True if _shape(name) in shapes else None
    return False


def _shape(cell: str) -> str:
    """Write runs of letters as a, runs of digits as 0."""
    return re.sub(r"\d+", "0", re.sub(r"[^\W\d_]+", "a", cell))
