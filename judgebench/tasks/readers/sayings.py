"""How a published file says a verdict: two scores, the name of the better system, a word, or a text that holds it."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from judgebench.domain import Reply
from judgebench.files.records import shown
from judgebench.files.rows import value_of
from judgebench.tasks.texts import text_of

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from judgebench.domain import Code, Scale
    from judgebench.files.records import Row
    from judgebench.files.toml import TomlTable

_NUMBER = r"[+-]?(?:\d+\.?\d*|\.\d+)"
#: The first line of JudgeLM's and Vicuna's reviews: two scores and nothing else.
_TWO_SCORES = re.compile(rf"\s*({_NUMBER})\s*[,\s]\s*({_NUMBER})\s*")
#: Meanings that depend on gold, of verdicts that say whether the judge was right.
_RIGHT, _WRONG = "right", "wrong"


@dataclass(frozen=True, slots=True)
class Saying:
    """What ``[form.gold]`` and ``[form.recorded]`` of a card say of verdicts.

    ``scores`` names two fields of numbers, one field that holds a list of two, or a text whose first line is two
    numbers: the higher wins, equal ones tie, and one below ``lowest`` is no score. ``verdict`` names a field with a
    word, a system's name, or, with ``pattern``, a text whose last match (with ``first`` the first one) holds that.
    ``words`` gives words their labels, an empty one none; of a judge, ``right`` and ``wrong`` are what gold makes them.
    """

    scores: tuple[str, ...] = ()
    lowest: float | None = None
    verdict: str = ""
    pattern: re.Pattern[str] | None = None
    first: bool = False
    words: Mapping[str, str] = field(default_factory=dict[str, str])

    @classmethod
    def take(cls, table: TomlTable) -> Saying:
        """Take the keys of a card's table; DataError where they don't go together."""
        scores = table.names("scores") if "scores" in table.data else ()
        if len(scores) > 2:
            table.fail("scores", f"expected one field or two, got {len(scores)}")
        verdict, pattern = table.text("verdict", ""), table.text("pattern", "")
        if scores and verdict:
            table.fail("verdict", "a verdict is read off scores or off a field, not off both")
        try:
            compiled = re.compile(pattern) if pattern else None
        except re.error as error:
            table.fail("pattern", f"this is not a regular expression ({error})")
        if compiled is not None and compiled.groups > 1:
            table.fail("pattern", "expected at most one group, which is the verdict")
        lowest = table.number("lowest") if "lowest" in table.data else None
        match = table.choice("match", ("first", "last"), "last")
        return cls(scores, lowest, verdict, compiled, match == "first", table.texts_by_name("words", ""))

    def meaning(self, word: str) -> str | None:
        """Give the label of a word, written as the card writes it or, where that is clear, in another case."""
        if word in self.words:
            return self.words[word]
        folded = {label for known, label in self.words.items() if fold(known) == fold(word)}
        return folded.pop() if len(folded) == 1 else None

    @property
    def said(self) -> bool:
        """Whether anything is said."""
        return bool(self.scores or self.verdict)

    @property
    def columns(self) -> tuple[str, ...]:
        """The columns that a verdict is read off."""
        return (self.verdict,) if self.verdict else self.scores

    def check(self, scale: Scale, table: TomlTable, *, judged: bool = False) -> None:
        """Refuse meanings that are no labels of the scale; of what is ``judged`` words may mean right and wrong."""
        for word, label in self.words.items():
            if label and scale.code(label) is None and not (judged and label in {_RIGHT, _WRONG}):
                table.fail(f"words.{word}", f"{label!r} is not on the scale {scale.spec} ({', '.join(scale.labels)})")
        if self.scores and scale.kind != "pair":
            table.fail("scores", f"two scores say which of two answers is better, and the scale is {scale.spec}")

    def code(self, row: Row, scale: Scale, systems: Sequence[str | None] = (), gold: Code | None = None) -> Code | None:
        """Read the verdict of a row as the row has the answers, as it has ``gold``; None where it gives none.

        DataError where a word is no label and no system's name; in a text, where a pattern looks for it, such a word is
        no verdict.
        """
        if self.scores:
            found = self.numbers(row)
            return None if found is None else better(*found, scale)
        text = text_of(row, self.verdict).strip()
        matches = [] if self.pattern is None else list(self.pattern.finditer(text))
        if not text or (self.pattern is not None and not matches):
            return None
        word = matches[0 if self.first else -1][self.pattern.groups].strip() if self.pattern is not None else text
        label = self.meaning(word)
        if label in {_RIGHT, _WRONG} and gold is not None:
            return gold if label == _RIGHT else scale.undo(gold, (1, 0))
        code = _code(word, scale, systems) if label is None else scale.code(label)
        if code is None and label is None and self.pattern is None:
            known = dict.fromkeys([*self.words, *(name for name in systems if name), *scale.labels])
            row.fail(f"expected one of {', '.join(known)}, got {shown(word)}", self.verdict)
        return code

    def reply(self, row: Row, scale: Scale, systems: Sequence[str | None] = (), gold: Code | None = None) -> Reply:
        """Make the recorded reply of a row, in the row's own order of the answers."""
        code = self.code(row, scale, systems, gold)
        numbers = self.numbers(row) if self.scores else None
        said = " ".join(text_of(row, name) for name in self.scores) if self.scores else text_of(row, self.verdict)
        return Reply.read(
            code,
            scores=numbers or (),
            text=said,
            error="" if code is not None else f"verdict {said[:80]!r}" if said.strip() else "no verdict",
        )

    def numbers(self, row: Row) -> tuple[float, float] | None:
        """Read the two scores; None where one is missing or not one."""
        if len(self.scores) == 2:
            first, second = (_number(row, name) for name in self.scores)
        else:
            name = self.scores[0]
            value = value_of(row, name)
            if value is None and "." not in name:
                value = row.require(name)
            if isinstance(value, list):
                if len(value) != 2:
                    row.fail(f"expected two scores, got {len(value)}", name)
                first, second = (_as_number(one) for one in value)
            else:
                match = _TWO_SCORES.fullmatch(str(value).split("\n", 1)[0]) if value is not None else None
                first, second = (float(match[1]), float(match[2])) if match else (None, None)
        if first is None or second is None:
            return None
        return None if self.lowest is not None and min(first, second) < self.lowest else (first, second)


def _code(word: str, scale: Scale, systems: Sequence[str | None]) -> int | None:
    """Read a label of the scale, or the name of one of two systems."""
    code = scale.code(word)
    if code is None and scale.kind == "pair" and word in systems:
        return 0 if systems.index(word) == 0 else len(scale.values) - 1
    return code


def better(first: float, second: float, scale: Scale) -> int | None:
    """Say which of two scores is higher, as a code of a pair scale; None for equal ones where none may tie.

    >>> from judgebench.domain import Scale
    >>> [better(8, other, Scale.pair()) for other in (7, 8, 9)], better(8, 8, Scale.pair(2))
    ([0, 1, 2], None)
    """
    if first == second:
        return scale.tie
    return 0 if first > second else len(scale.values) - 1


def fold(word: str) -> str:
    """Fold a word as labels are compared: case and outer blanks don't count."""
    return word.strip().casefold()


def _number(row: Row, name: str) -> float | None:
    value = value_of(row, name)
    if value is None and "." not in name:
        value = row.require(name)
    if value is None or (isinstance(value, str) and not value.strip()):
        return None
    found = _as_number(value)
    return row.fail(f"expected a number, got {shown(value)}", name) if found is None else found


def _as_number(value: object) -> float | None:
    if isinstance(value, bool):
        return None
    if isinstance(value, (int, float)):
        return float(value) if value == value else None  # noqa: PLR0124 - NaN is no score
    return float(value) if isinstance(value, str) and re.fullmatch(_NUMBER, value.strip()) else None
