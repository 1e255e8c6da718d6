"""What a dispatcher keeps to: calls at once, requests and tokens a minute, dollars.

Times are the event loop's: they never jump, whatever becomes of the wall clock.
"""

from __future__ import annotations

import math
from dataclasses import replace
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

from judgebench.errors import IncompleteError, argument

if TYPE_CHECKING:
    from collections.abc import Callable

    from judgebench.domain import Quota, RateLimits

#: An adaptive window starts here and ends there: beyond it a client gains nothing from one address.
_FIRST = 8
_MOST = 256
#: Growth that does not raise the throughput by this factor only lengthens somebody's queue.
_WORTH = 1.1


def until(seconds: float) -> str:
    """Say how long something is waited for, and until when.

    >>> until(1e300)
    'for more than a year'
    """
    if seconds > 365 * 86400:
        return "for more than a year"
    # The clock of whoever reads it.
    then = datetime.now().astimezone() + timedelta(seconds=seconds)
    return f"{seconds:.0f} s, until {then:%H:%M:%S}{f' on {then:%Y-%m-%d}' if seconds > 86400 / 2 else ''}"


def _room() -> int:
    """Count the calls that may be open at once: a third of the files that may be, the others are runs'."""
    try:
        import resource  # noqa: PLC0415 - not everywhere
    except ImportError:
        return _MOST
    allowed = resource.getrlimit(resource.RLIMIT_NOFILE)[0]
    return _MOST if allowed == resource.RLIM_INFINITY else max(1, min(_MOST, allowed // 3))


class OverBudgetError(IncompleteError):
    """The next call would cost more than ``--max-cost`` leaves; calls in flight still end."""


def over_budget(cap: float, spent: float, about: str = "") -> OverBudgetError:
    """Say that no further call fits into what a command may cost; ``about`` says what it would."""
    return OverBudgetError(
        f"stopped: another call{about} would exceed {argument('max_cost')} {cap:g}, {spent:.4f} USD are spent; what "
        f"was judged is kept: the same command asks the others ({argument('max_cost')} counts anew)"
    )


class Window:
    """How many calls may be in flight: ``fixed``, or as many as the server takes.

    An adaptive window doubles each round trip until doubling it no longer raises the throughput, or the server asks for
    less; from there it grows by one a round trip. It shrinks when the server is overloaded, by half or, where few calls
    are turned away, by less: a server that fails now and then at random is not one that has too much to do. That is at
    most once a round trip: of the calls that were already under way when it shrank, each would say the same again.
    """

    __slots__ = (
        "_adaptive",
        "_calm",
        "_landed",
        "_most",
        "_rate",
        "_shrunk",
        "_since",
        "_slow",
        "_turned",
        "_well",
        "size",
    )

    def __init__(self, fixed: int | None) -> None:
        self._most = _room()
        self.size = min(_FIRST, self._most) if fixed is None else fixed
        self._adaptive = fixed is None
        self._slow = True
        self._landed = 0
        self._since = math.inf
        self._rate = 0.0
        self._calm = 0
        self._shrunk = -math.inf
        # Calls turned away and answered since it shrank.
        self._turned = self._well = 0

    def landed(self, in_flight: int, sent: float, now: float) -> None:
        """Learn from a call that was sent then and answered now; ``in_flight`` counts it."""
        if not self._adaptive:
            return
        self._well += 1
        if in_flight < self.size:
            # Nobody waits for room: how many there could be can't be learned from this.
            self._landed, self._since = 0, now
            return
        self._landed += 1
        if self._landed < self.size:
            return
        # Calls that went out together land together: a round lasts no less than a call.
        rate = self._landed / max(now - min(self._since, sent), 1e-6)
        if self._slow and rate < self._rate * _WORTH:
            # One slow round may be chance.
            self._calm += 1
            self._slow = self._calm < 2
        self._rate = max(rate, self._rate)
        self.size = min(self._most, self.size * 2 if self._slow else self.size + 1)
        self._landed, self._since = 0, now

    def overloaded(self, sent: float, now: float) -> None:
        """Learn that a call sent then was turned away, or not answered in time."""
        if not self._adaptive or sent < self._shrunk:
            return
        self._turned += 1
        share = 1.0 if self._slow else min(1.0, 4 * self._turned / (self._turned + self._well))
        self.size = max(1, min(self.size - 1, int(self.size * (1 - share / 2))))
        self._slow, self._shrunk = False, now
        self._turned = self._well = 0
        self._landed, self._since = 0, now


class Meter:
    """A token bucket, ours alone (``--rpm``, ``--tpm``) or kept beside a server's; no minute exceeds ``per_minute``.

    ``calibrated`` learns how a server counts what a call is forecast to use.
    """

    __slots__ = ("_at", "_calibrated", "_level", "_mark", "_told", "capacity", "factor", "rate", "reserve", "spent")

    def __init__(self, per_minute: float, now: float, *, calibrated: bool = False) -> None:
        # Half a second's worth at once; what the burst adds is taken off the rate.
        self.capacity = max(1.0, per_minute / 120)
        self.rate = (per_minute - self.capacity + 1.0) / 60
        self.reserve = 0.0
        self.factor = 1.0
        self.spent = 0.0
        self._level = self.capacity
        self._at = now
        self._calibrated = calibrated
        # What the server had left, what we had spent, when the call went out, and when the answer came.
        self._told: tuple[float, float, float, float] | None = None
        self._mark: tuple[float, float, float, float] | None = None

    def wait(self, cost: float, now: float) -> float:
        """Seconds until a call of this cost may go."""
        self._refill(now)
        # What is dearer than a full bucket goes when it is full, and leaves a debt.
        lacking = min(cost * self.factor, self.capacity - self.reserve) + self.reserve - self._level
        return max(0.0, lacking) / self.rate

    def take(self, cost: float) -> None:
        """Let a call go."""
        self._level -= cost * self.factor
        self.spent += cost * self.factor

    def correct(self, expected: float, used: float) -> None:
        """Book what a call did use, where no server keeps the account."""
        if self._told is None:
            self._level = min(self.capacity, self._level + expected - used)

    def learn(self, quota: Quota, spent: float, sent: float, now: float) -> None:
        """Set the bucket by what a server says of its own.

        ``spent`` is what had been spent here when the call went out at ``sent``, itself included: the server knew of no
        more.
        """
        told = self._told
        if told is not None and sent < told[2]:
            # A slow answer: a call that went out later has already told more.
            return
        self.capacity = max(1.0, quota.limit)
        used = quota.limit - quota.remaining
        if told is None:
            self.rate = self.capacity / 60
        # From a nearly full bucket, the time to fill it is all rounding.
        if quota.reset and used >= 0.02 * quota.limit:
            seen = min(max(used / quota.reset, quota.limit / 86400), quota.limit * 10)
            self.rate += (seen - self.rate) * (1.0 if told is None else 0.2)
        # A little is always left: the server's clock and ours count differently.
        self.reserve = self.capacity / 100 if self.capacity >= 100 else 0.0
        self._calibrate(quota, spent, sent, now)
        self._refill(now)
        # What is under way may reach the server in another order than it left.
        level = quota.remaining - 1.1 * (self.spent - spent) + 0.95 * self.rate * (now - sent)
        # Less is believed at once, more little by little.
        self._level += (level - self._level) * (1.0 if told is None or level < self._level else 0.25)
        self._level = min(self._level, self.capacity)
        self._told = (quota.remaining, spent, sent, now)

    def _calibrate(self, quota: Quota, spent: float, sent: float, now: float) -> None:
        """Learn how the server counts: many charge the longest answer allowed, not the one that came."""
        if not self._calibrated:
            return
        if self._mark is None or quota.remaining >= 0.99 * quota.limit:
            self._mark = (quota.remaining, spent, sent, now)
            return
        remaining, before, then, landed = self._mark
        ours = spent - before
        if ours >= 0.05 * self.capacity:
            # In a burst, sending and arriving take differently long.
            theirs = remaining - quota.remaining + self.rate * max(sent - then, now - landed)
            self.factor *= min(2.0, max(0.8, theirs / ours))
            self._mark = (quota.remaining, spent, sent, now)

    def _refill(self, now: float) -> None:
        self._level = min(self.capacity, self._level + (now - self._at) * self.rate)
        self._at = now


class Budget:
    """Dollars for a whole command: reserved by forecast before a call, settled by what it cost."""

    __slots__ = ("_above", "_calls", "_forecast", "_paid", "_reserved", "cap", "on_release", "spent")

    def __init__(self, cap: float) -> None:
        self.cap = cap
        self.spent = 0.0
        self.on_release: list[Callable[[], None]] = []
        self._reserved = 0.0
        self._calls = 0
        self._forecast = 0.0
        self._paid = 0.0
        # The most by which a call cost more than was likely.
        self._above = 0.0

    @property
    def committed(self) -> float:
        """Dollars spent, and those set aside for calls in flight."""
        return self.spent + self._reserved

    def reserve(self, forecast: float) -> float | None:
        """Set money aside for a call; None where it must wait for those in flight to be settled.

        OverBudgetError where nothing is in flight that could leave enough.
        """
        # Each of the calls in flight may cost as much above what is likely as one has before.
        likely = self._likely(forecast) + self._above
        if self.spent + self._reserved + likely <= self.cap:
            self._reserved += likely
            self._calls += 1
            return likely
        if self._calls:
            return None
        raise over_budget(self.cap, self.spent, f" (about {likely:.4f} USD)")

    def _likely(self, forecast: float) -> float:
        """Correct a forecast, which guesses, by what earlier calls really cost."""
        return forecast * (self._paid / self._forecast if self._forecast > 0 else 1.0)

    @property
    def left(self) -> float:
        """What neither is spent nor set aside."""
        return self.cap - self.spent - self._reserved

    def commit(self, forecast: float) -> None:
        """Set money aside for what is not a call in flight, and so nothing to wait for: a batch."""
        self._reserved += forecast

    def book(self, committed: float, paid: float) -> None:
        """Give back what was committed and book what it cost."""
        self._reserved = max(0.0, self._reserved - committed)
        self.spent += paid
        for release in self.on_release:
            release()

    def settle(self, reserved: float, forecast: float, paid: float | None) -> None:
        """Book what a call cost; None where it was not answered."""
        self._reserved = max(0.0, self._reserved - reserved)
        self._calls -= 1
        if paid is not None:
            self.spent += paid
            self._forecast += forecast
            self._paid += paid
            self._above = max(self._above, paid - self._likely(forecast))
        for release in self.on_release:
            release()


def divided(limits: RateLimits | None, by: int) -> RateLimits | None:
    """Give each of several workers an equal part of what a server allows.

    >>> from judgebench.domain import Quota, RateLimits
    >>> divided(RateLimits(requests=Quota(600, 100, 6.0)), 2).requests
    Quota(limit=300.0, remaining=50.0, reset=6.0)
    """
    if limits is None:
        return None

    def part(quota: Quota | None) -> Quota | None:
        return None if quota is None else replace(quota, limit=quota.limit / by, remaining=quota.remaining / by)

    return replace(limits, requests=part(limits.requests), tokens=part(limits.tokens))
