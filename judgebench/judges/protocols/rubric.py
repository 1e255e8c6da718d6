"""A case by a prompt: one verdict, or one on each of its criteria; asked once, or in several samples."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from judgebench.domain import Completion, Usage
from judgebench.judges.protocols.combining import agreed, weighed
from judgebench.judges.protocols.question import Question, plainly
from judgebench.judges.protocols.together import together

if TYPE_CHECKING:
    from collections.abc import Generator, Sequence

    from judgebench.domain import Case, Request, Scale, Steps
    from judgebench.judges.protocols import Asking
    from judgebench.judges.protocols.combining import By


@dataclass(frozen=True, slots=True)
class Samples:
    """How often a model is asked the same, and what becomes of its verdicts; ``at_once`` by one request for all."""

    count: int = 1
    by: By = "majority"
    at_once: bool = False


def judged(judge: Asking, case: Case, scale: Scale) -> Steps:
    """Ask about a case; with criteria in the prompt, and none in the item, about each of them."""
    form = judge.form(scale)
    prompt = form.prompt
    if not prompt.criteria or case.item.attribute("criterion") or prompt.calls == "item":
        return (yield from _asked(judge, Question(judge, form, case, scale)))
    asked = {one: Question(judge, replace(form, criterion=one), case, scale) for one in prompt.criteria}
    replies = yield from together({one.name: _asked(judge, question) for one, question in asked.items()})
    return weighed(replies, {one.name: one.weight for one in prompt.criteria}, scale)


def _asked(judge: Asking, question: Question) -> Steps:
    samples = judge.samples
    if samples.count == 1:
        return (yield from _led(judge, question))
    if judge.layers:
        chats = {str(number): _led(judge, question) for number in range(samples.count)}
        replies = list((yield from together(chats)).values())
        return agreed(replies, samples.by, question.scale)
    request = question.request
    answers, usage, seconds = yield from drawn(request, samples)
    replies = [question.heard(one, request.messages).reply for one in answers]
    return replace(agreed(replies, samples.by, question.scale), usage=usage, seconds=seconds)


def _led(judge: Asking, question: Question) -> Steps:
    """Ask as the judge's layers lead it."""
    ask = plainly
    for layer in reversed(judge.layers):
        ask = layer(ask)
    return (yield from ask(question)).reply


def drawn(
    request: Request, samples: Samples
) -> Generator[Sequence[Request], Sequence[Completion], tuple[list[Completion], Usage, float]]:
    """Draw the samples by one request, if the backend can; those that a server owes are asked for one by one."""
    answers: list[Completion] = []
    said: list[Completion] = []
    if samples.at_once:
        several = replace(request, options=tuple(sorted((*request.options, ("n", samples.count)))))
        said = list((yield (several,)))
        answers = list(said[0].answers or said)[: samples.count]
    if (owed := samples.count - len(answers)) > 0:
        more = list((yield (request,) * owed))
        said, answers = said + more, answers + more
    unpaid = [replace(one, input_tokens=0, output_tokens=0, cached_tokens=0, usd=None) for one in answers]
    usage = sum((one.usage for one in said), start=Usage())
    return unpaid, usage, sum(one.seconds for one in said)
