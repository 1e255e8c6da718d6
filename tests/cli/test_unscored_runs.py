"""A run of which nothing can be scored is left out, aloud, and hides none of the others."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from pathlib import Path

_HEAD = "id,question,answer,ann,bob\n"
_SETTLED = f"{_HEAD}q1,a,b,pass,pass\nq2,c,d,fail,fail\nq3,e,f,pass,fail\n"
#: The one item has no gold by a majority.
_SPLIT = f"{_HEAD}q3,e,f,pass,fail\n"
_JUDGES = "def fine(item):\n    return 'pass'\n\n\ndef other(item):\n    return 'fail'\n"


def _ask(judgebench, folder: Path, judge: str, name: str, items: str) -> None:
    (folder / f"{name}.csv").write_text(items)
    (folder / "mine.py").write_text(_JUDGES)
    judgebench("run", "--task", f"{name}.csv", "--gold-col", "ann", "--gold-col", "bob", "--judge", f"mine:{judge}")


@pytest.mark.parametrize("command", ["score", "leaderboard", "report", "score --bounds", "score --sensitivity"])
def test_a_run_of_which_nothing_can_be_scored_hides_no_other(judgebench, tmp_path: Path, command: str) -> None:
    _ask(judgebench, tmp_path, "fine", "settled", _SETTLED)
    _ask(judgebench, tmp_path, "other", "split", _SPLIT)
    done = judgebench(*command.split(), "runs")
    assert done.code == 0, done.err
    if command != "score --sensitivity":
        assert "mine:other" in done.err + done.out, done


@pytest.mark.parametrize("command", ["score", "leaderboard", "report", "score --bounds"])
def test_where_none_can_be_scored_each_is_named(judgebench, tmp_path: Path, command: str) -> None:
    for judge in ("fine", "other"):
        _ask(judgebench, tmp_path, judge, "split", _SPLIT)
    done = judgebench(*command.split(), "runs")
    said = " ".join(done.err.split())
    assert (done.code, "left out mine:fine and mine:other on split" in said) == (3, True), done.err
