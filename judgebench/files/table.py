"""A file as a table: its columns of text cells, streamed in blocks, or its rows of values, one by one."""

from __future__ import annotations

import difflib
import hashlib
import itertools
import json
from abc import ABC, abstractmethod
from collections import Counter, deque
from typing import TYPE_CHECKING, Any, NamedTuple

from judgebench.errors import argument
from judgebench.files.paths import Inner, parsed, split
from judgebench.files.records import Unit, placed, some

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from judgebench.errors import DataError
    from judgebench.files.content import Content, Format
    from judgebench.files.records import Row


#: More columns than any table that somebody reads; a line of a gigabyte may have as many as it has commas.
MOST_COLUMNS = 50_000

#: So many annotators may be in one list.
_MOST_STEPS = 1000

#: Small blocks stay in the processor's cache: 8,192 rows are a third slower.
BLOCK_ROWS = 1024


class Block(NamedTuple):
    """Some rows of a table: the line on which each begins (its number in a Parquet file) and the wanted columns."""

    lines: Sequence[int]
    columns: Sequence[Sequence[str]]


class Table(ABC):
    """Named columns that are open for reading, one pass per call of `blocks`."""

    unit: Unit = "line"
    #: What separates the cells; empty where the format has no delimiter.
    delimiter: str = ""

    def __init__(self, name: str, format: Format) -> None:  # noqa: A002 - the word for it
        self.name = name
        self.format: Format = format
        self._columns: tuple[str, ...] = ()
        #: What a person should know of how it was read; complete once `blocks` was.
        self.notes: list[str] = []

    @property
    def columns(self) -> tuple[str, ...]:
        """Names of the columns, outer blanks removed, in the file's order."""
        return self._columns

    @property
    @abstractmethod
    def revision(self) -> str:
        """``data:`` and a digest."""

    @abstractmethod
    def blocks(self, wanted: Sequence[str], *, nested: bool = False) -> Iterator[Block]:
        """Stream the wanted columns; ``nested`` gives lists and objects as JSON text instead of refusing them.

        DataError where a column is missing or occurs twice, or the file is not what its format says.
        """

    def versions(self, name: str) -> list[str]:
        """Columns that a name stands for: itself, or with ``*`` every entry of a list or field of an object.

        DataError where no row has an entry.
        """
        before, star, after = name.partition(".*")
        if not star or name in self.columns:
            return [name]
        steps: dict[str, None] = {}
        for block in self.blocks([before], nested=True):
            for value in map(parsed, dict.fromkeys(block.columns[0])):
                found = value if isinstance(value, dict) else range(len(value)) if isinstance(value, list) else ()
                steps.update(dict.fromkeys(map(str, found)))
        if not steps:
            raise self.error(f"nothing is inside, which {name!r} asks for", field=before)
        if len(steps) > _MOST_STEPS:
            raise self.error(f"{len(steps):,} entries are inside, which {name!r} asks for: too many", field=before)
        return [one for step in steps for one in self.versions(f"{before}.{step}{after}")]

    def error(self, message: str, line: int | None = None, field: str | None = None, hint: str = "") -> DataError:
        """Build an error that says where."""
        return placed(message, self.name, line, self.unit, field, hint)

    def positions(self, wanted: Sequence[str], columns: Sequence[str]) -> list[int]:
        """Positions of the wanted columns; all that are missing are named at once."""
        return [place for place, _ in self.places(wanted, columns, inner=False)]

    def places(
        self, wanted: Sequence[str], columns: Sequence[str], *, inner: bool = True
    ) -> list[tuple[int, Inner | None]]:
        """Positions of the wanted columns, and what is wanted inside them where a name leads there."""
        places = {name: place for place, name in enumerate(columns)}
        found = {name: split(name, places) if inner else (name, ()) for name in wanted}
        missing = [name for name, at in found.items() if at is None or at[0] not in places]
        if missing:
            raise self.unknown(missing, columns)
        times = Counter(columns)
        cut = {name: at for name, at in found.items() if at is not None}
        for name in dict.fromkeys(column for column, _ in cut.values()):
            if times[name] > 1:
                raise self.error(
                    f"{times[name]} columns have this name",
                    line=1 if self.format == "csv" else None,
                    field=name,
                    hint="rename all but one of them",
                )
        return [(places[column], Inner(name, path) if path else None) for name, (column, path) in cut.items()]

    def unknown(self, missing: Sequence[str], columns: Sequence[str]) -> DataError:
        """Build an error that names columns which are not there, and the nearest that are."""
        known = list(dict.fromkeys(name for name in columns if name))
        cut = [part.strip() for part in ",".join(missing).split(",")]
        near = {
            name: difflib.get_close_matches(name.strip().casefold(), [k.casefold() for k in known], n=2)
            for name in (*missing, *cut)
        }
        shown = [repr(k) for k in known if any(k.casefold() in names for names in near.values())]
        listed = ", ".join(repr(name) for name in missing)
        message = f"no column is named {listed}"
        if len(cut) > len(missing) and set(cut) <= set(known):
            message += f"; {' and '.join(map(repr, cut))} are columns: give the option again for each"
        elif shown:
            message += f"; did you mean {' or '.join(shown)}?"
        tail = f"the columns are {some(known)}" if known else "there are no columns"
        if self.format == "csv" and len(columns) == 1:
            tail += "; if that is one cell too wide, name the delimiter"
        return self.error(f"{message} ({tail})")

    def refuse_nested(self, value: Any, line: int, field: str) -> None:
        """Refuse a list or an object where a label was expected, with the name of what is inside."""
        if not isinstance(value, (list, dict)):
            return
        kind = "a list" if isinstance(value, list) else "an object"
        steps = ["*"] if isinstance(value, list) else list(value)[:3]
        inside = f"; what is inside has a name: {', '.join(f'{field}.{step}' for step in steps)}" if steps else ""
        several = f"several labels are a set: {argument('scale')} set" if isinstance(value, list) else ""
        raise self.error(f"{kind} where one value was expected{inside}", line=line, field=field, hint=several)

    def inner_cells(self, values: Sequence[Any], inner: Inner, lines: Sequence[int], *, nested: bool) -> list[str]:
        """Write what is inside some cells as cells of their own."""
        found = list(map(inner.of, values))
        if not nested:
            for line, value in zip(lines, found, strict=True):
                self.refuse_nested(value, line, inner.name)
        return list(map(cell_or_json, found))

    def in_blocks(
        self, cells: Mapping[str, Sequence[str]], lines: Sequence[int], wanted: Sequence[str], *, nested: bool
    ) -> Iterator[Block]:
        """Stream the wanted columns of a table whose cells are in memory."""
        names, columns = list(cells), list(cells.values())
        places = self.places(wanted, names)
        for start in range(0, len(lines), BLOCK_ROWS):
            some = lines[start : start + BLOCK_ROWS]
            found = [(columns[place][start : start + BLOCK_ROWS], inner) for place, inner in places]
            yield Block(
                some,
                [own if path is None else self.inner_cells(own, path, some, nested=nested) for own, path in found],
            )
        self.check_inner([(names[place], inner) for place, inner in places if inner is not None])

    def check_inner(self, columns: Sequence[tuple[str, Inner]]) -> None:
        """Refuse a path that leads nowhere in any row: it is a typing error, not a column of gaps."""
        for column, inner in columns:
            if not inner.found:
                raise self.error(f"no cell has {'.'.join(inner.path)!r} inside", field=column)


class FileTable(Table):
    """A file that is open for reading, one pass per call of `blocks` or `rows`."""

    def __init__(self, content: Content, format: Format) -> None:  # noqa: A002 - the word for it
        super().__init__(content.name, format)
        self.content = content
        #: Rows at the end that don't belong to the table.
        self.drop_last = 0

    def name_columns(self, first: Sequence[str], header: int) -> None:
        """Take the names of the columns from the first row, or number them from 1 where there is no header."""
        if len(first) > MOST_COLUMNS:
            raise self.error(f"{len(first):,} columns, and a table has at most {MOST_COLUMNS:,}", line=1)
        names = first if header else [str(place) for place in range(1, len(first) + 1)]
        self._columns = tuple(name.strip() for name in names)

    @property
    def revision(self) -> str:
        """``data:`` and a digest of the file as it is on disk."""
        return f"data:{self.content.packed_sha256()[:12]}"

    def blocks(self, wanted: Sequence[str], *, nested: bool = False) -> Iterator[Block]:
        """Stream the wanted columns."""
        found = self._blocks(wanted, nested=nested)
        return self._but_last(found) if self.drop_last else found

    def rows(self) -> Iterator[Row]:
        """Stream all rows, their values as JSON and Parquet have them; cells of delimited text are text."""
        return self._rows_but_last() if self.drop_last else self._rows()

    def _rows_but_last(self) -> Iterator[Row]:
        held: deque[Row] = deque()
        left = False
        for row in self._rows():
            held.append(row)
            if len(held) > self.drop_last:
                left = True
                yield held.popleft()
        if not left:
            raise self._none_left()

    def _none_left(self) -> DataError:
        return self.error(f"no row is left: {argument('drop_last')} {self.drop_last} takes them all")

    @abstractmethod
    def _blocks(self, wanted: Sequence[str], *, nested: bool) -> Iterator[Block]: ...

    @abstractmethod
    def _rows(self) -> Iterator[Row]: ...

    def _but_last(self, blocks: Iterator[Block]) -> Iterator[Block]:
        """Hold back what may be among the last rows."""
        held: deque[Block] = deque()
        for block in blocks:
            held.append(block)
            while sum(len(one.lines) for one in itertools.islice(held, 1, None)) >= self.drop_last:
                yield held.popleft()
        left = sum(len(one.lines) for one in held) - self.drop_last
        if left <= 0:
            raise self._none_left()
        for block in held:
            if left > 0:
                yield Block(block.lines[:left], [cells[:left] for cells in block.columns])
            left -= len(block.lines)


def joint_revision(tables: Sequence[Table]) -> str:
    """Digest several files that are read as one table."""
    every = " ".join(one.revision for one in tables)
    return f"data:{hashlib.sha256(every.encode()).hexdigest()[:12]}"


def cell(value: Any) -> str:
    """Write one JSON or Parquet value as the text of a cell.

    >>> cell(True), cell(3), cell(None), cell(float("nan"))
    ('true', '3', '', 'nan')
    """
    if value is None:
        return ""
    if isinstance(value, bool):
        return "true" if value else "false"
    return str(value)


def cell_or_json(value: Any) -> str:
    """Write any value as the text of a cell, a list or an object as JSON."""
    if isinstance(value, str):
        return value
    if isinstance(value, (list, dict)):
        return json.dumps(value, ensure_ascii=False, default=str)
    return cell(value)
