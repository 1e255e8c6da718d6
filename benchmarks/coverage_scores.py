"""Coverage of 95 % intervals for judges with scores: AUC with and without clusters, Brier score, calibration slope.

The last line is no coverage: it is the mean calibration error (10 bins of equal width) of a judge without any.

Run: python benchmarks/coverage_scores.py [--sims 6000]
"""

from __future__ import annotations

import argparse
from collections import defaultdict
from typing import TYPE_CHECKING

import numpy as np
from scipy.special import ndtr

from judgebench.agreement.estimates import estimated
from judgebench.stats.coefficients.calibration import auc, brier, calibration_line, expected_calibration_error
from judgebench.stats.influence import Clusters

if TYPE_CHECKING:
    from judgebench.domain import Estimate

#: Area for scores that are normal with standard deviation 1 and means one apart.
AREA = float(ndtr(1 / np.sqrt(2)))


def coverage(sims: int, seed: int = 1) -> dict[str, float]:
    """Share of simulated intervals that hold the truth; at the end, the mean ECE where the true one is 0.

    Parameters
    ----------
    sims : int
        Simulations.
    seed : int, optional
        Of the generator.
    """
    rng = np.random.default_rng(seed)
    hits: defaultdict[str, float] = defaultdict(float)

    def count(name: str, found: Estimate, truth: float) -> None:
        hits[name] += found.low is not None and found.high is not None and found.low <= truth <= found.high

    question = np.repeat(np.arange(50), 4)
    for _ in range(sims):
        gold = np.arange(100) < 50
        count("AUC, 100 items", _area(rng.normal(size=100) + gold, gold, np.arange(100)), AREA)
        # Four rows of a question share its gold and half of the score's variance.
        gold = (np.arange(50) < 25)[question]
        noise = (rng.normal(size=50)[question] + rng.normal(size=200)) * np.sqrt(0.5)
        count("AUC, 50 questions of 4, clustered", _area(noise + gold, gold, question), AREA)
        count("AUC, 50 questions of 4, taken as 200 items", _area(noise + gold, gold, np.arange(200)), AREA)
        p = rng.beta(2, 2, 300)
        gold = rng.random(300) < p
        independent = Clusters.of(np.arange(300))
        # E[p (1 - p)] of a Beta(2, 2).
        count("Brier, 300 items", estimated(brier(p, gold).influences(independent), low=0.0, high=1.0), 0.2)
        slope = estimated(calibration_line(p, gold)[0].influences(independent))
        count("calibration slope, 300 items", slope, 1.0)
        hits["mean ECE of a calibrated judge, 300 items"] += expected_calibration_error(p, gold).value or 0.0
    return {name: found / sims for name, found in hits.items()}


def _area(scores: np.ndarray, gold: np.ndarray, cluster: np.ndarray) -> Estimate:
    return estimated(auc(scores, gold).influences(Clusters.of(cluster)), low=0.0, high=1.0)


def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--sims", type=int, default=6000)
    for name, share in coverage(parser.parse_args().sims).items():
        print(f"{name:45} {share:.3f}")


if __name__ == "__main__":
    main()
