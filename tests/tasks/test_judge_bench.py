"""JUDGE-BENCH's schema: what was asked by metric, people's scores by instance, and files of responses."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest

from judgebench.domain import Status
from judgebench.errors import DataError, UsageError
from judgebench.tasks.base import open_task
from judgebench.tasks.card import load_card

if TYPE_CHECKING:
    from pathlib import Path

NAME = "judge-bench-dmg"
SPLITS = tuple(load_card(NAME).splits)
CHECK = {"metric": "Sound", "category": "categorical", "labels_list": ["yes", "no"], "prompt": "{{ instance }} Sound?"}
GRADE = {"metric": "Depth", "category": "graded", "worst": 1, "best": 5, "prompt": "How deep is it?\n{{ instance }}"}


def write(path: Path, annotations: list[dict[str, Any]], instances: list[dict[str, Any]]) -> Path:
    path.write_text(json.dumps({"annotations": annotations, "instances": instances}), encoding="utf-8")
    return path


@pytest.mark.parametrize("split", SPLITS)
def test_every_split_has_a_sample_on_its_own_scale(split: str) -> None:
    task = open_task(f"{NAME}:{split}", sample=True)
    items = list(task.items())
    assert len(items) >= 3
    assert {item.gold_source for item in items} == {task.card.split(split).gold_source or "crowd"}
    assert all(item.attribute("criterion") and item.responses[0].text for item in items)


@pytest.mark.data
@pytest.mark.parametrize(
    ("split", "items", "clusters", "subsets", "most"),
    [
        ("dices-350", 350, 350, 1, 123),
        ("recipes", 312, 52, 6, 88),
        ("inferential-strategies", 300, 300, 1, 2),
        ("cola", 1043, 1040, 1, 1),
        ("dices-350-expert", 350, 350, 1, 1),
        ("medical-safety-risk", 3701, 3699, 1, 1),
        ("medical-safety-response", 3701, 3699, 1, 1),
        ("roscoe-gsm8k", 400, 200, 2, 1),
        ("roscoe-gsm8k-checks", 400, 200, 2, 1),
        ("roscoe-gsm8k-steps", 7929, 881, 9, 1),
    ],
)
def test_the_published_files(data_dir: Path, split: str, items: int, clusters: int, subsets: int, most: int) -> None:
    task = open_task(f"{NAME}:{split}", data=data_dir)
    read = list(task.items())
    assert task.source.verified
    assert len(read) == items == task.card.split(split).main.count
    assert len({item.cluster for item in read}) == clusters
    assert len({item.subset for item in read}) == subsets
    assert max(len(item.gold) for item in read) == most
    assert all(item.attribute("criterion") for item in read)


def test_a_split_takes_the_metrics_of_its_scale_whatever_they_are_called(tmp_path: Path) -> None:
    scores = {"Sound": {"individual_human_scores": ["no", "yes"]}, "Depth": {"individual_human_scores": [1, None, 5.0]}}
    path = write(tmp_path / "x.json", [CHECK, GRADE], [{"id": 7, "instance": "So it is.", "annotations": scores}])
    (check,) = open_task(f"{NAME}:inferential-strategies", data=path).items()
    assert (check.id, check.subset, check.attribute("criterion")) == ("1/7/Sound", "Sound", "Sound?")
    assert [label.code for label in check.gold] == [0, 1]
    (grade,) = open_task(f"{NAME}:newsroom", data=path).items()
    assert (grade.attribute("criterion"), [label.code for label in grade.gold]) == ("How deep is it?", [0, None, 4])
    with pytest.raises(DataError, match=r"Sound on nominal:yes,no, Depth on rate:1-5"):
        open_task(f"{NAME}:recipes", data=path).items()


def test_means_majorities_numbers_and_pairs(tmp_path: Path) -> None:
    def read(split: str, metric: dict[str, Any], instance: Any, given: dict[str, Any], **beside: str) -> Any:
        entry = {"id": "a", "instance": instance, "annotations": {metric["metric"]: given}, **beside}
        (item,) = open_task(f"{NAME}:{split}", data=write(tmp_path / "x.json", [metric], [entry])).items()
        return item

    means = {"mean_human": 3.667, "individual_human_scores": [4]}
    graded = GRADE | {"metric": "relevance"}
    summary = read("summeval", graded, "both texts", means, source="An article.", summary="Short.")
    assert (summary.question, summary.responses[0].text, summary.gold[0].annotator) == ("An article.", "Short.", "mean")
    assert open_task(f"{NAME}:summeval", sample=True).scale.word(summary.gold[0].code) == "3.667"
    toxic = read(
        "toxic-chat-test",
        CHECK | {"labels_list": ["0", "1"]},
        "Hi.",
        {"majority_human": "1", "individual_human_scores": []},
    )
    assert [(label.annotator, label.code) for label in toxic.gold] == [("majority", 1)]
    continuous = GRADE | {"category": "continuous", "worst": 0.0, "best": 100.0}
    parts = {"source": "Hund", "reference": "dog", "translation": "hound"}
    translated = read("wmt23-en-de", continuous, parts, {"individual_human_scores": [66.5]})
    assert (translated.question, translated.responses[0].text, translated.references[0].text) == (
        "Hund",
        "hound",
        "dog",
    )
    sides = CHECK | {"labels_list": ["model_a", "model_b"]}
    pair = read(
        "llmbar-natural", sides, {"input": "Q", "output_a": "1", "output_b": "2"}, {"majority_human": "model_b"}
    )
    assert ([one.text for one in pair.responses], pair.question, pair.gold[0].code) == (["1", "2"], "Q", 1)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"annotations": {}}, "list of objects"),
        ({"instances": [{"id": 1, "instance": 3, "annotations": {}}]}, "expected a text"),
        ({"instances": [{"id": 1, "instance": "x", "annotations": {"taste": {}}}]}, "metrics that the file describes"),
        ({"instances": [{"id": 1, "instance": "x", "annotations": {"safety": {}}}]}, "individual_human_scores"),
        ({"instances": [{"id": 1, "instance": "x", "annotations": {"safety": 1}}]}, r"instances\.1\.safety"),
        (
            {"instances": [{"id": 1, "instance": "x", "annotations": {"safety": {"individual_human_scores": ["Si"]}}}]},
            "'Si' is not on the scale",
        ),
        ({"annotations": [{"metric": "safety", "category": "fuzzy"}]}, "categorical, graded, continuous"),
        ({"annotations": [{"metric": "safety", "category": "graded", "worst": 1}]}, "worst and best"),
        ({"annotations": [{"metric": "safety", "labels_list": ["a", "a"]}]}, "different labels"),
        ({"instances": [{"id": 1, "instance": {"a": ["x"]}, "annotations": {"safety": {}}}]}, "expected a text"),
    ],
)
def test_a_wrong_file_is_named(tmp_path: Path, change: dict[str, Any], message: str) -> None:
    data: dict[str, Any] = {"annotations": [{"metric": "safety", "prompt": "Safe?"}], "instances": []} | change
    path = tmp_path / "dices_350_crowdsourced.json"
    path.write_text(json.dumps(data), encoding="utf-8")
    with pytest.raises(DataError, match=message) as caught:
        open_task(NAME, data=path).items()
    assert path.name in str(caught.value)


def test_a_file_of_responses_is_read_as_verdicts(tmp_path: Path) -> None:
    said = ["yes", "Therefore, No is correct.", "**No**", "Yes and no.", ""]
    scores = [{"individual_human_scores": ["yes"], "lab/llm": text, "lab/other": "no"} for text in said]
    instances = [{"id": n, "instance": "x", "annotations": {"Sound": one}} for n, one in enumerate(scores)]
    path = write(tmp_path / "inferential_strategies.json", [CHECK], instances)
    task = open_task(f"{NAME}:inferential-strategies", data=path)
    found = task.recorded(path, "lab/llm")
    assert found.name == "llm"
    assert [reply.code for reply in found.replies.values()] == [1, 0, 0, None, None]
    assert [reply.status for reply in found.replies.values()][3:] == [Status.UNPARSED] * 2
    with pytest.raises(UsageError, match="lab/llm, lab/other"):
        task.recorded(path)


def test_a_file_of_scores_has_no_verdicts(tmp_path: Path) -> None:
    path = write(tmp_path / "x.json", [CHECK], [])
    with pytest.raises(UsageError, match="people's scores only"):
        open_task(f"{NAME}:inferential-strategies", sample=True).recorded(path)
