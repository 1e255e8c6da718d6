"""Transitivity: whether a judge that prefers a to b and b to c prefers a to c; where three systems answer a question.

Source: SAGE (2025), arXiv:2512.16041 (pairs that flip with the order, and edits to a transitive order).
"""

from __future__ import annotations

from itertools import combinations, product
from typing import TYPE_CHECKING

import numpy as np

from judgebench.agreement.intervals import estimated, share_of
from judgebench.agreement.policies import sign_of
from judgebench.agreement.probing.measure import Probed
from judgebench.stats.influence import Clusters, mean

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping

    from judgebench.domain import Estimate, Run, Verdict

    #: Which of two systems (in the order of their names) is preferred: -1 the first, 1 the second, 0 neither.
    Preferences = Mapping[tuple[str, str], int]
    #: The sides of two systems' games, by item and order.
    Games = dict[tuple[str, tuple[int, ...]], int]

#: The edits of more systems than these on one question would take too long to find exactly.
MOST = 5


def transitivity(run: Run, verdicts: Callable[..., Iterable[Verdict]]) -> Probed | None:
    """Measure the share of triads of systems, each on one question, whose three preferences run in a circle.

    A preference is the sum over both orders. ``pair_flips`` is the share of pairs, shown in both orders, on which these
    do not say the same (SAGE's IPI); ``edits`` the mean number of preferences of a question that must change to make an
    order with ties of it (its TOV). A judge who guesses makes a circle of a quarter of the triads. None without triads.
    """
    if run.scale.kind != "pair":
        return None
    circles: list[tuple[int, bool]] = []
    flips: list[tuple[int, bool]] = []
    edits: list[tuple[int, float]] = []
    for number, pairs in enumerate(_said(run, verdicts(texts=False)).values()):
        wins = {pair: int(np.sign(sum(own.values()))) for pair, own in pairs.items()}
        found = list(triads(wins))
        circles += [(number, circle) for circle in found]
        if found:
            flips += [(number, flip) for own in pairs.values() for flip in _flips(own)]
            if len({name for pair in wins for name in pair}) <= MOST:
                edits.append((number, float(to_order(wins))))
    if not circles:
        return None
    effect = _share(circles)
    figures: dict[str, Estimate] = {"cyclic_triads": effect}
    if flips:
        figures["pair_flips"] = _share(flips)
    if edits:
        codes, values = zip(*edits, strict=True)
        figures["edits"] = estimated(mean(np.array(values), Clusters.of(np.array(codes))), low=0.0, high=np.inf)
    return Probed(len({number for number, _ in circles}), len(circles), effect, None, "a transitive judge", figures)


def _said(run: Run, verdicts: Iterable[Verdict]) -> dict[str, dict[tuple[str, str], Games]]:
    """Put the verdicts on each question together by the two systems that they are about."""
    sides = sign_of(np.arange(len(run.scale.labels)), run.scale).tolist()
    said: dict[str, dict[tuple[str, str], Games]] = {}
    for one in verdicts:
        if one.probe or one.repeat or not isinstance(one.code, int) or len(set(one.systems)) != 2:
            continue
        names, side = one.systems, sides[one.code]
        key, way = ((names[0], names[1]), side) if names[0] < names[1] else ((names[1], names[0]), -side)
        said.setdefault(one.cluster or one.item, {}).setdefault(key, {})[one.item, one.order] = way
    return said


def _flips(games: Games) -> Iterator[bool]:
    """Say of each item that was shown in both orders whether these differ."""
    ways: dict[str, list[int]] = {}
    for (item, _), way in games.items():
        ways.setdefault(item, []).append(way)
    return (len(set(own)) > 1 for own in ways.values() if len(own) > 1)


def triads(wins: Preferences) -> Iterator[bool]:
    """Say of every three systems of which all pairs are known whether their preferences run in a circle.

    >>> list(triads({("a", "b"): -1, ("b", "c"): -1, ("a", "c"): 1}))
    [True]
    """
    names = sorted({name for pair in wins for name in pair})
    for a, b, c in combinations(names, 3):
        if (a, b) in wins and (b, c) in wins and (a, c) in wins:
            yield wins[a, b] == wins[b, c] == -wins[a, c] != 0


def to_order(wins: Preferences) -> int:
    """Count the preferences that must change until all agree with one order, in which systems may tie.

    >>> to_order({("a", "b"): -1, ("b", "c"): -1, ("a", "c"): 1}), to_order({("a", "b"): 0, ("b", "c"): -1})
    (1, 0)
    """
    names = sorted({name for pair in wins for name in pair})
    place = {name: i for i, name in enumerate(names)}
    pairs = [(place[a], place[b], side) for (a, b), side in wins.items()]
    best = len(pairs)
    for ranks in product(range(len(names)), repeat=len(names)):
        if len(set(ranks)) == max(ranks) + 1:
            best = min(best, sum((ranks[a] > ranks[b]) - (ranks[a] < ranks[b]) != side for a, b, side in pairs))
    return best


def _share(rows: list[tuple[int, bool]]) -> Estimate:
    codes, flags = zip(*rows, strict=True)
    return share_of(np.array(flags), Clusters.of(np.array(codes)))
