"""Rows without a verdict, completed by the wrong labels that make a figure least favourable.

A judge that withholds an answer must not fare better than one that gives a wrong one. So a figure of a table with
silent rows is its least favourable value over all ways to give each of them a wrong label, splits of a gold label's
rows among several labels included: what a judge's wrong answers make of it lies among these ways, so that to withhold
them never pays. It is the figure itself that is evaluated on completed tables; where the worst x (`placing`) is sought
depends on the figure.

Source: Horowitz & Manski (2000), Nonparametric analysis of randomized experiments with missing covariate and outcome
data, for bounds over all ways to complete what is missing.
"""

from __future__ import annotations

import math
from dataclasses import replace
from itertools import product
from typing import TYPE_CHECKING

import numpy as np

from judgebench.stats.crosstab import Completion, Evaluated, filled
from judgebench.stats.placing import EXACT, PROPOSALS, Problem, anywhere

if TYPE_CHECKING:
    from collections.abc import Callable

    from judgebench.stats.crosstab import Crosstab, Floats, Outcome, Surface

#: Descents, from the best starts; steps of one; and tries of the length of a step.
_DESCENTS, _STEPS, _LENGTHS = 3, 200, 40
#: A descent ends where no step promises more than this.
_GAIN = 1e-13
#: So many ways are all looked at; values below this are near chance.
_WAYS, _CHANCE = 100, 0.3


def complete(
    name: str,
    function: Callable[[Crosstab], Outcome],
    table: Crosstab,
    *,
    perfect: float | None = 1.0,
    directional: bool = False,
) -> Outcome:
    """Evaluate a metric where silent rows take the wrong labels that are least favourable to it.

    The gradient by a silent row is that of the labels it takes, so that whatever is made of influences holds for these
    rows too. Less of a figure is better where it is ``perfect`` at 0; of a ``directional`` one the value farther from
    its perfect one is taken.
    """
    column = table.joint.shape[1] - 1 if table.silent is None else table.silent
    problem = Problem.of(function, table, column)
    if not directional:
        return _worst(problem, name, -1.0 if perfect == 0 else 1.0)
    ends = [_worst(problem, name, sense) for sense in (1.0, -1.0)]
    return max(ends, key=lambda one: -1.0 if one.value is None else abs(one.value - (perfect or 0.0)))


def _worst(problem: Problem, name: str, sense: float) -> Outcome:
    """Find the least favourable completion: the lowest value where ``sense`` is 1, the highest where it is -1."""
    if bool((problem.free[problem.mass > 0].sum(axis=1) <= 1).all()):
        return _outcome(problem, problem.free * problem.mass[:, None], sense)
    if name == "krippendorff_alpha" and problem.table.level == "nominal":
        name = "krippendorff_alpha_nominal"
    starts = [x for start in PROPOSALS.get(name, anywhere)(problem) for x in _valued(problem, start)]
    tried = [(sense * value, n, x) for n, (value, x) in enumerate(starts)]
    if not tried:
        return _outcome(problem, problem.vertex(np.zeros_like(problem.base)), sense)
    tried.sort()
    if name in EXACT:
        return _outcome(problem, tried[0][2], sense)
    found = [_descend(problem, x, sense) for _, _, x in tried[:_DESCENTS]]
    if name not in PROPOSALS and min(value for value, _ in found) < _CHANCE:
        found += _thorough(problem, [x for _, _, x in tried], sense)
    return _outcome(problem, min(found, key=lambda one: one[0])[1], sense)


def _valued(problem: Problem, x: Floats) -> list[tuple[float, Floats]]:
    """Evaluate a place, or those one row beside it where verdicts all alike leave the figure without a value there."""
    value = problem.at(x).value
    if value is not None:
        return [(value, x)]
    return [(one, place) for place in problem.beside(x) if (one := problem.at(place).value) is not None]


def _outcome(problem: Problem, x: Floats, sense: float) -> Outcome:
    """Give a completion's value, its gradient by silent rows, and the completion itself."""
    found = problem.at(x)
    if found.gradient is None:
        return found
    mass = problem.mass[:, None]
    # A gold label without silent rows says where one would go: other tables may have some.
    other = problem.vertex(sense * found.gradient, np.ones_like(problem.mass))
    placed = np.where(mass > 0, np.divide(x, mass, out=np.zeros_like(x), where=mass > 0), other)
    column, within = problem.column, found.within
    if within is not None:
        within = within.copy()
        within[:, column] = (within & (placed > 0)).any(axis=1)
    return replace(
        found,
        gradient=_by_silent(found.gradient, placed, column),
        within=within,
        completion=Completion(replace(problem.table, joint=problem.base + x), placed),
        surface=None if found.surface is None else _surface(found.surface, placed, column),
    )


def _descend(problem: Problem, x: Floats, sense: float) -> tuple[float, Floats]:
    """Follow the figure's gradient until it promises nothing (Frank & Wolfe 1956, with pairwise steps)."""
    value, slope = _signed(problem, x, sense)
    for _ in range(_STEPS):
        spread = np.where(x > 0, slope - slope.min(axis=1, keepdims=True), 0.0)
        if float((x * spread).sum()) < _GAIN:
            break
        # The labels that the gradient names: of a ratio of sums they are the answer at once.
        target = problem.vertex(slope)
        jump, jump_slope = _signed(problem, target, sense)
        if jump < value - _GAIN:
            x, value, slope = target, jump, jump_slope
            continue
        # Else as much as pays of the rows from whose move the gradient promises most.
        gold, label = np.unravel_index(int((x * spread).argmax()), x.shape)
        step = np.zeros_like(x)
        step[gold, label] -= x[gold, label]
        step[gold, slope[gold].argmin()] += x[gold, label]
        further, lower, lower_slope = _along(problem, x, step, sense)
        if lower >= value:
            break
        x, value, slope = further, lower, lower_slope
    return value, x


def _thorough(problem: Problem, starts: list[Floats], sense: float) -> list[tuple[float, Floats]]:
    """Near chance and below it, where descents end anywhere, look at every way to give gold labels one label each.

    Where these are many, give one gold label after the other its best label.
    """
    waiting = np.flatnonzero(problem.mass > 0)
    ways = [np.flatnonzero(problem.free[gold]) for gold in waiting]
    if math.prod(labels.size for labels in ways) > _WAYS:
        return [_descend(problem, _exchanged(problem, x, sense), sense) for x in starts[:_DESCENTS]]
    every: list[Floats] = []
    for labels in product(*ways):
        x = np.zeros(problem.base.shape)
        x[waiting, labels] = problem.mass[waiting]
        every.append(x)
    values = [_signed(problem, x, sense)[0] for x in every]
    return [_descend(problem, every[place], sense) for place in np.argsort(values)[:_DESCENTS]]


def _exchanged(problem: Problem, x: Floats, sense: float) -> Floats:
    """Give one gold label's rows after the other another label, as long as that pays."""
    value, again = _signed(problem, x, sense)[0], True
    while again:
        again = False
        for gold in np.flatnonzero(problem.mass > 0):
            for label in np.flatnonzero(problem.free[gold]):
                other = x.copy()
                other[gold] = 0.0
                other[gold, label] = problem.mass[gold]
                lower = _signed(problem, other, sense)[0]
                if lower < value - _GAIN:
                    x, value, again = other, lower, True
    return x


def _signed(problem: Problem, x: Floats, sense: float) -> tuple[float, Floats]:
    """Value and slope in the sense that is sought, infinite where there is none or a label may not be taken."""
    found = problem.at(x)
    if found.value is None:
        return math.inf, np.where(problem.free, 0.0, np.inf)
    gradient = np.zeros_like(x) if found.gradient is None else found.gradient
    return sense * found.value, np.where(problem.free, sense * gradient, np.inf)


def _along(problem: Problem, x: Floats, step: Floats, sense: float) -> tuple[Floats, float, Floats]:
    """Go along a step as far as the figure falls: to the root of its slope, by secants and bisection."""
    low, high, length = 0.0, 1.0, 1.0
    slope_low = slope_high = math.nan
    best, moved = (x, math.inf, step), step != 0
    for _ in range(_LENGTHS):
        place = np.maximum(x + length * step, 0.0)
        value, slope = _signed(problem, place, sense)
        if value <= best[1]:
            best = place, value, slope
        rise = float((slope[moved] * step[moved]).sum()) if value < math.inf else math.inf
        if rise <= 0:
            low, slope_low = length, rise
        else:
            high, slope_high = length, rise
        if low == 1.0 or abs(rise) < _GAIN or high - low < 1e-12:
            break
        secant = low - slope_low * (high - low) / (slope_high - slope_low)
        inside = low + 1e-3 * (high - low) < secant < high - 1e-3 * (high - low)
        length = secant if inside else (low + high) / 2
    return best


def _by_silent(gradient: Floats, placed: Floats, column: int) -> Floats:
    """Give a silent row the slope of the labels it takes; gradients of shape (..., k, k)."""
    found: Floats = gradient.copy()
    found[..., column] = (placed * gradient).sum(axis=-1)
    return found


def _surface(surface: Surface, placed: Floats, column: int) -> Surface:
    """Complete other tables alike, before a coefficient is evaluated on them."""

    def completed(joint: Floats) -> Evaluated:
        found = surface(filled(joint, column, placed))
        return found._replace(gradient=_by_silent(found.gradient, placed, column))

    return completed
