"""Precision, recall and F1 of classes and over them, the rates of a check, and the Matthews correlation.

All but the last are fractions of a `Crosstab`. A verdict that agrees with nothing belongs to no class. Source of the
figures of classes: Sokolova & Lapalme (2009), A systematic analysis of performance measures for classification tasks;
of the rates: Yerushalmy (1947), Statistical problems in assessing methods of medical diagnosis.
"""

from __future__ import annotations

import math

import numpy as np

from judgebench.stats.crosstab import TINY, Crosstab, Floats, Outcome


def macro_precision(table: Crosstab) -> Outcome:
    """Mean over classes of the share of a class's verdicts that are right.

    A class that the judge never names counts 0; one that neither side names is left out. PandaLM-7B on its test set,
    published as 57.38, 57.50 and 57.43:

    >>> counts = np.array([[32, 35, 38], [40, 298, 84], [35, 100, 337]])
    >>> table = Crosstab(counts / 999, 999, 3, np.arange(3.0))
    >>> [round(100 * f(table).value, 2) for f in (macro_precision, macro_recall, macro_f1)]
    [57.38, 57.5, 57.43]
    """
    return _macro(table, 0.0, 1.0)


def macro_recall(table: Crosstab) -> Outcome:
    """Mean over classes of the share of a class's gold rows that the judge gets right; 0 where gold never has it."""
    return _macro(table, 1.0, 0.0)


def macro_f1(table: Crosstab) -> Outcome:
    """Mean over classes of the harmonic mean of precision and recall."""
    return _macro(table, 0.5, 0.5)


def true_positive_rate(table: Crosstab) -> Outcome:
    """Sensitivity: share of gold-correct rows that the judge accepts; ``no_positives`` without such rows."""
    if table.positive is None:
        return Outcome.undefined("not_binary")
    return _hit_rate(table, table.positive, "no_positives")


def true_negative_rate(table: Crosstab) -> Outcome:
    """Specificity: share of gold-incorrect rows that the judge rejects; ``no_negatives`` without such rows.

    An invalid verdict rejects nothing.
    """
    if table.positive is None:
        return Outcome.undefined("not_binary")
    return _hit_rate(table, 1 - table.positive, "no_negatives")


def balanced_accuracy(table: Crosstab) -> Outcome:
    """Mean recall over the classes that gold has: accuracy as if every class were equally frequent.

    Unlike `macro_recall` it leaves out classes that only the judge names; ``one_class`` where gold has one class only,
    so that nothing is balanced. Source: Brodersen et al. (2010), The balanced accuracy and its posterior distribution.
    """
    q = table.declared
    gold = table.gold[:q]
    there = np.flatnonzero(gold)
    if there.size < 2:
        return Outcome.undefined("one_class")
    recall = table.joint.diagonal()[there] / gold[there]
    gradient = np.zeros_like(table.joint)
    gradient[there, :] -= (recall / gold[there] / there.size)[:, None]
    gradient[there, there] += 1 / gold[there] / there.size
    return Outcome(float(recall.mean()), gradient)


def matthews_corrcoef(table: Crosstab) -> Outcome:
    """Matthews correlation coefficient in [-1, 1], for any number of classes.

    ``(trace(P) - r'c) / sqrt((1 - r'r) (1 - c'c))`` for the margins r and c. An unusable verdict is a class of its own
    that agrees with nothing. ``no_variation`` where a side is constant (a 0 would hide that).
    Source: Matthews (1975), Comparison of the predicted and observed secondary structure; Gorodkin (2004), Comparing
    two K-category assignments by a K-category correlation coefficient.
    """
    gold, judge = table.gold, table.judge
    gold_free, judge_free = 1 - float(gold @ gold), 1 - float(judge @ judge)
    if min(gold_free, judge_free) < TINY:
        return Outcome.undefined("no_variation")
    scale = math.sqrt(gold_free * judge_free)
    value = (float(table.joint.trace()) - float(gold @ judge)) / scale
    gradient = (np.eye(len(table.joint)) - judge[:, None] - gold[None, :]) / scale
    gradient += value * (gold[:, None] / gold_free + judge[None, :] / judge_free)
    return Outcome(min(1.0, max(-1.0, value)), gradient)


def class_precision(table: Crosstab, label: int) -> Outcome:
    """Share of the verdicts of one class that are right; ``class_not_named`` where the judge never names it."""
    base = float(table.judge[label])
    if base <= 0:
        return Outcome.undefined("class_not_named")
    hits = float(table.joint[label, label])
    gradient = np.zeros_like(table.joint)
    gradient[:, label] = -hits / base**2
    gradient[label, label] += 1 / base
    within = np.zeros(table.joint.shape, dtype=np.bool_)
    within[:, label] = True
    return Outcome(hits / base, gradient, n=round(base * table.n), chance=0.0, within=within)


def class_recall(table: Crosstab, label: int) -> Outcome:
    """Share of the gold rows of one class that the judge gets right; ``class_not_in_gold`` where gold never has it."""
    return _hit_rate(table, label, "class_not_in_gold")


def class_f1(table: Crosstab, label: int) -> Outcome:
    """Harmonic mean of one class's precision and recall, ``2 TP / (2 TP + FP + FN)``.

    ``class_absent`` where neither side has the class.
    """
    base = float(table.gold[label] + table.judge[label]) / 2
    if base <= 0:
        return Outcome.undefined("class_absent")
    hits = float(table.joint[label, label])
    gradient = np.zeros_like(table.joint)
    gradient[label, :] -= hits / base**2 / 2
    gradient[:, label] -= hits / base**2 / 2
    gradient[label, label] += 1 / base
    return Outcome(hits / base, gradient)


def _macro(table: Crosstab, gold_share: float, judge_share: float) -> Outcome:
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


def _hit_rate(table: Crosstab, label: int, reason: str) -> Outcome:
    base = float(table.gold[label])
    if base <= 0:
        return Outcome.undefined(reason)
    hits = float(table.joint[label, label])
    gradient = np.zeros_like(table.joint)
    gradient[label, :] = -hits / base**2
    gradient[label, label] += 1 / base
    within = np.zeros(table.joint.shape, dtype=np.bool_)
    within[label, :] = True
    return Outcome(hits / base, gradient, n=round(base * table.n), chance=0.0, within=within)
