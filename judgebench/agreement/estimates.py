"""From counted rows to estimates: the one place where a coefficient meets its interval."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from judgebench.agreement.inference.intervals import interval, t_interval
from judgebench.agreement.inference.spreads import Clusters, Spread, spread
from judgebench.agreement.metrics.table import Outcome
from judgebench.domain import Estimate

if TYPE_CHECKING:
    from judgebench.agreement.metrics.catalog import Metric
    from judgebench.agreement.metrics.table import Table
    from judgebench.agreement.policies import Codes, Scored


@dataclass(frozen=True, slots=True)
class Counted:
    """Rows of one group, counted once for all metrics.

    Parameters
    ----------
    table : Table
        Joint proportions.
    cells : ndarray of int, shape (n,)
        Flat cell of each row.
    clusters : Clusters
        Cluster of each row.
    """

    table: Table
    cells: Codes
    clusters: Clusters

    @classmethod
    def of(cls, scored: Scored) -> Counted:
        """Count scored rows."""
        cells = scored.cells()
        return cls(scored.table(cells), cells, scored.clusters())


def estimate(metric: Metric, counted: Counted) -> tuple[Estimate, Spread | None]:
    """Evaluate a metric with its interval.

    Parameters
    ----------
    metric : Metric
        A line of the table of metrics.
    counted : Counted
        The rows.

    Returns
    -------
    tuple of Estimate and Spread or None
        The spread is None where the estimate is undefined.
    """
    outcome = metric(counted.table)
    if outcome.value is None:
        return Estimate.missing(outcome.reason or "undefined", counted.table.n), None
    pulls = spread(counted.table, outcome, counted.cells, counted.clusters)
    return _finished(metric, outcome, pulls, lone=counted.clusters.lone), pulls


def combined(metric: Metric, pulls: Spread) -> Estimate:
    """Give a weighted sum of one metric's estimates its interval.

    Parameters
    ----------
    metric : Metric
        The metric that was combined.
    pulls : Spread
        The combination.
    """
    return _finished(metric, Outcome(pulls.value, chance=0.0 if metric.proportion else None), pulls, lone=False)


def free(pulls: Spread, *, low: float = float("-inf"), high: float = float("inf")) -> Estimate:
    """Give an estimate that is no metric (a difference, a mean, a ratio) its interval.

    Parameters
    ----------
    pulls : Spread
        The estimate.
    low, high : float, optional
        Bounds of its range; infinite for none.
    """
    found = t_interval(pulls, low=low, high=high)
    return Estimate(pulls.value, found.low, found.high, pulls.n, None, found.se, found.method)


def _finished(metric: Metric, outcome: Outcome, pulls: Spread, *, lone: bool) -> Estimate:
    low = metric.low if outcome.low is None else outcome.low
    high = metric.high if outcome.high is None else outcome.high
    found = interval(outcome, pulls, lone=lone, proportion=metric.proportion, low=low, high=high)
    n = pulls.n if outcome.n is None else outcome.n
    return Estimate(pulls.value, found.low, found.high, n, None, found.se, found.method)
