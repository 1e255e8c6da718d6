"""Small seeded versions of the simulations in benchmarks/: coverage, power and gates within Monte Carlo noise."""

from __future__ import annotations

import math

import numpy as np
import pytest
from agreement_cases import benchmark

from judgebench.agreement.power import equal_rates, kappa_drop_variance

SIMS = 400


def covered(draw, truth: float) -> float:
    found = [draw() for _ in range(SIMS)]
    return sum(low is not None and low <= truth <= high for low, high in found) / SIMS


#: Four Monte Carlo errors of a coverage of 95 % in 400 data sets.
NOISE = 4 * math.sqrt(0.05 * 0.95 / SIMS)


@pytest.mark.parametrize(("name", "truth"), [("cohen_kappa", 0.6), ("accuracy", 0.8), ("spearman_rho", 0.6)])
def test_clustered_intervals_cover(name, truth):
    """statistics.md 2.2: 20 clusters of ten rows, nominal 95 %."""
    coverage = benchmark("coverage")
    rng = np.random.default_rng(0)
    half = np.array([0.5, 0.5])
    assert covered(lambda: coverage.bounds(name, coverage.clustered(rng, 20, 0.6, half), 2), truth) == pytest.approx(
        0.95, abs=NOISE
    )


def test_rows_of_a_cluster_are_not_independent():
    """statistics.md 2.2: .80 to .86 in the place of .95."""
    coverage = benchmark("coverage")
    rng = np.random.default_rng(1)
    half = np.array([0.5, 0.5])
    found = covered(lambda: coverage.bounds("cohen_kappa", coverage.clustered(rng, 20, 0.6, half), 2, whole=False), 0.6)
    assert found < 0.92


@pytest.mark.parametrize("method", ["influence function", "jackknife"])
def test_intervals_of_alpha_cover(method):
    """statistics.md 2.2: four raters, 30 % missing; alpha of 400,000 such units is .623."""
    coverage = benchmark("coverage")
    rng = np.random.default_rng(2)
    found = covered(lambda: coverage.alpha_by(method, coverage.raters(rng, 100, 4, 0.3), 0), 0.623)
    assert found == pytest.approx(0.95, abs=NOISE)


@pytest.mark.parametrize(
    ("base", "kappa", "discordance", "n"), [(0.5, 0.6, 0.1, 984), (0.7, 0.8, 0.05, 603), (0.9, 0.6, 0.2, 4607)]
)
def test_a_drop_is_found_as_often_as_promised(base, kappa, discordance, n):
    """statistics.md 2.3: 80 % power by formula, .79 to .83 in simulation."""
    power = benchmark("power")
    drop, se = power.drops(np.random.default_rng(3), 4_000, n, base, equal_rates(base, kappa), 0.05, discordance)
    assert float((drop > power.Z * se).mean()) == pytest.approx(0.805, abs=0.015 + 4 * 0.4 / math.sqrt(4_000))


@pytest.mark.parametrize("true", [0.0, 0.05, 0.1])
def test_gates_decide_as_often_as_the_formula_says(true):
    """statistics.md 2.4: 500 items, kappa .6, balanced, discordance .10."""
    power = benchmark("power")
    drop, se = power.drops(np.random.default_rng(4), 4_000, 500, 0.5, equal_rates(0.5, 0.6), true, 0.1)
    seen = (drop > 0.05).mean(), (drop > power.Z * se).mean(), (drop + power.Z * se < 0.05).mean()
    found = power.gate_rates(true, math.sqrt(kappa_drop_variance(0.5, 0.6, max(true, 1e-9), 0.1) / 500))
    assert (found.point_fails, found.bound_fails, found.bound_passes) == pytest.approx(seen, abs=0.03)
