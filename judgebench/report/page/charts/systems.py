"""The systems' scores by gold and by the judge: whether a ranking by the judge is the ranking by people."""

from __future__ import annotations

from typing import TYPE_CHECKING

from judgebench.report.document.text import clean, figure, spread
from judgebench.report.page.charts.canvas import fitted, open_canvas, ticks
from judgebench.report.page.charts.words import ranged, reason, whom
from judgebench.report.page.parts import Chart
from judgebench.report.systems import REASONS

if TYPE_CHECKING:
    from collections.abc import Sequence

    from judgebench.agreement.systems.systems import SystemsAgreement, SystemScore
    from judgebench.domain import Estimate
    from judgebench.report.page.charts.canvas import Canvas, Panel

__all__ = ["systems"]

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
    ranks = f"Kendall's tau {_told(tau)}, Spearman's rho {_told(rho)}"
    summary = f"{len(known)} systems, ranked by {clean(judge)} and by {who}: {ranks}."
    low, high = _range(known)
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
            _told(one.gold),
            _told(one.judge),
            _told(one.bias),
        )
        for one in found.systems
    )
    return Chart(name, title, svg, summary, header, rows)


def _why(estimate: Estimate | None) -> str:
    code = "" if estimate is None else estimate.undefined or ""
    return REASONS.get(code) or reason(estimate)


def _told(estimate: Estimate | None) -> str:
    if estimate is None or estimate.value is None:
        return f"undefined: {_why(estimate)}"
    return ranged(estimate, spread)


def _range(known: Sequence[SystemScore]) -> tuple[float, float]:
    values = [
        value
        for one in known
        for estimate in (one.gold, one.judge)
        for value in (estimate.value, estimate.low, estimate.high)
        if value is not None
    ]
    room = 0.06 * (max(values) - min(values)) or 0.05
    return min(values) - room, max(values) + room


def _points(panel: Panel, ordered: Sequence[SystemScore]) -> None:
    for one in ordered:
        x, y = one.gold.value or 0.0, one.judge.value or 0.0
        words = f"{clean(one.name)}: gold {_told(one.gold)}, judge {_told(one.judge)}, {one.rows:,} rows"
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
        canvas.text(right + 18, spot, label, size=11, hover=f"{clean(one.name)}: {_told(one.judge)}")
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
