"""The verdict first and its reasons after: what is explained later can't change it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from judgebench.domain import Message, Status
from judgebench.judges.protocols.question import also, prose

if TYPE_CHECKING:
    from judgebench.judges.protocols.question import Ask, Exchange, Question

ALONE = (
    "Give your verdict at once and nothing else: where the following asks for an explanation, leave it out or empty. "
    "You will be asked for your reasons afterwards."
)
WHY = "Your verdict stands. Now give your reasons for it briefly."


def commit_first(question: Question, *, ask: Ask) -> Exchange:
    """Ask for the verdict, then for the reasons, which only people read; a chat that has begun goes on as it is."""
    if question.chat:
        return (yield from ask(question))
    said = yield from ask(question.asking(lambda told: f"{ALONE}\n\n{told}"))
    if said.reply.status is not Status.OK and not said.assumed:
        return said
    request = prose(question, (*said.chat, Message.of("user", WHY)))
    (why,) = yield (request,)
    texts = "\n\n".join(filter(None, [said.reply.text, why.text]))
    return said._replace(reply=also(said.reply, why, text=texts))
