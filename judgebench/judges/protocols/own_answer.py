"""One's own answer first: the judge answers what was asked, then judges beside it (Arena-Hard, No Free Labels)."""

from __future__ import annotations

from typing import TYPE_CHECKING

from judgebench.domain import Message, Request
from judgebench.errors import RejectedError

if TYPE_CHECKING:
    from collections.abc import Generator, Sequence
    from typing import Any, Protocol

    from judgebench.domain import Case, Completion

    class Asking(Protocol):
        """Whom the requests are for, and with which options."""

        @property
        def backend(self) -> str: ...
        @property
        def options(self) -> tuple[tuple[str, Any], ...]: ...


RESTS_ON = "Your answer should rest on these documents:"


def own_answer(judge: Asking, case: Case) -> Generator[Sequence[Request], Sequence[Completion], Completion]:
    """Have the judge answer what the responses answer; it sees none of them, and no reference.

    RejectedError where the item has no question.
    """
    item = case.item
    turns = [Message(turn.role, turn.parts) for turn in item.conversation if turn.role != "system"]
    if not turns or turns[-1].role != "user":
        raise RejectedError(f"item {item.id} ends with no question that a judge could answer itself")
    system = [turn.text for turn in item.conversation if turn.role == "system"]
    system += ["\n\n".join([RESTS_ON, *item.context])] if item.context else []
    first = [Message.of("system", "\n\n".join(system))] if system else []
    (said,) = yield (Request(judge.backend, (*first, *turns), judge.options),)
    return said
