"""Parquet as a table."""

from __future__ import annotations

import contextlib
import io
from typing import TYPE_CHECKING, Any

from judgebench.errors import DataError
from judgebench.files.content import unpacked_limit
from judgebench.files.records import Row
from judgebench.files.table import BLOCK_ROWS, MOST_COLUMNS, Block, FileTable, cell_or_json

if TYPE_CHECKING:
    from collections.abc import Generator, Iterator, Sequence
    from typing import IO

    from judgebench.files.content import Content

_BATCH = 65536
#: What a batch may come to if each of its rows holds the longest word of its columns' dictionaries.
_BATCH_BYTES = 1 << 30
#: What is read at once of a column, however many rows are in one piece.
_BUFFER = 1 << 16
#: A column that always says the same takes no room: so many rows, or so many for each byte of the file.
_ROWS, _ROWS_A_BYTE = 10_000_000, 100
_LONG = 10_000
#: A page with a dictionary, and the kinds of Thrift's fields.
_DICTIONARY, _NUMBER, _STRUCT = 2, 5, 12


class ParquetTable(FileTable):
    """A Parquet file; errors count rows, from 1."""

    unit = "row"

    def __init__(self, content: Content, drop_last: int = 0) -> None:
        super().__init__(content, "parquet")
        self.drop_last = drop_last
        import pyarrow as pa
        import pyarrow.parquet as pq

        self._long: dict[str, str] = {}
        #: By column, the bytes of its largest dictionary that is read word by word.
        self._dictionaries: dict[str, int] = {}
        plain = content.on_disk()
        raw = content.read() if plain is None else b""

        def opened(**options: Any) -> Any:
            source = pa.BufferReader(raw) if plain is None else plain
            return pq.ParquetFile(source, pre_buffer=False, buffer_size=_BUFFER, **options)

        with _damage(self.name):
            self._file: Any = opened()
            names, facts = self._file.schema_arrow.names, self._file.metadata
            self._columns = tuple(str(name).strip() for name in names)
            self._refuse_bomb(facts, len(raw) if plain is None else plain.stat().st_size)
            texts = {name for name, kind in zip(names, self._file.schema_arrow.types, strict=True) if _is_text(kind)}
            with io.BytesIO(raw) if plain is None else plain.open("rb") as stream:
                repeated = self._repeated(facts, stream) & texts
            if repeated:
                self._file = opened(metadata=facts, read_dictionary=sorted(repeated))

    def _refuse_bomb(self, facts: Any, size: int) -> None:
        unpacked = sum(facts.row_group(i).total_byte_size for i in range(facts.num_row_groups))
        rows = max(_ROWS, _ROWS_A_BYTE * size)
        if unpacked > unpacked_limit(size) or facts.num_rows > rows or len(self._columns) > MOST_COLUMNS:
            raise self.error(
                f"{size:,} bytes hold {facts.num_rows:,} rows, {len(self._columns):,} columns and {unpacked:,} bytes: "
                "far more than a table does"
            )

    def _repeated(self, facts: Any, stream: IO[bytes]) -> set[str]:
        """Find the columns whose words are longer than what a row takes: each is read once, and named by its rows.

        To read other columns so would be to keep all their words, of a million rows perhaps.
        """
        found: set[str] = set()
        for group in map(facts.row_group, range(facts.num_row_groups)):
            for chunk in map(group.column, range(group.num_columns)):
                path, size, words = chunk.path_in_schema, *_dictionary(chunk, stream)
                if size * chunk.num_values > 2 * chunk.total_uncompressed_size * words:
                    found.add(path)
                for name in {path, path.partition(".")[0]}:
                    self._dictionaries[name] = max(size, self._dictionaries.get(name, 0))
        self._dictionaries |= dict.fromkeys(found, 0)
        return found

    def _blocks(self, wanted: Sequence[str], *, nested: bool) -> Iterator[Block]:
        import pyarrow as pa

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
        names, name, unit = self._columns, self.name, self.unit
        for lines, columns in self._batches(self.positions(names, names), BLOCK_ROWS):
            for line, values in zip(lines, zip(*columns, strict=True), strict=True):
                yield Row(dict(zip(names, values)), name, line, "", unit)  # noqa: B905 - one value a column

    def _batches(self, positions: Sequence[int], size: int) -> Iterator[tuple[range, list[list[Any]]]]:
        """Stream columns and the numbers of their rows."""
        names = [self._file.schema_arrow.names[position] for position in positions]
        largest = sum(self._dictionaries.get(name, _BATCH_BYTES) for name in names)
        size = max(1, min(size, _BATCH_BYTES // max(1, largest)))
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
        import pyarrow as pa

        if not pa.types.is_dictionary(column.type):
            return list(column.to_pylist())
        codes, words = column.indices, column.dictionary
        if len(words) > len(codes):
            few = codes.dictionary_encode()
            codes, words = few.indices, words.take(few.dictionary)
        said = words.to_pylist()
        for code, word in enumerate(said):
            if word is not None and len(word) > _LONG:
                # Whoever looks up a word compares it with itself at once, and with its equal letter by letter.
                said[code] = self._long.setdefault(word, word)
        return [None if code is None else said[code] for code in codes.to_pylist()]


@contextlib.contextmanager
def _damage(name: str) -> Generator[None]:
    import pyarrow as pa

    try:
        yield
    except (pa.ArrowException, OSError) as error:
        first = str(error).splitlines()[0] if str(error) else type(error).__name__
        raise DataError(f"damaged Parquet file ({first})", file=name, hint="write it again") from None


def _dictionary(chunk: Any, stream: IO[bytes]) -> tuple[int, int]:
    """Bytes and words of a chunk's dictionary, unpacked, from the head of its page.

    The head is in Thrift's compact form: what kind of page, its size, its packed size, perhaps a checksum, and the
    number of its words, each behind a byte that ends in 5, or in 12 where a struct begins
    (https://parquet.apache.org/docs/file-format/). One that is written in another way is taken to be one word.
    """
    if not chunk.has_dictionary_page:
        shared = any("DICT" in one or one == "DELTA_BYTE_ARRAY" for one in chunk.encodings)
        return int(chunk.total_uncompressed_size) * shared, 1
    stream.seek(chunk.dictionary_page_offset)
    head = iter(stream.read(32))
    numbers: list[int] = []
    for kind in head:
        if kind & 15 == _STRUCT:
            break
        numbers.append(_varint(head))
    if numbers[:1] != [_DICTIONARY] or len(numbers) < 3 or next(head, 0) & 15 != _NUMBER:
        return int(chunk.total_uncompressed_size), 1
    return numbers[1], max(1, _varint(head))


def _varint(head: Iterator[int]) -> int:
    """Read a number of Thrift's: seven bits a byte, the lowest first, and doubled where it isn't negative.

    >>> _varint(iter([128, 1]))
    64
    """
    value = shift = 0
    for byte in head:
        value |= (byte & 127) << shift
        shift += 7
        if byte < 128:
            break
    return value >> 1


def _is_text(kind: Any) -> bool:
    import pyarrow as pa

    return bool(pa.types.is_string(kind))


def _cells(values: list[Any]) -> list[str]:
    return [value if isinstance(value, str) else cell_or_json(value) for value in values]
