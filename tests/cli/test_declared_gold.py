"""A run asked for again only to say who gave the labels takes the place of the one that doesn't say it."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pathlib import Path

_TABLE = "id,question,answer,ann,bob\n" + "".join(
    f"q{i},a{i},b{i},{'pass' if i % 3 else 'fail'},{'pass' if i % 2 else 'fail'}\n" for i in range(12)
)
_JUDGES = "def fine(item):\n    return 'pass'\n\n\ndef other(item):\n    return 'fail'\n"


def _run(judgebench, *more: str):
    gold = ("--gold-col", "ann", "--gold-col", "bob")
    return judgebench("run", "--task", "quiz.csv", *gold, "--judge", "mine:fine", "--judge", "mine:other", *more)


def test_who_gave_the_labels_is_said_later_and_both_runs_are_one(judgebench, tmp_path: Path) -> None:
    (tmp_path / "quiz.csv").write_text(_TABLE)
    (tmp_path / "mine.py").write_text(_JUDGES)
    assert _run(judgebench).code == 0
    assert _run(judgebench, "--gold", "human").code == 0
    for command in (("compare", "runs", "--task", "quiz"), ("leaderboard", "runs"), ("score", "runs")):
        done = judgebench(*command)
        assert done.code == 0, done.err
        assert "revision" not in done.out, done.out
        assert done.err.count("which says who gave the labels") == 2, done.err


def test_labels_that_were_changed_meanwhile_are_other_labels(judgebench, tmp_path: Path) -> None:
    (tmp_path / "quiz.csv").write_text(_TABLE)
    (tmp_path / "mine.py").write_text(_JUDGES)
    assert _run(judgebench).code == 0
    (tmp_path / "quiz.csv").write_text(_TABLE.replace("fail", "pass", 1))
    assert _run(judgebench, "--gold", "human").code == 0
    done = judgebench("compare", "runs", "--task", "quiz")
    assert (done.code, "RUN folders" in done.err) == (3, True), done.err
