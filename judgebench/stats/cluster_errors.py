"""How sure an estimate is whose rows lie in clusters: its variance, degrees of freedom, design effect.

n rows lie in G clusters, which are the last axis; cells are those of tables of shape (..., k, k).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from judgebench.stats.crosstab import TINY, filled, margins, missed, total

if TYPE_CHECKING:
    from collections.abc import Callable

    from judgebench.stats.crosstab import Crosstab, Flags, Floats, Ints, Outcome

#: A disagreement that fewer clusters show says little of how alike their rows are; so alike they then count.
_FEW_SHOW, _ALIKE = 5, 1 / 5
#: Where no cluster has more than this share of the rows, each carries about that share of the variance.
_SMALL = 1 / 1000
#: Where no cluster has more than this share, all shares lead to the same quantile of t.
_LARGE = 1 / 100
#: A cluster with all of the variance leaves the others a billionth.
_MOST = 1 - 1e-9
#: Quantiles of t this near to each other differ by rounding.
_ROUNDING = 1e-9


def effective_number(parts: Ints | Floats) -> Floats:
    """Count how many equal parts would tell as much: ``(sum x)^2 / sum x^2`` over the last axis, 0 where all are 0.

    Source: Kish (1965), Survey sampling.
    """
    parts = parts.astype(np.float64, copy=False)
    squares = np.square(parts).sum(axis=-1)
    return np.asarray(parts.sum(axis=-1) ** 2 / np.where(squares > 0, squares, np.inf))


def rest_of(shares: Floats) -> Floats:
    """Give what each cluster leaves to the others, ``1 - h`` of its share h, never 0: the divisor of CR2."""
    return 1 - np.minimum(shares, _MOST)


def cr2(sums: Floats, shares: Floats, rows: int = 0) -> tuple[Floats, Floats, Floats]:
    """Variance of an estimate from its clusters' summed influences, degrees of freedom, effective number of clusters.

    ``V = sum s^2 / (1 - h)`` for the clusters' shares h of the variance that independent rows would give, which sum to
    1; ``df = 1 / (sum h^2 + (sum b)^2 - sum b^2)`` with ``b = h^2 / (1 - h)``, at least 1; ``1 / sum h^2``. Clusters
    that are alike give the factor G / (G - 1) and G - 1. Of so many ``rows``, df are no more than leave the interval
    its level where those of a cluster are one fifth alike (`_alike`). The clusters are the last axis.
    Source: Bell & McCaffrey (2002), Bias reduction in standard errors for linear regression with multi-stage samples;
    Satterthwaite (1946), An approximate distribution of estimates of variance components.
    """
    h = np.minimum(shares, _MOST)
    effective = 1 / np.square(h).sum(axis=-1)
    df = np.maximum(1.0, _free(h, h))
    if rows and (h > _LARGE).any():
        df = np.minimum(df, _alike(h, df, rows))
    return (np.square(sums) / (1 - h)).sum(axis=-1), df, effective


def _free(h: Floats, w: Floats) -> Floats:
    """Satterthwaite's degrees of freedom of ``sum e^2 / (1 - h)``, the e being independent parts, less their mean.

    ``w`` are the clusters' shares of the variance that they have: the e are what an estimate's error doesn't explain of
    its parts.
    """
    parts, b = (w - w * w) / (1 - h), w * w / (1 - h)
    others = np.maximum(0.0, b.sum(axis=-1) ** 2 - np.square(b).sum(axis=-1))
    return np.asarray(parts.sum(axis=-1) ** 2 / (np.square(parts).sum(axis=-1) + others))


def _alike(h: Floats, df: Floats, rows: int) -> Floats:
    """Degrees of freedom with which t is as wide as it must be where rows of a cluster are one fifth alike.

    Two clusters that hold most rows then decide an estimate nearly alone, and where both err to one side the sums of
    their influences, which are taken from the mean of all, don't show it. With shares w of the true variance,
    ``s = (w - h) T + e`` for the estimate's error T, and with ``A = sum (w - h)^2 / (1 - h)``, ``M = sum (w - w^2) /
    (1 - h)`` and t of the degrees of freedom that the e leave, T lies within ``t / sqrt(M + A t^2)`` errors.
    """
    from scipy.special import stdtridf, stdtrit

    w = h * (1 + np.maximum(h * rows - 1, 0.0) * _ALIKE)
    w /= w.sum(axis=-1, keepdims=True)
    shown, kept = (np.square(w - h) / (1 - h)).sum(axis=-1), ((w - w * w) / (1 - h)).sum(axis=-1)
    with np.errstate(invalid="ignore"):
        # One cluster has all of the variance: nothing is free.
        t = stdtrit(np.maximum(1.0, _free(h, w)), 0.975)
        needed = t / np.sqrt(kept + shown * np.square(t))
    wider = needed > stdtrit(df, 0.975) * (1 + _ROUNDING)
    return np.asarray(np.where(wider, stdtridf(0.975, np.where(wider, needed, 2.0)), df))


def told_by_cell(joint: Floats, influence: Floats) -> Floats:
    """How much a row of each cell tells of an estimate, shape (..., k, k), for the shares of clusters in its variance.

    ``w_i + u_j``: the mean squared influence of the rows with the cell's gold label, and of those with its verdict.
    Where all rows tell alike a cluster's share is that of its rows; for kappa with a rare class it leans to the
    clusters that hold the rare rows.
    """
    squares = joint * np.square(influence)
    gold, judge = margins(joint)
    by_gold = squares.sum(axis=-1) / np.where(gold > 0, gold, 1.0)
    by_judge = squares.sum(axis=-2) / np.where(judge > 0, judge, 1.0)
    found: Floats = by_gold[..., :, None] + by_judge[..., None, :]
    return found


def told_of(table: Crosstab, outcome: Outcome, influence: Floats) -> Floats:
    """Let a row without a verdict tell as much as the wrong label that it counts as."""
    placed = outcome.completion.placed if outcome.completion is not None else missed(table)
    if placed is None or table.silent is None:
        return told_by_cell(table.joint, influence)
    found = told_by_cell(filled(table.joint, table.silent, placed), influence)
    found[:, table.silent] = (placed * found).sum(axis=1)
    return found


@dataclass(frozen=True, slots=True)
class Spread:
    """What clusters say of an error: sums of influences, and shares, shape (..., G), and the design effect."""

    sums: Floats
    shares: Floats
    deff: Floats


def spread(
    joint: Floats,
    n: int,
    influence: Floats,
    sums: Callable[[Floats], Floats],
    sizes: Floats | Ints,
    rare: Flags | None = None,
    within: Flags | None = None,
    told_by: Callable[[Floats], Floats] | None = None,
) -> Spread:
    """Measure an estimate's error in clusters of a table's n rows.

    ``influence`` and ``joint`` have the shape (..., k, k), ``sizes``, (..., G), are the clusters' rows, and ``sums``
    adds up a quantity per cell in each cluster, (..., k, k) -> (..., G). ``rare`` are the cells of `design_effect`, by
    default all where the labels differ. An estimate on the rows of some cells (``within``) has their shares; others
    those of what rows tell, by default `told_by_cell`.
    """
    largest = sizes.max(axis=-1)
    if within is not None:
        told = sums(np.broadcast_to(within, influence.shape).astype(np.float64))
    elif (largest < n * _SMALL).all():
        told = np.asarray(sizes, dtype=np.float64)
    else:
        told = sums(told_by_cell(joint, influence) if told_by is None else told_by(influence))
    whole = told.sum(axis=-1)[..., None]
    shares = np.where(whole > TINY * n, told / np.where(whole > 0, whole, 1.0), sizes / n)
    pulls = sums(influence) / n
    variance, _, effective = cr2(pulls, shares)
    squares = np.square(influence)
    shown = ~np.eye(*joint.shape[-2:], dtype=np.bool_) if rare is None else rare
    # What rounding leaves of an influence of 0 shows nothing.
    odd = np.where(shown & (squares > TINY**2), squares, 0.0)
    # In at least so many clusters, as none has more rows than the largest.
    most = largest * odd.max(axis=(-2, -1))
    seen = n * total(joint * odd) / np.where(most > 0, most, np.inf)
    if (seen < _FEW_SHOW).any():
        seen = effective_number(sums(odd))
    independent = total(joint * squares) / max(1, n - 1)
    rows = n if within is None else whole[..., 0]
    return Spread(pulls, shares, design_effect(independent, variance, rows, effective, seen))


def design_effect(
    independent: Floats | float,
    variance: Floats | float,
    n: Floats | float,
    effective: Floats | float,
    seen: Floats | float,
) -> Floats:
    """Variance over that of ``independent`` rows, held up while few clusters show what is rare.

    ``seen`` is in how many clusters a disagreement (of a share: its rarer side) occurs, ``(sum e)^2 / sum e^2`` for the
    sums e of its squared influences. A design effect that one or two clusters show is no evidence that rows are
    independent: below five, rows of a cluster count as one fifth alike, as far as these are missing.
    """
    deff = np.where(independent > 1e-14, variance / np.maximum(independent, 1e-14), 1.0)
    floor = 1 + (n / effective - 1) * _ALIKE
    part = np.minimum(1.0, seen / np.minimum(_FEW_SHOW, effective / 2))
    held: Floats = np.maximum(0.05, np.where(part < 1, np.maximum(deff, floor - (floor - deff) * part), deff))
    return held
