"""People beside people, and a judge in the place of one of them, over all pairs of labels.

Of every two labels that different people gave one item, one is gold and the other is held against it, both ways round;
each such pair counts once. A judge stands where the second of the two does: its verdict is held against the first, so
that people and judge are measured on the same items, with the same weights, against the same gold. An item with five
labels has ten pairs, one with two has one, and one with a single label says nothing.

The tie policy holds for people too: where gold ties are dropped, or a judge's are void, so are theirs.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import partial
from typing import TYPE_CHECKING, TypeAlias

import numpy as np

from judgebench.agreement.estimates import along_tables, limits
from judgebench.agreement.intervals import estimated
from judgebench.agreement.policies import never_gold, table_of, verdicts_alone
from judgebench.agreement.ratings import places_of
from judgebench.domain import Estimate, People, Policies
from judgebench.stats.cluster_errors import spread, told_of
from judgebench.stats.coefficients.catalog import METRICS
from judgebench.stats.coefficients.pooled import LabelCounts, packed
from judgebench.stats.influence import Clusters, Influences, influence

if TYPE_CHECKING:
    from collections.abc import Callable

    import numpy.typing as npt

    from judgebench.domain import Ratings
    from judgebench.stats.coefficients.catalog import Metric
    from judgebench.stats.crosstab import Crosstab, Floats, Ints

#: A figure of people, or of a judge beside them, and its influences by cluster where it is defined.
Measured: TypeAlias = "tuple[Estimate, Influences | None]"
#: Memory for labels that are looked at together.
_CELLS = 1 << 22
#: A pair of annotators with fewer shared items than this says little.
ENOUGH = 10
#: So many pairs of annotators are measured one by one; nobody reads the 124,750 of 500 annotators.
MOST_PAIRS = 10_000


@dataclass(frozen=True, slots=True)
class Pairing:
    """Pairs of labels, counted: their table, and the way back from its cells to the clusters of items.

    ``total`` is the weight of all pairs; ``summed`` adds up a quantity of cells, shape (k, k), over the pairs of each
    cluster, shape (G,).
    """

    table: Crosstab
    total: float
    clusters: Clusters
    summed: Callable[[Floats], Floats]

    def measured(self, metric: Metric) -> Measured:
        """Evaluate a metric, with its influences by cluster; clusters without a pair are none of them."""
        outcome = metric(self.table)
        n = self.table.n if outcome.n is None else outcome.n
        if outcome.value is None:
            return Estimate.missing(outcome.reason or "undefined", n), None
        per_cell, each = influence(self.table, outcome), self.table.n / self.total

        def add(cell: Floats) -> Floats:
            return self.summed(cell) * each

        sizes = add(np.ones_like(self.table.joint))
        # Of a share, the rarer side: what is above the value, or below it.
        rare = None if outcome.n is None else (per_cell > 0) == (outcome.value < 1 / 2)
        told = partial(told_of, self.table, outcome)
        own = spread(self.table.joint, self.table.n, per_cell, add, sizes, rare, outcome.within, told)
        counted = np.flatnonzero(own.shares)
        influences = Influences(
            outcome.value, n, self.clusters.ids[counted], own.sums[counted], own.shares[counted], float(own.deff)
        )
        found = None if metric.proportion else along_tables(metric, outcome, self.table, influences)
        if found is None:
            low, high = limits(metric, outcome)
            found = estimated(influences, low=low, high=high, proportion=metric.proportion, chance=outcome.chance)
        return found, influences


@dataclass(frozen=True, slots=True)
class Verdicts:
    """A judge's verdicts on pooled items: codes, the item of each, its share of the item's weight, its cluster."""

    said: Ints
    place: Ints
    share: Floats
    clusters: Clusters


@dataclass(frozen=True, slots=True)
class Pool:
    """The labels of some people, an item once, under a tie policy; ``packed`` don't say whose they are."""

    ratings: Ratings
    policies: Policies
    packed: Ints
    counts: LabelCounts
    clusters: Clusters
    void: tuple[int, ...]

    @classmethod
    def of(cls, ratings: Ratings, policies: Policies, void: tuple[int, ...] | None = None) -> Pool:
        """Pool labels by items that have one row each; ``void`` as `Scored` has it, if not all items are here."""
        labels = packed(ratings.gold)
        never = never_gold(ratings) if void is None else void
        counts = LabelCounts.of(labels, len(ratings.scale.labels))
        return cls(ratings, policies, labels, counts, Clusters.of(ratings.cluster), never)

    @property
    def _heard(self) -> Floats:
        """Whether a label counts as gold, shape (q, 1)."""
        heard = np.ones((len(self.ratings.scale.labels), 1))
        if self.policies.tie == "drop" and self.ratings.scale.tie is not None:
            heard[self.ratings.scale.tie] = 0
        return heard

    @property
    def _said(self) -> Ints:
        """What a label is on the judge's side, shape (q,)."""
        said = np.arange(len(self.ratings.scale.labels))
        if self.policies.tie in {"drop", "wrong"} and self.ratings.scale.tie is not None:
            said[self.ratings.scale.tie] = len(said)
        return said

    def among(self) -> Pairing:
        """Hold people against each other."""
        heard, said = self._heard, self._said
        wide = np.zeros((len(said), len(said) + 2))
        wide[:, said] = self.counts.pairs() * heard

        def per_row(cell: Floats) -> Floats:
            return self.counts.over_pairs(cell[: len(said), said] * heard)

        # Both ways round: each pair of labels is in the table twice.
        return self._pairing(wide, float(wide.sum()) / 2, self.clusters, per_row)

    def beside(self, judge: Verdicts) -> Pairing:
        """Hold a judge against every label that another person could have been held to."""
        heard, counts = self._heard, self.counts.take(judge.place)
        weight: Floats = np.maximum(counts.size - 1, 0) * judge.share
        wide = counts.beside(judge.said, len(heard) + 2, weight) * heard
        once = counts.beside(judge.said, len(heard) + 2, (weight > 0).astype(np.float64)) * heard

        def per_row(cell: Floats) -> Floats:
            return counts.over_beside(cell[: len(heard)] * heard, judge.said) * weight

        return self._pairing(wide, float(once.sum()), judge.clusters, per_row)

    def person(self, j: int) -> Pairing:
        """Hold one of the people against every label that others gave the same items."""
        rows, own = self._given(j)
        heard, counts = self._heard, self.counts.take(rows)
        said = self._said[own]
        wide = counts.beside(said, len(heard) + 2, np.ones(rows.size))
        # Nobody is held against what they said themselves.
        np.subtract.at(wide, (own, said), 1.0)
        wide *= heard

        def per_row(cell: Floats) -> Floats:
            cell = cell[: len(heard)] * heard
            return np.asarray(counts.over_beside(cell, said) - cell[own, said])

        return self._pairing(wide, float(wide.sum()), Clusters.of(self.ratings.cluster[rows]), per_row)

    def without(self, j: int) -> Pool:
        """Leave out one of the people."""
        rows, own = self._given(j)
        less = self.counts.patterns[self.counts.place[rows]]
        less[np.arange(rows.size), own] -= 1
        place = self.counts.place.copy()
        place[rows] = len(self.counts.patterns) + np.arange(rows.size)
        return replace(self, counts=LabelCounts(np.concatenate([self.counts.patterns, less]), place))

    def others(self, j: int) -> tuple[Ints, Ints]:
        """Items that one of the people labelled, and the labels of the others, packed."""
        rows, own = self._given(j)
        labels = self.packed[rows]
        labels[np.arange(rows.size), (labels == own[:, None]).argmax(axis=1)] = -1
        return rows, labels

    def _given(self, j: int) -> tuple[Ints, Ints]:
        """Items that one of the people labelled, and how."""
        labels = self.ratings.gold[:, j]
        rows = np.flatnonzero(labels >= 0)
        return rows, labels[rows]

    def judged(self, ratings: Ratings) -> Verdicts:
        """Reduce a judge's games on these items to verdicts, by the order policy and that of unusable answers."""
        scored = verdicts_alone(ratings, self.policies)
        games = np.bincount(scored.item)[scored.item] if scored.size else np.ones(0)
        place = places_of(scored.item, self.ratings.item)
        return Verdicts(scored.judge, place, 1 / games, Clusters.of(scored.cluster))

    def _pairing(self, counts: Floats, n: float, clusters: Clusters, per_row: Callable[[Floats], Floats]) -> Pairing:
        total, scale = float(counts.sum()), self.ratings.scale
        square = np.zeros((counts.shape[1], counts.shape[1]))
        square[: len(counts)] = counts
        table = replace(
            table_of(square, scale, self.policies, void=self.void), joint=square / max(total, 1.0), n=round(n)
        )
        return Pairing(table, total, clusters, lambda cell: clusters.sums(per_row(cell)))

    def facts(self) -> People:
        """Count who labelled what, and the items on which no label has a majority."""
        patterns = self.counts.patterns
        tops = (patterns == patterns.max(axis=1, initial=0.0)[:, None]).sum(axis=1)
        several = patterns.sum(axis=1) >= 2
        split = np.flatnonzero((several & (tops > 1))[self.counts.place])
        torn = replace(self, counts=self.counts.take(split), clusters=Clusters.of(self.ratings.cluster[split]))
        return People(
            people=int(present(self.ratings.gold).sum()),
            items=int(several[self.counts.place].sum()),
            pairs=round(float(self.counts.pairs().sum()) / 2),
            split=split.size,
            split_agreement=replace(torn, policies=Policies()).among().measured(METRICS["percent_agreement"])[0],
            differ=int(((patterns > 0).sum(axis=1) > 1)[self.counts.place].sum()),
        )


def present(labels: npt.NDArray[np.integer]) -> npt.NDArray[np.bool_]:
    """Which people gave any label of items, shape (m,)."""
    return np.asarray((labels >= 0).any(axis=0))


def shared_items(labels: npt.NDArray[np.integer]) -> Floats:
    """How many items every two people both labelled, shape (m, m); 0 for the same person twice."""
    # Counts of a block are whole numbers that 24 bits hold.
    n, m = labels.shape
    shared = np.zeros((m, m))
    step = max(1, _CELLS // max(m, 1))
    for start in range(0, n, step):
        given = (labels[start : start + step] >= 0).astype(np.float32)
        shared += given.T @ given
    np.fill_diagonal(shared, 0)
    return shared


def shared_pairs(people: Ratings, shared: Floats | None = None) -> list[tuple[int, int]]:
    """List the pairs of annotators with enough shared items: `ENOUGH`, or all items where these are fewer.

    Empty where these pairs hold less than half of all pairs of labels: people rotate, and a few of their pairs say
    nothing of the others. ``shared`` are their `shared_items`, where these are known.
    """
    shared = shared_items(people.gold) if shared is None else shared
    enough = np.triu(shared) >= min(ENOUGH, max(people.item.size, 1))
    if 4 * float(shared[enough].sum()) < float(shared.sum()):
        return []
    return [(int(i), int(j)) for i, j in zip(*np.nonzero(enough), strict=True)]
