"""Coverage of the intervals of `judgebench systems`: how often nominal 95 % hold what they should.

Eight systems answer the same questions; a judge agrees with gold more or less and is kinder to some systems than to
others; both depend on the question. What is true comes from two million questions.

    python benchmarks/systems.py [--simulations 300]
"""

from __future__ import annotations

import argparse

import numpy as np

from judgebench.agreement.systems.systems import rank_systems
from judgebench.domain import Ratings, Scale
from judgebench.stats.coefficients.orderings import compare_orders, decisiveness

SYSTEMS = 8
QUALITY = np.linspace(-1.2, 1.5, SYSTEMS)
FAVOUR = np.random.default_rng(99).normal(0, 0.35, SYSTEMS)
NAMES = tuple(f"s{code}" for code in range(SYSTEMS))


def draw(rng: np.random.Generator, questions: int) -> tuple[np.ndarray, np.ndarray]:
    """Gold and verdicts, each of shape (questions, systems)."""
    ease, mood = rng.normal(0, 1, (questions, 1)), rng.normal(0, 0.7, (questions, 1))
    gold = rng.random((questions, SYSTEMS)) < 1 / (1 + np.exp(-(QUALITY + ease)))
    said = rng.random(gold.shape) < 1 / (1 + np.exp(-(1.8 * (2 * gold - 1) + FAVOUR + mood)))
    return gold.astype(np.int64), said.astype(np.int64)


def ratings(gold: np.ndarray, said: np.ndarray) -> Ratings:
    """One row per question and system; the questions are the clusters."""
    rows, none = np.arange(gold.size), np.zeros(gold.size, dtype=np.int64)
    question, system = np.divmod(rows, SYSTEMS)
    return Ratings(
        scale=Scale.check(), judge=said.ravel(), gold=gold.reshape(-1, 1), annotators=("human",), item=rows,
        cluster=question, game=none, swapped=none > 0, subset=none, subsets=("",), system=system, systems=NAMES,
    )  # fmt: skip


def main() -> None:
    """Print the share of intervals that hold the true value, by number of questions."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--simulations", type=int, default=300)
    times = parser.parse_args().simulations
    gold, judge = (side.mean(axis=0)[None] for side in draw(np.random.default_rng(1), 2_000_000))
    figures = compare_orders(gold, judge)
    figures |= decisiveness(np.log(gold / (1 - gold)), np.log(judge / (1 - judge)), np.array([True]))[0]
    true = {name: float(found.values[0]) for name, found in figures.items()}
    bias = dict(zip(NAMES, (judge - gold)[0].tolist(), strict=True))
    print(f"{times} simulations of {SYSTEMS} systems, 500 draws each, nominal 95 %")
    for questions in (200, 800):
        rng = np.random.default_rng(2)
        held = dict.fromkeys([*true, "bias"], 0.0)
        for _ in range(times):
            found = rank_systems(ratings(*draw(rng, questions)), draws=500)
            for name, value in true.items():
                low, high = found.agreement[name].low, found.agreement[name].high
                held[name] += low is not None and high is not None and low - 1e-9 <= value <= high + 1e-9
            for system in found.systems:
                low, high = system.bias.low or 0.0, system.bias.high or 0.0
                held["bias"] += (low <= bias[system.name] <= high) / SYSTEMS
        print(f"{questions} questions")
        for name, count in held.items():
            value = f"{true[name]:7.3f}" if name in true else "each's "
            print(f"  {name:20s} true {value}  covered {count / times:.3f}")


if __name__ == "__main__":
    main()
