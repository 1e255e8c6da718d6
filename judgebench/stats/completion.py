"""Rows without a verdict, completed by the wrong labels that make a figure least favourable.

A judge that withholds an answer must not fare better than one that gives a wrong one. So a figure of a table with
silent rows is its least favourable value over all ways to give each of them a wrong label, splits of a gold label's
rows among several labels included: what a judge's wrong answers make of it lies among these ways, so that to withhold
them never pays. ``x``, shape (k, k), is the mass that silent rows of gold i have on label j; it is the figure itself
that is evaluated on the completed table, and how the worst x is found depends on the figure.

Source: Horowitz & Manski (2000), Nonparametric analysis of randomized experiments with missing covariate and outcome
data, for bounds over all ways to complete what is missing.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, replace
from functools import partial
from itertools import product
from typing import TYPE_CHECKING, TypeAlias

import numpy as np
import numpy.typing as npt

from judgebench.stats.crosstab import TINY, Completion, Crosstab, Evaluated, Floats, Outcome, Surface

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    Function: TypeAlias = Callable[[Crosstab], Outcome]

#: Descents, from the best starts; steps of one; and tries of the length of a step.
_DESCENTS, _STEPS, _LENGTHS = 3, 200, 40
#: A descent ends where no step promises more than this.
_GAIN = 1e-13
#: So many ways are all looked at.
_WAYS = 100
#: Shares of rows below this are rounding.
_ROUNDING = 1e-10
#: Starts that an order of the labels gives, at most.
_SWEEPS = 12


def complete(
    name: str, function: Function, table: Crosstab, *, perfect: float | None = 1.0, directional: bool = False
) -> Outcome:
    """Evaluate a metric where silent rows take the wrong labels that are least favourable to it.

    The gradient by a silent row is that of the labels it takes, so that whatever is made of influences holds for these
    rows too. Less of a figure is better where it is ``perfect`` at 0; of a ``directional`` one the value farther from
    its perfect one is taken.
    """
    column = table.joint.shape[1] - 1 if table.silent is None else table.silent
    problem = _Problem.of(function, table, column)
    if not directional:
        return problem.worst(name, -1.0 if perfect == 0 else 1.0)
    ends = [problem.worst(name, sense) for sense in (1.0, -1.0)]
    return max(ends, key=lambda one: -1.0 if one.value is None else abs(one.value - (perfect or 0.0)))


@dataclass(frozen=True, slots=True)
class _Problem:
    """What is fixed (``base``), and what is to be placed: the ``mass`` of each gold label where ``free`` allows it."""

    function: Function
    table: Crosstab
    column: int
    base: Floats
    mass: Floats
    free: npt.NDArray[np.bool_]

    @classmethod
    def of(cls, function: Function, table: Crosstab, column: int) -> _Problem:
        """Set up the problem of a table whose silent rows are in a column."""
        base = table.joint.copy()
        mass = base[:, column].copy()
        base[:, column] = 0.0
        free = np.zeros(base.shape, dtype=np.bool_)
        free[:, : table.declared] = True
        if table.answers is not None:
            free[:] = table.answers
        if table.gold_values is None:
            np.fill_diagonal(free, val=False)
        else:
            free[:, : len(table.values)] &= table.gold_values[:, None] != table.values[None, :]
        return cls(function, replace(table, silent=None), column, base, mass, free)

    def worst(self, name: str, sense: float) -> Outcome:
        """Find the least favourable completion: the lowest value where ``sense`` is 1, the highest where it is -1."""
        if bool((self.free[self.mass > 0].sum(axis=1) <= 1).all()):
            return self.outcome(self.free * self.mass[:, None], sense)
        if name == "krippendorff_alpha" and self.table.level == "nominal":
            name = "krippendorff_alpha_nominal"
        starts = _PROPOSALS.get(name, _anywhere)(self)
        tried = [(sense * one.value, n, x) for n, x in enumerate(starts) if (one := self.at(x)).value is not None]
        if not tried:
            return self.outcome(self.vertex(np.zeros_like(self.base)), sense)
        found = [self._descend(x, sense) for _, _, x in sorted(tried)[:_DESCENTS]]
        value, x = min(found, key=lambda one: one[0])
        if value < 0 and name not in _PROPOSALS:
            # Below chance a descent may end anywhere.
            x = min([(value, x), *self._thorough([x for _, _, x in sorted(tried)], sense)], key=lambda one: one[0])[1]
        return self.outcome(x, sense)

    def at(self, x: Floats) -> Outcome:
        """Evaluate the figure on a completed table."""
        return self.function(replace(self.table, joint=self.base + x))

    def vertex(self, cost: Floats, mass: Floats | None = None) -> Floats:
        """Put all rows of each gold label (``mass``, by default the silent ones) on its cheapest label."""
        x = np.zeros_like(self.base)
        x[np.arange(len(x)), np.where(self.free, cost, np.inf).argmin(axis=1)] = self.mass if mass is None else mass
        return x

    def outcome(self, x: Floats, sense: float) -> Outcome:
        """Give a completion's value, its gradient by silent rows, and the completion itself."""
        found = self.at(x)
        if found.gradient is None:
            return found
        mass = self.mass[:, None]
        # A gold label without silent rows says where one would go: other tables may have some.
        other = self.vertex(sense * found.gradient, np.ones_like(self.mass))
        placed = np.where(mass > 0, np.divide(x, mass, out=np.zeros_like(x), where=mass > 0), other)
        column, within = self.column, found.within
        if within is not None:
            within = within.copy()
            within[:, column] = (within & (placed > 0)).any(axis=1)
        return replace(
            found,
            gradient=_by_silent(found.gradient, placed, column),
            within=within,
            completion=Completion(replace(self.table, joint=self.base + x), placed),
            surface=None if found.surface is None else _surface(found.surface, placed, column),
        )

    def fill(
        self, rate: Floats, start: Floats, sink: npt.NDArray[np.bool_], total: float, most: float = math.inf
    ) -> Floats | None:
        """Share ``total`` so that label j has ``rate * level - start``, never below 0 nor above what others may give.

        Beyond the level ``most`` the rest goes to sinks, which cost nothing; None where there is none to take it.
        """
        room = np.where(self.free.any(axis=0), self.mass.sum(), 0.0)
        room[: self.mass.size] -= np.where(room[: self.mass.size] > 0, self.mass, 0.0)
        steep = np.flatnonzero((rate > 0) & ~sink & (room > 0))
        share = np.zeros_like(start)
        if steep.size:
            p, q, u = rate[steep], start[steep], room[steep]
            levels = np.unique(np.concatenate([q / p, (q + u) / p]))
            totals = np.clip(p * levels[:, None] - q, 0.0, u).sum(axis=1)
            level = float(np.interp(total, totals, levels))
            share[steep] = np.clip(p * (min(level, most) if sink.any() else level) - q, 0.0, u)
        rest = total - float(share.sum())
        for label in np.flatnonzero(sink & (room > 0)):
            share[label] = min(room[label], max(rest, 0.0))
            rest -= share[label]
        return None if rest > _ROUNDING else share

    def plan(self, share: Floats) -> Floats:
        """Find which silent rows go where, so that each label gets its share and no row its own gold label."""
        left, wanted = np.zeros_like(share), share.copy()
        left[: self.mass.size] = self.mass
        x = np.zeros((share.size, share.size))
        own = np.zeros_like(share)
        own[: self.mass.size] = 1.0
        for _ in range(2 * share.size + 2):
            slack = left.sum() - left - wanted
            tight = int(slack.argmin())
            if slack[tight] <= _ROUNDING or left.sum() <= _ROUNDING:
                # Whoever has another gold label has to go there, and those with this one to all others.
                x[tight, :] += np.where(np.arange(share.size) == tight, 0.0, wanted)
                x[:, tight] += np.where(np.arange(share.size) == tight, 0.0, left)
                break
            gold = int(left.argmax())
            label = int(np.where(np.arange(share.size) == gold, -1.0, wanted).argmax())
            other = np.delete(slack, [gold, label])
            some = min(left[gold], wanted[label], float(other.min()) if other.size else math.inf)
            x[gold, label] += some
            left[gold] -= some
            wanted[label] -= some
        x = x[: self.mass.size]
        placed = x.sum(axis=1, keepdims=True)
        found: Floats = x * np.divide(self.mass[:, None], placed, out=np.zeros_like(placed), where=placed > 0)
        return found

    def _descend(self, x: Floats, sense: float) -> tuple[float, Floats]:
        """Follow the figure's gradient until it promises nothing (Frank & Wolfe 1956, with pairwise steps)."""
        value, slope = self._signed(x, sense)
        for _ in range(_STEPS):
            spread = np.where(x > 0, slope - slope.min(axis=1, keepdims=True), 0.0)
            if float((x * spread).sum()) < _GAIN:
                break
            # The labels that the gradient names: of a ratio of sums they are the answer at once.
            target = self.vertex(slope)
            jump, jump_slope = self._signed(target, sense)
            if jump < value - _GAIN:
                x, value, slope = target, jump, jump_slope
                continue
            # Else as much as pays of the rows from whose move the gradient promises most.
            gold, label = np.unravel_index(int((x * spread).argmax()), x.shape)
            step = np.zeros_like(x)
            step[gold, label] -= x[gold, label]
            step[gold, slope[gold].argmin()] += x[gold, label]
            further, lower, lower_slope = self._along(x, step, sense)
            if lower >= value:
                break
            x, value, slope = further, lower, lower_slope
        return value, x

    def _thorough(self, starts: list[Floats], sense: float) -> list[tuple[float, Floats]]:
        """Descend from the best of all ways to give each gold label's rows one label, or of some of many."""
        waiting = np.flatnonzero(self.mass > 0)
        ways = [np.flatnonzero(self.free[gold]) for gold in waiting]
        if math.prod(labels.size for labels in ways) > _WAYS:
            return [self._descend(self._exchanged(x, sense), sense) for x in starts[:_DESCENTS]]
        every = np.zeros((math.prod(labels.size for labels in ways), *self.base.shape))
        for x, labels in zip(every, product(*ways), strict=True):
            x[waiting, labels] = self.mass[waiting]
        values = [self._signed(x, sense)[0] for x in every]
        return [self._descend(every[place], sense) for place in np.argsort(values)[:_DESCENTS]]

    def _exchanged(self, x: Floats, sense: float) -> Floats:
        """Give one gold label's rows after the other another label, as long as that pays."""
        value, again = self._signed(x, sense)[0], True
        while again:
            again = False
            for gold in np.flatnonzero(self.mass > 0):
                for label in np.flatnonzero(self.free[gold]):
                    other = x.copy()
                    other[gold] = 0.0
                    other[gold, label] = self.mass[gold]
                    lower = self._signed(other, sense)[0]
                    if lower < value - _GAIN:
                        x, value, again = other, lower, True
        return x

    def _signed(self, x: Floats, sense: float) -> tuple[float, Floats]:
        """Value and slope in the sense that is sought, infinite where there is none or a label may not be taken."""
        found = self.at(x)
        if found.value is None:
            return math.inf, np.where(self.free, 0.0, np.inf)
        gradient = np.zeros_like(x) if found.gradient is None else found.gradient
        return sense * found.value, np.where(self.free, sense * gradient, np.inf)

    def _along(self, x: Floats, step: Floats, sense: float) -> tuple[Floats, float, Floats]:
        """Go along a step as far as the figure falls: to the root of its slope, by secants and bisection."""
        low, high, length = 0.0, 1.0, 1.0
        slope_low = slope_high = math.nan
        best, moved = (x, math.inf, step), step != 0
        for _ in range(_LENGTHS):
            place = np.maximum(x + length * step, 0.0)
            value, slope = self._signed(place, sense)
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
        whole = joint + joint[..., :, column, None] * placed
        whole[..., column] = 0.0
        found = surface(whole)
        return found._replace(gradient=_by_silent(found.gradient, placed, column))

    return completed


def _anywhere(problem: _Problem) -> Iterable[Floats]:
    """Start from all alike, all on one label, and the order of the labels turned round, by halves and step by step."""
    wide, gold = problem.base.shape[1], np.arange(len(problem.base), dtype=np.float64)[:, None]
    label, ordered = np.arange(wide, dtype=np.float64)[None, :], len(problem.table.values)
    yield problem.free * (problem.mass[:, None] / np.maximum(problem.free.sum(axis=1, keepdims=True), 1))
    for one in _some(np.flatnonzero(problem.free.any(axis=0))):
        yield problem.vertex(np.abs(label - one))
    if ordered < 2:
        return
    waiting = np.flatnonzero(problem.mass > 0)
    for cut in [*_some(waiting), len(gold)]:
        turned = np.where(gold < cut, -label, label)
        yield problem.vertex(np.where(label < ordered, turned, math.inf))
    share = np.linspace(0, 1, waiting.size)
    for place in ((waiting - waiting[0]) / max(1, waiting[-1] - waiting[0]), share):
        mirror = np.zeros(gold.size)
        mirror[waiting] = (1 - place) * (ordered - 1)
        yield problem.vertex(np.abs(label - mirror[:, None]))


def _some(places: npt.NDArray[np.intp]) -> npt.NDArray[np.intp]:
    """Pick no more than `_SWEEPS` of many places, evenly."""
    return places[:: -(-places.size // _SWEEPS)]


def _one(problem: _Problem) -> Iterable[Floats]:
    """Start anywhere: of a ratio of sums every descent ends at the same place (Dinkelbach 1967)."""
    return [problem.vertex(-problem.table.gold[None, : problem.base.shape[1]] * np.ones_like(problem.base))]


def _own(problem: _Problem) -> Iterable[Floats]:
    """Name the class itself wherever gold has another one."""
    label = getattr(problem.function, "keywords", {})["label"]
    return [problem.vertex(-np.eye(problem.base.shape[1])[label][None, :])]


def _crowd(problem: _Problem) -> Iterable[Floats]:
    """Put all on one label, and on a second one where gold has the first: the sum of squared margins is greatest.

    Of two labels that rows may take the one with more rows adds more, and the more the more it gets.
    """
    joint = problem.base
    margin = joint.sum(axis=0)
    margin[: len(joint)] += problem.table.gold
    first, second = _two(problem)
    gain = (2 * margin[:, None] + first) * first + (2 * margin[None, :] + second) * second
    return [_pair(problem, gain)]


def _even(problem: _Problem) -> Iterable[Floats]:
    """Fill the labels with fewest rows first: chance is greatest where margins are even."""
    margin = problem.base.sum(axis=0) + problem.table.gold
    sink = ~problem.table.possible
    share = problem.fill(np.ones(margin.size), margin, sink, float(problem.mass.sum()), most=1.0)
    return [] if share is None else [problem.plan(share)]


def _matthews(problem: _Problem) -> Iterable[Floats]:
    """Below 0 all on one label, else a balance of gold's frequent labels and even margins.

    ``(hits - r'c) / sqrt((1 - r'r) (1 - c'c))`` for the margins r and c: at the worst c, labels have ``level + t r``
    rows, and t is found by golden sections.
    """
    joint, total = problem.base, float(problem.mass.sum())
    judge, gold, hits = joint.sum(axis=0), problem.table.gold, float(joint.trace())

    def value(product: Floats, square: Floats) -> Floats:
        return np.asarray((hits - product) / np.sqrt(np.maximum(1 - square, TINY)))

    first, second = _two(problem)
    product = float(gold @ judge) + gold[:, None] * first + gold[None, :] * second
    square = float(judge @ judge) + (2 * judge[:, None] + first) * first + (2 * judge[None, :] + second) * second
    nothing = np.zeros(judge.size, dtype=np.bool_)

    def filled(log: float) -> Floats:
        t = math.exp(log)
        share = problem.fill(np.ones(judge.size), judge - t * gold, nothing, total)
        return np.zeros_like(judge) if share is None else share

    def at(log: float) -> float:
        margin = judge + filled(log)
        return float(value(gold @ margin, margin @ margin))

    low, high = -9.0, 9.0
    golden = (math.sqrt(5) - 1) / 2
    a, b = high - golden * (high - low), low + golden * (high - low)
    at_a, at_b = at(a), at(b)
    while high - low > 1e-7:
        if at_a <= at_b:
            high, b, at_b = b, a, at_a
            a = high - golden * (high - low)
            at_a = at(a)
        else:
            low, a, at_a = a, b, at_b
            b = low + golden * (high - low)
            at_b = at(b)
    return [_pair(problem, -value(product, square)), problem.plan(filled(low))]


def _macro(problem: _Problem, judge_share: float) -> Iterable[Floats]:
    """Share rows out where hits lose most, after one row for each of some labels that nobody has named so far.

    A class has ``hits / ((1 - judge_share) gold + judge_share judge)``, which falls ever more slowly with its verdicts;
    a class that neither side had counts 0 once a row names it, so as many are named as pays.
    """
    joint, table = problem.base, problem.table
    q, row = table.declared, 1 / table.n
    gold, judge, total = table.gold, joint.sum(axis=0), float(problem.mass.sum())
    hits = np.zeros_like(judge)
    hits[:q] = joint.diagonal()[:q] * (judge_share > 0)
    steep = max(judge_share, 0.5)
    rate, start = np.sqrt(hits / steep), ((1 - judge_share) * gold + judge_share * judge) / steep
    free = problem.free.any(axis=0)
    new = np.flatnonzero(free & (gold + judge <= 0) & (np.arange(judge.size) < q))
    sink = free & (hits <= 0)
    sink[new] = False
    for named in range(min(round(total * table.n), new.size) + 1):
        sink[new[:named]] = True
        share = problem.fill(rate, start, sink, total - named * row)
        if share is not None:
            share[new[:named]] += row
            yield problem.plan(share)


def _two(problem: _Problem) -> tuple[Floats, Floats]:
    """Rows that label a gets where all but gold's a go there, shape (k, 1), and that b gets then, shape (k, k)."""
    own = np.zeros(problem.base.shape[1])
    own[: problem.mass.size] = problem.mass
    first = (own.sum() - own)[:, None]
    return first, np.broadcast_to(own[:, None], (own.size, own.size))


def _pair(problem: _Problem, gain: Floats) -> Floats:
    """Place rows on the two labels of the greatest gain, the first in rows and the second in columns."""
    free = np.asarray(problem.free.any(axis=0))
    apart = np.outer(free, free) & ~np.eye(free.size, dtype=np.bool_)
    first, second = np.unravel_index(int(np.where(apart, gain, -np.inf).argmax()), gain.shape)
    cost = np.full(gain.shape[1], 2.0)
    cost[first], cost[second] = 0.0, 1.0
    return problem.vertex(cost[None, :])


#: Where to look for the least favourable completion of a figure; anywhere for the others.
_PROPOSALS: dict[str, Callable[[_Problem], Iterable[Floats]]] = {
    "cohen_kappa": _one,
    "cohen_kappa_linear": _one,
    "cohen_kappa_quadratic": _one,
    "lin_ccc": _one,
    "mean_absolute_error": _one,
    "mean_signed_error": _one,
    "gwet_ac2_linear": _one,
    "gwet_ac2_quadratic": _one,
    "gwet_ac1": _even,
    "scott_pi": _crowd,
    "krippendorff_alpha_nominal": _crowd,
    "matthews_corrcoef": _matthews,
    "macro_precision": partial(_macro, judge_share=1.0),
    "macro_recall": partial(_macro, judge_share=0.0),
    "macro_f1": partial(_macro, judge_share=0.5),
    "precision": _own,
    "f1": _own,
}
