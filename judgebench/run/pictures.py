"""Looking at images before anything is asked: whether a judge sees, and whether its backends take them."""

from __future__ import annotations

from contextlib import suppress
from typing import TYPE_CHECKING

from judgebench.errors import DataError, JudgebenchError, RejectedError, UsageError
from judgebench.judges.images import picture, too_much
from judgebench.run.dialogue import Dialogue

if TYPE_CHECKING:
    from judgebench.domain import Backend, Case, Item, Judge, Request, Scale


class Pictures:
    """What a judge would send of a task's images, by the first round of each item that shows some.

    What an item with images asks first is written as it will be: a prompt, a protocol and a probe decide what is shown.
    """

    def __init__(self, judge: Judge, scale: Scale) -> None:
        self._judge, self._scale = judge, scale
        self._blind = next((one for one in judge.backends.values() if one.counting and "images" not in one.can), None)
        self._last: Item | None = None
        self._shown = self._refused = 0
        self._first = ""

    def look(self, case: Case) -> None:
        """Look at a case; the orders and repeats of one item show the same images."""
        item = case.item
        if item is self._last or not self._judge.backends or next(iter(item.images), None) is None:
            return
        self._last = item
        self._shown += 1
        if self._blind is None and (why := self._wrong(case)):
            self._refused += 1
            self._first = self._first or f"item {item.id!r}: {why}"

    def check(self, items: int, task: str) -> None:
        """Refuse what can't be shown: UsageError where the judge is blind, DataError of images that can't be sent."""
        if self._shown and self._blind is not None:
            name = self._judge.name if len(self._judge.backends) == 1 else self._blind.name
            raise UsageError(
                f"{name} reads no images, and {self._shown} of {items} items of {task} show some; "
                "ask a judge that does, or show none with --probe blind"
            )
        if self._refused:
            others = f" (and {self._refused - 1} more of its {items} items)" if self._refused > 1 else ""
            raise DataError(
                f"{task}, {self._first}{others}", hint="nothing was asked; mend the images, or leave the items out"
            )

    def _wrong(self, case: Case) -> str:
        # Whatever else is wrong with a case is said where it is asked.
        with suppress(JudgebenchError):
            for request in Dialogue(self._judge, case, self._scale).wanted.values():
                if why := _refused(request, self._judge.backends[request.backend]):
                    return why
        return ""


def _refused(request: Request, backend: Backend) -> str:
    """Say why a request's images would not be taken; empty where they are, as far as is known."""
    images = [part.image for message in request.messages for part in message.parts if part.image is not None]
    if any(part.image is not None for one in request.messages if one.role != "user" for part in one.parts):
        return "its image would stand in another message than the user's, where no API takes one"
    try:
        if backend.images is not None:
            why = too_much(images, backend.images)
            return why and f"{backend.name} can't be sent it: {why}"
        for image in images:
            picture(image)
    except RejectedError as error:
        return str(error)
    return ""
