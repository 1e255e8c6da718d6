"""The rows of a table that count, and columns made of its columns."""

from __future__ import annotations

import itertools
import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from judgebench.errors import UsageError, argument
from judgebench.files.codes import Numbers
from judgebench.labels.columns import Column, refuse_words
from judgebench.labels.numbers import all_numbers
from judgebench.labels.totals import LOOKED_AT, SPEAKING, refuse_subtotals, refuse_total
from judgebench.labels.vocabulary import (
    BOTH_BAD,
    FIRST,
    MISSING,
    NO_VERDICT,
    SECOND,
    TIE,
    TIE_BESIDE_SIDES,
    fold,
    number_of,
    says_total,
)
from judgebench.labels.where import Condition, kept_rows
from judgebench.labels.words import pair_word, settle

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping, Sequence

    import numpy.typing as npt

    from judgebench.files.table import Table
    from judgebench.labels.cells import Cells
    from judgebench.labels.columns import Ints
    from judgebench.labels.layout import Layout

    Flags = npt.NDArray[np.bool_]

#: A column with more different cells than this holds texts, not labels.
_MOST_LABELS = 2000
#: A table of counts of more items than this is hardly one.
_MOST_ITEMS = 20_000_000
#: Names of what a table of counts has.
CONFUSED = ("judge", "gold")


@dataclass(slots=True)
class Rows:
    """Columns of a table, row by row, with the line of each row; ``notes`` say what was done to them."""

    table: Table
    columns: dict[str, Column]
    lines: Ints
    notes: list[str]

    def take(self, rows: npt.NDArray[np.integer] | npt.NDArray[np.bool_]) -> Rows:
        """Keep some rows, or repeat them."""
        columns = {name: column.take(rows) for name, column in self.columns.items()}
        return Rows(self.table, columns, self.lines[rows], self.notes)

    @property
    def size(self) -> int:
        """Number of rows."""
        return self.lines.size

    def refuse(self, name: str, odd: Callable[[str], bool], what: str, hint: str = "") -> None:
        """Refuse a column's odd words, as `refuse_words` does."""
        column = self.columns[name]
        codes = [code for word, code in column.words.items() if odd(word)]
        refuse_words(self.table, name, column, self.lines, codes, what, hint)

    def refuse_blank(self, name: str, what: str) -> None:
        """Refuse rows whose cell is empty; ``what`` says what they are without."""
        column = self.columns[name]
        blank = [code for word, code in column.words.items() if not word.strip()]
        if blank and (lines := self.lines[np.isin(column.codes(), blank)].tolist()):
            many = f"{len(lines):,} rows" if len(lines) > 1 else "a row"
            raise self.table.error(f"{many} without {what}", line=lines[0], field=name)


def read_rows(table: Table, labels: Iterable[str], others: Iterable[str], layout: Layout, cells: Cells) -> Rows:
    """Read columns of labels and others, keep the rows asked for, and make the columns that are made of others."""
    made = {**layout.one_hot, **layout.pair_scores}
    if both := layout.one_hot.keys() & layout.pair_scores.keys():
        raise UsageError(f"{min(both)!r} is made twice, by {argument('one_hot')} and {argument('pair_scores')}")
    conditions = [Condition.parse(text, table.columns) for text in layout.where]
    known = set(table.columns)
    if shadowed := [name for name in made if name in known]:
        raise UsageError(f"the table has a column {shadowed[0]!r} already; give the made one another name")
    named = list(dict.fromkeys(labels))
    plain = [name for name in named if name not in made]
    parts = [one for name in named for one in made.get(name, ())]
    sources = [*layout.sides, *parts, *(one.column for one in conditions)]
    columns, lines, ends, said = _read(table, plain, [*others, *sources], cells)
    rows = Rows(table, columns, lines, [])
    if conditions:
        kept, rows.notes = kept_rows(table, rows.columns, conditions)
        rows = rows.take(kept)
    ours = {name: columns[name] for name in plain}
    for end, first in ((0, True), (-1, False)):
        if rows.size and rows.lines[end] == lines[end]:
            refuse_total(table, ours, lines, ends[end], first=first)
    refuse_subtotals(table, ours, lines, said if not conditions else ())
    for name in named:
        if name in layout.one_hot:
            rows.columns[name] = _one_hot(rows, name, layout.one_hot[name])
        elif name in layout.pair_scores:
            rows.columns[name] = _higher(rows, name, layout.pair_scores[name])
    if layout.sides:
        _name_sides(rows, named, layout.sides, cells)
    return rows


def _read(
    table: Table, labels: Sequence[str], others: Sequence[str], cells: Cells
) -> tuple[dict[str, Column], Ints, list[dict[str, str]], list[tuple[int, str, str]]]:
    """Read columns, each row's line, what the file's first and last row say in them and in its first columns.

    And which rows say in those that they are totals: their places, with the column and the word.
    """
    wanted = list(dict.fromkeys([*labels, *others]))
    read = {name: Column() for name in wanted}
    # Totals are a spreadsheet's, and one of its first columns calls them so.
    first = [name for name in table.columns[: 4 * SPEAKING] if name not in read] if table.delimiter else []
    spare = [name for name in first if table.columns.count(name) == 1][:SPEAKING]
    lines: list[Ints] = []
    ends: list[dict[str, str]] = []
    said: list[tuple[int, str, str]] = []
    rows = 0
    for block in table.blocks([*wanted, *spare], nested=cells.read_replies or cells.unlisted):
        lines.append(np.asarray(block.lines, np.int32))
        outer = [
            dict(zip([*wanted, *spare], [column[end] for column in block.columns], strict=True)) for end in (0, -1)
        ]
        ends = [ends[0] if ends else outer[0], outer[1]]
        for name, column in zip(spare, block.columns[len(wanted) :], strict=True) if rows < LOOKED_AT else ():
            if any(map(says_total, set(column))):
                said += [(rows + place, name, cell) for place, cell in enumerate(column) if says_total(cell)]
        rows += len(block.lines)
        for name, column in zip(wanted, block.columns, strict=False):
            read[name].blocks.append(read[name].words.take(column))
        for name in () if cells.many else labels:
            if len(read[name].words) > _MOST_LABELS and not all_numbers(read[name].words):
                raise table.error(
                    f"more than {_MOST_LABELS:,} different values: that is not a column of labels",
                    field=name,
                    hint="judgebench doctor FILE shows which columns are; replies are read with "
                    f"{argument('read_replies')}",
                )
    return read, np.concatenate(lines), ends, sorted(said)


def numbers(rows: Rows, name: str, what: str, *, whole: bool = False) -> npt.NDArray[np.float64]:
    """Read a column of numbers, NaN where a cell is empty; DataError names those that are none."""
    column = rows.columns[name]
    read = {word: None if fold(word) in MISSING else number_of(word) for word in column.words}

    def wrong(word: str) -> bool:
        number = read[word]
        return (fold(word) not in MISSING and number is None) or (
            whole and number is not None and (number < 0 or number != int(number))
        )

    rows.refuse(name, wrong, f"is not {what}")
    values = np.array([np.nan if number is None else number for number in read.values()])
    return values[column.codes()]


def counts(rows: Rows, name: str) -> Ints:
    """Read how many items each row stands for."""
    rows.refuse(
        name,
        lambda word: fold(word) in MISSING,
        "doesn't say how many items the row stands for",
        f"write 0, or leave such rows out with {argument('where')} {f'{name} is not empty'!r}",
    )
    rows.refuse(
        name,
        lambda word: (number_of(word) or 0.0) % 1 != 0,
        "is a weight, not a count of items, and weighted rows are not a sample of that many",
        f"measure the rows without {argument('count')}, each stratum by itself with {argument('subset')}, or give "
        "whole counts",
    )
    return _checked_counts(rows, name, numbers(rows, name, "a whole number of items", whole=True))


def _checked_counts(rows: Rows, name: str, found: npt.NDArray[np.float64]) -> Ints:
    total = float(np.nansum(found))
    if not 0 < total <= _MOST_ITEMS:
        raise rows.table.error(f"{total:,.0f} items, and a table of counts has 1 to {_MOST_ITEMS:,}", field=name)
    return np.nan_to_num(found).astype(np.int32)


def _one_hot(rows: Rows, name: str, columns: Sequence[str]) -> Column:
    """Make a column that says which of several holds 1; empty where none does."""
    truths = np.stack([_truth(rows, one) for one in columns])
    several = np.flatnonzero(truths.sum(axis=0) > 1)
    if several.size:
        at = int(several[0])
        held = [one for one, here in zip(columns, truths[:, at], strict=True) if here]
        raise rows.table.error(
            f"{' and '.join(held)} both hold 1", line=int(rows.lines[at]), field=name, hint="one of them can be said"
        )
    words = short_names(columns)
    rows.notes.append(f"{name}: the one of {', '.join(columns)} that holds 1, read as {', '.join(words)}")
    made = Column(Numbers({word: code for code, word in enumerate([*words, ""])}))
    none = ~truths.any(axis=0)
    made.blocks.append(np.where(none, len(words), truths.argmax(axis=0)).astype(np.int32))
    return made


def _truth(rows: Rows, name: str) -> npt.NDArray[np.bool_]:
    said = {"1": True, "true": True, "yes": True, "x": True, "0": False, "false": False, "no": False, "": False}
    rows.refuse(name, lambda word: fold(word) not in said, "is neither 1 nor 0")
    column = rows.columns[name]
    return np.array([said[fold(word)] for word in column.words], np.bool_)[column.codes()]


def short_names(names: Sequence[str]) -> list[str]:
    """Leave out what all names begin with, up to a mark between words, and so what they end with.

    >>> short_names(["winner_model_a", "winner_model_b", "winner_tie"]), short_names(["a", "b"])
    (['model_a', 'model_b', 'tie'], ['a', 'b'])
    """

    def shared(names: Sequence[str]) -> int:
        same = itertools.takewhile(lambda letters: len(set(letters)) == 1, zip(*names, strict=False))
        start = "".join(letters[0] for letters in same)
        return max((place + 1 for place, letter in enumerate(start) if letter in "_.-: "), default=0)

    head, tail = shared(names), shared([name[::-1] for name in names])
    short = [name[head : len(name) - tail] for name in names]
    return short if len(names) > 1 and all(short) else list(names)


def _higher(rows: Rows, name: str, columns: Sequence[str]) -> Column:
    """Make a column of pair verdicts out of two of scores: A, B or tie; empty where a score is missing."""
    one, two = (numbers(rows, column, "a number") for column in columns)
    rows.notes.append(f"{name}: A where {columns[0]} is higher, B where {columns[1]} is, tie where they are equal")
    said = np.where(np.isnan(one) | np.isnan(two), 3, np.where(one > two, 0, np.where(two > one, 1, 2)))
    return Column(Numbers({"A": 0, "B": 1, "tie": 2, "": 3}), [said.astype(np.int32)])


def _name_sides(rows: Rows, names: Sequence[str], sides: Sequence[str], cells: Cells) -> None:
    """Put A and B for the names of the two responses, in the columns that name them; refuse other systems' names."""
    known = MISSING | NO_VERDICT | FIRST | SECOND | TIE | TIE_BESIDE_SIDES | BOTH_BAD | cells.spoken()
    for name in names:
        column = rows.columns[name]
        rows.columns[name], own = _by_side(rows, name, sides)

        def foreign(word: str) -> bool:
            text = pair_word(word)
            return not (text in known or fold(word) in known or re.search(r"[<>=]|^\d+$", text))

        if not cells.read_replies:
            others = Column(column.words, [np.where(own, -1, column.codes()).astype(np.int32)])
            refuse_words(
                rows.table,
                name,
                others,
                rows.lines,
                [code for word, code in column.words.items() if foreign(word)],
                f"is neither what {sides[0]} nor what {sides[1]} says there, and not a word of pairs",
                f"{argument('sides')} are the columns with the names of the two responses; or say {settle()}",
            )


def _by_side(rows: Rows, name: str, sides: Sequence[str]) -> tuple[Column, Flags]:
    """Put A and B for the names of the two responses, and say where; other labels (a tie) stay what they are."""
    column = rows.columns[name]
    shared: dict[str, int] = {}
    own, *named = (
        np.array([shared.setdefault(fold(word), len(shared)) for word in one.words], np.int32)[one.codes()]
        for one in (column, *(rows.columns[side] for side in sides))
    )
    said = [(own == side) & (own != shared.get("", -1)) for side in named]
    if (same := np.flatnonzero(said[0] & said[1])).size:
        at = int(same[0])
        raise rows.table.error(
            f"{sides[0]} and {sides[1]} are both what {name} says, so that it names no winner",
            int(rows.lines[at]),
            name,
        )
    either = said[0] | said[1]
    if not either.any():
        return column, either
    words = Numbers(column.words)
    codes = np.where(said[0], words["A"], np.where(said[1], words["B"], column.codes()))
    rows.notes.append(f"{name}: what {sides[0]} says is A, what {sides[1]} says is B")
    return Column(words, [codes.astype(np.int32)]), either


def stacked(columns: Sequence[Column]) -> Column:
    """Put columns under each other, row by row: the first row of each, then the second of each."""
    words = Numbers()
    codes = [words.take(list(column.words))[column.codes()] for column in columns]
    return Column(words, [np.stack(codes, axis=1).reshape(-1)])


def composite(columns: Sequence[Column]) -> Ints:
    """Give numbers to what several columns name together, outer blanks ignored, shape (n,), codes without gaps.

    One column's codes keep the order in which its words were seen.
    """
    found: npt.NDArray[np.int64] = np.zeros(columns[0].codes().size, np.int64)
    for column in columns:
        own, count, plain = column.codes(), len(column.words), [word.strip() for word in column.words]
        if plain != list(column.words):
            merged = Numbers()
            own, count = merged.take(plain)[own], len(merged)
        found = dense(found * count + own)
    return found.astype(np.int32)


def dense(codes: npt.NDArray[np.int64]) -> npt.NDArray[np.int64]:
    """Close the gaps between codes."""
    if not codes.size:
        return codes
    if int(codes.max()) < 4 * codes.size + 1000:
        used = np.bincount(codes) > 0
        return codes if used.all() else (np.cumsum(used) - 1)[codes]
    return np.asarray(np.unique(codes, return_inverse=True)[1].reshape(-1), np.int64)


def confusion(table: Table, names: Mapping[str, str], said: Cells) -> Rows:
    """Read a confusion table, the first column the gold labels, as a row per item; ``names`` of judge and gold."""
    first, *others = table.columns
    columns, lines, _, _ = _read(table, [first], others, said)
    rows = Rows(table, columns, lines, [])
    cells = np.nan_to_num(np.stack([numbers(rows, one, "a whole number of items", whole=True) for one in others], 1))
    words = list(columns[first].words)
    gold = [words[code].strip() for code in columns[first].codes()]
    for margin, of, shown in ((cells, others, "columns"), (cells.T, gold, "rows")):
        # A table of two labels has equal margins by chance; three summands have not.
        sums = [name for j, name in enumerate(of) if len(of) > 2 and (2 * margin[:, j] == margin.sum(axis=1)).all()]
        if sums and margin.any():
            raise table.error(f"{sums[0]!r} is the sum of the other {shown}", hint="leave the totals out of the file")
    each = _checked_counts(rows, first, cells.reshape(-1))
    place = np.repeat(np.arange(cells.size), each)
    made = {
        names["judge"]: Column(
            Numbers({name: j for j, name in enumerate(others)}), [(place % len(others)).astype(np.int32)]
        ),
        names["gold"]: columns[first].take(place // len(others)),
    }
    note = f"{place.size:,} items, counted by gold label (a row each: {', '.join(gold)}) and verdict (a column each)"
    return Rows(table, made, lines[place // len(others)], [note])


def counted_raters(rows: Rows, columns: Sequence[str]) -> dict[str, Column]:
    """Make a column of each anonymous rater out of columns that count how many chose a category."""
    cells = np.stack([numbers(rows, one, "a whole number of raters", whole=True) for one in columns], axis=1)
    whole = np.nan_to_num(cells).astype(np.int64)
    total = whole.sum(axis=1)
    most = int(total.max(initial=0))
    if most < 1 or most > _MOST_LABELS:
        raise rows.table.error(f"the most raters of a row are {most:,}, and 1 to {_MOST_LABELS:,} can be counted")
    words = short_names(columns)
    chosen = np.repeat(np.tile(np.arange(len(columns)), rows.size), whole.reshape(-1))
    row = np.repeat(np.arange(rows.size), total)
    seat = np.arange(row.size) - (np.cumsum(total) - total)[row]
    labels = np.full((most, rows.size), -1, np.int32)
    labels[seat, row] = chosen
    rows.notes.append(
        f"gold: {most} raters without names, whose labels {', '.join(words)} are counted by {', '.join(columns)}"
    )
    return {
        f"rater {j + 1}": Column(Numbers({word: code for code, word in enumerate(words)}), [labels[j]])
        for j in range(most)
    }
