"""The table of joint proportions, and what a coefficient makes of it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Literal, NamedTuple, TypeAlias

import numpy as np
import numpy.typing as npt

Floats: TypeAlias = npt.NDArray[np.float64]
Ints: TypeAlias = npt.NDArray[np.integer]
Flags: TypeAlias = npt.NDArray[np.bool_]
Level: TypeAlias = Literal["nominal", "ordinal", "interval", "ratio"]

#: Below this a share, a variance or a distance is rounding noise around zero.
TINY = 1e-12
#: Labels counted at a time: hundreds of raters make wide rows.
_CELLS = 1 << 22


@dataclass(frozen=True, slots=True)
class Crosstab:
    """Joint proportions of gold and judge, and what the labels mean.

    ``joint``, shape (k, k), is the share of rows with gold label i and verdict j, and sums to 1; ``n`` counts the rows.
    The first ``declared`` categories are the labels of the scale; any after them agree with nothing (invalid,
    undecided) and occur on the judge's side only. ``values`` are the positions of the first v labels, worst first,
    empty where labels have no order; a label past them (``both bad``) is as far from every other as two labels can be.
    ``credit``, shape (k, k), is what each cell earns in `accuracy`, by default 1 where the labels agree. ``positive``
    is the positive label of a check, ``tie`` the label "tie" where both sides can give it, and ``void`` are
    the declared labels that gold can't have, so that no chance term counts them; ``classes`` counts the others.

    Rows of the column ``silent`` have no verdict, and count as the least favourable wrong label: one of ``answers``,
    shape (k,), the categories that the judge could have named, by default the declared ones.

    Where gold is a number (a mean of annotators), ``graded`` is true, the rows of ``joint`` are its distinct values in
    ascending order (``gold_values``), and only statistics of ranks and numbers are defined.
    """

    joint: Floats
    n: int
    declared: int
    values: Floats
    level: Level = "nominal"
    credit: Floats | None = None
    positive: int | None = None
    graded: bool = False
    void: tuple[int, ...] = ()
    gold_values: Floats | None = None
    tie: int | None = None
    silent: int | None = None
    answers: Flags | None = None

    @property
    def classes(self) -> int:
        """How many of the declared labels gold can have."""
        return self.declared - len(self.void)

    @property
    def possible(self) -> Flags:
        """Which categories gold can have, shape (k,)."""
        found = np.arange(self.joint.shape[1]) < self.declared
        found[list(self.void)] = False
        return found

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


class Evaluated(NamedTuple):
    """A coefficient on many tables at once: values, shape (...), gradients, shape (..., k, k), and chance, if any.

    A value is NaN where it is undefined, and so is its gradient.
    """

    value: Floats
    gradient: Floats
    chance: Floats | None = None


#: A coefficient as a function of joint proportions, shape (..., k, k), of the labels of one table.
Surface: TypeAlias = Callable[[Floats], Evaluated]


@dataclass(frozen=True, slots=True)
class Completion:
    """What rows without a verdict count as: the ``table`` with them, and what they took.

    ``placed``, shape (k, k), is the share of gold label i's silent rows on label j.
    """

    table: Crosstab
    placed: Floats


@dataclass(frozen=True, slots=True)
class Outcome:
    """A coefficient's value and gradient, or the reason why it has none (``no_items``, ``no_variation`` ...).

    ``gradient``, shape (k, k), is the derivative by each joint proportion: the influence of a row in cell (i, j) is
    ``gradient[i, j] - (joint * gradient).sum()``. ``n`` (rows) and ``within`` (cells, shape (k, k)) are the denominator
    where it is not all of them: a cluster without a row there knows nothing of the value and is not a degree of
    freedom. ``chance`` is the expected agreement pe of ``1 - (1 - po) / (1 - pe)``; ``low`` and ``high`` bound a value
    whose bounds depend on the table, such as an error in the scale's units. ``completion`` is how silent rows were
    completed, where there are any: the value is that of its table, and the gradient by a silent row that of the labels
    it took. ``surface`` is the coefficient on other tables of the same labels. ``no_interval`` says why a value has no
    interval, where its influences would not tell.
    """

    value: float | None
    gradient: Floats | None = None
    reason: str | None = None
    n: int | None = None
    chance: float | None = None
    low: float | None = None
    high: float | None = None
    within: Flags | None = None
    completion: Completion | None = None
    surface: Surface | None = None
    no_interval: str = ""

    @classmethod
    def of(cls, surface: Surface, joint: Floats, reason: str = "no_variation", **more: Any) -> Outcome:
        """Evaluate a coefficient on one table; the reason where it is NaN."""
        value, gradient, chance = surface(joint)
        if np.isnan(value):
            return cls.undefined(reason)
        return cls(float(value), gradient, chance=None if chance is None else float(chance), surface=surface, **more)

    @classmethod
    def undefined(cls, reason: str) -> Outcome:
        """Build an outcome without a value."""
        return cls(None, None, reason)


def count_units(ratings: Ints, categories: int) -> Floats:
    """Count how often each unit got each category, shape (n, k)."""
    n, m = ratings.shape
    counts = np.zeros((n, categories))
    step = max(1, _CELLS // max(m, 1))
    for start in range(0, n, step):
        block = ratings[start : start + step]
        flat = np.where(block < 0, categories, block) + (categories + 1) * np.arange(len(block))[:, None]
        found = np.bincount(flat.ravel(), minlength=len(block) * (categories + 1))
        counts[start : start + step] = found.reshape(len(block), categories + 1)[:, :categories]
    return counts


def missed(table: Crosstab) -> Floats | None:
    """Place rows without a verdict, which a figure counts as misses of any kind, on gold's most frequent other label.

    None where there are none. Shape (k, k), as `Completion` has it.
    """
    if table.silent is None or table.graded or not table.joint[:, table.silent].any():
        return None
    labels = np.arange(table.declared)
    wrong = [max(labels[labels != label], key=lambda other: table.gold[other]) for label in labels]
    placed = np.zeros_like(table.joint)
    placed[labels, wrong] = 1.0
    return placed


def filled(joint: Floats, column: int, placed: Floats) -> Floats:
    """Give silent rows, those of a column, the labels that they are placed on; tables of shape (..., k, k)."""
    whole = joint + joint[..., :, column, None] * placed
    whole[..., column] = 0.0
    return whole


def margins(joint: Floats) -> tuple[Floats, Floats]:
    """Margins of gold and of the judge, shape (..., k) each."""
    return joint.sum(axis=-1), joint.sum(axis=-2)


def dot(one: Floats, two: Floats) -> Floats:
    """Sum of products over the last axis.

    As the products below it is no matrix product, whose last digits depend on where in memory the numbers lie.
    """
    found: Floats = (one * two).sum(axis=-1)
    return found


def row_times(row: Floats, cells: Floats) -> Floats:
    """Product of a row and a table, shape (..., k)."""
    found: Floats = (row[..., :, None] * cells).sum(axis=-2)
    return found


def times_column(cells: Floats, column: Floats) -> Floats:
    """Product of a table and a column, shape (..., k)."""
    found: Floats = (cells * column[..., None, :]).sum(axis=-1)
    return found


def total(cells: Floats) -> Floats:
    """Sum over the cells of each table, shape (...)."""
    found: Floats = cells.reshape(*cells.shape[:-2], -1).sum(axis=-1)
    return found


def by_table(values: Floats) -> Floats:
    """Give one number per table the shape of cells, (..., 1, 1)."""
    return np.asarray(values)[..., None, None]


def positive(values: Floats) -> Floats:
    """Make what is not above rounding noise NaN: a divisor that leaves a figure undefined."""
    return np.where(values < TINY, np.nan, values)
