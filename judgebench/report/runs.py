"""Runs in words: what they would take (`run --dry-run`), and what a stored one asked, got and cost (`show RUN`)."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING, Any

from judgebench.domain import Usage
from judgebench.domain.shapes import COUNT, NUMBER, TEXT, ListOf, maybe, record
from judgebench.report.document.blocks import Sentences, sheet
from judgebench.report.document.model import Document
from judgebench.report.document.text import clean, many

if TYPE_CHECKING:
    from collections.abc import Iterator

    from judgebench.domain import Forecast
    from judgebench.report.document.blocks import Block, Sheet
    from judgebench.store.runs import StoredRun

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


@dataclass(frozen=True, slots=True)
class Holdings:
    """What a run holds: verdicts by status and by model version, what they took, seconds of all calls.

    ``usage`` is that of the answers, whichever run asked for them first.
    """

    statuses: Counter[str]
    models: Counter[str]
    usage: Usage
    seconds: float

    @classmethod
    def of(cls, stored: StoredRun) -> Holdings:
        """Read a run once; nothing of it is kept."""
        statuses: Counter[str] = Counter()
        models: Counter[str] = Counter()
        usage, seconds = Usage(), 0.0
        for verdict in stored.judgments():
            statuses[verdict.status.value] += 1
            if verdict.model:
                models[verdict.model] += 1
            usage, seconds = usage + verdict.usage, seconds + verdict.seconds
        return cls(statuses, models, usage, seconds)

    def to_json(self) -> dict[str, Any]:
        """Plain JSON."""
        return {
            "statuses": dict(self.statuses),
            "models": dict(self.models),
            "input_tokens": self.usage.input_tokens,
            "output_tokens": self.usage.output_tokens,
            "usd": self.usage.usd,
            "seconds": round(self.seconds, 3),
        }


def as_json(stored: StoredRun) -> dict[str, Any]:
    """Return the manifest with what the run holds, ``judgebench.run/1`` and ``holds`` beside it."""
    return stored.run.to_json() | {"holds": Holdings.of(stored).to_json()}


def describe(stored: StoredRun) -> str:
    """Say in a few lines what a run asked, what came of it, and what it cost."""
    run, holds = stored.run, Holdings.of(stored)
    cases = run.counts.get("cases", 0)
    judged = holds.statuses.total()
    spent = run.spent
    rows = {
        "judge": run.judge,
        "task": f"{run.task} ({run.revision})",
        "scale": run.scale.spec,
        "shown": f"order {run.orders}, reference {run.reference}, {_times(run.repeats)}"
        + ("" if run.limit is None else f", the first {run.limit} items"),
        "settings": ", ".join(f"{name} {value}" for name, value in sorted(run.settings.items()) if value is not None),
        "policies": ", ".join(f"{name}={value}" for name, value in run.policies.to_json().items()),
        "judged": f"{judged:,} of {max(cases, judged):,} cases: {_counted(holds.statuses)}",
        "model versions": _counted(holds.models),
        "tokens": f"{holds.usage.input_tokens:,} input, {holds.usage.output_tokens:,} output",
        "cost": _money(holds.usage),
        "asked": _asked(spent) if spent else "",
    }
    # Names come from files and from servers: a terminal must not obey them.
    return "\n".join(f"{name + ':':<16}{clean(value)}" for name, value in rows.items() if value)


def _counted(counts: Counter[str]) -> str:
    return ", ".join(f"{count:,} {name}" for name, count in counts.most_common())


def _times(repeats: int) -> str:
    return "once" if repeats == 1 else f"{repeats} times"


def _money(usage: Usage) -> str:
    if not usage.input_tokens and not usage.output_tokens:
        return "nothing: no tokens were used"
    if usage.usd is None:
        return "unknown: at least one answer's price is not known; a judge file can state it"
    return f"{usage.usd:.4f} USD for these answers"


def _asked(spent: Any) -> str:
    commands = spent.get("commands", 0)
    usd = spent.get("usd")
    paid = "" if not spent.get("input_tokens") else ", price unknown" if usd is None else f", {usd:.4f} USD"
    return (
        f"{spent.get('asked', 0):,} cases by {many(commands, 'command')}, "
        f"{spent.get('retries', 0):,} retries, {spent.get('seconds', 0.0):,.1f} s{paid}"
    )
