"""Open a file of any format that we read: a task's rows and one's own table alike."""

from __future__ import annotations

from typing import TYPE_CHECKING

from judgebench.errors import UsageError
from judgebench.files.content import Content, sniff
from judgebench.files.delimited import CsvTable
from judgebench.files.objects import JsonTable
from judgebench.files.parquet import ParquetTable
from judgebench.files.table import Table

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from judgebench.files.opening import Opening
    from judgebench.files.table import FileTable


def open_table(file: Content | Path | str, opening: Opening | None = None) -> FileTable:
    """Open a file: CSV, TSV, JSON lines, a JSON array, one JSON object, or Parquet, told by content, then by name.

    Each may be gzipped. The delimiter is one character, by default the one of ``, ; tab |`` that the header shows;
    UsageError where the format has none. DataError where the file is missing, empty, not UTF-8, or no table.
    """
    content = file if isinstance(file, Content) else Content.at(file)
    found = sniff(content)
    delimiter = None if opening is None else opening.delimiter
    if delimiter is not None:
        delimiter = {"tab": "\t", r"\t": "\t"}.get(delimiter, delimiter)
        if len(delimiter) != 1 or delimiter in '"\r\n':
            raise UsageError(f"a delimiter is one character or 'tab', got {delimiter!r}")
        if found != "csv":
            raise UsageError(f"{content.name} is {found}: it has no delimiter")
    if found == "csv":
        return CsvTable(content, delimiter)
    return ParquetTable(content) if found == "parquet" else JsonTable(content, found)


def read_words(file: Path | Table, columns: Sequence[str], opening: Opening | None = None) -> dict[str, list[str]]:
    """Read columns of a table as text, a cell per row of the file, in its order."""
    wanted = list(dict.fromkeys(columns))
    found: dict[str, list[str]] = {name: [] for name in wanted}
    table = file if isinstance(file, Table) else open_table(file, opening)
    for block in table.blocks(wanted):
        for name, cells in zip(wanted, block.columns, strict=True):
            found[name].extend(cells)
    return found
