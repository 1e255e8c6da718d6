"""Figures of a judge's numbers as they are defined, in loops: slow, and short enough to be checked by eye.

Each is called where ours has a value. A fit that finds no root gives None: nothing is known against our figure.
"""

from __future__ import annotations

import math
from collections import Counter
from typing import TYPE_CHECKING, TypeAlias

import numpy as np

from judgebench.agreement.witness.definitions import ranks
from judgebench.stats.coefficients.calibration import LOG_CLIP, LOGIT_CLIP

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from judgebench.agreement.kinds.scores import ScoredNumbers
    from judgebench.stats.crosstab import Flags, Floats

#: Numbers of gold and judge that are verdicts, and how often the row counts.
Numbers: TypeAlias = list[tuple[float, float, float]]
Labels: TypeAlias = frozenset[int]
#: Sets of gold and judge, and how often the row counts.
Sets: TypeAlias = list[tuple[Labels, Labels | None, float]]

_BINS = 10
#: A step this small, in standard units of the logits, leaves a root where it is.
NEAR = 1e-11
_STEPS = 100


def sure(numbers: ScoredNumbers) -> tuple[Floats, Flags]:
    """Take the probabilities that were given, or are wrong for want of one, and whether gold is positive."""
    if numbers.lost.any():
        return numbers.filled, numbers.positive
    return numbers.values[numbers.given], numbers.positive[numbers.given]


def _pairs(numbers: ScoredNumbers) -> list[tuple[float, bool]]:
    p, y = sure(numbers)
    return list(zip(p.tolist(), y.tolist(), strict=True))


def _mean(values: Sequence[float]) -> float:
    return math.fsum(values) / len(values)


def _ranks(values: Sequence[float]) -> list[float]:
    """Mean rank of each value among all."""
    times = Counter(values)
    own = ranks(times, {value: value for value in times})
    return [own[value] for value in values]


def _auc(numbers: ScoredNumbers) -> float:
    """Mann and Whitney's U, from the sum of the positives' ranks, over the number of pairs."""
    positive: list[bool] = numbers.positive.tolist()
    m = sum(positive)
    taken = math.fsum(rank for rank, right in zip(_ranks(numbers.ranked.tolist()), positive, strict=True) if right)
    return (taken - m * (m + 1) / 2) / (m * (len(positive) - m))


def _brier(numbers: ScoredNumbers) -> float:
    pairs = zip(numbers.filled.tolist(), numbers.positive.tolist(), strict=True)
    return _mean([(value - right) ** 2 for value, right in pairs])


def _log_loss(numbers: ScoredNumbers) -> float:
    said = (value if right else 1 - value for value, right in _pairs(numbers))
    return _mean([-math.log(max(share, LOG_CLIP)) for share in said])


def _ece(numbers: ScoredNumbers) -> float:
    p, y = sure(numbers)
    kept = ~numbers.lost if numbers.lost.any() else np.ones(p.size, dtype=np.bool_)
    gaps = [0.0] * _BINS
    alone = int(numbers.lost.sum())
    for value, right in zip(p[kept].tolist(), y[kept].tolist(), strict=True):
        # Right-closed: the first edge k / 10 that is not below the probability.
        place = next(k for k in range(1, _BINS + 1) if value <= k / _BINS)
        gaps[place - 1] += value - right
    return math.fsum([*map(abs, gaps), alone]) / p.size


def _ece_equal_mass(numbers: ScoredNumbers) -> float:
    p, y = sure(numbers)
    gaps = [0.0] * _BINS
    below: dict[float, int] = {}
    for rank, value in enumerate(sorted(p.tolist())):
        below.setdefault(value, rank)
    for value, right in zip(p.tolist(), y.tolist(), strict=True):
        gaps[below[value] * _BINS // p.size] += value - right
    return math.fsum(map(abs, gaps)) / p.size


def line(numbers: ScoredNumbers) -> tuple[float, float] | None:
    """Slope and intercept where the derivatives of the likelihood vanish, by Newton's method."""
    p, y = sure(numbers)
    bounded = np.clip(p, LOGIT_CLIP, 1 - LOGIT_CLIP)
    x = np.log(bounded) - np.log1p(-bounded)
    middle, unit = float(x.mean()), float(x.std())
    z = (x - middle) / unit
    beta, size = np.zeros(2), math.inf
    for _ in range(_STEPS):
        fitted = 0.5 + np.tanh((beta[0] + beta[1] * z) / 2) / 2
        weight, rest = fitted * (1 - fitted), y - fitted
        a, b, c = (float((weight * power).sum()) for power in (1.0, z, z * z))
        up, along = float(rest.sum()), float((rest * z).sum())
        if not (a * c - b * b) > 0:
            return None
        step = np.array([c * up - b * along, a * along - b * up]) / (a * c - b * b)
        size = float(np.abs(step).max())
        if size < NEAR:
            slope = float(beta[1]) / unit
            return slope, float(beta[0]) - slope * middle
        # A step of more than one unit could run past the root, and away from it.
        beta = beta + step / max(1.0, size)
    return None


def _slope(numbers: ScoredNumbers) -> float | None:
    found = line(numbers)
    return None if found is None else found[0]


def _intercept(numbers: ScoredNumbers) -> float | None:
    found = line(numbers)
    return None if found is None else found[1]


def _spiegelhalter(numbers: ScoredNumbers) -> float:
    p, y = (side.tolist() for side in sure(numbers))
    above = math.fsum((right - value) * (1 - 2 * value) for value, right in zip(p, y, strict=True))
    below = math.fsum((1 - 2 * value) ** 2 * value * (1 - value) for value in p)
    return above / math.sqrt(below)


def said_positive(numbers: ScoredNumbers) -> Flags:
    """Whether the number speaks for the positive class at one half; one that names no side is wrong."""
    return np.where(numbers.named, numbers.filled >= 0.5, ~numbers.positive)


def _threshold(numbers: ScoredNumbers) -> float:
    said = said_positive(numbers).tolist()
    return _mean([float(one == right) for one, right in zip(said, numbers.positive.tolist(), strict=True)])


def _correlation(gold: Sequence[float], judge: Sequence[float]) -> float:
    middle, other = _mean(gold), _mean(judge)
    x, y = [value - middle for value in gold], [value - other for value in judge]
    product, across, down = (math.fsum(map(float.__mul__, one, two)) for one, two in ((x, y), (x, x), (y, y)))
    return product / math.sqrt(across * down)


def _pearson(gold: Floats, judge: Floats) -> float:
    return _correlation(gold.tolist(), judge.tolist())


def _spearman(gold: Floats, judge: Floats) -> float:
    return _correlation(_ranks(gold.tolist()), _ranks(judge.tolist()))


def _ccc(gold: Floats, judge: Floats) -> float:
    covariance = np.cov(gold, judge, ddof=0)
    apart = (gold.mean() - judge.mean()) ** 2
    return float(2 * covariance[0, 1] / (covariance[0, 0] + covariance[1, 1] + apart))


def _icc(gold: Floats, judge: Floats) -> float:
    """McGraw & Wong's case of agreement, from the mean squares of a two-way layout."""
    table = np.column_stack([gold, judge])
    n, grand = len(table), table.mean()
    rows = 2 * float(((table.mean(axis=1) - grand) ** 2).sum()) / (n - 1)
    columns = n * float(((table.mean(axis=0) - grand) ** 2).sum())
    rest = table - table.mean(axis=1, keepdims=True) - table.mean(axis=0) + grand
    error = float((rest**2).sum()) / (n - 1)
    return (rows - error) / (rows + error + 2 * (columns - error) / n)


def _absolute(gold: Floats, judge: Floats) -> float:
    return _mean([abs(said - true) for said, true in zip(judge.tolist(), gold.tolist(), strict=True)])


def _signed(gold: Floats, judge: Floats) -> float:
    return math.fsum((judge - gold).tolist()) / gold.size


#: Figures of scores and probabilities of a check or a pair.
NUMBERS: dict[str, Callable[[ScoredNumbers], float | None]] = {
    "auc": _auc,
    "brier": _brier,
    "log_loss": _log_loss,
    "ece": _ece,
    "ece_equal_mass": _ece_equal_mass,
    "calibration_slope": _slope,
    "calibration_intercept": _intercept,
    "spiegelhalter_z": _spiegelhalter,
    "threshold_accuracy": _threshold,
}
#: Figures of ratings, of gold and judge.
RATED: dict[str, Callable[[Floats, Floats], float | None]] = {
    "score_pearson_r": _pearson,
    "score_spearman_rho": _spearman,
    "score_lin_ccc": _ccc,
    "score_icc_a1": _icc,
    "score_mean_absolute_error": _absolute,
    "score_mean_signed_error": _signed,
}
