"""People against people, the judge against each of them, and the biases that stored verdicts show."""

from __future__ import annotations

import math
from dataclasses import replace

import numpy as np
import pytest
from agreement_cases import quick, ratings
from hypothesis import assume, given
from hypothesis import strategies as st

from judgebench.agreement.bias import biases
from judgebench.agreement.people.ceiling import ceiling, pairwise
from judgebench.agreement.policies import apply
from judgebench.domain import Policies, Scale
from judgebench.stats.coefficients.catalog import METRICS
from judgebench.stats.coefficients.krippendorff import (
    alpha_units,
    krippendorff_alpha_interval,
    krippendorff_alpha_nominal,
    krippendorff_alpha_ordinal,
    krippendorff_alpha_ratio,
)
from judgebench.stats.inference.score_path import share_interval

# Krippendorff's four observers on twelve units, as in his 2011 paper; 0 is a gap.
CANONICAL = [
    [1, 1, 0, 1], [2, 2, 3, 2], [3, 3, 3, 3], [3, 3, 3, 3], [2, 2, 2, 2], [1, 2, 3, 4],
    [4, 4, 4, 4], [1, 1, 2, 1], [2, 2, 2, 2], [0, 5, 5, 5], [0, 0, 1, 1], [0, 0, 3, 0],
]  # fmt: skip
RNG = np.random.default_rng(5)


@pytest.mark.parametrize(
    ("level", "value"),
    [
        ("nominal", 0.743421052631579),
        ("ordinal", 0.8153875037548813),
        ("interval", 0.8491071428571428),
        ("ratio", 0.7974027747116121),
    ],
)
def test_alpha_of_the_canonical_data(level, value):
    found, influence = alpha_units(np.array(CANONICAL) - 1, 5, np.arange(1.0, 6.0), level)
    assert found == pytest.approx(value, abs=1e-12)
    assert influence.shape == (12,)
    assert influence[-1] == 0.0
    assert influence.sum() == pytest.approx(0.0, abs=1e-9)


@quick
@given(
    data=st.lists(st.lists(st.integers(-1, 3), min_size=3, max_size=3), min_size=4, max_size=25),
    level=st.sampled_from(["nominal", "ordinal", "interval", "ratio"]),
)
def test_alpha_with_gaps_is_krippendorffs(data, level):
    import krippendorff

    codes = np.array(data)
    found = alpha_units(codes, 4, np.arange(4.0), level)
    assume(not isinstance(found, str))
    theirs = krippendorff.alpha(
        np.where(codes < 0, np.nan, codes).T, value_domain=[0, 1, 2, 3], level_of_measurement=level
    )
    assert found[0] == pytest.approx(theirs, abs=1e-9)


@pytest.mark.parametrize("level", ["nominal", "ordinal", "interval", "ratio"])
def test_the_jackknife_agrees_on_alpha(level):
    truth = RNG.integers(0, 4, 150)
    codes = np.where(RNG.random((150, 4)) < 0.7, truth[:, None], RNG.integers(0, 4, (150, 4)))
    codes[RNG.random(codes.shape) < 0.2] = -1
    values = np.arange(4.0)
    _, influence = alpha_units(codes, 4, values, level)
    less = np.array([alpha_units(np.delete(codes, i, axis=0), 4, values, level)[0] for i in range(150)])
    jackknife = math.sqrt(149 / 150 * ((less - less.mean()) ** 2).sum())
    assert math.sqrt((influence**2).sum()) / 150 == pytest.approx(jackknife, rel=0.03)


@pytest.mark.parametrize("level", ["nominal", "ordinal", "interval", "ratio"])
def test_alphas_influence_is_the_pull_of_one_more_unit(level):
    codes = np.array([[0, 0, 0], [0, 0, 1], [0, 1, -1], [0, 0, -1], [3, 0, 2], [1, 1, 1], [0, 3, 3]])
    many = np.repeat(codes, 4000, axis=0)
    value, influence = alpha_units(codes, 4, np.arange(4.0), level)
    value = alpha_units(many, 4, np.arange(4.0), level)[0]
    for i, unit in enumerate(codes):
        more = alpha_units(np.vstack([many, unit[None, :]]), 4, np.arange(4.0), level)[0]
        assert (more - value) * len(many) == pytest.approx(influence[i], abs=1e-3)


@pytest.mark.parametrize(
    ("codes", "values", "reason"),
    [
        ([[0, -1], [-1, 1]], [0.0, 1.0], "no_pairs"),
        ([[1, 1], [1, 1]], [0.0, 1.0], "no_variation"),
        ([[0, 1], [1, 1]], [], "no_order"),
    ],
)
def test_alpha_says_why_not(codes, values, reason):
    assert alpha_units(np.array(codes), 2, np.array(values), "ordinal") == reason


def test_a_ratio_needs_values_from_zero_up():
    assert alpha_units(np.array([[0, 1], [1, 2]]), 3, np.arange(-1.0, 2.0), "ratio") == "negative_values"


def test_alpha_of_two_is_the_tables():
    gold, judge = RNG.integers(0, 3, 80), RNG.integers(0, 3, 80)
    counts = np.zeros((3, 3), dtype=int)
    np.add.at(counts, (gold, judge), 1)
    from agreement_cases import table

    for level, metric in (
        ("nominal", krippendorff_alpha_nominal),
        ("ordinal", krippendorff_alpha_ordinal),
        ("interval", krippendorff_alpha_interval),
        ("ratio", krippendorff_alpha_ratio),
    ):
        one = metric(table(counts))
        assert alpha_units(np.c_[gold, judge], 3, np.arange(3.0), level)[0] == pytest.approx(one.value)


def people(n=120, m=3, **rest):
    truth = RNG.integers(0, 3, n)
    gold = np.where(RNG.random((n, m)) < 0.8, truth[:, None], RNG.integers(0, 3, (n, m)))
    judge = np.where(RNG.random(n) < 0.6, truth, RNG.integers(-1, 3, n))
    return ratings(judge, gold, **rest)


def test_ceilings_are_kept_in_their_own_room():
    """What is over all pairs of labels is tested in test_people.py."""
    given_rows = people()
    pairs = pairwise(given_rows, METRICS["cohen_kappa"])
    assert pairs.keys() == {("h1", "h2"), ("h1", "h3"), ("h2", "h3")}
    found = ceiling(given_rows, Policies())
    assert found["cohen_kappa"].value == pytest.approx(np.mean([one.value for one in pairs.values()]), abs=0.01)
    assert found["krippendorff_alpha_joint"].n == 120


def test_asymmetric_metrics_take_both_directions():
    given_rows = people(m=2)
    swapped = ratings(given_rows.judge, given_rows.gold[:, ::-1])
    for policies in (Policies(), Policies(tie="drop")):
        ours, theirs = ceiling(given_rows, policies), ceiling(swapped, policies)
        for name in ("macro_precision", "macro_recall", "cohen_kappa", "percent_agreement"):
            assert ours[name].value == pytest.approx(theirs[name].value)


def test_the_ceiling_counts_an_item_once():
    given_rows = people(item=np.arange(120) // 2)
    once = ratings(given_rows.judge[::2], given_rows.gold[::2])
    for name in ("cohen_kappa", "krippendorff_alpha_joint"):
        assert ceiling(given_rows, Policies())[name].value == pytest.approx(ceiling(once, Policies())[name].value)


def test_no_ceiling_with_one_label_each():
    assert ceiling(people(m=1), Policies()) == {}
    assert ceiling(ratings([0, 1], [[0, -1], [-1, 1]]), Policies()) == {}


def test_the_ratios_error_counts_both_sides():
    given_rows = people(90)
    found = ceiling(given_rows, Policies())["ratio_cohen_kappa"]
    less = []
    for i in range(90):
        kept = np.delete(np.arange(90), i)
        one = ratings(given_rows.judge[kept], given_rows.gold[kept])
        less.append(ceiling(one, Policies(), {"cohen_kappa": METRICS["cohen_kappa"]})["ratio_cohen_kappa"].value)
    jackknife = math.sqrt(89 / 90 * ((np.array(less) - np.mean(less)) ** 2).sum())
    assert found.se == pytest.approx(jackknife, rel=0.05)


def test_no_ratio_without_agreement_among_people():
    opposed = ratings([0, 2] * 20, [[0, 2], [2, 0]] * 20)
    assert ceiling(opposed, Policies())["ratio_cohen_kappa"].undefined == "no_ceiling"


# -- biases ---------------------------------------------------------------------------------------------------------


def shown(pairs, scale=None):
    """Games given in shown coordinates, as a judge sees them: (plain order, swapped order)."""
    scale = scale or Scale.pair()
    plain = [one for one, _ in pairs]
    undone = [-1 if two < 0 else scale.undo(two, (1, 0)) for _, two in pairs]
    judge = [code for pair in zip(plain, undone, strict=True) for code in pair]
    n = len(pairs)
    return ratings(judge, [0] * (2 * n), item=np.repeat(np.arange(n), 2), swapped=[False, True] * n, scale=scale)


def measured(given_rows):
    return biases(given_rows, apply(given_rows, Policies()))


def test_position_in_shown_coordinates():
    a, tie, b = 0, 1, 2
    found = measured(shown([(a, a), (a, tie), (tie, a), (b, b), (tie, b), (a, b), (b, a), (tie, tie), (a, -1)]))
    # The unparsed game confirms nothing, and leans nowhere.
    assert found["position_consistency"].value == pytest.approx(3 / 9)
    assert found["primacy"].value == pytest.approx(3 / 8)
    assert found["recency"].value == pytest.approx(2 / 8)
    assert found["position_preference"].value == pytest.approx(-1 / 8)
    assert (found["position_consistency"].n, found["primacy"].n) == (9, 8)
    # Decided games: A, B by slot, ties and the unparsed one left out.
    assert found["first_slot_rate"].value == pytest.approx(7 / 12)


def test_position_preference_has_the_trinomial_error():
    pairs = [(0, 0)] * 74 + [(2, 2)] * 36 + [(0, 2)] * 240
    found = measured(shown(pairs))
    preference = found["position_preference"]
    assert preference.value == pytest.approx(-38 / 350)
    expected = math.sqrt((110 / 350 - preference.value**2) / 350)
    assert preference.se == pytest.approx(expected * math.sqrt(350 / 349))
    share = found["position_consistency"]
    assert (share.low, share.high) == pytest.approx(share_interval(240, 350))


def test_a_clustered_share_of_none_or_all_has_the_exact_bound():
    """20 games of 10 items in 5 questions, all in the first slot: as sure as five questions, not as none."""
    given_rows = shown([(0, 0)] * 10)
    clustered = replace(given_rows, cluster=given_rows.item // 2)
    found = measured(clustered)
    for name, value in (("position_consistency", 0.0), ("primacy", 1.0), ("recency", 0.0), ("first_slot_rate", 1.0)):
        one = found[name]
        assert (one.value, one.method, one.se, one.effective) == (value, "share-few-events", 0.0, 5.0)
        n = one.n
        assert (one.low, one.high) == pytest.approx(share_interval(value * n, n, 1 + (n / 5 - 1) / 5, 4))
    # One question is no evidence of how questions differ.
    alone = measured(replace(given_rows, cluster=np.zeros(20, dtype=int)))["primacy"]
    assert (alone.low, alone.high) == (None, None)


def test_five_ways_are_consistent_when_the_side_is():
    found = measured(shown([(0, 3), (1, 4), (0, 0)], Scale.pair(5)))
    assert found["position_consistency"].value == pytest.approx(2 / 3)


@pytest.mark.parametrize(("invalid", "consistent"), [("wrong", 1 / 3), ("tie", 1 / 3), ("drop", 1 / 2)])
def test_a_game_without_a_verdict_confirms_nothing_unless_it_is_dropped(invalid, consistent):
    games = shown([(0, 2), (0, 0), (2, -1)])
    found = biases(games, apply(games, Policies(invalid=invalid)))["position_consistency"]
    assert found.value == pytest.approx(consistent)


def test_repeats_don_t_change_position():
    """Of several games in one order, the first speaks."""
    one = ratings([2, 0, 0, 0], [0] * 4, item=[0] * 4, game=[2, 0, 1, 3], swapped=[False, False, True, True])
    assert measured(one)["position_consistency"].value == 1.0
    assert measured(one)["position_consistency"].n == 1


def test_both_bad_is_not_a_tie():
    found = measured(shown([(3, 3), (3, 1)], Scale.pair(3, both_bad=True)))
    assert found["position_consistency"].value == 0.5
    assert found["position_preference"].value == 0.0


def test_one_order_shows_no_position():
    found = measured(ratings([0, 0, 2], [0, 0, 2]))
    assert found.keys() == {"first_slot_rate"}
    swapped = measured(ratings([0, 0, 2], [0, 0, 2], swapped=[True, False, False]))
    assert swapped["position_consistency"].undefined == "no_items"
    assert swapped["first_slot_rate"].value == pytest.approx(1 / 3)


def test_picks_are_consistent_or_not():
    scale = Scale.pick(4)
    one = ratings([1, 1, 2, 3], [1, 1, 2, 2], item=[0, 0, 1, 1], swapped=[False, True] * 2, scale=scale)
    assert measured(one) == {"position_consistency": measured(one)["position_consistency"]}
    assert measured(one)["position_consistency"].value == 0.5


def test_leaning():
    check = measured(ratings([1, 1, 1, 0, -1], [1, 0, 0, 0, 1], scale=Scale.check()))
    # No answer is the wrong one of two.
    assert check["positive_rate_difference"].value == pytest.approx(1 / 5)
    assert check["positive_rate_difference"].n == 5
    rate = measured(ratings([4, 3, 0], [4, 1, 1], scale=Scale.rate(1, 5)))
    assert rate["mean_signed_error"].value == pytest.approx(1 / 3)
    # A judge that gave no label at all has no bias.
    assert measured(ratings([-1], [0], scale=Scale.check()))["positive_rate_difference"].undefined == "no_items"
