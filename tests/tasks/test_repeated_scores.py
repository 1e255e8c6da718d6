"""Answers that were scored several times: the first k scores, replays, and files that are wrong."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
from task_files import write

from judgebench.domain import Status
from judgebench.errors import DataError, UsageError
from judgebench.tasks.base import open_task, recorded_judges
from judgebench.tasks.readers.repeated_scores import Scored, Tally, figure

if TYPE_CHECKING:
    from pathlib import Path

ITEMS = [
    Scored("1", "Math", ((9, None, 5), (6, 6, 6))),
    Scored("1", "Focus", ((7, 8, 8), (7, 7, 7))),
    Scored("2", "Focus", ((None, 4, 4), (3, 5, 5))),
]


def test_the_first_scores_that_there_are() -> None:
    assert Tally.of(ITEMS, 1) == (2, 1, 1)
    assert Tally.of(ITEMS, 2) == (3, 2, 1)
    assert Tally.of(ITEMS, 3).named("accuracy") == pytest.approx(2 / 3)
    assert Tally.of([], 1).named("accuracy") is None


def test_figures_by_id_subset_and_another_files_rows(tmp_path: Path) -> None:
    rows = [{"id": one.id, "subset": one.subset, "full": [list(scores) for scores in one.answers]} for one in ITEMS]
    path = write(tmp_path / "base.jsonl", rows)
    write(tmp_path / "nano.jsonl", [row | {"full": [[2], [1]]} for row in rows[:2]])
    names = {"judge": "j", "file": "base.jsonl", "field": "full", "k": "3", "metric": "n"}

    def ours(**more: str) -> float | None:
        return figure(lambda name: tmp_path / name, {**names, **more})

    assert ours() == 3
    assert ours(ids="first") == 2
    assert ours(subset="Focus") == 2
    assert ours(ids="first", subset="Focus") == 1
    assert ours(file="nano.jsonl", beside="base.jsonl", metric="n_correct") == 2
    with pytest.raises(DataError, match="no items of Ties"):
        ours(subset="Ties")
    assert path.exists()


def scored(**changed: Any) -> list[dict[str, Any]]:
    row = {"id": "1", "subset": "Factuality", "full": [[9, 8], [1, 2], [3], [4, None]], "mini": [[5], [5], [1], [1]]}
    return [row | changed]


def test_scores_are_replayed_in_the_order_that_is_shown(tmp_path: Path) -> None:
    task = open_task("rewardbench-2", sample=True)
    item = next(item for item in task.items() if item.id == "Factuality/1")
    path = write(tmp_path / "scores.jsonl", scored())
    assert list(recorded_judges(path, task.reader)) == ["full", "mini"]
    reply = task.recorded(path, "full").replies["Factuality/1", (0, 1, 2, 3)]
    assert reply.code == item.gold[0].code
    assert sorted(reply.scores) == [1.5, 3, 4, 8.5]
    tied = task.recorded(path, "mini").replies["Factuality/1", (0, 1, 2, 3)]
    assert (tied.status, tied.error) == (Status.UNPARSED, "equal scores")
    with pytest.raises(UsageError, match="name the judge; there are: full, mini"):
        task.recorded(path)


@pytest.mark.parametrize(
    ("changed", "said"),
    [
        ({"full": [[9], ["8"], [1], [1]]}, r"jsonl:1, field 'full': expected a list of numbers and nulls, got \['8'\]"),
        ({"full": [[9], [8]]}, "field 'id': 'Factuality/1' has 2 answers, and 4 in the data"),
        ({"id": "none"}, "'Factuality/none' has 4 answers, and is not in the data"),
        ({"full": [[9]]}, "field 'full': expected a list of scores for each of several answers"),
    ],
)
def test_wrong_scores_are_named(tmp_path: Path, changed: dict[str, Any], said: str) -> None:
    task = open_task("rewardbench-2", sample=True)
    assert list(task.items())
    with pytest.raises(DataError, match=said):
        task.recorded(write(tmp_path / "scores.jsonl", scored(**changed)), "full")


def test_two_scores_are_a_verdict_on_pandalm(tmp_path: Path) -> None:
    task = open_task("pandalm", sample=True)
    lines = ["position,idx,judge,score_1,score_2", "0,0,one,8.0,7.0", "1,1,one,-1,9", "0,0,two,3,3"]
    path = tmp_path / "scores.csv"
    path.write_text("\n".join(lines), encoding="utf-8")
    assert list(recorded_judges(path, task.reader)) == ["one", "two"]
    replies = task.recorded(path, "one").replies
    assert [(reply.code, reply.status) for reply in replies.values()] == [(0, Status.OK), (None, Status.UNPARSED)]
    assert task.recorded(path, "two").replies["0", (0, 1)].code == 1
    path.write_text("\n".join([*lines, "0,0,two,9,3"]), encoding="utf-8")
    with pytest.raises(DataError, match=r"csv:5, field 'idx': item '0' appears twice"):
        task.recorded(path, "two")


@pytest.mark.data
@pytest.mark.parametrize(
    ("task", "equal", "explained", "parts"),
    [
        ("cultural-pairs", 630, 2, 0),
        ("jailbreakeval", 72, 5, 19),
        ("arena-two-judges", 3, 0, 0),
        ("rewardbench-2", 242, 0, 0),
    ],
)
def test_figures_beside_the_data(data_dir: Path, task: str, equal: int, explained: int, parts: int) -> None:
    from judgebench.reproduce.reproduction import reproduce

    cells = [cell for cell in reproduce([task], data_dir).cells if cell.published_in.endswith(".json")]
    kinds = [("parts" if cell.known == "parts" else "equal") if cell.match else cell.known for cell in cells]
    assert [kinds.count(kind) for kind in ("equal", "explained", "parts")] == [equal, explained, parts]
    assert len(kinds) == equal + explained + parts


@pytest.mark.data
def test_the_juries_of_pandalm(data_dir: Path) -> None:
    from judgebench.reproduce.reproduction import reproduce

    cells = [cell for cell in reproduce(["pandalm"], data_dir).cells if cell.split == "pandalm test"]
    assert len(cells) == 64
    assert all(cell.match for cell in cells)
    assert all(abs((cell.ours or 0) - (cell.published or 0)) < 1e-9 for cell in cells)
