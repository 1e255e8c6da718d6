"""What a statistician would point out about a row of figures, as codes; `judgebench.report.cautions` has the words."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from judgebench.agreement.intervals import estimated
from judgebench.stats.influence import mean

if TYPE_CHECKING:
    from collections.abc import Mapping

    from judgebench.agreement.estimates import Counted
    from judgebench.agreement.policies import Scored
    from judgebench.domain import Estimate
    from judgebench.stats.crosstab import Crosstab

#: Coverage below this is warned about.
LOW_COVERAGE = 0.95
#: Fewer effective clusters than this make every interval rough.
FEW_CLUSTERS = 20
#: Fewer items than this say next to nothing.
FEW_ITEMS = 10
#: Items of the rarest gold label below which no interval of a chance-corrected coefficient holds.
RARE = 10
#: The prevalence paradox: percent agreement at least this high ...
_HIGH_AGREEMENT = 0.8
#: ... and kappa more than this below AC1, which the margins don't pull down.
_PARADOX = 0.2
#: Tie rates of judge and gold that differ by at least this, beyond chance, are skewed.
_TIE_MARGIN = 0.1
#: Ranks that agree at least so well, on levels that agree less by at least this, are ranks in another unit.
_RANKS, _LEVELS = 0.6, 0.3
#: Agreement at or below this is that of a side turned round: kappa and its kin, correlations.
_TURNED = -0.4


def cautions(
    scored: Scored, counted: Counted, metrics: Mapping[str, Estimate], *, coverage: float, left_out: int = 0
) -> tuple[str, ...]:
    """Say what to be careful with in one row, given the share of judgments with a verdict and the items without gold.

    Codes: ``disjoint_labels``, ``constant_gold``, ``constant_judge``, ``prevalence`` (fewer than 10 items of the rarest
    gold label), ``prevalence_paradox`` (percent agreement of .8 or more, kappa more than .2 below AC1), ``skewed_ties``
    (tie rates at least .1 apart, and an interval of their difference without 0), ``few_items`` (below 10),
    ``few_clusters`` (fewer than 20 of one size would tell as much), ``low_coverage``, ``left_out``, ``other_units``
    (rho .6 or more, quadratic kappa .3 or more below it; r and concordance likewise), ``reversed`` (kappa or rho -.4 or
    less on 10 items or more, and an interval below 0; also on the rows with a verdict alone).

    Source: Feinstein & Cicchetti (1990), High agreement but low kappa: the problems of two paradoxes.
    """
    table = counted.table
    found = _about_labels(scored, counted, metrics) if table.n and not table.graded else []
    items = scored.items
    silent = table.silent is not None and bool(table.joint[:, table.silent].any())
    last = {
        "constant_judge": np.count_nonzero(table.judge) == 1 and not silent,
        "few_items": table.n > 0 and items < FEW_ITEMS,
        "few_clusters": 0 < round(counted.clusters.effective, 6) < FEW_CLUSTERS,
        "low_coverage": coverage < LOW_COVERAGE,
        "left_out": left_out > 0,
        "other_units": items >= FEW_ITEMS and _other_units(metrics),
        "reversed": items >= FEW_ITEMS and _reversed(metrics) and (not silent or _below_chance(table)),
    }
    return (*found, *(code for code, holds in last.items() if holds))


def _about_labels(scored: Scored, counted: Counted, metrics: Mapping[str, Estimate]) -> list[str]:
    table = counted.table
    gold, said = table.gold[: table.declared] > 0, table.judge[: table.declared] > 0
    found = {
        "disjoint_labels": said.any() and not (said & gold).any(),
        "constant_gold": np.count_nonzero(gold) == 1,
        "prevalence": _rarest(scored) < RARE,
        "prevalence_paradox": _paradox(metrics),
        "skewed_ties": _skewed_ties(scored, counted),
    }
    return [code for code, holds in found.items() if holds]


def _rarest(scored: Scored) -> int:
    """Count the items with the rarest gold label; an item's games and annotators are not further examples."""
    gold = scored.gold
    if scored.items < gold.size:
        _, first = np.unique(scored.item * scored.shape[0] + gold, return_index=True)
        gold = gold[first]
    items = np.bincount(gold)
    return int(items[items > 0].min())


def _values(metrics: Mapping[str, Estimate], *names: str) -> list[float | None]:
    return [metrics[name].value if name in metrics else None for name in names]


def _other_units(metrics: Mapping[str, Estimate]) -> bool:
    for names in (("spearman_rho", "cohen_kappa_quadratic"), ("pearson_r", "lin_ccc")):
        ranks, levels = _values(metrics, *names)
        if ranks is not None and levels is not None and ranks >= _RANKS and ranks - levels >= _LEVELS:
            return True
    return False


def _reversed(metrics: Mapping[str, Estimate]) -> bool:
    # Of three labels without order no one is the other's reverse, yet far below chance is far from an accident.
    found = [metrics[name] for name in ("cohen_kappa", "spearman_rho") if name in metrics]
    return any(one.value is not None and one.value <= _TURNED and (one.high is None or one.high < 0) for one in found)


def _below_chance(table: Crosstab) -> bool:
    """Whether the rows with a verdict are enough below chance; those without count as wrong in every figure."""
    said = table.joint[:, : table.declared]
    mass = float(said.sum())
    if mass * table.n < FEW_ITEMS or table.graded:
        return False
    hit = float(np.trace(said[: table.declared])) / mass
    chance = float((said.sum(axis=1)[: table.declared] * said.sum(axis=0)).sum()) / mass**2
    return hit - chance <= _TURNED * (1 - chance)


def _paradox(metrics: Mapping[str, Estimate]) -> bool:
    agreement, kappa, calm = _values(metrics, "percent_agreement", "cohen_kappa", "gwet_ac1")
    if agreement is None or kappa is None or calm is None:
        return False
    return agreement >= _HIGH_AGREEMENT and calm - kappa > _PARADOX


def _skewed_ties(scored: Scored, counted: Counted) -> bool:
    tie = counted.table.tie
    if tie is None or abs(float(counted.table.judge[tie] - counted.table.gold[tie])) < _TIE_MARGIN:
        return False
    apart = (scored.judge == tie).astype(np.float64) - (scored.gold == tie)
    difference = estimated(mean(apart, counted.clusters))
    return difference.low is not None and difference.high is not None and difference.low * difference.high > 0
