"""Detection of attacks in words: how many attacked texts a language model finds surprising."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, NamedTuple

from judgebench.domain.shapes import COUNT, ESTIMATE, NUMBER, SHARE, TEXT, ListOf, record
from judgebench.report.document.blocks import Cell, Field, Notes, Table, explained, grid, sheet
from judgebench.report.document.model import Document
from judgebench.report.document.text import NONE, clean, interval, percent
from judgebench.report.words import REASONS

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from judgebench.agreement.detection import Detection
    from judgebench.domain import Estimate
    from judgebench.report.document.blocks import Block, Sheet

__all__ = ["DetectionRow", "Detections"]


class DetectionRow(NamedTuple):
    """A probe's texts beside the plain ones, by their mean surprise (``whole``) or by that of their worst window."""

    task: str
    model: str
    probe: str
    by: str
    attacked: Detection
    placebo: Detection | None


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
        return sheet(
            {
                "task": lambda one: one.task,
                "model": lambda one: one.model,
                "probe": lambda one: one.probe,
                "by": lambda one: one.by,
                "texts": lambda one: one.attacked.texts,
                "auc*": lambda one: one.attacked.auc,
                "found*": lambda one: one.attacked.found,
                "alarms": lambda one: one.attacked.alarms,
                "placebo_auc*": lambda one: _missing(one, "auc"),
                "placebo_found*": lambda one: _missing(one, "found"),
            },
            self.rows,
        )

    def blocks(self) -> Iterator[Block]:
        for task, model in dict.fromkeys((row.task, row.model) for row in self.rows):
            rows = [row for row in self.rows if (row.task, row.model) == (task, model)]
            known = [(row.attacked.found.value, row) for row in rows if row.attacked.found.value is not None]
            if known:
                least, row = min(known, key=lambda one: one[0])
                yield (
                    f"By perplexity under {clean(model)}, {percent(least)} % of the texts of {clean(row.probe)} on "
                    f"{clean(task)} are found, the fewest of all, where 5 % of plain texts are taken for attacked ones."
                )
            yield Table(grid(_fields(), rows), (0,))
        yield Notes(_NOTES)


_NOTES = (
    "AUC: how often an attacked text is more surprising than a plain one (.5: no difference).",
    "Found: attacked texts above what 5 % of the plain ones exceed. Placebo: other words in the same place.",
)


def _fields() -> tuple[Field[DetectionRow], ...]:
    def cell(get: Callable[[DetectionRow], Estimate | None], *, share: bool) -> Callable[[DetectionRow], Cell | str]:
        def told(row: DetectionRow) -> Cell | str:
            one = get(row)
            if one is None:
                return NONE
            return explained(one, REASONS, (lambda found: interval(found, percent)) if share else interval)

        return told

    return (
        Field("probe", lambda row: row.probe, right=False),
        Field("by", lambda row: row.by, right=False),
        Field("texts", lambda row: f"{row.attacked.texts:,}"),
        Field("AUC", cell(lambda row: row.attacked.auc, share=False), right=False),
        Field("found %", cell(lambda row: row.attacked.found, share=True), right=False),
        Field(
            "placebo AUC",
            cell(lambda row: None if row.placebo is None else row.placebo.auc, share=False),
            ("placebo", "AUC"),
            right=False,
        ),
    )
