"""What sways a judge, read off stored verdicts: places, one label, lengths, chance.

Source: Dubois, Galambosi, Liang & Hashimoto (2024), Length-controlled AlpacaEval; Zheng et al. (2023), Judging
LLM-as-a-judge with MT-Bench and Chatbot Arena (verbosity bias).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from judgebench.agreement.intervals import estimated, mean_share_of, share_of
from judgebench.agreement.policies import sign_of
from judgebench.domain import Estimate
from judgebench.stats.influence import Clusters, mean

if TYPE_CHECKING:
    import numpy.typing as npt

    from judgebench.agreement.policies import Rows, Scored
    from judgebench.domain import InvalidPolicy, Ratings


def biases(ratings: Ratings, scored: Scored, *, again: bool = False) -> dict[str, Estimate]:
    """Measure what these judgments, games included, can show.

    Where items were shown in both orders, there are ``position_consistency``, the share of items whose two games name
    one response, ``primacy``, ``recency``, and ``position_preference``, ``(recency - primacy) / N``. Pairs have
    ``first_slot_rate``, a check ``positive_rate_difference`` and ratings ``mean_signed_error``, both
    ``mean(judge - gold)``. Where cases were asked ``again`` (rows of one case may as well be those of its annotators),
    there is ``retest_agreement``.

    Source: Zheng et al. (2023), Judging LLM-as-a-judge with MT-Bench and Chatbot Arena (position consistency); Shi et
    al. (2024), Judging the judges: a systematic study of position bias (preference, which comes to this difference).
    """
    found = position(ratings, scored.policies.invalid)
    if ratings.scale.kind == "pair":
        found |= first_slot(ratings)
    if again:
        found["retest_agreement"] = retest_agreement(ratings)
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
    """Items that were shown both ways: the plain game's row, and whether both games name one response.

    ``lean`` is in shown coordinates: below 0 towards the first slot, above 0 towards the second; all 0 on a pick scale,
    and where a game has no verdict (not ``answered``).
    """

    consistent: npt.NDArray[np.bool_]
    lean: npt.NDArray[np.int32]
    rows: Rows
    answered: npt.NDArray[np.bool_]


def turned(ratings: Ratings, invalid: InvalidPolicy) -> Turned | None:
    """Look at the items that were shown both ways; None where responses have no order or were never turned.

    In shown coordinates an item whose two games both name the first slot (or name it once beside a tie) shows
    primacy, the second slot recency. A game without a verdict confirms nothing: its item is inconsistent, or left out
    where such answers are dropped (``invalid``).
    """
    if not ratings.swapped.any() or ratings.scale.kind not in {"pair", "pick"}:
        return None
    plain, swapped = _both_orders(ratings)
    answered = (ratings.judge[plain] >= 0) & (ratings.judge[swapped] >= 0)
    if invalid == "drop":
        plain, swapped, answered = plain[answered], swapped[answered], answered[answered]
    one, two = ratings.judge[plain], ratings.judge[swapped]
    if ratings.scale.kind == "pick":
        return Turned(answered & (one == two), np.zeros(one.size, np.int32), plain, answered)
    # The swapped game's first slot held the second response.
    lean = np.where(answered, sign_of(one, ratings.scale) - sign_of(two, ratings.scale), 0).astype(np.int32)
    off = ratings.scale.both_bad
    return Turned(answered & (lean == 0) & ((one == off) == (two == off)), lean, plain, answered)


def position(ratings: Ratings, invalid: InvalidPolicy) -> dict[str, Estimate]:
    """Position consistency and preference, (recency - primacy) / N, from -1 (always the first) to 1."""
    found = turned(ratings, invalid)
    if found is None:
        return {}
    if not found.rows.size:
        return {"position_consistency": Estimate.missing("no_items")}
    consistency = share_of(found.consistent, Clusters.of(ratings.cluster[found.rows]))
    lean = found.lean[found.answered]
    if ratings.scale.kind == "pick" or not lean.size:
        return {"position_consistency": consistency}
    clusters = Clusters.of(ratings.cluster[found.rows[found.answered]])
    return {
        "position_consistency": consistency,
        "primacy": share_of(lean < 0, clusters),
        "recency": share_of(lean > 0, clusters),
        "position_preference": estimated(mean(np.sign(lean).astype(np.float64), clusters), low=-1.0, high=1.0),
    }


def first_slot(ratings: Ratings) -> dict[str, Estimate]:
    """Share of decided games that name the first slot as shown."""
    signs = sign_of(ratings.judge, ratings.scale)
    shown = np.where(ratings.swapped, -signs, signs)
    decided = np.flatnonzero(shown)
    if not decided.size:
        return {"first_slot_rate": Estimate.missing("no_items")}
    return {"first_slot_rate": share_of(shown[decided] < 0, Clusters.of(ratings.cluster[decided]))}


def _label_bias(scored: Scored) -> dict[str, Estimate]:
    """How much higher the judge's labels are than gold's, over rows with both; of two labels no answer is the other.

    ``no_items`` where the judge gave no label at all: silence alone has no side.
    """
    scale = scored.scale
    name = {"check": "positive_rate_difference", "rate": "mean_signed_error"}.get(scale.kind)
    if name is None:
        return {}
    judge, values = scored.judge, np.asarray(scale.values)
    if not (judge < len(scale.values)).any():
        return {name: Estimate.missing("no_items")}
    if scale.kind == "check" and scored.policies.invalid == "wrong":
        judge = np.where(scored.silent, 1 - scored.gold, judge)
    valid = np.flatnonzero(judge < len(scale.values))
    gold = values if scored.gold_values is None else scored.gold_values
    difference = values[judge[valid]] - gold[scored.gold[valid]]
    reach = float(values.max() - values.min())
    influences = mean(difference, Clusters.of(scored.cluster[valid]))
    return {name: estimated(influences, low=-reach, high=reach)}


def length_difference(scored: Scored, ahead: npt.NDArray[np.float64]) -> Estimate:
    """Measure how much more often the judge names the longer of two responses than gold does.

    ``mean([judge = longer] - [gold = longer])`` over the rows on which both name a side, so that a difference is not
    one of tie rates; with a cluster-robust interval. A longer response may well be the better one: a preference is what
    the judge has beyond gold. ``ahead`` is by how much each item's second response is longer than its first, NaN where
    that is not known. ValueError if the scale is not a pair scale.
    """
    if scored.scale.kind != "pair":
        raise ValueError(f"a {scored.scale.kind} scale has no two responses")
    judge = sign_of(scored.said, scored.scale)
    gold = np.zeros_like(judge) if scored.gold_values is not None else sign_of(scored.gold, scored.scale)
    longer = np.sign(np.nan_to_num(ahead[scored.item]))
    rows = np.flatnonzero((judge != 0) & (gold != 0) & (longer != 0))
    if not rows.size:
        return Estimate.missing("no_items")
    said, true = judge[rows] == longer[rows], gold[rows] == longer[rows]
    return estimated(mean(said.astype(np.float64) - true, Clusters.of(scored.cluster[rows])), low=-1.0, high=1.0)


def retest_agreement(ratings: Ratings) -> Estimate:
    """Measure how often two askings of one case give one verdict.

    A case is an item in one order. Its agreement is the share of pairs of its m askings that give one verdict, ``sum_k
    c_k (c_k - 1) / (m (m - 1))``, no verdict being like no other; the figure is the mean over cases, which ``n``
    counts. It bounds the agreement with anybody else: a judge who does not agree with itself can't agree with people.
    ``no_repeats`` where no case was asked twice. Source: Fleiss (1971), Measuring nominal scale agreement among many
    raters: observed agreement of a subject.
    """
    said = ratings.judge
    if ratings.sequence is not None:
        _, codes = np.unique(ratings.sequence, axis=0, return_inverse=True)
        said = np.where((ratings.sequence >= 0).any(axis=1), codes.reshape(-1), -1)
    case = 2 * ratings.item + ratings.swapped
    if ratings.order is not None:
        case = ratings.item * (int(ratings.order.max(initial=0)) + 1) + ratings.order
    _, first, place, asked = np.unique(case, return_index=True, return_inverse=True, return_counts=True)
    width, valid = int(said.max(initial=0)) + 1, said >= 0
    cells, counts = np.unique(place[valid] * width + said[valid], return_counts=True)
    alike = np.bincount(cells // width, weights=counts * (counts - 1), minlength=asked.size)
    again = np.flatnonzero(asked > 1)
    if not again.size:
        return Estimate.missing("no_repeats")
    clusters = Clusters.of(ratings.cluster[first[again]])
    shares = alike[again] / (asked[again] * (asked[again] - 1))
    return mean_share_of(shares, clusters)
