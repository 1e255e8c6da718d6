"""Whether a prompt of one's own fits the items that it is to ask about: looked at before anything is asked."""

from __future__ import annotations

import unicodedata
from collections import Counter
from typing import TYPE_CHECKING

from judgebench.errors import UsageError
from judgebench.judges.prompts.template import unguarded

if TYPE_CHECKING:
    from collections.abc import Iterator

    from judgebench.domain import Item
    from judgebench.judges.prompts.prompt import Prompt

#: Slots that not every item fills, and what an item lacks then.
_MAY_BE_EMPTY = {
    "question": "question",
    "conversation": "question",
    "reference": "reference",
    "context": "context",
    "criterion": "criterion",
}


def same(text: str) -> str:
    r"""Write a text so that those are alike which differ in case, blanks or the form of letters alone.

    >>> same("Was  ist\n1/2?") == same("was ist 1/2?")
    True
    """
    return " ".join(unicodedata.normalize("NFKC", text).casefold().split())


class Fit:
    """What items come to under a prompt; ``reference`` is the condition under which they are shown."""

    def __init__(self, prompt: Prompt, task: str, reference: str) -> None:
        self._prompt, self._task, self._reference = prompt, task, reference
        self._items = 0
        self._filled: Counter[str] = Counter()
        self._examples = [
            (same(one.question), {same(text) for text in one.answers}, number)
            for number, one in enumerate(prompt.examples, 1)
        ]

    def add(self, item: Item) -> None:
        """Look at an item; UsageError where the prompt can't show it, or shows it as an example."""
        self._items += 1
        self._prompt.check_answers(len(item.responses))
        named = item.attribute("criterion")
        if named and self._prompt.criteria and self._prompt.about(item) is None:
            known = ", ".join(one.name for one in self._prompt.criteria)
            raise UsageError(
                f"item {item.id!r} of {self._task} is judged by the criterion {named!r:.100}, and prompt "
                f"{self._prompt.name!r} knows {known}"
            )
        self._filled.update(_held(item, self._reference))
        if self._examples:
            self._leak(item)

    def _leak(self, item: Item) -> None:
        asked = {same(item.question), same("\n".join(turn.text for turn in item.conversation))}
        answers = {same(response.text) for response in item.responses}
        for question, known, number in self._examples:
            if known & answers and (question in asked or not question or asked == {""}):
                raise UsageError(
                    f"prompt {self._prompt.name!r}: example {number} is item {item.id!r} of {self._task}, which is "
                    "to be judged, and so gives its verdict away; take an example from elsewhere"
                )

    def notes(self) -> Iterator[str]:
        """Say which slots no item fills, so that their paragraphs are left out; ``none`` meant to leave some out.

        And what is no slot for want of a brace.
        """
        yield from self._prompt.slips()
        counted_on = unguarded(self._prompt.user) | unguarded(self._prompt.system)
        for slot in sorted(counted_on & set(_MAY_BE_EMPTY)):
            meant = slot == "reference" and self._reference == "none"
            ours = slot == "criterion" and self._prompt.criteria
            if self._items and not meant and not ours and not self._filled[_MAY_BE_EMPTY[slot]]:
                yield (
                    f"prompt {self._prompt.name!r}: no item of {self._task} has a {_MAY_BE_EMPTY[slot]} to show, so "
                    f"paragraphs with {{{{{slot}}}}} are left out"
                )


def _held(item: Item, reference: str) -> Iterator[str]:
    kinds = {one.kind for one in item.references}
    if item.conversation:
        yield "question"
    if kinds if reference == "auto" else reference in kinds:
        yield "reference"
    if item.context:
        yield "context"
    if item.attribute("criterion"):
        yield "criterion"
