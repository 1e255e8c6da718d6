"""What verdicts depend on beside the answers, and what they cost."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

import numpy as np

from judgebench.agreement.bias import length_difference, retest_agreement
from judgebench.agreement.policies import apply
from judgebench.agreement.ratings import from_verdicts, of_samples
from judgebench.report.document.text import NONE, decimal, figure
from judgebench.report.page.charts.cost import cost_of
from judgebench.report.page.forest import axis_of, minus, short, value_text
from judgebench.report.page.parts import Dot, Fold, Scatter, Table
from judgebench.report.page.rankings import own_system, ranked
from judgebench.report.said import is_rule, name_of, ranged, told

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from judgebench.domain import Agreement, Estimate
    from judgebench.report.page.measured import Judge, Measured
    from judgebench.report.page.parts import Reported

__all__ = ["costs"]

#: Judges with a price, and by how much prices have to differ, before a drawing says more than two columns.
_ENOUGH, _FACTOR = 4, 2.0
_ORDERS, _SLOT, _AGAIN = "Same verdict in both orders", "First slot wins", "Same when asked again"
_USD = "USD per 1,000 judgments"
_LEANINGS = ("positive_rate_difference", "mean_signed_error")


def costs(one: Measured) -> Iterator[Fold]:
    """Show order, repeats, length and cost in one table; a drawing where prices differ."""
    judges = [*one.judges, *one.rules]
    cells = [_cells(judge) for judge in judges]
    titles = dict.fromkeys(title for mine in cells for title in mine)
    known = [title for title in titles if any(mine.get(title, NONE) != NONE for mine in cells)]
    prices = [cost_of(judge.row) for judge in judges]
    if not known:
        why = dict.fromkeys(price.why for price in prices if price.why)
        text = f"Nothing was measured: one order, asked once; {', '.join(why)}."
        yield Fold("Order, repeats, cost", "not measured in these runs", (text,))
        return
    rows = tuple(
        (judge.name, *(mine.get(title, NONE) for title in known)) for judge, mine in zip(judges, cells, strict=True)
    )
    header = (("Judge", ""), *((title, "") for title in known))
    small = _headline(judges, cells)
    drawn = _scatter(one)
    table = Table("Order, repeats, cost", header, rows, tuple(range(1, len(header))))
    yield Fold("Order, repeats, cost", small, tables=(table,), scatters=() if drawn is None else (drawn,))


def _headline(judges: Sequence[Judge], cells: Sequence[Mapping[str, str]]) -> str:
    """Choose the one figure that matters: what depends on the order, on asking again, or the price."""
    for title in (_ORDERS, _AGAIN, _USD, _SLOT):
        for judge, mine in zip(judges, cells, strict=True):
            if mine.get(title, NONE) != NONE:
                return f"{judge.name}: {title[:1].lower()}{title[1:]} {mine[title].partition(' (')[0]}"
    return "not measured in these runs"


def _scatter(one: Measured) -> Scatter | None:
    """Draw agreement against cost from four judges with prices that differ by a factor of two."""
    found = [
        (i + 1, judge, cost)
        for i, judge in enumerate(one.judges)
        if (cost := cost_of(judge.row).usd) and judge.figure.value is not None
    ]
    spent = [cost for _, _, cost in found]
    if len(found) < _ENOUGH or max(spent) < _FACTOR * min(spent):
        return None
    upward = axis_of(one.metric, [judge.figure for _, judge, _ in found])
    low, high = math.log10(min(spent) / 1.2), math.log10(max(spent) * 1.2)

    def across(cost: float) -> str:
        return f"{100 * (math.log10(cost) - low) / (high - low):.2f}%"

    powers = range(math.floor(low), math.ceil(high) + 1)
    ticks = [times * 10.0**power for power in powers for times in (1, 2, 5)]
    dots = tuple(
        Dot(
            number, across(cost), upward.at(upward.low + upward.high - (judge.figure.value or 0.0)),
            f"{judge.name}: {value_text(one.metric, judge.figure.value)}, "
            f"{short(one.metric, judge.figure.low, judge.figure.high)}, {cost:.3g} USD",
        )
        for number, judge, cost in found
    )  # fmt: skip
    marks = tuple((across(tick), f"{tick:g}") for tick in ticks if low <= math.log10(tick) <= high)
    flipped = tuple((upward.at(upward.low + upward.high - value), word) for value, word in upward.marks)
    names = ", ".join(f"{number} {judge.name}" for number, judge, _ in found)
    return Scatter(
        f"Agreement against cost: {names}", f"USD per 1,000 judgments: {names}", "agreement", marks, flipped, dots
    )


def _cells(judge: Judge) -> dict[str, str]:
    row, run = judge.row, judge.run.run
    cells = {
        _ORDERS: _figure(row, "position_consistency"),
        _SLOT: _figure(row, "first_slot_rate"),
    }
    again = retest_agreement(judge.run.ratings) if run.repeats > 1 else None
    if again is None and "samples" in run.settings:
        again = retest_agreement(from_verdicts(of_samples(judge.run.verdicts()), run.scale))
    cells[_AGAIN] = NONE if again is None else told("retest_agreement", again)
    gap = _longer(judge.run)
    cells["Longer wins: judge less people, points"] = NONE if gap is None else minus(ranged(gap, _points))
    for name in _LEANINGS:
        estimate = row.bias.get(name)
        if estimate is not None and estimate.value is not None:
            more = name == "positive_rate_difference"
            title = "Says right more than people, points" if more else "Rates more than people"
            cells[title] = minus(ranged(estimate, _points) if more else f"{estimate.value:+.2f}")
    board = ranked(judge.run)
    own = None if board is None else own_system(run.judge, board)
    if own is not None and own.bias.value is not None:
        cells["Its own system: judge less people"] = minus(ranged(own.bias, decimal))
    for name in ("auc", "brier", "ece"):
        if name in row.metrics and row.metrics[name].value is not None:
            cells[name_of(name)[:1].upper() + name_of(name)[1:]] = told(name, row.metrics[name])
    cost = cost_of(row)
    if cost.usd is not None and not is_rule(row.judge):
        cells[_USD] = figure(cost.usd, 4)
    if cost.tokens is not None:
        cells["Tokens per judgment"] = f"{cost.tokens / 1000:,.0f}"
    return cells


def _longer(run: Reported) -> Estimate | None:
    """Measure a preference for length; the verdicts hold the lengths, so these are read once more."""
    if run.run.scale.kind != "pair":
        return None
    ahead = dict.fromkeys(run.judged.items, float("nan"))
    for verdict in run.verdicts():
        if len(verdict.lengths) == 2 and verdict.item in ahead:
            ahead[verdict.item] = float(verdict.lengths[1] - verdict.lengths[0])
    return length_difference(apply(run.ratings, run.policies), np.array(list(ahead.values())))


def _figure(row: Agreement, key: str) -> str:
    estimate = row.bias.get(key)
    return NONE if estimate is None or estimate.value is None else told(key, estimate)


def _points(value: float) -> str:
    return f"{100 * value:+.1f}"
