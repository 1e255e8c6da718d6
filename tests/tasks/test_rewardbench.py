"""RewardBench: an order that knows nothing of the label, sections, figures, the hub."""

from __future__ import annotations

import gzip
import json
from collections import Counter
from typing import TYPE_CHECKING

import pytest
from hypothesis import given
from hypothesis import strategies as st
from servers.fake_hub import FakeHub, parquet, readme
from servers.from_hub import load

from judgebench.errors import DataError
from judgebench.reproduce.published import load_published
from judgebench.tasks.base import open_task
from judgebench.tasks.card import load_card
from judgebench.tasks.content_order import content_order
from judgebench.tasks.readers.rewardbench import EXAMPLE_COUNTS, SECTIONS, Reader, section_scores

if TYPE_CHECKING:
    from pathlib import Path

ROW = {
    "prompt": "Add 2 and 3.", "chosen": "5", "chosen_model": "good", "rejected": "6", "rejected_model": "unknown",
    "subset": "math-prm", "id": 7,
}  # fmt: skip


def write(folder: Path, *rows: dict[str, object]) -> Path:
    path = folder / "filtered.jsonl"
    path.write_text("".join(json.dumps(row) + "\n" for row in rows), encoding="utf-8")
    return path


def test_the_sample_covers_all_subsets() -> None:
    items = open_task("rewardbench", sample=True).items()
    assert {item.subset for item in items} == set(EXAMPLE_COUNTS) == set(load_card("rewardbench").subsets)
    assert len(items) >= 20
    assert 8 <= sum(item.gold[0].code == 0 for item in items) <= 18


def test_the_place_of_the_chosen_response_says_nothing(tmp_path: Path) -> None:
    rows = [ROW | {"prompt": f"Add 2 and {i}.", "chosen": f"{i + 2}", "id": i} for i in range(400)]
    items = open_task("rewardbench", data=write(tmp_path, *rows)).items()
    first = sum(item.gold[0].code == 0 for item in items)
    # A fair coin leaves 160..240 once in 20,000 tries; always A would be 400.
    assert 160 <= first <= 240
    assert all(item.responses[int(str(item.gold[0].code))].model == "good" for item in items)
    for row, item in zip(rows, items, strict=True):
        assert item.responses[int(str(item.gold[0].code))].text == row["chosen"]


def test_swapping_chosen_and_rejected_shows_the_same_and_turns_the_gold(tmp_path: Path) -> None:
    (one,) = open_task("rewardbench", data=write(tmp_path, ROW)).items()
    (two,) = open_task("rewardbench", data=write(tmp_path, ROW | {"chosen": "6", "rejected": "5"})).items()
    assert [r.text for r in one.responses] == [r.text for r in two.responses]
    assert {one.gold[0].code, two.gold[0].code} == {0, 1}
    # A relabelled pair is not asked again: what a judge is shown didn't change.
    assert one.content_digest == two.content_digest


@given(st.text(), st.lists(st.text(), unique=True, min_size=1, max_size=8), st.randoms())
def test_the_order_is_one_of_contents(prompt: str, texts: list[str], random: object) -> None:
    shown = [texts[i] for i in content_order(prompt, texts)]
    assert sorted(shown) == sorted(texts)
    again = list(texts)
    random.shuffle(again)
    assert [again[i] for i in content_order(prompt, again)] == shown


def test_the_order_stays_as_it_is() -> None:
    # Stored runs rest on it: a change must be a decision.
    assert content_order("p", ["a", "b", "c", "d", "e"]) == (4, 0, 1, 3, 2)


def test_what_an_item_carries(tmp_path: Path) -> None:
    rows = (ROW, ROW | {"subset": "hep-go"}, ROW | {"subset": "xstest-should-refuse", "prompt": "Other?"})
    math, go, xs = open_task("rewardbench", data=write(tmp_path, *rows)).items()
    assert (math.id, go.id) == ("math-prm/7", "hep-go/7")
    assert math.cluster == go.cluster != xs.cluster
    assert (math.gold_source, go.gold_source, xs.gold_source) == ("verifier", "verifier", "expert")
    assert dict(go.attributes) == {"section": "Reasoning", "source": "HumanEvalPack"}
    # Who wrote a response is never an attribute: it would tell the chosen one.
    assert {r.model for r in math.responses} == {"good", None}


def test_unfiltered_pairs_rest_on_model_scores(tmp_path: Path) -> None:
    path = tmp_path / "rows.jsonl"
    path.write_text(json.dumps(ROW | {"subset": "alpacaeval-hard"}), encoding="utf-8")
    assert [i.gold_source for i in open_task("rewardbench:raw", data=path).items()] == ["model"]
    assert [i.gold_source for i in open_task("rewardbench", data=path).items()] == ["expert"]


@pytest.mark.parametrize("field", sorted(ROW))
def test_a_missing_field_is_named(tmp_path: Path, field: str) -> None:
    with pytest.raises(DataError, match="this field is missing") as caught:
        open_task("rewardbench", data=write(tmp_path, {k: v for k, v in ROW.items() if k != field})).items()
    assert (caught.value.field, caught.value.line) == (field, 1)


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"subset": "math"}, "expected one of"),
        ({"chosen": None}, "expected a text"),
        ({"prompt": 3}, "expected a text"),
    ],
)
def test_bad_rows(tmp_path: Path, change: dict[str, object], said: str) -> None:
    with pytest.raises(DataError, match=said) as caught:
        open_task("rewardbench", data=write(tmp_path, ROW, ROW | {"id": 8} | change)).items()
    assert caught.value.line == 2


def test_an_id_may_repeat_across_subsets_only(tmp_path: Path) -> None:
    with pytest.raises(DataError, match="'math-prm/7' appears twice"):
        open_task("rewardbench", data=write(tmp_path, ROW, ROW)).items()


def test_the_card_holds_the_sections_and_their_weights() -> None:
    aggregates = {a.name: a for a in load_card("rewardbench").aggregates}
    assert {name: a.of for name, a in aggregates.items() if name != "score"} == SECTIONS
    for name, subsets in SECTIONS.items():
        assert aggregates[name].weights == tuple(float(EXAMPLE_COUNTS[s]) for s in subsets)
    assert aggregates["score"].of == tuple(SECTIONS)
    assert aggregates["score"].weights == ()
    # 447 pairs of math-prm are weighed as 984.
    assert sum(EXAMPLE_COUNTS.values()) - 984 + 447 == load_card("rewardbench").splits["filtered"].main.count


def test_sections_by_hand() -> None:
    figures = dict.fromkeys(EXAMPLE_COUNTS, 0.5) | {"math-prm": 1.0, "mt-bench-easy": 1.0, "model": 3.0}
    scores = section_scores(figures)
    assert scores["Reasoning"] == pytest.approx((984 + 0.5 * 984) / 1968) == pytest.approx(0.75)
    assert scores["Chat"] == pytest.approx((28 + 0.5 * 330) / 358)
    assert scores["score"] == pytest.approx((0.75 + scores["Chat"] + 1.0) / 4)


@pytest.mark.parametrize("value", [None, True, "0.5", -0.1, 93.5])
def test_a_figure_that_is_none(value: object) -> None:
    figures = dict.fromkeys(EXAMPLE_COUNTS, 0.5) | {"donotanswer": value}
    with pytest.raises(DataError, match="donotanswer"):
        section_scores(figures)


def test_a_figures_file_that_is_none(tmp_path: Path) -> None:
    reader = Reader(load_card("rewardbench"), "filtered")
    for content, said in (
        (b"[1]", "expected an object"),
        (b"[{}, {}]", "one JSON object"),
        (b"{", "this is not JSON"),
        (b'{"model": "m"}', "alpacaeval"),
    ):
        path = tmp_path / "m.json"
        path.write_bytes(content)
        with pytest.raises(DataError, match=said):
            reader.figures(path)
    with pytest.raises(DataError, match="no such file"):
        reader.figures(tmp_path / "none.json")
    path.write_bytes(gzip.compress(json.dumps(dict.fromkeys(EXAMPLE_COUNTS, 0.25)).encode()))
    assert reader.figures(path)["score"] == pytest.approx(0.25)


@pytest.mark.data
def test_the_published_files_weigh_up(data_dir: Path) -> None:
    card, cells = load_card("rewardbench"), load_published("rewardbench").figures
    assert Counter(cell.judge for cell in cells) == {recorded.name: 5 for recorded in card.recorded}
    reader = Reader(card, "filtered")
    figures = {r.name: reader.figures(data_dir / "rewardbench" / r.file, r.column) for r in card.recorded}
    for cell in cells:
        assert cell.matches(figures[cell.judge][cell.subset]), cell
    best = figures["general-preference/GPM-Gemma-2-9B"]
    assert [round(100 * best[name], 2) for name in (*SECTIONS, "score")] == [93.58, 87.72, 92.30, 95.71, 92.33]


@pytest.mark.data
def test_counts_and_sections_are_those_of_the_repository(data_dir: Path) -> None:
    theirs = json.loads((data_dir / "rewardbench" / "example_counts.json").read_text())
    assert theirs["example_counts"] == EXAMPLE_COUNTS
    assert {name: tuple(subsets) for name, subsets in theirs["subset_mapping"].items()} == SECTIONS


@pytest.mark.slow
def test_from_the_hub(tmp_path: Path) -> None:
    card = readme({"default": {"raw": "data/raw.parquet", "filtered": "data/filtered.parquet"}})
    with FakeHub() as hub:
        both = dict.fromkeys(("data/raw.parquet", "data/filtered.parquet"), parquet([ROW, ROW | {"id": 8}]))
        commit = hub.add("allenai/reward-bench", both | {"README.md": card.encode()}).commit
        done = load("rewardbench", hub, tmp_path / "a")
        assert done.stdout.strip() == f"2|{commit}|math-prm", done.stderr
        renamed = parquet([{("picked" if key == "chosen" else key): value for key, value in ROW.items()}])
        hub.add("allenai/reward-bench", dict.fromkeys(both, renamed) | {"README.md": card.encode()})
        done = load("rewardbench", hub, tmp_path / "b")
    assert done.returncode == 1
    assert "field 'chosen': row 1: this field is missing; the row has 'prompt', 'picked'" in done.stderr
    assert "not checked against the live hub" in done.stderr
