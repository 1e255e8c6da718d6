"""`judgebench.compare`, `power`, `analyze`: the questions of the commands, asked from Python."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

import judgebench
from judgebench.errors import UsageError

TABLE = {"judge": ["good", "poor"], "gold": "h", "cluster": "q", "scale": "check"}
THREE = TABLE | {"judge": ["good", "poor", "fair"]}


@pytest.fixture
def frame() -> pd.DataFrame:
    rng = np.random.default_rng(4)
    gold = rng.integers(0, 2, 200)
    said = {
        name: np.where(rng.random(200) < share, gold, 1 - gold)
        for name, share in (("good", 0.97), ("fair", 0.8), ("poor", 0.6))
    }
    words = {name: [("no", "yes")[code] for code in codes] for name, codes in {"h": gold, **said}.items()}
    return pd.DataFrame({"q": np.arange(200) // 2, "topic": ["law", "art"] * 100, **words})


@pytest.mark.filterwarnings("ignore:.* hold no verdict")
@pytest.mark.parametrize(
    ("ask", "says"),
    [
        (lambda frame: judgebench.compare(frame, **TABLE, items=2), "good is better than poor"),
        (lambda frame: judgebench.compare(frame, **THREE), "good agrees best with gold"),
        (lambda frame: judgebench.compare(frame.assign(good="", poor=""), **TABLE), "Neither good nor poor gives a"),
        (lambda frame: judgebench.power(frame, **TABLE, metric="accuracy"), "About "),
        (
            lambda _: judgebench.power(base_rate=0.7, kappa=0.6),
            "About 1,080 to 1,435 items are needed to detect a drop of .05 in kappa",
        ),
        (lambda frame: judgebench.analyze(frame, **TABLE, feature="topic"), "good disagrees with gold on "),
    ],
    ids=["two", "three", "silent", "pilot", "figures", "errors"],
)
def test_answers_are_documents(frame, ask, says: str) -> None:
    found = ask(frame)
    assert says in repr(found)
    assert str(found).startswith(says)
    assert len(found.to_frame()) >= 2
    assert json.loads(found.render("json")) == found.to_json()
    assert found._repr_html_().count("<p>") >= 1
    assert r"\begin{tabular}" in found.render("tex")


def test_what_was_given_is_not_asked_for_and_a_range_is_in_the_table() -> None:
    assumed = judgebench.power(base_rate=0.7, kappa=0.6)
    given = judgebench.power(base_rate=0.7, kappa=0.6, discordance=0.1)
    assert "--discordance" in str(assumed)
    assert "--discordance" not in str(given)
    assert [row[1].text for row in given.brief().table.rows] == ["1,080 to 1,435", "1,371 to 1,821"]


@pytest.mark.parametrize(
    ("ask", "says"),
    [
        (lambda frame: judgebench.compare(frame, **TABLE, items=0), "items=0: expected a whole number from 1 up"),
        (lambda frame: judgebench.compare(frame, **TABLE, interval="both"), "interval='both': write one of"),
        (lambda frame: judgebench.compare(frame, **TABLE, interval="two-way"), "need two systems: system"),
        (
            lambda frame: judgebench.compare(frame, judge="good", gold="h", scale="check"),
            "or judge twice",
        ),
        (lambda frame: judgebench.power(frame, **TABLE, discordance=0.1), "leave discordance out"),
        (lambda frame: judgebench.power(frame, **TABLE, kappa=0.5), "kappa stands in for a pilot"),
        (lambda _: judgebench.power(base_rate=0.7, kappa=0.6, cluster="q"), "cluster: without a pilot"),
        (lambda _: judgebench.analyze("runs", feature="topic"), "feature names columns of a wide csv FILE"),
        (lambda _: judgebench.power(design_effect=0.001), "design_effect=0.001: expected a number from 0.01 up"),
    ],
)
def test_errors_name_the_parameter(frame, ask, says: str) -> None:
    with pytest.raises(UsageError) as caught:
        ask(frame)
    assert says in str(caught.value)


def test_a_worse_judge_is_a_failure_that_nobody_raises_in_python(frame) -> None:
    found = judgebench.compare(frame, **TABLE | {"judge": ["poor", "good"]}, fail_if_worse=True)
    assert "poor is worse than good: " in str(found.failure)
    assert judgebench.compare(frame, **TABLE, fail_if_worse=True).failure is None


def test_annotators_labels_are_about_runs(frame) -> None:
    file = Path(__file__).parents[1] / "golden" / "pandalm--ann.jsonl"
    with pytest.raises(UsageError, match="about the items of runs"):
        judgebench.compare(frame, **TABLE, labels=file)


def test_columns_of_a_frame_explain_errors(frame) -> None:
    found = judgebench.analyze(frame, **TABLE, feature=["topic"])
    assert {part.division for part in found.rows[1].found.slices} >= {"topic"}


@pytest.mark.parametrize("kind", ["one question", "two questions", "all right", "both the same", "as it is"])
@pytest.mark.parametrize("ask", [judgebench.score, judgebench.compare, judgebench.humans, judgebench.correct])
def test_what_has_no_interval_says_why_and_what_has_one_how_much_it_rests_on(frame, ask, kind: str) -> None:
    changes = {
        "one question": {"q": 0},
        "two questions": {"q": frame.index // 100},
        "all right": {"good": frame["h"], "poor": frame["h"]},
        "both the same": {"poor": frame["good"]},
    }
    frame = frame.assign(**changes.get(kind, {}))
    columns = TABLE | {"gold": ["h", "fair"]} if ask is judgebench.humans else TABLE
    estimates = list(_estimates(ask(frame, **columns).to_json()))
    assert estimates
    for one in estimates:
        if one["value"] is not None:
            assert one.get("effective_clusters" if one["low"] is not None else "no_interval"), one


def _estimates(node):
    if isinstance(node, dict) and {"value", "low", "high", "n"} <= node.keys():
        yield node
    for below in node.values() if isinstance(node, dict) else node if isinstance(node, list) else ():
        yield from _estimates(below)


def test_items_on_which_people_split_are_left_out_aloud() -> None:
    gold = [("no", "yes")[i % 2] for i in range(40)]
    other = [("no", "yes")[(i + (i < 3)) % 2] for i in range(40)]
    poor = [("no", "yes")[i % 3 == 0] for i in range(40)]
    frame = pd.DataFrame({"good": gold, "poor": poor, "one": gold, "two": other})
    found = judgebench.compare(frame, judge=["good", "poor"], gold=["one", "two"], scale="check")
    assert "3 items on which people split are left out." in found.render("table")
    alone = judgebench.compare(frame, judge=["good", "poor"], gold="one", scale="check")
    assert "split" not in alone.render("table")
