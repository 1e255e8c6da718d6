"""Published figures, recomputed from recorded public verdicts through our own pipeline.

Replies as they were recorded, in shown coordinates, become verdicts in the item's own order, and from there on
everything is what a run goes through: ratings, policies, metrics, witnesses.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from judgebench.errors import DataError, argument
from judgebench.report.reproduction import Cell, Reproduction, Unmatched
from judgebench.reproduce.recomputed import Sources
from judgebench.tasks.card import card_names, load_card
from judgebench.tasks.published import Cell as PublishedCell
from judgebench.tasks.published import HumansCell, load_published

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from judgebench.tasks.card import Card
    from judgebench.tasks.published import AltTestRow, AnnotatorCell, Published

__all__ = ["reproduce"]


def reproduce(tasks: Sequence[str] | None, data: Path) -> Reproduction:
    """Recompute published figures from the recorded verdicts in a data folder, or a task's own folder.

    ``tasks`` are names; with None every task with published figures whose files are there. Cells come in the order of
    the published figures. DataError where nothing can be recomputed, MismatchError where a witness computes another
    value than we do.
    """
    if not data.is_dir():
        raise DataError(
            "there is no such folder",
            file=str(data),
            hint=f"{argument('data')} names the folder that holds pandalm/ ...",
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
            hint=f"{argument('data')} names the folder that holds pandalm/, judgebench/ ...",
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
