from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import pytest
from stored_cases import RUN, ended, start, verdict

from judgebench.cli.app import build
from judgebench.domain import Reply
from judgebench.store.answers import Stored
from judgebench.store.lines import VERDICTS, read_lines
from judgebench.store.runs import read_run
from judgebench.store.upkeep import pack
from judgebench.store.writer import RunWriter

if TYPE_CHECKING:
    from pathlib import Path

LONGER = replace(RUN, limit=10)
KEY = verdict().key


def asked(root: Path, reply: Reply, *, finish: bool = True, refresh: bool = False) -> Path:
    """Ask as an engine does: only what the store does not know."""
    with RunWriter(root, RUN, refresh=refresh) as writer:
        if writer.lookup(KEY) is None:
            writer.append(verdict(reply=reply))
        if finish:
            writer.settle()
    return writer.path


def answer(path: Path) -> str:
    return "".join(one.text for one in read_run(path).verdicts())


def test_a_refresh_asks_again_and_keeps_what_was(tmp_path: Path) -> None:
    asked(tmp_path, Reply.ok(0, text="old"))
    path = asked(tmp_path, Reply.ok(0, text="new"), refresh=True)
    assert answer(path) == "new"
    [aside] = path.glob("verdicts-2*.jsonl")
    assert [one.text for one in read_lines(aside)] == ["old"]
    asked(tmp_path, Reply.ok(0, text="newest"))
    assert answer(path) == "new"
    asked(tmp_path, Reply.ok(0, text="newest"), refresh=True)
    assert answer(path) == "newest"
    assert len(list(path.glob("verdicts-2*.jsonl"))) == 2


def test_a_refreshed_run_takes_no_older_answers_when_it_resumes(tmp_path: Path) -> None:
    with RunWriter(tmp_path, LONGER) as other:
        other.append(verdict(reply=Reply.ok(0, text="old")))
    with RunWriter(tmp_path, RUN) as writer:
        assert writer.lookup(KEY) is not None
    with RunWriter(tmp_path, RUN, refresh=True) as writer:
        assert writer.lookup(KEY) is None
    with RunWriter(tmp_path, RUN) as writer:
        assert writer.lookup(KEY) is None
        writer.append(verdict(reply=Reply.ok(0, text="new")))
    # Others take the newer answer.
    with RunWriter(tmp_path, replace(RUN, limit=20)) as third:
        assert third.lookup(KEY) == Stored(verdict(reply=Reply.ok(0, text="new")), own=False)


def test_the_same_command_resumes_a_refresh_that_was_cut_short(tmp_path: Path) -> None:
    asked(tmp_path, Reply.ok(0, text="old"))
    asked(tmp_path, Reply.ok(0, text="new"), refresh=True, finish=False)
    path = asked(tmp_path, Reply.ok(0, text="paid twice"), refresh=True)
    assert answer(path) == "new"
    assert len(list(path.glob("verdicts-2*.jsonl"))) == 1


def test_a_packed_run_is_set_aside_whole(tmp_path: Path) -> None:
    pack(asked(tmp_path, Reply.ok(0, text="old")))
    path = asked(tmp_path, Reply.ok(0, text="new"), refresh=True)
    assert answer(path) == "new"
    assert len(list(path.glob("verdicts-2*.parquet"))) == 1
    assert (path / VERDICTS).exists()


@pytest.mark.parametrize("moment", ["before", "after"])
def test_a_refresh_killed_while_it_sets_aside_is_made_good(tmp_path: Path, moment: str) -> None:
    asked(tmp_path, Reply.ok(0, text="old"))
    script = (
        "import os, signal, pathlib\n"
        "from judgebench.store.writer import RunWriter\n"
        "real = pathlib.Path.rename\n"
        "def rename(self, target):\n"
        "    if sys.argv[2] == 'after': real(self, target)\n"
        "    os.kill(os.getpid(), signal.SIGKILL)\n"
        "pathlib.Path.rename = rename\n"
        "RunWriter(Path(sys.argv[1]), RUN, refresh=True).__enter__()\n"
    )
    code, _, err = ended(start(script, tmp_path, moment))
    assert code == -9, err
    path = asked(tmp_path, Reply.ok(0, text="new"))
    assert answer(path) == "new"
    [aside] = path.glob("verdicts-2*.jsonl")
    assert [one.text for one in read_lines(aside)] == ["old"]


def test_the_command_line_has_both(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    def asked_by(*options: str) -> str:
        words = ["run", "--judge", "baseline/longest", "--task", "pandalm", "--sample", "--runs", str(tmp_path)]
        words += [*options, "--explain"] if "--dry-run" in options else ["--format", "csv", *options]
        build(words)(words, standalone_mode=False)
        out, err = capsys.readouterr()
        return out if "--dry-run" in options else err

    assert " 48 asked, 0 already judged" in asked_by()
    assert " 0 asked, 48 already judged" in asked_by()
    assert "6 already judged, 0 to ask" in asked_by("--limit", "3", "--dry-run")
    assert "0 already judged, 6 to ask" in asked_by("--limit", "3", "--dry-run", "--no-cache")
    assert " 6 asked, 0 already judged" in asked_by("--limit", "3", "--no-cache")
    assert "0 already judged, 48 to ask" in asked_by("--refresh", "--dry-run")
    assert " 48 asked, 0 already judged" in asked_by("--refresh")
    assert " 0 asked, 48 already judged" in asked_by()
