"""Agreement of many raters, gaps allowed: what is observed, and what chance would give, per coefficient.

``ratings`` are codes of n units by m raters, shape (n, m), -1 where a rater left the unit out; ``categories`` q are the
declared ones, used or not; ``weights``, shape (q, q), are symmetric agreement weights with 1 on the diagonal, by
default the identity. Every coefficient is ``(pa - pe) / (1 - pe)``. Over the units with two ratings or more, ``pa`` is
the mean weighted agreement of a unit's pairs of ratings; the coefficients differ in what they expect by chance
(``pe``). Gaps are handled as Gwet does (2014, Handbook of Inter-Rater Reliability): a unit with a single rating says
nothing about agreement but counts in the margins. Each result carries the influence of every unit, so that standard
errors can be summed within clusters. ``no_pairs`` where no unit has two ratings, ``no_variation`` where pe is 1 or
there is a single category.
"""

from __future__ import annotations

from dataclasses import dataclass
from itertools import combinations
from typing import TYPE_CHECKING, Literal

import numpy as np

from judgebench.stats.coefficients.chance import cohen_kappa
from judgebench.stats.coefficients.krippendorff import count_units
from judgebench.stats.crosstab import TINY, Crosstab, Floats

if TYPE_CHECKING:
    import numpy.typing as npt

    Ints = npt.NDArray[np.integer]


@dataclass(frozen=True, slots=True)
class UnitOutcome:
    """A coefficient of many raters with the influence of each unit, or the reason why it has none.

    Influences, shape (n,), sum to 0, and ``sum(IF^2) / n^2`` is the variance of independent units; ``chance`` is pe.
    """

    value: float | None
    influence: Floats | None = None
    reason: str | None = None
    chance: float | None = None

    @classmethod
    def undefined(cls, reason: str) -> UnitOutcome:
        """Build an outcome without a value."""
        return cls(None, None, reason)


def weight_matrix(categories: int, values: Floats, kind: Literal["identity", "linear", "quadratic"]) -> Floats | None:
    """Agreement weights ``1 - (|x_i - x_j| / max)^p``, with p 1 (linear) or 2 (quadratic); or the identity.

    ``values`` are the positions of the first categories; one past them agrees with itself only. None without an order.
    Source: Cohen (1968), Weighted kappa; Gwet (2014), Handbook of Inter-Rater Reliability.
    """
    weights = np.eye(categories)
    if kind == "identity":
        return weights
    if len(values) < 2:
        return None
    apart = np.abs(values[:, None] - values[None, :]) / float(np.ptp(values))
    weights[: len(values), : len(values)] = 1 - (apart if kind == "linear" else apart**2)
    return weights


def mean_agreement(ratings: Ints, categories: int, weights: Floats | None = None) -> UnitOutcome:
    """Mean agreement ``pa`` of the pairs of ratings within a unit, over units with two ratings or more."""
    seen = _Panel.of(ratings, categories, weights)
    return UnitOutcome.undefined("no_pairs") if seen is None else UnitOutcome(seen.agreed, seen.influence, chance=0.0)


def fleiss_kappa(ratings: Ints, categories: int, weights: Floats | None = None) -> UnitOutcome:
    """Fleiss' kappa: chance is two ratings drawn from the margin of all raters, ``pe = sum w_kl p_k p_l``.

    Source: Fleiss (1971), Measuring nominal scale agreement among many raters. Ten units rated by 14 raters, the worked
    example of the encyclopedias, as counts per category:

    >>> counts = [[0, 0, 0, 0, 14], [0, 2, 6, 4, 2], [0, 0, 3, 5, 6], [0, 3, 9, 2, 0], [2, 2, 8, 1, 1],
    ...           [7, 7, 0, 0, 0], [3, 2, 6, 3, 0], [2, 5, 3, 2, 2], [6, 5, 2, 1, 0], [0, 2, 2, 3, 7]]
    >>> round(fleiss_kappa(np.array([np.repeat(range(5), unit) for unit in counts]), 5).value, 4)
    0.2099
    """
    seen = _Panel.of(ratings, categories, weights)
    if seen is None:
        return UnitOutcome.undefined("no_pairs")
    share = seen.share
    expected = float(share @ seen.weights @ share)
    return seen.corrected(expected, 2 * (seen.shares - share) @ (seen.weights @ share))


def gwet_ac(ratings: Ints, categories: int, weights: Floats | None = None) -> UnitOutcome:
    """Gwet's AC1, or AC2 with weights: ``pe = T / (q (q - 1)) * sum p_k (1 - p_k)``, T the sum of all weights.

    Source: Gwet (2008), Computing inter-rater reliability and its variance in the presence of high agreement.
    """
    seen = _Panel.of(ratings, categories, weights)
    if seen is None:
        return UnitOutcome.undefined("no_pairs")
    if categories < 2:
        return UnitOutcome.undefined("no_variation")
    share = seen.share
    scale = float(seen.weights.sum()) / (categories * (categories - 1))
    expected = scale * float((share * (1 - share)).sum())
    return seen.corrected(expected, scale * (seen.shares - share) @ (1 - 2 * share))


def brennan_prediger(ratings: Ints, categories: int, weights: Floats | None = None) -> UnitOutcome:
    """Brennan and Prediger's coefficient: chance is the same for every category, ``pe = sum w_kl / q^2``.

    Source: Brennan & Prediger (1981), Coefficient kappa: some uses, misuses, and alternatives.
    """
    seen = _Panel.of(ratings, categories, weights)
    if seen is None:
        return UnitOutcome.undefined("no_pairs")
    return seen.corrected(float(seen.weights.sum()) / categories**2, np.zeros(len(seen.shares)))


def conger_kappa(ratings: Ints, categories: int, weights: Floats | None = None) -> UnitOutcome:
    """Conger's kappa ("exact Fleiss"): chance is two *different* raters, each with a margin of their own.

    ``pe`` is the mean over pairs of raters g, h of ``sum w_kl p_gk p_hl``; raters without a rating don't count. With
    two raters it is Cohen's kappa. Source: Conger (1980), Integration and generalization of kappas for multiple raters.
    """
    seen = _Panel.of(ratings, categories, weights)
    if seen is None:
        return UnitOutcome.undefined("no_pairs")
    rated = ratings[:, (ratings >= 0).any(axis=0)]
    raters = rated.shape[1]
    margins = np.stack([np.bincount(one[one >= 0], minlength=categories) / (one >= 0).sum() for one in rated.T])
    others = (margins.sum(axis=0) - margins) @ seen.weights
    expected = float((margins * others).sum()) / (raters * (raters - 1))
    units = len(seen.shares)
    by_unit = np.zeros(len(ratings))
    for one, margin, other in zip(rated.T, margins, others, strict=True):
        there = one >= 0
        by_unit[there] += (other[one[there]] - float(margin @ other)) * units / int(there.sum())
    return seen.corrected(expected, 2 * by_unit[seen.rows] / (raters * (raters - 1)))


def light_kappa(ratings: Ints, categories: int, least: int = 1) -> UnitOutcome:
    """Light's kappa: the mean of Cohen's kappa over all pairs of raters that share at least ``least`` units.

    A pair without variation has no kappa and is left out; ``no_pairs`` where no pair shares enough units,
    ``no_variation`` where no pair has a kappa. Source: Light (1971), Measures of response agreement for qualitative
    data.
    """
    values: list[float] = []
    influence = np.zeros(len(ratings))
    reason = "no_pairs"
    for g, h in combinations(range(ratings.shape[1]), 2):
        both = np.flatnonzero((ratings[:, g] >= 0) & (ratings[:, h] >= 0))
        if both.size < max(least, 1):
            continue
        cells = ratings[both, g] * categories + ratings[both, h]
        joint = np.bincount(cells, minlength=categories**2).reshape(categories, categories) / both.size
        found = cohen_kappa(Crosstab(joint, both.size, categories, np.zeros(0)))
        if found.value is None or found.gradient is None:
            reason = "no_variation"
            continue
        values.append(found.value)
        influence[both] += (found.gradient.ravel()[cells] - float((joint * found.gradient).sum())) / both.size
    if not values:
        return UnitOutcome.undefined(reason)
    return UnitOutcome(float(np.mean(values)), influence * (len(ratings) / len(values)))


@dataclass(frozen=True, slots=True)
class _Panel:
    """What the coefficients share: observed agreement and the units' shares of each category.

    ``rows`` are the units with a rating; ``shares`` (one row each) and ``share``, their mean, are the margins;
    ``influence`` is the influence of all n units on the observed agreement.
    """

    weights: Floats
    agreed: float
    influence: Floats
    rows: npt.NDArray[np.intp]
    shares: Floats

    @classmethod
    def of(cls, ratings: Ints, categories: int, weights: Floats | None) -> _Panel | None:
        """Count; None where no unit has two ratings."""
        counts = count_units(ratings, categories)
        raters = counts.sum(axis=1)
        paired = raters >= 2
        if not paired.any():
            return None
        if weights is None:
            weights = np.eye(categories)
        pairs = np.where(paired, raters * (raters - 1), 1.0)
        within = (((counts @ weights) * counts).sum(axis=1) - raters) / pairs
        agreed = float(within[paired].mean())
        influence = np.where(paired, within - agreed, 0.0) * (len(counts) / int(paired.sum()))
        rows = np.flatnonzero(raters > 0)
        return cls(weights, agreed, influence, rows, counts[rows] / raters[rows, None])

    @property
    def share(self) -> Floats:
        """Mean share of each category, shape (q,)."""
        mean: Floats = self.shares.mean(axis=0)
        return mean

    def corrected(self, expected: float, by_unit: Floats) -> UnitOutcome:
        """Correct for chance; ``by_unit`` is the influence of the units with a rating on ``expected``."""
        if 1 - expected < TINY:
            return UnitOutcome.undefined("no_variation")
        influence = self.influence * (1 - expected)
        influence[self.rows] -= (1 - self.agreed) * by_unit * (len(influence) / self.rows.size)
        value = 1 - (1 - self.agreed) / (1 - expected)
        return UnitOutcome(value, influence / (1 - expected) ** 2, chance=expected)
