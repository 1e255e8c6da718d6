"""Published figures, recomputed from recorded public verdicts through our own pipeline."""

from __future__ import annotations

from dataclasses import replace
from functools import partial
from typing import TYPE_CHECKING, NamedTuple

from judgebench.errors import DataError, UsageError, argument
from judgebench.files.toml import TomlTable, read_toml
from judgebench.report.reproduction import ABSENT, Cell, Reproduction, Unmatched
from judgebench.reproduce.beside import beside, figures_beside
from judgebench.reproduce.printed import folders, own_figures
from judgebench.reproduce.published import PUBLISHED, PublishedFigure, given_published, load_published, own_published
from judgebench.reproduce.recomputing import Recomputing
from judgebench.reproduce.sources import Sources
from judgebench.tasks.card import card_names
from judgebench.tasks.places import card_of

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Iterable, Iterator, Sequence
    from pathlib import Path

    from judgebench.reproduce.printed import Printed
    from judgebench.reproduce.published import Published
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

    ``tasks`` are names, or places of cards; with None every task with published figures whose files are there. Cells
    come in the order of the published figures: the card's, then those of files beside the data. Judges that a
    recorded file holds, but nobody published a figure of, are measured, too; ``cards_only`` leaves both out.
    ``files`` are recorded verdicts on one task, wherever they lie: then only their judges are looked at. ``own`` is a
    file of published figures. ``tell`` hears how files with a column per judge were understood. DataError where
    nothing can be recomputed, MismatchError where a witness computes another value than we do.
    """
    if not data.is_dir():
        raise DataError(
            "this is a file, and a folder is needed" if data.is_file() else "there is no such folder",
            file=str(data),
            hint=f"{argument('data')} names the folder that holds pandalm/ ...",
        )
    asked = list(card_names() if tasks is None else dict.fromkeys(tasks))
    if files or own:
        asked = [_only_task(tasks or (), own)]
    where = _Where(data, tuple(files), own, lying=not (cards_only or files or own), alone=len(asked) == 1, tell=tell)
    found = [_of_task(name, where, measure=not cards_only, needed=tasks is not None) for name in asked]
    read = {origin for one in found for origin in one.read}
    if tasks is None and where.lying and PUBLISHED not in read and (data / PUBLISHED).is_file():
        raise DataError(
            "its figures are of no task whose data lie beside it",
            file=str(data / PUBLISHED),
            field="task",
            hint='write task = "pandalm" (or another one that judgebench list shows) at its top',
        )
    if not any(one.cells or one.measured for one in found):
        raise DataError(
            "there are no recorded verdicts of any task here",
            file=str(data),
            hint=f"{argument('data')} names the folder that holds pandalm/, judgebench/ ...",
        )
    return Reproduction(
        tuple(cell for one in found for cell in one.cells),
        tuple(lost for one in found for lost in one.unmatched),
        tuple(cell for one in found for cell in one.measured),
    )


class _Where(NamedTuple):
    """Where figures and verdicts lie, as it was asked for; ``lying``: figures beside the data are looked at."""

    data: Path
    files: tuple[Path, ...]
    own: Path | None
    lying: bool
    alone: bool
    tell: Callable[[str], object]


class _Found(NamedTuple):
    """What was found of a task, and the files of published figures that were read."""

    cells: list[Cell]
    unmatched: list[Unmatched]
    measured: list[Cell]
    read: set[str]


def _of_task(asked: str, where: _Where, *, measure: bool, needed: bool) -> _Found:
    """Recompute a task's published figures; DataError where one that is ``needed`` has nothing here."""
    card, split = card_of(asked)
    if split and not where.files:
        raise UsageError(f"{asked}: all splits are looked at; one of them is named beside files of your own")
    name = card.name
    published, printed = _published(card, where, card.split(split).name)
    sources = Sources(
        card,
        where.data,
        [entry for one in published for entry in one.recorded],
        files=where.files,
        split=card.split(split).name,
        beside=where.own and where.own.parent,
        tell=where.tell,
    )
    # With files of one's own what the card says of other judges is no gap.
    figures = [
        figure
        for one in published
        for figure in one.figures
        if not where.files or one.origin or (figure.judge, figure.split) in sources.held
    ]
    homes = [*folders(card, where.data), *([where.own.parent] if where.own else [])]
    more, lost, plain = beside(card, published, printed, homes, partial(_plain, card=card, sources=sources))
    figures += plain
    recomputing = Recomputing(sources, figures)
    cells, missing = _compared(card, figures, sources, recomputing)
    if not (cells or more or sources.held) and needed and printed and lost:
        first, *rest = lost
        raise DataError(
            f"none of the {len(printed)} figures beside the data can be recomputed: {first.figure}: {first.reason}"
            + (f" (and so on: {len(rest)} more)" if rest else ""),
            file=printed[0].file or str(where.data),
            hint="published.toml says how each is computed, by [[rule]] entries",
        )
    if not (cells or more or sources.held) and needed:
        entries = [*card.recorded, *(entry for one in published for entry in one.recorded)]
        known = " or ".join(sorted({recorded.file for recorded in entries})) or "none that are known"
        raise DataError(
            f"nothing of {name} can be recomputed here; its recorded verdicts are {known} (.gz may follow)",
            file=str(where.data),
            hint=f"put them into {name}/ there",
        )
    said = [
        Unmatched(name, figure, reason)
        for source in published
        if not where.files or source.origin
        for figure, reason in (*source.unmatched, *((str(one), "its verdicts are not public") for one in source.listed))
    ]
    return _Found(
        [*cells, *more],
        [*missing, *lost, *said],
        list(_measured(card, figures, sources, recomputing, {one.judge for one in printed})) if measure else [],
        {one.origin for one in published},
    )


def _published(card: Card, where: _Where, split: str) -> tuple[list[Published], list[Printed]]:
    """Collect the published figures of a task: the card's, and those of one's own or beside the data."""
    published = [load_published(card.name, card.folder.parent)]
    if where.own is not None and where.own.suffix == ".json":
        return published, own_figures(where.own, str(where.own))
    if where.own is not None:
        published.append(given_published(where.own, card, split))
    elif where.lying:
        published += own_published(card, where.data, only=where.alone)
    return published, [] if where.files or where.own else figures_beside(card, published, where.data)


def _only_task(tasks: Sequence[str], own: Path | None) -> str:
    """Find the one task that files of one's own are about."""
    said = dict.fromkeys(tasks)
    if own is not None and not said:
        said = dict.fromkeys(["" if own.suffix == ".json" else TomlTable(read_toml(own)[0], str(own)).text("task", "")])
    name = next(iter(said), "")
    if len(said) != 1 or not name:
        where = "" if own is None else f', or write task = "T" at the top of {own}'
        raise UsageError(f"files of your own are about one task: name it with {argument('task')} T{where}")
    return name


def _plain(printed: Printed, card: Card, sources: Sources) -> PublishedFigure | None:
    """Take a figure that no rule is about for one of a recorded judge, if it is called as ours are."""
    split = printed.split if printed.split in card.splits else card.default_split
    subset = "all" if printed.split in {"", split} else printed.split
    if (printed.judge, split) not in sources.held or printed.unit == "count":
        return None
    return PublishedFigure(
        "cell",
        printed.judge,
        printed.metric,
        printed.value,
        printed.decimals,
        "percent" if printed.unit == "percent" else "fraction",
        split,
        subset,
        source=printed.source,
        note=printed.note,
        expected=printed.expected,
        origin=printed.file,
    )


def _compared(
    card: Card, figures: Iterable[PublishedFigure], sources: Sources, recomputing: Recomputing
) -> tuple[list[Cell], list[Unmatched]]:
    """Put ours beside every published figure whose judge is here; of the others say what is missing."""
    cells: list[Cell] = []
    missing: list[Unmatched] = []
    for figure in figures:
        if lacking := sources.lacking(figure):
            absent = Unmatched(card.name, str(figure), lacking, ABSENT)
            # The two figures of one alternative annotator test are missing together.
            if figure.kind != "alt_test" or absent not in missing:
                missing.append(absent)
            continue
        ours, reason = recomputing.ours(figure)
        source = f"{figure.origin}: {figure.source}" if figure.origin else figure.source
        compared = _cell(card, figure, ours, source, reason or figure.note or figure.conditions)
        match = ours is not None and figure.matches(ours)
        held = sources.held.get((figure.judge, figure.split))
        summed = held is not None and held.kind == "figures"
        explained = not match and ours is not None and figure.is_expected(ours)
        cells.append(
            replace(
                compared,
                # As its file names it, with its conditions.
                judge=compared.judge if held is None else held.name,
                published=figure.value,
                match=match,
                published_in=figure.origin or "card",
                known="explained"
                if explained
                else ""
                if not match
                else "own"
                if figure.own
                else "parts"
                if summed
                else "",
                expected=figure.expected,
            )
        )
    return cells, missing


def _measured(
    card: Card, figures: Sequence[PublishedFigure], sources: Sources, recomputing: Recomputing, printed: Collection[str]
) -> Iterator[Cell]:
    """Measure judges that are here and have no published figure by the figures that others of their split have.

    ``printed`` are judges with figures beside the data, whose splits have names of their publishers' own.
    """
    judged = [figure for figure in figures if figure.judged]
    published = {(figure.judge, figure.split) for figure in judged}
    for (judge, split), recorded in sources.held.items():
        if (judge, split) in published or judge in printed:
            continue
        source = f"recorded in {recorded.file}"
        try:
            others: dict[tuple[object, ...], PublishedFigure] = {}
            for figure in judged:
                if figure.split == split:
                    others.setdefault(figure.question, figure)
            for other in others.values() or recomputing.headlines(judge, split):
                figure = replace(other, judge=judge)
                ours, reason = recomputing.ours(figure)
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
