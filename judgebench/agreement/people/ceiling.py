"""The human ceiling: how far annotators agree among themselves, by the functions that measure the judge."""

from __future__ import annotations

from dataclasses import replace
from itertools import combinations, groupby
from operator import itemgetter
from typing import TYPE_CHECKING

import numpy as np

from judgebench.agreement.estimates import Counted, Figure, estimate
from judgebench.agreement.intervals import combined, shown
from judgebench.agreement.people.pool import MOST_PAIRS, Pool
from judgebench.agreement.people.raters import joint_alpha
from judgebench.agreement.policies import apply
from judgebench.agreement.ratings import one_per_item, select
from judgebench.domain import Estimate, Policies
from judgebench.stats.coefficients.catalog import METRICS, Metric
from judgebench.stats.crosstab import TINY
from judgebench.stats.inference.intervals import Interval
from judgebench.stats.inference.paired import correlation
from judgebench.stats.inference.score_path import mover_ratio
from judgebench.stats.influence import Influences, combine

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from judgebench.agreement.people.pool import Measured
    from judgebench.domain import People, Ratings


def ceiling(
    ratings: Ratings,
    policies: Policies,
    metrics: Mapping[str, Metric] | None = None,
    void: tuple[int, ...] | None = None,
) -> dict[str, Estimate]:
    """Measure annotators against each other, and the judge in the place of one of them; ``void`` as for `Pool.of`.

    Under a metric's name is its value over all pairs of labels that two people gave the same item (`people`); under
    ``judge_vs_each_<metric>`` the judge's, in the place of one of the two, which asks the same question (a majority
    that includes the annotator does not); under ``ratio_<metric>`` the second over the first; under
    ``krippendorff_alpha_joint`` alpha over all annotators at once, gaps allowed. Empty where no item has two labels.

    Source: Krippendorff (2011), Computing Krippendorff's alpha-reliability, for the joint alpha; Fleiss (1971),
    Measuring nominal scale agreement among many raters, whose kappa it is where all people labelled all items.
    """
    people = one_per_item(ratings)
    pool = Pool.of(people, policies, void)
    among = pool.among()
    if not among.total:
        return {}
    chosen = METRICS if metrics is None else metrics
    beside = pool.beside(pool.judged(ratings))
    found: dict[str, Estimate] = {}
    judged: dict[str, Estimate] = {}
    for name, metric in chosen.items():
        if metric.binary:
            continue
        human, judge = among.measured(metric), beside.measured(metric)
        found[name], judged[f"judge_vs_each_{name}"] = human[0], judge[0]
        if metric.chance_corrected:
            judged[f"ratio_{name}"] = ratio_of(judge, human)
    if "krippendorff_alpha" in chosen:
        found["krippendorff_alpha_joint"] = joint_alpha(people.gold, people.scale, people.cluster)[0]
    return found | judged


def behind(ratings: Ratings) -> People | None:
    """Count the people behind a ceiling of labels, their items and pairs; None where no item has two labels."""
    if not ratings.scale.listed:
        return None
    found = Pool.of(one_per_item(ratings), Policies()).facts()
    return found if found.pairs else None


def pairwise(ratings: Ratings, metric: Metric, policies: Policies | None = None) -> dict[tuple[str, str], Estimate]:
    """Measure every two annotators against each other; where the metric is not symmetric, the first one is gold."""
    people = one_per_item(ratings)
    names = ratings.annotators
    rules = policies or Policies()
    return {
        (names[i], names[j]): estimate(metric, between(people, i, j, rules)[0])[0]
        for i, j in combinations(range(len(names)), 2)
    }


def paired(
    people: Ratings, pairs: Sequence[tuple[int, int]], policies: Policies, *, both: bool
) -> Iterator[tuple[tuple[int, int], list[Counted]]]:
    """Count annotators `between` each other, pair by pair; none where there are more than `MOST_PAIRS`."""
    for i, of_one in groupby(pairs if len(pairs) <= MOST_PAIRS else (), key=itemgetter(0)):
        mine = select(people, np.flatnonzero(people.gold[:, i] >= 0))
        yield from (((i, j), between(mine, i, j, policies, both=both)) for _, j in of_one)


def between(people: Ratings, i: int, j: int, policies: Policies, *, both: bool = True) -> list[Counted]:
    """Count annotator j as a judge of annotator i's gold, and the other way round.

    The second way matters where a metric or policy tells the sides apart (``both``).
    """
    rules = Policies(order="single", tie=policies.tie, invalid="wrong", gold="majority")
    two = replace(people, gold=people.gold[:, [i, j]], annotators=(people.annotators[i], people.annotators[j]))
    met = select(two, np.flatnonzero((two.gold >= 0).all(axis=1)))
    sides: list[Counted] = []
    for gold, judge in ((0, 1), (1, 0)) if both else ((0, 1),):
        one = replace(met, judge=met.gold[:, judge], gold=met.gold[:, [gold]], annotators=(met.annotators[gold],))
        sides.append(Counted.of(apply(one, rules)))
    return sides


def against_each(ratings: Ratings, policies: Policies) -> list[list[Counted]]:
    """Count the judge against each annotator alone."""
    rules = replace(policies, gold="majority")
    labelled = [select(ratings, np.flatnonzero(ratings.gold[:, j] >= 0)) for j in range(len(ratings.annotators))]
    return [
        [Counted.of(apply(replace(mine, gold=mine.gold[:, [j]], annotators=(name,)), rules))]
        for j, (name, mine) in enumerate(zip(ratings.annotators, labelled, strict=True))
    ]


def two_sided(metric: Metric, policies: Policies) -> bool:
    """Whether it matters which of two annotators is gold."""
    # Dropping gold ties, or voiding a judge's, tells the two sides apart.
    return not metric.symmetric or policies.tie in {"drop", "wrong"}


def mean_over(metric: Metric, groups: Sequence[Sequence[Counted]], *, both: bool) -> tuple[Estimate, Influences | None]:
    """Average a metric over tables; undefined only where it is undefined on all of them.

    Each group holds both ways to count a pair, or the one there is; ``both`` counts the second one too.
    """
    found: list[Influences] = []
    reason = "no_items"
    for counted in (one for group in groups for one in group[: None if both else 1]):
        figure = Figure.of_table(metric, counted)
        if (influences := figure.influences()) is None:
            reason = figure.outcome.reason or reason
        else:
            found.append(influences)
    if not found:
        return Estimate.missing(reason), None
    total = combine(found, [1 / len(found)] * len(found))
    return combined(metric, total), total


def ratio_of(judge: Measured, human: Measured) -> Estimate:
    """Divide a judge's figure by that of people, on the clusters of both; the interval is made of both intervals.

    ``no_ceiling`` where people agree no better than chance, ``undefined_part`` without one of the two. Where people may
    agree no better than chance (their interval reaches 0) no ratio is too large, and there is no interval.
    Source: `judgebench.stats.inference.score_path.mover_ratio`.
    """
    (above, one), (below, two) = judge, human
    if one is None or two is None:
        return Estimate.missing("undefined_part")
    if two.value <= TINY:
        return Estimate.missing("no_ceiling")
    share = one.value / two.value
    influences = combine([one, two], [1 / two.value, -share / two.value], share)
    bounds = None
    if above.low is not None and above.high is not None and below.low is not None and below.high is not None:
        r = correlation(one.on(influences.ids), two.on(influences.ids), influences.shares)
        bounds = mover_ratio(one.value, (above.low, above.high), two.value, (below.low, below.high), r)
    if bounds is None:
        return shown(influences, influences.n, Interval(None, None, influences.se, ""), "ceiling_near_chance")
    return shown(influences, influences.n, Interval(*bounds, influences.se, "mover-ratio"))
