"""Open a table of any format that we read."""

from __future__ import annotations

import contextlib
import json
from typing import TYPE_CHECKING, Any

from judgebench.errors import DataError, UsageError
from judgebench.files.delimited import CsvTable
from judgebench.files.jsons import JsonTable
from judgebench.files.table import Block, Table, cell, sniff

if TYPE_CHECKING:
    from collections.abc import Generator, Iterator, Sequence
    from pathlib import Path

    from judgebench.files.table import Sniffed


_BATCH = 65536


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
