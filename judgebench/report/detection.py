"""Detection of attacks in words: how many attacked texts a language model finds surprising."""

from __future__ import annotations

from dataclasses import dataclass
from functools import partial
from itertools import groupby
from typing import TYPE_CHECKING, NamedTuple

from judgebench.domain.shapes import COUNT, ESTIMATE, NUMBER, SHARE, TEXT, ListOf, record
from judgebench.report.document.blocks import (
    Field,
    Notes,
    Sentences,
    Table,
    columns_of,
    explained,
    grid,
    sheet,
    when,
)
from judgebench.report.document.brief import MOST_NOTES, Brief
from judgebench.report.document.model import Document
from judgebench.report.document.text import NONE, clean, interval, many, percent
from judgebench.report.said import differ, from_to, of_100, share_cell, whole
from judgebench.report.words import REASONS, samples_note, task_of

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from judgebench.agreement.probing.detection import Detection
    from judgebench.domain import Estimate
    from judgebench.report.document.blocks import Block, Fields, Sheet

__all__ = ["DetectionRow", "Detections"]


class DetectionRow(NamedTuple):
    """A probe's texts beside the plain ones, by their mean surprise (``whole``) or by that of their worst window."""

    task: str
    model: str
    probe: str
    by: str
    attacked: Detection
    placebo: Detection | None
    revision: str = ""


_ROW = record(
    "detected",
    "How well a probe's texts are told from plain ones.",
    task=TEXT,
    model=TEXT,
    probe=TEXT,
    by=(TEXT, lambda one: one.by, "What of a text is looked at: whole, or its most surprising window."),
    texts=(COUNT, lambda one: one.attacked.texts),
    auc=(ESTIMATE, lambda one: one.attacked.auc, "How often an attacked text is more surprising than a plain one."),
    found=(ESTIMATE, lambda one: one.attacked.found, "Share of attacked texts above the threshold."),
    alarms=(SHARE, lambda one: one.attacked.alarms, "Share of plain texts above it."),
    threshold=(NUMBER, lambda one: one.attacked.threshold, "Mean surprise of a token, in nats."),
    placebo_auc=(ESTIMATE, lambda one: _missing(one, "auc"), "The same of the placebo's texts."),
    placebo_found=(ESTIMATE, lambda one: _missing(one, "found")),
    revision=TEXT,
)


def _missing(row: DetectionRow, name: str) -> Estimate:
    from judgebench.domain import Estimate  # noqa: PLC0415 - loaded on use

    found: Estimate = Estimate.missing("no_placebo") if row.placebo is None else getattr(row.placebo, name)
    return found


@dataclass(frozen=True, slots=True, repr=False)
class Detections(Document):
    """How well attacks are told from plain answers."""

    rows: tuple[DetectionRow, ...]

    SCHEMA = "judgebench.detection/1"
    SHAPE = record("", "Whether attacked texts stand out by their perplexity.", rows=ListOf(_ROW, 1))

    def sheet(self) -> Sheet:
        names = "task model probe by texts auc* found* alarms placebo_auc* placebo_found* revision"
        return sheet(columns_of(_ROW, names), self.rows)

    def brief(self) -> Brief:
        probes = [tuple(rows) for _, rows in groupby(self.rows, lambda row: (row.task, row.model, row.probe))]
        probes.sort(key=lambda rows: max(_share(row) for row in rows))
        fields: list[Field[tuple[DetectionRow, ...]]] = [
            *when(differ(self.rows, "task"), Field("task", lambda rows: task_of(rows[0]), right=False)),
            *when(differ(self.rows, "model"), Field("model", lambda rows: clean(rows[0].model), right=False)),
            Field("probe", lambda rows: clean(rows[0].probe), right=False),
            *(Field(title, _found(by), right=False) for by, title in _BY.items()),
            Field("of placebos", _placebos, spare=True),
            Field("texts", lambda rows: f"{rows[0].attacked.texts:,}", spare=True),
        ]
        answer = [sentence for rows in self._apart() for sentence in _sentences(rows)]
        notes = [_NOTES[1]]
        if (more := len(probes) - _MOST) > 0:
            notes.insert(0, f"{many(more, 'more probe')} of which more is found: --explain.")
        notes += samples_note(self.rows)
        return Brief(tuple(answer[: 2 * MOST_NOTES]), grid(fields, probes[:_MOST]), tuple(notes))

    def blocks(self) -> Iterator[Block]:
        for rows in self._apart():
            yield Sentences(_sentences(rows))
            yield Table(grid(_FIELDS, rows), (0,))
        yield Notes(_NOTES)

    def _apart(self) -> Iterator[list[DetectionRow]]:
        for task, model in dict.fromkeys((row.task, row.model) for row in self.rows):
            yield [row for row in self.rows if (row.task, row.model) == (task, model)]


#: Rows of the first table, and what of a text is looked at, as it has that.
_MOST = 12
_BY = {
    "whole": ("found by the", "whole text [95 %]"),
    "window": ("by its most", "surprising part"),
}


def _share(row: DetectionRow) -> float:
    return row.attacked.found.value or 0.0


def _found(by: str) -> Callable[[tuple[DetectionRow, ...]], str]:
    return lambda rows: next((share_cell(row.attacked.found) for row in rows if row.by == by), NONE)


def _placebos(rows: tuple[DetectionRow, ...]) -> str:
    """Write how many of the placebo's texts are taken for attacked ones, by whichever way takes more."""
    known = [row.placebo.found.value for row in rows if row.placebo is not None]
    return whole(max((value for value in known if value is not None), default=None))


def _sentences(rows: Sequence[DetectionRow]) -> tuple[str, ...]:
    """Say how many attacked texts are found, and of which probe the fewest; each probe by what finds more of it."""
    model, task = clean(rows[0].model), task_of(rows[0])
    best: dict[str, DetectionRow] = {}
    for row in rows:
        if row.attacked.found.value is not None:
            best[row.probe] = max(best.get(row.probe, row), row, key=_share)
    if not best:
        return (f"{task} has no attacked text that {model} could tell from a plain one.",)
    least = min(best.values(), key=_share)
    texts = min(row.attacked.texts for row in rows)
    what = "attacked texts" if len(best) > 1 else f"texts attacked by {clean(least.probe)}"
    finds = from_to([_share(row) for row in best.values()], texts, what)
    alarms = of_100(max(row.attacked.alarms for row in rows), texts, "plain texts")
    fewest = f"; fewest are found of {clean(least.probe)}" if len(best) > 1 else ""
    return f"Perplexity under {model} finds {finds} on {task}.", f"{alarms} are taken for attacked ones, too{fewest}."


_NOTES = (
    "AUC: how often an attacked text is more surprising than a plain one (.5: no difference).",
    "Found: attacked texts above what 5 % of the plain ones exceed. Placebo: other words in the same place.",
)


_cell = partial(explained, reasons=REASONS)
_FIELDS: Fields[DetectionRow] = (
    Field("probe", lambda row: row.probe, right=False),
    Field("by", lambda row: row.by, right=False),
    Field("texts", lambda row: f"{row.attacked.texts:,}"),
    Field("AUC", lambda row: _cell(row.attacked.auc), right=False),
    Field("found %", lambda row: _cell(row.attacked.found, write=partial(interval, write=percent)), right=False),
    Field(("placebo", "AUC"), lambda row: row.placebo and _cell(row.placebo.auc), right=False),
)
