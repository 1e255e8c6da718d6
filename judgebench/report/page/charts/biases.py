"""Charts of what verdicts depend on beside the answers: the order in which they are shown, and their lengths."""

from __future__ import annotations

from typing import TYPE_CHECKING

from judgebench.report.document.text import NONE, clean, many
from judgebench.report.page.charts.canvas import fitted, legend_room, open_canvas
from judgebench.report.page.charts.groups import division
from judgebench.report.page.parts import Chart, percent, reason, told, whom

if TYPE_CHECKING:
    from collections.abc import Sequence

    from judgebench.agreement.bias import LengthPreference
    from judgebench.domain import Agreement, Estimate
    from judgebench.report.page.charts.canvas import Entry, Panel

__all__ = ["length", "position"]


_LABELS, _ROW, _MOST = 150.0, 24.0, 40
_HALVES = ((0.0, "0 %"), (0.5, "50 %"), (1.0, "100 %"))


def position(rows: Sequence[Agreement], *, name: str = "position") -> Chart | None:
    """Draw how verdicts depend on the order in which responses were shown, by subset or judge.

    None where nothing tells: responses have no order, or none won.
    """
    # A run that is measured under two policies has a second row ``all`` of the same judgments.
    once = {(row.judge, row.subset): row for row in reversed(rows)}
    told_rows = [
        row
        for row in rows
        if division(row) != "system"
        and once[row.judge, row.subset] is row
        and {"first_slot_rate", "position_consistency"} & set(row.bias)
    ]
    if not any(_known(row, "first_slot_rate") or _known(row, "position_consistency") for row in told_rows):
        return None
    both = any(_known(row, "position_consistency") for row in told_rows)
    slot = any(_known(row, "first_slot_rate") for row in told_rows)
    drawn = told_rows[:_MOST]
    judges = list(dict.fromkeys(row.judge for row in rows))
    title = "Verdicts and the order of the responses"
    title = f"{clean(judges[0])}: {title[:1].lower()}{title[1:]}" if len(judges) == 1 else title
    summary = _summary(told_rows)
    legend: list[Entry] = []
    if both:
        legend.append(("s", "series-1", "same response in both orders"))
        legend.append(("s", "series-2", "first slot gains"))
        legend.append(("s", "series-4", "second slot gains"))
    if slot:
        legend.append(("o", "series-1", "first slot's share of decided verdicts, 95 % interval"))
    top = legend_room(legend) + 8
    with open_canvas(name, top + _ROW * len(drawn) + 44) as canvas:
        canvas.legend(legend)
        lines = (len(drawn) - 0.5, -0.5)
        width = 190.0 if both and slot else 450.0
        first = None
        if both:
            first = canvas.panel(_LABELS, top, width, _ROW * len(drawn), x=(0.0, 1.0), y=lines)
            first.scale_x(_HALVES, "items shown in both orders")
        second = None
        if slot:
            left = _LABELS + (width + 70 if both else 0)
            second = canvas.panel(left, top, width, _ROW * len(drawn), x=(0.0, 1.0), y=lines)
            second.scale_x(_HALVES, "first slot wins")
            second.line((0.5, 0.5), second.y, role="soft", dash=True)
        for place, row in enumerate(drawn):
            label = row.judge if len(judges) > 1 else "all items" if row.subset == "all" else row.subset
            beside = first or second
            if beside is not None:
                beside.text(0.0, place, fitted(label, _LABELS - 12), dx=-10, anchor="end", hover=label)
            if first is not None:
                _shares(first, place, row)
            if second is not None:
                _slot(second, place, row)
        svg = canvas.svg(title, summary)
    header = ("judge", "part", "same in both orders", "first slot gains", "second slot gains", "first slot wins")
    keys = ("position_consistency", "primacy", "recency", "first_slot_rate")
    cells = tuple(
        (clean(row.judge), clean(row.subset), *(_cell(row.bias.get(key), key) for key in keys)) for row in told_rows
    )
    return Chart(name, title, svg, summary, header, cells)


def _known(row: Agreement, key: str) -> bool:
    found = row.bias.get(key)
    return found is not None and found.value is not None


def _value(row: Agreement, key: str) -> float | None:
    found = row.bias.get(key)
    return None if found is None else found.value


def _shares(panel: Panel, place: int, row: Agreement) -> None:
    same, early, late = (_value(row, key) for key in ("position_consistency", "primacy", "recency"))
    if same is None:
        panel.text(
            0.0, place, fitted(reason(row.bias.get("position_consistency")), 250, 11), dx=6, role="warn", size=11
        )
        return
    start = 0.0
    for key, value, role, words in (
        ("position_consistency", same, "series-1", "the same response in both orders"),
        ("primacy", early, "series-2", "the first slot gains"),
        ("recency", late, "series-4", "the second slot gains"),
    ):
        if value is not None:
            hover = f"{clean(row.subset)}: {words} on {told(key, row.bias[key])} of {row.bias[key].n:,} items"
            panel.box(start, start + value, place - 0.34, place + 0.34, role=role, opacity=0.8, hover=hover)
            start += value
    panel.text(1.0, place, percent(same, 0), dx=4, size=11, bold=True)


def _slot(panel: Panel, place: int, row: Agreement) -> None:
    estimate = row.bias.get("first_slot_rate")
    if estimate is None or estimate.value is None:
        panel.text(0.0, place, fitted(reason(estimate), 250, 11), dx=6, role="warn", size=11)
        return
    words = f"{clean(row.subset)}: the first slot wins {told('first_slot_rate', estimate)} of {estimate.n:,} decided"
    if estimate.low is not None and estimate.high is not None:
        panel.line((estimate.low, estimate.high), (place, place), role="series-1", width=2.5, hover=words)
    panel.dot(estimate.value, place, role="series-1", hover=words)


def _cell(estimate: Estimate | None, key: str) -> str:
    return NONE if estimate is None else told(key, estimate)


def _summary(rows: Sequence[Agreement]) -> str:
    row = rows[0]
    parts: list[str] = []
    if _known(row, "position_consistency"):
        same = row.bias["position_consistency"]
        text = f"{clean(row.judge)} names the same response in both orders on {told('position_consistency', same)}"
        parts.append(f"{text} of {many(same.n, 'item')}")
    if _known(row, "first_slot_rate"):
        rate = row.bias["first_slot_rate"]
        text = f"the first slot wins {told('first_slot_rate', rate)} of {many(rate.n, 'decided verdict')}"
        parts.append(text if parts else f"{clean(row.judge)}: {text}")
    return f"{'; '.join(parts)}." if parts else "Nothing tells whether the order matters."


_LEFT, _TOP, _WIDTH, _HEIGHT = 52.0, 52.0, 540.0, 220.0


def length(found: LengthPreference, *, judge: str = "the judge", gold: str = "", name: str = "length") -> Chart | None:
    """Draw how often the longer response wins; None where no pair tells."""
    if not found.bins:
        return None
    who = whom(gold)
    title = f"{clean(judge)}: how often the longer response wins, beside {who}"
    summary = (
        f"The longer response wins {told('longer_rate', found.judge)} with {clean(judge)} and "
        f"{told('longer_rate', found.gold)} for {who}, on {many(found.judge.n, 'verdict')} where both name one; "
        f"{points(found.difference)}."
    )
    marks = [f"{one.least:,.0f}–{one.most:,.0f}" for one in found.bins]  # noqa: RUF001 - a range
    with open_canvas(name, _TOP + _HEIGHT + 48) as canvas:
        canvas.legend([("o", "series-1", fitted(judge, 300)), ("D", "series-2", f"{who}, 95 % intervals")])
        panel = canvas.panel(_LEFT, _TOP, _WIDTH, _HEIGHT, x=(-0.5, len(marks) - 0.5), y=(0.0, 1.0))
        panel.scale_y([(share / 4, f"{25 * share} %") for share in range(5)], "longer response wins")
        panel.line(panel.x, (0.5, 0.5), role="soft", dash=True)
        panel.scale_x(list(enumerate(marks)), "difference of length in characters", grid=False)
        for place, one in enumerate(found.bins):
            _mark(panel, place - 0.1, one.judge, "series-1", f"{clean(judge)}, {marks[place]} characters")
            _mark(panel, place + 0.1, one.gold, "series-2", f"{who}, {marks[place]} characters")
        svg = canvas.svg(title, summary)
    header = ("difference in characters", "verdicts", "judge names the longer", f"{who}: the longer wins")
    rows = tuple(
        (mark, f"{one.judge.n:,}", told("longer_rate", one.judge), told("longer_rate", one.gold))
        for mark, one in zip(marks, found.bins, strict=True)
    )
    whole = ("all", f"{found.judge.n:,}", told("longer_rate", found.judge), told("longer_rate", found.gold))
    return Chart(name, title, svg, summary, header, (*rows, whole))


def points(difference: Estimate) -> str:
    """Put a preference into words.

    >>> from judgebench.domain import Estimate
    >>> points(Estimate(0.05, 0.01, 0.09, 99))
    'that is 5.0 points more (1.0 to 9.0), a leaning to the longer one'
    """
    if difference.value is None:
        return "whether that is a preference can't be told"
    size = f"{100 * abs(difference.value):.1f} points {'more' if difference.value >= 0 else 'less'}"
    if difference.low is None or difference.high is None:
        return f"that is {size}, without an interval"
    ends = sorted((difference.low, difference.high)) if difference.value >= 0 else (-difference.high, -difference.low)
    interval = f"({100 * ends[0]:.1f} to {100 * ends[1]:.1f})"
    leaning = "longer" if difference.low > 0 else "shorter" if difference.high < 0 else ""
    return f"that is {size} {interval}, {f'a leaning to the {leaning} one' if leaning else 'which may be chance'}"


def _mark(panel: Panel, x: float, estimate: Estimate, role: str, words: str) -> None:
    if estimate.value is None:
        return
    hover = f"{words}: {percent(estimate.value)} of {estimate.n:,}"
    if estimate.low is not None and estimate.high is not None:
        panel.line((x, x), (estimate.low, estimate.high), role=role, width=2, hover=hover)
    panel.dot(
        x, estimate.value, role=role, shape="o" if role == "series-1" else "D", filled=role == "series-1", hover=hover
    )
