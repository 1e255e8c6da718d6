"""Pairs by columns: splits of splits, versions of a pair, groups, an order that says nothing, figures of versions."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest
from servers.fake_hub import parquet
from task_files import sample, write

from judgebench.domain import Case, Reply, Verdict
from judgebench.errors import DataError
from judgebench.tasks.base import open_task
from judgebench.tasks.card import card_dir, load_card
from judgebench.tasks.readers.pairs import Reader

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable
    from pathlib import Path

    from judgebench.domain import Item, Scale

NAMES = ("llmbar", "auto-j", "rm-bench", "evalbiasbench", "judgebiasbench")
SPLITS = [f"{name}:{split}" for name in NAMES for split in load_card(name).splits]


@pytest.mark.parametrize("name", SPLITS)
def test_every_split_has_a_sample(name: str) -> None:
    items = list(open_task(name, sample=True).items())
    assert items
    assert all(len(item.responses) == 2 and item.gold[0].code is not None for item in items)


def test_a_split_of_splits_has_the_items_of_all(tmp_path: Path) -> None:
    whole = {item.id: item for item in open_task("llmbar", sample=True).items()}
    parts = load_card("llmbar").split("all").of
    assert [name.partition("/")[0] for name in whole] == sorted(
        (name.partition("/")[0] for name in whole), key=parts.index
    )
    for part in parts:
        for item in open_task(f"llmbar:{part}", sample=True).items():
            other = whole[f"{part}/{item.id}"]
            assert (other.subset, other.question, other.gold) == (part, item.question, item.gold)
    write(tmp_path / "Dataset" / "LLMBar" / "Natural" / "dataset.json", sample("llmbar", "sample-natural"))
    assert len(list(open_task("llmbar:natural", data=tmp_path).items())) == 4
    with pytest.raises(DataError, match="llmbar also needs its neighbor table"):
        list(open_task("llmbar", data=tmp_path).items())
    for part, folder in {"Neighbor": "neighbor", "GPTInst": "gptinst", "GPTOut": "gptout", "Manual": "manual"}.items():
        at = tmp_path / "Dataset" / "LLMBar" / "Adversarial" / part
        write(at / "dataset.json", sample("llmbar", f"sample-{folder}"))
    assert list(open_task("llmbar", data=tmp_path).items()) == list(whole.values())
    inner = tmp_path / "Dataset" / "LLMBar" / "Natural"
    # The same name in the same folder is the same set, not five of them.
    with pytest.raises(DataError, match="llmbar also needs its neighbor table"):
        list(open_task("llmbar", data=inner).items())


def test_what_the_hub_makes_of_llmbar(tmp_path: Path) -> None:
    records = sample("llmbar", "sample-manual")
    folder = tmp_path / "LLMBar" / "Adversarial_Manual"
    folder.mkdir(parents=True)
    (folder / "0000.parquet").write_bytes(parquet(records))
    read = list(open_task("llmbar:manual", data=tmp_path).items())
    assert read == list(open_task("llmbar:manual", sample=True).items())


def test_a_card_names_only_splits_above(tmp_path: Path) -> None:
    card = (card_dir() / "llmbar" / "task.toml").read_text(encoding="utf-8")
    (tmp_path / "llmbar").mkdir()
    (tmp_path / "llmbar" / "task.toml").write_text(card.replace('"gptout", "manual"]', '"gptout", "mannual"]', 1))
    with pytest.raises(DataError, match=r"splits\.all\.of': 'mannual' is not a split above this one"):
        load_card("llmbar", tmp_path)


def test_a_split_has_only_the_aggregates_of_its_parts() -> None:
    names = {split: [one.name for one in load_card("rm-bench").aggregates_of(split)] for split in ("all", "chat", "")}
    assert names == {"all": ["safety", "score"], "chat": [], "": ["safety", "score"]}


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"label": 3}, "'3' (label line 2)"),
        ({"label": None}, "has no gold label"),
        ({"label": ...}, "has no gold label"),
        ({"output_2": ...}, "field 'output_2': this field is missing"),
        ({"output_1": ["x"]}, "field 'output_1': a list where one text was expected"),
    ],
)
def test_a_wrong_pair_is_named(tmp_path: Path, change: dict[str, Any], said: str) -> None:
    records = sample("llmbar")
    records[1] = {key: value for key, value in (records[1] | change).items() if value is not ...}
    path = write(tmp_path / "dataset.json", records)
    with pytest.raises(DataError) as caught:
        list(open_task("llmbar:natural", data=path).items())
    assert "dataset.json" in str(caught.value)
    assert said in str(caught.value)


def test_an_error_in_a_part_names_its_file(tmp_path: Path) -> None:
    for part in load_card("judgebiasbench").split("all").of:
        write(tmp_path / "data" / "eval" / f"{part}_bias.jsonl", sample("judgebiasbench"))
    bad = sample("judgebiasbench")
    bad[1]["label"] = "response3"
    write(tmp_path / "data" / "eval" / "race_bias.jsonl", bad)
    with pytest.raises(DataError, match=r"race_bias\.jsonl: .*'response3' \(label line 2\)"):
        list(open_task("judgebiasbench", data=tmp_path).items())


def test_versions_of_a_row_are_items_in_one_order(tmp_path: Path) -> None:
    [row] = [one for one in sample("rm-bench") if one["domain"] == "code"]
    items = list(open_task("rm-bench", data=write(tmp_path / "total_dataset.json", [row])).items())
    assert [item.id for item in items[:4]] == [
        "code/2/concise/concise", "code/2/concise/detailed", "code/2/concise/markdown", "code/2/detailed/concise",
    ]  # fmt: skip
    assert len({item.gold for item in items}) == len({item.cluster for item in items}) == 1
    gold = items[0].gold[0].code
    assert isinstance(gold, int)
    for item in items:
        styles = str(item.attribute("version")).split("/")
        chosen, rejected = (("concise", "detailed", "markdown").index(style) for style in styles)
        assert item.responses[gold].text == row["chosen"][chosen]
        assert item.responses[1 - gold].text == row["rejected"][rejected]


def test_files_of_domains_have_the_ids_of_the_whole() -> None:
    whole, parts = (open_task(f"rm-bench:{split}", sample=True).items() for split in ("total", "all"))
    assert [(item.id, item.subset, item.gold) for item in whole] == [
        (item.id, item.subset, item.gold) for item in parts
    ]


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"chosen": ["a", "b"]}, "field 'chosen.2'"),
        ({"rejected": "abc"}, "field 'rejected.0'"),
        ({"chosen": ["a", None, "c"]}, "field 'chosen.1'"),
        ({"domain": ""}, "field 'domain': this is empty"),
        ({"id": ...}, "field 'id': this field is missing"),
    ],
)
def test_a_wrong_row_of_versions_is_named(tmp_path: Path, change: dict[str, Any], said: str) -> None:
    records = sample("rm-bench")
    records[1] = {key: value for key, value in (records[1] | change).items() if value is not ...}
    with pytest.raises(DataError) as caught:
        list(open_task("rm-bench", data=write(tmp_path / "total_dataset.json", records)).items())
    assert "total_dataset.json:2" in str(caught.value)
    assert said in str(caught.value)


def test_rows_in_groups_and_rows_with_their_group_are_the_same(tmp_path: Path) -> None:
    records = sample("evalbiasbench")
    groups: dict[str, list[dict[str, Any]]] = {}
    for one in records:
        groups.setdefault(one["bias"], []).append(one)
    path = tmp_path / "biasbench.json"
    path.write_text(json.dumps(groups, indent=1), encoding="utf-8")
    grouped, plain = open_task("evalbiasbench", data=path).items(), open_task("evalbiasbench", sample=True).items()
    assert list(grouped) == list(plain)
    assert {item.gold[0].code for item in plain} == {0, 1}
    path.write_text(json.dumps({"length bias": [records[0], {"bias": "length bias"}]}), encoding="utf-8")
    with pytest.raises(DataError, match=r"row 2, field|row 2: this field is missing"):
        list(open_task("evalbiasbench", data=path).items())
    path.write_text(json.dumps({"length bias": "none"}), encoding="utf-8")
    with pytest.raises(DataError, match="field 'length bias': expected a list of rows under each name"):
        list(open_task("evalbiasbench", data=path).items())


def verdicts(items: Iterable[Item], scale: Scale, judge: Callable[[Item], int | None]) -> list[Verdict]:
    """What a judge of the items' own order says in both orders."""
    found: list[Verdict] = []
    for item in items:
        code = judge(item)
        for order in ((0, 1), (1, 0)):
            reply = Reply.from_json(Reply.ok(0).to_json()) if code is None else Reply.ok(scale.undo(code, order))
            found.append(Verdict.of(Case(item, order), reply, scale, "x"))
    return found


def gold_of(item: Item) -> int:
    code = item.gold[0].code
    assert isinstance(code, int)
    return code


def test_easy_normal_and_hard_by_the_definition() -> None:
    task = open_task("rm-bench", sample=True)
    styles = ("concise", "detailed", "markdown")

    def fancy(item: Item) -> int:
        """Prefer the richer style; where both have one, be right on chat only."""
        chosen, rejected = (styles.index(one) for one in str(item.attribute("version")).split("/"))
        if chosen == rejected:
            return gold_of(item) if item.subset == "chat" else 1 - gold_of(item)
        return gold_of(item) if chosen > rejected else 1 - gold_of(item)

    found = task.reader.official(verdicts(task.items(), task.scale, fancy))
    shown = {name: {metric: one.value for metric, one in row.items()} for name, row in found.items()}
    assert shown["chat"] == {"easy_accuracy": 1, "normal_accuracy": 1, "hard_accuracy": 0}
    assert shown["safety"] == {"easy_accuracy": 1, "normal_accuracy": 0, "hard_accuracy": 0}
    assert shown["score"] == {"easy_accuracy": 1, "normal_accuracy": 0.25, "hard_accuracy": 0}
    assert shown["all"] == {"easy_accuracy": 1, "normal_accuracy": 0.2, "hard_accuracy": 0}
    assert found["chat"]["hard_accuracy"].n == 6


def test_the_bias_sensitive_rate_by_the_definition() -> None:
    task = open_task("judgebiasbench:length", sample=True)
    codes = {"1/original": True, "1/biased": False, "2/original": True, "2/biased": True}
    items = list(task.items())

    def said(wrong: set[str]) -> dict[str, float | None]:
        def judge(item: Item) -> int:
            return 1 - gold_of(item) if item.id in wrong else gold_of(item)

        found = task.reader.official(verdicts(items, task.scale, judge))["all"]
        return {name: one.value for name, one in found.items()}

    wrong = {name for name, right in codes.items() if not right}
    assert said(wrong) == {"original_pair_accuracy": 1, "biased_pair_accuracy": 0.5, "bias_sensitive_rate": 0.5}
    # Only pairs that were right before count.
    assert said({"1/original", "2/biased"})["bias_sensitive_rate"] == 1
    assert said({"1/original", "2/original"})["bias_sensitive_rate"] is None


def test_an_answer_that_cant_be_read_is_not_right_and_not_sensitive() -> None:
    from judgebench.domain import Status

    task = open_task("judgebiasbench:length", sample=True)
    found: list[Verdict] = []
    for item in task.items():
        unread = item.id == "1/biased"
        reply = Reply(Status.UNPARSED) if unread else Reply.ok(gold_of(item))
        found.append(Verdict.of(Case(item, (0, 1)), reply, task.scale, "x"))
    row = task.reader.official(found)["all"]
    assert row["biased_pair_accuracy"].value == 0.5
    assert row["bias_sensitive_rate"].value == 0


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        (
            'biased = ["rewritten_response1", "rewritten_response2"]',
            'biased = ["x"]',
            "form.versions.biased'.*two answers",
        ),
        ('to = "biased"', 'to = "bised"', "'bised' is none of the versions"),
        ('order = "content"', 'order = "random"', "form.order': 'random' is not one of file, content"),
        ('order = "content"', 'ordr = "content"', "form.ordr': this key is not known"),
        ('verdict = { original = "original_evaluation_correct", ', "verdict = { ", "form.recorded.*verdict.original"),
    ],
)
def test_what_is_wrong_with_a_form_is_said(tmp_path: Path, old: str, new: str, said: str) -> None:
    card = (card_dir() / "judgebiasbench" / "task.toml").read_text(encoding="utf-8")
    assert old in card
    (tmp_path / "judgebiasbench").mkdir()
    (tmp_path / "judgebiasbench" / "task.toml").write_text(card.replace(old, new, 1), encoding="utf-8")
    with pytest.raises(DataError, match=said):
        Reader(load_card("judgebiasbench", tmp_path), "length")


@pytest.mark.data
@pytest.mark.parametrize(
    ("name", "items", "clusters", "gold"),
    [
        ("llmbar", 419, 418, [206, 213]),
        ("llmbar:llmeval2", 200, None, None),
        ("auto-j", 1392, 1182, [520, 373, 499]),
        ("rm-bench:chat", 1161, 129, None),
        ("rm-bench:code", 2052, 228, None),
        ("rm-bench:safety-refuse", 2556, 282, None),
        ("rm-bench:safety-response", 1413, 157, None),
        ("evalbiasbench", 80, 79, None),
    ],
)
def test_the_published_files(
    data_dir: Path, name: str, items: int, clusters: int | None, gold: list[int] | None
) -> None:
    task = open_task(name, data=data_dir)
    read = list(task.items())
    assert task.source.verified
    assert len(read) == items == task.card.split(task.split).count
    if clusters:
        assert len({item.cluster for item in read}) == clusters
    codes = [item.gold[0].code for item in read]
    if gold:
        assert [codes.count(code) for code in range(len(task.scale.labels))] == gold
    elif task.reader.by_content:  # type: ignore[attr-defined] # of this reader
        assert 0.3 < codes.count(0) / len(codes) < 0.7


@pytest.mark.data
def test_every_split_of_llmbar_is_the_published_file(data_dir: Path) -> None:
    card = load_card("llmbar")
    for split in card.splits:
        task = open_task(f"llmbar:{split}", data=data_dir)
        assert len(list(task.items())) == card.split(split).count
        assert task.source.verified, split
