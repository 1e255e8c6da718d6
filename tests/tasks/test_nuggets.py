"""Nuggets: assignments of people and of judges in the AutoNuggetizer's form."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
from task_files import sample, write

from judgebench.domain import Status
from judgebench.errors import DataError, UsageError
from judgebench.tasks.base import open_task, recorded_judges

if TYPE_CHECKING:
    from pathlib import Path

ORDER = (0,)


def test_an_item_is_an_answer_and_a_nugget() -> None:
    items = open_task("trec-rag-nuggets", sample=True).items()
    assert len(items) == sum(len(row["nuggets"]) for row in sample("trec-rag-nuggets")) == 72
    first = items[0]
    assert (first.id, first.cluster, first.subset, first.responses[0].model) == ("t1 orchid 1", "t1", "vital", "orchid")
    assert first.attribute("criterion") is not None
    assert sample("trec-rag-nuggets")[0]["nuggets"][0]["text"] in str(first.attribute("criterion"))
    assert {label.code for item in items for label in item.gold} == {0, 1, 2}


def test_passages_citations_and_records_without_texts(tmp_path: Path) -> None:
    nuggets = [
        {"text": "a fact", "importance": "vital", "assignment": "support"},
        {"text": "unread", "importance": "okay"},
    ]
    records = [
        {"text": "the query", "qid": 3, "docid": "d#1", "candidate_text": "the passage", "nuggets": nuggets},
        {"topic_id": 3, "run_id": "r", "answer": [{"text": "One."}, {"text": "Two."}], "nuggets": nuggets},
        {"qid": 3, "run_id": "s", "nuggets": nuggets},
    ]  # fmt: skip
    items = open_task("trec-rag-nuggets", data=write(tmp_path / "assignments.jsonl", records)).items()
    assert [(item.id, item.responses[0].text) for item in items] == [
        ("3 d#1 1", "the passage"), ("3 r 1", "One. Two."), ("3 s 1", ""),
    ]  # fmt: skip
    assert [item.attribute("unanswered") for item in items] == [None, None, "yes"]


def test_a_judge_s_nuggets_are_matched_by_their_text(tmp_path: Path) -> None:
    task = open_task("trec-rag-nuggets", sample=True)
    record = sample("trec-rag-nuggets")[0]
    given = [
        dict(one, text=f" {one['text'].upper()} ", assignment="not_support") for one in reversed(record["nuggets"])
    ]
    given[0]["assignment"] = "failed"
    other = {"text": "of another list", "importance": "okay", "assignment": "support"}
    path = write(tmp_path / "auto.jsonl", [{**record, "nuggets": [*given, other], "trace": {"model": "x"}}])
    recording = task.recorded(path)
    assert recording.name == "auto"
    assert [(item, reply.status, reply.code) for (item, _), reply in recording.replies.items()] == [
        ("t1 orchid 4", Status.UNPARSED, None),
        ("t1 orchid 3", Status.OK, 0),
        ("t1 orchid 2", Status.OK, 0),
        ("t1 orchid 1", Status.OK, 0),
    ]
    two = write(tmp_path / "two.jsonl", [{**record, "assigner_model": name} for name in ("gpt", "llama")])
    assert list(recorded_judges(two, task.reader)) == ["gpt", "llama"]
    assert task.recorded(two, "llama").replies["t1 orchid 1", ORDER].code == 2
    with pytest.raises(UsageError, match="name the judge; there are: gpt, llama"):
        task.recorded(two)


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"nuggets": "none"}, "field 'nuggets': expected a list of nuggets"),
        ({"nuggets": [{"importance": "vital"}]}, "field 'nuggets.0': expected an object with a text"),
        ({"nuggets": ["a"]}, "field 'nuggets.0': expected an object with a text, got 'a'"),
        (
            {"nuggets": [{"text": "x", "importance": "vital", "assignment": "yes"}]},
            "field 'nuggets.0.assignment': expected one of not_support, partial_support, support, got 'yes'",
        ),
        ({"nuggets": [{"text": "x", "importance": 3, "assignment": "support"}]}, "field 'nuggets.0.importance'"),
        ({"qid": None}, "field 'qid': expected a name or a number"),
        ({"qid": ...}, "field 'qid': the query's id is missing"),
        ({"run_id": ...}, "field 'run_id': the name of the run (or document) is missing"),
    ],
)
def test_a_wrong_record_is_named(tmp_path: Path, change: dict[str, Any], said: str) -> None:
    records = sample("trec-rag-nuggets")
    records[1] = {key: value for key, value in (records[1] | change).items() if value is not ...}
    with pytest.raises(DataError) as caught:
        open_task("trec-rag-nuggets", data=write(tmp_path / "assignments.jsonl", records)).items()
    assert "assignments.jsonl:2" in str(caught.value)
    assert said in str(caught.value)


def test_a_file_of_other_answers_is_named(tmp_path: Path) -> None:
    path = write(tmp_path / "auto.jsonl", [{**sample("trec-rag-nuggets")[0], "run_id": "nobody"}])
    with pytest.raises(DataError, match="none of its verdicts is on an item of trec-rag-nuggets:assignments"):
        open_task("trec-rag-nuggets", sample=True).recorded(path)
