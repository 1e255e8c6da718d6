"""A stored run in words: what it asked, what it got, and what that cost (`show RUN`)."""

from __future__ import annotations

import shlex
from collections import Counter
from dataclasses import dataclass, field
from operator import attrgetter
from typing import TYPE_CHECKING, Any

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
    maybe,
    record,
)
from judgebench.report.document.blocks import Sheet, Table, grid
from judgebench.report.document.brief import Brief, Next
from judgebench.report.document.model import Document
from judgebench.report.document.text import clean, many
from judgebench.report.said import known_as
from judgebench.report.show import FACTS
from judgebench.report.words import task_of

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from judgebench.domain import Reply, Run
    from judgebench.report.document.blocks import Block
    from judgebench.store.runs import StoredRun

__all__ = ["Holdings", "RunFacts"]


@dataclass(slots=True)
class MemberShare:
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
    members: Mapping[str, MemberShare] = field(default_factory=dict[str, "MemberShare"])

    @classmethod
    def of(cls, stored: StoredRun) -> Holdings:
        """Read a run once; nothing of it is kept."""
        statuses: Counter[str] = Counter()
        models: Counter[str] = Counter()
        usage, seconds = Usage(), 0.0
        members: dict[str, MemberShare] = {}
        panel = "panel" in stored.run.settings
        for verdict in stored.judgments():
            statuses[verdict.status.value] += 1
            if verdict.model:
                models[verdict.model] += 1
            usage, seconds = usage + verdict.usage, seconds + verdict.seconds
            for name, part in verdict.parts if panel else ():
                members.setdefault(name, MemberShare()).add(part)
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
    """What a stored run asked, what came of it, and what it cost; ``place`` is where it is."""

    run: Run
    holds: Holdings
    place: str = ""

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

    def unwrapped(self, *, explain: bool) -> list[str] | None:
        return [f"{name + ':':<16}{value}" for name, value in self.facts()] if explain else None

    def brief(self) -> Brief:
        run, holds = self.run, self.holds
        judge = known_as([run.judge])[run.judge]
        cases, judged = max(run.counts.get("cases", 0), holds.statuses.total()), holds.statuses.total()
        done = f"all {cases:,} cases" if judged == cases else f"{judged:,} of {cases:,} cases"
        answer = f"{judge} judged {done} of {task_of(run)}."
        bad = [f"{count:,} {_STATUSES.get(name, name)}" for name, count in holds.statuses.most_common() if name != "ok"]
        facts = {
            "answers": ", ".join([f"{holds.statuses['ok']:,} usable", *bad]),
            "shown": f"{_ORDERS.get(run.orders, run.orders)}, {_times(run.repeats)}"
            + ("" if run.reference == "none" else f", with a reference ({run.reference})"),
            "asked anew": run.again,
            "probe": run.probe,
            "model versions": _counted(holds.models),
            "tokens": f"{holds.usage.input_tokens:,} in, {holds.usage.output_tokens:,} out"
            if holds.usage.input_tokens
            else "",
            "cost": _money(holds.usage),
            "members": ", ".join(holds.members),
        }
        table = grid(FACTS, [(name, clean(text)) for name, text in facts.items() if text])
        following = Next(f"judgebench score {shlex.quote(self.place)}", "how far it agrees with people")
        return Brief((answer,), table, (), (following,) if self.place else ())

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
            + ("" if run.limit is None else f", the first {run.limit} items"),
            "settings": ", ".join(f"{name} {value}" for name, value in settings),
            "policies": ", ".join(f"{name}={value}" for name, value in run.policies.to_json().items()),
            "judged": f"{judged:,} of {max(cases, judged):,} cases: {_counted(holds.statuses)}",
            "asked anew": run.again,
            "probe": run.probe,
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
        yield Table(grid(FACTS, self.facts()))


_STATUSES = {"unparsed": "unreadable", "failed": "failed", "refused": "refused"}
_ORDERS = {
    "both": "in both orders", "original": "in one order", "swapped": "in the other order", "recorded": "as recorded",
    "random": "in an order drawn for each", "cyclic": "in each place once",
}  # fmt: skip


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
