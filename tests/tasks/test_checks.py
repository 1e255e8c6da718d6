"""Rubric checks: flat tables and objects that hold them, joined to what was asked, to what came out, to categories."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest
from sklearn.metrics import balanced_accuracy_score
from task_files import sample

from judgebench.domain import Case, Reply, Status, Verdict
from judgebench.errors import DataError
from judgebench.reproduce.reproduction import reproduce
from judgebench.tasks.base import open_task, recorded_judges
from judgebench.tasks.card import card_dir

if TYPE_CHECKING:
    from pathlib import Path

SAMPLE = card_dir() / "ruverbench"


def rows(name: str) -> list[dict[str, Any]]:
    return sample("ruverbench", f"sample-{name}")


def clone(folder: Path, **changes: Any) -> Path:
    """Lay the samples out as the repository does."""
    files: dict[str, Any] = {
        "deepresearch_taxonomy.json": {"category_order": ["format"], "points": rows("deep-research")},
        "deepresearch_dataset.json": rows("deep-research.tasks"),
        "deepresearch_responses.json": rows("deep-research.outputs"),
        "agenticcoding_labels.json": {"results": rows("agentic-coding")},
        "agenticcoding_taxonomy.json": {
            "categories": {"task": {"description": "x"}, "rules": {"description": "y"}},
            "assignments": rows("agentic-coding.taxonomy"),
        },
        "agenticcoding_dataset.jsonl": rows("agentic-coding.tasks"),
        "agenticcoding_trajectories.jsonl": rows("agentic-coding.outputs"),
    }
    for name, content in (files | changes).items():
        if content is not None:
            lines = [json.dumps(row) for row in content] if name.endswith(".jsonl") else [json.dumps(content)]
            (folder / name).write_text("\n".join(lines), encoding="utf-8")
    return folder


@pytest.mark.parametrize("split", ["deep-research", "agentic-coding"])
def test_the_repositorys_files_are_joined(tmp_path: Path, split: str) -> None:
    read = list(open_task(f"ruverbench:{split}", data=clone(tmp_path)).items())
    assert read == list(open_task(f"ruverbench:{split}", sample=True).items())
    assert all(item.attribute("criterion") and item.subset for item in read)


def test_a_report_is_shown_with_one_point_and_a_trajectory_with_one_check() -> None:
    first = next(iter(open_task("ruverbench", sample=True).items()))
    assert (first.id, first.cluster, first.subset) == ("R_1::0", "R_1", "format")
    assert first.attribute("criterion") == "The report has a table of lines and lengths."
    assert first.question.startswith("Write a short report on the tram network")
    coded = {item.id: item for item in open_task("ruverbench:agentic-coding", sample=True).items()}
    one = coded["fix-tram-times/UserQuery_tests_run"]
    assert one.gold[0].code == 0
    # What the annotator noted would give the label away.
    assert one.attribute("criterion") == "The assistant runs the tests."
    assert [turn.role for turn in one.conversation] == ["system", "user"]
    assert [turn.role for turn in one.responses[0].turns][:3] == ["assistant", "call", "tool"]


@pytest.mark.parametrize("lacking", ["deepresearch_responses.json", "deepresearch_dataset.json"])
def test_without_outputs_labels_are_read_and_no_judge_can_be_asked(tmp_path: Path, lacking: str) -> None:
    items = list(open_task("ruverbench", data=clone(tmp_path, **{lacking: None})).items())
    unanswered = [item.attribute("unanswered") for item in items]
    assert set(unanswered) == ({"yes"} if "responses" in lacking else {None})
    assert [item.gold for item in items] == [item.gold for item in open_task("ruverbench", sample=True).items()]


@pytest.mark.parametrize(
    ("file", "content", "where", "says"),
    [
        ("deepresearch_taxonomy.json", {"points": [{"point_id": "a"}]}, "question_id", "this field is missing"),
        ("deepresearch_taxonomy.json", [{"question_id": "R_1"}], "point_id", "no check is in this row, nor inside"),
        ("deepresearch_taxonomy.json", [{"question_id": "R_1", "point_id": "a"}], "covered", "this field is missing"),
        (
            "deepresearch_taxonomy.json",
            [{"question_id": "R_1", "point_id": "a", "covered": "partly", "point": "x"}],
            "covered",
            "expected success or fail, true or false, 1 or 0, got 'partly'",
        ),
        ("deepresearch_taxonomy.json", [{"question_id": [], "point_id": "a"}], "question_id", "a name or a num"),
        ("deepresearch_responses.json", [{"id": "R_1", "response": {"text": "x"}}], "response", "expected a text"),
    ],
)  # fmt: skip
def test_what_is_no_check_is_said_with_its_place(
    tmp_path: Path, file: str, content: Any, where: str, says: str
) -> None:
    with pytest.raises(DataError, match=says) as caught:
        list(open_task("ruverbench", data=clone(tmp_path, **{file: content})).items())
    assert (str(caught.value.file).rpartition("/")[2], caught.value.field) == (file, where)


def test_the_score_is_the_mean_of_balanced_accuracies() -> None:
    task = open_task("ruverbench", sample=True)
    items = list(task.items())
    verdicts = [
        Verdict.of(Case(item, (0,)), Reply.ok(number % 2), task.scale, "s") for number, item in enumerate(items)
    ]
    found = task.reader.official(verdicts)["all"]["official_score"].value
    by: dict[str, list[Verdict]] = {}
    for one in verdicts:
        by.setdefault(one.subset, []).append(one)
    each = [balanced_accuracy_score([v.gold[0][1] for v in own], [v.code for v in own]) for own in by.values()]
    assert found == pytest.approx(sum(each) / len(each))
    assert task.reader.official(verdicts[:1])["all"]["official_score"].undefined == "one_class"


@pytest.mark.data
def test_the_labels_collected_and_what_was_published_of_them(data_dir: Path) -> None:
    items = list(open_task("ruverbench:checks", data=data_dir / "ruverbench").items())
    assert len(items) == 2458
    assert all(item.attribute("criterion") is None and item.attribute("unanswered") for item in items)
    cells = reproduce(["ruverbench"], data_dir).cells
    kinds = [cell.kind for cell in cells]
    assert (len(kinds), kinds.count("equal"), kinds.count("parts")) == (68, 32, 36)


def test_verdicts_of_any_judge_by_the_checks_text_or_name(tmp_path: Path) -> None:
    """As RuVerBench's scripts write them: the points of a report by their text, the checks of an agent by name."""
    points = [
        {"point_id": f"r1::{n}", "question_id": "r1", "point": f"Point {n}.", "covered": n == 0, "category": "x"}
        for n in range(2)
    ]
    (tmp_path / "labels.json").write_text(json.dumps({"points": points}), encoding="utf-8")
    said = [{"point": "Point 1.", "covered": True, "justification": "why"}, {"point": "Point 0.", "covered": None}]
    given = [
        {"id": "r1", "evaluator": "k-1", "result": {"coverage_results": said}},
        {"id": "r9", "evaluator": "k-1", "result": {"coverage_results": [{"point": "Other.", "covered": True}]}},
    ]
    path = tmp_path / "k.json"
    path.write_text(json.dumps(given), encoding="utf-8")
    task = open_task("ruverbench:deep-research", data=tmp_path / "labels.json")
    assert recorded_judges(path, task.reader) == {"k-1": "k-1"}
    read = {name: (reply.status, reply.code, reply.text) for (name, _), reply in task.recorded(path).replies.items()}
    assert read == {"r1::1": (Status.OK, 1, "why"), "r1::0": (Status.UNPARSED, None, "")}
    path.write_text(json.dumps([given[0] | {"result": {"coverage_results": [*said, said[0]]}}]), encoding="utf-8")
    with pytest.raises(DataError, match="'r1::1' appears twice"):
        task.recorded(path)
    path.write_text(json.dumps([given[0] | {"result": [{"point": "Else.", "covered": 1}]}]), encoding="utf-8")
    with pytest.raises(DataError, match="no such check") as error:
        task.recorded(path)
    assert error.value.field == "point"
    path.write_text(json.dumps(given[1:]), encoding="utf-8")
    with pytest.raises(DataError, match="none of its verdicts is on an item of ruverbench:deep-research"):
        task.recorded(path)
    labels = {"instance_id": "a1", "SP": {"checks": [{"check_id": "c", "result": "success"}]}}
    (tmp_path / "labels.json").write_text(json.dumps({"results": [labels]}), encoding="utf-8")
    path.write_text(json.dumps({"results": [labels | {"eval_result": {"model": "k-1"}}], "summary": {}}), "utf-8")
    agent = open_task("ruverbench:agentic-coding", data=tmp_path / "labels.json").recorded(path)
    assert (agent.name, [reply.code for reply in agent.replies.values()]) == ("k-1", [1])
