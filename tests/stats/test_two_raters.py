"""Coefficients of two raters beside two witnesses each: a library, and the definition row by row."""

from __future__ import annotations

import itertools
import warnings

import numpy as np
import pytest
from agreement_cases import counts, expand, quick, table, value
from hypothesis import HealthCheck, assume, given, settings
from hypothesis import strategies as st

from judgebench.agreement.estimates import Counted, estimate
from judgebench.stats.coefficients import raters
from judgebench.stats.coefficients.catalog import METRICS, class_metric
from judgebench.stats.coefficients.chance import brennan_prediger_weighted, gwet_ac2, weight_matrix, weighted_kappa
from judgebench.stats.influence import Clusters


@quick
@given(found=counts())
def test_matthews(found):
    from sklearn.metrics import matthews_corrcoef

    gold, judge = expand(found)
    ours = value("matthews_corrcoef", found)
    assert ours == pytest.approx(matthews_corrcoef(gold, judge), abs=1e-9)
    # Gorodkin's definition: the correlation of indicator columns, summed over the classes.
    one, two = (np.eye(len(found))[side] for side in (gold, judge))
    one, two = one - one.mean(axis=0), two - two.mean(axis=0)
    assert ours == pytest.approx((one * two).sum() / np.sqrt((one**2).sum() * (two**2).sum()), abs=1e-9)


@quick
@given(found=counts(top=4))
def test_tau_b(found):
    from scipy.stats import kendalltau

    gold, judge = expand(found)
    ours = value("kendall_tau_b", found)
    assert ours == pytest.approx(kendalltau(gold, judge).statistic, abs=1e-9)
    pairs = [
        (np.sign(gold[i] - gold[j]), np.sign(judge[i] - judge[j]))
        for i, j in itertools.combinations(range(gold.size), 2)
    ]
    one, two = np.array(pairs).T
    assert ours == pytest.approx((one * two).sum() / np.sqrt((one**2).sum() * (two**2).sum()), abs=1e-9)


@quick
@given(found=counts())
def test_pearson(found):
    from scipy.stats import pearsonr

    gold, judge = expand(found)
    ours = value("pearson_r", found)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        assert ours == pytest.approx(pearsonr(gold, judge).statistic, abs=1e-9)
    assert ours == pytest.approx(np.corrcoef(gold, judge)[0, 1], abs=1e-9)


@quick
@given(found=counts())
def test_concordance(found):
    from sklearn.metrics import cohen_kappa_score

    gold, judge = expand(found)
    ours = value("lin_ccc", found)
    theirs = cohen_kappa_score(gold, judge, labels=range(len(found)), weights="quadratic")
    assert ours == pytest.approx(theirs, abs=1e-9)
    product = np.cov(gold, judge, ddof=0)
    apart = (gold.mean() - judge.mean()) ** 2
    assert ours == pytest.approx(2 * product[0, 1] / (product.trace() + apart), abs=1e-9)


def mean_squares(gold, judge):
    """Mean squares of rows, columns and what is left, from their definition."""
    data = np.c_[gold, judge].astype(float)
    n, k = data.shape
    rows, columns, whole = data.mean(axis=1), data.mean(axis=0), data.mean()
    left = data - rows[:, None] - columns[None, :] + whole
    between = k * ((rows - whole) ** 2).sum() / (n - 1)
    return between, n * ((columns - whole) ** 2).sum() / (k - 1), (left**2).sum() / ((n - 1) * (k - 1))


def both_iccs(rows, columns, left, n):
    """ICC(A,1) and ICC(C,1) of two raters, as McGraw and Wong write them."""
    return (rows - left) / (rows + left + 2 * (columns - left) / n), (rows - left) / (rows + left)


@quick
@given(found=counts())
def test_intraclass_correlations(found):
    gold, judge = expand(found)
    absolute, consistent = value("icc_a1", found), value("icc_c1", found)
    expected = both_iccs(*mean_squares(gold, judge), gold.size)
    assert (absolute, consistent) == (pytest.approx(expected[0], abs=1e-9), pytest.approx(expected[1], abs=1e-9))


@settings(max_examples=5, deadline=None)
@given(found=counts(top=4))
def test_intraclass_correlations_are_statsmodels(found):
    import pandas as pd
    from statsmodels.formula.api import ols
    from statsmodels.stats.anova import anova_lm

    gold, judge = expand(found)
    assume(gold.size >= 4 and np.ptp(gold) and np.ptp(judge) and (gold - judge).std() > 0)
    long = pd.DataFrame(
        {"y": np.r_[gold, judge], "item": np.tile(np.arange(gold.size), 2), "rater": np.repeat([0, 1], gold.size)}
    )
    squares = anova_lm(ols("y ~ C(item) + C(rater)", long).fit())["mean_sq"]
    expected = both_iccs(squares["C(item)"], squares["C(rater)"], squares["Residual"], gold.size)
    assert value("icc_a1", found) == pytest.approx(expected[0], abs=1e-9)
    assert value("icc_c1", found) == pytest.approx(expected[1], abs=1e-9)


def by_hand(found, weights, chance):
    """Agreement corrected by a given chance term, row by row."""
    gold, judge = expand(found)
    agree = np.mean([weights[i, j] for i, j in zip(gold, judge, strict=True)])
    return (agree - chance) / (1 - chance)


@quick
@given(found=counts(), kind=st.sampled_from(["identity", "linear", "quadratic"]))
def test_ac2_and_brennan_prediger(found, kind):
    q = len(found)
    one = table(found)
    weights = np.eye(q) if kind == "identity" else weight_matrix(len(one.joint), one.values, kind)
    gold, judge = expand(found)
    units = np.c_[gold, judge]
    share = np.bincount(units.ravel(), minlength=q) / units.size
    chance = weights.sum() / (q * (q - 1)) * (share * (1 - share)).sum()
    for ours, panel, expected in (
        (gwet_ac2(one, weights), raters.gwet_ac(units, q, weights), chance),
        (brennan_prediger_weighted(one, weights), raters.brennan_prediger(units, q, weights), weights.sum() / q**2),
    ):
        assert ours.value == pytest.approx(by_hand(found, weights, expected), abs=1e-9)
        # The many-rater functions never see the table.
        assert ours.value == pytest.approx(panel.value, abs=1e-9)
    names = ("gwet_ac1", "brennan_prediger") if kind == "identity" else (f"gwet_ac2_{kind}",)
    expected = {"gwet_ac1": chance, "brennan_prediger": 1 / q, f"gwet_ac2_{kind}": chance}
    for name in names:
        assert value(name, found) == pytest.approx(by_hand(found, weights, expected[name]), abs=1e-9)


@quick
@given(found=counts(), seed=st.integers(0, 2**16))
def test_kappa_with_any_weights(found, seed):
    q = len(found)
    weights = np.random.default_rng(seed).random((q, q))
    np.fill_diagonal(weights, 1)
    ours = weighted_kappa(table(found), weights)
    assume(ours.value is not None)
    gold, judge = expand(found)
    # Every gold label beside every verdict: what independent sides would give.
    chance = weights[np.ix_(gold, judge)].mean()
    assert ours.value == pytest.approx(by_hand(found, weights, chance), abs=1e-9)


@quick
@given(found=counts(), low=st.integers(-5, 5))
def test_errors_and_near_misses(found, low):
    from sklearn.metrics import mean_absolute_error

    values = low + 2.0 * np.arange(len(found))
    gold, judge = expand(found)
    expected = mean_absolute_error(values[gold], values[judge])
    assert value("mean_absolute_error", found, values=values) == pytest.approx(expected)
    assert value("mean_absolute_error", found, values=values) == pytest.approx(
        np.abs(values[gold] - values[judge]).mean()
    )
    assert value("mean_signed_error", found, values=values) == pytest.approx((values[judge] - values[gold]).mean())
    near = np.mean([abs(i - j) <= 1 for i, j in zip(gold, judge, strict=True)])
    assert value("adjacent_agreement", found, values=values) == pytest.approx(near)


@quick
@given(found=counts())
def test_balanced_accuracy(found):
    from sklearn.metrics import balanced_accuracy_score

    gold, judge = expand(found)
    ours = value("balanced_accuracy", found)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        assert ours == pytest.approx(balanced_accuracy_score(gold, judge))
    assert ours == pytest.approx(np.mean([(judge[gold == label] == label).mean() for label in np.unique(gold)]))


@quick
@given(found=counts(most=2))
def test_leniency(found):
    from sklearn.metrics import balanced_accuracy_score, confusion_matrix

    gold, judge = expand(found)
    ours = value("youden_j", found, positive=1)
    assert ours == pytest.approx(balanced_accuracy_score(gold, judge, adjusted=True))
    rates = confusion_matrix(gold, judge, normalize="true")
    assert ours == pytest.approx(rates.trace() - 1)
    lenient = value("leniency_p_plus", found, positive=1)
    assert lenient == pytest.approx(rates[0, 1] / (rates[0, 1] + rates[1, 0]))
    accepted, rejected = (judge[gold == 0] == 1).mean(), (judge[gold == 1] == 0).mean()
    assert lenient == pytest.approx(accepted / (accepted + rejected))


@quick
@given(found=counts())
def test_classes(found):
    from sklearn.metrics import precision_recall_fscore_support

    gold, judge = expand(found)
    labels = range(len(found))
    theirs = precision_recall_fscore_support(gold, judge, labels=labels, zero_division=np.nan)
    for name, expected in zip(("precision", "recall", "f1"), theirs, strict=False):
        for label in labels:
            ours = class_metric(name, label)(table(found))
            assert (ours.value is None) == bool(np.isnan(expected[label]))
            assert ours.value is None or ours.value == pytest.approx(expected[label])


@quick
@given(found=counts(least=3, most=3))
def test_agreement_with_and_without_ties(found):
    from sklearn.metrics import accuracy_score

    gold, judge = expand(found)
    assert value("agreement_s1", found, tie=1) == pytest.approx(accuracy_score(gold, judge))
    ours = METRICS["agreement_s2"](table(found, tie=1))
    kept = (gold != 1) & (judge != 1)
    assert (ours.reason == "only_ties") == (not kept.any())
    if kept.any():
        assert (ours.value, ours.n) == (pytest.approx(accuracy_score(gold[kept], judge[kept])), kept.sum())
    assert value("gold_tie_rate", found, tie=1) == pytest.approx((gold == 1).mean())
    assert value("judge_tie_rate", found, tie=1) == pytest.approx((judge == 1).mean())


# -- a verdict without a place -----------------------------------------------------------------------------------------


def failing(found, label):
    """One right answer becomes an unusable verdict."""
    q = len(found)
    wide = np.zeros((q + 1, q + 1), dtype=int)
    wide[:q, :q] = found
    before = wide.copy()
    wide[label, label] -= 1
    wide[label, q] += 1
    return [table(one, declared=q, positive=1 if q == 2 else None, tie=1 if q == 3 else None) for one in (before, wide)]


# Metrics over all rows. Correlations treat a failure as the judge's mean and errors leave it out: see their docstrings.
@pytest.mark.parametrize(
    "name",
    [
        "adjacent_agreement",
        "agreement_s1",
        "agreement_s2",
        "balanced_accuracy",
        "brennan_prediger",
        "gwet_ac2_linear",
        "gwet_ac2_quadratic",
        "true_positive_rate",
        "true_negative_rate",
        "youden_j",
    ],
)
@settings(quick, suppress_health_check=[HealthCheck.too_slow, HealthCheck.filter_too_much])
@given(found=counts(top=20), data=st.data())
def test_failing_a_right_answer_never_pays(name, found, data):
    label = data.draw(st.sampled_from([code for code in range(len(found)) if found[code, code]] or [None]))
    assume(label is not None)
    before, after = (METRICS[name](one).value for one in failing(found, label))
    assume(before is not None and after is not None)
    assert after <= before + 1e-12


def test_a_failure_leans_nowhere():
    before = table([[5, 2, 0], [1, 7, 0], [0, 0, 0]], declared=2, positive=1)
    after = table([[5, 2, 1], [1, 7, 1], [0, 0, 0]], declared=2, positive=1)
    assert METRICS["leniency_p_plus"](before).value == pytest.approx((2 / 7) / (2 / 7 + 1 / 8))
    assert METRICS["leniency_p_plus"](after).value == pytest.approx((2 / 8) / (2 / 8 + 1 / 9))


def test_errors_leave_out_what_has_no_place_and_say_so():
    found = METRICS["mean_absolute_error"](table([[3, 1, 2], [0, 4, 2], [0, 0, 0]], declared=2))
    assert (found.value, found.n) == (pytest.approx(1 / 8), 8)
    assert METRICS["mean_signed_error"](table([[0, 0, 3], [0, 0, 2], [0, 0, 0]], declared=2)).reason == "nothing_placed"


@pytest.mark.parametrize("name", ["spearman_rho", "kendall_tau_b", "pearson_r", "icc_a1", "icc_c1", "lin_ccc"])
def test_half_of_a_perfect_judge_s_answers_fail(name):
    found = np.diag([6, 6, 6, 0])
    found[range(3), 3] = 6
    assert METRICS[name](table(np.diag([12, 12, 12, 0]), declared=3)).value == pytest.approx(1)
    assert METRICS[name](table(found, declared=3)).value < 0.8


def test_ac2_below_minus_one_lies_in_its_interval():
    """Full misses only (no usable verdict): quadratic weights of three labels let AC2 fall as low as -2."""
    one = table([[0, 0, 3, 0], [0, 0, 0, 3], [0, 0, 0, 0], [0, 0, 0, 0]], declared=3)
    gold, judge = expand([[0, 0, 3, 0], [0, 0, 0, 3], [0, 0, 0, 0], [0, 0, 0, 0]])
    found, _ = estimate(METRICS["gwet_ac2_quadratic"], Counted(one, gold * 4 + judge, Clusters.of(np.arange(6))))
    assert found.value == pytest.approx(-9 / 7)
    assert -2 <= found.low < found.value < found.high
