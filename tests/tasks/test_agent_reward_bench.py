"""AgentRewardBench: labels, the trajectories beside them, what of a step is shown, and the published figures."""

from __future__ import annotations

import json
import shutil
from typing import TYPE_CHECKING, Any

import pytest
from task_files import sample

from judgebench.errors import DataError
from judgebench.reproduce.reproduction import reproduce
from judgebench.tasks.base import CardTask, open_task
from judgebench.tasks.card import card_dir, load_card

if TYPE_CHECKING:
    from pathlib import Path

TASK = "agent-reward-bench"
SAMPLE = card_dir() / TASK
TEAPOT = "cleaned/webarena/StudyAgent-alder-7b/StudyAgent-alder-7b_on_webarena/webarena.1.json"


def rows(name: str) -> list[dict[str, Any]]:
    return sample(TASK, name)


def csv(path: Path, records: list[dict[str, Any]]) -> None:
    lines = [",".join(records[0]), *(",".join(map(str, row.values())) for row in records)]
    path.write_text("\n".join(lines) + "\n", encoding="utf-8")


@pytest.fixture
def clone(tmp_path: Path) -> Path:
    """Lay the sample out as the benchmark does."""
    csv(tmp_path / "annotations.csv", rows("sample"))
    csv(tmp_path / "splits.csv", rows("sample.splits"))
    for name in ("cleaned", "screenshots"):
        shutil.copytree(SAMPLE / name, tmp_path / "trajectories" / name)
    return tmp_path


def opened(folder: Path, split: str = "") -> CardTask:
    return open_task(f"{TASK}:{split}" if split else TASK, data=folder)


def test_a_clone_is_read_as_the_sample_is(clone: Path) -> None:
    items, plain = list(opened(clone).items()), list(open_task(TASK, sample=True).items())
    assert [(one.id, one.gold, one.subset, one.content_digest) for one in items] == [
        (one.id, one.gold, one.subset, one.content_digest) for one in plain
    ]
    assert {one.subset for one in items} >= {"workarena++", "workarena"}
    # Two agents tried one task; of two annotators the first one counts, and Unsure is left out.
    assert len({one.cluster for one in items if one.subset == "visualwebarena"}) == 1
    optimal = {one.id: one.gold[0].code for one in opened(clone, "optimality").items()}
    assert optimal["webarena/StudyAgent-alder-7b/webarena.1"] == 3
    assert [one.id.partition("/")[2] for one in opened(clone, "success-dev").items()] == [
        "StudyAgent-alder-7b/webarena.5"
    ]


@pytest.mark.parametrize(("shown", "images", "trees"), [("last", 1, 1), ("all", 3, 3), ("none", 0, 0)])
def test_the_card_says_what_of_the_steps_is_shown(
    tmp_path: Path, clone: Path, shown: str, images: int, trees: int
) -> None:
    home = tmp_path / "cards" / TASK
    home.mkdir(parents=True)
    text = (SAMPLE / "task.toml").read_text(encoding="utf-8")
    home.joinpath("task.toml").write_text(
        text.replace("\n[form]\n", f'\n[form]\naxtree = "{shown}"\nscreenshots = "{shown}"\n', 1), encoding="utf-8"
    )
    task = CardTask(load_card(TASK, home.parent), "", opened(clone).source)
    teapot = next(iter(task.items()))
    assert len(list(teapot.images)) == images
    text = teapot.responses[0].whole
    assert text.count("button") + text.count("link") >= trees
    assert (text.count("[tool call]"), text.count("URL: ")) == (3, 3)
    # A later screenshot stands in its own step.
    assert all(str(clone) in image for image in teapot.images)


def test_labels_alone_can_be_replayed_and_not_judged(clone: Path) -> None:
    shutil.rmtree(clone / "trajectories")
    items = list(opened(clone).items())
    assert {one.attribute("unanswered") for one in items} == {"yes"}
    assert len({one.id for one in items}) == len(items) == 7


@pytest.mark.parametrize(
    ("name", "change", "field", "says"),
    [
        (
            "annotations.csv",
            {"trajectory_success": "Maybe"},
            "trajectory_success",
            "expected Unsuccessful, Succ",
        ),
        ("annotations.csv", {"task_id": "webarena.99"}, "task_id", "no split is known of the task 'webarena.99'"),
        ("annotations.csv", {"model_name": ""}, "model_name", "expected a name"),
        (TEAPOT, {"steps": []}, "steps", "expected a list of steps"),
        (TEAPOT, {"steps": ["click"]}, "steps", "expected a list of steps"),
        (TEAPOT, {"goal": None}, "goal", "expected a text"),
        (TEAPOT, {"steps": [{"screenshot_path": "gone.png"}]}, "steps", "there is no screenshot 'gone.png'"),
    ],
)
def test_what_is_wrong_is_said_with_its_place(
    clone: Path, name: str, change: dict[str, Any], field: str, says: str
) -> None:
    if name.endswith(".csv"):
        first, *rest = rows("sample")
        csv(clone / name, [first | change, *rest])
    else:
        path = clone / "trajectories" / name
        path.write_text(json.dumps(json.loads(path.read_text()) | change), encoding="utf-8")
    with pytest.raises(DataError, match=says) as caught:
        list(opened(clone).items())
    assert (str(caught.value.file).endswith(name), caught.value.field) == (True, field)


def test_files_that_are_no_trajectories_are_named(clone: Path) -> None:
    path = clone / "trajectories" / TEAPOT
    for text, says in (("{", "this is not JSON"), ("[]", "expected an object with goal and steps")):
        path.write_text(text)
        with pytest.raises(DataError, match=says) as caught:
            list(opened(clone).items())
        assert str(caught.value.file).endswith(TEAPOT)


def test_a_table_names_no_files_elsewhere(clone: Path) -> None:
    outside = clone.parent / "cleaned"
    shutil.copytree(SAMPLE / "cleaned", outside, dirs_exist_ok=True)
    first = rows("sample")[0]
    csv(clone / "annotations.csv", [first | {"benchmark": f"../../{clone.parent.name}/../{outside.name}/webarena"}])
    assert [one.attribute("unanswered") for one in opened(clone).items()] == ["yes"]


@pytest.mark.data
def test_the_published_figures(data_dir: Path) -> None:
    counts = {split: len(list(opened(data_dir / "agent_reward_bench", split).items())) for split in ("", "success-dev")}
    assert counts == {"": 1106, "success-dev": 195}
    cells = reproduce([TASK], data_dir).cells
    kinds = [cell.kind for cell in cells]
    assert {kind: kinds.count(kind) for kind in kinds} == {"parts": 10, "explained": 3, "equal": 2}
