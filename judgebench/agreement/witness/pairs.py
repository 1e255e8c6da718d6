"""Pairs of codes with how often each occurs: what definitions of figures of labels are written over."""

from __future__ import annotations

from dataclasses import dataclass, replace
from math import fsum
from typing import TYPE_CHECKING, TypeAlias

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from judgebench.agreement.policies import Codes, Scored
    from judgebench.domain import Policies, Scale
    from judgebench.stats.coefficients.catalog import Metric
    from judgebench.stats.crosstab import Crosstab, Floats

Loss: TypeAlias = "Callable[[int, int], float]"


@dataclass(frozen=True, slots=True)
class PairCounts:
    """Pairs of gold and verdict, each with how often it occurs.

    Codes are those of `judgebench.agreement.policies.Scored`: q labels, then undecided and invalid; where gold is a
    number, its code is a position in ``gold_values``. Where rows without a verdict are ``completed`` by wrong labels,
    pairs may occur parts of a time.
    """

    scale: Scale
    policies: Policies
    gold_values: Sequence[float] | None
    count: Mapping[tuple[int, int], float]
    gold: Mapping[int, float]
    judge: Mapping[int, float]
    n: int
    completed: bool = False
    void: tuple[int, ...] = ()

    @classmethod
    def of(cls, scored: Scored) -> PairCounts:
        """Count the pairs of scored rows."""
        wide = int(scored.judge.max(initial=0)) + 1
        counts = np.bincount(scored.gold.astype(np.int64) * wide + scored.judge)
        count = {divmod(code, wide): int(counts[code]) for code in np.flatnonzero(counts).tolist()}
        values = None if scored.gold_values is None else scored.gold_values.tolist()
        return cls(scored.scale, scored.policies, values, count, *_sides(count), scored.size, void=scored.void)

    def complete(self, metric: Metric, table: Crosstab) -> PairCounts:
        """Give rows without a verdict the labels that they take in a metric of their table."""
        silent = self.labels + 1
        if self.policies.invalid != "wrong" or silent not in self.judge or metric.misses:
            return self
        completion = metric(table).completion
        if completion is None:
            return self
        count: dict[tuple[int, int], float] = {}
        for (true, said), times in self.count.items():
            shares = {said: 1.0} if said != silent else dict(enumerate(completion.placed[true].tolist()))
            for label, share in shares.items():
                if share > 0:
                    count[true, label] = count.get((true, label), 0) + share * times
        gold, judge = _sides(count)
        return replace(self, count=count, gold=gold, judge=judge, completed=True)

    @property
    def labels(self) -> int:
        """How many labels the scale has."""
        return len(self.scale.labels)

    @property
    def winners(self) -> list[int]:
        """The labels that name a side."""
        return [code for code in range(self.labels) if code not in {self.scale.tie, self.scale.both_bad}]

    def rows(self) -> tuple[Codes, Codes, Floats]:
        """Gold and judge of each pair, and how often it occurs: what a library takes with weights."""
        gold, judge = zip(*self.count, strict=True)
        return np.array(gold), np.array(judge), np.array(list(self.count.values()), dtype=np.float64)

    def mean(self, what: Loss) -> float:
        """Average something over all rows."""
        return fsum(times * what(true, said) for (true, said), times in self.count.items()) / self.n

    def by_chance(self, what: Loss) -> float:
        """Average it over every gold label beside every verdict: what independent sides would give."""
        return fsum(a * b * what(i, j) for i, a in self.gold.items() for j, b in self.judge.items()) / self.n**2

    def places(self) -> tuple[dict[int, float], dict[int, float]]:
        """Numbers of gold's and the judge's codes; the others have none."""
        values = dict(enumerate(self.scale.values))
        return (values if self.gold_values is None else dict(enumerate(self.gold_values))), values

    def together(self) -> dict[int, float]:
        """How often each label occurs, on whichever side."""
        return {code: self.gold.get(code, 0) + self.judge.get(code, 0) for code in {*self.gold, *self.judge}}


def _sides(count: Mapping[tuple[int, int], float]) -> tuple[dict[int, float], dict[int, float]]:
    """How often each side has each code."""
    gold: dict[int, float] = {}
    judge: dict[int, float] = {}
    for (true, said), times in count.items():
        gold[true] = gold.get(true, 0) + times
        judge[said] = judge.get(said, 0) + times
    return gold, judge
