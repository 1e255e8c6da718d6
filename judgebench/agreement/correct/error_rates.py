"""Scores corrected by how often the judge errs on rows with gold, with the clusters of both sets of rows.

``known`` rows have gold and ``test`` rows are measured; the former are a calibration set from ``outside``, or the
labelled part of the same data.
"""

from __future__ import annotations

import math
from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np

from judgebench.agreement.correct.matrix import ILL_CONDITIONED, matrix_influence, matrix_mean, matrix_shares
from judgebench.agreement.correct.rogan_gladen import Calibration, bayes_rogan_gladen, rogan_gladen
from judgebench.agreement.correct.rows import counts, used
from judgebench.agreement.estimates import Counted, estimate
from judgebench.domain import Estimate
from judgebench.stats.coefficients.catalog import METRICS
from judgebench.stats.crosstab import TINY, Crosstab
from judgebench.stats.inference.intervals import around
from judgebench.stats.influence import CellCounts, Clusters, Influences, combine, mean

if TYPE_CHECKING:
    from judgebench.agreement.correct.rows import Rows, Score


def rates_of(known: Rows, score: Score) -> tuple[dict[str, Estimate], Calibration | None]:
    """TPR, TNR and Youden's J of the judge on labelled rows, as `score` has them, and those that correct a share.

    A row without a verdict is wrong in the former. In the latter it does not accept, here as where gold isn't known.
    """
    one = score.accepted
    if one is None or known.graded:
        return {}, None
    right = known.gold == one
    positives, negatives = int(np.count_nonzero(right)), int(np.count_nonzero(~right))
    if not positives or not negatives:
        reason = "no_negatives" if positives else "no_positives"
        return {"youden": Estimate.missing(reason, known.judge.size)}, None
    said = known.judge == one
    wrong = known.judge == score.classes + 1
    cells, clusters = 2 * right + np.where(wrong, ~right, said), Clusters.of(known.cluster)
    by_cluster = CellCounts.of(cells, clusters)
    joint = np.bincount(cells, minlength=4).reshape(2, 2) / cells.size
    counted = Counted(Crosstab(joint, cells.size, 2, np.arange(2.0), positive=1), cells, clusters, None, by_cluster)
    names = {"youden": "youden_j", "tpr": "true_positive_rate", "tnr": "true_negative_rate"}
    rates = {key: estimate(METRICS[name], counted)[0] for key, name in names.items()}
    tnr, tpr = float((~said)[~right].mean()), float(said[right].mean())
    return rates, Calibration(tnr, negatives, tpr, positives)


def by_rates(
    test: Rows, known: Rows, score: Score, calibration: Calibration | None, *, weak: bool, outside: bool
) -> Estimate:
    """Correct a share by the judge's two error rates on the ``known`` rows, which are an ``outside`` set or not."""
    one = score.accepted
    if not score.binary or one is None:
        return Estimate.missing("not_binary", test.judge.size)
    if not test.judge.size:
        return Estimate.missing("all_labelled")
    if calibration is None or weak:
        return Estimate.missing("one_class" if calibration is None else "weak_judge", test.judge.size)
    said = test.judge == one
    found = rogan_gladen(float(said.mean()), said.size, calibration)
    ours, theirs = Clusters.of(test.cluster), Clusters.of(known.cluster)
    if found.value is None or (ours.independent and theirs.independent):
        return found
    # The delta method with the clusters' influences: the two sets share none (the calibration set is another one).
    power, theta = calibration.youden, found.value
    right = known.gold == one
    accepted = known.judge == one
    parts = [
        mean((~accepted)[~right].astype(float), Clusters.of(known.cluster[~right])),
        mean(accepted[right].astype(float), Clusters.of(known.cluster[right])),
    ]
    errors = combine(parts, [(1 - theta) / power, -theta / power])
    shown = combine([mean(said.astype(float), ours)], [1 / power])
    return _delta(found, shown, errors, 0.0, 1.0, outside=outside)


def _delta(
    found: Estimate, shown: Influences, errors: Influences, low: float, high: float, *, outside: bool
) -> Estimate:
    """Give an estimate the interval of the delta method, from the influences of both sets' clusters.

    Its error is at least that of independent items, which knows that a rate of 1 is not a certainty. An outside
    calibration set shares no cluster with what is measured, whatever the codes; labelled rows may.
    """
    if min(shown.ids.size, errors.ids.size) < 2:
        return Estimate.alone(found.value or 0.0, found.n, "one_cluster")
    first, second = shown.se, errors.se
    se = math.hypot(first or 0.0, second or 0.0) if outside else combine([shown, errors], [1.0, 1.0]).se or 0.0
    se = max(se, found.se or 0.0)
    if se < TINY:
        return Estimate.alone(found.value or 0.0, found.n, "no_spread", se)
    value = 0.0 if found.value is None else found.value
    bounds = around(value, se, min(shown.df, errors.df), low=low, high=high)
    return replace(found, low=bounds.low, high=bounds.high, se=se, method="delta-clusters")


def by_posterior(test: Rows, known: Rows, score: Score, calibration: Calibration | None, plain: Estimate) -> Estimate:
    """Cross-check Rogan and Gladen's estimate by its posterior, where rows are independent."""
    if calibration is None or plain.value is None:
        return Estimate.missing(plain.undefined or "one_class", test.judge.size)
    if not (Clusters.of(test.cluster).independent and Clusters.of(known.cluster).independent):
        return Estimate.missing("clustered", test.judge.size)
    accepted = int(np.count_nonzero(test.judge == score.accepted))
    found = bayes_rogan_gladen(accepted, test.judge.size, calibration)
    return Estimate(found.mean, found.low, found.high, test.judge.size, se=found.sd, method="posterior")


def by_matrix(test: Rows, known: Rows, score: Score, *, outside: bool) -> tuple[Estimate, float | None, list[str]]:
    """Correct a mean by the judge's confusion matrix; with the matrix's condition number, and warnings."""
    n = test.judge.size
    if known.graded:
        return Estimate.missing("graded_gold", n), None, []
    if not n or not known.judge.size:
        return Estimate.missing("all_labelled" if known.judge.size else "no_labels"), None, []
    joint, margin = counts(known, test, score)
    try:
        point = matrix_shares(joint, margin)
    except ValueError:
        return matrix_mean(joint, margin, score.values), None, []
    warnings = ["ill_conditioned"] if point.condition > ILL_CONDITIONED else []
    warnings += ["unseen_class"] if point.unseen else []
    found = matrix_mean(joint, margin, score.values)
    ours, theirs = Clusters.of(test.cluster), Clusters.of(known.cluster)
    if found.value is None or (ours.independent and theirs.independent):
        return found, point.condition, warnings
    by_verdict, by_cell = matrix_influence(joint, margin, score.values)
    # Columns that nobody used are gone from the counts; the others keep their order.
    column = np.cumsum(used(known, test, score)) - 1
    shown = Influences(found.value, n, ours.ids, ours.sums(by_verdict[column[test.judge]] / n), ours.shares)
    influences = theirs.sums(by_cell[known.gold, column[known.judge]] / known.judge.size)
    errors = Influences(0.0, known.judge.size, theirs.ids, influences, theirs.shares)
    return _delta(found, shown, errors, score.low, score.high, outside=outside), point.condition, warnings
