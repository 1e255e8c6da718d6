"""How often the real gate decides, beside what the formulas promise: `judgebench.agreement.gate` on simulated runs.

Run it with ``python benchmarks/gate.py [--sims 2000] [--seed 0]``. Two judges answer n items with two classes, equally
frequent; kappa is .6 for the baseline and less by the true drop for the run; on a tenth of the items exactly one of
them is right. First table: A fails if the drop seen is above .05, B fails if its lower bound is above 0, C passes only
if its upper bound is below .05, then the gate's own three states (which let C go before B). Second table: questions of
ten items whose verdicts hang together, with and without clustering. Third table: questions of unequal sizes, by the
gate's bounds and by two others. Fourth table: few items differ, and all of them for the worse, as when answers can't
be read any more. Last: eight lines of no drop, with and without Holm.
"""

from __future__ import annotations

import argparse
import math
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from scipy.special import stdtrit

from judgebench.agreement.gate.decision import gate
from judgebench.agreement.gate.rules import Gate, Limits, Rules
from judgebench.agreement.matching import Judged, match
from judgebench.agreement.ratings import from_codes
from judgebench.domain import Policies, Ratings, Scale
from judgebench.stats.cluster_errors import cr2
from judgebench.stats.inference.gates import Decider, one_sided
from judgebench.stats.inference.kappa_drops import equal_rates, kappa_drop_variance
from judgebench.stats.influence import Influences

MARGIN = 0.05


def cells(drop: float, discordance: float, kappa: float = 0.6) -> np.ndarray:
    """Chances of (both right, only the first, only the second, neither), alike on both classes."""
    better, worse = (equal_rates(0.5, one).tpr for one in (kappa, kappa - drop))
    only = (discordance + better - worse) / 2, (discordance - better + worse) / 2
    return np.array([better - only[0], only[0], only[1], 1 - better - only[1]])


def ratings(gold: np.ndarray, right: np.ndarray, cluster: np.ndarray | None = None) -> Ratings:
    """Verdicts of a judge that is right where it says so."""
    return from_codes(Scale.check(), np.where(right, gold, 1 - gold), gold, cluster=cluster)


def decide(
    first: Ratings, second: Ratings, metric: str = "cohen_kappa", rules: Rules | None = None, **more: Any
) -> Gate:
    """Hold the second judge against the first with the real gate."""
    names = range(int(first.item.max()) + 1)
    judged = [Judged("simulated", name, one, names, names, Policies()) for name, one in (("a", first), ("b", second))]
    return gate(match(judged), [metric], rules=rules, **more)


@dataclass
class Tally:
    """How often each thing happened."""

    point: int = 0
    bound: int = 0
    within: int = 0
    fails: int = 0
    passes: int = 0
    sims: int = 0

    def add(self, found: Gate) -> None:
        """Count one decision."""
        line = found.lines[0]
        self.sims += 1
        self.point += line.worse.value > MARGIN
        self.bound += line.worse.low is not None and line.worse.low > 0
        self.within += line.worse.high is not None and line.worse.high < MARGIN
        self.fails += found.state == "fail"
        self.passes += found.state == "pass"

    def shares(self) -> list[float]:
        """Give the shares of A, B, C, fail and pass."""
        return [x / self.sims for x in (self.point, self.bound, self.within, self.fails, self.passes)]


def cell(rng: np.random.Generator, n: int, drop: float, sims: int, discordance: float = 0.1) -> Tally:
    """Simulate one cell of the table."""
    tally, chances = Tally(), cells(drop, discordance)
    for _ in range(sims):
        gold, kind = rng.integers(0, 2, n), rng.choice(4, n, p=chances)
        tally.add(decide(ratings(gold, kind <= 1), ratings(gold, kind % 2 == 0)))
    return tally


def clustered(rng: np.random.Generator, questions: int, sims: int, size: int = 10, *, blind: bool = False) -> float:
    """Count false alarms where no judge got worse and the items of a question rise and fall together."""
    n, fails = questions * size, 0
    cluster = np.repeat(np.arange(questions), size)
    for _ in range(sims):
        gold = rng.integers(0, 2, n)
        # Each question favours one of the judges, as a topic does that one of them knows.
        tilt = np.repeat(rng.normal(0, 0.12, questions), size)
        first, second = rng.random(n) < 0.8 + tilt, rng.random(n) < 0.8 - tilt
        sides = (ratings(gold, right, None if blind else cluster) for right in (first, second))
        fails += decide(*sides).state == "fail"
    return fails / sims


def sizes_of(rng: np.random.Generator, shape: str, questions: int) -> np.ndarray:
    """Items of each question: lognormal, with a heavy tail, or one or two that hold half of all."""
    if shape == "lognormal":
        drawn = rng.lognormal(0, 1, questions)
        return np.maximum(1, np.round(10 * drawn / drawn.mean())).astype(int)
    if shape == "heavy tail":
        return np.minimum((3 * rng.pareto(1.2, questions)).astype(int) + 1, 400)
    large = 1 if shape == "one giant" else 2
    return np.r_[np.full(large, 10 * (questions - large) // large), np.full(questions - large, 10)]


def unequal(rng: np.random.Generator, shape: str, questions: int, sims: int) -> dict[str, list[float]]:
    """By the error and degrees of freedom used: false alarms without a drop, passes at the margin, median reach.

    Accuracy .8, each question favouring one of the judges by N(0, .12).
    """
    found: dict[str, list[list[float]]] = {}
    for drop in (0.0, MARGIN):
        for _ in range(sims):
            sizes = sizes_of(rng, shape, questions)
            tilt = np.clip(rng.normal(0, 0.12, questions), -0.15, 0.15)
            gaps = rng.binomial(sizes, 0.8 + tilt) - rng.binomial(sizes, 0.8 - tilt - drop)
            n = int(sizes.sum())
            value = gaps.sum() / n
            sums, share = (gaps - value * sizes) / n, sizes / n
            variance, df, _ = cr2(sums, share)
            bounds = one_sided(Influences(value, n, np.arange(questions), sums), margin=MARGIN, sizes=sizes)
            kish = 1 / np.square(share).sum() - 1
            for name, error, free in (
                ("CR1, G - 1", math.sqrt(questions / (questions - 1) * np.square(sums).sum()), questions - 1),
                ("CR2, Satterthwaite", math.sqrt(variance), float(df)),
                ("CR3, Kish", bounds.se or 0.0, max(1.0, kish)),
                ("the gate", bounds.se or 0.0, bounds.df),
            ):
                reach = float(stdtrit(free, 0.95)) * error
                found.setdefault(name, [[], [], []])[2].append(reach)
                found[name][drop > 0].append(value > reach if drop == 0 else value + reach < MARGIN)
    return {name: [np.mean(rows[0]), np.mean(rows[1]), np.median(rows[2])] for name, rows in found.items()}


def one_way(rng: np.random.Generator, n: int, drop: float, sims: int) -> tuple[float, float]:
    """Shares of fails and passes where a part of the answers is lost and nothing else changes."""
    states = []
    for _ in range(sims):
        gold = rng.integers(0, 2, n)
        right = rng.random(n) < 0.9
        lost = rng.random(n) < drop
        second = from_codes(Scale.check(), np.where(lost, -1, np.where(right, gold, 1 - gold)), gold)
        found = decide(ratings(gold, right), second, limits=Limits(coverage=MARGIN))
        states.append(found.lines[1].state)
    return states.count("fail") / sims, states.count("pass") / sims


def family(rng: np.random.Generator, n: int, subsets: int, sims: int) -> tuple[float, float]:
    """Share of runs, no worse, on which any line fails: as the gate decides, and by each line's own p-value."""
    adjusted = alone = 0
    code, names = np.arange(n) % subsets, tuple(f"s{i}" for i in range(subsets))
    chances = cells(0.0, 0.1)
    for _ in range(sims):
        gold, kind = rng.integers(0, 2, n), rng.choice(4, n, p=chances)
        sides = (replace(ratings(gold, right), subset=code, subsets=names) for right in (kind <= 1, kind % 2 == 0))
        found = decide(*sides, subsets=("all",))
        adjusted += found.state == "fail"
        alone += any(line.p is not None and line.p < 0.05 for line in found.lines)
    return adjusted / sims, alone / sims


def main() -> None:
    """Print the tables."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--sims", type=int, default=2000)
    parser.add_argument("--seed", type=int, default=0)
    options = parser.parse_args()
    rng, sims = np.random.default_rng(options.seed), options.sims
    print(f"Monte Carlo error of a rate: at most {0.5 / math.sqrt(sims):.3f}\n")
    print(
        "| n | true drop | A fails | B fails | C passes | gate fails: seen / by formula | passes: seen / by formula |"
    )
    print("| --- | --- | --- | --- | --- | --- | --- |")
    for n in (100, 200, 500, 1000, 2000):
        for drop in (0.0, 0.05, 0.1):
            a, b, c, fails, passes = cell(rng, n, drop, sims).shares()
            se = math.sqrt(kappa_drop_variance(0.5, 0.6, max(drop, 1e-9), 0.1) / n)
            told = Decider(se, se, MARGIN, df=n - 1).states(drop)
            print(
                f"| {n} | {drop} | {a:.3f} | {b:.3f} | {c:.3f} | {fails:.3f} / {told.fails:.3f} | "
                f"{passes:.3f} / {told.passes:.3f} |",
                flush=True,
            )
    print("\n| questions of ten items, no drop | false alarms, clustered | taken as independent |\n| --- | --- | --- |")
    for questions in (10, 20, 40, 100):
        found = clustered(rng, questions, sims), clustered(rng, questions, sims, blind=True)
        print(f"| {questions} | {found[0]:.3f} | {found[1]:.3f} |", flush=True)
    print("\n| sizes, questions | bounds | false alarms | passes at the margin | median reach |")
    print("| --- | --- | --- | --- | --- |")
    for shape in ("lognormal", "heavy tail", "one giant", "two large"):
        for questions in (8, 20, 60):
            for name, rates in unequal(rng, shape, questions, sims).items():
                print(
                    f"| {shape}, {questions} | {name} | " + " | ".join(f"{rate:.3f}" for rate in rates) + " |",
                    flush=True,
                )
    print("\n| n, answers lost, allowed .05 | lost | fails | passes |\n| --- | --- | --- | --- |")
    for n in (60, 100, 200, 500):
        for drop in (0.0, 0.01, MARGIN, 0.1):
            fails, passes = one_way(rng, n, drop, sims)
            print(f"| {n} | {drop} | {fails:.3f} | {passes:.3f} |", flush=True)
    adjusted, alone = family(rng, 800, 8, sims)
    print(f"\nNine lines, no drop: some line fails in {adjusted:.3f} with Holm, in {alone:.3f} without.")


if __name__ == "__main__":
    main()
