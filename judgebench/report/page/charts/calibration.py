"""Whether the judge's probabilities mean what they say: stated against observed shares, bin by bin."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from judgebench.agreement.policies import apply
from judgebench.agreement.score_metrics import numbers_of, score_metrics
from judgebench.report.document.text import clean, many, spread
from judgebench.report.page.charts.canvas import open_canvas
from judgebench.report.page.charts.words import first_up, name_of, percent, told
from judgebench.report.page.parts import Chart
from judgebench.stats.coefficients.calibration import bins_of
from judgebench.stats.inference.reliability import reliability

if TYPE_CHECKING:
    from judgebench.domain import Policies, Ratings
    from judgebench.report.page.charts.canvas import Canvas
    from judgebench.stats.inference.reliability import Bin

__all__ = ["calibration"]

_LEFT, _TOP, _SIDE, _BARS = 60.0, 62.0, 300.0, 52.0
_FIGURES = (("ece", "ECE"), ("brier", "Brier"), ("auc", "AUC"), ("calibration_slope", "slope"))
_TICKS = tuple((share / 5, f"{20 * share} %") for share in range(6))


def calibration(
    ratings: Ratings, policies: Policies, *, judge: str = "the judge", name: str = "calibration"
) -> Chart | None:
    """Draw the reliability curve of a judge that gives probabilities on a check or pair scale; else None.

    Ten bins of equal width, as for ``ece``; intervals are Wilson's, which take rows for independent.
    """
    if ratings.score is None or ratings.score_kind != "probability" or ratings.sequence is not None:
        return None
    scored = apply(ratings, policies)
    numbers = numbers_of(ratings, scored) if scored.size and scored.gold_values is None else None
    if numbers is None or not numbers.given.any():
        return None
    bins = reliability(numbers.values[numbers.given], numbers.positive[numbers.given])
    found = score_metrics(ratings, scored)
    what = "the second response is better" if ratings.scale.kind == "pair" else "the answer is correct"
    title = f"{clean(judge)}: how sure it is that {what}, and how often that holds"
    figures = [(short, name_of(key), told(key, found[key])) for key, short in _FIGURES if key in found]
    summary = _summary(bins, what, figures)
    with open_canvas(name, _TOP + _SIDE + _BARS + 68) as canvas:
        canvas.legend(
            [
                ("o", "series-1", "observed share, 95 % interval"),
                ("dash", "soft", "calibrated"),
                ("box", "series-1", "rows in the bin"),
            ]
        )
        _curve(canvas, bins, what)
        for place, (short, full, text) in enumerate(figures):
            value, _, interval = text.partition(" (")
            height = _TOP + 14 + 40 * place
            canvas.text(_LEFT + _SIDE + 28, height, f"{short} {value}", bold=True, hover=full)
            if interval:
                canvas.text(_LEFT + _SIDE + 28, height + 16, f"({interval}", role="soft", size=11)
        svg = canvas.svg(title, summary)
    header = ("said, from", "to", "mean", "rows", "observed", "95 % interval")
    rows = tuple(
        (
            spread(one.low),
            spread(one.high),
            spread(one.predicted),
            f"{one.n:,}",
            percent(one.observed),
            f"{100 * one.observed_low:.1f} to {percent(one.observed_high)}",
        )
        for one in bins
    )
    return Chart(name, title, svg, summary, header, rows)


def _curve(canvas: Canvas, bins: list[Bin], what: str) -> None:
    panel = canvas.panel(_LEFT, _TOP, _SIDE, _SIDE, x=(0.0, 1.0), y=(0.0, 1.0))
    panel.scale_y(_TICKS, f"how often {what}")
    panel.line((0.0, 1.0), (0.0, 1.0), role="soft", dash=True)
    panel.line([one.predicted for one in bins], [one.observed for one in bins], role="series-1", width=1.5)
    most = max(one.n for one in bins)
    bars = canvas.panel(_LEFT, _TOP + _SIDE + 8, _SIDE, _BARS, x=(0.0, 1.0), y=(0.0, float(most)))
    for one in bins:
        words = (
            f"said {spread(one.predicted)} on average, {many(one.n, 'row')}: observed {percent(one.observed)} "
            f"({100 * one.observed_low:.1f} to {percent(one.observed_high)})"
        )
        panel.line((one.predicted,) * 2, (one.observed_low, one.observed_high), role="series-1", width=2, hover=words)
        panel.dot(one.predicted, one.observed, role="series-1", hover=words)
        start = int(bins_of(np.array([one.high]))[0]) / 10
        bars.box(start + 0.005, start + 0.095, 0.0, float(one.n), role="series-1", opacity=0.35, hover=words)
        if most < 10_000:
            bars.text(start + 0.05, 0.0, str(one.n), dy=10, anchor="middle", role="soft", size=11)
    base = canvas.panel(_LEFT, _TOP + _SIDE + 8, _SIDE, _BARS + 16, x=(0.0, 1.0), y=(0.0, 1.0))
    base.scale_x(_TICKS, "probability that the judge gives", grid=False)


def _summary(bins: list[Bin], what: str, figures: list[tuple[str, str, str]]) -> str:
    last = bins[-1]
    measured = first_up("; ".join(f"{full} {text}" for _, full, text in figures))
    return (
        f"Where the judge says {spread(last.predicted)} on average ({many(last.n, 'row')}), {what} in "
        f"{percent(last.observed)} of rows. {measured}. Intervals take rows for independent."
    )
