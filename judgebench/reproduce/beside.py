"""Published figures that lie beside the data, each recomputed by the first rule that is about it."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from judgebench.errors import DataError, UsageError
from judgebench.report.reproduction import ABSENT, Cell, Unmatched
from judgebench.reproduce.made import Absent, Tables
from judgebench.reproduce.measures import Measures
from judgebench.reproduce.printed import PRINTED, Printed, folders, own_figures

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from pathlib import Path

    from judgebench.reproduce.published import Published, PublishedFigure
    from judgebench.tasks.card import Card

__all__ = ["beside", "figures_beside"]


def figures_beside(card: Card, published: Sequence[Published], data: Path) -> list[Printed]:
    """Collect the figures of a task that lie below the data folder, in each of the task's own folders."""
    homes = folders(card, data)
    found: list[Printed] = []
    for home in homes:
        if (path := home / PRINTED).is_file():
            found += own_figures(path, path.relative_to(data).as_posix() if path.is_relative_to(data) else str(path))
    for one in published:
        found += one.stated
        for table in one.printed:
            found += table.figures(homes, data)
    return found


def beside(
    card: Card,
    published: Sequence[Published],
    figures: Sequence[Printed],
    homes: Sequence[Path],
    plain: Callable[[Printed], PublishedFigure | None],
) -> tuple[list[Cell], list[Unmatched], list[PublishedFigure]]:
    """Recompute figures by the rules of a card's published figures; those that can't be, with what is missing.

    Those that no rule is about, and ``plain`` knows as figures of recorded judges, are given back as such.
    """
    rules = [rule for one in published for rule in one.rules]
    shared = {name: how for one in published for name, how in one.tables.items()}
    measures = Measures(Tables(shared, homes), figures, card.policies)
    cells: list[Cell] = []
    lost: list[Unmatched] = []
    others: list[PublishedFigure] = []
    for figure in figures:
        if figure.lost:
            lost.append(Unmatched(card.name, str(figure), figure.note or f"what it rests on is not in {figure.file}"))
            continue
        found = next(((rule, names) for rule in rules if (names := rule.names(figure)) is not None), None)
        if found is None and (other := plain(figure)) is not None:
            others.append(other)
            continue
        if found is None:
            lost.append(Unmatched(card.name, str(figure), "no rule says how it is computed"))
            continue
        rule, names = found
        try:
            ours, reason = measures.value(rule, figure, names)
        except Absent as error:
            lost.append(Unmatched(card.name, str(figure), str(error), ABSENT))
            continue
        except (DataError, UsageError) as error:
            ours, reason = None, str(error)
        cell = _cell(card, figure, ours, reason)
        if cell.match:
            cell = replace(cell, known="own" if rule.own else "parts" if rule.kind == "parts" else "")
        elif ours is not None and rule.expecting(figure).is_expected(ours):
            why = figure.note or rule.why
            cell = replace(cell, known="explained" if why else "", note=why or "ours as expected, and nobody says why")
        cells.append(cell)
    return cells, lost, others


def _cell(card: Card, figure: Printed, ours: float | None, note: str) -> Cell:
    return Cell(
        task=card.name,
        split=figure.split,
        judge=figure.judge,
        subset=figure.split,
        metric=figure.metric,
        ours=None if ours is None else ours / 100 if figure.unit == "percent" else ours,
        published=figure.value,
        decimals=figure.decimals,
        unit=figure.unit,
        match=ours is not None and figure.matches(ours),
        source=figure.source,
        note=note or figure.note,
        published_in=figure.file or "card",
        expected=figure.expected,
    )
