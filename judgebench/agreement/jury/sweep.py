"""All juries that some of the judges make, best first, and what the best is worth on questions it was not chosen on."""

from __future__ import annotations

from dataclasses import dataclass, replace
from itertools import combinations
from typing import TYPE_CHECKING

import numpy as np

from judgebench.agreement.contrasts import is_error
from judgebench.agreement.estimates import Counted, Figure
from judgebench.agreement.figures import row_figures, scored_rows
from judgebench.domain import Estimate
from judgebench.errors import UsageError

if TYPE_CHECKING:
    from judgebench.agreement.jury.alike import Alike, Together
    from judgebench.agreement.jury.rules import Bench, Codes, Rule
    from judgebench.agreement.policies import Scored
    from judgebench.domain import Ratings
    from judgebench.stats.coefficients.catalog import Metric

#: So many judges make 4,095 juries.
MOST = 12


@dataclass(frozen=True, slots=True)
class Subset:
    """Some of the judges as a jury; ``silent`` is the share of judgments on which it has no verdict."""

    judges: tuple[str, ...]
    value: Estimate
    silent: float
    together: Together


@dataclass(frozen=True, slots=True)
class Sweep:
    """All juries, best first.

    ``held_out`` is what choosing the best is worth: fold by fold of the questions, the jury that is best on the others.
    ``chosen`` says which these were. Undefined where a figure can't be made of counts, or there is one question.
    """

    juries: tuple[Subset, ...]
    held_out: Estimate
    chosen: tuple[tuple[str, ...], ...]


def sweep_juries(bench: Bench, rule: Rule, figure: Metric | str, alike: Alike) -> Sweep:
    """Measure all juries; UsageError for more than `MOST` judges."""
    k = len(bench.names)
    if k > MOST:
        raise UsageError(f"a sweep of {k} judges is one of {2**k - 1:,} juries; name at most {MOST} judges")
    subsets = [np.array(one) for size in range(1, k + 1) for one in combinations(range(k), size)]
    template, sign = bench.beside().scored[0], -1.0 if is_error(figure) else 1.0
    found: list[Subset] = []
    tried: list[_Tried] = []
    for own in subsets:
        verdicts = bench.verdicts(rule, own)[0].verdicts
        ratings = replace(bench.first.ratings, judge=verdicts)
        scored = _aligned(ratings, template)
        one = _figure(figure, ratings, scored)
        names = tuple(bench.names[at] for at in own.tolist())
        found.append(Subset(names, one.estimate()[0], float((verdicts < 0).mean()), alike.among(own)))
        tried.append(_Tried(verdicts, scored, one))
    held_out, chosen = _held_out(bench, figure, tried, template, sign)
    # Of juries that are equally good, the smaller.
    order = sorted(range(len(found)), key=lambda at: _rank(found[at], sign))
    return Sweep(tuple(found[at] for at in order), held_out, tuple(found[at].judges for at in chosen))


@dataclass(frozen=True, slots=True)
class _Tried:
    verdicts: Codes
    scored: Scored
    figure: Figure


def _rank(one: Subset, sign: float) -> tuple[bool, float, int]:
    value = one.value.value
    return value is None, 0.0 if value is None else -sign * round(value, 12), len(one.judges)


def _aligned(ratings: Ratings, template: Scored) -> Scored:
    """Choose the rows of a jury that count for all judges."""
    own = scored_rows(ratings, template.policies)
    if np.array_equal(own.row, template.row):
        return own
    return own.take(np.flatnonzero(np.isin(own.row, template.row)))


def _figure(figure: Metric | str, ratings: Ratings, scored: Scored) -> Figure:
    counted = Counted.of(scored)
    if isinstance(figure, str):
        return row_figures(ratings, scored, counted)[figure]
    return Figure.of_table(figure, counted)


def _held_out(
    bench: Bench, figure: Metric | str, tried: list[_Tried], template: Scored, sign: float
) -> tuple[Estimate, tuple[int, ...]]:
    """Choose the best jury by the other folds, and let it judge its own."""
    folds = int(bench.fold.max(initial=0)) + 1
    size = template.size
    if folds < 2 or isinstance(figure, str):
        return Estimate.missing("too_few_items" if folds < 2 else "numbers", size), ()
    values = np.full((len(tried), folds), -np.inf)
    for at, one in enumerate(tried):
        shape = one.scored.shape
        if one.scored.gold_values is not None or not one.scored.size:
            continue
        cells = bench.fold[one.scored.row] * (shape[0] * shape[1]) + one.scored.cells()
        counts = np.bincount(cells, minlength=folds * shape[0] * shape[1]).reshape(folds, *shape)
        others = counts.sum(axis=0) - counts
        for fold, table in enumerate(others):
            n = int(table.sum())
            base = one.figure.counted.table
            value = figure(replace(base, joint=table / n, n=n)).value if n else None
            values[at, fold] = -np.inf if value is None else sign * round(value, 12)
    best = values.argmax(axis=0)
    verdicts = np.stack([tried[at].verdicts for at in best.tolist()])[bench.fold, np.arange(bench.fold.size)]
    ratings = replace(bench.first.ratings, judge=verdicts)
    scored = _aligned(ratings, template)
    return _figure(figure, ratings, scored).estimate()[0], tuple(best.tolist())
