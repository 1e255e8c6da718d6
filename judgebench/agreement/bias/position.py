"""Biases that stored verdicts show: position, and a preference for one label."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from judgebench.agreement.estimates import free
from judgebench.agreement.policies import sign_of
from judgebench.domain import Estimate
from judgebench.stats.crosstab import Outcome
from judgebench.stats.inference.intervals import interval
from judgebench.stats.influence import Clusters, Influences, mean

if TYPE_CHECKING:
    import numpy.typing as npt

    from judgebench.agreement.policies import Rows, Scored
    from judgebench.domain import Ratings


def biases(ratings: Ratings, scored: Scored) -> dict[str, Estimate]:
    """Measure what these judgments, games included, can show.

    Where items were shown in both orders, there are ``position_consistency``, the share of items whose two games name
    one response, ``primacy``, ``recency``, and ``position_preference``, ``(recency - primacy) / N``. Pairs have
    ``first_slot_rate``, a check ``positive_rate_difference`` and ratings ``mean_signed_error``, both
    ``mean(judge - gold)``.

    Source: Zheng et al. (2023), Judging LLM-as-a-judge with MT-Bench and Chatbot Arena (position consistency); Shi et
    al. (2024), Judging the judges: a systematic study of position bias (preference, which comes to this difference).
    GPT-4 on LLMBar's 419 pairs, shown both ways: 19 times the first slot twice, 18 times the second:

    >>> from judgebench.agreement.policies import apply
    >>> from judgebench.agreement.ratings import from_codes
    >>> from judgebench.domain import Policies, Scale
    >>> plain, turned = np.repeat([0, 2, 0], [19, 18, 382]), np.repeat([2, 0, 0], [19, 18, 382])
    >>> shown = dict(item=np.tile(np.arange(419), 2), swapped=np.arange(838) >= 419)
    >>> ratings = from_codes(Scale.pair(), np.r_[plain, turned], np.zeros(838), **shown)
    >>> found = biases(ratings, apply(ratings, Policies()))
    >>> [round(found[name].value, 6) for name in ("position_consistency", "position_preference")]
    [0.911695, -0.002387]
    """
    found = _position(ratings)
    if ratings.scale.kind == "pair":
        found |= _first_slot(ratings)
    return found | _label_bias(scored)


def _both_orders(ratings: Ratings) -> tuple[Rows, Rows]:
    """Rows of each item's first plain and first swapped game, for items that have both."""
    size = int(ratings.item.max()) + 1 if ratings.item.size else 0
    first = np.full((2, size), -1, dtype=np.intp)
    rows = np.argsort(-ratings.game, kind="stable")
    for swapped in (0, 1):
        # Later writes win, so the lowest game stays.
        mine = rows[ratings.swapped[rows] == bool(swapped)]
        first[swapped, ratings.item[mine]] = mine
    both = (first >= 0).all(axis=0)
    return first[0, both], first[1, both]


@dataclass(frozen=True, slots=True)
class Turned:
    """Items whose two games both hold a verdict: the plain game's row, and whether both games name one response.

    ``lean`` is in shown coordinates: below 0 towards the first slot, above 0 towards the second; all 0 on a pick scale.
    """

    consistent: npt.NDArray[np.bool_]
    lean: npt.NDArray[np.int32]
    rows: Rows


def turned(ratings: Ratings) -> Turned | None:
    """Look at the items that were shown both ways; None where responses have no order or were never turned.

    In shown coordinates an item whose two games both name the first slot (or name it once beside a tie) shows
    primacy, the second slot recency.
    """
    if not ratings.swapped.any() or ratings.scale.kind not in {"pair", "pick"}:
        return None
    plain, swapped = _both_orders(ratings)
    valid = (ratings.judge[plain] >= 0) & (ratings.judge[swapped] >= 0)
    plain, swapped = plain[valid], swapped[valid]
    one, two = ratings.judge[plain], ratings.judge[swapped]
    if ratings.scale.kind == "pick":
        return Turned(one == two, np.zeros(one.size, np.int32), plain)
    # The swapped game's first slot held the second response.
    lean = sign_of(one, ratings.scale) - sign_of(two, ratings.scale)
    off = ratings.scale.both_bad
    return Turned((lean == 0) & ((one == off) == (two == off)), lean, plain)


def _position(ratings: Ratings) -> dict[str, Estimate]:
    """Position consistency and preference, (recency - primacy) / N, from -1 (always the first) to 1."""
    found = turned(ratings)
    if found is None:
        return {}
    if not found.rows.size:
        return {"position_consistency": Estimate.missing("no_items")}
    clusters = Clusters.of(ratings.cluster[found.rows])
    lean = found.lean
    if ratings.scale.kind == "pick":
        return {"position_consistency": share_of(found.consistent, clusters)}
    return {
        "position_consistency": share_of(found.consistent, clusters),
        "primacy": share_of(lean < 0, clusters),
        "recency": share_of(lean > 0, clusters),
        "position_preference": free(mean(np.sign(lean).astype(np.float64), clusters), low=-1.0, high=1.0),
    }


def _first_slot(ratings: Ratings) -> dict[str, Estimate]:
    """Share of decided games that name the first slot as shown."""
    signs = sign_of(ratings.judge, ratings.scale)
    shown = np.where(ratings.swapped, -signs, signs)
    decided = np.flatnonzero(shown)
    if not decided.size:
        return {"first_slot_rate": Estimate.missing("no_items")}
    return {"first_slot_rate": share_of(shown[decided] < 0, Clusters.of(ratings.cluster[decided]))}


def _label_bias(scored: Scored) -> dict[str, Estimate]:
    """How much higher the judge's labels are than gold's, over rows with both."""
    scale = scored.scale
    name = {"check": "positive_rate_difference", "rate": "mean_signed_error"}.get(scale.kind)
    if name is None:
        return {}
    valid = np.flatnonzero(scored.judge < len(scale.values))
    if not valid.size:
        return {name: Estimate.missing("no_items")}
    values = np.asarray(scale.values)
    gold = values if scored.gold_values is None else scored.gold_values
    difference = values[scored.judge[valid]] - gold[scored.gold[valid]]
    reach = float(values.max() - values.min())
    influences = mean(difference, Clusters.of(scored.cluster[valid]))
    return {name: free(influences, low=-reach, high=reach)}


def share_of(flags: npt.NDArray[np.bool_], clusters: Clusters) -> Estimate:
    """Give a share of rows its interval: Wilson's for independent rows, cluster-robust otherwise.

    At 0 and 1 it is Wilson's for the number of clusters.
    """
    influences: Influences = mean(flags.astype(np.float64), clusters)
    # As other shares: at 0 and 1 every influence is 0, and Wilson's bound for their number takes over.
    found = interval(
        Outcome(influences.value, n=influences.n),
        influences,
        independent=clusters.independent,
        proportion=True,
        low=0.0,
    )
    return Estimate(influences.value, found.low, found.high, influences.n, None, found.se, found.method)
