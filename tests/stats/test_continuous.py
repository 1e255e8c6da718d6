"""Numbers against numbers: scipy, numpy, analysis of variance, the jackknife, and published values."""

from __future__ import annotations

import math

import numpy as np
import pytest
from agreement_cases import quick
from hypothesis import given
from hypothesis import strategies as st
from scipy.stats import pearsonr, spearmanr

from judgebench.stats.coefficients import continuous
from judgebench.stats.inference.intervals import jackknife_interval
from judgebench.stats.influence import Clusters

seeds = st.integers(0, 10_000)
ALL = (
    continuous.pearson,
    continuous.spearman,
    continuous.concordance,
    continuous.icc_agreement,
    continuous.icc_consistency,
    continuous.mean_absolute_error,
    continuous.mean_signed_error,
)


def drawn(seed, n=60, ties=False):
    rng = np.random.default_rng(seed)
    x = rng.normal(3, 1, n)
    y = 0.7 * x + rng.normal(0.5, 0.8, n)
    return (np.round(x * 2) / 2, np.round(y * 2) / 2) if ties else (x, y)


def anova(x, y):
    """ICC(A,1) and ICC(C,1) from the mean squares of Shrout & Fleiss."""
    data, n = np.column_stack([x, y]), len(x)
    rows, columns, grand = data.mean(axis=1), data.mean(axis=0), data.mean()
    between = 2 * ((rows - grand) ** 2).sum() / (n - 1)
    raters = n * ((columns - grand) ** 2).sum()
    error = ((data - rows[:, None] - columns + grand) ** 2).sum() / (n - 1)
    return (
        (between - error) / (between + error + 2 * (raters - error) / n),
        (between - error) / (between + error),
    )


@quick
@given(seed=seeds, ties=st.booleans())
def test_two_witnesses(seed, ties):
    x, y = drawn(seed, ties=ties)
    n = x.size
    assert continuous.pearson(x, y).value == pytest.approx(pearsonr(x, y).statistic)
    assert continuous.pearson(x, y).value == pytest.approx(np.corrcoef(x, y)[0, 1])
    assert continuous.spearman(x, y).value == pytest.approx(spearmanr(x, y).statistic)
    ranks = [np.array([(side < v).sum() + (side == v).sum() / 2 for v in side]) for side in (x, y)]
    assert continuous.spearman(x, y).value == pytest.approx(np.corrcoef(*ranks)[0, 1])
    agreement, consistency = anova(x, y)
    assert continuous.icc_agreement(x, y).value == pytest.approx(agreement)
    assert continuous.icc_consistency(x, y).value == pytest.approx(consistency)
    lin = 2 * np.cov(x, y, ddof=0)[0, 1] / (x.var() + y.var() + (x.mean() - y.mean()) ** 2)
    assert continuous.concordance(x, y).value == pytest.approx(lin)
    # Nickerson (1997): ICC(A,1) is Lin's coefficient but for terms of order 1 / n.
    assert abs(lin - agreement) < 2 / n
    assert continuous.mean_absolute_error(x, y).value == pytest.approx(np.abs(y - x).mean())
    assert continuous.mean_signed_error(x, y).value == pytest.approx(y.mean() - x.mean())


@quick
@given(seed=seeds, ties=st.booleans())
@pytest.mark.parametrize("function", ALL)
def test_standard_errors_are_the_jackknifes(function, seed, ties):
    x, y = drawn(seed, n=120, ties=ties)
    found = function(x, y)
    assert abs(float(found.influence.mean())) < 1e-2 / math.sqrt(120)
    left = np.array([function(np.delete(x, i), np.delete(y, i)).value for i in range(120)])
    jackknife = math.sqrt(119 / 120 * float(((left - left.mean()) ** 2).sum()))
    assert found.influences(Clusters.of(np.arange(120))).se == pytest.approx(jackknife, rel=0.12)


@quick
@given(seed=seeds)
def test_units_and_order(seed):
    x, y = drawn(seed)
    order = np.random.default_rng(seed).permutation(x.size)
    for function in ALL:
        assert function(x[order], y[order]).value == pytest.approx(function(x, y).value)
    for function in (continuous.pearson, continuous.spearman):
        assert function(x, 3 * y + 5).value == pytest.approx(function(x, y).value)
    for function in ALL[2:5]:
        assert function(3 * x + 5, 3 * y + 5).value == pytest.approx(function(x, y).value)
    assert continuous.icc_consistency(x, y + 7).value == pytest.approx(continuous.icc_consistency(x, y).value)
    assert continuous.icc_agreement(x, y + 7).value < continuous.icc_agreement(x, y).value


def test_published_values():
    """statistics.md section 9.2 and 9.3: Shrout & Fleiss judges 1 and 4; the tie example in R and scipy."""
    one, four = np.array([9.0, 6, 8, 7, 10, 6]), np.array([8.0, 2, 8, 6, 9, 7])
    assert continuous.concordance(one, four).value == pytest.approx(0.605263157894737, abs=1e-12)
    x, y = np.array([1.0, 2, 2, 3, 4, 4, 5]), np.array([1.0, 1, 2, 3, 3, 5, 4])
    assert continuous.spearman(x, y).value == pytest.approx(0.888888888888889, abs=1e-12)


@pytest.mark.parametrize("function", ALL[:5])
@pytest.mark.parametrize(
    ("x", "y", "reason"),
    [([1, 2], [1, 2], "too_few_items"), ([], [], "too_few_items"), ([0.1] * 3, [1, 2, 3], "no_variation")],
)
def test_no_variation_no_coefficient(function, x, y, reason):
    found = function(np.array(x, dtype=float), np.array(y, dtype=float))
    assert (found.value, found.reason) == (None, reason)


@pytest.mark.parametrize("function", ALL)
def test_what_is_no_number_is_refused(function):
    with pytest.raises(ValueError, match="finite"):
        function(np.array([1.0, 2, math.nan]), np.ones(3))
    with pytest.raises(ValueError, match="shape"):
        function(np.ones(2), np.ones(3))


@pytest.mark.filterwarnings("error")
@pytest.mark.parametrize("unit", [1e-200, 1e200])
def test_correlations_do_not_depend_on_the_unit(unit):
    x, y = np.array([1.0, 2, 3, 5]), np.array([2.0, 1, 4, 3])
    plain, scaled = continuous.pearson(x, y), continuous.pearson(x * unit, y)
    assert scaled.value == pytest.approx(plain.value, rel=1e-12)
    assert scaled.influence == pytest.approx(plain.influence, rel=1e-9)


@pytest.mark.parametrize("function", [continuous.pearson, *ALL[2:5]])
def test_values_without_a_cluster_are_those_of_the_other_rows(function):
    rng = np.random.default_rng(2)
    gold = 1e4 + rng.normal(size=30)
    judge = gold + rng.normal(size=30)
    codes = rng.integers(0, 7, 30)
    found = function(gold, judge)
    expected = [function(gold[codes != one], judge[codes != one]).value for one in range(7)]
    assert found.without(Clusters.of(codes)) == pytest.approx(expected, abs=1e-9)


def test_the_jackknife_of_a_mean_is_its_error():
    rng = np.random.default_rng(3)
    values = rng.random(20)
    less = (values.sum() - values) / 19
    found = jackknife_interval(float(values.mean()), less, np.full(20, 1 / 20), low=-math.inf, high=math.inf)
    assert found.se == pytest.approx(values.std(ddof=1) / math.sqrt(20))
    assert found.method == "jackknife-t"
    assert jackknife_interval(0.5, np.full(4, 0.5), np.full(4, 1 / 4)).low is None
    assert jackknife_interval(0.5, np.array([0.5, np.nan]), np.full(2, 1 / 2)).low is None
