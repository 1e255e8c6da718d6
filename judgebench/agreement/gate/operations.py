"""What a judge costs beside its agreement, before and after: answers, flips, money and time, clustered by question."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Literal, NamedTuple, TypeAlias

import numpy as np

from judgebench.agreement.bias import turned
from judgebench.agreement.intervals import estimated, share_of
from judgebench.domain import Estimate
from judgebench.errors import UsageError
from judgebench.stats.influence import Clusters, Influences, combine, mean

if TYPE_CHECKING:
    from collections.abc import Mapping

    from judgebench.agreement.matching import Matched
    from judgebench.domain import InvalidPolicy, Ratings


What: TypeAlias = Literal["usd", "seconds"]


class Spent(NamedTuple):
    """What one item's judgments took, on average: price, None if unknown, and time of the call that answered."""

    usd: float | None
    seconds: float


@dataclass(frozen=True, slots=True)
class Worse:
    """How much worse a figure got from one run to the next; None, for a coded reason, where it has no value."""

    first: Estimate
    second: Estimate
    worse: Influences | None
    reason: str = ""


def coverage_drop(matched: Matched) -> Worse:
    """How many fewer judgments hold a verdict, whatever the policies make of those that don't.

    The difference of two shares of the same judgments, ``mean(answered before - answered after)``.
    Source: Miller (2024), Adding error bars to evals, for paired differences of clustered means.
    """
    answered = [one.judge >= 0 for one in matched.ratings]
    clusters = Clusters.of(matched.ratings[0].cluster)
    lost = mean(answered[0].astype(np.float64) - answered[1], clusters)
    return Worse(share_of(answered[0], clusters), share_of(answered[1], clusters), lost)


def flip_increase(matched: Matched) -> Worse:
    """How many more items get another verdict when their responses trade places.

    Each run's share is of its own items that were shown in both orders, as ``position_consistency`` is: one without a
    verdict in both is a flip, unless the policies leave it out. ``no_items`` where one run has none. UsageError if no
    item was shown in both orders.
    Source: Zheng et al. (2023), Judging LLM-as-a-judge with MT-Bench and Chatbot Arena, for position consistency.
    """
    invalid = matched.scored[0].policies.invalid
    one, two = (_flips(ratings, invalid) for ratings in matched.ratings[:2])
    if one is None or two is None:
        missing = Estimate.missing("no_items")
        return Worse(missing if one is None else one[0], missing if two is None else two[0], None, "no_items")
    return Worse(one[0], two[0], combine([two[1], one[1]], [1.0, -1.0]))


def _flips(ratings: Ratings, invalid: InvalidPolicy) -> tuple[Estimate, Influences] | None:
    found = turned(ratings, invalid)
    if found is None:
        # It is an option of another command, `run`, and would be named as one of this.
        raise UsageError("flips need pairs (or picks) shown in both orders: ask with --order both")
    if not found.rows.size:
        return None
    clusters = Clusters.of(ratings.cluster[found.rows])
    flipped = ~found.consistent
    return share_of(flipped, clusters), mean(flipped.astype(np.float64), clusters)


def increase(matched: Matched, spent: tuple[Mapping[str, Spent], Mapping[str, Spent]], what: What) -> Worse:
    """By which part judgments got dearer (``usd``), or slower (``seconds``).

    The ratio of the mean per judgment after to the mean before, less 1, on the same items; its influence is
    ``(after - ratio before) / mean(before)``. ``unknown_price`` where a price is missing, ``nothing_before`` where the
    mean before is 0 and that after is not.
    Source: Cochran (1977), Sampling techniques, chapter 6, for the ratio of two means on the same units.
    """
    one, two = (_means(matched, each, what) for each in spent)
    if one is None or two is None:
        missing = Estimate.missing("unknown_price")
        shown = [missing if each is None else _shown(each) for each in (one, two)]
        return Worse(shown[0], shown[1], None, "unknown_price")
    first, second = _shown(one), _shown(two)
    if one.value <= 0:
        same = two.value <= 0
        return Worse(first, second, combine([one], [0.0]) if same else None, "" if same else "nothing_before")
    ratio = two.value / one.value
    worse = combine([two, one], [1 / one.value, -ratio / one.value], ratio - 1)
    return Worse(first, second, worse)


def _shown(one: Influences) -> Estimate:
    found = estimated(one)
    return found if found.low is None else replace(found, low=max(0.0, found.low))


def _means(matched: Matched, spent: Mapping[str, Spent], what: What) -> Influences | None:
    own = [spent[name] for name in matched.items]
    each = [one.usd if what == "usd" else one.seconds for one in own]
    if None in each:
        return None
    cluster = np.zeros(len(each), np.int64)
    ratings = matched.ratings[0]
    cluster[ratings.item] = ratings.cluster
    return mean(np.array(each, dtype=np.float64), Clusters.of(cluster))
