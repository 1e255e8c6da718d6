"""Chance-corrected agreement with weights: Cohen's kappa, Gwet's AC2, Brennan and Prediger's kappa.

``weights``, shape (q, q), say how much a near miss is worth on the q declared labels, in their order, rows being gold:
in [0, 1], 1 on the diagonal, 0 for what counts as a full miss; ValueError where they are not that. A category without a
place on the scale (both bad, undecided, invalid) is a full miss beside every other, so that failing to answer earns
nothing. AC2 and Brennan and Prediger's kappa need all labels and are ``label_left_out`` where a policy leaves a
declared one out.
"""

from __future__ import annotations

import math
from dataclasses import replace

import numpy as np

from judgebench.stats.coefficients.chance import cohen, corrected, distance_weights, identity
from judgebench.stats.crosstab import TINY, Crosstab, Floats, Outcome


def weighted_kappa(table: Crosstab, weights: Floats) -> Outcome:
    """Cohen's kappa with weights of one's own, which need not be symmetric.

    ``(po - pe) / (1 - pe)`` with ``po = sum(W * P)`` and ``pe = r' W c`` for the margins r and c; ``no_variation``
    where both sides always say the same one label.
    Source: Cohen (1968), Weighted kappa: nominal scale agreement with provision for scaled disagreement or partial
    credit. His own table and disagreements, for which he prints .348:

    >>> counts = np.array([[88, 14, 18], [10, 40, 10], [2, 6, 12]])
    >>> table = Crosstab(counts / 200, 200, 3, np.arange(3.0))
    >>> round(weighted_kappa(table, agreement_weights([[0, 1, 3], [1, 0, 6], [3, 6, 0]])).value, 3)
    0.348
    """
    return cohen(table, _extended(table, weights))


def agreement_weights(disagreement: object) -> Floats:
    """Turn Cohen's disagreements into agreement weights, ``1 - d / max(d)``.

    ValueError unless disagreements are square, 0 on the diagonal, finite, not negative and not all 0.
    """
    found = np.asarray(disagreement, dtype=np.float64)
    if found.ndim != 2 or found.shape[0] != found.shape[1] or np.any(found.diagonal() != 0):
        raise ValueError("disagreements are a square matrix with 0 on the diagonal")
    most = float(found.max(initial=0.0))
    if not (np.isfinite(found).all() and float(found.min(initial=0.0)) >= 0 and most > 0):
        raise ValueError("disagreements are finite, not negative, and not all 0")
    return 1 - found / most


def gwet_ac2(table: Crosstab, weights: Floats) -> Outcome:
    """Gwet's AC2: AC1 with weights.

    ``pe = T / (q (q - 1)) * sum(m (1 - m))`` for the sum T of all weights and the mean margins m.
    Source: Gwet (2014), Handbook of inter-rater reliability, 4th ed.
    """
    q = table.declared
    if table.classes not in {None, q}:
        return Outcome.undefined("label_left_out")
    if q < 2:
        return Outcome.undefined("no_variation")
    full = _extended(table, weights)
    scale = float(full[:q, :q].sum()) / (q * (q - 1))
    margin = (table.gold + table.judge) / 2
    slope = scale * (1 - 2 * margin)
    slope[q:] = 0
    chance = scale * float((margin[:q] * (1 - margin[:q])).sum())
    found = corrected(table, full, chance, (slope[:, None] + slope[None, :]) / 2)
    if found.value is None or found.value >= -1:
        return found
    # Where nearly everything is a full miss, weights near 1 elsewhere let it fall to -pe / (1 - pe) at even margins.
    even = scale * (q - 1) / q
    return replace(found, low=-even / (1 - even))


def gwet_ac2_linear(table: Crosstab) -> Outcome:
    """Gwet's AC2 with weights that fall linearly in the distance of the declared values; ``no_order`` without."""
    weights = distance_weights(table, "linear")
    return Outcome.undefined("no_order") if weights is None else gwet_ac2(table, _declared(table, weights))


def gwet_ac2_quadratic(table: Crosstab) -> Outcome:
    """Gwet's AC2 with weights that fall with the squared distance of the declared values; ``no_order`` without."""
    weights = distance_weights(table, "quadratic")
    return Outcome.undefined("no_order") if weights is None else gwet_ac2(table, _declared(table, weights))


def brennan_prediger_weighted(table: Crosstab, weights: Floats) -> Outcome:
    """Brennan and Prediger's kappa with weights: chance is the mean weight, ``sum(W) / q ** 2``.

    Source: Brennan & Prediger (1981); Gwet (2014), Handbook of inter-rater reliability, 4th ed.
    """
    q = table.declared
    if table.classes not in {None, q}:
        return Outcome.undefined("label_left_out")
    full = _extended(table, weights)
    return corrected(table, full, float(full[:q, :q].sum()) / q**2, np.zeros_like(table.joint))


def se_null(table: Crosstab, weights: Floats | None = None) -> float | None:
    """Large-sample standard error of Cohen's kappa if judge and gold were independent, for independent rows.

    Use it for a test of kappa = 0 and for nothing else: intervals and comparisons need the non-null standard error
    (`judgebench.stats.influence.se_iid`). R's ``irr::kappa2`` prints a z made of this one, where ``vcd``, ``irrCAC``
    and statsmodels print the non-null one, so that the two can't be compared. None where kappa is undefined. Source:
    Fleiss, Cohen & Everitt (1969), Large sample standard errors of kappa and weighted kappa.
    """
    full = identity(table) if weights is None else _extended(table, weights)
    gold, judge = table.gold, table.judge
    by_gold, by_judge = full @ judge, gold @ full
    chance = float(gold @ by_gold)
    if table.n == 0 or 1 - chance < TINY:
        return None
    apart = np.square(full - by_gold[:, None] - by_judge[None, :])
    variance = float(gold @ apart @ judge) - chance**2
    return math.sqrt(max(0.0, variance) / table.n) / (1 - chance)


def _declared(table: Crosstab, weights: Floats) -> Floats:
    return weights[: table.declared, : table.declared]


def _extended(table: Crosstab, weights: Floats) -> Floats:
    """Check weights of the declared labels; every other category is a full miss beside each label."""
    given = np.asarray(weights, dtype=np.float64)
    q = table.declared
    if given.shape != (q, q):
        raise ValueError(f"weights of shape {given.shape} for {q} declared labels")
    if not (np.isfinite(given).all() and float(given.min()) >= 0 and float(given.max()) <= 1):
        raise ValueError("agreement weights lie in [0, 1]")
    if np.any(given.diagonal() != 1):
        raise ValueError("agreement weights are 1 on the diagonal")
    full = identity(table)
    full[:q, :q] = given
    return full
