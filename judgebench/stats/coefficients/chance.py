"""Agreement, plain and corrected for chance, of a `Crosstab`.

Each coefficient but the plain ones is ``(po - pe) / (1 - pe)``: observed agreement ``po`` is the weighted share of
agreeing cells, expected agreement ``pe`` a polynomial in the margins. Its gradient follows by the chain rule and
reproduces the large-sample standard errors of Fleiss, Cohen and Everitt (1969). Weights and derivatives are matrices of
the table's shape; a coefficient is undefined (``no_variation``) where pe is 1.
"""

from __future__ import annotations

from typing import Literal

import numpy as np

from judgebench.stats.crosstab import TINY, Crosstab, Floats, Outcome


def percent_agreement(table: Crosstab) -> Outcome:
    """Share of rows on which gold and judge agree: Cohen's po (1960, A coefficient of agreement for nominal scales)."""
    agree = identity(table)
    return Outcome(float((table.joint * agree).sum()), agree, n=table.n, chance=0.0)


def accuracy(table: Crosstab) -> Outcome:
    """Mean credit per row: `percent_agreement`, unless a tie policy gives half credit."""
    if table.credit is None:
        return percent_agreement(table)
    # With half credit it is a mean and no proportion, so it gives no denominator.
    return Outcome(float((table.joint * table.credit).sum()), table.credit, chance=0.0)


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
    weights = distance_weights(table, "linear")
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
    weights = distance_weights(table, "quadratic")
    return Outcome.undefined("no_order") if weights is None else cohen(table, weights)


def scott_pi(table: Crosstab) -> Outcome:
    """Scott's pi: chance from the margins of both sides together (1955, Reliability of content analysis)."""
    agree = identity(table)
    margin = (table.gold + table.judge) / 2
    expected = agree @ margin
    return corrected(table, agree, float(margin @ expected), expected[:, None] + expected[None, :])


def gwet_ac1(table: Crosstab) -> Outcome:
    """Gwet's AC1: chance from how evenly the categories are used; calm where one class prevails.

    Only labels that both sides can give count as categories: one more for unusable answers would make chance look
    smaller, and a single failure would raise the value. Defined for constant raters too.
    Source: Gwet (2008), Computing inter-rater reliability and its variance in the presence of high agreement.
    """
    classes = table.declared if table.classes is None else table.classes
    if classes < 2:
        return Outcome.undefined("no_variation")
    margin = (table.gold + table.judge) / 2
    slope = (1 - 2 * margin) / (classes - 1)
    slope[table.declared :] = 0
    margin = margin[: table.declared]
    chance = float((margin * (1 - margin)).sum() / (classes - 1))
    return corrected(table, identity(table), chance, (slope[:, None] + slope[None, :]) / 2)


def brennan_prediger(table: Crosstab) -> Outcome:
    """Brennan and Prediger's kappa, ``(q po - 1) / (q - 1)`` for q labels, whatever the margins; PABAK for two.

    As for `gwet_ac1`, only labels that both sides can give count. Source: Brennan & Prediger (1981), Coefficient kappa:
    some uses, misuses, and alternatives; Byrt, Bishop & Carlin (1993), Bias, prevalence and kappa.
    """
    classes = table.declared if table.classes is None else table.classes
    if classes < 2:
        return Outcome.undefined("no_variation")
    return corrected(table, identity(table), 1 / classes, np.zeros_like(table.joint))


def identity(table: Crosstab) -> Floats:
    """Agreement weights of unweighted coefficients: 1 where the labels agree."""
    return np.eye(len(table.joint))


def distance_weights(table: Crosstab, kind: Literal["linear", "quadratic"]) -> Floats | None:
    """Agreement weights ``1 - d`` or ``1 - d ** 2``; None on labels without an order.

    The distance d of two declared values is 1 between the ends of the scale. A category without a place has weight 0
    with every other.
    """
    ordered = len(table.values)
    if ordered < 2:
        return None
    weights = identity(table)
    distance = np.abs(table.values[:, None] - table.values[None, :])
    distance /= distance.max()
    weights[:ordered, :ordered] = 1 - (distance if kind == "linear" else distance**2)
    return weights


def cohen(table: Crosstab, weights: Floats) -> Outcome:
    """Kappa with given weights: chance is what the two margins give when they are independent."""
    gold, judge = table.gold, table.judge
    by_gold, by_judge = weights @ judge, gold @ weights
    return corrected(table, weights, float(gold @ by_gold), by_gold[:, None] + by_judge[None, :])


def corrected(table: Crosstab, weights: Floats, chance: float, slope: Floats) -> Outcome:
    """Correct agreement for chance, given pe and its derivative by each cell (``slope``), with the gradient."""
    room = 1 - chance
    if room < TINY:
        return Outcome.undefined("no_variation")
    miss = 1 - float((table.joint * weights).sum())
    gradient = (weights * room - miss * slope) / room**2
    return Outcome(1 - miss / room, gradient, chance=chance)
