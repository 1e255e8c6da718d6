"""Coverage of 95 % intervals of the difference of two judges' calibration errors.

Six pairs of judges on independent rows; "plain" takes the influences alone, "widened" allows for what chance can lift.

Usage: python benchmarks/coverage_calibration.py [--draws 500]
"""

from __future__ import annotations

import argparse

import numpy as np
from scipy.special import expit

from judgebench.stats.coefficients.calibration import calibration_excess, expected_calibration_error
from judgebench.stats.inference.paired import Difference
from judgebench.stats.influence import Clusters, combine

#: Noise that a judge adds to the log-odds, and the factor by which it then overstates them.
PAIRS = {
    "the same calibrated judge, nearly": ((0.0, 1.0), (0.0, 1.0001)),
    "calibrated, and noisy but subdued": ((0.0, 1.0), (2.0, 0.36)),
    "overconfident, and calibrated": ((0.0, 2.0), (0.0, 1.0)),
    "very and rather overconfident": ((0.5, 3.0), (0.5, 2.0)),
    "both very overconfident": ((0.5, 3.0), (0.7, 3.0)),
    "both mildly overconfident": ((0.3, 1.3), (0.6, 1.2)),
}
MANY = 2_000_000


def draw(
    n: int, pair: tuple[tuple[float, float], ...], rng: np.random.Generator
) -> tuple[list[np.ndarray], np.ndarray]:
    """Probabilities of both judges, and gold."""
    odds = 1.5 * rng.normal(size=n)
    gold = rng.random(n) < expit(odds)
    return [expit(factor * (odds + noise * rng.normal(size=n))) for noise, factor in pair], gold


def main() -> None:
    """Print a line per pair and number of rows."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--draws", type=int, default=500)
    draws = parser.parse_args().draws
    rng = np.random.default_rng(1)
    print(f"{'judges':36} {'ECE':>11} {'rows':>5} {'plain':>6} {'widened':>8}")
    for name, pair in PAIRS.items():
        judges, gold = draw(MANY, pair, rng)
        errors = [float(expected_calibration_error(p, gold).value or 0.0) for p in judges]
        truth = errors[0] - errors[1]
        for n in (200, 1000, 5000):
            clusters = Clusters.of(np.arange(n))
            held = [0, 0]
            for _ in range(draws):
                judges, gold = draw(n, pair, rng)
                gap = combine([expected_calibration_error(p, gold).influences(clusters) for p in judges], [1.0, -1.0])
                bias = calibration_excess(judges[0], gold, clusters), calibration_excess(judges[1], gold, clusters)
                for i, found in enumerate((Difference.of(gap), Difference.of(gap, bias=bias))):
                    held[i] += found.low is not None and found.high is not None and found.low <= truth <= found.high
            print(
                f"{name:36} {errors[0]:.3f} {errors[1]:.3f} {n:5} {held[0] / draws:6.3f} {held[1] / draws:8.3f}",
                flush=True,
            )


if __name__ == "__main__":
    main()
