"""From counted rows to figures, whatever these are made of, and from figures to estimates."""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import partial
from typing import TYPE_CHECKING, Literal, TypeAlias

import numpy as np

from judgebench.agreement.intervals import estimated, share_bounds, shown, two_way_of
from judgebench.domain import Estimate
from judgebench.stats.coefficients import continuous
from judgebench.stats.coefficients.catalog import ROW_METRICS, Metric
from judgebench.stats.crosstab import TINY, Outcome, filled, missed, total
from judgebench.stats.inference.intervals import Interval, clopper_pearson, jackknife_interval
from judgebench.stats.inference.resampling import Parts, resampled
from judgebench.stats.influence import CellCounts, Clusters, Influences, influences_of

if TYPE_CHECKING:
    from collections.abc import Callable

    from judgebench.agreement.intervals import IntervalMethod
    from judgebench.agreement.policies import Codes, Scored
    from judgebench.stats.crosstab import Crosstab, Floats, Ints
    from judgebench.stats.inference.paired import Bounds
    from judgebench.stats.influence import RowOutcome

#: Whether witnesses are heard: all, the definitions alone (no library is loaded), or none.
Verify: TypeAlias = bool | Literal["definitions"]

#: Coefficients of a table that are also those of two numbers per row.
_OF_NUMBERS = {name: continuous.FIGURES[name] for name in ("pearson_r", "lin_ccc", "icc_a1", "icc_c1")}
#: Labels up to which a coefficient's interval is searched along tables.
MOST_LABELS = 50


@dataclass(frozen=True, slots=True)
class Counted:
    """Rows of one group, counted once for all figures: their table, flat cells, clusters, and systems.

    Verdicts that are none of a few labels make no table: theirs is empty.
    """

    table: Crosstab
    cells: Codes
    clusters: Clusters
    system: Ints | None = None
    counts: CellCounts | None = None

    @classmethod
    def of(cls, scored: Scored) -> Counted:
        """Count scored rows."""
        clusters = scored.clusters()
        if not scored.scale.listed:
            none = np.zeros(scored.size, dtype=np.int32)
            return cls(scored.table(none[:0]), none, clusters, scored.system)
        cells = scored.cells()
        table = scored.table(cells)
        return cls(table, cells, clusters, scored.system, CellCounts.of(cells, clusters))


def along_tables(metric: Metric, outcome: Outcome, table: Crosstab, influences: Influences) -> Estimate | None:
    """Give a coefficient of a table the interval of those tables that the one seen would not reject; None of others."""
    from judgebench.stats.inference.score_path import FEW_EVENTS  # noqa: PLC0415 - loads scipy

    at = _on_path(metric, outcome, table, influences)
    if at is None:
        return None
    low, high = (float(bound) for bound in at(level=0.95))
    few = (1 - float(_whole(outcome, table).trace())) * table.n < FEW_EVENTS + 0.01
    how = "score-path-few-events" if few else "score-path"
    return shown(influences, table.n, Interval(low, high, influences.se, how))


def _on_path(metric: Metric, outcome: Outcome, table: Crosstab, influences: Influences) -> Bounds | None:
    from judgebench.stats.inference.score_path import score_interval  # noqa: PLC0415 - loads scipy

    if outcome.surface is None or influences.se is None or influences.deff is None:
        return None
    if table.graded or len(table.joint) > MOST_LABELS:
        return None
    return partial(
        score_interval,
        outcome.surface,
        _whole(outcome, table),
        table.n,
        influences.deff,
        influences.df,
        bounds=limits(metric, outcome),
        down=metric.down,
        labels=table.declared,
    )


def _whole(outcome: Outcome, table: Crosstab) -> Floats:
    """Proportions of the table with rows without a verdict where the figure counts them."""
    if outcome.completion is not None:
        return outcome.completion.table.joint
    placed = missed(table)
    return table.joint if placed is None or table.silent is None else filled(table.joint, table.silent, placed)


def limits(metric: Metric, outcome: Outcome) -> tuple[float, float]:
    """Lowest and highest value that a metric can have on this table."""
    return (
        metric.low if outcome.low is None else outcome.low,
        metric.high if outcome.high is None else outcome.high,
    )


@dataclass(frozen=True, slots=True)
class Figure:
    """A value, the influence of each row on it, and the rows that were counted: of labels, scores, ranks and steps.

    ``outcome`` has the influences, of cells for a ``metric`` of the table, else of r rows; ``rows``, shape (r,), are
    their positions among those counted, if it is not all of them: a row may come several times, or not at all. ``low``
    and ``high`` bound the value, infinite for no bound. A ``proportion`` is a plain share of its rows, with a
    share's interval; a ``mean`` is of one quantity per row, so that judges trade places by a change of sign.
    ``bias`` gives, from clusters of the rows, the most that the value can lie too high by chance alone.
    """

    outcome: Outcome | RowOutcome
    counted: Counted
    low: float
    high: float
    proportion: bool = False
    mean: bool = False
    bias: Callable[[Clusters], float] | None = None
    rows: Ints | None = None
    metric: Metric | None = None

    @classmethod
    def of_table(cls, metric: Metric, counted: Counted) -> Figure:
        """Evaluate a metric on the table."""
        found = metric(counted.table)
        return cls(found, counted, *limits(metric, found), metric.proportion, metric=metric)

    @classmethod
    def of_rows(
        cls,
        name: str,
        outcome: RowOutcome,
        counted: Counted,
        rows: Ints | None = None,
        *,
        proportion: bool = False,
        mean: bool = False,
        bias: Callable[[Clusters], float] | None = None,
    ) -> Figure:
        """Take a figure of rows, by its name in the table of these."""
        line = ROW_METRICS[name]
        return cls(outcome, counted, line.low, line.high, proportion, mean, bias, rows)

    def clusters(self, way: Clusters | None = None) -> Clusters:
        """Clusters of the figure's rows, by question, or in another ``way`` of all that were counted."""
        clusters = self.counted.clusters if way is None else way
        return clusters if self.rows is None else clusters.take(self.rows)

    def influences(self, way: Clusters | None = None) -> Influences | None:
        """Sum the influences in clusters; None where there is no value, or nothing to sum."""
        return self._summed(self.clusters(way))

    def _summed(self, clusters: Clusters) -> Influences | None:
        if self.outcome.value is None:
            return None
        if isinstance(self.outcome, Outcome):
            counts = self.counted.counts if clusters is self.counted.clusters else None
            return influences_of(self.counted.table, self.outcome, self.counted.cells, clusters, counts)
        return None if self.outcome.influence is None else self.outcome.influences(clusters)

    def per_row(self) -> Floats | None:
        """Give back what a mean is the mean of, shape (r,); None of another figure."""
        found = self.outcome
        if not self.mean or isinstance(found, Outcome) or found.value is None or found.influence is None:
            return None
        return found.influence + found.value

    def estimate(self, method: IntervalMethod = "default") -> tuple[Estimate, Influences | None]:
        """Give the figure its interval, beside the influences of its clusters.

        Where the ``method`` asked for can't be had (Clopper-Pearson for what is not a proportion of independent rows, a
        bootstrap of a value that never moves, any but ``two-way`` for a figure of rows), the default stays and
        ``Estimate.method`` says so. ``two-way`` clusters by question and by system.

        Source: `judgebench.stats.inference.score_path`; Cameron & Miller (2015), A practitioner's guide to
        cluster-robust inference, for CR1.
        """
        clusters = self.clusters()
        # A metric that gives no denominator, as one of half credits, is not a share of rows.
        n = self.outcome.n if isinstance(self.outcome, Outcome) else clusters.codes.size
        if self.outcome.value is None:
            return Estimate.missing(self.outcome.reason or "undefined", clusters.codes.size), None
        influences = self._summed(clusters)
        if influences is None:
            return Estimate(self.outcome.value, None, None, clusters.codes.size, no_interval="no_influences"), None
        if isinstance(self.outcome, Outcome) and self.outcome.no_interval and method == "default":
            none = Interval(None, None, influences.se, "")
            return shown(influences, n or influences.n, none, self.outcome.no_interval), influences
        found = None if method == "cr1" else self._along_tables(influences) or self._without_clusters(influences)
        if found is None:
            found = estimated(
                influences,
                low=self.low,
                high=self.high,
                n=n,
                proportion=self.proportion and n is not None,
                independent=clusters.independent,
                chance=self.outcome.chance,
                method=method,
            )
        chosen = self._otherwise(method, influences, found.n)
        if chosen is None or chosen.low is None:
            return found, influences
        return replace(found, low=chosen.low, high=chosen.high, se=chosen.se, method=chosen.method), influences

    def on_tables(self) -> Callable[[Floats], Floats] | None:
        """Give the figure as a function of joint proportions, shape (..., k, k) -> (...), of labels like its table's.

        None where it isn't known to be one. A share of some cells is that on other tables, too.
        """
        outcome, table = self.outcome, self.counted.table
        if not isinstance(outcome, Outcome) or outcome.gradient is None or table.graded:
            return None
        if outcome.surface is not None:
            surface = outcome.surface
            return lambda joint: surface(joint).value
        if not self.proportion:
            return None
        gain, within = outcome.gradient, outcome.within
        if within is None:
            return lambda joint: total(joint * gain)
        hit = within & (gain > 0)
        return lambda joint: total(joint * hit) / np.maximum(total(joint * within), TINY)

    def bounds(self, influences: Influences) -> Bounds | None:
        """Give the bounds at a level: of a share, or of a table's coefficient those that it would not reject.

        None for other figures, and where the clusters carry no error.
        """
        outcome, clusters = self.outcome, self.clusters()
        n = outcome.n if isinstance(outcome, Outcome) else clusters.codes.size
        if self.proportion and n is not None:
            return share_bounds(influences, n, independent=clusters.independent)
        if self.metric is None or not isinstance(outcome, Outcome):
            return None
        return _on_path(self.metric, outcome, self.counted.table, influences)

    def _without_clusters(self, influences: Influences) -> Estimate | None:
        """Give a coefficient of moments, of ratings with many values, the interval of the jackknife over clusters."""
        outcome, clusters = self._of_numbers(), self.clusters()
        if outcome is None or outcome.without is None or outcome.told is None:
            return None
        told = clusters.sums(outcome.told())
        found = jackknife_interval(influences.value, outcome.without(clusters), told / told.sum())
        return None if found.low is None else shown(influences, influences.n, found)

    def _of_numbers(self) -> RowOutcome | None:
        """Take the figure as one of two numbers per row, where it is."""
        if not isinstance(self.outcome, Outcome):
            return self.outcome
        table, name = self.counted.table, "" if self.metric is None else self.metric.name
        function = _OF_NUMBERS.get(name)
        gold = table.values if table.gold_values is None else table.gold_values
        if function is None or table.joint[gold.size :].any() or table.joint[:, len(table.values) :].any():
            return None
        width = table.joint.shape[1]
        found = function(gold[self.counted.cells // width], table.values[self.counted.cells % width])
        return found if found.value is not None else None

    def _along_tables(self, influences: Influences) -> Estimate | None:
        outcome, metric = self.outcome, self.metric
        if metric is None or not isinstance(outcome, Outcome) or (self.proportion and outcome.n is not None):
            return None
        return along_tables(metric, outcome, self.counted.table, influences)

    def _otherwise(self, method: IntervalMethod, influences: Influences, n: int) -> Estimate | Interval | None:
        """Make the interval that was asked for; None, or without bounds, where it can't be had."""
        counted, metric = self.counted, self.metric
        table, cells, clusters = counted.table, counted.cells, counted.clusters
        if method == "two-way":
            return self._by_system()
        if metric is None or method == "default" or not isinstance(self.outcome, Outcome):
            return None
        if method == "cr1":
            return None
        if method == "clopper-pearson":
            hits = round(influences.value * n)
            # Half credits are not hits.
            if not (self.proportion and clusters.independent) or abs(influences.value * n - hits) > 1e-6:
                return None
            return Interval(*clopper_pearson(hits, n), influences.se, "clopper-pearson")

        def statistic(counts: Ints) -> float | None:
            rows = int(counts.sum())
            return metric(replace(table, joint=counts / rows, n=rows)).value

        if method == "jackknife" and self.outcome.within is not None:
            # As in the default: clusters without a row in the denominator are none of its degrees of freedom.
            rows = np.flatnonzero(np.isin(clusters.ids[clusters.codes], influences.ids))
            cells, clusters = cells[rows], Clusters.of(clusters.codes[rows])
        width, height = table.joint.shape
        parts = Parts.of(cells, (width, height), clusters)
        return resampled(parts, statistic, method, low=self.low, high=self.high)

    def _by_system(self) -> Estimate | None:
        """Cluster by question and by system; None where that can't be had."""
        system = self.counted.system
        joint = None if system is None else two_way_of(self.influences, self.counted.clusters, system)
        if joint is None:
            return None
        both = estimated(joint, low=self.low, high=self.high, method="cr1")
        return replace(both, method=f"two-way-{both.method}")


def estimate(
    metric: Metric, counted: Counted, method: IntervalMethod = "default"
) -> tuple[Estimate, Influences | None]:
    """Evaluate a metric of the table with its interval."""
    return Figure.of_table(metric, counted).estimate(method)
