"""A case by a prompt: one verdict, or one on each of its criteria; asked once, or in several samples."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from judgebench.domain import Completion, Reply, Status, Usage
from judgebench.judges.forms import told, unread
from judgebench.judges.protocols.combining import agreed, weighed
from judgebench.judges.protocols.together import together

if TYPE_CHECKING:
    from collections.abc import Generator, Sequence

    from judgebench.domain import Case, Request, Scale, Steps
    from judgebench.judges.forms import Form
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
    if not prompt.criteria or case.item.attribute("criterion"):
        return (yield from _asked(judge, form, case, scale))
    if prompt.calls == "item":
        return (yield from _asked(judge, form, case, scale))
    about = {one.name: _asked(judge, replace(form, criterion=one), case, scale) for one in prompt.criteria}
    replies = yield from together(about)
    return weighed(replies, {one.name: one.weight for one in prompt.criteria}, scale)


def _asked(judge: Asking, form: Form, case: Case, scale: Scale) -> Steps:
    request, samples = form.request(judge.backend, case, scale), judge.samples
    if samples.count == 1:
        (said,) = yield (request,)
        return _read(form, case, said, scale)
    answers, usage, seconds = yield from drawn(request, samples)
    replies = [_read(form, case, one, scale) for one in answers]
    return replace(agreed(replies, samples.by, scale), usage=usage, seconds=seconds)


def _read(form: Form, case: Case, said: Completion, scale: Scale) -> Reply:
    """Read one answer, which may hold a verdict on each criterion."""
    names = form.prompt.together(case.item)
    if not names:
        return form.reply(said, scale)
    status = unread(said)
    codes = None if status is not None else form.notation.read_each(said, form.prompt.words(scale), names)
    if codes is None:
        return told(said, status or Status.UNPARSED)
    parts = {name: Reply.ok(codes[name]) for name in names}
    whole = told(said, Status.UNPARSED)
    reply = weighed(parts, {one.name: one.weight for one in form.prompt.criteria}, scale)
    return replace(reply, text=whole.text, model=whole.model, usage=whole.usage, seconds=whole.seconds)


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
