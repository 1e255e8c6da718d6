"""The local engine: each case a dialogue with its judge, through dispatchers, with bounded retries and nothing lost.

Workers pull cases from one iterator, so that memory does not grow with the number of items. A case ends in exactly one
verdict, which is stored before the worker pulls the next.
"""

from __future__ import annotations

import asyncio
import random
import time
from dataclasses import dataclass, replace
from functools import partial
from typing import TYPE_CHECKING, Any, Protocol, TypeAlias, cast

from judgebench.domain import Completion, Reply, Status, Usage, Verdict
from judgebench.errors import IncompleteError, JudgebenchError, RejectedError, RetryableError, unreached
from judgebench.run.dialogue import Dialogue, expected, refusal, turned_down
from judgebench.run.dispatch import LONGEST_PAUSE, Dispatcher
from judgebench.run.summary import Summary, ask_again
from judgebench.run.throttle import Budget, OverBudgetError, divided, until
from judgebench.run.versions import Version

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping

    from judgebench.domain import Case, Judge, Request, Scale
    from judgebench.errors import CallError
    from judgebench.run.dispatch import Port
    from judgebench.run.summary import Sink

    #: Keeps an answer under the key of its request.
    Keep: TypeAlias = Callable[[str, Completion], None]

#: Cases after which a worker lets the loop breathe: a judge that answers at once, and answers that are
#: all known, would else keep signals and other runs waiting.
_BREATH = 64
#: Calls at once of a judge that asks nobody, where the number is left to us.
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


class Elsewhere(Protocol):
    """Whoever asks in this process's place: a cluster's workers."""

    async def ask(self, case: Case, known: Mapping[str, Completion], keep: Callable[[str, Completion], None]) -> Reply:
        """Have a case asked but for what is ``known``, and its answers kept; errors are those of the engine there."""
        ...

    def leave(self) -> None:
        """Say that no more cases come."""
        ...


class Dispatchers:
    """The dispatchers of a command, one for each name, and its budget."""

    def __init__(self, options: Options) -> None:
        self.budget = None if options.max_cost is None else Budget(options.max_cost)
        self._options = options
        self._dispatchers: dict[str, Dispatcher] = {}

    def of(self, judge: Judge) -> dict[str, Dispatcher]:
        """Find the dispatchers of a judge's backends, or open them; a judge that asks nobody has one of its own."""
        if not judge.backends:
            return {judge.name: self._open(judge.name, _OWN_CALLS)}
        return {name: self._open(backend.limit_group, backend.at_once) for name, backend in judge.backends.items()}

    def _open(self, name: str, concurrency: int | None) -> Dispatcher:
        if name not in self._dispatchers:
            options = self._options
            self._dispatchers[name] = Dispatcher(
                name,
                concurrency=options.max_concurrency or concurrency,
                rpm=options.rpm,
                tpm=options.tpm,
                budget=self.budget,
                hedge=options.hedge,
            )
        return self._dispatchers[name]

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
    dispatchers: Dispatchers,
    summary: Summary | None = None,
    elsewhere: Elsewhere | None = None,
) -> Summary:
    """Ask a judge about all cases that have no answer yet; ``summary`` is kept up to date.

    ``cases`` gives the same ones at each call; they are pulled lazily. ``sink`` knows earlier answers and gets each
    verdict as soon as it is there. BackendError where the backend is unusable, IncompleteError where too many cases in
    a row failed, the budget is spent, or the sink can't be written; what was judged is kept.
    """
    caller = Caller(judge, scale, options, dispatchers, summary or Summary(), elsewhere=elsewhere)
    started = time.monotonic()
    try:
        await _Engine(caller, cases, sink, revision).drain()
    finally:
        caller.summary.seconds = time.monotonic() - started
        caller.summary.usage = caller.summary.usage + caller.hedged
    return caller.summary


class Caller:
    """Asks about single cases, as often as it takes; a cluster's worker does no more than that.

    ``workers`` share what a server says of its limits; ``elsewhere`` asks in this process's place.
    """

    def __init__(
        self,
        judge: Judge,
        scale: Scale,
        options: Options,
        dispatchers: Dispatchers,
        summary: Summary,
        *,
        workers: int = 1,
        elsewhere: Elsewhere | None = None,
    ) -> None:
        self.judge = judge
        self.scale = scale
        self.options = options
        self.ports: dict[str, Port] = {name: found.port() for name, found in dispatchers.of(judge).items()}
        self.summary = summary
        self._sharing = workers
        self._elsewhere = elsewhere
        self.answered = False

    @property
    def room(self) -> int:
        """Calls that can be under way at once."""
        return max(port.dispatcher.window.size for port in self.ports.values())

    @property
    def hedged(self) -> Usage:
        """What second calls probably cost whose answers nobody waited for."""
        return sum((port.hedged for port in self.ports.values()), start=Usage())

    async def ask(self, case: Case, known: Mapping[str, Completion], keep: Keep) -> tuple[Reply, CallError | None]:
        """Ask until there is a reply; with a failed one comes the error that a backend raised.

        ``known`` is what the case was answered before; what it is answered without coming to a verdict is kept.
        """
        error: RetryableError | None = None
        answers = dict(known)
        for attempt in range(self.options.attempts):
            try:
                reply = await self._judge(case, answers, keep)
            except RejectedError as rejected:
                self.answered |= rejected.refused
                return turned_down(rejected), None if rejected.refused else rejected
            except RetryableError as retryable:
                error = retryable
            except JudgebenchError:
                raise
            except Exception as unforeseen:  # noqa: BLE001 - a backend of somebody else's may raise anything: one case
                # Its words stay out of the store: nobody has looked through them for a key.
                crashed = RejectedError(f"{self.judge.name} raised {type(unforeseen).__name__}")
                return Reply(Status.FAILED, error=str(crashed)), crashed
            else:
                self.answered = True
                return reply, None
            # A server that was never there gets fewer chances: the user is waiting to hear it.
            hopeless = error.unreachable and not self.answered and attempt >= 2
            if hopeless or attempt + 1 == self.options.attempts or (error.retry_after or 0) > LONGEST_PAUSE:
                break
            self.summary.retries += 1
            await self._back_off(attempt, error)
        wait = (error and error.retry_after) or 0.0
        asked = f"; it asks to wait {until(wait)}, which no run does" if wait > LONGEST_PAUSE else ""
        return Reply(Status.FAILED, error=f"{error}{asked}"), error

    async def _judge(self, case: Case, answers: dict[str, Completion], keep: Keep) -> Reply:
        """Bring a case to a reply; ``answers`` are those of earlier attempts, and those that come are added."""

        def kept(key: str, completion: Completion) -> None:
            answers[key] = completion
            keep(key, completion)

        if (elsewhere := self._elsewhere) is not None:

            async def there() -> Completion:
                return Completion(reply=await elsewhere.ask(case, answers, kept))

            return cast("Reply", (await next(iter(self.ports.values())).call(there)).reply)
        dialogue = Dialogue(self.judge, case, self.scale, answers)
        while dialogue.wanted:
            round_ = list(dialogue.wanted.items())
            if len(round_) == 1:
                await self._answer(dialogue, *round_[0], kept)
                continue
            done = await asyncio.gather(*(self._answer(dialogue, *one, kept) for one in round_), return_exceptions=True)
            if failed := [one for one in done if one is not None]:
                raise next((one for one in failed if not isinstance(one, RetryableError)), failed[0])
        return cast("Reply", dialogue.reply)

    async def _answer(self, dialogue: Dialogue, number: int, request: Request, keep: Keep) -> None:
        metered = self.judge.backends[request.backend].counting
        try:
            completion = await self.ports[request.backend].call(
                lambda: self._complete(request), forecast=(lambda: expected(self.judge, request)) if metered else None
            )
        except RejectedError as error:
            if (refused := refusal(self.judge, error)) is None:
                raise
            completion = refused
        if several := dialogue.several:
            keep(dialogue.key(number), completion)
        try:
            dialogue.give(number, completion)
        finally:
            # Only now a single answer turns out not to be all, or to break the judge: it is paid for all the same.
            # A reply that the judge gave itself is not a model's answer: where it failed, the judge is asked again.
            if dialogue.undecided and not several and completion.reply is None:
                keep(dialogue.key(number), completion)

    async def _complete(self, request: Request) -> Completion:
        backend = self.judge.backends[request.backend]
        if self._sharing == 1:
            return await backend.complete(request)
        try:
            answer = await backend.complete(request)
        except RetryableError as error:
            limits: Any = error.limits
            error.limits = divided(limits, self._sharing)
            raise
        return replace(answer, limits=divided(answer.limits, self._sharing))

    async def _back_off(self, attempt: int, error: RetryableError) -> None:
        # "At once" (a 0, a date that has passed by our clock) must not burn all attempts in an instant; a real
        # pause the dispatcher keeps, for all.
        if error.retry_after is None or error.retry_after < self.options.backoff:
            delay = min(60.0, self.options.backoff * 2**attempt) * random.uniform(0.5, 1.0)  # noqa: S311 - jitter
            await asyncio.sleep(delay)


class _Engine:
    def __init__(self, caller: Caller, cases: Callable[[], Iterable[Case]], sink: Sink, revision: str) -> None:
        self.caller = caller
        self.cases = cases
        self.sink = sink
        self.revision = revision
        self._pulled: Iterator[Case] = iter(())
        self._workers: set[asyncio.Task[None]] = set()
        self._ended: asyncio.Future[None] | None = None
        self._budget_spent: OverBudgetError | None = None
        self._failed_in_a_row = 0
        self._version = Version(cases, sink.lookup, self._scout)

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
        """Add a worker where the dispatchers have room for one and nobody of this run waits there already."""
        if len(self._workers) < self.caller.room and not any(port.queue for port in self.caller.ports.values()):
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
            self.caller.summary.cases += 1
            since += 1
            if since >= _BREATH:
                since = 0
                await asyncio.sleep(0)
            if self._version.scouted and case.key in self._version.scouted:
                self._version.scouted.discard(case.key)
                continue
            stored = self.sink.lookup(case.key)
            if stored is not None and (stored.own or await self._version.serves(stored.verdict)):
                self.caller.summary.reuse(stored, case, self.revision, self.sink)
                continue
            if self._budget_spent is not None:
                return
            self._grow()
            await self._live(case)
            if len(self._workers) > self.caller.room:
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

    async def _settle(self, case: Case) -> Verdict:
        reply, error = await self.caller.ask(case, self.sink.rounds(case.key), partial(self.sink.keep, case.key))
        verdict = Verdict.of(case, reply, self.caller.scale, self.revision)
        self.sink.append(verdict)
        self.caller.summary.answered(verdict)
        if error is None:
            self._failed_in_a_row = 0
            return verdict
        if isinstance(error, RetryableError) and error.unreachable and not self.caller.answered:
            raise unreached(self.caller.judge.name, error)
        if isinstance(error, RejectedError) and (self.caller.answered or self.caller.summary.reused):
            # The backend works and will have none of this item; however many such items stand together, others follow.
            return verdict
        self._failed_in_a_row += 1
        if self._failed_in_a_row >= self.caller.options.give_up_after:
            raise IncompleteError(
                f"stopped: {self._failed_in_a_row} cases in a row failed, the last with: {error}; "
                f"{ask_again(self.caller.judge)}"
            )
        return verdict
