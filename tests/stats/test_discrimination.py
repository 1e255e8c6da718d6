"""Area under the ROC curve: scikit-learn, brute force, DeLong by the book, and what it refuses."""

from __future__ import annotations

import math

import numpy as np
import pytest
from agreement_cases import quick
from hypothesis import given
from hypothesis import strategies as st
from sklearn.metrics import accuracy_score, roc_auc_score

from judgebench.stats.coefficients.calibration import auc, delong_covariance, delong_test, threshold_accuracy
from judgebench.stats.influence import Clusters

seeds = st.integers(0, 10_000)


def drawn(seed, n=40, levels=8):
    """Scores with ties, related to gold of both classes."""
    rng = np.random.default_rng(seed)
    positive = rng.random(n) < rng.uniform(0.2, 0.8)
    positive[:4] = [True, True, False, False]
    scores = np.round(rng.normal(size=n) + positive, 1) if levels is None else rng.integers(0, levels, n) + positive
    return scores.astype(float), positive


def kernel(scores, positive):
    pairs = scores[positive][:, None] - scores[~positive][None, :]
    return (pairs > 0) + (pairs == 0) / 2


@quick
@given(seed=seeds)
def test_area_is_sklearns_and_the_share_of_pairs(seed):
    scores, positive = drawn(seed)
    found = auc(scores, positive)
    assert found.value == pytest.approx(roc_auc_score(positive, scores), abs=1e-12)
    assert found.value == pytest.approx(kernel(scores, positive).mean(), abs=1e-12)


@quick
@given(seed=seeds)
def test_standard_error_is_delongs(seed):
    """Structural components from the whole matrix of pairs, with sample variances."""
    scores, positive = drawn(seed)
    pairs = kernel(scores, positive)
    m, k = pairs.shape
    variance = pairs.mean(axis=1).var(ddof=1) / m + pairs.mean(axis=0).var(ddof=1) / k
    found = auc(scores, positive).influences(Clusters.of(np.arange(positive.size)))
    assert found.se == pytest.approx(math.sqrt(variance), abs=1e-12)
    _, covariance = delong_covariance(scores[None], positive)
    assert covariance[0, 0] == pytest.approx(variance, abs=1e-12)


@quick
@given(seed=seeds)
def test_paired_difference_is_a_sum_of_influences(seed):
    first, positive = drawn(seed)
    second = np.random.default_rng(seed + 1).permutation(first)
    test = delong_test(first, second, positive)
    independent = Clusters.of(np.arange(positive.size))
    a, b = (auc(scores, positive).influences(independent).sums for scores in (first, second))
    n = positive.size
    assert test.se == pytest.approx(math.sqrt(n / (n - 1) * float(((a - b) ** 2).sum())), abs=1e-12)
    assert test.difference == pytest.approx(roc_auc_score(positive, first) - roc_auc_score(positive, second))


def test_a_judge_does_not_differ_from_itself():
    scores, positive = drawn(1)
    test = delong_test(scores, scores, positive)
    assert (test.difference, test.se, test.z, test.p) == (0.0, 0.0, None, None)


def test_hanley_mcneil_1982():
    """Table I of the paper: area 0.893; its standard error there is from another formula (0.032)."""
    scores = np.repeat([0.0, 1, 2, 3, 4] * 2, [33, 6, 6, 11, 2, 3, 2, 2, 11, 33])
    positive = np.arange(109) >= 58
    found = auc(scores, positive).influences(Clusters.of(np.arange(109)))
    assert found.value == pytest.approx(0.893, abs=5e-4)
    assert found.se == pytest.approx(0.032, abs=2e-3)


@quick
@given(seed=seeds)
def test_what_leaves_the_area_alone_and_what_mirrors_it(seed):
    scores, positive = drawn(seed)
    value = auc(scores, positive).value
    order = np.random.default_rng(seed).permutation(positive.size)
    assert auc(scores[order], positive[order]).value == pytest.approx(value, abs=1e-12)
    assert auc(np.exp(scores / 3), positive).value == pytest.approx(value, abs=1e-12)
    assert auc(-scores, positive).value == pytest.approx(1 - value, abs=1e-12)
    assert auc(scores, ~positive).value == pytest.approx(1 - value, abs=1e-12)


@quick
@given(seed=seeds)
def test_rows_repeated_within_their_cluster_are_no_news(seed):
    scores, positive = drawn(seed, n=60)
    cluster = np.arange(60) // 3
    once = auc(scores, positive).influences(Clusters.of(cluster))
    found = auc(np.tile(scores, 20), np.tile(positive, 20)).influences(Clusters.of(np.tile(cluster, 20)))
    assert found.value == pytest.approx(once.value)
    # DeLong's own n / (n - 1) depends on the rows; all else does not.
    assert found.se == pytest.approx(once.se, rel=0.06)
    independent = auc(np.tile(scores, 20), np.tile(positive, 20)).influences(Clusters.of(np.arange(1200)))
    assert independent.se < found.se


def test_clustered_error_is_the_jackknifes():
    """Leaving out whole clusters gives about the same standard error."""
    scores, positive = drawn(5, n=400)
    cluster = np.arange(400) // 4
    found = auc(scores, positive).influences(Clusters.of(cluster)).se
    left = np.array([auc(scores[cluster != g], positive[cluster != g]).value for g in range(100)])
    assert found == pytest.approx(math.sqrt(99 / 100 * ((left - left.mean()) ** 2).sum()), rel=0.03)


@pytest.mark.parametrize(
    ("scores", "positive", "reason"),
    [([], [], "no_items"), ([1, 2], [True, True], "one_class"), ([1], [0], "one_class")],
)
def test_no_area_without_both_classes(scores, positive, reason):
    found = auc(np.array(scores, dtype=float), np.array(positive, dtype=bool))
    assert (found.value, found.reason) == (None, reason)


def test_one_positive_item_gives_a_value_without_an_error():
    found = auc(np.array([1.0, 2, 3]), np.array([False, True, False]))
    assert found.value == 0.5
    assert found.influence is None
    with pytest.raises(ValueError, match="no standard error"):
        found.influences(Clusters.of(np.arange(3)))
    with pytest.raises(ValueError, match="2 positive"):
        delong_test(np.ones(3), np.ones(3), np.array([False, True, False]))


def test_nan_is_no_score():
    with pytest.raises(ValueError, match="NaN"):
        auc(np.array([1.0, math.nan]), np.array([True, False]))


@quick
@given(seed=seeds, threshold=st.floats(0, 8))
def test_accuracy_at_a_threshold(seed, threshold):
    scores, positive = drawn(seed)
    found = threshold_accuracy(scores, positive, threshold)
    assert found.value == pytest.approx(accuracy_score(positive, scores >= threshold))
