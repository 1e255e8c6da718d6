"""Tiers: what the definition says, on any order."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from judgebench.stats.inference.multiplicity import tiers


@st.composite
def orders(draw: st.DrawFn) -> tuple[int, set[tuple[int, int]]]:
    """Pairs that never go round: ahead means an earlier place in some order."""
    count = draw(st.integers(0, 9))
    place = draw(st.permutations(range(count)))
    pairs = [(a, b) for i, a in enumerate(place) for b in place[i + 1 :]]
    return count, set(draw(st.lists(st.sampled_from(pairs), max_size=30))) if pairs else set()


@given(orders())
def test_nobody_is_ahead_within_a_tier_and_everybody_is_behind_someone_just_above(given_order) -> None:
    count, ahead = given_order
    found = tiers(count, ahead)
    assert all(found[a] < found[b] for a, b in ahead)
    for one, tier in enumerate(found):
        if tier > 1:
            assert any(b == one and found[a] == tier - 1 for a, b in ahead)
    assert set(found) == set(range(1, max(found, default=0) + 1))


@given(orders())
def test_there_are_no_fewer_tiers_than_the_longest_chain_needs(given_order) -> None:
    """As many tiers as the longest chain has members (Mirsky), found here by walking all chains."""
    count, ahead = given_order
    longest = [1] * count
    for _ in range(count):
        for a, b in ahead:
            longest[b] = max(longest[b], longest[a] + 1)
    assert max(tiers(count, ahead), default=0) == max(longest, default=0)


def test_a_circle_is_refused() -> None:
    with pytest.raises(ValueError, match="circle"):
        tiers(2, [(0, 1), (1, 0)])
