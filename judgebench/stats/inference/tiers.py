"""Which of several ranks are really the same: tiers of a relation "is surely ahead of"."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Collection

__all__ = ["tiers"]


def tiers(count: int, ahead: Collection[tuple[int, int]]) -> tuple[int, ...]:
    """Put k estimates in tiers, 1 the best, so that nobody is surely ahead of another one of the same tier.

    The first tier holds everyone whom nobody is surely ahead of; the next one everyone whom nobody is surely ahead of
    once the first has left, and so on. So each member of a lower tier is surely behind at least one of the tier just
    above (Mirsky's decomposition of an order into the fewest such groups). To chain estimates that can't be told apart
    would instead put first and last together as soon as there are steps between them, and to group by the best possible
    rank may put two together of which one is surely ahead.

    Where the statements "surely ahead" (``ahead``: pairs of positions, the first surely ahead of the second; ValueError
    if they go round in a circle) hold together at some confidence, all that tiers say holds at that confidence. Members
    of one tier are not shown to be equal.

    Source: Mirsky (1971), A dual of Dilworth's decomposition theorem; the pairs as in Mogstad, Romano, Shaikh & Wilhelm
    (2024), Inference for ranks with applications to mobility across neighbourhoods and academic achievement across
    countries. The first can't be told from the second nor the second from the third, but the first is ahead of the
    third:

    >>> tiers(3, [(0, 2)])
    (1, 1, 2)
    """
    found = [0] * count
    left = set(range(count))
    tier = 0
    while left:
        tier += 1
        behind = {second for first, second in ahead if first in left}
        if not (free := left - behind):
            raise ValueError("pairs that go round in a circle have no tiers")
        for one in free:
            found[one] = tier
        left -= free
    return tuple(found)
