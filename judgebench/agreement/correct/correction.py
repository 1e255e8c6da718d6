"""From ratings with partial gold to corrected scores: which estimator fits, and what it can't be trusted with."""

from __future__ import annotations

import math
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Literal, TypeAlias, get_args

import numpy as np

from judgebench.agreement.cautions import FEW_CLUSTERS
from judgebench.agreement.correct.error_rates import by_matrix, by_posterior, by_rates, rates_of
from judgebench.agreement.correct.labelled import (
    Sample,
    drift,
    join_strata,
    labels_only,
    naive,
    post_stratified,
    ppi,
    ppi_weight,
)
from judgebench.agreement.correct.rows import Rows, Score, judged, rows_of, score_of
from judgebench.domain import Estimate, Policies
from judgebench.errors import DataError, UsageError, argument
from judgebench.stats.influence import Clusters

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from judgebench.domain import Ratings, Scale

Estimator: TypeAlias = Literal["auto", "all", "post-strat", "ppi", "rogan-gladen", "matrix", "labels"]
ESTIMATORS: tuple[str, ...] = get_args(Estimator)
#: Fewer labelled rows than this make every correction a rough one.
FEW_LABELS = 30
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
    write = argument("policy")
    if estimator not in ESTIMATORS:
        raise UsageError(f"{argument('estimator')} {estimator!r}: write one of {', '.join(ESTIMATORS)}")
    if policies.gold in {"each", "leave-one-out"}:
        raise UsageError(
            f"policy gold={policies.gold} gives a row several labels: write {write} gold=majority or gold=mean"
        )
    if policies.tie in {"drop", "wrong"}:
        raise UsageError(
            f"policy tie={policies.tie} can't be applied to rows without gold: write {write} tie=class or tie=half"
        )
    if policies.invalid == "drop":
        raise UsageError(f"policy invalid=drop would leave out rows that have a score: write {write} invalid=wrong")


def _correct(
    name: str, rows: Rows, outside: Rows | None, score: Score, scale: Scale, estimator: Estimator
) -> Correction:
    sample = _sample(rows, score) if rows.labelled.any() else None
    known, test = (rows.take(rows.labelled), rows.take(~rows.labelled)) if outside is None else (outside, rows)
    rates, calibration = rates_of(known, score)
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
        estimates["rogan-gladen"] = by_rates(test, known, score, calibration, weak=weak, outside=outside is not None)
    if every:
        estimates["bayes"] = by_posterior(test, known, score, calibration, estimates["rogan-gladen"])
    condition: float | None = None
    if every or estimator == "matrix" or (outside is not None and not score.binary):
        estimates["matrix"], condition, codes = by_matrix(test, known, score, outside=outside is not None)
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


def _sample(rows: Rows, score: Score) -> Sample:
    own, clusters = judged(rows.judge, score), Clusters.of(rows.cluster)
    return Sample(own, rows.gold_score, rows.labelled, rows.judge, clusters, score.low, score.high)


def _naive(rows: Rows, score: Score) -> Estimate:
    every = replace(rows, labelled=np.ones(rows.judge.size, np.bool_))
    return naive(_sample(every, score), rows.judge < score.classes)


def _doubts(sample: Sample, rows: Rows) -> Iterator[str]:
    labelled = sample.rows.size
    if labelled < FEW_LABELS:
        yield "few_labels"
    elif np.unique(rows.cluster[rows.labelled]).size < FEW_CLUSTERS:
        yield "few_clusters"
    if labelled == rows.judge.size:
        yield "all_labelled"
        return
    if (join_strata(sample) != sample.stratum).mean() > _THIN:
        yield "sparse_strata"
    drifted = drift(sample)
    if drifted is not None and abs(drifted) > _DRIFT:
        yield "subset_not_random"


def _shares(
    rows: Rows, known: Rows, test: Rows, scale: Scale, chosen: str, *, outside: bool
) -> Iterator[tuple[str, Estimate]]:
    """Corrected share of each label, by the matrix method or within the random subset."""
    for code, label in enumerate(scale.labels):
        one = score_of(scale, label)
        if chosen == "matrix":
            yield label, by_matrix(test, known, one, outside=outside)[0]
            continue
        mine = replace(rows, gold_score=np.where(rows.labelled, (rows.gold == code).astype(float), 0.0))
        if rows.labelled.any():
            yield label, (labels_only if chosen == "labels" else post_stratified)(_sample(mine, one))


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
