"""Charts of groups of items: agreement by subset or system, and systems as judges rank them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal

from judgebench.report.document.text import NONE, clean, decimal, figure
from judgebench.report.page.charts.canvas import WIDTH, fitted, open_canvas, ticks
from judgebench.report.page.charts.judges import tick
from judgebench.report.page.parts import Chart
from judgebench.report.said import first_up, name_of, numbers, ranged, reason, shown, told, whom
from judgebench.report.systems import REASONS
from judgebench.stats.coefficients.catalog import METRICS

if TYPE_CHECKING:
    from collections.abc import Sequence

    from judgebench.agreement.systems.systems import SystemsAgreement, SystemScore
    from judgebench.domain import Agreement, Estimate
    from judgebench.report.page.charts.canvas import Canvas, Entry, Panel, Shape

__all__ = ["division", "subsets", "systems"]


_LABELS, _MOST, _SERIES = 190.0, 40, 5
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
    names = [next(iter(rows.values())).judge for rows in shown_judges]
    legend: list[Entry] = [(_SHAPES[i], f"series-{i + 1}", fitted(judge, 250)) for i, judge in enumerate(names)]
    every = ["all", *drawn]
    low, high = _range(found, drawn, chosen)
    with open_canvas(name, step * len(every) + 44, legend) as canvas:
        panel = canvas.rows(_LABELS, WIDTH - _LABELS - 30, len(every), step, x=(low, high))
        panel.scale_x([(value, tick(chosen, value)) for value in ticks(low, high)], name_of(chosen))
        for place, part in enumerate(every):
            panel.name_row(place, "all items" if part == "all" else _label(part), bold=part == "all")
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
    values += numbers(rows[part].metrics.get(metric) for rows in found for part in parts if part in rows)
    return min(values), max(*values, min(values) + 0.1)


def _mark(panel: Panel, height: float, row: Agreement, metric: str, series: int) -> None:
    estimate = row.metrics.get(metric)
    role = f"series-{series + 1}"
    if estimate is None or estimate.value is None:
        panel.lacking(height, f"undefined: {reason(estimate)}", 410)
        return
    words = f"{clean(row.subset)}, {clean(row.judge)}: {told(metric, estimate)}, {row.items:,} items"
    shape = _SHAPES[series]
    panel.estimate(estimate, height, role=role, width=1.5, hover=words, shape=shape, filled=shape != "D", size=7)


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


_LEFT, _TOP, _SIDE = 60.0, 52.0, 360.0
_MOST_NAMES = 30
_SCORES = {"mean": "mean verdict", "win-rate": "win rate", "bradley-terry": "Bradley-Terry strength"}


def systems(
    found: SystemsAgreement, *, judge: str = "the judge", gold: str = "", name: str = "systems"
) -> Chart | None:
    """Draw each system's score by the judge against its score by gold; None with fewer than two that have both."""
    known = [one for one in found.systems if one.gold.value is not None and one.judge.value is not None]
    if len(known) < 2:
        return None
    who = whom(gold)
    score = _SCORES[found.score]
    title = f"{clean(judge)}: {score} of each system, beside {who}"
    tau, rho = found.agreement.get("kendall_tau"), found.agreement.get("spearman_rho")
    ranks = f"Kendall's tau {_bias_words(tau)}, Spearman's rho {_bias_words(rho)}"
    summary = f"{len(known)} systems, ranked by {clean(judge)} and by {who}: {ranks}."
    low, high = _rank_range(known)
    with open_canvas(name, _TOP + _SIDE + 48) as canvas:
        canvas.legend([("o", "series-1", "system, 95 % intervals"), ("dash", "soft", "same score")])
        panel = canvas.panel(_LEFT, _TOP, _SIDE, _SIDE, x=(low, high), y=(low, high))
        marks = [(value, f"{value:g}") for value in ticks(low, high)]
        panel.scale_y(marks, f"by {fitted(judge, 300)}")
        panel.scale_x(marks, f"{score} by {who}")
        panel.line((low, high), (low, high), role="soft", dash=True)
        ordered = sorted(known, key=lambda one: -(one.judge.value or 0.0))
        _names(canvas, panel, ordered)
        _points(panel, ordered)
        svg = canvas.svg(title, summary)
    header = ("system", f"rank by {who}", "rank by judge", f"score by {who}", "score by judge", "judge less gold")
    rows = tuple(
        (
            clean(one.name),
            f"{one.gold_rank:g}",
            f"{one.judge_rank:g}",
            _bias_words(one.gold),
            _bias_words(one.judge),
            _bias_words(one.bias),
        )
        for one in found.systems
    )
    return Chart(name, title, svg, summary, header, rows)


def _why(estimate: Estimate | None) -> str:
    code = "" if estimate is None else estimate.undefined or ""
    return REASONS.get(code) or reason(estimate)


def _bias_words(estimate: Estimate | None) -> str:
    if estimate is None or estimate.value is None:
        return f"undefined: {_why(estimate)}"
    return ranged(estimate, decimal)


def _rank_range(known: Sequence[SystemScore]) -> tuple[float, float]:
    values = numbers(estimate for one in known for estimate in (one.gold, one.judge))
    room = 0.06 * (max(values) - min(values)) or 0.05
    return min(values) - room, max(values) + room


def _points(panel: Panel, ordered: Sequence[SystemScore]) -> None:
    for one in ordered:
        x, y = one.gold.value or 0.0, one.judge.value or 0.0
        words = f"{clean(one.name)}: gold {_bias_words(one.gold)}, judge {_bias_words(one.judge)}, {one.rows:,} rows"
        if one.gold.low is not None and one.gold.high is not None:
            panel.line((one.gold.low, one.gold.high), (y, y), role="series-1", width=1, hover=words)
        if one.judge.low is not None and one.judge.high is not None:
            panel.line((x, x), (one.judge.low, one.judge.high), role="series-1", width=1, hover=words)
        panel.dot(x, y, role="series-1", hover=words)


def _names(canvas: Canvas, panel: Panel, ordered: Sequence[SystemScore]) -> None:
    """Write names beside the field, in the order of the judge's scores, each led to its mark."""
    named = ordered[:_MOST_NAMES]
    gap = min(14.0, (_SIDE - 8) / max(1, len(named) - 1))
    spots = _apart([panel.pixel(0.0, one.judge.value or 0.0)[1] for one in named], gap, _TOP + 4, _TOP + _SIDE - 4)
    right = _LEFT + _SIDE
    edge = canvas.panel(0, 0, canvas.width, canvas.height, x=(0.0, canvas.width), y=(canvas.height, 0.0), behind=True)
    for one, spot in zip(named, spots, strict=True):
        x, y = panel.pixel(one.gold.value or 0.0, one.judge.value or 0.0)
        edge.line((x + 6, right + 6, right + 14), (y, y, spot), role="line", width=1)
        label = f"{fitted(one.name, 150, 11)} {figure(one.judge.value, 2)}"
        canvas.text(right + 18, spot, label, size=11, hover=f"{clean(one.name)}: {_bias_words(one.judge)}")
    if len(ordered) > len(named):
        canvas.text(right + 18, _TOP - 12, f"{len(ordered) - len(named)} more: see the table", role="soft", size=11)


def _apart(heights: Sequence[float], gap: float, low: float, high: float) -> list[float]:
    """Move labels apart, in their order, within the field.

    >>> _apart([10.0, 11.0, 50.0], 14.0, 0.0, 100.0)
    [10.0, 24.0, 50.0]
    """
    found: list[float] = []
    for height in heights:
        found.append(max(height, found[-1] + gap) if found else max(height, low))
    last = high
    for i in range(len(found) - 1, -1, -1):
        found[i] = min(found[i], last)
        last = found[i] - gap
    return found
