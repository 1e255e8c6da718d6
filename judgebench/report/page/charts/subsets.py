"""Where judges agree more, and where less: a line per subset."""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal

from judgebench.report.document.text import NONE, clean
from judgebench.report.page.charts.canvas import fitted, legend_room, open_canvas, ticks
from judgebench.report.page.charts.forest import tick
from judgebench.report.page.charts.words import first_up, name_of, reason, shown, told, whom
from judgebench.report.page.parts import Chart
from judgebench.stats.coefficients.catalog import METRICS

if TYPE_CHECKING:
    from collections.abc import Sequence

    from judgebench.domain import Agreement
    from judgebench.report.page.charts.canvas import Entry, Panel, Shape

__all__ = ["division", "subsets"]

_LEFT, _MOST, _SERIES = 190.0, 40, 5
_SYSTEM = "system:"
_SHAPES: tuple[Shape, ...] = ("o", "s", "^", "D", "|")


def subsets(
    judges: Sequence[Sequence[Agreement]],
    metric: str | None = None,
    *,
    by: Literal["subset", "system"] = "subset",
    name: str = "subsets",
) -> Chart | None:
    """Draw agreement by subset, or by system, at most 5 judges and 40 parts; None with fewer than two parts."""
    first = judges[0][0] if judges and judges[0] else None
    parts = list(dict.fromkeys(row.subset for rows in judges for row in rows if division(row) == by))
    if first is None or len(parts) < 2:
        return None
    chosen = metric or first.headline or "percent_agreement"
    found = [{row.subset: row for row in reversed(rows)} for rows in judges]
    drawn, shown_judges = parts[:_MOST], found[:_SERIES]
    step = 10 + 12 * len(shown_judges)
    title = f"{first_up(name_of(chosen))} with {whom(first.gold)} by {by}"
    summary = _summary(found, parts, chosen)
    left_out = max(0, len(parts) - _MOST) + max(0, len(judges) - _SERIES)
    if left_out:
        summary += f" Drawn are {len(drawn)} parts and {len(shown_judges)} judges; the table has all."
    names = [clean(next(iter(rows.values())).judge) for rows in shown_judges]
    legend: list[Entry] = [(_SHAPES[i], f"series-{i + 1}", fitted(judge, 250)) for i, judge in enumerate(names)]
    top = legend_room(legend) + 8
    with open_canvas(name, top + step * (len(drawn) + 1) + 44) as canvas:
        canvas.legend(legend)
        low, high = _range(found, drawn, chosen)
        every = ["all", *drawn]
        panel = canvas.panel(
            _LEFT, top, canvas.width - _LEFT - 30, step * len(every), x=(low, high), y=(len(every) - 0.5, -0.5)
        )
        panel.scale_x([(value, tick(chosen, value)) for value in ticks(low, high)], name_of(chosen))
        for place, part in enumerate(every):
            label = "all items" if part == "all" else _label(part)
            panel.text(
                panel.x[0],
                place,
                fitted(label, _LEFT - 14, 13 if part == "all" else 12),
                dx=-12,
                anchor="end",
                bold=part == "all",
                hover=label,
            )
            for i, rows in enumerate(shown_judges):
                row = rows.get(part)
                height = place + (i - (len(shown_judges) - 1) / 2) * 12 / step
                if row is not None:
                    _mark(panel, height, row, chosen, i)
        svg = canvas.svg(title, summary)
    header = (by, "judge", name_of(chosen), "items")
    cells = [
        (clean(_label(part)), clean(row.judge), _told(row, chosen), f"{row.items:,}")
        for part in ("all", *parts)
        for rows in found
        if (row := rows.get(part)) is not None
    ]
    return Chart(name, title, svg, summary, header, tuple(cells))


def division(row: Agreement) -> str:
    """Say what a row is of: ``all`` items, a ``subset``, or a ``system``."""
    return "all" if row.subset == "all" else "system" if row.subset.startswith(_SYSTEM) else "subset"


def _label(part: str) -> str:
    return part.removeprefix(_SYSTEM)


def _told(row: Agreement, metric: str) -> str:
    return told(metric, row.metrics[metric]) if metric in row.metrics else NONE


def _range(found: Sequence[dict[str, Agreement]], parts: Sequence[str], metric: str) -> tuple[float, float]:
    known = METRICS.get(metric)
    values = [0.0] if known is not None and known.perfect == 0 else [0.0, 1.0]
    for rows in found:
        for part in parts:
            estimate = rows[part].metrics.get(metric) if part in rows else None
            if estimate is not None:
                values += [value for value in (estimate.value, estimate.low, estimate.high) if value is not None]
    return min(values), max(*values, min(values) + 0.1)


def _mark(panel: Panel, height: float, row: Agreement, metric: str, series: int) -> None:
    estimate = row.metrics.get(metric)
    role = f"series-{series + 1}"
    if estimate is None or estimate.value is None:
        panel.text(panel.x[0], height, fitted(f"undefined: {reason(estimate)}", 410, 11), dx=6, role="warn", size=11)
        return
    words = f"{clean(row.subset)}, {clean(row.judge)}: {told(metric, estimate)}, {row.items:,} items"
    if estimate.low is not None and estimate.high is not None:
        panel.line((estimate.low, estimate.high), (height, height), role=role, width=1.5, hover=words)
    shape = _SHAPES[series]
    panel.dot(estimate.value, height, role=role, shape=shape, filled=shape != "D", size=7, hover=words)


def _summary(found: Sequence[dict[str, Agreement]], parts: Sequence[str], metric: str) -> str:
    rows = found[0]
    known = [
        (estimate.value, part)
        for part in parts
        if part in rows and (estimate := rows[part].metrics.get(metric)) is not None and estimate.value is not None
    ]
    if not known:
        return "No part has a figure."
    low, high = min(known), max(known)
    who = clean(rows["all"].judge) if "all" in rows else "The first judge"
    return (
        f"{who}: from {shown(metric, low[0])} on {clean(_label(low[1]))} to {shown(metric, high[0])} on "
        f"{clean(_label(high[1]))}, over {len(known)} parts."
    )
