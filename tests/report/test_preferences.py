"""Verdicts as training data: what becomes of each scale, of ties, and of games that contradict each other."""

from __future__ import annotations

import json

import pandas as pd
import pytest

import judgebench
from judgebench.domain import Case, Item, Reply, Response, Scale, Status, Turn, Verdict
from judgebench.errors import DataError, UsageError
from judgebench.report.preferences import Choices, Told, preferences

PAIR = Scale.pair(both_bad=True)


def item(name, texts, question="Which?", context=()):
    turns = (Turn.of("user", question),)
    responses = tuple(Response(text, f"m{at}") for at, text in enumerate(texts))
    return Item(name, turns, responses, (), "human", context=context)


def rows(scale, said, choices, items=None):
    """Say what becomes of verdicts, by item: a code per game, in the item's own order; None for no verdict."""
    texts = items or {name: item(name, "abc"[: 3 if scale.kind in {"pick", "rank"} else 2]) for name in said}
    verdicts = [
        Verdict.of(Case(texts[name], tuple(range(len(texts[name].responses))), repeat), reply(code), scale, "r")
        for name, codes in said.items()
        for repeat, code in enumerate(codes)
    ]
    told = Told()
    found = list(preferences(verdicts, scale, texts, choices, {"task": "t"}, told))
    return found, told


def reply(code):
    return Reply(Status.UNPARSED) if code is None else Reply.ok(code)


def text(messages):
    return messages[-1]["content"]


def test_pairs_of_pairs():
    said = {"first": [0], "second": [2, 2], "split": [0, 2], "tie": [1], "bad": [3], "none": [None]}
    found, told = rows(PAIR, said, Choices("dpo"))
    assert [(text(one["chosen"]), text(one["rejected"])) for one in found] == [("a", "b"), ("b", "a")]
    assert found[0]["prompt"] == [{"role": "user", "content": "Which?"}]
    assert found[0]["systems"] == ["m0", "m1"]
    assert {**found[1]["provenance"], "judgebench": ""} == {
        "task": "t", "item": "second", "verdict": "B", "games": "all", "ties": "drop", "judgebench": "",
    }  # fmt: skip
    assert told.left == {"on which games contradict each other": 1, "tied": 2, "without a verdict": 1}
    assert "2 rows of 6 items" in str(told)


@pytest.mark.parametrize(("games", "wanted"), [("all", []), ("most", [("b", "a")]), ("first", [("a", "b")])])
def test_games_that_contradict_each_other(games, wanted):
    found, _ = rows(PAIR, {"x": [0, 2, 2]}, Choices("dpo", games))
    assert [(text(one["chosen"]), text(one["rejected"])) for one in found] == wanted


@pytest.mark.parametrize(
    ("ties", "wanted"),
    [
        ("drop", {"win": [True, False], "bad": [False, False]}),
        ("desirable", {"win": [True, False], "tie": [True, True], "bad": [False, False]}),
        ("undesirable", {"win": [True, False], "tie": [False, False], "bad": [False, False]}),
    ],
)
def test_ties_in_kto(ties, wanted):
    found, _ = rows(PAIR, {"win": [0], "tie": [1], "bad": [3]}, Choices("kto", ties=ties))
    labels = {}
    for one in found:
        labels.setdefault(one["provenance"]["item"], []).append(one["label"])
    assert labels == wanted


def test_picks_and_ranks():
    pick, rank = Scale.pick(3), Scale.rank(3)
    picked, _ = rows(pick, {"x": [1]}, Choices("dpo"))
    assert [(text(one["chosen"]), text(one["rejected"])) for one in picked] == [("b", "a"), ("b", "c")]
    ranked, _ = rows(rank, {"x": [(2, 0, 1)]}, Choices("dpo"))
    assert [(text(one["chosen"]), text(one["rejected"])) for one in ranked] == [("c", "a"), ("c", "b"), ("a", "b")]
    assert ranked[0]["provenance"]["verdict"] == "3>1>2"
    whole, _ = rows(rank, {"x": [(2, 0, 1)]}, Choices("ranking"))
    assert [text(one) for one in whole[0]["completions"]] == ["c", "a", "b"]
    ends, _ = rows(rank, {"x": [(2, 0, 1)]}, Choices("kto"))
    assert [(text(one["completion"]), one["label"]) for one in ends] == [("c", True), ("b", False)]


def test_answers_judged_one_by_one():
    scale = Scale.rate(1, 5)
    items = {name: item(name, [name], context=("A page.",)) for name in "abc"} | {"d": item("d", ["d"], "Other?")}
    said = {"a": [4], "b": [1], "c": [3], "d": [0]}
    found, told = rows(scale, said, Choices("dpo", gap=2), items)
    assert [(text(one["chosen"]), text(one["rejected"])) for one in found] == [("a", "b"), ("c", "b")]
    assert found[0]["prompt"][0] == {"role": "system", "content": "A page."}
    assert found[0]["rejected_item"] == "b"
    assert told.left == {"with one answer to their question": 1}
    kto, _ = rows(scale, said, Choices("kto", threshold=4.0), items)
    assert [one["label"] for one in kto] == [True, False, True, False]
    ranking, _ = rows(scale, said, Choices("ranking"), items)
    assert [text(one) for one in ranking[0]["completions"]] == ["a", "c", "b"]


@pytest.mark.parametrize(
    ("scale", "choices", "words"),
    [
        (Scale.steps(), Choices("dpo"), "which answer is preferred"),
        (PAIR, Choices("dpo", ties="desirable"), "is for"),
        (Scale.rate(1, 5), Choices("kto"), "which ratings are desirable"),
        (Scale.pick(3), Choices("ranking"), "rank nothing"),
    ],
)
def test_what_has_no_preferences(scale, choices, words):
    with pytest.raises(UsageError, match=words):
        choices.check(scale)


def test_a_table_with_texts(tmp_path):
    frame = pd.DataFrame(
        [["1", "Q1", "x", "z", "A"], ["2", "Q2", "y", "w", "tie"]],
        columns=["id", "question", "answer_a", "answer_b", "verdict"],
    )
    frame.to_csv(file := tmp_path / "items.csv", index=False)
    done = judgebench.export(file, judge="verdict", id="id", scale="pair", output=tmp_path / "out.jsonl")
    assert "1 rows of 2 items; 1 tied (dpo)" in str(done)
    row = json.loads((tmp_path / "out.jsonl").read_text())
    assert (text(row["prompt"]), text(row["chosen"]), text(row["rejected"])) == ("Q1", "x", "z")
    assert row["provenance"]["task"] == "items.csv"
    frame[1:].to_csv(file, index=False)
    with pytest.raises(DataError, match="no preferences: 0 rows of 1 items"):
        judgebench.export(file, judge="verdict", id="id", scale="pair", output=tmp_path / "x.jsonl")
