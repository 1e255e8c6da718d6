"""Figures by whether the judge can answer the question itself: a line a judge, a column a stratum."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

from judgebench.domain.replies import STRATA
from judgebench.report.document.blocks import Cell, Field, Table, explained, grid
from judgebench.report.document.text import interval, words_of
from judgebench.report.words import REASONS, WARNINGS, headline_name

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from judgebench.domain import Agreement

_TOLD = (
    "answerable: before it judged, the judge was asked the question itself, and its answer was right (No Free Labels, "
    "arXiv:2503.05061)"
)


def strata_tables(rows: Sequence[Agreement]) -> Iterator[Table]:
    """Set a judge's headline figure on all items beside those of its strata, a table for each headline."""
    told: dict[tuple[str, str, str], dict[str, Agreement]] = {}
    for row in rows:
        if row.subset == "all" or row.subset in STRATA.values():
            told.setdefault((row.task, row.judge, row.revision), {}).setdefault(row.subset, row)
    lines = [parts for parts in told.values() if "all" in parts and len(parts) > 1]
    for headline in dict.fromkeys(parts["all"].headline for parts in lines):
        mine = [parts for parts in lines if parts["all"].headline == headline]
        names = [name for name in ("all", *STRATA.values()) if any(name in parts for parts in mine)]
        fields: list[Field[Mapping[str, Agreement]]] = [
            Field("task", lambda parts: parts["all"].task, right=False),
            Field("judge", lambda parts: parts["all"].judge, right=False),
            *(_column(name, mine) for name in names),
        ]
        shown = fields if len({parts["all"].task for parts in mine}) > 1 else fields[1:]
        title = f"{headline_name(headline)} by whether the judge can answer the question itself"
        places = range(len(shown) - len(names))
        yield Table(grid(shown, mine, (_TOLD,)), tuple(places), ((24, ()), (8, ())), caption=title)


def _column(name: str, lines: Sequence[Mapping[str, Agreement]]) -> Field[Mapping[str, Agreement]]:
    counts = {parts[name].items for parts in lines if name in parts}
    alike = f"{next(iter(counts))} items" if len(counts) == 1 else ""
    return Field(name, partial(_cell, name, alike), (name, alike or "(items)"), right=False)


def _cell(name: str, alike: str, parts: Mapping[str, Agreement]) -> Cell:
    row = parts.get(name)
    if row is None:
        return Cell("")
    found = explained(row.metrics[row.headline], REASONS, interval)
    text = found.text if alike else f"{found.text} ({row.items})"
    few = tuple(words_of(code, WARNINGS) for code in row.warnings if code in {"few_items", "few_clusters"})
    return Cell(text, (*found.notes, *few))
