"""Files whose form has to be recognised or said: headers, titles, totals, paths into JSON, workbooks."""

from __future__ import annotations

import datetime as dt
import json
import zipfile

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from judgebench.errors import DataError, FormError, UsageError
from judgebench.files.header import looks_like_data
from judgebench.files.opening import Opening
from judgebench.files.read import open_table, read_words

QRELS = "".join(f"q{i // 3} 0 p{i} {i % 4}\n" for i in range(12))


@pytest.fixture
def write(tmp_path):
    def _write(content, name="t.csv"):
        path = tmp_path / name
        path.write_text(content if isinstance(content, str) else json.dumps(content))
        return path

    return _write


def readings(path, **said):
    with pytest.raises(FormError) as caught:
        open_table(path, Opening(**said)).columns  # noqa: B018 - read to see it refused
    return list(caught.value.readings)


def test_cells_are_cut_at_runs_of_blanks(write):
    table = open_table(write("system score seg\ns0  -0.33 0\ns1 \t -3.0 1 \n", "t.tsv"))
    assert (table.delimiter, table.columns) == (" ", ("system", "score", "seg"))
    assert read_words(table, ["score"]) == {"score": ["-0.33", "-3.0"]}
    assert read_words(write("a b,c\n1 2,3\n"), ["b,c"], Opening("space")) == {"b,c": ["2,3"]}
    assert read_words(write(QRELS), ["4"], Opening(header=0))["4"] == [str(i % 4) for i in range(12)]


@pytest.mark.parametrize("text", [QRELS, "no,yes\nno,no\nyes,yes\nno,yes\n", "1,4\n2,3\n3,4\n5,1\n"])
def test_a_file_without_a_header_loses_no_row(write, text):
    path = write(text)
    assert readings(path) == [{"header": 0}, {"header": 1}]
    assert read_words(path, ["2"], Opening(header=0))["2"][0] == text.replace(",", " ").split()[1]
    assert len(open_table(path, Opening(header=1)).columns) == len(text.splitlines()[0].replace(",", " ").split())


@pytest.mark.parametrize(
    ("header", "rows"),
    [
        (["item", "judge", "human"], [["q1", "yes", "no"], ["q2", "no", "no"]]),
        (["", "0", "1"], [["0", "5", "1"], ["1", "2", "7"]]),
        (["item", "1", "2", "3"], [["apple", "2", "0", "1"], ["pear", "1", "1", "1"]]),
        (["question", "label"], [["What is it?", "label"], ["Why?", "other"]]),
        (["judge", "human"], [["judge", "human"], ["yes", "no"]]),
    ],
)
def test_a_header_is_a_header(header, rows):
    assert not looks_like_data(header, rows)


def test_titles_above_the_header_are_named(write):
    path = write("Results of May\n\nid,judge\n1,yes\n2,no\n")
    assert readings(path) == [{"skip": 2}, {"header": 1}]
    assert read_words(path, ["judge"], Opening(skip=2)) == {"judge": ["yes", "no"]}
    for title in ("Results, May", "Results; May; final"):
        assert readings(write(f"{title}\nid,judge,gold\n1,yes,no\n2,no,no\n3,no,yes\n"))[0] == {"skip": 1}
    # Where the header lacks the name of the row numbers there is no title.
    with pytest.raises(DataError, match="got 3 fields, expected 2"):
        list(open_table(write("judge,gold\n1,yes,no\n2,no,no\n3,no,yes\n")).blocks(["judge"]))
    padded = write("Results,,\nid,judge,gold\n1,yes,no\n2,no,no\n")
    assert readings(padded)[0] == {"skip": 1}
    with pytest.raises(DataError, match="got 2 fields"):
        list(open_table(write("a,b,c\n1,2,3\n1,2\n")).blocks(["a"]))


def test_rows_below_the_names_and_at_the_end_are_no_data(write):
    survey = write(
        'Q1,Q2\n"How, in\none word?",Why\n"{""ImportId"":""QID1""}","{""ImportId"":""QID2""}"\nyes,no\nno,no\n'
    )
    assert read_words(survey, ["Q1"]) == {"Q1": ["yes", "no"]}
    assert next(open_table(survey).blocks(["Q2"])).lines[0] == 5
    table = open_table(write("id,judge\nq0,1\nq1,0\nTotal,1\nMean,.5\n"), Opening(drop_last=2))
    assert read_words(table, ["id"]) == {"id": ["q0", "q1"]}
    assert [row.data["judge"] for row in table.rows()] == ["1", "0"]


@pytest.mark.parametrize("last", [1, 7, 1500, 2000])
def test_dropping_rows_over_blocks(write, last):
    path = write("id,judge\n" + "".join(f"{i},1\n" for i in range(2500)))
    assert len(read_words(path, ["id"], Opening(drop_last=last))["id"]) == 2500 - last


NESTED = [
    {"id": 1, "parsed": {"winner": "A", "why": {"short": "x"}}, "human": ["A", "B"]},
    {"id": 2, "parsed": {"winner": None}, "human": ["B", "B", "A"]},
]


@pytest.mark.parametrize("name", ["t.jsonl", "t.json", "t.parquet", "t.csv"])
def test_a_dotted_name_leads_into_a_cell(tmp_path, name):
    path = tmp_path / name
    if name == "t.parquet":
        pq.write_table(pa.Table.from_pylist(NESTED), path)
    elif name == "t.csv":
        cells = [[str(row["id"]), json.dumps(row["parsed"]), str(row["human"])] for row in NESTED]
        quoted = [",".join('"' + cell.replace('"', '""') + '"' for cell in row) for row in cells]
        path.write_text("\n".join(["id,parsed,human", *quoted]))
    else:
        rows = [json.dumps(row) for row in NESTED]
        path.write_text("\n".join(rows) if name == "t.jsonl" else f"[{','.join(rows)}]")
    table = open_table(path)
    wanted = ["parsed.winner", "parsed.why.short", "human.2", "id"]
    assert list(read_words(table, wanted).values()) == [["A", ""], ["x", ""], ["", "A"], ["1", "2"]]
    assert table.versions("human.*") == ["human.0", "human.1", "human.2"]
    assert table.versions("id") == ["id"]
    with pytest.raises(DataError, match=r"winer"):
        read_words(table, ["parsed.winer"])
    if name != "t.csv":
        with pytest.raises(DataError, match=r"where one value was expected|where single values were expected"):
            read_words(table, ["human"])


def test_columns_name_what_is_inside(write):
    path = write("\n".join(json.dumps(row) for row in NESTED), "t.jsonl")
    assert open_table(path).columns == ("id", "parsed", "parsed.winner", "parsed.why", "parsed.why.short", "human")


def test_rows_inside_one_object(write):
    rows = [{"id": 1, "ok": True}, {"id": 2, "ok": False}]
    one = write({"version": 3, "results": {"stats": {}, "results": rows}}, "t.json")
    pretty = write(json.dumps({"results": rows}, indent=1), "p.json")
    for path in (one, pretty):
        assert read_words(path, ["ok"]) == {"ok": ["true", "false"]}
    two = write({"skipped": rows[:1], "results": rows}, "two.json")
    assert readings(two) == [{"records": "results"}, {"records": "skipped"}]
    assert read_words(two, ["id"], Opening(records="results")) == {"id": ["1", "2"]}
    with pytest.raises(DataError, match="no list of objects is at 'nothing'; there are rows at 'results', 'skipped'"):
        open_table(two, Opening(records="nothing"))
    # A line of JSON lines is a row, whatever is in it.
    lines = write(json.dumps({"id": 1, "turns": [{"role": "user"}]}), "t.jsonl")
    assert read_words(lines, ["id"]) == {"id": ["1"]}
    with pytest.raises(UsageError, match="has no records"):
        open_table(write("a,b\n1,x\n"), Opening(records=""))


@pytest.mark.parametrize(
    "table",
    [
        {"a": {"0": "x", "1": "y"}, "b": {"0": 1, "1": 2}},
        {"0": {"a": "x", "b": 1}, "1": {"a": "y", "b": 2}},
        {"columns": ["a", "b"], "index": [0, 1], "data": [["x", 1], ["y", 2]]},
        {"a": ["x", "y"], "b": [1, 2], "model": "m"},
    ],
)
def test_tables_that_are_one_object(write, table):
    assert read_words(write(table, "t.json"), ["a", "b"]) == {"a": ["x", "y"], "b": ["1", "2"]}


def test_indented_objects_one_after_another(write):
    path = write("".join(json.dumps({"id": i, "said": {"word": "yes"}}, indent=2) + "\n" for i in range(3)), "t.jsonl")
    assert read_words(path, ["id", "said.word"]) == {"id": ["0", "1", "2"], "said.word": ["yes"] * 3}
    assert next(open_table(path).blocks(["id"])).lines == [1, 7, 13]
    assert [row.data["id"] for row in open_table(path).rows()] == [0, 1, 2]


def test_labels_by_item_and_annotator(write):
    by_item = {f"q{i}": {"ann": "yes", "bob": "no"} for i in range(4)}
    turned = {who: {item: said[who] for item, said in by_item.items()} for who in ("ann", "bob")}
    for found in (by_item, turned):
        table = read_words(write(found, "t.json"), ["id", "bob"])
        assert table == {"id": ["q0", "q1", "q2", "q3"], "bob": ["no"] * 4}


def xlsx(path, sheets):
    """Write the smallest workbook that there can be."""
    names = list(sheets)
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr(
            "[Content_Types].xml",
            '<Types xmlns="http://schemas.openxmlformats.org/package/2006/content-types">'
            '<Default Extension="xml" ContentType="application/xml"/></Types>',
        )
        relations = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
        main = "http://schemas.openxmlformats.org/spreadsheetml/2006/main"
        package = "http://schemas.openxmlformats.org/package/2006/relationships"
        archive.writestr(
            "_rels/.rels",
            f'<Relationships xmlns="{package}"><Relationship Id="r1" Type="{relations}/officeDocument" '
            'Target="xl/workbook.xml"/></Relationships>',
        )
        listed = "".join(f'<sheet name="{name}" sheetId="{i}" r:id="r{i}"/>' for i, name in enumerate(names, 1))
        archive.writestr(
            "xl/workbook.xml", f'<workbook xmlns="{main}" xmlns:r="{relations}"><sheets>{listed}</sheets></workbook>'
        )
        links = "".join(
            f'<Relationship Id="r{i}" Type="{relations}/worksheet" Target="worksheets/sheet{i}.xml"/>'
            for i in range(1, len(names) + 1)
        )
        archive.writestr("xl/_rels/workbook.xml.rels", f'<Relationships xmlns="{package}">{links}</Relationships>')
        for i, rows in enumerate(sheets.values(), 1):
            body = "".join(
                f'<row r="{line}">{"".join(_cell(place, value) for place, value in cells.items())}</row>'
                for line, cells in rows.items()
            )
            archive.writestr(
                f"xl/worksheets/sheet{i}.xml", f'<worksheet xmlns="{main}"><sheetData>{body}</sheetData></worksheet>'
            )
    return path


def _cell(place, value):
    if isinstance(value, bool):
        return f'<c r="{place}" t="b"><v>{int(value)}</v></c>'
    if isinstance(value, (int, float)):
        return f'<c r="{place}"><v>{value}</v></c>'
    return f'<c r="{place}" t="inlineStr"><is><t>{value}</t></is></c>'


SHEET = {
    1: {"B1": "Round 1"},
    3: {"B3": "id", "C3": "judge", "D3": "human"},
    4: {"B4": "x1", "C4": 4, "D4": True},
    5: {"B5": "x2", "C5": 3.5},
    9: {"B9": "Mean", "C9": 3.75},
}


def test_a_sheet_is_a_table(tmp_path):
    path = xlsx(tmp_path / "t.xlsx", {"labels": SHEET, "empty": {}})
    assert readings(path) == [{"skip": 2}, {"header": 1}]
    table = open_table(path, Opening(skip=2, drop_last=1))
    assert (table.format, table.columns) == ("workbook", ("id", "judge", "human"))
    assert read_words(table, ["judge", "human"]) == {"judge": ["4", "3.5"], "human": ["true", ""]}
    assert [list(block.lines) for block in table.blocks(["id"])] == [[4, 5]]
    assert [row.data["id"] for row in table.rows()] == ["x1", "x2"]


def test_one_of_several_sheets_has_to_be_named(tmp_path):
    rows = {1: {"A1": "id", "B1": "judge"}, 2: {"A2": "q1", "B2": "yes"}, 3: {"A3": "q2", "B3": "no"}}
    path = xlsx(tmp_path / "t.xlsx", {"one": rows, "two": rows})
    assert readings(path) == [{"sheet": "one"}, {"sheet": "two"}]
    assert read_words(path, ["judge"], Opening(sheet="two")) == {"judge": ["yes", "no"]}
    with pytest.raises(DataError, match="no sheet is named 'three'; the sheets are one, two"):
        open_table(path, Opening(sheet="three"))


def test_a_sheet_is_no_larger_than_it_looks(tmp_path):
    """The reader makes a grid up to the last cell, which would be half a terabyte."""
    far = xlsx(tmp_path / "t.xlsx", {"s": {1: {"A1": "id"}, 1048576: {"XFD1048576": "x"}}})
    with pytest.raises(DataError, match="far more than a table has"):
        open_table(far)


def test_opendocument(tmp_path):
    rows = [["id", "judge"], ["q1", "yes"], ["q2", "no"]]
    path = ods(tmp_path / "t.ods", [(row, 1) for row in rows])
    assert read_words(path, ["judge"]) == {"judge": ["yes", "no"]}
    with pytest.raises(DataError, match="far more than a table has"):
        open_table(ods(tmp_path / "b.ods", [(["a"] * 1000, 1), (["b"] * 1000, 1_000_000)]))
    with pytest.raises(DataError, match="DOCTYPE"):
        open_table(ods(tmp_path / "d.ods", [], '<!DOCTYPE x [<!ENTITY a "aaaa">]>'))


def ods(path, rows, head=""):
    names = ["office:1.0", "table:1.0", "text:1.0"]
    spaces = " ".join(f'xmlns:{one[:-4]}="urn:oasis:names:tc:opendocument:xmlns:{one}"' for one in names)
    body = "".join(
        f'<table:table-row table:number-rows-repeated="{times}">'
        + "".join(
            f'<table:table-cell office:value-type="string"><text:p>{c}</text:p></table:table-cell>' for c in cells
        )
        + "</table:table-row>"
        for cells, times in rows
    )
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("mimetype", "application/vnd.oasis.opendocument.spreadsheet", zipfile.ZIP_STORED)
        archive.writestr(
            "content.xml",
            f'<?xml version="1.0"?>{head}<office:document-content {spaces}><office:body><office:spreadsheet>'
            f'<table:table table:name="s">{body}</table:table></office:spreadsheet></office:body>'
            "</office:document-content>",
        )
        archive.writestr(
            "META-INF/manifest.xml",
            '<manifest:manifest xmlns:manifest="urn:oasis:names:tc:opendocument:xmlns:manifest:1.0"/>',
        )
    return path


def test_dates_and_times_in_cells():
    from judgebench.files.workbook import _text

    assert _text(dt.date(2026, 1, 2)) == "2026-01-02"
    assert _text(dt.timedelta(hours=1)) == "1:00:00"
    assert _text(None) == ""
