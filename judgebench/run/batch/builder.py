"""Pieces of the batch engine: a batch while it is written, one that is out there, what they may cost, and the rest."""

from __future__ import annotations

import secrets
import tempfile
import time
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any, BinaryIO, cast

from judgebench.errors import IncompleteError

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence
    from pathlib import Path

    from judgebench.domain import Case, Judge, Reply, Scale, Verdict
    from judgebench.domain.protocols import BatchJudge, BatchLimits
    from judgebench.run.batch.ledger import Entry
    from judgebench.run.engine import Sink, Summary
    from judgebench.run.throttle import Budget
    from judgebench.store.answers import Stored
    from judgebench.store.writer import RunWriter


@dataclass(frozen=True, slots=True)
class Waiting:
    """How to submit, and how to wait; times are in seconds.

    A batch is asked after for the first time after ``poll``, then half as long again each time, up to ``longest``. One
    that nobody answered for, and that no list shows after ``settle``, was not submitted. Without ``wait`` what has
    ended is collected, what is missing submitted, and that is all. ``size`` is requests in a batch, if fewer than the
    provider allows.
    """

    poll: float = 15.0
    longest: float = 300.0
    settle: float = 60.0
    wait: bool = True
    size: int | None = None


@dataclass(slots=True)
class Pending:
    """A batch that is, or may be, out there; ``folder`` is the other run's that submitted it, None for our own."""

    entry: Entry
    folder: Path | None = None
    #: Batches that may be it, where its own id got lost and only its results can tell.
    candidates: list[str] = field(default_factory=list[str])
    strangers: set[str] = field(default_factory=set[str])
    seen: float = field(default_factory=time.monotonic)
    said: str = ""


class BatchBuilder:
    """A batch while it is written, in a file without a name, which no crash leaves behind.

    It is in the run's ``folder``: the disk that holds the run has room for its questions, too.
    """

    def __init__(self, folder: Path) -> None:
        self.tag = secrets.token_hex(8)
        self.keys: list[str] = []
        self.requests = 0
        self.usd = 0.0
        self._size = 0
        self._folder = folder
        self._file: BinaryIO | None = None

    def fits(self, requests: int, size: int, most: int, limits: BatchLimits) -> bool:
        """Whether a case of so many requests and bytes still has room."""
        return self.requests + requests <= most and self._size + size + limits.frame <= limits.size

    def add(self, key: str, lines: Sequence[bytes], usd: float) -> None:
        """Add the requests of a case, and what they are likely to cost; IncompleteError where the disk is full."""
        content = b"".join(line + b"\n" for line in lines)
        try:
            if self._file is None:
                self._file = cast("BinaryIO", tempfile.TemporaryFile(dir=self._folder))  # noqa: SIM115 - closed below
            self._file.write(content)
        except OSError as error:
            raise self._full(error) from None
        self.keys.append(key)
        self.requests += len(lines)
        self.usd += usd
        self._size += len(content)

    def finished(self) -> BinaryIO:
        """Return the file, from its start."""
        if self._file is None:
            raise RuntimeError("an empty batch is never sent")
        try:
            self._file.seek(0)
        except OSError as error:
            raise self._full(error) from None
        return self._file

    def _full(self, error: OSError) -> IncompleteError:
        return IncompleteError(
            f"can't write a batch to {self._folder}: {error.strerror or type(error).__name__}; make room, then run "
            "the same command again"
        )

    def close(self) -> None:
        """Let go of the file."""
        if self._file is not None:
            self._file.close()
            self._file = None


class Rest:
    """A judge that makes only those calls of a case that no batch has answered.

    ``have`` holds answers by case key and number of the call; those that come are added. ``calls`` is the same judge,
    seen call by call; whatever else the engine asks of a judge is its own.
    """

    def __init__(self, judge: Judge, calls: BatchJudge, have: Mapping[str, dict[int, Any]]) -> None:
        self._judge = judge
        self._calls = calls
        self._have = have

    def __getattr__(self, name: str) -> Any:
        """Pass on what is not ours, the dispatcher above all."""
        return getattr(self._judge, name)

    @property
    def name(self) -> str:
        """The judge's name."""
        return self._judge.name

    @property
    def settings(self) -> Mapping[str, object]:
        """The judge's settings."""
        return self._judge.settings

    async def judge(self, case: Case, scale: Scale) -> Reply:
        """Make the calls that are missing, then read all answers."""
        have = self._have.get(case.key, {})
        requests = self._calls.requests(case, scale)
        for number, messages in enumerate(requests):
            if number not in have:
                have[number] = await self._calls.ask(messages)
        return self._calls.reply(case, scale, [have[number] for number in range(len(requests))])


class Keeping:
    """A sink that remembers which cases are settled."""

    def __init__(self, sink: Sink, settled: set[str]) -> None:
        self._sink = sink
        self._settled = settled

    def lookup(self, key: str) -> Stored | None:
        """Find the answer to a case."""
        return self._sink.lookup(key)

    def append(self, verdict: Verdict) -> None:
        """Keep one verdict."""
        self._sink.append(verdict)
        self._settled.add(verdict.key)


def total(batches: Summary, live: Summary) -> Summary:
    """Add what was asked live to what the batches brought."""
    return replace(
        batches,
        asked=batches.asked + live.asked,
        retries=batches.retries + live.retries,
        usage=batches.usage + live.usage,
        statuses=batches.statuses + live.statuses,
        models=batches.models + live.models,
        last_error=live.last_error or batches.last_error,
    )


def counted(number: int, noun: str) -> str:
    """Write a number with its noun.

    >>> counted(2, "batch")
    '2 batches'
    """
    return f"{number} {noun}" if number == 1 else f"{number} {noun}{'es' if noun.endswith('ch') else 's'}"


#: Dollars by which sums of the same prices, added up in another order, may differ.
_ROUNDING = 1e-9


class BatchBudget:
    """A run's part in the budget of its command; without a budget it lets everything go, and counts nothing.

    The judge forecasts what a case costs in a batch, and says what an answer did cost.
    """

    def __init__(self, budget: Budget | None, judge: BatchJudge, scale: Scale, title: str) -> None:
        self._budget = budget
        self._judge: Any = judge
        self._scale = scale
        self._title = title
        # Dollars set aside for each batch that is out there, by its tag.
        self._committed: dict[str, float] = {}
        self._cases = 0
        self._lacking = 0.0
        #: Why cases were not submitted; empty where all were.
        self.refusal = ""

    def forecast(self, case: Case) -> float:
        """Dollars that a case is likely to cost in a batch."""
        forecast = getattr(self._judge, "forecast", None)
        if self._budget is None or forecast is None:
            return 0.0
        return forecast(case, self._scale, batch=True).usage.usd or 0.0

    def outstanding(self, entries: Iterable[Entry], cases: Iterable[Case], writer: RunWriter) -> None:
        """Set money aside for what earlier commands submitted and nobody collected."""
        whose = {key: entry.tag for entry in entries for key in entry.keys}
        if self._budget is None or not whose:
            return
        self._committed = dict.fromkeys(whose.values(), 0.0)
        for case in cases:
            if case.key in whose and writer.lookup(case.key) is None:
                self._committed[whose[case.key]] += self.forecast(case)
        self._budget.commit(sum(self._committed.values()))

    def anew(self) -> None:
        """Forget what was not submitted; it is about to be tried again."""
        self._cases, self._lacking, self.refusal = 0, 0.0, ""

    def grants(self, builder: BatchBuilder) -> bool:
        """Set a batch's money aside; False where there is not enough, and for all batches after that one."""
        if self._budget is None:
            return True
        if self._cases or builder.usd > self._budget.left + _ROUNDING:
            self._cases += len(builder.keys)
            self._lacking += builder.usd
            return False
        self._committed[builder.tag] = builder.usd
        self._budget.commit(builder.usd)
        return True

    def count(self) -> None:
        """Put into words what was not submitted, if anything, and what it would take."""
        if self._budget is None or not self._cases:
            return
        spent, left = self._budget.spent, self._budget.left
        self.refusal = (
            f"stopped: the {self._cases} cases of {self._title} that are still to be submitted would cost about "
            f"{self._lacking:.4f} USD; of --max-cost {self._budget.cap:g}, {spent:.4f} USD are spent and "
            f"{self._budget.cap - spent - left:.4f} outstanding: about {self._lacking - left:.4f} USD more would do. "
            "What was judged is kept: the same command submits the others (--max-cost counts anew)"
        )

    def cost(self, answers: Iterable[Any]) -> float:
        """Dollars that answers did cost."""
        if self._budget is None or not hasattr(self._judge, "usage"):
            return 0.0
        return sum(self._judge.usage(answer).usd or 0.0 for answer in answers)

    def book(self, tag: str, paid: float = 0.0) -> None:
        """Book what a batch that ended did cost; another run's is that run's affair, and none is booked twice."""
        committed = self._committed.pop(tag, None)
        if self._budget is not None and committed is not None:
            self._budget.book(committed, paid)
