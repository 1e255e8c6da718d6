"""Rows of figures as an inline drawing that a notebook may hold: no script, no style, no address, all text escaped."""

from __future__ import annotations

from html import escape
from typing import TYPE_CHECKING

from judgebench.report.document.text import NONE, clean, shorten
from judgebench.report.page.charts.axes import row_label, shared_ceiling
from judgebench.report.page.forest import axis_of, short, value_text
from judgebench.report.said import first_up, name_of, reason, told

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from judgebench.domain import Agreement
    from judgebench.report.page.forest import Axis

__all__ = ["forest"]

_WIDTH, _LEFT, _LINE, _ROW, _FOOT = 640, 178, 320, 26, 24
#: Characters of a name that fit beside the drawing, rows that are drawn.
_LONGEST, _MOST = 26, 60
#: Colours of the style sheet, each with its light colour for pages that have none.
_INK, _SOFT, _GRID = "var(--ink, #171a1f)", "var(--ink2, #48505b)", "var(--line, #d8dce2)"
_JUDGE, _HUMAN, _BAND = "var(--judge, #1a56b0)", "var(--human, #17704d)", "var(--band, #cfe8dc)"


def forest(rows: Sequence[Agreement], metric: str | None = None) -> str:
    """Draw judges with their intervals, and people with each other as a line with its band, as an ``<svg>`` element."""
    chosen = metric or next((row.headline for row in rows if row.headline), "percent_agreement")
    drawn = rows[:_MOST]
    people = shared_ceiling(rows, chosen)
    axis = axis_of(chosen, [*(row.metrics.get(chosen) for row in drawn), people])
    height = _ROW * len(drawn) + _FOOT
    label = f"{first_up(name_of(chosen))}: {'; '.join(_told(row, chosen) for row in drawn[:6])}"
    start = (
        f'<svg class="chart" xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {_WIDTH} {height}" width="{_WIDTH}" '
        f'height="{height}" role="img" aria-label="{escape(label)}" font-family="system-ui, sans-serif" font-size="12">'
    )
    parts = [start]
    if people is not None and people.value is not None:
        low, high = (people.value if end is None else end for end in (people.low, people.high))
        words = escape(f"people with each other: {told(chosen, people)}")
        line = _line(_at(axis, people.value), 0, _ROW * len(drawn), _HUMAN, 2)
        parts.append(
            f'<g><title>{words}</title><rect x="{_at(axis, low)}" width="{_at(axis, high) - _at(axis, low):.2f}" y="0" '
            f'height="{_ROW * len(drawn)}" fill="{_BAND}"/>{line}</g>'
        )
    for value, word in axis.marks:
        x = _at(axis, value)
        parts.append(_line(x, 0, _ROW * len(drawn), _GRID, 1))
        parts.append(_text(x, height - 8, word, anchor="middle", fill=_SOFT))
    for place, row in enumerate(drawn):
        parts += _row(row, rows, chosen, axis, place * _ROW + _ROW / 2)
    return "".join((*parts, "</svg>"))


def _at(axis: Axis, value: float) -> float:
    share = (value - axis.low) / (axis.high - axis.low)
    return round(_LEFT + _LINE * min(1.0, max(0.0, share)), 2)


def _line(x: float, top: float, bottom: float, colour: str, width: float) -> str:
    return f'<line x1="{x}" x2="{x}" y1="{top}" y2="{bottom}" stroke="{colour}" stroke-width="{width}"/>'


def _text(x: float, y: float, words: str, *, anchor: str = "start", fill: str = _INK) -> str:
    return f'<text x="{x}" y="{y:g}" text-anchor="{anchor}" fill="{fill}">{escape(words)}</text>'


def _told(row: Agreement, metric: str) -> str:
    one = row.metrics.get(metric)
    return f"{clean(row.judge)} {NONE if one is None else told(metric, one)}"


def _row(row: Agreement, rows: Sequence[Agreement], metric: str, axis: Axis, y: float) -> Iterator[str]:
    one = row.metrics.get(metric)
    yield _text(_LEFT - 12, y + 4, shorten(row_label(row, rows), _LONGEST), anchor="end")
    if one is None or one.value is None:
        yield _text(_LEFT + 8, y + 4, shorten(f"undefined: {reason(one)}", 60), fill=_SOFT)
        return
    yield f"<g><title>{escape(_told(row, metric))}, {one.n:,} judgments</title>"
    if one.low is not None and one.high is not None:
        ends = (_at(axis, one.low), _at(axis, one.high))
        yield f'<line x1="{ends[0]}" x2="{ends[1]}" y1="{y}" y2="{y}" stroke="{_JUDGE}" stroke-width="3"/>'
    yield f'<circle cx="{_at(axis, one.value)}" cy="{y}" r="5" fill="{_JUDGE}"/></g>'
    yield _text(_LEFT + _LINE + 14, y + 4, value_text(metric, one.value))
    yield _text(_LEFT + _LINE + 60, y + 4, short(metric, one.low, one.high), fill=_SOFT)
