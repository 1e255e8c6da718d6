"""Columns of words and their codes on a scale."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import numpy as np

from judgebench.errors import DataError, argument
from judgebench.files.codes import Numbers
from judgebench.labels.doubts import refuse_answers, refuse_apart
from judgebench.labels.words import (
    GAP,
    UNKNOWN,
    aliases_of,
    code_of,
    decimals,
    fold,
    infer,
    is_decimal,
    listing,
    numbered_pair,
    spans,
    vocabulary,
)

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping, Sequence

    import numpy.typing as npt

    from judgebench.domain import Scale
    from judgebench.files.table import Table

    Ints = npt.NDArray[np.int32]
    Codes = npt.NDArray[np.int64]


#: How many lines a message names.
PLACES = 5


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

    def take(self, rows: npt.NDArray[np.integer] | npt.NDArray[np.bool_]) -> Column:
        """Keep some rows, or repeat them; the words stay."""
        return Column(self.words, [self.codes()[rows]])


@dataclass(slots=True)
class Raw:
    """A table before its words are understood, with the line of each row.

    A rater has a label on every row of the table, or on its own ``rows``; ``swapped`` says which of them were shown in
    the other order, and ``second`` names raters whose labels come twice, the second half from a column of the other
    order. ``item`` numbers what the rows are about, by default each its own item. Where raters are in rows,
    ``first`` is each item's first row; gold is then an item's, and otherwise a row's.
    """

    labels: dict[str, Column]
    keys: dict[str, Column]
    lines: Ints
    notes: list[str] = field(default_factory=list)
    #: Words that are read already, folded.
    read: set[str] = field(default_factory=set[str])
    rows: dict[str, Ints] = field(default_factory=dict)
    swapped: dict[str, npt.NDArray[np.bool_]] = field(default_factory=dict)
    second: set[str] = field(default_factory=set[str])
    item: Ints | None = None
    first: Ints | None = None

    def rows_of(self, name: str) -> Ints:
        """Rows of a rater's labels, shape (k,)."""
        found = self.rows.get(name)
        return np.arange(self.lines.size, dtype=np.int32) if found is None else found

    def lines_of(self, name: str) -> Ints:
        """Lines of a rater's labels, shape (k,)."""
        return self.lines if name not in self.rows else self.lines[self.rows[name]]


@dataclass(frozen=True, slots=True)
class Coded:
    """Labels as codes on the scale, `GAP` where there is none; notes and warnings grow on the way.

    Of orders and checks of steps ``labels`` are places in ``sequences``, shape (s + 1, w), all that occur; the last
    one is of -1.
    """

    scale: Scale
    labels: dict[str, Codes]
    notes: list[str]
    warnings: list[str]
    sequences: Codes | None = None


def encode(table: Table, raw: Raw, judges: Sequence[str], scale: Scale | None, meanings: Mapping[str, str]) -> Coded:
    """Turn words into codes on the scale, recognised where none is given.

    DataError lists all words that are not on the scale, with their lines; UsageError where they fit several scales.
    """
    aliases = aliases_of(meanings)
    used = {name: _used(column) for name, column in raw.labels.items()}
    meant = {name: {w: aliases.get(fold(w), w) for w in own} for name, own in used.items()}
    notes, warnings = list(raw.notes), list[str]()
    heard = raw.read.union(*(map(fold, own) for own in used.values()))
    if idle := [word for word in meanings if fold(word) not in heard]:
        notes.append(f"{argument('words')}: no cell holds {', '.join(map(repr, idle))}")

    def where(name: str, text: str) -> str:
        chosen = [code for word, code in used[name].items() if fold(meant[name][word]) == text]
        rows = np.flatnonzero(np.isin(raw.labels[name].codes(), chosen))
        lines = raw.lines_of(name)[rows]
        return spans([int(line) for line in lines[:PLACES]], table.unit, len(lines))

    if scale is None:
        scale = _recognised(table, raw, judges, meant, where, notes, warnings)
    every = {word for own in meant.values() for word in own.values()}
    numbers = scale.kind == "pair" and numbered_pair(every)
    if numbers:
        notes.append("1 and 2 are read as the first and the second response")
    unknown: dict[str, dict[str, str]] = {name: {} for name in used}
    labels: dict[str, Codes] = {}
    for name, own in used.items():
        # The last place serves the -1 of cells that a long table does not have.
        known = np.full(len(raw.labels[name].words) + 1, GAP, np.int64)
        for word, position in own.items():
            known[position] = code_of(meant[name][word], scale, judge=name in judges, numbers=numbers)
            if known[position] == UNKNOWN:
                unknown[name].setdefault(fold(meant[name][word]), word.strip())
        labels[name] = known[raw.labels[name].codes()]
    foreign = {text for own in unknown.values() for text in own}
    if foreign:
        raise _foreign(table, unknown, foreign, scale, listing(unknown, foreign, where))
    return Coded(scale, labels, notes, warnings)


def _used(column: Column) -> dict[str, int]:
    """Words that occur in the column; in long form others are in other raters' rows."""
    words = list(column.words)
    codes = column.codes()
    counts = np.bincount(codes[codes >= 0], minlength=len(words))
    return {words[code]: int(code) for code in np.flatnonzero(counts)}


def _recognised(
    table: Table,
    raw: Raw,
    judges: Sequence[str],
    meant: Mapping[str, Mapping[str, str]],
    where: Callable[[str, str], str],
    notes: list[str],
    warnings: list[str],
) -> Scale:
    """Find the one scale that all words fit, and say so; UsageError where a number or a word may be none of its."""
    inferred = infer({name: own.values() for name, own in meant.items()}, judges, where, table.name)
    scale = inferred.scale
    if inferred.undeclared_levels:
        refuse_apart({name: _cells(column, meant[name]) for name, column in raw.labels.items()}, where)
    refuse_answers({name: own.values() for name, own in meant.items()}, judges, scale, where)
    notes.append(f"scale {scale.spec}: the one that all labels fit")
    if inferred.undeclared_levels:
        warnings.append("undeclared_levels")
        notes.append(
            f"the range {scale.labels[0]} to {scale.labels[-1]} is read off the data; "
            f"if the form offered more, say {argument('scale')} rate:LO-HI"
        )
    return scale


def _cells(column: Column, meant: Mapping[str, str]) -> dict[str, int]:
    """Count the cells of each word, by what it means."""
    codes = column.codes()
    counts = np.bincount(codes[codes >= 0], minlength=len(column.words))
    found: dict[str, int] = {}
    for word, position in column.words.items():
        if word in meant:
            found[meant[word]] = found.get(meant[word], 0) + int(counts[position])
    return found


def _foreign(
    table: Table, unknown: Mapping[str, Mapping[str, str]], foreign: Iterable[str], scale: Scale, listed: str
) -> DataError:
    foreign = set(foreign)
    if scale.kind == "rate" and all(map(is_decimal, foreign)):
        return decimals(listed, table.name)
    if scale.kind == "pair" and "0" in {fold(word) for own in unknown.values() for word in own}:
        word = argument("words")
        hint = f"0, 1 and 2 may mean several things on a pair scale: say {word} 0=tie {word} 1=A {word} 2=B"
    else:
        hint = f"its words are {vocabulary(scale)}; correct them, empty those cells, or say {argument('words')} OLD=NEW"
    word = "label is" if len(foreign) == 1 else "labels are"
    return DataError(f"{len(foreign)} {word} not on the scale {scale.spec}: {listed}", file=table.name, hint=hint)
