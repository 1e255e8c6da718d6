from __future__ import annotations

import contextlib
from dataclasses import replace
from typing import TYPE_CHECKING

import pyarrow.parquet as pq
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from stored_cases import RUN, ended, some, start, verdict

from judgebench.domain import Case, Item, Label, Reply, Scale, Status, Turn, Usage, Verdict
from judgebench.errors import DataError, UsageError
from judgebench.store import upkeep
from judgebench.store.answers import Stored, known_answers
from judgebench.store.lines import PACKED, VERDICTS, Sorting, encode
from judgebench.store.parquet import TableSource, read_table, write_table
from judgebench.store.runs import read_run
from judgebench.store.upkeep import pack, unpack
from judgebench.store.writer import RunWriter

if TYPE_CHECKING:
    from pathlib import Path

ODD = [
    verdict("surrogate", Reply(Status.UNPARSED, text="bad \ud800 text 😀", error="\udfff")),
    verdict("surrogate \ud801", Reply.ok(1, text="fine")),
    verdict("many lines", Reply(Status.UNPARSED, text='a\nb\r\n{"key":"x"}\u2028\0')),
    verdict("numbers", Reply.ok(0, scores=(1e308, -0.0), probabilities=(0.1, 0.2, 0.7), usage=Usage(1, 2, 0.1))),
]


def written(root: Path, verdicts: list[Verdict]) -> Path:
    with RunWriter(root, RUN) as writer:
        for one in verdicts:
            writer.append(one)
        writer.settle()
    return writer.path


def test_a_packed_run_reads_as_before_and_unpacks_to_the_same_bytes(tmp_path: Path) -> None:
    path = written(tmp_path, [*some(300), *ODD])
    lines, before = (path / VERDICTS).read_bytes(), list(read_run(path).verdicts())
    done = pack(path)
    assert done.cases == len(before) == 304
    assert done.after < done.before == len(lines)
    assert not (path / VERDICTS).exists()
    assert list(read_run(path).verdicts()) == before
    bare = [replace(one, text="", error="") for one in before if one.item[:4] != "surr"]
    assert [replace(v, text="", error="") for v in read_run(path).verdicts(texts=False) if v.item[:4] != "surr"] == bare
    assert not any(v.text for v in read_run(path).verdicts(texts=False) if v.item.startswith("item"))
    assert pack(path).cases == 0
    assert unpack(path).cases == 304
    assert (path / VERDICTS).read_bytes() == lines
    assert not (path / PACKED).exists()
    assert unpack(path).cases == 0


@settings(max_examples=30, deadline=None)
@given(st.data())
def test_any_verdict_survives_the_table(tmp_path_factory: pytest.TempPathFactory, data: st.DataObject) -> None:
    text = st.text(st.characters(), max_size=8)
    number = st.floats(allow_nan=False, allow_infinity=False)
    code = st.none() | st.integers(-(2**62), 2**62) | st.lists(st.integers(0, 9), max_size=3).map(tuple)
    made = [
        replace(
            verdict(data.draw(text)),
            code=data.draw(code),
            order=tuple(data.draw(st.lists(st.integers(0, 9), max_size=3))),
            scores=tuple(data.draw(st.lists(number, max_size=3))),
            text=data.draw(text),
            model=data.draw(text),
            usage=Usage(data.draw(st.integers(0, 2**62)), 0, data.draw(st.none() | number)),
            gold=tuple(data.draw(st.dictionaries(text, code, max_size=3)).items()),
            systems=tuple(data.draw(st.lists(text, max_size=3))),
            attributes=tuple(data.draw(st.dictionaries(text, text, max_size=2)).items()),
        )
        for _ in range(3)
    ]
    file = tmp_path_factory.mktemp("table") / PACKED
    assert write_table(file, made) == 3
    assert list(read_table(file)) == made


def test_whole_verdicts_survive(tmp_path: Path) -> None:
    item = Item("i", (Turn.of("user", "q"),), (), (Label("h", (0, 1, 1)), Label("g", None)), "human")
    one = Verdict.of(Case(item, ()), Reply.ok((1, 0, 1)), Scale.steps(), "r")
    write_table(tmp_path / PACKED, [one, replace(one, code=None, status=Status.UNPARSED)])
    assert list(read_table(tmp_path / PACKED)) == [one, replace(one, code=None, status=Status.UNPARSED)]


def test_columns_are_typed_and_compressed(tmp_path: Path) -> None:
    path = written(tmp_path, some(2000))
    pack(path)
    schema = pq.read_schema(path / PACKED)
    assert str(schema.field("code").type) == "int64"
    assert str(schema.field("usd").type) == "double"
    assert pq.ParquetFile(path / PACKED).metadata.row_group(0).column(0).compression == "ZSTD"


def test_lines_that_come_after_packing_stand_beside_and_win(tmp_path: Path) -> None:
    path = written(tmp_path, [verdict("a", Reply(Status.FAILED, error="cut")), verdict("c")])
    pack(path)
    with RunWriter(tmp_path, RUN) as writer:
        assert writer.lookup(verdict("a").key) is None
        assert writer.lookup(verdict("c").key) == Stored(verdict("c"), own=True)
        writer.append(verdict("b"))
        writer.append(verdict("a", Reply.ok(2)))
        assert writer.lookup(verdict("a").key) == Stored(verdict("a", Reply.ok(2)), own=True)
        writer.settle()
    wanted = [verdict("a", Reply.ok(2)), verdict("b"), verdict("c")]
    assert list(read_run(path).verdicts()) == wanted
    with known_answers(tmp_path, replace(RUN, limit=3)) as known:
        assert [known.get(one.key) for one in wanted] == wanted
    assert pack(path).cases == 3
    assert list(read_run(path).verdicts()) == wanted
    unpack(path)
    assert list(read_run(path).verdicts()) == wanted


def test_what_does_not_read_back_is_not_packed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = written(tmp_path, some(10))
    before = (path / VERDICTS).read_bytes()
    monkeypatch.setattr(upkeep, "read_table", lambda file: iter([*read_table(file)][:-1]))
    with pytest.raises(DataError, match="does not read back"):
        pack(path)
    assert (path / VERDICTS).read_bytes() == before
    assert not (path / PACKED).exists()
    assert not list(path.glob("*.tmp"))


def test_a_run_that_is_being_written_is_not_packed(tmp_path: Path) -> None:
    with RunWriter(tmp_path, RUN) as writer, pytest.raises(UsageError, match="another process is writing"):
        pack(writer.path)


@pytest.mark.parametrize("moment", ["written", "renamed", "removed"])
@pytest.mark.parametrize("undo", [False, True])
def test_a_killed_pack_loses_nothing(tmp_path: Path, moment: str, undo: bool) -> None:
    path = written(tmp_path, some(60))
    before = list(read_run(path).verdicts())
    if undo:
        pack(path)
    script = (
        "import os, signal, pathlib\n"
        "from judgebench.store import upkeep\n"
        "def killed(real, after=False):\n"
        "    def call(*a, **k):\n"
        "        if after: real(*a, **k)\n"
        "        os.kill(os.getpid(), signal.SIGKILL)\n"
        "    return call\n"
        "moment = sys.argv[2]\n"
        "if moment == 'written': pathlib.Path.replace = killed(pathlib.Path.replace)\n"
        "if moment == 'renamed': pathlib.Path.replace = killed(pathlib.Path.replace, True)\n"
        "if moment == 'removed':\n"
        "    real = pathlib.Path.unlink\n"
        "    def unlink(self, **k):\n"
        "        real(self, **k)\n"
        "        if self.name in {'verdicts.jsonl', 'verdicts.parquet'}: os.kill(os.getpid(), signal.SIGKILL)\n"
        "    pathlib.Path.unlink = unlink\n"
        "getattr(upkeep, sys.argv[3])(Path(sys.argv[1]))\n"
    )
    code, _, err = ended(start(script, path, moment, "unpack" if undo else "pack"))
    assert code == -9, err
    assert list(read_run(path).verdicts()) == before
    with RunWriter(tmp_path, RUN) as writer:
        assert all(writer.lookup(one.key) for one in before if one.status is not Status.FAILED)
    (unpack if undo else pack)(path)
    assert list(read_run(path).verdicts()) == before
    assert (path / PACKED).exists() != undo


def test_a_resumed_run_does_not_trust_a_damaged_column_of_keys(tmp_path: Path) -> None:
    # Random texts pack to bytes of which most can be turned into others that unpack, too.
    rows = sorted(some(300), key=Sorting.of)
    write_table(tmp_path / PACKED, rows)
    before = list(TableSource(tmp_path / PACKED).scan())
    chunk = pq.read_metadata(tmp_path / PACKED).row_group(0).column(0)
    assert chunk.path_in_schema == "key"
    data = (tmp_path / PACKED).read_bytes()
    start = chunk.dictionary_page_offset or chunk.data_page_offset
    unnoticed = 0
    for place in range(start, start + chunk.total_compressed_size, 23):
        changed = bytearray(data)
        changed[place] ^= 0x10
        (tmp_path / PACKED).write_bytes(bytes(changed))
        with contextlib.suppress(DataError):
            # Bytes of a page's header that nothing needs may change.
            assert list(TableSource(tmp_path / PACKED).scan()) == before, place
            unnoticed += 1
    assert unnoticed < 5


def test_damage_in_a_packed_run_is_named(tmp_path: Path) -> None:
    path = written(tmp_path, some(3000))
    pack(path)
    data = bytearray((path / PACKED).read_bytes())
    data[len(data) // 3] ^= 0xFF
    (path / PACKED).write_bytes(bytes(data))
    with pytest.raises(DataError, match=r"verdicts\.parquet: a damaged packed run .*--repair"):
        list(read_run(path).verdicts())
    (path / PACKED).write_bytes(bytes(data[:1000]))
    with pytest.raises(DataError, match=r"verdicts\.parquet: a damaged packed run"), RunWriter(tmp_path, RUN):
        pass
    with RunWriter(tmp_path, replace(RUN, limit=7)) as other:
        assert other.lookup(encode(verdict())[8:32].decode()) is None
