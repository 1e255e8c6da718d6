"""Judges that give numbers: continuous ratings, scores and probabilities, and the difference of calibration errors.

A rating is a function of a normal number, of which a question shares 30 %; gold's and the judge's are correlated. True
values of ratings and of calibration errors are those of two million rows, the others are exact.
"""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

import numpy as np
from designs import sizes
from people import Tally
from scipy.special import expit, ndtr, stdtrit

from judgebench.agreement.estimates import Counted, Figure
from judgebench.agreement.intervals import estimated
from judgebench.stats.coefficients import continuous
from judgebench.stats.coefficients.calibration import (
    auc,
    brier,
    calibration_excess,
    calibration_line,
    expected_calibration_error,
)
from judgebench.stats.crosstab import Crosstab
from judgebench.stats.inference.paired import Difference
from judgebench.stats.influence import Clusters, combine

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from judgebench.stats.crosstab import Floats

MANY = 2_000_000
SHAPES: dict[str, Callable[[Floats], Floats]] = {
    "normal": lambda z: z,
    "exponential": np.exp,
    "t, 3 df": lambda z: stdtrit(3, np.clip(ndtr(z), 1e-12, 1 - 1e-12)),
    "skewed 0-100": lambda z: 100 * ndtr(0.7 * z + 1),
}
RATED = {
    "score_pearson_r": continuous.pearson,
    "score_lin_ccc": continuous.concordance,
    "score_icc_a1": continuous.icc_agreement,
    "score_spearman_rho": continuous.spearman,
    "score_mean_absolute_error": continuous.mean_absolute_error,
    "score_mean_signed_error": continuous.mean_signed_error,
}
DESIGNS = (
    ("lone", 40, 40), ("lone", 100, 100), ("lone", 400, 400), ("equal", 10, 100), ("lognormal", 20, 200),
    ("giant", 20, 200),
)  # fmt: skip
#: Area for scores that are normal with standard deviation 1 and means one apart.
AREA = float(ndtr(1 / np.sqrt(2)))
#: Noise that a judge adds to the log-odds, and the factor by which it then overstates them.
PAIRS = {
    "the same calibrated judge, nearly": ((0.0, 1.0), (0.0, 1.0001)),
    "calibrated, and noisy but subdued": ((0.0, 1.0), (2.0, 0.36)),
    "overconfident, and calibrated": ((0.0, 2.0), (0.0, 1.0)),
    "very and rather overconfident": ((0.5, 3.0), (0.5, 2.0)),
    "both very overconfident": ((0.5, 3.0), (0.7, 3.0)),
    "both mildly overconfident": ((0.3, 1.3), (0.6, 1.2)),
}


def figure(name: str, x: Floats, y: Floats, clusters: Clusters) -> Figure:
    """Measure a judge's ratings as `judgebench score` does."""
    empty = Crosstab(np.zeros((2, 2)), 0, 2, np.arange(2.0))
    counted = Counted(empty, np.zeros(x.size, dtype=np.int64), clusters)
    return Figure.of_rows(name, RATED[name](x, y), counted, mean=name.startswith("score_mean"))


def rated(rng: np.random.Generator, shape: str, r: float, question: np.ndarray) -> tuple[Floats, Floats]:
    """Draw gold and a judge's ratings."""
    shared, own = rng.normal(size=(2, int(question.max()) + 1)), rng.normal(size=(2, question.size))
    z = np.sqrt(0.3) * shared[:, question] + np.sqrt(0.7) * own
    return SHAPES[shape](z[0]), SHAPES[shape](r * z[0] + np.sqrt(1 - r * r) * z[1])


def ratings(sims: int, seed: int) -> Iterator[str]:
    """Correlation, concordance and errors of continuous ratings."""
    for at, (shape, r) in enumerate((shape, r) for shape in SHAPES for r in (0.7, 0.1)):
        x, y = rated(np.random.default_rng([seed, 12]), shape, r, np.arange(MANY))
        true = {name: RATED[name](x, y).value or 0.0 for name in RATED}
        for design in DESIGNS if r > 0.5 else DESIGNS[:3]:
            rng = np.random.default_rng([seed, 13, at, design[2]])
            tallies = {(name, way): Tally(true[name], [], []) for name in RATED for way in ("cr1", "default")}
            for _ in range(sims):
                rows = sizes(rng, *design, 1)[0]
                question = np.repeat(np.arange(rows.size), rows)
                x, y = rated(rng, shape, r, question)
                for (name, way), tally in tallies.items():
                    made = figure(name, x, y, Clusters.of(question))
                    tally.add(made.estimate("cr1" if way == "cr1" else "default")[0])
            for (name, way), tally in tallies.items():
                yield tally.line(f"{shape}, {design[0]} {design[1]}/{design[2]} | {name}, {way}", sims)


def scores(sims: int, seed: int) -> Iterator[str]:
    """Area under the curve with and without clusters, Brier score, slope of the recalibration."""
    rng = np.random.default_rng([seed, 14])
    four, alone = np.repeat(np.arange(50), 4), Clusters.of(np.arange(300))
    lines = {
        "AUC, 100 items": AREA,
        "AUC, 50 questions of 4, clustered": AREA,
        "AUC, 50 questions of 4, taken as 200 items": AREA,
        # E[p (1 - p)] of a Beta(2, 2).
        "Brier score, 300 items": 0.2,
        "slope of the recalibration, 300 items": 1.0,
    }
    tallies = [Tally(truth, [], []) for truth in lines.values()]
    lifted = []
    area = partial(estimated, low=0.0, high=1.0)
    for _ in range(sims):
        gold = np.arange(100) < 50
        found = [area(auc(rng.normal(size=100) + gold, gold).influences(Clusters.of(np.arange(100))))]
        # Four rows of a question share its gold and half of the score's variance.
        gold = (np.arange(50) < 25)[four]
        outcome = auc((rng.normal(size=50)[four] + rng.normal(size=200)) * np.sqrt(0.5) + gold, gold)
        found += [area(outcome.influences(Clusters.of(rows))) for rows in (four, np.arange(200))]
        p = rng.beta(2, 2, 300)
        gold = rng.random(300) < p
        found.append(area(brier(p, gold).influences(alone)))
        found.append(estimated(calibration_line(p, gold)[0].influences(alone)))
        lifted.append(expected_calibration_error(p, gold).value or 0.0)
        for tally, one in zip(tallies, found, strict=True):
            tally.add(one)
    yield from (tally.line(f"{name} | interval", sims) for name, tally in zip(lines, tallies, strict=True))
    yield f"\nMean ECE of a calibrated judge, 300 items: {np.mean(lifted):.3f}"


def calibration(sims: int, seed: int) -> Iterator[str]:
    """Difference of two calibration errors: influences alone, and widened by what chance can lift."""

    def draw(n: int, pair: tuple[tuple[float, float], ...]) -> tuple[list[Floats], np.ndarray]:
        odds = 1.5 * rng.normal(size=n)
        gold = rng.random(n) < expit(odds)
        return [expit(factor * (odds + noise * rng.normal(size=n))) for noise, factor in pair], gold

    rng = np.random.default_rng([seed, 15])
    for name, pair in PAIRS.items():
        judges, gold = draw(MANY, pair)
        errors = [expected_calibration_error(p, gold).value or 0.0 for p in judges]
        for n in (200, 1000, 5000):
            clusters = Clusters.of(np.arange(n))
            tallies = {way: Tally(errors[0] - errors[1], [], []) for way in ("influences alone", "widened")}
            for _ in range(sims):
                judges, gold = draw(n, pair)
                gap = combine([expected_calibration_error(p, gold).influences(clusters) for p in judges], [1.0, -1.0])
                bias = calibration_excess(judges[0], gold, clusters), calibration_excess(judges[1], gold, clusters)
                for tally, found in zip(
                    tallies.values(), (Difference.of(gap), Difference.of(gap, bias=bias)), strict=True
                ):
                    tally.add(found)
            yield from (tally.line(f"ECE: {name}, {n} rows | {way}", sims) for way, tally in tallies.items())


def numbers(sims: int, seed: int) -> Iterator[str]:
    """Continuous ratings, scores, calibration."""
    sims = min(sims, 1000)
    yield f"## numbers: {sims:,} data sets a cell\n"
    yield "| data | figure | truth | covers | without | width |"
    yield "| --- " * 6 + "|"
    for part in (ratings, calibration, scores):
        yield from part(sims, seed)


PARTS = {"numbers": numbers}
