"""Columns of a table as numbers of their words, and who labelled what in them, before the words are understood."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from judgebench.files.codes import Numbers
from judgebench.labels.words import odd_words

if TYPE_CHECKING:
    from collections.abc import Collection

    import numpy.typing as npt

    from judgebench.files.table import Table

    Ints = npt.NDArray[np.int32]
    Codes = npt.NDArray[np.int64]


#: Roles of score columns among the columns of a raw table.
ROLE = "score:"


@dataclass(slots=True)
class Column:
    """A column as numbers of its own words; -1 where a long table has no row."""

    words: Numbers = field(default_factory=Numbers)
    blocks: list[Ints] = field(default_factory=list)

    def codes(self) -> Ints:
        """All blocks, joined; shape (n,)."""
        if len(self.blocks) != 1:
            self.blocks = [np.concatenate(self.blocks)]
        return self.blocks[0]

    def counts(self) -> Codes:
        """Cells of each word, shape (words,)."""
        codes = self.codes()
        return np.bincount(codes[codes >= 0], minlength=len(self.words))

    def take(self, rows: npt.NDArray[np.integer] | npt.NDArray[np.bool_]) -> Column:
        """Keep some rows, or repeat them; the words stay."""
        return Column(self.words, [self.codes()[rows]])


def refuse_words(
    table: Table, name: str, column: Column, lines: Ints, odd: Collection[int], what: str, hint: str = ""
) -> None:
    """Refuse all of a column's odd words at once, with the lines that hold them; ``what`` says what they are not.

    ``odd`` are their codes, and ``lines`` those of the column's cells. DataError on the first cell's line.
    """
    codes = column.codes()
    rows = np.flatnonzero(np.isin(codes, list(odd)))
    if not rows.size:
        return
    words = list(column.words)
    held: dict[str, list[int]] = {}
    for code, line in zip(codes[rows].tolist(), lines[rows].tolist(), strict=True):
        held.setdefault(words[code].strip(), []).append(line)
    first = next(iter(held.values()))[0]
    raise table.error(odd_words(held, what, table.unit), line=first, field=name, hint=hint)


class Repeats(NamedTuple):
    """A rater's labels of some items, in one order or two, and ``how`` they count; ``torn`` have no majority."""

    name: str
    labels: int
    items: int
    how: str
    torn: int = 0


@dataclass(slots=True)
class Raw:
    """A table before its words are understood, with the line of each row.

    A rater has a label on every row of the table, or on its own ``rows``; ``swapped`` says which of them were shown in
    the other order, and ``second`` from which label on a rater's are those of a second column, of the other order.
    ``mirrored`` rows name the two responses the other way round than their item does. ``item`` numbers what the rows
    are about, by default each its own item. Where raters are in rows, ``first`` is each item's first row; gold is then
    an item's, and otherwise a row's.
    """

    labels: dict[str, Column]
    keys: dict[str, Column]
    lines: Ints
    notes: list[str] = field(default_factory=list)
    #: Words that are read already, folded.
    read: set[str] = field(default_factory=set[str])
    rows: dict[str, Ints] = field(default_factory=dict)
    swapped: dict[str, npt.NDArray[np.bool_]] = field(default_factory=dict)
    second: dict[str, int] = field(default_factory=dict[str, int])
    mirrored: npt.NDArray[np.bool_] | None = None
    repeats: list[Repeats] = field(default_factory=list[Repeats])
    item: Ints | None = None
    first: Ints | None = None
    #: The column of the table that a rater's labels come from, where it has another name.
    sources: dict[str, str] = field(default_factory=dict[str, str])
    #: Where subsets are criteria: how one is measured by itself, and what a column's labels of one of them are called.
    criteria: str = ""
    parts: dict[str, tuple[str, str]] = field(default_factory=dict[str, tuple[str, str]])

    def called(self) -> dict[str, tuple[str, ...]]:
        """Names by which each column of labels can be meant: that in the table, and the rater's."""
        return {name: tuple(dict.fromkeys((self.sources.get(name, name), name))) for name in self.labels}

    def rows_of(self, name: str) -> Ints:
        """Rows of a rater's labels, shape (k,)."""
        found = self.rows.get(name)
        return np.arange(self.lines.size, dtype=np.int32) if found is None else found

    def lines_of(self, name: str) -> Ints:
        """Lines of a rater's labels, shape (k,)."""
        return self.lines if name not in self.rows else self.lines[self.rows[name]]
