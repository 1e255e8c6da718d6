"""Annotators by item: the alternative annotator test's files."""

from __future__ import annotations

import gzip
import json
import re
from collections import Counter
from pathlib import Path
from typing import Any

import pytest

from judgebench.domain import Status
from judgebench.errors import DataError, UsageError
from judgebench.tasks.annotated import folders, read_folder
from judgebench.tasks.base import open_task
from judgebench.tasks.card import load_card

SPLITS = ("wax", "mtbench", "cebab_aspects", "cebab_stars", "lesion")
PEOPLE = {"ann": {"i1": "yes", "i2": "no", "i3": "yes"}, "bob": {"i1": "yes", "i3": "no"}}


def write(folder: Path, people: Any, judges: Any, indent: int | None = 4) -> Path:
    folder.mkdir(exist_ok=True)
    (folder / "human_annotations.json").write_text(json.dumps(people, indent=indent), encoding="utf-8")
    (folder / "llm_annotations.json").write_text(json.dumps(judges, indent=indent), encoding="utf-8")
    return folder


@pytest.mark.parametrize("split", SPLITS)
def test_every_split_has_a_sample_on_its_own_scale(split: str) -> None:
    task = open_task(f"alttest:{split}", sample=True)
    card = load_card("alttest").split(split)
    assert task.scale == (card.scale or load_card("alttest").scale)
    assert {item.gold_source for item in task.items()} == {card.gold_source or "crowd"}
    assert max(len(item.gold) for item in task.items()) >= 3


@pytest.mark.data
@pytest.mark.parametrize(
    ("split", "items", "clusters", "people", "judges"),
    [
        ("wax", 246, 159, 8, 6),
        ("mtbench", 120, 42, 3, 6),
        ("cebab_aspects", 1008, 188, 10, 6),
        ("cebab_stars", 711, 628, 10, 6),
        ("lesion", 500, 100, 6, 4),
    ],
)
def test_the_published_files(data_dir: Path, split: str, items: int, clusters: int, people: int, judges: int) -> None:
    task = open_task(f"alttest:{split}", data=data_dir)
    read = task.items()
    assert task.source.verified
    assert len(read) == task.card.split(split).main.count == items
    assert len({item.cluster for item in read}) == clusters
    assert len({label.annotator for item in read for label in item.gold}) == people
    recorded = task.recordings()
    assert len(recorded) == judges
    for entry in recorded:
        path = task.recorded_path(entry)
        assert path is not None
        replies = task.recorded(path, entry.column).replies
        assert len(replies) == items
        assert {reply.status for reply in replies.values()} == {Status.OK}


@pytest.mark.data
def test_what_a_judge_is_shown(data_dir: Path) -> None:
    pair = open_task("alttest:mtbench", data=data_dir).items()[0]
    assert pair.id == "82__gpt-3.5-turbo__llama-13b__1"
    assert [response.model for response in pair.responses] == ["gpt-3.5-turbo", "llama-13b"]
    assert all(response.text.count("[assistant]") == 2 for response in pair.responses)
    aspects = open_task("alttest:cebab_aspects", data=data_dir).items()
    assert Counter(item.subset for item in aspects).keys() == {"ambiance", "food", "noise", "service"}
    assert all(item.attribute("unanswered") == "yes" for item in open_task("alttest:lesion", data=data_dir).items())


def test_a_split_s_scale_and_gold_are_checked(tmp_path: Path) -> None:
    from test_card import MINIMAL
    from test_card import write as write_card

    text = MINIMAL.replace(
        'files = ["rows.jsonl"]', 'files = ["rows.jsonl"]\nscale = "rate:1-5"\ngold_source = "crowd"'
    )
    split = load_card("tiny", write_card(tmp_path, text)).split()
    assert split.scale is not None
    assert (split.scale.spec, split.gold_source) == ("rate:1-5", "crowd")
    for old, new in (("rate:1-5", "rate:5"), ('"crowd"', '"crowds"')):
        with pytest.raises(DataError, match=r"splits\.test"):
            load_card("tiny", write_card(tmp_path, text.replace(old, new)))


@pytest.mark.parametrize("indent", [None, 4])
def test_a_folder_of_one_s_own(tmp_path: Path, indent: int | None) -> None:
    folder = write(tmp_path / "own", PEOPLE, {"llm": {"i1": "yes", "i2": "maybe?", "i9": "no"}}, indent)
    found = read_folder(folder)
    (ratings,) = found.judges.values()
    assert ratings.scale.spec == "nominal:maybe?,no,yes"
    assert ratings.annotators == ("ann", "bob")
    assert ratings.gold.tolist() == [[2, 2], [1, -1], [2, 1]]
    assert ratings.judge.tolist() == [2, 0, -1]
    assert folders(tmp_path) == [folder]
    assert folders(folder) == [folder]


def test_scales_are_read_off_the_labels(tmp_path: Path) -> None:
    stars = read_folder(write(tmp_path / "stars", {"a": {"x": 1, "y": 3}, "b": {"x": 2.0}}, {"m": {"x": 5}}))
    assert stars.judges["m"].scale.spec == "rate:1-5"
    pairs = read_folder(write(tmp_path / "pairs", {"a": {"x": "model_a"}}, {"m": {"x": "model_b"}}))
    assert pairs.judges["m"].scale.spec == "pair:3"
    with pytest.raises(DataError, match="declare the scale"):
        read_folder(write(tmp_path / "ones", {"a": {"x": 1}}, {"m": {"x": 1}}))


@pytest.mark.parametrize(
    ("people", "message"),
    [
        ({"a": []}, "object of items and labels"),
        ({"a": {}}, "object of items and labels"),
        ({"a": {"x": None}}, "a word or a whole number"),
        ({"a": {"x": True}}, "a word or a whole number"),
        ({"a": {"x": 1.5}}, "a word or a whole number"),
    ],
)
def test_what_is_no_label_is_named(tmp_path: Path, people: Any, message: str) -> None:
    with pytest.raises(DataError, match=message) as caught:
        read_folder(write(tmp_path / "bad", people, {"m": {"x": "yes"}}))
    assert "human_annotations.json" in str(caught.value)


def test_a_human_label_off_the_scale_is_an_error(tmp_path: Path) -> None:
    from judgebench.domain import Scale

    folder = write(tmp_path / "bad", PEOPLE, {"m": {"i1": "yes"}})
    with pytest.raises(DataError, match=r"'yes' is not on the scale rate:1-5"):
        read_folder(folder, Scale.rate(1, 5))
    with pytest.raises(DataError, match="llm_annotations"):
        folders(tmp_path / "nowhere")


def test_recorded_models_are_named_and_odd_labels_are_unparsed(tmp_path: Path) -> None:
    task = open_task("alttest:cebab_stars", sample=True)
    first, second = (item.id for item in task.items()[:2])
    path = tmp_path / "llm_annotations.json"
    path.write_text(json.dumps({"m": {first: 3, second: 9, "unknown": 1}, "n": {first: 1}}, indent=1), encoding="utf-8")
    replies = task.recorded(path, "m").replies
    assert [(reply.status, reply.code) for reply in replies.values()] == [(Status.OK, 2), (Status.UNPARSED, None)]
    for column in (None, "o"):
        with pytest.raises(UsageError, match="there are: m, n"):
            task.recorded(path, column)


def test_an_object_over_several_lines_is_one_row_and_lines_stay_lines(tmp_path: Path) -> None:
    from judgebench.tasks.sources import file_source

    pretty = tmp_path / "one.json.gz"
    pretty.write_bytes(gzip.compress(json.dumps({"a": 1, "b": {"c": 2}}, indent=2).encode()))
    assert [row.data for row in file_source(pretty).rows()] == [{"a": 1, "b": {"c": 2}}]
    lines = tmp_path / "two.json"
    lines.write_text('{"a": 1}\n{"a": 2}\n', encoding="utf-8")
    assert [(row.line, row.data["a"]) for row in file_source(lines).rows()] == [(1, 1), (2, 2)]
    cut = tmp_path / "cut.json"
    cut.write_text('{\n "a": 1,\n', encoding="utf-8")
    with pytest.raises(DataError, match="not JSON"):
        list(file_source(cut).rows())


def test_several_judges_of_one_file_stand_in_one_entry(tmp_path: Path) -> None:
    from test_card import MINIMAL
    from test_card import write as write_card

    entry = '[[recorded]]\nnames = ["x", "y"]\nfile = "f.json"\n[policies]'
    card = load_card("tiny", write_card(tmp_path, MINIMAL.replace("[policies]", entry)))
    assert [(one.name, one.column, one.file, one.split) for one in card.recorded] == [
        ("x", "x", "f.json", "test"),
        ("y", "y", "f.json", "test"),
    ]
    both = MINIMAL.replace("[policies]", entry.replace("names", 'name = "z"\nnames'))
    with pytest.raises(DataError, match=r"'recorded\[0\].name'"):
        load_card("tiny", write_card(tmp_path, both))


def own_card(folder: Path, form: str, scale: str = "nominal:no,yes") -> Path:
    """Write a card of one's own for the layout, in the folder of its files."""
    text = (Path(load_card("alttest").folder) / "task.toml").read_text("utf-8").split("[policies]")[0]
    text = text.replace('"alttest"', f'"{folder.name}"').replace('"wax"', '"all"')
    text = re.sub(r"(?m)^scale = .*$", f'scale = "{scale}"', text)
    split = '[splits.all]\nfiles = ["human_annotations.json"]\n[splits.all.parts.prompts]\nfiles = ["prompts.json"]\n'
    (folder / "task.toml").write_text(f"{text}\n{split}{form}", encoding="utf-8")
    return folder


def test_a_set_that_the_card_does_not_know_is_read_by_what_its_own_says(tmp_path: Path) -> None:
    people = {"e0": {"doc-1__M11__fluency": 2, "doc-1__M2__fluency": 5}, "e1": {"doc-1__M2__fluency": 4}}
    folder = write(tmp_path / "summaries", people, {"llm": {"doc-1__M2__fluency": 4}})
    prompts = {
        name: {"text_id": "x", "article": "News.", "summary": name, "str_prompt": "..."} for name in people["e0"]
    }
    (folder / "prompts.json").write_text(json.dumps(prompts), encoding="utf-8")
    form = """[form]
name = '(?P<doc>.+)__(?P<system>.+)__(?P<aspect>.+)'
cluster = "{doc}"
subset = "{aspect}"
systems = ["{system}"]
answers = ["summary"]
question = "{article}"
criterion = "the {aspect}"
"""
    card = own_card(folder, form, "rate:1-5")
    items = list(open_task("summaries", root=tmp_path, data=card).items())
    first = items[0]
    assert (first.question, first.responses[0].text, first.responses[0].model) == ("News.", first.id, "M11")
    assert (first.cluster, first.subset, first.attribute("criterion")) == ("doc-1", "fluency", "the fluency")
    assert [len(item.gold) for item in items] == [1, 2]
    with pytest.raises(DataError, match=r"an item's name is not of the form"):
        open_task("summaries", root=tmp_path, data=own_card(folder, form.replace("doc>", "doc>x"), "rate:1-5")).items()
    with pytest.raises(DataError, match="this field is missing"):
        open_task(
            "summaries", root=tmp_path, data=own_card(folder, form.replace("{article}", "{title}"), "rate:1-5")
        ).items()
    with pytest.raises(DataError, match=r"form\.name"):
        open_task("summaries", root=tmp_path, data=own_card(folder, "[form]\nname = '('\n", "rate:1-5"))


def test_without_a_word_of_it_a_text_is_shown_as_it_is(tmp_path: Path) -> None:
    folder = write(tmp_path / "frames", {"a": {"x.txt__co1": "yes"}}, {"llm": {"x.txt__co1": "no"}})
    (folder / "prompts.json").write_text(json.dumps({"x.txt__co1": {"str_prompt": "Is it?"}}), encoding="utf-8")
    (item,) = open_task("frames", root=tmp_path, data=own_card(folder, "")).items()
    assert (item.cluster, item.responses[0].text) == ("x.txt", "Is it?")


def test_the_card_s_epsilon_is_the_published_one() -> None:
    from judgebench.reproduce.published import load_published

    card = load_card("alttest")
    for figure in load_published("alttest").figures:
        form = card.split(figure.split).form
        assert (form["epsilon"], form["scoring"]) == (figure.epsilon, figure.scoring)
