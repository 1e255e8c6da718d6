"""Agreement of a `Crosstab`: plain, corrected for chance, with weights, and with or without ties.

Each coefficient but the plain ones is ``(po - pe) / (1 - pe)``: observed agreement ``po`` is the weighted share of
agreeing cells, expected agreement ``pe`` a polynomial in the margins. Its gradient follows by the chain rule and
reproduces the large-sample standard errors of Fleiss, Cohen and Everitt (1969). Weights and derivatives are matrices of
the table's shape; a coefficient is undefined (``no_variation``) where pe is 1.

``weights``, shape (q, q), say how much a near miss is worth on the q declared labels, in their order, rows being gold:
in [0, 1], 1 on the diagonal, 0 for a full miss; ValueError otherwise. A category without a place on the scale (both
bad, undecided) is a full miss beside every other, so that contradicting oneself earns nothing. With weights, AC2 and
Brennan and Prediger's kappa need all labels, and are ``label_left_out`` where a policy leaves out a declared one.

Figures about ties are shares of a table of pairs, and ``no_tie_label`` where a policy voids ties.
"""

from __future__ import annotations

import math
from dataclasses import replace
from functools import partial
from typing import Literal

import numpy as np

from judgebench.stats.crosstab import (
    TINY,
    Crosstab,
    Evaluated,
    Flags,
    Floats,
    Outcome,
    by_table,
    dot,
    margins,
    positive,
    row_times,
    times_column,
    total,
)


def percent_agreement(table: Crosstab) -> Outcome:
    """Share of rows on which gold and judge agree: Cohen's po (1960, A coefficient of agreement for nominal scales)."""
    agree = identity(table)
    return Outcome(float((table.joint * agree).sum()), agree, n=table.n, chance=0.0)


def accuracy(table: Crosstab) -> Outcome:
    """Mean credit per row: `percent_agreement`, unless a tie policy gives half credit."""
    if table.credit is None:
        return percent_agreement(table)
    # With half credit it is a mean and no proportion, so it gives no denominator.
    return Outcome.of(partial(_credited, table.credit), table.joint)


def _credited(credit: Floats, joint: Floats) -> Evaluated:
    return Evaluated(total(joint * credit), np.broadcast_to(credit, joint.shape), np.zeros(joint.shape[:-2]))


def cohen_kappa(table: Crosstab) -> Outcome:
    """Cohen's kappa, unweighted.

    Source: Cohen (1960), A coefficient of agreement for nominal scales, with his own table; Fleiss, Cohen & Everitt
    (1969), Large sample standard errors of kappa and weighted kappa.

    >>> import numpy as np
    >>> counts = np.array([[88, 14, 18], [10, 40, 10], [2, 6, 12]])
    >>> outcome = cohen_kappa(Crosstab(counts / 200, 200, 3, np.arange(3.0)))
    >>> round(outcome.value, 4)
    0.4915
    """
    return cohen(table, identity(table))


def cohen_kappa_linear(table: Crosstab) -> Outcome:
    """Cohen's kappa with weights that fall linearly in the distance of the declared values.

    ``no_order`` on labels without an order. Source: Cohen (1968), Weighted kappa.
    """
    weights = weight_matrix(len(table.joint), table.values, "linear")
    return Outcome.undefined("no_order") if weights is None else cohen(table, weights)


def cohen_kappa_quadratic(table: Crosstab) -> Outcome:
    """Cohen's kappa with weights that fall with the squared distance of the declared values.

    ``no_order`` on labels without an order. A level that nobody used still counts as a step (it does not, and the value
    is 0.906, where levels are taken from the data). Source: Cohen (1968), Weighted kappa.

    >>> import numpy as np
    >>> joint = np.zeros((5, 5))
    >>> for gold, judge in [(1, 1), (2, 4), (4, 4), (5, 5), (2, 2)]:
    ...     joint[gold - 1, judge - 1] += 1 / 5
    >>> round(cohen_kappa_quadratic(Crosstab(joint, 5, 5, np.arange(5.0))).value, 4)
    0.8214
    """
    weights = weight_matrix(len(table.joint), table.values, "quadratic")
    return Outcome.undefined("no_order") if weights is None else cohen(table, weights)


def scott_pi(table: Crosstab) -> Outcome:
    """Scott's pi: chance from the margins of both sides together (1955, Reliability of content analysis)."""
    return Outcome.of(_scott, table.joint)


def gwet_ac1(table: Crosstab) -> Outcome:
    """Gwet's AC1: chance from how evenly the categories are used; calm where one class prevails.

    Only labels that gold can have count as categories: one more, for unusable answers or a tie that gold never is,
    would make chance look smaller and raise the value. Defined for constant raters too.
    Source: Gwet (2008), Computing inter-rater reliability and its variance in the presence of high agreement.
    """
    if table.classes < 2:
        return Outcome.undefined("no_variation")
    return Outcome.of(partial(_gwet, identity(table), table.possible, table.classes - 1), table.joint)


def brennan_prediger(table: Crosstab) -> Outcome:
    """Brennan and Prediger's kappa, ``(q po - 1) / (q - 1)`` for q labels, whatever the margins; PABAK for two.

    As for `gwet_ac1`, only labels that gold can have count. Source: Brennan & Prediger (1981), Coefficient kappa:
    some uses, misuses, and alternatives; Byrt, Bishop & Carlin (1993), Bias, prevalence and kappa.
    """
    if table.classes < 2:
        return Outcome.undefined("no_variation")
    return Outcome.of(partial(_even, identity(table), 1 / table.classes), table.joint)


def identity(table: Crosstab) -> Floats:
    """Agreement weights of unweighted coefficients: 1 where the labels agree."""
    return np.eye(len(table.joint))


def weight_matrix(categories: int, values: Floats, kind: Literal["linear", "quadratic"]) -> Floats | None:
    """Agreement weights ``1 - d`` or ``1 - d ** 2``, d of two values being 1 between the ends of the scale.

    ``values`` are the positions of the first categories; one past them agrees with itself only. None without an order.
    """
    placed = len(values)
    if placed < 2:
        return None
    weights = np.eye(categories)
    apart = np.abs(values[:, None] - values[None, :]) / float(np.ptp(values))
    weights[:placed, :placed] = 1 - (apart if kind == "linear" else apart**2)
    return weights


def null_error(table: Crosstab, weights: Floats) -> float | None:
    """Give kappa's standard error if gold and judge were independent, for independent rows: to test kappa = 0 only.

    ``sqrt(sum r_i c_j (w_ij - w_i. - w_.j)^2 - pe^2) / ((1 - pe) sqrt(n))`` with ``w_i. = sum_j w_ij c_j`` and
    ``w_.j = sum_i w_ij r_i``. An interval needs the other error, of kappa as it is. None where kappa is undefined.
    Source: Fleiss, Cohen & Everitt (1969), Large sample standard errors of kappa and weighted kappa; Cohen's table of
    1960:

    >>> counts = np.array([[88, 14, 18], [10, 40, 10], [2, 6, 12]])
    >>> round(null_error(Crosstab(counts / 200, 200, 3, np.arange(3.0)), np.eye(3)), 6)
    0.051979
    """
    gold, judge = table.gold, table.judge
    by_gold, by_judge = weights @ judge, gold @ weights
    chance = float(gold @ by_gold)
    if 1 - chance < TINY or not table.n:
        return None
    apart = np.square(weights - by_gold[:, None] - by_judge[None, :])
    spread = float((np.outer(gold, judge) * apart).sum()) - chance**2
    return math.sqrt(max(0.0, spread) / table.n) / (1 - chance)


def cohen(table: Crosstab, weights: Floats) -> Outcome:
    """Kappa with given weights: chance is what the two margins give when they are independent."""
    return Outcome.of(partial(kappas, weights), table.joint)


def kappas(weights: Floats, joint: Floats) -> Evaluated:
    """Kappa of many tables with given weights."""
    gold, judge = margins(joint)
    by_gold, by_judge = times_column(weights, judge), row_times(gold, weights)
    return _corrected(joint, weights, dot(gold, by_gold), by_gold[..., :, None] + by_judge[..., None, :])


def _scott(joint: Floats) -> Evaluated:
    gold, judge = margins(joint)
    margin = (gold + judge) / 2
    return _corrected(joint, np.eye(joint.shape[-1]), dot(margin, margin), margin[..., :, None] + margin[..., None, :])


def _gwet(weights: Floats, counted: Flags, over: float, joint: Floats) -> Evaluated:
    gold, judge = margins(joint)
    margin = (gold + judge) / 2
    slope = (1 - 2 * margin) / over
    slope[..., ~counted] = 0
    margin = margin[..., counted]
    chance = (margin * (1 - margin)).sum(axis=-1) / over
    return _corrected(joint, weights, chance, (slope[..., :, None] + slope[..., None, :]) / 2)


def _even(weights: Floats, chance: float, joint: Floats) -> Evaluated:
    return _corrected(joint, weights, np.full(joint.shape[:-2], chance), np.zeros_like(joint))


def _corrected(joint: Floats, weights: Floats, chance: Floats, slope: Floats) -> Evaluated:
    """Correct agreement for chance, given pe and its derivative by each cell (``slope``), with the gradient."""
    room = positive(1 - chance)
    miss = 1 - total(joint * weights)
    gradient = (weights * by_table(room) - by_table(miss) * slope) / by_table(room**2)
    return Evaluated(1 - miss / room, gradient, chance)


def agreement_s1(table: Crosstab) -> Outcome:
    """Agreement with ties (MT-Bench's setup 1): a tie agrees with a tie.

    Every row is a judge's vote beside a human's, so under the policy ``gold=each`` it counts votes as MT-Bench does.
    Source: Zheng et al. (2023), Judging LLM-as-a-judge with MT-Bench and Chatbot Arena.
    """
    return Outcome.undefined("no_tie_label") if table.tie is None else percent_agreement(table)


def agreement_s2(table: Crosstab) -> Outcome:
    """Agreement without ties (MT-Bench's setup 2): rows on which either side says "tie" are dropped.

    "Both bad" names no winner either and is dropped too. An unusable verdict isn't a tie: it stays, as a miss. The rows
    that are left are counted in ``n``; ``only_ties`` where there are none.
    Source: Zheng et al. (2023), Judging LLM-as-a-judge with MT-Bench and Chatbot Arena. Two votes of people on the same
    pair, 132 times (an MT-Bench sample), 73 of them without a tie:

    >>> counts = np.array([[32, 6, 2], [10, 21, 13], [5, 9, 34]])
    >>> outcome = agreement_s2(Crosstab(counts / 132, 132, 3, np.arange(3.0), tie=1))
    >>> round(outcome.value, 4), outcome.n
    (0.9041, 73)
    """
    if table.tie is None:
        return Outcome.undefined("no_tie_label")
    named = np.ones(len(table.joint), dtype=np.bool_)
    named[[table.tie, *range(len(table.values), table.declared)]] = False
    kept = np.outer(named, named).astype(np.float64)
    share = float((table.joint * kept).sum())
    if round(share * table.n) == 0:
        return Outcome.undefined("only_ties")
    agree = np.eye(len(table.joint)) * kept
    value = min(1.0, float((table.joint * agree).sum()) / share)
    return Outcome(value, (agree - value * kept) / share, n=round(share * table.n), chance=0.0, within=kept > 0)


def gold_tie_rate(table: Crosstab) -> Outcome:
    """Share of rows whose gold label is "tie"."""
    return _margin(table, axis=0)


def judge_tie_rate(table: Crosstab) -> Outcome:
    """Share of rows on which the judge says "tie"; an unusable verdict is not one, unless ``invalid=tie`` says so."""
    return _margin(table, axis=1)


def _margin(table: Crosstab, *, axis: int) -> Outcome:
    if table.tie is None:
        return Outcome.undefined("no_tie_label")
    said: Floats = np.zeros_like(table.joint)
    said[(table.tie, slice(None)) if axis == 0 else (slice(None), table.tie)] = 1
    return Outcome(float((table.joint * said).sum()), said, n=table.n, chance=0.0)


def weighted_kappa(table: Crosstab, weights: Floats) -> Outcome:
    """Cohen's kappa with weights of one's own, which need not be symmetric.

    ``(po - pe) / (1 - pe)`` with ``po = sum(W * P)`` and ``pe = r' W c`` for the margins r and c; ``no_variation``
    where both sides always say the same one label.
    Source: Cohen (1968), Weighted kappa: nominal scale agreement with provision for scaled disagreement or partial
    credit. His own table and disagreements, for which he prints .348:

    >>> counts = np.array([[88, 14, 18], [10, 40, 10], [2, 6, 12]])
    >>> table = Crosstab(counts / 200, 200, 3, np.arange(3.0))
    >>> round(weighted_kappa(table, 1 - np.array([[0, 1, 3], [1, 0, 6], [3, 6, 0]]) / 6).value, 3)
    0.348
    """
    return cohen(table, _extended(table, weights))


def gwet_ac2(table: Crosstab, weights: Floats) -> Outcome:
    """Gwet's AC2: AC1 with weights.

    ``pe = T / (q (q - 1)) * sum(m (1 - m))`` for the sum T of all weights and the mean margins m.
    Source: Gwet (2014), Handbook of inter-rater reliability, 4th ed.
    """
    q = table.declared
    if table.void:
        return Outcome.undefined("label_left_out")
    if q < 2:
        return Outcome.undefined("no_variation")
    full = _extended(table, weights)
    over = q * (q - 1) / float(full[:q, :q].sum())
    found = Outcome.of(partial(_gwet, full, table.possible, over), table.joint)
    if found.value is None or found.value >= -1:
        return found
    # Where nearly everything is a full miss, weights near 1 elsewhere let it fall to -pe / (1 - pe) at even margins.
    even = (q - 1) / q / over
    return replace(found, low=-even / (1 - even))


def gwet_ac2_linear(table: Crosstab) -> Outcome:
    """Gwet's AC2 with weights that fall linearly in the distance of the declared values; ``no_order`` without."""
    weights = weight_matrix(table.declared, table.values, "linear")
    return Outcome.undefined("no_order") if weights is None else gwet_ac2(table, weights)


def gwet_ac2_quadratic(table: Crosstab) -> Outcome:
    """Gwet's AC2 with weights that fall with the squared distance of the declared values; ``no_order`` without."""
    weights = weight_matrix(table.declared, table.values, "quadratic")
    return Outcome.undefined("no_order") if weights is None else gwet_ac2(table, weights)


def brennan_prediger_weighted(table: Crosstab, weights: Floats) -> Outcome:
    """Brennan and Prediger's kappa with weights: chance is the mean weight, ``sum(W) / q ** 2``.

    Source: Brennan & Prediger (1981); Gwet (2014), Handbook of inter-rater reliability, 4th ed.
    """
    q = table.declared
    if table.void:
        return Outcome.undefined("label_left_out")
    full = _extended(table, weights)
    return Outcome.of(partial(_even, full, float(full[:q, :q].sum()) / q**2), table.joint)


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
