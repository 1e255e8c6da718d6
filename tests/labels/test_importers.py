"""Files of other tools, in the shapes that their writers give them: recognised, and read as people and judges."""

from __future__ import annotations

import csv
import io
import json
import warnings
import zipfile

import pytest

import judgebench
from judgebench.errors import DataError, UsageError
from judgebench.files.read import read_words
from judgebench.labels.importers.catalog import TOOLS, open_export


@pytest.fixture
def write(tmp_path):
    def _write(content, name="t.json"):
        path = tmp_path / name
        if isinstance(content, bytes):
            path.write_bytes(content)
        elif isinstance(content, str):
            path.write_text(content)
        elif name.endswith("l"):
            path.write_text("".join(json.dumps(row) + "\n" for row in content))
        else:
            path.write_text(json.dumps(content))
        return path

    return _write


def table_of(rows):
    """Write rows as CSV, lists and objects as Python writes them."""
    text = io.StringIO()
    writer = csv.writer(text)
    names = list(dict.fromkeys(name for row in rows for name in row))
    writer.writerow(names)
    writer.writerows([row.get(name) for name in names] for row in rows)
    return text.getvalue()


# ruff: noqa: E501 - rows of tables


def cells(path, *names):
    """Columns of the only export in a file."""
    found = open_export(path)
    assert found is not None
    return list(read_words(found, names).values())


def measured(path, **said):
    return judgebench.score(path, **said).to_json()["rows"][0]


def judged(row):
    return row["judge"], row["items"], row["gold"]


# --- inspect_ai


def log(samples, scorers=()):
    return {
        "version": 2,
        "status": "success",
        "eval": {"task": "t", "model": "openai/m", "scorers": list(scorers)},
        "plan": {},
        "results": {},
        "samples": samples,
    }


def sample(name, value, epoch=1, **more):
    score = {"value": value, "answer": "4", "explanation": "GRADE", "metadata": {"grading": [{"content": "?"}]}}
    return {
        "id": name,
        "epoch": epoch,
        "input": [{"role": "user", "content": [{"type": "text", "text": "2+2?"}]}],
        "target": ["4"],
        "output": {"completion": "four"},
        "metadata": {"human": "correct"},
        "scores": {"model_graded_qa": score, "includes": {"value": "C"}},
        **more,
    }


GRADER = {"name": "model_graded_qa", "options": {"model": {"model": "mock/grader"}}}


def packed(whole):
    """An archive as inspect writes it, of method 93."""
    pa = pytest.importorskip("pyarrow")
    raw = io.BytesIO()
    with zipfile.ZipFile(raw, "w", zipfile.ZIP_STORED) as archive:
        members = {"header.json": {k: v for k, v in whole.items() if k != "samples"}}
        members |= {f"samples/{s['id']}_epoch_{s['epoch']}.json": s for s in whole["samples"]}
        for name, member in members.items():
            archive.writestr(name, pa.compress(json.dumps(member).encode(), "zstd", asbytes=True))
    # The method stands in each local header and in each entry of the directory.
    found = bytearray(raw.getvalue())
    sizes = {name: len(json.dumps(member).encode()) for name, member in members.items()}
    for mark, at, name_at in ((b"PK\x03\x04", 8, 30), (b"PK\x01\x02", 10, 46)):
        place = found.find(mark)
        while place >= 0:
            found[place + at : place + at + 2] = (93).to_bytes(2, "little")
            name = next(name for name in sizes if found[place + name_at :].startswith(name.encode()))
            size_at = place + at + 14
            found[size_at : size_at + 4] = sizes[name].to_bytes(4, "little")
            place = found.find(mark, place + 1)
    return bytes(found)


@pytest.mark.parametrize("form", ["json", "eval"])
def test_inspect(write, form):
    samples = [sample("q1", "C"), sample(2, "I"), sample("q3", float("nan")), sample("q4", "P")]
    samples.append(sample("q5", "C", scores={}, error={"message": "boom"}))
    whole = log(samples, [GRADER])
    path = write(packed(whole), "t.eval") if form == "eval" else write(whole)
    judge = "model_graded_qa (mock/grader)"
    ids, verdicts, answers, references = cells(path, "id", judge, "answer", "reference")
    assert dict(zip(ids, verdicts, strict=True)) == {
        "q1": "correct",
        "2": "incorrect",
        "q3": "",
        "q4": "partial",
        "q5": "",
    }
    assert (set(answers), set(references)) == ({"four"}, {"4"})
    row = measured(path, gold="metadata.human")
    assert judged(row) == (judge, 5, "unspecified")
    assert row["coverage"] == pytest.approx(3 / 5)
    with pytest.raises(UsageError, match=r"no person's labels: name a column with gold C .*metadata\.human"):
        judgebench.score(path)


def test_epochs_have_answers_of_their_own_and_share_their_sample(write):
    path = write(log([sample("q1", "C", 1), sample("q1", "I", 2)], [GRADER]))
    assert cells(path, "id", "sample") == [["q1 | epoch 1", "q1 | epoch 2"], ["q1", "q1"]]
    found = open_export(path)
    assert found is not None
    assert found.export.cluster == "sample"


def test_an_edit_is_a_persons_label_and_the_score_before_it_the_judges(write):
    edits = [{"value": "C"}, {"value": "I", "provenance": {"author": "ann"}}]
    kept = [{"value": "I"}, {"value": "UNCHANGED", "provenance": {"author": "ann"}}]
    samples = [
        sample("q1", "I", scores={"model_graded_qa": {"value": "I", "history": edits}}),
        sample("q2", "UNCHANGED", scores={"model_graded_qa": {"value": "UNCHANGED", "history": kept}}),
    ]
    path = write(log(samples, [GRADER]))
    assert cells(path, "model_graded_qa (mock/grader)", "model_graded_qa (ann)") == [
        ["correct", "incorrect"],
        ["incorrect", "incorrect"],
    ]
    assert judged(measured(path)) == ("model_graded_qa (mock/grader)", 2, "human")


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
        assert "2 annotators" in str(judgebench.humans(path, gold="ok"))
    assert any("skipped by their annotator" in str(one.message) for one in told)
    assert judged(measured(path, judge="data.judge", gold="ok")) == ("data.judge", 2, "human")
    # A model's predictions are a judge's verdicts on what they answer.
    both = write([one | {"predictions": predicted("yes")} for one in tasks[:3]])
    assert judged(measured(both))[0] == "ok (m1)"


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


# --- judges of pairs


def preference(at, value, annotator="gpt4"):
    return {
        "instruction": f"do {at}",
        "output_1": "a",
        "output_2": "b",
        "generator_1": "base",
        "generator_2": "m",
        "annotator": annotator,
        "preference": value,
        "preference_raw_completion": "Output (a)",
    }


def test_alpaca_eval(write):
    values = [1.0, 2.0, 1.5, 0.0, None, 1.9]
    path = write([preference(at, value) for at, value in enumerate(values)])
    assert cells(path, "preference (gpt4)", "p_b") == [
        ["A", "B", "tie", "tie", "", "B"],
        ["", "", "", "", "", "0.8999999999999999"],
    ]
    crossed = [preference(at, 1 + at % 2, who) for at in range(6) for who in range(2)]
    both = write([*crossed, *(preference(at, 1) for at in range(6))])
    assert judged(measured(both)) == ("preference (gpt4)", 6, "human")


def test_fastchat_pairs_are_one_item_in_two_games(write):
    def game(question, one, two, first, second):
        return {
            "question_id": question,
            "model_1": one,
            "model_2": two,
            "g1_winner": first,
            "g2_winner": second,
            "judge": ["gpt-4", "pair-v2"],
            "turn": 1,
        }

    rows = [
        game(81, "x", "y", "model_1", "model_1"),
        game(82, "y", "x", "model_1", "tie"),
        game(83, "x", "y", "error", "model_2"),
    ]
    path = write(rows, "t.jsonl")
    one, two = "winner (gpt-4 pair-v2)", "winner (gpt-4 pair-v2), second order"
    assert cells(path, "id", one, two) == [
        ["81 | x | y | turn 1", "82 | x | y | turn 1", "83 | x | y | turn 1"],
        ["A", "tie", ""],
        ["A", "B", "B"],
    ]
    votes = [
        {"question_id": q, "model_a": a, "model_b": b, "winner": w, "judge": j, "turn": 1}
        for q, a, b, w, j in [
            (81, "y", "x", "model_b", "expert_1"),
            (82, "x", "y", "tie (bothbad)", "expert_1"),
            (83, "x", "y", "model_b", "author_2"),
            (84, "x", "y", "model_b", "author_2"),
        ]
    ]
    people = write([*votes[:1], *votes[2:]], "human.jsonl")
    row = measured([path, people])
    assert judged(row) == (one, 2, "human")


def test_fastchat_scores(write):
    rows = [
        {"question_id": 81, "model": "m", "score": s, "turn": t, "judge": ["gpt-4", "single"]}
        for t, s in ((1, 8), (2, -1))
    ]
    assert cells(write(rows, "t.jsonl"), "id", "score (gpt-4 single)") == [
        ["81 | m | turn 1", "81 | m | turn 2"],
        ["8", ""],
    ]


def test_arena_hard(write):
    old = {"question_id": "q1", "model": "m", "judge": "gpt", "games": [{"score": "A>>B"}, {"score": "B>A"}]}
    new = {
        "uid": "u1",
        "category": "math",
        "judge": "gpt",
        "model": "m",
        "baseline": "o3",
        "games": [None, {"score": "B<<A"}],
    }
    odd = new | {"uid": "u2", "games": [{"score": "AB"}, {"score": "A<B"}]}
    path = write([old, new, odd], "t.jsonl")
    assert cells(path, "winner (gpt)", "winner (gpt), second order") == [["A>>B", "", ""], ["B>A", "A>>B", "B>A"]]
    found = open_export(path)
    assert found is not None
    assert "1 verdicts are no label" in found.notes[0]
    assert found.export.picks == "position"


# --- evaluations


def test_lm_eval(write):
    def row(doc, name, answer, value):
        return {
            "doc_id": doc,
            "doc": {"q": "2+2", "human": "1"},
            "target": "0",
            "arguments": {"gen_args_0": {"arg_0": "Q: 2+2", "arg_1": {}}},
            "resps": [[answer]],
            "filtered_resps": [answer],
            "filter": name,
            "metrics": ["exact_match"],
            "exact_match": value,
        }

    path = write([row(0, "none", "4", 1.0), row(0, "regex", "[invalid]", 0.0)], "t.jsonl")
    assert cells(path, "id", "answer", "question", "exact_match", "doc.human") == [
        ["0 | none", "0 | regex"],
        ["4", "[invalid]"],
        ["Q: 2+2"] * 2,
        ["1", "0"],
        ["1", "1"],
    ]
    assert measured(path, judge="exact_match", gold="doc.human")["items"] == 2


def test_promptfoo(write):
    def result(at, parts, **more):
        components = [{"pass": ok, "score": int(ok), "assertion": {"type": kind}} for kind, ok in parts]
        return {
            "testIdx": at,
            "promptIdx": 0,
            "vars": {"q": "why?", "human": "pass"},
            "provider": {"id": "echo"},
            "prompt": {"raw": "p"},
            "response": {"output": "because"},
            "success": True,
            "gradingResult": {"componentResults": components},
            "failureReason": 0,
            **more,
        }

    rows = [
        result(0, [("contains", True), ("llm-rubric", True), ("human", False)]),
        result(1, [("contains", True), ("llm-rubric", False), ("human", False)], failureReason=1, error="Expected"),
        result(2, [], failureReason=2, error="timeout", success=False),
    ]
    whole = {"evalId": "e", "results": {"version": 3, "results": rows}, "config": {}}
    path = write(whole)
    assert cells(path, "id", "llm-rubric", "contains", "human (human)", "vars.q") == [
        ["0 | 0", "1 | 0", "2 | 0"],
        ["pass", "fail", ""],
        ["pass", "pass", ""],
        ["fail", "fail", ""],
        ["why?"] * 3,
    ]
    assert judged(measured(path, judge="llm-rubric", gold="vars.human"))[1] == 3
    assert cells(write(rows, "t.jsonl"), "llm-rubric") == [["pass", "fail", ""]]
    header = ["q", "[a] p", "Status", "Score", "Named Scores", "Grader Reason", "Comment"]
    blocks = [[*header, "[b] p", *header[2:]], ["why?", "x", "PASS", "1.00", "", "", "", "y", "ERROR", "0", "", "", ""]]
    text = io.StringIO()
    csv.writer(text).writerows(blocks)
    assert cells(write(text.getvalue(), "t.csv"), "answer", "Status") == [["x", "y"], ["pass", ""]]


@pytest.mark.parametrize("snake", [False, True])
def test_deepeval(write, snake):
    metric = {"name": "Right [GEval]", "threshold": 0.5, "success": True, "score": 0.8, "evaluationModel": "gpt"}
    broken = {"name": "Right [GEval]", "success": False, "error": "timeout", "evaluationModel": "gpt"}
    cases = [
        {
            "name": f"case_{at}",
            "input": "why?",
            "actualOutput": "x",
            "metadata": {"human": "pass"},
            "metricsData": [one],
        }
        for at, one in enumerate((metric, broken, metric | {"success": False, "score": 0.2}))
    ]
    whole = {"testCases": cases, "conversationalTestCases": [], "metricsScores": [], "testPassed": 1}
    if snake:
        names = {"actualOutput": "actual_output", "metricsData": "metrics_data", "evaluationModel": "evaluation_model"}
        text = json.dumps({"test_results": cases})
        for camel, other in names.items():
            text = text.replace(camel, other)
        whole = json.loads(text)
    path = write(whole)
    assert cells(path, "Right [GEval] (gpt)", "Right [GEval] score", "question") == [
        ["pass", "", "fail"],
        ["0.8", "", "0.2"],
        ["why?"] * 3,
    ]
    assert measured(path, gold="metadata.human")["coverage"] == pytest.approx(2 / 3)


def test_ragas(write):
    rows = [
        {
            "user_input": "why?",
            "response": "x",
            "retrieved_contexts": "['c1', 'c2']",
            "reference": "y",
            "faithfulness": f,
            "human": "yes",
        }
        for f in ("0.5", "", "1.0")
    ]
    path = write(table_of(rows), "t.csv")
    assert cells(path, "faithfulness", "context.1", "human") == [["0.5", "", "1.0"], ["c2"] * 3, ["yes"] * 3]
    assert open_export(write(table_of([{"user_input": "a", "response": "b", "human": "yes"}] * 2), "u.csv")) is None


def test_mlflow(write):
    def assessment(name, kind, source, value, **more):
        return {
            "assessment_name": name,
            "source": {"source_type": kind, "source_id": source},
            "feedback": {"value": value},
            "valid": True,
            **more,
        }

    said = [
        assessment("correctness", "LLM_JUDGE", "gpt", "yes"),
        assessment("correctness", "HUMAN", "ann", "no"),
        assessment("correctness", "HUMAN", "bob", "yes", valid=False),
        assessment("length", "CODE", "len", True),
        {
            "assessment_name": "expected_response",
            "source": {"source_type": "HUMAN", "source_id": "root"},
            "expectation": {"value": "y"},
        },
    ]
    error = assessment("correctness", "LLM_JUDGE", "gpt", None, feedback={"error": {"error_code": "X"}})
    rows = [
        {"trace_id": "t1", "request": {"q": 1}, "response": "x", "assessments": said},
        {"trace_id": "t2", "assessments": [error]},
    ]
    wanted = ["correctness (gpt)", "correctness (ann)", "expected_response/value"]
    expected = [["yes", ""], ["no", ""], ["y", ""]]
    assert cells(write(rows), *wanted) == expected
    assert cells(write(table_of(rows), "t.csv"), *wanted) == expected
    assert cells(write([{"info": {"trace_id": "t1", "assessments": said}, "data": {}}]), *wanted[:1]) == [["yes"]]
    plain = [
        {"trace_id": "t1", "judge/value": "yes", "judge/error_message": ""},
        {"trace_id": "t2", "judge/value": "", "judge/error_message": "X"},
    ]
    assert cells(write(table_of(plain), "t.csv"), "judge") == [["yes", ""]]
    old = {"columns": ["inputs", "predictions", "fit/v1/score"], "data": [["q", "a", 4], ["r", "b", None]]}
    assert cells(write(old), "question", "fit") == [["q", "r"], ["4", ""]]


def test_langfuse(write):
    rows = [
        {"id": "s1", "traceId": "t1", "name": "ok", "source": "ANNOTATION", "authorUserId": "ann", "dataType": "BOOLEAN", "value": 1, "stringValue": "True"},
        {"id": "s2", "traceId": "t1", "name": "ok", "source": "EVAL", "dataType": "CATEGORICAL", "value": 0, "stringValue": "False"},
        {"id": "s3", "traceId": "t1", "name": "note", "source": "API", "dataType": "TEXT", "value": "x"},
        {"id": "s4", "traceId": "t1", "observationId": "o1", "name": "len", "source": "API", "dataType": "NUMERIC", "value": 3},
    ]  # fmt: skip
    path = write(rows)
    assert cells(path, "id", "ok (ann)", "ok (EVAL)", "len (API)") == [
        ["t1", "t1 | o1"],
        ["True", ""],
        ["False", ""],
        ["", "3"],
    ]
    snake = [
        {"trace_id": "t1", "name": "ok", "source": "EVAL", "data_type": "NUMERIC", "value": "2", "string_value": ""}
    ]
    assert cells(write(table_of(snake), "t.csv"), "ok (EVAL)") == [["2"]]
    typed = [
        {"subject": {"kind": "trace", "id": "t9"}, "name": "ok", "source": "EVAL", "dataType": "BOOLEAN", "value": True}
    ]
    assert cells(write(typed), "id", "ok (EVAL)") == [["t9"], ["true"]]


def test_phoenix(write):
    spans = [
        {
            "span_id": "s1",
            "annotator_kind": "HUMAN",
            "annotation_name": "ok",
            "label": "good",
            "score": 1,
            "explanation": "",
        },
        {
            "span_id": "s1",
            "annotator_kind": "LLM",
            "annotation_name": "ok",
            "label": "bad",
            "score": 0,
            "explanation": "",
        },
        {
            "span_id": "s2",
            "annotator_kind": "LLM",
            "annotation_name": "ok",
            "label": "",
            "score": "",
            "explanation": "",
        },
    ]
    assert cells(write(table_of(spans), "t.csv"), "ok (HUMAN)", "ok (LLM)") == [["good", ""], ["bad", ""]]
    score = {"name": "lies", "score": 1.0, "label": "lie", "kind": "llm", "direction": "minimize"}
    frame = [
        {"input": "q", "output": "a", "lies_score": score, "lies_execution_details": {"status": "COMPLETED"}},
        {"input": "r", "output": "b", "lies_score": "", "lies_execution_details": {"status": "FAILED"}},
    ]
    path = write(table_of(frame), "t.csv")
    assert cells(path, "question", "lies", "lies score") == [["q", "r"], ["lie", ""], ["1", ""]]
    found = open_export(path)
    assert found is not None
    assert found.notes == ["1 evaluations failed and have no verdict", "of lies a lower score is better"]


def test_langsmith(write):
    rows = [
        {
            "inputs.q": "why?",
            "outputs.a": "x",
            "error": "",
            "reference.human": "True",
            "feedback.correct": "True",
            "example_id": "e1",
        },
        {
            "inputs.q": "how?",
            "outputs.a": "",
            "error": "boom",
            "reference.human": "True",
            "feedback.correct": "False",
            "example_id": "e2",
        },
    ]
    path = write(table_of(rows), "t.csv")
    assert cells(path, "id", "correct") == [["e1", "e2"], ["True", ""]]
    assert measured(path, gold="reference.human")["items"] == 2
    feedback = [
        {
            "run_id": "r1",
            "key": "ok",
            "score": None,
            "value": "yes",
            "feedback_source": {"type": "app", "user_name": "ann"},
        },
        {"run_id": "r1", "key": "ok", "score": 0, "value": None, "feedback_source": {"type": "model"}},
    ]
    assert cells(write(feedback), "ok (ann)", "ok (model)") == [["yes"], ["0"]]


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


@pytest.mark.parametrize("tool", TOOLS, ids=lambda tool: tool.name)
def test_no_reader_breaks_on_what_only_looks_like_its_tool(write, tool):
    """Keys that a tool is known by, with anything in them."""
    shapes = {
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
    if tool.name not in shapes:
        pytest.skip("its tables hold texts only")
    path = write(shapes[tool.name])
    try:
        found = open_export(path)
    except DataError as error:
        assert str(path) in str(error)  # noqa: PT017 - either is right
    else:
        assert found is not None
        read_words(found, found.columns)
