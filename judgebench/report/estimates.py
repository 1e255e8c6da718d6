"""What runs would take (`run --dry-run`): calls, tokens, dollars."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from judgebench.domain.shapes import COUNT, NUMBER, TEXT, Key, ListOf, judge_keys, maybe, record
from judgebench.report.document.blocks import Field, Sentences, Sheet, columns_of, grid, sheet
from judgebench.report.document.brief import Brief
from judgebench.report.document.model import Document
from judgebench.report.document.text import NONE, many
from judgebench.report.said import known_as, listed

if TYPE_CHECKING:
    from collections.abc import Iterator

    from judgebench.domain import Forecast
    from judgebench.report.document.blocks import Block, Fields

__all__ = ["Estimates"]

_RUN = record(
    **judge_keys(),
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
    later_calls=Key(COUNT, lambda run: run.later or None, "Calls in later rounds, an assumption.", required=False),
)


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
        return sheet(columns_of(_RUN, " ".join(name for name in _RUN.keys if name != "conditions")), self.runs)

    def blocks(self) -> Iterator[Block]:
        yield Sentences(tuple(map(_sentence, self.runs)))

    def brief(self) -> Brief:
        calls, paid = sum(run.calls for run in self.runs), [run for run in self.runs if run.counting and run.to_ask]
        names = known_as(run.judge for run in self.runs)
        whom = listed(list(dict.fromkeys(names[run.judge] for run in paid or self.runs)), 2)
        unpriced = [names[run.judge] for run in paid if run.usage.usd is None]
        total = sum(run.usage.usd or 0.0 for run in paid)
        if not any(run.to_ask for run in self.runs):
            answer = "Nothing is left to ask: all of it is stored."
            if waiting := sum(run.submitted for run in self.runs):
                answer = f"Nothing is left to ask: {many(waiting, 'case')} under way in batches, the others are stored."
        elif not paid:
            cases = many(sum(run.to_ask for run in self.runs), "case")
            answer = f"{cases} for {whom}, at no cost. Nothing was asked."
        else:
            cost = "at an unknown price" if len(unpriced) == len(paid) else f"for about ${total:,.2f}"
            cost += (
                f", and {listed(unpriced)}, whose price is not known" if unpriced and len(unpriced) < len(paid) else ""
            )
            answer = f"{many(calls, 'call')} to {whom} {cost}. Nothing was asked."
        stored = any(run.judged for run in self.runs)
        fields: Fields[Forecast] = (
            Field("judge", lambda run: names[run.judge], right=False),
            Field("task", lambda run: run.task, right=False),
            # What is stored is what a person wants to know after a stop.
            Field("items", lambda run: f"{run.items:,}", spare=stored),
            Field("stored", lambda run: f"{run.judged:,}" if run.judged else NONE, spare=not stored),
            Field("in batches", lambda run: f"{run.submitted:,}" if run.submitted else NONE),
            Field("calls", lambda run: f"{run.calls:,}"),
            Field("about", _about),
        )
        table = grid(fields, self.runs)
        table = table if any(run.submitted for run in self.runs) else table.without("in batches")
        notes = [f"The price of {listed(unpriced)} is not known: a judge file can state it."] if unpriced else []
        if any(run.usage.usd and not run.pilot for run in paid):
            each = max(run.usage.output_tokens // max(run.calls, 1) for run in paid)
            notes.append(f"An answer is assumed to have {each:,} tokens; once some are stored, their length is used.")
        return Brief((answer,), table, tuple(notes))

    def unwrapped(self, *, explain: bool) -> list[str] | None:
        return list(map(_sentence, self.runs)) if explain else None


def _about(run: Forecast) -> str:
    if not run.counting:
        return "no cost"
    if run.to_ask and run.usage.usd is None:
        return "not known"
    text = f"${run.usage.usd or 0.0:,.2f}"
    return text if run.low is None or run.high is None else f"{text} [{run.low:,.2f}, {run.high:,.2f}]"


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
    length = f"{each} tokens an answer, assumed until some are stored"
    if run.pilot:
        length = f"answers as long as the {run.pilot} that are stored"
    how = "in batches in" if run.batch else "in"
    later = f" ({run.later} of them in later rounds, if all cases go through these)" if run.later else ""
    return (
        f"{head} {how} {run.calls} calls{later}; about {run.usage.input_tokens:,} input and "
        f"{run.usage.output_tokens:,} output tokens, {price} ({run.counting}; {length})"
    )
