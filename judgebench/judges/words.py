"""The words in which a verdict is given: the labels of a scale, or a prompt's own for them."""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import lru_cache
from typing import TYPE_CHECKING

from judgebench.errors import UsageError

if TYPE_CHECKING:
    from collections.abc import Callable

    from judgebench.domain import Scale

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

    def code(self, word: str) -> int | None:
        """Code of a word, case and outer blanks ignored; None where it is none of them."""
        found = _codes(self).get(word.strip().casefold())
        return self.scale.code(word) if found is None and not (self.own or self.scale.listed) else found

    def meaning(self, word: str) -> str:
        """Say what a word means; empty where that goes without saying, or where several words share a label."""
        if described := dict(self.levels).get(word):
            return described
        label = dict(self.own).get(word, word)
        if [one for _, one in self.own].count(label) > 1:
            return ""
        return {"pair": _PAIR_MEANING, "check": _CHECK_MEANING}.get(self.scale.kind, {}).get(label, "")

    def check(self, prompt: str) -> None:
        """Refuse words that stand for no label of the scale, and levels of words that nobody can give."""
        labels, said = ", ".join(self.scale.labels), f"prompt {prompt!r}"
        for word, label in self.own:
            if self.scale.code(label) is None:
                raise UsageError(f"{said}: [verdicts] {word} = {label!r} is no label of {self.scale.spec}: {labels}")
        for word, _ in self.levels:
            if self.code(word) is None:
                raise UsageError(f"{said}: the level {word!r} is no verdict here: {', '.join(self.offered)}")


@lru_cache(maxsize=256)
def _codes(words: Words) -> dict[str, int]:
    pairs = words.own or [(label, label) for label in words.scale.labels]
    found = [(word.strip().casefold(), words.scale.code(label)) for word, label in pairs]
    return {word: code for word, code in found if code is not None}


def bracketed(word: str) -> str:
    """Write a word as a verdict."""
    return f"[[{word}]]"


@lru_cache(maxsize=256)
def listed(words: Words, write: Callable[[str], str]) -> str:
    """List the words as a form has them written, each with its meaning.

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
    if scale.kind == "set" and not words.own:
        some, none = write("|".join(offered[:2])), write("none")
        return f"{some} (all labels that apply, a bar between them, of {', '.join(offered)}) or {none}"
    if words.numbers:
        low, middle, high = offered[0], offered[len(offered) // 2], offered[-1]
        number, example = write("N"), write(middle)
        return f"{number} with N a whole number from {low} (worst) to {high} (best), for example {example}"
    lines = [write(word) for word in offered]
    if words.scale.kind == "rate" and not words.own:
        lines[0] += " (worst)"
        lines[-1] += " (best)"
    described = dict(words.levels)
    for place, word in enumerate(offered):
        if means := words.meaning(word):
            lines[place] += f": {means}" if word in described else f" if {means}"
    return "\n".join(lines)
