"""What each column of a file holds: words, gaps, repeats."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from typing import TYPE_CHECKING

from judgebench.errors import DataError, UsageError
from judgebench.labels.words import MISSING, fold, infer, is_decimal

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from judgebench.files.table import Table

_LONG_CELL = 64
_MOST_COUNTED = 20_000
_MOST_LABELS = 120
_MOST_FREE_LABELS = 12


@dataclass(frozen=True, slots=True)
class Profile:
    """One column; ``words`` are its values and counts, the most frequent first, empty where there are too many.

    ``distinct`` leaves missing values out; ``length`` is the mean number of characters. ``kind`` is what the values
    could say as labels: ``check``, ``pair``, ``rate``, ``numbers`` (few, of several meanings), ``labels`` (few short
    words), ``decimals``, or empty.
    """

    name: str
    rows: int
    missing: int
    distinct: int
    words: tuple[tuple[str, int], ...]
    length: float
    kind: str

    @property
    def filled(self) -> int:
        """Rows with a value."""
        return self.rows - self.missing

    @property
    def repeats(self) -> bool:
        """Whether some value occurs in several rows."""
        return self.distinct < self.filled


def profile(table: Table) -> tuple[list[Profile], dict[str, str]]:
    """Look at all columns in one pass; the first row comes along."""
    names = [name for name in dict.fromkeys(table.columns) if name and table.columns.count(name) == 1]
    counts = [_Counts() for _ in names]
    first: dict[str, str] = {}
    rows = 0
    for block in table.blocks(names, nested=True):
        if not rows:
            first = {name: column[0] for name, column in zip(names, block.columns, strict=True)}
        rows += len(block.lines)
        for count, column in zip(counts, block.columns, strict=True):
            count.add(column)
    return [count.profile(name, rows) for name, count in zip(names, counts, strict=True)], first


def kind_of(words: Iterable[str]) -> str:
    """Tell what some distinct words could say as labels.

    >>> kind_of(["True", "False", ""]), kind_of(["1", "2"]), kind_of(["low", "high"]), kind_of(["0.5", "0.25"])
    ('check', 'numbers', 'labels', 'decimals')
    """
    present = [word for word in words if fold(word) not in MISSING]
    if not present or len(present) > _MOST_LABELS:
        return "decimals" if present and all(map(_number, present)) and any(map(is_decimal, present)) else ""
    try:
        return infer({"": present}).family
    except UsageError:
        # right fits two scales and is a label all the same; numbers that span thousands are none.
        if all(map(_number, present)):
            return "numbers" if all(len(fold(word)) < 3 for word in present) else ""
        return "check"
    except DataError:
        if all(map(_number, present)):
            return "decimals"
    free = len(present) <= _MOST_FREE_LABELS and max(map(len, present)) <= 24
    return "labels" if free and len(present) > 1 else ""


class _Counts:
    """Counts of a column's values; only digests of long ones, and none where there are very many."""

    def __init__(self) -> None:
        self.counter: Counter[str] = Counter()
        self.many: set[int] | None = None
        self.missing = 0
        self.length = 0

    def add(self, column: Sequence[str]) -> None:
        self.length += sum(map(len, column))
        if self.many is not None:
            # Gaps stay countable: few spellings, looked up by their hashes.
            self.missing += sum(hash(cell) in _GAPS or fold(cell) in MISSING for cell in column if len(cell) < 8)
            self.many.update(map(hash, column))
            return
        short = [c if len(c) <= _LONG_CELL else f"{c[:_LONG_CELL]}\0{hash(c)}" for c in column]
        self.counter.update(short)
        if len(self.counter) > _MOST_COUNTED:
            self.missing = sum(n for word, n in self.counter.items() if fold(word) in MISSING)
            self.many = {int(w.rpartition("\0")[2]) if "\0" in w else hash(w) for w in self.counter}
            self.counter.clear()

    def profile(self, name: str, rows: int) -> Profile:
        if self.many is not None:
            return Profile(name, rows, self.missing, len(self.many - _GAPS), (), self.length / max(1, rows), "")
        missing = sum(n for word, n in self.counter.items() if fold(word) in MISSING)
        words = [(word.partition("\0")[0], n) for word, n in self.counter.most_common() if fold(word) not in MISSING]
        kind = kind_of(self.counter) if not any("\0" in word for word in self.counter) else ""
        length = self.length / max(1, rows - missing)
        return Profile(name, rows, missing, len(words), tuple(words[:_MOST_LABELS]), length, kind)


_GAPS = {hash(word) for word in MISSING}


def _number(word: str) -> bool:
    text = fold(word)
    return text.lstrip("+-").isdecimal() or is_decimal(text)
