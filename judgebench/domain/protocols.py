"""The three protocols that rooms meet at."""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol, runtime_checkable

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from judgebench.domain.items import Case, Item
    from judgebench.domain.replies import Reply
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
