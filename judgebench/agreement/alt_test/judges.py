"""Two judges beside each other, by their advantage probabilities in the alternative annotator test."""

from __future__ import annotations

from dataclasses import replace
from itertools import combinations
from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from judgebench.agreement.intervals import estimated
from judgebench.domain import Estimate
from judgebench.stats.inference.multiplicity import holm, of_known
from judgebench.stats.inference.paired import Difference
from judgebench.stats.influence import combine

if TYPE_CHECKING:
    from collections.abc import Sequence

    from judgebench.agreement.alt_test.codes import AltTest
    from judgebench.domain import Ratings


class JudgeDifference(NamedTuple):
    """Two judges of one task: positions in what was given, first minus second, and its p-values.

    ``p`` and ``adjusted`` (Holm 1979, over all pairs given) are None where no item tells the two apart.
    """

    first: int
    second: int
    estimate: Estimate
    p: float | None
    adjusted: float | None


def advantage_difference(first: AltTest, second: AltTest) -> tuple[Estimate, float | None]:
    """Compare two judges by their advantage probabilities on the same items: paired, over shared clusters.

    Both tests are against the same annotators, with the same codes of items and clusters. The two-sided p-value of no
    difference is None where no item tells the two apart.
    """
    if first.influences is None or second.influences is None:
        return Estimate.missing("no_annotators"), None
    joined = combine([first.influences, second.influences], [1.0, -1.0])
    influences = replace(joined, n=max(first.influences.n, second.influences.n))
    return estimated(influences, low=-1.0, high=1.0), Difference.of(influences).p


def aligned(first: Ratings, second: Ratings) -> bool:
    """Whether two judges' ratings are about the same items, in the same codes, with the same labels by people."""
    if first.scale != second.scale or first.annotators != second.annotators:
        return False
    sides: list[tuple[np.ndarray, ...]] = []
    for ratings in (first, second):
        items, rows = np.unique(ratings.item, return_index=True)
        sides.append((items, ratings.gold[rows], ratings.cluster[rows]))
    return all(np.array_equal(a, b) for a, b in zip(*sides, strict=True))


def differences(judges: Sequence[tuple[str, Ratings, AltTest]]) -> list[JudgeDifference]:
    """Compare every two judges (task, ratings, test) of one task whose items are the same, in the order given."""
    found = [
        (i, j, *advantage_difference(judges[i][2], judges[j][2]))
        for i, j in combinations(range(len(judges)), 2)
        if judges[i][0] == judges[j][0] and aligned(judges[i][1], judges[j][1])
    ]
    adjusted = of_known(holm, [p for *_, p in found])
    return [JudgeDifference(*one, p) for one, p in zip(found, adjusted, strict=True)]
