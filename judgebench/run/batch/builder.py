"""Pieces of the batch engine: a batch while it is written, one that is out there, and what they may cost."""

from __future__ import annotations

import secrets
import tempfile
import time
from contextlib import aclosing
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, BinaryIO, TypeAlias, cast

from judgebench.errors import IncompleteError, RejectedError, argument
from judgebench.files.lines import unwritable
from judgebench.run.dialogue import forecast

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence
    from pathlib import Path

    from judgebench.domain import Case, Completion, Judge, Request, Scale
    from judgebench.domain.protocols import BatchApi, BatchLimits
    from judgebench.errors import JudgebenchError
    from judgebench.run.batch.ledger import Entry
    from judgebench.run.throttle import Budget
    from judgebench.store.writer import RunWriter

    Answers: TypeAlias = dict[str, dict[int, Completion | JudgebenchError]]


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
    """A batch for a backend while it is written, in a file without a name, which no crash leaves behind.

    It is in the run's ``folder``: the disk that holds the run has room for its questions, too.
    """

    def __init__(self, folder: Path, backend: str) -> None:
        self.backend = backend
        self.tag = secrets.token_hex(8)
        self.keys: list[str] = []
        self.requests = 0
        self.usd = 0.0
        self._size = 0
        self._folder = folder
        self._file: BinaryIO | None = None

    def lines(self, api: BatchApi, key: str, requests: Mapping[int, Request]) -> list[bytes]:
        """Write requests of a case; their custom ids are what `read_answers` reads. CallError where no batch can."""
        try:
            lines = [api.encode(f"{self.tag}-{key}-{number}", request) for number, request in requests.items()]
        except (TypeError, ValueError) as error:
            # A judge of somebody else's may put anything into its options.
            raise RejectedError(f"can't be written: {type(error).__name__}") from None
        size = sum(len(line) + 1 for line in lines)
        if len(lines) > api.limits.requests or size + api.limits.frame > api.limits.size:
            raise RejectedError("too long for a batch")
        return lines

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
        return unwritable(f"a batch to {self._folder}", error, "nothing of it was submitted")

    def close(self) -> None:
        """Let go of the file."""
        if self._file is not None:
            self._file.close()
            self._file = None


async def holds(api: BatchApi, batch: str, tag: str) -> bool:
    """Whether the results of a batch are those of ours that has the tag."""
    async with aclosing(api.results(batch)) as results:  # type: ignore[type-var]  # an async generator in fact
        async for custom_id, _ in results:
            return custom_id.startswith(f"{tag}-")
    return False


async def read_answers(api: BatchApi, entry: Entry) -> Answers:
    """Fetch the results of a batch: of each case the answers to its requests, by number."""
    answers: Answers = {}
    async for custom_id, answer in api.results(entry.id):
        tag, _, place = custom_id.partition("-")
        key, _, number = place.rpartition("-")
        if tag == entry.tag and number.isdecimal():
            answers.setdefault(key, {})[int(number)] = answer
    return answers


def counted(number: int, noun: str) -> str:
    """Write a number with its noun.

    >>> counted(2, "batch")
    '2 batches'
    """
    return f"{number} {noun}" if number == 1 else f"{number} {noun}{'es' if noun.endswith('ch') else 's'}"


def outstanding(title: str, entries: Sequence[Entry]) -> str:
    """Say what of a run is out there."""
    known = [entry for entry in entries if entry.id]
    ids = ", ".join(entry.id for entry in known[:3]) + (f" and {len(known) - 3} more" if len(known) > 3 else "")
    unsure = len(entries) - len(known)
    requests = sum(entry.requests for entry in known)
    words = [f"{counted(requests, 'request')} submitted in {counted(len(known), 'batch')} ({ids})"] if known else []
    words += [f"{counted(unsure, 'batch')} possibly submitted"] if unsure else []
    return f"{title}: {' and '.join(words) or 'nothing is submitted'}"


#: Dollars by which sums of the same prices, added up in another order, may differ.
_ROUNDING = 1e-9


class BatchBudget:
    """A run's part in the budget of its command; without a budget it lets everything go, and counts nothing."""

    def __init__(self, budget: Budget | None, judge: Judge, scale: Scale, title: str) -> None:
        self._budget = budget
        self._judge = judge
        self._scale = scale
        self._title = title
        # Dollars set aside for each batch that is out there, by its tag.
        self._committed: dict[str, float] = {}
        self._cases = 0
        self._lacking = 0.0
        #: Why cases were not submitted; empty where all were.
        self.refusal = ""

    def forecast(self, requests: Iterable[Request]) -> float:
        """Dollars that requests are likely to cost in a batch."""
        if self._budget is None:
            return 0.0
        return self._price((r.backend, *self._judge.backends[r.backend].tokens(r)) for r in requests)

    def _price(self, asked: Iterable[tuple[str, int, int]]) -> float:
        costs = (self._judge.backends[name].cost(tokens, answer, batch=True) for name, tokens, answer in asked)
        return sum(cost.usd or 0.0 for cost in costs)

    def outstanding(self, entries: Iterable[Entry], cases: Iterable[Case], writer: RunWriter) -> None:
        """Set money aside for what earlier commands submitted and nobody collected."""
        whose = {key: entry.tag for entry in entries for key in entry.keys}
        if self._budget is None or not whose:
            return
        self._committed = dict.fromkeys(whose.values(), 0.0)
        for case in cases:
            if case.key in whose and writer.lookup(case.key) is None:
                self._committed[whose[case.key]] += self._price(
                    one for round_ in forecast(self._judge, case, self._scale) for one in round_
                )
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
            f"{self._lacking:.4f} USD; of {argument('max_cost')} {self._budget.cap:g}, {spent:.4f} USD are spent and "
            f"{self._budget.cap - spent - left:.4f} outstanding: about {self._lacking - left:.4f} USD more would do. "
            f"What was judged is kept: the same command submits the others ({argument('max_cost')} counts anew)"
        )

    def book(self, tag: str, paid: float = 0.0) -> None:
        """Book what a batch that ended did cost; another run's is that run's affair, and none is booked twice."""
        committed = self._committed.pop(tag, None)
        if self._budget is not None and committed is not None:
            self._budget.book(committed, paid)
