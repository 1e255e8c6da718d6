"""Ratings in, rows of agreement out: the measuring wing's front door."""

from __future__ import annotations

from collections import Counter, defaultdict
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any

import numpy as np

from judgebench.agreement.aggregates import aggregated, weights_of
from judgebench.agreement.bias import biases
from judgebench.agreement.by_label import against_chance, base_rates, classes_of
from judgebench.agreement.cautions import FEW_CLUSTERS, LOW_COVERAGE, cautions
from judgebench.agreement.estimates import Counted, Figure
from judgebench.agreement.figures import between_people, misgivings, panel, row_figures, scored_rows, table_metrics
from judgebench.agreement.kinds.scores import COMPANIONS
from judgebench.agreement.people.ceiling import behind
from judgebench.agreement.ratings import (
    NO_SUBSET,
    divisions,
    from_verdicts,
    need_two_systems,
    select,
    system_of,
    unfinished,
)
from judgebench.domain import Agreement, Estimate, Policies, Status, Usage
from judgebench.errors import UnscoredError, argument
from judgebench.stats.coefficients.catalog import METRICS, ROW_METRICS, Metric, RowMetric

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence

    from judgebench.agreement.estimates import Verify
    from judgebench.agreement.intervals import IntervalMethod
    from judgebench.agreement.policies import Scored
    from judgebench.domain import Aggregate, Ratings, Run, Verdict
    from judgebench.stats.influence import Influences


@dataclass(slots=True)
class _Group:
    """Rows that make one row of the table."""

    name: str
    ratings: Ratings
    scored: Scored
    counted: Counted
    statuses: Mapping[str, int]
    usage: Usage
    shown: bool = True
    metrics: dict[str, Estimate] = field(default_factory=dict)
    influences: dict[str, Influences | None] = field(default_factory=dict)

    @property
    def judged(self) -> tuple[int, int]:
        """Judgments with a verdict, and all judgments."""
        if self.statuses:
            return self.statuses.get(Status.OK.value, 0), sum(self.statuses.values())
        return int(np.count_nonzero(self.ratings.judge >= 0)), self.ratings.judge.size


def measure(  # noqa: PLR0913 - names, conventions and counts of a row; all but the ratings by keyword
    ratings: Ratings,
    *,
    task: str,
    judge: str,
    gold_source: str = "human",
    policies: Policies | None = None,
    aggregates: Sequence[Aggregate] = (),
    metrics: Mapping[str, Metric] | None = None,
    by: Sequence[str] = ("subset",),
    statuses: Mapping[str, Mapping[str, int]] | None = None,
    usage: Mapping[str, Usage] | None = None,
    revision: str = "",
    interval: IntervalMethod = "default",
    verify: Verify = False,
    again: bool = False,
) -> list[Agreement]:
    """Measure how far a judge agrees with gold: row ``all``, then a row per subset, system and aggregate.

    ``metrics`` are those to choose from, by default all: evaluated are those that mean something on the scale. ``by``
    names the divisions that get a row each; a system's row is named ``system:<name>``. ``aggregates`` are figures over
    subsets or systems, as the benchmark defines them. ``statuses`` and ``usage`` are counts and sums by row name;
    without statuses, coverage is the share of judgments with a code. ``again`` says that further rows of a case are
    further askings. ``revision`` pins the data. Intervals are made as in `estimate`; those of aggregates, ceilings and
    biases stay the default's. ``verify`` recomputes every point estimate by its witnesses (or by its definition alone,
    which needs no library), raises MismatchError where one differs, and names in ``unverified`` what has none.
    UnscoredError if there is nothing to score: that is an error, never a result. UsageError if a policy makes no sense
    on this scale.

    GPT-4 on TriviaQA (Thakur et al. 2024): of 1,089 wrong answers it accepts 186, of 2,506 right ones 2,374. The
    reference has agreement .911544, kappa .787569, AC1 .848460:

    >>> from judgebench.agreement.ratings import from_codes
    >>> from judgebench.domain import Scale
    >>> gold, judge = (np.repeat(codes, [903, 186, 132, 2374]) for codes in ([0, 0, 1, 1], [0, 1, 0, 1]))
    >>> (row,) = measure(from_codes(Scale.check(), judge, gold), task="triviaqa", judge="gpt-4")
    >>> {name: round(row.metrics[name].value, 6) for name in ("percent_agreement", "cohen_kappa", "gwet_ac1")}
    {'percent_agreement': 0.911544, 'cohen_kappa': 0.787569, 'gwet_ac1': 0.84846}
    """
    scored = scored_rows(ratings, policies or Policies())
    if not scored.size:
        raise UnscoredError(_nothing(ratings, scored), hint=f"check the labels, the policies and {argument('limit')}")
    if interval == "two-way":
        need_two_systems(ratings)
    divided = set(by) | {aggregate.by for aggregate in aggregates}
    groups = list(_groups(ratings, scored, divided, by, statuses or {}, usage or {}))
    scale = ratings.scale
    chosen = table_metrics(scale, METRICS if metrics is None else metrics)
    lines: Mapping[str, Metric | RowMetric] = chosen or ROW_METRICS
    for group in groups:
        tables = {name: Figure.of_table(metric, group.counted) for name, metric in chosen.items()}
        for name, figure in (tables | row_figures(ratings, group.scored, group.counted)).items():
            group.metrics[name], influences = figure.estimate(interval)
            if aggregates and name in lines:
                group.influences[name] = influences
    wanted = panel(scale, graded=scored.gold_values is not None)
    shown = (*wanted.companions, *COMPANIONS)
    mutual = {name: metric for name, metric in chosen.items() if not metric.directional}
    few_systems = ("few_systems",) if interval == "two-way" and len(ratings.systems) < FEW_CLUSTERS else ()
    rows = [
        Agreement(
            task=task,
            judge=judge,
            subset=group.name,
            gold=gold_source,
            items=group.scored.items,
            coverage=_share(*group.judged),
            policies=scored.policies,
            metrics=group.metrics,
            ceiling=between_people(ratings, group.ratings, group.scored, mutual),
            people=behind(group.ratings),
            bias=biases(group.ratings, group.scored, again=again)
            | {name: group.metrics[name] for name in ("mean_signed_error",) if name in group.metrics},
            usage=group.usage,
            statuses=group.statuses,
            base_rates=base_rates(group.scored, group.counted.table),
            warnings=cautions(
                group.scored,
                group.counted,
                group.metrics,
                coverage=_share(*group.judged),
                left_out=scored.left_out if group.name == "all" else 0,
            )
            + few_systems
            + misgivings(ratings, group.scored),
            revision=revision,
            scale=scale.spec,
            level=scale.level,
            against_chance=against_chance(group.counted, group.metrics),
            headline=wanted.headline,
            companions=tuple(name for name in shown if name in groups[0].metrics),
            classes=classes_of(group.scored, group.counted, interval),
        )
        for group in groups
        if group.shown
    ]
    own = {group.name: group for group in groups}
    for aggregate in aggregates:
        shares = weights_of(aggregate, aggregates, set(own))
        parts = [group for group in groups if shares.get(group.name) is not None]
        known = [name for name in groups[0].metrics if name in lines]
        totals = {
            name: aggregated(
                lines[name],
                {part: (own[part].metrics[name], own[part].influences[name]) for part in shares if part in own},
                shares,
                interval,
            )
            for name in known
        }
        rows.append(_whole(aggregate.name, parts, totals, rows[0]))
    if verify:
        rows = _verified(rows, aggregates, ratings, groups, chosen, f"{task}, {judge}", libraries=verify is True)
    return rows


def measure_run(
    run: Run,
    verdicts: Iterable[Verdict],
    *,
    policies: Policies | None = None,
    by_system: bool = False,
    metrics: Mapping[str, Metric] | None = None,
    interval: IntervalMethod = "default",
    verify: Verify = False,
) -> list[Agreement]:
    """Measure a run from its manifest and its verdicts, read once, as `measure` does.

    Policies are the run's own unless given. Every row warns of ``incomplete_run`` where the manifest counts more than
    there is, and one with failed cases of ``failed_cases``: they are no answers, so that its figures are bounds.
    """
    statuses = defaultdict[str, Counter[str]](Counter)
    usage = defaultdict[str, Usage](Usage)
    cases, items = 0, set[str]()
    systems = by_system or any(aggregate.by == "system" for aggregate in run.aggregates)

    def counted() -> Iterator[Verdict]:
        nonlocal cases
        for verdict in verdicts:
            cases += 1
            items.add(verdict.item)
            if not verdict.probe:
                names = ["all", verdict.subset or NO_SUBSET, *([verdict.stratum] if verdict.stratum else [])]
                for name in (*names, f"system:{system_of(verdict)}") if systems else names:
                    statuses[name][verdict.status.value] += 1
                    usage[name] += verdict.usage
            yield verdict

    ratings = from_verdicts(counted(), run.scale)
    rows = measure(
        ratings,
        task=run.task,
        judge=run.judge,
        gold_source=run.gold_source,
        policies=policies or run.policies,
        aggregates=run.aggregates,
        metrics=metrics,
        by=("subset", "system") if by_system else ("subset",),
        statuses=statuses,
        usage=usage,
        revision=run.revision,
        interval=interval,
        verify=verify,
        again=run.repeats > 1,
    )
    # Any row may lack judgments: what was never asked has no subset.
    short = unfinished(run.counts, cases, len(items))
    return [
        replace(row, warnings=(*row.warnings, *warned))
        if (warned := ("incomplete_run",) * short + ("failed_cases",) * (row.statuses.get(Status.FAILED.value, 0) > 0))
        else row
        for row in rows
    ]


def _verified(
    rows: Sequence[Agreement],
    aggregates: Sequence[Aggregate],
    ratings: Ratings,
    groups: Sequence[_Group],
    known: Mapping[str, Metric],
    where: str,
    *,
    libraries: bool,
) -> list[Agreement]:
    """Hear the witnesses of every group and aggregate, and keep in each row what none of them confirms."""
    from judgebench.agreement.witness import beside  # noqa: PLC0415 - loads the witnesses

    alone: dict[str, dict[str, str]] = {}
    own = {row.subset: row for row in rows}
    for group in groups:
        place, row = f"{where}, {group.name}", own.get(group.name)
        if row is None:
            beside.verify_metrics(group.metrics, ratings, group.scored, known, where=place, libraries=libraries)
        else:
            alone[group.name] = beside.verify_row(
                row, ratings, group.ratings, group.scored, known, where=place, libraries=libraries
            )
    figures = {group.name: group.metrics for group in groups} | {name: row.metrics for name, row in own.items()}
    beside.verify_aggregates(figures, aggregates, where=where)
    # An aggregate is as well confirmed as the figures that it is made of.
    whole = {name: why for name, why in alone["all"].items() if name in known}
    return [replace(row, unverified=alone.get(row.subset, whole)) for row in rows]


def measure_beside(
    run: Run, verdicts: Callable[[], Iterable[Verdict]], *, policies: Policies | None = None, **how: Any
) -> list[Agreement]:
    """Measure a run; where a benchmark forgives unusable answers, show our own convention beside its own.

    ``verdicts`` gives the run's verdicts and is called once or twice; the rest is as for `measure_run`. If the policy
    of unusable answers is not ``wrong`` and there were such answers, row ``all`` comes once more under ``wrong``. Where
    the subsets are criteria there is no row ``all``: it would be their average.
    """
    chosen = policies or run.policies
    rows = measure_run(run, verdicts(), policies=chosen, **how)
    if chosen.invalid != "wrong" and rows[0].coverage < 1:
        rows += measure_run(run, verdicts(), policies=replace(chosen, invalid="wrong"), **how)[:1]
    parts = [row for row in rows if row.subset != "all"]
    return parts if run.criteria and parts else rows


def _nothing(ratings: Ratings, scored: Scored) -> str:
    if not ratings.judge.size:
        return "there is no judgment to score"
    if not (ratings.gold >= 0).any():
        return f"no item has a gold label yet: label some (`judgebench view`), or give labels with {argument('labels')}"
    if scored.left_out:
        return f"none of {scored.left_out} items has gold under the policy gold={scored.policies.gold}"
    return "the policies leave no item to score"


def _groups(
    ratings: Ratings,
    scored: Scored,
    divided: set[str],
    by: Sequence[str],
    statuses: Mapping[str, Mapping[str, int]],
    usage: Mapping[str, Usage],
) -> Iterator[_Group]:
    def group(name: str, of: Ratings, rows: Scored, *, shown: bool) -> _Group:
        return _Group(name, of, rows, Counted.of(rows), dict(statuses.get(name, {})), usage.get(name, Usage()), shown)

    yield group("all", ratings, scored, shown=True)
    for part in divisions(ratings, divided):
        ours, theirs = np.flatnonzero(part.own), np.flatnonzero(part.own[scored.row])
        shown = part.by in by or (part.by == "stratum" and "subset" in by)
        yield group(part.name, select(ratings, ours), scored.take(theirs), shown=shown)


def _whole(name: str, parts: Sequence[_Group], metrics: Mapping[str, Estimate], first: Agreement) -> Agreement:
    """Make an aggregate's row: its figures, and what its parts add up to."""
    judged = [part.judged for part in parts]
    coverage = _share(sum(ok for ok, _ in judged), sum(total for _, total in judged))
    statuses: Counter[str] = Counter()
    for part in parts:
        statuses.update(part.statuses)
    return replace(
        first,
        subset=name,
        items=sum(part.scored.items for part in parts),
        coverage=coverage,
        metrics=metrics,
        ceiling={},
        people=None,
        bias={},
        usage=sum((part.usage for part in parts), Usage()),
        statuses=dict(statuses),
        base_rates={},
        classes={},
        against_chance={},
        warnings=("low_coverage",) if coverage < LOW_COVERAGE else (),
    )


def _share(part: int, whole: int) -> float:
    return part / whole if whole else 0.0
