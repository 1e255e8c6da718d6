"""What stands behind a name: in words, as JSON that keeps to its schema, with a next command that runs."""

from __future__ import annotations

import re
import shlex
import shutil
from typing import TYPE_CHECKING

import pytest
from documents import document

from judgebench.api.listing import data_of
from judgebench.api.showing import show
from judgebench.tasks.card import card_names, load_card

if TYPE_CHECKING:
    from pathlib import Path

JURY = 'kind = "jury"\nmembers = ["openai/gpt-4o", { judge = "openai/gpt-4o-mini", temperature = 0.5, weight = 2 }]\n'
NAMES = {
    "task": ["pandalm", "./own"],
    "judge": ["gpt-4o", "baseline/first", "strict.toml", "jury.toml"],
    "judge-card": ["mt-bench", "card pandalm"],
    "prompt": ["pair/1", "prompt pair", "prompt rubric.toml"],
    "requests": ["prompt pair --task pandalm --sample", "prompt mt-bench --task pandalm --sample"],
}


@pytest.fixture(autouse=True)
def files(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("JUDGEBENCH_DATA", raising=False)
    (tmp_path / "strict.toml").write_text('judge = "openai/gpt-4o"\nname = "strict"\ntemperature = 0\n')
    (tmp_path / "jury.toml").write_text(JURY)
    (tmp_path / "rubric.toml").write_text(
        'kinds = ["check"]\nuser = "{{question}} {{answer}} {{verdict}}"\n[[criteria]]\nname = "tone"\nweight = 2\n'
    )
    own = tmp_path / "own"
    own.mkdir()
    (own / "t.csv").write_text("ask,reply\nQ,A\n")
    (own / "task.toml").write_text('name = "own"\ndata = "t.csv"\n[columns]\nquestion = "ask"\nanswers = "reply"\n')


@pytest.mark.parametrize(("kind", "name"), [(kind, name) for kind, names in NAMES.items() for name in names])
def test_whatever_is_shown_has_its_json_and_schema(judgebench, kind: str, name: str) -> None:
    found = judgebench("show", *name.split(), "--format", "json").document()
    assert found["schema"] == f"judgebench.{kind}/1"
    for form in ("table", "csv", "md", "html", "tex"):
        assert judgebench("show", *name.split(), "--format", form).code == 0


def test_every_task_has_its_json() -> None:
    for name in card_names():
        assert document(show(name).render("json"))["task"] == name


def test_recorded_verdicts_are_named_by_split() -> None:
    for name in card_names():
        card, found = load_card(name), show(name).to_json()
        for split in found["splits"]:
            known = {one.name for one in card.recorded if one.split == split["split"]}
            assert {*split["recorded"], *split["figures"]} == known
    text = str(show("triviaqa"))
    assert "recorded:         v1: " in text
    assert "--task triviaqa:v2)" in text


@pytest.mark.parametrize("name", ["pandalm", "justrank", "gpt-4o"])
def test_the_next_command_runs_as_printed(judgebench, name: str) -> None:
    following = re.search(r"(?m)^Next:  judgebench (.*)$", judgebench("show", name).out)
    assert following
    done = judgebench(*shlex.split(following[1]))
    assert done.code == 0, done.err


def test_with_real_data_the_next_command_takes_them(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    home = tmp_path / "data" / "pandalm"
    home.mkdir(parents=True)
    (home / "testset-v1.json").write_text("[]")
    monkeypatch.setenv("JUDGEBENCH_DATA", str(home.parent))
    assert str(show("pandalm")).endswith("judgebench run --judge baseline/majority --task pandalm\n")
    replayed = next(one for one in load_card("pandalm").recorded)
    (home / replayed.file).parent.mkdir(parents=True, exist_ok=True)
    (home / replayed.file).write_text("[]")
    assert f"--judge replay:{replayed.name} --task pandalm\n" in str(show("pandalm"))


def test_two_versions_in_a_cache_are_not_taken_for_data_at_hand(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    card = next(one for one in map(load_card, card_names()) if one.split().main.hub)
    for commit in ("a" * 40, "b" * 40):
        (tmp_path / f"datasets--{card.split().main.hub.replace('/', '--')}" / "snapshots" / commit).mkdir(parents=True)
    monkeypatch.setenv("JUDGEBENCH_DATA", str(tmp_path))
    assert data_of(card) == "fetched"


def test_a_split_is_shown_alone(judgebench) -> None:
    text = judgebench("show", "triviaqa:v2").out
    assert "(--judge replay:NAME)" in text
    assert "Contains" not in text
    found = show("triviaqa:v2").to_json()
    assert (found["task"], [split["split"] for split in found["splits"]]) == ("triviaqa:v2", ["v2"])
    assert "v1, v2" in judgebench("show", "triviaqa:v9").err
    asked = judgebench("run", "--judge", "replay:GPT-4", "--task", "triviaqa", "--sample")
    assert "recorded on triviaqa:v1, triviaqa:v2" in asked.err


def test_a_card_without_a_sample_is_shown_and_validated_next(judgebench, tmp_path: Path) -> None:
    card = shutil.copytree(load_card("pandalm").folder, tmp_path / "pandalm")
    (card / "sample.jsonl").unlink()
    assert judgebench("show", "./pandalm").out.endswith("Next:  judgebench validate ./pandalm\n")
