"""Score intervals: published and simulated bounds, the reference's own search, and what must hold for any table."""

from __future__ import annotations

import math
from itertools import combinations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.special import gammaincinv, ndtri, stdtrit

from judgebench.stats.cluster_errors import cr2, spread
from judgebench.stats.coefficients.catalog import METRICS
from judgebench.stats.crosstab import Crosstab, total
from judgebench.stats.inference.score_path import inverted, mover, score_interval, share_interval
from judgebench.stats.inference.swapped import swap_max

OFF_DIAGONAL = {"gwet_ac1", "brennan_prediger"}
FIGURES = (
    "cohen_kappa", "scott_pi", "gwet_ac1", "brennan_prediger", "krippendorff_alpha_nominal", "matthews_corrcoef",
    "macro_f1", "balanced_accuracy", "youden_j",
)  # fmt: skip


def _surface(name, k, n=240):
    even = np.full((k, k), 1 / k**2)
    return METRICS[name](Crosstab(even, n, k, np.arange(float(k)), positive=1 if k == 2 else None)).surface


def _interval(name, counts, **how):
    counts = np.array(counts, dtype=float)
    n = int(counts.sum())
    metric = METRICS[name]
    table = Crosstab(
        counts / n, n, len(counts), np.arange(float(len(counts))), positive=1 if len(counts) == 2 else None
    )
    low, high = score_interval(
        metric(table).surface, counts / n, n, bounds=(metric.low, metric.high),
        down="off-diagonal" if name in OFF_DIAGONAL else "independent", **how,
    )  # fmt: skip
    return float(low), float(high)


@pytest.mark.parametrize(
    ("name", "counts", "expected"),
    [
        ("cohen_kappa", [[20, 5], [10, 15]], (0.123, 0.633)),
        # Cohen's table of 1960.
        ("cohen_kappa", [[88, 14, 18], [10, 40, 10], [2, 6, 12]], (0.387, 0.590)),
        # Gold has 20 of 400, and the judge names 20 others.
        ("cohen_kappa", [[360, 20], [20, 0]], (-0.170, 0.070)),
        ("youden_j", [[189, 1], [0, 10]], (0.762, 0.9999)),
        ("cohen_kappa", [[189, 1], [0, 10]], (0.741, 0.999)),
        ("cohen_kappa", [[190, 0], [0, 10]], (0.832, 1)),
        ("youden_j", [[190, 0], [0, 10]], (0.768, 1)),
    ],
)
def test_known_bounds_of_coefficients(name, counts, expected):
    low, high = _interval(name, counts)
    assert low == pytest.approx(expected[0], abs=6e-4)
    assert high == pytest.approx(expected[1], abs=6e-4)


def test_a_published_table_keeps_its_interval():
    low, high = _interval("cohen_kappa", [[32, 35, 38], [40, 298, 84], [35, 100, 337]])
    assert (round(low, 4), round(high, 4)) == (0.3874, 0.4821)


@pytest.mark.parametrize(
    ("hits", "n", "expected"),
    [(0, 10, (0, 0.388)), (39, 40, (0.863, 0.9995)), (20, 40, (0.344, 0.656)), (190, 200, (0.913, 0.974))],
)
def test_known_bounds_of_shares(hits, n, expected):
    assert share_interval(hits, n) == pytest.approx(expected, abs=6e-4)


def _searched(name, joint, n, deff, df):
    """Bisect both paths in plain loops, as the reference does."""
    surface, k = _surface(name, len(joint)), len(joint)
    gold, judge = joint.sum(axis=1), joint.sum(axis=0)
    top = np.diag((gold + judge) / 2)
    bottom = (1 - np.eye(k)) / (k * (k - 1)) if name in OFF_DIAGONAL else np.outer(gold, judge)
    estimate, rows = float(surface(joint).value), n / deff
    stretch = stdtrit(df, 0.975) / ndtri(0.975)

    def at(table):
        value, gradient, _ = surface(table)
        influence = gradient - (table * gradient).sum()
        second = max((table * influence**2).sum(), 1e-14)
        skew = min(6.0, max(-6.0, (table * influence**3).sum() / second**1.5 / math.sqrt(rows)))
        return float(value), math.sqrt(second / rows * n / (n - 1)) * stretch, skew

    def quantile(p, skew):
        if abs(skew) < 2e-3:
            return ndtri(p)
        shape = 4 / skew**2
        return np.sign(skew) * (gammaincinv(shape, p if skew > 0 else 1 - p) - shape) / math.sqrt(shape)

    def end(other, p):
        def kept(u):
            value, error, skew = at((1 - u) * joint + u * other)
            apart, reach = estimate - value, error * quantile(p, skew)
            return apart >= reach if p < 0.5 else apart <= reach

        if kept(1 - 1e-9):
            return None
        low, high = 0.0, 1.0
        for _ in range(40):
            middle = (low + high) / 2
            low, high = (middle, high) if kept(middle) else (low, middle)
        return float(surface((1 - low) * joint + low * other).value)

    return end(bottom, 0.975), end(top, 0.025)


@pytest.mark.parametrize("name", FIGURES)
def test_the_grid_finds_what_bisection_finds(name):
    rng = np.random.default_rng(3)
    for k in (2,) if name == "youden_j" else (2, 4):
        for deff, df in ((1.0, 239.0), (2.5, 9.3)):
            joint = (
                rng.multinomial(240, rng.dirichlet(np.ones(k * k)) / 2 + np.eye(k).ravel() / (2 * k)).reshape(k, k)
                / 240
            )
            found = _interval(name, joint * 240, deff=deff, df=df)
            for ours, theirs in zip(found, _searched(name, joint, 240, deff, df), strict=True):
                assert theirs is None or ours == pytest.approx(theirs, abs=1e-7)


tables = st.lists(st.integers(0, 40), min_size=4, max_size=4).filter(
    lambda cells: min(cells[0] + cells[1], cells[2] + cells[3], cells[0] + cells[2], cells[1] + cells[3]) > 0
)


@settings(max_examples=60, deadline=None)
@given(cells=tables, name=st.sampled_from(FIGURES))
def test_bounds_hold_the_value_and_widen_with_the_design_effect(cells, name):
    counts = np.array(cells).reshape(2, 2)
    value = float(_surface(name, 2)(counts / counts.sum()).value)
    low, high = _interval(name, counts)
    wide = _interval(name, counts, deff=3.0)
    more = _interval(name, counts, level=0.99)
    metric = METRICS[name]
    assert metric.low - 1e-9 <= low <= value <= high <= metric.high + 1e-9
    assert high - low > 0
    for lower, upper in (wide, more):
        assert lower <= low + 1e-6
        assert upper >= high - 1e-6


@settings(max_examples=60, deadline=None)
@given(hits=st.integers(0, 80), n=st.integers(2, 80))
def test_shares_are_bounded_alike_from_both_sides(hits, n):
    hits = min(hits, n)
    low, high = share_interval(hits, n)
    assert 0 <= low <= hits / n <= high <= 1
    mirrored = share_interval(n - hits, n)
    assert (1 - mirrored[1], 1 - mirrored[0]) == pytest.approx((low, high), abs=1e-7)
    wide = share_interval(hits, n, 2.0)
    assert wide[0] <= low + 1e-7
    assert wide[1] >= high - 1e-7


def test_many_runs_are_so_many_single_ones():
    counts = np.random.default_rng(0).multinomial(80, [0.5, 0.1, 0.1, 0.3], 100).reshape(-1, 2, 2) / 80
    surface = _surface("cohen_kappa", 2)
    deff, df = np.linspace(0.5, 3, 100), np.linspace(3, 80, 100)
    low, high = score_interval(surface, counts, 80, deff, df)
    shares = share_interval(counts[:, 0, 0] * 80, np.full(100, 80.0), deff, df)
    for i in (0, 17, 99):
        alone = score_interval(surface, counts[i], 80, deff[i], df[i])
        assert (low[i], high[i]) == pytest.approx(alone, abs=1e-6)
        alone = share_interval(counts[i, 0, 0] * 80, 80, deff[i], df[i])
        assert (shares[0][i], shares[1][i]) == pytest.approx(alone, abs=1e-6)


def test_equal_clusters_have_the_plain_error_and_one_degree_less():
    sums = np.random.default_rng(0).normal(size=12)
    variance, df, effective = cr2(sums, np.full(12, 1 / 12))
    assert variance == pytest.approx(12 / 11 * np.square(sums).sum(), rel=1e-12)
    assert df == pytest.approx(11, rel=1e-9)
    assert effective == pytest.approx(12)


def test_a_giant_cluster_costs_degrees_of_freedom():
    _, df, effective = cr2(np.ones(20), np.array([0.5, *[0.5 / 19] * 19]))
    assert effective == pytest.approx(3.80, abs=0.01)
    assert 1 < df < effective


def test_two_large_clusters_may_err_to_one_side():
    """Where rows of a cluster are a fifth alike t must be 2.97 for two of 30 % each, and no wider for others."""
    two = np.array([0.3, 0.3, *[0.4 / 198] * 198])
    alone, alike = (float(cr2(np.ones(200), two, rows)[1]) for rows in (0, 1000))
    assert stdtrit((alone, alike), 0.975) == pytest.approx((2.63, 2.97), abs=0.01)
    rng = np.random.default_rng(4)
    errors = rng.normal(0, np.sqrt(two * (1 + np.maximum(two * 1000 - 1, 0) / 5)), (20_000, 200))
    miss = errors.sum(axis=1)
    variance = cr2(errors - two * miss[:, None], two)[0]
    assert (np.abs(miss) < stdtrit(alike, 0.975) * np.sqrt(variance)).mean() == pytest.approx(0.95, abs=0.01)
    for shares in (np.full(20, 0.05), np.array([0.5, *[0.5 / 19] * 19])):
        plain, same = (float(cr2(np.ones(20), shares, rows)[1]) for rows in (0, 200))
        assert same == pytest.approx(plain, rel=1e-9)


def test_clusters_of_one_row_are_independent_rows():
    rng = np.random.default_rng(0)
    cells = rng.integers(0, 4, 60)
    counts = np.eye(4)[cells].reshape(60, 2, 2)
    joint = counts.mean(axis=0)
    gradient = _surface("brennan_prediger", 2)(joint).gradient
    influence = gradient - (joint * gradient).sum()
    found = spread(joint, 60, influence, lambda cell: np.einsum("gij,ij->g", counts, cell), counts.sum(axis=(1, 2)))
    assert float(found.deff) == pytest.approx(1, abs=0.02)
    assert 1 / float(np.square(found.shares).sum()) == pytest.approx(60, rel=0.05)


def test_a_disagreement_that_one_cluster_shows_is_no_evidence_of_independence():
    counts = np.zeros((20, 2, 2))
    counts[:, [0, 1], [0, 1]] = 5
    counts[0, 0] = [4, 1]
    joint = counts.sum(axis=0) / 200
    gradient = _surface("cohen_kappa", 2)(joint).gradient
    influence = gradient - (joint * gradient).sum()
    found = spread(joint, 200, influence, lambda cell: np.einsum("gij,ij->g", counts, cell), counts.sum(axis=(1, 2)))
    assert 2 < float(found.deff) < 3


def test_a_difference_is_bounded_by_both_intervals():
    assert mover(0.8, (0.7, 0.87), 0.6, (0.5, 0.69), 0.0) == pytest.approx(
        (0.2 - math.hypot(0.1, 0.09), 0.2 + math.hypot(0.07, 0.1))
    )
    low, high = mover(0.8, (0.7, 0.87), 0.6, (0.5, 0.69), 0.5)
    assert 0.2 - math.hypot(0.1, 0.09) < low < 0.2 < high < 0.2 + math.hypot(0.07, 0.1)


@pytest.mark.parametrize("z", [0.0, 0.3, 1.0, 1.96, 3.0, 6.0])
def test_a_p_value_is_the_level_at_which_0_falls_out(z):
    from scipy.special import ndtr

    p = inverted(lambda level: (z - ndtri((1 + level) / 2), z + ndtri((1 + level) / 2)))
    assert p == pytest.approx(2 * ndtr(-z), rel=1e-3)


def test_swapped_answers_tell_judges_apart():
    rng = np.random.default_rng(5)
    gold = rng.integers(0, 2, 60)
    right = rng.random((60, 3)) < [0.95, 0.6, 0.6]
    counts = np.zeros((60, 3, 2, 2))
    for judge in range(3):
        counts[np.arange(60), judge, gold, np.where(right[:, judge], gold, 1 - gold)] = 1
    surface, pairs = _surface("cohen_kappa", 2), np.array(list(combinations(range(3), 2)))
    p = swap_max(counts, lambda joint: surface(joint).value, pairs)
    assert p[0] < 0.02
    assert p[1] < 0.02
    assert p[2] > 0.2
    assert (p == swap_max(counts, lambda joint: surface(joint).value, pairs)).all()


def test_a_figure_without_a_value_differs_from_none():
    counts = np.zeros((60, 2, 2, 2))
    counts[:, :, 0, 0] = 1
    surface = _surface("cohen_kappa", 2)
    assert swap_max(counts, lambda joint: surface(joint).value, np.array([[0, 1]])) == [1.0]


def test_few_questions_are_swapped_in_all_ways():
    counts = np.zeros((5, 2, 2, 2))
    counts[:, 0, [0, 1], [0, 1]] = 1
    counts[:, 1, [0, 1], [1, 0]] = 1
    p = swap_max(counts, lambda joint: total(joint * np.eye(2)), np.array([[0, 1]]))
    assert p[0] == pytest.approx(2 / 2**5)
