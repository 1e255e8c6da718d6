"""The matrix method: shares of several classes behind a judge's verdicts, for error rates known from outside.

``calibration``, shape (k, m), counts items by gold class and kind of verdict, m at least k; ``verdicts``, shape (m,),
counts what is measured; ``values``, shape (k,), are the classes' scores (1 for one class and 0 for the others gives its
share).

Source: Buonaccorsi (2010), Measurement error, chapter 3.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np

from judgebench.domain import Estimate
from judgebench.stats.crosstab import TINY
from judgebench.stats.inference.intervals import t_quantile

if TYPE_CHECKING:
    import numpy.typing as npt

    from judgebench.stats.crosstab import Floats

    Counts = npt.NDArray[np.integer]

#: Above this condition number of the confusion matrix, noise in the shares grows tenfold on the way back.
ILL_CONDITIONED = 10.0


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
    found = _on_simplex(behind[None])[0]
    shares = np.zeros(len(calibration))
    shares[seen] = found
    unseen = tuple(np.flatnonzero(totals == 0).tolist())
    return Shares(shares, float(singular[0] / singular[-1]), unseen)


def matrix_mean(calibration: Counts, verdicts: Counts, values: Floats) -> Estimate:
    """Mean of a score over the classes' shares, with the delta method's interval from counts that are never 0.

    ``sum_j q_j a_j^2 - (q.a)^2`` over n measured items and, of each class i, ``pi_i^2 (sum_j C_ij a_j^2 - (C a)_i^2)``
    over its calibration items, ``a = pinv(C) v``. For the interval each class has one more item, half of it judged
    rightly and half spread over all verdicts, and so has what is measured: a verdict that a handful of items never got
    is not one that can't be had. Student's t of the calibration items less one. Columns start with the classes' own
    verdicts; items are independent (`matrix_influence` gives what clusters sum).

    ``singular_matrix`` where two classes look alike to the judge, ``too_few_labels`` where there is one calibration
    item, or none has these verdicts. Source: Agresti & Coull (1998), Approximate is better than "exact" for interval
    estimation of binomial proportions, for the added items; simulated in `benchmarks/correction.py`.
    """
    n, labels = int(verdicts.sum()), int(calibration.sum())
    try:
        point = matrix_shares(calibration, verdicts)
        seen = np.setdiff1d(np.arange(len(calibration)), point.unseen)
        kinds = calibration.shape[1]
        pulled = calibration[seen] + (np.eye(*calibration.shape)[seen] + 1 / kinds) / 2
        shares = matrix_shares(pulled, verdicts + 1 / kinds).shares
    except ValueError as error:
        reasons = {"no item": "no_items", "no calibration": "too_few_labels"}
        reason = next((code for words, code in reasons.items() if str(error).startswith(words)), "singular_matrix")
        return Estimate.missing(reason, n)
    if labels < 2:
        return Estimate.missing("too_few_labels", n)
    totals, asked = pulled.sum(axis=1), (verdicts + 1 / kinds) / (n + 1)
    confusion = pulled / totals[:, None]
    slope = np.linalg.pinv(confusion) @ values[seen]
    spread = float((asked * slope**2).sum() - (asked * slope).sum() ** 2) / (n + 1)
    rows = (confusion * slope**2).sum(axis=1) - (confusion * slope).sum(axis=1) ** 2
    se = math.sqrt(max(0.0, spread + float((shares**2 * rows / totals).sum())))
    value, center, half = float(point.shares @ values), float(shares @ values[seen]), t_quantile(labels - 1) * se
    if se < TINY:
        return replace(Estimate.alone(value, n, "no_spread", 0.0), method="delta")
    low, high = max(float(values.min()), center - half), min(float(values.max()), center + half)
    return Estimate(value, min(low, value), max(high, value), n, se=se, method="delta")


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


def _on_simplex(shares: Floats) -> Floats:
    """Cut at 0 and scale to sum to 1, row by row."""
    cut = np.maximum(shares, 0.0)
    found: Floats = cut / cut.sum(axis=1, keepdims=True)
    return found
