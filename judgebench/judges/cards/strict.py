"""Our reader of native replies: one verdict, or none. It never guesses.

A verdict is what the groups of the layout's expression hold, and all matches have to say the same. What goes on behind
one ("A or B", "4.5", "4/10") makes it none. Nothing is read of an answer that was cut off or refused, of reasoning, or
of a quoted part of the prompt.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from judgebench.judges.forms import unread
from judgebench.judges.notation import answer_of

if TYPE_CHECKING:
    from judgebench.domain import Completion
    from judgebench.judges.cards.card import Layout, Said

_NUMBER = re.compile(r"[+-]?\d+(?:\.\d+)?")
#: What joins a verdict to another word on its line.
_JOINED = re.compile(
    r"""[ \t*"'`)]*(?P<by>\.(?=\d)|[,/=~–-]|或|和|,?\s*\b(?:or|and|out of|is)\b)[ \t*"'`(]*(?P<word>\w+)""",
    re.IGNORECASE,
)


def strictly(layout: Layout, completion: Completion, text: str | None = None) -> Said:
    """Read a reply; ``text`` where it is joined of several."""
    if unread(completion) is not None:
        return None
    whole = answer_of(completion) if text is None else text
    found = {_of(layout, match) for match in _pattern(layout).finditer(whole)}
    return found.pop() if len(found) == 1 else None


def _pattern(layout: Layout) -> re.Pattern[str]:
    return re.compile(layout.strict, re.MULTILINE)


def _of(layout: Layout, match: re.Match[str]) -> Said:
    # An expression that ends in a bracket, a tag or a line says itself where its verdict ends.
    if match[0][-1:].isalnum() and _goes_on(layout, match.string[match.end() :]):
        return None
    return _one(layout, [group for group in match.groups() if group])


def _goes_on(layout: Layout, rest: str) -> bool:
    joined = _JOINED.match(rest)
    if joined is None:
        return False
    by, word = joined["by"].strip(", ").casefold(), joined["word"]
    if by in {"/", "out of"} and layout.most is not None and word == f"{layout.most:g}":
        return False
    if by in {"or", "或"} or word[0].isdigit():
        return True
    if by == "is":
        return word.casefold() in {"not", "worse"}
    heads = {one.split()[0] for one, _ in layout.words}
    # A single letter may be an article: "A, a clear winner".
    return word in heads or (len(word) > 1 and word.casefold() in {head.casefold() for head in heads})


def _one(layout: Layout, groups: list[str]) -> Said:
    if layout.words:
        word, words = " ".join(groups).strip(), dict(layout.words)
        # Where two words differ in case alone, case counts.
        folded = {one.casefold(): label for one, label in layout.words}
        return words.get(word, folded.get(word.casefold()) if len(folded) == len(words) else None)
    numbers = [float(number) for group in groups for number in _NUMBER.findall(group)]
    low, high = layout.least, layout.most
    if not numbers or any((low is not None and one < low) or (high is not None and one > high) for one in numbers):
        return None
    return numbers[0] if len(numbers) == 1 else tuple(numbers)
