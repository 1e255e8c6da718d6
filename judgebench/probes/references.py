"""Reference answers that are not the item's own: another item's (``random``), or its own made wrong (``wrong``).

No model makes them. What is drawn hangs on the seed and on the texts, so that neither the order of the items nor a
limit changes it. None of them is, after `normalise`, a right answer to its item.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from itertools import islice
from typing import TYPE_CHECKING, NamedTuple

from judgebench.domain import Item, Reference, digest
from judgebench.labels.answers import normalise

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence


#: Other questions that are looked at for one item.
_MOST = 500


class Made(NamedTuple):
    """References of an item, and how they were made: of what item, or by which edit."""

    references: tuple[Reference, ...]
    how: str


class _Known(NamedTuple):
    """What is right of one question: where it stands in the drawn order, an item that has it, and its words."""

    place: str
    item: str
    references: tuple[Reference, ...]
    words: frozenset[str]


@dataclass(frozen=True, slots=True)
class Pool:
    """The references of a kind that a task has, by subset, those of each question once."""

    kind: str
    seed: int
    known: Mapping[str, Sequence[_Known]]

    @classmethod
    def of(cls, items: Iterable[Item], kind: str, seed: int) -> Pool:
        """Gather them in one pass."""
        found: dict[str, dict[str, _Known]] = {}
        for item in items:
            if own := own_references(item, kind):
                place = digest([seed, *([one.text, one.turn] for one in own)])
                if place not in (subset := found.setdefault(item.subset, {})):
                    subset[place] = _Known(place, item.id, own, frozenset(normalise(one.text) for one in own))
        return cls(kind, seed, {subset: sorted(sets.values()) for subset, sets in found.items()})

    def random(self, item: Item) -> Made | None:
        """Give the references of another question of the same subset; None where no other has any that differ."""
        turns = sum(bool(one.turn) for one in own_references(item, self.kind))
        others = list(islice(self._others(item), _MOST))
        alike = [one for one in others if sum(bool(own.turn) for own in one.references) == turns]
        for one in alike or others:
            shown = [own for own in one.references if alike or not own.turn]
            if shown:
                return Made(tuple(Reference(own.text, "random", own.turn) for own in shown), f"of item {one.item}")
        return None

    def wrong(self, item: Item) -> Made | None:
        """Edit the item's references, the first of each turn; None where it has none.

        The first of these that changes the text counts: the letter of a choice, all numbers, words that have an
        opposite, a negation, a name. Else it is another question's reference, of those the nearest in length.
        """
        own = own_references(item, self.kind)
        made: list[Reference] = []
        how: list[str] = []
        for turn in dict.fromkeys(one.turn for one in own):
            text, edit = self._edited(item, [one.text for one in own if one.turn == turn], turn)
            if text:
                made.append(Reference(text, "wrong", turn))
                how.append(f"turn {turn}: {edit}" if turn else edit)
        return Made(tuple(made), "; ".join(how)) if any(not one.turn for one in made) else None

    def _edited(self, item: Item, right: Sequence[str], turn: int) -> tuple[str, str]:
        draw = _Draw(self.seed, item.cluster or item.question, turn)
        words = {normalise(one) for one in right}
        for name, edit in _EDITS.items():
            text = edit(right[0], draw)
            if (said := normalise(text)) and said not in words:
                return text, name
        others = [one.text for known in islice(self._others(item), _MOST) for one in known.references]
        if (text := _another_name(right[0], draw, others)) != right[0] and normalise(text) not in words:
            return text, "another name"
        near = sorted(others, key=lambda text: (abs(len(text) - len(right[0])), digest([self.seed, text])))
        return next(iter(near), ""), "another item's, of the nearest length"

    def _others(self, item: Item) -> Iterator[_Known]:
        """Yield what is right of the other questions of its subset, beginning at a place that its question draws."""
        known = self.known.get(item.subset, ())
        right = {normalise(one.text) for one in item.references}
        start = int(digest([self.seed, item.question]), 16) % max(len(known), 1)
        for one in (known[(start + n) % len(known)] for n in range(len(known))):
            # What counts as right here must not come back as another's.
            if one.item != item.id and not right & one.words:
                yield one


def own_references(item: Item, kind: str) -> tuple[Reference, ...]:
    """Give an item's references of a kind, those without words left out."""
    return tuple(one for one in item.references if one.kind == kind and normalise(one.text))


class _Draw:
    """Numbers that hang on the seed and the question."""

    def __init__(self, seed: int, question: str, turn: int) -> None:
        self._drawn, self._question, self._turn = 0, [seed, question], turn

    def __call__(self, most: int) -> int:
        """Draw the next number below a limit."""
        self._drawn += 1
        return int(digest([*self._question, self._turn, self._drawn]), 16) % most

    def of(self, word: str, most: int) -> int:
        """Draw the one that belongs to a word."""
        return int(digest([*self._question, word]), 16) % most


# --- the edits ----------------------------------------------------------------------------------

_LETTER = re.compile(r"^(\s*[(\[]?|.*?\b(?:answer|option|choice)\b\W{0,4}(?:is\b\W{0,4})?)([A-J])(?=[)\].:,\s]|$)")
#: Numbers, but for those that number a list.
_NUMBER = r"(?:\d{1,3}(?:,\d{3}){1,5}|\d{1,18})(?:\.\d{1,18})?(?!\w)"
_NUMBERS = re.compile(rf"(?<![\w.,])(?<!^){_NUMBER}|^{_NUMBER}(?![.)]\s)", re.MULTILINE)
_OPPOSITES = {
    first: second
    for pair in (
        "yes no", "true false", "increase decrease", "increases decreases", "increased decreased", "rise fall",
        "rises falls", "higher lower", "more less", "above below", "before after", "always never", "gain loss",
        "positive negative", "correct incorrect", "larger smaller", "maximum minimum", "buyer seller", "first last",
        "all none", "possible impossible", "long short", "debit credit", "asset liability", "assets liabilities",
    )
    for one, other in [pair.split()] for first, second in ((one, other), (other, one))
}  # fmt: skip
_OPPOSED = re.compile(rf"\b({'|'.join(sorted(_OPPOSITES, key=len, reverse=True))})\b", re.IGNORECASE)
_VERB = re.compile(r"\b(is|are|was|were|can|could|will|would|should|does|do|did|has|have|had|must|may)\b( not\b)?")
_NAME = re.compile(r"(?<!^)(?<![.!?:]\s)\b[A-Z][\w'-]*(?: (?:of |the )?[A-Z][\w'-]*)*")
_ALL_NAME = re.compile(r"[A-Z][\w'.-]*(?: (?:(?:of|the|and|de|van|von) )*[A-Z0-9][\w'.-]*)*")


def _letter(text: str, draw: _Draw) -> str:
    match = _LETTER.match(text)
    # "A bond is ..." begins with an article.
    if match is None or (match[2] == "A" and not match[1].strip() and re.match(r"\s*A\s+\w", text)):
        return text
    others = [one for one in "ABCD" if one != match[2]]
    return f"{text[: match.start(2)]}{others[draw(len(others))]}{text[match.end(2) :]}"


def _numbers(text: str, draw: _Draw) -> str:
    return _NUMBERS.sub(lambda match: _changed(match[0], draw), text)


def _changed(number: str, draw: _Draw) -> str:
    """Move a number by a tenth to a half of it, with as many places and commas, wherever it stands to the same."""
    places = len(number.partition(".")[2])
    whole = int(number.replace(",", "").replace(".", ""))
    moved = whole + max(1, whole * (10 + draw.of(number, 41)) // 100)
    digits = str(moved).zfill(places + 1)
    left, right = (digits[:-places], digits[-places:]) if places else (digits, "")
    left = f"{int(left):,}" if "," in number else left
    return f"{left}.{right}" if right else left


def _opposite(text: str, _: _Draw) -> str:
    def other(match: re.Match[str]) -> str:
        word = _OPPOSITES[match[0].casefold()]
        return word.upper() if match[0].isupper() else word.capitalize() if match[0][0].isupper() else word

    return _OPPOSED.sub(other, text)


def _negation(text: str, _: _Draw) -> str:
    return _VERB.sub(lambda match: match[1] if match[2] else f"{match[1]} not", text, count=1)


def _another_name(text: str, draw: _Draw, others: Sequence[str]) -> str:
    if _ALL_NAME.fullmatch(text.strip()):
        names = sorted({one for one in others if _ALL_NAME.fullmatch(one.strip())})
        # Of names of one kind most are about as long.
        near = sorted(names, key=lambda one: abs(len(one) - len(text)))[:5]
        return near[draw(len(near))] if near else text
    found = _NAME.search(text)
    names = [match[0] for one in others for match in _NAME.finditer(one) if found and match[0] != found[0]]
    if found is None or not names:
        return text
    return text.replace(found[0], names[draw(len(names))])


_EDITS: Mapping[str, Callable[[str, _Draw], str]] = {
    "another letter": _letter,
    "other numbers": _numbers,
    "opposite words": _opposite,
    "a negation": _negation,
}
