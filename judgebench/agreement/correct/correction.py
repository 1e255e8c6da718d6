"""From ratings with partial gold to corrected scores: which estimator fits, and what it can't be trusted with."""

from __future__ import annotations

import math
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Literal, TypeAlias, get_args

import numpy as np

from judgebench.agreement.correct.labelled import (
    Rows,
    Sample,
    Score,
    counts,
    drift,
    join_strata,
    judged,
    labels_only,
    naive,
    post_stratified,
    ppi,
    ppi_weight,
    rows_of,
    score_of,
    used,
)
from judgebench.agreement.correct.rogan_gladen import (
    ILL_CONDITIONED,
    Calibration,
    bayes_rogan_gladen,
    matrix_influence,
    matrix_mean,
    matrix_shares,
    rogan_gladen,
)
from judgebench.agreement.estimates import Counted, estimate
from judgebench.domain import Estimate, Policies
from judgebench.errors import DataError, UsageError, argument
from judgebench.stats.coefficients.catalog import METRICS
from judgebench.stats.crosstab import TINY, Crosstab
from judgebench.stats.inference.intervals import around
from judgebench.stats.influence import CellCounts, Clusters, Influences, combine, mean

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from judgebench.domain import Ratings, Scale

Estimator: TypeAlias = Literal["auto", "all", "post-strat", "ppi", "rogan-gladen", "matrix", "labels"]
ESTIMATORS: tuple[str, ...] = get_args(Estimator)
#: Fewer labelled rows than this make every correction a rough one.
FEW_LABELS = 30
_FEW_CLUSTERS = 20
#: Standard errors between the judge's means on labelled and on other rows that no random draw explains (p < .001).
_DRIFT = 3.29
#: With fewer labelled rows than this in a stratum that matters, PPI++ takes over.
_ROWS_PER_STRATUM = 5
#: A stratum with a smaller share of the rows hardly matters.
_MATTERS, _THIN = 0.05, 0.01


@dataclass(frozen=True, slots=True)
class Correction:
    """The score of one system (``all`` for all rows together), corrected.

    ``score`` says in words what is estimated; of the ``items`` that the judge was asked about, ``labelled`` ones have
    gold; ``calibration`` counts the rows of a calibration set. ``chosen`` names the estimate to report, out of
    ``post-strat``, ``ppi++``, ``ppi``, ``rogan-gladen``, ``bayes``, ``matrix``, ``labels``, ``naive``. The naive score
    is the judge's own opinion: its interval holds none of the judge's errors.

    ``rates`` has ``youden``, ``tpr`` and ``tnr`` where the score is a share, ``shares`` the corrected share of each
    label where there are more than two; ``weight`` is what PPI++ gives the judge, ``condition`` the condition number of
    the judge's confusion matrix. ``warnings`` are codes: ``weak_judge``, ``few_labels``, ``subset_not_random`` ...
    """

    system: str
    score: str
    items: int
    labelled: int
    calibration: int
    chosen: str
    estimates: Mapping[str, Estimate]
    rates: Mapping[str, Estimate]
    shares: Mapping[str, Estimate]
    weight: float | None
    condition: float | None
    warnings: tuple[str, ...] = ()


def correct(
    ratings: Ratings,
    *,
    policies: Policies | None = None,
    calibration: Ratings | None = None,
    target: str | None = None,
    estimator: Estimator = "auto",
    by_system: bool = False,
) -> list[Correction]:
    """Correct the scores that a judge gives, with the gold there is; all rows first, then those of each system.

    Where gold lies on a random part of the rows, post-stratification is chosen (PPI++ where verdicts are many and
    labels few), or labels only where their interval is narrower, as it often is with a share near 0 or 1; to choose by
    width costs at most .006 of coverage (`benchmarks/correction.py`). With a calibration set from elsewhere (the same
    judge on other rows, with gold) it is Rogan and Gladen's correction, or the matrix method for more than two labels.
    Labels only and the naive score always appear beside them. The estimator ``all`` chooses as ``auto`` and computes
    every one.

    ``target`` asks for the share of a label instead of the scale's own score: share of ``correct`` (check), wins of A
    with ties as one half (pair), mean rating (rate). Of the policies, gold is one label per row, and ties are kept.
    DataError if there is no gold to correct with, UsageError if the scale has no score without a target or a policy
    does not fit.

    Source: Holt & Smith (1979), Post stratification; Angelopoulos, Duchi & Zrnic (2023), PPI++ (arXiv 2311.01453);
    Rogan & Gladen (1978), Estimating prevalence from the results of a screening test, with the interval of Lee et al.
    (2025), arXiv 2511.21140; Buonaccorsi (2010), Measurement error, for the matrix method.
    """
    chosen = policies or Policies()
    _check(chosen, estimator)
    score = score_of(ratings.scale, target)
    if calibration is not None and calibration.scale != ratings.scale:
        raise DataError(
            f"the calibration set is on the scale {calibration.scale.spec}, the verdicts on {ratings.scale.spec}",
            hint=f"give {argument('scale')}, or calibrate with the same question",
        )
    rows = rows_of(ratings, chosen, score)
    outside = None if calibration is None else rows_of(calibration, chosen, score)
    if outside is not None:
        outside = outside.take(outside.labelled)
        if not outside.judge.size:
            raise DataError(
                "the calibration set has no gold label", hint=f"name its gold column with {argument('gold')}"
            )
    elif not rows.labelled.any():
        raise DataError(
            "no row has a gold label, so nothing can be corrected",
            hint=f"label some random rows, give {argument('calibration')}, or see {argument('no_gold')} for what can "
            "still be said",
        )
    found = [_correct("all", rows, outside, score, ratings.scale, estimator)]
    if by_system:
        for code, name in enumerate(ratings.systems):
            mine = rows.take(rows.system == code)
            if mine.judge.size:
                # A system of this name must not pass for the row of all.
                row = "system:all" if name == "all" else name or "(none)"
                found.append(_correct(row, mine, outside, score, ratings.scale, estimator))
    return found


def _check(policies: Policies, estimator: str) -> None:
    if estimator not in ESTIMATORS:
        raise UsageError(f"{argument('estimator')} {estimator!r}: write one of {', '.join(ESTIMATORS)}")
    if policies.gold in {"each", "leave-one-out"}:
        raise UsageError(f"policy gold={policies.gold} gives a row several labels; correct needs majority or mean")
    if policies.tie in {"drop", "wrong"}:
        raise UsageError(f"policy tie={policies.tie} can't be applied to rows without gold; use class or half")
    if policies.invalid == "drop":
        raise UsageError("policy invalid=drop would leave out rows that have a score; use wrong")


def _correct(
    name: str, rows: Rows, outside: Rows | None, score: Score, scale: Scale, estimator: Estimator
) -> Correction:
    sample = _sample(rows, score)
    known, test = (rows.take(rows.labelled), rows.take(~rows.labelled)) if outside is None else (outside, rows)
    rates, calibration = _rates(known, score)
    warnings: list[str] = ["left_out"] if rows.left_out else []
    weak = "youden" in rates and _weak(rates["youden"])
    if weak:
        warnings.append("weak_judge")
    every = estimator == "all"
    estimates: dict[str, Estimate] = {}
    if outside is None or every or estimator in {"post-strat", "ppi"}:
        missing = Estimate.missing("no_labels", rows.judge.size)
        estimates["post-strat"] = missing if sample is None else post_stratified(sample)
        estimates["ppi++"] = missing if sample is None else ppi(sample)
        if every:
            estimates["ppi"] = missing if sample is None else ppi(sample, 1.0)
        if sample is not None:
            warnings += _doubts(sample, rows)
    if every or estimator == "rogan-gladen" or (outside is not None and score.binary):
        estimates["rogan-gladen"] = _rogan_gladen(
            test, known, score, calibration, weak=weak, outside=outside is not None
        )
    if every:
        estimates["bayes"] = _bayes(test, known, score, calibration, estimates["rogan-gladen"])
    condition: float | None = None
    if every or estimator == "matrix" or (outside is not None and not score.binary):
        estimates["matrix"], condition, codes = _matrix(test, known, score, outside=outside is not None)
        warnings += codes
    estimates["labels"] = Estimate.missing("no_labels") if sample is None else labels_only(sample)
    estimates["naive"] = _naive(rows, score)
    calibrated = "" if outside is None else "rogan-gladen" if score.binary else "matrix"
    chosen = _choice(estimator, estimates, sample, calibrated)
    return Correction(
        system=name,
        score=score.words,
        items=rows.judge.size,
        labelled=int(np.count_nonzero(rows.labelled)),
        calibration=0 if outside is None else outside.judge.size,
        chosen=chosen,
        # The chosen one, with labels only and the naive score beside it, unless all are asked for.
        estimates=estimates if every else {key: estimates[key] for key in dict.fromkeys((chosen, "labels", "naive"))},
        rates=rates,
        shares={}
        if score.classes == 2 or known.graded
        else dict(_shares(rows, known, test, scale, chosen, outside=outside is not None)),
        weight=None if sample is None or "ppi++" not in estimates else ppi_weight(sample),
        condition=condition,
        warnings=tuple(dict.fromkeys(warnings)),
    )


def _weak(power: Estimate) -> bool:
    """Whether Youden's J is not clearly above 0; where it is undefined, that is another complaint."""
    return power.value is not None and (power.low is None or power.low <= 0)


def _sample(rows: Rows, score: Score) -> Sample | None:
    if not rows.labelled.any():
        return None
    return Sample(
        judged(rows.judge, score),
        rows.gold_score,
        rows.labelled,
        rows.judge,
        Clusters.of(rows.cluster),
        score.low,
        score.high,
    )


def _naive(rows: Rows, score: Score) -> Estimate:
    one = np.ones(rows.judge.size, np.bool_)
    sample = Sample(
        judged(rows.judge, score), rows.gold_score, one, rows.judge, Clusters.of(rows.cluster), score.low, score.high
    )
    return naive(sample, rows.judge < score.classes)


def _doubts(sample: Sample, rows: Rows) -> Iterator[str]:
    labelled = sample.rows.size
    if labelled < FEW_LABELS:
        yield "few_labels"
    elif np.unique(rows.cluster[rows.labelled]).size < _FEW_CLUSTERS:
        yield "few_clusters"
    if labelled == rows.judge.size:
        yield "all_labelled"
        return
    if (join_strata(sample) != sample.stratum).mean() > _THIN:
        yield "sparse_strata"
    drifted = drift(sample)
    if drifted is not None and abs(drifted) > _DRIFT:
        yield "subset_not_random"


def _rates(known: Rows, score: Score) -> tuple[dict[str, Estimate], Calibration | None]:
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


def _rogan_gladen(
    test: Rows, known: Rows, score: Score, calibration: Calibration | None, *, weak: bool, outside: bool
) -> Estimate:
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


def _bayes(test: Rows, known: Rows, score: Score, calibration: Calibration | None, plain: Estimate) -> Estimate:
    """Cross-check Rogan and Gladen's estimate by its posterior, where rows are independent."""
    if calibration is None or plain.value is None:
        return Estimate.missing(plain.undefined or "one_class", test.judge.size)
    if not (Clusters.of(test.cluster).independent and Clusters.of(known.cluster).independent):
        return Estimate.missing("clustered", test.judge.size)
    accepted = int(np.count_nonzero(test.judge == score.accepted))
    found = bayes_rogan_gladen(accepted, test.judge.size, calibration)
    return Estimate(found.mean, found.low, found.high, test.judge.size, se=found.sd, method="posterior")


def _matrix(test: Rows, known: Rows, score: Score, *, outside: bool) -> tuple[Estimate, float | None, list[str]]:
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


def _shares(
    rows: Rows, known: Rows, test: Rows, scale: Scale, chosen: str, *, outside: bool
) -> Iterator[tuple[str, Estimate]]:
    """Corrected share of each label, by the matrix method or within the random subset."""
    for code, label in enumerate(scale.labels):
        one = score_of(scale, label)
        if chosen == "matrix":
            yield label, _matrix(test, known, one, outside=outside)[0]
            continue
        mine = replace(rows, gold_score=np.where(rows.labelled, (rows.gold == code).astype(float), 0.0))
        sample = _sample(mine, one)
        if sample is not None:
            yield label, labels_only(sample) if chosen == "labels" else post_stratified(sample)


def _choice(estimator: str, estimates: Mapping[str, Estimate], sample: Sample | None, calibrated: str) -> str:
    """Choose what to report: what was asked for, or what fits the labels; labels only where that is undefined."""
    if estimator not in {"auto", "all"}:
        return {"ppi": "ppi++"}.get(estimator, estimator)
    if calibrated:
        return calibrated if sample is None or estimates[calibrated].value is not None else "labels"
    if sample is None or estimates["post-strat"].value is None:
        return "labels"
    if estimates["ppi++"].low is None:
        # Labels of one class leave residuals of 0, which is not a reason to be sure.
        return "labels" if estimates["post-strat"].low is None else "post-strat"
    strata = join_strata(sample)
    share = np.bincount(strata) / strata.size
    labels = np.bincount(strata[sample.labelled], minlength=share.size)
    best = "post-strat" if labels[share > _MATTERS].min() >= _ROWS_PER_STRATUM else "ppi++"
    return "labels" if _width(estimates["labels"]) < _width(estimates[best]) else best


def _width(one: Estimate) -> float:
    return math.inf if one.low is None or one.high is None else one.high - one.low
