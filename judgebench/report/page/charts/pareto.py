"""What judgments cost, as far as a run knows it, and agreement drawn against it."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, NamedTuple

from judgebench.report.document.text import NONE, clean, many
from judgebench.report.page.charts.canvas import fitted, open_canvas, text_room, ticks
from judgebench.report.page.charts.forest import tick
from judgebench.report.page.parts import Chart, bounds, first_up, name_of, reason, shown, told, whom

if TYPE_CHECKING:
    from collections.abc import Sequence

    from judgebench.domain import Agreement
    from judgebench.report.page.charts.canvas import Panel

__all__ = ["Cost", "cost_of", "pareto"]


class Cost(NamedTuple):
    """What 1,000 judgments of a judge take, in dollars and tokens; ``why`` says why dollars are missing."""

    usd: float | None
    tokens: float | None
    why: str = ""


def cost_of(row: Agreement) -> Cost:
    """Divide what a run's answers cost by their number.

    >>> from judgebench.domain import Agreement, Policies, Usage
    >>> usage = Usage(900, 100, 0.02)
    >>> cost_of(Agreement("t", "j", "all", "human", 4, 1.0, Policies(), {}, usage=usage, statuses={"ok": 8}))
    Cost(usd=2.5, tokens=125000.0, why='')
    """
    judgments = sum(row.statuses.values())
    usage = row.usage
    tokens = usage.input_tokens + usage.output_tokens
    if not judgments:
        return Cost(None, None, "the number of judgments is not known")
    each = 1000 * tokens / judgments if tokens else None
    if usage.usd is not None:
        return Cost(1000 * usage.usd / judgments, each)
    if tokens:
        return Cost(None, each, "the price of the answers is not known")
    if row.judge.startswith("replay/"):
        return Cost(None, None, "verdicts were recorded without their cost")
    if row.judge.startswith("baseline/"):
        return Cost(0.0, None)
    return Cost(None, None, "no tokens were counted")


_LEFT, _TOP, _WIDTH, _HEIGHT = 52.0, 48.0, 560.0, 260.0
_MOST_NAMES = 24


class _Point(NamedTuple):
    row: Agreement
    cost: float
    value: float


def pareto(rows: Sequence[Agreement], metric: str | None = None, *, name: str = "pareto") -> Chart | None:
    """Draw judges by cost and agreement (``metric``, by default the first row's headline or percent agreement).

    In dollars where two judges or more have a price, else in tokens; None where fewer have either.
    """
    chosen = metric or next((row.headline for row in rows if row.headline), "percent_agreement")
    costs = [cost_of(row) for row in rows]
    priced = sum(cost.usd is not None for cost in costs) >= 2 and any(cost.usd for cost in costs)
    unit = "USD per 1,000 judgments" if priced else "tokens per judgment"
    points: list[_Point] = []
    for row, cost in zip(rows, costs, strict=True):
        estimate = row.metrics.get(chosen)
        spent = cost.usd if priced else None if cost.tokens is None else cost.tokens / 1000
        if estimate is not None and estimate.value is not None and spent is not None:
            points.append(_Point(row, spent, estimate.value))
    if len(points) < 2:
        return None
    best = frontier([(point.cost, point.value) for point in points])
    left_out = len(rows) - len(points)
    title = f"{first_up(name_of(chosen))} with {whom(rows[0].gold)} against {'cost' if priced else 'tokens'}"
    summary = _summary(points, best, chosen, unit, left_out, priced=priced)
    with open_canvas(name, _TOP + _HEIGHT + 50) as canvas:
        canvas.legend([("o", "series-1", "judge, 95 % interval"), ("line", "series-2", "no cheaper judge agrees more")])
        low, high = _range(points, chosen)
        log = _wide(points)
        left, right = _costs(points, log=log)
        panel = canvas.panel(_LEFT, _TOP, _WIDTH, _HEIGHT, x=(left, right), y=(low, high), log_x=log)
        panel.scale_y([(value, tick(chosen, value)) for value in ticks(low, high)])
        marks = _decades(left, right) if log else ticks(left, right)
        panel.scale_x([(value, f"{value:g}") for value in marks], unit)
        _draw(panel, points, best, chosen)
        svg = canvas.svg(title, summary)
    header = ("judge", unit, name_of(chosen), "95 % interval", "no cheaper judge agrees more")
    cells = tuple(_cells(row, points, best, chosen) for row in rows)
    return Chart(name, title, svg, summary, header, cells)


def frontier(points: Sequence[tuple[float, float]]) -> list[int]:
    """Find the points (cost, agreement) that no other beats, cheapest first.

    One beats another where it is as cheap and agrees more, or is cheaper and agrees as much.

    >>> frontier([(1.0, 0.5), (2.0, 0.4), (3.0, 0.7), (3.0, 0.6)])
    [0, 2]
    """
    found: list[int] = []
    for i in sorted(range(len(points)), key=lambda i: (points[i][0], -points[i][1])):
        if not found or points[i][1] > points[found[-1]][1]:
            found.append(i)
    return found


def _range(points: Sequence[_Point], metric: str) -> tuple[float, float]:
    found = [point.value for point in points]
    for point in points:
        estimate = point.row.metrics[metric]
        found += [bound for bound in (estimate.low, estimate.high) if bound is not None]
    low, high = min(found), max(found)
    room = 0.08 * (high - low) or 0.05
    return low - room, high + room


def _wide(points: Sequence[_Point]) -> bool:
    costs = [point.cost for point in points]
    return min(costs) > 0 and max(costs) > 8 * min(costs)


def _costs(points: Sequence[_Point], *, log: bool) -> tuple[float, float]:
    costs = [point.cost for point in points]
    if log:
        return min(costs) / 1.6, max(costs) * 2
    return 0.0, 1.15 * max(costs) or 1.0


def _decades(left: float, right: float) -> list[float]:
    powers = range(math.floor(math.log10(left)), math.ceil(math.log10(right)) + 1)
    few = len(powers) <= 4
    found = [times * 10.0**power for power in powers for times in ((1, 2, 5) if few else (1,))]
    return [value for value in found if left <= value <= right]


def _draw(panel: Panel, points: Sequence[_Point], best: Sequence[int], metric: str) -> None:
    if len(best) > 1:
        panel.line(
            [points[i].cost for i in best], [points[i].value for i in best], role="series-2", width=1.5, dash=False
        )
    taken: list[tuple[float, float, float]] = []
    for i, point in enumerate(points):
        estimate = point.row.metrics[metric]
        words = f"{clean(point.row.judge)}: {told(metric, estimate)} at {point.cost:.4g}"
        role = "series-2" if i in best else "series-1"
        if estimate.low is not None and estimate.high is not None:
            panel.line((point.cost,) * 2, (estimate.low, estimate.high), role=role, width=2, hover=words)
        panel.dot(point.cost, point.value, role=role, hover=words)
        if i < _MOST_NAMES:
            _label(panel, point, taken, words)


def _label(panel: Panel, point: _Point, taken: list[tuple[float, float, float]], words: str) -> None:
    """Write a name beside its mark where there is room; other names are shown by pointing only."""
    label = fitted(point.row.judge, 170, 11)
    room = text_room(label, 11)
    x, y = panel.pixel(point.cost, point.value)
    right = x + 9 + room < _LEFT + _WIDTH + 26
    start = x + 9 if right else x - 9 - room
    for shift in (0.0, -13.0, 13.0, -26.0, 26.0):
        place = (start, start + room, y + shift)
        if all(place[1] < a or b < place[0] or abs(place[2] - height) > 11 for a, b, height in taken):
            taken.append(place)
            side = "start" if right else "end"
            panel.text(
                point.cost, point.value, label, dx=9 if right else -9, dy=shift, size=11, anchor=side, hover=words
            )
            return


def _cells(row: Agreement, points: Sequence[_Point], best: Sequence[int], metric: str) -> tuple[str, ...]:
    estimate = row.metrics.get(metric)
    place = next((i for i, point in enumerate(points) if point.row is row), None)
    value = f"undefined: {reason(estimate)}" if estimate is None or estimate.value is None else ""
    interval = NONE
    if estimate is not None and estimate.value is not None:
        value, interval = shown(metric, estimate.value), bounds(metric, estimate) or NONE
    cost = cost_of(row).why or NONE if place is None else f"{points[place].cost:.4g}"
    return clean(row.judge), cost, value, interval, "yes" if place in best else "no" if place is not None else NONE


def _summary(
    points: Sequence[_Point], best: Sequence[int], metric: str, unit: str, left_out: int, *, priced: bool
) -> str:
    named = [f"{clean(points[i].row.judge)} {shown(metric, points[i].value)} at {points[i].cost:.4g}" for i in best[:5]]
    text = f"In {unit}, no cheaper judge agrees more than: {'; '.join(named)}."
    if not priced:
        text = f"Prices are not known, so tokens stand for them. {text}"
    if left_out:
        text += f" {first_up(many(left_out, 'judge'))} without a known cost or figure not drawn."
    return text
