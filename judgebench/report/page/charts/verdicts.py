"""Charts of what a judge says: labels by gold's, what its probabilities mean, what verdicts depend on besides."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from judgebench.agreement.measure import MOST_CLASSES
from judgebench.agreement.policies import apply
from judgebench.agreement.score_metrics import numbers_of, reliability, score_metrics
from judgebench.domain import Estimate
from judgebench.report.document.text import NONE, clean, decimal, many
from judgebench.report.page.charts.canvas import WIDTH, fitted, open_canvas
from judgebench.report.page.charts.groups import division
from judgebench.report.page.parts import Chart
from judgebench.report.said import first_up, name_of, percent, reason, told, whom
from judgebench.stats.coefficients.calibration import bins_of
from judgebench.stats.influence import Clusters

if TYPE_CHECKING:
    from collections.abc import Sequence

    import numpy.typing as npt

    from judgebench.agreement.bias import LengthPreference
    from judgebench.agreement.score_metrics import Bin
    from judgebench.domain import Agreement, Policies, Ratings
    from judgebench.report.page.charts.canvas import Canvas, Entry, Panel

__all__ = ["calibration", "confusion", "length", "points", "position"]


_HEAD, _LABELS = 46.0, 150.0
#: Beyond this a cell has no room for two lines.
_ROOMY = 7
_DARKEST = 0.5


def confusion(
    ratings: Ratings, policies: Policies, *, judge: str = "the judge", gold: str = "", name: str = "confusion"
) -> Chart | None:
    """Draw the table of gold labels and verdicts; None where gold is not a single label, or there are too many."""
    if not ratings.scale.listed or len(ratings.scale.labels) > MOST_CLASSES:
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

    Ten bins of equal width, as for ``ece``; intervals are clustered by question.
    """
    if ratings.score is None or ratings.score_kind != "probability":
        return None
    scored = apply(ratings, policies)
    numbers = numbers_of(ratings, scored) if scored.size and scored.gold_values is None else None
    if numbers is None or not numbers.given.any():
        return None
    given = numbers.given
    clusters = Clusters.of(scored.cluster[numbers.rows[given]])
    bins = reliability(numbers.values[given], numbers.positive[given], clusters=clusters)
    found = score_metrics(ratings, scored)
    what = "the second response is better" if ratings.scale.kind == "pair" else "the answer is correct"
    title = f"{clean(judge)}: how sure it is that {what}, and how often that holds"
    figures = [(short, name_of(key), told(key, found[key])) for key, short in _FIGURES if key in found]
    summary = _calibration_words(bins, what, figures, independent=clusters.independent)
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
        observed = Estimate(one.observed, one.observed_low, one.observed_high, one.n)
        panel.estimate(observed, one.predicted, upright=True, role="series-1", hover=words)
        start = int(bins_of(np.array([one.high]))[0]) / 10
        bars.box(start + 0.005, start + 0.095, 0.0, float(one.n), role="series-1", opacity=0.35, hover=words)
        if most < 10_000:
            bars.text(start + 0.05, 0.0, str(one.n), dy=10, anchor="middle", role="soft", size=11)
    base = canvas.panel(_LEFT, _TOP + _SIDE + 8, _SIDE, _BARS + 16, x=(0.0, 1.0), y=(0.0, 1.0))
    base.scale_x(_TICKS, "probability that the judge gives", grid=False)


def _calibration_words(bins: list[Bin], what: str, figures: list[tuple[str, str, str]], *, independent: bool) -> str:
    last = bins[-1]
    measured = first_up("; ".join(f"{full} {text}" for _, full, text in figures))
    return (
        f"Where the judge says {decimal(last.predicted)} on average ({many(last.n, 'row')}), {what} in "
        f"{percent(last.observed)} of rows. {measured}."
        + ("" if independent else " Intervals are clustered by question.")
    )


_ROW, _MOST = 24.0, 40
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
    both = any(_bias(row, "position_consistency") is not None for row in told_rows)
    slot = any(_bias(row, "first_slot_rate") is not None for row in told_rows)
    if not (both or slot):
        return None
    drawn = told_rows[:_MOST]
    judges = list(dict.fromkeys(row.judge for row in rows))
    title = "Verdicts and the order of the responses"
    title = f"{clean(judges[0])}: {title[:1].lower()}{title[1:]}" if len(judges) == 1 else title
    summary = _order_words(told_rows)
    legend: list[Entry] = []
    if both:
        legend.append(("s", "series-1", "same response in both orders"))
        legend.append(("s", "series-2", "first slot gains"))
        legend.append(("s", "series-4", "second slot gains"))
    if slot:
        legend.append(("o", "series-1", "first slot's share of decided verdicts, 95 % interval"))
    with open_canvas(name, _ROW * len(drawn) + 44, legend) as canvas:
        width = 190.0 if both and slot else 450.0
        first = None
        if both:
            first = canvas.rows(_LABELS, width, len(drawn), _ROW, x=(0.0, 1.0))
            first.scale_x(_HALVES, "items shown in both orders")
        second = None
        if slot:
            left = _LABELS + (width + 70 if both else 0)
            second = canvas.rows(left, width, len(drawn), _ROW, x=(0.0, 1.0))
            second.scale_x(_HALVES, "first slot wins")
            second.line((0.5, 0.5), second.y, role="soft", dash=True)
        for place, row in enumerate(drawn):
            label = row.judge if len(judges) > 1 else "all items" if row.subset == "all" else row.subset
            beside = first or second
            if beside is not None:
                beside.name_row(place, label, gap=10)
            if first is not None:
                _same_row(first, place, row)
            if second is not None:
                _slot_row(second, place, row)
        svg = canvas.svg(title, summary)
    header = ("judge", "part", "same in both orders", "first slot gains", "second slot gains", "first slot wins")
    keys = ("position_consistency", "primacy", "recency", "first_slot_rate")
    cells = tuple((clean(row.judge), clean(row.subset), *(_bias_cell(row, key) for key in keys)) for row in told_rows)
    return Chart(name, title, svg, summary, header, cells)


def _bias(row: Agreement, key: str) -> float | None:
    found = row.bias.get(key)
    return None if found is None else found.value


def _same_row(panel: Panel, place: int, row: Agreement) -> None:
    same, early, late = (_bias(row, key) for key in ("position_consistency", "primacy", "recency"))
    if same is None:
        panel.lacking(place, reason(row.bias.get("position_consistency")), 250)
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


def _slot_row(panel: Panel, place: int, row: Agreement) -> None:
    estimate = row.bias.get("first_slot_rate")
    if estimate is None or estimate.value is None:
        panel.lacking(place, reason(estimate), 250)
        return
    words = f"{clean(row.subset)}: the first slot wins {told('first_slot_rate', estimate)} of {estimate.n:,} decided"
    panel.estimate(estimate, place, role="series-1", width=2.5, hover=words)


def _bias_cell(row: Agreement, key: str) -> str:
    return told(key, row.bias[key]) if key in row.bias else NONE


def _order_words(rows: Sequence[Agreement]) -> str:
    row = rows[0]
    parts: list[str] = []
    if _bias(row, "position_consistency") is not None:
        same = row.bias["position_consistency"]
        text = f"{clean(row.judge)} names the same response in both orders on {told('position_consistency', same)}"
        parts.append(f"{text} of {many(same.n, 'item')}")
    if _bias(row, "first_slot_rate") is not None:
        rate = row.bias["first_slot_rate"]
        text = f"the first slot wins {told('first_slot_rate', rate)} of {many(rate.n, 'decided verdict')}"
        parts.append(text if parts else f"{clean(row.judge)}: {text}")
    return f"{'; '.join(parts)}." if parts else "Nothing tells whether the order matters."


_LONG_LEFT, _LONG_TOP, _LONG_WIDTH, _LONG_HEIGHT = 52.0, 52.0, 540.0, 220.0


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
    with open_canvas(name, _LONG_TOP + _LONG_HEIGHT + 48) as canvas:
        canvas.legend([("o", "series-1", fitted(judge, 300)), ("D", "series-2", f"{who}, 95 % intervals")])
        panel = canvas.panel(_LONG_LEFT, _LONG_TOP, _LONG_WIDTH, _LONG_HEIGHT, x=(-0.5, len(marks) - 0.5), y=(0.0, 1.0))
        panel.scale_y([(share / 4, f"{25 * share} %") for share in range(5)], "longer response wins")
        panel.line(panel.x, (0.5, 0.5), role="soft", dash=True)
        panel.scale_x(list(enumerate(marks)), "difference of length in characters", grid=False)
        for place, one in enumerate(found.bins):
            of_judge, of_gold = (
                f"{side}, {marks[place]} characters: {percent(own.value or 0.0)} of {own.n:,}"
                for side, own in ((clean(judge), one.judge), (who, one.gold))
            )
            panel.estimate(one.judge, place - 0.1, upright=True, role="series-1", hover=of_judge)
            panel.estimate(one.gold, place + 0.1, upright=True, role="series-2", hover=of_gold, shape="D", filled=False)
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
