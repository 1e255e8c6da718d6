"""Rank correlation from the table: ties get the mean of their ranks.

Coefficients need a `Crosstab` with values (``no_order``), 3 rows (``too_few_items``) and two sides that are not
constant (``no_variation``). A label or verdict without a place in the order (both bad, invalid, undecided) never earns
credit. Slopes are by the margin: row i by column j.
"""

from __future__ import annotations

import math

import numpy as np

from judgebench.stats.crosstab import TINY, Crosstab, Floats, Outcome


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
