"""Calibration before and after, in words."""

from __future__ import annotations

from dataclasses import dataclass
from functools import partial
from operator import attrgetter
from typing import TYPE_CHECKING

from judgebench.agreement.recalibrated import FIGURES
from judgebench.domain.shapes import (
    COUNT,
    ESTIMATES,
    FLAG,
    MEASURED,
    NUMBER,
    OPEN_POLICIES,
    SHARE,
    TEXT,
    ListOf,
    MapOf,
    choice,
    judge_keys,
    record,
)
from judgebench.report.document.blocks import Cell, Field, Table, explained, grid, judge_columns, sheet, when
from judgebench.report.document.brief import MOST_NOTES, Brief
from judgebench.report.document.model import Document
from judgebench.report.document.text import clean, decimal, interval, many, percent
from judgebench.report.said import differ, known_as, two
from judgebench.report.words import REASONS

if TYPE_CHECKING:
    from collections.abc import Iterator

    from judgebench.agreement.recalibrated import Calibrated, Calibration
    from judgebench.report.document.blocks import Block, Fields, Sheet

__all__ = ["Calibrations"]

_REASONS = REASONS | {"other_unit": "a temperature is of probabilities, and these are scores"}
_NAMES = {"raw": "as given", "temperature": "temperature", "platt": "Platt", "isotonic": "isotonic"}
_HOW = {"temperature": "temperature scaling", "platt": "Platt scaling", "isotonic": "isotonic regression"}
_METHOD = record(
    method=choice(*_NAMES),
    learned=(MapOf(NUMBER), None, "temperature; or intercept and slope; or the steps of an isotonic map."),
    figures=(ESTIMATES, None, "On the questions it was not fitted on; less is better."),
    changes=(MapOf(MEASURED), None, "These less the same of the numbers as given, paired; none of scores."),
)
_ROW = record(
    "calibration",
    "One judge's numbers on one task.",
    task=TEXT,
    **judge_keys(),
    gold=(TEXT, lambda one: one.gold_source),
    policies=OPEN_POLICIES,
    probabilities=(FLAG, lambda one: one.probable, "Whether the numbers are probabilities; else scores in any unit."),
    share=(SHARE, None, "Share of the questions that maps are fitted on."),
    seed=COUNT,
    fitted=COUNT,
    measured=COUNT,
    clusters=COUNT,
    methods=ListOf(_METHOD, 1),
)


@dataclass(frozen=True, slots=True, repr=False)
class Calibrations(Document):
    """Judges' numbers, before and after they were calibrated."""

    rows: tuple[Calibration, ...]

    SCHEMA = "judgebench.calibration/1"
    SHAPE = record(
        "",
        "Judges' probabilities before and after calibration, fitted on some questions, measured on the others.",
        rows=(ListOf(_ROW, 1), attrgetter("rows")),
    )

    def sheet(self) -> Sheet:
        return sheet(
            {
                "task": lambda x: x[0].task,
                **judge_columns(lambda x: x[0].judge),
                "method": lambda x: x[1].method,
                "fitted": lambda x: x[0].fitted,
                "measured": lambda x: x[0].measured,
                "figure": lambda x: x[2],
                "value*": lambda x: x[1].figures[x[2]],
                "change*": lambda x: x[1].changes.get(x[2]),
                "undefined": lambda x: x[1].figures[x[2]].undefined,
            },
            [(row, method, name) for row in self.rows for method in row.methods for name in FIGURES],
        )

    def brief(self) -> Brief:
        names = known_as(row.judge for row in self.rows)
        rows = [(row, method) for row in self.rows for method in row.methods]
        fields: list[Field[tuple[Calibration, Calibrated]]] = [
            *when(differ(self.rows, "task"), Field("task", _task, right=False)),
            Field("judge", lambda x: names[x[0].judge], right=False),
            Field("numbers", lambda x: _NAMES[x[1].method], right=False),
            Field("off by [95 %]", lambda x: two(x[1].figures["ece"]), right=False),
            Field("Brier [95 %]", lambda x: two(x[1].figures["brier"], 3), right=False),
            Field("change of Brier", lambda x: _changed(x[1]), right=False),
            Field("log loss", lambda x: two(x[1].figures["log_loss"]), right=False, spare=True),
        ]
        answer = tuple(_answer(row, names[row.judge]) for row in self.rows[:MOST_NOTES])
        first = self.rows[0]
        note = (
            f"Fitted on {many(first.fitted, 'judgment')}, measured on {first.measured:,} others. Less is better: “off "
            "by” is how far a probability is from what happens (ECE), Brier its squared error."
        )
        return Brief(answer, grid(fields, rows), (note,))

    def blocks(self) -> Iterator[Block]:
        for row in self.rows:
            yield _sentence(row)
        rows = [(row, method) for row in self.rows for method in row.methods]
        note = (
            "Less is better. ECE: 10 right-closed bins of equal width, of the positive label's probability; chance "
            "lifts it, the more the better calibrated a judge is. Changes are paired, by question; brackets hold 95 % "
            "intervals for the map as it was fitted."
        )
        yield Table(grid(_FIELDS, rows, [note, *map(_split, self.rows[:1])]), (0, 1), ((12, (6,)),))


def _answer(row: Calibration, judge: str) -> str:
    """Say whether a map makes the numbers better, which is clear where the interval of the change lies below 0."""
    known = {one.method: one for one in row.methods if one.figures["brier"].value is not None}
    if not known:
        return f"{judge}'s numbers can't be calibrated: their squared error is undefined."
    raw = known.pop("raw", None)
    best = min(known.values(), key=lambda one: one.figures["brier"].value or 0.0, default=None)
    if raw is None:
        made = f"; {_HOW[best.method]} turns them into probabilities" if best else ""
        return f"{judge} gives scores, not probabilities{made}."
    change = best.changes.get("brier") if best else None
    start = f"{judge}'s probabilities are off by {decimal(raw.figures['ece'].value or 0.0, 2)} on average"
    if best is None or change is None or change.value is None:
        return f"{start}."
    now, before = (decimal(one.figures["brier"].value or 0.0) for one in (best, raw))
    by = f"a squared error (Brier) of {now} against {before}"
    if change.high is not None and change.high < 0:
        return f"{start}; {_HOW[best.method]} makes them better: {by}."
    return f"{start}; nothing that was tried clearly makes them better: at best {by}."


def _task(both: tuple[Calibration, Calibrated]) -> str:
    return both[0].task


def _changed(one: Calibrated) -> str:
    change = one.changes.get("brier")
    return "" if change is None or change.value is None else interval(change, sign=True)


def _sentence(row: Calibration) -> str:
    known = {one.method: one.figures["ece"].value for one in row.methods}
    told = [f"{_NAMES[name]} {decimal(value)}" for name, value in known.items() if value is not None]
    return (
        f"{clean(row.judge)} on {clean(row.task)}: expected calibration error on {many(row.measured, 'judgment')} that "
        f"nothing was fitted on: {', '.join(told) or 'none can be had'}."
    )


def _split(row: Calibration) -> str:
    fitted = f"{percent(row.share, 0)} % of the questions (seed {row.seed}): {many(row.fitted, 'judgment')}"
    return f"Fitted on {fitted}. {row.policies}."


_cell = partial(explained, reasons=_REASONS)


def _change(pair: tuple[Calibration, Calibrated]) -> Cell:
    one = pair[1].changes.get("brier")
    return Cell("") if one is None else _cell(one, write=lambda found: interval(found, sign=True))


_FIELDS: Fields[tuple[Calibration, Calibrated]] = (
    Field("judge", lambda x: x[0].judge, right=False),
    Field("numbers", lambda x: _NAMES[x[1].method], right=False),
    Field(("ECE", "[95 % interval]"), lambda x: _cell(x[1].figures["ece"]), right=False),
    Field(("Brier", "[95 % interval]"), lambda x: _cell(x[1].figures["brier"]), right=False),
    Field(("change", "of Brier"), _change, right=False),
    Field(("log loss", "[95 % interval]"), lambda x: _cell(x[1].figures["log_loss"]), right=False),
)
