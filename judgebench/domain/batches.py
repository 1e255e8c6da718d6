"""What a batch API is, as far as the engine looks at it: many requests in, answers within a day, at a lower price."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Protocol, runtime_checkable

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Sequence
    from typing import BinaryIO

    from judgebench.domain.items import Case
    from judgebench.domain.replies import Reply
    from judgebench.domain.scale import Scale


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

    async def cancel(self, batch: str) -> None:
        """Stop a batch; what was answered until then is paid for and can be fetched."""
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
