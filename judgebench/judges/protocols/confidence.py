"""How sure the judge is, asked for in words (verbal confidence)."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from judgebench.domain import Message, Scale
from judgebench.judges.forms import unread
from judgebench.judges.forms.brackets import parse_verdict
from judgebench.judges.protocols.question import also, prose

if TYPE_CHECKING:
    from judgebench.judges.protocols.question import Ask, Exchange, Question

HOW_SURE = (
    "How likely is it that this verdict is right? Answer with one whole number from 0 to 100, per cent, in double "
    "square brackets, for example [[70]]."
)
PERCENT = Scale.rate(0, 100)


def confidence(question: Question, *, ask: Ask) -> Exchange:
    """Ask for the verdict, then for its probability; the other labels share the rest evenly.

    Without exactly one number there are no probabilities, and the verdict stands.
    """
    said = yield from ask(question)
    code, labels = said.reply.code, len(question.scale.labels)
    if not isinstance(code, int) and not said.assumed:
        return said
    (sure,) = yield (prose(question, (*said.chat, Message.of("user", HOW_SURE))),)
    percent = None if unread(sure) is not None else parse_verdict(sure.text, PERCENT)
    reply = also(said.reply, sure)
    if isinstance(percent, int) and isinstance(code, int):
        # Of one label there are no others.
        rest = (1 - percent / 100) / max(labels - 1, 1)
        reply = replace(reply, probabilities=tuple(percent / 100 if one == code else rest for one in range(labels)))
    return said._replace(reply=reply)
