"""Resampled intervals against scipy and loops by hand, and what they answer where they can't be had."""

from __future__ import annotations

import math

import numpy as np
import pytest
from agreement_cases import expand, quick, table
from hypothesis import given
from hypothesis import strategies as st

from judgebench.stats.coefficients.catalog import METRICS
from judgebench.stats.inference.resampling import Parts, resampled, two_way
from judgebench.stats.influence import Clusters, Influences, influences_of, mean

PANDALM_7B = np.array([[32, 35, 38], [40, 298, 84], [35, 100, 337]])


def kappa(counts):
    return METRICS["cohen_kappa"](table(counts)).value


def parts_of(counts, cluster=None):
    gold, judge = expand(counts)
    k = len(counts)
    return Parts.of(gold * k + judge, (k, k), Clusters.of(np.arange(gold.size) if cluster is None else cluster))


def test_bca_of_a_kappa():
    """statistics.md 2.1: BCa, percentile and standard error from 200,000 multinomial tables."""
    parts = parts_of(PANDALM_7B)
    bca, plain = (resampled(parts, kappa, method, draws=6_000) for method in ("bca", "bootstrap"))
    # A bound's Monte Carlo error is about 0.0007 here.
    assert (bca.low, bca.high) == pytest.approx((0.38760, 0.48174), abs=0.003)
    assert (plain.low, plain.high) == pytest.approx((0.38789, 0.48198), abs=0.003)
    assert (bca.se, plain.method, bca.method) == (pytest.approx(0.023987, rel=0.04), "bootstrap", "bca")
    assert resampled(parts, kappa, "bca", draws=500) == resampled(parts, kappa, "bca", draws=500)


def test_bca_is_scipys():
    from scipy.stats import bootstrap

    counts = np.array([[30, 3], [6, 11]])
    gold, judge = expand(counts)

    def statistic(x, y):
        return kappa(np.bincount(x * 2 + y, minlength=4).reshape(2, 2))

    witness = bootstrap(
        (gold, judge),
        statistic,
        paired=True,
        vectorized=False,
        n_resamples=3_000,
        method="BCa",
        rng=np.random.default_rng(1),
    )
    found = resampled(parts_of(counts), kappa, "bca", draws=3_000)
    assert found.method == "bca"
    assert (found.low, found.high) == pytest.approx(tuple(witness.confidence_interval), abs=0.03)
    assert found.se == pytest.approx(witness.standard_error, rel=0.06)


def test_the_cluster_bootstrap_is_the_one_by_hand():
    rng = np.random.default_rng(2)
    cluster = np.repeat(np.arange(25), 6)
    gold = rng.integers(0, 2, 150)
    judge = np.where(rng.random(150) < 0.5 + 0.5 * rng.random(25)[cluster], gold, 1 - gold)
    parts = Parts.of(gold * 2 + judge, (2, 2), Clusters.of(cluster))
    assert parts.groups == 25
    assert parts.total.tolist() == np.bincount(gold * 2 + judge, minlength=4).tolist()
    by_hand = []
    for _ in range(2_000):
        rows = (rng.integers(0, 25, 25)[:, None] * 6 + np.arange(6)).ravel()
        by_hand.append(kappa(np.bincount(gold[rows] * 2 + judge[rows], minlength=4).reshape(2, 2)))
    found = resampled(parts, kappa, "bootstrap", draws=2_000)
    assert (found.low, found.high) == pytest.approx(tuple(np.quantile(by_hand, [0.025, 0.975])), abs=0.03)
    assert found.se == pytest.approx(np.std(by_hand), rel=0.08)
    assert found.method == "bootstrap-clusters"


@quick
@given(seed=st.integers(0, 9_999), groups=st.integers(3, 12))
def test_the_jackknife_is_the_one_by_hand(seed, groups):
    rng = np.random.default_rng(seed)
    cluster = np.repeat(np.arange(groups), 5)
    gold, judge = rng.integers(0, 2, (2, cluster.size))
    less = [
        kappa(np.bincount(gold[cluster != g] * 2 + judge[cluster != g], minlength=4).reshape(2, 2))
        for g in range(groups)
    ]
    found = resampled(Parts.of(gold * 2 + judge, (2, 2), Clusters.of(cluster)), kappa, "jackknife")
    if None in less:
        assert found.low is None
        return
    assert found.se == pytest.approx(math.sqrt((groups - 1) * np.var(less)), abs=1e-12)


@quick
@given(
    counts=st.lists(st.integers(4, 60), min_size=4, max_size=4),
    method=st.sampled_from(["bca", "bootstrap", "jackknife"]),
)
def test_independent_rows_are_drawn_as_clusters_of_one(counts, method):
    square = np.array(counts).reshape(2, 2)
    found = resampled(parts_of(square), kappa, method, draws=200)
    value = kappa(square)
    assert found.low <= value + 0.1
    assert found.high >= value - 0.1
    assert -1 <= found.low < found.high <= 1
    assert found.method in {"bca", "bootstrap", "jackknife-t"}


@pytest.mark.parametrize("method", ["bca", "bootstrap", "jackknife"])
def test_nothing_to_resample(method):
    perfect, constant = np.diag([9, 9]), np.array([[12, 0], [0, 0]])
    assert resampled(parts_of(perfect), kappa, method, draws=200).low is None
    assert resampled(parts_of(constant), kappa, method).low is None
    one = parts_of(PANDALM_7B, np.zeros(999, dtype=int))
    assert resampled(one, kappa, method).low is None


def test_bca_says_when_it_falls_back():
    # One row off the diagonal of two labels, and one cluster without which kappa has no value.
    counts = np.array([[40, 3], [0, 1]])
    independent = parts_of(counts)

    def picky(table_counts):
        return kappa(table_counts) if table_counts.sum() == 44 else None

    found = resampled(independent, picky, "bca", draws=300)
    assert (found.method, found.low is not None) in {("bootstrap", True), ("", False)}
    assert (
        resampled(
            parts_of(np.array([[40, 3], [4, 30]])), lambda c: kappa(c) if c.sum() == 77 else None, "bca", draws=300
        ).method
        == "bootstrap"
    )


def test_two_ways_of_clustering():
    """The two-way sandwich by hand, over all pairs of rows that share a question or a system."""
    rng = np.random.default_rng(8)
    question, system = np.repeat(np.arange(12), 5), np.tile(np.arange(5), 12)
    right = (rng.random(60) < 0.3 + 0.5 * rng.random(12)[question]).astype(float)
    influences = (right - right.mean()) / 60
    share_q, share_s = question[:, None] == question, system[:, None] == system
    parts = [
        float((np.outer(influences, influences) * shared).sum()) * g / (g - 1)
        for shared, g in ((share_q, 12), (share_s, 5), (share_q & share_s, 60))
    ]
    ways = [mean(right, Clusters.of(codes)) for codes in (question, system, np.arange(60))]
    assert two_way(*ways) == pytest.approx(math.sqrt(parts[0] + parts[1] - parts[2]))
    single = Influences(0.5, 2, np.array([0]), np.array([0.0]))
    assert two_way(ways[0], single, ways[2]) is None
    still = Influences(0.5, 4, np.arange(4), np.zeros(4))
    assert two_way(still, still, ways[2]) == 0.0


def test_one_row_more_or_less_is_the_influence():
    gold, judge = expand(PANDALM_7B)
    one = table(PANDALM_7B)
    found = resampled(parts_of(PANDALM_7B), kappa, "jackknife")
    engine = influences_of(one, METRICS["cohen_kappa"](one), gold * 3 + judge, Clusters.of(np.arange(999)))
    assert found.se == pytest.approx(engine.se, rel=2e-3)
