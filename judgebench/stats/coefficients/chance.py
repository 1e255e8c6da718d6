"""Agreement, plain and corrected for chance.

Each coefficient but the plain ones is ``(po - pe) / (1 - pe)``: observed agreement ``po`` is the weighted
share of agreeing cells, expected agreement ``pe`` a polynomial in the margins. Its gradient follows by the
chain rule and reproduces the large-sample standard errors of Fleiss, Cohen and Everitt (1969).
"""

from __future__ import annotations

from typing import Literal

import numpy as np

from judgebench.stats.table import TINY, Floats, Outcome, Table


def percent_agreement(table: Table) -> Outcome:
    """Share of rows on which gold and judge agree.

    Parameters
    ----------
    table : Table
        Joint proportions, shape (k, k).

    Returns
    -------
    Outcome
        A fraction in [0, 1].

    References
    ----------
    Cohen (1960), A coefficient of agreement for nominal scales: his po.

    Examples
    --------
    Cohen's own table of 1960:

    >>> import numpy as np
    >>> counts = np.array([[88, 14, 18], [10, 40, 10], [2, 6, 12]])
    >>> table = Table(counts / 200, 200, 3, np.arange(3.0))
    >>> round(percent_agreement(table).value, 4)
    0.7
    """
    agree = identity(table)
    return Outcome(float((table.joint * agree).sum()), agree, n=table.n, chance=0.0)


def accuracy(table: Table) -> Outcome:
    """Mean credit per row: `percent_agreement`, unless a tie policy gives half credit.

    Parameters
    ----------
    table : Table
        Joint proportions, shape (k, k), with a credit matrix.

    Returns
    -------
    Outcome
        A fraction in [0, 1].

    References
    ----------
    Cohen (1960), A coefficient of agreement for nominal scales: his po, where no cell earns half credit.

    Examples
    --------
    Cohen's own table of 1960:

    >>> import numpy as np
    >>> counts = np.array([[88, 14, 18], [10, 40, 10], [2, 6, 12]])
    >>> table = Table(counts / 200, 200, 3, np.arange(3.0))
    >>> round(accuracy(table).value, 4)
    0.7
    """
    if table.credit is None:
        return percent_agreement(table)
    # With half credit it is a mean and no proportion, so it gives no denominator.
    return Outcome(float((table.joint * table.credit).sum()), table.credit, chance=0.0)


def cohen_kappa(table: Table) -> Outcome:
    """Cohen's kappa, unweighted.

    Parameters
    ----------
    table : Table
        Joint proportions, shape (k, k).

    Returns
    -------
    Outcome
        In [-1, 1]; ``no_variation`` where both sides always say the same one label.

    References
    ----------
    Cohen (1960), A coefficient of agreement for nominal scales; Fleiss, Cohen & Everitt (1969), Large
    sample standard errors of kappa and weighted kappa.

    Examples
    --------
    Cohen's own table of 1960:

    >>> import numpy as np
    >>> counts = np.array([[88, 14, 18], [10, 40, 10], [2, 6, 12]])
    >>> outcome = cohen_kappa(Table(counts / 200, 200, 3, np.arange(3.0)))
    >>> round(outcome.value, 4)
    0.4915
    """
    return cohen(table, identity(table))


def cohen_kappa_linear(table: Table) -> Outcome:
    """Cohen's kappa with weights that fall linearly in the distance of the declared values.

    Parameters
    ----------
    table : Table
        Joint proportions, shape (k, k), with values.

    Returns
    -------
    Outcome
        In [-1, 1]; ``no_order`` on labels without an order.

    References
    ----------
    Cohen (1968), Weighted kappa.

    Examples
    --------
    Cohen's own table of 1960:

    >>> import numpy as np
    >>> counts = np.array([[88, 14, 18], [10, 40, 10], [2, 6, 12]])
    >>> table = Table(counts / 200, 200, 3, np.arange(3.0))
    >>> round(cohen_kappa_linear(table).value, 6)
    0.473684
    """
    weights = distance_weights(table, "linear")
    return Outcome.undefined("no_order") if weights is None else cohen(table, weights)


def cohen_kappa_quadratic(table: Table) -> Outcome:
    """Cohen's kappa with weights that fall with the squared distance of the declared values.

    Parameters
    ----------
    table : Table
        Joint proportions, shape (k, k), with values.

    Returns
    -------
    Outcome
        In [-1, 1]; ``no_order`` on labels without an order.

    References
    ----------
    Cohen (1968), Weighted kappa.

    Examples
    --------
    A level that nobody used still counts as a step (it does not, and the value is 0.906, where levels are
    taken from the data):

    >>> import numpy as np
    >>> joint = np.zeros((5, 5))
    >>> for gold, judge in [(1, 1), (2, 4), (4, 4), (5, 5), (2, 2)]:
    ...     joint[gold - 1, judge - 1] += 1 / 5
    >>> round(cohen_kappa_quadratic(Table(joint, 5, 5, np.arange(5.0))).value, 4)
    0.8214
    """
    weights = distance_weights(table, "quadratic")
    return Outcome.undefined("no_order") if weights is None else cohen(table, weights)


def scott_pi(table: Table) -> Outcome:
    """Scott's pi: chance from the margins of both sides together.

    Parameters
    ----------
    table : Table
        Joint proportions, shape (k, k).

    Returns
    -------
    Outcome
        In [-1, 1]; ``no_variation`` where both sides always say the same one label.

    References
    ----------
    Scott (1955), Reliability of content analysis.

    Examples
    --------
    >>> import numpy as np
    >>> round(scott_pi(Table(np.array([[20, 5], [10, 15]]) / 50, 50, 2, np.arange(2.0))).value, 4)
    0.3939
    """
    agree = identity(table)
    margin = (table.gold + table.judge) / 2
    expected = agree @ margin
    return corrected(table, agree, float(margin @ expected), expected[:, None] + expected[None, :])


def gwet_ac1(table: Table) -> Outcome:
    """Gwet's AC1: chance from how evenly the categories are used; calm where one class prevails.

    Parameters
    ----------
    table : Table
        Joint proportions, shape (k, k). Only labels that both sides can give count as categories: one more
        for unusable answers would make chance look smaller, and a single failure would raise the value.

    Returns
    -------
    Outcome
        In [-1, 1]; defined for constant raters too.

    References
    ----------
    Gwet (2008), Computing inter-rater reliability and its variance in the presence of high agreement.

    Examples
    --------
    >>> import numpy as np
    >>> round(gwet_ac1(Table(np.array([[118, 5], [2, 0]]) / 125, 125, 2, np.arange(2.0))).value, 4)
    0.9408
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


def brennan_prediger(table: Table) -> Outcome:
    """Brennan and Prediger's kappa: chance is one in the number of labels; PABAK where there are two.

    Parameters
    ----------
    table : Table
        Joint proportions, shape (k, k). As for `gwet_ac1`, only labels that both sides can give count.

    Returns
    -------
    Outcome
        In [-1, 1]; ``(q po - 1) / (q - 1)`` for q labels, whatever the margins.

    References
    ----------
    Brennan & Prediger (1981), Coefficient kappa: some uses, misuses, and alternatives; Byrt, Bishop & Carlin
    (1993), Bias, prevalence and kappa.

    Examples
    --------
    >>> import numpy as np
    >>> counts = np.array([[88, 14, 18], [10, 40, 10], [2, 6, 12]])
    >>> round(brennan_prediger(Table(counts / 200, 200, 3, np.arange(3.0))).value, 4)
    0.55
    """
    classes = table.declared if table.classes is None else table.classes
    if classes < 2:
        return Outcome.undefined("no_variation")
    return corrected(table, identity(table), 1 / classes, np.zeros_like(table.joint))


def identity(table: Table) -> Floats:
    """Agreement weights of unweighted coefficients: 1 where the labels agree, shape (k, k).

    Parameters
    ----------
    table : Table
        Joint proportions, shape (k, k).
    """
    return np.eye(len(table.joint))


def distance_weights(table: Table, kind: Literal["linear", "quadratic"]) -> Floats | None:
    """Agreement weights by the distance of the declared values; None on labels without an order.

    Parameters
    ----------
    table : Table
        Joint proportions, shape (k, k), with values.
    kind : {'linear', 'quadratic'}
        ``1 - d`` or ``1 - d ** 2``, for a distance d that is 1 between the two ends of the scale.

    Returns
    -------
    ndarray of float, shape (k, k), or None
        A category without a place has weight 0 with every other.
    """
    ordered = len(table.values)
    if ordered < 2:
        return None
    weights = identity(table)
    distance = np.abs(table.values[:, None] - table.values[None, :])
    distance /= distance.max()
    weights[:ordered, :ordered] = 1 - (distance if kind == "linear" else distance**2)
    return weights


def cohen(table: Table, weights: Floats) -> Outcome:
    """Kappa with given weights: chance is what the two margins give when they are independent.

    Parameters
    ----------
    table : Table
        Joint proportions, shape (k_gold, k_judge).
    weights : ndarray of float, shape (k_gold, k_judge)
        Credit of each cell.

    Returns
    -------
    Outcome
        ``no_variation`` where chance agreement is 1.
    """
    gold, judge = table.gold, table.judge
    by_gold, by_judge = weights @ judge, gold @ weights
    return corrected(table, weights, float(gold @ by_gold), by_gold[:, None] + by_judge[None, :])


def corrected(table: Table, weights: Floats, chance: float, slope: Floats) -> Outcome:
    """Correct agreement for chance, ``(po - pe) / (1 - pe)``, with its gradient.

    Parameters
    ----------
    table : Table
        Joint proportions, shape (k_gold, k_judge).
    weights : ndarray of float, shape (k_gold, k_judge)
        Credit of each cell, which makes po.
    chance : float
        Expected agreement pe.
    slope : ndarray of float, shape (k_gold, k_judge)
        Derivative of pe by each cell.

    Returns
    -------
    Outcome
        ``no_variation`` where pe is 1.
    """
    room = 1 - chance
    if room < TINY:
        return Outcome.undefined("no_variation")
    miss = 1 - float((table.joint * weights).sum())
    gradient = (weights * room - miss * slope) / room**2
    return Outcome(1 - miss / room, gradient, chance=chance)
