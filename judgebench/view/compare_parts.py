"""Two runs by part of the data, with the chart in the table; and how many items became better or worse."""

from __future__ import annotations

from itertools import pairwise
from typing import TYPE_CHECKING, Any

from judgebench.report.document.text import clean, many
from judgebench.report.page.forest import Axis, Forest, Line, Mark, steps
from judgebench.report.said import numbers, whole
from judgebench.report.words import headline_name
from judgebench.view.comparison import BETTER, HALF, OTHER, WORSE
from judgebench.view.figures import estimate, fraction, points

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from judgebench.agreement.compare.comparison import Comparison, ComparisonLine, Part
    from judgebench.view.comparison import Compared

__all__ = ["ALL", "LEVEL", "SHARES", "counts", "lines_of", "part_of", "parts", "value_of"]

#: The line on all items, and what a p-value is held to.
ALL, LEVEL = "all", 0.05
#: Shares of right answers, of which points can be told.
SHARES = ("percent_agreement", "accuracy")
#: Whether a part became better, by the sign of what is sure: style, sign and word.
_CHIPS = {1: ("yes", "▲", "Better"), -1: ("no", "▼", "Worse"), 0: ("unsure", "?", "Can't tell")}


def value_of(line: ComparisonLine) -> float:
    """Give the difference, 0 where there is none."""
    return line.difference.value or 0.0


def table_metric(found: Comparison) -> str:
    """Choose the figure of the table: a share, of which points can be told; else the headline."""
    there = {line.metric for line in found.lines}
    return next((name for name in SHARES if name in there), found.headline)


def lines_of(found: Comparison) -> list[ComparisonLine]:
    """Give the lines of that figure, part by part."""
    metric = table_metric(found)
    return [line for line in found.lines if line.metric == metric]


def part_of(found: Comparison, subset: str) -> Part:
    """Find the part of the data that a line is about."""
    return next(one for one in found.parts if one.subset == subset)


def parts(compared: Compared) -> dict[str, Any]:
    """Make the table by part of the data, all items first, and name the parts that can't be told."""
    found = compared.found
    lines = sorted(lines_of(found), key=lambda one: (one.subset != ALL, -value_of(one), one.subset))
    metric = table_metric(found)
    shares = metric in SHARES
    measure = "agreement" if shares else headline_name(metric)
    axis = _axis(lines, points if shares else _signed)
    rows = [_row(found, line, axis, shares=shares) for line in lines]
    return {
        "table": Forest(
            caption=f"Change in {measure}, by part of the data",
            first="Part",
            second="Is it better?",
            chart=f"Change in {measure}{', points' if shares else ''}",
            figure="Points" if shares else "Change",
            share="Before → after",
            more="Items better / worse" if compared.scored else "",
            lines=tuple(rows),
            axis=axis,
        ),
        "open": [row.name for row in rows[1:] if row.chip == _CHIPS[0]],
    }


def _row(found: Comparison, line: ComparisonLine, axis: Axis, *, shares: bool) -> Line:
    difference, part = line.difference, part_of(found, line.subset)
    sure = line.p_holm is not None and line.p_holm < LEVEL and bool(difference.value)
    # The whole is what the heading is about: one test, chosen beforehand.
    ahead = {"first": 1, "second": -1}.get(found.ahead, 0) if line.subset == ALL else _sign(found, line) * sure
    told = estimate(difference, points if shares else _signed)
    one, two = (estimate(side, whole if shares else fraction)["text"] for side in (line.second, line.first))
    name = "All items" if line.subset == ALL else clean(line.subset)
    text, ends = told["text"], told["interval"]
    ats = (None if value is None else axis.at(value) for value in (difference.value, difference.low, difference.high))
    mark = Mark(text, ends, f"{name}: {text}{' points' * shares}{f', {ends}' if ends else ''}", *ats)
    return Line(
        name,
        mark,
        f"{one} → {two}".replace(" % →", " →"),
        sub=many(part.items, "item"),
        chip=_CHIPS[ahead],
        kind="part",
        more=f"{part.better} / {part.worse}",
    )


def _signed(value: float) -> str:
    return fraction(value, sign=True)


def _sign(found: Comparison, line: ComparisonLine) -> int:
    value = value_of(line)
    return (1 if value > 0 else -1) * (-1 if line.metric in found.errors else 1)


def _axis(lines: Sequence[ComparisonLine], write: Callable[[float], str]) -> Axis:
    """Choose from where to where the chart reaches, zero within."""
    values = [0.0, *numbers(line.difference for line in lines)]
    step, first, last = steps(min(values), max(values), finest=-2)
    if first == last:
        first, last = first - 1, last + 1
    return Axis(first * step, last * step, tuple((i * step, write(i * step)) for i in range(first, last + 1)), 0.0)


def counts(compared: Compared) -> dict[str, Any]:
    """Count what became of items, for the bar and the filters."""
    kinds = [one.kind for one in compared.every]
    better, worse, other = (kinds.count(kind) for kind in (BETTER, WORSE, OTHER))
    half = sum(one.half and one.kind in {BETTER, WORSE} for one in compared.every)
    same = [one for one in compared.every if one.before == one.after]
    several = compared.found.judgments > compared.found.items
    if not compared.scored:
        filters = [(OTHER, "Another verdict", other)]
    else:
        filters = [("all", "Changed", better + worse), (BETTER, "Better", better), (WORSE, "Worse", worse)]
        filters += [(HALF, "Now right in one order only", half)] if several else []
        filters += [(OTHER, "Another verdict, as often right", other)] if other else []
    return {
        "bar": _bar(better, worse, len(kinds)) if compared.scored else [],
        "filters": [{"kind": kind, "word": word, "count": count} for kind, word, count in filters],
        "always": sum(one.after == one.judgments for one in same) if compared.scored else None,
        "never": sum(one.after == 0 for one in same) if compared.scored else None,
        "several": several,
        "unread": clean(compared.unread),
    }


def _bar(better: int, worse: int, total: int) -> list[dict[str, Any]]:
    told = (("up", "better", better), ("dn", "worse", worse), ("eq", "the same", total - better - worse))
    ends = [0.0, *(100 * count / total for count in (better, better + worse)), 100.0]
    return [
        {"kind": kind, "word": word, "count": count, "x": f"{start:.2f}", "width": f"{end - start:.2f}"}
        for (kind, word, count), (start, end) in zip(told, pairwise(ends), strict=True)
    ]
