"""Boards of systems: from tables of scores, scores of answers, battles; and what is wrong with one."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pytest

from judgebench.errors import DataError, UsageError
from judgebench.tasks.base import open_task, recorded_judges

if TYPE_CHECKING:
    from pathlib import Path

TASKS = ("llmeval-1", "llmeval-1:pairwise", "justrank", "llmfao-board")


@pytest.mark.parametrize("name", TASKS)
def test_every_sample_is_a_board(name: str) -> None:
    items = list(open_task(name, sample=True).items())
    assert len({item.cluster for item in items}) == 6
    assert {item.attribute("unanswered") for item in items} == {"yes"}


def test_a_judge_is_the_mean_of_its_scores(tmp_path: Path) -> None:
    task = open_task("justrank", sample=True)
    names = [item.id for item in task.items()]
    lines = ["arena_hard_question_id,system,judge_model,judge_realization,judgment_score"]
    lines += [
        f"q{q},{name},judge,{how},{10 * n + q}" for n, name in enumerate(names) for q in (1, 3) for how in ("x", "y")
    ]
    lines += ["q1,unknown system,judge,x,50", f"q4,{names[0]},judge,y,"]
    path = tmp_path / "scores.csv"
    path.write_text("\n".join(lines), encoding="utf-8")
    assert list(recorded_judges(path, task.reader)) == ["judge / x", "judge / y"]
    recording = task.recorded(path, "judge / x")
    assert [task.scale.word(recording.replies[name, (0,)].code) for name in names] == [  # type: ignore[arg-type]  # numbers
        f"{10 * n + 2}" for n in range(len(names))
    ]
    with pytest.raises(UsageError, match="name the judge; there are: judge / x, judge / y"):
        task.recorded(path)
    path.write_text("system,judge_model,judge_realization,judgment_score\nnorth-7b,j,x,high\n", encoding="utf-8")
    with pytest.raises(DataError, match=r"csv:2, field 'judgment_score': expected a number, got 'high'"):
        task.recorded(path, "j / x")
    path.write_text("system,judge_model,judge_realization,judgment_score\nnorth-7b,j,x,4000\n", encoding="utf-8")
    with pytest.raises(DataError, match="the standing of 'north-7b' is 4000, beyond number:-10-3000"):
        task.recorded(path, "j / x")


def test_battles_give_strengths_that_rank_as_they_should(tmp_path: Path) -> None:
    task = open_task("llmfao-board", sample=True)
    true = {"a": 2.0, "b": 1.0, "c": 0.0, "d": -1.5}
    rows = ["left,right,winner"]
    for x, up in true.items():
        for y, down in true.items():
            if x != y:
                wins = round(20 / (1 + 2.718281828 ** (down - up)))
                rows += [f"{x},{y},left"] * wins + [f"{x},{y},right"] * (20 - wins)
    (tmp_path / "crowd-comparisons.csv").write_text("\n".join([*rows, "a,a,left", "a,b,tie"]), encoding="utf-8")
    items = {item.id: item for item in open_task("llmfao-board", data=tmp_path).items()}
    found = [float(task.scale.word(items[name].gold[0].code)) for name in true]  # type: ignore[arg-type]  # numbers
    assert np.corrcoef(found, list(true.values()))[0, 1] > 0.99
    (tmp_path / "crowd-comparisons.csv").write_text("left,right,winner\na,b,left\na,b,both\n", encoding="utf-8")
    with pytest.raises(DataError, match=r"csv:3, field 'winner': expected one of left, right, tie"):
        list(open_task("llmfao-board", data=tmp_path).items())


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("llm_name,pairwise\na,0.5\na,0.6\n", r"csv:3, field 'llm_name': system 'a' appears twice"),
        ("llm_name,pairwise\na,nan\n", r"csv:2, field 'pairwise': expected a number, got 'nan'"),
        ("llm_name,pairwise\na,1.5\n", "the standing of 'a' is 1.5, beyond the scale number:0-1"),
        ("name,pairwise\na,0.5\n", "field 'llm_name': this field is missing"),
        ("llm_name,pairwise\n,0.5\n", "field 'llm_name': this is empty"),
    ],
)
def test_a_wrong_board_is_named(tmp_path: Path, text: str, said: str) -> None:
    path = tmp_path / "board.csv"
    path.write_text(text, encoding="utf-8")
    with pytest.raises(DataError, match=said):
        list(open_task("llmeval-1:pairwise", data=path).items())


def test_another_board_of_the_same_form(tmp_path: Path) -> None:
    task = open_task("llmeval-1", sample=True)
    path = tmp_path / "judge.csv"
    rows = [f"{name},2.{n},1.{n},2,2,2,2" for n, name in enumerate(("north-7b", "delta-8b", "someone"))]
    head = "llm_name,overall,accuracy,informativeness,fluency,logicality,harmlessness"
    path.write_text("\n".join([head, *rows]), encoding="utf-8")
    recording = task.recorded(path)
    assert recording.name == "judge"
    assert len(recording.replies) == 12
    path.write_text(f"{head}\nnobody,1,1,1,1,1,1", encoding="utf-8")
    with pytest.raises(UsageError, match="it has none of the systems of llmeval-1:stars"):
        task.recorded(path)
