"""Several files as one table, joined by their columns of ids: gold in one and verdicts in another, or two versions."""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import PurePath
from typing import TYPE_CHECKING

import numpy as np

from judgebench.errors import argument
from judgebench.files.codes import Numbers
from judgebench.files.table import BLOCK_ROWS, Block, Table, joint_revision

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    import numpy.typing as npt

    from judgebench.files.opening import Unmatched

    Codes = npt.NDArray[np.int32]

#: How programs write the number 1 where a gap made the column one of fractions.
_WHOLE = re.compile(r"^([+-]?\d+)\.0+$")
_SEPARATOR = " | "


@dataclass(slots=True)
class _Part:
    """What was read of a file: the lines of its rows, its columns as codes, and the words behind them."""

    lines: Codes
    columns: dict[str, Codes]
    words: dict[str, list[str]]


class JoinedTable(Table):
    """Files of the same items, each with columns of ids; the file that has several rows of an id gives the rows.

    A column that several files have is one where they say the same, and ``name (file)`` is that of one file. Where one
    file has more ids than another, its further rows are left out, and `notes` say how many; where each has ids of its
    own, ``unmatched`` has to say whether such rows are dropped, or kept with empty cells. Errors count the lines of the
    file that gives the rows.
    """

    def __init__(self, tables: Sequence[Table], key: str | Sequence[str], unmatched: Unmatched | None = None) -> None:
        first = tables[0]
        super().__init__(" + ".join(one.name for one in tables), first.format)
        self.unit = first.unit
        self.tables = tuple(tables)
        self.keys = (key,) if isinstance(key, str) else tuple(key)
        self.unmatched = unmatched
        stems = [PurePath(one.name).name.split(".")[0] for one in tables]
        short = len(set(stems)) == len(stems)
        self._files = tuple(stems if short else (one.name for one in tables))
        self._has = tuple(frozenset(one.columns) for one in tables)
        names: list[str] = []
        for name in dict.fromkeys(name for one in tables for name in one.columns):
            names += [name, *(version for version in self.versions(name) if version != name)]
        self._columns = tuple(names)

    @property
    def revision(self) -> str:
        """Digest of all files."""
        return joint_revision(self.tables)

    def versions(self, name: str) -> list[str]:
        """Name a column in every file that has it; its own name where only one file does."""
        if "*" in name:
            first = name.partition(".*")[0]
            inner = [table for table, has in zip(self.tables, self._has, strict=True) if first in has]
            return inner[0].versions(name) if inner else [name]
        found = [file for at, file in enumerate(self._files) if self._holds(at, name)]
        return [f"{name} ({file})" for file in found] if len(found) > 1 and name not in self.keys else [name]

    def blocks(self, wanted: Sequence[str], *, nested: bool = False) -> Iterator[Block]:
        """Stream the wanted columns."""
        del nested  # a cell that holds a list is not a label
        dotted = [name for name in wanted if name not in self._columns and "." in name]
        self.positions([name for name in wanted if name not in dotted], self._columns)
        places = {name: self._places(name) for name in wanted}
        parts = [
            self._read(at, [own for name in wanted for table, own in places[name] if table == at])
            for at in range(len(self.tables))
        ]
        base, rows = self._matched(parts)
        self.unit = self.tables[base].unit
        columns: list[tuple[Codes, npt.NDArray[np.object_]]] = []
        for name in wanted:
            at, own = places[name][0]
            codes, words = _cells(parts[at], own, rows[at])
            for other, same in places[name][1:]:
                again = _cells(parts[other], same, rows[other])
                if name not in self.keys:
                    self._check_same(name, (at, codes, words), (other, *again), parts, rows)
                gaps = np.flatnonzero(rows[at] < 0)
                if gaps.size:
                    codes[gaps] = again[0][gaps] + len(words)
                    words = np.concatenate([words, again[1]])
            columns.append((codes, words))
        lines = np.where(rows[base] < 0, 0, parts[base].lines[rows[base]])
        for start in range(0, len(lines), BLOCK_ROWS):
            stop = start + BLOCK_ROWS
            yield Block(lines[start:stop].tolist(), [words[codes[start:stop]].tolist() for codes, words in columns])

    def _places(self, name: str) -> list[tuple[int, str]]:
        """Find the files that have a column, and its name there."""
        if plain := [at for at, has in enumerate(self._has) if name in has]:
            return [(at, name) for at in plain]
        stem, _, file = name.rpartition(" (")
        if file[:-1] in self._files:
            return [(self._files.index(file[:-1]), stem)]
        inner = [at for at in range(len(self.tables)) if self._holds(at, name)]
        if not inner:
            raise self.unknown([name], self._columns)
        return [(at, name) for at in inner]

    def _holds(self, at: int, name: str) -> bool:
        """Whether a file has a column, or one in which a dotted name may lead further."""
        return name in self._has[at] or name.split(".", maxsplit=1)[0] in self._has[at]

    def _read(self, at: int, names: Sequence[str]) -> _Part:
        """Read columns of a file, and its ids."""
        table = self.tables[at]
        keys = [key for key in self.keys if self._holds(at, key)]
        if not keys:
            table.positions(self.keys, table.columns)
        wanted = list(dict.fromkeys([*keys, *names]))
        words = {name: Numbers() for name in wanted}
        lines: list[Codes] = []
        blocks: dict[str, list[Codes]] = {name: [] for name in wanted}
        for block in table.blocks(wanted):
            lines.append(np.asarray(block.lines, np.int32))
            for name, cells in zip(wanted, block.columns, strict=True):
                blocks[name].append(words[name].take(cells))
        part = _Part(
            np.concatenate(lines),
            {name: np.concatenate(own) for name, own in blocks.items()},
            {name: list(own) for name, own in words.items()},
        )
        for key in keys:
            blank = [code for code, word in enumerate(part.words[key]) if not word.strip()]
            if blank and (bad := np.flatnonzero(np.isin(part.columns[key], blank))).size:
                raise table.error("a row without an id", line=int(part.lines[bad[0]]), field=key)
        return part

    def _matched(self, parts: Sequence[_Part]) -> tuple[int, list[Codes]]:
        """Find the file that gives the rows, and for each file its row in each of them, -1 where it has none."""
        self.notes = []
        repeats = [self._repeat(at, part) for at, part in enumerate(parts)]
        long = [at for at, repeat in enumerate(repeats) if repeat is not None]
        if len(long) > 1:
            (first, line), (second, again) = ((at, repeats[at] or (0, 0)) for at in long[:2])
            raise self.tables[second].error(
                f"an id is here more than once, and in {self.tables[first].name}, too ({self.tables[first].unit}s "
                f"{line[0]} and {line[1]})",
                line=again[1],
                field=self.keys[0],
                hint=f"one of joined files may have several rows of an id; name all columns that make it one with "
                f"{argument('id')}",
            )
        base = long[0] if long else 0
        size = len(parts[base].lines)
        rows: list[Codes] = [np.arange(size, dtype=np.int32) for _ in parts]
        kept = np.ones(size, np.bool_)
        for at in range(len(parts)):
            if at == base:
                continue
            keys = [key for key in self.keys if self._holds(at, key) and self._holds(base, key)]
            if not keys:
                raise self.tables[at].error(
                    f"no column of {argument('id')} is here and in {self.tables[base].name}, too",
                    hint="joined files name the item by a column of one name: rename it in one of them",
                )
            ids = Numbers()
            own, mine = (_ids(ids, parts[one], keys) for one in (at, base))
            place = np.full(len(ids), -1, np.int32)
            place[own] = np.arange(len(own), dtype=np.int32)
            rows[at] = place[mine]
            lacking = rows[at] < 0
            further = np.ones(len(ids), np.bool_)
            further[mine] = False
            spare = np.flatnonzero(further[own])
            self._check_match(at, base, list(ids), mine[lacking], own[spare])
            if self.unmatched != "keep":
                kept &= ~lacking
        return base, [one[kept] for one in rows]

    def _repeat(self, at: int, part: _Part) -> tuple[int, int] | None:
        """Lines of two rows of one id."""
        own = _ids(Numbers(), part, [key for key in self.keys if self._holds(at, key)])
        order = np.argsort(own, kind="stable")
        twins = np.flatnonzero(own[order][1:] == own[order][:-1])
        if not twins.size:
            return None
        second = int(order[twins + 1].min())
        return int(part.lines[np.flatnonzero(own == own[second])[0]]), int(part.lines[second])

    def _check_match(self, at: int, base: int, ids: Sequence[str], lacking: Codes, spare: Codes) -> None:
        """Say how many rows another file lacks; DataError where none fits, or each has some of its own."""
        one, two = self.tables[base], self.tables[at]
        if not lacking.size and not spare.size:
            return
        alike = _alike([ids[int(code)] for code in lacking], [ids[int(code)] for code in spare])
        if lacking.size and len(ids) == len(np.unique(lacking)) + len(np.unique(spare)):
            raise two.error(
                f"no row is one of {one.name}, such as {ids[int(lacking[0])]!r}",
                field=self.keys[0],
                hint="name the column of ids that the files share; "
                + (alike.partition(",")[0] or "they may be written in two ways"),
            )
        if lacking.size and spare.size and self.unmatched is None:
            more = f" (and {lacking.size - 1:,} more)" if lacking.size > 1 else ""
            raise two.error(
                f"no row is {ids[int(lacking[0])]!r}{more}, which {one.name} has, and {spare.size:,} of its own rows, "
                f"such as {ids[int(spare[0])]!r}, are not in {one.name}",
                field=self.keys[0],
                hint=f"{alike or 'if the ids are right'}, give {argument('unmatched')} drop, or keep (empty cells)",
            )
        for missing, here, there in ((lacking, one, two), (spare, two, one)):
            if not missing.size:
                continue
            what = f"{missing.size:,} row has" if missing.size == 1 else f"{missing.size:,} rows have"
            fate = "left out"
            if here is one:
                keep = f"left out ({argument('unmatched')} keep keeps them)"
                fate = "kept with empty cells" if self.unmatched == "keep" else keep
            self.notes.append(f"{here.name}: {what} an id that {there.name} lacks, such as {ids[missing[0]]!r}: {fate}")

    def _check_same(
        self,
        name: str,
        one: tuple[int, Codes, npt.NDArray[np.object_]],
        two: tuple[int, Codes, npt.NDArray[np.object_]],
        parts: Sequence[_Part],
        rows: Sequence[Codes],
    ) -> None:
        both = np.flatnonzero((rows[one[0]] >= 0) & (rows[two[0]] >= 0))
        pairs, first = np.unique(np.stack([one[1][both], two[1][both]]), axis=1, return_index=True)
        for (a, b), at in zip(pairs.T.tolist(), first.tolist(), strict=True):
            said, again = str(one[2][a]).strip(), str(two[2][b]).strip()
            if said != again:
                line = int(parts[two[0]].lines[rows[two[0]][both[at]]])
                raise self.tables[two[0]].error(
                    f"{again!r} for {self._id(parts, rows, int(both[at]))!r}, which is {said!r} in "
                    f"{self.tables[one[0]].name}",
                    line=line,
                    field=name,
                    hint=f"to take one file's column, name it {f'{name} ({self._files[one[0]]})'!r}",
                )

    def _id(self, parts: Sequence[_Part], rows: Sequence[Codes], row: int) -> str:
        """Write the id of a row."""
        for part, own in zip(parts, rows, strict=True):
            if own[row] >= 0 and (keys := [key for key in self.keys if key in part.columns]):
                return _SEPARATOR.join(part.words[key][part.columns[key][own[row]]].strip() for key in keys)
        raise AssertionError("a row of no file")  # pragma: no cover


def _alike(one: Sequence[str], two: Sequence[str]) -> str:
    """Say that ids of two files differ in leading zeros, case or blanks alone; empty where none do."""
    plain = {_plain(name): name for name in one}
    for name in two:
        if (twin := plain.get(_plain(name))) is not None:
            return f"{twin!r} and {name!r} are two ids here: write them alike, or if they differ"
    return ""


def _plain(name: str) -> str:
    return "".join(name.split()).casefold().lstrip("0")


def _ids(ids: Numbers, part: _Part, keys: Sequence[str]) -> Codes:
    """Turn the ids of the rows into numbers; blanks around them and the .0 of whole numbers make no difference."""
    words = [
        [_WHOLE.sub(r"\1", word.strip()) if "." in word else word.strip() for word in part.words[key]] for key in keys
    ]
    if len(keys) == 1:
        return ids.take(words[0])[part.columns[keys[0]]]
    pairs, place = np.unique(np.stack([part.columns[key] for key in keys]), axis=1, return_inverse=True)
    names = [_SEPARATOR.join(own[code] for own, code in zip(words, pair, strict=True)) for pair in pairs.T.tolist()]
    return ids.take(names)[place.reshape(-1)]


def _cells(part: _Part, name: str, rows: Codes) -> tuple[Codes, npt.NDArray[np.object_]]:
    """Codes of a column in other rows, and their words; the last is the empty cell of a row that isn't there."""
    words = np.array([*part.words[name], ""], dtype=object)
    return np.where(rows < 0, len(words) - 1, part.columns[name][rows]), words
