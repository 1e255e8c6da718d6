"""Step labels in their shapes: ProcessBench by columns; flags, numbers of wrong steps and records by one reader."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from sklearn.metrics import f1_score
from task_files import sample

from judgebench.domain import Case, Reply, Verdict
from judgebench.errors import DataError
from judgebench.tasks.base import CardTask, open_task
from judgebench.tasks.card import card_dir, load_card
from judgebench.tasks.readers.steps import prm_score
from judgebench.tasks.sources import file_source

if TYPE_CHECKING:
    from pathlib import Path

    from judgebench.domain import Item

FORM = """
id = "id"
question = "question"
steps = "response.steps"
flags = "response.process_correctness"
words = {"-1" = "incorrect", "0" = "correct"}
images = "image"
system = "policy_model"
"""
VISUAL = {
    "id": "v1", "question": "How high is the bar?", "image": ["bar.png"], "policy_model": "m-1",
    "response": {"steps": ["It is high.", "It is 3.", "So 3."], "process_correctness": [1, -1, 0]},
}  # fmt: skip


def opened(tmp_path: Path, task: str, *records: dict[str, Any], split: str = "", form: str = "") -> CardTask:
    file = tmp_path / "rows.jsonl"
    file.write_text("".join(json.dumps(row) + "\n" for row in records))
    if form:
        card = (card_dir() / task / "task.toml").read_text(encoding="utf-8")
        before, after = card.split("[form]")
        (tmp_path / task).mkdir()
        (tmp_path / task / "task.toml").write_text(f"{before}[form]{form}\n[splits{after.partition('[splits')[2]}")
    return CardTask(load_card(task, tmp_path if form else None), split, file_source(file))


def test_processbench_is_read_by_its_columns(tmp_path: Path) -> None:
    first, *_, last = open_task("processbench", sample=True).items()
    assert [label.code for label in first.gold] == [(1, 1, 1, 1)]
    assert [label.code for label in last.gold] == [(1, 1, 0)]
    assert (len(last.responses), last.responses[0].model) == (4, "Birch-13B")
    one = sample("processbench")[0]
    for label, says in ((4, "names step 4 .the first is 0., and 4 are shown"), ("third", "is not on the scale")):
        with pytest.raises(DataError, match=says) as caught:
            list(opened(tmp_path, "processbench", one | {"label": label}).items())
        assert "rows.jsonl" in str(caught.value)


def test_both_namings_of_prmbench_are_read(tmp_path: Path) -> None:
    items = {item.id: item for item in open_task("prmbench", sample=True).items()}
    assert items["circular/sample_0"].gold[0].code == (0, 1, 0)
    assert items["redundency/sample_0"].gold[0].code == (1, 1, 0, 1)
    assert len({items[f"{kind}/sample_0"].cluster for kind in ("circular", "confidence", "redundency")}) == 1
    assert {"multi_solutions/sample_2", "multi_solutions/sample_2#2"} <= items.keys()
    # A step that does not exist is passed over, as the benchmark does, unless the card doesn't say so.
    assert items["deception/sample_1"].gold[0].code == (1, 1, 0)
    form = 'id = "idx"\nquestion = "question"\nsteps = "steps"\nwrong = "error_steps"'
    with pytest.raises(DataError, match=r"rows.jsonl:1, field 'error_steps': step 4 is wrong, and there are 3"):
        list(opened(tmp_path, "prmbench", sample("prmbench")[5], form=f"\n{form}\n").items())


def test_records_of_steps_say_what_kind_of_error_each_makes() -> None:
    whole = {item.id: item for item in open_task("projudge", sample=True).items()}
    assert whole["sample_1"].gold[0].code == (1, 0, 0)
    assert [image.rpartition("/")[2] for image in whole["sample_1"].images] == ["bars.png"]
    task = open_task("projudge:types", sample=True)
    first, second = list(task.items())[:2]
    assert (first.id, second.id) == ("sample_1/2", "sample_1/3")
    assert [turn.text for turn in second.conversation[1:]] == [
        "\n\n".join(r.text for r in whole["sample_1"].responses[:2])
    ]
    assert task.scale.labels[first.gold[0].code] == "Visual Interpretation Error"  # type: ignore[index]  # a label of kinds
    assert len(list(first.images)) == 1


def test_a_list_of_flags_is_read_too(tmp_path: Path) -> None:
    (tmp_path / "bar.png").write_bytes(b"\x89PNG\r\n\x1a\n")
    [item] = opened(tmp_path, "projudge", VISUAL, form=FORM).items()
    assert item.gold[0].code == (1, 0, 1)
    assert {response.model for response in item.responses} == {"m-1"}
    assert len(list(item.images)) == 1


def without(name: str) -> dict[str, Any]:
    return {key: value for key, value in sample("projudge")[2].items() if key != name}


STEPS = "process_evaluation"


@pytest.mark.parametrize(
    ("change", "field", "says"),
    [
        ({"id": None}, "id", "expected a name or a number"),
        ({"question": None}, "question", "expected a text"),
        ({"question": ["a"]}, "question", "expected a text"),
        ({STEPS: []}, STEPS, "expected a list of steps"),
        ({STEPS: [["a", "1"]]}, STEPS, "step 1 has nothing at 2"),
        ({STEPS: [["a", "maybe", "", ""]]}, STEPS, "step 1 has the flag 'maybe', expected 1 or 0"),
        ({STEPS: [[3, "1", "", ""]]}, STEPS, "a step is a text, got 3"),
        ({"image_paths": {"image_1": "gone.png"}}, "image_paths", "there is no image 'gone.png'"),
        ({"image_paths": {"image_1": 4}}, "image_paths", "a path or an address, got 4"),
        ({STEPS: [["a", "0", "Odd Error", ""]]}, STEPS, "step 1 has the kind 'Odd Error'; the scale has Reasoning"),
    ],
)
def test_what_is_no_solution_is_said_with_its_place(
    tmp_path: Path, change: dict[str, Any], field: str, says: str
) -> None:
    split = "types" if "Odd" in says else "test"
    with pytest.raises(DataError, match=says) as caught:
        list(opened(tmp_path, "projudge", sample("projudge")[2] | change, split=split).items())
    assert (caught.value.line, caught.value.field) == (1, field)
    assert str(caught.value.file).endswith("rows.jsonl")


@pytest.mark.parametrize(
    ("form", "says"),
    [
        ('steps = "s"', "name at least one field"),
        ('id = "i"\nquestion = "q"\nsteps = "s"', "say one of these: flags, wrong, record"),
        ('id = "i"\nquestion = "q"\nsteps = "s"\nflags = "f"\nwrong = "w"', "say one of these"),
        ('id = "i"\nquestion = "q"\nsteps = "s"\nrecord = [0]', "places or keys of text and flag"),
        ('id = "i"\nquestion = "q"\nsteps = "s"\nflags = "f"\nscore = "best"', "'best' is not one of prm"),
        ('id = "i"\nquestion = "q"\nsteps = "s"\nflags = "f"\nwords = {a = "so so"}', "each word means correct"),
        ('id = "i"\nquestion = "q"\nsteps = "s"\nflags = "f"\nstep = "s"', "not known here"),
    ],
)
def test_a_form_that_says_too_little_or_too_much_is_refused(tmp_path: Path, form: str, says: str) -> None:
    with pytest.raises(DataError, match=says):
        list(opened(tmp_path, "projudge", sample("projudge")[0], form=f"\n{form}\n").items())


def judged(item: Item, code: tuple[int, ...] | None, task: CardTask) -> Verdict:
    reply = Reply.ok(code) if code is not None else Reply.ok((1,) * len(item.responses))
    return Verdict.of(Case(item, tuple(range(len(item.responses)))), reply, task.scale, "sample")


@given(st.data())
def test_prmscore_is_the_mean_of_two_f1(data: st.DataObject) -> None:
    task = open_task("prmbench", sample=True)
    verdicts = []
    for item in task.items():
        code = tuple(data.draw(st.lists(st.integers(0, 1), min_size=(n := len(item.responses)), max_size=n)))
        verdicts.append(judged(item, code, task))
    gold = np.concatenate([one.gold[0][1] for one in verdicts])
    said = np.concatenate([one.code for one in verdicts])
    score = prm_score(verdicts)
    assert score.value == pytest.approx(f1_score(gold, said, average="macro", labels=[0, 1], zero_division=0))
    found = task.reader.official(verdicts)
    assert found["all"]["official_score"] == score
    assert found["multi_solutions"]["official_score"].undefined == "no_gold_errors"


@pytest.mark.data
def test_the_repositorys_steps(data_dir: Path) -> None:
    items = list(open_task("prmbench", data=data_dir / "prmbench_steps").items())
    assert len(items) == 883
    assert sum(len(item.responses) for item in items) == 13_148
    # 1,675 are named; some of these do not exist.
    assert sum(code == 0 for item in items for code in item.gold[0].code) < 1675  # type: ignore[union-attr]  # codes of steps
    assert sum(0 not in item.gold[0].code for item in items) == 165 + 2  # type: ignore[operator]  # codes of steps
