"""May this run take the baseline's place? Three answers: it got worse, it did not, or so many items can't tell."""

from __future__ import annotations

import math
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

import numpy as np

from judgebench.agreement.cautions import LOW_COVERAGE, RARE
from judgebench.agreement.contrasts import (
    chosen,
    contrast,
    default_metrics,
    doubts,
    groups,
    is_directional,
    is_error,
    verdicts_differ,
)
from judgebench.agreement.gate.operations import coverage_drop, flip_increase, increase
from judgebench.agreement.gate.rules import Gate, GateLine, Limits, Odds, Rules
from judgebench.agreement.intervals import within
from judgebench.agreement.power import Power
from judgebench.agreement.ratings import NO_SUBSET, select
from judgebench.domain import Estimate
from judgebench.errors import UnknownNameError, UsageError, argument
from judgebench.stats.cluster_errors import effective_number
from judgebench.stats.coefficients.catalog import METRICS
from judgebench.stats.inference.gates import Bounds, Decider, one_sided
from judgebench.stats.inference.multiplicity import holm

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from judgebench.agreement.contrasts import JudgeRows
    from judgebench.agreement.gate.operations import Spent, What, Worse
    from judgebench.agreement.gate.rules import State
    from judgebench.agreement.matching import Matched
    from judgebench.stats.coefficients.catalog import Metric
    from judgebench.stats.crosstab import Ints
    from judgebench.stats.influence import Influences

#: Chance to be decided that a number of items is asked for.
POWER = 0.8
#: The name that stands for every subset.
EVERY = "all"
#: How many subsets an error names.
_NAMED = 9


@dataclass(frozen=True, slots=True)
class _Test:
    """A line before it is decided."""

    subset: str
    figure: str
    first: Estimate
    second: Estimate
    worse: Influences | None
    items: int
    limit: float
    strict: bool
    least: float = 0.0
    operation: bool = False
    error: bool = True
    slack: tuple[float, float] = (0.0, 0.0)
    reach: float = math.inf
    changed: int | None = None
    reason: str = ""
    n: int = 0
    sizes: Ints | None = None
    bounds: Bounds | None = field(default=None, compare=False)

    @property
    def unchanged(self) -> bool:
        return self.changed == 0

    @property
    def threshold(self) -> float:
        # A maximum is what is allowed: a rise that is sure and small is not a failure.
        return self.limit if self.operation else 0.0


def gate(
    matched: Matched,
    metrics: Sequence[str] = (),
    *,
    subsets: Sequence[str] = (),
    rules: Rules | None = None,
    limits: Limits | None = None,
    spent: tuple[Mapping[str, Spent], Mapping[str, Spent]] | None = None,
    known: Mapping[str, Metric] | None = None,
    criteria: bool = False,
) -> Gate:
    """Decide whether a run got worse than its baseline: paired, clustered by question, one-sided.

    A line passes where the upper bound of its drop lies below the margin; else it fails where the lower bound lies
    above 0 and the drop seen is at least ``min_effect`` (``strict``: within the margin, too); else so many items can't
    tell. Failing takes p-values adjusted by Holm over all lines, so the chance of any false alarm stays at alpha.
    Passing takes every line at once, which needs no adjustment: a run that is worse by the margin on any line passes
    with probability alpha at most.

    ``matched`` is the baseline, then the run; ``spent`` what the items of both took, which cost and latency need.
    Figures are by default the scale's headline, on all items and the ``subsets`` asked for (``all`` means every one).
    Subsets that are ``criteria`` are decided each, or those asked for: nobody asked for an average of them.
    Coverage has a line under ``invalid=drop`` wherever the runs don't answer the same judgments, and under any policy
    where it fell by more than its limit; without one of its own the margin is its limit, at most .05. UnknownNameError
    if a metric or a subset is not known, UsageError if more or less of a metric is neither better nor worse, or flips
    can't be seen.

    Source: Miller (2024), Adding error bars to evals; Blackwelder (1982), Proving the null hypothesis in clinical
    trials; Holm (1979); Berger (1982), Multiparameter hypothesis testing and acceptance sampling, on passing all of
    several tests.
    """
    rules, limits = rules or Rules(), limits or Limits()
    known = METRICS if known is None else known
    names = tuple(metrics) or default_metrics(matched.scored[0], known)[:1]
    figures = chosen(matched, names, known)
    if directional := [name for name, metric in figures.items() if is_directional(metric)]:
        raise UsageError(f"{argument('metric')} {directional[0]}: more or less of it is neither better nor worse")
    tests = [
        *(_agreement(matched, group, metric, judges, rules)
          for group, judges in _groups(matched, subsets, criteria=criteria) for metric in figures.items()),
        *_operations(matched, _with_coverage(matched, limits, rules), spent),
    ]  # fmt: skip
    lines = _decided([replace(test, bounds=_bounds(test, rules.alpha)) for test in tests], rules.alpha)
    one = matched.scored[0]
    clusters = one.clusters()
    rarest = np.unique(one.gold, return_counts=True)[1]
    few = int(rarest.min(initial=RARE)) < RARE
    return Gate(
        task=matched.task,
        gold_source=matched.gold_source,
        baseline=matched.judges[0],
        run=matched.judges[1],
        policies=one.policies,
        items=one.items,
        judgments=one.size,
        clusters=clusters.count,
        effective=clusters.effective,
        coverage=(matched.coverage[0], matched.coverage[1]),
        rules=rules,
        lines=tuple(lines),
        warnings=doubts(
            matched,
            figures,
            prevalence=few and one.gold_values is None and (one.scale.listed or one.scale.sequential),
            low_coverage=matched.coverage[1] < LOW_COVERAGE,
        ),
        differ=int(np.count_nonzero(verdicts_differ(matched))),
        level=one.scale.level,
        revision=matched.revision,
        split=matched.split,
    )


def _groups(matched: Matched, subsets: Sequence[str], *, criteria: bool) -> list[tuple[str, list[JudgeRows]]]:
    """All items, then the subsets that were asked for; of criteria no more than these, or every one."""
    present = [name or NO_SUBSET for name in matched.ratings[0].subsets]
    every = EVERY in subsets or (criteria and not subsets)
    if unknown := [name for name in subsets if name not in {EVERY, *present}]:
        named = [name for name in present if name != NO_SUBSET]
        told = f"(this task has: {', '.join(map(repr, named[:_NAMED]))})" if named else "(this task has no subsets)"
        raise UnknownNameError("subset", unknown[0], named, hint=told)
    (_, whole), *parts = groups(matched, ("subset",) if subsets or criteria else ())
    # A subset may be called "all", too.
    found = [(f"({name})" if name == EVERY else name, judges) for name, judges in parts if every or name in subsets]
    if not criteria:
        return [(EVERY, whole), *found]
    # One criterion alone is not a part: it has all the rows.
    return found or [(present[0], whole)]


def _agreement(
    matched: Matched, group: str, metric: tuple[str, Metric | str], judges: Sequence[JudgeRows], rules: Rules
) -> _Test:
    name, figure = metric
    before, after = judges
    made = before.figure(figure)
    if rules.margin >= (reach := made.high - made.low):
        # Nothing could exceed it: most likely it was meant in percent.
        raise UsageError(
            f"{argument('margin')} {rules.margin:g}: {name} can never change by more than {reach:g}; give it as a "
            "share, for example .05"
        )
    first, second, error = before.estimate(figure), after.estimate(figure), is_error(figure)
    # Its bounds are the gate's own; only the influences are asked for.
    found = contrast(*((after, before) if error else (before, after)), figure, plain_t=True)
    return _Test(
        group,
        name,
        first,
        second,
        None if found is None else found.test.influences,
        items=before.scored.items,
        limit=rules.margin,
        strict=rules.strict,
        least=rules.min_effect,
        error=error,
        slack=(0.0, 0.0) if found is None else found.bias,
        reach=math.inf if found is None else found.reach,
        changed=_changed(matched, judges),
        reason="" if found is not None else first.undefined or second.undefined or "no_error",
        n=first.n if isinstance(figure, str) else before.counted.table.n,
        sizes=None if found is None else _sizes(found.test.influences, before.scored.cluster),
    )


def _sizes(worse: Influences, cluster: Ints) -> Ints:
    """Rows of each cluster with an influence."""
    return np.maximum(1, np.bincount(cluster, minlength=int(worse.ids.max(initial=0)) + 1)[worse.ids])


def _changed(matched: Matched, judges: Sequence[JudgeRows]) -> int:
    """Count the questions of which the runs don't say the very same in every judgment."""
    one, two = (judge.scored for judge in judges)
    differ = one.judge != two.judge
    first, second = (select(own, judge.scored.row) for own, judge in zip(matched.ratings, judges, strict=True))
    for mine, yours in (
        (first.sequence, second.sequence),
        (first.score, second.score),
        (first.has_score, second.has_score),
    ):
        if mine is not None and yours is not None:
            differ = differ | (mine != yours).reshape(differ.size, -1).any(axis=1)
        elif mine is not None or yours is not None:
            differ = np.ones_like(differ)
    return int(np.unique(one.cluster[differ]).size)


def _with_coverage(matched: Matched, limits: Limits, rules: Rules) -> Limits:
    """Look at coverage, too, where answers were lost that no figure shows, or more than is allowed."""
    if limits.coverage is not None:
        return limits
    before, after = (one.judge >= 0 for one in matched.ratings[:2])
    limit = min(rules.margin, Rules().margin)
    unseen = matched.scored[0].policies.invalid == "drop" and not (before == after).all()
    return replace(limits, coverage=limit) if unseen or float(before.mean() - after.mean()) > limit else limits


def _operations(
    matched: Matched, limits: Limits, spent: tuple[Mapping[str, Spent], Mapping[str, Spent]] | None
) -> Iterator[_Test]:
    items = len(matched.items)

    def test(name: str, found: Worse, limit: float, *, error: bool = True) -> _Test:
        made = _Test(EVERY, name, found.first, found.second, found.worse, items, limit, strict=False, operation=True)
        sizes = None if found.worse is None else _sizes(found.worse, matched.ratings[0].cluster)
        return replace(made, error=error, reason=found.reason, n=max(found.first.n, found.second.n), sizes=sizes)

    if limits.coverage is not None:
        yield test("coverage", coverage_drop(matched), limits.coverage, error=False)
    if limits.flips is not None:
        yield test("flip_rate", flip_increase(matched), limits.flips)
    asked: tuple[tuple[str, What, float | None], ...] = (
        ("cost", "usd", limits.cost),
        ("latency", "seconds", limits.latency),
    )
    for name, what, limit in asked:
        if limit is None:
            continue
        if spent is None:
            raise UsageError(f"{name} needs what the judgments took, which only runs and their baselines know")
        yield test(name, increase(matched, spent, what), limit)


def _bounds(test: _Test, alpha: float) -> Bounds | None:
    if test.worse is None or test.unchanged:
        return None
    found = one_sided(
        test.worse, margin=test.limit, alpha=alpha, threshold=test.threshold, slack=test.slack, sizes=test.sizes
    )
    found = within(found, test.reach)
    # If the runs are alike, each changed question could as well have changed the other way: k of them show nothing
    # rarer than one in 2^k, whatever the error of so few says.
    least = 0.0 if test.changed is None else 0.5**test.changed
    low = min(found.low, 0.0) if found.low is not None and least >= alpha else found.low
    return replace(found, p=max(found.p, least), low=low)


def _decided(tests: Sequence[_Test], alpha: float) -> list[GateLine]:
    # A line that can't be tested can't fail, but was looked at all the same.
    adjusted = holm([1.0 if test.bounds is None else test.bounds.p for test in tests]).tolist()
    return [_line(test, p_holm, alpha, alpha / len(tests)) for test, p_holm in zip(tests, adjusted, strict=True)]


def _line(test: _Test, p_holm: float, alpha: float, first_step: float) -> GateLine:
    bounds, reason = test.bounds, test.reason
    state: State = "undecided"
    value = 0.0 if test.unchanged else None if test.worse is None else test.worse.value
    if test.unchanged:
        state, reason = "pass", "unchanged"
    elif bounds is not None and value is not None:
        if bounds.unmoved:
            state, reason = "pass", "unmoved"
        elif bounds.se is None:
            reason = "one_question"
        else:
            fails = p_holm < alpha and value >= test.least
            within = bounds.high is not None and bounds.high < test.limit
            state = "fail" if fails and (test.strict or not within) else "pass" if within else state
    decider = _decider(test, alpha, first_step)
    tested = bounds is not None and bounds.se is not None and not bounds.unmoved
    line = GateLine(
        test.subset,
        test.figure,
        test.operation,
        test.first,
        test.second,
        _estimate(test, value, bounds),
        test.limit,
        test.strict,
        test.error,
        state,
        reason,
        bounds.p if tested and bounds is not None else None,
        p_holm if tested else None,
        None if decider is None else _odds(decider),
    )
    return line if state != "undecided" else replace(line, needed=_needed(test, alpha, first_step))


def _estimate(test: _Test, value: float | None, bounds: Bounds | None) -> Estimate:
    if value is None:
        return Estimate.missing(test.reason or "undefined", test.n)
    if bounds is None or bounds.low is None:
        se = None if bounds is None else bounds.se
        return Estimate.alone(value, test.n, test.reason or ("one_cluster" if se is None else "no_spread"), se)
    worth = None if test.sizes is None else round(float(effective_number(test.sizes)), 2)
    kind = "cr1" if test.sizes is None or effective_number(test.sizes) == test.sizes.size else "cr3"
    return Estimate(value, bounds.low, bounds.high, test.n, None, bounds.se, f"{kind}-t-paired-one-sided", worth)


def _decider(test: _Test, alpha: float, first_step: float) -> Decider | None:
    bounds = test.bounds
    if bounds is None or not bounds.se or not bounds.se_high:
        return None
    return Decider(
        bounds.se,
        bounds.se_high,
        test.limit,
        alpha,
        # Holm's first step: what a line can count on, whatever the others say.
        first_step,
        bounds.df,
        test.threshold,
        test.least,
        test.slack,
        test.strict,
    )


def _odds(decider: Decider) -> Odds:
    none, worse = decider.states(0.0), decider.states(decider.margin)
    return Odds(none.fails, worse.fails, none.passes, worse.passes, decider.detectable(POWER))


def _needed(test: _Test, alpha: float, first_step: float) -> int | None:
    bounds = test.bounds
    if bounds is None or test.worse is None or bounds.se is None or bounds.se_high is None or any(test.slack):
        return None
    clusters, value = int(bounds.df) + 1, test.worse.value
    if not bounds.se:
        # All questions tell the same: more of them make the sign test sure.
        questions = test.worse.sums.size
        return max(test.items + 1, math.ceil(test.items / questions * math.ceil(-math.log2(first_step))))

    def items(distance: float, se: float, level: float) -> int | None:
        power = Power(test.figure, test.items, se * se * test.items, 1.0, 0.0, measured=True, clusters=clusters)
        try:
            return power.items_for(distance, alpha=level, power=POWER)
        except ValueError:
            return None

    ways = [
        items(value - test.threshold, bounds.se, first_step) if value >= test.least else None,
        items(test.limit - value, bounds.se_high, alpha),
    ]
    found = [n for n in ways if n is not None]
    return max(test.items + 1, min(found)) if found else None
