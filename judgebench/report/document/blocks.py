"""What documents are made of: texts, tables with headings, cells and footnotes, flat tables; all in `Content`."""

from __future__ import annotations

import itertools
from abc import ABC, abstractmethod
from dataclasses import dataclass
from functools import partial
from operator import attrgetter
from typing import TYPE_CHECKING, Any, ClassVar, Generic, Literal, NamedTuple, TypeAlias, TypeVar

from judgebench.domain import bare, conditions_of
from judgebench.report.document.text import NONE, clean, decimal, interval, words_of

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence

    from judgebench.domain import Estimate
    from judgebench.domain.shapes import Record

__all__ = [
    "Block", "Cell", "Column", "Content", "Field", "Fields", "Grid", "Notes", "Sentences", "Sheet", "Table",
    "Tone", "columns_of", "explained", "grid", "judge_columns", "sheet", "texts_of", "when",
]  # fmt: skip

R = TypeVar("R")
Value: TypeAlias = "str | float | None"
#: Yes, not sure, no.
Tone: TypeAlias = Literal["", "good", "doubt", "bad"]


@dataclass(frozen=True, slots=True)
class Column:
    """A heading, in one line and in ``lines`` as a terminal breaks it.

    Where room is short, ``spare`` columns go, and the texts of ``whole`` ones are not cut.
    """

    title: str
    lines: tuple[str, ...] = ()
    right: bool = True
    spare: bool = False
    whole: bool = False

    def __post_init__(self) -> None:
        # A task's or a judge's name may be in it.
        object.__setattr__(self, "title", clean(self.title))
        object.__setattr__(self, "lines", tuple(map(clean, self.lines)))

    @property
    def heading(self) -> tuple[str, ...]:
        """The heading in lines."""
        return self.lines or (self.title,)


class Cell(NamedTuple):
    """Text of a cell and the footnotes that it points to; ``strong``, the best of its column, is bold.

    ``tone`` is the colour that repeats what the text says, where there are colours.
    """

    text: str
    notes: tuple[str, ...] = ()
    strong: bool = False
    tone: Tone = ""


@dataclass(frozen=True, slots=True)
class Field(Generic[R]):
    """A column and the value that it shows of a row.

    ``title`` is in pieces where a terminal breaks it; ``lines`` are shorter ones that a terminal has in its place.
    ``get`` returns a `Cell` or a value: names are made safe, fractions and estimates written as `text` does.
    """

    title: str | tuple[str, ...]
    get: Callable[[R], Cell | Estimate | str | float | bool | None]
    lines: tuple[str, ...] = ()
    right: bool = True
    spare: bool = False
    whole: bool = False

    @property
    def column(self) -> Column:
        """Its heading."""
        title, lines = (self.title, self.lines) if isinstance(self.title, str) else (" ".join(self.title), self.title)
        return Column(title, lines, self.right, self.spare, self.whole)

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
            return Cell(decimal(value) if isinstance(value, float) else str(value))
        return Cell(interval(value))


Fields: TypeAlias = tuple[Field[R], ...]


def when(there: object, *fields: Field[R]) -> Fields[R]:
    """Give columns that a table has only where there is something for them."""
    return fields if there else ()


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
    #: Positions of rows above which a terminal and LaTeX draw a line.
    breaks: tuple[int, ...] = ()

    @property
    def right(self) -> list[int]:
        """Positions of the columns that are aligned right."""
        return [i for i, column in enumerate(self.columns) if column.right]

    def only(self, positions: Iterable[int]) -> Grid:
        """Keep some of the columns."""
        kept = list(positions)
        rows = tuple(tuple(row[i] for i in kept) for row in self.rows)
        return Grid(tuple(self.columns[i] for i in kept), rows, self.remarks, self.breaks)

    def without(self, *titles: str) -> Grid:
        """Leave columns out."""
        return self.only(i for i, column in enumerate(self.columns) if column.title not in titles)

    def bold(self, write: Callable[[str], str], cells: Sequence[Sequence[str]]) -> list[list[str]]:
        """Write the strong cells of all columns, as `resolve` gives them, in a form's own way."""
        return [
            [write(text) if cell.strong and text else text for cell, text in zip(row, texts, strict=True)]
            for row, texts in zip(self.rows, cells, strict=True)
        ]

    def resolve(self, shown: Sequence[int]) -> tuple[list[list[str]], list[str]]:
        """Give the footnotes of these columns their numbers: cells with marks, and the notes; like words share one."""
        marks: dict[str, str] = {}
        cells: list[list[str]] = []
        for row in self.rows:
            line: list[str] = []
            for i in shown:
                own = [marks.setdefault(clean(note), _superscript(len(marks) + 1)) for note in row[i].notes]
                text = clean(row[i].text)
                # A mark right behind a digit would read as an exponent.
                gap = " " if own and text[-1:].isdigit() else ""
                line.append(text + gap + " ".join(own))
            cells.append(line)
        return cells, [f"{mark} {words}" for words, mark in marks.items()]


def _superscript(number: int) -> str:
    return "".join("⁰¹²³⁴⁵⁶⁷⁸⁹"[int(digit)] for digit in str(number))


def grid(
    fields: Sequence[Field[R]],
    rows: Iterable[R],
    remarks: Iterable[str] = (),
    apart: Callable[[R], object] | None = None,
) -> Grid:
    """Make the table of some rows, with a line between those of which ``apart`` gives different things."""
    rows = list(rows)
    groups = list(map(apart, rows)) if apart is not None else []
    breaks = tuple(i for i, (one, next_) in enumerate(itertools.pairwise(groups), 1) if one != next_)
    cells = tuple(tuple(one.cell(row) for one in fields) for row in rows)
    return Grid(tuple(one.column for one in fields), cells, tuple(remarks), breaks)


@dataclass(frozen=True, slots=True)
class Sentences:
    """Sentences that belong together: a line each on a terminal."""

    texts: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Notes:
    """What has to be said below: a list, unless it isn't ``listed``."""

    texts: tuple[str, ...]
    listed: bool = True


@dataclass(frozen=True, slots=True)
class Table:
    """A grid, and how it gives way on a narrow terminal.

    ``names`` are the columns whose text may wrap; each step of ``plan`` wraps them down to a width, then leaves out
    columns. A table with a ``caption`` has a heading, with ``lead`` below; ``label`` is LaTeX's.
    """

    grid: Grid
    names: Sequence[int] = (0, 1)
    plan: Sequence[tuple[int, Sequence[int]]] = ((8, ()),)
    caption: str = ""
    label: str = ""
    lead: str = ""

    @property
    def title(self) -> str:
        """Caption and lead in one text."""
        return f"{self.caption}. {self.lead}" if self.lead else self.caption


#: A plain text is a paragraph.
Block: TypeAlias = str | Sentences | Notes | Table


def texts_of(block: str | Sentences | Notes) -> tuple[str, ...]:
    """Give what a block says."""
    return (block,) if isinstance(block, str) else block.texts


@dataclass(frozen=True, slots=True)
class Sheet:
    """A flat table, as CSV has it: figures as they are."""

    header: Sequence[str]
    rows: Iterable[Sequence[Value]]


def sheet(columns: Mapping[str, Callable[[R], Any]], rows: Iterable[R]) -> Sheet:
    """Make a flat table of rows: a column a name.

    ``name*`` holds an estimate in three columns: ``name``, ``name_low``, ``name_high``; ``name?`` is left out where
    every row's is empty. Truth is written yes or no, a sequence with blanks.
    """
    rows = list(rows)
    columns = {
        name.removesuffix("?"): get for name, get in columns.items() if not name.endswith("?") or any(map(get, rows))
    }
    header: list[str] = []
    for name in columns:
        base = name.removesuffix("*")
        header += [base, f"{base}_low", f"{base}_high"] if name.endswith("*") else [base]
    return Sheet(header, [[cell for name, get in columns.items() for cell in _cells(name, get(row))] for row in rows])


def columns_of(shape: Record, names: str, of: Callable[[Any], Any] | None = None) -> dict[str, Callable[[Any], Any]]:
    """Make columns of a flat table of what JSON has under the same names, with blanks between (``name*``: see `sheet`).

    ``of`` takes out of a row what the JSON is made of; ``judge`` brings the conditions that tell its runs apart.
    """
    keys = shape.keys if of is None else shape.within(of)
    found: dict[str, Callable[[Any], Any]] = {}
    for name in names.split():
        plain = name.removesuffix("*")
        found[name] = partial(keys[plain].of, plain)
        if name == "judge":
            found["conditions?"] = lambda row: _told(keys["conditions"].of("conditions", row))
    return found


def judge_columns(
    get: Callable[[Any], str] = attrgetter("judge"), title: str = "judge", told: str = "conditions"
) -> dict[str, Callable[[Any], str]]:
    """Make the columns of a flat table about judges: the name, and the conditions that tell a judge's runs apart."""
    return {
        title: lambda row: bare(get(row)),
        f"{told}?": lambda row: _told(conditions_of(get(row))),
    }


def _told(conditions: Mapping[str, str]) -> str:
    return "; ".join(f"{name}={text}" for name, text in conditions.items())


def _cells(name: str, value: Any) -> list[Value]:
    if name.endswith("*"):
        return [None] * 3 if value is None else [value.value, value.low, value.high]
    if isinstance(value, bool):
        return ["yes" if value else "no"]
    return [" ".join(value)] if isinstance(value, (tuple, list)) else [value]


class Content(ABC):
    """What a document says, for the writers: its blocks (the answer first), its flat table, and its JSON."""

    __slots__ = ()
    #: Name and version of the JSON: ``judgebench.KIND/N``.
    SCHEMA: ClassVar[str]
    #: The JSON below ``schema``; its keys get their values from what `data` returns.
    SHAPE: ClassVar[Record]

    @abstractmethod
    def blocks(self) -> Iterator[Block]:
        """Say it: sentences first."""

    def parts(self, form: str) -> Iterator[Block]:  # noqa: ARG002 - for kinds that say it in another way there
        """Say it in a form."""
        return self.blocks()

    @abstractmethod
    def sheet(self) -> Sheet:
        """Give the flat table."""

    def data(self) -> Any:
        """Give what ``SHAPE`` reads."""
        return self

    def page(self) -> str | None:
        """Give an HTML page of its own, where the usual one doesn't do."""
        return None

    def to_json(self) -> dict[str, Any]:
        """Give it as plain JSON."""
        return {"schema": self.SCHEMA, **self.SHAPE.plain(self.data())}

    @classmethod
    def kind(cls) -> str:
        """Name the kind of document: what a page, and a table without a caption, are called.

        >>> from judgebench.report.scores import Scores
        >>> Scores.kind()
        'judgebench scores'
        """
        return cls.SCHEMA.partition("/")[0].replace(".", " ")
