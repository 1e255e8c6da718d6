"""The local engine: bounded concurrency, bounded retries, nothing lost.

Workers pull cases from one iterator, so that memory does not grow with the number of items. A case
ends in exactly one verdict, which is stored before the next case is pulled.
"""

from __future__ import annotations

import asyncio
import math
import random
import time
from collections import Counter
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Protocol

from judgebench.domain import Reply, Status, Usage, Verdict
from judgebench.errors import BackendError, IncompleteError, JudgebenchError, RejectedError, RetryableError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping

    from judgebench.domain import Case, Judge, Scale
    from judgebench.errors import CallError

#: A server that asks for a longer pause than this is treated as failing for the case.
_LONGEST_PAUSE = 600.0


@dataclass(frozen=True, slots=True)
class Options:
    """How to ask.

    Parameters
    ----------
    max_concurrency : int
        Cases in flight at once.
    attempts : int
        Times a case is asked before it counts as failed.
    backoff : float
        Seconds before the second attempt; doubled each time, with jitter, up to 60. A server's
        ``Retry-After`` is honoured and holds back all workers.
    give_up_after : int
        Failed cases in a row that end the run early: the backend is down, not the items.
    """

    max_concurrency: int = 16
    attempts: int = 6
    backoff: float = 0.5
    give_up_after: int = 25


@dataclass(slots=True)
class Summary:
    """What a run did.

    ``statuses`` counts the verdicts of the selection, reused ones included; ``usage`` is what the
    asked ones cost, retries included where the backend reports them; ``last_error`` is why the last case
    that was not answered was not.
    """

    cases: int = 0
    asked: int = 0
    reused: int = 0
    retries: int = 0
    usage: Usage = field(default_factory=Usage)
    statuses: Counter[Status] = field(default_factory=Counter["Status"])
    seconds: float = 0.0
    last_error: str = ""


class Sink(Protocol):
    """Where verdicts go."""

    def append(self, verdict: Verdict) -> None:
        """Keep one verdict."""
        ...


class Known(Protocol):
    """Answers by case key."""

    def get(self, key: str, /) -> Verdict | None:
        """Find an answer."""
        ...


async def ask_all(
    judge: Judge,
    scale: Scale,
    cases: Iterable[Case],
    sink: Sink,
    *,
    revision: str,
    known: Known,
    present: Mapping[str, Verdict],
    options: Options,
    on_progress: Callable[[Summary], None] | None = None,
) -> Summary:
    """Ask a judge about all cases that have no answer yet.

    Parameters
    ----------
    judge : Judge
        Any object of the protocol.
    scale : Scale
        What a verdict can be.
    cases : iterable of Case
        Pulled lazily.
    sink : Sink
        Receives each verdict as soon as it is there.
    revision : str
        The task revision written into verdicts.
    known : Known
        Answers that need not be asked again, by case key.
    present : mapping of str to Verdict
        Verdicts that this run already holds; they are not written twice.
    options : Options
        How to ask.
    on_progress : callable
        Called with the summary after each verdict.

    Raises
    ------
    BackendError
        If the backend is unusable. What was judged is kept.
    IncompleteError
        If too many cases in a row failed.
    """
    engine = _Engine(judge, scale, sink, revision, options, on_progress)
    started = time.monotonic()
    try:
        await engine.drain(engine.unanswered(cases, known, present))
    finally:
        engine.summary.seconds = time.monotonic() - started
    return engine.summary


class _Engine:
    def __init__(
        self,
        judge: Judge,
        scale: Scale,
        sink: Sink,
        revision: str,
        options: Options,
        on_progress: Callable[[Summary], None] | None,
    ) -> None:
        self.judge = judge
        self.scale = scale
        self.sink = sink
        self.revision = revision
        self.options = options
        self.on_progress = on_progress
        self.summary = Summary()
        self._answered = False
        self._failed_in_a_row = 0
        self._paused_until = 0.0

    def unanswered(self, cases: Iterable[Case], known: Known, present: Mapping[str, Verdict]) -> Iterator[Case]:
        """Yield the cases to ask; settle the others from what is known."""
        for case in cases:
            self.summary.cases += 1
            answer = known.get(case.key)
            if answer is None:
                yield case
                continue
            verdict = answer.relabelled(case, self.revision)
            if present.get(case.key) != verdict:
                self.sink.append(verdict)
            self.summary.reused += 1
            self._count(verdict)

    async def drain(self, cases: Iterator[Case]) -> None:
        """Let workers empty the iterator; the first error that ends the run ends them all."""

        async def work() -> None:
            for case in cases:
                await self._settle(case)

        workers = [asyncio.create_task(work()) for _ in range(self.options.max_concurrency)]
        try:
            await asyncio.gather(*workers)
        finally:
            for worker in workers:
                worker.cancel()
            await asyncio.gather(*workers, return_exceptions=True)

    async def _settle(self, case: Case) -> None:
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
            return
        if isinstance(error, RetryableError) and error.unreachable and not self._answered:
            raise BackendError(f"{self.judge.name} can't be reached: {error}; start the server or check --base-url")
        if isinstance(error, RejectedError) and (self._answered or self.summary.reused):
            # The backend works and will have none of this item; however many such items stand together, others follow.
            return
        self._failed_in_a_row += 1
        if self._failed_in_a_row >= self.options.give_up_after:
            raise IncompleteError(
                f"stopped: {self._failed_in_a_row} cases in a row failed, the last with: {error}; "
                "run the same command again to ask only the failed and missing ones"
            )

    def _count(self, verdict: Verdict) -> None:
        self.summary.statuses[verdict.status] += 1
        if self.on_progress is not None:
            self.on_progress(self.summary)

    async def _ask(self, case: Case) -> tuple[Reply, CallError | None]:
        """Ask until there is a reply; beside a failed one stands the error that a backend raised."""
        error: RetryableError | None = None
        for attempt in range(self.options.attempts):
            await self._wait_for_pause()
            try:
                given: object = await self.judge.judge(case, self.scale)
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
            if hopeless or attempt + 1 == self.options.attempts or (error.retry_after or 0) > _LONGEST_PAUSE:
                break
            self.summary.retries += 1
            await self._back_off(attempt, error)
        return Reply(Status.FAILED, error=str(error)), error

    async def _back_off(self, attempt: int, error: RetryableError) -> None:
        delay = min(60.0, self.options.backoff * 2**attempt) * random.uniform(0.5, 1.0)  # noqa: S311 - jitter
        if error.retry_after is not None:
            self._paused_until = max(self._paused_until, time.monotonic() + error.retry_after)
            # "At once" (a 0, a date that has passed by our clock) must not burn all attempts in an instant.
            delay = delay if error.retry_after < self.options.backoff else 0.0
        await asyncio.sleep(delay)

    async def _wait_for_pause(self) -> None:
        while (wait := self._paused_until - time.monotonic()) > 0:  # noqa: ASYNC110 - a pause may grow while we sleep
            # Jitter keeps the workers from all coming back in the same instant.
            await asyncio.sleep(wait + random.uniform(0, min(0.25, wait / 4)))  # noqa: S311 - jitter


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
        return replace(reply, scores=(), probabilities=(), error="scores that are no numbers were left out")
    return reply
