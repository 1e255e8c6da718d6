"""Two runs by part of the data, with the chart in the table; and how many items became better or worse."""

from __future__ import annotations

from itertools import pairwise
from typing import TYPE_CHECKING, Any

from judgebench.report.document.text import clean, many
from judgebench.report.page.forest import Axis, steps
from judgebench.report.said import numbers
from judgebench.report.words import headline_name
from judgebench.view.comparison import BETTER, HALF, OTHER, WORSE
from judgebench.view.figures import estimate, fraction, points, share

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from judgebench.agreement.compare.comparison import Comparison, ComparisonLine, Part
    from judgebench.view.comparison import Compared

__all__ = ["ALL", "LEVEL", "SHARES", "counts", "lines_of", "part_of", "parts", "value_of"]

#: The line on all items, and what a p-value is held to.
ALL, LEVEL = "all", 0.05
#: Shares of right answers, of which points can be told.
SHARES = ("percent_agreement", "accuracy")


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


def parts(found: Comparison) -> dict[str, Any]:
    """Write the table by part of the data, with a forest in it."""
    lines = lines_of(found)
    whole = [line for line in lines if line.subset == ALL]
    rest = sorted((line for line in lines if line.subset != ALL), key=lambda one: (-value_of(one), one.subset))
    metric = table_metric(found)
    shares = metric in SHARES
    write: Callable[..., str] = points if shares else lambda value: fraction(value, sign=True)
    axis = _axis(lines, write)
    rows = [_part(found, line, axis, write, shares=shares) for line in (*whole, *rest)]
    return {
        "measure": "agreement" if shares else headline_name(metric),
        "unit": "points" if shares else "",
        "rows": rows,
        "ticks": [{"x": axis.at(value), "text": word} for value, word in axis.marks],
        "zero": axis.at(0.0),
        "open": [row["name"] for row in rows[1:] if row["state"] == "unsure"],
    }


def _part(
    found: Comparison, line: ComparisonLine, axis: Axis, write: Callable[..., str], *, shares: bool
) -> dict[str, Any]:
    difference = line.difference
    part = part_of(found, line.subset)
    sure = line.p_holm is not None and line.p_holm < LEVEL and bool(difference.value)
    # The whole is what the heading is about: one test, chosen beforehand.
    ahead = {"first": 1, "second": -1}.get(found.ahead, 0) if line.subset == ALL else _sign(found, line) * sure
    state = "yes" if ahead > 0 else "no" if ahead < 0 else "unsure"
    told = estimate(difference, write) or {}
    one, two = (estimate(side, share if shares else fraction) or {} for side in (line.second, line.first))
    name = "All items" if line.subset == ALL else clean(line.subset)
    return {
        "name": name,
        "size": many(part.items, "item"),
        "state": state,
        "word": {"yes": "Better", "no": "Worse", "unsure": "Can't tell"}[state],
        "sign": {"yes": "▲", "no": "▼", "unsure": "?"}[state],
        "difference": told.get("text", ""),
        "interval": told.get("interval", ""),
        "low": None if difference.low is None else axis.at(difference.low),
        "high": None if difference.high is None else axis.at(difference.high),
        "dot": None if difference.value is None else axis.at(difference.value),
        "both": f"{one.get('text', '')} → {two.get('text', '')}".replace(" % →", " →"),
        "better": part.better,
        "worse": part.worse,
    }


def _sign(found: Comparison, line: ComparisonLine) -> int:
    value = value_of(line)
    return (1 if value > 0 else -1) * (-1 if line.metric in found.errors else 1)


def _axis(lines: Sequence[ComparisonLine], write: Callable[..., str]) -> Axis:
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
