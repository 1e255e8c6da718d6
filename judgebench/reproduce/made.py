"""Tables that rules measure: files one after the other, rows kept, raters put side by side, joined, columns made."""

from __future__ import annotations

import math
import re
from collections import Counter
from typing import TYPE_CHECKING, Any, TypeAlias

import numpy as np

from judgebench.errors import UsageError
from judgebench.files.held import HeldTable
from judgebench.files.joined import JoinedTable
from judgebench.files.read import open_table
from judgebench.files.rows import RowTable
from judgebench.labels.vocabulary import number_of
from judgebench.labels.where import Condition
from judgebench.reproduce.keys import check_made, check_of
from judgebench.reproduce.patterns import filled
from judgebench.reproduce.printed import files_of

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence
    from pathlib import Path

    import numpy.typing as npt

    from judgebench.files.table import FileTable
    from judgebench.files.toml import TomlTable

    Floats = npt.NDArray[np.float64]
    Words: TypeAlias = npt.NDArray[np.object_]

#: What a table is made of, in the order in which it is done.
TABLE_KEYS = ("files", "of", "where", "unpivot", "pivot", "join", "make")
#: Where a text names a column whose cells it takes.
_CELL = re.compile(r"\{([^{}]+)\}")


class Absent(LookupError):  # noqa: N818 - not an error: other data may have it
    """Files that a rule needs are not here."""


def check_table(table: TomlTable) -> dict[str, Any]:
    """Take the keys of a table apart; DataError where one is not known or contradicts another."""
    said = {key: table.data.pop(key) for key in TABLE_KEYS if key in table.data}
    if ("files" in said) == ("of" in said):
        table.fail("files", "a table has files, or is made of another table: write one of files and of")
    check_of(table, said)
    if "make" in said:
        check_made(table, said["make"])
    return said


class Tables:
    """Named tables of a task's folders, each read and made once; ``[tables]`` says how."""

    def __init__(self, said: Mapping[str, dict[str, Any]], homes: Sequence[Path]) -> None:
        self._said = said
        self.homes = homes
        self._held: dict[str, HeldTable] = {}

    def open(self, how: Mapping[str, Any], names: Mapping[str, str]) -> HeldTable:
        """Make a table; Absent where its files are not here."""
        how = self._spelled(how, names)
        key = repr(how)
        if key not in self._held:
            self._held[key] = self._made(how, names)
        return self._held[key]

    def _spelled(
        self, how: Mapping[str, Any], names: Mapping[str, str], within: tuple[str, ...] = ()
    ) -> dict[str, Any]:
        """Put what is known into a table's keys, and in place of a table's name what it is made of."""
        found: dict[str, Any] = filled(dict(how), names)
        if "of" in found:
            found["of"] = self._named(found["of"], names, within)
        if "join" in found:
            found["join"] = {**found["join"], "table": self._named(found["join"]["table"], names, within)}
        return found

    def _named(self, name: Any, names: Mapping[str, str], within: tuple[str, ...]) -> Mapping[str, Any]:
        """Say what a table is made of, unless that is said already; UsageError where it is made of itself."""
        if isinstance(name, dict):
            return name
        if name not in self._said:
            raise UsageError(f"there is no [tables.{name}]; there are: {', '.join(self._said) or 'none'}")
        if name in within:
            raise UsageError(f"[tables.{name}] is made of itself: {' of '.join((*within, name))}")
        return self._spelled(self._said[name], names, (*within, name))

    def kept(self, table: HeldTable, where: Sequence[str]) -> HeldTable:
        """Keep the rows on which all conditions hold; none may be left."""
        if not where:
            return table
        flags = np.ones(table.size, np.bool_)
        for text in where:
            condition = Condition.parse(text, table.columns)
            flags &= condition.on(table.words(condition.column))
        return table.take(np.flatnonzero(flags))

    def _made(self, how: Mapping[str, Any], names: Mapping[str, str]) -> HeldTable:
        table = self.open(how["of"], names) if "of" in how else self._files(tuple(how["files"]))
        table = self.kept(table, how.get("where", ()))
        if "unpivot" in how:
            table = _unpivoted(table, **how["unpivot"])
        if "pivot" in how:
            table = _pivoted(table, **how["pivot"])
        if "join" in how:
            other, on = self.open(how["join"]["table"], names), how["join"]["on"]
            # What both have is the first one's.
            other = other.only([name for name in other.columns if name in on or name not in table.columns])
            table = HeldTable(JoinedTable([table, other], on, "drop"))
        for name, said in how.get("make", {}).items():
            kind = next(kind for kind in MAKERS if kind in said)
            cells = MAKERS[kind](table, said[kind], {key: value for key, value in said.items() if key != kind})
            table = HeldTable(table, {name: cells})
        return table

    def _files(self, patterns: tuple[str, ...]) -> HeldTable:
        key = repr(patterns)
        if key not in self._held:
            tables: list[FileTable] = []
            for pattern in patterns:
                found = files_of(pattern, self.homes)
                if not found:
                    raise Absent(f"{pattern} isn't here")
                tables += [open_table(path) for path, _ in found]
            self._held[key] = HeldTable(tables[0] if len(tables) == 1 else RowTable.of_files(tables))
        return self._held[key]


def numbers(table: HeldTable, column: str, missing: Sequence[str] = ()) -> Floats:
    """Read a column of numbers; empty cells, and those that are ``missing``, are NaN. DataError at another word."""
    gaps = {number_of(one) if number_of(one) is not None else one.strip() for one in missing}
    known: dict[str, float] = {}
    cells = table.words(column)
    for row, word in enumerate(cells, 1):
        if word in known:
            continue
        value = number_of(word)
        if value is None and word.strip().lower() not in {"", "nan", "none", "null"} and word.strip() not in gaps:
            raise table.error(f"expected a number, got {word!r}", line=row, field=column)
        known[word] = math.nan if value is None or value in gaps else value
    return np.array([known[word] for word in cells], np.float64)


def mean_of(columns: Sequence[Floats]) -> Floats:
    """Average the numbers that there are; NaN where there is none."""
    stacked = np.column_stack(list(columns))
    there = ~np.isnan(stacked)
    count = there.sum(axis=1)
    return np.where(count > 0, np.where(there, stacked, 0.0).sum(axis=1) / np.maximum(count, 1), np.nan)


def _text(values: Floats) -> list[str]:
    return [
        "" if math.isnan(value) else repr(int(value)) if value.is_integer() else repr(value)
        for value in values.tolist()
    ]


def _sign(table: HeldTable, columns: Sequence[str], said: Mapping[str, Any]) -> list[str]:
    """Of two scores the higher wins: ``words`` for the first, a tie, and the second."""
    first, second = (numbers(table, name, said.get("missing", ())) for name in columns)
    words = said.get("words", ["A", "tie", "B"])
    return [
        "" if math.isnan(one) or math.isnan(two) else words[1 + (two > one) - (one > two)]
        for one, two in zip(first.tolist(), second.tolist(), strict=True)
    ]


def _vote(table: HeldTable, columns: Sequence[str] | str, said: Mapping[str, Any]) -> list[str]:
    """Most frequent word of several columns (in one text, with ``split`` between them); ``tie`` where there are two."""
    if isinstance(columns, str):
        columns = columns.split(said.get("split", " + "))
    found: list[str] = []
    for votes in zip(*(table.words(name) for name in columns), strict=True):
        ranked = Counter(vote for vote in votes if vote.strip()).most_common()
        most = [word for word, count in ranked if count == ranked[0][1]]
        found.append("" if not most else most[0] if len(most) == 1 else said.get("tie", ""))
    return found


def _median(table: HeldTable, columns: Sequence[str], said: Mapping[str, Any]) -> list[str]:
    """Upper median of the numbers that there are: of n in order the one at ``n // 2``."""
    rows = np.column_stack([numbers(table, name, said.get("missing", ())) for name in columns])
    sorted_rows = [sorted(value for value in row if not math.isnan(value)) for row in rows.tolist()]
    return _text(np.array([row[len(row) // 2] if row else math.nan for row in sorted_rows]))


def _averaged(table: HeldTable, columns: Sequence[str], said: Mapping[str, Any]) -> list[str]:
    return _text(mean_of([numbers(table, name, said.get("missing", ())) for name in columns]))


def _cut(table: HeldTable, column: str, said: Mapping[str, Any]) -> list[str]:
    """``1`` for numbers of ``at`` or more, ``0`` for others."""
    values = numbers(table, column, said.get("missing", ()))
    return ["" if math.isnan(value) else "1" if value >= float(said["at"]) else "0" for value in values.tolist()]


def _same(table: HeldTable, columns: Sequence[str], said: Mapping[str, Any]) -> list[str]:  # noqa: ARG001 - as the others
    """``1`` where the columns hold the same, empty or not, else ``0``."""
    return [
        "1" if len(set(cells)) == 1 else "0" for cells in zip(*(table.words(name) for name in columns), strict=True)
    ]


def _written(table: HeldTable, text: str, said: Mapping[str, Any]) -> list[str]:
    """Write a text with the cells of other columns in it; those are named in ``from``."""
    columns = {name: table.words(name) for name in said["from"]}
    if lost := next((name for name in _CELL.findall(text) if name not in columns), None):
        raise UsageError(f"the text {text!r} has {{{lost}}}, which from doesn't name: {', '.join(columns)}")
    pieces = _CELL.split(text)
    return [
        "".join(columns[piece][row] if at % 2 else piece for at, piece in enumerate(pieces))
        for row in range(table.size)
    ]


def _renamed(table: HeldTable, column: str, said: Mapping[str, Any]) -> list[str]:
    """Other words for those of a column; what isn't named stays."""
    words: Mapping[str, str] = said["words"]
    return [words.get(word, word) for word in table.words(column)]


def _fraction(table: HeldTable, column: str, said: Mapping[str, Any]) -> list[str]:
    """Undo the rounding of means of few numbers: the nearest multiple of one ``of`` parts."""
    return _text(np.round(numbers(table, column, said.get("missing", ())) * said["of"]) / said["of"])


MAKERS: Mapping[str, Callable[[HeldTable, Any, Mapping[str, Any]], list[str]]] = {
    "sign": _sign,
    "vote": _vote,
    "median": _median,
    "mean": _averaged,
    "cut": _cut,
    "same": _same,
    "text": _written,
    "rename": _renamed,
    "fraction": _fraction,
}


def _unpivoted(table: HeldTable, columns: Sequence[str], name: str, value: str) -> HeldTable:
    """Make a row for each of several columns of a row, with the column's name and its cell."""
    cells = {column: table.words(column) for column in columns}
    others = {column: table.words(column) for column in table.columns if column not in cells}
    records = [
        {**{one: words[row] for one, words in others.items()}, name: column, value: words[row]}
        for row in range(table.size)
        for column, words in cells.items()
    ]
    return HeldTable(RowTable.of_records(table.name, records))


def _pivoted(table: HeldTable, id: Sequence[str], name: str, value: str) -> HeldTable:  # noqa: A002 - the key in the card
    """Make a row for each item, with a column for each name; DataError where two values are of one."""
    rows: dict[tuple[str, ...], dict[str, str]] = {}
    keys = zip(*(table.words(one) for one in id), strict=True)
    for line, (key, who, cell) in enumerate(zip(keys, table.words(name), table.words(value), strict=True), 1):
        own = rows.setdefault(key, dict(zip(id, key, strict=True)))
        if who in own:
            raise table.error(f"{who!r} has two values for {'/'.join(key)}", line=line, field=name)
        own[who] = cell
    columns = dict.fromkeys(column for own in rows.values() for column in own)
    records = [{column: own.get(column, "") for column in columns} for own in rows.values()]
    return HeldTable(RowTable.of_records(table.name, records))
