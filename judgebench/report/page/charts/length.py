"""How often the longer response is named, by the judge and by gold, as lengths differ more."""

from __future__ import annotations

from typing import TYPE_CHECKING

from judgebench.report.document.text import clean, many
from judgebench.report.page.charts.canvas import fitted, open_canvas
from judgebench.report.page.charts.words import percent, told, whom
from judgebench.report.page.parts import Chart

if TYPE_CHECKING:
    from judgebench.agreement.bias import LengthPreference
    from judgebench.domain import Estimate
    from judgebench.report.page.charts.canvas import Panel

__all__ = ["length"]

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
