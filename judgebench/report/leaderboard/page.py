"""Leaderboards as a page: one file, tables that sort, and nothing is fetched."""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, NamedTuple

from judgebench.report.document.as_html import page
from judgebench.report.document.as_tex import latex_name
from judgebench.report.document.text import NONE, clean, figure
from judgebench.report.leaderboard.grids import matrix, sections
from judgebench.report.leaderboard.ranks import NOTE

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from judgebench.domain import Estimate
    from judgebench.report.document.grid import Grid
    from judgebench.report.leaderboard.aggregate import Aggregate
    from judgebench.report.leaderboard.grids import Named
    from judgebench.report.leaderboard.ranks import Entry

__all__ = ["Board", "Link", "board", "boards_page", "tables_page", "to_html"]

TITLE = "Leaderboard of judges"
LEAD_WITH_MEAN = (
    "How far judges agree with gold labels, task by task, with 95 % intervals and the ranks that the data leave open."
)
LEAD = f"{LEAD_WITH_MEAN} No figure is averaged over tasks."
#: What a cell begins with where it holds a figure.
_FIGURE = re.compile(r"-?(?:\d+\.?\d*|\.\d+)(?![\w:])")


class _Head(NamedTuple):
    title: str
    right: bool


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
    heads: tuple[_Head, ...]
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
            cells.append(_Cell(text, layout.columns[i].right, _sort(layout.rows[y][i].text), drawn))
        rows.append(tuple(cells))
    last = len(rows) - foot
    return Board(
        name,
        title,
        short,
        tuple(_Head(layout.columns[i].title, layout.columns[i].right) for i in shown),
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


def _section(one: Named, name: str) -> Board:
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


def to_html(entries: Sequence[Entry], overall: Aggregate | None = None) -> str:
    """Write a leaderboard as one self-contained page.

    Judges by tasks first, where there are several tasks; then a table per task. All text is escaped, tables sort by
    their headings, and without a script they are plain tables.
    """
    if overall is None:
        return boards_page(entries)
    first = board(overall.grid(), name="overall", title=overall.title, short="Over all tasks")
    return boards_page(entries, lead=(LEAD_WITH_MEAN,), more=(first,))


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
    """Write the page with what else belongs on it: files beside it, tables before and ``after``, notes at its end."""
    named = sections(entries)
    tables = list(more)
    if len(named) > 1:
        whole = matrix(entries)
        tables.append(board(whole.grid, name="matrix", title=whole.title, short=whole.title, foot=whole.foot))
    names: dict[str, int] = {}
    for one in named:
        slug = f"task-{latex_name(one.task).lower()}"
        names[slug] = names.get(slug, 0) + 1
        tables.append(_section(one, slug if names[slug] == 1 else f"{slug}-{names[slug]}"))
    return tables_page((*tables, *after), title=title, lead=lead, links=links, notes=(NOTE, *notes))


def tables_page(
    tables: Sequence[Board],
    *,
    title: str,
    lead: Sequence[str] = (),
    links: Sequence[Link] = (),
    notes: Sequence[str] = (),
) -> str:
    """Write a page of tables that sort, with paragraphs and links to files before them, and notes below."""
    listed = [one for one in tables if one.short]
    return page(
        "board",
        title=title,
        styles=("board.css",),
        scripts=("board.js",),
        lead=list(lead) if tables else ["There are no rows."],
        links=list(links),
        contents=listed if len(listed) > 1 else [],
        boards=list(tables),
        notes=list(notes),
    )
