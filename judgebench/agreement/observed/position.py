"""Position: which place a judge prefers, whatever stands there.

Where items were shown in both orders each response stood in both places, so that what a judge with no eye for places
picks is in either as often. Elsewhere a judge who looks at places is right more often where the better response stands
in the one that it prefers.

Source: Zheng et al. (2023), Judging LLM-as-a-judge with MT-Bench and Chatbot Arena (consistency); Shi et al. (2024),
Judging the judges: a systematic study of position bias (primacy, recency, preference).
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np

from judgebench.agreement.bias import first_slot, turned
from judgebench.agreement.bias import position as both_orders
from judgebench.agreement.intervals import share_of
from judgebench.agreement.observed.places import places
from judgebench.agreement.observed.rows import Observed, mirrored, share_among, tested
from judgebench.agreement.policies import count_items
from judgebench.agreement.probing.measure import Probed
from judgebench.agreement.ratings import from_verdicts, select
from judgebench.stats.inference.paired import sign_flip
from judgebench.stats.influence import Clusters

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from judgebench.domain import Estimate, Run, Verdict


def position(run: Run, verdicts: Callable[..., Iterable[Verdict]]) -> Probed | None:
    """Measure how far from one half the first place is picked, towards the place that is preferred.

    ``p`` is that of a sign-flip test of recency against primacy: of independent items the exact binomial one. None
    where there are no two places, or in one order gold is always in the same. In one order it is half of how much more
    often the judge is right where the better response is in the place that it prefers, which comes to the same.
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
    if (gap := _gap(rows)[0]) is not None:
        figures["accuracy_gap"] = gap
    clusters = Clusters.of(ratings.cluster[found.rows])
    p = sign_flip(clusters.sums(np.sign(found.lean).astype(np.float64))).p
    left = count_items(ratings.item) - found.rows.size
    effect = mirrored(figures["first_slot_rate"], 0.5)
    return Probed(clusters.count, found.rows.size, effect, p, "half", figures, left)


def _one_order(run: Run, rows: Observed) -> Probed | None:
    """Tell a preference from one order: that of chance, or by where the judge is right."""
    shown = rows.shown
    if run.orders == "random":
        own = np.flatnonzero(np.isin(shown, (-1.0, 1.0)))
        if not own.size:
            return None
        clusters = rows.clusters(own)
        rate = share_of(shown[own] < 0, clusters)
        flip = sign_flip(clusters.sums(shown[own]))
        return Probed(clusters.count, own.size, mirrored(rate, 0.5), flip.p, "half", {"first_slot_rate": rate})
    gap, p = _gap(rows)
    if gap is None:
        return None
    own = np.flatnonzero(np.isin(shown, (-1.0, 1.0)) & np.isin(rows.gold, (-1.0, 1.0)))
    clusters = rows.clusters(own)
    figures = {"accuracy_gap": gap}
    if own.size:
        first = np.where(rows.swapped, -rows.gold, rows.gold)[own] < 0
        figures |= {"first_slot_rate": share_of(shown[own] < 0, clusters), "gold_first_rate": share_of(first, clusters)}
    low, high, se = (None if one is None else one / 2 for one in (gap.low, gap.high, gap.se))
    half = gap if gap.value is None else replace(gap, value=gap.value / 2, low=low, high=high, se=se)
    return Probed(clusters.count, own.size, mirrored(half, 0.0), p, "gold", figures)


def _gap(rows: Observed) -> tuple[Estimate | None, float | None]:
    """Accuracy where the right response is shown first less that where it is shown second; None without one of them."""
    gold = np.where(rows.swapped, -rows.gold, rows.gold)
    right, clusters = (rows.shown == gold).astype(np.float64), Clusters.of(rows.cluster)
    first, second = (np.flatnonzero((gold == side) & ~np.isnan(rows.said)) for side in (-1.0, 1.0))
    one, two = share_among(right, first, clusters), share_among(right, second, clusters)
    return (None, None) if one is None or two is None else tested(one, two)
