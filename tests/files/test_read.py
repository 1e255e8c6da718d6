"""Label files are read as they are, and refused with file, line and what to do."""

from __future__ import annotations

import csv
import gzip
import io
import json

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from judgebench.errors import DataError, UsageError
from judgebench.files.opening import Opening
from judgebench.files.read import open_table
from judgebench.files.table import BLOCK_ROWS


@pytest.fixture
def write(tmp_path):
    def _write(content, name="labels.csv"):
        path = tmp_path / name
        raw = content.encode() if isinstance(content, str) else content
        path.write_bytes(gzip.compress(raw) if name.endswith(".gz") else raw)
        return path

    return _write


def rows_of(path, wanted=("judge", "gold"), **options):
    rows, lines = [], []
    for block in open_table(path, **options).blocks(list(wanted)):
        rows += zip(*block.columns, strict=True)
        lines += block.lines
    return rows, lines


def refusal(path, wanted=("judge", "gold"), **options):
    with pytest.raises(DataError) as caught:
        rows_of(path, wanted, **options)
    message = str(caught.value)
    assert "Traceback" not in message
    assert message.count("\n") <= 1
    return message.replace(str(path), "FILE")


@pytest.mark.parametrize("delimiter", [",", ";", "\t", "|"])
def test_the_delimiter_is_read_off_the_header(write, delimiter):
    path = write(f"id{delimiter}judge{delimiter}gold\r\n1{delimiter}yes{delimiter}no\r\n")
    assert open_table(path).delimiter == delimiter
    assert rows_of(path) == ([("yes", "no")], [2])


def test_rows_decide_between_delimiters(write):
    assert open_table(write("a;judge, as said;gold\n1;x, y;z\n2;x;z\n")).delimiter == ";"
    assert open_table(write("sep=;\r\njudge;gold\r\nyes;no\r\n")).delimiter == ";"
    assert rows_of(write("sep=;\r\njudge;gold\r\nyes;no\r\n")) == ([("yes", "no")], [3])


def test_an_undecided_delimiter_is_never_guessed(write):
    path = write("a,judge;gold\n1,yes;no\n2,no;no\n")
    assert "can be split at" in refusal(path)
    assert rows_of(path, ["gold"], opening=Opening(";"))[0] == [("no",), ("no",)]
    with pytest.raises(UsageError):
        open_table(path, Opening(";;"))
    with pytest.raises(UsageError, match="no delimiter"):
        open_table(write('{"a": 1}\n', "x.jsonl"), Opening(";"))


def test_bom_and_crlf_and_a_last_line_without_an_end(write):
    path = write(b"\xef\xbb\xbfjudge,gold\r\nyes,no\r\n\r\nno,no")
    assert rows_of(path) == ([("yes", "no"), ("no", "no")], [2, 4])


@pytest.mark.parametrize("odd", ["\u2028", "\u2029", "\u0085", "\x0b", "\x0c", "\x1c", "\x00"])
def test_separators_inside_text_split_no_row(write, odd):
    content = f"judge,gold,text\nyes,no,a{odd}b\nno,no,c\n"
    if odd != "\x00":
        assert rows_of(write(content), ["judge", "text"]) == ([("yes", f"a{odd}b"), ("no", "c")], [2, 3])
    records = [{"judge": "yes", "text": f"a{odd}b"}, {"judge": "no", "text": "c"}]
    lines = "\n".join(json.dumps(record, ensure_ascii=False) for record in records)
    assert rows_of(write(lines.replace("\x00", "\\u0000"), "x.jsonl"), ["judge", "text"])[1] == [1, 2]


def test_a_very_long_cell_is_read_and_the_limit_is_put_back(write):
    limit = csv.field_size_limit()
    long = "x" * 300_000
    assert rows_of(write(f'judge,gold,text\nyes,no,"{long}"\n'), ["text"])[0] == [(long,)]
    blocks = open_table(write(f"judge,gold\n{'yes,no' + chr(10)}" * 1)).blocks(["judge"])
    next(blocks)
    assert csv.field_size_limit() == limit


def test_line_numbers_count_line_breaks_inside_cells(write):
    path = write('judge,gold,text\nyes,no,"one\ntwo\r\nthree"\nno,no,x\nmaybe\n')
    assert refusal(path) == (
        "FILE:6: got 1 field, expected 3 as in the header; "
        "a cell that holds the delimiter or a line break needs double quotes around it"
    )


@pytest.mark.parametrize(
    ("said", "expected"),
    [
        (Opening(header=9), "a header and no rows"),
        (Opening(skip=9), "skip 9 takes all lines"),
        (Opening(drop_last=9), "drop_last 9 takes them all"),
    ],
)
def test_what_takes_more_lines_than_there_are_leaves_no_rows(write, said, expected):
    path = write("judge,gold\nyes,no\nno,no\n")
    assert expected in refusal(path, opening=said)
    with pytest.raises(DataError, match=r"no row|takes"):
        list(open_table(path, said).rows())


def test_a_place_in_a_list_that_no_list_has_is_no_column(write):
    path = write('{"judge": ["yes"], "gold": "no"}\n', "t.jsonl")
    assert "no column is named" in refusal(path, [f"judge.{'9' * 5000}"])


def test_line_numbers_hold_over_many_blocks(write):
    rows = 3 * BLOCK_ROWS + 7
    body = "".join(f'yes,"a\nb{i}"\n' if i % 97 == 0 else "no,x\n" for i in range(rows))
    path = write("judge,gold\n" + body)
    lines = rows_of(path)[1]
    text = path.read_text().split("\n")
    assert len(lines) == rows
    assert all(text[line - 1].startswith(("yes,", "no,")) for line in lines)


@pytest.mark.parametrize(
    ("content", "expected"),
    [
        ("", "FILE: the file is empty"),
        ("\n \r\n", "FILE: the file is empty"),
        ("judge,gold\n", "FILE: a header and no rows"),
        ("judge,gold\nyes\n", "FILE:2: got 1 field, expected 2"),
        ("judge,gold\nyes,no\nyes,no,maybe\n", "FILE:3: got 3 fields, expected 2"),
        ("judge,gold,gold\nyes,no,no\n", "FILE:1, field 'gold': 2 columns have this name; rename all but one of them"),
        (
            "Judge,gold\nyes,no\n",
            "FILE: no column is named 'judge'; did you mean 'Judge'? (the columns are Judge, gold)",
        ),
        ("a,b\nyes,no\n", "FILE: no column is named 'judge', 'gold' (the columns are a, b)"),
        ('judge,gold\nyes,no\n"yes,no\nno,no\n', "FILE:3: a double quote is opened in this row and never closed"),
        ('judge,gold\n"yes" sir,no\n', "FILE:2: text follows a closing double quote"),
        (b"judge,gold\nyes,no\nno,caf\xe9\n", "FILE:3: byte 0xe9 is not UTF-8; in a spreadsheet choose"),
        ("judge,gold\nyes,no\n".encode("utf-16"), "FILE: UTF-16 text where UTF-8 was expected; in a spreadsheet"),
        ("judge,gold\nyes,no\n".encode("utf-16-le"), "FILE: UTF-16 text where UTF-8 was expected; in a spreadsheet"),
        (b"PK\x03\x04\x14\x00", "FILE: a workbook or another zip archive, not a table we read; in a spreadsheet"),
        (bytes(range(256)) * 8, "FILE: binary data, not a table"),
    ],
)
def test_bad_tables(write, content, expected):
    assert refusal(write(content)).startswith(expected)


def test_an_undecodable_byte_far_down_has_its_line(write):
    path = write(b"judge,gold\n" + b"yes,no\n" * 50_000 + b"n\xff,no\n")
    assert refusal(path).startswith("FILE:50002: byte 0xff")


def test_no_file_a_folder_and_a_damaged_gzip(write, tmp_path):
    write("judge,gold\nyes,no\n", "labels.csv")
    assert refusal(tmp_path / "label.csv") == "FILE: no such file; beside it: labels.csv"
    assert refusal(tmp_path) == "FILE: a folder where a file was expected; name one file in it"
    path = write("judge,gold\n" + "yes,no\n" * 100_000, "x.csv.gz")
    path.write_bytes(path.read_bytes()[:-40])
    assert refusal(path) == "FILE: this gzip file is damaged or cut short; copy or download it again"


def test_gzip_is_known_by_its_bytes(write):
    path = write(gzip.compress(b"judge,gold\nyes,no\n"), "labels.csv")
    assert rows_of(path) == ([("yes", "no")], [2])


def test_jsonl_cells(write):
    lines = ['{"judge": true, "gold": 1}', "", '{"gold": null, "judge": 2.0}', '{"judge": NaN, "other": [1]}']
    path = write("\ufeff" + "\r\n".join(lines), "x.jsonl")
    assert rows_of(path) == ([("true", "1"), ("2.0", ""), ("nan", "")], [1, 3, 4])


@pytest.mark.parametrize(
    ("content", "name", "expected"),
    [
        (
            '{"judge": 1, "gold": 1}\n{"judge": 1\n',
            "x.jsonl",
            "FILE:2: this is not JSON (Expecting ',' delimiter); expected an object",
        ),
        ('{"judge": 1, "gold": 1}\n[1]\n', "x.jsonl", "FILE:2: expected an object with named fields, got [1]"),
        ('{"judge": 1, "gold": 1}\n{"judge": [1], "gold": 1}\n', "x.jsonl", "FILE:2, field 'judge': a list where"),
        ('{"judge": 1, "gold": 1, "gold": 2}\n', "x.jsonl", "FILE:1, field 'gold': appears twice in one object"),
        ('{"judge": 1}\n{"judge": 2}\n', "x.jsonl", "FILE: no column is named 'gold' (the columns are judge)"),
        ('{\n "judge": 1\n}\n', "x.json", "FILE: one JSON object, not a table"),
        ('[{"judge": 1, "gold": 1},\n {"judge": {}, "gold": 1}]', "x.json", "FILE:2, field 'judge': an object where"),
        ('[{"judge": 1, "gold": 1},\n\n 3]', "x.json", "FILE:3: expected an object with named fields, got 3"),
        ('[{"judge": 1, "gold": 1}\n', "x.json", "FILE:2: the array isn't closed: the file is cut short"),
        ('[{"judge": 1, "gold": 1}] x', "x.json", "FILE:1: text after the end of the array"),
        ("[]", "x.json", "FILE: no rows"),
        ("judge,gold\n", "x.json", "FILE:1: not JSON"),
        ("[" * 100_000, "x.json", "FILE:1: this JSON is nested too deeply"),
        (b'{"judge": 1, "gold": 1}\n{"judge": "\xff"}\n', "x.jsonl", "FILE:2: byte 0xff is not UTF-8"),
    ],
)
def test_bad_json(write, content, name, expected):
    assert refusal(write(content, name)).startswith(expected)


def test_parquet(tmp_path):
    import pyarrow as pa
    import pyarrow.parquet as pq

    path = tmp_path / "labels.parquet"
    columns = {
        "judge": pa.array(["yes", None, "no"]).dictionary_encode(),
        "gold": pa.array([1.0, None, 0.0]),
        "nested": pa.array([[1], [2], [3]]),
    }
    pq.write_table(pa.table(columns), path)
    assert rows_of(path) == ([("yes", "1.0"), ("", ""), ("no", "0.0")], [1, 2, 3])
    assert "field 'nested': holds list" in refusal(path, ["nested"])
    assert "no column is named 'gold1'; did you mean 'gold'?" in refusal(path, ["gold1"])
    damaged = tmp_path / "damaged.parquet"
    damaged.write_bytes(path.read_bytes()[:200])
    assert refusal(damaged).startswith("FILE: damaged Parquet file")
    pq.write_table(pa.table({"judge": pa.array([], pa.string())}), path)
    assert refusal(path, ["judge"]) == "FILE: no rows"


cells = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\x00"), max_size=8)


@settings(max_examples=150, deadline=None)
@given(
    rows=st.lists(st.tuples(cells, cells, cells), min_size=1, max_size=20),
    delimiter=st.sampled_from([",", ";", "\t", "|"]),
    end=st.sampled_from(["\n", "\r\n"]),
    bom=st.booleans(),
)
def test_what_csv_writes_is_read_back(tmp_path_factory, rows, delimiter, end, bom):
    path = tmp_path_factory.getbasetemp() / "t.csv"
    text = io.StringIO()
    writer = csv.writer(text, delimiter=delimiter, lineterminator=end, quoting=csv.QUOTE_ALL)
    writer.writerows([("a", "b", "c"), *rows])
    path.write_bytes(text.getvalue().encode("utf-8-sig" if bom else "utf-8"))
    # Random cells may well be like the names.
    assert rows_of(path, ["c", "a"], opening=Opening(header=1))[0] == [(c, a) for a, _, c in rows]


@settings(max_examples=60, deadline=None)
@given(rows=st.lists(st.dictionaries(st.sampled_from("ab"), cells), min_size=1, max_size=12), array=st.booleans())
def test_what_json_writes_is_read_back(tmp_path_factory, rows, array):
    rows = [{"a": "", "b": "", **row} for row in rows]
    path = tmp_path_factory.getbasetemp() / ("t.json" if array else "t.jsonl")
    dumped = [json.dumps(row, ensure_ascii=False) for row in rows]
    path.write_text(f"[{', '.join(dumped)}]" if array else "\n".join(dumped), encoding="utf-8", newline="")
    assert rows_of(path, ["a", "b"])[0] == [(row["a"], row["b"]) for row in rows]
