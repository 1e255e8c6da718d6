"""Figures over groups of items, as a benchmark defines them: subsets or systems, with weights."""

from __future__ import annotations

import math
from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np

from judgebench.agreement.intervals import combined
from judgebench.domain import Estimate
from judgebench.domain.replies import STRATA
from judgebench.errors import DataError
from judgebench.stats.crosstab import TINY
from judgebench.stats.influence import combine

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping, Sequence

    from judgebench.agreement.intervals import IntervalMethod
    from judgebench.domain import Aggregate
    from judgebench.stats.coefficients.catalog import Metric, RowMetric
    from judgebench.stats.influence import Influences


def weights_of(
    aggregate: Aggregate, aggregates: Sequence[Aggregate], known: Collection[str]
) -> dict[str, float | None]:
    """Weight of each group in an aggregate, earlier aggregates unfolded; None for a part that isn't there."""
    earlier = {}
    for other in aggregates:
        if other is aggregate:
            break
        earlier[other.name] = other
    prefix = "system:" if aggregate.by == "system" else ""
    none = {"all", *STRATA.values()}
    every = [name for name in known if name not in none and name.startswith("system:") == bool(prefix)]
    parts = [(name if name in earlier else prefix + name) for name in aggregate.of] or sorted(every)
    shares = aggregate.weights or (1.0,) * len(parts)
    if len(shares) != len(parts):
        raise DataError(f"aggregate {aggregate.name!r} has {len(shares)} weights for {len(parts)} parts")
    unfolded: dict[str, float | None] = {}
    for part, share in zip(parts, shares, strict=True):
        weight = share / sum(shares)
        if part in earlier:
            for name, inner in weights_of(earlier[part], aggregates, known).items():
                before = unfolded.get(name, 0.0)
                unfolded[name] = None if inner is None or before is None else before + weight * inner
        else:
            unfolded[part] = weight if part in known else None
    return unfolded


def aggregated(
    metric: Metric | RowMetric,
    figures: Mapping[str, tuple[Estimate, Influences | None]],
    shares: Mapping[str, float | None],
    method: IntervalMethod = "default",
) -> Estimate:
    """Weight a figure of several groups, of which ``shares`` has the weights (None for a group that isn't there)."""
    parts: list[Influences] = []
    estimates: list[Estimate] = []
    weights: list[float] = []
    for name, weight in shares.items():
        if weight is None:
            return Estimate.missing("missing_part")
        if weight == 0:
            continue
        one, part = figures[name]
        if part is None:
            return Estimate.missing("undefined_part")
        estimates.append(one)
        parts.append(part)
        weights.append(weight)
    if not parts:
        return Estimate.missing("no_items")
    total = combine(parts, weights)
    if method == "cr1" and (total.se or 0.0) < TINY:
        # Every influence is 0: as sure as so many clusters of one part, or three items of half the weight would count
        # as all.
        share = sum(w * w / part.sums.size for w, part in zip(weights, parts, strict=True))
        size = min(total.sums.size, int(1 / share + 1e-9))
        total = replace(total, ids=np.arange(size), sums=np.zeros(size), shares=None)
    found = combined(metric, total, method)
    faultless = any((part.se or 0.0) < TINY for part in parts)
    return _together(found, estimates, weights) if faultless and method != "cr1" else found


def _together(found: Estimate, parts: Sequence[Estimate], weights: Sequence[float]) -> Estimate:
    """Give an aggregate the interval that follows from those of its parts: a faultless one has an error, too.

    Source: Zou & Donner (2008), Construction of confidence limits about effect measures: a general approach.
    """
    below, above = 0.0, 0.0
    for part, weight in zip(parts, weights, strict=True):
        if part.value is None or part.low is None or part.high is None:
            return found
        below += (weight * (part.value - part.low)) ** 2
        above += (weight * (part.high - part.value)) ** 2
    if found.value is None:
        return found
    low, high = found.value - math.sqrt(below), found.value + math.sqrt(above)
    return replace(found, low=low, high=high, method="mover", no_interval="")
