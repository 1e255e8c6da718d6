"""RewardBench 2: best of four, Ties by its own formula, the mean of six domains."""

from __future__ import annotations

import json
import math
from typing import TYPE_CHECKING

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from servers.fake_hub import FakeHub, parquet, readme
from servers.from_hub import load

from judgebench.domain import Case, Reply, Verdict
from judgebench.errors import DataError
from judgebench.reproduce.published import load_published
from judgebench.tasks.base import open_task
from judgebench.tasks.card import load_card
from judgebench.tasks.readers.rewardbench2 import DOMAINS, Reader, average, best_of_credit
from judgebench.tasks.readers.ties import TiesPrompt, ties_prompts, ties_score

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from judgebench.domain import Item

ROW = {
    "id": "12", "prompt": "Add 2 and 3.", "chosen": ["5"], "rejected": ["6", "7", "8"], "num_correct": 1,
    "models": ["a", "b", "c", "d"], "subset": "Math",
}  # fmt: skip
TIED = ROW | {"id": "tied:4", "chosen": ["2", "3", "5"], "rejected": ["4", "9"], "num_correct": 3, "subset": "Ties"}
REF = ROW | {"id": "ref:4", "chosen": ["2"], "rejected": ["4", "6", "8", "10"], "subset": "Ties"}


def write(folder: Path, *rows: dict[str, object]) -> Path:
    path = folder / "test.jsonl"
    path.write_text("".join(json.dumps(row) + "\n" for row in rows), encoding="utf-8")
    return path


def right(item: Item) -> set[int]:
    code = item.gold[0].code
    return set(code) if isinstance(code, tuple) else {int(str(code))}


def test_the_sample_has_six_domains_and_whole_ties() -> None:
    items = open_task("rewardbench-2", sample=True).items()
    assert len(items) >= 20
    assert {item.subset for item in items} == set(DOMAINS) == set(load_card("rewardbench-2").subsets)
    ties = [item for item in items if item.subset == "Ties"]
    assert {item.id.split(":")[0] for item in ties} == {"Ties/tied", "Ties/ref"}
    assert all((len(right(item)) > 1) == ("tied" in item.id) for item in ties)
    assert all(len(item.responses) == 4 for item in items if item.subset != "Ties")
    assert max(len(item.responses) for item in ties) == 10


def test_the_place_of_the_right_response_says_nothing(tmp_path: Path) -> None:
    rows = [ROW | {"id": str(i), "prompt": f"Add 2 and {i}."} for i in range(800)]
    items = open_task("rewardbench-2", data=write(tmp_path, *rows)).items()
    counts = np.bincount([int(str(item.gold[0].code)) for item in items], minlength=4)
    # 200 expected at each of the four places, a standard deviation of 12; published, all 800 stand first.
    assert counts.min() >= 140
    assert counts.max() <= 260
    assert all(item.responses[place].text == "5" for item in items for place in right(item))
    assert all(item.responses[place].model == "a" for item in items for place in right(item))


def test_ties_items(tmp_path: Path) -> None:
    tied, ref, plain = open_task("rewardbench-2", data=write(tmp_path, TIED, REF, ROW)).items()
    assert {tied.responses[i].text for i in right(tied)} == {"2", "3", "5"}
    assert {ref.responses[i].text for i in right(ref)} == {"2"}
    assert (tied.id, tied.cluster, ref.cluster) == ("Ties/tied:4", "ties:4", "ties:4")
    assert (tied.attribute("protocol"), plain.attribute("protocol")) == ("rate-each", None)
    # Four names for five responses can't be told apart.
    assert [r.model for r in ref.responses] == [None] * 5
    assert (tied.gold_source, plain.gold_source) == ("expert", "model")


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"num_correct": 2}, "says 2, and there are 1 chosen"),
        ({"rejected": ["6", "7"]}, "Math is best of 4"),
        ({"rejected": []}, "1 chosen and 0 rejected"),
        ({"chosen": "5"}, "expected a list of texts"),
        ({"subset": "Maths"}, "expected one of"),
        ({"subset": "Ties"}, "a Ties id reads ref:NUMBER"),
    ],
)
def test_bad_rows(tmp_path: Path, change: dict[str, object], said: str) -> None:
    with pytest.raises(DataError, match=said) as caught:
        open_task("rewardbench-2", data=write(tmp_path, ROW, ROW | {"id": "13"} | change)).items()
    assert caught.value.line == 2


@pytest.mark.parametrize("field", sorted(ROW))
def test_a_missing_field_is_named(tmp_path: Path, field: str) -> None:
    with pytest.raises(DataError, match="this field is missing") as caught:
        open_task("rewardbench-2", data=write(tmp_path, {k: v for k, v in ROW.items() if k != field})).items()
    assert caught.value.field == field


# Two pairs by hand. Pair 1: gap 3, spread 1, reference gap 2. Pair 2: gap -1, spread 2, reference gap 0.
PAIRS = [
    TiesPrompt("1", True, (8, 7), (4,)),
    TiesPrompt("1", False, (5,), (3, 1)),
    TiesPrompt("2", True, (6, 4), (5, 1)),
    TiesPrompt("2", False, (3,), (3,)),
]


def test_ties_by_hand() -> None:
    score = ties_score(PAIRS)
    assert (score.tied_accuracy, score.ref_accuracy) == (0.5, 0.5)
    assert (score.preferred, score.preferred_hard, score.pairs) == (0.5, 0.5, 2)
    assert score.margin == pytest.approx((math.tanh(1) + math.tanh(-1.5)) / 2)
    assert score.score == pytest.approx(0.5 + 0.01 * score.margin)


def test_the_hard_share_takes_the_smaller_gap() -> None:
    # The tied gap (3) exceeds the spread (2), the reference's gap (1) doesn't.
    score = ties_score([TiesPrompt("1", True, (9, 7), (4,)), TiesPrompt("1", False, (5,), (4,))])
    assert (score.preferred, score.preferred_hard) == (1, 0)
    assert score.score == pytest.approx(0.3 + 0.3 + 0.2 + 0.01 * math.tanh(1 / 2 - 1))


@pytest.mark.parametrize(("wrong", "margin"), [(1, 1.0), (5, 0.0), (9, -1.0)])
def test_a_spread_of_nothing(wrong: float, margin: float) -> None:
    score = ties_score([TiesPrompt("1", True, (5, 5), (wrong,)), TiesPrompt("1", False, (9,), (1,))])
    assert score.margin == margin
    # A judge that separates perfectly gets the whole point, and the margin on top.
    assert score.score == pytest.approx({1.0: 1.01, 0.0: 0.3, -1.0: 0.29}[margin])


def test_an_equal_score_is_not_enough() -> None:
    score = ties_score([TiesPrompt("1", True, (5, 6), (5,)), TiesPrompt("1", False, (2,), (2,))])
    assert (score.tied_accuracy, score.ref_accuracy, score.preferred) == (0, 0, 0)


def test_a_reference_without_its_tied_prompt_counts_for_accuracy_only() -> None:
    score = ties_score([*PAIRS[:2], TiesPrompt("9", False, (1,), (2,))])
    assert (score.ref_accuracy, score.pairs) == (0.5, 1)


@pytest.mark.parametrize(
    ("prompts", "said"),
    [
        ([], "no tied prompt of Ties has its reference"),
        (PAIRS[:1], "no tied prompt"),
        ([*PAIRS, PAIRS[0]], "'1' appears twice"),
        ([TiesPrompt("1", True, (5,), (1,)), PAIRS[1]], "1 right and 1 wrong"),
        ([TiesPrompt("1", True, (5, 4), ()), PAIRS[1]], "2 right and 0 wrong"),
        ([TiesPrompt("1", True, (5, math.nan), (1,)), PAIRS[1]], "not a number"),
    ],
)
def test_ties_that_cannot_be_scored(prompts: list[TiesPrompt], said: str) -> None:
    with pytest.raises(DataError, match=said):
        ties_score(prompts)


SCORE = st.floats(-1e3, 1e3).map(lambda x: round(x, 3))
SCORES = st.lists(SCORE, min_size=2, max_size=6).map(tuple)


@given(st.lists(st.tuples(SCORES, SCORES, SCORE, SCORES), min_size=1, max_size=8))
def test_ties_as_arrays(pairs: list[tuple[tuple[float, ...], tuple[float, ...], float, tuple[float, ...]]]) -> None:
    """A second way: whole arrays, as the definition reads."""
    prompts = []
    for i, (good, bad, one, others) in enumerate(pairs):
        prompts += [TiesPrompt(str(i), True, good, bad), TiesPrompt(str(i), False, (one,), others)]
    gap = np.array([min(good) - max(bad) for good, bad, _, _ in pairs])
    ref = np.array([one - max(others) for *_, one, others in pairs])
    spread = np.array([max(good) - min(good) for good, *_ in pairs])
    least = np.minimum(gap, ref)
    with np.errstate(divide="ignore", invalid="ignore"):
        margin = np.nan_to_num(np.tanh(least / spread - 1)).mean()
    wanted = 0.3 * (gap > 0).mean() + 0.3 * (ref > 0).mean() + 0.2 * (gap > spread).mean()
    wanted += 0.2 * (least > spread).mean() + 0.01 * margin
    assert ties_score(reversed(prompts)).score == pytest.approx(wanted, abs=1e-12)


def verdicts(items: Sequence[Item], scores: dict[str, float]) -> list[Verdict]:
    scale = load_card("rewardbench-2").scale
    made = []
    for item in items:
        order = tuple(reversed(range(len(item.responses))))
        case = Case(item, order)
        shown = tuple(scores.get(response.text, 0.0) for response in case.responses)
        made.append(Verdict.of(case, Reply.ok(shown.index(max(shown)), scores=shown), scale, "test"))
    return made


def test_ties_from_stored_verdicts(tmp_path: Path) -> None:
    items = open_task("rewardbench-2", data=write(tmp_path, TIED, REF, ROW)).items()
    stored = verdicts(items, {"2": 9, "3": 8, "5": 7, "4": 4, "6": 1})
    prompts = list(ties_prompts(Verdict.from_json(json.loads(json.dumps(v.to_json()))) for v in stored))
    assert [(p.pair, p.tied, sorted(p.right), sorted(p.wrong)) for p in prompts] == [
        ("4", True, [7, 8, 9], [0, 4]),
        ("4", False, [9], [0, 0, 1, 4]),
    ]
    # Gap 3 and spread 2; the reference gap of 5 is the larger one.
    assert ties_score(prompts).score == pytest.approx(1 + 0.01 * math.tanh(0.5))
    # The fourth response of five and beyond has a code of its own, and a pick of any right one is right.
    assert all(v.code in ({v.gold[0][1]} if isinstance(v.gold[0][1], int) else v.gold[0][1]) for v in stored[:2])


def test_ties_need_scores(tmp_path: Path) -> None:
    (item,) = open_task("rewardbench-2", data=write(tmp_path, TIED)).items()
    verdict = Verdict.of(Case(item, tuple(range(5))), Reply.ok(4), load_card("rewardbench-2").scale, "test")
    with pytest.raises(DataError, match="no score per response"):
        list(ties_prompts([verdict]))


@pytest.mark.parametrize(
    ("scores", "rights", "credit"),
    [
        ([1, 2, 3, 9], [3], 1),
        ([1, 2, 3, 9], [0], 0),
        ([9, 9, 3, 1], [0], 1 / 2),
        ([9, 9, 9, 1], [2], 1 / 3),
        ([5, 5, 5, 5], [2], 1 / 4),
        ([9, 9, 9, 1], [0, 1], 2 / 3),
        ([9, 9, 3, 1], [2], 0),
    ],
)
def test_credit_for_shared_first_places(scores: list[float], rights: list[int], credit: float) -> None:
    assert best_of_credit(scores, rights) == pytest.approx(credit)


def test_the_average_needs_all_six() -> None:
    figures = dict.fromkeys(DOMAINS, 0.5) | {"Ties": 1.0}
    assert average(figures) == pytest.approx(3.5 / 6)
    with pytest.raises(DataError, match="Precise IF"):
        average({name: value for name, value in figures.items() if name != "Precise IF"})
    (score,) = load_card("rewardbench-2").aggregates
    assert (score.of, score.weights) == (tuple(DOMAINS), ())


def test_a_row_of_the_table_that_is_none(tmp_path: Path) -> None:
    reader = Reader(load_card("rewardbench-2"), "test")
    path = tmp_path / "table.json"
    row = {"model": "m", **dict.fromkeys(("factuality", "precise_if", "math", "safety", "focus"), 50.0)}
    path.write_text(json.dumps([row]), encoding="utf-8")
    with pytest.raises(DataError, match="field 'ties'"):
        reader.figures(path, "m")
    path.write_text(json.dumps([row | {"ties": 50.0}] * 2), encoding="utf-8")
    with pytest.raises(DataError, match="found 2"):
        reader.figures(path, "m")
    path.write_text(json.dumps([row | {"ties": 80.0}]), encoding="utf-8")
    assert reader.figures(path, "m")["score"] == pytest.approx(0.55)


@pytest.mark.data
def test_the_25_averages_of_table_3(data_dir: Path) -> None:
    card, cells = load_card("rewardbench-2"), load_published("rewardbench-2").figures
    reader = Reader(card, "test")
    table = {r.name: reader.figures(data_dir / "rewardbench" / r.file, r.column) for r in card.recorded}
    assert len(table) == len(cells) == 25
    for cell in cells:
        assert cell.matches(table[cell.judge][cell.subset]), cell


@pytest.mark.slow
def test_from_the_hub(tmp_path: Path) -> None:
    with FakeHub() as hub:
        files = {"data/test.parquet": parquet([ROW, TIED, REF])}
        files["README.md"] = readme({"default": {"test": "data/test.parquet"}}).encode()
        commit = hub.add("allenai/reward-bench-2", files).commit
        done = load("rewardbench-2", hub, tmp_path)
    assert done.stdout.strip() == f"3|{commit}|Math|Ties", done.stderr


def test_ties_are_measured_on_the_scale_of_the_task(tmp_path: Path) -> None:
    """A ``pick:4`` task holds items of five responses: their codes fit, and any right pick is right."""
    from judgebench.agreement.ratings import from_verdicts

    items = open_task("rewardbench-2", data=write(tmp_path, TIED, REF, ROW)).items()
    ratings = from_verdicts(verdicts(items, {"9": 5, "2": 3}), load_card("rewardbench-2").scale)
    assert len(ratings.scale.labels) == 5
    assert (ratings.judge == ratings.gold[:, 0])[:2].tolist() == [False, True]
