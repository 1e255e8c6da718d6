"""What is nearly right is told as what it was meant to be."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from pathlib import Path

_TABLE = "id,question,answer,judge,ann,bob\n" + "".join(f"{i},q{i},a{i},yes,yes,no\n" for i in range(4))
_SCORED = ("score", "--csv", "own.csv", "--judge-col", "judge")
_ASKED = ("run", "--task", "own.csv", "--gold-col", "ann")


@pytest.mark.parametrize(
    ("line", "says"),
    [
        ((*_SCORED, "--gold-col", "ann,bob"), "'ann' and 'bob' are columns: give the option again"),
        ((*_SCORED, "--gold-col", "anna,bob"), "did you mean"),
        ((*_ASKED, "--judge", "./mine.py:judge"), "it is mine:judge"),
        ((*_ASKED, "--judge", "mine:number"), "mine:number is an int"),
        (("leaderboard", *_SCORED[1:], "--gold-col", "ann", "--metric", "kapa"), "cohen_kappa"),
        (("power", *_SCORED[1:], "--gold-col", "ann", "--metric", "kapa"), "Did you mean"),
    ],
)
def test_a_near_miss_is_told(judgebench, tmp_path: Path, line: tuple[str, ...], says: str) -> None:
    (tmp_path / "own.csv").write_text(_TABLE)
    (tmp_path / "mine.py").write_text("number = 3\n\n\ndef judge(item):\n    return 'yes'\n")
    done = judgebench(*line)
    assert done.code in {2, 3}, done
    assert says in " ".join(done.err.split()), done.err
