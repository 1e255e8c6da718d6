"""What the cells of a table say: meanings of words, gaps, units, thresholds, in all columns or in one."""

from __future__ import annotations

import math
import re
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Literal, TypeAlias

from judgebench.errors import UsageError, argument
from judgebench.labels.vocabulary import fold

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence

    Called = Mapping[str, Collection[str]]

#: What a score says: how sure the judge is of the higher label, or of its own verdict.
Means: TypeAlias = Literal["correct", "verdict"]
_NUMBER = r"-?(?:\d+(?:\.\d*)?|\.\d+)"
_UNITS = re.compile(rf"({_NUMBER})-({_NUMBER}):({_NUMBER})-({_NUMBER})")


@dataclass(frozen=True, slots=True)
class Units:
    """A linear map of numbers: ``low`` becomes ``to_low``, ``high`` becomes ``to_high``."""

    low: float
    high: float
    to_low: float
    to_high: float

    @classmethod
    def parse(cls, text: str) -> Units:
        """Read ``0-100:1-5``; the second range may run down.

        >>> Units.parse("0-100:1-5").of(50), Units.parse("-1-1:5-1").of(-1)
        (3.0, 5.0)
        """
        found = _UNITS.fullmatch(text.strip())
        if found is None or float(found[1]) >= float(found[2]) or float(found[3]) == float(found[4]):
            raise UsageError(f"{argument('rescale')} {text!r}: write FROM:TO, two ranges such as 0-100:1-5")
        return cls(*map(float, found.groups()))

    def of(self, number: float) -> float:
        """Map a number."""
        return self.to_low + (number - self.low) / (self.high - self.low) * (self.to_high - self.to_low)


@dataclass(frozen=True, slots=True)
class Cells:
    """What a person said of a table's words; all of it counts once, for words as `fold` leaves them.

    ``words`` gives words a meaning, an empty one makes a gap: in all columns, or in one, ``"column:word"`` or a mapping
    of its own. ``missing`` are words that are gaps, likewise. Columns of ``reverse`` run the other way, those of
    ``rescale`` have another unit, and those of ``thresholds`` say "correct" from a number on (in pairs: B above it).
    With ``read_replies`` decorated words and replies are read by `judgebench.labels.replies`. ``unlisted``: the scale
    is said to be one of numbers, sets, orders or steps.
    """

    words: Mapping[str, str | Mapping[str, str]] = field(default_factory=dict[str, "str | Mapping[str, str]"])
    missing: Sequence[str] = ()
    reverse: Sequence[str] = ()
    rescale: Mapping[str, str] = field(default_factory=dict[str, str])
    thresholds: Mapping[str, float] = field(default_factory=dict[str, float])
    read_replies: bool = False
    unlisted: bool = False

    @property
    def many(self) -> bool:
        """Whether columns may hold more different cells than labels: replies, lists, or numbers on their way."""
        return self.read_replies or self.unlisted or bool(self.rescale or self.thresholds)

    @property
    def blank_said(self) -> bool:
        """Whether it is said what an empty cell means."""
        inner = [word for meaning in self.words.values() if not isinstance(meaning, str) for word in meaning]
        return any(not word.rpartition(":")[2].strip() for word in (*self.words, *self.missing, *inner))

    def spoken(self) -> frozenset[str]:
        """Words of which something is said, folded."""
        said = [*_each(self.words), *_each(dict.fromkeys(self.missing, ""))]
        return frozenset(fold(text) for words in said for text in words)

    def check(self, called: Called, parts: Mapping[str, tuple[str, str]]) -> None:
        """Refuse what is said of a column that isn't there; ``called`` gives each column's names.

        ``parts`` are names of a column's labels of one criterion, which may run the other way by themselves.
        """
        known = {name for names in called.values() for name in names}
        for name in self.reverse:
            if several := [part for part, (_, criterion) in parts.items() if name == criterion != part]:
                raise UsageError(
                    f"{argument('reverse')} {name}: a criterion turned round on both sides stays what it is; say "
                    f"{' or '.join(several)}, whichever runs the other way"
                )
        nested = [name for name, meaning in self.words.items() if not isinstance(meaning, str)]
        said = {"reverse": self.reverse, "rescale": self.rescale, "threshold": self.thresholds, "words": nested}
        for option, names in said.items():
            if wrong := [name for name in names if name not in known and not (option == "reverse" and name in parts)]:
                raise UsageError(
                    f"{argument(option)}: {', '.join(map(repr, wrong))} is not among the columns that are read "
                    f"({', '.join(sorted(known))})"
                )

    def meanings(
        self, columns: Mapping[str, Iterable[str]], called: Called, heard: Collection[str] = ()
    ) -> tuple[dict[str, dict[str, str]], list[str]]:
        """Say what each column's words mean, a gap as an empty word; and in sentences which words no cell holds.

        ``heard`` are folded words that cells held before.
        """
        if not (self.words or self.missing):
            return {name: {word: word for word in words} for name, words in columns.items()}, []
        folded = {name: {word: fold(word) for word in words} for name, words in columns.items()}
        rules = self.rules(called, {text for texts in folded.values() for text in texts.values()})
        found = {
            name: {word: rules[name].get(text, ("", word))[1] for word, text in texts.items()}
            for name, texts in folded.items()
        }
        used = {rules[name][text][0] for name, texts in folded.items() for text in rules[name].keys() & texts.values()}
        idle: dict[str, list[str]] = {}
        for option, words in (("words", self.words), ("missing", dict.fromkeys(self.missing, ""))):
            for word, text in _each(words):
                if word not in used and fold(text) not in heard:
                    idle.setdefault(option, []).append(repr(word))
        return found, [f"{argument(option)}: no cell holds {', '.join(words)}" for option, words in idle.items()]

    def rules(self, called: Called, heard: Collection[str] = ()) -> dict[str, dict[str, tuple[str, str]]]:
        """For each column: by folded word, as what it was said, and what it means.

        UsageError where a word is given two meanings, or ``column:word`` is one of the words ``heard``, too.
        """
        known = {name for names in called.values() for name in names}
        everywhere: dict[str, tuple[str, str]] = {}
        own: dict[str, dict[str, tuple[str, str]]] = {}
        for word, meaning in [*self.words.items(), *((word, "") for word in self.missing)]:
            if not isinstance(meaning, str):
                for inner, one in meaning.items():
                    _give(own.setdefault(word, {}), inner, f"{word}:{inner}", one)
                continue
            column, rest = _column_of(word, known)
            if rest is None:
                _give(everywhere, word, word, meaning)
            elif fold(word) in heard:
                raise UsageError(f"{word!r} is a word, or {rest!r} in the column {column!r}: rename the column")
            else:
                _give(own.setdefault(column, {}), rest, word, meaning)
        found: dict[str, dict[str, tuple[str, str]]] = {}
        for name, names in called.items():
            found[name] = dict(everywhere)
            for one in names:
                found[name] |= own.get(one, {})
        return found

    def numeric(self, names: Collection[str]) -> bool:
        """Whether a column's cells are read as numbers on their way."""
        return any(name in self.rescale or name in self.thresholds for name in names)

    def units(self, names: Collection[str]) -> Units | None:
        """Find the units that are said of a column."""
        return next((Units.parse(self.rescale[name]) for name in names if name in self.rescale), None)

    def threshold(self, names: Collection[str]) -> float | None:
        """Where a column's numbers turn, if that is said."""
        return next((self.thresholds[name] for name in names if name in self.thresholds), None)

    def levels(self) -> tuple[int, int] | None:
        """Give the lowest and highest level that numbers are mapped to, where those are whole numbers."""
        ends = [end for one in map(Units.parse, self.rescale.values()) for end in (one.to_low, one.to_high)]
        return (int(min(ends)), int(max(ends))) if ends and all(end.is_integer() for end in ends) else None


def nearest(value: float) -> int:
    """Round to the nearest whole number, from halfway down.

    >>> nearest(2.5), nearest(2.51), nearest(-1.5)
    (2, 3, -2)
    """
    return math.ceil(value - 0.5)


def _column_of(word: str, known: Collection[str]) -> tuple[str, str | None]:
    """Cut ``column:word`` where that is a column; its name may hold colons."""
    for place, letter in enumerate(word):
        if letter == ":" and (column := word[:place].strip()) in known:
            return column, word[place + 1 :]
    return word, None


def _each(words: Mapping[str, str | Mapping[str, str]]) -> Iterator[tuple[str, str]]:
    """Yield words as they were said, and without their column."""
    for word, meaning in words.items():
        if isinstance(meaning, str):
            yield word, word.rpartition(":")[2]
        else:
            yield from ((f"{word}:{inner}", inner) for inner in meaning)


def _give(rules: dict[str, tuple[str, str]], word: str, said: str, meaning: str) -> None:
    if rules.get(fold(word), ("", meaning.strip()))[1] != meaning.strip():
        raise UsageError(f"the word {word!r} is given two meanings")
    rules[fold(word)] = (said, meaning.strip())
