"""What runs would take, in words: `run --dry-run`."""

from __future__ import annotations

from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING

from judgebench.domain.shapes import COUNT, NUMBER, TEXT, ListOf, maybe, record
from judgebench.report.document.model import Document, Sentences, sheet

if TYPE_CHECKING:
    from collections.abc import Iterator

    from judgebench.domain import Forecast
    from judgebench.report.document.model import Block, Sheet

__all__ = ["Estimates"]

_RUN = record(
    judge=TEXT,
    task=TEXT,
    items=COUNT,
    cases=COUNT,
    judged=COUNT,
    submitted=COUNT,
    to_ask=COUNT,
    calls=COUNT,
    input_tokens=(COUNT, lambda run: run.usage.input_tokens),
    output_tokens=(COUNT, lambda run: run.usage.output_tokens),
    usd=(maybe(NUMBER), lambda run: run.usage.usd),
    usd_low=(maybe(NUMBER), lambda run: run.low),
    usd_high=(maybe(NUMBER), lambda run: run.high),
    pilot_answers=(COUNT, lambda run: run.pilot),
    counting=TEXT,
)
#: Wider than any line: each run's stays in one, as programs read it.
_WIDE = 1_000_000


@dataclass(frozen=True, slots=True, repr=False)
class Estimates(Document):
    """What some runs would take."""

    runs: tuple[Forecast, ...]

    SCHEMA = "judgebench.estimate/1"
    SHAPE = record(
        "",
        "What runs would take, from `run --dry-run --format json`; an unknown price is null, never 0.",
        runs=ListOf(_RUN),
    )

    def sheet(self) -> Sheet:
        return sheet({name: partial(key.of, name) for name, key in _RUN.keys.items()}, self.runs)

    def blocks(self) -> Iterator[Block]:
        yield Sentences(tuple(map(_sentence, self.runs)))

    def render(self, form: str = "table", *, width: int = _WIDE) -> str:
        return Document.render(self, form, width=max(width, _WIDE))


def _sentence(run: Forecast) -> str:
    under_way = f"{run.submitted} submitted, " if run.submitted else ""
    head = (
        f"{run.judge} on {run.task}: {run.items} items, {run.cases} cases, "
        f"{run.judged} already judged, {under_way}{run.to_ask} to ask"
    )
    if not run.counting:
        return f"{head}; no tokens, no cost"
    if run.to_ask and run.usage.usd is None:
        price = "price unknown"
    else:
        price = f"about {run.usage.usd or 0.0:.2f} USD"
        price += f" ({run.low:.2f} to {run.high:.2f})" if run.low is not None else ""
    each = run.usage.output_tokens // max(run.calls, 1)
    length = f"{each} tokens an answer, an assumption until some are stored"
    if run.pilot:
        length = f"answers as long as the {run.pilot} that are stored"
    how = "in batches in" if run.batch else "in"
    return (
        f"{head} {how} {run.calls} calls; about {run.usage.input_tokens:,} input and "
        f"{run.usage.output_tokens:,} output tokens, {price} ({run.counting}; {length})"
    )
