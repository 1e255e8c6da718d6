"""Files of evaluations, in the shapes that their writers give them: items, and verdicts of judges."""

# ruff: noqa: E501 - rows of tables

from __future__ import annotations

import csv
import io
import json
import zipfile

import pytest
from exports import GRADER, cells, judged, log, measured, sample, table_of

import judgebench
from judgebench.api.source import Given
from judgebench.errors import UsageError
from judgebench.labels.importers.catalog import open_export

# --- inspect_ai


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


@pytest.mark.filterwarnings("ignore::judgebench.api.notes.NoteWarning")
def test_alpaca_eval(write):
    values = [1.0, 2.0, 1.5, 0.0, None, 1.9]
    path = write([preference(at, value) for at, value in enumerate(values)])
    assert cells(path, "preference (gpt4)", "p_b") == [
        ["A", "B", "tie", "tie", "", "B"],
        ["0", "1", "0.5", "0.5", "", "0.8999999999999999"],
    ]
    # Two judges are not sure of one thing.
    unsure = write([preference(1, 1.9), preference(1, 1.25, "other")], "two.json")
    assert cells(unsure, "p_b (gpt4)", "p_b (other)") == [["0.8999999999999999"], ["0.25"]]
    systems = judgebench.consistency(Given([], [path])).systems
    assert [(one.found.wins, one.found.ties, one.found.losses) for one in systems if one.found.system == "m"] == [
        (2, 2, 1)
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
    assert "count as none: 1" in found.notes[0]
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
    assert found.notes == ["evaluations that failed and have no verdict: 1", "of lies a lower score is better"]


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
