"""Judges that are their own backend: what a request gives them is the case, and its completion carries the verdict."""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol, cast, runtime_checkable

from judgebench.domain import Completion, Judge, Needs, Reply, Request, Status, Usage
from judgebench.errors import RejectedError
from judgebench.judges.forms import why

if TYPE_CHECKING:
    from collections.abc import Mapping

    from judgebench.domain import Backend, Capability, Case, Scale, Steps


class Own:
    """Asks itself: a subclass has a name and settings, and says in `reply` what it makes of a case."""

    name: str
    settings: Mapping[str, object]
    needs = Needs()
    can: frozenset[Capability] = frozenset()
    counting = ""
    batch = None
    images = None
    #: What a function does inside, we don't see; there is nothing to adapt to.
    at_once: int | None = 16

    @property
    def limit_group(self) -> str:
        """Its own name."""
        return self.name

    @property
    def backends(self) -> Mapping[str, Backend]:
        """Itself."""
        return {self.name: self}

    def steps(self, case: Case, scale: Scale) -> Steps:
        """Ask once."""
        (said,) = yield (Request(self.name, case=case, scale=scale),)
        if said.reply is None and said.finish != "stop":
            return Reply(Status.REFUSED, error=why(said))
        # The engine looks at what a judge returns, whoever it is.
        return cast("Reply", said.reply)

    async def complete(self, request: Request) -> Completion:
        """Give a verdict on the request's case."""
        if request.case is None or request.scale is None:
            raise RejectedError(f"{self.name} judges cases; it can't answer a message")
        return Completion(reply=await self.reply(request.case, request.scale))

    async def reply(self, case: Case, scale: Scale) -> Reply:
        """Give a verdict on a case."""
        raise NotImplementedError

    def priced(self, completion: Completion) -> Completion:
        """Leave it as it is: there is no price that we know of."""
        return completion

    def tokens(self, request: Request) -> tuple[int, int]:  # noqa: ARG002 - the signature of a backend
        """Count none."""
        return 0, 0

    def cost(self, input_tokens: int, output_tokens: int, *, batch: bool = False) -> Usage:  # noqa: ARG002 - as above
        """Price nothing."""
        return Usage()

    async def aclose(self) -> None:
        """Close nothing."""


@runtime_checkable
class Judging(Protocol):
    """An object of one's own that gives verdicts itself, as it likes: with a name, settings and one coroutine."""

    @property
    def name(self) -> str:
        """Name in tables."""
        ...

    @property
    def settings(self) -> Mapping[str, object]:
        """All that can change an answer; JSON-able, no secrets."""
        ...

    async def judge(self, case: Case, scale: Scale) -> Reply:
        """Give a verdict in shown coordinates; errors are those of a backend."""
        ...


@runtime_checkable
class Closing(Protocol):
    """An object that holds connections."""

    async def aclose(self) -> None:
        """Close them."""
        ...


class OwnJudge(Own):
    """An object that judges itself, as a judge."""

    def __init__(self, judging: Judging) -> None:
        self.name, self.settings = judging.name, judging.settings
        self._judging = judging

    async def reply(self, case: Case, scale: Scale) -> Reply:
        """Hand the case on."""
        return await self._judging.judge(case, scale)

    async def aclose(self) -> None:
        """Close the object's connections, if it holds some."""
        if isinstance(self._judging, Closing):
            await self._judging.aclose()


def as_judge(one: object) -> object:
    """Take an object that judges itself as a judge; anything else is given back."""
    return OwnJudge(one) if not isinstance(one, Judge) and isinstance(one, Judging) else one
