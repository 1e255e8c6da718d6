"""A second witness, under Hypothesis: many raters, probabilities, rankings, steps, strengths with ties."""

from __future__ import annotations

import math
import warnings
from itertools import combinations

import numpy as np
import pytest
from agreement_cases import quick
from hypothesis import assume, given
from hypothesis import strategies as st

from judgebench.stats.coefficients import continuous, sequence_scores
from judgebench.stats.coefficients.bradley_terry import Games, bradley_terry, connected
from judgebench.stats.coefficients.calibration import (
    auc,
    calibration_line,
    expected_calibration_error,
    spiegelhalter_z,
    threshold_accuracy,
)
from judgebench.stats.coefficients.orderings import compare_orders, decisiveness
from judgebench.stats.coefficients.raters import conger_kappa, gwet_ac, icc, light_kappa, mean_agreement

seeds = st.integers(0, 10_000)
#: Complete ratings of four raters in three categories.
complete = st.lists(st.lists(st.integers(0, 2), min_size=4, max_size=4), min_size=4, max_size=20).map(np.array)


@quick
@given(codes=complete)
def test_panels_from_pairs_of_raters(codes):
    """Mean agreement, Conger's and Light's kappa from scikit-learn's and statsmodels' figures of each pair."""
    from sklearn.metrics import accuracy_score, cohen_kappa_score, confusion_matrix
    from statsmodels.stats.inter_rater import cohens_kappa

    pairs = [(codes[:, g], codes[:, h]) for g, h in combinations(range(4), 2)]
    agreed = [accuracy_score(*pair) for pair in pairs]
    assert mean_agreement(codes, 3).value == pytest.approx(np.mean(agreed), abs=1e-12)
    assume(all(len(np.unique(pair)) > 1 for pair in pairs))
    kappas = [cohen_kappa_score(*pair) for pair in pairs]
    # What chance the library took: agreement and kappa give it back, unless both are 1.
    assume(max(kappas) < 1)
    chance = np.mean([(a - k) / (1 - k) for a, k in zip(agreed, kappas, strict=True)])
    ours = conger_kappa(codes, 3).value
    assert ours == pytest.approx((np.mean(agreed) - chance) / (1 - chance), abs=1e-9)
    tables = [confusion_matrix(*pair, labels=range(3)) for pair in pairs]
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        assert light_kappa(codes, 3).value == pytest.approx(np.mean([cohens_kappa(t).kappa for t in tables]), abs=1e-9)


@quick
@given(codes=complete)
def test_ac1_of_many_by_statsmodels_chance(codes):
    """Fleiss' chance is the sum of squared shares, AC1's is the rest of it over q - 1."""
    from statsmodels.stats.inter_rater import aggregate_raters, fleiss_kappa

    agreed = mean_agreement(codes, 3).value
    assume(agreed < 1)
    kappa = fleiss_kappa(aggregate_raters(codes, 3)[0])
    chance = (1 - (agreed - kappa) / (1 - kappa)) / 2
    assert gwet_ac(codes, 3).value == pytest.approx((agreed - chance) / (1 - chance), abs=1e-9)


@quick
@given(
    values=st.lists(st.lists(st.integers(1, 9), min_size=3, max_size=3), min_size=3, max_size=12).map(
        lambda rows: np.array(rows, dtype=float)
    )
)
def test_icc_of_means(values):
    """Cronbach's alpha is ICC(C,k); the others follow from the single one by Spearman and Brown."""
    assume(np.ptp(values) > 0)
    total = values.sum(axis=1).var(ddof=1)
    for form in ("one-way", "agreement", "consistency"):
        single, mean = icc(values, form).value, icc(values, form, average=True).value
        if single is None or mean is None or abs(1 + 2 * single) < 1e-6:
            continue
        assert mean == pytest.approx(3 * single / (1 + 2 * single), rel=1e-6, abs=1e-9)
        if form == "consistency":
            items = values.var(axis=0, ddof=1).sum()
            assert mean == pytest.approx(1.5 * (1 - items / total), rel=1e-6, abs=1e-9)


@quick
@given(seed=seeds)
def test_numbers_against_numbers(seed):
    """Concordance from squared distances, errors from scikit-learn, ICC(C,1) from variances of sum and difference."""
    from sklearn.metrics import mean_absolute_error, mean_squared_error

    rng = np.random.default_rng(seed)
    x = rng.normal(3, 1, 40)
    y = 0.7 * x + rng.normal(0.5, 0.8, 40)
    if seed % 2:
        x, y = np.round(x), np.round(y)
    apart = x.var() + y.var() + (x.mean() - y.mean()) ** 2
    assert continuous.concordance(x, y).value == pytest.approx(1 - mean_squared_error(x, y) / apart)
    assert continuous.mean_absolute_error(x, y).value == pytest.approx(mean_absolute_error(x, y))
    assert continuous.mean_signed_error(x, y).value == pytest.approx(sum(y - x) / 40)
    both, gap = (x + y).var(ddof=1), (x - y).var(ddof=1)
    assert continuous.icc_consistency(x, y).value == pytest.approx((both - gap) / (both + gap))
    assert continuous.icc_agreement(x, y).value == pytest.approx(icc(np.c_[x, y]).value)


def stated(seed, n=200):
    rng = np.random.default_rng(seed)
    p = np.round(rng.beta(1.5, 1.2, n), 2).clip(0.01, 0.99)
    y = rng.random(n) < p ** rng.uniform(0.5, 2)
    y[:2], p[:2] = [True, False], [0.2, 0.8]
    return p, y


@pytest.mark.parametrize("closed", ["right", "left"])
@quick
@given(seed=seeds, bins=st.sampled_from([2, 5, 10, 20]))
def test_calibration_error_bin_by_bin(closed, seed, bins):
    """Two decimals are whole hundredths, so that no edge is a matter of rounding."""
    p, y = stated(seed)
    hundredths, total = np.rint(100 * p).astype(int), 0.0
    for b in range(bins):
        low, high = 100 * b // bins, 100 * (b + 1) // bins
        inside = (
            (hundredths > low) & (hundredths <= high)
            if closed == "right"
            else (hundredths >= low) & (hundredths < high)
        )
        total += abs(sum(p[inside]) - sum(y[inside]))
    found = expected_calibration_error(p, y, bins, closed=closed).value
    assert found == pytest.approx(total / p.size, abs=1e-12)


@quick
@given(seed=seeds)
def test_recalibration_is_where_the_likelihood_is_highest(seed):
    from scipy.optimize import minimize

    p, y = stated(seed)
    x = np.log(p / (1 - p))

    def loss(line):
        z = line[0] + line[1] * x
        return float(np.logaddexp(0, z).sum() - z[y].sum())

    slope, intercept = calibration_line(p, y)
    other = minimize(loss, [0.0, 1.0], method="Nelder-Mead", options={"xatol": 1e-9, "fatol": 1e-12, "maxiter": 4_000})
    assert (intercept.value, slope.value) == pytest.approx(tuple(other.x), abs=1e-5)


@quick
@given(seed=seeds)
def test_spiegelhalter_is_the_brier_score_standardised(seed):
    """Brier less its expectation in standard deviations; by enumeration of each item's two outcomes."""
    from sklearn.metrics import brier_score_loss

    p, y = stated(seed)
    mean = p * (1 - p) ** 2 + (1 - p) * p**2
    second = p * (1 - p) ** 4 + (1 - p) * p**4
    expected = (brier_score_loss(y, p) * p.size - mean.sum()) / math.sqrt((second - mean**2).sum())
    assert spiegelhalter_z(p, y).value == pytest.approx(expected, abs=1e-9)
    one_by_one = sum((b - a) * (1 - 2 * a) for a, b in zip(p, y, strict=True))
    spread = sum((1 - 2 * a) ** 2 * a * (1 - a) for a in p)
    assert spiegelhalter_z(p, y).value == pytest.approx(one_by_one / math.sqrt(spread), abs=1e-9)


@quick
@given(seed=seeds)
def test_area_is_scipys_mann_whitney_and_accuracy_a_count(seed):
    from scipy.stats import mannwhitneyu

    p, y = stated(seed)
    u = mannwhitneyu(p[y], p[~y]).statistic
    assert auc(p, y).value == pytest.approx(u / (y.sum() * (~y).sum()), abs=1e-12)
    hits = sum(1 for a, b in zip(p, y, strict=True) if (a >= 0.5) == b)
    assert threshold_accuracy(p, y).value == pytest.approx(hits / p.size)


def edit_table(a, b):
    """Wagner and Fischer's table."""
    row = list(range(len(b) + 1))
    for i, one in enumerate(a, 1):
        above, row = row, [i]
        for j, other in enumerate(b, 1):
            row.append(min(above[j] + 1, row[-1] + 1, above[j - 1] + (one != other)))
    return row[-1]


@quick
@given(seed=seeds)
def test_orders_of_responses(seed):
    from scipy.spatial.distance import cityblock

    rng = np.random.default_rng(seed)
    k = int(rng.integers(2, 8))
    first, second = (np.argsort(rng.random((12, k)), axis=1) for _ in range(2))
    pairs = list(zip(first.tolist(), second.tolist(), strict=True))
    distances = sequence_scores.levenshtein_distance(first, second)
    assert distances == pytest.approx([edit_table(a, b) / k for a, b in pairs])
    places = [([a.index(r) for r in range(k)], [b.index(r) for r in range(k)]) for a, b in pairs]
    foot = sequence_scores.footrule_distance(first, second)
    assert foot == pytest.approx([cityblock(x, y) / (k * k // 2) for x, y in places])
    # Spearman's closed form without ties.
    closed = [1 - 6 * sum((p - q) ** 2 for p, q in zip(x, y, strict=True)) / (k**3 - k) for x, y in places]
    assert sequence_scores.spearman_rank(first, second) == pytest.approx(closed)
    top = sequence_scores.top_1_agreement(first, second).tolist()
    assert top == [float(x.index(0) == y.index(0)) for x, y in places]
    assert top == [float(np.argmin(x) == np.argmin(y)) for x, y in places]


@quick
@given(seed=seeds)
def test_first_errors_as_processbench_counts_them(seed):
    """Accuracy within each half of the data, and scipy's harmonic mean of both."""
    from scipy.stats import hmean
    from sklearn.metrics import accuracy_score, recall_score

    rng = np.random.default_rng(seed)
    gold = rng.integers(-1, 4, 40)
    gold[:2] = [-1, 2]
    judge = np.where(rng.random(40) < 0.5, gold, rng.integers(-2, 4, 40))
    judge[:2] = gold[:2]
    flawed = gold >= 0
    found = sequence_scores.first_error_scores(gold, judge)
    parts = [accuracy_score(gold[side], judge[side]) for side in (flawed, ~flawed)]
    assert (found.wrong.value, found.right.value) == (pytest.approx(parts[0]), pytest.approx(parts[1]))
    assert found.f1.value == pytest.approx(hmean(parts))
    assert found.right.value == pytest.approx(recall_score(gold == -1, judge == -1))
    hits = sum(1 for a, b in zip(gold, judge, strict=True) if a == b >= 0)
    assert found.wrong.value == pytest.approx(hits / flawed.sum())


@quick
@given(seed=seeds)
def test_errors_of_steps_one_by_one(seed):
    rng = np.random.default_rng(seed)
    gold, judge = rng.integers(-1, 2, (2, 12, 4))
    told = [(a, b) for a, b in zip(gold.ravel(), judge.ravel(), strict=True) if a >= 0]
    assume(any(a == 0 for a, _ in told) and any(b == 0 for _, b in told))
    hits = sum(1 for a, b in told if a == b == 0)
    all_wrong, all_said = sum(a == 0 for a, _ in told), sum(b == 0 for _, b in told)
    found = [one.value for one in sequence_scores.error_scores(gold, judge)]
    assert found == pytest.approx([hits / all_said, hits / all_wrong, 2 * hits / (all_wrong + all_said)])
    assert sequence_scores.step_agreement(gold, judge).value == pytest.approx(sum(a == b for a, b in told) / len(told))


@quick
@given(
    pair=st.integers(3, 8).flatmap(
        lambda k: st.tuples(*[st.lists(st.integers(0, 6), min_size=k, max_size=k) for _ in range(2)])
    )
)
def test_two_orders_of_systems_by_definition(pair):
    """Signs of all pairs, correlation of mid-ranks and of scores, and the slope as covariance over variance."""
    gold, judge = (np.array(side, dtype=float) for side in pair)
    assume(np.ptp(gold) > 0 and np.ptp(judge) > 0)
    found = {name: one.values[0] for name, one in compare_orders(gold[None], judge[None]).items()}
    signs = np.array([[np.sign(s[i] - s[j]) for i in range(s.size) for j in range(i)] for s in (gold, judge)])
    assert found["kendall_tau"] == pytest.approx(signs[0] @ signs[1] / math.sqrt((signs**2).sum(axis=1).prod()))
    ranks = [[np.sum(s > one) + (np.sum(s == one) + 1) / 2 for one in s] for s in (gold, judge)]
    assert found["spearman_rho"] == pytest.approx(np.corrcoef(*ranks)[0, 1])
    assert found["pearson_r"] == pytest.approx(np.corrcoef(gold, judge)[0, 1])
    line, _ = decisiveness(gold[None], judge[None], np.array([True]))
    covariance = np.cov(gold, judge)
    assert line["decisiveness"].values[0] == pytest.approx(covariance[0, 1] / covariance[0, 0], abs=1e-9)


@quick
@given(seed=seeds)
def test_davidson_s_model_is_a_log_linear_one(seed):
    """Fienberg (1979): Poisson counts with a term per pair, one per system (half of each in a tie), one for ties."""
    import statsmodels.api as sm

    rng = np.random.default_rng(seed)
    wins, ties = rng.integers(1, 12, (3, 3)), rng.integers(1, 12, (3, 3))
    np.fill_diagonal(wins, 0)
    ties = np.triu(ties, 1) + np.triu(ties, 1).T
    assume(connected(Games.of(wins, ties), "davidson"))
    rows, seen = [], []
    for pair, (i, j) in enumerate(combinations(range(3), 2)):
        for a, b, tied, count in ((1, 0, 0, wins[i, j]), (0, 1, 0, wins[j, i]), (0.5, 0.5, 1, ties[i, j])):
            row = np.zeros(3 + 3 + 1)
            row[pair], row[3 + i], row[3 + j], row[6] = 1, a, b, tied
            rows.append(row)
            seen.append(count)
    # The first system is the reference.
    theirs = sm.GLM(np.array(seen), np.delete(np.array(rows), 3, axis=1), family=sm.families.Poisson()).fit(tol=1e-12)
    fit = bradley_terry(Games.of(wins, ties), ties="davidson")
    values, errors = fit.relative_to(0)
    assert values[1:] == pytest.approx(theirs.params[3:5], abs=1e-6)
    assert errors[1:] == pytest.approx(theirs.bse[3:5], rel=1e-5)
    assert math.log(fit.tie) == pytest.approx(theirs.params[5], abs=1e-6)
