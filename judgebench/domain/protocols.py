"""The protocols that rooms meet at: a task, a judge, a probe; the way to a backend; a provider's batch API."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Protocol, TypeVar, runtime_checkable

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Awaitable, Callable, Iterable, Mapping, Sequence
    from typing import BinaryIO

    from judgebench.domain.items import Case, Item
    from judgebench.domain.replies import Reply, Usage
    from judgebench.domain.scale import Scale


@runtime_checkable
class Task(Protocol):
    """A source of items with gold labels."""

    @property
    def name(self) -> str:
        """Name on the command line, with the split where the task has several (``judgebench:gpt``)."""
        ...

    @property
    def revision(self) -> str:
        """What pins the data: a commit, a digest of the files read, or ``sample``."""
        ...

    @property
    def scale(self) -> Scale:
        """What a verdict can be."""
        ...

    def items(self) -> Iterable[Item]:
        """Yield the items, in a stable order."""
        ...


@runtime_checkable
class Judge(Protocol):
    """Something that gives a verdict on a case.

    ``judge`` returns a `Reply` for everything that the backend answered, even if it is unusable, and raises
    `errors.RetryableError`, `errors.RejectedError` or `errors.BackendError` where it did not. A judge that holds
    connections may have ``async def aclose(self) -> None``.
    """

    @property
    def name(self) -> str:
        """Name in tables, e.g. ``openai/gpt-4o``."""
        ...

    @property
    def settings(self) -> Mapping[str, object]:
        """All that can change an answer (model, prompt digest, sampling, seed ...); JSON-able, no secrets."""
        ...

    async def judge(self, case: Case, scale: Scale) -> Reply:
        """Give a verdict, in shown coordinates."""
        ...


@runtime_checkable
class Probe(Protocol):
    """A way to turn one item into cases (orders, repeats, perturbations)."""

    @property
    def name(self) -> str:
        """Name on the command line."""
        ...

    def cases(self, item: Item) -> Iterable[Case]:
        """Yield the cases of an item."""
        ...


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


@dataclass(frozen=True, slots=True)
class BatchLimits:
    """How many requests and bytes one batch may hold; ``frame`` bytes go around the requests, however many."""

    requests: int
    size: int
    frame: int = 0


@dataclass(frozen=True, slots=True)
class BatchState:
    """Where a batch is; ``id`` and ``stage`` are the provider's words, ``tag`` what it was submitted under, if kept.

    ``ended`` says that nothing more will come; what was answered until then can be fetched. ``total`` and ``done``
    count its requests and are 0 where the provider does not say yet. ``failure`` is why the whole batch was refused,
    with nothing of it asked; ``busy`` says that this is about what else is queued and passes by itself.
    """

    id: str
    stage: str
    ended: bool
    total: int = 0
    done: int = 0
    failure: str = ""
    busy: bool = False
    tag: str = ""


class BatchApi(Protocol):
    """A provider's way to take many requests at once. Errors are those of any call to the provider.

    Messages and answers are the judge's own affair: the engine carries them and never looks inside.
    """

    @property
    def limits(self) -> BatchLimits:
        """How much one batch may hold."""
        ...

    def encode(self, custom_id: str, messages: Any) -> bytes:
        """Write one request as one line, without a line end."""
        ...

    async def submit(self, lines: BinaryIO, tag: str) -> BatchState:
        """Send a file of encoded requests, one a line, as one batch that ``tag`` names."""
        ...

    async def find(self, tag: str, since: float, requests: int) -> list[BatchState]:
        """Look for a batch whose id is lost; the custom ids of its results, which begin with ``tag``, show which it is.

        ``since`` is in seconds since the epoch, by our clock: the batch was not submitted earlier.
        """
        ...

    async def state(self, batch: str) -> BatchState:
        """Ask how far a batch is."""
        ...

    def results(self, batch: str) -> AsyncIterator[tuple[str, Any]]:
        """Yield each custom id with its answer or the error that came instead; those without either may be missing."""
        ...

    async def aclose(self) -> None:
        """Close the connections."""
        ...


@runtime_checkable
class BatchJudge(Protocol):
    """A judge that can be asked through a batch API: it writes its calls and reads the answers apart."""

    @property
    def batch(self) -> BatchApi | None:
        """The batch API of its backend; None where there is none."""
        ...

    def requests(self, case: Case, scale: Scale) -> Sequence[Any]:
        """Write the messages of each call about a case."""
        ...

    async def ask(self, messages: Any) -> Any:
        """Make one of those calls at once."""
        ...

    def reply(self, case: Case, scale: Scale, completions: Sequence[Any]) -> Reply:
        """Read the answers, in the order of the calls."""
        ...
