"""What verdicts say without gold, counted by hand."""

from __future__ import annotations

import itertools
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sklearn.metrics import cohen_kappa_score

from judgebench.agreement.consistency import between, consistency, standings
from judgebench.agreement.matching import Judged
from judgebench.agreement.ratings import from_codes
from judgebench.domain import Policies, Scale

_BOTH = st.lists(st.tuples(st.integers(-1, 2), st.integers(-1, 2)), min_size=1, max_size=40)


@given(_BOTH)
def test_two_orders_are_held_against_each_other(games):
    said = [code for pair in games for code in pair]
    item = np.repeat(np.arange(len(games)), 2)
    ratings = from_codes(Scale.pair(), said, [-1] * len(said), item=item, swapped=[False, True] * len(games))
    (found,) = consistency(ratings)
    assert (found.items, found.judgments) == (len(games), len(said))
    assert found.answered == sum(code >= 0 for code in said)
    same = found.figures["position_consistency"]
    assert same.value == pytest.approx(np.mean([one == two >= 0 for one, two in games]))
    for code, label in enumerate(Scale.pair().labels):
        share = found.shares[label]
        if found.answered:
            assert share.value == pytest.approx(said.count(code) / found.answered)
        else:
            assert share.undefined == "no_items"
    assert "retest_agreement" not in found.figures


def test_parts_and_repeats():
    ratings = from_codes(
        Scale.check(), [1, 1, 0, 1, 0, 0], [-1] * 6, item=[0, 0, 1, 1, 2, 2], system=["x", "x", "y", "y", "y", "y"]
    )
    every, *parts = consistency(ratings, by=("subset", "system"))
    assert every.figures["retest_agreement"].value == pytest.approx(2 / 3)
    assert [(part.subset, part.items) for part in parts] == [("system:x", 1), ("system:y", 2)]
    assert "position_consistency" not in every.figures


_NAMES = ("ada", "bob", "eve")
_GAMES = st.lists(st.tuples(st.sampled_from(_NAMES), st.sampled_from(_NAMES), st.integers(-1, 3)), min_size=1)


@settings(deadline=None)
@given(_GAMES)
def test_systems_are_counted_on_either_side(games):
    scale = Scale.pair(3, both_bad=True)
    said = [code for *_, code in games]
    ratings = from_codes(scale, said, [-1] * len(said), system=[f"{one} vs {two}" for one, two, _ in games])
    found = {one.system: one for one in standings(ratings)}
    assert found.keys() == {name for one, two, _ in games for name in (one, two) if one != two}
    for name, one in found.items():
        own = [(code, first == name) for first, second, code in games if first != second and name in {first, second}]
        credit = [{0: float(first), 2: float(not first)}.get(code, 0.5) for code, first in own if code >= 0]
        assert (one.games, one.answered) == (len(own), len(credit))
        assert (one.wins, one.ties, one.losses) == (credit.count(1), credit.count(0.5), credit.count(0))
        if credit:
            assert one.win_rate.value == pytest.approx(np.mean(credit))
            assert one.win_share.value == pytest.approx(credit.count(1) / len(credit))
        else:
            assert one.win_rate.undefined == one.win_share.undefined == "no_items"


def test_wins_lie_in_clusters_and_criteria():
    games = from_codes(Scale.pair(2), [0, 0, 1, 0], [-1] * 4, cluster=[0, 0, 1, 1], system=["x vs y"] * 4)
    (best, _) = standings(games)
    assert (best.system, best.win_rate.effective) == ("x", 2.0)
    parts = standings(replace(games, subset=np.array([0, 0, 1, 1]), subsets=("tone", "facts")), criteria=True)
    assert [(one.subset, one.system, one.wins) for one in parts] == [
        ("tone", "x", 2), ("tone", "y", 0), ("facts", "x", 1), ("facts", "y", 1),
    ]  # fmt: skip


def test_means_and_sets():
    (rated,) = consistency(from_codes(Scale.rate(1, 5), [0, 4, 4, -1], [-1] * 4))
    assert rated.figures["mean_rating"].value == pytest.approx((1 + 5 + 5) / 3)
    numbers = Scale.number(0, 10)
    (said,) = consistency(from_codes(numbers, numbers.codes(np.array([2.5, 5.0])), [-1, -1]))
    assert said.figures["mean_rating"].value == pytest.approx(3.75)
    # Codes of sets are bits: a, b, a and b, none.
    (sets,) = consistency(from_codes(Scale.sets(["a", "b"]), [1, 2, 3, 0], [-1] * 4))
    assert {name: one.value for name, one in sets.shares.items()} == {"a": 0.5, "b": 0.5}


def _judged(name, said, items):
    ratings = from_codes(Scale.check(), said, [-1] * len(said))
    return Judged("t", name, ratings, items, items, Policies())


@given(st.lists(st.tuples(st.integers(-1, 1), st.integers(-1, 1)), min_size=4, max_size=30), st.integers(0, 3))
def test_judges_are_held_against_each_other_by_item(pairs, less):
    names = [f"i{k}" for k in range(len(pairs))]
    one, two = zip(*pairs, strict=True)
    # The second judge has its items in another order, and lacks some.
    order = list(reversed(range(len(pairs) - less)))
    judges = [_judged("a", one, names), _judged("b", [two[k] for k in order], [names[k] for k in order])]
    ((first, found),) = between(judges)
    assert first.judge == "a"
    both = [(a, b) for a, b in pairs[: len(pairs) - less] if a >= 0 and b >= 0]
    assert found.judgments == len(both)
    if not both:
        assert found.kappa.undefined == "no_items"
        return
    assert found.percent_agreement.value == pytest.approx(np.mean([a == b for a, b in both]))
    if len({code for pair in both for code in pair}) == 2:
        assert found.kappa.value == pytest.approx(cohen_kappa_score(*zip(*both, strict=True), labels=[0, 1]))


def test_only_one_task_and_scale_is_compared():
    other = Judged("t", "c", from_codes(Scale.pair(), [0, 1], [-1, -1]), ["x", "y"], ["x", "y"], Policies())
    judges = [_judged("a", [0, 1], ["x", "y"]), _judged("b", [1, 1], ["x", "y"]), other]
    assert [(one.first, one.second) for _, one in between(judges)] == [("a", "b")]
    assert len(list(itertools.islice(between(judges[:1]), 1))) == 0


def test_judges_of_numbers_and_of_sets_are_held_against_each_other():
    gold, names, scale = np.full((4, 1), -1), tuple("abcd"), Scale.parse("number:0-10")

    def beside(scale, first, second):
        two = [from_codes(scale, said, gold) for said in (first, second)]
        ((_, found),) = between([Judged("t", "", own, names, names, Policies()) for own in two])
        return found

    found = beside(scale, *(scale.codes(np.array(said, float)) for said in ([1, 4, 6, 9], [2, 4, 6, 8])))
    # 2 s_xy / (s_x^2 + s_y^2 + (x - y)^2), by hand.
    assert (found.metric, found.judgments) == ("lin_ccc", 4)
    assert found.kappa.value == pytest.approx(2 * 6.5 / (8.5 + 5), abs=1e-12)
    assert found.percent_agreement.undefined == "numbers"
    found = beside(Scale.parse("set:x,y"), [1, 2, 3, 0], [1, 2, 1, 0])
    assert (found.metric, found.percent_agreement.value) == ("krippendorff_alpha_masi", 0.75)
