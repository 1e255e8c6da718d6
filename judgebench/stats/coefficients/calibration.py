"""Whether probabilities mean what they say, and whether a higher score means a positive item.

``probabilities`` p, shape (n,), say how likely each item is positive; ``positive`` y, shape (n,), is gold. Every figure
raises ValueError if shapes differ or a probability is outside [0, 1], and is undefined (``no_items``) without rows.
``scores``, shape (n,), are in any unit, and may be infinite (a judge that gave none) but not NaN.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal, TypeAlias

import numpy as np

from judgebench.stats.crosstab import TINY
from judgebench.stats.influence import RowOutcome
from judgebench.stats.logistic import maximum_likelihood

if TYPE_CHECKING:
    import numpy.typing as npt

    from judgebench.stats.crosstab import Flags, Floats
    from judgebench.stats.influence import Clusters


Binning: TypeAlias = Literal["width", "mass"]
Closed: TypeAlias = Literal["right", "left"]

#: Probabilities are held this far from 0 and 1 in `log_loss`, so that one certain slip is not infinite.
LOG_CLIP = 1e-15
#: The same for the logits of `calibration_line`, where a certain answer must not outweigh all others.
LOGIT_CLIP = 1e-6


def brier(probabilities: Floats, positive: Flags) -> RowOutcome:
    """Brier score ``mean((p - y) ** 2)`` in [0, 1], lower is better; 0.25 for saying one half throughout.

    Source: Brier (1950), Verification of forecasts expressed in terms of probability (here half of his sum over two
    classes, as is usual). The toy of the project's reference, section 9.3:

    >>> p = np.array([0.1, 0.1, 0.3, 0.4, 0.6, 0.65, 0.8, 0.9, 0.95, 1.0])
    >>> y = np.array([0, 0, 1, 0, 1, 0, 1, 1, 1, 1], dtype=bool)
    >>> round(brier(p, y).value, 12)
    0.1305
    """
    check_probabilities(probabilities, positive)
    return RowOutcome.mean((probabilities - positive) ** 2)


def log_loss(probabilities: Floats, positive: Flags, clip: float = LOG_CLIP) -> RowOutcome:
    """Mean negative log-likelihood in nats, ``-mean(y log p + (1 - y) log(1 - p))``: 0.693 for one half throughout.

    ``clip`` is the least probability of gold's label that is reckoned with: the worst row costs ``-log(clip)``.
    Source: Good (1952), Rational decisions.
    """
    check_probabilities(probabilities, positive)
    # Of gold's label, so that being sure and wrong costs the same either way: 1 - (1 - clip) is not clip in floats.
    said = np.where(positive, probabilities, 1 - probabilities)
    return RowOutcome.mean(-np.log(np.maximum(said, clip)))


def bins_of(
    probabilities: Floats, bins: int = 10, *, by: Binning = "width", closed: Closed = "right"
) -> npt.NDArray[np.intp]:
    """Bin of each probability, 0 .. bins - 1.

    Bins are of equal ``width`` (``closed`` says to which side an edge belongs; 0 and 1 are in the outer bins), or of
    (nearly) equal ``mass``: as many items each, but equal probabilities are never parted, so that the order of the
    items does not matter. Source: Guo, Pleiss, Sun & Weinberger (2017), On calibration of modern neural networks (equal
    width); Nguyen & O'Connor (2015), Posterior calibration and exploratory analysis for NLP models (equal mass).

    >>> p = np.array([0.1, 0.2, 0.25, 0.9])
    >>> bins_of(p, 5).tolist(), bins_of(p, 5, closed="left").tolist(), bins_of(p, 2, by="mass").tolist()
    ([0, 0, 1, 4], [0, 1, 1, 4], [0, 0, 1, 1])
    """
    if bins < 1:
        raise ValueError(f"{bins} bins")
    if by == "mass":
        below = np.searchsorted(np.sort(probabilities), probabilities, side="left")
        return (below * bins) // max(probabilities.size, 1)
    # A quotient, not a running sum: 7 / 10 is the number that a file writes as 0.7.
    edges = np.arange(1, bins) / bins
    return np.searchsorted(edges, probabilities, side="left" if closed == "right" else "right")


def expected_calibration_error(
    probabilities: Floats, positive: Flags, bins: int = 10, *, by: Binning = "width", closed: Closed = "right"
) -> RowOutcome:
    """Mean distance of stated and observed share over `bins_of`, ``sum_b n_b / n * |mean p_b - mean y_b|``.

    The value depends on the bins, so they belong beside it; it is above 0 even for a calibrated judge, the more the
    fewer items a bin has. The influence function takes the bins and the sign of each gap as given.
    Source: Naeini, Cooper & Hauskrecht (2015), Obtaining well calibrated probabilities using Bayesian binning.
    """
    check_probabilities(probabilities, positive)
    if not probabilities.size:
        return RowOutcome.undefined("no_items")
    place = bins_of(probabilities, bins, by=by, closed=closed)
    gap = probabilities - positive
    signs = np.sign(np.bincount(place, weights=gap, minlength=bins))
    return RowOutcome.mean(signs[place] * gap)


def calibration_excess(
    probabilities: Floats,
    positive: Flags,
    clusters: Clusters,
    bins: int = 10,
    *,
    by: Binning = "width",
    closed: Closed = "right",
) -> float:
    """Most that chance alone can lift the calibration error: the bias that its influence function can't see.

    A bin whose true gap is 0 shows one nevertheless, on average ``sqrt(2 / pi)`` standard errors of it; a bin whose gap
    is clear of 0 shows it without bias. ``sum_b sqrt(2 / pi) s_b [|d_b| < 2 s_b]``, with ``d_b`` the bin's sum of
    ``p - y`` over n and ``s_b^2 = sum_g (cluster's part of d_b)^2``; 0 where every bin's gap is clear, or without rows.

    Source: Broecker (2012), Estimating reliability and resolution of probability forecasts through decomposition of the
    empirical score, for the bias; Armstrong & Kolesar (2018), Optimal inference in a class of regression models, for
    intervals that are widened by the most a bias can be.
    """
    check_probabilities(probabilities, positive)
    n = probabilities.size
    if not n:
        return 0.0
    place = bins_of(probabilities, bins, by=by, closed=closed)
    gap = (probabilities - positive) / n
    _, part = np.unique(clusters.codes.astype(np.int64) * bins + place, return_inverse=True)
    owner = np.zeros(int(part.max()) + 1, dtype=np.intp)
    owner[part] = place
    # Not centred: a bin with a single row has no spread of its own, which proves nothing.
    squares = np.bincount(owner, weights=np.bincount(part, weights=gap) ** 2, minlength=bins)
    error = np.sqrt(squares)
    unsure = np.abs(np.bincount(place, weights=gap, minlength=bins)) < 2 * error
    return math.sqrt(2 / math.pi) * float(error[unsure].sum())


def logits(probabilities: Floats, clip: float = LOGIT_CLIP) -> Floats:
    """Log odds of probabilities, which are moved into ``[clip, 1 - clip]``."""
    sure = np.clip(probabilities, clip, 1 - clip)
    found: Floats = np.log(sure) - np.log1p(-sure)
    return found


def calibration_line(probabilities: Floats, positive: Flags, clip: float = LOGIT_CLIP) -> tuple[RowOutcome, RowOutcome]:
    """Slope and intercept of the logistic recalibration ``logit P(y) = intercept + slope * logit p``.

    A calibrated judge has slope 1 and intercept 0; a slope below 1 means overconfidence, above 1 timidity.
    Probabilities are moved into ``[clip, 1 - clip]`` before the logit. Undefined for gold of ``one_class``, a judge
    with ``no_variation``, and where a threshold parts the classes (``separated``), so that the likelihood has no
    maximum.
    Source: Cox (1958), Two further applications of a model for binary regression; the standard error is the sandwich.
    """
    check_probabilities(probabilities, positive)
    if not probabilities.size:
        return _twice("no_items")
    if positive.all() or not positive.any():
        return _twice("one_class")
    x = logits(probabilities, clip)
    if float(x.max() - x.min()) < TINY:
        return _twice("no_variation")
    yes, no = x[positive], x[~positive]
    if no.max() <= yes.min() or yes.max() <= no.min():
        return _twice("separated")
    middle, unit = float(x.mean()), float(x.std())
    fit = maximum_likelihood(positive.astype(np.float64), np.column_stack([np.ones(x.size), (x - middle) / unit]))
    if isinstance(fit, str):
        return _twice(fit)
    beta, influence = fit.coefficients, x.size * fit.influence
    slope, slope_influence = float(beta[1]) / unit, influence[:, 1] / unit
    return (
        RowOutcome(slope, slope_influence),
        RowOutcome(float(beta[0]) - slope * middle, influence[:, 0] - middle * slope_influence),
    )


def spiegelhalter_z(probabilities: Floats, positive: Flags) -> RowOutcome:
    """Spiegelhalter's test whether the Brier score is what it would be if the probabilities were true.

    ``z = sum((y - p) (1 - 2p)) / sqrt(sum((1 - 2p)^2 p (1 - p)))``, standard normal for a calibrated judge on
    independent items; a test statistic has no interval, so there is no influence. ``no_variation`` where every
    probability is 0, 1 or one half, and nothing could contradict it by degrees.
    Source: Spiegelhalter (1986), Probabilistic prediction in patient management and clinical trials.
    """
    check_probabilities(probabilities, positive)
    if not probabilities.size:
        return RowOutcome.undefined("no_items")
    lean = 1 - 2 * probabilities
    variance = float((lean**2 * probabilities * (1 - probabilities)).sum())
    if variance < TINY:
        return RowOutcome.undefined("no_variation")
    return RowOutcome(float(((positive - probabilities) * lean).sum()) / math.sqrt(variance))


def _twice(reason: str) -> tuple[RowOutcome, RowOutcome]:
    return RowOutcome.undefined(reason), RowOutcome.undefined(reason)


def check_probabilities(probabilities: npt.NDArray[Any], positive: npt.NDArray[Any]) -> None:
    """Refuse shapes that differ, and probabilities outside [0, 1]."""
    if probabilities.shape != positive.shape or probabilities.ndim != 1:
        raise ValueError(f"probabilities of shape {probabilities.shape} for gold of shape {positive.shape}")
    if not ((probabilities >= 0) & (probabilities <= 1)).all():
        raise ValueError("a probability is outside [0, 1]")


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
    Source: DeLong, DeLong & Clarke-Pearson (1988), Comparing the areas under two or more correlated receiver operating
    characteristic curves.
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
    from scipy.special import ndtr

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
