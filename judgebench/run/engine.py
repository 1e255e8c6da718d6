"""The local engine: cases through a dispatcher to the judge, bounded retries, nothing lost.

Workers pull cases from one iterator, so that memory does not grow with the number of items. A case ends in exactly one
verdict, which is stored before the worker pulls the next.
"""

from __future__ import annotations

import asyncio
import math
import random
import time
from collections import Counter
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Protocol, cast

from judgebench.domain import Reply, Status, Usage, Verdict
from judgebench.errors import BackendError, IncompleteError, JudgebenchError, RejectedError, RetryableError
from judgebench.run.dispatch import LONGEST_PAUSE, Dispatcher
from judgebench.run.throttle import Budget, OverBudgetError
from judgebench.run.versions import Version

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator

    from judgebench.domain import Case, Judge, Scale
    from judgebench.errors import CallError
    from judgebench.run.dispatch import Port
    from judgebench.store.answers import Stored

#: Cases after which a worker lets the loop breathe: a judge that answers at once, and answers that are
#: all known, would else keep signals and other runs waiting.
_BREATH = 64
#: Calls at once of a judge that makes them itself, where the number is left to us.
_OWN_CALLS = 16


@dataclass(frozen=True, slots=True)
class Options:
    """How to ask: options of ``run``; limits hold for all runs that share a dispatcher, ``max_cost`` for all together.

    ``max_concurrency`` None adapts to the server; ``rpm`` and ``tpm`` None learn from it. Attempts are ``backoff``
    seconds apart: doubled each time, with jitter, up to 60; a server's ``Retry-After`` is honoured and holds back the
    dispatcher. ``give_up_after`` failed cases in a row end the run: the backend is down, not the items. ``share`` and
    ``refresh`` are those of `RunWriter`.
    """

    max_concurrency: int | None = None
    attempts: int = 6
    backoff: float = 0.5
    give_up_after: int = 25
    rpm: float | None = None
    tpm: float | None = None
    max_cost: float | None = None
    hedge: float | None = None
    share: bool = True
    refresh: bool = False


@dataclass(slots=True)
class Summary:
    """What a run did: verdicts of the selection by status, reused ones included, and what the asked ones cost.

    ``usage`` includes retries where the backend reports them; ``last_error`` is why the last case without an answer has
    none; ``models`` counts the versions that answered.
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


class Sink(Protocol):
    """Where verdicts go, and where earlier ones are."""

    def lookup(self, key: str) -> Stored | None:
        """Find the answer to a case; never a failed one."""
        ...

    def append(self, verdict: Verdict) -> None:
        """Keep one verdict."""
        ...


class Dispatchers:
    """The dispatchers of a command, one for each name, and its budget."""

    def __init__(self, options: Options) -> None:
        self.budget = None if options.max_cost is None else Budget(options.max_cost)
        self._options = options
        self._dispatchers: dict[str, Dispatcher] = {}

    def of(self, judge: Judge) -> Dispatcher:
        """Find the dispatcher of a judge's backend, or open it."""
        name: str = getattr(judge, "limit_group", "") or judge.name
        dispatcher = self._dispatchers.get(name)
        if dispatcher is None:
            options = self._options
            # What a judge does inside, we don't see; there is nothing to adapt to.
            own = None if hasattr(judge, "attach") else _OWN_CALLS
            dispatcher = self._dispatchers[name] = Dispatcher(
                name,
                concurrency=options.max_concurrency or own,
                rpm=options.rpm,
                tpm=options.tpm,
                budget=self.budget,
                hedge=options.hedge,
            )
        return dispatcher

    def __iter__(self) -> Iterator[Dispatcher]:
        return iter(self._dispatchers.values())


async def ask_all(
    judge: Judge,
    scale: Scale,
    cases: Callable[[], Iterable[Case]],
    sink: Sink,
    *,
    revision: str,
    options: Options,
    dispatcher: Dispatcher,
    summary: Summary | None = None,
) -> Summary:
    """Ask a judge about all cases that have no answer yet; ``summary`` is kept up to date.

    ``cases`` gives the same ones at each call; they are pulled lazily. ``sink`` knows earlier answers and gets each
    verdict as soon as it is there. BackendError where the backend is unusable, IncompleteError where too many cases in
    a row failed, the budget is spent, or the sink can't be written; what was judged is kept.
    """
    engine = _Engine(
        judge, scale, cases, sink, revision, options, dispatcher, Summary() if summary is None else summary
    )
    started = time.monotonic()
    try:
        await engine.drain()
    finally:
        engine.summary.seconds = time.monotonic() - started
        engine.summary.usage = engine.summary.usage + engine.port.hedged
    return engine.summary


class _Engine:
    def __init__(
        self,
        judge: Judge,
        scale: Scale,
        cases: Callable[[], Iterable[Case]],
        sink: Sink,
        revision: str,
        options: Options,
        dispatcher: Dispatcher,
        summary: Summary,
    ) -> None:
        self.judge = judge
        self.scale = scale
        self.cases = cases
        self.sink = sink
        self.revision = revision
        self.options = options
        self.dispatcher = dispatcher
        self.port: Port = dispatcher.port()
        self.summary = summary
        self._attached = hasattr(judge, "attach")
        if self._attached:
            judge.attach(self.port)  # type: ignore[attr-defined]  # what the line above looked for
        self._pulled: Iterator[Case] = iter(())
        self._workers: set[asyncio.Task[None]] = set()
        self._ended: asyncio.Future[None] | None = None
        self._budget_spent: OverBudgetError | None = None
        self._answered = False
        self._failed_in_a_row = 0
        self._version = Version(cases, sink.lookup, self._scout)

    # --- workers --------------------------------------------------------------------------------

    async def drain(self) -> None:
        """Let workers empty the iterator; the first error that ends the run ends them all."""
        self._pulled = iter(self.cases())
        self._ended = asyncio.get_running_loop().create_future()
        self._grow()
        try:
            await self._ended
        finally:
            for worker in self._workers:
                worker.cancel()
            if self._workers:
                # A judge that will not be stopped must not keep the user from stopping the run.
                await asyncio.wait(self._workers, timeout=2)
        if self._budget_spent is not None:
            raise self._budget_spent

    def _grow(self) -> None:
        """Add a worker where the dispatcher has room for one and nobody of this run waits there already."""
        if len(self._workers) < self.dispatcher.window.size and not self.port.queue:
            worker = asyncio.create_task(self._work())
            self._workers.add(worker)
            worker.add_done_callback(self._gone)

    def _gone(self, worker: asyncio.Task[None]) -> None:
        self._workers.discard(worker)
        # Looked at in any case, or Python would complain that nobody did.
        error = None if worker.cancelled() else worker.exception()
        ended = self._ended
        if ended is None or ended.done():
            return
        if error is not None:
            ended.set_exception(error)
        elif not self._workers:
            ended.set_result(None)

    async def _work(self) -> None:
        since = 0
        for case in self._pulled:
            self.summary.cases += 1
            since += 1
            if since >= _BREATH:
                since = 0
                await asyncio.sleep(0)
            if self._version.scouted and case.key in self._version.scouted:
                self._version.scouted.discard(case.key)
                continue
            stored = self.sink.lookup(case.key)
            if stored is not None and (stored.own or await self._version.serves(stored.verdict)):
                self._reuse(case, stored)
                continue
            if self._budget_spent is not None:
                return
            self._grow()
            await self._live(case)
            if len(self._workers) > self.dispatcher.window.size:
                # Off the list at once: others that end now must not count on this one.
                self._workers.discard(cast("asyncio.Task[None]", asyncio.current_task()))
                return

    async def _live(self, case: Case) -> None:
        self._version.asks(case.key)
        try:
            self._version.landed(await self._settle(case))
        except OverBudgetError as error:
            # Others are under way and paid for: they end, nothing new begins.
            self._budget_spent = error
            self._version.landed(None)

    async def _scout(self, case: Case) -> bool:
        """Ask a case before its turn; False where nothing can be asked any more."""
        if self._budget_spent is None:
            await self._live(case)
        return self._budget_spent is None

    def _reuse(self, case: Case, stored: Stored) -> None:
        verdict = stored.verdict.relabelled(case, self.revision)
        if not stored.own or verdict != stored.verdict:
            self.sink.append(verdict)
        self.summary.reused += 1
        self._count(verdict)

    async def _settle(self, case: Case) -> Verdict:
        reply, error = await self._ask(case)
        verdict = Verdict.of(case, reply, self.scale, self.revision)
        self.sink.append(verdict)
        self.summary.asked += 1
        self.summary.usage = self.summary.usage + reply.usage
        self.summary.last_error = reply.error or self.summary.last_error
        self._count(verdict)
        if error is None:
            self._answered = True
            self._failed_in_a_row = 0
            return verdict
        if isinstance(error, RetryableError) and error.unreachable and not self._answered:
            raise BackendError(f"{self.judge.name} can't be reached: {error}; start the server or check --base-url")
        if isinstance(error, RejectedError) and (self._answered or self.summary.reused):
            # The backend works and will have none of this item; however many such items stand together, others follow.
            return verdict
        self._failed_in_a_row += 1
        if self._failed_in_a_row >= self.options.give_up_after:
            raise IncompleteError(
                f"stopped: {self._failed_in_a_row} cases in a row failed, the last with: {error}; "
                "run the same command again to ask only the failed and missing ones"
            )
        return verdict

    def _count(self, verdict: Verdict) -> None:
        self.summary.statuses[verdict.status] += 1
        if verdict.model:
            self.summary.models[verdict.model] += 1

    # --- one case -------------------------------------------------------------------------------

    async def _ask(self, case: Case) -> tuple[Reply, CallError | None]:
        error: RetryableError | None = None
        for attempt in range(self.options.attempts):
            try:
                given: object = await self._judge(case)
                return _checked(given, case, self.scale), None
            except RejectedError as rejected:
                if rejected.refused:
                    return Reply(Status.REFUSED, error=str(rejected)), None
                return Reply(Status.FAILED, error=str(rejected)), rejected
            except RetryableError as retryable:
                error = retryable
            except JudgebenchError:
                raise
            except Exception as unforeseen:  # noqa: BLE001 - a judge of somebody else's may raise anything: one case
                # Its words stay out of the store: nobody has looked through them for a key.
                crashed = RejectedError(f"{self.judge.name} raised {type(unforeseen).__name__}")
                return Reply(Status.FAILED, error=str(crashed)), crashed
            # A server that was never there gets fewer chances: the user is waiting to hear it.
            hopeless = error.unreachable and not self._answered and attempt >= 2
            if hopeless or attempt + 1 == self.options.attempts or (error.retry_after or 0) > LONGEST_PAUSE:
                break
            self.summary.retries += 1
            await self._back_off(attempt, error)
        return Reply(Status.FAILED, error=str(error)), error

    async def _judge(self, case: Case) -> object:
        if self._attached:
            # It goes through the dispatcher call by call.
            return await self.judge.judge(case, self.scale)
        return await self.port.bound(lambda: self.judge.judge(case, self.scale))

    async def _back_off(self, attempt: int, error: RetryableError) -> None:
        # "At once" (a 0, a date that has passed by our clock) must not burn all attempts in an instant; a real
        # pause the dispatcher keeps, for all.
        if error.retry_after is None or error.retry_after < self.options.backoff:
            delay = min(60.0, self.options.backoff * 2**attempt) * random.uniform(0.5, 1.0)  # noqa: S311 - jitter
            await asyncio.sleep(delay)


class Asker(_Engine):
    """Asks single cases as `ask_all` does, for one who keeps the verdicts elsewhere: a cluster's worker."""

    def __init__(self, judge: Judge, scale: Scale, options: Options, dispatcher: Dispatcher) -> None:
        super().__init__(judge, scale, tuple, _Nowhere(), "", options, dispatcher, Summary())

    async def ask(self, case: Case) -> tuple[Reply, CallError | None]:
        """Ask until there is a reply; with a failed one comes the error that a backend raised."""
        reply, error = await self._ask(case)
        self._answered = self._answered or error is None
        return reply, error


class _Nowhere:
    """A sink for an engine that only asks."""

    def lookup(self, key: str) -> Stored | None:  # noqa: ARG002 - the signature of a sink
        return None

    def append(self, verdict: Verdict) -> None:
        raise NotImplementedError


def _checked(reply: object, case: Case, scale: Scale) -> Reply:
    """Keep a verdict that is on no scale out of the store, whichever judge gave it."""
    if not isinstance(reply, Reply):
        return Reply(Status.UNPARSED, error=f"the judge returned {type(reply).__name__}, not a Reply")
    places = len(case.order) if scale.kind in {"pick", "rank"} else len(scale.labels)
    codes = reply.code if isinstance(reply.code, tuple) else () if reply.code is None else (reply.code,)
    listed = isinstance(reply.code, tuple)
    fits = all(type(code) is int and 0 <= code < places for code in codes)
    if scale.kind == "rank":
        fits = fits and (not listed or sorted(codes) == list(range(places)))
    if reply.code is not None and not (fits and listed == (scale.kind in {"rank", "steps"})):
        return replace(reply, status=Status.UNPARSED, code=None, error=f"verdict {reply.code!r} is not on {scale.spec}")
    if not all(map(math.isfinite, (*reply.scores, *reply.probabilities))):
        return replace(reply, scores=(), probabilities=(), error="scores that are not numbers were left out")
    return reply
