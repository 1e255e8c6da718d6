"""Preference for length and agreement of a judge with itself, against counting by hand."""

from __future__ import annotations

import math
from itertools import combinations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from judgebench.agreement.bias import length_difference, retest_agreement
from judgebench.agreement.policies import apply
from judgebench.agreement.ratings import from_codes
from judgebench.domain import Policies, Scale

_PAIRS = st.lists(
    st.tuples(st.integers(-1, 2), st.integers(0, 2), st.one_of(st.just(float("nan")), st.integers(-50, 50))),
    min_size=1,
    max_size=150,
)


@given(_PAIRS)
def test_the_difference_is_that_of_a_count(rows: list[tuple[int, int, float]]) -> None:
    judge, gold, ahead = zip(*rows, strict=True)
    found = length_difference(apply(from_codes(Scale.pair(), judge, gold), Policies()), np.array(ahead, dtype=float))
    told = [row for row in rows if row[0] in {0, 2} and row[1] in {0, 2} and row[2] and not math.isnan(row[2])]
    if not told:
        assert found.undefined == "no_items"
        return
    assert found.n == len(told)
    apart = [((j == 2) == (a > 0)) - ((g == 2) == (a > 0)) for j, g, a in told]
    assert found.value == pytest.approx(np.mean(apart), abs=1e-12)


@given(_PAIRS)
def test_turning_every_pair_round_changes_nothing(rows: list[tuple[int, int, float]]) -> None:
    judge, gold, ahead = (np.array(column, dtype=float) for column in zip(*rows, strict=True))
    plain = apply(from_codes(Scale.pair(), judge.astype(int), gold.astype(int)), Policies())
    turned = apply(
        from_codes(Scale.pair(), np.where(judge < 0, -1, 2 - judge).astype(int), (2 - gold).astype(int)), Policies()
    )
    assert length_difference(plain, ahead) == length_difference(turned, -ahead)


def test_questions_are_the_unit() -> None:
    rng = np.random.default_rng(0)
    judge, gold = 2 * rng.integers(0, 2, 200), 2 * rng.integers(0, 2, 200)
    ahead = rng.normal(size=200)
    independent = apply(from_codes(Scale.pair(), judge, gold), Policies())
    # Every row twice: as many questions, so the same interval.
    twice = apply(
        from_codes(Scale.pair(), np.tile(judge, 2), np.tile(gold, 2), cluster=np.tile(np.arange(200), 2)), Policies()
    )
    one, two = length_difference(independent, ahead), length_difference(twice, np.tile(ahead, 2))
    assert one.low == pytest.approx(two.low)
    assert one.high == pytest.approx(two.high)


def test_a_check_has_no_two_responses() -> None:
    with pytest.raises(ValueError, match="check scale"):
        length_difference(apply(from_codes(Scale.check(), [1], [1]), Policies()), np.zeros(1))


@given(st.lists(st.lists(st.integers(-1, 2), min_size=1, max_size=5), min_size=1, max_size=30))
def test_retest_is_the_mean_over_pairs_of_askings(cases: list[list[int]]) -> None:
    said = [code for case in cases for code in case]
    item = [i for i, case in enumerate(cases) for _ in case]
    found = retest_agreement(from_codes(Scale.pair(), said, np.zeros(len(said)), item=item))
    shares = []
    for case in cases:
        pairs = list(combinations(case, 2))
        if pairs:
            # No verdict is like no other.
            shares.append(np.mean([a == b >= 0 for a, b in pairs]))
    if not shares:
        assert found.undefined == "no_repeats"
        return
    assert found.n == len(shares)
    assert found.value == pytest.approx(np.mean(shares))
    assert found.low is None or found.low <= (found.value or 0) + 1e-12


def test_two_orders_are_no_repeat() -> None:
    both = from_codes(Scale.pair(), [0, 2], [0, 0], item=[0, 0], swapped=[False, True])
    assert retest_agreement(both).undefined == "no_repeats"
