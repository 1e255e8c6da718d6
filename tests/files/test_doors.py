"""A task's data and one's own table are one reader's: the same rows, the same place, the same refusal."""

from __future__ import annotations

import csv
import gzip
import io
import json
from typing import TYPE_CHECKING, Any

import pytest

from judgebench.errors import DataError
from judgebench.files.read import open_table
from judgebench.files.table import cell
from judgebench.tasks.sources import file_source

if TYPE_CHECKING:
    from pathlib import Path

RECORDS: list[dict[str, Any]] = [
    {"id": "1", "judge": "yes", "text": 'two\nlines, "quoted" \u2028 é'},
    {"id": "2", "judge": "", "text": "x" * 150_000},
    {"id": "3", "judge": "no", "text": "a;b\tc|d"},
]
COLUMNS = list(RECORDS[0])


def delimited(delimiter: str, end: str = "\r\n", before: str = "") -> bytes:
    out = io.StringIO(newline="")
    out.write(before)
    writer = csv.writer(out, delimiter=delimiter, lineterminator=end)
    writer.writerows([COLUMNS, *([record[name] for name in COLUMNS] for record in RECORDS)])
    return out.getvalue().encode()


def lines(ends: str = "\n") -> bytes:
    return ends.join(json.dumps(record, ensure_ascii=False) for record in RECORDS).encode()


def parquet() -> bytes:
    import pyarrow as pa
    import pyarrow.parquet as pq

    out = io.BytesIO()
    pq.write_table(pa.Table.from_pylist(RECORDS), out, row_group_size=2)
    return out.getvalue()


#: Name, bytes, and the lines on which the rows begin.
FORMATS: dict[str, tuple[str, bytes, list[int]]] = {
    "csv": ("t.csv", delimited(","), [2, 4, 5]),
    "csv-unix": ("t.csv", delimited(",", "\n"), [2, 4, 5]),
    "semicolons": ("t.csv", delimited(";"), [2, 4, 5]),
    "bars": ("t.csv", delimited("|"), [2, 4, 5]),
    "sep": ("t.csv", delimited(";", before="sep=;\r\n"), [3, 5, 6]),
    "tsv": ("t.tsv", delimited("\t"), [2, 4, 5]),
    "unnamed": ("t", delimited(","), [2, 4, 5]),
    "jsonl": ("t.jsonl", lines(), [1, 2, 3]),
    "jsonl-crlf": ("t.ndjson", lines("\r\n\r\n"), [1, 3, 5]),
    "jsonl-as-json": ("t.json", lines(), [1, 2, 3]),
    "array": ("t.json", json.dumps(RECORDS, ensure_ascii=False).encode(), [1, 1, 1]),
    "array-indented": ("t.json", json.dumps(RECORDS, indent=1).encode(), [2, 7, 12]),
    "array-as-jsonl": ("t.jsonl", json.dumps(RECORDS).encode(), [1, 1, 1]),
    "parquet": ("t.parquet", parquet(), [1, 2, 3]),
}
BOM = b"\xef\xbb\xbf"


def as_task(path: Path) -> tuple[list[list[str]], list[int]]:
    rows = list(file_source(path).rows())
    return [[cell(row.data[name]) for name in COLUMNS] for row in rows], [row.line for row in rows]


def as_table(path: Path) -> tuple[list[list[str]], list[int]]:
    cells: list[list[str]] = []
    places: list[int] = []
    table = open_table(path)
    for block in table.blocks(table.columns):
        cells += map(list, zip(*block.columns, strict=True))
        places += block.lines
    return cells, places


def written(path: Path, raw: bytes) -> Path:
    path.write_bytes(raw)
    return path


@pytest.mark.parametrize("kind", FORMATS)
@pytest.mark.parametrize("way", ["plain", "bom", "gzip", "gzip-unnamed"])
def test_both_doors_see_the_same_rows(tmp_path: Path, kind: str, way: str) -> None:
    name, raw, places = FORMATS[kind]
    if way == "bom" and kind != "parquet":
        raw = BOM + raw
    if way.startswith("gzip"):
        raw = gzip.compress(raw)
    path = written(tmp_path / (f"{name}.gz" if way == "gzip" else name), raw)
    expected = ([[record[field] for field in COLUMNS] for record in RECORDS], places)
    assert as_table(path) == expected
    assert as_task(path) == expected


#: What is wrong, and how both doors say it.
REFUSED: dict[str, tuple[str, bytes, str]] = {
    "empty": ("t.csv", BOM + b" \r\n", "FILE: the file is empty"),
    "header": ("t.csv", b"id,judge\n", "FILE: a header and no rows"),
    "no-rows": ("t.json", b"[ ]", "FILE: no rows"),
    "latin": ("t.csv", "id\n1\né\n".encode("latin-1"), "FILE:3: byte 0xe9 is not UTF-8; in a spreadsheet choose"),
    "latin-jsonl": ("t.jsonl", b'{"id": 1}\n{"id": "\xff"}\n', "FILE:2: byte 0xff is not UTF-8; in a spreadsheet"),
    "latin-array": ("t.json", b'[{"id": 1},\n{"id": "\xff"}]', "FILE:2: byte 0xff is not UTF-8; in a spreadsheet"),
    "utf-16": ("t.csv", "id\n1\n".encode("utf-16"), "FILE: UTF-16 text where UTF-8 was expected; in a spreadsheet"),
    "utf-16-json": ("t.jsonl", '{"a": 1}'.encode("utf-16-le"), "FILE: UTF-16 text where UTF-8 was expected"),
    "short": ("t.csv", b"id,b\n1\n", "FILE:2: got 1 field, expected 2 as in the header; a cell that holds"),
    "long": ("t.tsv", b"id\tb\n1\t2\n1\t2\t3\n", "FILE:3: got 3 fields, expected 2 as in the header; a cell"),
    "quote": ("t.csv", b'id,b\n1,"2\n', "FILE:2: a double quote is opened in this row and never closed; inside"),
    "doubled": ("t.csv", b"id,b,id\n1,2,3\n", "FILE:1, field 'id': 2 columns have this name; rename all but one"),
    "undecided": ("t.csv", b"a,b;c\n1,2;3\n2,3;4\n", "FILE:1: the header can be split at ',' or ';', and the rows do"),
    "doubled-json": ("t.jsonl", b'{"a": 1}\n{"a": 1, "a": 2}', "FILE:2, field 'a': appears twice in one object"),
    "not-json": ("t.json", b"id,b\n", "FILE:1: not JSON: expected an array of objects, or an object per line"),
    "cut": ("t.jsonl", b'{"a": 1}\n{"a": ', "FILE:2: this is not JSON (Expecting value); expected an object per line"),
    "cut-object": ("t.json", b'{\n "a": 1,\n "b" 2}', "FILE:3: this is not JSON (Expecting ':' delimiter)"),
    "two": ("t.jsonl", b'{"a": 1} {"a": 2}', "FILE:1: more than one JSON value on this line; expected an object"),
    "list": ("t.jsonl", b'{"a": 1}\n[1]\n', "FILE:2: expected an object with named fields, got [1]"),
    "comma": ("t.json", b'[{"a": 1}\n{"a": 2}]', "FILE:2: a comma is missing between two records"),
    "last-comma": ("t.json", b'[{"a": 1},\n]', "FILE:2: this is not JSON (Expecting value)"),
    "open": ("t.json", b'[{"a": 1},\n{"a": 2}', "FILE:2: the array isn't closed: the file is cut short"),
    "tail": ("t.json", b'[{"a": 1}]\n\n x', "FILE:3: text after the end of the array; expected one array of objects"),
    "deep": ("t.json", b"[" * 100_000, "FILE:1: this JSON is nested too deeply"),
    "digits": ("t.jsonl", b'{"a": ' + b"1" * 5000 + b"}", "FILE:1: this is not JSON (a number of 5,000 digits)"),
    "gzip": ("t.csv.gz", gzip.compress(b"id\n1\n")[:-9], "FILE: this gzip file is damaged or cut short; copy or"),
    "parquet": ("t.parquet", b"PAR1 no", "FILE: damaged Parquet file"),
    "named": ("t.parquet", b"id\n1\n", "FILE: named Parquet, but its first bytes are not Parquet's"),
    "zip": ("t.csv", b"PK\x03\x04", "FILE: a workbook or another zip archive, not a table we read; in a spreadsheet"),
    "zstd": ("t.jsonl.zst", b"(\xb5/\xfd\x00", "FILE: a zstandard archive, not a table we read; expected CSV"),
    "binary": ("t.csv", bytes(range(256)) * 8, "FILE: binary data, not a table; expected CSV, TSV, JSONL, JSON"),
}


@pytest.mark.parametrize("kind", REFUSED)
def test_both_doors_refuse_in_the_same_words(tmp_path: Path, kind: str) -> None:
    name, raw, expected = REFUSED[kind]
    path = written(tmp_path / name, raw)
    with pytest.raises(DataError) as table:
        as_table(path)
    with pytest.raises(DataError) as task:
        list(file_source(path).rows())
    assert str(task.value) == str(table.value)
    assert (task.value.line, task.value.field) == (table.value.line, table.value.field)
    assert str(table.value).replace(str(path), "FILE").startswith(expected)
    assert "\n" not in str(table.value)


def test_both_doors_refuse_what_is_no_file(tmp_path: Path) -> None:
    written(tmp_path / "labels.csv", b"id\n1\n")
    for path, said in (
        (tmp_path / "label.csv", "no such file; beside it: labels.csv"),
        (tmp_path, "a folder where a file"),
    ):
        for door in (as_table, as_task):
            with pytest.raises(DataError, match=said):
                door(path)


def test_where_the_doors_differ(tmp_path: Path) -> None:
    """A record that becomes an item may be a whole file, and must be JSON; a column has rows, and its gaps are NaN."""
    one = written(tmp_path / "one.json", b'{\n "a": {"b": 1}\n}\n')
    assert [row.data for row in file_source(one).rows()] == [{"a": {"b": 1}}]
    with pytest.raises(DataError, match="one JSON object, not a table; expected an object per line, or an array"):
        as_table(one)
    gap = written(tmp_path / "gap.jsonl", b'{"id": "1", "judge": NaN, "text": ""}\n')
    assert as_table(gap) == ([["1", "nan", ""]], [1])
    with pytest.raises(DataError, match="field 'judge': NaN and Infinity are not JSON values; write null"):
        as_task(gap)


def test_a_large_file_is_streamed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("judgebench.files.content._KEPT", 10)
    for kind in ("csv", "jsonl", "parquet"):
        name, raw, places = FORMATS[kind]
        path = written(tmp_path / f"{name}.gz", gzip.compress(raw))
        plain = written(tmp_path / name, raw)
        assert file_source(path).revision == file_source(plain).revision
        assert as_task(path) == as_task(plain) == as_table(path)
        assert as_task(path)[1] == places
