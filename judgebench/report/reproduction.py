"""Published figures beside ours, in words."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from operator import attrgetter
from types import MappingProxyType
from typing import TYPE_CHECKING, Any, Literal, NamedTuple, TypeAlias

from judgebench.domain.shapes import COUNT, FLAG, NUMBER, TEXT, ListOf, choice, judge_keys, maybe, record
from judgebench.errors import MismatchError, argument
from judgebench.report.document.blocks import Cell as GridCell
from judgebench.report.document.blocks import Field, Table, columns_of, grid, sheet
from judgebench.report.document.brief import MOST_NOTES, Brief, again
from judgebench.report.document.model import Document
from judgebench.report.document.text import NONE, clean, figure, many

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Sequence

    from judgebench.errors import JudgebenchError
    from judgebench.report.document.blocks import Block, Fields, Grid, Sheet

__all__ = ["ABSENT", "Cell", "Reproduction", "Unmatched"]

#: What a figure is, and what is said of it.
Kind: TypeAlias = Literal["equal", "explained", "parts", "differs", "own"]
KINDS: Mapping[Kind, str] = MappingProxyType(
    {
        "equal": "match",
        "explained": "different, explained",
        "parts": "means of published parts",
        "differs": "DIFFERS",
        "own": "our own",
    }
)
#: The same in a first table.
_SHORT_KINDS: Mapping[Kind, str] = {
    "equal": "match", "explained": "explained", "parts": "means of parts", "differs": "differ", "own": "our own",
}  # fmt: skip
#: More figures than this are counted by task; ``--explain`` lists them.
_LISTED = 60
#: What is said of a figure whose judge or file the data lack.
ABSENT = "not in this data"


@dataclass(frozen=True, slots=True)
class Cell:
    """Our figure, a fraction or None, beside a published one as printed, in the printed unit and with its ``decimals``.

    ``match`` says whether they agree at the printed precision; for two annotators ``judge`` names both. ``known`` is
    what is said of a figure before: that ours is another one, and why (it is as ``expected``); that it is the mean of
    published parts; that nobody published it, and ``published`` is what we once found. ``note`` says why there is
    nothing of ours, why it is different, or what the figure estimates. ``published`` and ``match`` are None for a judge
    of whom nothing is published; ``source`` is then the file of its verdicts. ``published_in`` is ``card``, or the file
    beside the data.
    """

    task: str
    split: str
    judge: str
    subset: str
    metric: str
    ours: float | None
    published: float | None
    decimals: int
    unit: str
    match: bool | None
    source: str
    note: str = ""
    published_in: str = "card"
    known: Literal["", "explained", "parts", "own"] = ""
    expected: float | None = None

    @property
    def kind(self) -> Kind:
        """What the figure is, for the count."""
        if self.match is None:
            return "own"
        return self.known or ("equal" if self.match else "differs")

    @property
    def shown(self) -> float | None:
        """Our figure in the printed unit."""
        return None if self.ours is None else 100 * self.ours if self.unit == "percent" else self.ours


class Unmatched(NamedTuple):
    """A published figure that was not recomputed, and why; ``state`` says whether other data could help."""

    task: str
    figure: str
    reason: str
    state: str = "not recomputed"


_CELL = record(
    "cell",
    "Our figure, a fraction, beside a published one in the printed unit.",
    task=TEXT,
    split=TEXT,
    **judge_keys(),
    subset=TEXT,
    metric=TEXT,
    ours=maybe(NUMBER),
    published=NUMBER,
    decimals=COUNT,
    unit=choice("percent", "fraction", "number", "count"),
    match=(FLAG, None, "Whether ours is the published figure at the printed precision."),
    kind=(
        choice(*KINDS),
        None,
        "own: nobody published it, and published is what we once found; explained: different, and as expected.",
    ),
    expected=maybe(NUMBER),
    source=TEXT,
    note=TEXT,
    published_in=(TEXT, None, "Where judgebench has the published figure from: card, or a file beside the data."),
)
_MEASURED = record(
    "measured",
    "Our figure of a recorded judge of whom nothing is published.",
    task=TEXT,
    split=TEXT,
    **judge_keys(),
    subset=TEXT,
    metric=TEXT,
    ours=maybe(NUMBER),
    source=(TEXT, None, "The file of its verdicts."),
    note=TEXT,
)
#: Ours in the printed unit, too.
_SHEET: Mapping[str, Callable[[Cell], Any]] = {
    **columns_of(_CELL, "task split judge subset metric"),
    "ours": attrgetter("shown"),
    **columns_of(_CELL, "published decimals unit match kind expected source note"),
}


def _ours(cell: Cell) -> str:
    # Two digits more than were printed show how close a match is.
    return "none" if cell.shown is None else figure(cell.shown, cell.decimals + 2) + _unit(cell)


def _unit(cell: Cell) -> str:
    return " %" if cell.unit == "percent" else ""


def _published(cell: Cell) -> GridCell:
    text = NONE if cell.published is None else figure(cell.published, cell.decimals) + _unit(cell)
    return GridCell(text, (clean(cell.source),))


def _verdict(cell: Cell) -> GridCell:
    text = "measured" if cell.match is None else KINDS[cell.kind]
    return GridCell(text, (clean(cell.note),) if cell.note else ())


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
    """All figures that were recomputed, those that can't be, and judges of whom nothing is published."""

    cells: tuple[Cell, ...]
    unmatched: tuple[Unmatched, ...] = ()
    measured: tuple[Cell, ...] = ()

    SCHEMA = "judgebench.reproduction/1"
    SHAPE = record(
        "",
        "Published figures beside ours.",
        ok=(FLAG, None, "Whether there are figures, and every one matches."),
        cells=ListOf(_CELL),
        unmatched=ListOf(
            record(task=TEXT, figure=TEXT, reason=TEXT, state=choice("not recomputed", ABSENT)),
        ),
        measured=ListOf(_MEASURED),
    )

    @property
    def ok(self) -> bool:
        """Whether there are figures, and every one is the published one, or the other one that is known.

        Judges of whom nothing is published will do, unless what is published is of others.
        """
        absent = any(one.state == ABSENT for one in self.unmatched)
        return not self.mismatches and bool(self.cells or (self.measured and not absent))

    @property
    def mismatches(self) -> int:
        """How many of our figures differ, and nobody knows why."""
        return sum(cell.kind == "differs" for cell in self.cells)

    @property
    def summary(self) -> str:
        """What was found, in one line."""
        counts = Counter(cell.kind for cell in self.cells)
        published = len(self.cells) - counts["own"]
        parts = [f"{counts['equal']:,} of {published:,} published figures match at the printed precision"]
        said: Mapping[Kind, str] = {
            "explained": "differ as explained",
            "parts": "are means of published parts",
            "differs": "differ",
        }
        parts += [f"{counts[kind]:,} {what}" for kind, what in said.items() if counts[kind]]
        if counts["own"]:
            parts.append(f"{counts['own']} more are our own, as before")
        if self.unmatched:
            parts.append(f"{len(self.unmatched):,} can't be recomputed, for the reasons given")
        if judges := len({(one.task, one.judge) for one in self.measured}):
            who = "judge is" if judges == 1 else "judges are"
            parts.append(f"{judges} more {who} measured, of whom nothing is published")
        return "; ".join(parts)

    @property
    def failure(self) -> JudgebenchError | None:
        if self.ok:
            return None
        if self.measured and not self.cells:
            return MismatchError("none of the published figures is of a judge in this data")
        return MismatchError(f"{self.mismatches} of {len(self.cells)} figures differ from the published ones")

    def sentences(self) -> list[str]:
        return [self.summary]

    def sheet(self) -> Sheet:
        return sheet(_SHEET, self._rows())

    def _rows(self) -> list[Cell]:
        """Both kinds, task by task."""
        rows = [*self.cells, *self.measured]
        tasks = list(dict.fromkeys(_task(cell) for cell in rows))
        return sorted(rows, key=lambda cell: tasks.index(_task(cell)))

    def counted(self) -> Grid:
        """Count the figures of each task by kind."""
        return grid(_COUNTED, _counted(self.cells, self.unmatched))

    def brief(self) -> Brief:
        counts = Counter(cell.kind for cell in self.cells)
        published = len(self.cells) - counts["own"]
        exact = counts["equal"] + counts["parts"]
        parts = [f"{exact:,} of {many(published, 'published figure')} come{'s' * (published == 1)} out as printed"]
        if known := counts["explained"]:
            parts.append(f"{known:,} {'is' if known == 1 else 'are'} different, and it is known why")
        differs = counts["differs"]
        differ = f"{differs:,} differ{'s' * (differs == 1)}, and nobody knows why" if differs else ""
        parts.append(differ or "none differs without a reason")
        answer = f"{'; '.join(parts)}." if published else "No published figure was recomputed."
        notes = [
            f"{clean(cell.judge)} on {clean(cell.task)}, {clean(cell.metric).replace('_', ' ')}: {_ours(cell)}, and "
            f"{_published(cell).text} is printed."
            for cell in self.cells
            if cell.kind == "differs"
        ][: MOST_NOTES - 1]
        if judges := len({(one.task, one.judge) for one in self.measured}):
            notes.append(f"{many(judges, 'more judge')}, of whom nothing is published: --format csv.")
        shown: list[Kind] = [kind for kind in _SHORT_KINDS if counts[kind]]
        fields: Fields[_Counted] = (
            Field("task", attrgetter("task"), right=False),
            *(Field(_SHORT_KINDS[kind], _number_of(kind)) for kind in shown),
            Field("can't be recomputed", lambda row: f"{row.lost:,}" if row.lost else NONE),
        )
        table = grid(fields, _counted(self.cells, self.unmatched))
        following = again("reproduce", f"every figure{self._why()}", "--explain")
        return Brief((answer,), table, tuple(notes), following)

    def _why(self) -> str:
        if any(cell.kind in {"explained", "differs"} for cell in self.cells):
            return ", and why it differs"
        return ", and why the rest can't be recomputed" if self.unmatched else ""

    def parts(self, form: str) -> Iterator[Block]:
        """List every figure on a terminal, elsewhere those of many that differ."""
        rows, names = self._rows(), (0, 1, 2, 3)
        remarks = [f"{one.task}, {one.state}: {one.figure}: {one.reason}" for one in self.unmatched]
        if len(rows) <= _LISTED:
            yield Table(grid(_FIELDS, rows, map(clean, (*remarks, self.summary))), names)
            return
        yield self.summary
        yield Table(self.counted(), names=(0,))
        if form == "table":
            yield Table(grid(_FIELDS, rows, map(clean, remarks)), names)
            return
        if differing := [cell for cell in rows if cell.kind == "differs"]:
            yield Table(grid(_FIELDS, differing[:_LISTED]), names)
        yield f"{argument('form')} csv lists every figure, json also those that can't be recomputed, with the reason"

    def blocks(self) -> Iterator[Block]:
        return self.parts("")


class _Counted(NamedTuple):
    """How many figures of a task there are of each kind."""

    task: str
    kinds: Mapping[str, int]
    lost: int


def _task(cell: Cell | Unmatched) -> str:
    return cell.task.partition(":")[0]


def _counted(cells: Sequence[Cell], unmatched: Sequence[Unmatched]) -> list[_Counted]:
    tasks = dict.fromkeys((*map(_task, cells), *map(_task, unmatched)))
    return [
        _Counted(
            task,
            Counter(cell.kind for cell in cells if _task(cell) == task),
            sum(_task(one) == task for one in unmatched),
        )
        for task in tasks
    ]


def _number_of(kind: Kind) -> Callable[[_Counted], str]:
    return lambda row: f"{row.kinds[kind]:,}" if row.kinds[kind] else NONE


_COUNTED: Fields[_Counted] = (
    Field("task", attrgetter("task"), right=False),
    *(Field(title, _number_of(kind)) for kind, title in KINDS.items()),
    Field("can't be recomputed", lambda row: f"{row.lost:,}" if row.lost else NONE),
)
