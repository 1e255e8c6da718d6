"""Judges under each other, each with its interval, beside what people reach and what no judging at all would."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from judgebench.agreement.names import title_of
from judgebench.errors import UsageError
from judgebench.report.document.text import NONE, clean, decimal
from judgebench.report.page.charts.canvas import fitted, legend_room, open_canvas, shorten, ticks
from judgebench.report.page.parts import Chart, bounds, first_up, is_share, name_of, percent, reason, shown, told, whom
from judgebench.report.words import gold_word
from judgebench.stats.coefficients.catalog import METRICS

if TYPE_CHECKING:
    from collections.abc import Sequence

    from judgebench.domain import Agreement, Estimate
    from judgebench.report.page.charts.canvas import Entry, Panel

__all__ = ["constant_share", "forest", "forest_axes", "tick"]

_LEFT, _RIGHT, _ROW = 178, 142, 26
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
    summary = _summary(rows, chosen, ceiling, constant)
    legend: list[Entry] = [("o", "series-1", f"against {_gold(rows)}")]
    if each:
        legend.append(("D", "series-2", "against each person alone, as people are compared"))
    if ceiling is not None:
        legend.append(("box", "series-3", "people with each other, and interval"))
    if constant is not None:
        legend.append(("dash", "soft", "always the most frequent label" if is_share(chosen) else "chance"))
    top = legend_room(legend) + 8
    height = top + _ROW * max(len(drawn), 1) + 48
    low, high = _range(drawn, chosen, ceiling, constant)
    with open_canvas(name, height) as canvas:
        canvas.legend(legend)
        panel = canvas.panel(
            _LEFT,
            top,
            canvas.width - _LEFT - _RIGHT,
            _ROW * max(len(drawn), 1),
            x=(low, high),
            y=(len(drawn) - 0.5, -0.5),
        )
        panel.scale_x([(value, tick(chosen, value)) for value in ticks(low, high)], name_of(chosen))
        _references(panel, chosen, ceiling, constant)
        for place, row in enumerate(drawn):
            _judge(panel, place, row, chosen, several=len({one.task for one in rows}) > 1)
        svg = canvas.svg(title, summary)
    header = ("judge", name_of(chosen), "95 % interval", "each person alone", "people with each other", "items")
    cells = tuple(_cells(row, chosen) for row in rows)
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


def _range(
    rows: Sequence[Agreement], metric: str, ceiling: Estimate | None, constant: float | None
) -> tuple[float, float]:
    # An error has no upper bound that all scales share.
    found = [0.0] if metric in METRICS and METRICS[metric].perfect == 0 else [0.0, 1.0]
    for estimate in (*(row.metrics.get(metric) for row in rows), ceiling, *(_each(row, metric) for row in rows)):
        if estimate is not None:
            found += [value for value in (estimate.value, estimate.low, estimate.high) if value is not None]
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
    panel.text(panel.x[0], place, fitted(full, _LEFT - 14), dx=-12, anchor="end", hover=full)
    if estimate is None or estimate.value is None:
        panel.text(panel.x[0], place, fitted(f"undefined: {reason(estimate)}", 440, 11), dx=8, role="warn", size=11)
        return
    role = "soft" if row.judge.startswith("baseline/") else "series-1"
    words = f"{clean(full)}: {told(metric, estimate)}, {estimate.n:,} judgments"
    each = _each(row, metric)
    if each is not None and each.value is not None:
        beside = f"{clean(full)}, each person alone: {told(metric, each)}"
        if each.low is not None and each.high is not None:
            panel.line((each.low, each.high), (place + 0.22,) * 2, role="series-2", width=1.5, hover=beside)
        panel.dot(each.value, place + 0.22, role="series-2", shape="D", filled=False, size=6, hover=beside)
    height = place - (0.12 if each is not None else 0)
    if estimate.low is not None and estimate.high is not None:
        panel.line((estimate.low, estimate.high), (height,) * 2, role=role, width=2.5, hover=words)
    panel.dot(estimate.value, height, role=role, hover=words)
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
    return " · ".join(parts)


def _cells(row: Agreement, metric: str) -> tuple[str, ...]:
    estimate, each, people = row.metrics.get(metric), _each(row, metric), row.ceiling.get(metric)
    if estimate is None or estimate.value is None:
        value, interval = f"undefined: {reason(estimate)}", NONE
    else:
        value, interval = shown(metric, estimate.value), bounds(metric, estimate) or NONE
    return (
        clean(_label(row, several=False)),
        value,
        interval,
        NONE if each is None else told(metric, each),
        NONE if people is None or people.value is None else told(metric, people),
        f"{row.items:,}",
    )


def _summary(rows: Sequence[Agreement], metric: str, ceiling: Estimate | None, constant: float | None) -> str:
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
