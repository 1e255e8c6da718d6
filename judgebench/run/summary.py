"""What a run did, and where its verdicts go: the same for every engine."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Protocol

from judgebench.domain import Status, Usage

if TYPE_CHECKING:
    from collections.abc import Mapping

    from judgebench.domain import Case, Completion, Judge, Verdict
    from judgebench.store.answers import Stored


@dataclass(slots=True)
class Summary:
    """What a run did: verdicts of the selection by status, reused ones included, and what the asked ones cost.

    ``usage`` includes retries where the backend reports them; ``last_error`` is why the last case that
    failed did, ``unread`` why the last answer could not be read; ``models`` counts the versions that answered.
    """

    cases: int = 0
    asked: int = 0
    reused: int = 0
    retries: int = 0
    usage: Usage = field(default_factory=Usage)
    statuses: Counter[Status] = field(default_factory=Counter["Status"])
    models: Counter[str] = field(default_factory=Counter[str])
    seconds: float = 0.0
    last_error: str = ""
    unread: str = ""

    def count(self, verdict: Verdict) -> None:
        """Count a verdict of the selection."""
        self.statuses[verdict.status] += 1
        if verdict.status is Status.UNPARSED and verdict.error:
            self.unread = verdict.error
        if verdict.model:
            self.models[verdict.model] += 1

    def answered(self, verdict: Verdict) -> None:
        """Count a verdict that was asked for."""
        self.asked += 1
        self.usage = self.usage + verdict.usage
        if verdict.status is Status.FAILED:
            self.last_error = verdict.error
        self.count(verdict)

    def add(self, other: Summary) -> None:
        """Add what was asked by another engine; the cases are the same ones."""
        self.asked += other.asked
        self.retries += other.retries
        self.usage = self.usage + other.usage
        self.statuses += other.statuses
        self.models += other.models
        self.last_error = other.last_error or self.last_error
        self.unread = other.unread or self.unread

    def reuse(self, stored: Stored, case: Case, revision: str, sink: Sink) -> Verdict:
        """Serve a case from the store: count the answer, and keep it where it is another run's or reads differently."""
        verdict = stored.verdict.relabelled(case, revision)
        if not stored.own or verdict != stored.verdict:
            sink.append(verdict)
        self.reused += 1
        self.count(verdict)
        return verdict


def ask_again(judge: Judge) -> str:
    """Say what to do where cases failed."""
    if not judge.backends:
        return "asked again it says the same: give the items what they lack, or leave this judge out"
    mend = "mend the function, then run the same command again"
    return mend if judge.settings.get("backend") == "function" else "the same command asks them again"


class Sink(Protocol):
    """Where verdicts go, and where earlier ones are; so with the answers of a case that has no verdict yet."""

    def lookup(self, key: str) -> Stored | None:
        """Find the answer to a case; never a failed one."""
        ...

    def append(self, verdict: Verdict) -> None:
        """Keep one verdict."""
        ...

    def rounds(self, key: str) -> Mapping[str, Completion]:
        """Find what a case was answered before it came to a verdict, by the keys of the requests."""
        ...

    def keep(self, key: str, request: str, completion: Completion) -> None:
        """Keep an answer of a case that has no verdict yet."""
        ...
