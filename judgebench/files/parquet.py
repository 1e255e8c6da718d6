"""Parquet as a table."""

from __future__ import annotations

import contextlib
from typing import TYPE_CHECKING, Any

from judgebench.errors import DataError
from judgebench.files.content import unpacked_limit
from judgebench.files.records import Row
from judgebench.files.table import BLOCK_ROWS, MOST_COLUMNS, Block, FileTable, cell_or_json

if TYPE_CHECKING:
    from collections.abc import Generator, Iterator, Sequence

    from judgebench.files.content import Content

_BATCH = 65536
#: A column that always says the same takes no room: so many rows, or so many for each byte of the file.
_ROWS, _ROWS_A_BYTE = 10_000_000, 100
_LONG = 10_000


class ParquetTable(FileTable):
    """A Parquet file; errors count rows, from 1."""

    unit = "row"

    def __init__(self, content: Content, drop_last: int = 0) -> None:
        super().__init__(content, "parquet")
        self.drop_last = drop_last
        import pyarrow as pa  # noqa: PLC0415 - loaded on use
        import pyarrow.parquet as pq  # noqa: PLC0415 - loaded on use

        self._long: dict[str, str] = {}
        plain = content.on_disk()
        raw = content.read() if plain is None else b""
        with _damage(self.name):
            self._file: Any = pq.ParquetFile(pa.BufferReader(raw) if plain is None else plain)
            names = self._file.schema_arrow.names
            self._columns = tuple(str(name).strip() for name in names)
            size = len(raw) if plain is None else plain.stat().st_size
            self._refuse_bomb(self._file.metadata, size)
            # A word that is kept once and named in every row must not become as many words.
            words = [name for name, kind in zip(names, self._file.schema_arrow.types, strict=True) if _is_text(kind)]
            self._file = pq.ParquetFile(pa.BufferReader(raw) if plain is None else plain, read_dictionary=words)

    def _refuse_bomb(self, facts: Any, size: int) -> None:
        unpacked = sum(facts.row_group(i).total_byte_size for i in range(facts.num_row_groups))
        rows = max(_ROWS, _ROWS_A_BYTE * size)
        if unpacked > unpacked_limit(size) or facts.num_rows > rows or len(self._columns) > MOST_COLUMNS:
            raise self.error(
                f"{size:,} bytes hold {facts.num_rows:,} rows, {len(self._columns):,} columns and {unpacked:,} bytes: "
                "far more than a table does"
            )

    def _blocks(self, wanted: Sequence[str], *, nested: bool) -> Iterator[Block]:
        import pyarrow as pa  # noqa: PLC0415 - loaded on use

        schema = self._file.schema_arrow
        places = self.places(wanted, self._columns)
        for position, inner in places:
            kind = schema.field(position).type
            single = nested or inner is not None
            if not single and (pa.types.is_nested(kind) or pa.types.is_binary(kind) or pa.types.is_large_binary(kind)):
                raise self.error(f"holds {kind} values where single values were expected", field=schema.names[position])
        for lines, columns in self._batches([position for position, _ in places], _BATCH):
            yield Block(
                lines,
                [
                    _cells(values) if inner is None else self.inner_cells(values, inner, lines, nested=nested)
                    for values, (_, inner) in zip(columns, places, strict=True)
                ],
            )
        self.check_inner([(schema.names[position], inner) for position, inner in places if inner])

    def _rows(self) -> Iterator[Row]:
        for lines, columns in self._batches(self.positions(self._columns, self._columns), BLOCK_ROWS):
            for line, values in zip(lines, zip(*columns, strict=True), strict=True):
                yield Row(dict(zip(self._columns, values, strict=True)), self.name, line, unit=self.unit)

    def _batches(self, positions: Sequence[int], size: int) -> Iterator[tuple[range, list[list[Any]]]]:
        """Stream columns and the numbers of their rows."""
        names = [self._file.schema_arrow.names[position] for position in positions]
        # Of few rows the threads cost more than they read.
        batches = self._file.iter_batches(
            batch_size=size, columns=list(dict.fromkeys(names)), use_threads=size > BLOCK_ROWS
        )
        first = 1
        while True:
            with _damage(self.name):
                batch = next(batches, None)
                if batch is None:
                    break
                columns = [self._values(batch.column(batch.schema.get_field_index(name))) for name in names]
            if batch.num_rows:
                yield range(first, first + batch.num_rows), columns
            first += batch.num_rows
        if first == 1:
            raise self.error("no rows")

    def _values(self, column: Any) -> list[Any]:
        """Turn a column into Python's values; equal texts of a dictionary are one object."""
        import pyarrow as pa  # noqa: PLC0415 - loaded on use

        if not pa.types.is_dictionary(column.type):
            return list(column.to_pylist())
        if len(column.dictionary) > len(column):
            # The dictionary of all rows, a word or so each.
            return list(column.dictionary_decode().to_pylist())
        words = column.dictionary.to_pylist()
        for code, word in enumerate(words):
            if word is not None and len(word) > _LONG:
                # Whoever looks up a word compares it with itself at once, and with its equal letter by letter.
                words[code] = self._long.setdefault(word, word)
        return [None if code is None else words[code] for code in column.indices.to_pylist()]


@contextlib.contextmanager
def _damage(name: str) -> Generator[None]:
    import pyarrow as pa  # noqa: PLC0415 - loaded on use

    try:
        yield
    except (pa.ArrowException, OSError) as error:
        first = str(error).splitlines()[0] if str(error) else type(error).__name__
        raise DataError(f"damaged Parquet file ({first})", file=name, hint="write it again") from None


def _is_text(kind: Any) -> bool:
    import pyarrow as pa  # noqa: PLC0415 - loaded on use

    return bool(pa.types.is_string(kind))


def _cells(values: list[Any]) -> list[str]:
    return [value if isinstance(value, str) else cell_or_json(value) for value in values]
