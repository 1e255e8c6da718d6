"""Standard errors and intervals: known values, and what makes no certainty out of nothing."""

from __future__ import annotations

import math
from dataclasses import replace

import numpy as np
import pytest
from agreement_cases import expand, quick, se_iid, table
from hypothesis import assume, given
from hypothesis import strategies as st

from judgebench.agreement.estimates import Counted, estimate
from judgebench.stats.coefficients.catalog import METRICS
from judgebench.stats.crosstab import Outcome
from judgebench.stats.inference.intervals import cr1_interval, default_interval, t_interval, t_quantile, wilson
from judgebench.stats.influence import Clusters, Influences, combine, influences_of, mean, resting_on

COUNTS = np.array([[88, 14, 18], [10, 40, 10], [2, 6, 12]])


def spread_of(name, counts, cluster=None):
    gold, judge = expand(counts)
    one = table(counts)
    clusters = Clusters.of(np.arange(gold.size) if cluster is None else cluster)
    return influences_of(one, METRICS[name](one), gold * len(counts) + judge, clusters)


# R's prop.test and binom.test.
@pytest.mark.parametrize(
    ("hits", "n", "low", "high"),
    [
        (8, 10, 0.490162471536642, 0.943317848545625),
        (0, 10, 0.0, 0.27753279986288926),
        (10, 10, 0.7224672001371106, 1.0),
        (81, 263, 0.255288519878274, 0.366209576982800),
        (697, 999, 0.6685062416415734, 0.7253745622738391),
    ],
)
def test_wilson(hits, n, low, high):
    assert wilson(hits / n, n) == pytest.approx((low, high), abs=1e-12)


def test_independent_rows_have_the_iid_error_with_n_minus_one():
    one = table(COUNTS)
    found = spread_of("cohen_kappa", COUNTS)
    n = COUNTS.sum()
    assert found.se == pytest.approx(se_iid(one, METRICS["cohen_kappa"](one)) * math.sqrt(n / (n - 1)))


def test_fisher_z_interval():
    # PandaLM-7B's kappa; the reference interval has the normal quantile and no n / (n - 1).
    counts = np.array([[32, 35, 38], [40, 298, 84], [35, 100, 337]])
    found = t_interval(spread_of("cohen_kappa", counts))
    assert (found.low, found.high) == pytest.approx((0.38704, 0.48129), abs=1e-4)
    assert found.method == "cr2-t-fisher-z"


@pytest.mark.parametrize("df", [1, 4, 30, 1000])
def test_t_quantile_is_scipys(df):
    from scipy.stats import t

    assert t_quantile(df) == pytest.approx(t.ppf(0.975, df))


@quick
@given(
    seed=st.integers(0, 999),
    groups=st.integers(2, 12),
    name=st.sampled_from(["accuracy", "cohen_kappa", "scott_pi", "spearman_rho", "macro_f1"]),
)
def test_an_item_repeated_whole_is_no_news(seed, groups, name):
    """Doubling every row within its cluster changes neither value nor clustered standard error."""
    rng = np.random.default_rng(seed)
    gold, judge, cluster = rng.integers(0, 2, 40), rng.integers(0, 2, 40), rng.integers(0, groups, 40)
    found = []
    for times in (1, 2):
        counts = np.zeros((2, 2), dtype=int)
        g, j, c = np.tile(gold, times), np.tile(judge, times), np.tile(cluster, times)
        np.add.at(counts, (g, j), 1)
        one = table(counts)
        outcome = METRICS[name](one)
        assume(outcome.value is not None)
        found.append(influences_of(one, outcome, g * 2 + j, Clusters.of(c)))
    assert found[0].value == pytest.approx(found[1].value)
    assert found[0].se == pytest.approx(found[1].se)


def test_accuracy_clustered_is_statsmodels():
    import statsmodels.api as sm

    rng = np.random.default_rng(3)
    cluster = rng.integers(0, 30, 200)
    right = (rng.random(200) < 0.4 + 0.4 * (cluster % 2)).astype(float)
    fitted = sm.OLS(right, np.ones(200)).fit(
        cov_type="cluster", cov_kwds={"groups": cluster, "df_correction": True}, use_t=True
    )
    # statsmodels multiplies by (n - 1) / (n - k) as well, which is 1 for a mean.
    assert mean(right, Clusters.of(cluster)).cr1 == pytest.approx(fitted.bse[0], rel=1e-9)


@pytest.mark.parametrize("name", ["cohen_kappa", "krippendorff_alpha_ordinal", "spearman_rho", "gwet_ac1", "macro_f1"])
def test_the_jackknife_agrees(name):
    counts = COUNTS * 2
    n = counts.sum()
    pseudo, weights = [], []
    for i, j in np.ndindex(counts.shape):
        less = counts.copy()
        less[i, j] -= 1
        pseudo.append(METRICS[name](table(less)).value)
        weights.append(counts[i, j])
    center = np.average(pseudo, weights=weights)
    jackknife = math.sqrt((n - 1) / n * np.average((np.array(pseudo) - center) ** 2, weights=weights) * n)
    assert spread_of(name, counts).se == pytest.approx(jackknife, rel=0.02)


def test_few_clusters_take_their_degrees_of_freedom():
    found = t_interval(Influences(0.4, 9, np.arange(3), np.array([0.05, -0.02, -0.03])))
    se = math.sqrt(3 / 2 * 0.0038)
    reach = 4.302652729911275 * se / (1 - 0.4**2)
    assert found.se == pytest.approx(se)
    assert (found.low, found.high) == pytest.approx(
        (math.tanh(math.atanh(0.4) - reach), math.tanh(math.atanh(0.4) + reach))
    )


def test_one_cluster_has_a_value_and_no_interval():
    found = t_interval(spread_of("cohen_kappa", COUNTS, np.zeros(200, dtype=int)))
    assert (found.low, found.high, found.se) == (None, None, None)


def test_no_pull_is_no_certainty():
    """Perfect agreement on 12 items must not claim the interval [1, 1]."""
    counts = np.diag([6, 6])
    found = cr1_interval(spread_of("cohen_kappa", counts), 12, independent=True, chance=0.5)
    agreement = wilson(1.0, 12)[0]
    assert found.low == pytest.approx(1 - (1 - agreement) / 0.5)
    assert found.high == 1.0
    exact = default_interval(spread_of("cohen_kappa", counts), 12, chance=0.5)
    assert (exact.low, exact.method) == (pytest.approx(1 - 2 * (1 - 0.025 ** (1 / 12))), "few-events")


def test_a_perfect_clustered_proportion_counts_its_clusters():
    perfect = spread_of("accuracy", np.diag([20, 20]), np.arange(40) // 4)
    found = cr1_interval(perfect, 40, independent=False, share=True, low=0.0)
    assert (found.low, found.high) == pytest.approx(wilson(1.0, 10))
    found = default_interval(perfect, 40, share=True, low=0.0)
    assert 0.7 < found.low < wilson(1.0, 40)[0]
    assert (found.high, found.method) == (1.0, "share-few-events")


def test_bounds_hold():
    influences = np.full(4, 0.2) * [1, -1, 1, -1]
    for low, value in ((0.0, 0.97), (-1.0, -0.97), (0.0, 1.0), (0.0, 0.0)):
        found = t_interval(Influences(value, 4, np.arange(4), influences), low=low)
        assert low <= found.low <= value <= found.high <= 1.0


def test_without_bounds_the_interval_is_symmetric():
    found = t_interval(Influences(3.0, 4, np.arange(4), np.array([1.0, -1, 1, -1])), low=-math.inf, high=math.inf)
    assert found.high - 3 == pytest.approx(3 - found.low)


def test_a_combination_adds_pulls_of_shared_clusters():
    one = Influences(0.5, 3, np.array([4, 7, 9]), np.array([0.1, -0.2, 0.1]))
    assert combine([one, one], [1.0, -1.0]).se == 0.0
    both = combine([one, Influences(0.25, 1, np.array([11]), np.array([0.3]))], [0.5, 0.5])
    assert both.value == pytest.approx(0.375)
    assert both.ids.tolist() == [4, 7, 9, 11]
    assert both.sums.tolist() == pytest.approx([0.05, -0.1, 0.05, 0.15])


def test_clusters_close_gaps():
    clusters = Clusters.of(np.array([5, 2, 5, 9]))
    assert clusters.ids.tolist() == [2, 5, 9]
    assert clusters.codes.tolist() == [1, 0, 1, 2]
    assert (clusters.count, clusters.independent) == (3, False)
    assert Clusters.of(np.zeros(0, dtype=int)).count == 0


def test_an_undefined_outcome_has_no_influence():
    one = table(COUNTS)
    with pytest.raises(ValueError, match="no_variation"):
        se_iid(one, Outcome.undefined("no_variation"))


def test_a_rate_on_some_questions_has_their_number_of_clusters():
    # Positive items in 3 of 100 questions, two a question, all accepted: the other 97 questions know nothing of that.
    cluster = np.repeat(np.arange(100), 2)
    gold = (cluster < 3).astype(int)
    one = table(np.diag([194, 6]), positive=1)
    counted = Counted(one, gold * 2 + gold, Clusters.of(cluster))
    rate, influences = estimate(METRICS["true_positive_rate"], counted, "cr1")
    assert (rate.low, rate.high) == pytest.approx(wilson(1.0, 3))
    rate, _ = estimate(METRICS["true_positive_rate"], counted)
    assert (rate.effective, rate.high, rate.method) == (3.0, 1.0, "share-few-events")
    assert rate.low < wilson(1.0, 3)[0]
    assert influences.ids.tolist() == [0, 1, 2]


@pytest.mark.parametrize(
    ("name", "kept"),
    [
        ("true_positive_rate", lambda gold, judge: gold == 1),
        ("true_negative_rate", lambda gold, judge: gold == 0),
        ("agreement_s2", lambda gold, judge: (gold != 1) & (judge != 1)),
        ("mean_signed_error", lambda gold, judge: judge < 3),
    ],
)
def test_a_rate_on_some_rows_is_that_of_these_rows_alone(name, kept):
    """Same error, clusters and bounds as a mean over the rows of the denominator."""
    rng = np.random.default_rng(5)
    labels = 2 if name.startswith("true") else 3
    cluster = rng.integers(0, 12, 40)
    gold = np.where(cluster < 7, rng.integers(0, labels, 40), 0)
    judge = np.where(cluster == 11, 3, rng.integers(0, labels, 40)) if labels == 3 else rng.integers(0, 2, 40)
    size = 4 if labels == 3 else 2
    counts = np.bincount(gold * size + judge, minlength=size * size).reshape(size, size)
    one = table(counts, declared=labels, positive=1 if labels == 2 else None, tie=1 if labels == 3 else None)
    found, influences = estimate(METRICS[name], Counted(one, gold * size + judge, Clusters.of(cluster)))
    rows = np.flatnonzero(kept(gold, judge))
    per_row = judge - gold if name == "mean_signed_error" else gold == judge
    alone = mean(per_row[rows].astype(float), Clusters.of(cluster[rows]))
    assert (found.value, found.se, found.n) == (pytest.approx(alone.value), pytest.approx(alone.se), rows.size)
    assert influences.ids.tolist() == alone.ids.tolist()
    assert influences.ids.size < np.unique(cluster).size
    without, _ = estimate(METRICS[name], Counted(one, gold * size + judge, Clusters.of(cluster)), "jackknife")
    kept_rows = np.flatnonzero(np.isin(cluster, influences.ids))
    cells = (gold * size + judge)[kept_rows]
    counts = np.bincount(cells, minlength=size * size).reshape(size, size)
    fewer = replace(one, joint=counts / kept_rows.size, n=int(kept_rows.size))
    same, _ = estimate(METRICS[name], Counted(fewer, cells, Clusters.of(cluster[kept_rows])), "jackknife")
    assert (without.low, without.high, without.method) == (
        pytest.approx(same.low), pytest.approx(same.high), "jackknife-t"
    )  # fmt: skip


def test_an_estimate_on_some_of_its_clusters_has_their_error():
    five = Influences(0.8, 5, np.arange(5), np.array([0.1, -0.1, 0.0, 0.0, 0.0]))
    found = resting_on(five, np.array([1.0, 1.0, 0.0, 0.0, 0.0]))
    assert (found.se, found.df, found.effective) == pytest.approx((0.2, 1.0, 2.0))
