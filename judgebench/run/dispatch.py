"""The way to a backend: what is in flight, how often, and for how much, for all runs that call it.

A dispatcher has a port for each run. Calls that can't go at once wait in their port's queue, first come first served;
between ports the dispatcher goes round, so that a large run does not hold up a small one.
"""

from __future__ import annotations

import asyncio
import random
from collections import deque
from typing import TYPE_CHECKING

from judgebench.domain import Usage
from judgebench.errors import BackendError, RetryableError, argument
from judgebench.run.throttle import Meter, Window

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

    from judgebench.domain import Completion, RateLimits
    from judgebench.run.throttle import Budget

#: A server that asks for a longer pause than this is treated as failing for the case; what it says of its limits holds
#: back no call for longer.
LONGEST_PAUSE = 600.0


#: Seconds of waiting for limits that are worth telling.
_LONG_WAIT = 10.0


class _Ticket:
    """One call's place in a dispatcher."""

    __slots__ = ("after", "forecast", "granted", "reserved", "sent", "tokens", "tokens_after", "usd")

    def __init__(self, forecast: Callable[[], Usage] | None) -> None:
        self.forecast = forecast
        self.granted: asyncio.Future[None] | None = None
        self.tokens = 0.0
        self.usd = 0.0
        self.reserved = 0.0
        self.sent = 0.0
        self.after = 0.0
        self.tokens_after = 0.0

    def look_ahead(self) -> None:
        """Forecast, once, where tokens or money are limited."""
        if self.forecast is not None:
            usage = self.forecast()
            self.tokens = float(usage.input_tokens + usage.output_tokens)
            self.usd = usage.usd or 0.0
            self.forecast = None


class Dispatcher:
    """What all calls to one backend share; None adapts the concurrency, and learns rates from the server's headers.

    ``rpm`` and ``tpm`` are requests and tokens a minute; after ``hedge`` seconds without an answer a call is made
    again.
    """

    def __init__(
        self,
        name: str,
        *,
        concurrency: int | None = None,
        rpm: float | None = None,
        tpm: float | None = None,
        budget: Budget | None = None,
        hedge: float | None = None,
    ) -> None:
        self.name = name
        self.window = Window(concurrency)
        self.in_flight = 0
        self.refused = 0
        self._given = (rpm, tpm)
        self._budget = budget
        if budget is not None:
            budget.on_release.append(self._pump)
        self._hedge = hedge
        self._requests: list[Meter] = []
        self._tokens: list[Meter] = []
        self._learned: dict[str, Meter] = {}
        self._waiting: deque[Port] = deque()
        self._sent = 0.0
        self._paused_until = 0.0
        # Since when the server's limits alone have let no call go.
        self._held_since: float | None = None
        self._timer: asyncio.TimerHandle | None = None
        self._broken: BackendError | None = None
        self._clock: Callable[[], float] | None = None
        # Whether a call may go at once without looking at anything but the window.
        self._free = False

    def port(self) -> Port:
        """Open a way in for a run, on the running event loop."""
        if self._clock is None:
            self._clock = asyncio.get_running_loop().time
            now = self._clock()
            rpm, tpm = self._given
            self._requests = [] if rpm is None else [Meter(rpm, now)]
            self._tokens = [] if tpm is None else [Meter(tpm, now)]
            self._free = self._unmetered()
        return Port(self)

    def close(self, error: BackendError) -> None:
        """Let no call through any more: the backend is unusable."""
        self._broken = self._broken or error
        self._free = False
        for port in self._waiting:
            while port.queue:
                _tell(port.queue.popleft(), self._broken)
        self._waiting.clear()

    @property
    def now(self) -> float:
        """The dispatcher's time."""
        return self._clock() if self._clock is not None else 0.0

    # --- in -------------------------------------------------------------------------------------

    def enter(self, ticket: _Ticket) -> bool:
        """Let a call go, if it may at once."""
        if self._broken is not None:
            raise self._broken
        if self.in_flight >= self.window.size or self._waiting or (not self._free and self._hindrance(ticket) > 0):
            return False
        self._go(ticket)
        return True

    def enter_again(self, ticket: _Ticket) -> bool:
        """Let a call's double go, if limits and money allow it at once; the window it may pass by one."""
        if self._broken is not None or (not self._free and self._hindrance(ticket) > 0):
            return False
        self._go(ticket)
        return True

    async def queue(self, port: Port, ticket: _Ticket) -> None:
        """Wait for a call's turn."""
        granted = ticket.granted = asyncio.get_running_loop().create_future()
        if not port.queue:
            self._waiting.append(port)
        port.queue.append(ticket)
        self._pump()
        try:
            await granted
        except asyncio.CancelledError:
            if granted.done() and not granted.cancelled() and granted.exception() is None:
                # It was let in at the moment in which it gave up.
                self.leave(ticket)
            elif ticket in port.queue:
                port.queue.remove(ticket)
                if not port.queue:
                    self._waiting.remove(port)
            raise

    def _hindrance(self, ticket: _Ticket) -> float:
        """Seconds until a call may go; infinite where another must end first. Sets its money aside."""
        now = self.now
        if self._paused_until > now:
            return self._paused_until - now
        if self._unmetered():
            # A pause is over: back to the short way.
            self._free = True
            return 0.0
        wait = self._metered(ticket, now)
        if wait > 0 or self._budget is None:
            return wait
        ticket.look_ahead()
        reserved = self._budget.reserve(ticket.usd)
        if reserved is None:
            return float("inf")
        ticket.reserved = reserved
        return 0.0

    def _metered(self, ticket: _Ticket, now: float) -> float:
        """Seconds for which limits hold a call back: the person's for as long as it takes, the server's up to a cap."""
        if self._tokens:
            ticket.look_ahead()
        given = told = 0.0
        for kind, meters, cost in (("requests", self._requests, 1.0), ("tokens", self._tokens, ticket.tokens)):
            for meter in meters:
                wait = meter.wait(cost, now)
                if meter is self._learned.get(kind):
                    told = max(told, wait)
                else:
                    given = max(given, wait)
        if told > 0:
            self._held_since = now if self._held_since is None else self._held_since
            told = min(told, self._held_since + LONGEST_PAUSE - now)
        return max(given, told)

    def _go(self, ticket: _Ticket) -> None:
        self._held_since = None
        self.in_flight += 1
        self._sent += 1.0
        ticket.sent = self.now
        for meter in self._requests:
            meter.take(1.0)
        for meter in self._tokens:
            meter.take(ticket.tokens)
        ticket.after = self._learned["requests"].spent if "requests" in self._learned else self._sent
        ticket.tokens_after = self._learned["tokens"].spent if "tokens" in self._learned else 0.0

    def _pump(self) -> None:
        """Let go whoever may: one of each port in turn."""
        while self._waiting and self.in_flight < self.window.size:
            port = self._waiting[0]
            ticket = port.queue[0]
            if ticket.granted is None or ticket.granted.done():
                port.queue.popleft()
            else:
                try:
                    wait = self._hindrance(ticket)
                except Exception as error:  # noqa: BLE001 - a budget's end, or a forecast's failure, is that call's
                    port.queue.popleft()
                    _tell(ticket, error)
                else:
                    if wait > 0:
                        self._wake_in(wait)
                        return
                    port.queue.popleft()
                    self._go(ticket)
                    ticket.granted.set_result(None)
            self._waiting.popleft()
            if port.queue:
                self._waiting.append(port)

    def _wake_in(self, wait: float) -> None:
        if wait == float("inf"):
            return
        at = self.now + wait
        if self._timer is not None and not self._timer.cancelled():
            if self.now < self._timer.when() <= at:
                return
            self._timer.cancel()
        self._timer = asyncio.get_running_loop().call_at(at, self._pump)

    # --- out ------------------------------------------------------------------------------------

    def leave(self, ticket: _Ticket, *, paid: float | None = None) -> None:
        """Note that a call ended, and let the next one go."""
        self.in_flight -= 1
        if self._budget is not None:
            self._budget.settle(ticket.reserved, ticket.usd, paid)
        if self._waiting:
            self._pump()

    def answered(self, ticket: _Ticket, limits: RateLimits | None, usage: Usage | None) -> None:
        """Learn from a call that was answered."""
        now = self.now
        self.window.landed(self.in_flight, ticket.sent, now)
        if limits is not None:
            self._learn(ticket, limits, now)
        paid = None
        if usage is not None:
            for meter in self._tokens:
                meter.correct(ticket.tokens, usage.input_tokens + usage.output_tokens)
            paid = ticket.usd if usage.usd is None else usage.usd
        self.leave(ticket, paid=paid)

    def failed(self, ticket: _Ticket, error: RetryableError) -> None:
        """Learn from a call that was turned away, or came to nothing."""
        now = self.now
        if error.overloaded:
            self.refused += 1
            self.window.overloaded(ticket.sent, now)
        if error.retry_after is not None and error.retry_after <= LONGEST_PAUSE:
            # Jitter keeps clients that were all turned away from coming back in the same instant.
            pause = error.retry_after + random.uniform(0.0, min(0.25, error.retry_after / 4))  # noqa: S311 - jitter
            self._paused_until = max(self._paused_until, now + pause)
            self._free = False
        if error.limits is not None:
            limits: RateLimits = error.limits  # type: ignore[assignment]  # errors know no nouns
            self._learn(ticket, limits, now)
        self.leave(ticket)

    def _learn(self, ticket: _Ticket, limits: RateLimits, now: float) -> None:
        for kind, quota, meters, spent in (
            ("requests", limits.requests, self._requests, ticket.after),
            ("tokens", limits.tokens, self._tokens, ticket.tokens_after),
        ):
            if quota is None or quota.limit <= 0:
                continue
            meter = self._learned.get(kind)
            if meter is None:
                meter = self._learned[kind] = Meter(quota.limit, now, calibrated=kind == "tokens")
                # Calls that went out before anything was known count as well.
                meter.spent = self._sent if kind == "requests" else 0.0
                meters.append(meter)
                self._free = False
            meter.learn(quota, spent, ticket.sent, now)

    def _unmetered(self) -> bool:
        return not self._requests and not self._tokens and self._budget is None

    @property
    def hedge(self) -> float | None:
        """Seconds after which a call is made a second time."""
        return self._hedge

    @property
    def held(self) -> tuple[float, str]:
        """Seconds for which no call goes, and why; what limits cost in passing is not told."""
        if (paused := self._paused_until - self.now) >= 1:
            return paused, "the server asked for a pause"
        if self._waiting and self._timer is not None and (wait := self._timer.when() - self.now) >= _LONG_WAIT:
            if self._held_since is None:
                return wait, f"{argument('rpm')} or {argument('tpm')} is used up"
            return wait, "the server says that its limit is used up"
        return 0.0, ""


class Port:
    """A run's way into a dispatcher."""

    __slots__ = ("dispatcher", "hedged", "queue")

    def __init__(self, dispatcher: Dispatcher) -> None:
        self.dispatcher = dispatcher
        self.queue: deque[_Ticket] = deque()
        #: What second calls probably cost whose answers nobody waited for.
        self.hedged = Usage()

    async def call(
        self, ask: Callable[[], Awaitable[Completion]], *, forecast: Callable[[], Usage] | None = None
    ) -> Completion:
        """Make one call when it is this call's turn; IncompleteError where it would exceed the budget.

        ``ask`` is called again where the dispatcher hedges; ``forecast`` only where tokens or money are limited.
        Without a forecast the call says nothing of limits and money, and is not made twice.
        """
        dispatcher = self.dispatcher
        ticket = _Ticket(forecast)
        if not dispatcher.enter(ticket):
            await dispatcher.queue(self, ticket)
        try:
            if forecast is None or dispatcher.hedge is None:
                answer = await ask()
            else:
                answer = await self._hedged(ask, forecast, dispatcher.hedge)
        except RetryableError as error:
            dispatcher.failed(ticket, error)
            raise
        except BaseException as error:
            if isinstance(error, BackendError):
                dispatcher.close(error)
            dispatcher.leave(ticket)
            raise
        if forecast is None:
            dispatcher.answered(ticket, None, None)
        else:
            dispatcher.answered(ticket, answer.limits, answer.usage)
        return answer

    async def _hedged(
        self, ask: Callable[[], Awaitable[Completion]], forecast: Callable[[], Usage], after: float
    ) -> Completion:
        """Ask a second time where the first call keeps one waiting."""

        async def once() -> Completion:
            return await ask()

        first = asyncio.create_task(once())
        calls = {first}
        ticket: _Ticket | None = None
        try:
            await asyncio.wait(calls, timeout=after)
            second = _Ticket(forecast)
            if not first.done() and self.dispatcher.enter_again(second):
                ticket = second
                calls.add(asyncio.create_task(once()))
            failure: BaseException | None = None
            pending = set(calls)
            while pending:
                done, pending = await asyncio.wait(pending, return_when=asyncio.FIRST_COMPLETED)
                for call in done:
                    failure = call.exception()
                    if failure is None:
                        return call.result()
            assert failure is not None  # noqa: S101 - nothing is pending and nothing was answered
            raise failure
        finally:
            for call in calls:
                call.cancel()
            if ticket is not None:
                await asyncio.gather(*calls, return_exceptions=True)
                # Both were asked, and whichever answer nobody waited for is paid for as well.
                usage = forecast()
                self.hedged = self.hedged + usage
                self.dispatcher.leave(ticket, paid=usage.usd or 0.0)


def _tell(ticket: _Ticket, error: BaseException) -> None:
    if ticket.granted is not None and not ticket.granted.done():
        ticket.granted.set_exception(error)
