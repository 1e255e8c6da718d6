"""Charts of what a judge says: its labels by gold's, and whether its probabilities mean what they say."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from judgebench.agreement.measure import MOST_CLASSES
from judgebench.agreement.policies import apply
from judgebench.agreement.score_metrics import numbers_of, score_metrics
from judgebench.report.document.text import clean, decimal, many
from judgebench.report.page.charts.canvas import WIDTH, fitted, open_canvas
from judgebench.report.page.parts import Chart, first_up, name_of, percent, told, whom
from judgebench.stats.coefficients.calibration import bins_of
from judgebench.stats.inference.reliability import reliability

if TYPE_CHECKING:
    import numpy.typing as npt

    from judgebench.domain import Policies, Ratings
    from judgebench.report.page.charts.canvas import Canvas
    from judgebench.stats.inference.reliability import Bin

__all__ = ["calibration", "confusion"]


_HEAD, _LABELS = 46.0, 150.0
#: Beyond this a cell has no room for two lines.
_ROOMY = 7
_DARKEST = 0.5


def confusion(
    ratings: Ratings, policies: Policies, *, judge: str = "the judge", gold: str = "", name: str = "confusion"
) -> Chart | None:
    """Draw the table of gold labels and verdicts; None where gold is not a single label, or there are too many."""
    if ratings.sequence is not None or len(ratings.scale.labels) > MOST_CLASSES:
        return None
    scored = apply(ratings, policies)
    if not scored.size or scored.gold_values is not None:
        return None
    counts = np.bincount(scored.cells(), minlength=int(np.prod(scored.shape))).reshape(scored.shape)
    names = [*scored.scale.labels, "undecided", "no verdict"]
    labels = len(scored.scale.labels)
    tall = [i for i in range(labels) if counts[i].any() or counts[:, i].any()]
    wide = [*tall, *(i for i in range(labels, labels + 2) if counts[:, i].any())]
    who = whom(gold)
    title = f"{clean(judge)}: what it says, by what {who} {'say' if who == 'people' else 'says'}"
    summary = _confusion_words(counts, names, tall, judge)
    with open_canvas(name, _HEAD + len(tall) * _cell(wide)[1] + 8) as canvas:
        _draw(canvas, counts, names, tall, wide, who)
        svg = canvas.svg(title, summary)
    header = (f"{who} \\ judge", *(clean(names[j]) for j in wide), "all")
    rows = tuple(
        (
            clean(names[i]),
            *(f"{counts[i, j]:,} ({_share(counts, i, j)})" for j in wide),
            f"{counts[i].sum():,}",
        )
        for i in tall
    )
    return Chart(name, title, svg, summary, header, rows)


def _cell(wide: list[int]) -> tuple[float, float]:
    return min(92.0, (WIDTH - _LABELS - 60) / len(wide)), 46.0 if len(wide) <= _ROOMY else 26.0


def _share(counts: npt.NDArray[np.intp], i: int, j: int) -> str:
    total = int(counts[i].sum())
    return percent(counts[i, j] / total, 0) if total else "no row"


def _draw(
    canvas: Canvas, counts: npt.NDArray[np.intp], names: list[str], tall: list[int], wide: list[int], who: str
) -> None:
    width, height = _cell(wide)
    left = _LABELS
    canvas.text(left + width * len(wide) / 2, 12, "the judge says", role="soft", anchor="middle")
    canvas.text(left - 10, 34, f"{who} {'say' if who == 'people' else 'says'}", role="soft", anchor="end")
    canvas.text(left + width * len(wide) + 52, 34, "all", role="soft", anchor="end")
    panel = canvas.panel(
        left, _HEAD, width * len(wide), height * len(tall), x=(0.0, float(len(wide))), y=(float(len(tall)), 0.0)
    )
    panel.box(0.0, float(len(wide)), 0.0, float(len(tall)), role="panel")
    # Names of many labels don't fit above their columns: their rows have them, with numbers.
    numbered = len(wide) > _ROOMY
    for x, j in enumerate(wide):
        label = str(x + 1) if numbered else fitted(names[j], width - 4, 11)
        canvas.text(left + width * (x + 0.5), 34, label, size=11, anchor="middle", hover=names[j])
    for y, i in enumerate(tall):
        total = int(counts[i].sum())
        label = f"{fitted(names[i], left - 32)} {y + 1}" if numbered else fitted(names[i], left - 12)
        panel.text(0, y + 0.5, label, dx=-10, anchor="end", hover=names[i])
        panel.text(len(wide), y + 0.5, f"{total:,}", dx=52, anchor="end", role="soft")
        for x, j in enumerate(wide):
            number = int(counts[i, j])
            share = number / total if total else 0.0
            words = f"gold {names[i]}, judge {names[j]}: {number:,} of {total:,} ({_share(counts, i, j)})"
            right = i == j
            if number:
                role = "series-1" if right else "series-2"
                panel.box(x + 0.02, x + 0.98, y + 0.03, y + 0.97, role=role, opacity=_DARKEST * share, hover=words)
            if not numbered:
                ink = "ink" if number else "soft"
                panel.text(x + 0.5, y + 0.5, f"{number:,}", dy=-8, anchor="middle", bold=right, role=ink)
                panel.text(x + 0.5, y + 0.5, _share(counts, i, j), dy=9, anchor="middle", size=11, role=ink)
            elif number:
                panel.text(x + 0.5, y + 0.5, f"{number}", anchor="middle", size=11, bold=right)


def _confusion_words(counts: npt.NDArray[np.intp], names: list[str], tall: list[int], judge: str) -> str:
    parts: list[str] = []
    for i in tall:
        total = int(counts[i].sum())
        if total:
            wrong = counts[i].copy()
            wrong[i] = 0
            most = int(wrong.argmax())
            text = f"of {total:,} with gold {clean(names[i])}, {_share(counts, i, i)} are called so"
            parts.append(text + (f" and {_share(counts, i, most)} {clean(names[most])}" if wrong[most] else ""))
    more = " The table has all labels." if len(parts) > 6 else ""
    return f"{clean(judge)}: {'; '.join(parts[:6])}.{more}"


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
    summary = _calibration_words(bins, what, figures)
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
            decimal(one.low),
            decimal(one.high),
            decimal(one.predicted),
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
            f"said {decimal(one.predicted)} on average, {many(one.n, 'row')}: observed {percent(one.observed)} "
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


def _calibration_words(bins: list[Bin], what: str, figures: list[tuple[str, str, str]]) -> str:
    last = bins[-1]
    measured = first_up("; ".join(f"{full} {text}" for _, full, text in figures))
    return (
        f"Where the judge says {decimal(last.predicted)} on average ({many(last.n, 'row')}), {what} in "
        f"{percent(last.observed)} of rows. {measured}. Intervals take rows for independent."
    )
