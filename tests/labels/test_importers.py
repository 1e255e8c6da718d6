"""What holds of the files of all other tools."""

from __future__ import annotations

import pytest
from exports import GRADER, cells, judged, log, measured, sample, table_of

import judgebench
from judgebench.errors import DataError, UsageError
from judgebench.files.read import read_words
from judgebench.labels.importers.catalog import TOOLS, open_export

CHOICE = {"from_name": "ok", "to_name": "t", "type": "choices", "value": {"choices": ["yes"]}}

# --- all of them


def test_a_table_of_anyones_is_nobodys(write):
    for content, name in (
        (table_of([{"id": 1, "judge": "yes", "human": "no"}] * 3), "t.csv"),
        ([{"id": 1, "judge": "yes"}], "t.json"),
    ):
        assert open_export(write(content, name)) is None


def test_verdicts_join_labels_in_a_table_of_ones_own(write):
    path = write(log([sample(f"q{i}", "CI"[i % 2]) for i in range(6)], [GRADER]))
    labels = write(table_of([{"id": f"q{i}", "human": "correct"} for i in range(6)]), "labels.csv")
    row = measured([path, labels], gold="human", id="id")
    assert judged(row) == ("model_graded_qa (mock/grader)", 6, "unspecified")
    other = write(log([sample("zz", "C")], [GRADER]), "o.json")
    with pytest.raises(DataError, match="no item is one of"):
        judgebench.score([path, other])


def test_repeats_of_a_judge_are_rows_of_one_item(write):
    spans = [
        {"span_id": f"s{i}", "annotator_kind": kind, "annotation_name": "ok", "label": label, "score": ""}
        for i in range(5)
        for kind, label in (("HUMAN", "good"), ("LLM", "good"), ("LLM", ["good", "bad"][i % 2]))
    ]
    path = write(table_of(spans), "t.csv")
    assert cells(path, "id", "ok (HUMAN)")[0] == [f"s{i}" for i in range(5) for _ in range(2)]
    with pytest.raises((UsageError, DataError), match="combine"):
        judgebench.score(path, scale="bad,good")
    assert measured(path, combine="each", scale="bad,good")["items"] == 5


@pytest.mark.parametrize(
    "content",
    [
        [{"id": 1, "text": "t", "label": ["yes"], "Comments": []}],
        [{"_input_hash": 1, "_task_hash": 1, "answer": "accept", "text": "t", "label": "ok"}],
        [{"id": 1, "data": {"text": "t"}, "annotations": [{"result": [CHOICE]}]}],
        "1 0 d1 1\n1 0 d2 0\n",
    ],
)
def test_files_of_two_people_are_two_raters(tmp_path, write, content):
    for folder in ("ann", "bob"):
        (tmp_path / folder).mkdir()
    paths = [
        write(content, f"{folder}/labels.{'txt' if isinstance(content, str) else 'json'}") for folder in ("ann", "bob")
    ]
    found = open_export(*paths)
    assert found is not None
    assert len(found.answers("person")) == 2


def test_answers_of_two_systems_are_not_joined(write):
    logs = [
        write(log([sample("q1", "C", output={"completion": f"answer {n}"})], [GRADER]), f"{n}.json") for n in (1, 2)
    ]
    with pytest.raises(DataError, match=r"item 'q1' has another answer in .*1\.json"):
        open_export(*logs)


#: Keys that a tool is known by, with anything in them; the others' tables hold texts only.
SHAPES = {
    "inspect_ai": {"eval": {}, "samples": [1]},
    "Label Studio": [{"data": {}, "annotations": [3]}],
    "Argilla": [{"fields": {}, "responses": {"a": 3}}],
    "AlpacaEval": [{"instruction": None, "output_1": 1, "output_2": [], "preference": {}}],
    "FastChat": [{"question_id": 1, "model": None, "score": "x", "turn": [], "judge": 3}],
    "Arena-Hard": [{"games": [1, 2], "judge": 1, "model": [], "uid": 3}],
    "lm-eval": [{"doc_id": 1, "doc": 2, "arguments": 3, "resps": 4, "filtered_resps": 5}],
    "promptfoo": {"results": {"results": [{"vars": 3, "success": 1}]}},
    "Prodigy": [{"_input_hash": 1, "_task_hash": [], "answer": {}}],
    "doccano": [{"text": 1, "label": [[1]], "Comments": 3}],
    "deepeval": {"testCases": [{"metricsData": [3]}], "testPassed": 1},
    "MLflow": [{"trace_id": 1, "assessments": [3]}],
    "Langfuse": [{"dataType": 1, "source": [], "name": {}, "value": 1, "traceId": []}],
    "Phoenix": [{"span_id": [], "annotator_kind": 3, "annotation_name": {}}],
    "LangSmith": [{"run_id": 1, "key": [], "feedback_source": 3}],
    "ragas": [{"user_input": 1, "response": [], "faithfulness": {}}],
}


@pytest.mark.parametrize("tool", SHAPES)
def test_no_reader_breaks_on_what_only_looks_like_its_tool(write, tool):
    assert tool in {one.name for one in TOOLS}
    path = write(SHAPES[tool])
    try:
        found = open_export(path)
    except DataError as error:
        assert str(path) in str(error)  # noqa: PT017 - either is right
    else:
        assert found is not None
        read_words(found, found.columns)
