"""Probes that change an item: an operator says what is changed, `Perturbed` which response, and what is pushed.

Of each item there are two changed versions, asked in the same orders. One has the trait that is to be measured; the
placebo is changed in the same place and form by about as many words, without the trait. What a judge does on the first
and not on the second is the trait's doing.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Literal, Self, TypeAlias, TypeVar, get_args

from judgebench.domain import Part, Turn, digest
from judgebench.domain.items import OWED, PLACEBO, TARGET, majority
from judgebench.errors import UnfitProbeError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from judgebench.domain import Case, Item, Probe, Response, Scale
    from judgebench.domain.scale import Code

T = TypeVar("T")
#: Which response a probe changes: by gold, or drawn from the item's content.
Side: TypeAlias = Literal["wrong", "right", "random"]
#: What a change says of the response it is about: it is to be preferred, it is not, or neither.
Push: TypeAlias = Literal["for", "against", "neither"]
#: What verdict is due to an answer, where that is known.
Owed: TypeAlias = Literal["", "accept", "reject"]
SIDES: tuple[Side, ...] = get_args(Side)


@dataclass(frozen=True, slots=True)
class Draw:
    """Seeded choices, by the item's content: neither the order nor the number of items changes them."""

    seed: tuple[object, ...]

    def number(self, what: str, most: int) -> int:
        """Draw a number below ``most``; ``what`` tells one choice from another."""
        return int(digest([*self.seed, what], 16), 16) % most

    def of(self, what: str, bank: Sequence[T]) -> T:
        """Draw one of a bank."""
        return bank[self.number(what, len(bank))]


@dataclass(frozen=True, slots=True)
class Shown:
    """What an operator changes: an item, the response that it is about, and the place (from 0) where that is shown.

    ``reference`` is the kind of references that the case shows, ``scale`` what the judge answers on, if that is known.
    """

    item: Item
    side: int
    slot: int
    draw: Draw
    reference: str = "human"
    scale: Scale | None = None

    @property
    def response(self) -> Response:
        """The response that it is about."""
        return self.item.responses[self.side]

    @property
    def text(self) -> str:
        """Its text."""
        return self.response.text

    @property
    def single(self) -> bool:
        """Whether there is no other response."""
        return len(self.item.responses) == 1

    @property
    def which(self) -> str:
        """The response in words that fit every prompt: by where it is shown, not by its letter."""
        if self.single:
            return "the answer"
        return f"the {_ORDINALS[self.slot]} answer" if self.slot < len(_ORDINALS) else f"answer number {self.slot + 1}"

    def answered(self, text: str) -> Item:
        """Give the item with another text of the response."""
        turns = self.response.turns
        if turns:
            kept = (part for part in turns[-1].parts if part.image is not None)
            turns = (*turns[:-1], replace(turns[-1], parts=(Part(text), *kept)))
        return self.with_response(replace(self.response, text=text, turns=turns))

    def replaced(self, text: str) -> Item:
        """Give the item with another answer in the response's place: neither turns nor images of it are left."""
        return self.with_response(replace(self.response, text=text, turns=(), images=()))

    def with_response(self, response: Response) -> Item:
        """Give the item with another response in its place."""
        own = list(self.item.responses)
        own[self.side] = response
        return replace(self.item, responses=tuple(own))

    def told(self, note: str) -> Item:
        """Give the item with a note after what the user asked last."""
        return asked(self.item, lambda text: f"{text}\n\n{note}")


_ORDINALS = ("first", "second", "third", "fourth", "fifth", "sixth", "seventh", "eighth", "ninth", "tenth")


def asked(item: Item, change: Callable[[str], str]) -> Item:
    """Change the last text that the user wrote; an item without one is asked nothing before."""
    turns = list(item.conversation)
    for i in range(len(turns) - 1, -1, -1):
        if turns[i].role == "user":
            parts = list(turns[i].parts)
            places = [place for place, part in enumerate(parts) if part.image is None] or [len(parts)]
            text = parts[places[-1]].text if places[-1] < len(parts) else ""
            parts[places[-1] : places[-1] + 1] = [Part(change(text).lstrip("\n"))]
            turns[i] = replace(turns[i], parts=tuple(parts))
            break
    else:
        turns.append(Turn.of("user", change("").lstrip("\n")))
    return replace(item, conversation=tuple(turns))


Change: TypeAlias = "Callable[[Shown], Item | None]"
Put: TypeAlias = "Callable[[Shown, int], Item | None]"
_SCALES = frozenset({"check", "pair", "rate", "pick", "rank", "number"})


@dataclass(frozen=True, slots=True)
class Operator:
    """One way to change an item, and its placebo; either gives None where an item has nothing that it can change.

    ``push`` is what the change says of its response, ``side`` which response it changes where nobody says.
    ``scales`` are the kinds of scale that it means something on. ``owed`` is the verdict that is due to an answer which
    the change puts in the response's place. ``ids`` are those of the items that it is about, where a file says so.
    """

    name: str
    change: Change
    placebo: Change | None
    push: Push = "for"
    side: Side = "wrong"
    scales: frozenset[str] = _SCALES
    owed: Owed = ""
    ids: frozenset[str] = frozenset()

    @classmethod
    def of(
        cls,
        name: str,
        put: Put,
        push: Push = "for",
        side: Side = "wrong",
        scales: frozenset[str] = _SCALES,
        owed: Owed = "",
    ) -> Self:
        """Make one of what puts either into an item: way 0 has the trait, way 1 is the placebo."""
        return cls(name, lambda shown: put(shown, 0), lambda shown: put(shown, 1), push, side, scales, owed)


@dataclass(frozen=True, slots=True)
class Perturbed:
    """Shows items as an operator changes them, and its placebo, in the orders of the ``plain`` probe.

    A response is right where most annotators say so. On ratings none is right or wrong, and without gold nobody knows:
    there the response is drawn.
    """

    name: str
    operator: Operator
    plain: Probe
    scale: Scale
    side: Side
    seed: int = 0

    def __post_init__(self) -> None:
        """Refuse a scale on which the operator says nothing; UnfitProbeError."""
        if self.scale.kind not in self.operator.scales:
            fits = ", ".join(sorted(self.operator.scales))
            raise UnfitProbeError(f"probe {self.name} is for {fits} scales, and this task's is {self.scale.spec}")

    def cases(self, item: Item) -> Iterator[Case]:
        """Yield the changed cases, then the placebo's; none where only one of the two can be made."""
        draw = Draw((self.seed, self.operator.name, item.content_digest))
        side = self.side_of(item, draw)
        # Of a system as a whole there is no answer that could be read, changed or spoken of.
        if side is None or not any(one.text.strip() or one.turns or one.images for one in item.responses):
            return
        ways = ((self.name, self.operator.change), (self.name + PLACEBO, self.operator.placebo))
        made: list[Case] = []
        for name, change in ways:
            if change is None:
                continue
            for case in self.plain.cases(item):
                changed = change(Shown(item, side, case.order.index(side), draw, case.reference, self.scale))
                if changed is None:
                    return
                made.append(replace(case, item=self._marked(changed, side), probe=name))
        yield from made

    def side_of(self, item: Item, draw: Draw) -> int | None:
        """Choose the response that is changed; None where the item has none of the side."""
        count, kind = len(item.responses), self.scale.kind
        if not count:
            return None
        drawn = draw.number("side", count)
        gold = majority(label.code for label in item.gold)
        if self.side == "random" or gold is None or self.scale.numeric:
            return drawn
        if kind == "check":
            return 0 if (gold == 1) == (self.side == "right") else None
        right = _right(gold, self.scale)
        if self.side == "right":
            return draw.of("side", sorted(right)) if right else None
        others = [place for place in range(count) if place not in right] if right else []
        return draw.of("side", others) if others else None

    def _marked(self, item: Item, side: int) -> Item:
        """Note down where the change pushes, so that its verdicts tell."""
        push, single = self.operator.push, len(item.responses) == 1
        target = ""
        if push != "neither" and single:
            target = "up" if push == "for" else "down"
        elif push == "for":
            target = str(side)
        elif push == "against" and len(item.responses) == 2:
            target = str(1 - side)
        owed = ((OWED, self.operator.owed),) if self.operator.owed else ()
        return replace(item, attributes=tuple(sorted((*item.attributes, (TARGET, target), *owed))))


def _right(gold: Code, scale: Scale) -> set[int]:
    """Find the responses that are right: none where gold is a tie."""
    if scale.kind == "pair" and isinstance(gold, int):
        # Twice the code, so that the middle of an even number of points is exact.
        lean = 2 * gold - (len(scale.values) - 1)
        return set() if lean == 0 or gold >= len(scale.values) else {int(lean > 0)}
    if scale.kind == "rank" and isinstance(gold, tuple):
        return set(gold[:1])
    return set(gold) if isinstance(gold, tuple) else {gold}
