"""Two judges on the same items: differences of any coefficient, paired and clustered.

Differences are first minus second throughout; p-values are two-sided.
"""

from __future__ import annotations

import math
from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np

from judgebench.agreement.cautions import FEW_CLUSTERS
from judgebench.agreement.compare.comparison import (
    LEVEL,
    Checks,
    Comparison,
    ComparisonLine,
    Equivalence,
    Fourfold,
    Part,
)
from judgebench.agreement.contrasts import (
    chosen,
    contrast,
    credits_of,
    doubts,
    groups,
    hits_of,
    is_directional,
    is_error,
    verdicts_differ,
)
from judgebench.agreement.estimates import Counted, Figure
from judgebench.agreement.pilots import pilot_pair
from judgebench.agreement.policies import table_of
from judgebench.agreement.ratings import need_two_systems
from judgebench.domain import Estimate
from judgebench.errors import DataError, UsageError, argument
from judgebench.stats.coefficients.catalog import METRICS
from judgebench.stats.crosstab import Outcome
from judgebench.stats.inference.gates import least_variance, typical_move
from judgebench.stats.inference.intervals import agresti_min, t_quantile
from judgebench.stats.inference.multiplicity import correlations, effective_tests, holm
from judgebench.stats.inference.paired import DRAWS, label_swap, mcnemar, sign_flip

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from judgebench.agreement.contrasts import JudgeRows, PairedInterval
    from judgebench.agreement.matching import Matched
    from judgebench.stats.coefficients.catalog import Metric
    from judgebench.stats.crosstab import Crosstab, Floats, Ints
    from judgebench.stats.influence import Influences


def _largest_move(figure: Figure) -> float:
    """How far a row of another verdict draws a figure at most, in units of a row's share."""
    outcome, table = figure.outcome, figure.counted.table
    if not isinstance(outcome, Outcome) or outcome.gradient is None:
        return figure.high - figure.low
    steps = np.ptp(outcome.gradient[table.joint.any(axis=1), : table.declared], axis=1)
    return float(steps.max()) * (1.0 if outcome.within is None else float(table.joint[outcome.within].sum()))


def _equivalence(
    judges: Sequence[JudgeRows], metric: Metric | str, margin: float, interval: PairedInterval
) -> Equivalence:
    figure = judges[0].figure(metric)
    if not 0 < margin < figure.high - figure.low:
        told = argument("equivalent_within")
        raise UsageError(f"{told} {margin:g}: give what counts as no difference as a share, for example .05")
    found = contrast(judges[0], judges[1], metric, interval=interval, level=1 - 2 * LEVEL)
    if found is None or found.test.se is None:
        return Equivalence(margin, None, None, equivalent=False)
    test, moved = found.test, found.test.influences
    if test.low is None or test.high is None:
        reach = (1 - LEVEL ** (1 / moved.effective)) * _largest_move(figure)
        return Equivalence(margin, None, None, abs(test.value) + reach < margin)
    error = math.sqrt(least_variance(typical_move(moved), margin) / moved.sums.size)
    reach = abs(test.value) + t_quantile(test.df, 1 - 2 * LEVEL) * error
    return Equivalence(margin, test.low, test.high, -margin < test.low and max(test.high, reach) < margin)


def compare(
    matched: Matched,
    metrics: Sequence[str] = (),
    *,
    known: Mapping[str, Metric] | None = None,
    by: Sequence[str] = ("subset",),
    interval: PairedInterval = "default",
    equivalent_within: float | None = None,
    draws: int = DRAWS,
    seed: int = 0,
) -> Comparison:
    """Hold two judges against each other.

    The difference of a figure is ``A - B`` with the error of the clusters' ``sum_i (IF_Ai - IF_Bi) / n``: what the
    judges share cancels, and rows of one question count together (`judgebench.agreement.contrasts.contrast`). For the
    area under the curve of independent rows that is DeLong's error; a calibration error's interval is widened by the
    most that chance can lift either side. ``equivalent_within`` is the difference of the headline that doesn't matter.

    The first of ``metrics`` is the headline; by default they are those that the scale calls for, and those of scores
    and probabilities where both judges give them. ``by`` names divisions (subset, system) that get lines of their own.
    UnknownNameError if a metric is not known, UsageError if it means nothing on these verdicts or there are no systems
    to cluster by, DataError unless there are exactly two judges.

    Source: Vanbelle & Albert (2008), A bootstrap method for comparing correlated kappa coefficients; Miller (2024),
    Adding error bars to evals; DeLong, DeLong & Clarke-Pearson (1988) and Obuchowski (1997) for areas; Cameron, Gelbach
    & Miller (2011), Robust inference with multiway clustering; Holm (1979), A simple sequentially rejective multiple
    test procedure.
    """
    if len(matched.judges) != 2:
        raise DataError(f"compare two judges, not {len(matched.judges)}")
    one = matched.scored[0]
    two_way = interval == "two-way"
    systems = len(matched.ratings[0].systems)
    if two_way:
        need_two_systems(matched.ratings[0])
    figures = chosen(matched, metrics, METRICS if known is None else known)
    every = dict(groups(matched, by))
    tested = [_line(group, metric, judges, interval) for group, judges in every.items() for metric in figures.items()]
    lines, count = _adjusted(tested)
    headline = next((line.metric for line in lines if line.subset == "all" and line.difference.value is not None), None)
    if headline is None:
        headline = next(iter(figures))
    main, judges = figures[headline], every["all"]
    fourfold, tests = _tests(judges, main, draws, seed)
    differ = int(np.count_nonzero(verdicts_differ(matched)))
    return Comparison(
        task=matched.task,
        gold_source=matched.gold_source,
        first=matched.judges[0],
        second=matched.judges[1],
        policies=one.policies,
        items=one.items,
        judgments=one.size,
        clusters=one.clusters().count,
        coverage=(matched.coverage[0], matched.coverage[1]),
        headline=headline,
        lower_is_better=is_error(main),
        directional=is_directional(main),
        lines=tuple(lines),
        fourfold=fourfold,
        tests=tests,
        # More items bring no more systems, so that no number of items can be promised.
        power=None if two_way else pilot_pair(judges, headline, main, interval),
        warnings=doubts(matched, figures, few_systems=two_way and systems < FEW_CLUSTERS),
        left_out=matched.left_out,
        incomplete=matched.incomplete,
        differ=differ,
        interval=interval,
        systems=systems if two_way else None,
        errors=tuple(name for name, metric in figures.items() if is_error(metric)),
        effective_tests=count,
        level=one.scale.level,
        parts=tuple(_part(name, each) for name, each in every.items()),
        annotators=len(matched.ratings[0].annotators),
        revision=matched.revision,
        split=matched.split,
        equivalence=None if equivalent_within is None else _equivalence(judges, main, equivalent_within, interval),
    )


def _part(name: str, judges: Sequence[JudgeRows]) -> Part:
    right, item = hits_of(judges), judges[0].scored.item
    items = int(np.unique(item).size)
    if right is None:
        return Part(name, items, None, None)
    ahead = np.bincount(item, right[0].astype(np.int64) - right[1])
    return Part(name, items, int(np.count_nonzero(ahead > 0)), int(np.count_nonzero(ahead < 0)))


def _line(
    group: str, metric: tuple[str, Metric | str], judges: Sequence[JudgeRows], interval: PairedInterval
) -> tuple[ComparisonLine, Influences | None]:
    name, figure = metric
    first, second = (judge.estimate(figure, interval) for judge in judges)
    # A share of some rows is still a figure of all that were put in the table.
    n = first.n if isinstance(figure, str) else judges[0].counted.table.n
    if first.value is None or second.value is None:
        reason = first.undefined or second.undefined or "undefined"
        return ComparisonLine(group, name, first, second, Estimate.missing(reason, n), None), None
    found = contrast(judges[0], judges[1], figure, interval=interval)
    if found is None:
        apart = Estimate.alone(first.value - second.value, n, "no_influences")
        return ComparisonLine(group, name, first, second, apart, None), None
    test = found.test
    return ComparisonLine(group, name, first, second, found.estimate(n), test.p), test.influences


def _adjusted(lines: Sequence[tuple[ComparisonLine, Influences | None]]) -> tuple[list[ComparisonLine], float]:
    """Adjust p-values for all lines, and say for how many tests; lines of one group are correlated as they are.

    Those of several groups count as if they had nothing to do with each other, which costs more, not less.
    """
    tested = [i for i, (line, _) in enumerate(lines) if line.p is not None]
    correlation = np.eye(len(tested))
    for group in dict.fromkeys(line.subset for line, _ in lines):
        rows = [at for at, i in enumerate(tested) if lines[i][0].subset == group]
        moves = [moved for at in rows if (moved := lines[tested[at]][1]) is not None]
        if len(rows) > 1 and len(moves) == len(rows):
            correlation[np.ix_(rows, rows)] = correlations(moves)
    adjusted = holm([p for line, _ in lines if (p := line.p) is not None], correlation)
    found = [line for line, _ in lines]
    for i, p in zip(tested, adjusted.tolist(), strict=True):
        found[i] = replace(found[i], p_holm=p)
    return found, effective_tests(correlation) if tested else 0.0


def _tests(judges: Sequence[JudgeRows], metric: Metric | str, draws: int, seed: int) -> tuple[Fourfold | None, Checks]:
    swap = _swap(judges[0], judges[1], metric, draws, seed)
    one, credit, right = judges[0].scored, credits_of(judges), hits_of(judges)
    flip = None
    if credit is not None:
        # Half credits are whole numbers when doubled, and whole numbers are counted instead of drawn.
        flip = sign_flip(one.clusters().sums(2 * (credit[0] - credit[1])), draws=draws, seed=seed).p
    if right is None:
        return None, Checks(None, None, None, flip, swap, draws, seed)
    cells = np.bincount(2 * right[0].astype(np.intp) + right[1], minlength=4).tolist()
    fourfold = Fourfold(cells[3], cells[2], cells[1], cells[0])
    if one.items < one.size:
        return fourfold, Checks(None, None, None, flip, swap, draws, seed)
    b, c = fourfold.first_only, fourfold.second_only
    exact, mid = mcnemar(b, c), mcnemar(b, c, "mid-p")
    return fourfold, Checks(exact, mid, agresti_min(b, c, fourfold.n), flip, swap, draws, seed)


def _swap(first: JudgeRows, second: JudgeRows, metric: Metric | str, draws: int, seed: int) -> float | None:
    one, two = first.scored, second.scored
    if isinstance(metric, str):
        return _swapped_means(first.figure(metric), second.figure(metric), draws, seed)
    if one.shape != two.shape:
        return None

    def table(counts: Ints | Floats) -> Crosstab:
        return table_of(counts, one.scale, one.policies, gold_values=one.gold_values, void=one.void)

    def each(joint: Floats) -> Floats:
        values = [metric(table((one.size * part).round())).value for part in joint.reshape(-1, *one.shape)]
        return np.array(values, dtype=np.float64).reshape(joint.shape[:-2])

    cells, clusters = one.cells(), one.clusters()
    # What silent rows count as is read off both judges' rows together, which are the same whoever trades places.
    both = table(np.bincount(np.concatenate([cells, two.cells()]), minlength=math.prod(one.shape)).reshape(one.shape))
    value = Figure.of_table(metric, Counted(both, cells, clusters)).on_tables() or each
    try:
        return label_swap(cells, two.cells(), one.shape, value, clusters, draws=draws, seed=seed).p
    except ValueError:
        return None


def _swapped_means(first: Figure, second: Figure, draws: int, seed: int) -> float | None:
    """Let judges trade places in a mean: each cluster's difference turns its sign."""
    one, two = first.per_row(), second.per_row()
    if one is None or two is None:
        return None
    # Rounding must not make a difference of clusters that are alike.
    return sign_flip(first.clusters().sums(one - two).round(12), draws=draws, seed=seed).p
