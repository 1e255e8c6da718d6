from __future__ import annotations

import json
import os
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from stored_cases import RUN, verdict

from judgebench.domain import Case, Item, Label, Reply, Response, Status, Turn, Usage, Verdict
from judgebench.errors import DataError, IncompleteError, UsageError
from judgebench.store.answers import known_answers
from judgebench.store.lines import VERDICTS, read_lines
from judgebench.store.runs import MANIFEST, find_runs, read_run
from judgebench.store.writer import RunWriter


def test_a_verdict_is_in_the_items_own_order_and_survives_the_disk(tmp_path: Path) -> None:
    swapped = verdict(order=(1, 0))
    assert swapped.code == 2
    assert swapped.lengths == (3, 4)
    with RunWriter(tmp_path, RUN) as writer:
        writer.append(verdict())
        writer.append(swapped)
    stored = read_run(writer.path)
    assert stored.run == RUN
    assert list(stored.verdicts()) == [verdict(), swapped]


@given(st.text(), st.text())
def test_any_text_survives_as_one_line(text: str, error: str) -> None:
    one = verdict(reply=Reply(Status.UNPARSED, text=text, error=error))
    line = json.dumps(one.to_json(), ensure_ascii=True)
    assert "\n" not in line
    assert Verdict.from_json(json.loads(line)) == one


def test_a_lone_surrogate_is_kept(tmp_path: Path) -> None:
    odd = verdict(reply=Reply(Status.UNPARSED, text="bad \ud800 text"))
    with RunWriter(tmp_path, RUN) as writer:
        writer.append(odd)
    assert list(read_run(writer.path).verdicts()) == [odd]


def test_the_last_line_of_a_case_counts(tmp_path: Path) -> None:
    with RunWriter(tmp_path, RUN) as writer:
        writer.append(verdict(reply=Reply(Status.FAILED, error="cut")))
        writer.append(verdict("i2"))
        writer.append(verdict())
    assert [v.status for v in read_run(writer.path).verdicts()] == [Status.OK, Status.OK]
    assert sum(1 for _ in read_lines(writer.path / VERDICTS)) == 3


@pytest.mark.parametrize("cut", [1, 10, 300])
def test_a_torn_last_line_is_ignored_by_readers_and_healed_by_the_next_writer(tmp_path: Path, cut: int) -> None:
    with RunWriter(tmp_path, RUN) as writer:
        writer.append(verdict())
        writer.append(verdict("i2"))
    file = writer.path / VERDICTS
    whole = file.read_bytes()
    file.write_bytes(whole[:-cut])
    assert [v.item for v in read_run(writer.path).verdicts()] == ["i1"]
    with RunWriter(tmp_path, RUN) as again:
        again.append(verdict("i2"))
    assert file.read_bytes() == whole


def test_a_file_of_one_torn_line_heals_to_nothing(tmp_path: Path) -> None:
    (tmp_path / RUN.identity).mkdir()
    (tmp_path / RUN.identity / VERDICTS).write_text('{"key": "x' + "y" * 200_000)
    with RunWriter(tmp_path, RUN):
        pass
    assert (tmp_path / RUN.identity / VERDICTS).read_bytes() == b""


def test_damage_in_the_middle_names_file_and_line(tmp_path: Path) -> None:
    with RunWriter(tmp_path, RUN) as writer:
        writer.append(verdict())
    file = writer.path / VERDICTS
    file.write_bytes(b'{"key": 1}\n' + file.read_bytes())
    with pytest.raises(DataError, match=r"verdicts\.jsonl:1: not a verdict .*verify --repair"):
        list(read_run(writer.path).verdicts())


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("key", [1]),
        ("item", 7),
        ("item", None),
        ("order", "ab"),
        ("repeat", "0"),
        ("repeat", 10**30),
        ("code", "0"),
        ("code", 1.5),
        ("scores", "zz"),
        ("scores", [float("nan")]),
        ("probabilities", {"a": 1}),
        ("seconds", "1"),
        ("cluster", {"a": 1}),
        ("subset", 3),
        ("systems", [1]),
        ("systems", "ab"),
        ("lengths", "ab"),
        ("attributes", {"a": 1}),
    ],
)
def test_a_value_of_another_type_names_file_and_line(tmp_path: Path, field: str, value: object) -> None:
    with RunWriter(tmp_path, RUN) as writer:
        writer.append(verdict())
    file = writer.path / VERDICTS
    file.write_text(json.dumps(json.loads(file.read_text()) | {field: value}) + "\n")
    with pytest.raises(DataError, match=rf"verdicts\.jsonl:1: not a verdict \(TypeError: {field} is .*verify --repair"):
        list(read_run(writer.path).verdicts())


def test_answers_serve_other_runs_of_the_same_judge_and_no_other(tmp_path: Path) -> None:
    with RunWriter(tmp_path, RUN) as writer:
        writer.append(verdict())
        writer.append(verdict("i2", Reply(Status.FAILED, error="cut")))
    longer = replace(RUN, limit=10, revision="r2")
    other = replace(RUN, settings={"model": "m", "temperature": 1.0})
    assert longer.identity != RUN.identity
    with known_answers(tmp_path, longer) as known:
        assert known.get(verdict().key) == verdict()
        assert verdict("i2").key not in known
    with known_answers(tmp_path, other) as known:
        assert verdict().key not in known


def test_keys_name_all_that_can_change_an_answer() -> None:
    item = Item("i", (Turn.of("user", "q"),), (Response("a", "s1"), Response("b", "s2")), (Label("h", 0),), "human")
    base = Case(item, (0, 1))
    others = [
        Case(item, (1, 0)),
        Case(item, (0, 1), repeat=1),
        Case(item, (0, 1), probe="p"),
        Case(item, (0, 1), reference="human"),
        Case(replace(item, responses=(Response("a"), Response("c"))), (0, 1)),
        Case(replace(item, conversation=(Turn.of("user", "other"),)), (0, 1)),
        Case(replace(item, context=("doc",)), (0, 1)),
        Case(replace(item, id="j"), (0, 1)),
    ]
    assert len({base.key, *(case.key for case in others)}) == 9
    relabelled = replace(item, gold=(Label("h", 1),), responses=(Response("a", "x"), Response("b", "y")))
    assert Case(relabelled, (0, 1)).key == base.key


def test_a_second_writer_is_kept_out(tmp_path: Path) -> None:
    with (
        RunWriter(tmp_path, RUN),
        pytest.raises(UsageError, match="another process is writing"),
        RunWriter(tmp_path, RUN),
    ):
        pass


def test_a_folder_that_cannot_be_written_says_so(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(UsageError, match=r"^runs needs a folder"), RunWriter(tmp_path / "file", RUN):
        pass


@pytest.mark.skipif(not os.path.exists("/dev/full"), reason="needs /dev/full")  # noqa: PTH110 - a device
def test_a_full_disk_keeps_what_was_judged(tmp_path: Path) -> None:
    with RunWriter(tmp_path, RUN) as writer:
        writer.append(verdict())
        kept, writer._descriptor = writer._descriptor, os.open("/dev/full", os.O_WRONLY)
        with pytest.raises(IncompleteError, match="No space left"):
            writer.append(verdict("i2"))
        os.close(writer._descriptor)
        writer._descriptor = kept
    assert [v.item for v in read_run(writer.path).verdicts()] == ["i1"]


def test_finding_runs(tmp_path: Path) -> None:
    with pytest.raises(DataError, match="no runs in"):
        find_runs(tmp_path)
    with RunWriter(tmp_path, RUN) as writer:
        pass
    assert [stored.run.task for stored in find_runs(tmp_path)] == ["toy"]
    assert [stored.path for stored in find_runs(writer.path)] == [writer.path]
    (writer.path / MANIFEST).write_text("{}")
    with pytest.raises(DataError, match=r"manifest\.json: not a run manifest"):
        find_runs(tmp_path)


@pytest.mark.parametrize(
    ("field", "value", "said"),
    [
        ("schema", "judgebench.run/2", "schema 'judgebench.run/2', and this version .* reads 'judgebench.run/1'; use"),
        ("schema", None, "schema None"),
        ("judge", None, "not a run manifest .*judge is None"),
        ("task", 7, "not a run manifest .*task is 7"),
        ("gold_source", ["human"], "not a run manifest .*gold_source is"),
        ("repeats", "1", "not a run manifest .*repeats is '1'"),
    ],
)
def test_a_manifest_of_another_version_or_type_is_refused(tmp_path: Path, field: str, value: object, said: str) -> None:
    with RunWriter(tmp_path, RUN) as writer:
        pass
    file = writer.path / MANIFEST
    file.write_text(json.dumps(json.loads(file.read_text()) | {field: value}))
    with pytest.raises(DataError, match=rf"manifest\.json: {said}"):
        find_runs(tmp_path)


@pytest.mark.parametrize("name", [MANIFEST, VERDICTS])
def test_a_folder_in_place_of_a_file_is_bad_data(tmp_path: Path, name: str) -> None:
    with RunWriter(tmp_path, RUN) as writer:
        pass
    (writer.path / name).unlink()
    (writer.path / name).mkdir()
    with pytest.raises(DataError, match="can't read: Is a directory; check"):
        list(read_run(writer.path).verdicts())


def test_kill_in_the_middle_of_writing_loses_no_whole_line(tmp_path: Path) -> None:
    script = (
        "import sys; sys.path[:0] = sys.argv[2:]\n"
        "import pathlib, test_runs as t\n"
        "with t.RunWriter(pathlib.Path(sys.argv[1]), t.RUN) as w:\n"
        "    i = 0\n"
        "    while True:\n"
        "        w.append(t.verdict(f'i{i}')); i += 1\n"
        "        print(i, flush=True)\n"
    )
    with subprocess.Popen(
        [sys.executable, "-c", script, str(tmp_path), *map(str, Path(__file__).parents[:2])],
        stdout=subprocess.PIPE,
        text=True,
    ) as process:
        assert process.stdout is not None
        while int(process.stdout.readline()) < 200:
            pass
        process.kill()
        said = [int(line) for line in process.stdout.read().split()]
    written = [v.item for v in read_lines(tmp_path / RUN.identity / VERDICTS)]
    assert written == [f"i{i}" for i in range(len(written))]
    assert len(written) >= max(said, default=200)


def test_unknown_prices_stay_unknown_when_added() -> None:
    assert (Usage(1, 1, 0.5) + Usage(2, 2, 0.25)).usd == 0.75
    assert (Usage(1, 1, 0.5) + Usage(2, 2, None)).usd is None
    assert (Usage() + Usage(2, 2, 0.25)).usd == 0.25
