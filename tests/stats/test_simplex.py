"""Judge-only rankings: the exact counter-example, the sampler against plain rejection, what two levels guarantee."""

from __future__ import annotations

from itertools import pairwise

import numpy as np
import pytest
from agreement_cases import quick
from hypothesis import given
from hypothesis import strategies as st

from judgebench.stats.inference.simplex import rank_under, sweep

# Scores 1, 2, 3 of two systems; which is ahead depends on the judge (after Vossler et al. 2025, arXiv 2505.21972).
OBSERVED = np.array([[0.3, 0.4, 0.3], [0.2, 0.58, 0.22]])
COUNTS = (1000 * OBSERVED).round().astype(int)
VALUES = np.array([1.0, 2.0, 3.0])


def test_two_judges_who_are_mostly_right_order_two_systems_differently():
    assert (OBSERVED @ VALUES).tolist() == pytest.approx([2.00, 2.02])
    judge = np.array([[1, 0, 0], [0, 1, 0], [0, 0.45, 0.55]])
    behind = np.linalg.solve(judge.T, OBSERVED.T).T
    assert behind[0] == pytest.approx([0.3, 0.154545, 0.545455], abs=5e-7)
    assert behind[1] == pytest.approx([0.2, 0.4, 0.4])
    assert behind @ VALUES == pytest.approx([2.245455, 2.2], abs=5e-7)
    assert behind @ judge == pytest.approx(OBSERVED)


def test_the_report_finds_that_order():
    found = rank_under(COUNTS, VALUES, 0.5, sampling=False)
    assert 0.3 < found.any_flip < 0.5
    assert found.flips[1, 0] == found.any_flip
    assert found.flip_share == found.any_flip
    assert found.best.tolist() == [1, 1]
    assert found.worst.tolist() == [2, 2]
    # A judge that is almost perfect can't turn it round.
    assert rank_under(COUNTS, VALUES, 0.97, sampling=False).any_flip == 0


@pytest.mark.parametrize("diagonal", [0.7, 0.5])
def test_the_sampler_draws_what_rejection_draws(diagonal):
    rng = np.random.default_rng(1)
    judges = diagonal * np.eye(3) + (1 - diagonal) * rng.dirichlet(np.ones(3), (60_000, 3))
    behind = np.einsum("bkm,sm->bsk", np.linalg.inv(judges.transpose(0, 2, 1)), OBSERVED)
    scores = behind[(behind >= 0).all(axis=(1, 2))] @ VALUES
    found = rank_under(COUNTS, VALUES, diagonal, sampling=False, draws=3000)
    assert found.mean == pytest.approx(scores.mean(axis=0), abs=0.015)
    assert found.low == pytest.approx(np.quantile(scores, 0.025, axis=0), abs=0.03)
    assert found.high == pytest.approx(np.quantile(scores, 0.975, axis=0), abs=0.03)
    assert found.any_flip == pytest.approx((scores[:, 0] > scores[:, 1]).mean(), abs=0.03)


@quick
@given(seed=st.integers(0, 10_000), diagonal=st.sampled_from([0.9, 0.6, 0.4]))
def test_with_two_levels_and_one_judge_no_order_turns(seed, diagonal):
    rng = np.random.default_rng(seed)
    accepted = rng.choice(np.arange(20, 80), 4, replace=False)
    counts = np.column_stack([100 - accepted, accepted])
    found = rank_under(counts, np.array([0.0, 1.0]), diagonal, sampling=False, draws=50)
    assert found.any_flip == 0
    assert found.best.tolist() == found.worst.tolist() == [1 + int((accepted > a).sum()) for a in accepted]


def test_a_judge_of_its_own_for_each_system_turns_even_two_levels():
    counts = np.array([[45, 55], [40, 60]])
    found = rank_under(counts, np.array([0.0, 1.0]), 0.7, common=False, sampling=False)
    assert found.any_flip > 0.2


def test_less_trust_in_the_judge_means_wider_intervals():
    found = sweep(COUNTS, VALUES, (0.9, 0.7, 0.5), draws=400)
    widths = [ranking.high - ranking.low for ranking in found]
    assert [ranking.diagonal for ranking in found] == [1.0, 0.9, 0.7, 0.5]
    assert all((b > a).all() for a, b in pairwise(widths))
    again = sweep(COUNTS, VALUES, (0.9, 0.7, 0.5), draws=400)
    assert [ranking.any_flip for ranking in found] == [ranking.any_flip for ranking in again]


def test_sampling_error_alone_is_the_bootstraps():
    found = rank_under(COUNTS, VALUES, 1.0, draws=4000)
    spread = np.sqrt((OBSERVED @ VALUES**2 - (OBSERVED @ VALUES) ** 2) / 1000)
    assert (found.high - found.low) / (2 * 1.96) == pytest.approx(spread, rel=0.07)


def test_shared_questions_pair_the_systems():
    rng = np.random.default_rng(2)
    hard = rng.random(150)
    first = (rng.random(150) < hard).astype(int)
    second = np.where(rng.random(150) < 0.05, 1, first)
    counts = np.zeros((150, 2, 2), int)
    counts[np.arange(150), 0, first] = 1
    counts[np.arange(150), 1, second] = 1
    paired = rank_under(counts, np.array([0.0, 1.0]), 0.8)
    alone = rank_under(counts.sum(axis=0), np.array([0.0, 1.0]), 0.8)
    assert paired.any_flip < 0.05 < alone.any_flip


def test_nonsense_is_refused():
    with pytest.raises(ValueError, match="diagonal"):
        rank_under(COUNTS, VALUES, 0.0)
    with pytest.raises(ValueError, match="two systems"):
        rank_under(COUNTS[:1], VALUES, 0.5)
    with pytest.raises(ValueError, match="two systems"):
        rank_under(np.array([[1, 2], [0, 0]]), np.array([0.0, 1.0]), 0.5)
