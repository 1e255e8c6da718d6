"""Rank correlation from the table: ties get the mean of their ranks."""

from __future__ import annotations

import math

import numpy as np

from judgebench.stats.table import TINY, Floats, Outcome, Table


def mid_ranks(margin: Floats) -> Floats:
    """Mean rank of each category as a share of all rows: what lies below, and half of its own.

    Parameters
    ----------
    margin : ndarray of float, shape (v,)
        Share of each category, in order.

    Returns
    -------
    ndarray of float, shape (v,)
        Ranks in [0, sum(margin)].
    """
    return np.cumsum(margin) - margin / 2


def rank_slopes(size: int) -> Floats:
    """Differentiate `mid_ranks`: row k by the margin of column g.

    Parameters
    ----------
    size : int
        Number of categories v.

    Returns
    -------
    ndarray of float, shape (v, v)
        1 below the diagonal, one half on it.
    """
    return np.tri(size, k=-1) + np.eye(size) / 2


def spearman_rho(table: Table) -> Outcome:
    """Spearman's rho with mean ranks for ties.

    A label or verdict without a place in the order (both bad, invalid, undecided) says nothing about
    order: it takes the mean rank, adds nothing to the covariance, and so never earns credit.

    Parameters
    ----------
    table : Table
        Joint proportions, shape (k_gold, k_judge), with values.

    Returns
    -------
    Outcome
        In [-1, 1]; ``no_order`` without values, ``too_few_items`` below 3 rows, ``no_variation`` where a
        side is constant.

    References
    ----------
    Spearman (1904), The proof and measurement of association between two things; the influence function
    as in Croux & Dehon (2010), with ties.

    Examples
    --------
    >>> counts = np.array([[32, 35, 38], [40, 298, 84], [35, 100, 337]])[[1, 0, 2]][:, [1, 0, 2]]
    >>> round(spearman_rho(Table(counts / 999, 999, 3, np.arange(3.0))).value, 6)
    0.504523
    """
    ordered = len(table.values)
    if ordered < 2:
        return Outcome.undefined("no_order")
    if table.n < 3:
        return Outcome.undefined("too_few_items")
    gold = _scores(table.gold, len(table.joint) if table.graded else ordered)
    return correlation(table, gold, _scores(table.judge, ordered))


def kendall_tau_b(table: Table) -> Outcome:
    """Kendall's tau-b: concordant less discordant pairs of rows, over the pairs that ties leave.

    ``S / sqrt((1 - sum r^2) (1 - sum c^2))`` for the margins r and c. A label or verdict without a place in the
    order is tied with every other: it adds to no concordance, and so never earns credit.

    Parameters
    ----------
    table : Table
        Joint proportions, shape (k_gold, k_judge), with values.

    Returns
    -------
    Outcome
        In [-1, 1]; ``no_order`` without values, ``too_few_items`` below 3 rows, ``no_variation`` where a
        side is constant.

    References
    ----------
    Kendall (1945), The treatment of ties in ranking problems.

    Examples
    --------
    >>> counts = np.array([[32, 35, 38], [40, 298, 84], [35, 100, 337]])[[1, 0, 2]][:, [1, 0, 2]]
    >>> round(kendall_tau_b(Table(counts / 999, 999, 3, np.arange(3.0))).value, 6)
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


def correlation(table: Table, gold: tuple[Floats, Floats], judge: tuple[Floats, Floats]) -> Outcome:
    """Product-moment correlation of scores that may move with the margins.

    Parameters
    ----------
    table : Table
        Joint proportions, shape (k_gold, k_judge).
    gold, judge : tuple of ndarray, shapes (k,) and (k, k)
        Centred scores of the labels, 0 for one without a place, and their slopes: row i by margin j.

    Returns
    -------
    Outcome
        In [-1, 1]; ``no_variation`` where a side is constant.
    """
    joint = table.joint
    gold_scores, gold_slope = gold
    judge_scores, judge_slope = judge
    gold_spread, gold_spread_slope = spread_of(table.gold, *gold)
    judge_spread, judge_spread_slope = spread_of(table.judge, *judge)
    if min(gold_spread, judge_spread) < TINY:
        return Outcome.undefined("no_variation")
    scale = math.sqrt(gold_spread * judge_spread)
    value = float(gold_scores @ joint @ judge_scores) / scale
    slope = np.outer(gold_scores, judge_scores)
    slope += ((joint @ judge_scores) @ gold_slope)[:, None] + ((gold_scores @ joint) @ judge_slope)[None, :]
    shrink = gold_spread_slope[:, None] / gold_spread + judge_spread_slope[None, :] / judge_spread
    return Outcome(min(1.0, max(-1.0, value)), slope / scale - value / 2 * shrink)


def spread_of(margin: Floats, scores: Floats, slopes: Floats) -> tuple[float, Floats]:
    """Variance of centred scores with 1/n, and its slope by the margin.

    Parameters
    ----------
    margin, scores : ndarray of float, shape (k,)
        Share and score of each label.
    slopes : ndarray of float, shape (k, k)
        Slopes of the scores: row i by margin j.

    Returns
    -------
    tuple of float and ndarray of float, shape (k,)
        The variance and its slope.
    """
    return float(margin @ scores**2), scores**2 + 2 * (margin * scores) @ slopes


def _scores(margin: Floats, ordered: int) -> tuple[Floats, Floats]:
    """Centred ranks, shape (k,), and their slopes by the margin, shape (k, k)."""
    scores = np.zeros_like(margin)
    slopes = np.zeros((margin.size, margin.size))
    scores[:ordered] = mid_ranks(margin[:ordered]) - margin[:ordered].sum() / 2
    slopes[:ordered, :ordered] = rank_slopes(ordered) - 0.5
    return scores, slopes
