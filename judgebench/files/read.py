"""Open a file of any format that we read: a task's rows and one's own table alike."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from judgebench.errors import UsageError
from judgebench.files.content import Content, sniff
from judgebench.files.delimited import CsvTable
from judgebench.files.objects import JsonTable
from judgebench.files.opening import Opening
from judgebench.files.parquet import ParquetTable
from judgebench.files.table import Table
from judgebench.files.workbook import WorkbookTable

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from pathlib import Path

    from judgebench.files.content import Format
    from judgebench.files.joined import JoinedTable
    from judgebench.files.table import FileTable


def open_table(file: Content | Path | str, opening: Opening | None = None) -> FileTable:
    """Open a file: CSV, TSV, JSON lines, a JSON array, one JSON object, Parquet, or a workbook, told by its content.

    All but workbooks may be gzipped. UsageError where the format has nothing of what ``opening`` says. DataError where
    the file is missing, empty, not UTF-8, or no table; FormError where it can be read in several ways.
    """
    content = file if isinstance(file, Content) else Content.at(file)
    found = sniff(content)
    opening = opening or Opening()
    opening.check(content.name, found)
    if opening.delimiter is not None:
        opening = replace(opening, delimiter=_delimiter(opening.delimiter))
    if found == "csv":
        return CsvTable(content, opening)
    if found == "workbook":
        return WorkbookTable(content, opening)
    if found == "parquet":
        return ParquetTable(content, opening.drop_last)
    return JsonTable(content, found, opening)


def open_joined(
    paths: Sequence[Path],
    key: str | Sequence[str],
    opening: Opening | None = None,
    opened: Mapping[Path, Table] | None = None,
) -> JoinedTable:
    """Open several files as one table, but for those that are open already.

    What ``opening`` says is said of those files that it can be said of; UsageError where there is none.
    """
    opening, known = opening or Opening(), opened or {}
    formats: dict[Path, Format] = {path: sniff(Content.at(path)) for path in paths if path not in known}
    fitting = {path: opening.fitting(one) for path, one in formats.items()}
    if idle := set(opening.said()).difference(*(one.said() for one in fitting.values())):
        for path, one in formats.items():
            opening.check(str(path), one)
        raise UsageError(f"none of these files has a {min(idle)}")
    from judgebench.files.joined import JoinedTable  # noqa: PLC0415 - loads numpy

    tables = [known[path] if path in known else open_table(path, fitting[path]) for path in paths]
    return JoinedTable(tables, key, opening.unmatched)


def _delimiter(said: str) -> str:
    delimiter = {"tab": "\t", r"\t": "\t", "space": " "}.get(said, said)
    if len(delimiter) != 1 or delimiter in '"\r\n':
        raise UsageError(f"a delimiter is one character, 'tab' or 'space', got {said!r}")
    return delimiter


def read_words(file: Path | Table, columns: Sequence[str], opening: Opening | None = None) -> dict[str, list[str]]:
    """Read columns of a table as text, a cell per row of the file, in its order."""
    wanted = list(dict.fromkeys(columns))
    found: dict[str, list[str]] = {name: [] for name in wanted}
    table = file if isinstance(file, Table) else open_table(file, opening)
    for block in table.blocks(wanted):
        for name, cells in zip(wanted, block.columns, strict=True):
            found[name].extend(cells)
    return found
