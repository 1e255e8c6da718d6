"""What a file looks like before anybody knows whose it is: enough of it to recognise the tool that wrote it."""

from __future__ import annotations

import csv
import functools
import io
import json
from pathlib import PurePath
from typing import TYPE_CHECKING, Any

from judgebench.errors import DataError
from judgebench.files.content import ZIP, Content, sniff
from judgebench.files.objects import objects, read_value
from judgebench.files.opening import Opening
from judgebench.files.read import open_table
from judgebench.files.zips import Archive

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from judgebench.files.content import Format

_HEAD = 1 << 18
_ROWS = 4
_LINES = frozenset({".jsonl", ".ndjson"})


class Probe:
    """A file that is asked whose it is; what was read for one question is kept for the next."""

    def __init__(self, path: Path) -> None:
        self.content = Content.at(path)
        self.name = self.content.name
        self.stem = PurePath(self.name).name.split(".")[0]

    @functools.cached_property
    def head(self) -> bytes:
        """Its first bytes."""
        with self.content.open() as stream:
            return stream.read(_HEAD)

    @functools.cached_property
    def format(self) -> Format | None:
        """Its format; None where it is none that we read."""
        try:
            return sniff(self.content)
        except DataError:
            return None

    @functools.cached_property
    def members(self) -> frozenset[str]:
        """Names of the files in it, if it is a zip archive."""
        if not self.head.startswith(ZIP):
            return frozenset()
        try:
            with Archive(self.content) as archive:
                return frozenset(archive.names)
        except DataError:
            return frozenset()

    @functools.cached_property
    def object(self) -> dict[str, Any]:
        """The one JSON object that it is; empty where it isn't one."""
        first, _, rest = self.head.strip().partition(b"\n")
        several = bool(self.record) and first.rstrip().endswith(b"}") and rest.lstrip().startswith(b"{")
        if self.format != "jsonl" or several or (self.record and PurePath(self.name).suffix.lower() in _LINES):
            return {}
        try:
            value = read_value(self.content)
        except DataError:
            return {}
        return value if isinstance(value, dict) else {}

    @functools.cached_property
    def record(self) -> dict[str, Any]:
        """The first record of an array or of lines; empty where there is none."""
        if self.format not in {"json", "jsonl"}:
            return {}
        try:
            text = self.head.decode("utf-8-sig", "ignore").lstrip().removeprefix("[").lstrip()
            if self.format == "jsonl":
                text = text.partition("\n")[0]
            value, _ = json.JSONDecoder().raw_decode(text)
        except (ValueError, RecursionError):
            try:
                value = next(iter(self.records())) if len(self.head) == _HEAD else {}
            except DataError:
                return {}
        return value if isinstance(value, dict) else {}

    def records(self) -> Iterator[dict[str, Any]]:
        """Stream the records of an array or of lines; NaN is a value as any other."""
        if self.format not in {"json", "jsonl"}:
            return
        for _, record in objects(self.content, self.format):
            yield record

    @functools.cached_property
    def cells(self) -> list[list[str]]:
        """The first rows of delimited text; empty where it isn't any."""
        if self.format != "csv":
            return []
        text = self.head.decode("utf-8-sig", "ignore")
        first = text.lstrip().partition("\n")[0]
        delimiter = (
            "\t" if first.count("\t") > first.count(",") else ";" if first.count(";") > first.count(",") else ","
        )
        rows: list[list[str]] = []
        try:
            for row in csv.reader(io.StringIO(text), delimiter=delimiter):
                if row:
                    rows.append(row)
                if len(rows) == _ROWS:
                    break
        except csv.Error:
            pass
        return rows

    @functools.cached_property
    def columns(self) -> list[str]:
        """Names of its columns: of delimited text, a workbook, Parquet, or the fields of the first record."""
        if self.format == "csv":
            return [name.strip() for name in self.cells[0]] if self.cells else []
        if self.format == "parquet":
            return list(open_table(self.content).columns)
        return list(self.record)

    def rows(self, opening: Opening | None = None) -> Iterator[dict[str, Any]]:
        """Stream its rows: text where it is delimited text, else the values of JSON or Parquet."""
        if self.format in {"json", "jsonl"}:
            yield from self.records()
        else:
            for row in open_table(self.content, opening or Opening(header=1 if self.format == "csv" else None)).rows():
                yield row.data
