"""Tables of ratings: raters, items and criteria down the rows or across the columns."""

from __future__ import annotations

import json
from collections import Counter
from typing import TYPE_CHECKING, Any

import pytest
from task_files import sample, write

from judgebench.domain import Status
from judgebench.errors import DataError, UsageError
from judgebench.tasks.base import open_task, recorded_judges
from judgebench.tasks.card import load_card

if TYPE_CHECKING:
    from pathlib import Path

CARDS = ("hanna", "twinkl-values", "topical-chat", "summeval", "llmeval-2", "thematic", "rubric", "faithbench")
SPLITS = [f"{name}:{split}" for name in CARDS for split in load_card(name).splits]


def own(folder: Path, rows: list[dict[str, Any]], columns: str, form: str = "", scale: str = "rate:1-5") -> Path:
    """Write a card of one's own and its rows; a task by its folder's name."""
    folder.mkdir(exist_ok=True)
    head = (load_card("rubric").folder / "task.toml").read_text("utf-8").split("[policies]")[0]
    head = head.replace('"rubric"', f'"{folder.name}"').replace('"rate:1-5"', f'"{scale}"')
    text = f'{head}\n[columns]\nquestion = ["q"]\nanswers = ["a"]\n{columns}\n[splits.answers]\nfiles = ["x.jsonl"]\n'
    (folder / "task.toml").write_text(f"{text}[splits.answers.form]\n{form}\n", encoding="utf-8")
    lines = [json.dumps({"q": "Q", "a": "A", **row}) for row in rows]
    (folder / "x.jsonl").write_text("\n".join(lines), encoding="utf-8")
    return folder


def read(folder: Path) -> dict[str, dict[str, Any]]:
    task = open_task(folder.name, root=folder.parent, data=folder)
    return {item.id: {label.annotator: label.code for label in item.gold} for item in task.items()}


@pytest.mark.parametrize("name", SPLITS)
def test_every_split_has_a_sample_with_its_texts(name: str) -> None:
    task = open_task(name, sample=True)
    items = list(task.items())
    assert len(items) >= 3
    assert all(item.question and item.responses[0].text and item.attribute("unanswered") is None for item in items)
    assert len({item.cluster for item in items}) < len(items)


@pytest.mark.data
@pytest.mark.parametrize(
    ("name", "clusters", "most", "texts"),
    [
        ("hanna:ratings", 96, 3, False),
        ("hanna:means", 96, 3, False),
        ("twinkl-values:entries", 24, 3, False),
        ("topical-chat:responses", 60, 1, True),
        ("topical-chat:checks", 60, 1, True),
        ("topical-chat:overall", 60, 1, True),
        ("topical-chat:qags-cnndm", 235, 1, True),
        ("topical-chat:qags-xsum", 239, 1, True),
        ("faithbench:worst", 75, 1, True),
    ],
)
def test_the_published_files(data_dir: Path, name: str, clusters: int, most: int, *, texts: bool) -> None:
    task = open_task(name, data=data_dir)
    items = list(task.items())
    assert len(items) == task.card.split(task.split).main.count
    assert len({item.cluster for item in items}) == clusters
    assert max(len(item.gold) for item in items) == most
    assert {item.attribute("unanswered") is None for item in items} == {texts}
    for entry in task.recordings():
        path = task.recorded_path(entry)
        assert path is not None
        replies = task.recorded(path, entry.column).replies
        assert len(replies) == len(items)


@pytest.mark.data
def test_the_worst_label_of_a_summary_s_spans(data_dir: Path) -> None:
    task = open_task("faithbench:worst", data=data_dir)
    worst = Counter(
        task.scale.labels[label.code] for item in task.items() for label in item.gold if type(label.code) is int
    )
    assert worst == {"Unwanted": 439, "Questionable": 72, "Benign": 64, "Consistent": 175}


def test_the_same_ratings_in_four_layouts(tmp_path: Path) -> None:
    wanted = {"s1/depth": {"x": 4, "y": 2}, "s1/style": {"x": 0, "y": 1}}
    wide = [{"s": "s1", "depth_x": 5, "depth_y": 3.0, "style_x": "1", "style_y": 2}]
    nested = [{"s": "s1", "by": {"x": {"depth": 5, "style": 1}, "y": {"depth": 3, "style": 2}}}]
    raters_down = [{"s": "s1", "who": "x", "depth": 5, "style": 1}, {"s": "s1", "who": "y", "depth": 3, "style": 2}]
    criteria_down = [{"s": "s1", "on": "depth", "x": 5, "y": 3}, {"s": "s1", "on": "style", "x": 1, "y": 2}]
    long = [{"s": "s1", "on": on, "who": who, "score": n} for on, who, n in
            (("depth", "x", 5), ("style", "x", 1), ("depth", "y", 3), ("style", "y", 2))]  # fmt: skip
    ids = 'id = ["s"]\n'
    for name, rows, columns, form in (
        ("wide", wide, 'gold = ["{criterion}_{rater}"]', ""),
        ("nested", nested, 'gold = ["by.{rater}.{criterion}"]', ""),
        ("raters", raters_down, 'gold = ["{criterion}"]', 'rater = "who"'),
        ("criteria", criteria_down, 'gold = ["x", "y"]\ncriterion = ["on"]', ""),
        ("long", long, 'gold = ["score"]\ncriterion = ["on"]', 'rater = "who"'),
    ):
        assert read(own(tmp_path / name, rows, ids + columns, form)) == wanted, name


def test_lists_gaps_and_what_is_left_out(tmp_path: Path) -> None:
    rows = [{"s": 1, "marks": [{"depth": 5, "other": 9}, {"depth": None}]}, {"s": 2, "marks": []}]
    listed = own(tmp_path / "listed", rows, 'id = ["s"]\ngold = ["marks.{rater}.{criterion}"]', 'criteria = ["depth"]')
    assert read(listed) == {"1/depth": {"0": 4}}


def test_judges_in_columns_and_in_rows(tmp_path: Path) -> None:
    rows = [{"s": "1", "p_ann": 5, "m_llm": 4, "m_other": 3}, {"s": "2", "p_ann": 1, "m_llm": -1, "m_other": 2}]
    folder = own(tmp_path / "columns", rows, 'id = ["s"]\ngold = ["p_{rater}"]', 'judges = ["m_{judge}"]')
    task = open_task("columns", root=tmp_path, data=folder)
    found = task.recorded(folder / "x.jsonl", "llm").replies
    assert [(reply.status, reply.code) for reply in found.values()] == [(Status.OK, 3), (Status.UNPARSED, None)]
    with pytest.raises(UsageError, match="llm, other"):
        task.recorded(folder / "x.jsonl")
    rows = [{"s": "1", "who": who, "score": n} for who, n in (("ann", 5), ("bot", 2))]
    folder = own(tmp_path / "rows", rows, 'id = ["s"]\ngold = ["score"]', 'rater = "who"\nraters = ["ann"]')
    task = open_task("rows", root=tmp_path, data=folder)
    assert [reply.code for reply in task.recorded(folder / "x.jsonl").replies.values()] == [1]
    nobody = own(tmp_path / "nobody", rows[:1], 'id = ["s"]\ngold = ["score"]')
    with pytest.raises(UsageError, match="of no column that it is a judge's"):
        open_task("nobody", root=tmp_path, data=nobody).recorded(nobody / "x.jsonl")


@pytest.mark.parametrize(
    ("rows", "message", "field"),
    [
        ([{"s": "1", "r_x": 7}], "rating 7 is not on the scale rate:1-5", "r_x"),
        ([{"r_x": 1}], "missing|no column|empty", "s"),
        ([{"s": "1", "r_x": 1}, {"s": "1", "r_x": 2}], "x rated '1' twice", "r_x"),
    ],
)
def test_a_wrong_table_is_named(tmp_path: Path, rows: list[dict[str, Any]], message: str, field: str) -> None:
    folder = own(tmp_path / "bad", rows, 'id = ["s"]\ngold = ["r_{rater}"]')
    with pytest.raises(DataError, match=message) as caught:
        read(folder)
    assert "x.jsonl" in str(caught.value)
    assert field in str(caught.value)


def test_texts_lie_beside_or_are_lacking(tmp_path: Path) -> None:
    (tmp_path / "ratings.csv").write_text(
        "story_id,system,prompt_index,criterion,human_1,human_2\n0,Human,0,Coherence,5,\n9,Human,1,Coherence,1,2\n",
        encoding="utf-8",
    )
    bare = open_task("hanna", data=tmp_path).items()
    assert [item.attribute("unanswered") for item in bare] == ["yes", "yes"]
    texts = sample("hanna", "sample.texts")
    lines = ["Story ID,Prompt,Story", *(f'{one["Story ID"]},"{one["Prompt"]}","{one["Story"]}"' for one in texts)]
    (tmp_path / "hanna_stories_annotations.csv").write_text("\n".join(lines), encoding="utf-8")
    with pytest.raises(DataError, match="there is no text of 9"):
        open_task("hanna", data=tmp_path).items()


@pytest.mark.parametrize(("name", "field"), [("summeval", "expert_annotations"), ("llmeval-2", "stars")])
def test_a_word_where_ratings_belong_is_refused(tmp_path: Path, name: str, field: str) -> None:
    rows = sample(name)
    rows[1][field] = "zzqq"
    path = write(tmp_path / "rows.jsonl", rows)
    with pytest.raises(DataError, match=rf"rows.jsonl:2, field '{field}': expected a list or an object of ratings"):
        list(open_task(name, data=path).items())


def test_a_benchmarks_files_that_name_their_fields_otherwise(tmp_path: Path) -> None:
    """UniEval's own file: no index, and scores where the card has human."""
    row = {"source": "s", "system_id": "x", "system_output": "r", "context": "c"}
    scores = {"naturalness": 2.5, "coherence": 1.0, "engagingness": 3.0, "overall": 4.5}
    (tmp_path / "topical_chat.json").write_text(json.dumps([row | {"scores": scores}] * 2), encoding="utf-8")
    first, second = open_task("topical-chat:overall", data=tmp_path).items()
    assert (first.id, second.id, first.responses[0].text) == ("0/overall", "1/overall", "r")
    assert len(list(open_task("topical-chat", data=tmp_path).items())) == 6


def test_rows_in_one_object_and_columns_that_are_no_judges(tmp_path: Path) -> None:
    """FaithBench's release holds its samples in a list, each with what it was made by beside the detectors."""
    samples = [
        {
            "sample_id": n, "source": "s", "summary": f"r{n}", "annotations": [{"label": labels}] if labels else [],
            "metadata": {"summarizer": "x/1", "k-nli": n, "k-score": 0.25},
        }
        for n, labels in enumerate((["Unwanted", "Unwanted.Intrinsic"], []))
    ]  # fmt: skip
    path = tmp_path / "batch_9.json"
    path.write_text(json.dumps({"samples": samples}), encoding="utf-8")
    task = open_task("faithbench:batch", data=path)
    assert [item.gold[0].code for item in task.items()] == [0, 1]
    assert recorded_judges(path, task.reader) == {"k-nli": "k-nli"}
    assert [reply.code for reply in task.recorded(path, "k-nli").replies.values()] == [0, 1]
    with pytest.raises(UsageError, match="there are: k-nli"):
        task.recorded(path, "k-score")
    path.write_text(json.dumps({"samples": [*samples, "s"]}), encoding="utf-8")
    with pytest.raises(DataError, match="expected a list of objects") as error:
        list(open_task("faithbench:batch", data=path).items())
    assert error.value.field == "samples.2"
