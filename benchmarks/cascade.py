"""Does a cascade's guarantee hold? 200 random splits of Trust or Escalate's calibration data, and judges of known risk.

    JUDGEBENCH_DATA=... python benchmarks/cascade.py

On recorded data a split's measured half is off by chance, too; with simulated judges the true risk of what is answered
is known.
"""

from __future__ import annotations

import gzip
import json
import os
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from judgebench.agreement.jury.cascade import measure_cascade
from judgebench.agreement.matching import Judged
from judgebench.agreement.ratings import from_codes
from judgebench.domain import Policies, Scale

if TYPE_CHECKING:
    from collections.abc import Iterator

    from judgebench.stats.crosstab import Floats, Ints

SPLITS, RUNS, DELTA = 200, 200, 0.1
ALPHAS = (0.1, 0.15, 0.2)
JUDGES = ("mistral-7b-instruct", "gpt-3.5-turbo")


def judge(name: str, p: Floats, gold: Ints) -> Judged:
    """Make a judge of pairs of probabilities of the second response."""
    own = from_codes(Scale.pair(2), (p > 0.5).astype(int), gold)
    full = replace(own, score=p, has_score=np.ones(p.size, dtype=bool), score_kind="probability")
    names = [f"i{at}" for at in range(p.size)]
    return Judged("cascade", name, full, names, names, Policies(), "human")


def recorded(folder: Path) -> Iterator[Judged]:
    """Read the recorded judges."""
    for name in JUDGES:
        with gzip.open(folder / "trust_or_escalate" / f"{name}.calibration.jsonl.gz") as file:
            rows = [json.loads(line) for line in file]
        p = np.array([row["probs"][1] / sum(row["probs"]) for row in rows])
        yield judge(name, p, np.array([row["preferences"]["human"] - 1 for row in rows]))


def drawn(rng: np.random.Generator, n: int, overconfident: float) -> list[tuple[Judged, Floats, Floats]]:
    """Draw two judges who are right less often than they say; how often they are, too."""
    gold = rng.integers(0, 2, n)
    found: list[tuple[Judged, Floats, Floats]] = []
    for name, skill in (("cheap", 0.7), ("dear", 0.9)):
        sure = 0.5 + rng.beta(4 * skill, 4 * (1 - skill), n) / 2
        true = 0.5 + (sure - 0.5) * overconfident
        right = rng.random(n) < true
        found.append((judge(name, np.where(right == (gold == 1), sure, 1 - sure), gold), sure, true))
    return found


def main() -> None:
    """Print the share of splits, and of simulated runs, in which the guarantee holds."""
    if folder := os.environ.get("JUDGEBENCH_DATA"):
        judges = list(recorded(Path(folder)))
        for alpha in ALPHAS:
            found = measure_cascade(judges, alpha=alpha, delta=DELTA, splits=SPLITS)
            print(
                f"recorded alpha {alpha:.2f}: held in {found.held / SPLITS:.3f} of {SPLITS} splits, "
                f"ruled out in {found.refuted}, coverage {found.mean_coverage:.3f}"
            )
    for alpha in ALPHAS:
        held: list[bool] = []
        covered: list[float] = []
        for seed in range(RUNS):
            made = drawn(np.random.default_rng(seed), 20_000, 0.85)
            # 500 questions to calibrate on; the other 19,500 tell the true risk.
            found = measure_cascade([one for one, _, _ in made], alpha=alpha, delta=DELTA, share=0.025, seed=seed)
            waiting, risk, answered = np.ones(20_000, dtype=bool), 0.0, 0
            for stage, (_, sure, true) in zip(found.stages, made, strict=True):
                if stage.threshold.value is not None:
                    own = waiting & (sure >= stage.threshold.value)
                    risk, answered, waiting = (
                        risk + float((1 - true[own]).sum()),
                        answered + int(own.sum()),
                        waiting & ~own,
                    )
            held.append(answered == 0 or risk / answered <= alpha)
            covered.append(answered / 20_000)
        print(
            f"simulated alpha {alpha:.2f}: held in {np.mean(held):.3f} of {RUNS} runs, coverage {np.mean(covered):.3f}"
        )


if __name__ == "__main__":
    main()
