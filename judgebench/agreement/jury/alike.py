"""How alike judges err, and how many independent ones they are therefore worth."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from judgebench.agreement.intervals import estimated
from judgebench.domain import Estimate
from judgebench.stats.crosstab import TINY
from judgebench.stats.votes import Errors, effective_votes

if TYPE_CHECKING:
    from judgebench.agreement.jury.rules import Bench, Codes, Rule
    from judgebench.agreement.policies import Scored
    from judgebench.stats.crosstab import Floats
    from judgebench.stats.influence import Clusters


@dataclass(frozen=True, slots=True)
class Together:
    """How alike judges err: the mean correlation of two judges' errors, and the independent votes they are worth.

    Both are of those ``judges`` whose errors vary at all: one who is always right, or always wrong, has no correlation.
    The interval of the votes is that of the correlation, put through k / (1 + (k - 1) r).
    """

    correlation: Estimate
    judges: int
    votes: Estimate


@dataclass(frozen=True, slots=True)
class Alike:
    """The errors of the judges of a bench, on the judgments that count."""

    errors: Errors
    clusters: Clusters

    @classmethod
    def of(cls, bench: Bench, rule: Rule) -> Alike:
        """Take judges' errors: by how much numbers are off, where a mean is voted or gold; else whether a label is.

        A number that is missing counts as no error, that is as the judge's mean one.
        """
        scored = bench.beside().scored
        numbers = rule.name == "mean" or scored[0].gold_values is not None
        errors = np.column_stack([_off(one) if numbers else one.gold != one.judge for one in scored])
        return cls(Errors.of(errors.astype(np.float64)), scored[0].clusters())

    def among(self, judges: Codes) -> Together:
        """Say how alike some judges err; of one judge alone there is nothing to say."""
        n = len(self.errors.scores)
        mean, k = self.errors.mean(judges)
        if mean.value is None:
            votes = Estimate.alone(1.0, n, "one_judge") if judges.size == 1 else Estimate.missing("no_pairs", n)
            return Together(Estimate.missing("no_pairs", n), k, votes)
        # All pairs of k can't correlate lower than this.
        low = -1 / (k - 1)
        found = estimated(mean.influences(self.clusters), low=low, high=1.0)
        worth = effective_votes(k, max(mean.value, low + TINY))
        if found.low is None or found.high is None or found.low <= low + TINY:
            return Together(found, k, Estimate.alone(worth, n, found.no_interval or "no_spread"))
        bounds = effective_votes(k, found.high), effective_votes(k, found.low)
        return Together(found, k, Estimate(worth, *bounds, n, method=found.method, effective=found.effective))


def _off(scored: Scored) -> Floats:
    scale = scored.scale
    given = scored.judge >= 0 if scale.kind == "number" else scored.judge < len(scale.values)
    error = scale.numbers(np.where(given, scored.judge, 0)) - scored.gold_numbers
    mean = float(error[given].mean()) if given.any() else 0.0
    return np.where(given, error, mean)
