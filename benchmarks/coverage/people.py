"""People beside a judge, and rows that share questions and systems: ceilings, their ratio, alpha of all, two ways.

People and judge know the answer or guess with gold's margins. How often people know differs between questions, alike
for all of them, and how often the judge does: two people agree beyond chance with probability
``E[a^2] = p^2 + p (1 - p) / 5``, the judge with one of them with ``k p``. These are kappa and alpha, at any level,
whoever labels which item.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import numpy as np
from designs import SKEWED, able, sizes

from judgebench.agreement.estimates import Counted, estimate
from judgebench.agreement.people.ceiling import ceiling
from judgebench.agreement.policies import apply
from judgebench.agreement.ratings import from_codes
from judgebench.domain import Policies, Scale
from judgebench.stats.coefficients.catalog import METRICS
from judgebench.stats.coefficients.krippendorff import alpha_units
from judgebench.stats.inference.intervals import Interval, t_interval
from judgebench.stats.inference.resampling import alpha_resampled
from judgebench.stats.influence import Clusters, Influences

if TYPE_CHECKING:
    from collections.abc import Iterator

    from judgebench.domain import Estimate, Ratings
    from judgebench.stats.inference.paired import Difference

DESIGNS = (
    ("lone", 60, 60), ("lone", 200, 200), ("equal", 10, 100), ("lognormal", 20, 200), ("lognormal", 40, 400),
    ("giant", 20, 200), ("giant", 40, 400), ("two", 20, 200),
)  # fmt: skip
#: How often people and the judge know, gold's margins, how many people, and how many of them label an item.
CROWDS = (
    (0.85, 0.6, (0.5, 0.5), 3, 3), (0.85, 0.6, (0.5, 0.5), 12, 3), (0.6, 0.6, (0.5, 0.5), 4, 4),
    (0.85, 0.6, (0.95, 0.05), 3, 3), (0.85, 0.6, SKEWED, 3, 2),
)  # fmt: skip


class Tally(NamedTuple):
    """How one figure did: data sets with an interval, those that held the truth, and widths."""

    truth: float
    widths: list[float]
    hits: list[bool]

    def add(self, found: Estimate | Difference | Interval) -> None:
        """Count an estimate."""
        if found.low is not None and found.high is not None:
            self.widths.append(found.high - found.low)
            self.hits.append(found.low <= self.truth <= found.high)

    def line(self, title: str, sims: int) -> str:
        """Show coverage, data sets without an interval, median width."""
        share, width = (np.mean(self.hits), np.median(self.widths)) if self.hits else (np.nan, np.nan)
        return f"| {title} | {self.truth:.3f} | {share:.3f} | {sims - len(self.hits)} | {width:.3f} |"


def crowd(
    rng: np.random.Generator,
    design: tuple[str, int, int],
    of: tuple[float, float, tuple[float, ...], int, int],
) -> Ratings:
    """Draw labels of people, some of whom see each item, and a judge's verdicts."""
    knowing, judging, gold, people, seen = of
    rows = sizes(rng, *design, 1)[0]
    question, k = np.repeat(np.arange(rows.size), rows), len(gold)
    truth = rng.choice(k, size=question.size, p=gold)
    chances = able(rng, knowing, (rows.size,))[question]
    judged = able(rng, judging, (rows.size,))[question]

    def say(knows: np.ndarray) -> np.ndarray:
        return np.where(rng.random(question.size) < knows, truth, rng.choice(k, size=question.size, p=gold))

    labels = np.stack([say(chances) for _ in range(people)], axis=1)
    away = rng.permuted(np.tile(np.arange(people) >= seen, (question.size, 1)), axis=1)
    scale = Scale.check() if k == 2 else Scale.rate(1, k)
    return from_codes(scale, say(judged), np.where(away, -1, labels), cluster=question)


def ceilings(sims: int, seed: int) -> Iterator[str]:
    """How often ceilings, the ratio to them and alpha of all people hold the truth."""
    sims = min(sims, 1000)
    yield f"## people: {sims:,} data sets a cell\n"
    yield "| cell | figure | truth | covers | without | width |"
    yield "| --- " * 6 + "|"
    for at, (design, of) in enumerate((design, of) for design in DESIGNS for of in CROWDS):
        knowing, judging, gold, people, seen = of
        human, judge = knowing**2 + knowing * (1 - knowing) / 5, knowing * judging
        kappa = "cohen_kappa" if len(gold) == 2 else "cohen_kappa_quadratic"
        metrics = {name: METRICS[name] for name in (kappa, "krippendorff_alpha")}
        rng = np.random.default_rng([seed, 10, at])
        tallies = {
            kappa: Tally(human, [], []),
            "krippendorff_alpha_joint": Tally(human, [], []),
            f"judge_vs_each_{kappa}": Tally(judge, [], []),
            f"ratio_{kappa}": Tally(judge / human, [], []),
        }
        for _ in range(sims):
            found = ceiling(crowd(rng, design, of), Policies(), metrics)
            for name, tally in tallies.items():
                tally.add(found[name])
        who = f"{seen} of {people} people ({knowing:g}), {'/'.join(f'{p:g}' for p in gold)}"
        title = f"{design[0]} {design[1]}/{design[2]}, {who}"
        yield from (tally.line(f"{title} | {name}", sims) for name, tally in tallies.items())


def alphas(sims: int, seed: int) -> Iterator[str]:
    """How often nominal alpha of several people holds the truth, by its influences and by resampling units."""
    yield f"\n## alpha of several people, three labels, lone units: {sims:,} data sets a cell\n"
    yield "| cell | interval | truth | covers | without | width |"
    yield "| --- " * 6 + "|"
    places = np.arange(3.0)
    for at, (people, seen, n) in enumerate(((2, 2, 100), (3, 3, 50), (3, 3, 100), (5, 3, 100))):
        rng = np.random.default_rng([seed, 12, at])
        units = Clusters.of(np.arange(n))
        truth = 0.8**2 + 0.8 * 0.2 / 5
        tallies = {how: Tally(truth, [], []) for how in ("influences", "jackknife", "bootstrap")}
        for sim in range(sims):
            labels = crowd(rng, ("lone", n, n), (0.8, 0.5, (0.5, 0.3, 0.2), people, seen)).gold
            for how, tally in tallies.items():
                tally.add(alpha_by(how, labels, units, places, sim))
        for how, tally in tallies.items():
            yield tally.line(f"{seen} of {people} people, {n} units | {how}", sims)


def alpha_by(how: str, labels: np.ndarray, units: Clusters, places: np.ndarray, seed: int) -> Interval:
    """Bounds of nominal alpha by the default, the jackknife or the bootstrap of units."""
    if how == "jackknife":
        return alpha_resampled(labels, 3, places, "nominal", units, "jackknife")
    if how == "bootstrap":
        return alpha_resampled(labels, 3, places, "nominal", units, "bootstrap", draws=500, seed=seed)
    made = alpha_units(labels, 3, places, "nominal")
    if isinstance(made, str):
        return Interval(None, None, None, "")
    value, influence = made
    return t_interval(Influences(value, influence.size, units.ids, influence / influence.size))


def two_ways(sims: int, seed: int) -> Iterator[str]:
    """How often kappa holds the truth where rows share questions and systems, by question alone and by both."""
    sims = min(sims, 1000)
    yield f"\n## two ways: {sims:,} data sets a cell, kappa .6; what a judge knows hangs on question and system\n"
    yield "| cell | figure | truth | covers | without | width |"
    yield "| --- " * 6 + "|"
    metrics = ("percent_agreement", "cohen_kappa", "youden_j")
    for at, (questions, systems, share) in enumerate(
        ((20, 20, 0.5), (100, 20, 0.5), (50, 40, 0.5), (100, 10, 0.5), (100, 5, 0.5), (50, 40, 0.1))
    ):
        rng = np.random.default_rng([seed, 11, at])
        gold = np.array([1 - share, share])
        truth = 0.6 * np.diag(gold) + 0.4 * np.outer(gold, gold)
        true = {"percent_agreement": truth.trace(), "cohen_kappa": 0.6, "youden_j": 0.6}
        tallies = {(name, way): Tally(true[name], [], []) for name in metrics for way in ("default", "two-way")}
        question, system = (one.ravel() for one in np.indices((questions, systems)))
        names = [str(one) for one in system]
        for _ in range(sims):
            knows = (able(rng, 0.6, (questions,))[question] + able(rng, 0.6, (systems,))[system]) / 2
            labels = rng.choice(2, size=question.size, p=gold)
            says = np.where(rng.random(question.size) < knows, labels, rng.choice(2, size=question.size, p=gold))
            scored = apply(from_codes(Scale.check(), says, labels, cluster=question, system=names), Policies())
            counted = Counted.of(scored)
            for (name, way), tally in tallies.items():
                tally.add(estimate(METRICS[name], counted, "two-way" if way == "two-way" else "default")[0])
        title = f"{questions} questions x {systems} systems, {share:g}"
        for (name, way), tally in tallies.items():
            yield tally.line(f"{title} | {name}, {'both ways' if way == 'two-way' else 'by question'}", sims)


def people(sims: int, seed: int) -> Iterator[str]:
    """Ceilings, alpha of many, rows clustered in two ways."""
    yield from ceilings(sims, seed)
    yield from alphas(min(sims, 1000), seed)
    yield from two_ways(sims, seed)


PARTS = {"people": people}
