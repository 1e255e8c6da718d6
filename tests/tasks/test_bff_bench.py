"""BFF-Bench: two datasets joined, marks with gaps, two turns, recorded probabilities."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING

import pytest
from servers.fake_hub import FakeHub, jsonl, parquet
from servers.from_hub import load
from task_files import sample

from judgebench.domain import Case, bare
from judgebench.errors import DataError, UsageError
from judgebench.tasks.base import open_task
from judgebench.tasks.card import load_card
from judgebench.tasks.readers.bff_bench import Reader
from judgebench.tasks.sources import file_source

if TYPE_CHECKING:
    from pathlib import Path

QUESTION = {"uid": "u1", "question_id": 1, "turns": ["Q1?", "Q2?"], "references": ["R1", "R2"]}
TALK = [
    {"role": "user", "content": "Q1?"}, {"role": "assistant", "content": "A1"},
    {"role": "user", "content": "Q2?"}, {"role": "assistant", "content": "A2"},
]  # fmt: skip
MARK = {"dataset": "bffbench", "qid": "u1", "cid": "c1", "turn": 1, "model": "m", "conv": TALK[:2], "label": "Correct"}
SECOND = MARK | {"turn": 2, "conv": TALK}


def write(folder: Path, *marks: dict[str, object], questions: tuple[dict[str, object], ...] = (QUESTION,)) -> Path:
    (folder / "verdicts.jsonl").write_bytes(jsonl(marks))
    (folder / "bffbench.jsonl").write_bytes(jsonl(questions))
    return folder


def test_the_sample_disagrees_as_experts_do() -> None:
    task = open_task("bff-bench", sample=True)
    items = task.items()
    assert len(items) >= 20
    assert {item.subset for item in items} == {"bffbench", "mtbench"}
    assert {item.responses[0].model for item in items} == {"ledger-70b", "abacus-8b", "tally-2b"}
    assert all(len(item.gold) == 3 for item in items)
    marks = [{label.code for label in item.gold} for item in items]
    assert sum({0, 1} <= mark for mark in marks) >= 4
    assert sum(mark == {0} for mark in marks) >= 5
    assert sum(mark == {1} for mark in marks) >= 5
    responses = {(row.data["cid"], row.data["turn"]) for row in task.source.rows()}
    assert len(responses) - len(items) == 1, "on one response nobody was sure"
    assert sum(label.code is None for item in items for label in item.gold) == 5


def test_a_turn_is_shown_with_what_came_before(tmp_path: Path) -> None:
    # The whole conversation is stored with the first turn, too: what follows the judged answer must not be shown.
    first, second = open_task("bff-bench", data=write(tmp_path, MARK | {"conv": TALK}, SECOND)).items()
    assert ([turn.text for turn in first.conversation], first.responses[0].text) == (["Q1?"], "A1")
    assert ([turn.text for turn in second.conversation], second.responses[0].text) == (["Q1?", "A1", "Q2?"], "A2")
    assert [turn.role for turn in second.conversation] == ["user", "assistant", "user"]
    shown = [[(r.text, r.turn) for r in Case(i, (0,), reference="human").references] for i in (first, second)]
    assert shown == [[("R1", 0)], [("R1", 1), ("R2", 0)]]
    assert Case(second, (0,)).references == ()
    assert (first.id, second.id) == ("c1-t1", "c1-t2")
    assert first.cluster == second.cluster == "bffbench/u1"
    assert {first.gold_source} == {"expert"}


def test_marks_are_joined_and_not_sure_is_a_gap(tmp_path: Path) -> None:
    rows = [MARK, SECOND, MARK | {"label": "not sure"}, MARK | {"label": " INCORRECT "}, SECOND | {"label": "Not Sure"}]
    first, second = open_task("bff-bench", data=write(tmp_path, *rows)).items()
    assert [(label.annotator, label.code) for label in first.gold] == [
        ("expert 1", 1), ("expert 2", None), ("expert 3", 0),
    ]  # fmt: skip
    assert [label.code for label in second.gold] == [1, None]


def test_how_sure_they_were_is_never_shown(tmp_path: Path) -> None:
    (one,) = open_task("bff-bench", data=write(tmp_path, MARK, MARK | {"label": "Not Sure"})).items()
    (two,) = open_task("bff-bench", data=write(tmp_path, MARK | {"label": "Incorrect"})).items()
    assert one.content_digest == two.content_digest


def test_uid_and_question_id_name_one_question(tmp_path: Path) -> None:
    rows = (MARK, SECOND | {"qid": "1"}, MARK | {"cid": "c2", "qid": 1})
    items = open_task("bff-bench", data=write(tmp_path, *rows)).items()
    assert {item.cluster for item in items} == {"bffbench/u1"}
    assert [item.references[-1].text for item in items] == ["R1", "R2", "R1"]


def test_mt_bench_answers_have_no_reference(tmp_path: Path) -> None:
    rows = (MARK, MARK | {"dataset": "MT_Bench", "qid": "101", "cid": "c9"})
    bff, mt = open_task("bff-bench", data=write(tmp_path, *rows)).items()
    assert (bff.subset, mt.subset) == ("bffbench", "mtbench")
    assert (len(bff.references), mt.references) == (1, ())


def test_responses_on_which_nobody_is_sure_are_left_out(tmp_path: Path) -> None:
    unsure = MARK | {"label": "Not Sure"}
    task = open_task("bff-bench", data=write(tmp_path, unsure, unsure, SECOND))
    assert [item.id for item in task.items()] == ["c1-t2"]


def test_all_left_out_is_an_error(tmp_path: Path) -> None:
    with pytest.raises(DataError, match="nobody was sure of any of its 1 responses"):
        open_task("bff-bench", data=write(tmp_path, MARK | {"label": "Not Sure"})).items()


def test_the_hubs_file_layout(tmp_path: Path) -> None:
    for folder, rows in (("VERDICTS", [MARK, SECOND]), ("BFFBench", [QUESTION])):
        (tmp_path / folder / "data").mkdir(parents=True)
        (tmp_path / folder / "data" / "train-00000-of-00001.parquet").write_bytes(parquet(rows))
    assert len(open_task("bff-bench", data=tmp_path).items()) == 2


@pytest.mark.parametrize(
    ("change", "said", "field"),
    [
        ({"label": "Maybe"}, "expected Correct, Incorrect or Not Sure, got 'Maybe'", "label"),
        ({"label": None}, "expected a text", "label"),
        ({"turn": 0}, "the number of a turn", "turn"),
        ({"turn": 3}, "the conversation holds 1 answers", "conv"),
        ({"qid": "u7"}, "no question has the uid or question_id 'u7'", "qid"),
        ({"conv": "Q1?"}, "turn 1 was judged, and the conversation holds 0 answers", "conv"),
        ({"conv": [{"role": "judge", "content": "x"}]}, "there is no role 'judge'", "conv[0]"),
    ],
)
def test_bad_marks(tmp_path: Path, change: dict[str, object], said: str, field: str) -> None:
    with pytest.raises(DataError, match=said) as caught:
        open_task("bff-bench", data=write(tmp_path, MARK, MARK | {"cid": "c2"} | change)).items()
    assert (caught.value.field, caught.value.line) == (field, 2)


@pytest.mark.parametrize("field", ["dataset", "qid", "model", "conv"])
def test_marks_of_one_response_must_agree_on_it(tmp_path: Path, field: str) -> None:
    other: object = [*TALK[:1], {"role": "assistant", "content": "B1"}] if field == "conv" else "other"
    with pytest.raises(DataError, match=f"response 'c1-t1' has another {field} on line 1"):
        open_task("bff-bench", data=write(tmp_path, MARK, MARK | {field: other})).items()


@pytest.mark.parametrize("field", sorted(MARK))
def test_a_missing_field_of_the_marks_is_named(tmp_path: Path, field: str) -> None:
    with pytest.raises(DataError, match="this field is missing") as caught:
        open_task("bff-bench", data=write(tmp_path, {k: v for k, v in MARK.items() if k != field})).items()
    assert caught.value.field == field


@pytest.mark.parametrize("field", sorted(QUESTION))
def test_a_missing_field_of_the_questions_is_named(tmp_path: Path, field: str) -> None:
    question = {k: v for k, v in QUESTION.items() if k != field}
    with pytest.raises(DataError, match="this field is missing") as caught:
        open_task("bff-bench", data=write(tmp_path, MARK, questions=(question,))).items()
    assert (caught.value.field, caught.value.file) == (field, str(tmp_path / "bffbench.jsonl"))


@pytest.mark.parametrize(
    ("question", "said"),
    [
        (QUESTION | {"references": ["R1"]}, "1 references for 2 turns"),
        (QUESTION | {"question_id": 2}, "'u1' also names the question on line 1"),
    ],
)
def test_bad_questions(tmp_path: Path, question: dict[str, object], said: str) -> None:
    with pytest.raises(DataError, match=said):
        open_task("bff-bench", data=write(tmp_path, MARK, questions=(QUESTION, question))).items()


def test_the_questions_must_lie_beside_the_marks(tmp_path: Path) -> None:
    (tmp_path / "verdicts.jsonl").write_bytes(jsonl([MARK]))
    with pytest.raises(DataError, match=r"also needs its questions table: bffbench\.jsonl"):
        open_task("bff-bench", data=tmp_path).items()


TABLE = (
    "id,cond,p,latency,in_tok,jev_model\nc1-t1,noref,0.5,1.5,700,j-1\nc1-t1,ref,0.49,2,900,j-1\nc1-t2,ref,1,2,9,j-1\n"
)


def test_recorded_probabilities(tmp_path: Path) -> None:
    task = open_task("bff-bench", data=write(tmp_path, MARK, SECOND))
    path = tmp_path / "items.csv"
    path.write_text(TABLE, encoding="utf-8")
    without = task.recorded(path, "noref")
    assert (without.name, bare(without.name)) == ("j-1 (cond noref)", "j-1")
    (reply,) = without.replies.values()
    assert (reply.code, reply.probabilities, reply.model) == (1, (0.5, 0.5), "j-1")
    assert (reply.seconds, reply.usage.input_tokens) == (1.5, 700)
    assert task.recorded(path, "j-1#noref") == without
    assert {key[0]: reply.code for key, reply in task.recorded(path, "ref").replies.items()} == {"c1-t1": 0, "c1-t2": 1}
    with pytest.raises(UsageError, match=r"name the judge; there are: j-1 \(cond noref\), j-1 \(cond ref\)"):
        task.recorded(path)
    with pytest.raises(UsageError, match="'self' is not a judge of it"):
        task.recorded(path, "self")


@pytest.mark.parametrize(
    ("line", "said"),
    [
        ("c1-t1,noref,1.2,1,1,j", "between 0 and 1, got '1.2'"),
        ("c1-t1,noref,nan,1,1,j", "between 0 and 1, got 'nan'"),
        ("c1-t1,noref,high,1,1,j", "between 0 and 1"),
        ("c1-t1,noref,0.1,1,1,j\nc1-t1,noref,0.2,1,1,j", "'c1-t1' appears twice"),
        ("c9-t1,noref,0.1,1,1,j", "'c9-t1' is not in bff-bench"),
    ],
)
def test_bad_recorded_tables(tmp_path: Path, line: str, said: str) -> None:
    path = tmp_path / "items.csv"
    path.write_text(TABLE.split("\n", maxsplit=1)[0] + "\n" + line + "\n", encoding="utf-8")
    with pytest.raises(DataError, match=said):
        open_task("bff-bench", data=write(tmp_path, MARK)).recorded(path)


@pytest.mark.data
def test_the_published_form_of_recorded_verdicts(data_dir: Path) -> None:
    reader = Reader(load_card("bff-bench"), "train")
    source = file_source(data_dir / "bff_bench" / "jev_bff_items_sample.csv")
    humans = {row.data["id"]: int(row.data["human"]) for row in source.rows()}
    for condition, right in (("noref", 7), ("ref", 7)):
        recording = reader.recorded(source, condition, {})
        assert recording.name == f"jev-1.13.0 (cond {condition})"
        assert len(recording.replies) == 8
        assert all(abs(sum(reply.probabilities) - 1) < 1e-12 for reply in recording.replies.values())
        assert sum(reply.code == humans[name] for (name, _), reply in recording.replies.items()) == right
        assert Counter(reply.code for reply in recording.replies.values())[1] == (5 if condition == "noref" else 3)


@pytest.mark.slow
def test_from_two_repositories_of_the_hub(tmp_path: Path) -> None:
    with FakeHub() as hub:
        marks = hub.add("kensho/VERDICTS", {"data/train-00000-of-00001.parquet": parquet([MARK, SECOND])}).commit
        questions = hub.add("kensho/BFFBench", {"data/train-00000-of-00001.parquet": parquet([QUESTION])}).commit
        done = load("bff-bench", hub, tmp_path / "a")
        assert done.stdout.strip() == f"2|{marks}+{questions}|bffbench", done.stderr
        renamed = {("mark" if key == "label" else key): value for key, value in MARK.items()}
        hub.add("kensho/VERDICTS", {"data/train-00000-of-00001.parquet": parquet([renamed])})
        done = load("bff-bench", hub, tmp_path / "b")
    assert done.returncode == 1
    assert "field 'label': row 1: this field is missing" in done.stderr
    assert "not checked against the live hub" in done.stderr


def test_the_sample_is_shaped_as_the_two_datasets() -> None:
    for file, fields in (("sample", MARK), ("sample.questions", QUESTION)):
        assert all(set(row) == set(fields) for row in sample("bff-bench", file))
