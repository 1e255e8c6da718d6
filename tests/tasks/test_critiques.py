"""Counsel: critiques joined to the trajectories that they are of, and the turns that they are about."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest
from task_files import sample

from judgebench.errors import DataError
from judgebench.tasks.base import open_task

if TYPE_CHECKING:
    from pathlib import Path


def rows(name: str) -> list[dict[str, Any]]:
    return sample("counsel", name)


def test_a_critique_is_judged_behind_the_trajectory() -> None:
    items = {item.id: item for item in open_task("counsel", sample=True).items()}
    first = items["c1"]
    assert [turn.role for turn in first.conversation] == [
        "system", "user", "assistant", "call", "tool", "call", "tool", "assistant",
    ]  # fmt: skip
    assert (first.responses[0].model, first.cluster, first.gold[0].code) == ("cedar-32b", "trace-1", 2)
    # The fifth message is the sixth turn: one before it said something and called a tool.
    assert "a critique of turn 6 of the conversation" in str(first.attribute("criterion"))
    assert "turns 3 to 4" in str(items["c3"].attribute("criterion"))
    assert [items[name].gold[0].code for name in ("c5", "c6", "c7")] == [2, 0, 1]


@pytest.mark.parametrize(
    ("change", "field", "says"),
    [
        ({"trace-id": "trace-9"}, "trace-id", "there is no trajectory 'trace-9' in the table trajectories"),
        ({"utterance-idx": 7}, "utterance-idx", "expected the place of a message, 0 to 6, got 7"),
        ({"utterance-idx": "4"}, "utterance-idx", "expected the place of a message"),
        ({"meta-judgement": "fine"}, "meta-judgement", "expected should not have flagged, correct location"),
        ({"judge-critique": None}, "judge-critique", "expected a text"),
    ],
)
def test_what_is_no_critique_is_said_with_its_place(
    tmp_path: Path, change: dict[str, Any], field: str, says: str
) -> None:
    (tmp_path / "meta-annotations.jsonl").write_text(json.dumps(rows("sample")[0] | change) + "\n")
    trajectories = "".join(json.dumps(row) + "\n" for row in rows("sample.trajectories"))
    (tmp_path / "trajectories.jsonl").write_text(trajectories)
    with pytest.raises(DataError, match=says) as caught:
        list(open_task("counsel", data=tmp_path).items())
    assert (str(caught.value.file).endswith("meta-annotations.jsonl"), caught.value.line) == (True, 1)
    assert caught.value.field == field


def test_a_trajectory_appears_once(tmp_path: Path) -> None:
    (tmp_path / "meta-annotations.jsonl").write_text(json.dumps(rows("sample")[0]) + "\n")
    (tmp_path / "trajectories.jsonl").write_text((json.dumps(rows("sample.trajectories")[0]) + "\n") * 2)
    with pytest.raises(DataError, match="trajectory 'trace-1' appears twice"):
        list(open_task("counsel", data=tmp_path).items())
