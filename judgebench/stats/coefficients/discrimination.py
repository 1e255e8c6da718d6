"""Does a higher score mean a positive item? The area under the ROC curve, with DeLong's covariance.

``scores`` of n items, shape (n,), in any unit, beside ``positive``, gold; ValueError if shapes differ or a score is
NaN. Infinite scores are allowed (a judge that gave none).
Source: DeLong, DeLong & Clarke-Pearson (1988), Comparing the areas under two or more correlated receiver operating
characteristic curves.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from judgebench.stats.crosstab import TINY
from judgebench.stats.influence import RowOutcome

if TYPE_CHECKING:
    import numpy.typing as npt

    from judgebench.stats.crosstab import Floats

    Flags = npt.NDArray[np.bool_]


@dataclass(frozen=True, slots=True)
class DeLongTest:
    """Two judges' areas on the same items: first minus second, DeLong's standard error, and the two-sided normal test.

    ``z`` and ``p`` are None where no row tells the two apart.
    """

    difference: float
    se: float
    z: float | None
    p: float | None


def auc(scores: Floats, positive: Flags) -> RowOutcome:
    """Area under the ROC curve: how often a positive item scores above a negative one, a tie counting half.

    ``AUC = mean over pairs of [s+ > s-] + [s+ = s-] / 2`` (Mann-Whitney). A row's influence is its *placement value*,
    the share of the other class that it is on the right side of, so that independent rows get DeLong's standard error
    exactly and clustered ones the sums over clusters (Obuchowski 1997, Nonparametric analysis of clustered ROC curve
    data). ``no_items`` without rows, ``one_class`` where gold has one class only. No influence where a class has a
    single row: its variance can't be told.

    Hanley & McNeil (1982), table I: 109 CT images in five ratings, 58 normal and 51 abnormal; area 0.893.

    >>> normal, abnormal = np.repeat(np.arange(5.0), (33, 6, 6, 11, 2)), np.repeat(np.arange(5.0), (3, 2, 2, 11, 33))
    >>> found = auc(np.r_[normal, abnormal], np.arange(109) >= 58)
    >>> round(found.value, 3)
    0.893
    """
    _check(scores, positive)
    if not scores.size:
        return RowOutcome.undefined("no_items")
    m = int(np.count_nonzero(positive))
    k = positive.size - m
    if not m or not k:
        return RowOutcome.undefined("one_class")
    place = placements(scores, positive)
    value = float(place[positive].mean())
    if min(m, k) == 1:
        return RowOutcome(value)
    n = positive.size
    # Each class has its own n / (n - 1), as in DeLong; the engine's common one is taken out again.
    weight = np.where(positive, n / m * math.sqrt(m / (m - 1)), n / k * math.sqrt(k / (k - 1)))
    return RowOutcome(value, (place - value) * weight * math.sqrt((n - 1) / n))


def placements(scores: Floats, positive: Flags) -> Floats:
    """Share of the other class that each row is on the right side of, a tie counting half.

    DeLong's structural components. Both classes must occur; the mean over either class is the area.
    """
    place = np.empty(scores.size)
    for own, sign in ((positive, 1.0), (~positive, -1.0)):
        other = np.sort(sign * scores[~own])
        mine = sign * scores[own]
        below = np.searchsorted(other, mine, side="left") + np.searchsorted(other, mine, side="right")
        place[own] = below / (2 * other.size)
    return place


def delong_covariance(scores: Floats, positive: Flags) -> tuple[Floats, Floats]:
    """Areas of several judges, shape (judges,), on the same items, and DeLong's covariance of them (equations 4 to 6).

    ``S = S10 / m + S01 / k``, with the sample covariances of the placement values of m positive and k negative items,
    taken as independent. ``scores`` has shape (judges, n); ValueError if a class has fewer than 2 items.
    """
    for one in scores:
        _check(one, positive)
    m = int(np.count_nonzero(positive))
    if min(m, positive.size - m) < 2:
        raise ValueError("DeLong's covariance needs 2 positive and 2 negative items or more")
    place = np.stack([placements(one, positive) for one in scores])
    covariance = np.zeros((len(scores), len(scores)))
    for own in (positive, ~positive):
        covariance += np.atleast_2d(np.cov(place[:, own])) / int(np.count_nonzero(own))
    return place[:, positive].mean(axis=1), covariance


def delong_test(first: Floats, second: Floats, positive: Flags) -> DeLongTest:
    """Compare two judges' areas on the same, independent items; ValueError if a class has fewer than 2 of them."""
    from scipy.special import ndtr  # noqa: PLC0415 - loaded on use

    areas, covariance = delong_covariance(np.stack([first, second]), positive)
    variance = float(covariance[0, 0] + covariance[1, 1] - 2 * covariance[0, 1])
    difference = float(areas[0] - areas[1])
    se = math.sqrt(max(variance, 0.0))
    if se < TINY:
        return DeLongTest(difference, 0.0, None, None)
    z = difference / se
    return DeLongTest(difference, se, z, float(2 * ndtr(-abs(z))))


def threshold_accuracy(scores: Floats, positive: Flags, threshold: float = 0.5) -> RowOutcome:
    """Share of items on the right side of a threshold; a score at it counts as positive. ``no_items`` without rows.

    Source: Fawcett (2006), An introduction to ROC analysis, section 2.
    """
    _check(scores, positive)
    return RowOutcome.mean(((scores >= threshold) == positive).astype(np.float64))


def _check(scores: npt.NDArray[Any], positive: npt.NDArray[Any]) -> None:
    if scores.shape != positive.shape or scores.ndim != 1:
        raise ValueError(f"scores of shape {scores.shape} for gold of shape {positive.shape}")
    if np.isnan(scores).any():
        raise ValueError("a score is NaN; leave the row out, or give it the score of a miss")
