"""Open a table of any format that we read."""

from __future__ import annotations

from typing import TYPE_CHECKING

from judgebench.errors import UsageError
from judgebench.files.delimited import CsvTable
from judgebench.files.sniff import sniff

if TYPE_CHECKING:
    from pathlib import Path

    from judgebench.files.table import Table


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
        from judgebench.files.parquet import ParquetTable  # noqa: PLC0415 - loaded on use

        return ParquetTable(source)
    from judgebench.files.jsons import JsonTable  # noqa: PLC0415 - loaded on use

    return JsonTable(source)
