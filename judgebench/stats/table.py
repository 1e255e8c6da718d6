"""The table of joint proportions, and what a coefficient makes of it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal, TypeAlias

import numpy as np
import numpy.typing as npt

Floats: TypeAlias = npt.NDArray[np.float64]
Level: TypeAlias = Literal["nominal", "ordinal", "interval", "ratio"]

#: Below this a share, a variance or a distance is rounding noise around zero.
TINY = 1e-12


@dataclass(frozen=True, slots=True)
class Table:
    """Joint proportions of gold and judge, and what the labels mean.

    Parameters
    ----------
    joint : ndarray of float, shape (k, k)
        Share of rows with gold label i and verdict j; sums to 1. The first ``declared`` categories are
        the labels of the scale; any after them agree with nothing (invalid, undecided) and occur on the
        judge's side only.
    n : int
        Rows behind the table.
    declared : int
        Labels on the scale.
    values : ndarray of float, shape (v,)
        Position of the first v labels, worst first; empty where the labels have no order. A label past
        them (``both bad``) is as far from every other label as two labels can be.
    level : {'nominal', 'ordinal', 'interval', 'ratio'}
        The scale's level of measurement.
    credit : ndarray of float, shape (k, k), optional
        Credit of each cell for `accuracy`; by default 1 where the labels agree.
    positive : int, optional
        The positive label of a two-label check.
    graded : bool
        True where gold is not a label but a number (a mean of annotators): the rows of ``joint`` are then
        its distinct values in ascending order, and only rank statistics are defined.
    classes : int, optional
        Declared labels that can occur, where a policy leaves one of them out.
    gold_values : ndarray of float, shape (k_gold,), optional
        The numbers that the rows of ``joint`` stand for where ``graded`` is true.
    tie : int, optional
        The label that says "tie", where both sides can give it.
    """

    joint: Floats
    n: int
    declared: int
    values: Floats
    level: Level = "nominal"
    credit: Floats | None = None
    positive: int | None = None
    graded: bool = False
    classes: int | None = None
    gold_values: Floats | None = None
    tie: int | None = None

    @property
    def gold(self) -> Floats:
        """Margin of gold, shape (k,)."""
        margin: Floats = self.joint.sum(axis=1)
        return margin

    @property
    def judge(self) -> Floats:
        """Margin of the judge, shape (k,)."""
        margin: Floats = self.joint.sum(axis=0)
        return margin


@dataclass(frozen=True, slots=True)
class Outcome:
    """A coefficient's value and gradient, or the reason why it has none.

    Parameters
    ----------
    value : float or None
        The coefficient; None exactly where ``reason`` is given.
    gradient : ndarray of float, shape (k, k), optional
        Derivative of the coefficient by each joint proportion. The influence of a row in cell (i, j) is
        ``gradient[i, j] - (joint * gradient).sum()``.
    reason : str, optional
        ``no_items``, ``no_variation``, ``no_order``, ``too_few_items``, ``graded_gold`` ...
    n : int, optional
        Rows in the denominator, where these are not all rows.
    within : ndarray of bool, shape (k, k), optional
        Cells of the denominator, where these are not all cells: a cluster without a row in them knows nothing of
        the value and counts for no degree of freedom.
    chance : float, optional
        Expected agreement, for coefficients of the form ``1 - (1 - observed) / (1 - chance)``.
    low, high : float, optional
        Bounds of the value where these depend on the table: an error in the scale's units, say.
    """

    value: float | None
    gradient: Floats | None = None
    reason: str | None = None
    n: int | None = None
    chance: float | None = None
    low: float | None = None
    high: float | None = None
    within: npt.NDArray[np.bool_] | None = None

    @classmethod
    def undefined(cls, reason: str) -> Outcome:
        """Build an outcome without a value."""
        return cls(None, None, reason)
