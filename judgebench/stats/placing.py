"""Where rows without a verdict may go, and which places to try first for a figure.

``x``, shape (k, k), is the mass that silent rows of gold label i have on label j. How a figure depends on it says where
the least favourable x can lie: often at a corner, where all rows of a gold label go to one label, or where the labels'
shares balance each other.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, replace
from functools import partial
from typing import TYPE_CHECKING, TypeAlias

import numpy as np
import numpy.typing as npt

from judgebench.stats.crosstab import TINY, Crosstab, Floats, Outcome

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from judgebench.stats.crosstab import Flags

    Function: TypeAlias = Callable[[Crosstab], Outcome]

#: Shares of rows below this are rounding.
_ROUNDING = 1e-10
#: Starts that an order of the labels gives, at most.
_SWEEPS = 12


@dataclass(frozen=True, slots=True)
class Problem:
    """What is fixed (``base``), and what is to be placed: the ``mass`` of each gold label where ``free`` allows it."""

    function: Function
    table: Crosstab
    column: int
    base: Floats
    mass: Floats
    free: Flags

    @classmethod
    def of(cls, function: Function, table: Crosstab, column: int) -> Problem:
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

    def at(self, x: Floats) -> Outcome:
        """Evaluate the figure on a completed table."""
        return self.function(replace(self.table, joint=self.base + x))

    def vertex(self, cost: Floats, mass: Floats | None = None) -> Floats:
        """Put all rows of each gold label (``mass``, by default the silent ones) on its cheapest label."""
        x = np.zeros_like(self.base)
        x[np.arange(len(x)), np.where(self.free, cost, np.inf).argmin(axis=1)] = self.mass if mass is None else mass
        return x

    def beside(self, x: Floats) -> Iterable[Floats]:
        """Move one silent row of one gold label to another label, in every way."""
        for gold, label in np.argwhere(self.free & (self.mass > 0)[:, None]):
            other = x.copy()
            moved = min(float(other[gold].max()), 1 / self.table.n)
            other[gold, other[gold].argmax()] -= moved
            other[gold, label] += moved
            yield other

    def fill(self, rate: Floats, start: Floats, sink: Flags, total: float, most: float = math.inf) -> Floats | None:
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


def anywhere(problem: Problem) -> Iterable[Floats]:
    """Start from all on one label, the order of the labels turned round, by halves and step by step, and all alike."""
    wide, gold = problem.base.shape[1], np.arange(len(problem.base), dtype=np.float64)[:, None]
    label, ordered = np.arange(wide, dtype=np.float64)[None, :], len(problem.table.values)
    evenly = problem.free * (problem.mass[:, None] / np.maximum(problem.free.sum(axis=1, keepdims=True), 1))
    for one in _some(np.flatnonzero(problem.free.any(axis=0))):
        yield problem.vertex(np.abs(label - one))
    if ordered < 2:
        yield evenly
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
    yield evenly


def _some(places: npt.NDArray[np.intp]) -> npt.NDArray[np.intp]:
    """Pick no more than `_SWEEPS` of many places, evenly."""
    return places[:: -(-places.size // _SWEEPS)]


def _one(problem: Problem) -> Iterable[Floats]:
    """Start anywhere: of a ratio of sums every descent ends at the same place (Dinkelbach 1967)."""
    return [problem.vertex(np.zeros_like(problem.base))]


def _own(problem: Problem) -> Iterable[Floats]:
    """Name the class itself wherever gold has another one."""
    label = getattr(problem.function, "keywords", {})["label"]
    return [problem.vertex(-np.eye(problem.base.shape[1])[label][None, :])]


def _crowd(problem: Problem) -> Iterable[Floats]:
    """Put all on one label, and on a second one where gold has the first: the sum of squared margins is greatest.

    Of two labels that rows may take the one with more rows adds more, and the more the more it gets.
    """
    joint = problem.base
    margin = joint.sum(axis=0)
    margin[: len(joint)] += problem.table.gold
    first, second = _two(problem)
    gain = (2 * margin[:, None] + first) * first + (2 * margin[None, :] + second) * second
    return [_pair(problem, gain)]


def _even(problem: Problem) -> Iterable[Floats]:
    """Fill the labels with fewest rows first: chance is greatest where margins are even."""
    margin = problem.base.sum(axis=0) + problem.table.gold
    sink = ~problem.table.possible
    share = problem.fill(np.ones(margin.size), margin, sink, float(problem.mass.sum()), most=1.0)
    return [] if share is None else [problem.plan(share)]


def _matthews(problem: Problem) -> Iterable[Floats]:
    """Below 0 all on one label, else a balance of gold's frequent labels and even margins.

    ``(hits - r'c) / sqrt((1 - r'r) (1 - c'c))`` for the margins r and c: at the worst c, labels have ``level + t r``
    rows, and t is found by bisection.
    """
    joint, total = problem.base, float(problem.mass.sum())
    judge, gold, hits = joint.sum(axis=0), problem.table.gold, float(joint.trace())

    def value(product: Floats, square: Floats) -> Floats:
        return np.asarray((hits - product) / np.sqrt(np.maximum(1 - square, TINY)))

    first, second = _two(problem)
    product = float(gold @ judge) + gold[:, None] * first + gold[None, :] * second
    square = float(judge @ judge) + (2 * judge[:, None] + first) * first + (2 * judge[None, :] + second) * second
    nothing = np.zeros(judge.size, dtype=np.bool_)
    low, high, share = -5.0, 11.0, judge
    while high - low > 1e-9:
        t = math.exp((low + high) / 2)
        found = problem.fill(np.ones(judge.size), judge - t * gold, nothing, total)
        if found is None:
            return [_pair(problem, -value(product, square))]
        share = found
        margin = judge + share
        # The slope along t has the sign of this.
        if t * (hits - float(gold @ margin)) < 1 - float(margin @ margin):
            low = math.log(t)
        else:
            high = math.log(t)
    return [_pair(problem, -value(product, square)), problem.plan(share)]


def _macro(problem: Problem, judge_share: float) -> Iterable[Floats]:
    """Share rows out where hits lose most, after one row for each of some labels that nobody has named so far.

    A class has ``hits / ((1 - judge_share) gold + judge_share judge)``, which falls ever more slowly with its verdicts;
    a class that neither side had counts 0 once a row names it, so as many are named as pays.
    """
    joint, table = problem.base, problem.table
    gold, judge, total = table.gold, joint.sum(axis=0), float(problem.mass.sum())
    label, row = np.arange(judge.size) < table.declared, 1 / table.n
    hits, base = np.where(label, joint.diagonal(), 0.0), (1 - judge_share) * gold + judge_share * judge
    falls = hits * (judge_share > 0)
    steep = max(judge_share, 0.5)
    free, present = problem.free.any(axis=0), gold + judge > 0
    new, sink = np.flatnonzero(free & label & ~present), free & (falls <= 0) & (present | ~label)
    classes = int(np.count_nonzero(present & label))
    least, best = math.inf, None
    for named in range(min(round(total * table.n), new.size) + 1):
        sink[new[:named]] = True
        share = problem.fill(np.sqrt(falls / steep), base / steep, sink, total - named * row)
        if share is None:
            continue
        share[new[:named]] += row
        whole = base + judge_share * share
        value = float((hits / np.where(hits > 0, whole, 1.0)).sum()) / max(classes + named, 1)
        if value < least:
            least, best = value, share
    return [] if best is None else [problem.plan(best)]


def _two(problem: Problem) -> tuple[Floats, Floats]:
    """Rows that label a gets where all but gold's a go there, shape (k, 1), and that b gets then, shape (k, k)."""
    own = np.zeros(problem.base.shape[1])
    own[: problem.mass.size] = problem.mass
    first = (own.sum() - own)[:, None]
    return first, np.broadcast_to(own[:, None], (own.size, own.size))


def _pair(problem: Problem, gain: Floats) -> Floats:
    """Place rows on the two labels of the greatest gain, the first in rows and the second in columns."""
    free = np.asarray(problem.free.any(axis=0))
    apart = np.outer(free, free) & ~np.eye(free.size, dtype=np.bool_)
    first, second = np.unravel_index(int(np.where(apart, gain, -np.inf).argmax()), gain.shape)
    cost = np.full(gain.shape[1], 2.0)
    cost[first], cost[second] = 0.0, 1.0
    return problem.vertex(cost[None, :])


#: Where to look for the least favourable completion of a figure; anywhere for the others.
PROPOSALS: dict[str, Callable[[Problem], Iterable[Floats]]] = {
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
#: Figures whose best start is the answer: a descent would leave a class that counts from its first row on.
EXACT = frozenset({
    "scott_pi", "krippendorff_alpha_nominal", "gwet_ac1", "matthews_corrcoef", "macro_precision", "macro_recall",
    "macro_f1", "precision", "f1",
})  # fmt: skip
