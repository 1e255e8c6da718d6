"""The words in which a verdict is given: the labels of a scale, or a prompt's own for them."""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import lru_cache
from typing import TYPE_CHECKING

from judgebench.domain.scale import members_in
from judgebench.errors import UsageError

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from judgebench.domain import Code, Scale

    Pairs = tuple[tuple[str, str], ...]

_PAIR_MEANING = {
    "A": "response A is better",
    "B": "response B is better",
    "tie": "neither is better than the other",
    "A>B": "response A is better",
    "B>A": "response B is better",
    "A>>B": "response A is much better",
    "B>>A": "response B is much better",
    "A>>>B": "response A is better beyond comparison",
    "B>>>A": "response B is better beyond comparison",
    "both bad": "both are too bad to choose between them",
}
#: What a prompt says that asks for brackets in its own words.
ASKED_FOR = re.compile(r"\[\[|square brackets")
_CHECK_MEANING = {"correct": "the response is correct", "incorrect": "the response is not correct"}
_STEP_MEANING = {"correct": "the step is correct", "incorrect": "the step is not correct"}
#: What stands between the words of a verdict that is made of several.
_BETWEEN = {"set": "|", "rank": " > ", "steps": ", "}


@dataclass(frozen=True, slots=True)
class Words:
    """Words for the labels of a scale: ``own`` pairs of word and label, or the labels themselves.

    ``levels`` are pairs of word and what it means. Several words may stand for one label.
    """

    scale: Scale
    own: Pairs = ()
    levels: Pairs = ()

    @property
    def offered(self) -> tuple[str, ...]:
        """All words that are a verdict."""
        return tuple(word for word, _ in self.own) or self.scale.labels

    @property
    def numbers(self) -> bool:
        """Whether they are the whole numbers of a rating, which need not be listed."""
        rating = self.scale.kind == "rate" and not self.own and not self.levels
        return rating and all(re.fullmatch(r"-?\d+", label) for label in self.scale.labels)

    def code(self, word: str) -> Code | None:
        """Code of a word, or of several in one text, case and outer blanks ignored; None where it is none of them.

        A set's words have a bar, comma or semicolon between them, or are ``none``; those of an order a ``>`` or a
        comma, of steps a comma.
        """
        text = word.strip()
        if self.scale.kind not in _BETWEEN:
            found = _codes(self).get(text.casefold())
            return self.scale.code(word) if found is None and not (self.own or self.scale.listed) else found
        if self.scale.kind == "set":
            none = text.casefold() == "none" and "none" not in _codes(self)
            return self.together([] if none else members_in(text))
        comma = "," if self.scale.kind == "steps" or ">" not in text else ">"
        return self.together(text.split(comma))

    def together(self, words: Sequence[str] | None) -> Code | None:
        """Code of several words: any of a set, each once in an order, one for each step; None where one is unknown."""
        known = _codes(self)
        codes = [known.get(word.strip().casefold()) for word in words or ()]
        found = [code for code in codes if code is not None]
        if words is None or len(found) < len(codes):
            return None
        if self.scale.kind == "set":
            return sum(1 << code for code in set(found))
        if self.scale.kind == "rank" and sorted(found) != list(range(len(self.scale.labels))):
            return None
        return tuple(found) or None

    def meaning(self, word: str) -> str:
        """Say what a word means; empty where that goes without saying, or where several words share a label."""
        if described := dict(self.levels).get(word):
            return described
        label = dict(self.own).get(word, word)
        if [one for _, one in self.own].count(label) > 1:
            return ""
        kinds = {"pair": _PAIR_MEANING, "check": _CHECK_MEANING, "steps": _STEP_MEANING}
        return kinds.get(self.scale.kind, {}).get(label, "")

    def check(self, prompt: str) -> None:
        """Refuse words that stand for no label of the scale, and levels of words that nobody can give."""
        labels, said = ", ".join(self.scale.labels), f"prompt {prompt!r}"
        for word, label in self.own:
            if self.scale.code(label) is None:
                raise UsageError(f"{said}: [verdicts] {word} = {label!r} is not a label of {self.scale.spec}: {labels}")
        for word, _ in self.levels:
            if self.code(word) is None:
                raise UsageError(f"{said}: the level {word!r} is not a verdict here: {', '.join(self.offered)}")


@lru_cache(maxsize=256)
def _codes(words: Words) -> dict[str, int]:
    """Place of each word's label on the scale, by the word."""
    places = {label.casefold(): place for place, label in enumerate(words.scale.labels)}
    pairs = words.own or [(label, label) for label in words.scale.labels]
    found = [(word.strip().casefold(), places.get(label.strip().casefold())) for word, label in pairs]
    return {word: code for word, code in found if code is not None} | _numbers(words)


def _numbers(words: Words) -> dict[str, int]:
    """Codes of a prompt's own words for numbers, which have no labels."""
    if words.scale.kind != "number":
        return {}
    found = [(word.strip().casefold(), words.scale.code(label)) for word, label in words.own]
    return {word: code for word, code in found if code is not None}


def one_of(words: Words) -> str:
    """Begin a list of what may be written."""
    return "exactly one of these" if words.scale.listed else "written so"


def bracketed(word: str) -> str:
    """Write a word as a verdict."""
    return f"[[{word}]]"


@lru_cache(maxsize=256)
def listed(words: Words, write: Callable[[str], str], several: Callable[[tuple[str, ...]], str] | None = None) -> str:
    """List the words as a form has them written, each with its meaning; ``several`` writes a verdict of several words.

    >>> from judgebench.domain import Scale
    >>> print(listed(Words(Scale.check()), str))
    incorrect if the response is not correct
    correct if the response is correct
    """
    offered, scale = words.offered, words.scale
    if scale.kind == "number" and not words.own:
        low, high, middle = (scale.word(code) for code in (0, scale.size - 1, scale.size // 2))
        number, example = write("N"), write(middle)
        return f"{number} with N a number from {low} (worst) to {high} (best), such as {example}; decimals are allowed"
    if scale.kind in _BETWEEN:
        return _of_several(words, several or (lambda said: write(_BETWEEN[scale.kind].join(said) or "none")))
    if words.numbers:
        low, middle, high = offered[0], offered[len(offered) // 2], offered[-1]
        number, example = write("N"), write(middle)
        return f"{number} with N a whole number from {low} (worst) to {high} (best), for example {example}"
    lines = [write(word) for word in offered]
    if words.scale.kind == "rate" and not words.own:
        lines[0] += " (worst)"
        lines[-1] += " (best)"
    return _described(words, lines)


def _of_several(words: Words, write: Callable[[tuple[str, ...]], str]) -> str:
    """Say how a verdict of several words is written, in letters that are no verdict themselves."""
    offered, kind = words.offered, words.scale.kind
    if kind == "rank":
        each = f"each of the numbers {', '.join(offered)}" if not words.own else f"each of {', '.join(offered)}"
        return f"{write(('N',) * len(words.scale.labels))} with {each} once, the best response first"
    if kind == "steps":
        shape = f"{write(('V', 'V', '...'))} with one V for each step, in their order, and V one of these"
    else:
        shape = (
            f"{write(('L', 'L', '...'))} with every L that applies, or {write(())} where none does, and L one of these"
        )
    return "\n".join([f"{shape}:", _described(words, list(offered))])


def _described(words: Words, lines: list[str]) -> str:
    """Add to each word what it means."""
    described, offered = dict(words.levels), words.offered
    for place, word in enumerate(offered):
        if means := words.meaning(word):
            lines[place] += f": {means}" if word in described else f" if {means}"
    return "\n".join(lines)
