"""Judges by tasks, in one table: each figure with its interval, and a sign that says where people stand."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, NamedTuple

from judgebench.domain import conditions_of
from judgebench.report.page.forest import short, value_text
from judgebench.report.said import brief_name, on_sample
from judgebench.report.stand_in import SAID

if TYPE_CHECKING:
    from collections.abc import Sequence

    from judgebench.domain import Estimate
    from judgebench.report.page.measured import Judge, Measured

__all__ = ["Head", "Matrix", "MatrixCell", "MatrixRow", "overview", "row_name"]

_CAN = {"yes": "can take a person's place", "open": "not sure", "no": "can't take a person's place"}


class Head(NamedTuple):
    """A column: a task, what its figure is, and where its part of the page begins."""

    title: str
    sub: str
    link: str = ""


class MatrixCell(NamedTuple):
    """A figure; ``tone`` is the class of its ground, ``sign`` and ``word`` say the same, ``sub`` is below."""

    figure: str
    interval: str = ""
    tone: str = ""
    sign: str = ""
    word: str = ""
    sub: str = ""
    sort: str = ""


class MatrixRow(NamedTuple):
    """A judge, with marks beside its name."""

    name: str
    cells: tuple[MatrixCell | None, ...]
    tags: tuple[tuple[str, str], ...] = ()


@dataclass(frozen=True, slots=True)
class Matrix:
    """The table; ``people`` is its first row, ``key`` explains the signs that it has."""

    caption: str
    heads: tuple[Head, ...]
    people: tuple[MatrixCell | None, ...]
    rows: tuple[MatrixRow, ...]
    key: tuple[tuple[str, str], ...] = ()


def overview(measured: Sequence[Measured]) -> Matrix:
    """Put the judges of a page by its tasks; a judge that a task lacks was not measured there."""
    heads = tuple(Head(one.title, brief_name(one.metric)) for one in measured)
    columns = [{row_name(judge): judge for judge in (*one.judges, *one.rules)} for one in measured]
    names = dict.fromkeys(name for column in columns for name in column)
    people = tuple(_cell(one.metric, one.people) if one.people is not None else None for one in measured)
    rows: list[MatrixRow] = []
    signs: set[str] = set()
    for name in names:
        cells: list[MatrixCell | None] = []
        for one, column in zip(measured, columns, strict=True):
            judge = column.get(name)
            if judge is None:
                cells.append(None)
                continue
            state = "" if one.sample else judge.state
            signs.add(state)
            cell = _cell(one.metric, judge.figure)
            if state:
                cell = cell._replace(tone=SAID[state].style, sign=SAID[state].sign, word=_CAN[state])
            cells.append(cell)
        rows.append(MatrixRow(name, tuple(cells)))
    key = tuple((SAID[state].sign, word) for state, word in _CAN.items() if state in signs)
    return Matrix("Agreement of judges, task by task", heads, people if any(people) else (), tuple(rows), key)


def row_name(judge: Judge) -> str:
    """Name a judge's row: one for its runs on samples and on other tasks' own data, since heads mark samples."""
    if not on_sample(judge.row.judge):
        return judge.name
    told = conditions_of(judge.row.judge)["revision"]
    return " · ".join(part for part in judge.name.split(" · ") if part != told)


def _cell(metric: str, one: Estimate) -> MatrixCell:
    value = value_text(metric, one.value)
    return MatrixCell(value, short(metric, one.low, one.high), sort="" if one.value is None else f"{one.value:.6f}")
