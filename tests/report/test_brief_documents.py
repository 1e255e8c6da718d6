"""Every kind of document in brief: it fits a terminal, says its answer first, and keeps exact names to itself."""

from __future__ import annotations

import re
from dataclasses import replace
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd
import pytest
from report import brief_setup
from report.gate_rows import RUN, planted, store, verdicts
from report.report_rows import one_row

import judgebench
from judgebench.domain import Estimate
from judgebench.report.document.brief import MOST_NOTES, WIDEST
from judgebench.report.document.text import text_width
from judgebench.report.leaderboard.aggregate import aggregate
from judgebench.report.leaderboard.board import Leaderboard
from judgebench.report.leaderboard.entries import Unmeasured
from judgebench.report.leaderboard.paper import Paper
from judgebench.report.leaderboard.ranks import rank

if TYPE_CHECKING:
    from collections.abc import Callable

    from judgebench.domain import Agreement
    from judgebench.report.document.model import Document

NAMES = {"judge": ["good", "a-judge-with-a-name-of-many-words-v2.5-instruct-2026-11-30", "poor"]}
PEOPLE = {"gold": ["ann", "ben", "cleo"], "cluster": "question", "gold_source": "human"}
LABELS = {"pair:3": ["A", "tie", "B"], "check": ["incorrect", "correct"], "rate:1-5": list("12345")}


@cache
def table(scale: str) -> pd.DataFrame:
    """Make a table of judgments on 60 items to 30 questions."""
    rng, labels = np.random.default_rng(7), np.array(LABELS[scale])
    truth = rng.integers(0, labels.size, 60)

    def said(share: float) -> list[str]:
        kept = rng.random(60) < share
        return labels[np.where(kept, truth, rng.integers(0, labels.size, 60))].tolist()

    shares = dict(zip((*NAMES["judge"], *PEOPLE["gold"]), (0.9, 0.6, 0.2, 0.9, 0.8, 0.9), strict=True))
    return pd.DataFrame(
        {"question": [f"q{i // 2}" for i in range(60)], "topic": ["law", "art"] * 30, "model": ["s", "m", "l"] * 20}
        | {name: said(one) for name, one in shares.items()}
    )


def asked(question: Callable[..., Document], scale: str = "pair:3", **how: Any) -> Callable[[], Document]:
    """Ask a question about such a table."""
    return lambda: question(table(scale), **(NAMES | PEOPLE | {"scale": scale} | how))


def row(task: str, judge: str, kappa: float) -> Agreement:
    """Make a row of a task that people labelled."""
    found = Estimate(kappa, kappa - 0.02, kappa + 0.02, 99)
    return replace(one_row(), task=task, judge=judge, metrics={**one_row().metrics, "cohen_kappa": found})


def _gate(**how: Any) -> Document:
    """Hold a run against another one, of a judge with a long name."""
    gold, first, second = planted(200, drop=0.05)
    subsets = ["first half", "second half"] * 100
    run = replace(RUN, judge=NAMES["judge"][1])
    old, new = (
        store(Path(name), run, verdicts(gold.tolist(), said.tolist(), subsets=subsets))
        for name, said in (("a", first), ("b", second))
    )
    found = judgebench.gate(new, against=old, **how)
    assert found is not None
    return found


TWO = rank(row(task, judge, kappa) for task in "xy" for judge, kappa in (("a", 0.5), ("b", 0.4)))
MANY = rank(row(f"a-task-with-a-name-of-words:{i}", "m", 0.5) for i in range(9))
MUTE = Unmeasured("x", "mute", "no connection")


#: Documents by name, each made when its test asks; names of tasks and judges in them hold no underscore.
DOCUMENTS: dict[str, Callable[[], Document]] = {
    **brief_setup.DOCUMENTS,
    "scores": asked(judgebench.score),
    "scores of one judge": asked(judgebench.score, judge="good"),
    "scores of ratings": asked(judgebench.score, scale="rate:1-5"),
    "scores by a verifier": asked(judgebench.score, gold_source="verifier"),
    "scores by one person": asked(judgebench.score, scale="check", gold="ann"),
    "scores of a sample": lambda: judgebench.run("baseline/longest", "pandalm", sample=True, runs="brief"),
    "sensitivity": asked(judgebench.sensitivity),
    "bounds": asked(judgebench.bounds),
    "consistency": asked(judgebench.consistency, gold=(), gold_source="unspecified"),
    "demo": judgebench.demo,
    "leaderboard": asked(judgebench.leaderboard),
    "leaderboard of one person's labels": asked(judgebench.leaderboard, scale="check", gold="ann"),
    "leaderboard of two tasks": lambda: Leaderboard(tuple(TWO)),
    "leaderboard of many tasks": lambda: Leaderboard(
        tuple(rank(row(f"a-task-of-{i}:part", "m", 0.5) for i in range(9)))
    ),
    "leaderboard with a mean": lambda: Leaderboard(tuple(TWO), aggregate(TWO, "mean")),
    "two judges": asked(judgebench.compare, judge=NAMES["judge"][:2]),
    "two judges by part": asked(judgebench.compare, judge=NAMES["judge"][:2], subset="topic"),
    "two judges by system": asked(judgebench.compare, judge=NAMES["judge"][:2], system="model", by_system=True),
    "items on which one is worse": asked(judgebench.compare, judge=NAMES["judge"][:2], worse=True, subset="topic"),
    "three judges": asked(judgebench.compare),
    "gate": _gate,
    "gate of several figures": lambda: _gate(metric=["cohen_kappa", "gwet_ac1"], subset="all"),
    "people": asked(judgebench.humans),
    "people on stars": asked(judgebench.humans, scale="rate:1-5"),
    "alternative annotator test": asked(judgebench.alt_test),
    "alternative annotator test of one judge": asked(judgebench.alt_test, judge="good", min_items=20),
    "alternative annotator test at every epsilon": asked(judgebench.alt_test, sweep=True),
    "power of two judges": asked(judgebench.power, judge=NAMES["judge"][:2]),
    "power by figures": lambda: judgebench.power(base_rate=0.7, kappa=0.6),
    "systems": asked(judgebench.systems, scale="check", system="model"),
    "systems of one judge": asked(judgebench.systems, scale="check", system="model", judge="good"),
    "corrected scores": asked(judgebench.correct, scale="check", system="model"),
    "judges alone": asked(judgebench.correct, scale="check", system="model", no_gold=True, draws=100),
    "one judge alone": asked(
        judgebench.correct, scale="check", system="model", no_gold=True, draws=100, judge="good", judge_varies=True
    ),
    "errors": asked(judgebench.analyze),
    "errors of one judge": asked(judgebench.analyze, judge="good", feature="topic"),
    "leaderboard without an answer": lambda: Leaderboard(tuple(TWO), unmeasured=(MUTE,)),
}


@pytest.mark.parametrize("name", DOCUMENTS)
def test_a_document_in_brief(name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    document = DOCUMENTS[name]()
    brief = document.brief()
    assert brief is not None
    assert brief.answer
    assert text_width(brief.answer[0]) <= 2 * WIDEST, brief.answer[0]
    assert len(brief.notes) <= MOST_NOTES
    text = document.render()
    assert all(text_width(line) <= WIDEST for line in text.splitlines()), text
    said, _, _ = text.partition("\nNext:")
    assert not re.search(r"\w_\w|[⁰¹²³⁴⁵⁶⁷⁸⁹]", said), said
    assert document.render(explain=True) != text


def test_a_judge_that_never_answered_is_apart_in_every_form() -> None:
    mute = replace(row("x", "mute", 0.0), statuses={"failed": 99}, coverage=0.0)
    board = Leaderboard((*TWO, *rank([mute])), unmeasured=(MUTE,))
    for form in ("table", "md", "html", "tex"):
        for explain in (True, False):
            text = board.render(form, explain=explain)
            assert text.count("mute") == 1, form
            assert "no connection" in " ".join(text.split())
    assert [one["judge"] for one in board.to_json()["unmeasured"]] == ["mute"]


def test_a_judge_without_a_usable_answer_has_no_figure() -> None:
    """It was "Not sure" at kappa -.88: what missing answers count as, and nothing of the judge."""
    text = judgebench.Scores((replace(row("x", "mute", -0.88), coverage=0.0),)).render()
    assert "mute gave no usable verdict on x" in text
    assert not re.search(r"Not sure|\.88", text)


@pytest.mark.parametrize("form", ["table", "md", "html", "tex"])
def test_samples_say_so_before_their_name(form: str) -> None:
    entries = rank(replace(one.row, revision="sample:1") for one in TWO)
    documents = (
        Leaderboard(tuple(entries)),
        Leaderboard(tuple(entries), aggregate(entries, "mean")),
        Leaderboard(tuple(entries), paper=Paper(("cohen_kappa",))),
        judgebench.Scores(tuple(one.row for one in entries)),
    )
    for document in documents:
        for explain in (True, False):
            assert "SAMPLE x" in document.render(form, explain=explain), (type(document), explain)
