"""Scores from a judge on all rows and gold on a random part of them.

The labels are drawn at random from the rows that are measured, so none of these estimators assumes anything about the
judge: a bad one makes the interval wider, never wrong. J is the judge's score of a row, Y gold's. Estimates lie in the
score's bounds; those that predict are ``too_few_labels`` below 2 labelled clusters and ``all_labelled`` where there is
nothing to predict.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np

from judgebench.agreement.intervals import estimated
from judgebench.domain import Estimate
from judgebench.stats.crosstab import TINY
from judgebench.stats.inference.intervals import around
from judgebench.stats.influence import Clusters, mean

if TYPE_CHECKING:
    import numpy.typing as npt

    from judgebench.stats.crosstab import Floats, Ints
    from judgebench.stats.influence import Influences


@dataclass(frozen=True, slots=True)
class Sample:
    """Rows that a judge scored, n of them, a random part (``labelled``) with gold; ValueError if no row is.

    ``stratum`` is what the judge said, as codes from 0: rows with one verdict are one stratum. Any number may stand for
    the judge where it gave no verdict, and for gold where it is not read.
    """

    judge: Floats
    gold: Floats
    labelled: npt.NDArray[np.bool_]
    stratum: Ints
    clusters: Clusters
    low: float = 0.0
    high: float = 1.0

    def __post_init__(self) -> None:
        """Refuse a sample that says nothing."""
        if not self.labelled.any():
            raise ValueError("no row is labelled")

    @classmethod
    def of(cls, gold: Floats, judged: Floats, unlabelled: Floats) -> Sample:
        """Build a sample of independent rows with scores in [0, 1]: gold and judge where labelled, judge elsewhere."""
        scores = np.concatenate([judged, unlabelled]).astype(np.float64)
        _, stratum = np.unique(scores, return_inverse=True)
        rows = np.arange(scores.size)
        padded = np.zeros(scores.size)
        padded[: gold.size] = gold
        return cls(scores, padded, rows < gold.size, stratum, Clusters.of(rows))

    @property
    def rows(self) -> Ints:
        """Positions of the labelled rows."""
        return np.flatnonzero(self.labelled)

    @property
    def binary(self) -> bool:
        """Whether gold is one of the two bounds throughout, so that its mean is a proportion."""
        gold = self.gold[self.labelled]
        return bool(((gold == self.low) | (gold == self.high)).all())


def labels_only(sample: Sample) -> Estimate:
    """Mean gold score of the labelled rows, ``mean(Y)``: what is known without the judge; PPI with weight 0.

    Wilson's interval for a proportion of independent rows, else cluster-robust t.
    """
    rows = sample.rows
    influences = mean(sample.gold[rows], Clusters.of(sample.clusters.codes[rows]))
    return _plain(sample, influences, rows)


def naive(sample: Sample, valid: npt.NDArray[np.bool_] | None = None) -> Estimate:
    """Mean of the judge's own scores, ``mean(J)``, on the rows with a verdict: what it thinks, not what is so.

    It is off by ``(1 - TNR) (1 - share) - (1 - TPR) share`` where the judge errs; the interval carries sampling error
    only, none of the judge's. ``no_items`` without a verdict.
    Source: Rogan & Gladen (1978), Estimating prevalence from the results of a screening test, on the apparent
    prevalence.
    """
    rows = np.arange(sample.judge.size) if valid is None else np.flatnonzero(valid)
    if not rows.size:
        return Estimate.missing("no_items")
    influences = mean(sample.judge[rows], Clusters.of(sample.clusters.codes[rows]))
    values = sample.judge[rows]
    two = bool(((values == sample.low) | (values == sample.high)).all())
    return _plain(sample, influences, rows, proportion=two)


def ppi_weight(sample: Sample) -> float:
    """Weight of the judge that makes the interval of `ppi` shortest (PPI++), from 0 to 1.

    ``cov(Y, J) / ((1 + n/N) var J)`` held in [0, 1], the covariance from the n labelled rows and the variance from all
    rows; 0 where the judge tells nothing (or is constant, or all rows are labelled).
    Source: Angelopoulos, Duchi & Zrnic (2023), PPI++: efficient prediction-powered inference (arXiv 2311.01453).
    """
    n, unlabelled = sample.rows.size, int(np.count_nonzero(~sample.labelled))
    variance = float(sample.judge.var(ddof=1)) if sample.judge.size > 1 else 0.0
    if n < 2 or not unlabelled or variance < TINY:
        return 0.0
    gold, judged = sample.gold[sample.labelled], sample.judge[sample.labelled]
    covariance = float(((gold - gold.mean()) * (judged - judged.mean())).sum()) / (n - 1)
    return min(1.0, max(0.0, covariance / ((1 + n / unlabelled) * variance)))


def ppi(sample: Sample, weight: float | None = None) -> Estimate:
    """Prediction-powered mean: the judge's mean elsewhere, plus its mean error where gold is known.

    ``w mean(J, unlabelled) + mean(Y - w J, labelled)`` with variance ``w^2 var(J)/N + var(Y - w J)/n``; clusters that
    have rows on both sides carry their covariance. Weight 1 is classic PPI and 0 uses the labels only; by default
    `ppi_weight` (PPI++).

    Source: Angelopoulos et al. (2023), Prediction-powered inference, Science 382; Angelopoulos, Duchi & Zrnic (2023),
    PPI++ (arXiv 2311.01453).
    """
    rows, rest = sample.rows, np.flatnonzero(~sample.labelled)
    if not rest.size:
        return Estimate.missing("all_labelled", rows.size)
    w = ppi_weight(sample) if weight is None else weight
    ahead = w * sample.judge[rest]
    errors = sample.gold[rows] - w * sample.judge[rows]
    value = float(ahead.mean() + errors.mean())
    parts = [(rows, (errors - errors.mean()) / rows.size)]
    if w:
        parts.append((rest, (ahead - ahead.mean()) / rest.size))
    return _bounded(sample, value, parts, method="ppi" if w == 1 else "ppi++")


def post_stratified(sample: Sample) -> Estimate:
    """Mean gold score within each verdict, weighted by how often the judge gives that verdict.

    ``sum_v P(J = v) E[Y | J = v]``, the weights from all rows, the means from the labelled ones. Strata with fewer than
    two labelled rows are joined with their neighbour. For a proportion each stratum's variance is at least the one at
    ``(hits + 1) / (n + 2)``, so that five right answers out of five are not a certainty.
    Source: Holt & Smith (1979), Post stratification.
    """
    rows = sample.rows
    if sample.labelled.all():
        return Estimate.missing("all_labelled", rows.size)
    strata = join_strata(sample)
    mine = strata[rows]
    width = int(strata.max()) + 1
    weights = np.bincount(strata, minlength=width) / strata.size
    labels = np.bincount(mine, minlength=width)
    sums = np.bincount(mine, sample.gold[rows], minlength=width)
    means = sums / np.maximum(labels, 1)
    value = float((weights * means).sum())
    per_label = np.where(labels > 1, weights / np.sqrt(np.maximum(labels * (labels - 1.0), 1.0)), 0.0)
    parts = [
        (np.arange(strata.size), (means[strata] - value) / strata.size),
        (rows, (sample.gold[rows] - means[mine]) * per_label[mine]),
    ]
    extra = 0.0
    if sample.binary:
        reach = sample.high - sample.low
        hits = (sums - labels * sample.low) / reach
        plain, pulled = hits / np.maximum(labels, 1), (hits + 1) / (labels + 2)
        excess = np.maximum(pulled * (1 - pulled) - plain * (1 - plain), 0) / np.maximum(labels, 1)
        extra = reach**2 * float((weights**2 * excess).sum())
    return _bounded(sample, value, parts, method="post-stratification", extra=extra)


def join_strata(sample: Sample) -> Ints:
    """Join strata that have fewer than two labelled rows with the nearest one.

    Source: Holt & Smith (1979), Post stratification; Cochran (1977), Sampling techniques, chapter 5A.
    """
    width = int(sample.stratum.max()) + 1
    labels = np.bincount(sample.stratum[sample.labelled], minlength=width)
    to = np.arange(width)
    alive = np.flatnonzero(np.bincount(sample.stratum, minlength=width)).tolist()
    while len(alive) > 1 and (thin := [code for code in alive if labels[code] < 2]):
        code = thin[0]
        near = min((other for other in alive if other != code), key=lambda other: abs(other - code))
        to[to == code] = near
        labels[near] += labels[code]
        alive.remove(code)
    return to[sample.stratum]


def drift(sample: Sample) -> float | None:
    """Distance between the judge's mean on labelled and on other rows, in standard errors.

    Far from 0, the labelled rows are not a random subset. ``(mean(J, labelled) - mean(J, others)) / SE``, both sides
    about the common mean, clusters summed; None where the judge's scores do not vary or one side is empty.
    Source: Welch (1938), The significance of the difference between two means when the population variances are
    unequal; the cluster-robust error is that of Cameron & Miller (2015).
    """
    rows, rest = sample.rows, np.flatnonzero(~sample.labelled)
    if min(rows.size, rest.size) < 2:
        return None
    ours, others = sample.judge[rows], sample.judge[rest]
    shift = float(ours.mean() - others.mean())
    # Under the null both sides share one variance, which a side of equal scores would hide.
    center = sample.judge - sample.judge.mean()
    se = _error(sample, [(rows, center[rows] / rows.size), (rest, -center[rest] / rest.size)])
    return None if se is None or se < TINY else shift / se


def _plain(sample: Sample, influences: Influences, rows: Ints, *, proportion: bool | None = None) -> Estimate:
    """Interval of a plain mean, on the unit scale."""
    reach = sample.high - sample.low
    share = (influences.value - sample.low) / reach
    unit = replace(influences, value=share, sums=influences.sums / reach)
    two = sample.binary if proportion is None else proportion
    independent = Clusters.of(sample.clusters.codes[rows]).independent
    found = estimated(unit, low=0.0, high=1.0, proportion=two, independent=independent)
    low, high = (None if bound is None else sample.low + reach * bound for bound in (found.low, found.high))
    se = None if found.se is None else found.se * reach
    return replace(found, value=influences.value, low=low, high=high, n=influences.n, se=se)


def _error(sample: Sample, parts: list[tuple[Ints, Floats]]) -> float | None:
    """Cluster-robust standard error of a sum of means over different rows, each with its own CR1 factor."""
    total = np.zeros(sample.clusters.count)
    for rows, influences in parts:
        codes = sample.clusters.codes[rows]
        groups = int(np.count_nonzero(np.bincount(codes)))
        if groups < 2:
            return None
        total += math.sqrt(groups / (groups - 1)) * np.bincount(codes, influences, minlength=total.size)
    return math.sqrt(float(np.square(total).sum()))


def _bounded(
    sample: Sample, value: float, parts: list[tuple[Ints, Floats]], *, method: str, extra: float = 0.0
) -> Estimate:
    """T interval with as many degrees of freedom as labelled clusters carry, held in the score's bounds.

    It is drawn on the logit scale of the bounds, as for every other share, unless the value lies on or past one.
    """
    se = _error(sample, parts)
    labelled = Clusters.of(sample.clusters.codes[sample.labelled])
    groups, worth, n = labelled.count, round(labelled.effective, 2), sample.judge.size
    if se is None or groups < 2:
        return Estimate.missing("too_few_labels", n)
    se = math.sqrt(se * se + extra)
    held = min(sample.high, max(sample.low, value))
    if se < TINY:
        # Every influence is 0: no evidence of certainty, so no interval.
        return replace(Estimate.alone(held, n, "no_spread", 0.0), method=method, effective=worth)
    found = around(value, se, groups - 1, low=sample.low, high=sample.high)
    low, high = (held if bound is None else bound for bound in (found.low, found.high))
    return Estimate(held, min(low, held), max(high, held), n, None, se, method, worth)
