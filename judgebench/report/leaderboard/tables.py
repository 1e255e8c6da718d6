"""Leaderboards as tables: grids per task and of judges by tasks, of which every form is made, and a page that sorts."""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, NamedTuple

from judgebench.report.document.as_html import page
from judgebench.report.document.as_tex import latex_name
from judgebench.report.document.blocks import Cell, Column, Field, Grid, grid, when
from judgebench.report.document.text import NONE, clean, figure, interval, percent, share, value_of
from judgebench.report.leaderboard.entries import by_task, usd_per_1000
from judgebench.report.leaderboard.ranks import NOTE
from judgebench.report.leaderboard.standing import standing_page
from judgebench.report.row_table import cell, row_grid
from judgebench.report.words import SAMPLE, gold_words, headline_name, task_name

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from judgebench.domain import Estimate
    from judgebench.report.document.blocks import Fields
    from judgebench.report.leaderboard.entries import Baseline, Entry
    from judgebench.report.leaderboard.standing import Page, TaskBoard

__all__ = [
    "LEAD", "LEAD_WITH_MEAN", "Board", "Link", "board", "boards_page", "marked", "matrix", "sections", "tables_page",
]  # fmt: skip

_ALWAYS = "(always the commonest label)"
_SOURCES = {
    "run": "a run of baseline/majority",
    "gold": "computed from the gold labels",
    "base_rates": "read off the shares of the gold labels",
}
#: From here on a figure says more without decimals.
_WHOLE = 100


class Named(NamedTuple):
    """A grid with what it is of; ``task`` is empty for several.

    ``entries`` are behind its rows, in their order, those of subset ``all`` first. ``foot`` rows are not a judge's but
    the commonest label's; they follow those of subset ``all``.
    """

    title: str
    task: str
    grid: Grid
    entries: tuple[Entry, ...]
    foot: int = 0


def sections(entries: Sequence[Entry]) -> list[Named]:
    """Make a grid per task."""
    return [_section(task, own) for task, own in by_task(entries).items()]


def _section(task: str, entries: Sequence[Entry]) -> Named:
    layout = _grid(entries)
    floor = next((entry for entry in entries if entry.baseline is not None), None)
    foot: list[tuple[Cell, ...]] = []
    if floor is not None and floor.baseline is not None and floor.baseline.source != "run":
        foot.append(_constant(floor.baseline, floor, layout))
    title = f"{marked(task, entries)}: {gold_words(entries[0].row.gold)}, by {entries[0].headline}"
    whole = sum(entry.row.subset == "all" for entry in entries)
    rows = (*layout.rows[:whole], *foot, *layout.rows[whole:])
    return Named(title, task, replace(layout, rows=rows), tuple(entries), len(foot))


def marked(task: str, entries: Iterable[Entry]) -> str:
    """Name a task; SAMPLE where no entry is of the benchmark itself, else rows of samples are marked one by one."""
    return task_name(task, SAMPLE.lower() if all(entry.sample for entry in entries) else "")


def _constant(one: Baseline, beside: Entry, layout: Grid) -> tuple[Cell, ...]:
    """Write the commonest label's figures as a row: where no judge was asked, nothing else is known."""
    headline = f"{headline_name(beside.headline)} [95 % interval]"
    agreed = percent(value_of(one.agreement))
    known = {"judge": _ALWAYS, "subset": "all", "gold": clean(beside.row.gold), headline: _level(one.headline)}
    return tuple(
        Cell(agreed if column.title.startswith("% agreement with ") else known.get(column.title, ""))
        for column in layout.columns
    )


def _grid(entries: Sequence[Entry]) -> Grid:
    """Build the scores' grid with the rank in front, without the task, which the caption names, and what it costs."""
    # The metric that the task is ranked by has a column, also where it is not the scale's own headline.
    layout = row_grid([replace(e.row, headline=e.headline) if e.row.headline else e.row for e in entries])
    ranks: Fields[Entry] = (
        Field("rank", lambda entry: entry.ranks),
        Field("tier", lambda entry: "" if entry.tier is None else str(entry.tier), spare=True),
    )
    # Where no price and no time is known, a column of dashes says nothing.
    extra: Fields[Entry] = (
        *when(
            any(usd_per_1000(entry.row) for entry in entries),
            Field("USD per 1,000 judgments", _usd, ("USD per", "1,000"), spare=True),
        ),
        *when(
            any(entry.pace for entry in entries),
            Field("seconds: median (95 %)", _pace, ("seconds", "(95 %)"), right=False, spare=True),
        ),
    )
    front, back = grid(ranks, entries), grid(extra, entries)
    rows = tuple(
        (*start, *cells[1:], *end) for start, cells, end in zip(front.rows, layout.rows, back.rows, strict=True)
    )
    floors = {_baseline_words(entry.baseline, entry.headline): None for entry in entries if entry.baseline is not None}
    return Grid((*front.columns, *layout.columns[1:], *back.columns), rows, (*layout.remarks, *floors))


def _usd(entry: Entry) -> str:
    return figure(usd_per_1000(entry.row), 2) or NONE


def _pace(entry: Entry) -> str:
    if entry.pace is None:
        return NONE
    median, high = (figure(one, 0 if one >= _WHOLE else 1 if one >= 10 else 2) for one in entry.pace)
    return f"{median} ({high})"


def _baseline_words(one: Baseline, headline: str) -> str:
    """Say in a sentence what always saying the commonest label reaches."""
    what = f"always saying {clean(one.label)!r}, the commonest label" if one.label else "always the commonest label"
    reached: list[str] = []
    if (agreement := one.agreement) is not None and agreement.value is not None:
        name = "agrees on" if one.figure == "percent_agreement" else "is right on"
        reached.append(f"{name} {interval(agreement, percent, unit=' %')}")
    if one.figure != headline:
        reached.append(f"has {headline_name(headline)} {_level(one.headline)}")
    return f"{clean(one.task)}: {what}, {' and '.join(reached)} ({_SOURCES[one.source]})"


def _level(estimate: Estimate | None) -> str:
    return "no figure" if estimate is None or estimate.value is None else share(estimate.value)


def matrix(entries: Sequence[Entry]) -> Named:
    """Put judges by tasks in one grid: each task's headline with its interval, rank, open ranks and tier.

    There is no sum and no mean over tasks. Judges are in the order of their names, since no order holds for all tasks;
    a task's rows that have no rank (other data or policies, subsets) are not in it.
    """
    ranked = [entry for entry in entries if entry.rank is not None]
    tasks = by_task(ranked)
    names = sorted({entry.row.judge for entry in ranked})
    columns = [Column("judge", right=False)]
    rows: list[list[Cell]] = [[Cell(clean(name))] for name in names]
    for task, own in tasks.items():
        columns.append(Column(f"{marked(task, own)}: {headline_name(own[0].headline)}", right=False))
        for row, name in zip(rows, names, strict=True):
            row.append(_placed([entry for entry in own if entry.row.judge == name]))
    floors = {entry.row.task: entry.baseline for entry in ranked if entry.baseline is not None}
    if floors:
        rows.append([Cell(_ALWAYS), *(_floor(floors.get(task)) for task in tasks)])
    remarks = (
        "A cell holds the task's headline with its 95 % interval, then the rank (the ranks left open) and tier.",
    )
    title = "Judges by tasks"
    return Named(title, "", Grid(tuple(columns), tuple(map(tuple, rows)), remarks), (), int(bool(floors)))


def _placed(entries: Sequence[Entry]) -> Cell:
    if not entries:
        return Cell(NONE)
    notes = ("several runs of this name are ranked: the best one is shown",) if len(entries) > 1 else ()
    best = entries[0]
    tier = "" if best.tier is None else f", tier {best.tier}"
    return Cell(f"{cell(best.figure).text} · {best.ranks}{tier}", notes)


def _floor(one: Baseline | None) -> Cell:
    return Cell(share(None if one is None else value_of(one.headline)))


TITLE = "Leaderboard of judges"
LEAD_WITH_MEAN = "The table over all tasks was asked for; in the others no figure is averaged."
LEAD = "No figure is averaged over tasks."
#: What a cell begins with where it holds a figure.
_FIGURE = re.compile(r"-?(?:\d+(?:\.\d*)?|\.\d+)(?![\w:])")


class _Bar(NamedTuple):
    """An interval on a line from 0 to 100; the figure's own zero is drawn."""

    zero: str
    low: str | None
    high: str | None
    value: str


class _Cell(NamedTuple):
    text: str
    right: bool = False
    sort: str | None = None
    bar: _Bar | None = None
    strong: bool = False


class Link(NamedTuple):
    """A file beside the page."""

    text: str
    href: str


@dataclass(frozen=True, slots=True)
class Board:
    """A table of the page.

    ``name`` is unique on the page, of letters, digits and dashes; ``short`` is what the contents call it, empty where
    they leave it out. ``judge`` is the column that names a row, ``parts`` rows of subsets, which stay folded up;
    ``lead`` and ``notes`` stand above and below.
    """

    name: str
    title: str
    short: str
    heads: tuple[Column, ...]
    rows: tuple[tuple[_Cell, ...], ...]
    judge: int
    foot: tuple[tuple[_Cell, ...], ...] = ()
    notes: tuple[str, ...] = ()
    lead: tuple[str, ...] = ()
    parts: Board | None = None


def board(
    layout: Grid,
    *,
    name: str,
    title: str,
    short: str,
    judge: int = 0,
    bars: Sequence[Estimate | None] = (),
    bar_column: int = -1,
    foot: int = 0,
    hidden: Iterable[str] = (),
) -> Board:
    """Turn a grid into a table of the page.

    ``bars`` are drawn in ``bar_column`` of each row; the last ``foot`` rows stay below, however the others are sorted;
    ``hidden`` are titles of columns that are left out. Positions are those of the grid.
    """
    left_out = set(hidden)
    shown = [i for i, column in enumerate(layout.columns) if column.title not in left_out]
    texts, footnotes = layout.resolve(shown)
    known = [one for one in bars if one is not None and one.value is not None]
    edge = min([0.0, *(one.value if one.low is None else one.low for one in known if one.value is not None)])
    rows: list[tuple[_Cell, ...]] = []
    for y, line in enumerate(texts):
        cells: list[_Cell] = []
        for i, text in zip(shown, line, strict=True):
            drawn = _bar(bars[y], edge) if i == bar_column and y < len(bars) else None
            own = layout.rows[y][i]
            cells.append(_Cell(text, layout.columns[i].right, _sort(own.text), drawn, own.strong))
        rows.append(tuple(cells))
    last = len(rows) - foot
    return Board(
        name,
        title,
        short,
        tuple(layout.columns[i] for i in shown),
        tuple(rows[:last]),
        shown.index(judge),
        tuple(rows[last:]),
        (*footnotes, *layout.remarks),
    )


def _sort(text: str) -> str | None:
    """Find the figure by which a cell sorts; empty where it has none, None where it is a text."""
    if text in {"", NONE}:
        return ""
    found = _FIGURE.match(text.replace(",", ""))
    return None if found is None else found[0]


def _bar(estimate: Estimate | None, edge: float) -> _Bar | None:
    """Draw on a line from the lowest bound of the table (at most 0) to 1."""
    if estimate is None or estimate.value is None:
        return None

    def place(value: float) -> str:
        return figure(100 * min(1.0, max(0.0, (value - edge) / (1 - edge))), 1)

    low, high = (None if bound is None else place(bound) for bound in (estimate.low, estimate.high))
    return _Bar(place(0.0), None if high is None else low, high, place(estimate.value))


def _page_board(one: Named, name: str) -> Board:
    whole = [i for i, entry in enumerate(one.entries) if entry.row.subset == "all"]
    parts = [i for i, entry in enumerate(one.entries) if entry.row.subset != "all"]

    def table(chosen: Sequence[int], suffix: str, hidden: Iterable[str]) -> Board:
        start, foot = (len(whole) + one.foot, 0) if suffix else (0, one.foot)
        layout = replace(one.grid, rows=one.grid.rows[start : start + len(chosen) + foot])
        headline = one.entries[0].headline
        column = next(
            (i for i, each in enumerate(layout.columns) if each.title.endswith("[95 % interval]")),
            -1,
        )
        drawn = [one.entries[i].row.metrics.get(headline) for i in chosen]
        return board(
            layout, name=f"{name}{suffix}", title=one.title + (", subsets" if suffix else ""),
            short=clean(one.task), judge=2, bars=drawn, bar_column=column, foot=foot, hidden=hidden,
        )  # fmt: skip

    made = table(whole, "", ("subset", "gold"))
    return made if not parts else replace(made, parts=table(parts, "-parts", ("rank", "tier", "gold")))


def boards_page(
    entries: Sequence[Entry],
    *,
    title: str = TITLE,
    lead: Sequence[str] = (LEAD,),
    links: Sequence[Link] = (),
    more: Sequence[Board] = (),
    after: Sequence[Board] = (),
    notes: Sequence[str] = (),
) -> str:
    """Write a leaderboard as one self-contained page: judges by tasks where there are several, then a part per task.

    ``links`` are files beside it, ``more`` and ``after`` tables before and after its own. All text is escaped, tables
    sort by their headings, and without a script they are plain tables.
    """
    if not entries:
        return tables_page((*more, *after), title=title, lead=lead, links=links, notes=(NOTE, *notes))
    slugs: dict[str, str] = {}
    folded: list[Board] = []
    taken: dict[str, int] = {}
    for one in sections(entries):
        slug = f"task-{latex_name(one.task).lower()}"
        taken[slug] = taken.get(slug, 0) + 1
        slugs[one.task] = slug if taken[slug] == 1 else f"{slug}-{taken[slug]}"
        folded.append(_page_board(one, f"{slugs[one.task]}-all"))
    standing = standing_page(entries, slugs)
    parts = [(slug, part, table) for slug, part, table in zip(slugs.values(), standing.tasks, folded, strict=True)]
    return _page(
        title, (*more, *after), standing=standing, parts=parts, lead=lead, links=links, notes=(NOTE, *notes),
        first=len(more),
    )  # fmt: skip


def tables_page(
    tables: Sequence[Board],
    *,
    title: str,
    lead: Sequence[str] = (),
    links: Sequence[Link] = (),
    notes: Sequence[str] = (),
) -> str:
    """Write a page of tables that sort, with paragraphs and links to files before them, and notes below."""
    return _page(title, tables, lead=lead if tables else ["There are no rows."], links=links, notes=notes)


def _page(
    title: str,
    tables: Sequence[Board],
    *,
    lead: Sequence[str],
    links: Sequence[Link],
    notes: Sequence[str],
    standing: Page | None = None,
    parts: Sequence[tuple[str, TaskBoard, Board]] = (),
    first: int = 0,
) -> str:
    """Write a page; of the tables the ``first`` ones stand before the tasks' parts."""
    return page(
        "board",
        title=title,
        styles=("board.css",),
        scripts=("board.js",),
        lead=list(lead),
        links=list(links),
        standing=standing,
        parts=list(parts),
        before=list(tables[:first] if standing else tables),
        after=list(tables[first:] if standing else ()),
        notes=list(notes),
    )
