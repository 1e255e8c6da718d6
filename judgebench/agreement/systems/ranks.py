"""Which ranks the systems may have, by gold and by the judge: rank sets and tiers on both sides."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from judgebench.agreement.compare.standings import ranks_of, surely_ahead
from judgebench.agreement.policies import apply
from judgebench.agreement.systems.scores import scoreboard
from judgebench.stats.inference.multiplicity import tiers

if TYPE_CHECKING:
    from judgebench.agreement.systems.scores import ScoreKind
    from judgebench.domain import Policies, Ratings

__all__ = ["Place", "system_places"]


@dataclass(frozen=True, slots=True)
class Place:
    """Ranks that one side leaves open for a system, and its tier; None with fewer than two independent questions."""

    best: int | None
    worst: int | None
    tier: int | None


def system_places(
    ratings: Ratings, policies: Policies, *, score: ScoreKind | None = None, seed: int = 0
) -> dict[str, tuple[Place, Place]]:
    """Rank the systems by gold and by the judge, each side with joint confidence (95 %).

    Each system has a place by gold and one by the judge. Differences are tested among the systems of one side at once,
    clustered by question; the two sides are not tested against each other (`rank_systems` does that). Arguments and
    errors are those of `scoreboard`. Source: Mogstad, Romano, Shaikh & Wilhelm (2024), Inference for ranks with
    applications to mobility across neighbourhoods and academic achievement across countries.

    Two systems, 40 answers each. By gold the first is right on 36, the second on 4; the judge calls every one correct:

    >>> import numpy as np
    >>> from judgebench.agreement.ratings import from_codes
    >>> from judgebench.domain import Policies, Scale
    >>> gold = np.repeat([1, 0, 1, 0], [36, 4, 4, 36])
    >>> names = ["a"] * 40 + ["b"] * 40
    >>> table = from_codes(Scale.check(), np.ones(80, dtype=int), gold, system=names)
    >>> found = system_places(table, Policies())
    >>> [(name, gold.best, gold.worst, judge.best, judge.worst) for name, (gold, judge) in found.items()]
    [('a', 1, 1, 1, 2), ('b', 2, 2, 1, 2)]
    """
    board, _, _ = scoreboard(ratings, apply(ratings, policies), score=score)
    sides: list[list[Place]] = []
    for judge in (False, True):
        found = ranks_of(board.influences(judge=judge), seed=seed)
        levels = tiers(len(found.ranks), surely_ahead(found))
        sides.append(
            [
                Place(best, worst, None if best is None else tier)
                for (best, worst), tier in zip(found.ranks, levels, strict=True)
            ]
        )
    return dict(zip((board.names[code] for code in board.scored), zip(*sides, strict=True), strict=True))
