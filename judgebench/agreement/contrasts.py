"""Judges side by side: any figure on the same rows, and the difference of two.

A figure is made of a table of labels by a metric, or of numbers, sets or sequences by its name.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import reduce
from math import inf
from typing import TYPE_CHECKING, Literal, TypeAlias

import numpy as np

from judgebench.agreement.cautions import FEW_CLUSTERS
from judgebench.agreement.estimates import Counted, Figure
from judgebench.agreement.figures import panel, row_figures
from judgebench.agreement.intervals import shown, two_way_of, within
from judgebench.agreement.kinds.scores import given_scores
from judgebench.agreement.ratings import divisions
from judgebench.errors import UnknownNameError, UsageError, argument
from judgebench.stats.coefficients.catalog import COMPARED, METRIC_LINES, METRICS, ROW_METRICS
from judgebench.stats.inference.intervals import Interval
from judgebench.stats.inference.paired import Difference
from judgebench.stats.influence import Clusters, by_row, combine

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    import numpy.typing as npt

    from judgebench.agreement.matching import Matched
    from judgebench.agreement.policies import Scored
    from judgebench.domain import Estimate, Ratings
    from judgebench.stats.coefficients.catalog import Metric
    from judgebench.stats.crosstab import Flags
    from judgebench.stats.influence import Influences


@dataclass(frozen=True, slots=True)
class JudgeRows:
    """One judge on one group of rows, with the figures of rows that can be had there."""

    scored: Scored
    counted: Counted
    figures: Mapping[str, Figure]

    def figure(self, metric: Metric | str, *, rows: bool = False) -> Figure:
        """Make a figure: of the table by a metric, else by its name.

        Of a table it has the influences of the clusters with a row in its denominator, or (``rows``) of all.
        """
        if isinstance(metric, str):
            return self.figures[metric]
        table = self.counted.table
        if not rows:
            return Figure.of_table(metric, self.counted)
        return Figure(by_row(table, metric(table), self.counted.cells), self.counted, metric.low, metric.high)

    def estimate(self, metric: Metric | str, interval: PairedInterval = "default") -> Estimate:
        """Estimate a figure with its own interval."""
        return self.figure(metric).estimate(interval)[0]


def groups(matched: Matched, by: Sequence[str] = ()) -> Iterator[tuple[str, list[JudgeRows]]]:
    """Put the judges side by side: on all rows, then on those of each subset and system."""
    first, ratings = matched.scored[0], matched.ratings[0]
    yield "all", _judges(matched, matched.scored)
    parts = {"subset": max(len(ratings.subsets), len(ratings.strata)), "system": len(ratings.systems)}
    several = [one for one in by if parts.get(one, 0) > 1]
    for part in divisions(ratings, several):
        rows = np.flatnonzero(part.own[first.row])
        if rows.size:
            yield part.name, _judges(matched, [one.take(rows) for one in matched.scored])


def shared_numbers(matched: Matched, scored: Sequence[Scored]) -> Flags:
    """Rows on which every judge gave a number, shape (n,)."""
    pairs = zip(matched.ratings, scored, strict=True)
    return reduce(np.logical_and, [given_scores(ratings, one) for ratings, one in pairs])


def _judges(matched: Matched, scored: Sequence[Scored]) -> list[JudgeRows]:
    among = shared_numbers(matched, scored)
    every = not listed(matched) or all(one.score is not None for one in matched.ratings)
    found: list[JudgeRows] = []
    for ratings, one in zip(matched.ratings, scored, strict=True):
        counted = Counted.of(one)
        found.append(JudgeRows(one, counted, row_figures(ratings, one, counted, among) if every else {}))
    return found


def listed(matched: Matched) -> bool:
    """Whether verdicts are labels, which make a table."""
    return matched.scored[0].scale.listed


def row_names(matched: Matched) -> tuple[str, ...]:
    """Figures of rows that can be compared: those that every judge has."""
    kind = matched.scored[0].scale.kind
    return tuple(
        name
        for name, line in ROW_METRICS.items()
        if kind in line.kinds and line.tested and all(_gives(one, line.numbers) for one in matched.ratings)
    )


def _gives(ratings: Ratings, numbers: str) -> bool:
    if not numbers:
        return not ratings.scale.listed
    return ratings.score is not None and numbers in {"score", ratings.score_kind}


def default_metrics(scored: Scored, known: Mapping[str, Metric] = METRICS) -> tuple[str, ...]:
    """Name the scale's headline and those companions that measure agreement, headline first."""
    scale = scored.scale
    wanted = panel(scale, graded=scored.gold_values is not None)
    names = (wanted.headline, *wanted.companions)
    if not scale.listed:
        return tuple(name for name in names if not ROW_METRICS[name].directional)
    return tuple(name for name in names if name in known and not known[name].directional)


def chosen(matched: Matched, metrics: Sequence[str], known: Mapping[str, Metric]) -> dict[str, Metric | str]:
    """Look up the figures of a comparison: a metric of the table, or the name of a figure of rows.

    By default what the scale calls for, and figures of numbers where every judge gives them. UnknownNameError if nobody
    knows a name, UsageError if one means nothing here.
    """
    rows, tables = row_names(matched), known if listed(matched) else {}
    names = tuple(dict.fromkeys(metrics))
    if not names:
        names = (*default_metrics(matched.scored[0], known), *(name for name in COMPARED if name in rows))
    return {name: name if name in rows else _table_metric(name, tables, known, matched) for name in names}


def _table_metric(name: str, tables: Mapping[str, Metric], known: Mapping[str, Metric], matched: Matched) -> Metric:
    if name in tables:
        return tables[name]
    line = ROW_METRICS.get(name)
    kind = matched.scored[0].scale.kind
    if line is None and name not in known:
        if place := next((line.place for line in METRIC_LINES if line.name == name), ""):
            raise UsageError(f"{name} ({place}) is shown beside a run's figures; runs can't be compared or gated by it")
        raise UnknownNameError("metric", name, dict.fromkeys([*known, *ROW_METRICS]))
    if line is None or kind not in line.kinds:
        where = line.place if line is not None else "scales of single labels"
        raise UsageError(f"{name} means nothing on the {kind} scale; it is about {where}")
    if not line.tested:
        raise UsageError(f"{name} is a test statistic: two judges' figures have no difference with an error")
    what = {"probability": "probabilities", "score": "scores"}.get(line.numbers, "sequences")
    raise UsageError(f"{name} needs {what} of every judge: {argument('scores')}, or runs of judges that give them")


def is_error(metric: Metric | str) -> bool:
    """Whether less of it is better."""
    if isinstance(metric, str):
        return ROW_METRICS[metric].lower_is_better
    return metric.perfect == 0 and not metric.directional


def is_directional(metric: Metric | str) -> bool:
    """Whether neither more nor less of it is better."""
    return ROW_METRICS[metric].directional if isinstance(metric, str) else metric.directional


#: How the error of a difference is made: by question; by question with all clusters alike; by question and by system.
PairedInterval: TypeAlias = Literal["default", "cr1", "two-way"]


@dataclass(frozen=True, slots=True)
class Contrast:
    """A paired difference, first minus second, and how it was made.

    ``method`` is ``mover-paired`` for figures of tables and shares, ``cr2-t-paired`` for others, ``cr1-t-paired`` or
    ``two-way-cr1-t-paired`` as asked for, with ``-bias`` where the interval is widened by what chance can lift either
    figure; empty without an interval. ``bias`` is the most that either figure can lie too high by chance, ``reach`` how
    far apart two such figures can be, infinite for no bound.
    """

    test: Difference
    method: str
    bias: tuple[float, float] = (0.0, 0.0)
    reach: float = inf

    def estimate(self, n: int) -> Estimate:
        """Show the difference, of n rows."""
        test = self.test
        why = "no_difference" if test.low is None and test.se is not None else ""
        return shown(test.influences, n, Interval(test.low, test.high, test.se, self.method), why)


def contrast(
    first: JudgeRows,
    second: JudgeRows,
    metric: Metric | str,
    *,
    interval: PairedInterval = "default",
    level: float = 0.95,
    plain_t: bool = False,
) -> Contrast | None:
    """Difference of two judges' figures on the same rows, paired and clustered.

    Where both figures have an interval that follows from their tables or shares, the difference has one from these two
    and the correlation of the estimates; else, or where a ``plain_t`` must do, t with CR2. Two-way clustering, where it
    can't be had, is by question. None where either figure has no value or carries no error.
    Source: Zou & Donner (2008), Construction of confidence limits about effect measures; Cameron & Miller (2015), A
    practitioner's guide to cluster-robust inference, on influences that are subtracted item by item and summed in
    clusters; Cameron, Gelbach & Miller (2011) for two ways.
    """
    one, two = (judge.figure(metric, rows=interval != "default") for judge in (first, second))

    def subtracted(way: Clusters | None) -> Influences | None:
        return _subtracted(one, two, way)

    plain = subtracted(None)
    if plain is None:
        return None
    clusters, system = first.counted.clusters, first.scored.system
    joint = two_way_of(subtracted, clusters, system) if interval == "two-way" else None
    ways = (clusters,) if joint is None else (clusters, Clusters.of(system))
    bias = _bias(one, ways), _bias(two, ways)
    if interval != "default":
        # All clusters alike.
        plain = replace(plain, shares=None)
    moved = None if interval != "default" or plain_t or max(bias) else _moved(one, two, plain, level)
    found = moved or Difference.of(joint or plain, bias=bias, level=level)
    # A difference of two shares is no larger than 1, whatever few clusters make of t.
    reach = max(one.high, two.high) - min(one.low, two.low)
    found = within(found, reach)
    rule = "mover" if moved else "cr2-t" if interval == "default" else "cr1-t"
    method = f"{'' if joint is None else 'two-way-'}{rule}-paired{'-bias' if max(bias) > 0 else ''}"
    return Contrast(found, "" if found.low is None else method, bias, reach)


def _subtracted(one: Figure, two: Figure, way: Clusters | None) -> Influences | None:
    ours, theirs = one.influences(way), two.influences(way)
    return None if ours is None or theirs is None else combine([ours, theirs], [1.0, -1.0])


def _moved(one: Figure, two: Figure, plain: Influences, level: float) -> Difference | None:
    """Put the two figures' own intervals together; None where they have none, or nothing ever differs."""
    ours, theirs = one.influences(), two.influences()
    if ours is None or theirs is None or not (plain.value or plain.sums.any()):
        return None
    bounds = one.bounds(ours), two.bounds(theirs)
    if bounds[0] is None or bounds[1] is None:
        return None
    aligned = combine([ours, theirs], [1.0, 0.0]), combine([theirs, ours], [1.0, 0.0])
    return Difference.moved(plain, *aligned, (bounds[0], bounds[1]), level)


def _bias(figure: Figure, ways: Sequence[Clusters]) -> float:
    return 0.0 if figure.bias is None else max(figure.bias(figure.clusters(way)) for way in ways)


def contrast_by_item(first: JudgeRows, second: JudgeRows, metric: Metric | str) -> Influences | None:
    """Difference of two judges' figures with its influences summed in items alone."""
    return _subtracted(
        first.figure(metric, rows=True), second.figure(metric, rows=True), Clusters.of(first.scored.item)
    )


def credits_of(judges: Sequence[JudgeRows]) -> list[npt.NDArray[np.float64]] | None:
    """How far each judgment is right, shape (n,) per judge; None where gold is a number."""
    found: list[npt.NDArray[np.float64]] = []
    for judge in judges:
        if not judge.scored.scale.listed:
            if "percent_agreement" not in judge.figures:
                return None
            whole = judge.figures["percent_agreement"].per_row()
            if whole is None:
                return None
            # Influence and value add up to what they were taken from, but for rounding.
            found.append(whole.round(9))
            continue
        if judge.counted.table.graded:
            return None
        credit = judge.counted.table.credit
        right = judge.scored.gold == judge.scored.judge
        found.append(
            right.astype(np.float64)
            if credit is None
            else np.asarray(credit).ravel()[judge.counted.cells].astype(float)
        )
    return found


def hits_of(judges: Sequence[JudgeRows]) -> list[Flags] | None:
    """Which judgments are right; None where gold is a number, or several orders that can be right in part."""
    shares = credits_of(judges)
    if shares is None:
        return None
    if judges[0].scored.scale.listed:
        # A tie policy's half credits count as wrong here.
        return [judge.scored.gold == judge.scored.judge for judge in judges]
    whole = all(bool(((one == 0) | (one == 1)).all()) for one in shares)
    return [one == 1 for one in shares] if whole else None


def verdicts_differ(matched: Matched) -> Flags:
    """Judgments on which the first two judges say different things."""
    one, two = matched.scored[:2]
    if not one.scale.sequential:
        return np.asarray(one.judge != two.judge)
    said = [ratings.sequence for ratings in matched.ratings[:2]]
    if said[0] is None or said[1] is None:
        raise ValueError("these ratings have no sequences")
    return np.asarray((said[0][one.row] != said[1][two.row]).any(axis=1))


def doubts(matched: Matched, figures: Mapping[str, Metric | str], **more: bool) -> tuple[str, ...]:
    """Codes of what to be careful with in a comparison; ``more`` are its own."""
    few = matched.scored[0].clusters().effective < FEW_CLUSTERS
    found = {"few_clusters": few, **more, "missing_scores": _missing_numbers(matched, figures)}
    return (*matched.warnings, *(code for code, holds in found.items() if holds))


def _missing_numbers(matched: Matched, figures: Mapping[str, Metric | str]) -> bool:
    """Whether figures of numbers are compared and a judge has not given all of them."""
    if not listed(matched) or not any(isinstance(one, str) for one in figures.values()):
        return False
    return not bool(shared_numbers(matched, matched.scored).all())
