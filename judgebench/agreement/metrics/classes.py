"""Precision, recall and F1 over classes, and the two rates of a check."""

from __future__ import annotations

import numpy as np

from judgebench.agreement.metrics.table import Floats, Outcome, Table


def macro_precision(table: Table) -> Outcome:
    """Mean over classes of the share of a class's verdicts that are right.

    A class that the judge never names counts 0; one that neither side names is left out. A verdict that
    agrees with nothing belongs to no class.

    Parameters
    ----------
    table : Table
        Joint proportions, shape (k, k).

    Returns
    -------
    Outcome
        A fraction in [0, 1].

    Examples
    --------
    PandaLM-7B on its test set, published as 57.38, 57.50 and 57.43:

    >>> counts = np.array([[32, 35, 38], [40, 298, 84], [35, 100, 337]])
    >>> table = Table(counts / 999, 999, 3, np.arange(3.0))
    >>> [round(100 * f(table).value, 2) for f in (macro_precision, macro_recall, macro_f1)]
    [57.38, 57.5, 57.43]
    """
    return _macro(table, 0.0, 1.0)


def macro_recall(table: Table) -> Outcome:
    """Mean over classes of the share of a class's gold rows that the judge gets right.

    Parameters
    ----------
    table : Table
        Joint proportions, shape (k, k).

    Returns
    -------
    Outcome
        A fraction in [0, 1]. A class that the judge names and gold never has counts 0.
    """
    return _macro(table, 1.0, 0.0)


def macro_f1(table: Table) -> Outcome:
    """Mean over classes of the harmonic mean of precision and recall.

    Parameters
    ----------
    table : Table
        Joint proportions, shape (k, k).

    Returns
    -------
    Outcome
        A fraction in [0, 1].
    """
    return _macro(table, 0.5, 0.5)


def true_positive_rate(table: Table) -> Outcome:
    """Share of gold-correct rows that the judge accepts.

    Parameters
    ----------
    table : Table
        Joint proportions of a check, shape (k, k).

    Returns
    -------
    Outcome
        A fraction in [0, 1]; ``no_positives`` without such rows.
    """
    if table.positive is None:
        return Outcome.undefined("not_binary")
    return _hit_rate(table, table.positive, "no_positives")


def true_negative_rate(table: Table) -> Outcome:
    """Share of gold-incorrect rows that the judge rejects; an invalid verdict rejects nothing.

    Parameters
    ----------
    table : Table
        Joint proportions of a check, shape (k, k).

    Returns
    -------
    Outcome
        A fraction in [0, 1]; ``no_negatives`` without such rows.
    """
    if table.positive is None:
        return Outcome.undefined("not_binary")
    return _hit_rate(table, 1 - table.positive, "no_negatives")


def _macro(table: Table, gold_share: float, judge_share: float) -> Outcome:
    """Mean over classes of hits / (gold_share * gold + judge_share * judge): recall, precision, F1."""
    q = table.declared
    gold, judge, hits = table.gold[:q], table.judge[:q], table.joint.diagonal()[:q]
    present = np.flatnonzero(gold + judge)
    if not present.size:
        return Outcome.undefined("no_items")
    base = gold_share * gold + judge_share * judge
    # A base of 0 means no hits: the class counts 0, and so does its slope (the one-sided derivative).
    scored = present[base[present] > 0]
    weight = 1 / present.size
    gradient = np.zeros_like(table.joint)
    slope: Floats = np.zeros(q)
    slope[scored] = weight * hits[scored] / base[scored] ** 2
    gradient[:q, :] -= gold_share * slope[:, None]
    gradient[:, :q] -= judge_share * slope[None, :]
    gradient[scored, scored] += weight / base[scored]
    return Outcome(float(weight * (hits[scored] / base[scored]).sum()), gradient)


def _hit_rate(table: Table, label: int, reason: str) -> Outcome:
    base = float(table.gold[label])
    if base <= 0:
        return Outcome.undefined(reason)
    hits = float(table.joint[label, label])
    gradient = np.zeros_like(table.joint)
    gradient[label, :] = -hits / base**2
    gradient[label, label] += 1 / base
    return Outcome(hits / base, gradient, n=round(base * table.n), chance=0.0)
