"""Several files as one table, joined by the column of ids: gold in one and verdicts in another, or two versions."""

from __future__ import annotations

import hashlib
from pathlib import PurePath
from typing import TYPE_CHECKING

from judgebench.files.read import read_words
from judgebench.files.table import BLOCK_ROWS, Block, Table

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from judgebench.files.table import FileTable


class JoinedTable(Table):
    """Files of the same items, each with the column ``key``, in the order of the first; errors count its lines.

    A column that several files have is one where they say the same, and ``name (file)`` is that of one file.
    """

    def __init__(self, tables: Sequence[FileTable], key: str) -> None:
        first = tables[0]
        super().__init__(" + ".join(one.name for one in tables), first.format)
        self.unit = first.unit
        self.tables = tuple(tables)
        self.key = key
        stems = [PurePath(one.name).name.split(".")[0] for one in tables]
        short = len(set(stems)) == len(stems)
        self._files = tuple(stems if short else (one.name for one in tables))
        self._has = tuple(frozenset(one.columns) for one in tables)
        names: list[str] = []
        for name in dict.fromkeys(name for one in tables for name in one.columns):
            names += [name, *(version for version in self.versions(name) if name not in {key, version})]
        self._columns = tuple(names)

    @property
    def revision(self) -> str:
        """Digest of all files."""
        every = " ".join(one.revision for one in self.tables)
        return f"data:{hashlib.sha256(every.encode()).hexdigest()[:12]}"

    def versions(self, name: str) -> list[str]:
        """Name a column in every file that has it; its own name where only one file does."""
        found = [file for has, file in zip(self._has, self._files, strict=True) if name in has]
        return [f"{name} ({file})" for file in found] if len(found) > 1 else [name]

    def blocks(self, wanted: Sequence[str], *, nested: bool = False) -> Iterator[Block]:
        """Stream the wanted columns."""
        del nested  # a cell that holds a list is not a label
        self.positions(wanted, self._columns)
        places = {name: self._places(name) for name in wanted}
        first = self.tables[0]
        lines, ids = _lines_and_ids(first, self.key)
        read = [
            self._read(at, [own for name in wanted for table, own in places[name] if table == at], ids)
            for at in range(len(self.tables))
        ]
        columns: list[list[str]] = []
        for name in wanted:
            (at, own), *others = places[name]
            cells = read[at][own]
            for other, same in others:
                self._check_same(name, (at, cells), (other, read[other][same]), ids)
            columns.append(cells)
        for start in range(0, len(lines), BLOCK_ROWS):
            stop = start + BLOCK_ROWS
            yield Block(lines[start:stop], [cells[start:stop] for cells in columns])

    def _places(self, name: str) -> list[tuple[int, str]]:
        """Find the files that have a column, and its name there."""
        if plain := [at for at, has in enumerate(self._has) if name in has]:
            return [(at, name) for at in plain]
        stem = name.rsplit(" (", 1)[0]
        return [(self._files.index(name[len(stem) + 2 : -1]), stem)]

    def _read(self, at: int, names: Sequence[str], ids: Sequence[str]) -> dict[str, list[str]]:
        """Read columns of a file in the order of the first one's ids."""
        table = self.tables[at]
        words = read_words(table, [self.key, *names])
        if at == 0:
            return words
        _, own = _lines_and_ids(table, self.key)
        place = {one: row for row, one in enumerate(own)}
        if place.keys().isdisjoint(ids):
            raise table.error(
                f"no row is one of {self.tables[0].name}, such as {ids[0]!r}",
                field=self.key,
                hint="name the column of ids that the files share; they may be written in two ways",
            )
        for one, other, missing in (
            (table, self.tables[0], [name for name in ids if name not in place]),
            (self.tables[0], table, sorted(place.keys() - set(ids), key=place.__getitem__)),
        ):
            if missing:
                more = f" (and {len(missing) - 1:,} more)" if len(missing) > 1 else ""
                raise one.error(
                    f"no row is {missing[0]!r}{more}, which {other.name} has",
                    field=self.key,
                    hint="joined files are about the same items: delete that row, or add one here with empty cells",
                )
        return {name: [cells[place[one]] for one in ids] for name, cells in words.items()}

    def _check_same(
        self, name: str, one: tuple[int, list[str]], two: tuple[int, list[str]], ids: Sequence[str]
    ) -> None:
        for row, (a, b) in enumerate(zip(one[1], two[1], strict=True)):
            if a.strip() != b.strip():
                raise self.tables[two[0]].error(
                    f"{b.strip()!r} for {ids[row]!r}, which is {a.strip()!r} in {self.tables[one[0]].name}",
                    field=name,
                    hint=f"to take one file's column, name it {f'{name} ({self._files[one[0]]})'!r}",
                )


def _lines_and_ids(table: FileTable, key: str) -> tuple[list[int], list[str]]:
    """Line and id of each row; every row has one of its own."""
    lines: list[int] = []
    ids: list[str] = []
    for block in table.blocks([key]):
        lines.extend(block.lines)
        ids.extend(word.strip() for word in block.columns[0])
    seen: dict[str, int] = {}
    for line, one in zip(lines, ids, strict=True):
        if not one:
            raise table.error("a row without an id", line=line, field=key)
        if one in seen:
            raise table.error(
                f"{one!r} is on {table.unit} {seen[one]}, too",
                line=line,
                field=key,
                hint="joined rows have one id each",
            )
        seen[one] = line
    return lines, ids
