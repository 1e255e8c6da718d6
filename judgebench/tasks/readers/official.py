"""What benchmarks' own formulas share, and those of rated pairs: swap bias, sums of models, consistency of ranks.

Each takes the plain verdicts of a run (no repeat, no probe) and gives figures by subset (``all`` for the whole) and
name, without intervals.
"""

from __future__ import annotations

import math
from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping
from typing import TYPE_CHECKING, TypeAlias

import numpy as np

from judgebench.domain import Estimate, Scale, Verdict

if TYPE_CHECKING:
    from collections.abc import Sequence

    from judgebench.domain import Code

Figures: TypeAlias = dict[str, dict[str, Estimate]]
Formula: TypeAlias = Callable[[Iterable[Verdict], Scale, Mapping[str, str]], Figures]
_ALL = "all"


def figure(value: float, n: int) -> Estimate:
    """Build the figure of a formula, over ``n`` rows."""
    return Estimate(value, None, None, n, method="official", no_interval="official")


def gold_of(verdict: Verdict) -> Code | None:
    """Take the gold label of a benchmark that has one for each item."""
    return next((code for _, code in verdict.gold if code is not None), None)


def by_subset(verdicts: Iterable[Verdict]) -> dict[str, list[Verdict]]:
    """Sort verdicts by subset, all of them under ``all``."""
    groups: dict[str, list[Verdict]] = {}
    for one in verdicts:
        for name in {_ALL, one.subset or _ALL}:
            groups.setdefault(name, []).append(one)
    return groups


def mean_of(parts: Sequence[Mapping[str, Estimate]], weights: Sequence[float] = ()) -> dict[str, Estimate]:
    """Average the figures that all parts have, by default with equal weights; undefined where one of a part is."""
    shares = weights or (1.0,) * len(parts)
    found: dict[str, Estimate] = {}
    for name in parts[0]:
        n = sum(part[name].n for part in parts)
        values = [value for part in parts if (value := part[name].value) is not None]
        whole = len(values) == len(parts)
        found[name] = (
            figure(math.fsum(v * w for v, w in zip(values, shares, strict=True)) / math.fsum(shares), n)
            if whole
            else Estimate.missing("missing_part", n)
        )
    return found


def swap_bias(verdicts: Iterable[Verdict], scale: Scale, said: Mapping[str, str]) -> Figures:  # noqa: ARG001 - as all formulas
    """Compare both orders of each pair: consistency, and how far the answer shown first or last gains by its place.

    A verdict that can't be used is a tie. ``total_bias`` is the share of pairs whose two verdicts differ, and
    ``delta_bias`` the absolute difference between those in which each place gains.

    Source: Zhu, Wang & Wang (2023), JudgeLM, arXiv:2310.17631; its repository's ``eval_model_judgement.py``.
    """
    first, second = _by_order(verdicts)
    groups = by_subset(one for name, one in first.items() if name in second)
    return {name: _swapped([(one, second[one.item]) for one in own], scale) for name, own in groups.items()}


def _swapped(pairs: Sequence[tuple[Verdict, Verdict]], scale: Scale) -> dict[str, Estimate]:
    n = len(pairs)
    # Above 0 where the first answer does better when it is shown first.
    gains = [_lead(one, scale) - _lead(other, scale) for one, other in pairs]
    before, after = sum(gain > 0 for gain in gains), sum(gain < 0 for gain in gains)
    shares = {
        "swap_consistency": (n - before - after) / n,
        "prefers_first": before / n,
        "prefers_second": after / n,
        "delta_bias": abs(before - after) / n,
        "total_bias": (before + after) / n,
    }
    return {name: figure(value, n) for name, value in shares.items()}


def model_sums(verdicts: Iterable[Verdict], scale: Scale, said: Mapping[str, str]) -> Figures:
    """Correlate sums of verdicts per tested model, by the judge and by gold (Pearson's r).

    A verdict counts from -2 (or -1) to 2 as seen from the tested model, whom the attribute ``model`` names; ``swap``
    is the attribute that is true where its answer is the second one. A verdict that can't be used adds nothing.

    Source: Cao et al. (2024), CompassJudger-1, arXiv:2410.16256 (JudgerBench B), as computed in OpenCompass.
    """
    sums: dict[str, dict[str, tuple[float, float]]] = defaultdict(dict)
    counts: dict[str, int] = defaultdict(int)
    for verdict in _by_order(verdicts)[0].values():
        attributes = dict(verdict.attributes)
        model = attributes.get(said["model"], "")
        sign = -1.0 if attributes.get(said["swap"], "").casefold() in {"true", "1", "yes"} else 1.0
        gold = gold_of(verdict)
        if not isinstance(gold, int) or not model:
            continue
        for name in {_ALL, verdict.subset or _ALL}:
            judged, meant = sums[name].get(model, (0.0, 0.0))
            sums[name][model] = judged + sign * _lead(verdict, scale), meant + sign * _value(gold, scale)
            counts[name] += 1
    return {name: {"model_sum_pearson_r": _pearson(list(own.values()), counts[name])} for name, own in sums.items()}


def rank_consistency(verdicts: Iterable[Verdict], scale: Scale, said: Mapping[str, str]) -> Figures:  # noqa: ARG001 - as all formulas
    """Combine accuracy with how far the judge's wins per system, and their ranks, are from gold's.

    ``final_score = (accuracy - normalized_difference + 1) / 2``; the difference is the mean over systems of
    ``|rank difference| / (systems - 1) + |difference of wins| / largest such difference``. Each system plays against
    one that all play against; an item judged in both orders counts half for each; accuracy is over verdicts that can be
    used. The whole is the mean of the subsets.

    Source: CompassJudger-2 (2025), arXiv:2507.09104 (JudgerBenchV2), as computed in OpenCompass.
    """
    plays = [one for order in _by_order(verdicts) for one in order.values()]
    times: dict[str, int] = defaultdict(int)
    groups: dict[str, list[Verdict]] = {}
    for one in plays:
        times[one.item] += 1
        groups.setdefault(one.subset or _ALL, []).append(one)
    found = {name: _ranked(own, times, scale) for name, own in groups.items()}
    return found if not found or _ALL in found else found | {_ALL: mean_of([*found.values()])}


def _ranked(plays: Sequence[Verdict], times: Mapping[str, int], scale: Scale) -> dict[str, Estimate]:
    shared = set.intersection(*(set(one.systems) for one in plays)) - {""}
    judged: dict[str, float] = {}
    meant: dict[str, float] = {}
    right = said = 0.0
    for one in plays:
        weight = 1 / times[one.item]
        gold = gold_of(one)
        if not isinstance(gold, int) or len(one.systems) != 2:
            continue
        for name in one.systems:
            judged.setdefault(name, 0.0)
            meant.setdefault(name, 0.0)
        if (place := _winner(gold, scale)) is not None:
            meant[one.systems[place]] += weight
        if one.code is not None:
            said += weight
            right += weight * (one.code == gold)
            if isinstance(one.code, int) and (place := _winner(one.code, scale)) is not None:
                judged[one.systems[place]] += weight
    names = sorted(judged.keys() - shared)
    n = len(plays)
    if len(names) < 2 or len(shared) != 1 or not said:
        missing = Estimate.missing("no_shared_system" if len(shared) != 1 else "too_few_items", n)
        return dict.fromkeys(("rank_difference", "win_difference", "normalized_difference", "final_score"), missing)
    ranks, gold_ranks = _ranks(judged, names), _ranks(meant, names)
    rank_gaps = [abs(ranks[name] - gold_ranks[name]) for name in names]
    win_gaps = [abs(judged[name] - meant[name]) for name in names]
    largest = max(win_gaps) or 1.0
    normal = math.fsum(r / (len(names) - 1) + w / largest for r, w in zip(rank_gaps, win_gaps, strict=True)) / len(
        names
    )
    return {
        "rank_difference": figure(float(sum(rank_gaps)), n),
        "win_difference": figure(math.fsum(win_gaps), n),
        "normalized_difference": figure(normal, n),
        "final_score": figure((right / said - normal + 1) / 2, n),
    }


#: What ``official`` of a card's form may name, and the further keys that each needs.
FORMULAS: dict[str, tuple[Formula, tuple[str, ...]]] = {
    "swap-bias": (swap_bias, ()),
    "model-sums": (model_sums, ("model", "swap")),
    "rank-consistency": (rank_consistency, ()),
}


def _by_order(verdicts: Iterable[Verdict]) -> tuple[dict[str, Verdict], dict[str, Verdict]]:
    """Give the first verdict on each item in its own order, and in the other."""
    first: dict[str, Verdict] = {}
    second: dict[str, Verdict] = {}
    for one in verdicts:
        (first if one.order == tuple(range(len(one.order))) else second).setdefault(one.item, one)
    return first, second


def _lead(verdict: Verdict, scale: Scale) -> float:
    return _value(verdict.code, scale) if isinstance(verdict.code, int) else 0.0


def _value(code: int, scale: Scale) -> float:
    """Count the steps by which the first answer leads; 0 for a tie, and where both are bad."""
    if scale.kind != "pair":
        return float(code)
    if code == scale.both_bad:
        return 0.0
    # Two steps are one apart, like the outer ones of three.
    middle = (len(scale.values) - 1) / 2
    return (middle - code) * (2 if middle < 1 else 1)


def _winner(code: int, scale: Scale) -> int | None:
    lead = _value(code, scale)
    return None if lead == 0 else int(lead < 0)


def _ranks(scores: Mapping[str, float], names: Sequence[str]) -> dict[str, int]:
    return {name: place for place, name in enumerate(sorted(names, key=lambda name: (-scores[name], name)))}


def _pearson(sums: Sequence[tuple[float, float]], n: int) -> Estimate:
    if len(sums) < 2:
        return Estimate.missing("too_few_items", n)
    judged, gold = np.asarray(sums, dtype=np.float64).T
    if judged.std() == 0 or gold.std() == 0:
        return Estimate.missing("no_variation", n)
    return figure(float(np.corrcoef(judged, gold)[0, 1]), n)
