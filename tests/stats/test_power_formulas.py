"""Sample sizes and operating characteristics: published values, and simulation within its own noise."""

from __future__ import annotations

import math

import numpy as np
import pytest
from agreement_cases import benchmark

from judgebench.stats.coefficients.chance import cohen_kappa
from judgebench.stats.inference.kappa_drops import kappa_drop_variance, quantiles
from judgebench.stats.inference.paired import mcnemar

POWER = benchmark("power")


@pytest.mark.parametrize(
    ("drop", "sides", "expected"),
    [(0.05, 1, (122, 246, 493, 740)), (0.025, 1, (493, 988, 1977, 2966)), (0.05, 2, (155, 312, 626, 940))],
)
def test_connor(drop, sides, expected):
    """statistics.md 2.3."""
    found = [POWER.accuracy_drop_items(drop, d, sides=sides) for d in (0.05, 0.10, 0.20, 0.30)]
    assert found == pytest.approx(expected, abs=1)


@pytest.mark.parametrize(
    ("base", "kappa", "expected"),
    [
        (0.5, 0.6, (489, 984, 1973)),
        (0.5, 0.8, (489, 984, 1973)),
        (0.7, 0.6, (537, 1080, 2167)),
        (0.7, 0.8, (603, 1212)),
        (0.9, 0.6, (1142, 2297, 4607)),
        (0.9, 0.8, (2066,)),
    ],
)
def test_items_for_a_drop_of_kappa(base, kappa, expected):
    """statistics.md 2.3: n for a drop of .05, one-sided 5 %, power 80 %."""
    z = quantiles()
    found = [
        math.ceil(z * z * kappa_drop_variance(base, kappa, 0.05, d) / 0.05**2)
        for d in (0.05, 0.1, 0.2)[: len(expected)]
    ]
    assert found == pytest.approx(expected, rel=0.002)


def test_exact_power_is_the_simulated_one():
    drawn = np.random.default_rng(0).multinomial(200, [0.08, 0.03, 0.89], 4_000)
    rejected = np.mean([mcnemar(int(b), int(c)) <= 0.05 for b, c, _ in drawn])
    power = POWER.mcnemar_power(200, 0.11, 0.05)
    assert rejected == pytest.approx(power, abs=4 * math.sqrt(power * (1 - power) / 4_000))


def test_exact_power_by_hand():
    from scipy.stats import multinomial

    by_hand = sum(
        multinomial.pmf([b, c, 14 - b - c], 14, [0.5, 0.1, 0.4])
        for b in range(15)
        for c in range(15 - b)
        if mcnemar(b, c) <= 0.05
    )
    assert POWER.mcnemar_power(14, 0.6, 0.4) == pytest.approx(by_hand, abs=1e-12)
    assert POWER.mcnemar_power(300, 0.2, 0.0) <= 0.05
    assert POWER.mcnemar_power(50, 0.2, 0.2) == pytest.approx(POWER.mcnemar_power(50, 0.2, -0.2))


@pytest.mark.parametrize("design", [(0, 0.1, 0.05), (10, 0.1, 0.2), (10, 0.0, 0.0)])
def test_no_power_without_a_design(design):
    with pytest.raises(ValueError, match="discordance"):
        POWER.mcnemar_power(*design)


# statistics.md 2.4: kappa .6, balanced, discordance .10; fail by point, fail by bound, pass by bound.
GATE = {
    (100, 0.0): (0.211, 0.056, 0.212), (100, 0.05): (0.491, 0.210, 0.058), (100, 0.10): (0.787, 0.503, 0.011),
    (200, 0.0): (0.133, 0.052, 0.318), (200, 0.05): (0.492, 0.304, 0.059), (200, 0.10): (0.870, 0.746, 0.003),
    (500, 0.0): (0.037, 0.050, 0.548), (500, 0.05): (0.499, 0.553, 0.053), (500, 0.10): (0.966, 0.979, 0.000),
    (1000, 0.0): (0.006, 0.050, 0.807), (1000, 0.05): (0.500, 0.813, 0.052), (1000, 0.10): (0.994, 1.0, 0.000),
    (2000, 0.0): (0.000, 0.050, 0.971), (2000, 0.05): (0.499, 0.970, 0.055), (2000, 0.10): (1.0, 1.0, 0.0),
}  # fmt: skip


@pytest.mark.parametrize(("n", "drop"), GATE)
def test_gate_rates_are_the_simulated_ones(n, drop):
    """statistics.md 2.4; a table of 100 items is further from normal than the formula."""
    se = math.sqrt(kappa_drop_variance(0.5, 0.6, max(drop, 1e-9), 0.10) / n)
    found = POWER.gate_rates(drop, se)
    assert (found.point_fails, found.bound_fails, found.bound_passes) == pytest.approx(
        GATE[n, drop], abs=0.055 if n == 100 else 0.03
    )


def test_a_gate_without_spread_is_refused():
    with pytest.raises(ValueError, match="above 0"):
        POWER.gate_rates(0.05, 0.0)


def test_the_variance_of_the_formula_is_the_engines():
    """A table with the assumed shares: the influence functions of the two judges differ by just that variance."""
    from agreement_cases import expand

    from judgebench.stats.crosstab import Crosstab
    from judgebench.stats.influence import Clusters, combine, influences_of

    # gold x first x second for kappas .6 and .5 at base rate .5 and discordance .10: 400 items each.
    cells = {(1, 1): 300 - 0, (1, 0): 30, (0, 1): 10, (0, 0): 60}
    total = sum(cells.values())
    rows = [(g, a if g else 1 - a, b if g else 1 - b) for g in (0, 1) for (a, b), k in cells.items() for _ in range(k)]
    gold, first, second = np.array(rows).T
    parts = []
    for judge in (first, second):
        counts = np.bincount(gold * 2 + judge, minlength=4).reshape(2, 2)
        assert expand(counts)[0].size == 2 * total
        one = Crosstab(counts / (2 * total), 2 * total, 2, np.arange(2.0))
        parts.append(influences_of(one, cohen_kappa(one), gold * 2 + judge, Clusters.of(np.arange(2 * total))))
    gap = combine(parts, [1.0, -1.0])
    assert gap.value == pytest.approx(0.1)
    variance = float(np.square(gap.sums).sum()) * 2 * total
    assert variance == pytest.approx(kappa_drop_variance(0.5, parts[0].value, 0.1, 0.1), rel=1e-9)
