"""Cards: what they must say, and that nothing they say goes unread."""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING

import pytest

from judgebench.domain import Policies, Scale
from judgebench.errors import BrokenPluginError, DataError, UnknownNameError
from judgebench.reproduce.published import PublishedFigure, load_published
from judgebench.tasks.base import open_task
from judgebench.tasks.card import card_dir, card_names, load_card

if TYPE_CHECKING:
    from pathlib import Path

MINIMAL = """
name = "tiny"
title = "Tiny"
summary = "s"
homepage = "h"
paper = "p"
citation = "c"
licence = "l"
gold_source = "human"
annotators = "a"
scale = "pair"
metric = "m"
reader = "judgebench.tasks.readers.pandalm:Reader"
default_split = "test"
clusters = "c"
systems = "s"
[policies]
order = "mean"
invalid = "tie"
[splits.test]
files = ["rows.jsonl"]
"""


def write(root: Path, text: str, published: str = "", name: str = "tiny") -> Path:
    (root / name).mkdir(exist_ok=True)
    (root / name / "task.toml").write_text(text, encoding="utf-8")
    if published:
        (root / name / "published.toml").write_text(published, encoding="utf-8")
    return root


@pytest.mark.parametrize("name", card_names())
def test_every_shipped_card_is_complete(name: str) -> None:
    card = load_card(name)
    module, _, attribute = card.reader.partition(":")
    assert getattr(importlib.import_module(module), attribute)
    assert (card.folder / "README.md").is_file()
    assert len({(recorded.name, recorded.split) for recorded in card.recorded}) == len(card.recorded)
    assert all(recorded.split in card.splits for recorded in card.recorded)
    assert load_published(name).task == name
    for split in card.splits.values():
        parts = (split.main, *split.parts.values())
        assert all(part.hub or part.url or part.files for part in parts)
        # What was never seen live must say so.
        assert all(not part.hub or card.unchecked_fields for part in parts)


@pytest.mark.parametrize("name", card_names())
def test_every_sample_reads_and_is_varied(name: str) -> None:
    task = open_task(name, sample=True)
    items = task.items()
    rows = sum(
        len([line for line in path.read_text(encoding="utf-8").split("\n") if line.strip()])
        for path in (card_dir() / name).glob("sample*.jsonl")
    )
    assert rows >= 6
    assert task.revision == "sample"
    assert len({str(label.code) for item in items for label in item.gold}) >= 2
    assert {item.subset for item in items} >= set(task.card.subsets)
    # Some benchmarks mix sources; the card names the chief one.
    assert task.card.gold_source in {item.gold_source for item in items}


def test_a_minimal_card_has_plain_defaults(tmp_path: Path) -> None:
    card = load_card("tiny", write(tmp_path, MINIMAL))
    assert card.scale == Scale.pair()
    assert card.policies == Policies(order="mean", invalid="tie")
    assert (card.references, card.default_reference, card.subsets) == (("none",), "none", ())
    assert card.split().name == card.split("test").name == "test"
    assert load_published("tiny", tmp_path).figures == ()


def test_the_digest_changes_with_the_text(tmp_path: Path) -> None:
    first = load_card("tiny", write(tmp_path, MINIMAL)).digest
    assert load_card("tiny", write(tmp_path, MINIMAL.replace('"s"', '"t"', 1))).digest != first


@pytest.mark.parametrize(
    ("old", "new", "field"),
    [
        ('title = "Tiny"', "", "'title'"),
        ('title = "Tiny"', 'title = ""', "'title'"),
        ('title = "Tiny"', "title = 3", "'title'"),
        ('title = "Tiny"', 'title = "Tiny"\ntitel = "Tiny"', "'titel'"),
        ('gold_source = "human"', 'gold_source = "oracle"', "'gold_source'"),
        ('scale = "pair"', 'scale = "pair:4"', "'scale'"),
        ('invalid = "tie"', 'invalid = "happy"', "'policies.invalid'"),
        ('default_split = "test"', 'default_split = "train"', "'default_split'"),
        ('files = ["rows.jsonl"]', "files = [3]", "'splits.test.files'"),
        ('files = ["rows.jsonl"]', 'hub = "a/b"', "'splits.test.hub_split'"),
        ('files = ["rows.jsonl"]', 'url = "https://x.example/rows.jsonl"', "'splits.test.url'"),
        ('files = ["rows.jsonl"]', "count = true", "'splits.test.count'"),
        ('files = ["rows.jsonl"]', 'fiels = ["rows.jsonl"]', "'splits.test.fiels'"),
        ('name = "tiny"', 'name = "huge"', "'name'"),
        (
            "[policies]",
            '[[aggregates]]\nname = "x"\nof = ["a", "b"]\nweights = [1]\n[policies]',
            "'aggregates[0].weights'",
        ),
        (
            "[policies]",
            '[[aggregates]]\nname = "x"\nof = ["a", "b"]\nweights = ["1", "2"]\n[policies]',
            "'aggregates[0].weights': expected numbers, got ['1', '2']",
        ),
        ("[policies]", '[[recorded]]\nname = "x"\nfile = "f"\nsplit = "no"\n[policies]', "'recorded[0].split'"),
        (
            'reader = "judgebench.tasks.readers.pandalm:Reader"',
            'reader = "judgebench.tasks.readers.pandalm"',
            "'reader'",
        ),
    ],
)
def test_a_wrong_card_names_file_and_key(tmp_path: Path, old: str, new: str, field: str) -> None:
    assert MINIMAL.count(old) == 1
    with pytest.raises(DataError) as caught:
        load_card("tiny", write(tmp_path, MINIMAL.replace(old, new)))
    assert "task.toml" in str(caught.value)
    assert field in str(caught.value)


def test_missing_keys_are_named_all_at_once_and_a_paper_is_not_needed(tmp_path: Path) -> None:
    text = MINIMAL.replace('paper = "p"\n', "")
    assert load_card("tiny", write(tmp_path, text)).paper == ""
    for key in ("title", "licence", "reader"):
        text = "\n".join(line for line in text.split("\n") if not line.startswith(f"{key} ="))
    with pytest.raises(DataError, match="these keys are missing: title, licence, reader"):
        load_card("tiny", write(tmp_path, text))


def test_broken_toml_is_named(tmp_path: Path) -> None:
    with pytest.raises(DataError, match="not TOML"):
        load_card("tiny", write(tmp_path, "name = "))


def test_unknown_names_answer_with_near_matches(tmp_path: Path) -> None:
    with pytest.raises(UnknownNameError, match=r"Did you mean pandalm\?"):
        open_task("pandaml", sample=True)
    with pytest.raises(UnknownNameError, match=r"Did you mean judgebench:claude\b"):
        open_task("judgebench:cloude", sample=True)
    assert card_names(tmp_path / "nothing") == ()


def test_a_reader_that_can_not_be_loaded_names_the_task(tmp_path: Path) -> None:
    root = write(tmp_path, MINIMAL.replace("judgebench.tasks.readers.pandalm", "judgebench.tasks.nobody"))
    (root / "rows.jsonl").write_text("{}\n")
    with pytest.raises(BrokenPluginError, match="tiny"):
        open_task("tiny", data=root, root=root).items()


def test_published_figures_match_at_the_printed_precision_only() -> None:
    cell = PublishedFigure("cell", "j", "accuracy", 57.36, 2)
    assert cell.matches(0.573551)
    assert cell.matches(0.57365)
    assert not cell.matches(0.57366)
    assert not cell.matches(0.5735)
    assert PublishedFigure("cell", "j", "scott_pi", 0.876, 3, unit="fraction").matches(0.8763)


@pytest.mark.parametrize(
    ("text", "field"),
    [
        ('[[cell]]\njudge = "nobody"\nmetric = "m"\nvalue = 1\ndecimals = 0\nsource = "s"', "'cell[0].judge'"),
        ('[[cell]]\njudge = "x"\nmetric = "m"\nvalue = "1"\ndecimals = 0\nsource = "s"', "'cell[0].value'"),
        ('[[cell]]\njudge = "x"\nmetric = "m"\nvalue = 1\nsource = "s"', "'cell[0].decimals'"),
        ('[[cell]]\njudge = "x"\nmetric = "m"\nvalue = 1\ndecimals = 0\nsource = "s"\nunits = "%"', "'cell[0].units'"),
        (
            '[[cell]]\njudge = "x"\nmetric = "m"\nvalue = 1\ndecimals = 0\nsource = "s"\npolicies = {tie = "no"}',
            "cell[0]",
        ),
        ('[[unmatched]]\nfigure = "f"', "'unmatched[0].reason'"),
        ('[[cells]]\njudge = "x"', "'cells'"),
    ],
)
def test_wrong_published_figures_name_the_key(tmp_path: Path, text: str, field: str) -> None:
    card = MINIMAL.replace("[policies]", '[[recorded]]\nname = "x"\nfile = "f"\n[policies]')
    with pytest.raises(DataError) as caught:
        load_published("tiny", write(tmp_path, card, text))
    assert "published.toml" in str(caught.value)
    assert field in str(caught.value)
