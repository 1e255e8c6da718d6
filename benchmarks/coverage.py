"""How often nominal 95 % intervals hold the truth, for independent rows and for clusters.

Run it with ``python benchmarks/coverage.py [--sims 1000] [--seed 0]``. It prints a Markdown table: the share of
simulated data sets whose interval holds the true value, its Monte Carlo error, the mean width, and how many data
sets had no interval (these count as misses). True values are exact, but for alpha: there, that of 400,000 units.
"""

from __future__ import annotations

import argparse
import math
from typing import TYPE_CHECKING, TypeAlias

import numpy as np

from judgebench.agreement.estimates import Counted, estimate
from judgebench.stats.coefficients.catalog import METRICS
from judgebench.stats.coefficients.krippendorff import alpha_units
from judgebench.stats.crosstab import Crosstab
from judgebench.stats.inference.intervals import t_interval
from judgebench.stats.inference.resampling import alpha_resampled
from judgebench.stats.influence import Clusters, Influences

if TYPE_CHECKING:
    from collections.abc import Callable

Bounds: TypeAlias = tuple[float | None, float | None]
Columns: TypeAlias = tuple[np.ndarray, np.ndarray, np.ndarray]
LARGE = 400_000
PER_CLUSTER = 10
#: Spread of the judge's reliability between clusters: an intraclass correlation of about 0.2.
BETWEEN = 4.0


def joint(kappa: float, gold: np.ndarray) -> np.ndarray:
    """Crosstab with equal margins and the given kappa: agreement by design, else by chance."""
    return kappa * np.diag(gold) + (1 - kappa) * np.outer(gold, gold)


def independent(rng: np.random.Generator, n: int, cells: np.ndarray) -> Columns:
    """Draw independent rows."""
    drawn = rng.choice(cells.size, size=n, p=cells.ravel())
    return drawn // len(cells), drawn % len(cells), np.arange(n)


def clustered(rng: np.random.Generator, groups: int, kappa: float, gold: np.ndarray) -> Columns:
    """Draw clusters of ten rows; each has its own chance that the judge knows the answer, kappa on average.

    Who does not know answers by chance, so kappa of all rows is the mean of those chances.
    """
    cluster = np.repeat(np.arange(groups), PER_CLUSTER)
    knows = rng.random(cluster.size) < rng.beta(BETWEEN * kappa, BETWEEN * (1 - kappa), groups)[cluster]
    truth = rng.choice(gold.size, size=cluster.size, p=gold)
    return truth, np.where(knows, truth, rng.choice(gold.size, size=cluster.size, p=gold)), cluster


def bounds(name: str, columns: Columns, k: int, *, whole: bool = True) -> Bounds:
    """Bounds of a metric by the engine; rows are taken for independent unless ``whole`` clusters count."""
    gold, judge, cluster = columns
    cells = gold * k + judge
    table = Crosstab(np.bincount(cells, minlength=k * k).reshape(k, k) / gold.size, gold.size, k, np.arange(float(k)))
    metric = METRICS[name]
    found, _ = estimate(metric, Counted(table, cells, Clusters.of(cluster if whole else np.arange(gold.size))))
    return found.low, found.high


def raters(rng: np.random.Generator, n: int, m: int, gaps: float) -> np.ndarray:
    """Draw m raters of n units with three labels, each right with chance .8; a share of the ratings is missing."""
    truth = rng.choice(3, size=n, p=[0.5, 0.3, 0.2])
    found = np.where(rng.random((n, m)) < 0.8, truth[:, None], rng.integers(0, 3, (n, m)))
    return np.where(rng.random((n, m)) < gaps, -1, found)


def alpha_by(method: str, ratings: np.ndarray, seed: int) -> Bounds:
    """Bounds of nominal alpha by the influence function, the jackknife or the unit bootstrap."""
    places, clusters = np.arange(3.0), Clusters.of(np.arange(len(ratings)))
    if method == "unit bootstrap":
        found = alpha_resampled(ratings, 3, places, "nominal", clusters, "bootstrap", draws=500, seed=seed)
    elif method == "jackknife":
        found = alpha_resampled(ratings, 3, places, "nominal", clusters, "jackknife")
    else:
        made = alpha_units(ratings, 3, places, "nominal")
        if isinstance(made, str):
            return None, None
        value, influence = made[0], made[1]
        found = t_interval(Influences(value, influence.size, np.arange(influence.size), influence / influence.size))
    return found.low, found.high


def study(title: str, truth: float, draw: Callable[[int], Bounds], sims: int) -> None:
    """Repeat a draw and print its line."""
    found = [draw(sim) for sim in range(sims)]
    some = [(low, high) for low, high in found if low is not None and high is not None]
    hits = sum(low <= truth <= high for low, high in some) / sims
    error = math.sqrt(max(hits * (1 - hits), 1e-4) / sims)
    width = sum(high - low for low, high in some) / max(1, len(some))
    print(f"| {title} | {hits:.3f} | {error:.3f} | {width:.3f} | {sims - len(some)} |", flush=True)


def kappas(rng: np.random.Generator, sims: int) -> None:
    """Cohen's kappa, alone and clustered."""
    half, skewed = np.array([0.5, 0.5]), np.array([0.9, 0.1])
    for kappa, gold, label, n in (
        (0.6, half, ".5/.5", 50),
        (0.8, half, ".5/.5", 50),
        (0.8, half, ".5/.5", 100),
        (0.8, skewed, ".9/.1", 50),
        (0.8, skewed, ".9/.1", 100),
        (0.6, skewed, ".9/.1", 400),
        (0.9, np.full(5, 0.2), "5 x .2", 60),
    ):
        cells, k = joint(kappa, gold), gold.size
        study(
            f"kappa {kappa}, margins {label}, n {n}",
            kappa,
            lambda _, cells=cells, n=n, k=k: bounds("cohen_kappa", independent(rng, n, cells), k),
            sims,
        )
    for groups in (10, 20, 40, 100):
        for whole in (True, False):
            study(
                f"kappa .6, {groups} clusters of {PER_CLUSTER}" + ("" if whole else ", taken for independent rows"),
                0.6,
                lambda _, g=groups, w=whole: bounds("cohen_kappa", clustered(rng, g, 0.6, half), 2, whole=w),
                sims,
            )


def others(rng: np.random.Generator, sims: int) -> None:
    """Accuracy, Spearman's rho, quadratic kappa."""
    half, five = np.array([0.5, 0.5]), np.full(5, 0.2)
    for share, n in ((0.8, 50), (0.95, 100), (0.7, 1000)):
        cells = joint(2 * share - 1, half)
        study(
            f"accuracy {share}, n {n}",
            share,
            lambda _, cells=cells, n=n: bounds("accuracy", independent(rng, n, cells), 2),
            sims,
        )
    for groups in (10, 20, 40, 100):
        study(
            f"accuracy .8, {groups} clusters of {PER_CLUSTER}",
            0.8,
            lambda _, g=groups: bounds("accuracy", clustered(rng, g, 0.6, half), 2),
            sims,
        )
    ordinal = joint(0.6, five)
    for name, title in (("spearman_rho", "Spearman's rho"), ("cohen_kappa_quadratic", "quadratic kappa")):
        for n in (50, 200):
            study(
                f"{title} .6, 5 levels, n {n}",
                0.6,
                lambda _, n=n, name=name: bounds(name, independent(rng, n, ordinal), 5),
                sims,
            )
    for groups in (10, 20, 40, 100):
        study(
            f"Spearman's rho .6, {groups} clusters of {PER_CLUSTER}",
            0.6,
            lambda _, g=groups: bounds("spearman_rho", clustered(rng, g, 0.6, five), 5),
            sims,
        )


def alphas(rng: np.random.Generator, sims: int) -> None:
    """Krippendorff's alpha of 2 to 4 raters."""
    for m, n, gaps in ((2, 100, 0.0), (3, 50, 0.0), (3, 100, 0.0), (4, 100, 0.3)):
        made = alpha_units(raters(rng, LARGE, m, gaps), 3, np.arange(3.0), "nominal")
        truth = float(made[0]) if not isinstance(made, str) else math.nan
        for method in ("influence function", "jackknife", "unit bootstrap"):
            study(
                f"alpha {truth:.3f}, {m} raters, {n} units" + (f", {gaps:.0%} missing" if gaps else "") + f", {method}",
                truth,
                lambda sim, method=method, n=n, m=m, gaps=gaps: alpha_by(method, raters(rng, n, m, gaps), sim),
                sims,
            )


def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--sims", type=int, default=1000)
    parser.add_argument("--seed", type=int, default=0)
    options = parser.parse_args()
    rng = np.random.default_rng(options.seed)
    print("| data | coverage | MC error | mean width | none |\n| --- | --- | --- | --- | --- |")
    for part in (kappas, others, alphas):
        part(rng, options.sims)


if __name__ == "__main__":
    main()
