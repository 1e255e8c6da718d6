"""Published figures, recomputed from recorded public verdicts through our own pipeline.

Replies as they were recorded, in shown coordinates, become verdicts in the item's own order, and from
there on everything is what a run goes through: ratings, policies, metrics, witnesses.
"""

from __future__ import annotations

import importlib
import math
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any, NamedTuple, get_args

from judgebench.domain import Case, Reply, Status, Verdict
from judgebench.errors import DataError, MismatchError, UsageError
from judgebench.report.scores import ScoresFormat, clean, figure, markdown_grid, write_csv, write_json
from judgebench.report.table import Cell as GridCell
from judgebench.report.table import Column, Grid, draw
from judgebench.tasks.base import open_task
from judgebench.tasks.card import card_names, load_card
from judgebench.tasks.published import load_published
from judgebench.tasks.sources import find

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence
    from pathlib import Path

    from judgebench.domain import Agreement, Estimate, Policies, Ratings
    from judgebench.tasks.base import CardTask, Recording
    from judgebench.tasks.card import Card, Recorded
    from judgebench.tasks.published import AnnotatorCell, Published
    from judgebench.tasks.published import Cell as PublishedCell

__all__ = ["SCHEMA", "Cell", "Reproduction", "Unmatched", "recorded_verdicts", "reproduce"]

SCHEMA = "judgebench.reproduction/1"
#: Two ways to the same figure may differ by this much.
_TOLERANCE = 1e-9


@dataclass(frozen=True, slots=True)
class Cell:
    """Our figure beside a published one.

    Parameters
    ----------
    task, split, judge, subset, metric : str
        What is measured; for two annotators ``judge`` names both.
    ours : float or None
        Our figure, a fraction; None where it is undefined.
    published : float
        The figure as printed, in the printed unit.
    decimals : int
        Digits printed after the point.
    unit : {'percent', 'fraction'}
        The printed unit.
    match : bool
        Whether ours is the published figure at the printed precision.
    source, note : str
        Where it is printed; why there is nothing of ours, or what the figure estimates.
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
        """Print the comparison.

        Parameters
        ----------
        format : {'table', 'json', 'csv', 'md'}
            The form.
        width : int, optional
            Columns of the terminal, for ``table``.

        Raises
        ------
        UsageError
            If the format is none of these.
        """
        if format == "json":
            return write_json(self.to_json())
        if format == "csv":
            return self.to_csv()
        if format == "md":
            return markdown_grid(self._grid())
        if format == "table":
            return draw(self._grid(), width=width, names=(0, 1, 2, 3))
        raise UsageError(f"--format {format!r}: write one of {', '.join(get_args(ScoresFormat))}")


def reproduce(tasks: Sequence[str] | None, data: Path) -> Reproduction:
    """Recompute published figures from the recorded verdicts in a data folder.

    Parameters
    ----------
    tasks : sequence of str or None
        Names of tasks; None for every task with published figures whose files are there.
    data : Path
        Folder of the benchmarks' own files, one folder per task, or a task's own folder.

    Returns
    -------
    Reproduction
        Cells in the order of the published figures.

    Raises
    ------
    DataError
        If there is no such folder, nothing in it can be recomputed, or a file is not what its format says.
    UnknownNameError
        If there is no such task.
    MismatchError
        If a witness computes another value than we do.
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
    sources = _Sources(card, data)
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
    return cells, missing


def _cell(
    card: Card,
    figure: PublishedCell | AnnotatorCell,
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
        unit=figure.unit,
        match=match,
        source=figure.source,
        note=note,
    )


class _Sources:
    """A task's recordings, read and measured once each."""

    def __init__(self, card: Card, data: Path) -> None:
        self.card = card
        self.data = data
        self._tasks: dict[str, CardTask] = {}
        self._figures: dict[str, Mapping[str, float]] = {}
        self._ratings: dict[tuple[str, str], Ratings] = {}
        self._measured: dict[tuple[str, str, Policies], dict[str, Agreement]] = {}

    def path(self, recorded: Recorded) -> Path | None:
        """Return where a recorded file lies, in the task's folder or in the folder itself."""
        for home in (*(self.data / name for name in (self.card.name, *self.card.folders)), self.data):
            found = find(home, recorded.file)
            if found is not None:
                return found
        return None

    def has_items(self, split: str) -> bool:
        """Whether the items' own file is there."""
        homes = (*(self.data / name for name in (self.card.name, *self.card.folders)), self.data)
        files = self.card.split(split).main.files
        return any(find(home, file) is not None for home in homes for file in files)

    def task(self, split: str) -> CardTask:
        """Open the task once per split."""
        name = split or self.card.default_split
        if name not in self._tasks:
            self._tasks[name] = open_task(f"{self.card.name}:{name}", data=self.data)
        return self._tasks[name]

    def figure(self, cell: PublishedCell, recorded: Recorded) -> tuple[float | None, str]:
        """Return our figure, or None and why there is none."""
        if recorded.kind == "figures":
            return self._from_figures(cell, recorded)
        policies = self.card.policies.override(f"{name}={value}" for name, value in cell.policies.items())
        rows = self._rows(recorded, policies)
        if cell.subset not in rows:
            return None, f"there is no row {cell.subset!r}; the rows are {', '.join(rows)}"
        return _value(rows[cell.subset].metrics.get(cell.metric), cell.metric)

    def _rows(self, recorded: Recorded, policies: Policies) -> dict[str, Agreement]:
        from judgebench.agreement.measure import measure  # noqa: PLC0415 - loads numpy

        key = (recorded.name, recorded.split, policies)
        if key not in self._measured:
            task = self.task(recorded.split)
            rows = measure(
                self._recorded_ratings(recorded),
                task=task.name,
                judge=recorded.name,
                gold_source=self.card.gold_source,
                policies=policies,
                aggregates=self.card.aggregates,
                revision=task.revision,
                verify=True,
            )
            self._measured[key] = {row.subset: row for row in rows}
        return self._measured[key]

    def _recorded_ratings(self, recorded: Recorded) -> Ratings:
        from judgebench.agreement.ratings import from_verdicts  # noqa: PLC0415 - loads numpy

        key = (recorded.name, recorded.split)
        if key not in self._ratings:
            task, path = self.task(recorded.split), self.path(recorded)
            if path is None:
                raise DataError(f"{recorded.file} isn't here", file=str(self.data))
            recording = task.recorded(path, recorded.column or None)
            self._ratings[key] = from_verdicts(recorded_verdicts(task, recording), task.scale)
        return self._ratings[key]

    def _from_figures(self, cell: PublishedCell, recorded: Recorded) -> tuple[float | None, str]:
        """Weigh published figures per subset; the card's aggregates are the witness of the reader's own sums."""
        path = self.path(recorded)
        if cell.metric != "accuracy" or path is None:
            return None, f"{recorded.file} holds accuracies, not {cell.metric}"
        if recorded.name not in self._figures:
            values = self._read_figures(path, recorded)
            known = dict(values)
            for aggregate in self.card.aggregates:
                shares = aggregate.weights or (1.0,) * len(aggregate.of)
                known[aggregate.name] = math.fsum(
                    share * known[part] for share, part in zip(shares, aggregate.of, strict=True)
                ) / math.fsum(shares)
                if not abs(known[aggregate.name] - values[aggregate.name]) <= _TOLERANCE:
                    raise MismatchError(
                        f"{self.card.name}, {recorded.name}, {aggregate.name}: {values[aggregate.name]!r} by the "
                        f"reader and {known[aggregate.name]!r} by the card's weights; please report this"
                    )
            self._figures[recorded.name] = values
        values = self._figures[recorded.name]
        if cell.subset not in values:
            return None, f"there is no figure of {cell.subset!r} in {recorded.file}"
        return values[cell.subset], ""

    def _read_figures(self, path: Path, recorded: Recorded) -> Mapping[str, float]:
        """Read a file of figures with the task's reader."""
        module, _, attribute = self.card.reader.partition(":")
        reader = getattr(importlib.import_module(module), attribute)(self.card, recorded.split)
        values: Mapping[str, float] = reader.figures(path, recorded.column)
        return values

    def between(self, pair: AnnotatorCell) -> tuple[float | None, str]:
        """Return our figure between two annotators, or None and why there is none."""
        from judgebench.agreement.ceiling import pairwise  # noqa: PLC0415 - loads numpy
        from judgebench.agreement.measure import measure  # noqa: PLC0415 - loads numpy
        from judgebench.agreement.metrics.catalog import METRICS  # noqa: PLC0415 - only here
        from judgebench.agreement.ratings import from_verdicts  # noqa: PLC0415 - loads numpy

        task = self.task(pair.split)
        key = ("", task.split)
        if key not in self._ratings:
            unanswered = Reply(Status.FAILED, error="no judge was asked")
            cases = (Case(item, tuple(range(len(item.responses)))) for item in task.items())
            verdicts = (Verdict.of(case, unanswered, task.scale, task.revision) for case in cases)
            self._ratings[key] = from_verdicts(verdicts, task.scale)
        ratings = self._ratings[key]
        if pair.metric not in METRICS or not {pair.a, pair.b} <= set(ratings.annotators):
            return (
                None,
                f"the annotators are {', '.join(ratings.annotators)}, the metrics those of judgebench list metrics",
            )
        metric = METRICS[pair.metric]
        a, b = ratings.annotators.index(pair.a), ratings.annotators.index(pair.b)
        by_names = pairwise(ratings, metric, self.card.policies)
        value, reason = _value(by_names.get((pair.a, pair.b), by_names.get((pair.b, pair.a))), pair.metric)
        if value is None:
            return None, reason
        # The same figure by the judge's road, b as a judge of a, with the named libraries as witnesses.
        both = replace(ratings, judge=ratings.gold[:, b], gold=ratings.gold[:, [a]], annotators=(pair.a,))
        rows = measure(both, task=task.name, judge=pair.b, metrics={pair.metric: metric}, verify=True)
        other, _ = _value(rows[0].metrics[pair.metric], pair.metric)
        if metric.symmetric and (other is None or not abs(other - value) <= _TOLERANCE):
            raise MismatchError(f"{task.name}, {pair.a} and {pair.b}: {pair.metric} is {value!r} and {other!r}")
        return value, ""


def _value(estimate: Estimate | None, metric: str) -> tuple[float | None, str]:
    if estimate is None:
        return None, f"{metric} isn't measured on this scale"
    return estimate.value, "" if estimate.undefined is None else f"undefined: {estimate.undefined}"


def recorded_verdicts(task: CardTask, recording: Recording) -> Iterator[Verdict]:
    """Turn a recording into verdicts: each item in each recorded order, undone to the item's own.

    An item that the recording doesn't hold becomes a failed verdict: nothing is dropped in silence.

    Parameters
    ----------
    task : CardTask
        The task, with its items.
    recording : Recording
        Replies in shown coordinates.
    """
    scale, revision = task.scale, task.revision
    absent = Reply(Status.FAILED, error="not in the recording")
    for item in task.items():
        own = tuple(range(len(item.responses)))
        for order in _orders(recording.orders, own):
            reply = recording.replies.get((item.id, order), absent)
            yield Verdict.of(Case(item, order), reply, scale, revision)


def _orders(orders: Iterable[tuple[int, ...]], own: tuple[int, ...]) -> Sequence[tuple[int, ...]]:
    """Choose the recorded orders that fit an item with this many responses."""
    return [order for order in orders if len(order) == len(own)] or [own]
