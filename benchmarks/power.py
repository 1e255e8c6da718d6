"""Sample sizes and gates: what the formulas promise beside what simulated judges do.

Run it with ``python benchmarks/power.py [--sims 4000] [--seed 0]``. First table: items that should find a drop of
.05 with 80 % power (one-sided, 5 %), and how often a paired test found it. Second table: how often three rules of
a regression gate decide, by formula and in the simulation: A fails if the drop seen is above .05, B fails if the
lower bound of the drop is above 0, C passes only if its upper bound is below .05.
"""

from __future__ import annotations

import argparse
import math

import numpy as np

from judgebench.agreement.power import accuracy_drop_items, kappa_drop_variance, quantiles
from judgebench.stats.inference.power import gate_rates, mcnemar_power

Z = 1.6448536269514722


def accuracy_of(base: float, kappa: float) -> float:
    """Chance to be right, alike on both classes, that gives this kappa; by bisection."""
    low, high = 0.5, 1.0
    for _ in range(60):
        middle = (low + high) / 2
        said = base * middle + (1 - base) * (1 - middle)
        chance = base * said + (1 - base) * (1 - said)
        low, high = (middle, high) if (middle - chance) / (1 - chance) < kappa else (low, middle)
    return (low + high) / 2


def kappas(tables: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Kappa of each table, shape (sims,), and the influence of its cells, shape (sims, 2, 2)."""
    gold, judge = tables.sum(axis=2), tables.sum(axis=1)
    seen, chance = tables[:, 0, 0] + tables[:, 1, 1], (gold * judge).sum(axis=1)
    margins = gold[:, None, :] + judge[:, :, None]
    # A row in cell (i, j) moves the judge's margin that meets gold i, and gold's that meets verdict j.
    slope = (np.eye(2)[None] * (1 - chance)[:, None, None] - (1 - seen)[:, None, None] * margins) / ((1 - chance) ** 2)[
        :, None, None
    ]
    return (seen - chance) / (1 - chance), slope - (tables * slope).sum(axis=(1, 2))[:, None, None]


def drops(
    rng: np.random.Generator, sims: int, n: int, base: float, pair: tuple[float, float], discordance: float
) -> tuple[np.ndarray, np.ndarray]:
    """Simulate two judges on the same n items: the drops seen and their paired standard errors."""
    better, worse = pair
    only = (discordance + better - worse) / 2, (discordance - better + worse) / 2
    cells = np.array([better - only[0], only[0], only[1], 1 - better - only[1]])
    shares = np.concatenate([(1 - base) * cells, base * cells])
    drawn = rng.multinomial(n, np.maximum(shares, 0) / shares.sum(), sims).reshape(sims, 2, 2, 2) / n
    # Axes: gold, whether the first is wrong, whether the second is wrong.
    tables = np.zeros((2, sims, 2, 2))
    for gold in (0, 1):
        for wrong in (0, 1):
            tables[0][:, gold, gold ^ wrong] = drawn[:, gold, wrong].sum(axis=1)
            tables[1][:, gold, gold ^ wrong] = drawn[:, gold, :, wrong].sum(axis=1)
    (first, influences), (second, others) = kappas(tables[0]), kappas(tables[1])
    variance = np.zeros(sims)
    for gold in (0, 1):
        for one in (0, 1):
            for other in (0, 1):
                gap = influences[:, gold, gold ^ one] - others[:, gold, gold ^ other]
                variance += drawn[:, gold, one, other] * gap**2
    return first - second, np.sqrt(variance / (n - 1))


def sizes(rng: np.random.Generator, sims: int) -> None:
    """Print the sample sizes for a drop of .05 and the power they have."""
    print("| test | base rate | kappa or drop | discordance | n by formula | simulated power |")
    print("| --- | --- | --- | --- | --- | --- |")
    z = quantiles()
    for base, kappa, spans in (
        (0.5, 0.6, (0.05, 0.1, 0.2)),
        (0.5, 0.8, (0.05, 0.1, 0.2)),
        (0.7, 0.6, (0.05, 0.1, 0.2)),
        (0.7, 0.8, (0.05, 0.1)),
        (0.9, 0.6, (0.05, 0.1, 0.2)),
        (0.9, 0.8, (0.05,)),
    ):
        pair = accuracy_of(base, kappa), accuracy_of(base, kappa - 0.05)
        for share in spans:
            n = math.ceil(z * z * kappa_drop_variance(base, kappa, 0.05, share) / 0.05**2)
            drop, se = drops(rng, sims, n, base, pair, share)
            found = float((drop > Z * se).mean())
            print(f"| kappa | {base} | {kappa} to {kappa - 0.05:.2f} | {share} | {n} | {found:.3f} |", flush=True)
    for share in (0.05, 0.1, 0.2, 0.3):
        n = accuracy_drop_items(0.05, share)
        drawn = rng.multinomial(n, [(share + 0.05) / 2, (share - 0.05) / 2, 1 - share], sims)
        gap, split = drawn[:, 0] - drawn[:, 1], drawn[:, 0] + drawn[:, 1]
        found = float((gap > Z * np.sqrt(split)).mean())
        exact = mcnemar_power(n, share, 0.05, alpha=0.1)
        print(f"| accuracy | any | .05 | {share} | {n} | {found:.3f} (exact test {exact:.3f}) |", flush=True)


def gates(rng: np.random.Generator, sims: int) -> None:
    """Print how often three gates decide, by formula / in the simulation."""
    print("\n| n | true drop | A fails | B fails | C passes |\n| --- | --- | --- | --- | --- |")
    for n in (100, 200, 500, 1000, 2000):
        for true in (0.0, 0.05, 0.1):
            formula = gate_rates(true, math.sqrt(kappa_drop_variance(0.5, 0.6, max(true, 1e-9), 0.1) / n))
            drop, se = drops(rng, sims, n, 0.5, (0.8, accuracy_of(0.5, 0.6 - true)), 0.1)
            seen = (drop > 0.05).mean(), (drop > Z * se).mean(), (drop + Z * se < 0.05).mean()
            pairs = zip((formula.point_fails, formula.bound_fails, formula.bound_passes), seen, strict=True)
            print(f"| {n} | {true} | " + " | ".join(f"{a:.3f} / {b:.3f}" for a, b in pairs) + " |", flush=True)


def main() -> None:
    """Print both tables."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--sims", type=int, default=4000)
    parser.add_argument("--seed", type=int, default=0)
    options = parser.parse_args()
    rng = np.random.default_rng(options.seed)
    print(f"Monte Carlo error of a rate: at most {0.5 / math.sqrt(options.sims):.3f}\n")
    sizes(rng, options.sims)
    gates(rng, options.sims)


if __name__ == "__main__":
    main()
