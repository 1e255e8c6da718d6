"""Asking a judge about one case as the engines do, without an engine."""

from __future__ import annotations

from typing import TYPE_CHECKING

from judgebench.domain import Verdict
from judgebench.run.dialogue import Dialogue

if TYPE_CHECKING:
    from judgebench.domain import Case, Judge, Reply, Scale


class Kept(list[Verdict]):
    """A store that knows no answers; none of several rounds comes to it."""

    def lookup(self, _: str) -> None:
        return None

    def rounds(self, _: str) -> dict[str, object]:
        return {}

    def keep(self, _: str, request: str, completion: object) -> None:
        raise AssertionError(request, completion)


async def asked(judge: Judge, case: Case, scale: Scale) -> Reply:
    """Bring a case to its reply, one request after the other."""
    dialogue = Dialogue(judge, case, scale)
    while dialogue.wanted:
        number, request = next(iter(dialogue.wanted.items()))
        dialogue.give(number, await judge.backends[request.backend].complete(request))
    assert dialogue.reply is not None
    return dialogue.reply


async def close(judge: Judge) -> None:
    """Close the connections of a judge's backends."""
    for backend in judge.backends.values():
        await backend.aclose()
