"""Probes in brief: what leads a judge, the largest effects, and what can't be ruled out."""

from __future__ import annotations

from typing import TYPE_CHECKING

from judgebench.report.document.blocks import Cell, Field, Grid, grid, when
from judgebench.report.document.brief import MOST_NOTES, Brief, Next
from judgebench.report.document.text import NONE, clean, decimal, interval, many, percent
from judgebench.report.said import known_as, whole
from judgebench.report.words import sampled, task_name

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from judgebench.report.document.blocks import Tone
    from judgebench.report.probe_tables import ProbeRow

__all__ = ["brief", "told"]

#: Rows that are shown: what leads, then the largest effects; and an effect that matters.
_MOST, LARGE = 12, 0.1
#: Whether a judge is led, and the colour that repeats it.
_TONES: dict[str, Tone] = {"led": "bad", "not sure": "doubt", "no": "good", NONE: ""}


def told(row: ProbeRow) -> str:
    """Say whether a judge is led: not sure where an effect that matters can't be ruled out."""
    effect = row.found.effect
    if row.found.led:
        return "led"
    if effect.value is None:
        return NONE
    if effect.high is None or effect.low is None:
        return "not sure"
    return "not sure" if max(effect.high, -effect.low if row.found.either else effect.high) > LARGE else "no"


def brief(rows: Sequence[ProbeRow], sentences: Sequence[str], notes: Sequence[str]) -> Brief:
    """Say it in brief: ``sentences`` one a judge and task, ``notes`` what else changes what a reader does."""
    shown = sorted(rows, key=_place)[:_MOST]
    said = list(notes)
    if len(rows) > len(shown):
        said.insert(0, f"{many(len(rows) - len(shown), 'more probe')} with smaller effects: --explain.")
    if any(sampled(row.revision) for row in rows):
        said.append("SAMPLE: these figures show that it works; they say nothing about any judge.")
    answer = list(sentences[:MOST_NOTES])
    if (more := len(sentences) - MOST_NOTES) > 0:
        answer.append(f"{more} more below.")
    return Brief(tuple(answer), _table(shown), tuple(said)[:MOST_NOTES], (Next("judgebench report runs", "the items"),))


def _place(row: ProbeRow) -> tuple[bool, float]:
    """Place what leads first, then by size."""
    return not row.found.led, -abs(row.found.effect.value or 0.0)


def _table(rows: Sequence[ProbeRow]) -> Grid:
    names = known_as(row.judge for row in rows)

    def judge(row: ProbeRow) -> str:
        return names[row.judge]

    fields: list[Field[ProbeRow]] = [
        *when(_several(rows, "task"), Field("task", _task, right=False)),
        *when(_several(rows, "judge"), Field("judge", judge, right=False)),
        Field("probe", lambda row: clean(row.probe), right=False),
        Field("led?", lambda row: Cell(told(row), tone=_TONES[told(row)]), right=False),
        Field("effect [95 %]", _effect, right=False),
        Field("cases", lambda row: f"{row.found.rows:,}", spare=True),
        Field("flips", _flips, spare=True),
        Field("asked again", _share("retest_flips"), spare=True),
        Field("right before", _share("accuracy_before")),
        Field("right after", _share("accuracy_after")),
    ]
    found = grid(fields, rows)
    empty = [column.title for i, column in enumerate(found.columns) if all(row[i].text == NONE for row in found.rows)]
    return found.without(*empty)


def _several(rows: Sequence[ProbeRow], name: str) -> bool:
    return len({getattr(row, name) for row in rows}) > 1


def _task(row: ProbeRow) -> str:
    return task_name(row.task, row.revision)


def _effect(row: ProbeRow) -> str:
    if row.scale.kind in {"rate", "number"}:
        return interval(row.found.effect, lambda value: decimal(value, 2), sign=True)
    return interval(row.found.effect, lambda value: percent(value, 0), sign=True)


def _flips(row: ProbeRow) -> str:
    same = row.found.figures.get("robustness")
    return NONE if same is None or same.value is None else whole(1 - same.value)


def _share(name: str) -> Callable[[ProbeRow], str]:
    def said(row: ProbeRow) -> str:
        found = row.found.figures.get(name)
        return NONE if found is None else whole(found.value)

    return said
