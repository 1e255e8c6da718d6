"""What the cells of a table say: meanings of words, gaps, units, thresholds, in all columns or in one."""

from __future__ import annotations

import math
import re
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from judgebench.errors import DataError, UsageError, argument
from judgebench.labels.vocabulary import fold, number_of

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Mapping, Sequence

    Called = Mapping[str, Collection[str]]

_NUMBER = r"-?(?:\d+\.?\d*|\.\d+)"
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
        """Map a number; DataError where it lies beyond the first range."""
        if not self.low <= number <= self.high:
            raise DataError(
                f"{number:g} is beyond the range {self.low:g} to {self.high:g} that {argument('rescale')} says"
            )
        return self.to_low + (number - self.low) / (self.high - self.low) * (self.to_high - self.to_low)


@dataclass(frozen=True, slots=True)
class Cells:
    """What a person said of a table's words; all of it counts once, for words as `fold` leaves them.

    ``words`` gives words a meaning, an empty one makes a gap: in all columns, or in one, ``"column:word"`` or a mapping
    of its own. ``missing`` are words that are gaps, likewise. Columns of ``reverse`` run the other way, those of
    ``rescale`` have another unit, and those of ``thresholds`` say "correct" from a number on (in pairs: B above it).
    With ``read_replies`` decorated words and replies are read by `judgebench.labels.replies`.
    """

    words: Mapping[str, str | Mapping[str, str]] = field(default_factory=dict[str, "str | Mapping[str, str]"])
    missing: Sequence[str] = ()
    reverse: Sequence[str] = ()
    rescale: Mapping[str, Units] = field(default_factory=dict[str, Units])
    thresholds: Mapping[str, float] = field(default_factory=dict[str, float])
    read_replies: bool = False

    def check(self, called: Called) -> None:
        """Refuse what is said of a column that isn't there; ``called`` gives each column's names."""
        known = {name for names in called.values() for name in names}
        nested = [name for name, meaning in self.words.items() if not isinstance(meaning, str)]
        said = {"reverse": self.reverse, "rescale": self.rescale, "threshold": self.thresholds, "words": nested}
        for option, names in said.items():
            if wrong := [name for name in names if name not in known]:
                raise UsageError(
                    f"{argument(option)}: {', '.join(map(repr, wrong))} is not among the columns that are read "
                    f"({', '.join(sorted(known))})"
                )

    def numeric(self, names: Collection[str]) -> bool:
        """Whether a column's cells are read as numbers on their way."""
        return any(name in self.rescale or name in self.thresholds for name in names)

    def meanings(
        self, columns: Mapping[str, Iterable[str]], called: Called
    ) -> tuple[dict[str, dict[str, str]], list[str]]:
        """Say what each column's words mean, a gap as an empty word; and in sentences which words no cell holds.

        UsageError where a word is given two meanings, or ``column:word`` is a word itself, too.
        """
        if not (self.words or self.missing):
            return {name: {word: word for word in words} for name, words in columns.items()}, []
        folded = {name: {word: fold(word) for word in words} for name, words in columns.items()}
        everywhere, own = self._rules(
            {name for names in called.values() for name in names},
            {text for texts in folded.values() for text in texts.values()},
        )
        idle = dict.fromkeys([("", text) for text in everywhere] + [(name, text) for name in own for text in own[name]])
        found: dict[str, dict[str, str]] = {}
        for name, texts in folded.items():
            rules = {text: ("", meaning) for text, meaning in everywhere.items()}
            for one in called[name]:
                rules |= {text: (one, meaning) for text, meaning in own.get(one, {}).items()}
            found[name] = {word: rules[text][1] if text in rules else word for word, text in texts.items()}
            for text in rules.keys() & texts.values():
                idle.pop((rules[text][0], text), None)
        gaps = {fold(word.rpartition(":")[2]) for word in self.missing}
        listed: dict[str, list[str]] = {}
        for of, text in idle:
            option = argument("missing" if text in gaps else "words")
            listed.setdefault(option, []).append(repr(f"{of}:{text}" if of else text))
        return found, [f"{option}: no cell holds {', '.join(words)}" for option, words in listed.items()]

    def _rules(
        self, known: Collection[str], every: Collection[str]
    ) -> tuple[dict[str, str], dict[str, dict[str, str]]]:
        """Folded words and their meanings: everywhere, and by column."""
        everywhere: dict[str, str] = {}
        own: dict[str, dict[str, str]] = {}
        said = [*self.words.items(), *((word, "") for word in self.missing)]
        for word, meaning in said:
            if not isinstance(meaning, str):
                for inner, one in meaning.items():
                    _give(own.setdefault(word, {}), inner, one)
                continue
            column, colon, rest = word.partition(":")
            while colon and column.strip() not in known:
                more, colon, rest = rest.partition(":")
                column = f"{column}:{more}"
            if not colon:
                _give(everywhere, word, meaning)
            elif fold(word) in every:
                raise UsageError(f"{word!r} is a word, or {rest!r} in the column {column.strip()!r}: rename the column")
            else:
                _give(own.setdefault(column.strip(), {}), rest, meaning)
        return everywhere, own

    def measured(self, word: str, names: Collection[str]) -> float | None:
        """Read a number in the units that are said of a column; None where it is none, DataError beyond the range."""
        value = number_of(word)
        for name in names:
            if value is not None and name in self.rescale:
                value = self.rescale[name].of(value)
        return value

    def threshold(self, names: Collection[str]) -> float | None:
        """Where a column's numbers turn, if that is said."""
        return next((self.thresholds[name] for name in names if name in self.thresholds), None)

    def levels(self) -> tuple[int, int] | None:
        """Give the lowest and highest level that numbers are mapped to, where those are whole numbers."""
        ends = [end for units in self.rescale.values() for end in (units.to_low, units.to_high)]
        return (int(min(ends)), int(max(ends))) if ends and all(end.is_integer() for end in ends) else None


def nearest(value: float) -> int:
    """Round to the nearest whole number, from halfway down.

    >>> nearest(2.5), nearest(2.51), nearest(-1.5)
    (2, 3, -2)
    """
    return math.ceil(value - 0.5)


def _give(rules: dict[str, str], word: str, meaning: str) -> None:
    if rules.get(fold(word), meaning.strip()) != meaning.strip():
        raise UsageError(f"the word {word!r} is given two meanings")
    rules[fold(word)] = meaning.strip()
