"""What a judge costs beside its agreement, for two runs on the same judgments: answers, flips, money, time."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from judgebench.agreement.bias.position import share_of, turned
from judgebench.agreement.estimates import free
from judgebench.domain import Estimate
from judgebench.errors import UsageError
from judgebench.stats.influence import Clusters, Spread, combine, mean

if TYPE_CHECKING:
    from collections.abc import Mapping

    from judgebench.agreement.matching import Matched
    from judgebench.domain import Ratings


class Spent(NamedTuple):
    """What one item's judgments took, on average.

    Parameters
    ----------
    usd : float or None
        Price of a judgment; None where it is not known.
    seconds : float
        Time that the call took which answered.
    """

    usd: float | None
    seconds: float


@dataclass(frozen=True, slots=True)
class Worse:
    """How much worse a figure got from one run to the next.

    Parameters
    ----------
    first, second : Estimate
        The figure before and after.
    worse : Spread or None
        How much worse; None where it has no value, for the ``reason``.
    reason : str
        Machine-readable.
    """

    first: Estimate
    second: Estimate
    worse: Spread | None
    reason: str = ""


def coverage_drop(matched: Matched) -> Worse:
    """How many fewer judgments hold a verdict, whatever the policies make of those that don't.

    The difference of two shares on the same judgments, ``mean(answered before - answered after)``, clustered by
    question.

    Parameters
    ----------
    matched : Matched
        The run before and the run after.

    Returns
    -------
    Worse
        In shares of the judgments.

    References
    ----------
    Miller (2024), Adding error bars to evals, for paired differences of clustered means.

    Examples
    --------
    One answer of four is lost:

    >>> from judgebench.agreement.matching import Judged, match
    >>> from judgebench.agreement.ratings import from_codes
    >>> from judgebench.domain import Policies, Scale
    >>> names = range(4)
    >>> before, after = (
    ...     Judged("t", name, from_codes(Scale.check(), codes, [1, 0, 1, 0]), names, names, Policies())
    ...     for name, codes in (("a", [1, 1, 1, 0]), ("b", [1, 1, -1, 0]))
    ... )
    >>> coverage_drop(match([before, after])).worse.value
    0.25
    """
    answered = [one.judge >= 0 for one in matched.ratings]
    clusters = Clusters.of(matched.ratings[0].cluster)
    lost = mean(answered[0].astype(np.float64) - answered[1], clusters)
    return Worse(share_of(answered[0], clusters), share_of(answered[1], clusters), lost)


def flip_increase(matched: Matched) -> Worse:
    """How many more items get another verdict when their responses trade places.

    Each run's share is of its own items with a verdict in both orders, as ``position_consistency`` is; the difference
    of the two is clustered by question.

    Parameters
    ----------
    matched : Matched
        The run before and the run after.

    Returns
    -------
    Worse
        In shares of the items; ``no_items`` where one run has none with two verdicts.

    Raises
    ------
    UsageError
        If no item was shown in both orders.

    References
    ----------
    Zheng et al. (2023), Judging LLM-as-a-judge with MT-Bench and Chatbot Arena, for position consistency.

    Examples
    --------
    Two items, A first and then B first. The first run is consistent on both, the second on one:

    >>> from judgebench.agreement.matching import Judged, match
    >>> from judgebench.agreement.ratings import from_codes
    >>> from judgebench.domain import Policies, Scale
    >>> shown = dict(item=[0, 0, 1, 1], swapped=[False, True, False, True])
    >>> before, after = (
    ...     Judged("t", name, from_codes(Scale.pair(), codes, [0, 0, 2, 2], **shown), "ij", "ij", Policies())
    ...     for name, codes in (("a", [0, 0, 2, 2]), ("b", [0, 2, 2, 2]))
    ... )
    >>> flip_increase(match([before, after])).worse.value
    0.5
    """
    one, two = (_flips(ratings) for ratings in matched.ratings[:2])
    if one is None or two is None:
        missing = Estimate.missing("no_items")
        return Worse(missing if one is None else one[0], missing if two is None else two[0], None, "no_items")
    return Worse(one[0], two[0], combine([two[1], one[1]], [1.0, -1.0]))


def _flips(ratings: Ratings) -> tuple[Estimate, Spread] | None:
    found = turned(ratings)
    if found is None:
        raise UsageError("flips need pairs (or picks) that were shown in both orders: run with --order both")
    if not found.rows.size:
        return None
    clusters = Clusters.of(ratings.cluster[found.rows])
    flipped = ~found.consistent
    return share_of(flipped, clusters), mean(flipped.astype(np.float64), clusters)


def increase(matched: Matched, spent: tuple[Mapping[str, Spent], Mapping[str, Spent]], what: str) -> Worse:
    """By which part judgments got dearer, or slower.

    The ratio of the mean per judgment after to the mean before, less 1, on the same items; its influence is ``(after -
    ratio before) / mean(before)``.

    Parameters
    ----------
    matched : Matched
        The run before and the run after.
    spent : tuple of mapping of str to Spent
        What the items of either run took.
    what : {'usd', 'seconds'}
        Money or time.

    Returns
    -------
    Worse
        In parts of the mean before; ``unknown_price`` where a price is missing, ``nothing_before`` where the mean
        before is 0 and that after is not.

    References
    ----------
    Cochran (1977), Sampling techniques, chapter 6, for the ratio of two means on the same units.

    Examples
    --------
    Two items of 1 and 3 seconds take 1.5 and 3.5:

    >>> from judgebench.agreement.matching import Judged, match
    >>> from judgebench.agreement.ratings import from_codes
    >>> from judgebench.domain import Policies, Scale
    >>> judged = [Judged("t", name, from_codes(Scale.check(), [1, 0], [1, 1]), "ij", "ij", Policies()) for name in "ab"]
    >>> before, after = ({"i": Spent(None, a), "j": Spent(None, b)} for a, b in ((1.0, 3.0), (1.5, 3.5)))
    >>> increase(match(judged), (before, after), "seconds").worse.value
    0.25
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


def _shown(one: Spread) -> Estimate:
    found = free(one)
    return Estimate(
        found.value,
        None if found.low is None else max(0.0, found.low),
        found.high,
        found.n,
        None,
        found.se,
        found.method,
    )


def _means(matched: Matched, spent: Mapping[str, Spent], what: str) -> Spread | None:
    each = [getattr(spent[name], what) for name in matched.items]
    if any(one is None for one in each):
        return None
    cluster = np.zeros(len(each), np.int64)
    ratings = matched.ratings[0]
    cluster[ratings.item] = ratings.cluster
    return mean(np.array(each, dtype=np.float64), Clusters.of(cluster))
