"""Ways of asking in words: how far a judge's verdicts hang on the prompt, or on the reference that it is shown."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from judgebench.domain.shapes import COUNT, ESTIMATE, NUMBER, SHARE, TEXT, MapOf, judge_keys, maybe, record
from judgebench.report.document.blocks import Cell, Field, explained
from judgebench.report.document.text import clean, decimal, interval, p_value, percent, share
from judgebench.report.words import REASONS

if TYPE_CHECKING:
    from judgebench.agreement.probing.ways import Across
    from judgebench.domain import Scale
    from judgebench.report.document.blocks import Fields

_REASONS = REASONS | {"not_defined_here": "verdicts on this scale are not labels of a list"}


class WaysRow(NamedTuple):
    """One judge on one task, asked in the ways in which its runs differ by one ``condition``."""

    task: str
    judge: str
    condition: str
    scale: Scale
    found: Across


SHAPE = record(
    "ways",
    "How far a judge's verdicts hang on how it is asked.",
    task=TEXT,
    **judge_keys(),
    condition=(TEXT, lambda one: one.condition, "In what the runs differ: prompt, reference."),
    questions=(COUNT, lambda one: one.found.items),
    cases=(COUNT, lambda one: one.found.rows, "Cases asked in all ways."),
    values=(MapOf(NUMBER), lambda one: one.found.values, "Accuracy, or the mean rating, by way."),
    range=(maybe(NUMBER), lambda one: one.found.range),
    between=(maybe(NUMBER), lambda one: one.found.between, "Standard deviation between ways beyond sampling."),
    cochran_q=(maybe(NUMBER), lambda one: one.found.q),
    p=(maybe(SHARE), lambda one: one.found.p),
    alpha=(ESTIMATE, lambda one: one.found.alpha, "Krippendorff's, the ways being the raters."),
    unanimous=(ESTIMATE, lambda one: one.found.unanimous, "Cases with one verdict in all ways."),
)


def sentence(row: WaysRow) -> str:
    """Say how far a judge hangs on how it is asked."""
    found, values = row.found, row.found.values
    ways = f"{clean(row.judge)} on {clean(row.task)}, asked with {len(values) or 'several'} {row.condition}s"
    if not values or found.unanimous.value is None:
        return f"{ways}."
    low, high = min(values, key=values.__getitem__), max(values, key=values.__getitem__)
    rated = row.scale.numeric
    said = f"{_number(values[low], rated=rated)} ({clean(low)}) to {_number(values[high], rated=rated)}"
    what = f"rates {said}" if rated else f"is right in {said} %"
    return f"{ways}, {what} ({clean(high)}); {percent(found.unanimous.value)} % of cases have one verdict in all."


def _cell(row: WaysRow, name: str) -> Cell:
    write = decimal if name == "alpha" else percent
    return explained(getattr(row.found, name), _REASONS, lambda one: interval(one, write))


def _number(value: float | None, *, rated: bool) -> str:
    return share(value) if rated else percent(value)


FIELDS: Fields[WaysRow] = (
    Field("in", lambda row: row.condition, right=False),
    Field("cases", lambda row: f"{row.found.rows:,}"),
    Field("range", lambda row: _number(row.found.range, rated=row.scale.numeric)),
    Field(("sd", "between"), lambda row: _number(row.found.between, rated=row.scale.numeric)),
    Field("Q", lambda row: share(row.found.q, 2)),
    Field("p", lambda row: p_value(row.found.p)),
    Field("alpha", lambda row: _cell(row, "alpha"), right=False),
    Field(("same", "verdict %"), lambda row: _cell(row, "unanimous"), right=False),
)
