"""Published figures beside ours, in words."""

from __future__ import annotations

from dataclasses import dataclass
from operator import attrgetter
from typing import TYPE_CHECKING, Any, NamedTuple

from judgebench.domain.shapes import COUNT, FLAG, NUMBER, TEXT, ListOf, choice, maybe, record
from judgebench.errors import MismatchError
from judgebench.report.document.blocks import Cell as GridCell
from judgebench.report.document.blocks import Field, Table, grid, sheet
from judgebench.report.document.model import Document
from judgebench.report.document.text import clean, figure

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

    from judgebench.errors import JudgebenchError
    from judgebench.report.document.blocks import Block, Fields, Sheet

__all__ = ["Cell", "Reproduction", "Unmatched"]


@dataclass(frozen=True, slots=True)
class Cell:
    """Our figure, a fraction or None, beside a published one as printed, in the printed unit and with its ``decimals``.

    ``match`` says whether they agree at the printed precision; for two annotators ``judge`` names both. ``note`` says
    why there is nothing of ours, or what the figure estimates.
    """

    task: str
    split: str
    judge: str
    subset: str
    metric: str
    ours: float | None
    published: float
    decimals: int
    unit: str
    match: bool
    source: str
    note: str = ""

    @property
    def shown(self) -> float | None:
        """Our figure in the printed unit."""
        return None if self.ours is None else 100 * self.ours if self.unit == "percent" else self.ours


class Unmatched(NamedTuple):
    """A published figure that was not recomputed, and why."""

    task: str
    figure: str
    reason: str


_CELL = record(
    "cell",
    "Our figure, a fraction, beside a published one in the printed unit.",
    task=TEXT,
    split=TEXT,
    judge=TEXT,
    subset=TEXT,
    metric=TEXT,
    ours=maybe(NUMBER),
    published=NUMBER,
    decimals=COUNT,
    unit=choice("percent", "fraction"),
    match=(FLAG, None, "Whether ours is the published figure at the printed precision."),
    source=TEXT,
    note=TEXT,
)
#: Ours in the printed unit, too.
_SHEET: Mapping[str, Callable[[Cell], Any]] = {
    name: attrgetter("shown" if name == "ours" else name) for name in _CELL.keys
}


def _ours(cell: Cell) -> str:
    # Two digits more than were printed show how close a match is.
    return "none" if cell.shown is None else figure(cell.shown, cell.decimals + 2) + _unit(cell)


def _unit(cell: Cell) -> str:
    return " %" if cell.unit == "percent" else ""


def _published(cell: Cell) -> GridCell:
    return GridCell(figure(cell.published, cell.decimals) + _unit(cell), (clean(cell.source),))


def _verdict(cell: Cell) -> GridCell:
    return GridCell("match" if cell.match else "DIFFERS", (clean(cell.note),) if cell.note else ())


_FIELDS: Fields[Cell] = (
    Field("task", attrgetter("task"), right=False),
    Field("judge", attrgetter("judge"), right=False),
    Field("subset", attrgetter("subset"), right=False),
    Field("metric", attrgetter("metric"), right=False),
    Field("ours", _ours),
    Field("published", _published, right=False),
    Field("verdict", _verdict, right=False),
)


@dataclass(frozen=True, slots=True, repr=False)
class Reproduction(Document):
    """All figures that were recomputed, and those that can't be."""

    cells: tuple[Cell, ...]
    unmatched: tuple[Unmatched, ...] = ()

    SCHEMA = "judgebench.reproduction/1"
    SHAPE = record(
        "",
        "Published figures beside ours.",
        ok=(FLAG, None, "Whether there are figures, and every one matches."),
        cells=ListOf(_CELL),
        unmatched=ListOf(record(task=TEXT, figure=TEXT, reason=TEXT)),
    )

    @property
    def ok(self) -> bool:
        """Whether there are figures, and every one is the published one at the printed precision."""
        return bool(self.cells) and not self.mismatches

    @property
    def mismatches(self) -> int:
        """How many of our figures differ."""
        return sum(not cell.match for cell in self.cells)

    @property
    def summary(self) -> str:
        """What was found, in one line."""
        same = len(self.cells) - self.mismatches
        text = f"{same} of {len(self.cells)} figures match at the printed precision"
        return f"{text}; {len(self.unmatched)} can't be recomputed, for the reasons given" if self.unmatched else text

    @property
    def failure(self) -> JudgebenchError | None:
        if self.ok:
            return None
        return MismatchError(f"{self.mismatches} of {len(self.cells)} figures differ from the published ones")

    def sentences(self) -> list[str]:
        return [self.summary]

    def sheet(self) -> Sheet:
        return sheet(_SHEET, self.cells)

    def blocks(self) -> Iterator[Block]:
        remarks = [f"{one.task}, not recomputed: {one.figure}: {one.reason}" for one in self.unmatched]
        yield Table(grid(_FIELDS, self.cells, map(clean, (*remarks, self.summary))), names=(0, 1, 2, 3))
