"""What a backend says of its own limits, and the way through which it is called."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol, TypeVar

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

    from judgebench.domain.replies import Usage


@dataclass(frozen=True, slots=True)
class Quota:
    """One limit as a server reports it, in requests or tokens; it is full again in ``reset`` seconds, if it says."""

    limit: float
    remaining: float
    reset: float | None = None


@dataclass(frozen=True, slots=True)
class RateLimits:
    """A server's limits on requests and on tokens, read from the headers of an answer."""

    requests: Quota | None = None
    tokens: Quota | None = None


class Answered(Protocol):
    """What a call gives back, as far as a limiter looks at it."""

    @property
    def limits(self) -> RateLimits | None:
        """What the server said of its limits."""
        ...


A = TypeVar("A", bound=Answered)


class Limiter(Protocol):
    """The one way to a backend, shared by all judges of a command that call it.

    It bounds what is in flight, keeps requests and tokens a minute, holds the budget and hedges. The engine makes it; a
    judge that has ``attach`` calls its backend through it.
    """

    async def call(
        self, ask: Callable[[], Awaitable[A]], *, forecast: Callable[[], Usage], spent: Callable[[A], Usage]
    ) -> A:
        """Make one call when it is its turn; IncompleteError where it would exceed the budget.

        ``ask`` is called again where the limiter hedges; ``forecast`` only where tokens or money are limited.
        """
        ...
