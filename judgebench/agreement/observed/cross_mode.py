"""Pointwise against pairwise: whether a judge that rates two responses one by one prefers the one that it picks.

Source: FairJudge (2026), cross-mode consistency; its figures are ours.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np

from judgebench.agreement.estimates import Counted, estimate
from judgebench.agreement.figures import scored_rows
from judgebench.agreement.intervals import share_of
from judgebench.agreement.policies import sign_of
from judgebench.agreement.probing.measure import Probed, shares_apart
from judgebench.agreement.ratings import clusters_named, from_verdicts
from judgebench.domain import Policies, Scale
from judgebench.stats.coefficients.catalog import METRICS
from judgebench.stats.inference.paired import sign_flip

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from judgebench.domain import Run, Verdict

#: What both modes say: the first response, neither, the second.
_SIDES = Scale.pair(3)


def cross_mode(
    run: Run, verdicts: Callable[..., Iterable[Verdict]], rated: Callable[..., Iterable[Verdict]] | None = None
) -> Probed | None:
    """Hold a judge's verdicts on pairs against those that its ratings of single responses imply (``rated``).

    A case is an item in one order; of ratings asked in another order those of the item count, since each response was
    rated by itself. Verdicts are sides: two ratings don't say how much better, or "both bad". Equal ratings are
    a tie, on a scale without one, too. The effect is the share of cases in which the modes prefer different
    responses; a judge that guesses has one, too, so that there is no p. Of pairs that were asked again it is how much
    more often the modes contradict each other than two askings of a pair do, and p that of a sign-flip test over
    questions: were a rating nothing but another asking, the two could change places. None without ratings.
    """
    if run.scale.kind != "pair" or rated is None:
        return None
    by_case: dict[tuple[str, tuple[int, ...]], int] = {}
    by_item: dict[str, int] = {}
    for one in rated(texts=False):
        side = None if one.probe or one.repeat else _side(one, run.scale)
        if side is not None:
            by_case[one.item, one.order] = by_item[one.item] = side
    pairs: list[tuple[Verdict, int, int]] = []
    unmatched = 0
    for one in verdicts(texts=False):
        if one.probe or one.repeat:
            continue
        picked, rating = _side(one, run.scale), by_case.get((one.item, one.order), by_item.get(one.item))
        if picked is None or rating is None:
            unmatched += 1
        else:
            pairs.append((one, picked, rating))
    if not pairs:
        return None
    clusters = clusters_named(one.cluster or one.item for one, _, _ in pairs)
    said, implied = (np.array([pair[at] for pair in pairs], np.int64) for at in (1, 2))
    apart = said * implied < 0
    effect = share_of(apart, clusters)
    rows = [
        replace(one, code=side + 1, gold=(("ratings", other + 1),), scores=(), probabilities=())
        for one, side, other in pairs
    ]
    counted = Counted.of(scored_rows(from_verdicts(rows, _SIDES), Policies(order="mean", invalid="drop")))
    figures = {
        "percent_agreement": estimate(METRICS["percent_agreement"], counted)[0],
        "kappa": estimate(METRICS["cohen_kappa"], counted)[0],
        "contradictions": effect,
        "rating_ties": share_of(implied == 0, clusters),
        "pair_ties": share_of(said == 0, clusters),
    }
    decided = np.flatnonzero((said != 0) & (implied != 0))
    if decided.size:
        figures["agreement_decided"] = share_of(said[decided] == implied[decided], clusters.take(decided))
    again = {(one.item, one.order): _side(one, run.scale) or 0 for one in verdicts(texts=False) if one.repeat == 1}
    asked = [again.get((one.item, one.order)) for one, _, _ in pairs]
    known = np.flatnonzero([side is not None for side in asked])
    if not known.size:
        return Probed(clusters.count, len(pairs), effect, None, "the other mode", figures, unmatched)
    own, between = clusters.take(known), apart[known].astype(np.float64)
    itself = np.array([said[row] * (asked[row] or 0) < 0 for row in known])
    figures["retest_contradictions"] = share_of(itself, own)
    effect, p = shares_apart(between, itself.astype(np.float64), own), sign_flip(own.sums(between - itself)).p
    return Probed(clusters.count, len(pairs), effect, p, "retest", figures, unmatched)


def _side(one: Verdict, scale: Scale) -> int | None:
    """Say which response a verdict prefers: -1 the first, 1 the second, 0 neither; None where there is none."""
    if isinstance(one.code, int):
        return int(sign_of(np.array([one.code]), scale)[0])
    # Equal ratings on a scale without a tie are no verdict, and yet known.
    return 0 if len(one.scores) == 2 and one.scores[0] == one.scores[1] else None
