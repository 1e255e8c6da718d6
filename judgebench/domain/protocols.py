"""The protocols that rooms meet at: a task, a judge and its backends, a probe; a provider's batch API."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol, runtime_checkable

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Iterable, Mapping
    from typing import BinaryIO

    from judgebench.domain import Completion
    from judgebench.domain.asking import Capability, Needs, Request, Steps
    from judgebench.domain.items import Case, Item
    from judgebench.domain.replies import Usage
    from judgebench.domain.scale import Scale
    from judgebench.errors import JudgebenchError


@runtime_checkable
class Task(Protocol):
    """A source of items with gold labels.

    Items may name images below a task's ``folder``, where it has one (None: no files at all), else below the working
    directory.
    """

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
    """Something that gives a verdict on a case, by asking its backends; it does no input or output itself."""

    @property
    def name(self) -> str:
        """Name in tables, e.g. ``openai/gpt-4o``."""
        ...

    @property
    def settings(self) -> Mapping[str, object]:
        """All that can change an answer (model, prompt digest, sampling, seed ...); JSON-able, no secrets."""
        ...

    @property
    def needs(self) -> Needs:
        """What must be there before anything is asked."""
        ...

    @property
    def backends(self) -> Mapping[str, Backend]:
        """Whom its requests name; empty for a judge that asks nobody."""
        ...

    def steps(self, case: Case, scale: Scale) -> Steps:
        """Yield rounds of requests, be sent their completions, return a reply in shown coordinates.

        UsageError where it can't judge on the scale, RejectedError where it can't judge this item.
        """
        ...


class Backend(Protocol):
    """Something that answers requests: a model behind an API, a function.

    ``complete`` returns whatever was answered, even if it is unusable, and raises `errors.RetryableError`,
    `errors.RejectedError` or `errors.BackendError` where nothing was.
    """

    @property
    def name(self) -> str:
        """How requests and messages call it."""
        ...

    @property
    def can(self) -> frozenset[Capability]:
        """What it is able to do beside answering text."""
        ...

    @property
    def limit_group(self) -> str:
        """What its calls share limits with: the same model at the same address."""
        ...

    @property
    def at_once(self) -> int | None:
        """How many calls it wants under way where nobody chose a number; None adapts to what it takes."""
        ...

    @property
    def counting(self) -> str:
        """What counts the input tokens of a forecast; empty where calls have no tokens, no price and no limits."""
        ...

    @property
    def images(self) -> ImageLimits | None:
        """How large its images may be, and how many; None where nobody knows."""
        ...

    @property
    def batch(self) -> BatchApi | None:
        """Its batch API; None where there is none."""
        ...

    async def complete(self, request: Request) -> Completion:
        """Answer a request, once."""
        ...

    def priced(self, completion: Completion) -> Completion:
        """Put its price on a completion that came another way, from the batch API."""
        ...

    def tokens(self, request: Request) -> tuple[int, int]:
        """Estimate the input and output tokens of a request."""
        ...

    def cost(self, input_tokens: int, output_tokens: int, *, batch: bool = False) -> Usage:
        """Price tokens that it would report."""
        ...

    async def aclose(self) -> None:
        """Close its connections."""
        ...


@runtime_checkable
class Probe(Protocol):
    """A way to turn one item into cases (orders, repeats, perturbations)."""

    @property
    def name(self) -> str:
        """Name on the command line."""
        ...

    def cases(self, item: Item) -> Iterable[Case]:
        """Yield the cases of an item; those with the probe's name in ``probe`` are measured."""
        ...


@dataclass(frozen=True, slots=True)
class ImageLimits:
    """What an API takes of images: their kinds, bytes in base64 of one and of all in a request, and how many."""

    kinds: tuple[str, ...]
    size: int
    together: int
    count: int


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
    """A provider's way to take many requests at once. Errors are those of any call to the provider."""

    @property
    def limits(self) -> BatchLimits:
        """How much one batch may hold."""
        ...

    def encode(self, custom_id: str, request: Request) -> bytes:
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

    def results(self, batch: str) -> AsyncIterator[tuple[str, Completion | JudgebenchError]]:
        """Yield each custom id with its answer or the error that came instead; those without either may be missing."""
        ...

    async def aclose(self) -> None:
        """Close the connections."""
        ...
