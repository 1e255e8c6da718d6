"""Tables before they are written: headings, cells with footnotes, and remarks below."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Generic, NamedTuple, TypeAlias, TypeVar

from judgebench.report.document.text import NONE, clean, interval, spread, words_of

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping, Sequence

    from judgebench.domain import Estimate

__all__ = ["Cell", "Column", "Field", "Fields", "Grid", "explained", "grid"]

R = TypeVar("R")


@dataclass(frozen=True, slots=True)
class Column:
    """A heading, in one line and in ``lines`` as a terminal breaks it; ``spare`` columns go where room is short."""

    title: str
    lines: tuple[str, ...] = ()
    right: bool = True
    spare: bool = False

    @property
    def heading(self) -> tuple[str, ...]:
        """The heading in lines."""
        return self.lines or (self.title,)


class Cell(NamedTuple):
    """Text of a cell and the footnotes that it points to."""

    text: str
    notes: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Field(Generic[R]):
    """A column and the value that it shows of a row.

    ``get`` returns a `Cell` or a value: names are made safe, fractions and estimates written as `text` does.
    """

    title: str
    get: Callable[[R], Cell | Estimate | str | float | bool | None]
    lines: tuple[str, ...] = ()
    right: bool = True
    spare: bool = False

    def cell(self, row: R) -> Cell:
        """Write the cell of a row."""
        value: Any = self.get(row)
        if isinstance(value, Cell):
            return value
        if isinstance(value, str):
            return Cell(clean(value))
        if value is None:
            return Cell(NONE)
        if isinstance(value, bool):
            return Cell("yes" if value else "no")
        if isinstance(value, (int, float)):
            return Cell(spread(value) if isinstance(value, float) else str(value))
        return Cell(interval(value))


Fields: TypeAlias = tuple[Field[R], ...]


def explained(one: Estimate, reasons: Mapping[str, str], write: Callable[[Estimate], str] = interval) -> Cell:
    """Write an estimate, or a dash that points to the reason why there is none, in these words where they know it."""
    if one.undefined is None:
        return Cell(write(one))
    return Cell(NONE, (words_of(one.undefined, reasons),))


@dataclass(frozen=True, slots=True)
class Grid:
    """A table: columns, rows of cells, remarks."""

    columns: tuple[Column, ...]
    rows: tuple[tuple[Cell, ...], ...]
    remarks: tuple[str, ...] = ()

    @property
    def right(self) -> list[int]:
        """Positions of the columns that are aligned right."""
        return [i for i, column in enumerate(self.columns) if column.right]

    def only(self, positions: Iterable[int]) -> Grid:
        """Keep some of the columns."""
        kept = list(positions)
        rows = tuple(tuple(row[i] for i in kept) for row in self.rows)
        return Grid(tuple(self.columns[i] for i in kept), rows, self.remarks)

    def without(self, *titles: str) -> Grid:
        """Leave columns out."""
        return self.only(i for i, column in enumerate(self.columns) if column.title not in titles)

    def resolve(self, shown: Sequence[int]) -> tuple[list[list[str]], list[str]]:
        """Give the footnotes of these columns their numbers: cells with marks, and the notes; like words share one."""
        marks: dict[str, str] = {}
        cells: list[list[str]] = []
        for row in self.rows:
            line: list[str] = []
            for i in shown:
                own = [marks.setdefault(note, _superscript(len(marks) + 1)) for note in row[i].notes]
                text = row[i].text
                # A mark right behind a digit would read as an exponent.
                gap = " " if own and text[-1:].isdigit() else ""
                line.append(text + gap + " ".join(own))
            cells.append(line)
        return cells, [f"{mark} {words}" for words, mark in marks.items()]


def _superscript(number: int) -> str:
    return "".join("⁰¹²³⁴⁵⁶⁷⁸⁹"[int(digit)] for digit in str(number))


def grid(fields: Sequence[Field[R]], rows: Iterable[R], remarks: Iterable[str] = ()) -> Grid:
    """Make the table of some rows."""
    columns = tuple(Column(one.title, one.lines, one.right, one.spare) for one in fields)
    return Grid(columns, tuple(tuple(one.cell(row) for one in fields) for row in rows), tuple(remarks))
