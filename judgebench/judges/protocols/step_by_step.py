"""The reasons first, without a verdict, and the verdict in a request of its own."""

from __future__ import annotations

from typing import TYPE_CHECKING

from judgebench.domain import Status
from judgebench.judges.forms import told, unread
from judgebench.judges.protocols.question import Said, also, answered, prose

if TYPE_CHECKING:
    from judgebench.judges.protocols.question import Ask, Exchange, Question

THINK = (
    "Do not give a verdict yet. Go through what you are to judge step by step: what was asked, what a right answer "
    "would have to hold, and where what you were shown has it, lacks it or goes wrong. You will be asked for your "
    "verdict afterwards."
)
NOW = "Now give the verdict that follows from this."


def step_by_step(question: Question, *, ask: Ask) -> Exchange:
    """Ask for the reasons, then in the same chat for the verdict; a chat that has begun goes on as it is."""
    if question.chat:
        return (yield from ask(question))
    messages = question.asking(lambda _: THINK).request.messages
    (thought,) = yield (prose(question, messages),)
    if (status := unread(thought)) is not None:
        return Said(told(thought, status))
    begun = Said(told(thought, Status.UNPARSED), (*messages, answered(thought)))
    said = yield from ask(question.follow(begun, f"{NOW} {question.asks}"))
    texts = "\n\n".join(filter(None, [thought.text, said.reply.text]))
    return said._replace(reply=also(said.reply, thought, text=texts))
