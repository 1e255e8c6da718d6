"""Judges beside each other: each with its interval, beside what people and no judging at all reach, and by cost."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any, NamedTuple

from judgebench.domain import JudgeName, bare
from judgebench.errors import UsageError
from judgebench.report.document.text import NONE, clean, decimal, many, shorten
from judgebench.report.page.charts.canvas import WIDTH, fitted, open_canvas, text_room, ticks
from judgebench.report.page.parts import Chart
from judgebench.report.said import (
    apart,
    bounds,
    first_up,
    is_share,
    name_of,
    numbers,
    percent,
    reason,
    shown,
    told,
    whom,
)
from judgebench.report.words import gold_word
from judgebench.stats.coefficients.catalog import METRICS, title_of

if TYPE_CHECKING:
    from collections.abc import Sequence

    from judgebench.domain import Agreement, Estimate
    from judgebench.report.page.charts.canvas import Entry, Panel

__all__ = ["Cost", "constant_share", "cost_of", "forest", "forest_axes", "pareto", "tick"]

_ROW_LEFT, _ROW_RIGHT, _ROW = 178, 142, 26
_MOST = 60


def constant_share(row: Agreement) -> float | None:
    """Share that a judge would agree on who always gives gold's most frequent label; None where gold is a number."""
    return max(row.base_rates.get("gold", {}).values(), default=None)


def forest(rows: Sequence[Agreement], metric: str | None = None, *, name: str = "forest") -> Chart:
    """Draw judges with their intervals, the human ceiling as a line with its band.

    ``metric`` is by default the first row's headline, or percent agreement; a judge without it has a line in words.
    """
    chosen = metric or next((row.headline for row in rows if row.headline), "percent_agreement")
    drawn = rows[:_MOST]
    ceiling = _ceiling(rows, chosen)
    constant = _constant(rows, chosen)
    title = f"{name_of(chosen)} of each judge with {whom(rows[0].gold)}" if rows else "no judge"
    title = first_up(title)
    each = any(_each(row, chosen) is not None for row in drawn)
    summary = _row_summary(rows, chosen, ceiling, constant)
    legend: list[Entry] = [("o", "series-1", f"against {_gold(rows)}")]
    if each:
        legend.append(("D", "series-2", "against each person alone, as people are compared"))
    if ceiling is not None:
        legend.append(("box", "series-3", "people with each other, and interval"))
    if constant is not None:
        legend.append(("dash", "soft", "always the most frequent label" if is_share(chosen) else "chance"))
    low, high = _row_range(drawn, chosen, ceiling, constant)
    with open_canvas(name, _ROW * max(len(drawn), 1) + 48, legend) as canvas:
        panel = canvas.rows(_ROW_LEFT, WIDTH - _ROW_LEFT - _ROW_RIGHT, len(drawn), _ROW, x=(low, high))
        panel.scale_x([(value, tick(chosen, value)) for value in ticks(low, high)], name_of(chosen))
        _references(panel, chosen, ceiling, constant)
        for place, row in enumerate(drawn):
            _judge(panel, place, row, chosen, several=len({one.task for one in rows}) > 1)
        svg = canvas.svg(title, summary)
    header = ("judge", name_of(chosen), "95 % interval", "each person alone", "people with each other", "items")
    cells = tuple(_row_cells(row, chosen) for row in rows)
    return Chart(name, title, svg, summary, header, cells)


def _gold(rows: Sequence[Agreement]) -> str:
    if not rows:
        return "gold"
    word = gold_word(rows[0].gold)
    if word != "humans":
        return word if word == "gold" else f"{word} gold"
    return f"people's labels ({rows[0].policies.gold})" if rows[0].ceiling else "the person's label"


def _each(row: Agreement, metric: str) -> Estimate | None:
    found = row.ceiling.get(f"judge_vs_each_{metric}")
    return found if found is not None and found.value is not None else None


def _ceiling(rows: Sequence[Agreement], metric: str) -> Estimate | None:
    """Find the task's ceiling: policies leave out more items for one judge, so the fullest row speaks for it."""
    if len({row.task for row in rows}) != 1:
        return None
    known = [row for row in rows if metric in row.ceiling and row.ceiling[metric].value is not None]
    return max(known, key=lambda row: row.items).ceiling[metric] if known else None


def _constant(rows: Sequence[Agreement], metric: str) -> float | None:
    if len({row.task for row in rows}) != 1:
        return None
    known = METRICS.get(metric)
    if known is not None and known.chance_corrected:
        return 0.0
    if metric not in {"percent_agreement", "accuracy"}:
        return None
    return constant_share(max(rows, key=lambda row: row.items))


def _row_range(
    rows: Sequence[Agreement], metric: str, ceiling: Estimate | None, constant: float | None
) -> tuple[float, float]:
    # An error has no upper bound that all scales share.
    found = [0.0] if metric in METRICS and METRICS[metric].perfect == 0 else [0.0, 1.0]
    found += numbers((*(row.metrics.get(metric) for row in rows), ceiling, *(_each(row, metric) for row in rows)))
    if constant is not None:
        found.append(constant)
    low, high = min(found), max(found)
    return (low, high if high > low else low + 1)


def tick(metric: str, value: float) -> str:
    """Print a value at a scale: short, in percent where it is a share.

    >>> tick("percent_agreement", 0.4), tick("cohen_kappa", 0.4), tick("cohen_kappa", 1.0)
    ('40 %', '.4', '1')
    """
    if is_share(metric):
        return f"{100 * value:.0f} %"
    return decimal(value, 2).removesuffix("0") if abs(value) < 1 and value else f"{value:g}"


def _references(panel: Panel, metric: str, ceiling: Estimate | None, constant: float | None) -> None:
    if ceiling is not None and ceiling.value is not None:
        words = f"people with each other: {told(metric, ceiling)}"
        if ceiling.low is not None and ceiling.high is not None:
            panel.box(ceiling.low, ceiling.high, *panel.y, role="series-3", opacity=0.18, hover=words)
        panel.line((ceiling.value,) * 2, panel.y, role="series-3", width=2, hover=words)
    if constant is not None:
        words = f"always the most frequent label: {percent(constant)}" if is_share(metric) else "agreement by chance: 0"
        panel.line((constant,) * 2, panel.y, role="soft", width=1.5, dash=True, hover=words)


def _judge(panel: Panel, place: int, row: Agreement, metric: str, *, several: bool) -> None:
    full = _label(row, several=several)
    estimate = row.metrics.get(metric)
    panel.name_row(place, full)
    if estimate is None or estimate.value is None:
        panel.lacking(place, f"undefined: {reason(estimate)}", 440, dx=8)
        return
    role = "soft" if row.judge.startswith("baseline/") else "series-1"
    words = f"{clean(full)}: {told(metric, estimate)}, {estimate.n:,} judgments"
    each = _each(row, metric)
    if each is not None and each.value is not None:
        beside = f"{clean(full)}, each person alone: {told(metric, each)}"
        panel.estimate(each, place + 0.22, role="series-2", width=1.5, hover=beside, shape="D", filled=False, size=6)
    height = place - (0.12 if each is not None else 0)
    panel.estimate(estimate, height, role=role, width=2.5, hover=words)
    interval = bounds(metric, estimate).replace(" to ", "–")  # noqa: RUF001 - a range
    panel.text(
        panel.x[1], place, shown(metric, estimate.value), dx=10, bold=True, role=role if role == "soft" else "ink"
    )
    panel.text(panel.x[1], place, interval.replace(" %", ""), dx=62, role="soft", size=11)


def _label(row: Agreement, *, several: bool) -> str:
    parts = [row.task] if several else []
    parts.append(row.judge)
    if row.subset != "all":
        parts.append(row.subset)
    label = " · ".join(map(bare, parts))
    return row.judge.renamed(label) if isinstance(row.judge, JudgeName) else label


def _row_cells(row: Agreement, metric: str) -> tuple[str, ...]:
    each, people = _each(row, metric), row.ceiling.get(metric)
    return (
        clean(_label(row, several=False)),
        *apart(metric, row.metrics.get(metric)),
        NONE if each is None else told(metric, each),
        NONE if people is None or people.value is None else told(metric, people),
        f"{row.items:,}",
    )


def _row_summary(rows: Sequence[Agreement], metric: str, ceiling: Estimate | None, constant: float | None) -> str:
    told_rows = [f"{clean(row.judge)} {told(metric, row.metrics[metric])}" for row in rows[:6] if metric in row.metrics]
    more = f" and {len(rows) - 6:,} more" if len(rows) > 6 else ""
    text = f"{first_up(name_of(metric))} with 95 % intervals: {'; '.join(told_rows)}{more}."
    if ceiling is not None:
        text += f" People reach {told(metric, ceiling)} with each other."
    if constant is not None and is_share(metric):
        text += f" Always giving the most frequent label would reach {percent(constant)}."
    return text


#: Characters of a label; a longer one would leave no room for the drawing.
_LONGEST = 48


def forest_axes(rows: Sequence[Agreement], metric: str | None, ax: Any) -> Any:
    """Draw a figure of every row with its interval on matplotlib's axes, and the ceiling where all rows share one.

    ``metric`` None takes the headline of the first row, ``ax`` None makes a figure; UsageError if no row has it.
    """
    name = metric or rows[0].headline or "cohen_kappa"
    if not any(name in row.metrics for row in rows):
        raise UsageError(f"no row has a figure {name!r}; `judgebench list metrics` names them")
    if ax is None:
        import matplotlib.pyplot as plt  # noqa: PLC0415 - loaded on use

        _, ax = plt.subplots(figsize=(7.0, 1.2 + 0.35 * len(rows)), layout="constrained")
    for place, row in enumerate(rows):
        one = row.metrics.get(name)
        if one is None or one.value is None:
            ax.text(0.5, place, "undefined", transform=ax.get_yaxis_transform(), ha="center", va="center")
            continue
        if one.low is not None and one.high is not None:
            ax.plot([one.low, one.high], [place, place], color="C0", linewidth=2)
        ax.plot([one.value], [place], "o", color="C0")
    if (ceiling := _shared_ceiling(rows, name)) is not None:
        ax.axvline(ceiling.value, color="C2", linestyle="--", label="human ceiling")
        ax.legend(loc="best")
    # A dollar in a name would start matplotlib's mathematics.
    ax.set_yticks(range(len(rows)), [shorten(_row_label(row, rows), _LONGEST) for row in rows], parse_math=False)
    ax.set_ylim(len(rows) - 0.5, -0.5)
    ax.set_xlabel(f"{title_of(name)}, 95 % intervals", parse_math=False)
    return ax


def _shared_ceiling(rows: Sequence[Agreement], name: str) -> Estimate | None:
    found = [row.ceiling[name] for row in rows if name in row.ceiling and row.ceiling[name].value is not None]
    # Judges that leave out other items stand beside other ceilings: only a shared one is a line.
    return found[0] if len(found) == len(rows) and len({one.value for one in found}) == 1 else None


def _row_label(row: Agreement, rows: Sequence[Agreement]) -> str:
    parts = [row.judge]
    if len({one.task for one in rows}) > 1:
        parts.append(row.task)
    if row.subset != "all":
        parts.append(row.subset)
    return ", ".join(parts)


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
    found = numbers(point.row.metrics[metric] for point in points)
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
        panel.line([points[i].cost for i in best], [points[i].value for i in best], role="series-2")
    taken: list[tuple[float, float, float]] = []
    for i, point in enumerate(points):
        estimate = point.row.metrics[metric]
        words = f"{clean(point.row.judge)}: {told(metric, estimate)} at {point.cost:.4g}"
        role = "series-2" if i in best else "series-1"
        panel.estimate(estimate, point.cost, upright=True, role=role, hover=words)
        if i < _MOST_NAMES:
            _name_point(panel, point, taken, words)


def _name_point(panel: Panel, point: _Point, taken: list[tuple[float, float, float]], words: str) -> None:
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
    place = next((i for i, point in enumerate(points) if point.row is row), None)
    cost = cost_of(row).why or NONE if place is None else f"{points[place].cost:.4g}"
    cheapest = NONE if place is None else "yes" if place in best else "no"
    return clean(row.judge), cost, *apart(metric, row.metrics.get(metric)), cheapest


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
