"""Position: which place a judge prefers, whatever stands there.

Where items were shown in both orders each response stood in both places, so that what a judge with no eye for places
picks is in either as often. Elsewhere its picks are held against gold's.

Source: Zheng et al. (2023), Judging LLM-as-a-judge with MT-Bench and Chatbot Arena (consistency); Shi et al. (2024),
Judging the judges: a systematic study of position bias (primacy, recency, preference).
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from judgebench.agreement.bias import first_slot, share_of, turned
from judgebench.agreement.bias import position as both_orders
from judgebench.agreement.ceiling import select
from judgebench.agreement.observed.places import places
from judgebench.agreement.observed.rows import Observed, mirrored, share_among, tested
from judgebench.agreement.probing import Probed, shares_apart
from judgebench.agreement.ratings import from_verdicts
from judgebench.stats.inference.paired import sign_flip
from judgebench.stats.influence import Clusters

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from judgebench.domain import Estimate, Ratings, Run, Verdict


def position(run: Run, verdicts: Callable[..., Iterable[Verdict]]) -> Probed | None:
    """Measure how far from one half the first place is picked, towards the place that is preferred.

    ``p`` is that of a sign-flip test of recency against primacy: of independent items the exact binomial one. None
    where there are no two places, or nothing says who should have been picked.
    """
    if run.scale.kind in {"pick", "rank"}:
        return places(run, verdicts)
    if run.scale.kind != "pair":
        return None
    ratings = from_verdicts((one for one in verdicts(texts=False) if not one.repeat), run.scale)
    found = turned(ratings, "drop")
    rows = Observed.of(verdicts(texts=False), run.scale)
    if found is None or not found.rows.size:
        return _one_order(run, rows)
    both = select(ratings, np.flatnonzero(np.isin(ratings.item, ratings.item[found.rows])))
    figures = both_orders(both, "drop") | first_slot(both)
    figures |= _gap(rows)
    clusters = Clusters.of(ratings.cluster[found.rows])
    p = sign_flip(clusters.sums(np.sign(found.lean).astype(np.float64))).p
    left = _items(ratings) - found.rows.size
    effect = mirrored(figures["first_slot_rate"], 0.5)
    return Probed(clusters.count, found.rows.size, effect, p, "half", figures, left)


def _items(ratings: Ratings) -> int:
    return int(np.unique(ratings.item).size)


def _one_order(run: Run, rows: Observed) -> Probed | None:
    """Hold the places that are picked against those of gold, or against one half where chance chose the order."""
    shown = rows.shown
    if run.orders == "random":
        own = np.flatnonzero(np.isin(shown, (-1.0, 1.0)))
        if not own.size:
            return None
        clusters = rows.clusters(own)
        rate = share_of(shown[own] < 0, clusters)
        p = sign_flip(clusters.sums(shown[own])).p
        return Probed(clusters.count, own.size, mirrored(rate, 0.5), p, "half", {"first_slot_rate": rate})
    gold = np.where(rows.swapped, -rows.gold, rows.gold)
    own = np.flatnonzero(np.isin(shown, (-1.0, 1.0)) & np.isin(gold, (-1.0, 1.0)))
    if not own.size:
        return None
    clusters = rows.clusters(own)
    picked, right = (shown[own] < 0).astype(np.float64), (gold[own] < 0).astype(np.float64)
    figures = {"first_slot_rate": share_of(picked > 0, clusters), "gold_first_rate": share_of(right > 0, clusters)}
    figures |= _gap(rows)
    effect = mirrored(shares_apart(picked, right, clusters), 0.0)
    return Probed(clusters.count, own.size, effect, sign_flip(clusters.sums(picked - right)).p, "gold", figures)


def _gap(rows: Observed) -> dict[str, Estimate]:
    """Accuracy where the right response is shown first less that where it is shown second."""
    gold = np.where(rows.swapped, -rows.gold, rows.gold)
    right, clusters = (rows.shown == gold).astype(np.float64), Clusters.of(rows.cluster)
    first, second = (np.flatnonzero((gold == side) & ~np.isnan(rows.said)) for side in (-1.0, 1.0))
    one, two = share_among(right, first, clusters), share_among(right, second, clusters)
    return {} if one is None or two is None else {"accuracy_gap": tested(one, two)[0]}
