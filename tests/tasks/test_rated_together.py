"""Answers that were rated together: CodeUltraFeedback, and files of the same form with other fields."""

from __future__ import annotations

import json
import statistics
from typing import TYPE_CHECKING, Any

import pytest
from servers.raw import Raw, answer, chat
from task_files import card, sample

from judgebench import run
from judgebench.api.planning import plan_run
from judgebench.domain import Status
from judgebench.errors import DataError
from judgebench.judges.baselines import ReplayJudge
from judgebench.run.engine import Options
from judgebench.run.execute import execute
from judgebench.store.runs import read_run
from judgebench.tasks.base import CardTask, open_task
from judgebench.tasks.card import load_card
from judgebench.tasks.sources import file_source

if TYPE_CHECKING:
    from pathlib import Path

NAME = "code-ultrafeedback"
MODELS = ("ash", "oak", "elm", "fir")
ROW: dict[str, Any] = {
    "instruction": "Add two numbers.",
    "preference": "style",
    "models": list(MODELS),
    "responses": [{"model": name, "response": f"{name}'s code"} for name in MODELS],
    # In another order than the answers.
    "annotations": [
        {"model": name, "rating": rating, "rationale": f"{name}!"}
        for name, rating in (("fir", "5"), ("ash", "3"), ("oak", "5"), ("elm", "N/A"))
    ],
}


def opened(tmp_path: Path, *rows: object, split: str = "together") -> CardTask:
    path = tmp_path / "CodeUltraFeedback.jsonl"
    path.write_text("".join(json.dumps(row) + "\n" for row in rows))
    return open_task(f"{NAME}:{split}", data=path)


def test_the_highest_rated_are_right_and_each_answer_has_its_own(tmp_path: Path) -> None:
    [item] = opened(tmp_path, ROW).items()
    assert (item.id, item.subset, item.attribute("criterion")) == ("1", "style", "style")
    assert (item.gold[0].annotator, item.gold[0].code, item.gold_source) == ("gpt-3.5-turbo", (1, 3), "model")
    # N/A is the lowest.
    assert item.attribute("ratings") == "3 5 1 5"
    each = list(opened(tmp_path, ROW, split="each").items())
    assert [(one.id, one.responses[0].model, one.gold[0].code) for one in each] == [
        ("1/1", "ash", 2), ("1/2", "oak", 4), ("1/3", "elm", 0), ("1/4", "fir", 4)
    ]  # fmt: skip
    assert len({one.cluster for one in each}) == 1


@pytest.mark.parametrize(
    ("change", "says"),
    [
        ({"responses": ROW["responses"][:3]}, r"field 'annotations': 4 ratings for 3 answers"),
        ({"responses": []}, r"field 'responses': expected a list of records"),
        ({"responses": [{"model": "a"}] * 4}, r"field 'responses': a record without 'response'; it has model"),
        ({"annotations": "none"}, r"field 'annotations': expected a list of records, got 'none'"),
        (
            {"models": ["ash", "oak", "elm", "yew"]},
            r"field 'models': it names ash, oak, elm, yew, and the",
        ),
        ({"instruction": None}, r"field 'instruction': expected a text"),
        (
            {"annotations": [one | {"rating": "6"} for one in ROW["annotations"]]},
            r"field 'annotations': expected a rating on rate:1-5, or one of n/a, got '6'",
        ),
        (
            {"annotations": [one | {"model": f"{one['model']}2"} for one in ROW["annotations"]]},
            r"field 'annotations': ratings of fir2, ash2, oak2, elm2, and answers of ash, oak, elm, fir",
        ),
    ],
)
def test_rows_that_are_none_are_refused_with_their_place(tmp_path: Path, change: dict[str, Any], says: str) -> None:
    with pytest.raises(DataError, match=rf"CodeUltraFeedback.jsonl:2, {says}"):
        list(opened(tmp_path, ROW, ROW | change).items())


def test_ratings_that_could_not_be_read_are_no_gold(tmp_path: Path) -> None:
    gap = ROW | {"annotations": [ROW["annotations"][0] | {"rating": None}, *ROW["annotations"][1:]]}
    [item] = opened(tmp_path, gap).items()
    assert (item.gold[0].code, item.attribute("ratings")) == (None, "3 5 1 -")


def test_an_annotators_file_is_replayed_in_the_orders_that_it_has(tmp_path: Path) -> None:
    task = opened(tmp_path, ROW, ROW, ROW)
    said = [
        {"ratings": ["2", "5", "N/A", "4"], "rationales": ["a", "b", "c", "d"], "order": [3, 1, 0, 2]},
        {"ratings": [], "rationales": ["a\n\nb"], "order": [0, 1, 2, 3]},
        {"ratings": ["5", "1", "1", "1"], "rationales": ["a", "b", "c", "d"], "order": [2, 0, 1, 3]},
    ]
    path = tmp_path / "annotations_gpt-4.jsonl"
    path.write_text("".join(json.dumps(one) + "\n" for one in said))
    recording = task.recorded(path)
    assert recording.name == "annotations_gpt-4"
    reply = recording.replies["1", (3, 1, 0, 2)]
    assert (reply.code, reply.scores, reply.text) == (1, (2.0, 5.0, 1.0, 4.0), "a\n\nb\n\nc\n\nd")
    judge = ReplayJudge("j", recording.replies, recording.orders)
    plan, _ = plan_run(task, judge)
    assert [case.order for case in plan.cases()] == [(3, 1, 0, 2), (0, 1, 2, 3), (2, 0, 1, 3)]
    path_of_run, _ = execute(plan, tmp_path / "runs", Options())
    one, two, three = sorted(read_run(path_of_run).verdicts(), key=lambda verdict: verdict.item)
    # Undone to the item's own order: oak is best of the first, elm of the third.
    assert (one.code, one.scores) == (1, (1.0, 5.0, 4.0, 2.0))
    assert (two.status, three.code) == (Status.UNPARSED, 2)
    each = opened(tmp_path, ROW, ROW, ROW, split="each").recorded(path)
    assert [each.replies[f"1/{n}", (0,)].code for n in (1, 2, 3, 4)] == [0, 4, 3, 1]
    assert each.replies["2/1", (0,)].status is Status.UNPARSED


def test_ratings_of_another_judge_in_the_same_form(tmp_path: Path) -> None:
    task = opened(tmp_path, ROW)
    path = tmp_path / "other.jsonl"
    path.write_text(json.dumps(ROW | {"annotations": [one | {"rating": "2"} for one in ROW["annotations"]]}) + "\n")
    reply = task.recorded(path).replies["1", (0, 1, 2, 3)]
    assert (reply.code, reply.scores) == (0, (2.0,) * 4)


@pytest.mark.parametrize(
    ("row", "says"),
    [
        ({"ratings": ["1"] * 4, "order": [0, 1, 2, 2]}, r"field 'order': expected an order of 4 answers"),
        ({"ratings": ["1"] * 3, "order": [0, 1, 2, 3]}, r"field 'ratings': expected 4 ratings, or none"),
        ({"ratings": ["1", "2", "3", "x"], "order": [0, 1, 2, 3]}, r"field 'ratings': expected a rating on rate:1-5"),
        (ROW | {"instruction": "Another."}, r"field 'instruction': another question than the task has"),
    ],
)
def test_recorded_rows_that_are_none(tmp_path: Path, row: dict[str, Any], says: str) -> None:
    task = opened(tmp_path, ROW)
    path = tmp_path / "judge.jsonl"
    path.write_text(json.dumps(row) + "\n")
    with pytest.raises(DataError, match=rf"judge.jsonl:1, {says}"):
        task.recorded(path)
    path.write_text((json.dumps({"ratings": [], "order": [0, 1, 2, 3]}) + "\n") * 2)
    with pytest.raises(DataError, match=r"judge.jsonl:2.*the task has 1 rows"):
        task.recorded(path)


def test_a_live_judge_rates_all_four_at_once(tmp_path: Path) -> None:
    said = "Well.\n[[1: 4]]\n[[2: N/A]]\n[[3: 2]]\n[[4: 5]]"
    with Raw(lambda _: answer(chat(said))) as server:
        scores = run(
            "server/m", NAME, sample=True, order="original", protocol="rate-together:1-5:na-lowest",
            base_url=f"{server.url}/v1", runs=tmp_path,
        )  # fmt: skip
        sent = json.loads(server.requests[0].body)["messages"][-1]["content"]
    assert len(server.requests) == 20
    assert "or N/A for a response that can't be rated" in sent
    assert "Judge by one criterion only" in sent
    row = next(one for one in scores.rows if one.subset == "all")
    assert row.metrics["official_score"].value == pytest.approx(statistics.fmean((4, 1, 2, 5)))
    gold = [[float(one) for one in item.attribute("ratings").split()] for item in open_task(NAME, sample=True).items()]
    ours = [(4.0, 1.0, 2.0, 5.0)] * len(gold)
    flat = [one for own in ours for one in own], [one for own in gold for one in own]
    assert row.metrics["score_pearson_r"].value == pytest.approx(statistics.correlation(*flat))
    off = statistics.fmean(abs(a - b) for a, b in zip(*flat, strict=True))
    assert row.metrics["score_mean_absolute_error"].value == pytest.approx(off)


CARD = card(
    "helpful",
    """

[form]
question = "prompt"
answers = "completions"
text = "said"
rating = "marks.help.Rating"
range = "rate:0-9"
unrated = ["skip"]
annotator = "gpt"

[splits.test]
files = ["rows.jsonl"]
""",
    gold_source="model",
    scale="pick:2",
    reader="judgebench.tasks.readers.rated_together:Reader",
)


def test_ratings_inside_the_answers_records_and_no_systems(tmp_path: Path) -> None:
    (tmp_path / "helpful").mkdir()
    file = tmp_path / "helpful" / "task.toml"
    file.write_text(CARD)
    rows = [
        {"prompt": "Hi", "completions": [{"said": str(n), "marks": {"help": {"Rating": n}}} for n in marks]}
        for marks in ((0, 9), (3, "skip"))
    ]
    data = tmp_path / "rows.jsonl"
    data.write_text("".join(json.dumps(row) + "\n" for row in rows))
    one, two = CardTask(load_card("helpful", tmp_path), "test", file_source(data)).items()
    assert (one.gold[0].code, one.responses[1].model, one.subset) == ((1,), None, "")
    assert (two.gold[0].code, two.attribute("ratings")) == (None, "3 -")
    for old, new, says in (
        ('"rate:0-9"', '"check"', "'form.range': check is not a scale of ratings"),
        ('"rate:0-9"', '"many"', "'form.range': 'many' is not a scale"),
        ('annotator = "gpt"', "", "'form.annotator'"),
        ('scale = "pick:2"', 'scale = "pair"', "'form.range'.*pair:3 is neither"),
    ):
        file.write_text(CARD.replace(old, new))
        with pytest.raises(DataError, match=says):
            CardTask(load_card("helpful", tmp_path), "test", file_source(data))


def test_the_sample_is_shaped_as_the_hubs_rows() -> None:
    for row in sample(NAME):
        assert row.keys() == ROW.keys()
        assert all(one.keys() == ROW["annotations"][0].keys() for one in row["annotations"])
