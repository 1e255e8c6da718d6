"""Tests and multiplicity: published values, statsmodels and scipy, and what holds for any data."""

from __future__ import annotations

import itertools
import math

import numpy as np
import pytest
from agreement_cases import difference, quick, table
from hypothesis import assume, given
from hypothesis import strategies as st

from judgebench.stats.coefficients.catalog import METRICS
from judgebench.stats.inference.intervals import agresti_min, clopper_pearson, rule_of_three
from judgebench.stats.inference.multiplicity import (
    benjamini_hochberg,
    benjamini_yekutieli,
    holm,
    max_t,
    pairwise,
    rank_sets,
    stack,
)
from judgebench.stats.inference.paired import Permuted, label_swap, mcnemar, sign_flip
from judgebench.stats.influence import Clusters, Influences, mean

# Benjamini & Hochberg (1995), section 3.2; adjusted with R's p.adjust.
BH1995 = (
    0.0001,
    0.0004,
    0.0019,
    0.0095,
    0.0201,
    0.0278,
    0.0298,
    0.0344,
    0.0459,
    0.3240,
    0.4262,
    0.5719,
    0.6528,
    0.7590,
    1.0,
)
ADJUSTED = {
    benjamini_hochberg: (
        0.0015,
        0.003,
        0.0095,
        0.035625,
        0.0603,
        0.06385714286,
        0.06385714286,
        0.0645,
        0.0765,
        0.486,
        0.58118181818,
        0.714875,
        0.75323076923,
        0.81321428571,
        1.0,
    ),
    holm: (0.0015, 0.0056, 0.0247, 0.114, 0.2211, 0.278, 0.278, 0.278, 0.3213, *[1.0] * 6),
    benjamini_yekutieli: (
        0.00497734349,
        0.00995468698,
        0.03152317544,
        0.11821190788,
        0.20008920829,
        0.21189262285,
        0.21189262285,
        0.21402577006,
        0.25384451798,
        *[1.0] * 6,
    ),
}
WITNESS = {benjamini_hochberg: "fdr_bh", holm: "holm", benjamini_yekutieli: "fdr_by"}


@pytest.mark.parametrize("adjust", ADJUSTED)
def test_adjusted_p_values_are_rs(adjust):
    """statistics.md 9.3."""
    assert adjust(BH1995) == pytest.approx(ADJUSTED[adjust], abs=5e-12)
    shuffled = np.random.default_rng(0).permutation(15)
    assert adjust(np.array(BH1995)[shuffled]) == pytest.approx(np.array(ADJUSTED[adjust])[shuffled], abs=5e-12)


@quick
@given(p=st.lists(st.floats(0, 1), min_size=1, max_size=30), adjust=st.sampled_from(list(WITNESS)))
def test_adjusted_p_values_are_statsmodels_and_scipys(p, adjust):
    from scipy.stats import false_discovery_control
    from statsmodels.stats.multitest import multipletests

    found = adjust(p)
    assert found == pytest.approx(multipletests(p, method=WITNESS[adjust])[1], abs=1e-12)
    if adjust is not holm:
        assert found == pytest.approx(false_discovery_control(p, method=WITNESS[adjust][-2:]), abs=1e-12)
    assert (found >= np.array(p) * (1 - 1e-12)).all()


@pytest.mark.parametrize("p", [[0.5, math.nan], [-0.1], [1.1], [[0.1, 0.2]]])
def test_no_p_value(p):
    with pytest.raises(ValueError, match="p-values"):
        holm(p)


def test_no_test_is_no_error():
    assert benjamini_hochberg([]).size == holm([]).size == benjamini_yekutieli([]).size == 0


@pytest.mark.parametrize(
    ("counts", "method", "p"),
    [
        ((150, 86), "chi2", 3.099293441045e-05),
        ((150, 86), "chi2-corrected", 4.11456228134594e-05),
        ((150, 86), "exact", 3.71593613957143e-05),
        ((145, 115), "exact", 0.0718929718549155),
        ((145, 115), "chi2-corrected", 0.0720972305116653),
        ((145, 115), "chi2", 0.0628118475160988),
        ((145, 115), "mid-p", 0.0631108724023883),
        ((0, 0), "exact", 1.0),
        ((0, 0), "chi2", 1.0),
    ],
)
def test_mcnemar(counts, method, p):
    """statistics.md 9.3: R's mcnemar.test and binom.test; the second pair are PandaLM's two judges."""
    assert mcnemar(*counts, method) == pytest.approx(p, rel=1e-11)
    assert mcnemar(*counts[::-1], method) == pytest.approx(p, rel=1e-11)


@quick
@given(b=st.integers(0, 300), c=st.integers(0, 300))
def test_mcnemar_is_statsmodels_and_scipys(b, c):
    from scipy.stats import binom, binomtest
    from statsmodels.stats.contingency_tables import mcnemar as witness

    assume(b + c)
    square = [[10, b], [c, 10]]
    assert mcnemar(b, c) == pytest.approx(binomtest(b, b + c).pvalue, rel=1e-9)
    assert mcnemar(b, c) == pytest.approx(witness(square, exact=True).pvalue, rel=1e-9)
    assert mcnemar(b, c, "chi2") == pytest.approx(witness(square, exact=False, correction=False).pvalue, rel=1e-9)
    if b != c:
        # statsmodels lets |b - c| - 1 become -1.
        assert mcnemar(b, c, "chi2-corrected") == pytest.approx(witness(square, exact=False).pvalue, rel=1e-9)
        mid = 2 * (binom.cdf(min(b, c), b + c, 0.5) - binom.pmf(min(b, c), b + c, 0.5) / 2)
        assert mcnemar(b, c, "mid-p") == pytest.approx(mid, rel=1e-9)


def test_negative_counts_are_refused():
    with pytest.raises(ValueError, match="not negative"):
        mcnemar(-1, 3)


@pytest.mark.parametrize(
    ("hits", "n", "bounds"),
    [
        (8, 10, (0.443904537692359, 0.974789273673167)),
        (0, 10, (0, 0.3084971078187608)),
        (10, 10, (0.6915028921812392, 1)),
    ],
)
def test_clopper_pearson(hits, n, bounds):
    """statistics.md 9.3 (R's binom.test)."""
    assert clopper_pearson(hits, n) == pytest.approx(bounds, abs=1e-12)


@quick
@given(n=st.integers(1, 400), share=st.floats(0, 1), level=st.sampled_from([0.8, 0.95, 0.99]))
def test_clopper_pearson_is_scipys_and_statsmodels(n, share, level):
    from scipy.stats import binomtest
    from statsmodels.stats.proportion import proportion_confint

    hits = round(n * share)
    found = clopper_pearson(hits, n, level)
    witness = binomtest(hits, n).proportion_ci(level)
    # scipy finds its bounds by a search that stops near 1e-12.
    assert found == pytest.approx((witness.low, witness.high), abs=1e-9)
    assert found == pytest.approx(proportion_confint(hits, n, 1 - level, method="beta"), abs=1e-12)


def test_rule_of_three_is_the_exact_bound_of_no_hits():
    for n in (30, 100, 1000):
        assert rule_of_three(n) == pytest.approx(3 / n, rel=0.002)
        assert rule_of_three(n) == pytest.approx(1 - 0.05 ** (1 / n), rel=2 / n)
    assert rule_of_three(1) == 1.0


def test_agresti_min():
    """statistics.md 9.3: PandaLM's two judges."""
    assert agresti_min(145, 115, 999) == pytest.approx((-0.001607993, 0.031561053 + 0.029987), abs=1e-8)


@quick
@given(b=st.integers(0, 40), c=st.integers(0, 40), same=st.integers(1, 60))
def test_agresti_min_is_walds_on_half_an_item_more(b, c, same):
    n = b + c + same + 2
    wald = 1.959963984540054 * math.sqrt(((b + 0.5) + (c + 0.5) - (b - c) ** 2 / n) / n**2)
    low, high = agresti_min(b, c, b + c + same)
    assert (low, high) == pytest.approx((max(-1, (b - c) / n - wald), min(1, (b - c) / n + wald)), abs=1e-12)
    assert agresti_min(c, b, b + c + same) == pytest.approx((-high, -low))


@pytest.mark.parametrize("call", [(11, 10), (-1, 10), (0, 0)])
def test_no_proportion(call):
    with pytest.raises(ValueError, match="not a proportion"):
        clopper_pearson(*call)


@quick
@given(b=st.integers(0, 60), c=st.integers(0, 60))
def test_flipping_independent_items_is_mcnemar(b, c):
    assert sign_flip(np.r_[np.ones(b), -np.ones(c), 0]).p == pytest.approx(mcnemar(b, c), abs=1e-12)


@quick
@given(values=st.lists(st.integers(-6, 6), min_size=1, max_size=10))
def test_flipped_sums_are_counted_in_full(values):
    signed = [abs(np.dot(signs, values)) for signs in itertools.product([1, -1], repeat=len(values))]
    by_hand = np.mean(np.array(signed) >= abs(sum(values)))
    counted = sign_flip(np.array(values, dtype=float))
    assert counted == Permuted(sum(values), pytest.approx(by_hand), 0)
    drawn = sign_flip(np.array(values) / 8 + 1e-3 * np.sign(values), draws=4_000)
    assert drawn.draws in {0, 4_000}


def test_drawn_flips_are_scipys():
    from scipy.stats import permutation_test

    values = np.random.default_rng(1).normal(0.3, 1, 12)
    witness = permutation_test((values,), np.mean, permutation_type="samples", n_resamples=np.inf).pvalue
    found = sign_flip(values, draws=40_000)
    assert found.p == pytest.approx(witness, abs=4 * math.sqrt(witness / 40_000))
    assert sign_flip(values, draws=40_000) == found


def swap_by_hand(first, second, shape, statistic, cluster):
    """Every pattern of swaps of whole clusters, one by one."""

    def gap(a, b):
        counts = [np.bincount(x, minlength=shape[0] * shape[1]).reshape(shape) for x in (a, b)]
        return statistic(counts[0]) - statistic(counts[1])

    groups = np.unique(cluster)
    gaps = []
    for pattern in itertools.product([False, True], repeat=groups.size):
        turned = np.isin(cluster, groups[np.array(pattern)])
        gaps.append(gap(np.where(turned, second, first), np.where(turned, first, second)))
    return gap(first, second), np.mean(np.abs(gaps) >= abs(gap(first, second)) - 1e-12)


@pytest.mark.parametrize("clustered", [False, True])
def test_label_swap_is_the_swap_by_hand(clustered):
    rng = np.random.default_rng(4)
    n = 27 if clustered else 10
    cluster = np.arange(n) // 3 if clustered else np.arange(n)
    gold, first, second = rng.integers(0, 2, (3, n))

    def kappa(joint):
        values = [METRICS["cohen_kappa"](table(part * n)).value for part in joint.reshape(-1, 2, 2)]
        return np.array(values, dtype=float).reshape(joint.shape[:-2])

    args = (gold * 2 + np.where(rng.random(n) < 0.7, gold, first), gold * 2 + second, (2, 2), kappa)
    observed, p = swap_by_hand(*args, cluster)
    found = label_swap(*args, Clusters.of(cluster), draws=2_000)
    assert found.observed == pytest.approx(observed)
    assert found.p == pytest.approx(p, abs=4 * math.sqrt(p * (1 - p) / 2_000) + 1e-3)


def test_a_swap_without_a_value_is_no_evidence():
    independent = Clusters.of(np.arange(4))
    with pytest.raises(ValueError, match="undefined"):
        label_swap(
            np.zeros(4, int), np.ones(4, int), (2, 2), lambda joint: np.full(joint.shape[:-2], np.nan), independent
        )


def paired_means(seed, groups=30, rows=120, columns=4):
    rng = np.random.default_rng(seed)
    cluster = rng.integers(0, groups, rows)
    scores = rng.random((rows, columns)) + rng.random(groups)[cluster][:, None] + np.arange(columns) * 0.03
    return scores, Clusters.of(cluster)


@quick
@given(seed=st.integers(0, 10_000))
def test_a_difference_of_means_is_the_mean_of_differences(seed):
    scores, clusters = paired_means(seed)
    found = difference(mean(scores[:, 0], clusters), mean(scores[:, 1], clusters))
    alone = mean(scores[:, 0] - scores[:, 1], clusters)
    assert (found.value, found.se) == pytest.approx((alone.value, alone.se))
    back = difference(mean(scores[:, 1], clusters), mean(scores[:, 0], clusters))
    assert (back.low, back.high, back.p) == pytest.approx((-found.high, -found.low, found.p))
    assert found.df == pytest.approx(alone.df)
    assert found.df < clusters.count - 1


def test_an_independent_difference_is_the_paired_t_test():
    from scipy.stats import ttest_rel

    rng = np.random.default_rng(5)
    first, second = rng.random((2, 40))
    independent = Clusters.of(np.arange(40))
    witness = ttest_rel(first, second)
    found = difference(mean(first, independent), mean(second, independent))
    assert (found.statistic, found.p) == pytest.approx((witness.statistic, witness.pvalue))
    assert (found.low, found.high) == pytest.approx(tuple(witness.confidence_interval()))


def test_no_spread_is_no_certainty():
    independent = Clusters.of(np.arange(3))
    same = mean(np.array([1.0, 0.0, 1.0]), independent)
    found = difference(same, same)
    assert (found.value, found.se, found.low, found.p) == (0.0, 0.0, None, None)
    one = Influences(0.5, 3, np.array([0]), np.array([0.0]))
    assert difference(one, one).se is None


def test_max_t_of_one_is_the_t_quantile():
    from scipy.stats import t

    scores, clusters = paired_means(0, groups=6)
    one = mean(scores[:, 0], clusters)
    found = max_t(np.array([one.value]), one.sums[:, None], draws=200_000)
    assert found.critical == pytest.approx(t.ppf(0.975, 5), rel=0.02)
    assert found.se == pytest.approx([one.cr1])


def test_max_t_is_between_one_test_and_bonferroni():
    from scipy.stats import norm, t

    scores, clusters = paired_means(2, groups=60, rows=240, columns=6)
    compared = pairwise(*stack([mean(column, clusters) for column in scores.T]))
    df = clusters.count - 1
    assert t.ppf(0.975, df) < compared.critical < t.ppf(1 - 0.025 / 15, df)
    assert (compared.p_max_t >= compared.p - 0.01).all()
    assert (compared.p_max_t <= holm(compared.p) * 15 + 0.01).all()
    assert ((compared.low > 0) | (compared.high < 0)).tolist() == (compared.p_max_t < 0.05).tolist()
    normal = pairwise(*stack([mean(column, clusters) for column in scores.T]), normal=True)
    assert norm.ppf(0.975) < normal.critical < compared.critical
    for row, (a, b) in enumerate(compared.pairs):
        alone = difference(mean(scores[:, a], clusters), mean(scores[:, b], clusters))
        assert (compared.difference[row], compared.se[row]) == pytest.approx((alone.value, alone.se))
        assert compared.p[row] == pytest.approx(alone.p, abs=0.02)


def test_max_t_is_the_bootstrap_drawn_by_hand():
    scores, clusters = paired_means(3)
    values, influences, _ = stack([mean(column, clusters) for column in scores.T])
    draws = np.random.default_rng(9).standard_normal((20_000, clusters.count)) @ influences
    by_hand = np.quantile(np.abs(draws / np.sqrt((influences**2).sum(axis=0))).max(axis=1), 0.95)
    assert max_t(values, influences, normal=True).critical == pytest.approx(by_hand, abs=0.04)


def test_twins_are_no_evidence():
    """Two judges with the same verdicts differ by nothing; a third one's tests are as if one of them weren't there."""
    scores, clusters = paired_means(6, columns=2)
    twins = stack([mean(scores[:, column], clusters) for column in (0, 0, 1)])
    found = pairwise(*twins)
    assert (found.p[0], found.p_max_t[0], found.se[0]) == (1.0, 1.0, 0.0)
    assert found.critical == pytest.approx(
        pairwise(*stack([mean(column, clusters) for column in scores.T])).critical, abs=0.05
    )
    sets = rank_sets(found)
    assert (sets.best[0], sets.worst[0]) == (sets.best[1], sets.worst[1])


def test_disjoint_estimates_stack_as_independent():
    one, other = (
        Influences(0.5, 2, np.array([0, 1]), np.array([0.1, -0.1])),
        Influences(0.7, 2, np.array([5, 9]), np.array([0.2, -0.2])),
    )
    values, influences, shares = stack([one, other])
    assert shares.tolist() == [0.25] * 4
    assert values.tolist() == [0.5, 0.7]
    assert influences.tolist() == [[0.1, 0], [-0.1, 0], [0, 0.2], [0, -0.2]]


@pytest.mark.parametrize(
    ("values", "influences", "message"),
    [
        (np.zeros(2), np.zeros((4, 3)), "don't fit"),
        (np.zeros(2), np.zeros((1, 2)), "one cluster"),
        (np.zeros(1), np.zeros((4, 1)), "2 estimates"),
    ],
)
def test_nothing_to_compare(values, influences, message):
    with pytest.raises(ValueError, match=message):
        pairwise(values, influences)


@quick
@given(seed=st.integers(0, 10_000), gap=st.floats(0, 0.3))
def test_rank_sets_hold_the_observed_ranks(seed, gap):
    scores, clusters = paired_means(seed)
    scores = scores + gap * np.arange(scores.shape[1])
    values, influences, shares = stack([mean(column, clusters) for column in scores.T])
    sets = rank_sets(pairwise(values, influences, shares, draws=500))
    rank = 1 + (values[:, None] < values).sum(axis=1)
    assert ((sets.best <= rank) & (rank <= sets.worst)).all()
