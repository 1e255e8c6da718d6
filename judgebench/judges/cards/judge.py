"""The judge of a card: it asks a model in the card's layout, and reads the reply by both of its parsers."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from judgebench.domain import Message, Needs, Reply
from judgebench.errors import UsageError
from judgebench.judges.cards.asking import Writer
from judgebench.judges.cards.reading import Answered, by_policy, lacking, published, refused, reply_of, strict
from judgebench.judges.model import OfModel
from judgebench.judges.protocols.rubric import Samples, drawn
from judgebench.judges.protocols.together import together
from judgebench.labels.answers import normalise

if TYPE_CHECKING:
    from collections.abc import Generator, Mapping, Sequence

    from judgebench.domain import Capability, Case, Completion, Request, Scale, Steps
    from judgebench.judges.cards.card import Card, Layout, Said
    from judgebench.judges.cards.reading import Reader
    from judgebench.judges.model import Model


class CardJudge(OfModel):
    """Ask ``model`` as ``card`` says, in ``layout``; ``settings`` are the model's, ``reader`` decides the verdict."""

    def __init__(
        self, card: Card, layout: Layout, model: Model, settings: Mapping[str, object], reader: Reader = "published"
    ) -> None:
        # Of another model than the card's own nobody has said whose kind it is.
        family = card.family if model.name in dict(card.models) else ""
        # Layouts are texts: an image of an item has no place in one.
        super().__init__(f"{card.name}:{model.name}", replace(model, can=model.can - {"images"}), family)
        self.card, self.layout = card, layout
        self.reader: Reader = reader
        self._settings = {**settings, "card": f"{card.name}/{layout.name}@{layout.digest}", "parser": reader}

    @property
    def settings(self) -> Mapping[str, object]:
        """All that can change an answer: the model's, the card by name and digest, the parser."""
        return self._settings

    @property
    def needs(self) -> Needs:
        """What the layout needs of a backend."""
        options = dict(self.layout.sampling)
        wanted: set[Capability] = {"completions"} if self.layout.raw else set()
        wanted |= {"logprobs"} if "logprobs" in options else set()
        wanted |= {"tools"} if "tool" in options else set()
        return Needs(capabilities=frozenset(wanted), gpus=self.model.gpus)

    def steps(self, case: Case, scale: Scale) -> Steps:
        """Ask about a case, or about each response where the layout rates one."""
        if (known := self._unasked(case, scale)) is not None:
            return known
        if self.layout.rates_each(scale):
            one = {str(n): self._asked(replace(case, order=(index,)), scale) for n, index in enumerate(case.order, 1)}
            answered = list((yield from together(one)).values())
        else:
            answered = [(yield from self._asked(case, scale))]
        return reply_of(answered, self.reader, scale, len(case.order))

    def _unasked(self, case: Case, scale: Scale) -> Reply | None:
        """Answer without a call, where the published judge does."""
        if self.layout.shortcut == "exact-match":
            answer = normalise(case.responses[0].text)
            if any(answer == normalise(reference.text) for reference in case.references):
                return Reply.ok(int(scale.code("correct") or 0), text="(equals a reference: the model is not asked)")
        same = len({response.text for response in case.responses}) == 1
        if self.layout.shortcut == "identical" and same and scale.tie is not None:
            return Reply.ok(scale.tie, text="(the responses are identical: the model is not asked)")
        return None

    def _asked(self, case: Case, scale: Scale) -> Generator[Sequence[Request], Sequence[Completion], Answered]:
        layout, model = self.layout, self.model
        writer = Writer(self.card.name, layout, lambda text: model.counter((Message.of("user", text),)))
        request = writer.request(model.name, case)
        if layout.samples > 1:
            return (yield from self._sampled(request, scale))
        said = list((yield (request,)))
        if layout.again is not None and lacking(layout, said):
            turns = (Message.of("assistant", said[0].text), Message.of("user", layout.again.turn.strip()))
            said += yield (replace(request, messages=(*request.messages, *turns)),)
        tries = [said]
        while len(tries) <= layout.retry and lacking(layout, tries[-1]):
            tries.append(list((yield (request,))))
        read = None if refused(tries[-1]) else by_policy(layout, published(layout, tries[-1]), scale)
        return Answered(tuple(one for said in tries for one in said), read, strict(layout, tries[-1]))

    def _sampled(self, request: Request, scale: Scale) -> Generator[Sequence[Request], Sequence[Completion], Answered]:
        """Draw samples, of which the mean counts: of the published reading all, of the strict one more than half."""
        layout = self.layout
        answers, usage, seconds = yield from drawn(request, Samples(layout.samples, at_once="n" in self.model.can))
        said = {
            "published": [by_policy(layout, published(layout, [one]), scale) for one in answers],
            "strict": [strict(layout, [one]) for one in answers],
        }
        means = {name: _mean(all_, layout.samples if name == "strict" else 1) for name, all_ in said.items()}
        first = replace(
            answers[0],
            input_tokens=usage.input_tokens,
            output_tokens=usage.output_tokens,
            usd=usage.usd,
            seconds=seconds,
        )
        return Answered((first, *answers[1:]), means["published"], means["strict"])


def _mean(said: Sequence[Said], of: int) -> Said:
    """Take the mean of numbers, each answer's by itself; None where half of ``of`` or more have none."""
    numbers = (one for one in said if isinstance(one, float | tuple))
    rows = [one if isinstance(one, tuple) else (one,) for one in numbers]
    if 2 * len(rows) <= of or len({len(row) for row in rows}) != 1:
        return None
    means = tuple(sum(column) / len(rows) for column in zip(*rows, strict=True))
    return means if len(means) > 1 else next(iter(means))


def layout_for(card: Card, scale: Scale, name: str = "") -> Layout:
    """Choose the layout for a scale, the first that serves it, or the one of that name; UsageError where there is none.

    Where none serves a choice between responses, one that rates does, each response by itself.
    """
    named = [one for one in card.layouts if not name or one.name == name or one.name.partition(".")[0] == name]
    if not named:
        raise UsageError(
            f"judge card {card.name} has no layout {name!r}; it has {', '.join(o.name for o in card.layouts)}"
        )
    fitting = [one for one in named if one.serves(scale)] or [one for one in named if one.rates_each(scale)]
    if not fitting:
        gives = ", ".join(dict.fromkeys(one.scale for one in named))
        raise UsageError(f"judge card {card.name} gives verdicts on {gives}; the task needs {scale.spec}")
    return fitting[0]
