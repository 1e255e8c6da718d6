"""Agreement of numbers: correlation, concordance, intraclass correlation, and errors in the scale's own units.

All need a `Crosstab` with values and are ``no_order`` without; coefficients are ``too_few_items`` below 3 rows, and
correlations ``no_variation`` where a side is constant. A verdict without a place on the scale (undecided, both bad)
never earns credit: Pearson's correlation gives it the mean of the judge's other verdicts and a rank correlation the
mean rank, which adds nothing to the covariance; concordance counts it as far off as two ratings can be; errors leave it
out and count in ``n`` the rows that are left, to be read beside coverage, and are ``nothing_placed`` where none is.

Slopes are derivatives by the margin: row i by column j.
"""

from __future__ import annotations

from functools import partial

import numpy as np

from judgebench.stats.coefficients.chance import cohen
from judgebench.stats.crosstab import (
    TINY,
    Crosstab,
    Evaluated,
    Floats,
    Outcome,
    by_table,
    dot,
    margins,
    positive,
    row_times,
    times_column,
    total,
)

#: Correlations and their kin need at least this many rows.
_FEWEST = 3


def pearson_r(table: Crosstab) -> Outcome:
    """Pearson's correlation of the declared values; ``no_variation`` where a side is constant.

    Source: Pearson (1896), Regression, heredity and panmixia.
    """
    if reason := _unfit(table):
        return Outcome.undefined(reason)
    return Outcome.of(partial(_pearson, *_unit_places(table)), table.joint)


def _pearson(gold_places: Floats, judge_places: Floats, joint: Floats) -> Evaluated:
    gold, judge = margins(joint)
    return _correlation(joint, _centred(gold, gold_places)[1:], _centred(judge, judge_places)[1:])


def lin_ccc(table: Crosstab) -> Outcome:
    """Lin's concordance correlation coefficient: how far the points lie from the line of identity.

    ``2 s_xy / (s_x^2 + s_y^2 + (mean x - mean y)^2)`` with 1/n moments. That is one less the mean squared difference
    over the one that independent sides would give, so on labels it equals quadratically weighted kappa; unlike kappa it
    is also defined where gold is a mean of several annotators. ``no_variation`` where both sides always give the same
    one number.
    Source: Lin (1989), A concordance correlation coefficient to evaluate reproducibility.
    """
    if reason := _unfit(table):
        return Outcome.undefined(reason)
    gold, judge = _unit_places(table)
    weights = np.zeros_like(table.joint) if table.graded else np.eye(len(table.joint))
    weights[: gold.size, : judge.size] = 1 - np.square(gold[:, None] - judge[None, :])
    return cohen(table, weights)


def icc_a1(table: Crosstab) -> Outcome:
    """Intraclass correlation ICC(A,1): absolute agreement of single ratings.

    It asks whether one rating by the judge can replace one by a human: a judge that is always one point higher loses
    for it. Two-way, absolute agreement, single rating (ICC(2,1) of Shrout and Fleiss), for two raters
    ``2 s_xy / (s_x^2 + s_y^2 + d^2 - (s_x^2 + s_y^2 - 2 s_xy) / n)`` with 1/(n - 1) moments and the difference d of the
    means; at least ``-n / (n - 2)``. ``no_variation`` where both sides always give the same one number.
    Source: Shrout & Fleiss (1979), Intraclass correlations; McGraw & Wong (1996), Forming inferences about some
    intraclass correlation coefficients. Judges 1 and 4 of Shrout and Fleiss's six targets:

    >>> joint = np.zeros((10, 10))
    >>> for gold, judge in [(9, 8), (6, 2), (8, 8), (7, 6), (10, 9), (6, 7)]:
    ...     joint[gold - 1, judge - 1] += 1 / 6
    >>> table = Crosstab(joint, 6, 10, np.arange(1.0, 11.0))
    >>> round(icc_a1(table).value, 4), round(icc_c1(table).value, 4)
    (0.6479, 0.6866)
    """
    return _icc(table, absolute=True)


def icc_c1(table: Crosstab) -> Outcome:
    """Intraclass correlation ICC(C,1): agreement up to a constant shift between judge and gold.

    Two-way, consistency, single rating (ICC(3,1) of Shrout and Fleiss), for two raters ``2 s_xy / (s_x^2 + s_y^2)``;
    ``no_variation`` where both sides are constant.
    Source: Shrout & Fleiss (1979), Intraclass correlations; McGraw & Wong (1996).
    """
    return _icc(table, absolute=False)


def mean_absolute_error(table: Crosstab) -> Outcome:
    """Mean absolute difference of judge and gold, in the scale's units; 0 is best.

    Source: Willmott & Matsuura (2005), Advantages of the mean absolute error over the root mean square error.
    """
    return _error(table, signed=False)


def mean_signed_error(table: Crosstab) -> Outcome:
    """Mean of judge minus gold, in the scale's units: above 0 the judge is lenient.

    Source: Bland & Altman (1986), Statistical methods for assessing agreement between two methods of clinical
    measurement: the bias.
    """
    return _error(table, signed=True)


def adjacent_agreement(table: Crosstab) -> Outcome:
    """Share of rows on which judge and gold are at most one declared level apart (±1 agreement).

    It is a share of all rows, an unusable verdict being a miss.
    Source: Stemler (2004), A comparison of consensus, consistency, and measurement approaches to estimating interrater
    reliability.
    """
    ordered = len(table.values)
    if ordered < 2:
        return Outcome.undefined("no_order")
    near = np.eye(len(table.joint))
    level = np.arange(ordered)
    near[:ordered, :ordered] = np.abs(level[:, None] - level[None, :]) <= 1
    return Outcome(float((table.joint * near).sum()), near, n=table.n, chance=0.0)


def _unfit(table: Crosstab) -> str | None:
    if len(table.values) < 2:
        return "no_order"
    return "too_few_items" if table.n < _FEWEST else None


def _places(table: Crosstab) -> tuple[Floats, Floats]:
    """Positions of gold's and the judge's first categories; the others have none."""
    gold = table.values if table.gold_values is None else table.gold_values
    return gold, table.values


def _unit_places(table: Crosstab) -> tuple[Floats, Floats]:
    """Positions in units of the scale's length, so that rounding is told from variation on every scale."""
    gold, judge = _places(table)
    reach = float(judge[-1] - judge[0])
    return gold / reach, judge / reach


def _centred(margin: Floats, places: Floats) -> tuple[Floats, Floats, Floats]:
    """Mean of what has a place, (...), deviations from it, (..., k), and their slopes by the margin, (..., k, k)."""
    size = places.size
    scores = np.zeros_like(margin)
    slopes = np.zeros((*margin.shape, margin.shape[-1]))
    share = margin[..., :size].sum(axis=-1)
    placed = share >= TINY
    share = np.where(placed, share, 1.0)
    middle = np.where(placed, dot(margin[..., :size], places) / share, 0.0)
    scores[..., :size] = np.where(placed[..., None], places - middle[..., None], 0.0)
    slopes[..., :size, :size] = -scores[..., None, :size] / by_table(share)
    return middle, scores, slopes


def _icc(table: Crosstab, *, absolute: bool) -> Outcome:
    if reason := _unfit(table):
        return Outcome.undefined(reason)
    surface = partial(_intraclass, *_unit_places(table), table.n, absolute)
    return Outcome.of(surface, table.joint, low=-table.n / (table.n - 2) if absolute else -1.0)


def _intraclass(gold_places: Floats, judge_places: Floats, n: int, absolute: bool, joint: Floats) -> Evaluated:  # noqa: FBT001 - bound by position
    golds, judges = margins(joint)
    gold_mean, gold, gold_slope = _centred(golds, gold_places)
    judge_mean, judge, judge_slope = _centred(judges, judge_places)
    product, by_product = _product(joint, (gold, gold_slope), (judge, judge_slope))
    gold_variance, by_gold = _variance(golds, gold, gold_slope)
    judge_variance, by_judge = _variance(judges, judge, judge_slope)
    base, by_base = gold_variance + judge_variance, by_gold[..., :, None] + by_judge[..., None, :]
    low = -1.0
    if absolute:
        placed = [
            positive(one[..., : size.size].sum(axis=-1)) for one, size in ((judges, judge_places), (golds, gold_places))
        ]
        apart = judge_mean - gold_mean
        shift = judge[..., None, :] / by_table(placed[0]) - gold[..., :, None] / by_table(placed[1])
        # With 1/n moments; the factor n / (n - 1) is taken out of every term but the shift.
        base = base - (base - 2 * product) / n + (n - 1) / n * apart**2
        by_base = by_base - (by_base - 2 * by_product) / n + (n - 1) / n * (by_table(2 * apart) * shift)
        low = -n / (n - 2)
        # A side on which nothing has a place has no mean.
        base = np.where(np.isnan(placed[0] + placed[1]), 0.0, base)
    base = positive(base)
    value = 2 * product / base
    return Evaluated(np.clip(value, low, 1.0), (2 * by_product - by_table(value) * by_base) / by_table(base))


def _error(table: Crosstab, *, signed: bool) -> Outcome:
    if len(table.values) < 2:
        return Outcome.undefined("no_order")
    gold, judge = _places(table)
    placed = np.zeros_like(table.joint)
    placed[: gold.size, : judge.size] = 1
    share = float((table.joint * placed).sum())
    rows = round(share * table.n)
    if rows == 0:
        return Outcome.undefined("nothing_placed")
    apart = np.zeros_like(table.joint)
    apart[: gold.size, : judge.size] = judge[None, :] - gold[:, None]
    if not signed:
        apart = np.abs(apart)
    value = float((table.joint * apart).sum()) / share
    reach = float(judge[-1] - judge[0])
    gradient, low = (apart - value * placed) / share, -reach if signed else 0.0
    return Outcome(value, gradient, n=rows, low=low, high=reach, within=placed > 0)


def mid_ranks(margin: Floats) -> Floats:
    """Mean rank of each category as a share of all rows: what lies below, and half of its own."""
    return np.cumsum(margin, axis=-1) - margin / 2


def rank_slopes(size: int) -> Floats:
    """Differentiate `mid_ranks`, shape (v, v): 1 below the diagonal, one half on it."""
    return np.tri(size, k=-1) + np.eye(size) / 2


def spearman_rho(table: Crosstab) -> Outcome:
    """Spearman's rho with mean ranks for ties.

    What has no place says nothing about order: it takes the mean rank and adds nothing to the covariance.
    Source: Spearman (1904), The proof and measurement of association between two things; the influence function as in
    Croux & Dehon (2010), with ties.
    """
    if reason := _unfit(table):
        return Outcome.undefined(reason)
    ordered = len(table.values)
    return Outcome.of(partial(_spearman, len(table.joint) if table.graded else ordered, ordered), table.joint)


def _spearman(rows: int, columns: int, joint: Floats) -> Evaluated:
    gold, judge = margins(joint)
    return _correlation(joint, _scores(gold, rows), _scores(judge, columns))


def kendall_tau_b(table: Crosstab) -> Outcome:
    """Kendall's tau-b: concordant less discordant pairs of rows, over the pairs that ties leave.

    ``S / sqrt((1 - sum r^2) (1 - sum c^2))`` for the margins r and c. What has no place is tied with every other and
    adds to no concordance.
    Source: Kendall (1945), The treatment of ties in ranking problems. PandaLM-7B on its test set, on 1 < tie < 2:

    >>> counts = np.array([[32, 35, 38], [40, 298, 84], [35, 100, 337]])[[1, 0, 2]][:, [1, 0, 2]]
    >>> round(kendall_tau_b(Crosstab(counts / 999, 999, 3, np.arange(3.0))).value, 6)
    0.476197
    """
    if reason := _unfit(table):
        return Outcome.undefined(reason)
    ordered = len(table.values)
    return Outcome.of(partial(_kendall, len(table.joint) if table.graded else ordered, ordered), table.joint)


def _kendall(rows: int, columns: int, joint: Floats) -> Evaluated:
    gold, judge = margins(joint)
    placed = joint[..., :rows, :columns]
    # For each cell the share of rows above and below it on both sides, less those above on one side only.
    balance = _balance(_balance(placed, -2), -1)
    gold_free, gold_slope = _untied(gold, rows)
    judge_free, judge_slope = _untied(judge, columns)
    gold_free, judge_free = positive(gold_free), positive(judge_free)
    scale = np.sqrt(gold_free * judge_free)
    value = total(placed * balance) / scale
    gradient = np.zeros_like(joint)
    gradient[..., :rows, :columns] = 2 * balance / by_table(scale)
    shrink = gold_slope[..., :, None] / by_table(gold_free) + judge_slope[..., None, :] / by_table(judge_free)
    return Evaluated(np.clip(value, -1.0, 1.0), gradient - by_table(value) / 2 * shrink)


def _balance(joint: Floats, axis: int) -> Floats:
    """For each row (or column, by axis) the sum of those above it less that of those below."""
    below: Floats = np.cumsum(joint, axis=axis)
    balance: Floats = 2 * below - joint - np.take(below, [-1], axis=axis)
    return balance


def _untied(margin: Floats, ordered: int) -> tuple[Floats, Floats]:
    """Share of ordered pairs of rows with different places, shape (...), and its slope by the margin, (..., k)."""
    placed = margin[..., :ordered]
    share = placed.sum(axis=-1)
    slope = np.zeros_like(margin)
    slope[..., :ordered] = 2 * (share[..., None] - placed)
    return share**2 - np.square(placed).sum(axis=-1), slope


def _correlation(joint: Floats, gold: tuple[Floats, Floats], judge: tuple[Floats, Floats]) -> Evaluated:
    """Product-moment correlation of centred scores, 0 for a label without a place, that may move with the margins.

    Each side is its scores, shape (..., k), and their slopes, shape (..., k, k); undefined where a side is constant.
    """
    golds, judges = margins(joint)
    gold_variance, gold_slope = _variance(golds, *gold)
    judge_variance, judge_slope = _variance(judges, *judge)
    gold_variance, judge_variance = positive(gold_variance), positive(judge_variance)
    scale = np.sqrt(gold_variance * judge_variance)
    product, slope = _product(joint, gold, judge)
    value = product / scale
    shrink = gold_slope[..., :, None] / by_table(gold_variance) + judge_slope[..., None, :] / by_table(judge_variance)
    return Evaluated(np.clip(value, -1.0, 1.0), slope / by_table(scale) - by_table(value) / 2 * shrink)


def _product(joint: Floats, gold: tuple[Floats, Floats], judge: tuple[Floats, Floats]) -> tuple[Floats, Floats]:
    """Mean product of two sides' scores, shape (...), and its slope by the cells."""
    by_gold, by_judge = times_column(joint, judge[0]), row_times(gold[0], joint)
    slope = gold[0][..., :, None] * judge[0][..., None, :]
    slope += row_times(by_gold, gold[1])[..., :, None] + row_times(by_judge, judge[1])[..., None, :]
    return dot(by_judge, judge[0]), slope


def _variance(margin: Floats, scores: Floats, slopes: Floats) -> tuple[Floats, Floats]:
    """Variance of centred scores with 1/n, shape (...), and its slope by the margin, shape (..., k)."""
    return dot(margin, scores**2), scores**2 + 2 * row_times(margin * scores, slopes)


def _scores(margin: Floats, ordered: int) -> tuple[Floats, Floats]:
    """Centred ranks, shape (..., k), and their slopes by the margin, shape (k, k)."""
    scores = np.zeros_like(margin)
    slopes = np.zeros((margin.shape[-1], margin.shape[-1]))
    scores[..., :ordered] = mid_ranks(margin[..., :ordered]) - margin[..., :ordered].sum(axis=-1)[..., None] / 2
    slopes[:ordered, :ordered] = rank_slopes(ordered) - 0.5
    return scores, slopes
