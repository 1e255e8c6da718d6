"""Open a table of any format that we read; JSON (an object per line, or one array of objects) and Parquet."""

from __future__ import annotations

import contextlib
import json
from typing import TYPE_CHECKING, Any

from judgebench.errors import DataError, UsageError
from judgebench.files.delimited import CsvTable
from judgebench.files.table import BLOCK_ROWS, SAVE_AS, Block, Table, cell, open_binary, reading, sniff

if TYPE_CHECKING:
    from collections.abc import Generator, Iterator, Sequence
    from pathlib import Path

    from judgebench.files.table import Sniffed


_BATCH = 65536
_COLUMN_ROWS = 2000
_WHOLE_FILE = 1 << 26


class JsonTable(Table):
    """JSONL or a JSON array of objects; a field that a record lacks is a missing cell."""

    def __init__(self, source: Sniffed) -> None:
        super().__init__(source)
        self._columns: tuple[str, ...] | None = None

    @property
    def columns(self) -> tuple[str, ...]:
        """Fields of the first 2,000 records, in the order in which they appear."""
        if self._columns is None:
            seen: dict[str, None] = {}
            for number, (_, record) in enumerate(self._records()):
                if number >= _COLUMN_ROWS:
                    break
                seen.update(dict.fromkeys(record))
            self._columns = tuple(seen)
        return self._columns

    def blocks(self, wanted: Sequence[str], *, nested: bool = False) -> Iterator[Block]:
        """Stream the wanted fields."""
        lines: list[int] = []
        cells: list[list[str]] = [[] for _ in wanted]
        seen: dict[str, None] = {}
        for line, record in self._records():
            seen.update(dict.fromkeys(record))
            lines.append(line)
            for name, column in zip(wanted, cells, strict=True):
                value = record.get(name)
                if isinstance(value, str):
                    column.append(value)
                elif isinstance(value, (list, dict)):
                    if not nested:
                        kind = "a list" if isinstance(value, list) else "an object"
                        raise self.error(f"{kind} where one value was expected", line=line, field=name)
                    column.append(json.dumps(value, ensure_ascii=False))
                else:
                    column.append(cell(value))
            if len(lines) == BLOCK_ROWS:
                yield Block(lines, list(cells))
                lines, cells = [], [[] for _ in wanted]
        # A field may first appear in the last record, so a missing one is known only here.
        if lines:
            self.positions(wanted, tuple(seen))
            yield Block(lines, list(cells))
        elif not seen:
            raise self.error("no records")
        else:
            self.positions(wanted, tuple(seen))

    def _records(self) -> Iterator[tuple[int, dict[str, Any]]]:
        with reading(self.path):
            yield from self._of_array() if self.format == "json" else self._of_lines()

    def _of_lines(self) -> Iterator[tuple[int, dict[str, Any]]]:
        with open_binary(self.path) as stream:
            for number, raw in enumerate(stream, 1):
                # Cut at \n only: U+2028 and U+0085 inside a text end no line.
                try:
                    text = raw.decode("utf-8-sig" if number == 1 else "utf-8").strip(" \t\r\n")
                except UnicodeDecodeError as error:
                    raise self.error(f"byte 0x{raw[error.start]:02x} is not UTF-8", line=number, hint=SAVE_AS) from None
                if text:
                    yield number, self._object(text, number)

    def _object(self, text: str, number: int) -> dict[str, Any]:
        try:
            value = json.loads(text, object_pairs_hook=_distinct)
        except _DoubledKeyError as doubled:
            raise self.error("appears twice in one object", line=number, field=str(doubled)) from None
        except (ValueError, RecursionError) as error:
            if number == 1 and self._whole_object():
                raise self.error(
                    "one JSON object, not a table", hint="expected an object per line, or an array"
                ) from None
            raise self.error(f"not valid JSON ({error})", line=number, hint="expected an object per line") from None
        return self._checked(value, number)

    def _checked(self, value: Any, number: int) -> dict[str, Any]:
        if not isinstance(value, dict):
            raise self.error(f"expected an object, got {_kind(value)}", line=number)
        return value

    def _of_array(self) -> Iterator[tuple[int, dict[str, Any]]]:
        with open_binary(self.path) as stream:
            text = stream.read().decode("utf-8-sig")
        decoder = json.JSONDecoder(object_pairs_hook=_distinct)
        at = _blank(text, text.index("[") + 1)
        line, counted = 1, 0
        while text[at : at + 1] != "]":
            line += text.count("\n", counted, at)
            counted = at
            try:
                value, end = decoder.raw_decode(text, at)
            except _DoubledKeyError as doubled:
                raise self.error("appears twice in one object", line=line, field=str(doubled)) from None
            except (ValueError, RecursionError) as error:
                raise self.error(f"not valid JSON ({error})", line=line) from None
            yield line, self._checked(value, line)
            at = _blank(text, end)
            if text[at : at + 1] == ",":
                at = _blank(text, at + 1)
            elif text[at : at + 1] != "]":
                line += text.count("\n", counted, at)
                raise self.error("the array is cut off here, or a comma is missing", line=line)
        tail = _blank(text, at + 1)
        if tail < len(text):
            line += text.count("\n", counted, tail)
            raise self.error("text after the end of the array", line=line, hint="expected one array of objects")

    def _whole_object(self) -> bool:
        with open_binary(self.path) as stream:
            raw = stream.read(_WHOLE_FILE)
        try:
            return isinstance(json.loads(raw.decode("utf-8-sig")), dict)
        except (ValueError, RecursionError):
            return False


class _DoubledKeyError(Exception):
    """A JSON object names a field twice; which one counts is not for us to guess."""


def _distinct(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) != len(pairs):
        names = [name for name, _ in pairs]
        raise _DoubledKeyError(next(name for name in names if names.count(name) > 1))
    return found


def _kind(value: Any) -> str:
    if isinstance(value, list):
        return "a list"
    if value is None:
        return "null"
    return "a text" if isinstance(value, str) else f"{cell(value)}"


def _blank(text: str, at: int) -> int:
    while at < len(text) and text[at] in " \t\r\n":
        at += 1
    return at


class ParquetTable(Table):
    """A Parquet file; errors count rows, from 1."""

    unit = "row"

    def __init__(self, source: Sniffed) -> None:
        super().__init__(source)
        import pyarrow.parquet as pq  # noqa: PLC0415 - loaded on use

        with _damage(self.path):
            self._file: Any = pq.ParquetFile(self.path)
            self._columns = tuple(str(name).strip() for name in self._file.schema_arrow.names)

    @property
    def columns(self) -> tuple[str, ...]:
        """Names in the schema."""
        return self._columns

    def blocks(self, wanted: Sequence[str], *, nested: bool = False) -> Iterator[Block]:
        """Stream the wanted columns."""
        import pyarrow as pa  # noqa: PLC0415 - loaded on use

        schema = self._file.schema_arrow
        raw = [schema.names[position] for position in self.positions(wanted, self._columns)]
        for name in raw:
            kind = schema.field(name).type
            if not nested and (pa.types.is_nested(kind) or pa.types.is_binary(kind) or pa.types.is_large_binary(kind)):
                raise self.error(f"holds {kind} values where single values were expected", field=name)
        seen = 0
        batches = self._file.iter_batches(batch_size=_BATCH, columns=list(dict.fromkeys(raw)))
        while True:
            with _damage(self.path):
                batch = next(batches, None)
                if batch is None:
                    break
                columns = [_cells(batch.column(batch.schema.get_field_index(name)).to_pylist()) for name in raw]
            if batch.num_rows:
                yield Block(range(seen + 1, seen + 1 + batch.num_rows), columns)
            seen += batch.num_rows
        if not seen:
            raise self.error("no rows")


@contextlib.contextmanager
def _damage(path: Path) -> Generator[None]:
    import pyarrow as pa  # noqa: PLC0415 - loaded on use

    try:
        yield
    except (pa.ArrowException, OSError) as error:
        first = str(error).splitlines()[0] if str(error) else type(error).__name__
        raise DataError(f"damaged Parquet file ({first})", file=str(path), hint="write it again") from None


def _cells(values: list[Any]) -> list[str]:
    return [
        value
        if isinstance(value, str)
        else json.dumps(value, ensure_ascii=False, default=str)
        if isinstance(value, (list, dict))
        else cell(value)
        for value in values
    ]


def open_table(path: Path | str, delimiter: str | None = None) -> Table:
    """Open a label file: CSV, TSV, JSONL, a JSON array (each also gzipped), or Parquet, told by content, then by name.

    ``delimiter`` is one character, by default the one of ``, ; tab |`` that the header shows; UsageError where the
    format has none. DataError where the file is missing, empty, not UTF-8, or no table.
    """
    source = sniff(path)
    if delimiter is not None:
        delimiter = {"tab": "\t", r"\t": "\t"}.get(delimiter, delimiter)
        if len(delimiter) != 1 or delimiter in '"\r\n':
            raise UsageError(f"a delimiter is one character or 'tab', got {delimiter!r}")
        if source.format != "csv":
            raise UsageError(f"{source.path} is {source.format}: it has no delimiter")
    if source.format == "csv":
        return CsvTable(source, delimiter)
    if source.format == "parquet":
        return ParquetTable(source)
    return JsonTable(source)


def read_words(path: Path | Table, columns: Sequence[str], delimiter: str | None = None) -> dict[str, list[str]]:
    """Read columns of a table as text, a cell per row of the file, in its order."""
    wanted = list(dict.fromkeys(columns))
    found: dict[str, list[str]] = {name: [] for name in wanted}
    table = path if isinstance(path, Table) else open_table(path, delimiter)
    for block in table.blocks(wanted):
        for name, cells in zip(wanted, block.columns, strict=True):
            found[name].extend(cells)
    return found
