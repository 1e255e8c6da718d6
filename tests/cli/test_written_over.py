"""No file that a command reads is written over, whichever option names it and whichever the command."""

from __future__ import annotations

import inspect
from typing import TYPE_CHECKING

import pytest

from judgebench.cli.commands import command
from judgebench.cli.registry import COMMANDS, question

if TYPE_CHECKING:
    from pathlib import Path

_TABLE = "id,question,answer,judge,gold\n1,a,b,yes,no\n2,a,b,yes,yes\n"
_OVER = "judgebench: {} own.csv would overwrite what is read; name another file.\n"
#: Where a command takes no --csv: how it is told of a file.
_OTHERS = {
    "run": ("--task", "own.csv", "--judge", "contains"),
    "probe": ("--task", "own.csv", "--judge", "contains"),
    "validate-judge": ("--task", "own.csv", "--judge", "contains"),
    "reproduce": ("own.csv",),
    "show": ("own.csv",),
    "doctor": ("own.csv",),
    "validate": ("own.csv",),
    "verify": ("own.csv",),
    "gate": ("--csv", "own.csv", "--against", "other.json"),
    "demo": ("--config", "own.csv"),
}
#: Those whose --output is a folder, which they keep by themselves.
_FOLDERS = {"publish", "results"}


def _options(name: str) -> set[str]:
    return set(inspect.signature(command(*question(name))).parameters) if name != "list" else set()


_WRITING = [
    (name, flag)
    for name in COMMANDS
    for flag in ("output", "junit", "verdicts")
    if flag in _options(name) and name not in _FOLDERS
]


@pytest.mark.parametrize(("name", "flag"), _WRITING)
def test_no_command_writes_over_the_file_that_it_is_given(judgebench, tmp_path: Path, name: str, flag: str) -> None:
    (tmp_path / "own.csv").write_text("" if name == "demo" else _TABLE)
    before = (tmp_path / "own.csv").read_text()
    done = judgebench(name, *_OTHERS.get(name, ("--csv", "own.csv")), f"--{flag}", "own.csv")
    assert (done.code, done.err) == (2, _OVER.format(f"--{flag}"))
    assert (tmp_path / "own.csv").read_text() == before


def test_nor_over_a_file_to_which_what_it_is_given_leads(judgebench, tmp_path: Path) -> None:
    (tmp_path / "own.csv").write_text(_TABLE)
    (tmp_path / "mine.py").write_text("def judge(item):\n    return 'yes'\n")
    asked = ("run", "--task", "own.csv", "--gold-col", "gold", "--judge", "mine:judge")
    assert judgebench(*asked).code == 0
    (tmp_path / "also.html").hardlink_to(tmp_path / "own.csv")
    manifest = next(tmp_path.glob("runs/*/manifest.json")).relative_to(tmp_path)
    files = {name: (tmp_path / name).read_bytes() for name in ("own.csv", "mine.py", str(manifest))}
    for line in (
        (*asked, "--output", "mine.py", "--format", "csv"),
        ("report", "runs", "--output", "own.csv"),
        ("report", "runs", "--output", "also.html"),
        ("score", "runs", "--output", manifest),
    ):
        done = judgebench(*line)
        assert (done.code, "would overwrite what is read" in " ".join(done.err.split())) == (2, True), done.err
    assert {name: (tmp_path / name).read_bytes() for name in files} == files


def test_an_answer_of_before_is_written_again(judgebench, tmp_path: Path) -> None:
    (tmp_path / "own.csv").write_text(_TABLE)
    asked = ("score", "--csv", "own.csv", "--judge-col", "judge", "--gold-col", "gold", "--output", "answer.csv")
    assert [judgebench(*asked).code, judgebench(*asked).code] == [0, 0]
