"""What the columns of a table hold: their words, gaps and repeats; and a table's first rows, to look at again."""

from __future__ import annotations

import time
from collections import Counter
from dataclasses import dataclass
from typing import TYPE_CHECKING

from judgebench.errors import DataError, UsageError
from judgebench.files.paths import parsed
from judgebench.files.table import Block, Table
from judgebench.labels.inferring import infer
from judgebench.labels.vocabulary import MISSING, fold
from judgebench.labels.words import is_decimal, whole_number

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Iterator, Sequence


_LONG_CELL = 64
_MOST_COUNTED = 20_000
#: Annotators' columns may be hundreds; with thousands a file is no table of labels.
MOST_COLUMNS = 2000
_MOST_LABELS = 120
_MOST_FREE_LABELS = 12
#: So much of a large file is looked at.
_MANY_COLUMNS, _DEEP = 200, 2
#: Seconds that a look at the rest of it may take.
_MOMENT = 0.5
SAMPLE_ROWS, SAMPLE_CHARACTERS = 20_000, 8_000_000


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


class Sample(Table):
    """The first rows of a table, kept in memory; ``whole`` where these are all.

    Lists and objects are JSON text, as `judgebench.files.table.Table.blocks` gives them when asked to.
    """

    def __init__(
        self, table: Table, without: Collection[str] = (), rows: int = SAMPLE_ROWS, characters: int = SAMPLE_CHARACTERS
    ) -> None:
        super().__init__(table.name, table.format)
        self.delimiter = table.delimiter
        self.table = table
        named = Counter(table.columns)
        self.doubled = [name for name, times in named.items() if times > 1 and name]
        known = [name for name, times in named.items() if name and times == 1 and name not in without]
        if len(known) > _MANY_COLUMNS:
            # Deep inside records every program has fields of its own.
            known = [name for name in known if name.count(".") < _DEEP] or known
        self._columns = tuple(known[:MOST_COLUMNS])
        self.lines: list[int] = []
        self.cells: dict[str, list[str]] = {name: [] for name in self._columns}
        self.whole = True
        read = 0
        for block in table.blocks(self._columns, nested=True):
            self.lines.extend(block.lines)
            for name, cells in zip(self._columns, block.columns, strict=True):
                self.cells[name].extend(cells)
                read += sum(map(len, cells))
            if len(self.lines) * len(self._columns) >= 8 * rows or len(self.lines) >= rows or read >= characters:
                self.whole = False
                break
        self.unit = table.unit
        self.notes = list(table.notes)

    def beyond(self, name: str) -> set[str]:
        """Look for words of a column that the first rows don't have, for a moment; outer blanks removed."""
        found: set[str] = set()
        if not self.whole:
            until = time.monotonic() + _MOMENT
            for block in self.table.blocks([name], nested=True):
                found.update(block.columns[0])
                if time.monotonic() > until or len(found) > _MOST_COUNTED:
                    break
        return {cell.strip() for cell in found} - {cell.strip() for cell in self.cells[name]} - {""}

    @property
    def revision(self) -> str:
        """No digest: it is not all of the file."""
        return "data:sample"

    @property
    def rows(self) -> int:
        """Number of rows that were read."""
        return len(self.lines)

    def blocks(self, wanted: Sequence[str], *, nested: bool = False) -> Iterator[Block]:
        """Stream the wanted columns."""
        for block in self.in_blocks(self.cells, self.lines, wanted, nested=nested):
            for name, cells in zip(wanted, block.columns, strict=True):
                for line, cell in zip(block.lines, cells, strict=True) if self.format != "csv" and not nested else ():
                    if cell[:1] in {"[", "{"}:
                        self.refuse_nested(parsed(cell), line, name)
            yield block


def profile(table: Table) -> list[Profile]:
    """Look at the columns in one pass, at no more than `MOST_COLUMNS`."""
    named = Counter(table.columns)
    names = [name for name, times in named.items() if name and times == 1][:MOST_COLUMNS]
    counts = [_Counts() for _ in names]
    rows = 0
    for block in table.blocks(names, nested=True):
        rows += len(block.lines)
        for count, column in zip(counts, block.columns, strict=True):
            count.add(column)
    return [count.profile(name, rows) for name, count in zip(names, counts, strict=True)]


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
    return whole_number(text) is not None or is_decimal(text)
