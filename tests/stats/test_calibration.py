"""Probabilities: the reference's toy to all digits, scikit-learn, statsmodels, and what is refused."""

from __future__ import annotations

import math

import numpy as np
import pytest
import statsmodels.api as sm
from agreement_cases import quick
from hypothesis import given
from hypothesis import strategies as st
from sklearn.calibration import calibration_curve
from sklearn.metrics import brier_score_loss
from sklearn.metrics import log_loss as sklearn_log_loss

from judgebench.stats.coefficients.calibration import (
    bins_of,
    brier,
    calibration_line,
    expected_calibration_error,
    log_loss,
    spiegelhalter_z,
)
from judgebench.stats.influence import Clusters

P = np.array([0.1, 0.1, 0.3, 0.4, 0.6, 0.65, 0.8, 0.9, 0.95, 1.0])
Y = np.array([0, 0, 1, 0, 1, 0, 1, 1, 1, 1], dtype=bool)
seeds = st.integers(0, 10_000)


def drawn(seed, n=200):
    rng = np.random.default_rng(seed)
    p = rng.beta(1.5, 1.2, n)
    y = rng.random(n) < p ** rng.uniform(0.5, 2)
    y[:2] = [True, False]
    p[:2] = [0.2, 0.8]
    return p, y


def test_calibration_toy_of_the_reference():
    """statistics.md section 9.3, all digits.

    Left-closed tenths give 0.19. The 0.27 that section 1.1 prints for them comes from edges by ``linspace``, whose
    0.6000000000000001 puts 0.6 into the bin below.
    """
    assert brier(P, Y).value == pytest.approx(0.1305, abs=1e-12)
    assert log_loss(P, Y).value == pytest.approx(0.38659645690318, abs=1e-12)
    assert spiegelhalter_z(P, Y).value == pytest.approx(-0.15386301462256, abs=1e-12)
    for bins, by, closed, value in (
        (10, "width", "right", 0.27),
        (10, "width", "left", 0.19),
        (5, "width", "right", 0.15),
        (5, "width", "left", 0.19),
        (5, "mass", "right", 0.11),
    ):
        assert expected_calibration_error(P, Y, bins, by=by, closed=closed).value == pytest.approx(value, abs=1e-12)


@quick
@given(seed=seeds)
def test_brier_and_log_loss_are_sklearns_and_plain_means(seed):
    p, y = drawn(seed)
    assert brier(p, y).value == pytest.approx(brier_score_loss(y, p), abs=1e-12)
    assert brier(p, y).value == pytest.approx(sum((a - b) ** 2 for a, b in zip(p, y, strict=True)) / p.size)
    assert log_loss(p, y).value == pytest.approx(sklearn_log_loss(y, p), abs=1e-12)
    assert log_loss(p, y).value == pytest.approx(
        -sum(math.log(a if b else 1 - a) for a, b in zip(p, y, strict=True)) / p.size
    )


@quick
@given(seed=seeds, bins=st.integers(2, 12))
def test_calibration_error_is_the_weighted_gap_of_sklearns_curve(seed, bins):
    p, y = drawn(seed)
    observed, predicted = calibration_curve(y, p, n_bins=bins)
    counts = np.bincount(bins_of(p, bins), minlength=bins)
    expected = (counts[counts > 0] / p.size) @ np.abs(observed - predicted)
    assert expected_calibration_error(p, y, bins).value == pytest.approx(expected, abs=1e-12)


@quick
@given(seed=seeds, bins=st.integers(2, 12))
def test_bins_of_equal_mass(seed, bins):
    p, y = drawn(seed)
    sizes = np.bincount(bins_of(p, bins, by="mass"), minlength=bins)
    assert sizes.max() - sizes.min() <= 1
    chunks = np.array_split(np.argsort(p), bins)
    if p.size % bins == 0:
        expected = sum(abs(float((p[c] - y[c]).sum())) for c in chunks) / p.size
        assert expected_calibration_error(p, y, bins, by="mass").value == pytest.approx(expected)
    rounded = np.round(p, 1)
    codes = bins_of(rounded, bins, by="mass")
    assert all(len(set(codes[rounded == value])) == 1 for value in np.unique(rounded))


@quick
@given(seed=seeds, by=st.sampled_from(["width", "mass"]))
def test_order_of_items_does_not_matter(seed, by):
    p, y = drawn(seed)
    p = np.round(p, 2)
    order = np.random.default_rng(seed).permutation(p.size)
    found = [
        [
            brier(a, b).value,
            log_loss(a, b).value,
            expected_calibration_error(a, b, by=by).value,
            calibration_line(a, b)[0].value,
            spiegelhalter_z(a, b).value,
        ]
        for a, b in ((p, y), (p[order], y[order]))
    ]
    assert found[0] == pytest.approx(found[1], abs=1e-9)


def test_edges_are_the_numbers_that_files_write():
    tenths = np.array([float(f"0.{i}") for i in range(1, 10)])
    assert bins_of(tenths).tolist() == list(range(9))
    assert bins_of(tenths, closed="left").tolist() == list(range(1, 10))
    assert bins_of(np.array([0.0, 1.0])).tolist() == [0, 9]


@quick
@given(seed=seeds)
def test_recalibration_is_statsmodels_logit(seed):
    p, y = drawn(seed)
    x = np.log(p / (1 - p))
    fit = sm.Logit(y.astype(float), sm.add_constant(x)).fit(disp=0, cov_type="HC0")
    slope, intercept = calibration_line(p, y)
    assert (intercept.value, slope.value) == pytest.approx(tuple(fit.params), abs=1e-6)
    for one, se in zip((intercept, slope), fit.bse, strict=True):
        assert math.sqrt(float((one.influence**2).sum())) / p.size == pytest.approx(se, rel=1e-5)


def test_recalibration_by_cluster_is_statsmodels():
    p, y = drawn(3)
    groups = np.arange(p.size) // 4
    fit = sm.Logit(y.astype(float), sm.add_constant(np.log(p / (1 - p)))).fit(
        disp=0, cov_type="cluster", cov_kwds={"groups": groups, "use_correction": False}
    )
    slope, _ = calibration_line(p, y)
    found = slope.influences(Clusters.of(groups))
    assert found.se * math.sqrt(49 / 50) == pytest.approx(fit.bse[1], rel=1e-5)


def test_a_calibrated_judge_lies_on_the_line():
    rng = np.random.default_rng(7)
    p = rng.uniform(0.02, 0.98, 20_000)
    y = rng.random(p.size) < p
    slope, intercept = calibration_line(p, y)
    independent = Clusters.of(np.arange(p.size))
    assert abs(slope.value - 1) < 3 * slope.influences(independent).se
    assert abs(intercept.value) < 3 * intercept.influences(independent).se
    assert abs(spiegelhalter_z(p, y).value) < 3
    assert expected_calibration_error(p, y).value < 0.02


def test_spiegelhalter_by_the_definition():
    p, y = drawn(11)
    var = (((1 - 2 * p) ** 2) * p * (1 - p)).sum() / p.size**2
    expected = (p * (1 - p)).mean()
    assert spiegelhalter_z(p, y).value == pytest.approx((brier(p, y).value - expected) / math.sqrt(var))


@pytest.mark.parametrize(
    ("p", "y", "reason"),
    [
        ([], [], "no_items"),
        ([0.2, 0.7], [1, 1], "one_class"),
        ([0.5, 0.5, 0.5], [1, 0, 1], "no_variation"),
        ([0.1, 0.2, 0.8, 0.9], [0, 0, 1, 1], "separated"),
        ([0.1, 0.2, 0.8, 0.9], [1, 1, 0, 0], "separated"),
        ([0.0, 1.0], [0, 1], "separated"),
    ],
)
def test_no_recalibration_where_the_likelihood_has_no_maximum(p, y, reason):
    found = calibration_line(np.array(p, dtype=float), np.array(y, dtype=bool))
    assert [one.reason for one in found] == [reason] * 2
    assert [one.value for one in found] == [None] * 2


def test_certain_probabilities_are_clipped_not_infinite():
    p, y = np.array([0.0, 1.0, 1.0, 0.0]), np.array([True, True, False, False])
    assert log_loss(p, y).value == pytest.approx(-math.log(1e-15) / 2, rel=1e-2)
    slope, _ = calibration_line(p, y)
    assert slope.value == pytest.approx(0.0, abs=1e-9)
    assert spiegelhalter_z(p, y).reason == "no_variation"


@pytest.mark.parametrize("function", [brier, log_loss, expected_calibration_error, calibration_line, spiegelhalter_z])
@pytest.mark.parametrize("p", [1.01, -0.1, math.nan, math.inf])
def test_no_probability_no_figure(function, p):
    with pytest.raises(ValueError, match="outside"):
        function(np.array([0.5, p]), np.array([True, False]))


def test_empty_input_has_a_reason():
    none = (np.zeros(0), np.zeros(0, dtype=bool))
    for function in (brier, log_loss, expected_calibration_error, spiegelhalter_z):
        assert function(*none).reason == "no_items"


def test_sure_and_wrong_costs_the_same_either_way() -> None:
    # Rows that differ by rounding alone would give a difference of two such judges an interval, and a p-value.
    found = log_loss(np.array([0.0, 1.0, 0.0, 1.0]), np.array([True, False, True, False]))
    assert found.value == pytest.approx(-np.log(1e-15), abs=1e-12)
    assert found.influence is not None
    assert not found.influence.any()
