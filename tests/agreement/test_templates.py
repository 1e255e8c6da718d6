"""Ways of asking: Cochran's Q beside statsmodels', ways that don't matter, and ways that do."""

from __future__ import annotations

import random

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.stats import chi2

from judgebench.agreement.probing.ways import across, cochran_q
from judgebench.domain import Case, Item, Label, Reply, Response, Scale, Status, Verdict

CHECK = Scale.check()


def said(codes: list[int | None], gold: list[int], scale: Scale = CHECK, clusters: int = 0) -> list[Verdict]:
    found: list[Verdict] = []
    for row, (code, true) in enumerate(zip(codes, gold, strict=True)):
        cluster = f"c{row % clusters}" if clusters else ""
        one = Item(f"i{row}", (), (Response("x"),), (Label("a", true),), "human", cluster=cluster)
        reply = Reply(Status.UNPARSED) if code is None else Reply.ok(code)
        found.append(Verdict.of(Case(one, (0,)), reply, scale, "r"))
    return found


@settings(max_examples=30)
@given(st.lists(st.tuples(*[st.booleans()] * 4), min_size=4, max_size=30))
def test_cochran_q_is_that_of_statsmodels(rows: list[tuple[bool, ...]]) -> None:
    from statsmodels.stats.contingency_tables import cochrans_q

    right = np.array(rows, float)
    found = cochran_q(right)
    if found is None:
        assert set(right.sum(axis=1)) <= {0.0, 4.0}
    else:
        assert found == pytest.approx(cochrans_q(right).statistic)


def test_ways_that_differ_are_told() -> None:
    gold = [1, 0] * 20
    wrong = [1 - one if row < 15 else one for row, one in enumerate(gold)]
    silent = [None if row < 4 else one for row, one in enumerate(gold)]
    found = across({"short": said(list(gold), gold), "long": said(list(wrong), gold), "odd": said(silent, gold)}, CHECK)
    assert found is not None
    assert found.values == {"short": 1.0, "long": 25 / 40, "odd": 36 / 40}
    assert found.range == 15 / 40
    assert found.unanimous.value == 25 / 40
    assert found.q is not None
    assert found.p == pytest.approx(chi2.sf(found.q, 2))
    assert found.between is not None
    assert 0 < found.between < np.std([1, 0.625, 0.9], ddof=1)
    assert found.alpha.value is not None


def test_ways_that_are_alike_do_not_differ() -> None:
    gold = [1, 0, 1, 1, 0, 1]
    found = across({"one": said(list(gold), gold), "two": said(list(gold), gold)}, CHECK)
    assert found is not None
    assert (found.range, found.between, found.q, found.p) == (0.0, 0.0, None, None)
    assert found.unanimous.value == 1.0


def test_only_cases_that_every_way_has_count() -> None:
    found = across({"one": said([1, 0, 1], [1, 1, 1]), "two": said([1, 0], [1, 1])}, CHECK)
    assert found is not None
    assert found.rows == 2
    assert across({"one": said([1], [1]), "two": []}, CHECK) is None


def test_ratings_are_compared_by_their_means() -> None:
    rate = Scale.rate(1, 5)
    found = across({"one": said([0, 1, 2, 3], [0] * 4, rate), "two": said([1, 2, 3, 4], [0] * 4, rate)}, rate)
    assert found is not None
    assert found.values == {"one": 2.5, "two": 3.5}
    assert found.q is None


@pytest.mark.parametrize("clusters", [0, 25])
def test_ways_without_a_difference_are_seldom_told_apart(clusters: int) -> None:
    draw = random.Random(7)
    small = 0
    for _ in range(200):
        gold = [1] * 75
        per = [draw.random() for _ in range(clusters)] if clusters else []
        ways = {
            name: said(
                [int(draw.random() < (per[row % clusters] if clusters else 0.7)) for row in range(75)],
                gold,
                clusters=clusters,
            )
            for name in "abc"
        }
        found = across(ways, CHECK)
        assert found is not None
        small += found.p is not None and found.p < 0.05
    assert small <= 20
