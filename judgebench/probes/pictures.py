"""Items without their images, or with words in place of them: how much of a verdict comes from looking.

MLLM-as-a-Judge (arXiv:2402.04788) asks in both ways beside the plain one, "No Figure" and "Vision Expert".
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from judgebench.domain import Part
from judgebench.errors import DataError

if TYPE_CHECKING:
    from collections.abc import Iterator

    from judgebench.domain import Case, Item, Probe, Turn

#: The attribute of an item that says in words what its image shows.
CAPTION = "caption"


class Unseen:
    """Show items that have images without them; with ``told``, their caption stands in the first image's place."""

    def __init__(self, name: str, plain: Probe, *, told: bool = False) -> None:
        self.name = name
        self._plain, self._told = plain, told

    def cases(self, item: Item) -> Iterator[Case]:
        """Yield the plain cases of an item without images; none of one that has none."""
        if next(iter(item.images), None) is None:
            return
        shown = self._without(item)
        for case in self._plain.cases(shown):
            yield replace(case, probe=self.name)

    def _without(self, item: Item) -> Item:
        words = item.attribute(CAPTION) or ""
        if self._told:
            if not words.strip():
                raise DataError(
                    f"item {item.id!r} has an image and no {CAPTION}",
                    field=CAPTION,
                    hint=f'the card names the column that has them: attributes = ["{CAPTION}"]',
                )
            if any(True for response in item.responses for _ in response.pictures):
                raise DataError(f"item {item.id!r} has images in its answers, of which no {CAPTION} tells")
        told = [Part(f"(An image, in words: {words.strip()})")] if self._told else []
        return replace(
            item,
            conversation=tuple(_turn(turn, told) for turn in item.conversation),
            responses=tuple(
                replace(one, images=(), turns=tuple(_turn(turn, []) for turn in one.turns)) for one in item.responses
            ),
        )


def _turn(turn: Turn, told: list[Part]) -> Turn:
    """Take the images out of a turn; the first takes what is ``told`` in its place."""
    parts: list[Part] = []
    for part in turn.parts:
        if part.image is not None and told:
            parts.append(told.pop())
        if part.text:
            parts.append(replace(part, image=None))
    return replace(turn, parts=tuple(parts))


def blind(plain: Probe) -> Unseen:
    """Show nothing in place of images."""
    return Unseen("blind", plain)


def captions(plain: Probe) -> Unseen:
    """Show captions in place of images."""
    return Unseen("captions", plain, told=True)
