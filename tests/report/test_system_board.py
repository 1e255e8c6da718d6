"""Leaderboards of systems: gold's ranks beside each judge's, with the ranks that stay open."""

from __future__ import annotations

import csv
import io
import random

import numpy as np
import pytest
from documents import breaks, document
from hypothesis import given, settings
from hypothesis import strategies as st

from judgebench.agreement.ratings import from_codes
from judgebench.agreement.systems.systems import rank_systems, system_places
from judgebench.domain import Policies, Scale
from judgebench.errors import UsageError
from judgebench.report.document import FORMS
from judgebench.report.system_board import Placed, SystemBoard
from judgebench.report.systems import Ranking

HOSTILE = ("=cmd|' /C calc'!A0", "<script>alert(1)</script>", r"\input{x}", "a|b")


def table(rates: dict[str, tuple[float, float]], n: int = 60, seed: int = 3):
    """Check judgments on systems that are right (by gold, by the judge) at these rates."""
    rng = np.random.default_rng(seed)
    names = [name for name in rates for _ in range(n)]
    gold = np.array([rng.random() < rates[name][0] for name in names]).astype(int)
    judge = np.array([rng.random() < rates[name][1] for name in names]).astype(int)
    return from_codes(Scale.check(), judge, gold, system=names)


def placed(judge: str, ratings, task: str = "t", revision: str = "r") -> Placed:
    found = rank_systems(ratings, policies=Policies(), draws=50)
    return Placed(Ranking(task, judge, "human", revision, found), system_places(ratings, Policies()))


@pytest.fixture(scope="module")
def three() -> list[Placed]:
    rates = {name: (0.95 - 0.3 * i, 0.95 - 0.3 * i) for i, name in enumerate(("best", *HOSTILE[:2]))}
    turned = {name: (gold, 1 - gold) for name, (gold, _) in rates.items()}
    return [placed("fair", table(rates)), placed(HOSTILE[0], table(turned)), placed("fair", table(rates), HOSTILE[2])]


def test_clear_differences_give_single_ranks_and_equal_systems_open_ones() -> None:
    ratings = table({"a": (0.95, 0.5), "b": (0.5, 0.5), "c": (0.05, 0.5)}, n=200)
    places = system_places(ratings, Policies())
    assert [(one.best, one.worst, one.tier) for one, _ in places.values()] == [(1, 1, 1), (2, 2, 2), (3, 3, 3)]
    assert {(one.best, one.worst, one.tier) for _, one in places.values()} == {(1, 3, 1)}


@given(st.integers(0, 10**6))
@settings(max_examples=25, deadline=None)
def test_a_rank_lies_in_its_range(seed: int) -> None:
    rng = random.Random(seed)
    ratings = table({name: (rng.random(), rng.random()) for name in "abcd"}, n=20, seed=seed)
    one = placed("j", ratings)
    for system in one.ranking.found.systems:
        gold, judge = one.places[system.name]
        assert gold.best <= system.gold_rank <= gold.worst
        assert judge.best <= system.judge_rank <= judge.worst


def test_rank_sets_hold_together() -> None:
    """Four equal systems: in at most some 5 % of the samples any of them is called clearly ahead."""

    def split(seed: int) -> bool:
        ratings = table(dict.fromkeys("abcd", (0.6, 0.6)), 50, seed)
        return any(one.tier > 1 for one, _ in system_places(ratings, Policies()).values())

    wrong = sum(map(split, range(200)))
    assert wrong <= 20


def test_the_json_keeps_its_schema(three) -> None:
    found = document(SystemBoard(three).render("json"))
    found["rows"][0]["places"][0]["gold"]["best"] = 0
    assert breaks(found)


def test_every_form_has_the_systems_and_no_name_does_anything(three) -> None:
    texts = {form: SystemBoard(three).render(form) for form in FORMS}
    for form, text in texts.items():
        assert "best" in text, form
        assert "<script>alert" not in text or form in {"csv", "json", "table", "tex"}
    assert r"\input{x}" not in texts["tex"]
    assert "&lt;script" in texts["html"]
    cells = list(csv.reader(io.StringIO(texts["csv"])))
    assert not [cell for row in cells for cell in row if cell.startswith(("=", "@", "+"))]
    assert "systems by humans and by 2 judges" in texts["md"]
    assert "It orders 100.0 %" in texts["table"]
    assert "of the pairs of systems as humans do" in " ".join(texts["table"].split())


def test_the_order_of_runs_does_not_show(three) -> None:
    for form in FORMS:
        assert SystemBoard(list(reversed(three))).render(form) == SystemBoard(three).render(form)


def test_samples_are_ranked_by_themselves_and_marked() -> None:
    real, made = table({"a": (0.9, 0.9), "b": (0.5, 0.5)}), table({"x": (0.9, 0.9), "y": (0.5, 0.5)})
    runs = [placed(judge, made, revision="sample") for judge in "jk"] + [placed(judge, real) for judge in "jk"]
    own, sample, *_ = [one for one in SystemBoard(runs).blocks() if "by 2 judges" in getattr(one, "caption", "")]
    assert (own.caption[:2], sample.caption[:9]) == ("t:", "SAMPLE t:")
    systems = [[row[0].text for row in one.grid.rows[:2]] for one in (own, sample)]
    assert systems == [["a", "b"], ["x", "y"]]


def test_an_unknown_form_is_refused(three) -> None:
    with pytest.raises(UsageError, match="csv, md, html, tex"):
        SystemBoard(three).render("xls")
