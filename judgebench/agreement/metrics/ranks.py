"""Rank correlation from the table: ties get the mean of their ranks."""

from __future__ import annotations

import numpy as np

from judgebench.agreement.metrics.table import TINY, Floats, Outcome, Table


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
    joint = table.joint
    gold, gold_slope = _scores(table.gold, len(joint) if table.graded else ordered)
    judge, judge_slope = _scores(table.judge, ordered)
    gold_spread, gold_spread_slope = _spread(table.gold, gold, gold_slope)
    judge_spread, judge_spread_slope = _spread(table.judge, judge, judge_slope)
    if min(gold_spread, judge_spread) < TINY:
        return Outcome.undefined("no_variation")
    scale = np.sqrt(gold_spread * judge_spread)
    value = float(gold @ joint @ judge / scale)
    slope = np.outer(gold, judge)
    slope += ((joint @ judge) @ gold_slope)[:, None] + ((gold @ joint) @ judge_slope)[None, :]
    shrink = gold_spread_slope[:, None] / gold_spread + judge_spread_slope[None, :] / judge_spread
    return Outcome(min(1.0, max(-1.0, value)), slope / scale - value / 2 * shrink)


def _scores(margin: Floats, ordered: int) -> tuple[Floats, Floats]:
    """Centred ranks, shape (k,), and their slopes by the margin, shape (k, k)."""
    scores = np.zeros_like(margin)
    slopes = np.zeros((margin.size, margin.size))
    scores[:ordered] = mid_ranks(margin[:ordered]) - margin[:ordered].sum() / 2
    slopes[:ordered, :ordered] = rank_slopes(ordered) - 0.5
    return scores, slopes


def _spread(margin: Floats, scores: Floats, slopes: Floats) -> tuple[float, Floats]:
    """Variance of the scores, and its slope by the margin, shape (k,)."""
    return float(margin @ scores**2), scores**2 + 2 * (margin * scores) @ slopes
