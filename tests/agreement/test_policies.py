"""Every convention by its own small table; the rules of JudgeBench and MT-Bench by name."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from agreement_cases import quick, ratings
from hypothesis import given
from hypothesis import strategies as st

from judgebench.agreement.estimates import Counted, estimate
from judgebench.agreement.policies import apply, check, plurality, sign_of
from judgebench.domain import Policies, Scale
from judgebench.errors import DataError, UsageError
from judgebench.stats.coefficients.catalog import METRICS

A, TIE, B, NONE = 0, 1, 2, -1
UNDECIDED, INVALID = 3, 4


def reduced(one, two, order, **rest):
    """Effective verdict of one pair item shown in both orders."""
    scored = apply(ratings([one, two], [A, A], item=[0, 0], swapped=[False, True]), Policies(order=order, **rest))
    assert scored.policies.order == order
    return scored.judge.tolist()


@pytest.mark.parametrize(
    ("one", "two", "single", "both", "signs", "tied"),
    [
        (A, A, A, A, A, A),
        (A, B, A, UNDECIDED, UNDECIDED, TIE),
        (B, A, B, UNDECIDED, UNDECIDED, TIE),
        (A, TIE, A, UNDECIDED, A, TIE),
        (TIE, B, TIE, UNDECIDED, B, TIE),
        (TIE, TIE, TIE, TIE, TIE, TIE),
        # To fail in one order never pays.
        (A, NONE, A, INVALID, INVALID, INVALID),
        (NONE, B, INVALID, INVALID, INVALID, INVALID),
        (TIE, NONE, TIE, INVALID, INVALID, INVALID),
        (NONE, NONE, INVALID, INVALID, INVALID, INVALID),
    ],
)
def test_order_policies(one, two, single, both, signs, tied):
    assert reduced(one, two, "single") == [single]
    assert reduced(one, two, "both-right") == [both]
    assert reduced(one, two, "sum-of-signs") == [signs]
    assert reduced(one, two, "inconsistent-tie") == [tied]
    assert reduced(one, two, "mean") == [INVALID if code == NONE else code for code in (one, two)]


@quick
@given(
    games=st.lists(st.sampled_from([A, TIE, B, NONE]), min_size=2, max_size=5),
    gold=st.sampled_from([A, B]),
)
def test_sum_of_signs_is_judgebenchs_rule(games, gold):
    other = B if gold == A else A
    counter = sum((game == gold) - (game == other) for game in games)

    def right(invalid):
        policies = Policies(order="sum-of-signs", invalid=invalid)
        scored = apply(ratings(games, [gold] * len(games), item=[0] * len(games)), policies)
        return bool((scored.judge == scored.gold).all())

    assert right("tie") == (counter > 0)
    # Ours: a failed game says the opposite of gold.
    assert right("wrong") == (counter > games.count(NONE))


def test_five_ways_take_the_mildest_verdict_of_the_winning_side():
    scale = Scale.pair(5)
    for games, expected in (([0, 1], 1), ([3, 4], 3), ([0, 2], 0), ([0, 3], 5), ([2, 2], 2)):
        found = apply(ratings(games, [0, 0], item=[0, 0], scale=scale), Policies(order="sum-of-signs"))
        assert found.judge.tolist() == [expected]


def test_both_bad_takes_no_side():
    scale = Scale.pair(3, both_bad=True)
    assert sign_of(np.array([0, 1, 2, 3, -1]), scale).tolist() == [-1, 0, 1, 0, 0]
    for games, expected in (([3, 3], 3), ([3, 1], 4), ([3, 0], 0)):
        found = apply(ratings(games, [0, 0], item=[0, 0], scale=scale), Policies(order="sum-of-signs"))
        assert found.judge.tolist() == [expected]


def test_two_ways_have_no_middle():
    assert sign_of(np.array([0, 1]), Scale.pair(2)).tolist() == [-1, 1]


def test_one_game_per_item_is_single_whatever_is_asked():
    scored = apply(ratings([A, B], [A, A]), Policies(order="both-right"))
    assert scored.policies.order == "single"


def test_the_first_game_is_the_lowest_not_the_first_row():
    scored = apply(ratings([B, A], [A, A], item=[0, 0], game=[1, 0]), Policies(order="single"))
    assert scored.judge.tolist() == [A]


def test_invalid_policies():
    given_rows = ratings([A, NONE, TIE], [A, TIE, B])
    assert apply(given_rows, Policies()).judge.tolist() == [A, INVALID, TIE]
    assert apply(given_rows, Policies(invalid="tie")).judge.tolist() == [A, TIE, TIE]
    dropped = apply(given_rows, Policies(invalid="drop"))
    assert (dropped.judge.tolist(), dropped.row.tolist()) == ([A, TIE], [0, 2])


def test_dropping_the_invalid_never_drops_the_undecided():
    """A judge that contradicts itself, or fails in one order, still answers for the item."""
    one = ratings([A, B, A, NONE, NONE, NONE], [A] * 6, item=[0, 0, 1, 1, 2, 2])
    scored = apply(one, Policies(order="both-right", invalid="drop"))
    assert scored.judge.tolist() == [UNDECIDED, UNDECIDED]


def test_tie_policies():
    one = ratings([A, TIE, TIE, A], [A, TIE, B, TIE])

    def accuracy(tie):
        counted = Counted.of(apply(one, Policies(tie=tie)))
        found = estimate(METRICS["accuracy"], counted)[0]
        return found.value, found.n

    assert accuracy("class") == (0.5, 4)
    assert accuracy("drop") == (0.5, 2)
    assert accuracy("half") == (0.75, 4)
    assert accuracy("wrong") == (0.25, 4)


def test_without_gold_ties_the_tie_is_no_class():
    """A class that gold can't have would count as a recall of 0."""
    scored = apply(ratings([A, TIE, B], [A, TIE, B]), Policies(tie="drop"))
    assert scored.judge.tolist() == [A, B]
    scored = apply(ratings([A, TIE, B], [A, A, B]), Policies(tie="drop"))
    assert scored.judge.tolist() == [A, UNDECIDED, B]
    assert estimate(METRICS["macro_recall"], Counted.of(scored))[0].value == pytest.approx(0.75)


def test_without_gold_ties_chance_has_two_classes():
    one, two = ([A, B, A, B, A, TIE], [A, B, B, B, A, A]), ([0, 1, 0, 1, 0, -1], [0, 1, 1, 1, 0, 0])
    dropped = Counted.of(apply(ratings(*one), Policies(tie="drop"))).table
    # A voided tie is an answer of its own kind; no answer would be the wrong label of the two.
    binary = replace(Counted.of(apply(ratings(*two, scale=Scale.pair(2)), Policies())).table, silent=None)
    for name in ("gwet_ac1", "cohen_kappa", "scott_pi", "krippendorff_alpha_nominal", "macro_f1"):
        assert METRICS[name](dropped).value == pytest.approx(METRICS[name](binary).value)


def test_half_credit_is_for_ties_only():
    scale = Scale.pair(3, both_bad=True)
    one = ratings([3, TIE, NONE], [TIE, 3, TIE], scale=scale)
    assert estimate(METRICS["accuracy"], Counted.of(apply(one, Policies(tie="half"))))[0].value == 0.0


GOLD = [[A, A, B], [A, B, TIE], [B, B, B], [NONE, NONE, B], [NONE, NONE, NONE], [A, B, NONE]]


def test_gold_by_majority_and_unanimity():
    one = ratings([A] * 6, GOLD)
    found = apply(one, Policies())
    assert (found.row.tolist(), found.gold.tolist(), found.left_out) == ([0, 2, 3], [A, B, B], 3)
    found = apply(one, Policies(gold="unanimous"))
    assert (found.row.tolist(), found.gold.tolist(), found.left_out) == ([2, 3], [B, B], 4)


def test_gold_by_each_annotator():
    found = apply(ratings([A] * 6, GOLD), Policies(gold="each"))
    assert sorted(zip(found.row.tolist(), found.gold.tolist(), strict=True)) == [
        (0, A), (0, A), (0, B), (1, A), (1, TIE), (1, B), (2, B), (2, B), (2, B), (3, B), (5, A), (5, B),
    ]  # fmt: skip
    assert found.left_out == 1


def test_gold_by_the_others():
    found = apply(ratings([A] * 6, GOLD), Policies(gold="leave-one-out"))
    # Item 0 without its third annotator: A, A. Item 2 without anyone: B, B. Item 5 without one: the other alone.
    assert sorted(zip(found.row.tolist(), found.gold.tolist(), strict=True)) == [
        (0, A), (2, B), (2, B), (2, B), (5, A), (5, B),
    ]  # fmt: skip


def test_gold_by_mean():
    scale = Scale.rate(1, 5)
    found = apply(ratings([0, 1, 2], [[0, 1], [4, 4], [3, -1]], scale=scale), Policies(gold="mean"))
    assert found.gold_values.tolist() == [1.5, 4.0, 5.0]
    assert found.gold.tolist() == [0, 2, 1]
    rho = estimate(METRICS["spearman_rho"], Counted.of(found))[0]
    assert rho.value == pytest.approx(0.5)
    assert estimate(METRICS["cohen_kappa"], Counted.of(found))[0].undefined == "graded_gold"


@quick
@given(st.lists(st.lists(st.integers(-1, 3), min_size=3, max_size=3), min_size=1, max_size=8))
def test_plurality(rows):
    columns = np.array(rows)
    label, share, ahead = plurality(columns, np.arange(len(rows)), 4)
    for i, votes in enumerate(rows):
        given_votes = [vote for vote in votes if vote >= 0]
        tally = sorted((given_votes.count(code) for code in set(given_votes)), reverse=True)
        assert bool(ahead[i]) == (len(tally) == 1 or (len(tally) > 1 and tally[0] > tally[1]))
        if ahead[i]:
            assert given_votes.count(label[i]) == tally[0]
            assert share[i] == pytest.approx(tally[0] / len(given_votes))


@pytest.mark.parametrize(
    ("scale", "policies", "words"),
    [
        (Scale.check(), {"tie": "drop"}, "tie=drop needs a scale with a tie"),
        (Scale.check(), {"invalid": "tie"}, "invalid=tie needs"),
        (Scale.pair(2), {"order": "inconsistent-tie"}, "order=inconsistent-tie needs"),
        (Scale.rate(1, 5), {"order": "sum-of-signs"}, "needs a pair or check scale"),
        (Scale.check(), {"gold": "mean"}, "needs a rating scale"),
        (Scale.check(), {"gold": "leave-one-out"}, "needs 3 annotators"),
        (Scale.parse("rank:3"), {"order": "both-right"}, "order=both-right makes no sense on the scale rank"),
        (Scale.parse("steps"), {"gold": "each"}, "it takes .* gold=majority or unanimous"),
        (Scale.parse("set:x,y"), {"invalid": "tie"}, "invalid=tie makes no sense"),
        (Scale.parse("number:0-10"), {"gold": "leave-one-out"}, "needs 3 annotators"),
    ],
)
def test_policies_that_make_no_sense_are_refused_before_anything_is_asked(scale, policies, words):
    with pytest.raises(UsageError, match=words):
        check(scale, 1, Policies(**policies))
    if scale.listed:
        with pytest.raises(UsageError, match=words):
            apply(ratings([0, 1], [0, 1], scale=scale), Policies(**policies))


def test_numbers_may_have_the_mean_of_their_annotators_for_gold():
    check(Scale.parse("number:0-10"), 2, Policies(gold="mean"))


@pytest.mark.parametrize(("judge", "gold"), [([0, 3], [0, 1]), ([0, 1], [0, 5]), ([0, -2], [0, 1])])
def test_codes_off_the_scale(judge, gold):
    with pytest.raises(DataError, match="off the scale pair:3"):
        apply(ratings(judge, gold), Policies())


def test_rows_without_gold_columns():
    scored = apply(ratings([A, B], np.zeros((2, 0), dtype=int)), Policies())
    assert (scored.size, scored.left_out) == (0, 2)
