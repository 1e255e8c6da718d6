"""Probes in brief: what leads a judge, the largest effects, and what can't be ruled out."""

from __future__ import annotations

import shlex
from typing import TYPE_CHECKING, Protocol

from judgebench.report.document.blocks import Cell, Field, Grid, grid, when
from judgebench.report.document.brief import MOST_NOTES, Brief, Next
from judgebench.report.document.text import NONE, clean, decimal, interval, many, p_value, percent
from judgebench.report.said import differ, known_as, task_column, whole
from judgebench.report.words import samples_note

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from judgebench.agreement.probing.measure import Probed
    from judgebench.domain import Scale
    from judgebench.report.document.blocks import Tone
    from judgebench.report.probe_tables import ProbeRow

__all__ = ["LARGE", "NOT_SURE", "brief", "effect", "largest_first", "told"]

#: Rows that are shown: what leads, then the largest effects; and an effect that matters, in shares of cases or points.
_MOST, LARGE = 12, 0.1
NOT_SURE = "not sure"
#: Whether a judge is led, and the colour that repeats it.
_TONES: dict[str, Tone] = {"led": "bad", NOT_SURE: "doubt", "no": "good", NONE: ""}


class Found(Protocol):
    """A row that says what a change did to a judge."""

    @property
    def scale(self) -> Scale: ...
    @property
    def found(self) -> Probed: ...


def told(row: Found) -> Cell:
    """Say whether a judge is led: not sure where an effect that matters can't be ruled out."""
    word, one = "no", row.found.effect
    if row.found.led:
        word = "led"
    elif one.value is None:
        word = NONE
    elif one.high is None or one.low is None or max(one.high, -one.low if row.found.either else one.high) > LARGE:
        word = NOT_SURE
    return Cell(word, tone=_TONES[word])


def effect(row: Found) -> str:
    """Write an effect with its interval: points of a rating, else percent of cases."""
    rated = row.scale.numeric
    return interval(row.found.effect, lambda value: decimal(value, 2) if rated else percent(value, 0), sign=True)


def largest_first(row: Found) -> tuple[bool, float]:
    """Place what leads first, then the largest effects."""
    return not row.found.led, -abs(row.found.effect.value or 0.0)


def brief(rows: Sequence[ProbeRow], sentences: Sequence[str], notes: Sequence[str]) -> Brief:
    """Say it in brief: ``sentences`` one a judge and task, ``notes`` what else changes what a reader does."""
    shown = sorted(rows, key=largest_first)[:_MOST]
    said = [*samples_note(rows), *notes]
    if len(rows) > len(shown):
        said.insert(0, f"{many(len(rows) - len(shown), 'more probe')} with smaller effects: --explain.")
    answer = list(sentences[:MOST_NOTES])
    if (more := len(sentences) - MOST_NOTES) > 0:
        answer.append(f"{more} more: --explain.")
    return Brief(tuple(answer), _table(shown), tuple(said)[:MOST_NOTES], _next(rows))


def _next(rows: Sequence[ProbeRow]) -> tuple[Next, ...]:
    folders = list(dict.fromkeys(row.folder for row in rows if row.folder))
    return (Next(shlex.join(("judgebench", "report", *folders)), "the items"),) if len(folders) == 1 else ()


def _table(rows: Sequence[ProbeRow]) -> Grid:
    names = known_as(row.judge for row in rows)
    fields: list[Field[ProbeRow]] = [
        *task_column(rows),
        *when(differ(rows, "judge"), Field("judge", lambda row: names[row.judge], right=False)),
        Field("probe", lambda row: clean(row.probe), right=False),
        Field("led?", told, right=False),
        Field("effect, points [95 %]", effect, right=False),
        Field("p, corrected" if len(rows) > 1 else "p", lambda row: p_value(row.found.decisive)),
        Field("right before", _share("accuracy_before"), spare=True),
        Field("right after", _share("accuracy_after"), spare=True),
        Field("cases", lambda row: f"{row.found.rows:,}", spare=True),
        Field("flips", lambda row: whole(row.flips), spare=True),
        Field("asked again", _share("retest_flips"), spare=True),
    ]
    found = grid(fields, rows)
    empty = [column.title for i, column in enumerate(found.columns) if all(row[i].text == NONE for row in found.rows)]
    return found.without(*empty)


def _share(name: str) -> Callable[[ProbeRow], str]:
    return lambda row: whole(row.share(name))
