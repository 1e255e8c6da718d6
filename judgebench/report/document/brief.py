"""What a terminal shows first: the answer in a sentence, one table, a few notes, what to do next.

The rest of a document is behind ``--explain`` and in ``--format``.
"""

from __future__ import annotations

import shlex
from dataclasses import dataclass
from typing import TYPE_CHECKING, NamedTuple

from judgebench.report.document import TYPED
from judgebench.report.document.blocks import Cell

if TYPE_CHECKING:
    from judgebench.report.document.blocks import Grid

__all__ = ["MOST_NOTES", "WIDEST", "Brief", "Next", "again"]

#: Columns of a terminal, and notes, at most.
WIDEST, MOST_NOTES = 100, 3

#: Options that are about one answer's form, with how many values.
_FORM = {"--format": 1, "--output": 1, "--explain": 0}

_NONE = Cell("")


class Next(NamedTuple):
    """A command to go on with, and what it is good for."""

    command: str
    why: str = ""


@dataclass(frozen=True, slots=True)
class Brief:
    """The answer, each sentence from a new line on; a table, headline first; notes that change what the reader does.

    ``head`` is a word before the answer, as ``gate`` says PASS.
    """

    answer: tuple[str, ...]
    table: Grid | None = None
    notes: tuple[str, ...] = ()
    next: tuple[Next, ...] = ()
    head: Cell = _NONE

    def __post_init__(self) -> None:
        if len(self.notes) > MOST_NOTES:
            raise ValueError(f"{len(self.notes)} notes: a brief answer has at most {MOST_NOTES}")


def again(command: str, why: str, *more: str) -> tuple[Next, ...]:
    """Say to go on with the ``command`` that was typed and more options; nothing where another one was, or none.

    >>> from judgebench.report.document import TYPED
    >>> token = TYPED.set(("compare", "runs", "--format", "csv"))
    >>> again("compare", "the two that got worse", "--worse")
    (Next(command='judgebench compare runs --worse', why='the two that got worse'),)
    >>> TYPED.reset(token)
    """
    typed = TYPED.get()
    if typed[:1] != (command,):
        return ()
    kept: list[str] = []
    words = iter(typed)
    for word in words:
        if (values := _FORM.get(word.partition("=")[0])) is None:
            kept.append(word)
        elif values and "=" not in word:
            next(words, None)
    return (Next(shlex.join(("judgebench", *kept, *more)), why),)
