"""PandaLM: labels, odd answers, systems, and the two recorded judges."""

from __future__ import annotations

import json
from collections import Counter
from typing import TYPE_CHECKING, Any

import pytest
from task_files import sample

from judgebench.domain import Status
from judgebench.errors import DataError, UsageError
from judgebench.reproduce.published import load_published
from judgebench.tasks.base import open_task, recorded_judges

if TYPE_CHECKING:
    from pathlib import Path

ORDER = (0, 1)


def write(path: Path, records: list[dict[str, Any]]) -> Path:
    path.write_text(json.dumps(records, ensure_ascii=False, indent=1), encoding="utf-8")
    return path


def test_the_sample_is_read() -> None:
    task = open_task("pandalm", sample=True)
    items = task.items()
    assert task.name == "pandalm"
    assert len({item.cluster for item in items}) == 8
    first = items[0]
    assert first.question == "Rewrite the note in a friendly tone.\n\nYour parcel is late. Don't call us."
    assert [response.model for response in first.responses] == ["alder-7b", "birch-7b"]
    assert [(label.annotator, label.code) for label in items[2].gold] == [
        ("annotator1", 0), ("annotator2", 0), ("annotator3", 1),
    ]  # fmt: skip
    assert first.attribute("app") == "Mail"
    # A name with a dot and capitals stays whole; an empty input leaves the instruction alone.
    assert items[9].responses[1].model == "cedar-6.7B"
    assert items[9].question == "Suggest three names for a bakery that only sells rye bread."
    assert {label.code for item in items for label in item.gold} == {0, 1, 2}


def test_a_boolean_answer_is_the_word_it_was() -> None:
    booleans = [row["idx"] for row in sample("pandalm") if row["response1"] is True]
    items = {item.id: item for item in open_task("pandalm", sample=True).items()}
    assert booleans
    assert all(items[str(idx)].responses[0].text == "True" for idx in booleans)


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"annotator2": 3}, "field 'annotator2': expected one of 0, 1, 2, None, got 3"),
        ({"annotator2": "1"}, "got '1'"),
        ({"annotator2": True}, "got True"),
        ({"annotator2": ...}, "field 'annotator2': this field is missing"),
        ({"annotator1": None, "annotator2": None, "annotator3": None}, "no gold label"),
        ({"cmp_key": "onlyone"}, "field 'cmp_key'"),
        ({"cmp_key": "a_b_c"}, "joined by one '_'"),
        ({"response1": None}, "field 'response1'"),
        ({"response1": ["x"]}, "field 'response1'"),
        ({"idx": 0}, "'0' appears twice"),
        ({"idx": 1.5}, "field 'idx'"),
        ({"input": None}, "field 'input'"),
    ],
)
def test_a_wrong_row_is_named(tmp_path: Path, change: dict[str, Any], said: str) -> None:
    records = sample("pandalm")
    records[2] = {key: value for key, value in (records[2] | change).items() if value is not ...}
    path = write(tmp_path / "testset-v1.json", records)
    line = path.read_text(encoding="utf-8").split("\n {\n")
    with pytest.raises(DataError) as caught:
        open_task("pandalm", data=tmp_path).items()
    assert f"testset-v1.json:{sum(part.count(chr(10)) + 2 for part in line[:3])}" in str(caught.value)
    assert said in str(caught.value)


def test_a_missing_mark_is_a_gap(tmp_path: Path) -> None:
    records = sample("pandalm")
    records[0]["annotator3"] = None
    items = open_task("pandalm", data=write(tmp_path / "testset-v1.json", records)).items()
    assert [label.code for label in items[0].gold] == [0, 0, None]


def test_recorded_verdicts_of_both_judges_are_read(tmp_path: Path) -> None:
    task = open_task("pandalm", sample=True)
    said = ["1", "2", "Tie", "garbage"]
    lines = [{"idx": i, "gpt_result": s, "gpt_reason": "so", "gpt_reference": ""} for i, s in enumerate(said)]
    gpt = task.recorded(write(tmp_path / "g.json", lines))
    assert [gpt.replies[str(i), ORDER].code for i in range(4)] == [0, 2, 1, None]
    assert gpt.replies["3", ORDER].status is Status.UNPARSED
    assert gpt.replies["3", ORDER].text == "garbage\nso"
    assert (gpt.name, gpt.orders) == ("gpt-3.5-turbo", (ORDER,))
    panda = task.recorded(
        write(tmp_path / "p.json", [{"idx": i, "pandalm_result": r} for i, r in enumerate((2, "2", 0, "1"))])
    )
    assert [panda.replies[str(i), ORDER].code for i in range(4)] == [2, 2, 1, 0]
    assert panda.name == "pandalm-7b"


@pytest.mark.parametrize(
    ("records", "said"),
    [
        ([{"idx": 0, "result": "1"}], "expected .*gpt_result; or pandalm_result"),
        ([{"idx": 0, "gpt_result": "1"}, {"idx": 1, "pandalm_result": 1}], "field 'gpt_result': this field is missing"),
        ([{"idx": 0, "gpt_result": "C"}], "got 'C'"),
        ([{"idx": 0, "gpt_result": True}], "got 'true'"),
        ([{"idx": 0, "gpt_result": "1"}, {"idx": 0, "gpt_result": "1"}], "appears twice"),
        ([{"idx": 99, "gpt_result": "1"}], "item '99' is not in the data"),
    ],
)
def test_wrong_verdicts_are_named(tmp_path: Path, records: list[dict[str, Any]], said: str) -> None:
    with pytest.raises(DataError, match=said):
        open_task("pandalm", sample=True).recorded(write(tmp_path / "v.json", records))


def test_a_judge_name_tells_judges_of_one_file_apart(tmp_path: Path) -> None:
    task = open_task("pandalm", sample=True)
    said = {"first prompt": ("1", "2"), "second prompt": ("Tie", "2")}
    path = write(
        tmp_path / "v.json",
        [{"idx": i, "gpt_result": s, "judge_name": name} for name, all_ in said.items() for i, s in enumerate(all_)],
    )
    assert list(recorded_judges(path, task.reader)) == list(said)
    found = [task.recorded(path, name) for name in said]
    assert [recording.name for recording in found] == list(said)
    assert [[recording.replies[i, ORDER].code for i in "01"] for recording in found] == [[0, 2], [1, 2]]
    with pytest.raises(UsageError, match="name the judge; there are: first prompt, second prompt"):
        task.recorded(path)
    alone = write(tmp_path / "g.json", [{"idx": 0, "gpt_result": "1"}])
    assert recorded_judges(alone, task.reader) == {"gpt-3.5-turbo": "gpt-3.5-turbo"}


def test_another_judge_is_not_read_by_mistake(tmp_path: Path) -> None:
    path = write(tmp_path / "v.json", [{"idx": 0, "gpt_result": "1"}])
    with pytest.raises(UsageError, match=r"not a judge of it; there are: gpt-3\.5-turbo"):
        open_task("pandalm", sample=True).recorded(path, "pandalm-7b")


@pytest.mark.data
def test_the_real_file_is_as_the_card_says(data_dir: Path) -> None:
    task = open_task("pandalm", data=data_dir)
    items = task.items()
    assert task.source.verified
    assert len(items) == task.card.split().main.count == 999
    assert len({item.cluster for item in items}) == 170
    assert len({item.attribute("app") for item in items}) == 50
    assert len({response.model for item in items for response in item.responses}) == 5
    assert sum(response.text == "True" for item in items[157:165] for response in item.responses) == 6
    majority = Counter(Counter(label.code for label in item.gold).most_common(1)[0][0] for item in items)
    assert majority == {1: 105, 0: 422, 2: 472}


@pytest.mark.data
def test_published_figures_come_out_of_the_recordings(data_dir: Path) -> None:
    from sklearn.metrics import accuracy_score, cohen_kappa_score, precision_recall_fscore_support

    task = open_task("pandalm", data=data_dir)
    items, published = task.items(), load_published("pandalm")
    gold = [Counter(label.code for label in item.gold).most_common(1)[0][0] for item in items]
    for recorded in task.recordings():
        path = task.recorded_path(recorded)
        assert path is not None
        replies = task.recorded(path, recorded.column).replies
        judge = [1 if (code := replies[item.id, ORDER].code) is None else code for item in items]
        p, r, f, _ = precision_recall_fscore_support(gold, judge, average="macro")
        ours = {"accuracy": accuracy_score(gold, judge), "macro_precision": p, "macro_recall": r, "macro_f1": f}
        cells = [cell for cell in published.figures if cell.judge == recorded.name]
        assert {cell.metric for cell in cells} == set(ours)
        assert all(cell.matches(ours[cell.metric]) for cell in cells)
    marks = {label.annotator: [i.gold[at].code for i in items] for at, label in enumerate(items[0].gold)}
    between = [cell for cell in published.figures if cell.kind == "annotators"]
    assert len(between) == 6
    assert all(cell.matches(cohen_kappa_score(*(marks[name] for name in cell.pair))) for cell in between)
