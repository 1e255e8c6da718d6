from __future__ import annotations

import json
import random
from typing import TYPE_CHECKING

import pytest
from stored_cases import FAILED, RUN, ended, keys, some, start, verdict

from judgebench.domain import Reply, Status
from judgebench.errors import DataError
from judgebench.store.lines import VERDICTS, Sorting, encode, in_order, read_lines
from judgebench.store.runs import SETTLED, read_run
from judgebench.store.upkeep import repair
from judgebench.store.writer import RunWriter

if TYPE_CHECKING:
    from collections.abc import Iterable
    from pathlib import Path

    from judgebench.domain import Verdict


def written(root: Path, verdicts: Iterable[Verdict], *, settle: bool = True) -> Path:
    with RunWriter(root, RUN) as writer:
        for one in verdicts:
            writer.append(one)
        if settle:
            writer.settle()
    return writer.path


def test_a_settled_file_does_not_depend_on_how_it_came_about(tmp_path: Path) -> None:
    verdicts = some(200)
    one = written(tmp_path / "1", verdicts) / VERDICTS
    other = tmp_path / "2"
    shuffled = [*verdicts]
    random.Random(1).shuffle(shuffled)
    for piece in (shuffled[:50], shuffled[50:120]):
        written(other, [v if v.status is not Status.OK else verdict(v.item, FAILED, v.order) for v in piece])
    two = written(other, shuffled) / VERDICTS
    assert one.read_bytes() == two.read_bytes()
    places = [Sorting.of(v) for v in read_lines(one)]
    assert places == sorted(places)
    assert len(places) == len(set(places)) == 200


def test_the_last_line_of_a_case_wins_and_failed_ones_stay(tmp_path: Path) -> None:
    path = written(tmp_path, [verdict("b", FAILED), verdict("a", FAILED), verdict("b", Reply.ok(2))])
    assert [(v.item, v.status) for v in read_lines(path / VERDICTS)] == [("a", Status.FAILED), ("b", Status.OK)]
    # It goes on after it was settled, and settles again.
    with RunWriter(tmp_path, RUN) as writer:
        writer.append(verdict("a"))
        assert writer.lookup(verdict("a").key)
        assert [v.status for v in read_run(path).verdicts()] == [Status.OK, Status.OK]
        writer.settle()
        assert writer.lookup(verdict("a").key)
        writer.append(verdict("0"))
    assert keys(read_run(path).verdicts()) == [("0", (0, 1)), ("a", (0, 1)), ("b", (0, 1))]


def test_settled_and_unsettled_runs_read_alike(tmp_path: Path) -> None:
    verdicts = some(100)
    before = written(tmp_path / "1", verdicts, settle=False)
    after = written(tmp_path / "2", verdicts)
    assert list(read_run(before).verdicts()) == list(read_run(after).verdicts())
    assert len(list(read_run(after).verdicts())) == 100


def test_a_settled_file_that_somebody_shuffled_is_named(tmp_path: Path) -> None:
    path = written(tmp_path, some(10))
    lines = (path / VERDICTS).read_bytes().splitlines(keepends=True)
    (path / VERDICTS).write_bytes(b"".join(reversed(lines)))
    with pytest.raises(DataError, match=r"verdicts\.jsonl:2: lines are out of order; .*--repair"):
        list(read_run(path).verdicts())
    # A note that is not one may have been true: the lines are read without it, but not beside it.
    (path / SETTLED).write_text("[]")
    with pytest.raises(DataError, match=r"settled\.json: not a note that judgebench writes"):
        list(read_run(path).verdicts())
    repair(path)
    assert len(list(read_run(path).verdicts())) == 10


@pytest.mark.parametrize("chunk", [1, 300, 2000, 10**9])
def test_sorting_in_pieces_is_sorting(tmp_path: Path, chunk: int) -> None:
    verdicts = [*some(300), *some(300, seed=2)]
    file = tmp_path / VERDICTS
    file.write_bytes(b"".join(map(encode, verdicts)))
    with file.open("rb") as stream:
        found = list(in_order(stream, file, tmp_path, chunk=chunk))
    assert found == [encode(v) for v in sorted({v.key: v for v in verdicts}.values(), key=Sorting.of)]
    assert list(tmp_path.iterdir()) == [file]


def test_writing_nothing_new_leaves_a_settled_file_alone(tmp_path: Path) -> None:
    path = written(tmp_path, some(10))
    inode = (path / VERDICTS).stat().st_ino
    written(tmp_path, [])
    assert (path / VERDICTS).stat().st_ino == inode
    assert json.loads((path / SETTLED).read_text())["lines"] == 10


@pytest.mark.parametrize("moment", ["replace", "fsync", "write"])
def test_a_killed_settle_leaves_the_old_file_or_the_new_one(tmp_path: Path, moment: str) -> None:
    path = written(tmp_path, some(60), settle=False)
    before = (path / VERDICTS).read_bytes()
    script = (
        "import os, signal, pathlib\n"
        "from judgebench.store import writer\n"
        "def die(*_, **__): os.kill(os.getpid(), signal.SIGKILL)\n"
        "def lines(*_, **__):\n    yield b'half'\n    die()\n"
        "path = Path(sys.argv[1])\n"
        "if sys.argv[2] == 'replace': pathlib.Path.replace = die\n"
        "if sys.argv[2] == 'fsync': os.fsync = die\n"
        "if sys.argv[2] == 'write': writer.in_order = lines\n"
        "writer.settle(path)\n"
    )
    code, _, err = ended(start(script, path, moment))
    assert code == -9, err
    assert (path / VERDICTS).read_bytes() == before
    assert list(path.glob("*.tmp"))
    assert len(list(read_run(path).verdicts())) == 60
    written(tmp_path, [])
    assert not list(path.glob("*.tmp"))
    assert len(list(read_lines(path / VERDICTS))) == 60
