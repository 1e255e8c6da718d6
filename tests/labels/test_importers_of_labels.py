"""Files of labelling tools and surveys, in the shapes that their writers give them."""

# ruff: noqa: E501 - rows of tables

from __future__ import annotations

import csv
import io
import json
import warnings
import zipfile

import pytest
from exports import cells, judged, measured, table_of

import judgebench
from judgebench.errors import DataError, UsageError
from judgebench.labels.importers.catalog import open_export

# --- Label Studio


def task(number, *labels, **more):
    annotations = [
        {
            "id": number * 10 + at,
            "completed_by": {"id": 1, "email": "a@x.org"} if at == 0 else at + 1,
            "was_cancelled": label is None,
            "result": []
            if label is None
            else [
                {"from_name": "ok", "to_name": "t", "type": "choices", "value": {"choices": [label]}},
                {"from_name": "stars", "to_name": "t", "type": "rating", "value": {"rating": 3}},
            ],
        }
        for at, label in enumerate(labels)
    ]
    return {"id": number, "data": {"q": "why?", "judge": "yes"}, "annotations": annotations, **more}


def predicted(label):
    result = [{"from_name": "ok", "to_name": "t", "type": "choices", "value": {"choices": [label]}}]
    return [{"model_version": "m1", "result": result}]


def test_label_studio(write):
    tasks = [task(1, "yes", "no"), task(2, "no", "no"), task(3, "yes", None), task(4)]
    path = write(tasks)
    assert cells(path, "id", "ok (a@x.org)", "ok (2)") == [
        ["1", "2", "3", "4"],
        ["yes", "no", "yes", ""],
        ["no", "no", "", ""],
    ]
    with pytest.raises(UsageError, match="labels of 2 questions: 'ok', 'stars'; name one"):
        judgebench.humans(path)
    with warnings.catch_warnings(record=True) as told:
        warnings.simplefilter("always")
        assert "Two people agree on t.json" in str(judgebench.humans(path, gold="ok"))
    assert any("were skipped, left out: 1" in str(one.message) for one in told)
    assert judged(measured(path, judge="data.judge", gold="ok")) == ("data.judge", 2, "human")
    # A model's predictions are a judge's verdicts on what they answer.
    both = write([one | {"predictions": predicted("yes")} for one in tasks[:3]])
    assert judged(measured(both))[0] == "ok (m1)"


def test_label_studio_names_a_person_in_two_ways(write):
    tasks = [task(1, "yes", "no"), task(2, "no", "no")]
    tasks[1]["annotations"][0]["completed_by"] = 1
    assert cells(write(tasks), "ok (a@x.org)", "ok (2)") == [["yes", "no"], ["no", "no"]]


@pytest.mark.parametrize("name", ["t.json", "t.csv"])
def test_label_studio_by_annotation(write, name):
    rows = [
        {"q": "why?", "id": 1, "ok": "yes", "stars": [{"rating": 4}], "annotator": "a@x.org", "annotation_id": 1, "lead_time": 2},
        {"q": "why?", "id": 1, "ok": {"choices": ["no", "rude"]}, "stars": [{"rating": 2}], "annotator": 2, "annotation_id": 2, "lead_time": 2},
        {"q": "how?", "id": 2, "ok": "no", "stars": [{"rating": 1}], "annotator": 2, "annotation_id": 3, "lead_time": 1},
        {"q": "what?", "id": 3, "ok": "", "stars": "", "annotator": "", "annotation_id": "", "lead_time": ""},
    ]  # fmt: skip
    text = [{k: json.dumps(v) if isinstance(v, (list, dict)) else v for k, v in row.items()} for row in rows]
    path = write(table_of(text) if name == "t.csv" else rows, name)
    assert cells(path, "q", "ok (a@x.org)", "ok (2)", "stars (2)") == [
        ["why?", "how?", "what?"],
        ["yes", "", ""],
        ["no|rude", "no", ""],
        ["2", "1", ""],
    ]


def test_pairs_taxonomies_and_texts_of_label_studio(write):
    def result(value):
        return {"from_name": "c", "to_name": "t", "type": "x", "value": value}

    values = [{"selected": "left"}, {"taxonomy": [["X", "Y"]]}, {"text": ["a"]}, {"number": 3}]
    tasks = [
        {"id": at, "data": {}, "annotations": [{"completed_by": 1, "result": [result(value)]}]}
        for at, value in enumerate(values)
    ]
    assert cells(write(tasks), "c (1)") == [["A", "X/Y", "a", "3"]]


# --- Argilla

RESPONSES = [("u1", "yes", "submitted"), ("u2", "no", "discarded")]


def test_argilla(write):
    nested = {
        "id": "r1",
        "fields": {"text": "why?"},
        "metadata": {"n": 1},
        "suggestions": {"ok": {"value": "yes", "score": None, "agent": "gpt"}},
        "responses": {"ok": [{"value": value, "user_id": user} for user, value, _ in RESPONSES]},
        "status": "completed",
        "_server_id": None,
    }
    path = write([nested])
    assert cells(path, "ok (u1)", "ok (u2)", "ok (gpt)", "metadata.n") == [["yes"], ["no"], ["yes"], ["1"]]
    found = open_export(path)
    assert found is not None
    assert "drafts" in found.notes[0]


@pytest.mark.parametrize("name", ["t.json", "t.csv"])
def test_flat_argilla_leaves_out_what_was_not_submitted(write, name):
    row = {
        "id": "r1",
        "text": "why?",
        "ok.responses": [r[1] for r in RESPONSES],
        "ok.responses.users": [r[0] for r in RESPONSES],
    }
    row |= {"ok.responses.status": [r[2] for r in RESPONSES], "ok.suggestion": "no", "ok.suggestion.agent": "gpt"}
    path = write(table_of([row]) if name == "t.csv" else [row], name)
    assert cells(path, "ok (u1)", "ok (gpt)") == [["yes"], ["no"]]
    with pytest.raises(DataError, match="no column is named"):
        cells(path, "ok (u2)")


def test_argilla_1(write):
    responses = [
        {"user_id": "u1", "status": "submitted", "values": {"ok": {"value": ["b", "a"]}}},
        {"user_id": "u2", "status": "draft", "values": {"ok": {"value": ["c"]}}},
    ]
    assert cells(write([{"id": 1, "fields": {"t": "x"}, "responses": responses}]), "ok (u1)") == [["b|a"]]


# --- labelling


def test_prodigy(write):
    def line(task, answer, who="d-ann", **more):
        return {"text": "x", "_input_hash": -1, "_task_hash": task, "answer": answer, "_session_id": who, **more}

    options = {"options": [{"id": "A"}, {"id": "B"}]}
    rows = [
        line(1, "accept", accept=["A"], **options),
        line(1, "accept", "d-bob", accept=["B"], **options),
        line(2, "reject", accept=["A"], **options),
        line(3, "ignore", accept=[], **options),
        line(4, "accept", "2024-02-06_10-17-19", accept=["A", "B"], **options),
    ]
    path = write(rows, "t.jsonl")
    assert cells(path, "id", "choice (d-ann)", "choice (d-bob)", "choice (annotator)") == [
        ["1", "2", "3", "4"],
        ["A", "", "", ""],
        ["B", "", "", ""],
        ["", "", "", "A|B"],
    ]
    binary = write([line(1, "accept", label="RUDE"), line(2, "reject", label="RUDE")], "b.jsonl")
    assert cells(binary, "RUDE (d-ann)") == [["accept", "reject"]]


def test_doccano(write):
    rows = [
        {"id": 1, "text": "x", "label": ["good"], "Comments": []},
        {"id": 2, "text": "y", "label": [], "Comments": []},
    ]
    assert cells(write(rows, "all.jsonl"), "label (annotator)") == [["good", ""]]
    raw = io.BytesIO()
    with zipfile.ZipFile(raw, "w") as archive:
        for who, label in (("ann", "good"), ("bob", "bad")):
            archive.writestr(f"{who}.jsonl", json.dumps(rows[0] | {"label": [label]}) + "\n")
    path = write(raw.getvalue(), "t.zip")
    assert cells(path, "label (ann)", "label (bob)") == [["good"], ["bad"]]


def test_mturk(write):
    def hit(worker, batch, status="Approved", **more):
        return {"HITId": batch, "WorkerId": worker, "AssignmentStatus": status, "Input.text": "a&#44; b", **more}

    rows = [
        hit("w1", "h1", **{"Answer.rating.1": "false", "Answer.rating.4": "true"}),
        hit("w2", "h2", **{"Answer.rating.1": "true", "Answer.rating.4": "false"}),
        hit("w3", "h2", "Rejected", **{"Answer.rating.1": "true", "Answer.rating.4": "false"}),
    ]
    path = write(table_of(rows), "t.csv")
    assert cells(path, "text", "rating (w1)", "rating (w2)") == [["a, b"], ["4"], ["1"]]
    several = {f"Input.text{k}": f"t{k}" for k in (1, 2)} | {f"Answer.q{k}": str(k) for k in (1, 2)}
    rows = [{"HITId": "h", "WorkerId": "w", "AssignmentStatus": "Submitted", **several}]
    assert cells(write(table_of(rows), "t.csv"), "text", "q (w)") == [["t1", "t2"], ["1", "2"]]
    # A worker who leaves a question out has the same items.
    rows += [{"HITId": "h", "WorkerId": "v", "AssignmentStatus": "Submitted", **several, "Answer.q2": ""}]
    assert cells(write(table_of(rows), "t.csv"), "text", "q (v)") == [["t1", "t2"], ["1", ""]]
    crowd = [hit("w1", "h1", **{"Answer.taskAnswers": json.dumps([{"ok": {"yes": True, "no": False}, "n": "3"}])})]
    assert cells(write(table_of(crowd), "t.csv"), "ok (w1)", "n (w1)") == [["yes"], ["3"]]
    people = write(table_of([{"Submission id": "s", "Participant id": "p", "Status": "APPROVED"}]), "p.csv")
    with pytest.raises(DataError, match="people and no labels"):
        open_export(people)


def test_qualtrics(write):
    names = ["Status", "Finished", "ResponseId", "1_Q5", "2_Q5", "Q9_4_TEXT"]
    texts = ["Response Type", "Finished", "Response ID", "Is A\nright?", "Is B right?", "why"]
    ids = [json.dumps({"ImportId": name}) for name in names]
    rows = [
        ["IP Address", "True", "R1", "Yes", "No", "x"],
        ["0", "1", "R2", "Yes", "", "y"],
        ["Survey Preview", "True", "R3", "No", "No", ""],
    ]
    text = io.StringIO()
    csv.writer(text).writerows([names, texts, ids, *rows])
    path = write(text.getvalue(), "t.csv")
    assert cells(path, "id", "Q5 (R1)", "Q5 (R2)", "question") == [
        ["1", "2"],
        ["Yes", "No"],
        ["Yes", ""],
        ["Is A\nright?", "Is B right?"],
    ]
    # A renamed column is a question by its id.
    named = io.StringIO()
    ids = [json.dumps({"ImportId": name.replace("_Q5", "_QID5")}) for name in names]
    csv.writer(named).writerows([[name.replace("Q5", "tone") for name in names], texts, ids, *rows])
    assert cells(write(named.getvalue(), "t.csv"), "id", "tone (R1)") == [["1", "2"], ["Yes", "No"]]
    plain = text.getvalue().replace("1_Q5", "Q1").replace("2_Q5", "Q2")
    assert cells(write(plain, "t.csv"), "id", "answer (R1)") == [["Q1", "Q2"], ["Yes", "No"]]


def test_qrels(write):
    nist = write("".join(f"q{i // 3} 0 p{i} {i % 4}\n" for i in range(12)), "nist.txt")
    umbrela = write("".join(f"q{i // 3} Q0 p{i} {max(0, i % 4 - i % 2)}\n" for i in range(12)), "umbrela.txt")
    assert cells(nist, "id", "topic")[0][:2] == ["q0 p0", "q0 p1"]
    assert judged(measured([nist, umbrela])) == ("relevance (umbrela)", 12, "human")
    with pytest.raises(UsageError, match="no verdicts"):
        judgebench.score(nist)
    # Whoever names a column reads the file as it is.
    assert measured(nist, header=0, judge="4", gold="2", scale="rate:0-3")["items"] == 12
