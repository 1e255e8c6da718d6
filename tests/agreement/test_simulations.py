"""Small seeded versions of the simulations in benchmarks/: coverage, power and gates within Monte Carlo noise."""

from __future__ import annotations

import math

import numpy as np
import pytest
from agreement_cases import benchmark

from judgebench.agreement.contrasts import contrast, groups
from judgebench.agreement.estimates import Counted, Figure
from judgebench.agreement.matching import Judged, match
from judgebench.agreement.ratings import from_codes
from judgebench.domain import Policies, Scale
from judgebench.stats.coefficients.catalog import METRICS
from judgebench.stats.inference.kappa_drops import equal_rates, kappa_drop_variance
from judgebench.stats.influence import Clusters

SIMS = 400
#: Four Monte Carlo errors of a coverage of 95 % in 400 data sets.
NOISE = 4 * math.sqrt(0.05 * 0.95 / SIMS)
HALF, RARE, THREE, SKEWED = (0.5, 0.5), (0.95, 0.05), (0.9, 0.06, 0.04), (0.02, 0.05, 0.13, 0.3, 0.5)
#: Kind of design, clusters, rows, kappa, gold's margins.
CELLS = [
    ("lone", 40, 40, 0.6, RARE),
    ("lone", 40, 40, 0.9, HALF),
    ("giant", 8, 80, 0.9, RARE),
    ("lognormal", 20, 200, 0.6, (0.8, 0.2)),
    ("lone", 40, 40, 0.6, THREE),
    ("equal", 8, 80, 0.95, THREE),
    ("two", 20, 200, 0.6, SKEWED),
    ("lone", 40, 40, 0.95, SKEWED),
]


def rows_of(counts):
    """Turn counts of clusters, (G, k, k), into flat cells of rows and their clusters; one cluster: lone rows."""
    flat = counts.reshape(len(counts), -1)
    cells = np.repeat(np.tile(np.arange(flat.shape[1]), len(flat)), flat.ravel())
    return cells, np.repeat(np.arange(len(flat)), flat.sum(axis=1)) if len(flat) > 1 else np.arange(cells.size)


@pytest.mark.parametrize("cell", CELLS, ids=str)
def test_the_benchmark_measures_many_tables_as_score_does_one(cell):
    """Bounds of the default and of CR1, for every figure of the benchmark, and the reasons why there are none."""
    designs, measured = benchmark("coverage/designs"), benchmark("coverage/measured")
    one = designs.Cell(*cell)
    counts = designs.draw(np.random.default_rng(3), one, 25)
    figures = {2: designs.CHECK, 3: designs.CLASSES, 5: designs.RATINGS}[len(one.gold)]
    for name in figures:
        found = measured.measure(METRICS[name], counts, lone=one.lone)
        for at, own in enumerate(counts):
            cells, cluster = rows_of(own)
            clusters = Clusters.of(cluster)
            counted = Counted(measured.table(own.sum(axis=0) / one.n, one.n), cells, clusters)
            for method, (low, high) in (("default", found.bounds), ("cr1", found.cr1)):
                seen = Figure.of_table(METRICS[name], counted).estimate(method)[0]
                bounds = [math.nan if bound is None else bound for bound in (seen.low, seen.high)]
                assert [low[at], high[at]] == pytest.approx(bounds, abs=1e-6, nan_ok=True), (name, method, at)


@pytest.mark.parametrize("cell", [("lone", 100, 100, 0.6, RARE), ("lognormal", 20, 200, 0.6, HALF)], ids=str)
def test_the_benchmark_subtracts_as_compare_does(cell):
    """Bounds of paired differences, by MOVER and by CR1's t."""
    designs, judges, measured = (benchmark(f"coverage/{name}") for name in ("designs", "judges", "measured"))
    one = designs.Cell(*cell)
    counts = designs.draw_pairs(np.random.default_rng(3), one, 0.5, 6)
    for name in judges.CHECK:
        both = [measured.measure(METRICS[name], counts.sum(axis=axis), lone=one.lone) for axis in (-1, -2)]
        found = judges.bounds_of_difference(*both, counts)
        for at, own in enumerate(counts):
            cells, cluster = rows_of(own)
            gold, first, second = np.unravel_index(cells, own.shape[1:])
            judged = [
                Judged(
                    "t",
                    who,
                    from_codes(Scale.check(), says, gold, cluster=cluster),
                    range(one.n),
                    range(one.n),
                    Policies(),
                )
                for who, says in (("a", first), ("b", second))
            ]
            rows = next(groups(match(judged)))[1]
            for way, (low, high) in zip(("default", "cr1"), found, strict=True):
                seen = contrast(*rows, METRICS[name], interval=way)
                bounds = (math.nan,) * 2 if seen is None or seen.test.low is None else (seen.test.low, seen.test.high)
                reach = METRICS[name].high - METRICS[name].low
                ours = np.clip([low[at], high[at]], -reach, reach)
                assert ours == pytest.approx(bounds, abs=1e-6, nan_ok=True), (name, way, at)


@pytest.mark.parametrize(
    "cell",
    [
        ("equal", 20, 200, 0.6, HALF),
        ("lognormal", 8, 80, 0.6, HALF),
        ("two", 200, 1000, 0.2, HALF),
        ("lone", 200, 200, 0.0, RARE),
    ],
    ids=str,
)
def test_intervals_cover(cell):
    """Nominal 95 %, of every figure of a check; CR1 covers .95, .90, .74 and .40 of kappa."""
    designs, intervals = benchmark("coverage/designs"), benchmark("coverage/intervals")
    lines = intervals.study(designs.Cell(*cell), designs.CHECK, SIMS, np.random.default_rng(0))
    assert {line.figure: line.cover for line in lines if line.cover < 0.95 - NOISE} == {}


def test_rows_of_a_cluster_are_not_independent():
    """statistics.md 2.2: .80 to .88 in the place of .95."""
    designs, measured, intervals = (benchmark(f"coverage/{name}") for name in ("designs", "measured", "intervals"))
    counts = designs.draw(np.random.default_rng(1), designs.Cell("equal", 20, 200, 0.6, HALF), SIMS)
    alone = measured.measure(METRICS["cohen_kappa"], counts.sum(axis=1, keepdims=True), lone=True)
    assert intervals.covered(alone.bounds, 0.6)[0] < 0.92


@pytest.mark.parametrize("how", ["influences", "jackknife"])
def test_intervals_of_alpha_cover(how):
    """Three of five raters label each unit."""
    people = benchmark("coverage/people")
    rng, tally = np.random.default_rng(2), people.Tally(0.672, [], [])
    for _ in range(SIMS):
        labels = people.crowd(rng, ("lone", 100, 100), (0.8, 0.5, (0.5, 0.3, 0.2), 5, 3)).gold
        tally.add(people.alpha_by(how, labels, Clusters.of(np.arange(100)), np.arange(3.0), 0))
    assert np.mean(tally.hits) == pytest.approx(0.95, abs=NOISE)


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
