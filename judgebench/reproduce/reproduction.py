"""Published figures, recomputed from recorded public verdicts through our own pipeline.

Replies as they were recorded, in shown coordinates, become verdicts in the item's own order, and from there on
everything is what a run goes through: ratings, policies, metrics, witnesses.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, NamedTuple

from judgebench.errors import DataError, UsageError
from judgebench.report.document.as_csv import write_csv
from judgebench.report.document.as_json import write_json
from judgebench.report.document.as_md import markdown_grid
from judgebench.report.document.as_table import draw
from judgebench.report.document.grid import Cell as GridCell
from judgebench.report.document.grid import Column, Grid
from judgebench.report.document.text import clean, figure
from judgebench.reproduce.recomputed import Sources, recorded_verdicts
from judgebench.tasks.card import card_names, load_card
from judgebench.tasks.published import Cell as PublishedCell
from judgebench.tasks.published import HumansCell, load_published

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from judgebench.tasks.card import Card
    from judgebench.tasks.published import AltTestRow, AnnotatorCell, Published

__all__ = ["SCHEMA", "Cell", "Reproduction", "Unmatched", "recorded_verdicts", "reproduce"]

SCHEMA = "judgebench.reproduction/1"


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


@dataclass(frozen=True, slots=True)
class Reproduction:
    """All figures that were recomputed, and those that can't be."""

    cells: tuple[Cell, ...]
    unmatched: tuple[Unmatched, ...] = ()

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

    def to_json(self) -> dict[str, Any]:
        """Plain JSON; ``ours`` is a fraction, ``published`` is in the printed unit."""
        names = ("task", "split", "judge", "subset", "metric", "ours", "published", "decimals", "unit", "match")
        return {
            "schema": SCHEMA,
            "ok": self.ok,
            "cells": [{name: getattr(cell, name) for name in (*names, "source", "note")} for cell in self.cells],
            "unmatched": [entry._asdict() for entry in self.unmatched],
        }

    def to_csv(self) -> str:
        """Write one line per figure, ours and the published one in the printed unit."""
        names = ("task", "split", "judge", "subset", "metric", "shown", "published", "decimals", "unit")
        lines = ([getattr(cell, name) for name in names] for cell in self.cells)
        ends = (["yes" if cell.match else "no", cell.source, cell.note] for cell in self.cells)
        header = ["ours" if name == "shown" else name for name in names] + ["match", "source", "note"]
        return write_csv(header, [line + end for line, end in zip(lines, ends, strict=True)])

    def _grid(self) -> Grid:
        titles = ("task", "judge", "subset", "metric", "ours", "published", "verdict")
        columns = tuple(Column(title, right=title == "ours") for title in titles)
        rows: list[tuple[GridCell, ...]] = []
        for cell in self.cells:
            sign = " %" if cell.unit == "percent" else ""
            # Two digits more than were printed show how close a match is.
            ours = "none" if cell.shown is None else figure(cell.shown, cell.decimals + 2) + sign
            names = (cell.task, cell.judge, cell.subset, cell.metric, ours)
            published = GridCell(figure(cell.published, cell.decimals) + sign, (clean(cell.source),))
            verdict = GridCell("match" if cell.match else "DIFFERS", (clean(cell.note),) if cell.note else ())
            rows.append((*(GridCell(clean(text)) for text in names), published, verdict))
        remarks = [f"{u.task}, not recomputed: {u.figure}: {u.reason}" for u in self.unmatched]
        return Grid(columns, tuple(rows), tuple(map(clean, (*remarks, self.summary))))

    def render(self, format: str = "table", *, width: int = 120) -> str:  # noqa: A002 - as the option
        """Print the comparison: ``table`` (in ``width`` columns), ``json``, ``csv`` or ``md``."""
        if format == "json":
            return write_json(self.to_json())
        if format == "csv":
            return self.to_csv()
        if format == "md":
            return markdown_grid(self._grid())
        if format == "table":
            return draw(self._grid(), width=width, names=(0, 1, 2, 3))
        raise UsageError(f"--format {format!r}: write one of table, json, csv, md")


def reproduce(tasks: Sequence[str] | None, data: Path) -> Reproduction:
    """Recompute published figures from the recorded verdicts in a data folder, in the order of the published figures.

    ``data`` holds the benchmarks' own files, one folder per task, or is a task's own folder; None takes every task
    whose files are there. DataError where nothing can be recomputed, MismatchError where a witness computes another
    value.
    """
    if not data.is_dir():
        raise DataError(
            "there is no such folder", file=str(data), hint="--data names the folder that holds pandalm/ ..."
        )
    cells: list[Cell] = []
    unmatched: list[Unmatched] = []
    for name in card_names() if tasks is None else dict.fromkeys(tasks):
        card, published = load_card(name), load_published(name)
        found, missing = _recompute(card, published, data)
        if not found and tasks is not None:
            wanted = " or ".join(sorted({recorded.file for recorded in card.recorded})) or "none that are known"
            raise DataError(
                f"nothing of {name} can be recomputed here; its recorded verdicts are {wanted} (.gz may follow)",
                file=str(data),
                hint=f"put them into {name}/ there",
            )
        cells += found
        unmatched += missing
        unmatched += (Unmatched(name, entry.figure, entry.reason) for entry in published.unmatched)
    if not cells:
        raise DataError(
            "there are no recorded verdicts of any task here",
            file=str(data),
            hint="--data names the folder that holds pandalm/, judgebench/ ...",
        )
    return Reproduction(tuple(cells), tuple(unmatched))


def _recompute(card: Card, published: Published, data: Path) -> tuple[list[Cell], list[Unmatched]]:
    """Every figure of a task whose files are there; the others with the file that is missing."""
    sources = Sources(card, data)
    cells: list[Cell] = []
    missing: list[Unmatched] = []
    for cell in published.cells:
        # published.py has checked that the card knows this judge and split.
        recorded = next(r for r in card.recorded if (r.name, r.split) == (cell.judge, cell.split))
        if sources.path(recorded) is None:
            words = f"{cell.judge} ({cell.split}), {cell.subset}: {cell.metric}"
            missing.append(Unmatched(card.name, words, f"{recorded.file} isn't here"))
            continue
        ours, reason = sources.figure(cell, recorded)
        match = ours is not None and cell.matches(ours)
        cells.append(_cell(card, cell, cell.judge, cell.subset, ours, match=match, note=reason or cell.note))
    for pair in published.annotators:
        words = f"{pair.a} and {pair.b}"
        if not sources.has_items(pair.split):
            missing.append(Unmatched(card.name, f"{words}: {pair.metric}", "the labelled items aren't here"))
            continue
        ours, reason = sources.between(pair)
        match = ours is not None and pair.matches(ours)
        cells.append(_cell(card, pair, words, "all", ours, match=match, note=reason or pair.note))
    for row in published.alt_tests:
        recorded = next(r for r in card.recorded if (r.name, r.split) == (row.judge, row.split))
        if sources.path(recorded) is None:
            words = f"{row.judge} ({row.split}): alternative annotator test"
            missing.append(Unmatched(card.name, words, f"{recorded.file} isn't here"))
            continue
        cells += [_tested(card, row, name, *found) for name, found in sources.tested(row, recorded).items()]
    for among in published.humans:
        if not sources.has_items(among.split):
            words = f"all annotators ({among.split}), {among.subset}: {among.metric}"
            missing.append(Unmatched(card.name, words, "the labelled items aren't here"))
            continue
        ours, reason = sources.among(among)
        match = ours is not None and among.matches(ours)
        cells.append(_cell(card, among, "all annotators", among.subset, ours, match=match, note=reason or among.note))
    return cells, missing


def _tested(card: Card, row: AltTestRow, name: str, ours: float | None, reason: str) -> Cell:
    how = f"epsilon {row.epsilon:g}, {row.scoring}"
    figure = PublishedCell(
        row.judge, name, row.figures[name], row.decimals, "fraction", row.split, source=row.source, note=row.note or how
    )
    match = ours is not None and figure.matches(ours)
    return _cell(card, figure, row.judge, "all", ours, match=match, note=reason or figure.note)


def _cell(
    card: Card,
    figure: PublishedCell | AnnotatorCell | HumansCell,
    judge: str,
    subset: str,
    ours: float | None,
    *,
    match: bool,
    note: str,
) -> Cell:
    return Cell(
        task=card.name if figure.split in {"", card.default_split} else f"{card.name}:{figure.split}",
        split=figure.split or card.default_split,
        judge=judge,
        subset=subset,
        metric=figure.metric,
        ours=ours,
        published=figure.value,
        decimals=figure.decimals,
        unit="fraction" if isinstance(figure, HumansCell) else figure.unit,
        match=match,
        source=figure.source,
        note=note,
    )
