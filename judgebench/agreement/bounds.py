"""What missing answers could change: figures at their worst and best, and accuracy on the surest part of the answers.

Source: Horowitz & Manski (2000), Nonparametric analysis of randomized experiments with missing covariate and outcome
data, for bounds; Geifman & El-Yaniv (2017), Selective classification for deep neural networks, for the curve; Geifman,
Uziel & El-Yaniv (2019), Bias-reduced uncertainty estimation for deep neural classifiers, for its area.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np

from judgebench.agreement.figures import table_metrics
from judgebench.agreement.policies import apply, sign_of
from judgebench.errors import UnscoredError
from judgebench.stats.coefficients.catalog import METRICS

if TYPE_CHECKING:
    import numpy.typing as npt

    from judgebench.agreement.policies import Scored
    from judgebench.domain import Policies, Ratings
    from judgebench.stats.crosstab import Floats

#: Shares of the rows at which a curve is told.
COVERAGES = (0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 0.9, 1.0)


@dataclass(frozen=True, slots=True)
class Bound:
    """A figure with missing answers wrong in the least favourable way, without them, and with all of them right.

    None where it is undefined.
    """

    worst: float | None
    answered: float | None
    best: float | None


@dataclass(frozen=True, slots=True)
class Selective:
    """Accuracy on the surest rows: ``points`` are coverage and accuracy, ``area`` that under the risk-coverage curve.

    ``ranked``: by the judge's probability of its verdict; else by whether it gave a verdict at all.
    """

    points: tuple[tuple[float, float], ...]
    area: float
    ranked: bool


@dataclass(frozen=True, slots=True)
class Missing:
    """What the missing answers of a judge could change."""

    policies: Policies
    rows: int
    answered: int
    figures: dict[str, Bound]
    selective: Selective | None
    #: Of measurement, at which alpha is taken.
    level: str = ""


def missing(ratings: Ratings, policies: Policies) -> Missing:
    """Measure a judge's labels at the worst and the best that its missing answers could be.

    UsageError where verdicts are not single labels; UnscoredError if there is nothing to score.
    """
    scored = apply(ratings, replace(policies, invalid="wrong"))
    if not scored.size:
        raise UnscoredError("the policies leave no item to score")
    scale = ratings.scale
    silent = scored.silent
    values = np.asarray(scale.values)
    right = scored.gold
    if scored.gold_values is not None:
        right = np.abs(scored.gold_values[:, None] - values).argmin(axis=1).astype(np.int32)[scored.gold]
    tables = [
        one.table(one.cells())
        for one in (
            scored,
            scored.take(np.flatnonzero(~silent)),
            replace(scored, judge=np.where(silent, right, scored.judge).astype(np.int32)),
        )
    ]
    chosen = table_metrics(scale, METRICS)
    return Missing(
        scored.policies,
        scored.size,
        int(np.count_nonzero(~silent)),
        {name: Bound(*(metric(table).value for table in tables)) for name, metric in chosen.items()},
        selective(ratings, scored),
        scale.level,
    )


def selective(ratings: Ratings, scored: Scored) -> Selective | None:
    """Accuracy of the surest answers by their share of all rows, and the area under the risk-coverage curve.

    Rows come in order of the probability that the judge gives its own verdict; equally sure ones at once, as their
    mean; rows without a verdict last, as errors. ``AURC = sum_k risk(k) / n``, risk(k) being the share of errors among
    the k surest rows: 0 for a judge that is always right. None where gold is a number, or no row is surer than another.
    """
    if scored.gold_values is not None:
        return None
    answered = ~scored.silent
    sure, ranked = _sureness(ratings, scored, answered)
    if np.unique(sure).size < 2:
        return None
    errors = (scored.judge != scored.gold).astype(np.float64)
    _, place = np.unique(-sure, return_inverse=True)
    counts = np.bincount(place)
    expected = np.repeat(np.bincount(place, weights=errors) / counts, counts)
    n = errors.size
    risk = np.cumsum(expected) / np.arange(1, n + 1)
    last = np.maximum(1, np.round(np.asarray(COVERAGES) * n).astype(int)) - 1
    points = tuple((share, float(1 - risk[k])) for share, k in zip(COVERAGES, last, strict=True))
    return Selective(points, float(risk.mean()), ranked)


def _sureness(ratings: Ratings, scored: Scored, answered: npt.NDArray[np.bool_]) -> tuple[Floats, bool]:
    """How sure the judge is of each verdict, -1 without one; and whether that is its own probability."""
    given = answered.astype(np.float64) - 1
    numbers, has = ratings.score, ratings.has_score
    single = scored.policies.order in {"single", "mean"}
    if numbers is None or has is None or ratings.score_kind != "probability" or not single:
        return given, False
    side = sign_of(scored.said, scored.scale)
    p = numbers[scored.row]
    sure = np.where(side > 0, p, np.where(side < 0, 1 - p, 0.5))
    return np.where(answered & has[scored.row], sure, -1.0), True
