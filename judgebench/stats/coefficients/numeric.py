"""Agreement of numbers: correlation, concordance, intraclass correlation, and errors in the scale's own units.

All need a `Crosstab` with values and are ``no_order`` without; coefficients are ``too_few_items`` below 3 rows. What a
verdict without a place on the scale (undecided, invalid, both bad) does is stated for each: a correlation gives it the
mean of the judge's other verdicts, which adds nothing to the covariance; concordance counts it as far off as two
ratings can be; errors leave it out and count in ``n`` the rows that are left, to be read beside coverage; they are
``nothing_placed`` where no row is left.

Rank correlation from the table: ties get the mean of their ranks.

Coefficients need a `Crosstab` with values (``no_order``), 3 rows (``too_few_items``) and two sides that are not
constant (``no_variation``). A label or verdict without a place in the order (both bad, invalid, undecided) never earns
credit. Slopes are by the margin: row i by column j.
"""

from __future__ import annotations

import math

import numpy as np

from judgebench.stats.coefficients.chance import cohen
from judgebench.stats.crosstab import TINY, Crosstab, Floats, Outcome

#: Correlations and their kin need at least this many rows.
_FEWEST = 3


def pearson_r(table: Crosstab) -> Outcome:
    """Pearson's correlation of the declared values; ``no_variation`` where a side is constant.

    Source: Pearson (1896), Regression, heredity and panmixia.
    """
    if reason := _unfit(table):
        return Outcome.undefined(reason)
    gold, judge = _unit_places(table)
    return correlation(table, _centred(table.gold, gold)[1:], _centred(table.judge, judge)[1:])


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


def _centred(margin: Floats, places: Floats) -> tuple[float, Floats, Floats]:
    """Mean of what has a place, deviations from it, shape (k,), and their slopes by the margin, shape (k, k)."""
    size = places.size
    scores = np.zeros_like(margin)
    slopes = np.zeros((margin.size, margin.size))
    share = float(margin[:size].sum())
    if share < TINY:
        return 0.0, scores, slopes
    middle = float(margin[:size] @ places) / share
    scores[:size] = places - middle
    slopes[:size, :size] = -scores[None, :size] / share
    return middle, scores, slopes


def _icc(table: Crosstab, *, absolute: bool) -> Outcome:
    if reason := _unfit(table):
        return Outcome.undefined(reason)
    gold_places, judge_places = _unit_places(table)
    gold_mean, gold, gold_slope = _centred(table.gold, gold_places)
    judge_mean, judge, judge_slope = _centred(table.judge, judge_places)
    joint, n = table.joint, table.n
    product = float(gold @ joint @ judge)
    by_product = np.outer(gold, judge)
    by_product += ((joint @ judge) @ gold_slope)[:, None] + ((gold @ joint) @ judge_slope)[None, :]
    gold_variance, by_gold = variance_of(table.gold, gold, gold_slope)
    judge_variance, by_judge = variance_of(table.judge, judge, judge_slope)
    base, by_base = gold_variance + judge_variance, by_gold[:, None] + by_judge[None, :]
    low = -1.0
    if absolute:
        placed = float(table.judge[: judge_places.size].sum()), float(table.gold[: gold_places.size].sum())
        if min(placed) < TINY:
            return Outcome.undefined("no_variation")
        apart = judge_mean - gold_mean
        shift = 2 * apart * (judge[None, :] / placed[0] - gold[:, None] / placed[1])
        # With 1/n moments; the factor n / (n - 1) is taken out of every term but the shift.
        base = base - (base - 2 * product) / n + (n - 1) / n * apart**2
        by_base = by_base - (by_base - 2 * by_product) / n + (n - 1) / n * shift
        low = -n / (n - 2)
    if base < TINY:
        return Outcome.undefined("no_variation")
    value = 2 * product / base
    return Outcome(min(1.0, max(low, value)), (2 * by_product - value * by_base) / base, low=low)


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
    return np.cumsum(margin) - margin / 2


def rank_slopes(size: int) -> Floats:
    """Differentiate `mid_ranks`, shape (v, v): 1 below the diagonal, one half on it."""
    return np.tri(size, k=-1) + np.eye(size) / 2


def spearman_rho(table: Crosstab) -> Outcome:
    """Spearman's rho with mean ranks for ties.

    What has no place says nothing about order: it takes the mean rank and adds nothing to the covariance.
    Source: Spearman (1904), The proof and measurement of association between two things; the influence function as in
    Croux & Dehon (2010), with ties.
    """
    ordered = len(table.values)
    if ordered < 2:
        return Outcome.undefined("no_order")
    if table.n < 3:
        return Outcome.undefined("too_few_items")
    gold = _scores(table.gold, len(table.joint) if table.graded else ordered)
    return correlation(table, gold, _scores(table.judge, ordered))


def kendall_tau_b(table: Crosstab) -> Outcome:
    """Kendall's tau-b: concordant less discordant pairs of rows, over the pairs that ties leave.

    ``S / sqrt((1 - sum r^2) (1 - sum c^2))`` for the margins r and c. What has no place is tied with every other and
    adds to no concordance.
    Source: Kendall (1945), The treatment of ties in ranking problems. PandaLM-7B on its test set, on 1 < tie < 2:

    >>> counts = np.array([[32, 35, 38], [40, 298, 84], [35, 100, 337]])[[1, 0, 2]][:, [1, 0, 2]]
    >>> round(kendall_tau_b(Crosstab(counts / 999, 999, 3, np.arange(3.0))).value, 6)
    0.476197
    """
    ordered = len(table.values)
    if ordered < 2:
        return Outcome.undefined("no_order")
    if table.n < 3:
        return Outcome.undefined("too_few_items")
    rows = len(table.joint) if table.graded else ordered
    placed = table.joint[:rows, :ordered]
    # For each cell the share of rows above and below it on both sides, less those above on one side only.
    balance = _balance(_balance(placed).T).T
    gold_free, gold_slope = _untied(table.gold, rows)
    judge_free, judge_slope = _untied(table.judge, ordered)
    if min(gold_free, judge_free) < TINY:
        return Outcome.undefined("no_variation")
    scale = math.sqrt(gold_free * judge_free)
    value = float((placed * balance).sum()) / scale
    gradient = np.zeros_like(table.joint)
    gradient[:rows, :ordered] = 2 * balance / scale
    gradient -= value / 2 * (gold_slope[:, None] / gold_free + judge_slope[None, :] / judge_free)
    return Outcome(min(1.0, max(-1.0, value)), gradient)


def _balance(joint: Floats) -> Floats:
    """For each row the sum of the rows above it less that of the rows below."""
    below: Floats = np.cumsum(joint, axis=0)
    balance: Floats = 2 * below - joint - below[-1]
    return balance


def _untied(margin: Floats, ordered: int) -> tuple[float, Floats]:
    """Share of ordered pairs of rows with different places, and its slope by the margin, shape (k,)."""
    placed = margin[:ordered]
    total = placed.sum()
    slope = np.zeros_like(margin)
    slope[:ordered] = 2 * (total - placed)
    return float(total**2 - np.square(placed).sum()), slope


def correlation(table: Crosstab, gold: tuple[Floats, Floats], judge: tuple[Floats, Floats]) -> Outcome:
    """Product-moment correlation of centred scores, 0 for a label without a place, that may move with the margins.

    Each side is its scores, shape (k,), and their slopes, shape (k, k); ``no_variation`` where a side is constant.
    """
    joint = table.joint
    gold_scores, gold_slope = gold
    judge_scores, judge_slope = judge
    gold_variance, gold_variance_slope = variance_of(table.gold, *gold)
    judge_variance, judge_variance_slope = variance_of(table.judge, *judge)
    if min(gold_variance, judge_variance) < TINY:
        return Outcome.undefined("no_variation")
    scale = math.sqrt(gold_variance * judge_variance)
    value = float(gold_scores @ joint @ judge_scores) / scale
    slope = np.outer(gold_scores, judge_scores)
    slope += ((joint @ judge_scores) @ gold_slope)[:, None] + ((gold_scores @ joint) @ judge_slope)[None, :]
    shrink = gold_variance_slope[:, None] / gold_variance + judge_variance_slope[None, :] / judge_variance
    return Outcome(min(1.0, max(-1.0, value)), slope / scale - value / 2 * shrink)


def variance_of(margin: Floats, scores: Floats, slopes: Floats) -> tuple[float, Floats]:
    """Variance of centred scores with 1/n, and its slope by the margin, shape (k,)."""
    return float(margin @ scores**2), scores**2 + 2 * (margin * scores) @ slopes


def _scores(margin: Floats, ordered: int) -> tuple[Floats, Floats]:
    """Centred ranks, shape (k,), and their slopes by the margin, shape (k, k)."""
    scores = np.zeros_like(margin)
    slopes = np.zeros((margin.size, margin.size))
    scores[:ordered] = mid_ranks(margin[:ordered]) - margin[:ordered].sum() / 2
    slopes[:ordered, :ordered] = rank_slopes(ordered) - 0.5
    return scores, slopes
