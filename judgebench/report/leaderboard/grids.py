"""Leaderboards as grids of cells: a table per task, and judges by tasks. Every printed form is made of these."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, NamedTuple

from judgebench.report.document.grid import Cell, Column, Grid
from judgebench.report.document.text import NONE, clean, figure, interval, percent, share
from judgebench.report.leaderboard.ranks import usd_per_1000
from judgebench.report.rows import cell, row_grid
from judgebench.report.words import gold_words, headline_name

if TYPE_CHECKING:
    from collections.abc import Sequence

    from judgebench.domain import Estimate
    from judgebench.report.leaderboard.ranks import Baseline, Entry

__all__ = ["NONE", "Named", "floor_words", "matrix", "sections"]

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
    own: dict[str, list[Entry]] = {}
    for entry in entries:
        own.setdefault(entry.row.task, []).append(entry)
    return [_section(task, some) for task, some in own.items()]


def _section(task: str, entries: Sequence[Entry]) -> Named:
    layout = _grid(entries)
    floor = next((entry for entry in entries if entry.baseline is not None), None)
    foot: list[tuple[Cell, ...]] = []
    if floor is not None and floor.baseline is not None and floor.baseline.source != "run":
        foot.append(_constant(floor.baseline, floor, layout))
    title = f"{clean(task)}: {gold_words(entries[0].row.gold)}, by {entries[0].headline}"
    whole = sum(entry.row.subset == "all" for entry in entries)
    rows = (*layout.rows[:whole], *foot, *layout.rows[whole:])
    return Named(title, task, replace(layout, rows=rows), tuple(entries), len(foot))


def _constant(one: Baseline, beside: Entry, layout: Grid) -> tuple[Cell, ...]:
    """Write the commonest label's figures as a row: where no judge was asked, nothing else is known."""
    headline = f"{headline_name(beside.headline)} [95 % interval]"
    agreed = percent(None if one.agreement is None else one.agreement.value)
    known = {"judge": _ALWAYS, "subset": "all", "gold": clean(beside.row.gold), headline: _level(one.headline)}
    return tuple(
        Cell(agreed if column.title.startswith("% agreement with ") else known.get(column.title, ""))
        for column in layout.columns
    )


def _grid(entries: Sequence[Entry]) -> Grid:
    """Build the scores' grid with the rank in front, without the task, which the caption names, and what it costs."""
    # The metric that the task is ranked by has a column, also where it is not the scale's own headline.
    layout = row_grid([replace(e.row, headline=e.headline) if e.row.headline else e.row for e in entries])
    ranks = Column("rank"), Column("tier", spare=True)
    costs = [usd_per_1000(entry.row) for entry in entries]
    extra: list[tuple[Column, list[str]]] = []
    # Where no price and no time is known, a column of dashes says nothing.
    if any(costs):
        cells = [NONE if usd is None else figure(usd, 2) for usd in costs]
        extra.append((Column("USD per 1,000 judgments", ("USD per", "1,000"), spare=True), cells))
    if any(entry.pace for entry in entries):
        cells = [_pace(entry) for entry in entries]
        extra.append((Column("seconds: median (95 %)", ("seconds", "(95 %)"), right=False, spare=True), cells))
    rows = tuple(
        (
            Cell(entry.ranks),
            Cell("" if entry.tier is None else str(entry.tier)),
            *cells[1:],
            *(Cell(texts[i]) for _, texts in extra),
        )
        for i, (entry, cells) in enumerate(zip(entries, layout.rows, strict=True))
    )
    floors = {floor_words(entry.baseline, entry.headline): None for entry in entries if entry.baseline is not None}
    columns = (*ranks, *layout.columns[1:], *(column for column, _ in extra))
    return Grid(columns, rows, (*layout.remarks, *floors))


def _pace(entry: Entry) -> str:
    if entry.pace is None:
        return NONE
    median, high = (figure(one, 0 if one >= _WHOLE else 1 if one >= 10 else 2) for one in entry.pace)
    return f"{median} ({high})"


def floor_words(one: Baseline, headline: str) -> str:
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
    tasks = list(dict.fromkeys(entry.row.task for entry in ranked))
    names = sorted({entry.row.judge for entry in ranked})
    cells: dict[tuple[str, str], list[Entry]] = {}
    for entry in ranked:
        cells.setdefault((entry.row.judge, entry.row.task), []).append(entry)
    columns = [Column("judge", right=False)]
    rows: list[list[Cell]] = [[Cell(clean(name))] for name in names]
    for task in tasks:
        headline = next(entry.headline for entry in ranked if entry.row.task == task)
        columns.append(Column(f"{clean(task)}: {headline_name(headline)}", right=False))
        for row, name in zip(rows, names, strict=True):
            row.append(_placed(cells.get((name, task), [])))
    floors = {entry.row.task: entry.baseline for entry in ranked if entry.baseline is not None}
    if floors:
        own = [floors.get(task) for task in tasks]
        rows.append([Cell(_ALWAYS), *(_floor(one) for one in own)])
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
    return Cell(f"{cell(best.row.metrics.get(best.headline)).text} · {best.ranks}{tier}", notes)


def _floor(one: Baseline | None) -> Cell:
    known = None if one is None or one.headline is None else one.headline.value
    return Cell(share(known))
