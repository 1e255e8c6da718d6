"""Operators that add phrases: of each phrase there are two, with the trait and without, about as long, drawn together.

A phrase may hold ``{which}``, the answer as the judge knows it (`Shown.which`), and ``{better}``, what is said of one
that is preferred.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from judgebench.probes.operator import Operator
from judgebench.probes.passages import joined

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from judgebench.domain import Item
    from judgebench.probes.operator import Draw, Push, Shown, Side


class Phrase(NamedTuple):
    """A phrase that has the trait, and one like it that does not."""

    trait: str
    placebo: str


def noted(
    name: str,
    bank: Sequence[Phrase],
    *,
    push: Push = "for",
    side: Side = "wrong",
    fits: Callable[[Shown], object] = lambda _: True,
) -> Operator:
    """Put a note about a response after the question, where the item ``fits``."""

    def put(shown: Shown, way: int) -> Item | None:
        if not fits(shown):
            return None
        return shown.told(shown.draw.of("phrase", bank)[way].format(which=shown.which, better=_better(shown)))

    return Operator.of(name, put, push, side)


def wrapped(
    name: str,
    opening: Sequence[Phrase],
    closing: Sequence[Phrase] = (),
    *,
    push: Push = "for",
    side: Side = "wrong",
    fits: Callable[[Shown], object] = lambda _: True,
) -> Operator:
    """Put a sentence before a response, and one after it, where it has words and the item ``fits``."""

    def put(shown: Shown, way: int) -> Item | None:
        if not shown.text.strip() or not fits(shown):
            return None
        before = shown.draw.of("opening", opening)[way] if opening else ""
        after = shown.draw.of("closing", closing)[way] if closing else ""
        return shown.answered(joined(before, shown.text, after))

    return Operator.of(name, put, push, side)


def _better(shown: Shown) -> str:
    """Say of a response that it is preferred: to one other, to several, or by itself."""
    count = len(shown.item.responses)
    if count > 1:
        return "the better one" if count == 2 else "the best one"
    return "right" if shown.scale is None or shown.scale.kind == "check" else "a very good one"


_FILLER = (
    "It was written in one go.",
    "It stands here as it was sent.",
    "It begins at the top and ends at the bottom.",
    "It was typed on a keyboard.",
    "It can be read from here on.",
    "It is one text out of several.",
    "It was saved before it was sent.",
    "It has a first word and a last one.",
    "It was copied to this place as it is.",
    "It is made of words and of blanks between them.",
    "It is shown in the type that is used here.",
)


def filler(words: int, draw: Draw) -> str:
    """Write sentences that say nothing of quality, of about so many words."""
    start = draw.number("filler", len(_FILLER))
    found: list[str] = []
    missing = words
    while missing > 2:
        turned = [_FILLER[(start + len(found) + more) % len(_FILLER)] for more in range(len(_FILLER))]
        one = next((one for one in turned if len(one.split()) <= missing + 1), "That is all.")
        found.append(one)
        missing -= len(one.split())
    return " ".join(found)
