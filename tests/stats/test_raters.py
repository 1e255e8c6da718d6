"""Coefficients of many raters: published values, independent witnesses, influence, gaps, degenerate input."""

from __future__ import annotations

import math
from itertools import combinations

import numpy as np
import pytest
from agreement_cases import quick
from hypothesis import assume, given
from hypothesis import strategies as st

from judgebench.stats.coefficients.chance import weight_matrix
from judgebench.stats.coefficients.krippendorff import CANONICAL, alpha_units
from judgebench.stats.coefficients.raters import (
    brennan_prediger,
    conger_kappa,
    fleiss_kappa,
    gwet_ac,
    icc,
    icc_interval,
    light_kappa,
    mean_agreement,
)

GAP = -1
#: Fleiss (1971), table 1: 30 patients, 6 diagnoses each, by category.
FLEISS = [
    [0, 0, 0, 6, 0], [0, 3, 0, 0, 3], [0, 1, 4, 0, 1], [0, 0, 0, 0, 6], [0, 3, 0, 3, 0], [2, 0, 4, 0, 0],
    [0, 0, 4, 0, 2], [2, 0, 3, 1, 0], [2, 0, 0, 4, 0], [0, 0, 0, 0, 6], [1, 0, 0, 5, 0], [1, 1, 0, 4, 0],
    [0, 3, 3, 0, 0], [1, 0, 0, 5, 0], [0, 2, 0, 3, 1], [0, 0, 5, 0, 1], [3, 0, 0, 1, 2], [5, 1, 0, 0, 0],
    [0, 2, 0, 4, 0], [1, 0, 2, 0, 3], [0, 0, 0, 0, 6], [0, 1, 0, 5, 0], [0, 2, 0, 1, 3], [2, 0, 0, 4, 0],
    [1, 0, 0, 4, 1], [0, 5, 0, 1, 0], [4, 0, 0, 0, 2], [0, 2, 0, 4, 0], [1, 0, 5, 0, 0], [0, 0, 0, 0, 6],
]  # fmt: skip
#: The encyclopedias' example of Fleiss' kappa: 10 units, 14 raters.
TEN = [
    [0, 0, 0, 0, 14], [0, 2, 6, 4, 2], [0, 0, 3, 5, 6], [0, 3, 9, 2, 0], [2, 2, 8, 1, 1], [7, 7, 0, 0, 0],
    [3, 2, 6, 3, 0], [2, 5, 3, 2, 2], [6, 5, 2, 1, 0], [0, 2, 2, 3, 7],
]  # fmt: skip
#: Shrout & Fleiss (1979), table 2.
SHROUT = np.array([[9, 2, 5, 8], [6, 1, 3, 2], [8, 4, 6, 8], [7, 1, 2, 6], [10, 5, 6, 9], [6, 2, 4, 7]], dtype=float)


def ratings_of(counts):
    """Ratings with these counts; within a unit the raters stand in the order of the categories (as in R's irr)."""
    return np.array([np.repeat(np.arange(len(unit)), unit) for unit in counts])


def panels(categories=3, raters=4):
    return st.lists(
        st.lists(st.integers(-1, categories - 1), min_size=raters, max_size=raters), min_size=4, max_size=20
    ).map(np.array)


def iid_se(found):
    n = len(found.influence)
    return math.sqrt(float(np.square(found.influence).sum()) / (n * (n - 1)))


# reference/statistics.md 9.2: R's irr and irrCAC on Fleiss' diagnoses.
@pytest.mark.parametrize(
    ("coefficient", "value", "digits"),
    [
        (fleiss_kappa, 0.430244520060141, 12),
        (conger_kappa, 0.441808540329333, 12),
        (light_kappa, 0.459412144434595, 12),
        (gwet_ac, 0.44788, 5),
        (brennan_prediger, 0.44444, 5),
        (mean_agreement, 0.555555555555556, 12),
    ],
)
def test_fleiss_diagnoses(coefficient, value, digits):
    assert coefficient(ratings_of(FLEISS), 5).value == pytest.approx(value, abs=0.5 * 10**-digits)


def test_alpha_of_fleiss_diagnoses():
    assert alpha_units(ratings_of(FLEISS), 5, np.zeros(0), "nominal")[0] == pytest.approx(0.43341, abs=5e-6)


def test_fleiss_kappa_of_ten_units_and_fourteen_raters():
    assert fleiss_kappa(ratings_of(TEN), 5).value == pytest.approx(0.20993070442195522, abs=1e-12)


# reference/statistics.md 9.2: irrCAC on Krippendorff's four observers, gaps and all, to five digits.
@pytest.mark.parametrize(
    ("coefficient", "value"),
    [(mean_agreement, 0.81818), (fleiss_kappa, 0.76117), (conger_kappa, 0.76282), (gwet_ac, 0.77544),
     (brennan_prediger, 0.77273)],
)  # fmt: skip
def test_irrcac_on_data_with_gaps(coefficient, value):
    assert coefficient(CANONICAL, 5).value == pytest.approx(value, abs=5e-6)


def test_weighted_coefficients_on_data_with_gaps():
    quadratic = weight_matrix(5, np.arange(1.0, 6.0), "quadratic")
    assert gwet_ac(CANONICAL, 5, quadratic).value == pytest.approx(0.914, abs=5e-4)
    assert fleiss_kappa(CANONICAL, 5, quadratic).value < gwet_ac(CANONICAL, 5, quadratic).value


# reference/statistics.md 9.2: the encyclopedias' three coders on fifteen units.
THREE = np.array([
    [0, 0, 0, 0, 0, 3, 4, 1, 2, 1, 1, 3, 3, 0, 3],
    [1, 0, 2, 1, 3, 3, 4, 3, 0, 0, 0, 0, 0, 0, 0],
    [0, 0, 2, 1, 3, 4, 4, 0, 2, 1, 1, 3, 3, 0, 4],
]).T - 1  # fmt: skip


@pytest.mark.parametrize(
    ("level", "value"),
    [
        ("nominal", 0.691358024691358),
        ("ordinal", 0.8067214199413153),
        ("interval", 0.8108448928121059),
        ("ratio", 0.8089436707842471),
    ],
)
def test_alpha_of_three_coders(level, value):
    assert alpha_units(THREE, 4, np.arange(1.0, 5.0), level)[0] == pytest.approx(value, abs=1e-12)


@pytest.mark.parametrize(
    ("form", "average", "value"),
    [
        ("one-way", False, 0.165741768405475),
        ("agreement", False, 0.289763779527559),
        ("consistency", False, 0.714840714840715),
        ("one-way", True, 0.442797133679269),
        ("agreement", True, 0.620050547598990),
        ("consistency", True, 0.909315542377070),
    ],
)
def test_shrout_and_fleiss(form, average, value):
    """reference/statistics.md 9.2: psych and pingouin."""
    assert icc(SHROUT, form, average=average).value == pytest.approx(value, abs=1e-12)


# Shrout & Fleiss (1979) print the bounds of ICC(1,1) and ICC(3,1); psych has all six to two digits.
@pytest.mark.parametrize(
    ("form", "average", "low", "high"),
    [
        ("one-way", False, -0.13, 0.72),
        ("agreement", False, 0.02, 0.76),
        ("consistency", False, 0.34, 0.95),
        ("one-way", True, -0.88, 0.91),
        ("agreement", True, 0.07, 0.93),
        ("consistency", True, 0.68, 0.99),
    ],
)
def test_f_intervals(form, average, low, high):
    assert icc_interval(SHROUT, form, average=average) == pytest.approx((low, high), abs=0.0051)


def test_the_f_interval_of_agreement_to_all_digits():
    assert icc_interval(SHROUT) == pytest.approx((0.01878651, 0.76108437), abs=5e-9)


@quick
@given(codes=st.lists(st.lists(st.integers(0, 3), min_size=5, max_size=5), min_size=3, max_size=20).map(np.array))
def test_fleiss_kappa_is_statsmodels(codes):
    from statsmodels.stats.inter_rater import aggregate_raters
    from statsmodels.stats.inter_rater import fleiss_kappa as theirs

    assume(len(np.unique(codes)) > 1)
    counts, _ = aggregate_raters(codes, 4)
    assert fleiss_kappa(codes, 4).value == pytest.approx(theirs(counts), abs=1e-12)
    assert brennan_prediger(codes, 4).value == pytest.approx(theirs(counts, method="uniform"), abs=1e-12)


def by_definition(codes, weights):
    """Observed agreement and three chances, by loops over units, raters and categories."""
    q = len(weights)
    agreed = []
    for unit in codes:
        given_ratings = [one for one in unit if one >= 0]
        if len(given_ratings) >= 2:
            pairs = [weights[a, b] for a, b in combinations(given_ratings, 2)]
            agreed.append(sum(pairs) / len(pairs))
    shares = np.mean(
        [[np.mean([one == k for one in unit if one >= 0]) for k in range(q)] for unit in codes if max(unit) >= 0],
        axis=0,
    )
    fleiss = sum(weights[k, j] * shares[k] * shares[j] for k in range(q) for j in range(q))
    gwet = weights.sum() / (q * (q - 1)) * sum(share * (1 - share) for share in shares)
    margins = [[np.mean([one == k for one in r if one >= 0]) for k in range(q)] for r in codes.T if max(r) >= 0]
    conger = np.mean([np.array(a) @ weights @ np.array(b) for a, b in combinations(margins, 2)])
    return np.mean(agreed), fleiss, gwet, conger


@quick
@given(codes=panels(), kind=st.sampled_from(["identity", "linear", "quadratic"]))
def test_every_coefficient_is_its_definition(codes, kind):
    assume(((codes >= 0).sum(axis=1) >= 2).any())
    weights = np.eye(3) if kind == "identity" else weight_matrix(3, np.arange(3.0), kind)
    agreed, *chances = by_definition(codes, weights)
    assert mean_agreement(codes, 3, weights).value == pytest.approx(agreed, abs=1e-12)
    assert brennan_prediger(codes, 3, weights).value == pytest.approx(
        (agreed - weights.mean()) / (1 - weights.mean()), abs=1e-9
    )
    for coefficient, chance in zip((fleiss_kappa, gwet_ac, conger_kappa), chances, strict=True):
        found = coefficient(codes, 3, weights)
        if found.value is None:
            assert chance == pytest.approx(1)
        else:
            assert found.value == pytest.approx((agreed - chance) / (1 - chance), abs=1e-9)
            assert found.influence.sum() == pytest.approx(0, abs=1e-8)


@quick
@given(codes=panels(raters=2))
def test_with_two_raters_conger_and_light_are_cohens_kappa(codes):
    from sklearn.metrics import cohen_kappa_score

    codes = codes[(codes >= 0).all(axis=1)]
    assume(len(codes) and len(np.unique(codes)) > 1)
    theirs = cohen_kappa_score(codes[:, 0], codes[:, 1])
    assert conger_kappa(codes, 3).value == pytest.approx(theirs, abs=1e-12)
    assert light_kappa(codes, 3).value == pytest.approx(theirs, abs=1e-12)


@quick
@given(codes=panels())
def test_lights_kappa_is_the_mean_of_scikit_learns(codes):
    from sklearn.metrics import cohen_kappa_score

    kappas = []
    for g, h in combinations(range(4), 2):
        both = codes[(codes[:, g] >= 0) & (codes[:, h] >= 0)]
        if len(both) and len(np.unique(both[:, [g, h]])) > 1:
            kappas.append(cohen_kappa_score(both[:, g], both[:, h]))
    found = light_kappa(codes, 3)
    assert (found.value is None) == (not kappas)
    if kappas:
        assert found.value == pytest.approx(np.mean(kappas), abs=1e-12)


def anova_by_loops(values):
    """The two-way layout's mean squares, term by term."""
    n, k = values.shape
    grand = sum(values[i, j] for i in range(n) for j in range(k)) / (n * k)
    rows = [sum(values[i]) / k for i in range(n)]
    columns = [sum(values[:, j]) / n for j in range(k)]
    between = sum(k * (row - grand) ** 2 for row in rows) / (n - 1)
    by_rater = sum(n * (column - grand) ** 2 for column in columns) / (k - 1)
    rest = sum((values[i, j] - rows[i] - columns[j] + grand) ** 2 for i in range(n) for j in range(k))
    within = sum((values[i, j] - rows[i]) ** 2 for i in range(n) for j in range(k)) / (n * (k - 1))
    return between, by_rater, rest / ((n - 1) * (k - 1)), within


@quick
@given(
    values=st.lists(st.lists(st.integers(1, 9), min_size=3, max_size=3), min_size=3, max_size=12).map(
        lambda rows: np.array(rows, dtype=float)
    )
)
def test_icc_is_the_analysis_of_variance(values):
    import statsmodels.api as sm

    assume(np.ptp(values) > 0)
    n, k = values.shape
    between, by_rater, error, within = anova_by_loops(values)
    units, raters = np.repeat(np.arange(n), k), np.tile(np.arange(k), n)
    design = np.column_stack([np.eye(n)[units], np.eye(k)[raters][:, 1:]])
    residual = sm.OLS(values.ravel(), design).fit().ssr / ((n - 1) * (k - 1))
    assert error == pytest.approx(residual, abs=1e-9)
    assert icc(values, "one-way").value == pytest.approx((between - within) / (between + (k - 1) * within), abs=1e-9)
    assert icc(values).value == pytest.approx(
        (between - error) / (between + (k - 1) * error + k * (by_rater - error) / n), abs=1e-9
    )
    if between + error > 1e-9:
        assert icc(values, "consistency").value == pytest.approx(
            (between - error) / (between + (k - 1) * error), abs=1e-9
        )


COEFFICIENTS = {
    "mean agreement": lambda codes: mean_agreement(codes, 4),
    "Fleiss": lambda codes: fleiss_kappa(codes, 4),
    "Fleiss, quadratic": lambda codes: fleiss_kappa(codes, 4, weight_matrix(4, np.arange(4.0), "quadratic")),
    "Conger": lambda codes: conger_kappa(codes, 4),
    "Light": lambda codes: light_kappa(codes, 4),
    "AC1": lambda codes: gwet_ac(codes, 4),
    "AC2": lambda codes: gwet_ac(codes, 4, weight_matrix(4, np.arange(4.0), "linear")),
    "Brennan-Prediger": lambda codes: brennan_prediger(codes, 4),
    "ICC(1,1)": lambda codes: icc(np.where(codes < 0, np.nan, codes), "one-way"),
    "ICC(A,1)": lambda codes: icc(np.where(codes < 0, np.nan, codes)),
    "ICC(C,1)": lambda codes: icc(np.where(codes < 0, np.nan, codes), "consistency"),
    "ICC(A,k)": lambda codes: icc(np.where(codes < 0, np.nan, codes), average=True),
}


@pytest.mark.parametrize("name", COEFFICIENTS)
def test_the_jackknife_agrees(name):
    rng = np.random.default_rng(11)
    truth = rng.integers(0, 4, 160)
    codes = np.where(rng.random((160, 4)) < 0.65, truth[:, None], rng.integers(0, 4, (160, 4)))
    codes[rng.random(codes.shape) < 0.12] = GAP
    coefficient = COEFFICIENTS[name]
    less = np.array([coefficient(np.delete(codes, i, axis=0)).value for i in range(160)])
    jackknife = math.sqrt(159 / 160 * float(np.square(less - less.mean()).sum()))
    assert iid_se(coefficient(codes)) == pytest.approx(jackknife, rel=0.03)


@pytest.mark.parametrize("name", COEFFICIENTS)
def test_influence_is_the_pull_of_one_more_unit(name):
    codes = np.array([[0, 0, 0], [0, 0, 1], [0, 1, -1], [2, -1, -1], [3, 0, 2], [1, 1, 1], [0, 3, 3], [2, 2, 3]])
    coefficient = COEFFICIENTS[name]
    many = np.repeat(codes, 3000, axis=0)
    found = coefficient(many)
    for i, unit in enumerate(codes):
        more = coefficient(np.vstack([many, unit[None, :]])).value
        assert (more - found.value) * len(many) == pytest.approx(found.influence[3000 * i], abs=2e-3)


@pytest.mark.parametrize("name", [name for name in COEFFICIENTS if "ICC(1" not in name and name != "Light"])
def test_perfect_agreement_is_one(name):
    found = COEFFICIENTS[name](np.repeat(np.arange(8)[:, None] % 4, 3, axis=1))
    assert found.value == pytest.approx(1)


@pytest.mark.parametrize("coefficient", [fleiss_kappa, conger_kappa, light_kappa, gwet_ac, brennan_prediger])
def test_no_unit_with_two_ratings(coefficient):
    assert coefficient(np.array([[0, GAP], [GAP, 1]]), 2).reason == "no_pairs"


@pytest.mark.parametrize("coefficient", [fleiss_kappa, conger_kappa, light_kappa])
def test_one_category_throughout(coefficient):
    found = coefficient(np.ones((5, 3), dtype=int), 2)
    assert (found.value, found.reason) == (None, "no_variation")


def test_declared_categories_keep_ac1_defined_where_kappa_is_not():
    assert gwet_ac(np.ones((5, 3), dtype=int), 2).value == 1.0
    assert gwet_ac(np.zeros((5, 3), dtype=int), 1).reason == "no_variation"


@pytest.mark.parametrize(
    ("values", "average", "reason"),
    [
        ([[1, 2], [2, 3], [3, np.nan]], False, "too_few_items"),
        ([[2, 2], [2, 2], [2, 2]], False, "no_variation"),
        ([[1, 2], [2, 1], [1, 2]], True, "no_unit_variation"),
    ],
)
def test_icc_says_why_not(values, average, reason):
    form = "consistency" if average else "agreement"
    found = icc(np.array(values, dtype=float), form, average=average)
    assert (found.value, found.reason) == (None, reason)
    assert icc_interval(np.array(values, dtype=float), form, average=average) is None


def test_raters_apart_by_a_constant_on_units_that_are_all_alike():
    """Nothing is left to compare: consistency is no number, and no other form has an interval without width."""
    values = np.tile([1.0, 1.0, 2.0], (12, 1))
    for average in (False, True):
        found = icc(values, "consistency", average=average)
        assert (found.value, found.reason) == (None, "no_unit_variation")
    assert icc(values, "one-way").value == pytest.approx(-0.5)
    assert icc(values).value == pytest.approx(0)
    for form in ("one-way", "agreement", "consistency"):
        assert icc_interval(values, form) is None


def test_a_level_shift_costs_agreement_and_not_consistency():
    base = np.arange(8.0)
    shifted = np.column_stack([base, base + 3])
    assert icc(shifted, "consistency").value == pytest.approx(1)
    assert icc(shifted).value < 0.7
    assert icc_interval(shifted) is None
