"""Files as people have them: formats, encodings, damage, and the order in which places are searched."""

from __future__ import annotations

import csv
import gzip
import io
import json
import shutil
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from judgebench.errors import DataError
from judgebench.files.content import Content
from judgebench.files.read import open_table
from judgebench.files.records import Row
from judgebench.tasks.base import open_task
from judgebench.tasks.card import card_dir, load_card
from judgebench.tasks.resolve import resolve

if TYPE_CHECKING:
    from collections.abc import Iterator

HARD = 'line one\nline two \u2028 still two \u0085 "quoted", a;b\tc'


def rows(raw: bytes, name: str) -> list[dict[str, Any]]:
    return [row.data for row in open_table(Content.of(raw, name)).rows()]


def lines_of(raw: bytes, name: str) -> list[int]:
    return [row.line for row in open_table(Content.of(raw, name)).rows()]


def as_csv(records: list[dict[str, str]], delimiter: str = ",") -> bytes:
    out = io.StringIO(newline="")
    writer = csv.DictWriter(out, list(records[0]), delimiter=delimiter)
    writer.writeheader()
    writer.writerows(records)
    return out.getvalue().encode()


@pytest.mark.parametrize("bom", [b"", b"\xef\xbb\xbf"])
@pytest.mark.parametrize("kind", ["json", "jsonl", "csv", "tsv", "semicolons"])
def test_every_text_format_reads_the_same(kind: str, bom: bytes) -> None:
    records = [{"id": "1", "text": HARD}, {"id": "2", "text": "x" * 200_000}]
    raw = {
        "json": json.dumps(records, ensure_ascii=False, indent=1).encode(),
        "jsonl": "\n".join(json.dumps(r, ensure_ascii=False) for r in records).encode(),
        "csv": as_csv(records),
        "tsv": as_csv(records, "\t"),
        "semicolons": as_csv(records, ";"),
    }[kind]
    assert rows(bom + raw, f"rows.{kind.replace('semicolons', 'csv')}") == records


def test_parquet_and_gzip_read(tmp_path: Path) -> None:
    from servers.fake_hub import parquet

    records = [{"id": "1", "text": HARD}, {"id": "2", "text": ""}]
    assert rows(parquet(records), "rows.parquet") == records
    task = tmp_path / "pandalm"
    task.mkdir()
    sample = (card_dir() / "pandalm" / "sample.jsonl").read_bytes()
    (task / "testset-v1.json.gz").write_bytes(gzip.compress(sample))
    packed = open_task("pandalm", data=tmp_path)
    (task / "testset-v1.json.gz").unlink()
    (task / "testset-v1.json").write_bytes(sample)
    plain = open_task("pandalm", data=task)
    # The revision is of the content, packed or not.
    assert packed.revision == plain.revision
    assert packed.revision.startswith("data:")
    assert packed.source.verified is False
    assert packed.items() == plain.items() == open_task("pandalm", sample=True).items()


def test_lines_are_counted_where_rows_begin() -> None:
    array = b'[\n  {"a":\n 1},\n\n  {"a": 2}]'
    assert lines_of(array, "x.json") == [2, 5]
    lines = '{"a": "\u2028"}\n\n{"a": 2}\n'.encode()
    assert lines_of(lines, "x.jsonl") == [1, 3]
    table = b'a,b\n1,"x\ny"\n\n2,z\n'
    assert lines_of(table, "x.csv") == [2, 5]


@pytest.mark.parametrize(
    ("raw", "name", "said", "line"),
    [
        (b"", "x.json", "empty", None),
        (b" \n \n", "x.jsonl", "empty", None),
        ('{"a": "é"}'.encode("latin-1"), "x.jsonl", "not UTF-8", 1),
        (b'{"a": 1}\n{"a": "\xff"}', "x.jsonl", "CSV UTF-8", 2),
        ('{"a": 1}'.encode("utf-16"), "x.jsonl", "UTF-16", None),
        ("a,b\n1,2\n".encode("utf-16-le"), "x.csv", "UTF-16", None),
        (b'{"a": 1}\n{"a": ', "x.jsonl", "not JSON", 2),
        (b'{"a": 1} {"a": 2}', "x.jsonl", "more than one", 1),
        (b'{"a": 1}\n[1, 2]\n', "x.jsonl", "named fields", 2),
        (b'{"a": 1}\n{"a": 1, "b": 2, "a": 3}', "x.jsonl", "field 'a'", 2),
        (b'{"a": 1}\n{"a": NaN}', "x.jsonl", "NaN", 2),
        (b'[{"a": {"b": -Infinity}}]', "x.json", "field 'b'", 1),
        (b'[{"a": 1}\n{"a": 2}]', "x.json", "comma", 2),
        (b'[{"a": 1},\n{"a": 2}', "x.json", "cut short", 2),
        (b'[{"a": 1}] tail', "x.json", "after the end", 1),
        (b'[{"a": 1},\n{"a" 2}]', "x.json", "not JSON", 2),
        (b"[" * 100_000, "x.json", "nested too deeply", 1),
        (b"a,b\n1,2\n1,2,3\n", "x.csv", "got 3 fields, expected 2", 3),
        (b"a,b\n1\n", "x.csv", "got 1 field, expected 2", 2),
        (b"a,b,a\n1,2,3\n", "x.csv", "field 'a'", 1),
        (b'a,b\n1,"2\n', "x.csv", "never closed", 2),
        (b"a,b", "x.txt", "a header and no rows", None),
        (b"PAR1 no", "x.parquet", "damaged Parquet", None),
        (b"no", "x.parquet", "not Parquet's", None),
        (b"BZh91AY", "x.jsonl.bz2", "a bzip2 archive", None),
    ],
)
def test_damage_is_said_in_one_line(raw: bytes, name: str, said: str, line: int | None) -> None:
    with pytest.raises(DataError) as caught:
        rows(raw, name)
    assert said in str(caught.value)
    assert name in str(caught.value)
    assert caught.value.line == line
    assert len(str(caught.value).splitlines()) == 1


@pytest.mark.parametrize("raw", [b"[]", b"[ ]\n", b"a,b\n"])
def test_no_rows_at_all_is_an_error(tmp_path: Path, raw: bytes) -> None:
    path = tmp_path / ("x.csv" if raw.startswith(b"a") else "x.json")
    path.write_bytes(raw)
    with pytest.raises(DataError, match="no rows"):
        open_task("pandalm", data=path).items()


def test_damaged_gzip_is_said(tmp_path: Path) -> None:
    path = tmp_path / "testset-v1.json.gz"
    path.write_bytes(gzip.compress(b"[{}]" * 100)[:-9])
    with pytest.raises(DataError, match="damaged or cut short"):
        open_task("pandalm", data=tmp_path)


texts = st.text(st.characters(blacklist_categories=["Cs"]))


@given(st.lists(st.fixed_dictionaries({"id": texts, "b": texts}), min_size=1, max_size=5))
def test_any_text_survives_json(records: list[dict[str, str]]) -> None:
    raw = "\n".join(json.dumps(r, ensure_ascii=False) for r in records).encode()
    assert rows(raw, "x.jsonl") == records
    assert rows(json.dumps(records, ensure_ascii=False).encode(), "x.json") == records


@given(st.binary(max_size=200), st.sampled_from(["x.json", "x.jsonl", "x.csv", "x.parquet"]))
def test_no_bytes_crash_a_reader(raw: bytes, name: str) -> None:
    try:
        found = rows(raw, name)
    except DataError:
        return
    assert all(isinstance(data, dict) for data in found)


def test_fields_say_what_they_are_not() -> None:
    row = Row({"a": 1, "b": None, "c": True, "d": float("nan"), "e": [1]}, "f.json", 7, "a note")
    for get, said in (
        (lambda: row.text("z"), "missing"),
        (lambda: row.text("z"), "a note"),
        (lambda: row.text("a"), "expected a text, got 1"),
        (lambda: row.text("b", loose=True), "null"),
        (lambda: row.text("d", loose=True), "nan"),
        (lambda: row.choice("c", {0: "no", 1: "yes"}), "got True"),
        (lambda: row.choice("d", {0: "no"}), "got nan"),
        (lambda: row.name("c"), "got True"),
        (lambda: row.texts("e"), "list of texts"),
    ):
        with pytest.raises(DataError, match=said) as caught:
            get()
        assert "f.json:7" in str(caught.value)
    assert (row.text("c", loose=True), row.text("a", loose=True), row.name("a")) == ("True", "1", "1")


def test_places_are_searched_in_order(tmp_path: Path) -> None:
    card = load_card("pandalm")
    sample = card.folder / "sample.jsonl"
    flag, environment = tmp_path / "flag", tmp_path / "env" / "PandaLM"
    for folder in (flag, environment):
        folder.mkdir(parents=True)
    lines = sample.read_text(encoding="utf-8").split("\n")
    (flag / "testset-v1.json").write_text("\n".join(lines[:3]), encoding="utf-8")
    (environment / "testset-v1.json").write_text("\n".join(lines[:5]), encoding="utf-8")
    env = {"JUDGEBENCH_DATA": str(tmp_path / "env")}
    assert resolve(card, sample=True, data=flag, env=env).revision == "sample"
    assert len(list(resolve(card, data=flag, env=env).rows())) == 3
    assert len(list(resolve(card, data=flag / "testset-v1.json", env=env).rows())) == 3
    # The folder of the task may go by another name that the card gives.
    assert len(list(resolve(card, env=env).rows())) == 5


def test_data_that_is_not_there_says_what_was_looked_for(tmp_path: Path) -> None:
    with pytest.raises(DataError, match=r"testset-v1\.json.*pandalm/ and PandaLM/"):
        open_task("pandalm", data=tmp_path)
    with pytest.raises(DataError, match="check data"):
        open_task("pandalm", data=tmp_path / "nowhere")


@pytest.fixture
def web() -> Iterator[tuple[str, dict[str, bytes], list[str]]]:
    """A server of plain files: its address, what it serves, and what it was asked for."""
    served: dict[str, bytes] = {}
    asked: list[str] = []

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            asked.append(self.path)
            body = served.get(self.path)
            self.send_response(200 if body is not None else 404)
            self.send_header("Content-Length", str(len(body or b"")))
            self.end_headers()
            self.wfile.write(body or b"")

        def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - the base class calls it so
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True)
    thread.start()
    yield f"http://127.0.0.1:{server.server_address[1]}", served, asked
    server.shutdown()
    server.server_close()
    thread.join()


def test_a_pinned_address_is_fetched_once_and_checked(
    tmp_path: Path, web: tuple[str, dict[str, bytes], list[str]], monkeypatch: pytest.MonkeyPatch
) -> None:
    import hashlib

    address, served, asked = web
    monkeypatch.setenv("JUDGEBENCH_CACHE", str(tmp_path / "cache"))
    monkeypatch.setenv("NO_PROXY", "127.0.0.1")
    monkeypatch.delenv("HF_HUB_OFFLINE", raising=False)
    shutil.copytree(card_dir() / "pandalm", tmp_path / "cards" / "pandalm")
    sample = (card_dir() / "pandalm" / "sample.jsonl").read_bytes()
    path = tmp_path / "cards" / "pandalm" / "task.toml"
    text = path.read_text(encoding="utf-8").replace(
        "https://raw.githubusercontent.com/WeOpenML/PandaLM/3871806e72b4832f815ecafd24d3503c73403f48", address
    )
    card = load_card("pandalm")
    text = text.replace(card.split().main.sha256["testset-v1.json"], hashlib.sha256(sample).hexdigest())
    path.write_text(text, encoding="utf-8")
    root = tmp_path / "cards"

    with pytest.raises(DataError, match=r"answered 404; use data .*sample"):
        open_task("pandalm", root=root)
    served["/data/testset-v1.json"] = sample[:-1]
    with pytest.raises(DataError, match="sha256"):
        open_task("pandalm", root=root)
    served["/data/testset-v1.json"] = sample
    task = open_task("pandalm", root=root)
    assert task.items() == open_task("pandalm", sample=True).items()
    assert task.revision == f"url:{hashlib.sha256(sample).hexdigest()[:12]}"
    count = len(asked)
    assert open_task("pandalm", root=root).items() == task.items()
    assert len(asked) == count
    kept = next((tmp_path / "cache").rglob("testset-v1.json"))
    kept.write_bytes(b"damaged")
    assert open_task("pandalm", root=root).items() == task.items()
    assert len(asked) == count + 1
    kept.unlink()
    monkeypatch.setenv("HF_HUB_OFFLINE", "1")
    with pytest.raises(DataError, match="HF_HUB_OFFLINE"):
        open_task("pandalm", root=root)


def test_an_unreachable_address_names_the_choices(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("JUDGEBENCH_CACHE", str(tmp_path / "cache"))
    monkeypatch.setenv("NO_PROXY", "127.0.0.1")
    monkeypatch.delenv("HF_HUB_OFFLINE", raising=False)
    shutil.copytree(card_dir() / "pandalm", tmp_path / "pandalm")
    path = tmp_path / "pandalm" / "task.toml"
    path.write_text(path.read_text(encoding="utf-8").replace("https://raw.githubusercontent.com", "http://127.0.0.1:9"))
    with pytest.raises(DataError, match=r"can't be downloaded .*use data .*JUDGEBENCH_DATA.*sample"):
        open_task("pandalm", root=tmp_path)
    assert Path(path).is_file()
