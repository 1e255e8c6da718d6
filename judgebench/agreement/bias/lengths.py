"""Whether the judge prefers the longer response, and more than gold does.

Source: Dubois, Galambosi, Liang & Hashimoto (2024), Length-controlled AlpacaEval; Zheng et al. (2023), Judging
LLM-as-a-judge with MT-Bench and Chatbot Arena (verbosity bias).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from judgebench.agreement.bias.position import share_of
from judgebench.agreement.estimates import free
from judgebench.agreement.policies import sign_of
from judgebench.domain import Estimate
from judgebench.stats.influence import Clusters, mean

if TYPE_CHECKING:
    import numpy.typing as npt

    from judgebench.agreement.policies import Scored

__all__ = ["LengthBin", "LengthPreference", "length_preference"]

#: A bin of fewer rows than this says little.
_LEAST = 20


@dataclass(frozen=True, slots=True)
class LengthBin:
    """Shares of pairs on which judge and gold name the longer response, where it is longer by ``least`` to ``most``."""

    least: float
    most: float
    judge: Estimate
    gold: Estimate


@dataclass(frozen=True, slots=True)
class LengthPreference:
    """Shares of rows on which judge and gold name the longer response, their difference, and the same in bins.

    ``undecided`` rows are left out since judge or gold names no side, or the lengths are equal or unknown.
    """

    judge: Estimate
    gold: Estimate
    difference: Estimate
    bins: tuple[LengthBin, ...]
    undecided: int


def length_preference(scored: Scored, ahead: npt.NDArray[np.float64], bins: int = 5) -> LengthPreference:
    """Count how often judge and gold name the longer of two responses; ValueError if the scale is not a pair scale.

    Only rows on which both name a side are counted, so that a difference is not one of tie rates: the share of the
    judge is ``mean([judge = longer])``, the difference ``mean([judge = longer] - [gold = longer])`` with a
    cluster-robust interval. A longer response may well be the better one; a preference is what the judge has beyond
    gold. ``ahead`` is by how much each item's second response is longer than its first, NaN where that is not known.
    Bins hold (nearly) equally many rows; there are fewer where they would hold fewer than 20.
    """
    if scored.scale.kind != "pair":
        raise ValueError(f"a {scored.scale.kind} scale has no two responses")
    labels = len(scored.scale.labels)
    judge = sign_of(np.where(scored.judge < labels, scored.judge, -1), scored.scale)
    gold = np.zeros_like(judge) if scored.gold_values is not None else sign_of(scored.gold, scored.scale)
    apart = ahead[scored.item]
    longer = np.sign(np.nan_to_num(apart))
    rows = np.flatnonzero((judge != 0) & (gold != 0) & (longer != 0))
    if not rows.size:
        nothing = Estimate.missing("no_items")
        return LengthPreference(nothing, nothing, nothing, (), scored.size)
    said, true = judge[rows] == longer[rows], gold[rows] == longer[rows]
    cluster, size = scored.cluster[rows], np.abs(apart[rows])
    count = max(1, min(bins, rows.size // _LEAST))
    # Equal differences are never parted, so the order of the rows does not matter.
    place = np.searchsorted(np.sort(size), size, side="left") * count // rows.size
    found: list[LengthBin] = []
    for one in np.unique(place):
        inside = np.flatnonzero(place == one)
        groups = Clusters.of(cluster[inside])
        shares = (share_of(flags[inside], groups) for flags in (said, true))
        found.append(LengthBin(float(size[inside].min()), float(size[inside].max()), *shares))
    clusters = Clusters.of(cluster)
    return LengthPreference(
        share_of(said, clusters),
        share_of(true, clusters),
        free(mean(said.astype(np.float64) - true, clusters), low=-1.0, high=1.0),
        tuple(found),
        scored.size - rows.size,
    )
