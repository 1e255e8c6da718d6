"""A folder of runs of several tasks: what one of them lacks hides none of the others."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pytest

from judgebench.agreement.policies import apply
from judgebench.domain import Policies, Ratings, Scale
from judgebench.errors import UsageError

if TYPE_CHECKING:
    from pathlib import Path


@pytest.fixture
def runs(judgebench) -> None:
    tasks = ("--task", "pandalm", "--task", "rewardbench")
    assert judgebench("run", "--judge", "baseline/longest", *tasks, "--sample").code == 0


@pytest.mark.usefixtures("runs")
@pytest.mark.parametrize("command", ["humans", "alt-test"])
def test_a_task_with_one_annotator_is_left_out_aloud(judgebench, command: str) -> None:
    done = judgebench(command, "runs")
    assert done.code == 0, done.err
    assert "left out rewardbench" in done.err
    assert "pandalm" in done.out
    assert "rewardbench" not in done.out


@pytest.mark.usefixtures("runs")
def test_where_no_task_fits_the_command_says_so(judgebench, tmp_path: Path) -> None:
    (alone,) = (tmp_path / "runs").glob("rewardbench--*")
    for command in ("humans", "alt-test"):
        done = judgebench(command, alone)
        assert done.code in {2, 3}
        assert "annotators" in done.err


@pytest.mark.parametrize("kind", ["rank", "steps"])
def test_sequences_are_no_labels(kind: str) -> None:
    zeros = np.zeros(4, dtype=np.int64)
    scale = Scale.rank(3) if kind == "rank" else Scale.steps()
    ratings = Ratings(
        scale, zeros, zeros[:, None], ("h",), np.arange(4), np.arange(4), zeros, zeros > 0, zeros, ("",), zeros, ("",)
    )
    with pytest.raises(UsageError, match="not single labels"):
        apply(ratings, Policies())


def test_why_no_judge_fits_is_said_once(judgebench) -> None:
    judges = ("--judge", "baseline/longest", "--judge", "baseline/random")
    assert judgebench("run", *judges, "--task", "llmbar", "--sample").code == 0
    done = judgebench("systems", "runs")
    assert done.code == 3
    said = " ".join(done.err.split())
    assert "left out baseline/longest and baseline/random on llmbar. judgebench: no row names two systems" in said
    assert said.count("no row names two systems") == 1
