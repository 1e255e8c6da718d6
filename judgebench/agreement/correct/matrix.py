"""The matrix method: shares of several classes behind a judge's verdicts, for error rates known from outside.

``calibration``, shape (k, m), counts items by gold class and kind of verdict, m at least k; ``verdicts``, shape (m,),
counts what is measured; ``values``, shape (k,), are the classes' scores (1 for one class and 0 for the others gives its
share). Source: Buonaccorsi (2010), Measurement error, chapter 3.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from judgebench.domain import Estimate
from judgebench.stats.crosstab import TINY

if TYPE_CHECKING:
    import numpy.typing as npt

    from judgebench.stats.crosstab import Floats

    Counts = npt.NDArray[np.integer]

#: Above this condition number of the confusion matrix, noise in the shares grows tenfold on the way back.
ILL_CONDITIONED = 10.0
_DRAWS = 2000


@dataclass(frozen=True, slots=True)
class Shares:
    """Share of each class, held in the simplex; 0 for the ``unseen``, those without a calibration item.

    ``condition`` is that of the confusion matrix: 1 for a perfect judge, infinite where two classes look alike to it.
    """

    shares: Floats
    condition: float
    unseen: tuple[int, ...]


def matrix_shares(calibration: Counts | Floats, verdicts: Counts | Floats) -> Shares:
    """Solve ``q = C' pi`` for the shares of the classes.

    With C the judge's confusion matrix (rows gold, each summing to 1) and q the shares of its verdicts. Where the judge
    has more kinds of verdicts than there are classes (no verdict is one), it is solved by least squares. A solution
    outside the simplex is cut at 0 and scaled to sum to 1. ValueError if nothing is counted, the matrix can't be
    inverted, or no calibration row has these verdicts.

    Source: Tenenbein (1972), A double sampling scheme for estimating from misclassified multinomial data; Saerens,
    Latinne & Decaestecker (2002) call it the confusion matrix method. Vossler et al. (2025) have a judge of three
    levels that calls 45 % of the true 3s a 2; behind the shares .3, .4, .3 of its scores are then

    >>> judge = np.array([[1, 0, 0], [0, 1, 0], [0, 0.45, 0.55]])
    >>> matrix_shares(judge, np.array([0.3, 0.4, 0.3])).shares.round(6).tolist()
    [0.3, 0.154545, 0.545455]
    """
    totals = calibration.sum(axis=1)
    seen = np.flatnonzero(totals > 0)
    asked = float(verdicts.sum())
    if not seen.size or asked <= 0:
        raise ValueError("no item is counted")
    confusion = calibration[seen] / totals[seen, None]
    singular = np.linalg.svd(confusion, compute_uv=False)
    if singular[-1] < TINY or seen.size > confusion.shape[1]:
        raise ValueError("two classes look alike to the judge")
    behind = np.linalg.pinv(confusion.T) @ (verdicts / asked)
    if np.maximum(behind, 0.0).sum() < TINY:
        raise ValueError("no calibration row has these verdicts")
    found = _held(behind[None])[0]
    shares = np.zeros(len(calibration))
    shares[seen] = found
    unseen = tuple(np.flatnonzero(totals == 0).tolist())
    return Shares(shares, float(singular[0] / singular[-1]), unseen)


def matrix_mean(
    calibration: Counts, verdicts: Counts, values: Floats, *, draws: int = _DRAWS, seed: int = 0, level: float = 0.95
) -> Estimate:
    """Mean of a score over the classes' shares, with a percentile interval of the bootstrap.

    Items are independent: calibration items and measured ones are resampled apart, as cells of a multinomial. Where
    they are not, `matrix_influence` gives what clusters sum. ``singular_matrix`` where two classes look alike to the
    judge, ``too_few_labels`` where a class has a single calibration item and resampling loses it too often, or where no
    calibration row has these verdicts. Source: Efron & Tibshirani (1993), An introduction to the bootstrap, chapter 13.
    """
    n = int(verdicts.sum())
    try:
        point = matrix_shares(calibration, verdicts)
    except ValueError as error:
        reasons = {"no item": "no_items", "no calibration": "too_few_labels"}
        reason = next((code for words, code in reasons.items() if str(error).startswith(words)), "singular_matrix")
        return Estimate.missing(reason, n)
    rng = np.random.default_rng(seed)
    seen = [k for k in range(len(calibration)) if k not in point.unseen]
    first = _resampled(calibration, draws, rng).reshape(draws, *calibration.shape)[:, seen]
    second = _resampled(verdicts, draws, rng)
    totals = first.sum(axis=2)
    usable = (totals > 0).all(axis=1) & (second.sum(axis=1) > 0)
    first, second, totals = first[usable], second[usable], totals[usable]
    confusion = first / totals[:, :, None]
    least = np.linalg.svd(confusion, compute_uv=False)[:, -1] if len(confusion) else np.zeros(0)
    good = least > TINY
    value = float(point.shares @ values)
    if np.count_nonzero(good) < 0.9 * draws:
        return Estimate.missing("too_few_labels", n)
    inverse = np.linalg.pinv(confusion[good].transpose(0, 2, 1))
    asked = second[good] / second[good].sum(axis=1, keepdims=True)
    # einsum's own loop, not BLAS: the same digits whatever the number of threads.
    behind = np.einsum("bkm,bm->bk", inverse, asked)
    behind = behind[np.maximum(behind, 0.0).sum(axis=1) > TINY]
    if len(behind) < 0.9 * draws:
        return Estimate.missing("too_few_labels", n)
    means = _held(behind) @ values[seen]
    low, high = (float(bound) for bound in np.quantile(means, [(1 - level) / 2, (1 + level) / 2]))
    se = float(means.std(ddof=1))
    if se < TINY:
        return Estimate(value, None, None, n, se=0.0, method="bootstrap")
    return Estimate(value, min(low, value), max(high, value), n, se=se, method="bootstrap")


def matrix_influence(calibration: Counts, verdicts: Counts, values: Floats) -> tuple[Floats, Floats]:
    """Influence of each measured row, by verdict, and of each calibration row, on the mean score of the matrix method.

    With ``a = pinv(C) v``, the influence of a measured row with verdict j is ``a_j - a.q``, and that of a calibration
    row with gold i and verdict j is ``-(pi_i / share of i) (a_j - (C a)_i)``, 0 for classes that do not occur: the
    delta method, row by row. Divided by the number of rows on their side, the influences sum to the error of the
    estimate. ValueError as `matrix_shares`.
    """
    point = matrix_shares(calibration, verdicts)
    totals = calibration.sum(axis=1)
    seen = np.flatnonzero(totals > 0)
    confusion = calibration[seen] / totals[seen, None]
    slope = np.linalg.pinv(confusion) @ values[seen]
    ours = slope - float((verdicts * slope).sum()) / float(verdicts.sum())
    theirs = np.zeros(calibration.shape)
    weight = point.shares[seen] / (totals[seen] / totals.sum())
    theirs[seen] = -weight[:, None] * (slope[None, :] - (confusion @ slope)[:, None])
    return ours, theirs


def _held(shares: Floats) -> Floats:
    """Cut at 0 and scale to sum to 1, row by row."""
    cut = np.maximum(shares, 0.0)
    found: Floats = cut / cut.sum(axis=1, keepdims=True)
    return found


def _resampled(counts: Counts, draws: int, rng: np.random.Generator) -> Floats:
    """Resampled counts, shape (draws, cells)."""
    cells = counts.ravel()
    total = int(cells.sum())
    return rng.multinomial(total, cells / total, size=draws).astype(np.float64)
