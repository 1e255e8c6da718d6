"""Runs in words: what they would take (`run --dry-run`), what a stored one asked, got and cost (`show RUN`), damage."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from functools import partial
from operator import attrgetter, itemgetter
from typing import TYPE_CHECKING, Any, ClassVar

from judgebench.domain import Usage
from judgebench.domain.shapes import (
    COUNT,
    NUMBER,
    POLICIES,
    TEXT,
    Key,
    ListOf,
    MapOf,
    Scalar,
    judge_keys,
    maybe,
    record,
)
from judgebench.errors import DataError
from judgebench.report.document.blocks import Field, Notes, Sentences, Sheet, Table, grid, judge_columns, sheet
from judgebench.report.document.model import Document
from judgebench.report.document.text import clean, listing, many

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

    from judgebench.domain import Forecast, Reply, Run
    from judgebench.errors import JudgebenchError
    from judgebench.report.document.blocks import Block, Fields
    from judgebench.store.runs import StoredRun
    from judgebench.store.verify import Finding, Report

__all__ = ["Estimates", "Holdings", "RunFacts", "Verification"]


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
        rest = {name: partial(key.of, name) for name, key in _RUN.keys.items() if name not in judge_keys()}
        return sheet({**judge_columns(), **rest}, self.runs)

    def blocks(self) -> Iterator[Block]:
        yield Sentences(tuple(map(_sentence, self.runs)))

    def render(self, form: str = "table", *, width: int = _WIDE, explain: bool = False, colour: bool = False) -> str:
        return Document.render(self, form, width=max(width, _WIDE), explain=explain, colour=colour)


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
    later = f" ({run.later} of them in later rounds, if all cases go through these)" if run.later else ""
    return (
        f"{head} {how} {run.calls} calls{later}; about {run.usage.input_tokens:,} input and "
        f"{run.usage.output_tokens:,} output tokens, {price} ({run.counting}; {length})"
    )


@dataclass(slots=True)
class Shared:
    """A member's part in a panel: its replies by status, and what they used."""

    statuses: Counter[str] = field(default_factory=Counter[str])
    usage: Usage = field(default_factory=Usage)

    def add(self, part: Reply) -> None:
        """Count a reply."""
        self.statuses[part.status.value] += 1
        self.usage = self.usage + part.usage

    def __str__(self) -> str:
        """Say it in a line."""
        used = f"{self.usage.input_tokens:,} input, {self.usage.output_tokens:,} output tokens"
        paid = "" if self.usage.usd is None else f", {self.usage.usd:.4f} USD"
        return f"{_counted(self.statuses)}; {used}{paid}" if self.usage.input_tokens else _counted(self.statuses)


@dataclass(frozen=True, slots=True)
class Holdings:
    """What a run holds: verdicts by status and by model version, what they took, seconds of all calls.

    ``usage`` is that of the answers, whichever run asked for them first, ``members`` are a panel's with their share.
    """

    statuses: Counter[str]
    models: Counter[str]
    usage: Usage
    seconds: float
    members: Mapping[str, Shared] = field(default_factory=dict[str, "Shared"])

    @classmethod
    def of(cls, stored: StoredRun) -> Holdings:
        """Read a run once; nothing of it is kept."""
        statuses: Counter[str] = Counter()
        models: Counter[str] = Counter()
        usage, seconds = Usage(), 0.0
        members: dict[str, Shared] = {}
        panel = "panel" in stored.run.settings
        for verdict in stored.judgments():
            statuses[verdict.status.value] += 1
            if verdict.model:
                models[verdict.model] += 1
            usage, seconds = usage + verdict.usage, seconds + verdict.seconds
            for name, part in verdict.parts if panel else ():
                members.setdefault(name, Shared()).add(part)
        return cls(statuses, models, usage, seconds, members)


_OBJECT = Scalar({"type": "object"})
_INTEGER = Scalar({"type": "integer"})
_USED = {
    "input_tokens": (COUNT, attrgetter("usage.input_tokens")),
    "output_tokens": (COUNT, attrgetter("usage.output_tokens")),
    "usd": (maybe(NUMBER), attrgetter("usage.usd")),
}
_SHARED = record("member", statuses=MapOf(COUNT), **_USED)
_HOLDS = record(
    statuses=MapOf(COUNT),
    models=MapOf(COUNT),
    **_USED,
    seconds=(NUMBER, lambda holds: round(holds.seconds, 3)),
    members=Key(MapOf(_SHARED), lambda holds: holds.members or None, "Of a panel, member by member.", required=False),
)


@dataclass(frozen=True, slots=True, repr=False)
class RunFacts(Document):
    """What a stored run asked, what came of it, and what it cost."""

    run: Run
    holds: Holdings

    SCHEMA = "judgebench.run/1"
    SHAPE = record(
        "",
        "A run's manifest with what the run holds.",
        task=TEXT,
        revision=TEXT,
        card_digest=TEXT,
        judge=TEXT,
        settings=_OBJECT,
        scale=_OBJECT,
        orders=TEXT,
        repeats=COUNT,
        reference=TEXT,
        seed=_INTEGER,
        limit=maybe(_INTEGER),
        policies=POLICIES,
        gold_source=TEXT,
        aggregates=ListOf(_OBJECT),
        versions=MapOf(TEXT),
        counts=MapOf(COUNT),
        content=TEXT,
        models=MapOf(COUNT),
        spent=_OBJECT,
        probe=Key(TEXT, None, "The probe that made the cases, where there is one.", required=False),
        again=Key(TEXT, None, "The day on which the judge was asked anew, where it was.", required=False),
        conditions=Key(MapOf(TEXT), None, "All that was chosen beside judge and task.", required=False),
        holds=_HOLDS,
    )
    # A terminal shows a listing that wraps nothing.
    MORE: ClassVar = {"table": lambda one: listing(f"{name + ':':<16}{value}" for name, value in one.facts())}

    def data(self) -> dict[str, Any]:
        return self.run.to_json() | {"conditions": self.run.conditions.named(), "holds": self.holds}

    def facts(self) -> list[tuple[str, str]]:
        """Say in a few words each what is known of it."""
        run, holds = self.run, self.holds
        cases, judged = run.counts.get("cases", 0), holds.statuses.total()
        # What a panel's members are is many lines, and told in JSON.
        settings = (
            (name, ", ".join(holds.members) if name == "members" and holds.members else value)
            for name, value in sorted(run.settings.items())
            if value is not None and name != "protocol_texts"
        )
        rows = {
            "judge": run.judge,
            "task": f"{run.task} ({run.revision})",
            "scale": run.scale.spec,
            "shown": f"order {run.orders}, reference {run.reference}, {_times(run.repeats)}"
            + ("" if run.limit is None else f", the first {run.limit} items")
            + (f", probe {run.probe}" if run.probe else "")
            + (f", again {run.again}" if run.again else ""),
            "settings": ", ".join(f"{name} {value}" for name, value in settings),
            "policies": ", ".join(f"{name}={value}" for name, value in run.policies.to_json().items()),
            "judged": f"{judged:,} of {max(cases, judged):,} cases: {_counted(holds.statuses)}",
            "model versions": _counted(holds.models),
            "tokens": f"{holds.usage.input_tokens:,} input, {holds.usage.output_tokens:,} output",
            "cost": _money(holds.usage),
            "members": " | ".join(f"{name}: {one}" for name, one in holds.members.items()),
            "asked": _asked(run.spent) if run.spent else "",
        }
        # Names come from files and from servers: a terminal must not obey them.
        return [(name, clean(value)) for name, value in rows.items() if value]

    def sheet(self) -> Sheet:
        return Sheet(["what", "value"], self.facts())

    def blocks(self) -> Iterator[Block]:
        yield clean(f"{self.run.judge} on {self.run.task}: {_counted(self.holds.statuses)}")
        fields: Fields[tuple[str, str]] = (
            Field("what", itemgetter(0), right=False),
            Field("value", itemgetter(1), right=False),
        )
        yield Table(grid(fields, self.facts()))


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


_FINDING = record("finding", file=TEXT, line=maybe(COUNT), what=TEXT, todo=TEXT)
_LOOKED_AT = record(
    "run",
    run=(TEXT, lambda report: str(report.path)),
    cases=COUNT,
    lines=COUNT,
    packed=COUNT,
    superseded=COUNT,
    answered_twice=(COUNT, attrgetter("twice")),
    damaged=(COUNT, attrgetter("found")),
    findings=ListOf(_FINDING),
    notes=Key(ListOf(TEXT), lambda report: report.notes or None, "What is no damage.", required=False),
)
#: A row per run, then one per finding in it (None for the run's own).
_FOUND: Mapping[str, Callable[[tuple[Report, Finding | None]], Any]] = {
    "run": lambda x: str(x[0].path),
    "cases": lambda x: None if x[1] else x[0].cases,
    "damaged": lambda x: None if x[1] else x[0].found,
    "file": lambda x: x[1] and x[1].file,
    "line": lambda x: x[1] and x[1].line,
    "what": lambda x: x[1] and x[1].what,
    "todo": lambda x: x[1] and x[1].todo,
}


@dataclass(frozen=True, slots=True, repr=False)
class Verification(Document):
    """What is damaged in some stored runs."""

    reports: tuple[Report, ...]

    SCHEMA = "judgebench.verify/1"
    SHAPE = record(
        "",
        "Damage found in stored runs.",
        damaged=(COUNT, attrgetter("found"), "All findings."),
        runs=(ListOf(_LOOKED_AT), attrgetter("reports")),
    )
    # A terminal shows a listing that wraps nothing, so that places can be copied.
    MORE: ClassVar = {"table": lambda found: listing(line for one in found.reports for line in _listing(one))}

    @property
    def found(self) -> int:
        """How many findings there are."""
        return sum(report.found for report in self.reports)

    @property
    def failure(self) -> JudgebenchError | None:
        if not self.found:
            return None
        damaged = sum(bool(report.found) for report in self.reports)
        what = f"{self.found:,} findings in {damaged} of {len(self.reports)} runs"
        return DataError(what, hint="each says what to do")

    def sheet(self) -> Sheet:
        return sheet(_FOUND, ((report, one) for report in self.reports for one in (None, *report.findings)))

    def blocks(self) -> Iterator[Block]:
        for report in self.reports:
            head, *findings = map(clean, _listing(report))
            yield head
            if findings:
                yield Notes(tuple(one.strip() for one in findings))


def _listing(report: Report) -> list[str]:
    facts = [f"{report.cases:,} cases"]
    facts += [f"{report.packed:,} packed"] if report.packed else []
    facts += [f"{report.lines:,} lines"] if report.lines else []
    facts += [f"{report.superseded:,} superseded by newer ones"] if report.superseded else []
    facts += [f"{report.twice:,} answered more than once"] if report.twice else []
    head = f"{report.path}: {', '.join(facts)}; {f'{report.found:,} damaged' if report.found else 'clean'}"
    more = report.found - len(report.findings)
    findings = [*map(str, report.findings), *([f"… and {more:,} more"] if more else []), *report.notes]
    return [head, *(f"  {one}" for one in findings)]
