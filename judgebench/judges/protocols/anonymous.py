"""Anonymised names: where a text says which of the systems wrote it, it says "System 1", "System 2" ... instead.

The names are those that the item's own data have, however they are spelt: with blanks, dots or hyphens, in any case. A
name that is one plain word ("vicuna") is replaced where it has a capital, since small it may be the animal.
"""

from __future__ import annotations

import re
from dataclasses import replace
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from judgebench.domain import Item, Turn
    from judgebench.judges.protocols.question import Ask, Exchange, Question

#: What a text calls a system.
SYSTEM = "System"
_PIECES = re.compile(r"[^\W\d_]+|\d+")


def anonymous(question: Question, *, ask: Ask) -> Exchange:
    """Ask about the case without its systems' names."""
    case = question.case
    return (yield from ask(replace(question, case=replace(case, item=without_names(case.item)))))


def without_names(item: Item) -> Item:
    """Replace the systems' names in the conversation and in the responses."""
    models = dict.fromkeys(one.model for one in item.responses if one.model)
    names = {pattern: f"{SYSTEM} {number}" for number, model in enumerate(models, 1) if (pattern := _pattern(model))}
    if not names:
        return item
    return replace(
        item,
        conversation=_said(item.conversation, names),
        responses=tuple(
            replace(one, text=_hidden(one.text, names), turns=_said(one.turns, names)) for one in item.responses
        ),
    )


def _said(turns: Sequence[Turn], names: Mapping[str, str]) -> tuple[Turn, ...]:
    return tuple(
        replace(turn, parts=tuple(replace(part, text=_hidden(part.text, names)) for part in turn.parts))
        for turn in turns
    )


def _pattern(model: str) -> str:
    """Write a name as a pattern; empty for one that is no name of a system ("human", "A").

    >>> bool(re.search(_pattern("gpt-4-turbo"), "I am GPT 4 Turbo.")), bool(re.search(_pattern("alpaca"), "an alpaca"))
    (True, False)
    """
    pieces = _PIECES.findall(model.rsplit("/", 1)[-1])
    if len("".join(pieces)) < 3 or model.casefold() in {"human", "reference", "chosen", "rejected"}:
        return ""
    if len(pieces) == 1 and model.islower():
        return rf"\b(?:{model.capitalize()}|{model.upper()})\b"
    spelt = r"[\W_]{0,2}".join(map(re.escape, pieces))
    return rf"(?i:(?<![^\W_]){spelt}(?![^\W_]))"


def _hidden(text: str, names: Mapping[str, str]) -> str:
    # The longest first: "gpt-4" stands within "gpt-4-turbo".
    for pattern in sorted(names, key=len, reverse=True):
        text = re.sub(pattern, names[pattern], text)
    return text
