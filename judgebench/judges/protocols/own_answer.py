"""Its own answer first: the judge answers what was asked, then judges beside its answer (Arena-Hard does)."""

from __future__ import annotations

from typing import TYPE_CHECKING

from judgebench.domain import Message, Request, Status, digest, spoken
from judgebench.errors import RejectedError
from judgebench.judges.endings import after_reasoning
from judgebench.judges.forms import told, unread
from judgebench.judges.prompts.template import block
from judgebench.judges.protocols.question import Said, after

if TYPE_CHECKING:
    from collections.abc import Generator, Sequence

    from judgebench.domain import Case, Completion
    from judgebench.judges.protocols import Asking
    from judgebench.judges.protocols.question import Ask, Exchange, Question

RESTS_ON = "Your answer should rest on these documents:"
SHOWN = (
    "Before you were shown what follows, you answered the same request yourself. Your answer may be wrong, too; "
    "compare what it comes to with what you are to judge:"
)


def own_answer(judge: Asking, case: Case) -> Generator[Sequence[Request], Sequence[Completion], Completion]:
    """Have the judge answer what the responses answer; it sees none of them, and no reference.

    RejectedError where the item has no question.
    """
    item = case.item
    turns = spoken(turn for turn in item.conversation if turn.role != "system")
    if not turns or turns[-1].role != "user":
        raise RejectedError(f"item {item.id} ends with no question that a judge could answer itself")
    system = [turn.text for turn in item.conversation if turn.role == "system"]
    system += ["\n\n".join([RESTS_ON, *item.context])] if item.context else []
    first = [Message.of("system", "\n\n".join(system))] if system else []
    (said,) = yield (Request(judge.backend, (*first, *turns), judge.options),)
    return said


def own_answer_first(question: Question, *, ask: Ask) -> Exchange:
    """Ask beside the judge's own answer, which is kept among the parts; refused or cut off, it ends the case."""
    own = yield from own_answer(question.judge, question.case)
    if (status := unread(own)) is not None:
        return Said(told(own, status))
    text = after_reasoning(own.text).strip()
    code = digest(["own answer", question.case.item.content_digest, text])
    said = yield from ask(question.noted(f"{SHOWN}\n{block('your own answer', code, text)}"))
    return said._replace(reply=after(said.reply, ("own answer", told(own, Status.UNPARSED))))
