"""A second attempt: what can't be read is asked for once more in the same chat, as Arena-Hard and ChatEval do."""

from __future__ import annotations

from typing import TYPE_CHECKING

from judgebench.domain import Status
from judgebench.judges.protocols.question import after

if TYPE_CHECKING:
    from judgebench.judges.protocols.question import Ask, Exchange, Question, Said

AGAIN = (
    "Your answer holds no verdict in the form that was asked for, or more than one. Finish your judgment: give exactly "
    "one verdict, in that form."
)


def second_attempt(question: Question, *, ask: Ask, times: int = 1, text: str = AGAIN) -> Exchange:
    """Ask up to ``times`` again while there is no verdict; attempts that failed are kept among the parts, counted.

    What was refused or cut off is not asked again, and a forecast counts on no second attempt.
    """
    said = yield from ask(question)
    failed: list[Said] = []
    while said.reply.status is Status.UNPARSED and len(failed) < times and not said.assumed:
        failed.append(said)
        said = yield from ask(question.follow(said, text))
    parts = [(f"attempt {number}", one.reply) for number, one in enumerate(failed, 1)]
    return said._replace(reply=after(said.reply, *parts))
