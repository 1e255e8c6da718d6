"""Published figures, recomputed from recorded public verdicts through our own pipeline."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from judgebench.errors import DataError, UsageError, argument
from judgebench.report.reproduction import ABSENT, Cell, Reproduction, Unmatched
from judgebench.reproduce.published import PUBLISHED, PublishedFigure, given_published, load_published, own_published
from judgebench.reproduce.sources import Sources
from judgebench.tasks.card import Table, card_names, load_card, read_toml

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Sequence
    from pathlib import Path

    from judgebench.tasks.card import Card

__all__ = ["reproduce"]


def reproduce(
    tasks: Sequence[str] | None,
    data: Path,
    *,
    cards_only: bool = False,
    files: Sequence[Path] = (),
    own: Path | None = None,
    tell: Callable[[str], object] = str,
) -> Reproduction:
    """Recompute published figures from the recorded verdicts in a data folder, or a task's own folder.

    ``tasks`` are names; with None every task with published figures whose files are there. Cells come in the order of
    the published figures: the card's, then those of files beside the data. Judges that a recorded file holds, but
    nobody published a figure of, are measured, too; ``cards_only`` leaves both out. ``files`` are recorded verdicts on
    one task, wherever they lie: then only their judges are looked at. ``own`` is a file of published figures. ``tell``
    hears how files with a column per judge were understood. DataError where nothing can be recomputed, MismatchError
    where a witness computes another value than we do.
    """
    if not data.is_dir():
        raise DataError(
            "there is no such folder",
            file=str(data),
            hint=f"{argument('data')} names the folder that holds pandalm/ ...",
        )
    cells: list[Cell] = []
    unmatched: list[Unmatched] = []
    measured: list[Cell] = []
    read: set[str] = set()
    wanted = list(card_names() if tasks is None else dict.fromkeys(tasks))
    beside = not (cards_only or files or own is not None)
    if files or own:
        wanted = [_only_task(tasks or (), own)]
    for asked in wanted:
        name, _, split = asked.partition(":") if files else (asked, "", "")
        card, published = load_card(name), [load_published(name)]
        split = card.split(split).name
        if own is not None:
            published.append(given_published(own, card, split))
        elif beside:
            published += own_published(card, data, only=wanted == [name])
        read |= {one.origin for one in published}
        sources = Sources(
            card,
            data,
            [entry for one in published for entry in one.recorded],
            files=files,
            split=split,
            beside=own and own.parent,
            tell=tell,
        )
        # With files of one's own what the card says of other judges is no gap.
        figures = [
            figure
            for one in published
            for figure in one.figures
            if not files or one.origin or (figure.judge, figure.split) in sources.held
        ]
        found, missing = _compared(card, figures, sources)
        if not cards_only:
            measured += _measured(card, figures, sources)
        if not found and not sources.held and tasks is not None:
            known = " or ".join(sorted({recorded.file for recorded in card.recorded})) or "none that are known"
            raise DataError(
                f"nothing of {name} can be recomputed here; its recorded verdicts are {known} (.gz may follow)",
                file=str(data),
                hint=f"put them into {name}/ there",
            )
        cells += found
        unmatched += missing
        unmatched += (
            Unmatched(name, figure, reason)
            for source in published
            if not files or source.origin
            for figure, reason in source.unmatched
        )
    if tasks is None and beside and PUBLISHED not in read and (data / PUBLISHED).is_file():
        raise DataError(
            "its figures are of no task whose data lie beside it",
            file=str(data / PUBLISHED),
            field="task",
            hint='write task = "pandalm" (or another one that judgebench list shows) at its top',
        )
    if not cells and not measured:
        raise DataError(
            "there are no recorded verdicts of any task here",
            file=str(data),
            hint=f"{argument('data')} names the folder that holds pandalm/, judgebench/ ...",
        )
    return Reproduction(tuple(cells), tuple(unmatched), tuple(measured))


def _only_task(tasks: Sequence[str], own: Path | None) -> str:
    """Find the one task that files of one's own are about."""
    said = dict.fromkeys(tasks)
    if own is not None and not said:
        said = dict.fromkeys([Table(read_toml(own)[0], str(own)).text("task", "")])
    name = next(iter(said), "")
    if len(said) != 1 or not name:
        where = "" if own is None else f', or write task = "T" at the top of {own}'
        raise UsageError(f"files of your own are about one task: name it with {argument('task')} T{where}")
    return name


def _compared(card: Card, figures: Iterable[PublishedFigure], sources: Sources) -> tuple[list[Cell], list[Unmatched]]:
    """Every published figure of a task whose judge is here; the others with what is missing."""
    cells: list[Cell] = []
    missing: list[Unmatched] = []
    for figure in figures:
        if lacking := sources.lacking(figure):
            absent = Unmatched(card.name, str(figure), lacking, ABSENT)
            # The two figures of one alternative annotator test are missing together.
            if figure.kind != "alt_test" or absent not in missing:
                missing.append(absent)
            continue
        ours, reason = sources.ours(figure)
        source = f"{figure.origin}: {figure.source}" if figure.origin else figure.source
        compared = _cell(card, figure, ours, source, reason or figure.note or figure.conditions)
        match = ours is not None and figure.matches(ours)
        held = sources.held.get((figure.judge, figure.split))
        cells.append(
            replace(
                compared,
                # As its file names it, with its conditions.
                judge=compared.judge if held is None else held.name,
                published=figure.value,
                match=match,
                published_in=figure.origin or "card",
            )
        )
    return cells, missing


def _measured(card: Card, figures: Sequence[PublishedFigure], sources: Sources) -> Iterator[Cell]:
    """Measure judges that are here and have no published figure by the figures that others of their split have."""
    judged = [figure for figure in figures if figure.kind in {"cell", "alt_test"}]
    published = {(figure.judge, figure.split) for figure in judged}
    for (judge, split), recorded in sources.held.items():
        if (judge, split) in published:
            continue
        source = f"recorded in {recorded.file}"
        try:
            others: dict[tuple[object, ...], PublishedFigure] = {}
            for figure in judged:
                if figure.split == split:
                    others.setdefault(figure.question, figure)
            for other in others.values() or [sources.headline(judge, split)]:
                figure = replace(other, judge=judge)
                ours, reason = sources.ours(figure)
                yield _cell(card, figure, ours, source, reason or figure.conditions)
        except (DataError, UsageError) as error:
            # Nobody has asked for this judge by name: it doesn't end the command.
            nothing = PublishedFigure("cell", judge, "", 0.0, 4, "fraction", split)
            yield _cell(card, nothing, None, source, str(error))


def _cell(card: Card, figure: PublishedFigure, ours: float | None, source: str, note: str) -> Cell:
    """Our figure alone."""
    return Cell(
        task=card.name if figure.split == card.default_split else f"{card.name}:{figure.split}",
        split=figure.split,
        judge=figure.judge,
        subset=figure.subset,
        metric=figure.metric,
        ours=ours,
        published=None,
        decimals=figure.decimals,
        unit=figure.unit,
        match=None,
        source=source,
        note=note,
    )
