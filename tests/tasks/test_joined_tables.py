"""Tables that a card joins, and whose gold and files of verdicts it describes: known benchmarks, and new files."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
from task_files import sample, write

from judgebench.domain import Status
from judgebench.errors import DataError, UsageError
from judgebench.tasks.base import CardTask, open_task, recorded_judges
from judgebench.tasks.card import card_dir, load_card

if TYPE_CHECKING:
    from pathlib import Path

TASKS = (
    "faireval", "judgelm", "judgerbench", "judgerbench-v2", "ai-university", "llmfao", "arena-two-judges",
    "cultural-pairs", "jailbreakeval",
)  # fmt: skip
FIRST, SECOND = (0, 1), (1, 0)


@pytest.mark.parametrize("name", [f"{task}:{split}" for task in TASKS for split in load_card(task).splits])
def test_every_sample_is_read(name: str) -> None:
    task = open_task(name, sample=True)
    items = list(task.items())
    assert len(items) >= 3
    assert all(label.code is not None for item in items for label in item.gold)
    assert all(response.text for item in items for response in item.responses)


def faireval(tmp_path: Path, human: str = "CHATGPT\nVICUNA13B\nTIE\n", **changed: Any) -> CardTask:
    """Make the repository's own layout: labels are words, a line each, without a header."""
    home = tmp_path / "FairEval"
    for name, part in {"question": "", "answer/answer_gpt35": ".first", "answer/answer_vicuna-13b": ".second"}.items():
        rows = sample("faireval", f"sample{part}")[:3]
        if name in changed:
            rows[1] = rows[1] | changed[name]
        write(home / f"{name}.jsonl", rows)
    (home / "review").mkdir(exist_ok=True)
    (home / "review" / "review_gpt35_vicuna-13b_human.txt").write_text(human, encoding="utf-8")
    return open_task("faireval", data=tmp_path)


def test_faireval_is_read_from_a_clone(tmp_path: Path) -> None:
    items = list(faireval(tmp_path).items())
    assert [item.gold[0].code for item in items] == [0, 2, 1]
    assert [response.model for response in items[0].responses] == ["chatgpt", "vicuna-13b"]


def test_a_review_of_two_mean_scores_is_a_verdict(tmp_path: Path) -> None:
    task = faireval(tmp_path)
    rows = [
        {"question_id": n, "review": ["..."], "score": score} for n, score in ((1, [8.5, 8]), (2, [7, 7]), (3, [1, 9]))
    ]
    recording = task.recorded(write(tmp_path / "review_mec3.json", rows))
    assert [recording.replies[str(n), FIRST].code for n in (1, 2, 3)] == [0, 1, 2]
    assert recording.replies["1", FIRST].scores == (8.5, 8.0)


@pytest.mark.parametrize(
    ("human", "changed", "said"),
    [
        ("CHATGPT\nNOBODY\nTIE\n", {}, r"field 'human\.word': expected one of CHATGPT, VICUNA13B, TIE.*got 'NOBODY'"),
        ("CHATGPT\nTIE\n", {}, "the human table has no row for it"),
        (
            "CHATGPT\nTIE\nTIE\n",
            {"answer/answer_gpt35": {"question_id": 9}},
            r"jsonl:2, field 'question_id': the first table has no row for it",
        ),
        ("CHATGPT\nTIE\nTIE\n", {"answer/answer_gpt35": {"question_id": 1}}, "'1' appears twice in the first table"),
    ],
)
def test_what_does_not_join_is_named(tmp_path: Path, human: str, changed: dict[str, Any], said: str) -> None:
    with pytest.raises(DataError, match=said):
        list(faireval(tmp_path, human, **changed).items())


def judgments(tmp_path: Path) -> Path:
    """Write a judge's two files as JudgeLM's gen_model_judgement.py does; the second has the answers turned."""
    said = ["9 2", "8 3", "7 7", "6 6\nAlike.", "no scores", "9,4", "1 8"]
    first, turned = [], []
    for row, text in zip(sample("judgelm"), said, strict=False):
        seen = {**row, "pred_id": "x", "pred_model_id": "judge-7b", "tstamp": 1.5}
        first.append({**seen, "pred_text": text})
        other = {"answer1_body": row["answer2_body"], "answer2_body": row["answer1_body"]}
        turned.append({**seen, **other, "pred_text": "8 3"})
    write(tmp_path / "out-reverse.jsonl", turned)
    return write(tmp_path / "out.jsonl", first)


def test_judgelms_two_files_are_one_recording(tmp_path: Path) -> None:
    task = open_task("judgelm", sample=True)
    recording = task.recorded(judgments(tmp_path))
    assert recording.name == "judge-7b"
    assert recording.orders == (FIRST, SECOND)
    assert [recording.replies[str(n), FIRST].code for n in range(7)] == [0, 0, 1, 1, None, 0, 2]
    assert recording.replies["4", FIRST].status is Status.UNPARSED
    # The turned file is told by its answers, also alone.
    alone = task.recorded(tmp_path / "out-reverse.jsonl")
    assert alone.orders == (SECOND,)
    assert {reply.code for reply in alone.replies.values()} == {0}


def test_a_pair_whose_teacher_gave_no_scores_is_left_out() -> None:
    assert [item.id for item in open_task("judgelm", sample=True).items()] == [str(n) for n in range(7)]
    assert len(sample("judgelm")) == 8


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"answer1_body": "something else"}, r"jsonl:3, field 'answer1_body': these are not the answers of item '2'"),
        ({"question_id": 1}, "item '1' appears twice in one order"),
        ({"pred_text": ...}, None),
    ],
)
def test_a_wrong_judgment_is_named(tmp_path: Path, change: dict[str, Any], said: str | None) -> None:
    rows = [row | {"pred_text": "7 2", "pred_model_id": "j"} for row in sample("judgelm")]
    rows[2] = {key: value for key, value in (rows[2] | change).items() if value is not ...}
    if change.get("question_id") == 1:
        rows[2] |= {key: rows[1][key] for key in ("answer1_body", "answer2_body")}
    path, task = write(tmp_path / "j.jsonl", rows), open_task("judgelm", sample=True)
    if said is None:
        with pytest.raises(DataError, match="field 'pred_text': this field is missing"):
            task.recorded(path)
        return
    with pytest.raises(DataError, match=said):
        task.recorded(path)


def test_judgerbench_b_reads_each_benchmark_in_its_own_words(tmp_path: Path) -> None:
    rows = sample("judgerbench", "sample-arenahard") + sample("judgerbench", "sample-wildbench")
    write(tmp_path / "judgerbench" / "judgerbench_B.json", rows)
    wild = open_task("judgerbench:wildbench", data=tmp_path)
    arena = open_task("judgerbench:arenahard", data=tmp_path)
    # Rows are named by their place among all, so that the predictions of all find them.
    assert [item.id for item in wild.items()] == [str(n) for n in range(7, 13)]
    assert [turn.role for turn in next(iter(wild.items())).conversation] == ["user", "assistant", "user"]
    said = {str(n): {"prediction": "[[B>>A]]" if n < 3 else "[[A<B]]", "gold": {}} for n in range(14)}
    recording = arena.recorded(write(tmp_path / "predictions.json", said))
    assert [recording.replies[str(n), FIRST].code for n in range(6)] == [4, 4, 4, None, None, None]


def test_judgerbench_v2_tells_the_order_by_the_systems(tmp_path: Path) -> None:
    task = open_task("judgerbench-v2", sample=True)
    said = {}
    for n, row in enumerate(sample("judgerbench-v2")):
        models = [row["base_model_response"]["model_name"], row["models_response"]["model_name"]]
        models = models[::-1] if n % 2 else models
        said[str(n)] = {
            "prediction": '{"analysis": "A is {fine}", "winner": "A"}' if n else '{"分析": "", "胜者": "B"}',
            "gold": {**row["gold"], "ModelA": models[0], "ModelB": models[1]},
        }
    recording = task.recorded(write(tmp_path / "p.json", said))
    assert recording.replies["0", FIRST].code == 1
    assert recording.replies["1", SECOND].code == 0
    assert len(recording.replies) == 12


def test_four_verdicts_and_a_judge_in_a_column(tmp_path: Path) -> None:
    task = open_task("ai-university", sample=True)
    assert {task.scale.labels[item.gold[0].code] for item in task.items()} == {"A", "B", "tie", "both bad"}  # type: ignore[index]  # a label each
    path = write(tmp_path / "evaluated.jsonl", sample("ai-university"))
    assert list(recorded_judges(path, task.reader)) == ["Chosen_Model_All_Criteria"]
    recording = task.recorded(path)
    assert recording.replies["4", FIRST].code == 0
    with pytest.raises(UsageError, match="there are: Chosen_Model_All_Criteria"):
        task.recorded(path, "Comments_Science_Only")


def test_votes_of_many_are_gold(tmp_path: Path) -> None:
    votes = sample("llmfao", "sample.votes")
    write(tmp_path / "LLMFAO" / "pairs-crowd.jsonl", sample("llmfao"))
    write(tmp_path / "LLMFAO" / "crowd-comparisons.csv", [])
    header = "id,prompt,model_x,model_y,winner,left,right\n"
    lines = [f"{v['id']},0,x,y,{v['winner']},x,y" for v in votes]
    (tmp_path / "LLMFAO" / "crowd-comparisons.csv").write_text(header + "\n".join(lines), encoding="utf-8")
    items = list(open_task("llmfao", data=tmp_path).items())
    # This file doesn't say who voted.
    assert [(label.annotator, label.code) for label in items[0].gold] == [("vote 1", 0), ("vote 2", 0), ("vote 3", 1)]
    lines[1] = lines[1].replace("left", "middle")
    (tmp_path / "LLMFAO" / "crowd-comparisons.csv").write_text(header + "\n".join(lines), encoding="utf-8")
    with pytest.raises(DataError, match=r"csv:3, field 'winner': expected one of left, right, tie"):
        list(open_task("llmfao", data=tmp_path).items())


def test_a_file_of_verdicts_holds_its_items_in_both_orders() -> None:
    task = open_task("cultural-pairs", sample=True)
    path = card_dir() / "cultural-pairs" / "sample.jsonl"
    small, large = recorded_judges(path, task.reader)
    recording = task.recorded(path, small)
    assert recording.orders == (FIRST, SECOND)
    # Always the first letter: first in one order, second in the other.
    assert [recording.replies["P1", order].code for order in (FIRST, SECOND)] == [0, 0]
    # A row without a verdict doesn't say its order: it is the one that is left.
    assert recording.replies["P4", SECOND].status is Status.UNPARSED
    assert task.recorded(path, large).replies["P3", FIRST].code == 1
    with pytest.raises(UsageError, match="name the judge; there are"):
        task.recorded(path)


def test_the_repositorys_own_json_of_results(tmp_path: Path) -> None:
    rows = [row for row in sample("cultural-pairs") if "pos_bias" in row["run"] and not row.get("skipped")]
    file = {
        "model": "m", "run": "judge_dev_set_eng_spanish_m_v1", "results": rows[:2],
        "skipped": [{"prompt_id": "P3", "reason": "bad JSON"}],
    }  # fmt: skip
    for row in rows:
        del row["run"]
    recording = open_task("cultural-pairs", sample=True).recorded(write(tmp_path / "judge.json", file))
    assert {status.status for status in recording.replies.values()} == {Status.OK, Status.UNPARSED}


def test_labels_without_texts_can_be_replayed(tmp_path: Path) -> None:
    (tmp_path / "jailbreak_keywords").mkdir()
    path = tmp_path / "jailbreak_keywords" / "safe_rlhf.csv"
    path.write_text("index,gold,StringMatch-a,HF-b\n0,1,1,0\n1,0,1,1\n", encoding="utf-8")
    task = open_task("jailbreakeval", data=tmp_path)
    items = list(task.items())
    assert [item.attribute("unanswered") for item in items] == ["yes", "yes"]
    assert list(recorded_judges(path, task.reader)) == ["StringMatch-a", "HF-b"]
    assert [reply.code for reply in task.recorded(path, "HF-b").replies.values()] == [0, 1]
    path.write_text("index,gold,StringMatch-a\n0,2,1\n", encoding="utf-8")
    with pytest.raises(DataError, match=r"csv:2, field 'gold': expected one of 0, 1"):
        list(open_task("jailbreakeval", data=tmp_path).items())


@pytest.mark.data
@pytest.mark.parametrize(
    ("name", "items", "file", "judges"),
    [
        ("arena-two-judges", 877, "arena_two_judges/votes.csv.gz", 2),
        ("jailbreakeval", 4000, "jailbreak_keywords/safe_rlhf.csv.gz", 9),
        ("jailbreakeval:jailjudge", 1000, "jailbreak_keywords/jailjudge.csv.gz", 9),
        ("cultural-pairs", 40, "cultural_pairs/verdicts.jsonl.gz", 5),
        ("cultural-pairs:test-subtle", 11, "cultural_pairs/verdicts.jsonl.gz", 2),
    ],
)
def test_the_published_files_of_joined_tables(data_dir: Path, name: str, items: int, file: str, judges: int) -> None:
    task = open_task(name, data=data_dir)
    assert len(list(task.items())) == items
    names = recorded_judges(data_dir / file, task.reader)
    assert len(names) == judges
    assert all(len(task.recorded(data_dir / file, judge).replies) >= items for judge in names)


def test_verdicts_with_ids_are_about_the_pairs_that_their_models_say(tmp_path: Path) -> None:
    """LLMFAO's own files have id, model_x, model_y and winner; another set numbers other pairs from 0, too."""
    task = open_task("llmfao", sample=True)
    first = next(iter(task.items()))
    models = [one.model for one in first.responses]
    path = tmp_path / "gpt4-crowd-comparisons.csv"
    path.write_text("id,prompt,model_x,model_y,winner\n{},0,{},{},left\n".format(first.id, *models), encoding="utf-8")
    assert {key: reply.code for key, reply in task.recorded(path).replies.items()} == {(first.id, (0, 1)): 0}
    path.write_text("id,prompt,model_x,model_y,winner\n{},0,{},{},left\n".format(first.id, *models[::-1]), "utf-8")
    assert {key: reply.code for key, reply in task.recorded(path).replies.items()} == {(first.id, (1, 0)): 0}
    path.write_text(f"id,prompt,model_x,model_y,winner\n{first.id},0,else-1b,{models[0]},left\n", encoding="utf-8")
    with pytest.raises(DataError, match="these are not the answers of item") as error:
        task.recorded(path)
    assert error.value.field == "model_x"
