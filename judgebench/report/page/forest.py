"""The first table: a chart is one of its columns, so that name, verdict, picture and figures are a row."""

from __future__ import annotations

import itertools
import math
import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, NamedTuple

from judgebench.report.document.text import NONE, decimal, figure
from judgebench.report.said import is_share, numbers
from judgebench.stats.coefficients.catalog import METRICS

if TYPE_CHECKING:
    from collections.abc import Iterable

    from judgebench.domain import Estimate

__all__ = [
    "Axis",
    "Band",
    "Forest",
    "Line",
    "Mark",
    "axis_of",
    "band",
    "minus",
    "place",
    "short",
    "steps",
    "value_text",
]

#: Intervals of an axis, at least and at most.
_LEAST, _MOST = 4, 8


@dataclass(frozen=True, slots=True)
class Axis:
    """A line from ``low`` to ``high`` with marks: value and word; the same for all rows."""

    low: float
    high: float
    marks: tuple[tuple[float, str], ...]
    chance: float | None = None

    def at(self, value: float) -> str:
        """Say where a value lies, in percent of the line."""
        return f"{100 * min(1.0, max(0.0, (value - self.low) / (self.high - self.low))):.2f}%"

    def from_top(self, value: float) -> str:
        """Say where it lies on an upright line, in percent from the top."""
        return self.at(self.low + self.high - value)

    @property
    def ticks(self) -> list[tuple[str, str, str]]:
        """The marks as they are drawn: where, the word, and which end of it is there."""
        sides = ["start", *["middle"] * (len(self.marks) - 2), "end"]
        return [(self.at(value), word, side) for (value, word), side in zip(self.marks, sides, strict=True)]

    def span(self, low: float, high: float) -> str:
        """Say how long a stretch is, in percent."""
        low, high = max(low, self.low), min(high, self.high)
        return f"{100 * max(0.0, high - low) / (self.high - self.low):.2f}%"


def axis_of(metric: str, estimates: Iterable[Estimate | None]) -> Axis:
    """Choose an axis from where the data are; chance is drawn if it is within.

    >>> from judgebench.domain import Estimate
    >>> [word for _, word in axis_of("cohen_kappa", [Estimate(0.7, 0.63, 0.81, 9)]).marks]
    ['.6', '.7', '.8', '.9', '1']
    """
    values = numbers(estimates) or [0.0, 1.0]
    known = METRICS.get(metric)
    least, most = min(values), max(values)
    step, first, last = steps(least, most)
    top = round(known.perfect / step) if known is not None and known.perfect else None
    while last - first < _LEAST:
        if top is None or last < top:
            last += 1
        else:
            first -= 1
    low, high = first * step, last * step
    marks = tuple((i * step, _mark(metric, i * step)) for i in range(first, last + 1))
    corrected = known is not None and known.chance_corrected
    return Axis(low, high, marks, 0.0 if corrected and low < 0 < high else None)


def steps(least: float, most: float, *, finest: int = -1) -> tuple[float, int, int]:
    """Choose a round step, from ``10 ** finest`` on, and the first and last mark in steps: not too many."""
    for power in itertools.count(finest):
        for times in (1, 2, 5):
            step = times * 10.0**power
            first, last = math.floor(least / step + 1e-9), math.ceil(most / step - 1e-9)
            if last - first <= _MOST:
                return step, first, last
    raise AssertionError


def _mark(metric: str, value: float) -> str:
    if is_share(metric):
        return f"{figure(100 * value, 0)} %"
    text = f"{round(value, 6):g}"
    return minus(text.replace("0.", ".", 1) if text.startswith(("0.", "-0.")) else text)


def minus(text: str) -> str:
    """Put true minus signs before the figures of a page; hyphens in names stay.

    >>> minus("gpt-4 has -.15 (-.2 to -1)").count("\N{MINUS SIGN}")
    3
    """
    return re.sub(r"(?<![\w.])-(?=[.\d])", "\N{MINUS SIGN}", text)


def value_text(metric: str, value: float | None) -> str:
    """Print a figure of the first table: three digits, a share in percent.

    >>> value_text("cohen_kappa", 0.4958), value_text("percent_agreement", 0.711)
    ('.496', '71 %')
    """
    if value is None:
        return NONE
    if is_share(metric):
        return f"{figure(100 * value, 0)} %"
    known = METRICS.get(metric)
    return minus(figure(value, 2) if known is not None and known.perfect == 0 else decimal(value))


def short(metric: str, low: float | None, high: float | None) -> str:
    """Print an interval as pages do, ``.77 to .80``; nothing where there is none."""
    if low is None or high is None:
        return ""
    ends = [value_text(metric, value) for value in (low, high)]
    if is_share(metric):
        ends[0] = ends[0].removesuffix(" %")
    return " to ".join(ends)


class Mark(NamedTuple):
    """A figure as a row prints and draws it: ``at``, ``low`` and ``high`` are places on the axis."""

    figure: str
    interval: str
    label: str
    at: str | None = None
    low: str | None = None
    high: str | None = None


@dataclass(frozen=True, slots=True)
class Line:
    """A row: ``chip`` is its verdict (class, sign, word), ``tags`` marks beside its name, ``sub`` is below it.

    ``sorts`` are what its place, its figure and its share are sorted by. ``more`` is its cell of a last column.
    """

    name: str
    mark: Mark
    share: str
    sub: str = ""
    chip: tuple[str, str, str] | None = None
    tags: tuple[tuple[str, str], ...] = ()
    place: str = ""
    kind: str = "judge"
    group: bool = False
    sorts: tuple[str, str, str] | None = None
    more: str = ""


@dataclass(frozen=True, slots=True)
class Band:
    """Where the human band lies."""

    at: str = ""
    low: str = ""
    span: str = ""


@dataclass(frozen=True, slots=True)
class Forest:
    """The table; ``first``, ``second``, ``chart`` (of the drawing), ``figure``, ``share`` and ``more`` are headings.

    Without ``second``, ``share`` or ``more`` there is no such column.
    """

    caption: str
    second: str
    chart: str
    figure: str
    share: str
    lines: tuple[Line, ...]
    axis: Axis
    band: Band | None = None
    small: bool = False
    first: str = "Judge"
    more: str = ""


def place(axis: Axis, metric: str, one: Estimate | None, name: str) -> Mark:
    """Place an estimate on an axis, and print it."""
    if one is None or one.value is None:
        return Mark(NONE, "", f"{name}: no figure")
    bounds, value = short(metric, one.low, one.high), value_text(metric, one.value)
    label = f"{name}: {value}" + (f", {bounds}" if bounds else "")
    low, high = (None if end is None else axis.at(end) for end in (one.low, one.high))
    return Mark(value, bounds, label, axis.at(one.value), low, high if low else None)


def band(axis: Axis, people: Estimate | None) -> Band | None:
    """Place the human line and its interval."""
    if people is None or people.value is None:
        return None
    low = people.value if people.low is None else people.low
    high = people.value if people.high is None else people.high
    return Band(axis.at(people.value), axis.at(low), axis.span(low, high))
