"""Figures of classes in a `Crosstab`: precision, recall, F1, the Matthews correlation; a check's rates and its lean.

A verdict that agrees with nothing belongs to no class. Gold with one label only is ``no_positives`` or
``no_negatives`` on a check. Source of the figures of classes: Sokolova & Lapalme (2009), A systematic analysis of
performance measures for classification tasks; of the rates: Yerushalmy (1947), Statistical problems in assessing
methods of medical diagnosis.

For its lean a judge is seen as one who knows the answer with probability ``P_c`` (Youden's J) and otherwise guesses,
accepting with probability ``P_+``. An unusable verdict is a miss in both rates of ``P_c``; it accepts and rejects
nothing, so that it moves ``P_+`` towards neither side.
"""

from __future__ import annotations

from dataclasses import replace
from functools import partial
from typing import TYPE_CHECKING

import numpy as np

from judgebench.stats.crosstab import TINY, Crosstab, Evaluated, Floats, Outcome, by_table, dot, margins, positive

if TYPE_CHECKING:
    from judgebench.stats.crosstab import Flags


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
    return _rate(table, table.positive, "no_positives")


def true_negative_rate(table: Crosstab) -> Outcome:
    """Specificity: share of gold-incorrect rows that the judge rejects; ``no_negatives`` without such rows.

    An invalid verdict rejects nothing.
    """
    if table.positive is None:
        return Outcome.undefined("not_binary")
    return _rate(table, 1 - table.positive, "no_negatives")


def balanced_accuracy(table: Crosstab) -> Outcome:
    """Mean recall over the classes that gold has: accuracy as if every class were equally frequent.

    Unlike `macro_recall` it leaves out classes that only the judge names; ``one_class`` where gold has one class only,
    so that nothing is balanced. Source: Brodersen et al. (2010), The balanced accuracy and its posterior distribution.
    """
    there = table.gold[: table.declared] > 0
    size = int(np.count_nonzero(there))
    if size < 2:
        return Outcome.undefined("one_class")
    return Outcome.of(partial(_recalls, there, size, 0.0), table.joint)


def matthews_corrcoef(table: Crosstab) -> Outcome:
    """Matthews correlation coefficient in [-1, 1], for any number of classes.

    ``(trace(P) - r'c) / sqrt((1 - r'r) (1 - c'c))`` for the margins r and c. An undecided verdict is a class of its own
    that agrees with nothing. ``no_variation`` where a side is constant (a 0 would hide that).
    Source: Matthews (1975), Comparison of the predicted and observed secondary structure; Gorodkin (2004), Comparing
    two K-category assignments by a K-category correlation coefficient.
    """
    return Outcome.of(_matthews, table.joint)


def _matthews(joint: Floats) -> Evaluated:
    gold, judge = margins(joint)
    gold_free, judge_free = positive(1 - dot(gold, gold)), positive(1 - dot(judge, judge))
    scale = np.sqrt(gold_free * judge_free)
    value = (joint.trace(axis1=-2, axis2=-1) - dot(gold, judge)) / scale
    gradient = (np.eye(joint.shape[-1]) - judge[..., :, None] - gold[..., None, :]) / by_table(scale)
    shrink = gold[..., :, None] / by_table(gold_free) + judge[..., None, :] / by_table(judge_free)
    return Evaluated(np.clip(value, -1.0, 1.0), gradient + by_table(value) * shrink)


def class_precision(table: Crosstab, label: int) -> Outcome:
    """Share of the verdicts of one class that are right; ``class_not_named`` where the judge never names it."""
    return _rate(table, label, "class_not_named", by_gold=False)


def class_recall(table: Crosstab, label: int) -> Outcome:
    """Share of the gold rows of one class that the judge gets right; ``class_not_in_gold`` where gold never has it."""
    return _rate(table, label, "class_not_in_gold")


def class_f1(table: Crosstab, label: int) -> Outcome:
    """Harmonic mean of one class's precision and recall, ``2 TP / (2 TP + FP + FN)``.

    ``class_absent`` where neither side has the class.
    """
    return Outcome.of(partial(_class_f1, label), table.joint, "class_absent")


def _class_f1(label: int, joint: Floats) -> Evaluated:
    base = positive((joint[..., label, :].sum(axis=-1) + joint[..., label].sum(axis=-1)) / 2)
    hits = joint[..., label, label]
    gradient = np.zeros_like(joint)
    gradient[..., label, :] -= (hits / base**2 / 2)[..., None]
    gradient[..., label] -= (hits / base**2 / 2)[..., None]
    gradient[..., label, label] += 1 / base
    return Evaluated(hits / base, gradient)


def _macro(table: Crosstab, gold_share: float, judge_share: float) -> Outcome:
    """Mean over classes of hits / (gold_share * gold + judge_share * judge): recall, precision, F1."""
    found = Outcome.of(partial(_over_classes, table.declared, gold_share, judge_share), table.joint, "no_items")
    gold, judge = table.gold[: table.declared] > 0, table.judge[: table.declared] > 0
    if table.declared == 2 and not (gold | judge).all():
        # The mean over one class is not the figure of which more rows would tell.
        return replace(found, surface=None, no_interval="class_absent")
    if gold_share != judge_share and (gold != judge).any():
        # A class that one side lacks would jump from 0 to 1 with the first row in which the other gives way.
        return replace(found, surface=None)
    return found


def _over_classes(q: int, gold_share: float, judge_share: float, joint: Floats) -> Evaluated:
    gold, judge = (margin[..., :q] for margin in margins(joint))
    hits = joint[..., range(q), range(q)]
    present = np.count_nonzero(gold + judge, axis=-1)
    base = gold_share * gold + judge_share * judge
    # A base of 0 means no hits: the class counts 0, and so does its slope (the one-sided derivative).
    scored = base > 0
    base = np.where(scored, base, 1.0)
    weight = 1 / np.where(present > 0, present, np.nan)
    gradient = np.zeros_like(joint)
    slope = weight[..., None] * hits / base**2
    gradient[..., :q, :] -= gold_share * slope[..., :, None]
    gradient[..., :q] -= judge_share * slope[..., None, :]
    gradient[..., range(q), range(q)] += scored * weight[..., None] / base
    return Evaluated(weight * (hits / base).sum(axis=-1), gradient)


def _rate(table: Crosstab, label: int, reason: str, *, by_gold: bool = True) -> Outcome:
    """Share of the rows of one gold label, or of one verdict, on which both sides have it."""
    base = float((table.gold if by_gold else table.judge)[label])
    if base <= 0:
        return Outcome.undefined(reason)
    hits = float(table.joint[label, label])
    within = np.zeros(table.joint.shape, dtype=np.bool_)
    within[(label, slice(None)) if by_gold else (slice(None), label)] = True
    gradient = np.where(within, -hits / base**2, 0.0)
    gradient[label, label] += 1 / base
    return Outcome(hits / base, gradient, n=round(base * table.n), chance=0.0, within=within)


def youden_j(table: Crosstab) -> Outcome:
    """Youden's J, ``TPR + TNR - 1``: how much more often right items are accepted than wrong ones.

    It is also Thakur et al.'s ``P_c``, the share of items that the judge doesn't have to guess; 0 for a judge that
    accepts (or rejects) everything.
    Source: Youden (1950), Index for rating diagnostic tests; Thakur et al. (2025), Judging the judges. GPT-4 on
    TriviaQA, first version of the labels:

    >>> table = Crosstab(np.array([[903, 186], [132, 2374]]) / 3595, 3595, 2, np.arange(2.0), positive=1)
    >>> round(youden_j(table).value, 4)
    0.7765
    """
    sides = _sides(table)
    if isinstance(sides, str):
        return Outcome.undefined(sides)
    return Outcome.of(partial(_recalls, np.ones(2, dtype=np.bool_), 1, -1.0), table.joint)


def _recalls(there: Flags, over: int, constant: float, joint: Floats) -> Evaluated:
    """Sum of the recalls of some labels, divided by a number, and a constant."""
    q = there.shape[-1]
    base = np.where(there, positive(joint[..., :q, :].sum(axis=-1)), 1.0)
    hits = np.where(there, joint[..., range(q), range(q)], 0.0)
    gradient = np.zeros_like(joint)
    gradient[..., :q, :] -= (hits / base / base / over)[..., None]
    gradient[..., range(q), range(q)] += there / base / over
    return Evaluated((hits / base).sum(axis=-1) / over + constant, gradient)


def leniency_p_plus(table: Crosstab) -> Outcome:
    """Share of lenient guesses ``P_+ = FPR / (FPR + FNR)``: 1 where all errors accept, 0 where all reject.

    ``no_errors`` for a judge that errs in neither direction.
    Source: Thakur et al. (2025), Judging the judges, equations 13 and 18.
    """
    sides = _sides(table)
    if isinstance(sides, str):
        return Outcome.undefined(sides)
    right, wrong = sides
    accepted, rejected = table.joint[wrong, right] / table.gold[wrong], table.joint[right, wrong] / table.gold[right]
    errors = accepted + rejected
    if errors < TINY:
        return Outcome.undefined("no_errors")
    value = accepted / errors
    gradient = np.zeros_like(table.joint)
    # The derivative is (1 - value) / errors by the first rate and -value / errors by the second.
    for gold, judge, rate, slope in ((wrong, right, accepted, 1 - value), (right, wrong, rejected, -value)):
        gradient[gold, :] = -slope * rate / errors / table.gold[gold]
        gradient[gold, judge] += slope / errors / table.gold[gold]
    return Outcome(float(value), gradient)


def _sides(table: Crosstab) -> tuple[int, int] | str:
    """Codes of correct and incorrect, or why there are none."""
    if table.positive is None:
        return "not_binary"
    right, wrong = table.positive, 1 - table.positive
    if table.gold[right] <= 0:
        return "no_positives"
    return "no_negatives" if table.gold[wrong] <= 0 else (right, wrong)
