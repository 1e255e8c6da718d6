"""What verdicts depend on beside the answers, and what they cost."""

from __future__ import annotations

import math
from functools import partial
from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from judgebench.agreement.bias import length_difference, retest_agreement
from judgebench.agreement.policies import apply
from judgebench.agreement.ratings import from_verdicts, of_samples
from judgebench.report.document.text import NONE, decimal, figure
from judgebench.report.page.forest import axis_of, minus, short, value_text
from judgebench.report.page.parts import Dot, Fold, Scatter, Table
from judgebench.report.page.rankings import own_system, ranked
from judgebench.report.said import first_up, is_recorded, is_rule, name_of, ranged, told

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Sequence

    from judgebench.domain import Agreement, Estimate
    from judgebench.report.page.measured import Judge, Measured
    from judgebench.report.page.parts import Reported

__all__ = ["Cost", "cost_of", "costs"]

#: Judges with a price, and by how much prices have to differ, before a drawing says more than two columns.
_ENOUGH, _FACTOR = 4, 2.0
_ORDERS, _SLOT, _AGAIN = "Same verdict in both orders", "First slot wins", "Same when asked again"
_BY_PLACE = {_ORDERS: "position_consistency", _SLOT: "first_slot_rate"}
_CALIBRATION = ("auc", "brier", "ece")
_USD = "USD per 1,000 judgments"


def costs(one: Measured) -> Iterator[Fold]:
    """Show order, repeats, length and cost in one table; a drawing where prices differ."""
    judges = [*one.judges, *one.rules]
    cells = [_cells(judge, one.whom) for judge in judges]
    titles = [title for title in cells[0] if any(mine[title] for mine in cells)]
    if not titles:
        why = dict.fromkeys(price.why for judge in judges if (price := cost_of(judge.row)).why)
        text = f"Nothing was measured: one order, asked once; {', '.join(why)}."
        yield Fold("Order, repeats, cost", "not measured in these runs", (text,))
        return
    rows = tuple(
        (judge.name, *(mine[title] or NONE for title in titles)) for judge, mine in zip(judges, cells, strict=True)
    )
    header = ("Judge", *titles)
    small = _headline(judges, cells)
    drawn = _scatter(one)
    table = Table("Order, repeats, cost", header, rows, tuple(range(1, len(header))))
    yield Fold("Order, repeats, cost", small, tables=(table,), scatters=() if drawn is None else (drawn,))


def _headline(judges: Sequence[Judge], cells: Sequence[Mapping[str, str]]) -> str:
    """Choose the one figure that matters: what depends on the order, on asking again, or the price."""
    for title in (_ORDERS, _AGAIN, _USD, _SLOT):
        for judge, mine in zip(judges, cells, strict=True):
            if mine[title]:
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
            number, across(cost), upward.from_top(judge.figure.value or 0.0),
            f"{judge.name}: {value_text(one.metric, judge.figure.value)}, "
            f"{short(one.metric, judge.figure.low, judge.figure.high)}, {cost:.3g} USD",
        )
        for number, judge, cost in found
    )  # fmt: skip
    marks = tuple((across(tick), f"{tick:g}") for tick in ticks if low <= math.log10(tick) <= high)
    heights = tuple((upward.from_top(value), word) for value, word in upward.marks)
    names = ", ".join(f"{number} {judge.name}" for number, judge, _ in found)
    return Scatter(
        f"Agreement against cost: {names}", f"USD per 1,000 judgments: {names}", "agreement", marks, heights, dots
    )


def _cells(judge: Judge, whom: str) -> dict[str, str]:
    """Write every column of a judge; empty where there is nothing to say."""
    row, cost, board = judge.row, cost_of(judge.row), ranked(judge.run)
    own = None if board is None else own_system(judge.run.run.judge, board)
    again = _again(judge.run)
    return {
        **{title: _cell(row.bias.get(name), partial(told, name)) for title, name in _BY_PLACE.items()},
        _AGAIN: "" if again is None else told("retest_agreement", again),
        f"Longer wins: judge less {whom}, points": _cell(_longer(judge.run), _in_points),
        f"Says right more than {whom}, points": _cell(row.bias.get("positive_rate_difference"), _in_points),
        f"Rates more than {whom}": _cell(row.bias.get("mean_signed_error"), lambda one: f"{one.value:+.2f}"),
        f"Its own system: judge less {whom}": _cell(
            None if own is None else own.bias, lambda one: ranged(one, decimal)
        ),
        **{first_up(name_of(name)): _cell(row.metrics.get(name), partial(told, name)) for name in _CALIBRATION},
        _USD: "" if cost.usd is None or is_rule(row.judge) else figure(cost.usd, 4),
        "Tokens per judgment": "" if cost.tokens is None else f"{cost.tokens / 1000:,.0f}",
    }


def _cell(one: Estimate | None, write: Callable[[Estimate], str]) -> str:
    return "" if one is None or one.value is None else minus(write(one))


def _in_points(one: Estimate) -> str:
    return ranged(one, lambda value: f"{100 * value:+.1f}")


def _again(run: Reported) -> Estimate | None:
    """Measure how often a judge says the same when it is asked again, by its repeats or the samples of one asking."""
    if run.run.repeats > 1:
        return retest_agreement(run.ratings)
    if "samples" in run.run.settings:
        return retest_agreement(from_verdicts(of_samples(run.verdicts()), run.run.scale))
    return None


def _longer(run: Reported) -> Estimate | None:
    """Measure a preference for length; the verdicts hold the lengths, so these are read once more."""
    if run.run.scale.kind != "pair":
        return None
    ahead = dict.fromkeys(run.judged.items, float("nan"))
    for verdict in run.verdicts():
        if len(verdict.lengths) == 2 and verdict.item in ahead:
            ahead[verdict.item] = float(verdict.lengths[1] - verdict.lengths[0])
    return length_difference(apply(run.ratings, run.policies), np.array(list(ahead.values())))


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
    if is_recorded(row.judge):
        return Cost(None, None, "verdicts were recorded without their cost")
    if is_rule(row.judge):
        return Cost(0.0, None)
    return Cost(None, None, "no tokens were counted")
