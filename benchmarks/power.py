"""Sample sizes and gates: what the formulas promise beside what simulated judges do.

Run it with ``python benchmarks/power.py [--sims 4000] [--seed 0]``. First table: items that should find a drop of
.05 with 80 % power (one-sided, 5 %), for judges as often right on both classes and for judges that accept as often as
gold does, and how often a paired test found it. Second table: how often three rules of
a regression gate decide, by formula and in the simulation: A fails if the drop seen is above .05, B fails if the
lower bound of the drop is above 0, C passes only if its upper bound is below .05.
"""

from __future__ import annotations

import argparse
import math
from typing import NamedTuple

import numpy as np
from scipy.special import bdtr, gammaln, ndtr, ndtri, xlog1py, xlogy

from judgebench.agreement.power import from_figures
from judgebench.stats.inference.kappa_drops import Rates, kappa_drop_variance, kappa_of, quantiles, worse_rates

Z = 1.6448536269514722


def accuracy_drop_items(
    drop: float, discordance: float, *, alpha: float = 0.05, power: float = 0.8, sides: int = 1
) -> int:
    """Items for a test of two paired accuracies, all of them independent.

    ``n = [z_a sqrt(d) + z_b sqrt(d - drop^2)]^2 / drop^2`` with discordance d.
    Source: Connor (1987), Sample size for testing differences in proportions for the paired-sample design.
    """
    if not 0 < drop <= discordance <= 1:
        raise ValueError("the discordance is at least the drop, and the drop above 0")
    quantiles(alpha=alpha, power=power, sides=sides)
    z_alpha, z_beta = -float(ndtri(alpha / sides)), float(ndtri(power))
    root = z_alpha * math.sqrt(discordance) + z_beta * math.sqrt(discordance - drop * drop)
    return math.ceil((root / drop) ** 2 - 1e-9)


def mcnemar_power(n: int, discordance: float, drop: float, alpha: float = 0.05) -> float:
    """Chance that McNemar's exact two-sided test finds a difference of two accuracies.

    Counted in full over the number of discordant items (a share ``discordance`` of n, on which exactly one judge is
    right) and over which judge they favour; a ``drop`` of 0 gives the size of the test. The exact test is conservative,
    so this lies somewhat below what Connor's formula promises, 80 % power with 312 items.

    Source: Connor (1987), Sample size for testing differences in proportions for the paired-sample design; Duffy
    (1984), Asymptotic and exact power for the McNemar test and its analogue with R controls per case.
    """
    if n < 1 or not 0 < discordance <= 1 or abs(drop) > discordance:
        raise ValueError("there are items, and the discordance is above 0 and at least the drop")
    counts = np.arange(n + 1)
    weights = np.exp(
        gammaln(n + 1) - gammaln(counts + 1) - gammaln(n - counts + 1)
        + xlogy(counts, discordance) + xlog1py(n - counts, -discordance)
    )  # fmt: skip
    likely = counts[weights > 1e-15]
    # Largest count of the rarer kind that is still significant, by bisection over all sizes at once.
    low, high = np.full(likely.size, -1), likely // 2
    while (low < high).any():
        middle = (low + high + 1) // 2
        significant = 2 * bdtr(np.maximum(middle, 0).astype(float), likely, 0.5) <= alpha
        low, high = np.where(significant, middle, low), np.where(significant, high, middle - 1)
    share = (1 + drop / discordance) / 2
    tested = low >= 0
    limits, sizes = low[tested].astype(float), likely[tested]
    rejected = bdtr(limits, sizes, share) + bdtr(limits, sizes, 1 - share)
    return float((weights[sizes] * rejected).sum())


class GateRates(NamedTuple):
    """How often three rules of a regression gate decide.

    ``point_fails``: the drop seen is above the margin, a coin toss where the true drop is the margin, at any number of
    items. ``bound_fails``: the one-sided lower bound of the drop is above 0, sure to be right about a drop, silent
    about its size. ``bound_passes``: the upper bound is below the margin, sure that nothing worse happened.
    """

    point_fails: float
    bound_fails: float
    bound_passes: float


def gate_rates(drop: float, se: float, margin: float = 0.05, alpha: float = 0.05) -> GateRates:
    """Work out how often a gate fails or passes for a true drop.

    With a normal estimate of the drop: ``P(fail by point) = Phi((drop - margin) / se)``,
    ``P(fail by bound) = Phi(drop / se - z)`` and ``P(pass by bound) = Phi((margin - drop) / se - z)``. ``se`` is that
    of the paired difference, ``sqrt(Var(IF_A - IF_B) deff / n)``, and alpha the one-sided level of the bounds.
    Source: Schuirmann (1987), A comparison of the two one-sided tests procedure and the power approach for assessing
    the equivalence of average bioavailability.
    """
    if not se > 0:
        raise ValueError("a standard error lies above 0")
    z = float(ndtri(1 - alpha))
    return GateRates(
        float(ndtr((drop - margin) / se)), float(ndtr(drop / se - z)), float(ndtr((margin - drop) / se - z))
    )


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
    rng: np.random.Generator, sims: int, n: int, base: float, rates: Rates, drop: float, discordance: float
) -> tuple[np.ndarray, np.ndarray]:
    """Simulate a judge with these rates and a worse one on the same n items: drops seen and paired standard errors."""
    kappa = kappa_of(base, rates)
    worse = worse_rates(base, rates, kappa - drop) if drop else rates
    better, other = (rates.tnr, rates.tpr), (worse.tnr, worse.tpr)
    errors = [2 - one - two for one, two in zip(better, other, strict=True)]
    of_all = (1 - base) * errors[0] + base * errors[1]
    shares = []
    for gold, weight in ((0, 1 - base), (1, base)):
        split, gap = discordance * errors[gold] / of_all, better[gold] - other[gold]
        first, second = (split + gap) / 2, (split - gap) / 2
        shares += [weight * x for x in (better[gold] - first, first, second, 1 - better[gold] - second)]
    drawn = rng.multinomial(n, np.maximum(shares, 0) / np.sum(shares), sims).reshape(sims, 2, 2, 2) / n
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
            for another in (0, 1):
                gap = influences[:, gold, gold ^ one] - others[:, gold, gold ^ another]
                variance += drawn[:, gold, one, another] * gap**2
    return first - second, np.sqrt(variance / (n - 1))


def sizes(rng: np.random.Generator, sims: int) -> None:
    """Print the sample sizes for a drop of .05 and the power they have."""
    print("| test | base rate | kappa or drop | discordance | n by formula | simulated power |")
    print("| --- | --- | --- | --- | --- | --- |")
    for base, kappa, spans in (
        (0.5, 0.6, (0.05, 0.1, 0.2)),
        (0.5, 0.8, (0.05, 0.1, 0.2)),
        (0.7, 0.6, (0.05, 0.1, 0.2)),
        (0.7, 0.8, (0.05, 0.1)),
        (0.9, 0.6, (0.05, 0.1, 0.2)),
        (0.9, 0.8, (0.05,)),
    ):
        for share in spans:
            found = from_figures(base, kappa, 0.05, share)
            for one in filter(None, (found.other, found)):
                n = one.items_for(0.05)
                drop, se = drops(rng, sims, n, base, one.rates, 0.05, share)
                told = f"kappa, {one.model} | {base} | {kappa} to {kappa - 0.05:.2f} | {share} | {n}"
                print(f"| {told} | {(drop > Z * se).mean():.3f} |", flush=True)
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
            drop, se = drops(rng, sims, n, 0.5, Rates(0.8, 0.8), true, 0.1)
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
