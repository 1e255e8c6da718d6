"""Judges whose model gives a number for each answer: the numbers are the reply's scores, and a rule makes a verdict.

Of two answers the one with the higher number is better; they tie only where the numbers are equal, and where the scale
knows no tie there is no verdict. Of k answers the highest is the pick, of several highest the first. What else a number
means is for ``thresholds`` to say, in rising order:

- a check or a rating: the bounds between the labels, worst first: from a bound on, the label above it;
- a pair in five or seven ways: how much higher a number has to be for each stronger preference;
- a pair with "both bad": one number, below which both answers are bad; a second one, by how much the numbers may differ
  for both to be equally good.
"""

from __future__ import annotations

from bisect import bisect_right
from typing import TYPE_CHECKING

from judgebench.domain import Message, Needs, Part, Reply, Request, Turn, Usage, spoken
from judgebench.errors import UsageError
from judgebench.judges.model import OfModel
from judgebench.judges.protocols.comparing import best
from judgebench.judges.references import references_of

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from judgebench.domain import Case, Code, Scale, Steps
    from judgebench.judges.model import Model

    #: Says what the model reads of a case for the answer in a slot.
    Reads = Callable[[Case, int], tuple[Message, ...]]


class ScoreJudge(OfModel):
    """Ask ``model`` for a number for each answer to a case, of what ``reads`` gives it."""

    def __init__(
        self, model: Model, reads: Reads, settings: Mapping[str, object], thresholds: Sequence[float] = ()
    ) -> None:
        super().__init__(model.name, model)
        self.needs = Needs(gpus=model.gpus)
        self.settings = dict(settings) | ({"thresholds": list(thresholds)} if thresholds else {})
        self._reads = reads
        self._thresholds = tuple(thresholds)

    def serving(self, scale: Scale) -> ScoreJudge:
        """Refuse a scale on which no verdict follows from numbers and thresholds: UsageError."""
        if list(self._thresholds) != sorted(set(self._thresholds)) and scale.both_bad is None:
            raise UsageError(f"{self.name}: thresholds rise, got {list(self._thresholds)}")
        low, high, why = _wanted(scale)
        if not low <= len(self._thresholds) <= high:
            count = f"{low}" if low == high else f"{low} to {high}"
            said = "takes no thresholds" if high == 0 else f"takes {count}: {why}"
            raise UsageError(
                f"{self.name} gives numbers; on {scale.spec} it {said}; there are {len(self._thresholds)} "
                "(thresholds = [...] in a judge file)"
            )
        return self

    def steps(self, case: Case, scale: Scale) -> Steps:
        """Ask for all numbers at once."""
        wanted = [Request(self.model.name, self._reads(case, slot)) for slot in range(len(case.order))]
        said = yield wanted
        scores = tuple(float(one.text) for one in said)
        code = decided(scores, scale, self._thresholds)
        return Reply.read(
            code,
            scores=scores,
            error="equal scores, and the scale has no tie" if code is None else "",
            model=said[-1].model,
            usage=sum((one.usage for one in said), start=Usage()),
            seconds=max(one.seconds for one in said),
        )


def _wanted(scale: Scale) -> tuple[int, int, str]:
    """Say how many thresholds a scale takes, at least and at most, and what they are."""
    if scale.kind in {"check", "rate"}:
        count = len(scale.labels) - 1
        return count, count, f"the bounds between {', '.join(scale.labels[:4])}{' ...' * (count > 3)}, rising"
    if scale.kind == "pair":
        steps = len(scale.values) // 2 - 1
        if scale.both_bad is not None and steps <= 0:
            return 0, 2, "below which both are bad, and by how much they may differ for a tie"
        return max(steps, 0), max(steps, 0), "by how much a number is higher for each stronger preference, rising"
    if scale.kind in {"pick", "rank", "number"}:
        return 0, 0, ""
    raise UsageError(f"no verdict on {scale.spec} follows from a number for each answer")


def decided(scores: Sequence[float], scale: Scale, thresholds: Sequence[float] = ()) -> Code | None:
    """Make a verdict of the scores of the shown answers; None where there is none.

    >>> from judgebench.domain import Scale
    >>> pair = Scale.pair()
    >>> [pair.labels[decided(scores, pair)] for scores in [(0.3, 0.1), (0.2, 0.2), (-1, 1)]]
    ['A', 'tie', 'B']
    >>> five = Scale.pair(5)
    >>> [five.labels[decided(scores, five, [1.0])] for scores in [(2, 0), (0.5, 0), (0, 3)]]
    ['A>>B', 'A>B', 'B>>A']
    >>> bad = Scale.pair(3, both_bad=True)
    >>> [bad.labels[decided(scores, bad, [0.5, 0.1])] for scores in [(0.4, 0.2), (0.9, 0.85), (0.9, 0.2)]]
    ['both bad', 'tie', 'A']
    >>> decided((0.7,), Scale.rate(1, 3), [0.5, 0.8]), decided((2, 7, 7), Scale.pick(3))
    (1, 1)
    """
    if scale.kind in {"pick", "rank"}:
        return best(scores, scale)
    if scale.kind == "number":
        return scale.code(repr(min(max(scores[0], scale.values[0]), scale.values[1])))
    if scale.kind != "pair":
        return bisect_right(thresholds, scores[0])
    return _preferred(scores[0] - scores[1], max(scores), scale, thresholds)


def _preferred(difference: float, better: float, scale: Scale, thresholds: Sequence[float]) -> int | None:
    middle = (len(scale.values) - 1) / 2
    if scale.both_bad is not None and len(scale.values) <= 3 and thresholds:
        if better < thresholds[0]:
            return scale.both_bad
        if scale.tie is not None and abs(difference) <= (0.0, *thresholds[1:])[-1]:
            return scale.tie
        thresholds = ()
    if difference == 0:
        return scale.tie
    strength = 1 + bisect_right(thresholds, abs(difference)) if len(scale.values) > 2 else middle
    return int(middle - strength if difference > 0 else middle + strength)


def conversation(case: Case, slot: int) -> tuple[Message, ...]:
    """Give a conversation with one of the answers to it, the documents that it rests on before its first words."""
    response = case.responses[slot]
    turns = [*case.item.conversation, *(response.turns or (Turn.of("assistant", response.text),))]
    documents = tuple(Part(f"{text}\n\n") for text in case.item.context)
    first = next((place for place, turn in enumerate(turns) if turn.role == "user"), 0)
    if documents and turns:
        turns[first] = Turn(turns[first].role, (*documents, *turns[first].parts))
    return spoken(turns)


def compared(case: Case, slot: int) -> tuple[Message, ...]:
    """Give the references that are shown, and one answer behind them, with the errors of `references_of`."""
    references = [Message("user", (Part(one.text),)) for one in references_of(case, "an embedding")]
    return (*references, Message("assistant", (Part(case.responses[slot].text),)))
