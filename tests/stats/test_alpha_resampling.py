"""Alpha's intervals by resampling units: seeded, by cluster, and near the influence function's."""

from __future__ import annotations

import math

import numpy as np
import pytest
from agreement_cases import quick
from hypothesis import given
from hypothesis import strategies as st

from judgebench.stats.coefficients.krippendorff import alpha_of_coincidences, alpha_units, coincidences
from judgebench.stats.inference.resampling import alpha_resampled
from judgebench.stats.influence import Clusters

LEVELS = ["nominal", "ordinal", "interval", "ratio"]
VALUES = np.arange(1.0, 5.0)


def coded(n=120, m=3, seed=2, gaps=0.15):
    rng = np.random.default_rng(seed)
    truth = rng.integers(0, 4, n)
    codes = np.where(rng.random((n, m)) < 0.7, truth[:, None], rng.integers(0, 4, (n, m)))
    codes[rng.random(codes.shape) < gaps] = -1
    return codes


def alone(codes):
    return Clusters.of(np.arange(len(codes)))


@quick
@given(
    codes=st.lists(st.lists(st.integers(-1, 4), min_size=3, max_size=3), min_size=3, max_size=15).map(np.array),
    level=st.sampled_from(LEVELS),
)
def test_alpha_from_coincidences_is_alpha_from_units(codes, level):
    """The fifth category has no place: it agrees with nothing but itself."""
    direct = alpha_units(codes, 5, VALUES, level)
    found = alpha_of_coincidences(coincidences(codes, 5, np.zeros(len(codes), dtype=int), 1), VALUES, level)[0]
    if isinstance(direct, str):
        assert math.isnan(found)
    else:
        assert found == pytest.approx(direct[0], abs=1e-9)


@pytest.mark.parametrize("level", LEVELS)
def test_the_jackknife_leaves_out_one_unit_at_a_time(level):
    codes = coded(40)
    less = np.array([alpha_units(np.delete(codes, i, axis=0), 4, VALUES, level)[0] for i in range(40)])
    paired = (codes >= 0).sum(axis=1) >= 2
    less = less[paired]
    expected = math.sqrt((paired.sum() - 1) / paired.sum() * float(np.square(less - less.mean()).sum()))
    assert alpha_resampled(codes, 4, VALUES, level, alone(codes), "jackknife").se == pytest.approx(expected, rel=1e-9)


@pytest.mark.parametrize("level", LEVELS)
def test_three_ways_to_an_error_agree(level):
    codes = coded(300)
    _, influence = alpha_units(codes, 4, VALUES, level)
    analytic = math.sqrt(float(np.square(influence).sum())) / len(codes)
    assert alpha_resampled(codes, 4, VALUES, level, alone(codes), "jackknife").se == pytest.approx(analytic, rel=0.03)
    assert alpha_resampled(codes, 4, VALUES, level, alone(codes), "bootstrap").se == pytest.approx(analytic, rel=0.06)


def test_the_bootstrap_is_a_bootstrap_of_rows():
    """The same seed's draws of rows, put together and measured as units, give the same quantiles."""
    codes = coded(30, gaps=0)
    draws = np.random.default_rng(7).multinomial(30, np.full(30, 1 / 30), size=200)
    alphas = [alpha_units(np.repeat(codes, draw, axis=0), 4, VALUES, "ordinal")[0] for draw in draws]
    found = alpha_resampled(codes, 4, VALUES, "ordinal", alone(codes), "bootstrap", draws=200, seed=7)
    assert (found.low, found.high) == pytest.approx(tuple(np.quantile(alphas, [0.025, 0.975])), abs=1e-9)


def test_a_seed_decides():
    codes = coded(60)
    one, again, other = (
        alpha_resampled(codes, 4, VALUES, "nominal", alone(codes), "bootstrap", draws=300, seed=seed)
        for seed in (1, 1, 2)
    )
    assert one == again != other


def test_units_of_a_cluster_are_drawn_together():
    """Every unit three times: as clusters that is no news, as units it would look like three times the data."""
    codes = np.repeat(coded(50), 3, axis=0)
    together = Clusters.of(np.arange(150) // 3)
    single = alpha_resampled(codes[::3], 4, VALUES, "nominal", alone(codes[::3]), "jackknife")
    assert alpha_resampled(codes, 4, VALUES, "nominal", together, "jackknife").se == pytest.approx(single.se, rel=0.02)
    assert alpha_resampled(codes, 4, VALUES, "nominal", alone(codes), "jackknife").se < 0.65 * single.se
    wide = alpha_resampled(codes, 4, VALUES, "nominal", together, "bootstrap")
    assert wide.se == pytest.approx(single.se, rel=0.1)


@pytest.mark.parametrize("method", ["bootstrap", "jackknife"])
@pytest.mark.parametrize(
    "codes",
    [
        [[0, 0], [0, 0], [0, 0]],  # no variation
        [[0, -1], [-1, 1], [1, -1]],  # no pairs
        [[0, 1], [1, -1], [-1, 1]],  # one unit with a pair
        [[0, 0], [0, 0], [0, 0], [0, 1]],  # without the last unit nothing varies
    ],
)
def test_no_interval_where_the_units_carry_none(method, codes):
    found = alpha_resampled(np.array(codes), 2, np.arange(2.0), "nominal", alone(codes), method)
    assert (found.low, found.high, found.method) == (None, None, "")
