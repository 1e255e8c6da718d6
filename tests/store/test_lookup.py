from __future__ import annotations

import random
import tracemalloc
from dataclasses import replace
from typing import TYPE_CHECKING

import pytest
from hypothesis import given
from hypothesis import strategies as st
from stored_cases import FAILED, RUN, case, some, start, verdict, wait_for

from judgebench.domain import Reply, Status, digest
from judgebench.errors import DataError, UsageError
from judgebench.files.lines import UNREADABLE
from judgebench.store.answers import KeyIndex, Stored, known_answers
from judgebench.store.lines import VERDICTS, checksum, decode, encode
from judgebench.store.runs import StoredRun, read_run
from judgebench.store.upkeep import pack
from judgebench.store.writer import RunWriter

if TYPE_CHECKING:
    from pathlib import Path

LONGER = replace(RUN, limit=10)


@given(st.lists(st.tuples(st.text(max_size=20) | st.integers().map(digest), st.integers(0, 2**60))))
def test_the_index_is_a_dictionary(pairs: list[tuple[str, int]]) -> None:
    index, model = KeyIndex(), dict[str, int]()
    for key, place in pairs:
        index.put(key, place)
        model[key] = place
    assert {key: index.get(key) for key in model} == model
    assert len(index) == len(model)
    assert index.get("00not00there") is None


def test_the_index_takes_a_few_dozen_bytes_a_key() -> None:
    draw = random.Random(1)
    tracemalloc.start()
    index = KeyIndex()
    for n in range(100_000):
        index.put(f"{draw.getrandbits(96):024x}", n)
    size, _ = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert size < 48 * 100_000
    assert len(index) == 100_000


def test_lookup_finds_own_answers_and_never_a_failed_one(tmp_path: Path) -> None:
    with RunWriter(tmp_path, RUN) as writer:
        writer.append(verdict())
        writer.append(verdict("i2", FAILED))
        assert writer.lookup(verdict().key) == Stored(verdict(), own=True)
    with RunWriter(tmp_path, RUN) as writer:
        assert writer.lookup(verdict().key) == Stored(verdict(), own=True)
        assert writer.lookup(verdict("i2").key) is None
        assert writer.lookup(verdict("i3").key) is None
        writer.append(verdict("i2"))
        assert writer.lookup(verdict("i2").key) == Stored(verdict("i2"), own=True)


@pytest.mark.parametrize("packed", [False, True])
def test_lookup_finds_other_runs_answers_only_when_sharing(tmp_path: Path, packed: bool) -> None:
    with RunWriter(tmp_path, RUN) as writer:
        writer.append(verdict())
        writer.append(verdict("i2", FAILED))
    if packed:
        pack(writer.path)
    with RunWriter(tmp_path, LONGER) as writer:
        assert writer.lookup(verdict().key) == Stored(verdict(), own=False)
        assert writer.lookup(verdict("i2").key) is None
        writer.append(verdict("i2", Reply.ok(2)))
        assert writer.lookup(verdict("i2").key) == Stored(verdict("i2", Reply.ok(2)), own=True)
    with RunWriter(tmp_path, replace(RUN, limit=20), share=False) as writer:
        assert writer.lookup(verdict().key) is None


def test_a_failed_case_of_ones_own_is_served_by_another_run(tmp_path: Path) -> None:
    with RunWriter(tmp_path, RUN) as writer:
        writer.append(verdict("i2"))
    with RunWriter(tmp_path, LONGER) as writer:
        writer.append(verdict("i2", FAILED))
    with RunWriter(tmp_path, LONGER) as writer:
        assert writer.lookup(verdict("i2").key) == Stored(verdict("i2"), own=False)


def test_two_runs_of_one_process_see_each_others_answers(tmp_path: Path) -> None:
    with RunWriter(tmp_path, RUN) as one, RunWriter(tmp_path, LONGER) as other:
        one.append(verdict())
        assert other.lookup(verdict().key) == Stored(verdict(), own=False)
        one.settle()
        assert other.lookup(verdict().key) == Stored(verdict(), own=False)


def test_damage_in_another_run_costs_only_its_answers(tmp_path: Path) -> None:
    with RunWriter(tmp_path, RUN) as writer:
        writer.append(verdict())
        writer.append(verdict("i2"))
    file = writer.path / VERDICTS
    file.write_bytes(file.read_bytes().replace(b'"i1"', b'"i9"', 1))
    with RunWriter(tmp_path, LONGER) as other:
        assert other.lookup(verdict().key) is None
        assert other.lookup(verdict("i2").key) == Stored(verdict("i2"), own=False)
    with (
        pytest.raises(DataError, match=r"verdicts\.jsonl:1: not a verdict .*checksum.*verify --repair"),
        RunWriter(tmp_path, RUN),
    ):
        pass
    # The lock was given back: after the repair the run goes on.
    file.write_bytes(file.read_bytes().partition(b"\n")[2])
    with RunWriter(tmp_path, RUN) as writer:
        assert writer.lookup(verdict("i2").key) is not None


def test_lines_of_older_versions_without_a_checksum_are_read(tmp_path: Path) -> None:
    import json

    with RunWriter(tmp_path, RUN) as writer:
        pass
    old = [one for one in some(20) if one.status is not Status.FAILED]
    text = "".join(json.dumps(one.to_json(), separators=(",", ":")) + "\n" for one in old)
    (writer.path / VERDICTS).write_text(text, encoding="utf-8")
    with RunWriter(tmp_path, RUN) as writer:
        assert [writer.lookup(one.key) for one in old] == [Stored(one, own=True) for one in old]
        writer.settle()
    assert sorted(one.key for one in read_run(writer.path).verdicts()) == sorted(one.key for one in old)


@pytest.mark.parametrize("at", range(0, 500, 7))
def test_a_changed_byte_is_noticed(at: int) -> None:
    line = encode(verdict())
    changed = bytearray(line)
    changed[at % (len(line) - 1)] ^= 1
    assert checksum(line)
    try:
        read = decode(bytes(changed))
    except UNREADABLE:
        return
    # Only the name of the checksum itself may change unnoticed: the rest is whole.
    assert read == verdict()
    assert len(line) - 20 <= at % (len(line) - 1)


def test_a_number_that_json_has_not_is_refused() -> None:
    with pytest.raises(ValueError, match="not finite"):
        encode(replace(verdict(), seconds=float("inf")))
    with pytest.raises(ValueError, match="not finite"):
        encode(replace(verdict(), scores=(float("nan"),)))


def test_another_process_is_told_at_once_and_a_killed_one_blocks_nobody(tmp_path: Path) -> None:
    script = "from judgebench.store.writer import RunWriter\n"
    script += "with RunWriter(Path(sys.argv[1]), RUN) as w:\n    w.append(verdict()); print('open', flush=True)\n"
    script += "    sys.stdin.read()"
    with start(script, tmp_path) as process:
        wait_for(process, "open")
        with pytest.raises(UsageError, match="another process is writing"), RunWriter(tmp_path, RUN):
            pass
        with pytest.raises(UsageError, match=r"asking server/m about toy.*cache=False"), RunWriter(tmp_path, LONGER):
            pass
        # A judge that shares no answers, another task, or a run that wants none, need not wait.
        for run in (replace(RUN, settings={"model": "n"}), replace(RUN, task="other")):
            with RunWriter(tmp_path, run) as writer:
                assert writer.lookup(case("i9").key) is None
        with RunWriter(tmp_path, LONGER, share=False) as writer:
            assert writer.lookup(verdict().key) is None
        # Readers need no lock.
        [one] = StoredRun(tmp_path / RUN.identity, RUN).verdicts()
        assert one == verdict()
        with known_answers(tmp_path, LONGER) as known:
            assert known.get(verdict().key) == verdict()
        process.kill()
    with RunWriter(tmp_path, RUN) as writer, RunWriter(tmp_path, LONGER) as other:
        assert writer.lookup(verdict().key) == Stored(verdict(), own=True)
        assert other.lookup(verdict().key) == Stored(verdict(), own=False)
