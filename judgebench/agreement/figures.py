"""Figures of rows, before anybody says which rows belong together: one source of estimates and of differences."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from judgebench.agreement.estimates import two_way_spread
from judgebench.domain import Estimate
from judgebench.stats.inference.intervals import interval, t_interval
from judgebench.stats.influence import Clusters
from judgebench.stats.table import Outcome

if TYPE_CHECKING:
    from collections.abc import Callable

    from judgebench.stats.coefficients.rows import RowOutcome
    from judgebench.stats.influence import Ints, Spread
    from judgebench.stats.table import Floats


@dataclass(frozen=True, slots=True)
class Figure:
    """A figure with the pull of each of its rows.

    Parameters
    ----------
    outcome : RowOutcome
        Value and influences, shape (r,).
    rows : ndarray of int, shape (r,)
        Position of each of these rows among all rows of the group; a row may come several times, or not at all.
    low, high : float
        Bounds of the value; infinite for none.
    proportion : bool
        Whether it is a plain share of its rows, for which Wilson's interval holds.
    mean : bool
        Whether it is a mean of one quantity per row, so that judges trade places by a change of sign.
    bias : callable, optional
        From clusters of the rows to the most that the value can lie too high by chance alone.
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

    def spread(self, codes: Ints) -> Spread | None:
        """Sum the pulls by codes of all rows; None where there is no value, or nothing to sum."""
        if self.outcome.value is None or self.outcome.influence is None:
            return None
        return self.outcome.spread(self.clusters(codes))

    def per_row(self) -> Floats | None:
        """Give back what a mean is the mean of, shape (r,); None of another figure."""
        if not self.mean or self.outcome.value is None or self.outcome.influence is None:
            return None
        return self.outcome.influence + self.outcome.value

    def estimate(self, codes: Ints, system: Ints | None = None) -> Estimate:
        """Give the figure its interval.

        Parameters
        ----------
        codes : ndarray of int
            Cluster of all rows.
        system : ndarray of int, optional
            The other way to cluster; by default there is none.
        """
        found = finished(self.outcome, self.clusters(codes), low=self.low, high=self.high, proportion=self.proportion)
        one = self.spread(codes)
        if system is None or one is None:
            return found
        joint = two_way_of(self.spread, codes, system)
        if joint is None:
            return found
        bounds = t_interval(joint, low=self.low, high=self.high)
        return Estimate(found.value, bounds.low, bounds.high, found.n, None, bounds.se, f"two-way-{bounds.method}")


def two_way_of(spread_by: Callable[[Ints], Spread | None], codes: Ints, system: Ints) -> Spread | None:
    """Cluster an estimate by question and by system; None where that can't be had."""
    both = codes.astype(np.int64) * (int(system.max(initial=0)) + 1) + system
    _, joint = np.unique(both, return_inverse=True)
    ways = [spread_by(way) for way in (codes, system, joint)]
    if ways[0] is None or ways[1] is None or ways[2] is None:
        return None
    return two_way_spread(ways[0], ways[1], ways[2])


def finished(outcome: RowOutcome, clusters: Clusters, *, low: float, high: float, proportion: bool = False) -> Estimate:
    """Give a figure of rows its interval.

    Parameters
    ----------
    outcome : RowOutcome
        The figure.
    clusters : Clusters
        Cluster of each row.
    low, high : float
        Bounds of its range; infinite for none.
    proportion : bool, optional
        Whether it is a plain share of rows, for which Wilson's interval holds.

    Returns
    -------
    Estimate
        Undefined with the outcome's reason; without bounds where it has no influences.

    References
    ----------
    Wilson (1927), Probable inference, the law of succession, and statistical inference; Cameron & Miller (2015), A
    practitioner's guide to cluster-robust inference.

    Examples
    --------
    Eight of ten, by Wilson:

    >>> from judgebench.stats.coefficients.rows import RowOutcome
    >>> rows = np.repeat([1.0, 0.0], [8, 2])
    >>> found = finished(RowOutcome.mean(rows), Clusters.of(np.arange(10)), low=0, high=1, proportion=True)
    >>> round(found.low, 6), round(found.high, 6)
    (0.490162, 0.943318)
    """
    n = clusters.codes.size
    if outcome.value is None:
        return Estimate.missing(outcome.reason or "undefined", n)
    if outcome.influence is None:
        return Estimate(outcome.value, None, None, n)
    pulls = outcome.spread(clusters)
    found = interval(Outcome(outcome.value, n=n), pulls, lone=clusters.lone, proportion=proportion, low=low, high=high)
    # A symmetric interval of an error may pass below 0.
    below = None if found.low is None else max(low, found.low)
    return Estimate(outcome.value, below, found.high, n, None, found.se, found.method)
