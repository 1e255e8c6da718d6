"""One table of judges by figures, as a paper prints it: columns chosen, in percent, the best bold, others beside."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING, NamedTuple

from judgebench.errors import UsageError, argument
from judgebench.report.document.blocks import Cell, Column, Grid
from judgebench.report.document.text import NONE, clean, decimal, figure, interval
from judgebench.report.leaderboard.ranks import usd_per_1000
from judgebench.report.words import SAMPLE_ROWS, headline_name
from judgebench.stats.coefficients.catalog import METRICS, ROW_METRICS

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping, Sequence

    from judgebench.domain import Agreement
    from judgebench.report.leaderboard.ranks import Entry

__all__ = ["Listed", "Paper", "paper_grid"]

#: Columns that are no figure of a judge's verdicts.
_PLAIN: Mapping[str, tuple[str, Callable[[Entry], str]]] = {
    "rank": ("rank", lambda e: e.ranks),
    "tier": ("tier", lambda e: "" if e.tier is None else str(e.tier)),
    "items": ("items", lambda e: f"{e.row.items:,}"),
    "coverage": ("coverage", lambda e: figure(100 * e.row.coverage, 1) + " %"),
    "usd": ("USD per 1,000 judgments", lambda e: NONE if (usd := usd_per_1000(e.row)) is None else figure(usd, 2)),
}


class Listed(NamedTuple):
    """A published figure, a fraction, of a judge on a task; ``recorded``: its verdicts are public, too."""

    task: str
    judge: str
    subset: str
    metric: str
    value: float
    decimals: int
    source: str
    recorded: bool


@dataclass(frozen=True, slots=True)
class Paper:
    """How a table for a paper looks.

    ``columns`` are metrics (``accuracy``, of a subset ``accuracy:Chat``), or ``rank``, ``tier``, ``items``,
    ``coverage``, ``usd``; without any a task's headline, or, where figures are ``published``, the one that most of them
    are. ``percent`` writes figures times 100, ``intervals`` with their brackets.
    """

    columns: tuple[str, ...] = ()
    percent: bool = False
    intervals: bool = True
    published: tuple[Listed, ...] = ()


class _Key(NamedTuple):
    """A column of figures."""

    task: str
    metric: str
    subset: str


class _Line(NamedTuple):
    """A row of the table: a judge that was measured here, by task, or one of whom figures are published."""

    judge: str
    entries: Mapping[str, Entry]
    figures: Mapping[_Key, Listed]
    notes: tuple[str, ...]


def paper_grid(entries: Sequence[Entry], how: Paper, *, bold: bool = True) -> Grid:
    """Put judges in rows, and the columns asked for, of one task or of several, side by side; the best of each is bold.

    Rows are in the order of the first column of figures. UsageError where a column is no metric, or no row has it.
    """
    tasks = list(dict.fromkeys(entry.row.task for entry in entries))
    asked = [(task, name) for task in tasks for name in how.columns or _usual(task, entries, how)]
    rows: dict[tuple[str, str, str], Agreement] = {(e.row.task, e.row.subset, e.row.judge): e.row for e in entries}
    lines = [*_measured(entries), *_published(tasks, how)]
    keys = {(task, name): key for task, name in asked if (key := _key(task, name)) is not None}
    values = {key: [_value(line, key, rows) for line in lines] for key in keys.values()}
    if missing := next((key for key, found in values.items() if all(value is None for value in found)), None):
        name = missing.metric if missing.subset == "all" else f"{missing.metric}:{missing.subset}"
        raise UsageError(f"{argument('columns')} {name}: no judge has it on {missing.task}")
    best = {key: _best(key.metric, found) for key, found in values.items()}
    first = next(iter(keys.values()), None)
    order = sorted(range(len(lines)), key=lambda i: _place(first, values, i))
    columns = [Column("judge", right=False)]
    cells: list[list[Cell]] = [[Cell(clean(lines[i].judge), lines[i].notes)] for i in order]
    for task, name in asked:
        columns.append(Column(_heading(task, name, several=len(tasks) > 1)))
        key = keys.get((task, name))
        for row, i in zip(cells, order, strict=True):
            if key is None:
                entry = lines[i].entries.get(task)
                row.append(Cell(NONE if entry is None else _PLAIN[name][1](entry)))
            else:
                strong = best[key] is not None and values[key][i] == best[key]
                row.append(Cell(_written(lines[i], key, rows, how), strong=strong))
    said = f"Figures{' in percent' if how.percent else ''}{' with 95 % intervals' if how.intervals else ''}"
    return Grid(tuple(columns), tuple(map(tuple, cells)), (f"{said}; bold: the best." if bold else f"{said}.",))


def _usual(task: str, entries: Sequence[Entry], how: Paper) -> list[str]:
    """Choose a task's column: what most of its published figures are, else its headline."""
    counted = Counter((one.metric, one.subset) for one in how.published if one.task == task)
    if not counted:
        return [next(entry.headline for entry in entries if entry.row.task == task)]
    (metric, subset), _ = counted.most_common(1)[0]
    return [metric if subset == "all" else f"{metric}:{subset}"]


def _key(task: str, name: str) -> _Key | None:
    if name in _PLAIN:
        return None
    metric, _, subset = name.partition(":")
    if metric not in METRICS and metric not in ROW_METRICS:
        raise UsageError(
            f"{argument('columns')} {name!r}: write {', '.join(_PLAIN)}, or a metric of judgebench list metrics (of a "
            "subset: accuracy:Chat)"
        )
    return _Key(task, metric, subset or "all")


def _measured(entries: Iterable[Entry]) -> list[_Line]:
    found: dict[str, dict[str, Entry]] = {}
    for entry in entries:
        if entry.row.subset == "all":
            found.setdefault(entry.row.judge, {}).setdefault(entry.row.task, entry)
    return [
        _Line(judge, own, {}, (SAMPLE_ROWS,) if any(e.row.revision.startswith("sample") for e in own.values()) else ())
        for judge, own in found.items()
    ]


def _published(tasks: Sequence[str], how: Paper) -> list[_Line]:
    found: dict[str, list[Listed]] = {}
    for one in how.published:
        if one.task in tasks:
            found.setdefault(one.judge, []).append(one)
    lines: list[_Line] = []
    for judge, some in found.items():
        recorded = any(one.recorded for one in some)
        end = "; its verdicts are public, too (judgebench reproduce)" if recorded else "; without verdicts"
        notes = tuple(dict.fromkeys(f"published: {one.source}{end}" for one in some))
        lines.append(_Line(judge, {}, {_Key(one.task, one.metric, one.subset): one for one in some}, notes[:1]))
    return lines


def _value(line: _Line, key: _Key, rows: Mapping[tuple[str, str, str], Agreement]) -> float | None:
    if line.figures:
        return line.figures[key].value if key in line.figures else None
    row = rows.get((key.task, key.subset, line.judge))
    estimate = None if row is None else row.metrics.get(key.metric)
    return None if estimate is None else estimate.value


def _written(line: _Line, key: _Key, rows: Mapping[tuple[str, str, str], Agreement], how: Paper) -> str:
    scaled = how.percent and not _is_error(key.metric)
    if line.figures:
        one = line.figures.get(key)
        if one is None:
            return NONE
        digits = one.decimals if scaled else one.decimals + 2 if how.percent else max(3, one.decimals)
        return figure(100 * one.value, digits) if scaled else decimal(one.value, digits)
    row = rows.get((key.task, key.subset, line.judge))
    estimate = None if row is None else row.metrics.get(key.metric)
    if estimate is None or estimate.value is None:
        return NONE
    write = partial(_scaled, digits=_digits(key, how)) if scaled else decimal
    return interval(estimate, write) if how.intervals else write(estimate.value)


def _scaled(value: float, digits: int) -> str:
    return figure(100 * value, digits)


def _digits(key: _Key, how: Paper) -> int:
    """As many decimals as the published figures of the column have, else one."""
    own = [one.decimals for one in how.published if (one.task, one.metric, one.subset) == key]
    return max(own, default=1)


def _is_error(metric: str) -> bool:
    return METRICS[metric].perfect == 0 if metric in METRICS else ROW_METRICS[metric].lower_is_better


def _best(metric: str, values: Sequence[float | None]) -> float | None:
    known = [value for value in values if value is not None]
    if len(known) < 2:
        return None
    return min(known, key=abs) if _is_error(metric) else max(known)


def _place(first: _Key | None, values: Mapping[_Key, Sequence[float | None]], at: int) -> tuple[bool, float]:
    value = None if first is None else values[first][at]
    if first is None or value is None:
        return (value is None and first is not None, 0.0)
    return (False, abs(value) if _is_error(first.metric) else -value)


def _heading(task: str, name: str, *, several: bool) -> str:
    if name in _PLAIN:
        text = _PLAIN[name][0]
    else:
        metric, _, subset = name.partition(":")
        text = headline_name(metric) + (f", {subset}" if subset not in {"", "all"} else "")
    return f"{task}: {text}" if several else text
