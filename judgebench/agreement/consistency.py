"""What verdicts say without gold: shares, what the order of the answers does, agreement when asked again, win rates."""

from __future__ import annotations

from dataclasses import dataclass, replace
from itertools import combinations
from typing import TYPE_CHECKING

import numpy as np

from judgebench.agreement.bias import first_slot, position, retest_agreement
from judgebench.agreement.estimates import Counted, estimate
from judgebench.agreement.figures import panel, row_figures, scored_rows
from judgebench.agreement.intervals import estimated, mean_share_of, share_of
from judgebench.agreement.policies import count_items, sign_of
from judgebench.agreement.ratings import divisions, select
from judgebench.agreement.systems.scores import opponents_of
from judgebench.domain import Estimate, Policies
from judgebench.stats.coefficients.catalog import METRICS
from judgebench.stats.influence import Clusters, mean

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from judgebench.agreement.matching import Judged
    from judgebench.domain import Ratings, Scale


@dataclass(frozen=True, slots=True)
class Consistency:
    """What one judge's verdicts on some items say without gold.

    ``answered`` of the ``judgments`` hold a verdict. ``shares`` are those of the labels among them (of sets: of the
    verdicts that hold the label). ``figures`` are ``mean_rating`` on ratings and numbers, ``position_consistency``,
    ``primacy``, ``recency`` and ``position_preference`` where items were shown in both orders, ``first_slot_rate`` on
    pairs, ``retest_agreement`` where a case was asked again, and ``sample_agreement`` where a verdict was made of
    several samples.
    """

    subset: str
    items: int
    judgments: int
    answered: int
    shares: Mapping[str, Estimate]
    figures: Mapping[str, Estimate]


@dataclass(frozen=True, slots=True)
class Standing:
    """How a system does by one judge's verdicts on pairs alone, on whichever side it stood.

    Of its ``games`` the ``answered`` ones are ``wins``, ``ties`` (both bad is one, too) and ``losses``.
    ``win_rate`` is their mean with a tie as half a win, ``win_share`` the share of wins, ties being none.
    """

    subset: str
    system: str
    games: int
    wins: int
    ties: int
    losses: int
    win_rate: Estimate
    win_share: Estimate

    @property
    def answered(self) -> int:
        """Games with a verdict."""
        return self.wins + self.ties + self.losses


@dataclass(frozen=True, slots=True)
class Between:
    """How far two judges agree on the cases that both answered, games included.

    ``metric`` is the kappa meant; of numbers Lin's concordance stands in for it, of sets alpha with MASI's distance.
    """

    first: str
    second: str
    judgments: int
    metric: str
    percent_agreement: Estimate
    kappa: Estimate


def consistency(
    ratings: Ratings, *, by: Sequence[str] = ("subset",), samples: Ratings | None = None
) -> Iterator[Consistency]:
    """Look at a judge's verdicts on all items, and on those of each subset (and system).

    ``samples`` are the verdicts of which those on all items were made.
    """
    whole = _one(ratings, "all")
    if samples is not None:
        whole = replace(whole, figures={**whole.figures, "sample_agreement": retest_agreement(samples)})
    yield whole
    for part in divisions(ratings, by):
        yield _one(select(ratings, np.flatnonzero(part.own)), part.name)


def standings(ratings: Ratings, *, criteria: bool = False) -> Iterator[Standing]:
    """Count the games of each system that pairs name, the best first; of ``criteria`` (the subsets) in each.

    Every order and every asking is a game. None where no pair names two systems.
    """
    if not criteria:
        yield from _standings(ratings, "all")
        return
    for part in divisions(ratings, ("subset",)):
        yield from _standings(select(ratings, np.flatnonzero(part.own)), part.name)


def _standings(ratings: Ratings, subset: str) -> list[Standing]:
    opponents = opponents_of(ratings)
    both = (opponents.first >= 0) & (opponents.second >= 0) & (opponents.first != opponents.second)
    signs = sign_of(ratings.judge, ratings.scale)
    found: list[Standing] = []
    for code, system in enumerate(opponents.names):
        own = np.flatnonzero(both & ((opponents.first == code) | (opponents.second == code)))
        if not own.size:
            continue
        said = own[ratings.judge[own] >= 0]
        # Signs are below 0 for the first response.
        ahead = np.where(opponents.first[said] == code, -signs[said], signs[said])
        wins, ties = int(np.count_nonzero(ahead > 0)), int(np.count_nonzero(ahead == 0))
        rate = share = Estimate.missing("no_items")
        if said.size:
            clusters = Clusters.of(ratings.cluster[said])
            rate, share = mean_share_of((1.0 + np.sign(ahead)) / 2, clusters), share_of(ahead > 0, clusters)
        found.append(Standing(subset, system, own.size, wins, ties, said.size - wins - ties, rate, share))
    return sorted(found, key=lambda one: (-1.0 if one.win_rate.value is None else -one.win_rate.value, one.system))


def _one(ratings: Ratings, name: str) -> Consistency:
    scale, said = ratings.scale, np.flatnonzero(ratings.judge >= 0)
    codes, clusters = ratings.judge[said], Clusters.of(ratings.cluster[said])
    shares = {
        label: share_of((codes >> code & 1 == 1) if scale.kind == "set" else codes == code, clusters)
        if said.size
        else Estimate.missing("no_items")
        for code, label in enumerate(scale.labels)
    }
    figures = position(ratings, "wrong")
    if scale.numeric and said.size:
        low, high = scale.values[0], scale.values[-1]
        figures["mean_rating"] = estimated(mean(scale.numbers(codes), clusters), low=low, high=high)
    if scale.kind == "pair":
        figures |= first_slot(ratings)
    again = retest_agreement(ratings)
    if again.undefined != "no_repeats":
        figures["retest_agreement"] = again
    return Consistency(name, count_items(ratings.item), ratings.judge.size, said.size, shares, figures)


def between(judges: Sequence[Judged]) -> Iterator[tuple[Judged, Between]]:
    """Hold every two judges of one task and scale against each other, on the cases that both answered."""
    for one, two in combinations(judges, 2):
        if one.task != two.task or one.ratings.scale != two.ratings.scale or one.ratings.scale.sequential:
            continue
        first, second = _shared(one, two)
        kappa = _kappa_of(one.ratings.scale)
        held = replace(select(one.ratings, first), gold=two.ratings.judge[second][:, None], annotators=(two.judge,))
        if not ((held.judge >= 0) & (held.gold[:, 0] >= 0)).any():
            none = Estimate.missing("no_items")
            yield one, Between(one.judge, two.judge, 0, kappa, none, none)
            continue
        scored = scored_rows(held, Policies(order="mean", invalid="drop"))
        counted = Counted.of(scored)
        rows = row_figures(held, scored, counted)
        agreed, chance = (
            estimate(METRICS[name], counted)[0]
            if scored.scale.listed
            else rows[name].estimate()[0]
            if name in rows
            else Estimate.missing("numbers", scored.size)
            for name in ("percent_agreement", kappa)
        )
        yield one, Between(one.judge, two.judge, scored.size, kappa, agreed, chance)


def _kappa_of(scale: Scale) -> str:
    if not scale.listed:
        return panel(scale).headline
    return "cohen_kappa_quadratic" if scale.kind == "rate" and len(scale.values) > 2 else "cohen_kappa"


def _shared(one: Judged, two: Judged) -> tuple[np.ndarray, np.ndarray]:
    """Find the rows of two judges that are about one case: the same item, order and repeat."""
    code = {name: place for place, name in enumerate(one.items)}
    games = 1 + int(max(one.ratings.game.max(initial=0), two.ratings.game.max(initial=0)))
    theirs = np.array([code.get(name, -1) for name in two.items], np.int64)[two.ratings.item]
    keys = (
        (one.ratings.item * games + one.ratings.game) * 2 + one.ratings.swapped,
        np.where(theirs < 0, -1, (theirs * games + two.ratings.game) * 2 + two.ratings.swapped),
    )
    _, first, second = np.intersect1d(*keys, return_indices=True)
    return first, second
