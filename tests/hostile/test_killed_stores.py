"""Stores whose writers were killed with -9 at any step, whose clock jumped, that are written by many, or published."""

from __future__ import annotations

import json
import os
import textwrap
import time
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from hostile.damage import whole
from processes import python
from stored_cases import RUN, edited, some, verdict

from judgebench.domain import Reply
from judgebench.store.lines import VERDICTS
from judgebench.store.runs import find_runs, read_run
from judgebench.store.upkeep import pack, repair, reseal, unpack
from judgebench.store.verify import verify
from judgebench.store.writer import RunWriter

if TYPE_CHECKING:
    from collections.abc import Callable

#: A process that copies a run, forks, and is killed at its n-th step on the disk, for every n until it ends by itself.
KILLED = textwrap.dedent(
    """
    import itertools, os, pathlib, shutil, signal, sys
    sys.path[:0] = sys.argv[3:]
    import pyarrow.parquet  # once, not in every child
    from hostile.test_killed_stores import ACTS
    root, act = pathlib.Path(sys.argv[1]), ACTS[sys.argv[2]]
    for number in itertools.count(1):
        copy = root / f"copy-{number}"
        shutil.copytree(root / "runs", copy)
        child = os.fork()
        if not child:
            steps = itertools.count(1)
            def watched(real):
                def step(*given, **more):
                    if next(steps) == number: os.kill(os.getpid(), signal.SIGKILL)
                    return real(*given, **more)
                return step
            for place, name in ((pathlib.Path, "replace"), (pathlib.Path, "rename"), (pathlib.Path, "unlink"),
                                (os, "fsync"), (os, "link"), (os, "write")):
                setattr(place, name, watched(getattr(place, name)))
            act(next(copy.glob("toy--*")))
            os._exit(0)
        if os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 0:
            print(number - 1)
            break
    """
)


def _settle(path: Path) -> None:
    with RunWriter(path.parent, RUN) as writer:
        writer.append(verdict("one more"))
        writer.settle()


def _refresh(path: Path) -> None:
    with RunWriter(path.parent, RUN, refresh=True):
        pass


ACTS: dict[str, Callable[[Path], object]] = {
    "settle": _settle, "pack": pack, "unpack": unpack, "repair": repair, "reseal": reseal, "refresh": _refresh,
}  # fmt: skip


@pytest.mark.skipif(not hasattr(os, "fork"), reason="needs fork")
@pytest.mark.parametrize("act", ACTS)
def test_killed_at_any_step_it_loses_nothing_and_leaves_no_broken_seal(tmp_path: Path, act: str) -> None:
    path = whole(tmp_path / "runs", packed=act == "unpack")
    if act == "repair":
        data = (path / VERDICTS).read_bytes()
        (path / VERDICTS).write_bytes(data.replace(b"sys1", b"sys9", 1))
    before = {one.key for one in some(40)}
    if act == "repair":
        before.remove(json.loads(data.splitlines()[0])["key"])
    here = Path(__file__).parents[1]
    done = python(tmp_path, "-c", KILLED, tmp_path, act, here)
    assert done.code == 0, done.err
    kills = int(done.out)
    assert kills >= 4
    for number in range(1, kills + 2):
        [stored] = find_runs(tmp_path / f"copy-{number}")
        found = verify(stored.path).findings
        if act == "repair":
            repair(stored.path)
        # Until a run that is asked afresh has its own, the manifest has the old one's counts.
        broken = [one for one in found if one.file.endswith(".json") and "counts" not in one.what]
        assert broken == [], number
        if act == "refresh":
            # What was there is kept under a dated name, and the next command goes on.
            with RunWriter(stored.path.parent, RUN, refresh=True):
                pass
            kept = [line for file in stored.path.glob("verdicts*.jsonl") for line in file.read_bytes().splitlines()]
            assert len(kept) >= 40, number
        else:
            assert before <= {one.key for one in stored.verdicts()}, number
        with RunWriter(stored.path.parent, RUN):
            pass
        assert (verify(stored.path).found, list(stored.path.glob("*.tmp"))) == (0, []), (number, found)


def test_clocks_that_jump_lose_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from judgebench.store import writer as module

    jumps = iter([2_000_000_000, 0, 0, 1_700_000_000, 4_000_000_000, 1])
    monkeypatch.setattr(module.time, "gmtime", lambda: time.struct_time(time.localtime(next(jumps, 5))))
    for number in range(6):
        with RunWriter(tmp_path, RUN, refresh=True) as writer:
            assert writer.lookup(verdict().key) is None
            writer.append(verdict(reply=Reply.ok(0, text=f"answer {number}")))
            writer.settle()
    kept = "".join(file.read_text() for file in writer.path.glob("verdicts*.jsonl"))
    assert all(f"answer {number}" in kept for number in range(6))
    assert [one.text for one in read_run(writer.path).verdicts()] == ["answer 5"]
    assert not verify(writer.path).found


# --- many at once, and to the outside ---------------------------------------------------------------


@pytest.mark.slow
def test_64_judges_on_2_tasks_at_once(apart, tmp_path: Path) -> None:
    (tmp_path / "many.py").write_text("".join(f"def j{n}(item):\n    return 'AB'[{n} % 2]\n" for n in range(64)))
    judges = [word for n in range(64) for word in ("--judge", f"many:j{n}")]
    done = apart("run", *judges, "--task", "pandalm", "--task", "judgebench", "--sample", "--limit", "2")
    assert done.code == 0, done.err[-2000:]
    assert len(find_runs(tmp_path / "runs")) == 128
    done = apart("verify", "runs")
    assert (done.code, done.out) == (0, "128 runs with 512 cases: no damage.\n")
    done = apart("verify", "runs", "--explain")
    assert (done.code, done.out.count("; clean")) == (0, 128)


def test_a_hostile_run_is_published_inside_its_folder_and_as_text(judgebench, tmp_path: Path) -> None:
    words = ("run", "--judge", "baseline/longest", "--task", "pandalm", "--sample")
    assert judgebench(*words).code == 0
    [stored] = find_runs(tmp_path / "runs")
    name = "../../<script>alert(1)</script>\x1b]0;x\x07\u202e|`$(touch x)`"
    hostile = edited(stored.path, judge=name, settings={"prompt": name}, models={name: 3}, revision="sample")
    hostile = hostile.rename(hostile.with_name("..x<script>'\"&"))
    done = judgebench("publish", "runs", "--output", "site/deep", "--allow-samples", "--title", "<b>x</b>")
    assert done.code == 0, done.err
    assert sorted(one.name for one in tmp_path.iterdir()) == ["runs", "site"]
    assert [one.name for one in (tmp_path / "site").iterdir()] == ["deep"]
    for file in (tmp_path / "site").rglob("*"):
        if file.is_file():
            text = file.read_text("utf-8")
            # As data it may be there: JSON and CSV are read by programs.
            assert file.suffix not in {".html", ".md"} or "<script>alert" not in text, file
            assert "\x1b" not in text, file
            assert "\u202e" not in text, file
        assert "<" not in file.name, file
