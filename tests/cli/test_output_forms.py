"""What a file's name promises is what is written into it, whichever the command."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from pathlib import Path

_TABLE = "id,judge,gold,second\n" + "".join(f"{i},{'yes' if i % 3 else 'no'},yes,no\n" for i in range(8))
_COLUMNS = ("--judge-col", "judge", "--gold-col", "gold")
_COMMANDS = {
    "score": ("--csv", "own.csv", *_COLUMNS),
    "leaderboard": ("--csv", "own.csv", *_COLUMNS),
    "humans": ("--csv", "own.csv", "--gold-col", "gold", "--gold-col", "second"),
    "doctor": ("own.csv",),
}
_BEGINS = {"json": "{", "html": "<!DOCTYPE html>", "md": "", "tex": "%", "csv": ""}


@pytest.mark.parametrize("name", _COMMANDS)
def test_the_ending_says_the_form_and_format_says_it_before(judgebench, tmp_path: Path, name: str) -> None:
    (tmp_path / "own.csv").write_text(_TABLE)
    asked = (name, *_COMMANDS[name])
    for form, begins in _BEGINS.items():
        assert judgebench(*asked, "--output", f"answer.{form}").code == 0
        judgebench(*asked, "--format", form, "--output", "said.txt")
        written = (tmp_path / f"answer.{form}").read_text()
        assert written.startswith(begins)
        assert written == (tmp_path / "said.txt").read_text()
    assert judgebench(*asked, "--output", "answer.txt").code == 0
    assert judgebench(*asked, "--format", "table", "--output", "answer.csv").code == 0
    assert (tmp_path / "answer.csv").read_text() == (tmp_path / "answer.txt").read_text()


@pytest.mark.parametrize("name", _COMMANDS)
def test_a_name_that_promises_a_form_that_there_is_not_is_refused(judgebench, tmp_path: Path, name: str) -> None:
    (tmp_path / "own.csv").write_text(_TABLE)
    done = judgebench(name, *_COMMANDS[name], "--output", "answer.pdf")
    assert (done.code, "--output answer.pdf" in done.err) == (2, True), done.err
    assert not (tmp_path / "answer.pdf").exists()
