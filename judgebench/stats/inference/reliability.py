"""The reliability table: stated probabilities beside observed shares, bin by bin."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from judgebench.stats.coefficients.calibration import bins_of, check_probabilities
from judgebench.stats.inference.intervals import wilson

if TYPE_CHECKING:
    from judgebench.stats.coefficients.calibration import Binning, Closed, Flags
    from judgebench.stats.crosstab import Floats


@dataclass(frozen=True, slots=True)
class Bin:
    """A row of the reliability table: mean probability and share of positive items, with its Wilson 95 % interval.

    ``low`` and ``high`` are the smallest and largest probability in the bin.
    """

    n: int
    low: float
    high: float
    predicted: float
    observed: float
    observed_low: float
    observed_high: float


def reliability(
    probabilities: Floats, positive: Flags, bins: int = 10, *, by: Binning = "width", closed: Closed = "right"
) -> list[Bin]:
    """Stated and observed share, bin by bin in order of probability; empty bins are left out.

    Arguments and errors are those of `expected_calibration_error`.
    Source: Murphy & Winkler (1977), Reliability of subjective probability forecasts of precipitation and temperature.

    >>> p = np.array([0.1, 0.1, 0.3, 0.4, 0.6, 0.65, 0.8, 0.9, 0.95, 1.0])
    >>> y = np.array([0, 0, 1, 0, 1, 0, 1, 1, 1, 1], dtype=bool)
    >>> [(one.n, round(one.predicted, 3), one.observed) for one in reliability(p, y, 2)]
    [(4, 0.225, 0.25), (6, 0.817, 0.8333333333333334)]
    """
    check_probabilities(probabilities, positive)
    place = bins_of(probabilities, bins, by=by, closed=closed)
    found: list[Bin] = []
    for one in np.unique(place):
        inside = place == one
        own, n = probabilities[inside], int(np.count_nonzero(inside))
        share = float(positive[inside].mean())
        low, high = wilson(share, n)
        found.append(Bin(n, float(own.min()), float(own.max()), float(own.mean()), share, low, high))
    return found
