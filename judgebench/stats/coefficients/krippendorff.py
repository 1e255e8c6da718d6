"""Krippendorff's alpha: for a table of two raters, and for many raters with gaps.

Ratings are codes of n units by m raters, shape (n, m), -1 where a rater left the unit out; ``values`` are the positions
of the first v of k categories, empty where they have no order. The influence functions are those of the large-sample
coefficient: alpha's small-sample factor ``1 - 1 / N`` over N pairable values scales the value, not the standard error.
Alpha is at most 1, and undefined where only one label occurs (``no_variation``).

Source: Krippendorff (2011), Computing Krippendorff's alpha-reliability.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from functools import partial
from itertools import combinations_with_replacement, permutations, product

import numpy as np

from judgebench.stats.coefficients.numeric import mid_ranks, rank_slopes
from judgebench.stats.crosstab import (
    TINY,
    Crosstab,
    Evaluated,
    Flags,
    Floats,
    Ints,
    Level,
    Outcome,
    by_table,
    count_units,
    dot,
    margins,
    positive,
    row_times,
    times_column,
    total,
)

#: Krippendorff's example as R's irr has it, shared by the examples here and in `raters`: four observers on
#: twelve units, shape (12, 4); codes of the categories 1 to 5, gaps -1.
CANONICAL = np.array([
    [0, 1, 2, 2, 1, 0, 3, 0, 1, -1, -1, -1],
    [0, 1, 2, 2, 1, 1, 3, 0, 1, 4, -1, -1],
    [-1, 2, 2, 2, 1, 2, 3, 1, 1, 4, 0, 2],
    [0, 1, 2, 2, 1, 3, 3, 0, 1, 4, 0, -1],
]).T  # fmt: skip
CANONICAL.setflags(write=False)
#: Units that are tried two by two in `least_alpha`, at most.
_FEW = 8


def krippendorff_alpha(table: Crosstab) -> Outcome:
    """Krippendorff's alpha at the scale's own level of measurement."""
    return _two_raters(table, table.level)


def krippendorff_alpha_nominal(table: Crosstab) -> Outcome:
    """Krippendorff's alpha with the nominal distance: labels differ or don't."""
    return _two_raters(table, "nominal")


def krippendorff_alpha_ordinal(table: Crosstab) -> Outcome:
    """Krippendorff's alpha with the ordinal distance: squared difference of mean ranks; ``no_order`` without values."""
    return _two_raters(table, "ordinal")


def krippendorff_alpha_interval(table: Crosstab) -> Outcome:
    """Krippendorff's alpha with the interval distance: squared difference of values; ``no_order`` without these."""
    return _two_raters(table, "interval")


def krippendorff_alpha_ratio(table: Crosstab) -> Outcome:
    """Krippendorff's alpha with the ratio distance: the squared difference of values by their squared sum.

    Two values c and k are ``((c - k) / (c + k)) ** 2`` apart, and 0 where both are 0: a step near zero counts more than
    the same step far from it. ``no_order`` without values, ``negative_values`` where one is below zero.
    """
    return _two_raters(table, "ratio")


def alpha_units(ratings: Ints, categories: int, values: Floats, level: Level) -> tuple[float, Floats] | str:
    """Krippendorff's alpha of many raters, gaps allowed, with the influence of each unit, or why there is none.

    The influences average to 0; a unit with fewer than two ratings has 0. Krippendorff's four observers on twelve
    units:

    >>> levels = ("nominal", "ordinal", "interval", "ratio")
    >>> [round(alpha_units(CANONICAL, 5, np.arange(1.0, 6.0), level)[0], 3) for level in levels]
    [0.743, 0.815, 0.849, 0.797]
    """
    if reason := _no_distance(level, values):
        return reason
    counts = count_units(ratings, categories)
    raters = counts.sum(axis=1)
    paired = raters >= 2
    units = int(paired.sum())
    if not units:
        return "no_pairs"
    counts *= paired[:, None]
    raters = raters * paired
    per_pair = np.where(paired, 1 / np.maximum(raters - 1, 1), 0.0)
    size = float(raters.sum())
    share = counts.sum(axis=0) / size
    joint = _coincidences(counts) / size
    distance = _Distance.of(level, share, values)
    observed, expected = float((joint * distance.matrix).sum()), float(share @ distance.matrix @ share)
    if expected < TINY:
        return "no_variation"
    value = 1 - (1 - 1 / size) * observed / expected
    scale = len(ratings) / size
    within = np.einsum("uc,ck,uk->u", counts, distance.matrix, counts, optimize=True) * per_pair
    lean = (counts - raters[:, None] * share[None, :]) * scale
    d_observed = (within - observed * raters) * scale + lean @ distance.slope(joint)
    d_expected = lean @ (2 * distance.matrix @ share + distance.slope(np.outer(share, share)))
    return value, (observed * d_expected / expected - d_observed) / expected


def coincidence_table(ratings: Ints, categories: int, values: Floats, level: Level) -> Crosstab:
    """Make one table of many raters' labels: two raters with this one have the same alpha (n: half of the ratings)."""
    counts = count_units(ratings, categories)
    joint = _coincidences(counts)
    size = float(joint.sum())
    return Crosstab(joint / max(size, 1.0), max(1, round(size / 2)), categories, values, level)


def _coincidences(counts: Floats) -> Floats:
    """Sum ``(c c' - diag c) / (r - 1)`` over units of r ratings with the counts c of each category, shape (k, k)."""
    weighed = counts / np.maximum(counts.sum(axis=1, keepdims=True) - 1, 1)
    return np.asarray(weighed.T @ counts - np.diag(weighed.sum(axis=0)))


def least_alpha(ratings: Ints, silent: Flags, labels: int, values: Floats, level: Level) -> Ints:
    """Give the units on which the last rater is ``silent``, shape (n,), those of ``labels`` that make alpha least.

    From all on one label, whichever, each unit takes the label that adds most to ``Do - (1 - alpha) De``, as long as
    alpha falls (Dinkelbach 1967, On nonlinear fractional programming).
    """
    categories = max(labels, int(ratings.max(initial=-1)) + 1)
    rows, filled = np.flatnonzero(silent), ratings.copy()
    others = count_units(ratings[rows, :-1], categories)

    def value(codes: Ints) -> float:
        filled[rows, -1] = codes
        found = alpha_units(filled, categories, values, level)
        return math.inf if isinstance(found, str) else found[0]

    def descend(codes: Ints) -> tuple[float, Ints]:
        least, lower, best = math.inf, value(codes), codes
        while lower < least - TINY:
            best, least = codes, lower
            counts = count_units(filled, categories)
            share = counts[counts.sum(axis=1) >= 2].sum(axis=0)
            share /= share.sum()
            distance = _Distance.of(level, share, values).matrix[:, :labels]
            gain = others @ distance / np.maximum(others.sum(axis=1, keepdims=True), 1)
            codes = (gain - (1 - least) * share @ distance).argmax(axis=1)
            lower = value(codes)
        return least, best

    found = [descend(np.full(rows.size, label)) for label in range(labels)]
    least, codes = min(found, key=lambda one: one[0])
    # Of few units a descent may miss the best: they are tried two by two.
    pairs = combinations_with_replacement(range(rows.size if rows.size <= _FEW else 0), 2)
    for (one, other), first, second in product(pairs, range(labels), range(labels)):
        tried = codes.copy()
        tried[one], tried[other] = first, second
        if (lower := value(tried)) < least - TINY:
            codes, least = tried, lower
    value(codes)
    return filled


def coincidences(ratings: Ints, categories: int, groups: Ints, count: int) -> Floats:
    """Sum the coincidence matrices of the units in each group: ``o_ck = sum of (ordered pairs c, k) / (m_u - 1)``.

    There is one symmetric matrix per group 0 .. count - 1, shape (G, k, k); a unit adds as much as it has ratings, if
    it has two or more.
    """
    present = ratings >= 0
    per_pair = 1 / np.maximum(present.sum(axis=1) - 1, 1)
    size = categories * categories
    sums = np.zeros(count * size)
    for g, h in permutations(range(ratings.shape[1]), 2):
        both = np.flatnonzero(present[:, g] & present[:, h])
        cells = groups[both] * size + ratings[both, g] * categories + ratings[both, h]
        sums += np.bincount(cells, weights=per_pair[both], minlength=sums.size)
    return sums.reshape(count, categories, categories)


def alpha_of_coincidences(sums: Floats, values: Floats, level: Level) -> Floats:
    """Alpha of each of many coincidence matrices, shape (b, k, k), at once; NaN marks one with one category or none."""
    margins = sums.sum(axis=2)
    size = margins.sum(axis=1)
    share = margins / np.maximum(size, 1)[:, None]
    matrix = _Distance.of(level, share, values).matrix
    observed, expected = total(sums * matrix), dot(share, row_times(share, matrix))
    found = np.full(len(sums), np.nan)
    np.divide(observed * (size - 1), expected * np.square(size), out=found, where=expected > TINY)
    return 1 - found


def _no_distance(level: Level, values: Floats) -> str | None:
    """Say why a level's distance has no meaning on these values."""
    if level != "nominal" and len(values) < 2:
        return "no_order"
    return "negative_values" if level == "ratio" and float(values.min()) < 0 else None


def _two_raters(table: Crosstab, level: Level) -> Outcome:
    if reason := _no_distance(level, table.values):
        return Outcome.undefined(reason)
    return Outcome.of(partial(_alpha, level, table.values, table.n), table.joint)


def _alpha(level: Level, values: Floats, n: int, joint: Floats) -> Evaluated:
    gold, judge = margins(joint)
    margin = (gold + judge) / 2
    distance = _Distance.of(level, margin, values)
    expected = positive(dot(row_times(margin, distance.matrix), margin))
    observed = total(joint * distance.matrix)
    by_observed = distance.slope(joint) / 2
    crossed = margin[..., :, None] * margin[..., None, :]
    by_expected = times_column(distance.matrix, margin) + distance.slope(crossed) / 2
    d_observed = distance.matrix + by_observed[..., :, None] + by_observed[..., None, :]
    d_expected = by_expected[..., :, None] + by_expected[..., None, :]
    gradient = (by_table(observed) * d_expected / by_table(expected) - d_observed) / by_table(expected)
    small = 1 - 1 / (2 * n)
    # In units of the nominal distance, so that the chance term means the same for every level.
    chance = 1 - expected / distance.matrix.max(axis=(-2, -1))
    return Evaluated(1 - small * observed / expected, gradient, chance)


@dataclass(frozen=True, slots=True)
class _Distance:
    """Squared distances between categories, and how they move with the margin.

    The ordinal distance of two categories is the squared difference of their mean ranks, so it moves with
    the margin; ``ranks`` is None for the levels that don't.
    """

    matrix: Floats
    ranks: Floats | None

    @classmethod
    def of(cls, level: Level, margin: Floats, values: Floats) -> _Distance:
        size = margin.shape[-1]
        if level == "nominal":
            return cls(1 - np.eye(size), None)
        ordered = len(values)
        place = mid_ranks(margin[..., :ordered]) if level == "ordinal" else values
        # A category without a place is as far from every other as two places can be.
        apart = np.square(place[..., :, None] - place[..., None, :])
        if level == "ratio":
            # 0 and 0 are not apart, whatever the divisor.
            both = np.square(place[:, None] + place[None, :])
            apart = apart / np.where(both > 0, both, 1.0)
        matrix = np.empty((*place.shape[:-1], size, size))
        matrix[...] = apart[..., -1:, :1]
        matrix[..., :ordered, :ordered] = apart
        matrix[..., range(size), range(size)] = 0.0
        return cls(matrix, place if level == "ordinal" else None)

    def slope(self, weights: Floats) -> Floats:
        """Differentiate the weighted mean distance by the margin, weights held; shape (..., k)."""
        out = np.zeros(weights.shape[:-1])
        if self.ranks is None:
            return out
        ordered = self.ranks.shape[-1]
        slopes = rank_slopes(ordered)
        placed = weights[..., :ordered, :ordered]
        apart = placed * (self.ranks[..., None, :] - self.ranks[..., :, None])
        out[..., :ordered] = 2 * row_times(apart.sum(axis=-2) - apart.sum(axis=-1), slopes)
        diagonal = weights[..., range(ordered, weights.shape[-1]), range(ordered, weights.shape[-1])]
        unplaced = total(weights) - total(placed) - diagonal.sum(axis=-1)
        reach = 2 * unplaced * (self.ranks[..., -1] - self.ranks[..., 0])
        out[..., :ordered] += reach[..., None] * (slopes[-1] - slopes[0])
        return out
