"""A second look: the judge sees its own judgment as a critic would, and its last verdict counts."""

from __future__ import annotations

from typing import TYPE_CHECKING

from judgebench.domain import Status
from judgebench.judges.protocols.question import after

if TYPE_CHECKING:
    from judgebench.judges.protocols.question import Ask, Exchange, Question, Said

LOOK_AGAIN = (
    "Look at your judgment once more, as a critic of it would: is each thing that it says true of what you were shown, "
    "did it overlook a fault or a strength that matters, was it led by length, order or tone? Then give your final "
    "verdict, the same or another one, in the form that was asked for; it alone counts."
)


def reflection(question: Question, *, ask: Ask, times: int = 1) -> Exchange:
    """Look again ``times``; verdicts before the last are kept among the parts. A refusal ends it, as does a cut."""
    said = yield from ask(question)
    before: list[Said] = []
    while said.reply.status in {Status.OK, Status.UNPARSED} and len(before) < times:
        before.append(said)
        said = yield from ask(question.follow(said, LOOK_AGAIN))
    parts = [(f"look {number}", one.reply) for number, one in enumerate(before, 1)]
    return said._replace(reply=after(said.reply, *parts))
