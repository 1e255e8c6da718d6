"""People against each other where verdicts are numbers or sets, and a judge in the place of one of them."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np

from judgebench.agreement.intervals import estimated
from judgebench.agreement.kinds.numbers import number_pairs
from judgebench.agreement.kinds.sets import set_pairs
from judgebench.agreement.kinds.unlisted import Pairs
from judgebench.agreement.people.ceiling import ratio_of
from judgebench.agreement.ratings import one_per_item
from judgebench.domain import Estimate
from judgebench.stats.coefficients.catalog import ROW_METRICS
from judgebench.stats.coefficients.metric_sets import METRIC_SETS
from judgebench.stats.coefficients.sets import alpha as alpha_of_sets
from judgebench.stats.influence import Clusters, RowOutcome, resting_on

if TYPE_CHECKING:
    from judgebench.agreement.people.pool import Measured
    from judgebench.agreement.policies import Scored
    from judgebench.domain import Ratings, Scale


def measured(pairs: Pairs) -> dict[str, Measured]:
    """Measure pairs of verdicts: every figure that pairs have, with its influences."""
    figures = (number_pairs if pairs.scale.kind == "number" else set_pairs)(pairs)
    return {name: _estimate(name, figure(), pairs) for name, figure in figures.items()}


def headline_of(scale: Scale) -> str:
    """Name the figure by which people are measured."""
    return METRIC_SETS[scale.kind].headline


def unlisted_ceiling(ratings: Ratings, scored: Scored) -> dict[str, Estimate]:
    """Measure annotators against each other, and the judge (``scored``) among them.

    As `judgebench.agreement.people.ceiling.ceiling` does for labels, with the same names;
    ``krippendorff_alpha_joint`` is interval alpha of numbers, and alpha with MASI's distance of sets.
    """
    people = one_per_item(ratings)
    among = Pairs.among(people)
    if not among.gold.size:
        return {}
    # Under gold=each a judgment has several rows, of which one is enough.
    _, first = np.unique(scored.row, return_index=True)
    human, judge = measured(among), measured(Pairs.beside(scored.take(first), ratings, people))
    found = {name: one[0] for name, one in human.items()}
    found |= {f"judge_vs_each_{name}": one[0] for name, one in judge.items()}
    name = headline_of(ratings.scale)
    found[f"ratio_{name}"] = ratio_of(judge[name], human[name])
    found["krippendorff_alpha_joint"] = joint(people)[0]
    return found


def joint(people: Ratings) -> Measured:
    """Krippendorff's alpha over all annotators at once: interval of numbers, of sets with MASI's distance.

    A pair of labels counts ``1 / (m - 1)`` on an item with m of them, so that each label counts once.
    Source: Krippendorff (2011), Computing Krippendorff's alpha-reliability.
    """
    count = (people.gold >= 0).sum(axis=1)
    pairs = Pairs.among(replace(people, cluster=np.arange(people.item.size)))
    # Each of the two ways round counts half a pair here.
    weight = 1.0 / np.maximum(count[pairs.cluster] - 1, 1)
    pairs = replace(pairs, weight=weight, cluster=people.cluster[pairs.cluster])
    values, items = float(weight.sum()), int((count >= 2).sum())

    def told(found: Measured) -> Measured:
        return replace(found[0], n=items), found[1]

    if people.scale.kind == "set":
        of_sets = alpha_of_sets(pairs.gold, pairs.judge, "masi", weight, values)
        return told(_estimate("krippendorff_alpha_masi", of_sets, pairs))
    found = number_pairs(pairs)["krippendorff_alpha"]()
    if found.value is None or found.influence is None:
        return told(_estimate("krippendorff_alpha", found, pairs))
    # From two numbers a row to as many as there are.
    small = (1 - 1 / values) / (1 - 1 / (2 * values))
    whole = RowOutcome(1 - small * (1 - found.value), small * found.influence)
    return told(_estimate("krippendorff_alpha", whole, pairs))


def _estimate(name: str, outcome: RowOutcome, pairs: Pairs) -> Measured:
    n = round(float(pairs.weight.sum()))
    if outcome.value is None or outcome.influence is None:
        return Estimate.missing(outcome.reason or "undefined", n), None
    clusters, line = Clusters.of(pairs.cluster), ROW_METRICS[name]
    influences = resting_on(outcome.influences(clusters), clusters.sums(pairs.weight))
    return replace(estimated(influences, low=line.low, high=line.high), n=n), influences
