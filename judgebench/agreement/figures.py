"""Figures of rows, before anybody says which rows belong together: one source of estimates and of differences."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from judgebench.agreement.estimates import two_way_influences
from judgebench.domain import Estimate
from judgebench.stats.crosstab import Outcome
from judgebench.stats.inference.intervals import interval, t_interval
from judgebench.stats.influence import Clusters

if TYPE_CHECKING:
    from collections.abc import Callable

    from judgebench.stats.crosstab import Floats
    from judgebench.stats.influence import Influences, Ints, RowOutcome


@dataclass(frozen=True, slots=True)
class RowFigure:
    """A figure with the influence of each of its r rows.

    ``rows``, shape (r,), are their positions among all rows of the group; a row may come several times, or not at all.
    ``low`` and ``high`` bound the value, infinite for no bound. A ``proportion`` is a plain share of its rows, for
    which Wilson's interval holds; a ``mean`` is of one quantity per row, so that judges trade places by a change of
    sign. ``bias`` gives, from clusters of the rows, the most that the value can lie too high by chance alone.
    """

    outcome: RowOutcome
    rows: Ints
    low: float
    high: float
    proportion: bool = False
    mean: bool = False
    bias: Callable[[Clusters], float] | None = None

    def clusters(self, codes: Ints) -> Clusters:
        """Clusters of the figure's rows, from codes of all rows."""
        return Clusters.of(codes[self.rows])

    def influences(self, codes: Ints) -> Influences | None:
        """Sum the influences by codes of all rows; None where there is no value, or nothing to sum."""
        if self.outcome.value is None or self.outcome.influence is None:
            return None
        return self.outcome.influences(self.clusters(codes))

    def per_row(self) -> Floats | None:
        """Give back what a mean is the mean of, shape (r,); None of another figure."""
        if not self.mean or self.outcome.value is None or self.outcome.influence is None:
            return None
        return self.outcome.influence + self.outcome.value

    def estimate(self, codes: Ints, system: Ints | None = None) -> Estimate:
        """Give the figure its interval, by cluster codes of all rows, and by system where these are given."""
        found = finished(self.outcome, self.clusters(codes), low=self.low, high=self.high, proportion=self.proportion)
        one = self.influences(codes)
        if system is None or one is None:
            return found
        joint = two_way_of(self.influences, codes, system)
        if joint is None:
            return found
        bounds = t_interval(joint, low=self.low, high=self.high)
        return Estimate(found.value, bounds.low, bounds.high, found.n, None, bounds.se, f"two-way-{bounds.method}")


def two_way_of(influences_by: Callable[[Ints], Influences | None], codes: Ints, system: Ints) -> Influences | None:
    """Cluster an estimate by question and by system; None where that can't be had."""
    both = codes.astype(np.int64) * (int(system.max(initial=0)) + 1) + system
    _, joint = np.unique(both, return_inverse=True)
    ways = [influences_by(way) for way in (codes, system, joint)]
    if ways[0] is None or ways[1] is None or ways[2] is None:
        return None
    return two_way_influences(ways[0], ways[1], ways[2])


def finished(outcome: RowOutcome, clusters: Clusters, *, low: float, high: float, proportion: bool = False) -> Estimate:
    """Give a figure of rows its interval: Wilson's for a plain share of rows, else cluster-robust t in its range.

    Undefined with the outcome's reason; without bounds where it has no influences.
    """
    n = clusters.codes.size
    if outcome.value is None:
        return Estimate.missing(outcome.reason or "undefined", n)
    if outcome.influence is None:
        return Estimate(outcome.value, None, None, n)
    influences = outcome.influences(clusters)
    found = interval(
        Outcome(outcome.value, n=n),
        influences,
        independent=clusters.independent,
        proportion=proportion,
        low=low,
        high=high,
    )
    # A symmetric interval of an error may pass below 0.
    below = None if found.low is None else max(low, found.low)
    return Estimate(outcome.value, below, found.high, n, None, found.se, found.method)
