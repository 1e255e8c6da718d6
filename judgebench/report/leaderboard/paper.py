"""One table of judges by figures, as a paper prints it: columns chosen, in percent, the best bold, others beside."""

from __future__ import annotations

import re
from collections import Counter
from dataclasses import dataclass
from difflib import get_close_matches
from functools import partial
from typing import TYPE_CHECKING, NamedTuple

from judgebench.errors import UsageError, argument
from judgebench.report.document.blocks import Cell, Column, Grid, Sheet
from judgebench.report.document.text import NONE, clean, decimal, figure, interval, percent, some, value_of, words_of
from judgebench.report.leaderboard.entries import usd_per_1000
from judgebench.report.leaderboard.tables import marked
from judgebench.report.said import first_up, known_as
from judgebench.report.words import REASONS, SAMPLE_ROWS, headline_name, sampled
from judgebench.stats.coefficients.catalog import METRICS, ROW_METRICS, title_of

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping, Sequence

    from judgebench.domain import Agreement, Estimate
    from judgebench.report.document.blocks import Value
    from judgebench.report.leaderboard.entries import Entry
    from judgebench.stats.coefficients.catalog import Metric, RowMetric

__all__ = ["Listed", "Paper", "paper_grid", "paper_sheet"]

#: Columns that are no figure of a judge's verdicts: heading, cell, and what CSV holds.
_PLAIN: Mapping[str, tuple[str, Callable[[Entry], str], Callable[[Entry], Value]]] = {
    "rank": ("rank", lambda e: e.ranks, lambda e: e.ranks),
    "tier": ("tier", lambda e: "" if e.tier is None else str(e.tier), lambda e: e.tier),
    "items": ("items", lambda e: f"{e.row.items:,}", lambda e: e.row.items),
    "coverage": ("coverage", lambda e: f"{percent(e.row.coverage)} %", lambda e: e.row.coverage),
    "usd": (
        "USD per 1,000 judgments",
        lambda e: figure(usd_per_1000(e.row), 2) or NONE,
        lambda e: usd_per_1000(e.row),
    ),
}


#: A commit or another digest, of which its first digits are enough to find it.
_DIGEST = re.compile(r"\b[0-9a-f]{40}\b")


class Listed(NamedTuple):
    """A published figure, a fraction, of a judge on a task; ``recorded``: its verdicts are public, too.

    ``decimals`` are those of the printed number, which is in ``unit``. ``conditions`` are policies other than the
    benchmark's own.
    """

    task: str
    judge: str
    subset: str
    metric: str
    value: float
    decimals: int
    source: str
    recorded: bool
    unit: str = "percent"
    conditions: str = ""

    @property
    def key(self) -> _Key:
        """The column that it belongs to."""
        return _Key(self.task, self.metric, self.subset)

    def digits(self, *, percent: bool) -> int:
        """So many decimals the printed number has in percent, or as a fraction.

        >>> one = Listed("t", "j", "all", "accuracy", 0.7107, 2, "s", False)
        >>> one.digits(percent=True), one.digits(percent=False)
        (2, 4)
        """
        return max(0, self.decimals + 2 * ((self.unit == "percent") - percent))


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

    def scaled(self, how: Paper) -> bool:
        """Whether it is written times 100.

        An error, and what has no bounds or none that are known, is not a share; nor is a kappa, unless it was
        published times 100.
        """
        known = _known(self.metric)
        if self.metric in METRICS and METRICS[self.metric].chance_corrected:
            printed = {one.unit for one in how.published if one.key == self}
            return how.percent and "percent" in printed
        return how.percent and known is not None and known.perfect != 0 and known.high <= 1 and known.low >= -1


@dataclass(frozen=True, slots=True)
class _Line:
    """A row of the table: a judge that was measured here, by task, or one of whom figures are published.

    ``under``: its policies, where another row of the judge is under others.
    """

    judge: str
    entries: Mapping[str, Entry]
    figures: Mapping[_Key, Listed]
    rows: Mapping[tuple[str, str], Agreement]
    under: str = ""

    def estimate(self, key: _Key) -> Estimate | None:
        row = self.rows.get((key.task, key.subset))
        return None if row is None else row.metrics.get(key.metric)

    def value(self, key: _Key) -> float | None:
        if key in self.figures:
            return self.figures[key].value
        return value_of(self.estimate(key))

    def sampled(self, task: str) -> bool:
        return task in self.entries and sampled(self.entries[task].row.revision)

    @property
    def samples(self) -> list[str]:
        """Its tasks that were measured on samples, where others of it were not."""
        found = [task for task in self.entries if self.sampled(task)]
        return found if len(found) < len(self.entries) else []

    @property
    def notes(self) -> tuple[str, ...]:
        """What has to be said of the whole row; a row of samples and data says it at the samples' figures."""
        found = [SAMPLE_ROWS] if self.entries and all(map(self.sampled, self.entries)) else []
        found += [f"measured under {self.under}"] if self.under else []
        for one in self.figures.values():
            end = "; its verdicts are public" if one.recorded else "; without verdicts"
            source = _DIGEST.sub(lambda found: found[0][:7], one.source)
            found.append(f"published: {source}{f' ({one.conditions})' if one.conditions else ''}{end}")
        return tuple(dict.fromkeys(found))


@dataclass(frozen=True, slots=True)
class _Layout:
    """What is in the table, whatever its form: lines, columns (task, name, and its figure), and remarks."""

    lines: list[_Line]
    columns: list[tuple[str, str, _Key | None]]
    several: bool
    remarks: tuple[str, ...]


def paper_grid(entries: Sequence[Entry], how: Paper, *, bold: bool = True) -> Grid:
    """Put judges in rows, and the columns asked for, of one task or of several, side by side; the best of each is bold.

    Rows are in the order of the first column of figures. UsageError where a column is no metric, or no row has it.
    """
    layout = _layout(entries, how)
    best = {key: _best(key, layout.lines, how) for _, _, key in layout.columns if key is not None}
    names = known_as(line.judge for line in layout.lines if line.entries)
    rows: list[tuple[Cell, ...]] = []
    for i, line in enumerate(layout.lines):
        cells = [Cell(f"{clean(line.judge)} (published)" if line.figures else clean(names[line.judge]), line.notes)]
        for task, name, key in layout.columns:
            if key is not None:
                cells.append(_cell(line, key, how, strong=best[key][i]))
            else:
                entry = line.entries.get(task)
                cells.append(Cell(NONE if entry is None else _PLAIN[name][1](entry)))
        rows.append(tuple(cells))
    remarks = list(layout.remarks)
    if best:
        scaled = {key.scaled(how) for key in best}
        what = "Figures in percent" if scaled == {True} else "Shares in percent" if True in scaled else "Figures"
        said = f"{what}{' with 95 % intervals' if how.intervals else ''}"
        remarks.append(f"{said}; bold: the best." if bold and any(map(any, best.values())) else f"{said}.")
    heads = [Column("judge", right=False)]
    for task, name, _ in layout.columns:
        text = _heading(name)
        named = marked(task, [entry for entry in entries if entry.row.task == task])
        heads.append(Column(f"{named}: {text}", (f"{named}:", text)) if layout.several else Column(text))
    return Grid(tuple(heads), tuple(rows), tuple(remarks))


def paper_sheet(entries: Sequence[Entry], how: Paper) -> Sheet:
    """Give the same table as numbers, with what is said of a row (a sample, a source) in a column ``note``."""
    layout = _layout(entries, how)
    header = ["judge"]
    table: list[list[Value]] = [[clean(line.judge)] for line in layout.lines]
    for task, name, key in layout.columns:
        title = f"{task}: {name}" if layout.several else name
        bounds = key is not None and how.intervals
        header += [title, f"{title}_low", f"{title}_high"] if bounds else [title]
        for line, row in zip(layout.lines, table, strict=True):
            if key is None:
                entry = line.entries.get(task)
                row.append(None if entry is None else _PLAIN[name][2](entry))
                continue
            times = 100.0 if key.scaled(how) else 1.0
            one = None if key in line.figures else line.estimate(key)
            found = [line.value(key), *((one and one.low, one and one.high) if bounds else ())]
            row += [None if value is None else times * value for value in found]
    notes = ["; ".join((*line.notes, *(f"SAMPLE: {task}" for task in line.samples))) for line in layout.lines]
    if any(notes):
        header.append("note")
        for row, note in zip(table, notes, strict=True):
            row.append(note)
    return Sheet(header, table)


def _layout(entries: Sequence[Entry], how: Paper) -> _Layout:
    tasks = list(dict.fromkeys(entry.row.task for entry in entries))
    asked = [(task, name) for task in tasks for name in dict.fromkeys(how.columns or _usual(task, entries, how))]
    measured = _measured(entries)
    columns = [(task, name, _key(task, name, entries)) for task, name in asked]
    keys = [key for _, _, key in columns if key is not None]
    listed = _published(keys, how)
    lacking = [
        (task, name)
        for task, name, key in columns
        if key is not None and not any(key in line.figures or line.estimate(key) for line in (*measured, *listed))
    ]
    for task, name in lacking:
        # Beside a task that has it, a task without it needs no column of dashes.
        if all((other, name) in lacking for other, called in asked if called == name):
            raise _nowhere(task, name, entries)
    kept = [column for column in columns if column[:2] not in lacking]
    first = next((key for _, _, key in kept if key is not None), None)
    lines = sorted((*measured, *listed), key=lambda line: _place(first, line))
    remarks = [f"No judge has {name} on {clean(task)}." for task, name in lacking]
    if how.published and not listed:
        remarks.append("No published figure is of these columns.")
    remarks += _order_words(kept, entries)
    return _Layout(lines, kept, len(tasks) > 1, tuple(remarks))


def _order_words(columns: Sequence[tuple[str, str, _Key | None]], entries: Sequence[Entry]) -> list[str]:
    """Say by what the ranks are, where it isn't what the table shows first."""
    found: list[str] = []
    for task in dict.fromkeys(task for task, name, _ in columns if name in {"rank", "tier"}):
        those = " and ".join(f"{one}s" for one in ("rank", "tier") if any(c[:2] == (task, one) for c in columns))
        headline = next(entry.headline for entry in entries if entry.row.task == task)
        shown = next((key for of, _, key in columns if of == task and key is not None), None)
        if shown is None or (shown.metric, shown.subset) != (headline, "all"):
            found.append(f"{first_up(those)} on {clean(task)} are by {_heading(headline)}.")
    return found


def _usual(task: str, entries: Sequence[Entry], how: Paper) -> list[str]:
    """Choose a task's column: what most of its published figures are, else its headline."""
    counted = Counter((one.metric, one.subset) for one in how.published if one.task == task)
    if not counted:
        return [next(entry.headline for entry in entries if entry.row.task == task)]
    (metric, subset), _ = counted.most_common(1)[0]
    return [metric if subset == "all" else f"{metric}:{subset}"]


def _key(task: str, name: str, entries: Sequence[Entry]) -> _Key | None:
    if name in _PLAIN:
        return None
    metric, _, subset = name.partition(":")
    # A benchmark's own score, or a plugin's metric, is one that a row has.
    if metric not in METRICS and metric not in ROW_METRICS and not any(metric in e.row.metrics for e in entries):
        near = " or ".join(get_close_matches(metric, [*_PLAIN, *METRICS, *ROW_METRICS], n=2))
        raise UsageError(
            f"{argument('columns')} {name!r}: {near and f'did you mean {near}? '}write {', '.join(_PLAIN)}, or a "
            "metric of judgebench list metrics (of a subset: accuracy:Chat)"
        )
    return _Key(task, metric, subset or "all")


def _nowhere(task: str, name: str, entries: Sequence[Entry]) -> UsageError:
    metric, _, subset = name.partition(":")
    rows = [entry.row for entry in entries if entry.row.task == task]
    subsets = list(dict.fromkeys(row.subset for row in rows if row.subset != "all"))
    if subset not in {"", "all", *subsets}:
        hint = f"its subsets are {some(list(map(clean, subsets)), 8)}" if subsets else "it has no subsets"
    else:
        known = dict.fromkeys(one for row in rows for one, e in row.metrics.items() if e.value is not None)
        hint = f"it has {some([one for one in known if one != metric], 8)}"
    return UsageError(f"{argument('columns')} {name}: no judge has it on {task}; {hint}")


def _measured(entries: Iterable[Entry]) -> list[_Line]:
    """Make a line of each judge; what was measured of it twice on a task, as on samples and on data, has two."""
    found: dict[tuple[str, int], dict[str, Entry]] = {}
    rows: dict[tuple[str, int], dict[tuple[str, str], Agreement]] = {}
    seen: Counter[tuple[str, str, str]] = Counter()
    for entry in entries:
        row = entry.row
        at = (row.judge, seen[row.task, row.subset, row.judge])
        seen[row.task, row.subset, row.judge] += 1
        rows.setdefault(at, {})[row.task, row.subset] = row
        if row.subset == "all":
            found.setdefault(at, {})[row.task] = entry
    return [_Line(at[0], own, {}, rows[at], _other_policies(own, found[at[0], 0])) for at, own in found.items()]


def _other_policies(own: Mapping[str, Entry], first: Mapping[str, Entry]) -> str:
    """Say under what a judge's further line was measured, where that is not what its first line is under."""
    pairs = [(str(one.row.policies), str(first[task].row.policies)) for task, one in own.items() if task in first]
    return ", ".join(dict.fromkeys(under for under, usual in pairs if under != usual))


def _published(keys: Sequence[_Key], how: Paper) -> list[_Line]:
    """Make a line of each judge of whom a figure of these columns is published, by the benchmark's own policies."""
    found: dict[str, dict[_Key, Listed]] = {}
    for one in sorted(how.published, key=lambda one: bool(one.conditions)):
        if one.key in keys:
            found.setdefault(one.judge, {}).setdefault(one.key, one)
    return [_Line(judge, {}, figures, {}) for judge, figures in found.items()]


def _cell(line: _Line, key: _Key, how: Paper, *, strong: bool) -> Cell:
    if key in line.figures:
        one = line.figures[key]
        return Cell(_number(key, how, one.digits(percent=key.scaled(how)))(one.value), strong=strong)
    estimate = line.estimate(key)
    if estimate is None:
        return Cell(NONE)
    notes = (SAMPLE_ROWS,) if key.task in line.samples else ()
    if estimate.value is None:
        return Cell(NONE, (words_of(estimate.undefined or "", REASONS), *notes))
    write = _number(key, how, _digits(key, how))
    text = interval(estimate, write) if how.intervals else write(estimate.value)
    return Cell(text, notes, strong)


def _number(key: _Key, how: Paper, digits: int) -> Callable[[float], str]:
    return partial(percent if key.scaled(how) else decimal, digits=digits)


def _digits(key: _Key, how: Paper) -> int:
    """As many decimals as the published figures of the column have, else what is usual."""
    scaled = key.scaled(how)
    own = [one.digits(percent=scaled) for one in how.published if one.key == key]
    return max(own, default=1) if scaled else max([3, *own])


def _known(metric: str) -> Metric | RowMetric | None:
    return METRICS.get(metric) or ROW_METRICS.get(metric)


def _distance(metric: str, value: float) -> float | None:
    """How far a figure is from the best there can be, None where neither more nor less of it is known to be better."""
    known = _known(metric)
    return None if known is None or known.perfect is None else abs(value - known.perfect)


def _best(key: _Key, lines: Sequence[_Line], how: Paper) -> list[bool]:
    """Say which lines have the best figure of a column, as far as it is printed: what reads alike is bold alike.

    A figure of samples is no rival of one of the benchmark.
    """
    known = {i: value for i, line in enumerate(lines) if (value := line.value(key)) is not None}
    rivals = {i: value for i, value in known.items() if not lines[i].sampled(key.task)} or known
    distances = {i: found for i, value in rivals.items() if (found := _distance(key.metric, value)) is not None}
    if len(distances) < 2:
        return [False] * len(lines)
    write = _number(key, how, _digits(key, how))
    best = write(rivals[min(distances, key=distances.__getitem__)])
    return [i in rivals and write(rivals[i]) == best for i in range(len(lines))]


def _place(first: _Key | None, line: _Line) -> tuple[bool, float]:
    value = None if first is None else line.value(first)
    if first is None or value is None:
        return (value is None and first is not None, 0.0)
    distance = _distance(first.metric, value)
    return (False, -value if distance is None else distance)


def _heading(name: str) -> str:
    if name in _PLAIN:
        return _PLAIN[name][0]
    metric, _, subset = name.partition(":")
    short = headline_name(metric)
    # Other tables write shares in percent, and break words at the end of a line.
    text = title_of(metric) if "%" in short or "- " in short else short
    return text + (f", {subset}" if subset not in {"", "all"} else "")
