"""One figure a judge over several tasks: only where somebody asks for it, with what it is worth.

Nothing else in the package averages over tasks. A mean over tasks depends on which tasks are in it; it is made of
judges that have all of them, and never of different metrics.
"""

from __future__ import annotations

import math
from dataclasses import replace
from functools import partial
from operator import itemgetter
from typing import TYPE_CHECKING, Any, Literal, NamedTuple, TypeAlias, get_args

from judgebench.domain import JudgeName, bare, conditions_of
from judgebench.domain.shapes import NUMBER, TEXT, TEXTS, ListOf, choice, judge_keys, maybe, record
from judgebench.errors import UsageError, argument
from judgebench.report.document.blocks import Field, grid, judge_columns
from judgebench.report.document.text import clean, decimal, figure, interval, some
from judgebench.report.leaderboard.ranks import rank
from judgebench.report.words import SAMPLE, gold_word, headline_name, sampled, task_name

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from judgebench.agreement.matching import Judged
    from judgebench.domain import Policies
    from judgebench.report.document.blocks import Fields, Grid
    from judgebench.report.leaderboard.entries import Entry, Key

__all__ = ["FIGURES", "KINDS", "SHEET", "Aggregate", "Kind", "Overall", "aggregate"]

Kind: TypeAlias = Literal["mean", "rank", "win-rate"]
KINDS: tuple[str, ...] = get_args(Kind)
#: Normal quantile of a 95 % interval.
_Z = 1.959963984540054
_NAMED = 3
_HOW = {
    "mean": "Mean of the tasks' {metric}, each task with the same weight. The interval takes the tasks as given and "
    "independent of each other (splits of one benchmark are not quite), adds up their variances, and is a normal one; "
    "it says nothing of other tasks.",
    "rank": "Mean of the ranks among the judges in this table. The range goes from the mean of the best to the mean of "
    "the worst ranks that stay open; it holds at 95 % within each task, not for all tasks together.",
    "win-rate": "Share of the comparisons with another judge on a task that a judge wins, a draw being half a win. The "
    "range goes from the clear wins to all that are not clearly lost, at 95 % within each task.",
}


class Overall(NamedTuple):
    """A judge's figure over all tasks; bounds are None where a task has none."""

    judge: str
    value: float
    low: float | None
    high: float | None


class Aggregate(NamedTuple):
    """Figures over several tasks, best judge first; ``left_out`` are judges without one, and why.

    ``metric`` is the headline where all tasks share it, else empty; ``golds`` are who gave the gold of these tasks;
    ``samples`` are those of which rows came with a card.
    """

    kind: str
    metric: str
    tasks: tuple[str, ...]
    golds: tuple[str, ...]
    judges: tuple[Overall, ...]
    left_out: tuple[tuple[str, str], ...]
    samples: tuple[str, ...] = ()

    @property
    def title(self) -> str:
        """What the table is called."""
        what = f"mean {headline_name(self.metric)}" if self.kind == "mean" else f"mean {self.kind}"
        return f"Over {len(self.tasks)} tasks, as asked for: {what.replace('-', ' ')}"

    @property
    def named(self) -> list[str]:
        """Its tasks' names, samples marked."""
        return [task_name(one, SAMPLE.lower() * (one in self.samples)) for one in self.tasks]

    @property
    def notes(self) -> tuple[str, ...]:
        """What has to be known to read it."""
        notes = [_HOW[self.kind].format(metric=headline_name(self.metric))]
        notes.append(f"Tasks: {', '.join(self.named)}. Other tasks would give other figures.")
        if len(self.golds) > 1:
            kinds = ", ".join(self.golds)
            notes.append(f"The gold is of different kinds ({kinds}): this is not agreement with humans.")
        notes += [f"Left out: {clean(judge)}, {why}" for judge, why in self.left_out]
        return tuple(notes)

    def grid(self) -> Grid:
        """Make a table of it."""
        named = {"mean": f"mean {headline_name(self.metric)}", "rank": "mean rank", "win-rate": "win rate"}
        write = partial(figure, digits=2) if self.kind == "rank" else decimal
        fields: Fields[Overall] = (
            Field("judge", lambda one: one.judge, right=False),
            Field(f"{named[self.kind]} [{self.range}]", lambda one: interval(one, write), right=False),
        )
        return grid(fields, self.judges, self.notes)

    @property
    def range(self) -> str:
        """What is in brackets."""
        return "95 % interval" if self.kind == "mean" else "range"

    @property
    def lines(self) -> list[tuple[Aggregate, Overall | tuple[str, str]]]:
        """The judges, then those without a figure, beside what they are of."""
        return [*((self, one) for one in self.judges), *((self, one) for one in self.left_out)]


#: `Aggregate` as JSON, a field of ``judgebench.leaderboard/1``.
FIGURES = record(
    kind=choice(*KINDS),
    metric=(maybe(TEXT), lambda all_: all_.metric or None, "The headline of all tasks; null where they differ."),
    tasks=ListOf(TEXT, least=2),
    golds=TEXTS,
    judges=ListOf(record(**judge_keys(), value=NUMBER, low=maybe(NUMBER), high=maybe(NUMBER))),
    left_out=ListOf(record(**judge_keys(itemgetter(0)), why=(TEXT, lambda two: two[1]))),
    samples=(ListOf(TEXT), lambda all_: all_.samples or None, "Tasks of which rows came with a card.", False),
    note=(TEXT, lambda all_: " ".join(all_.notes)),
)
#: A row per judge, those without a figure too.
SHEET: Mapping[str, Callable[[tuple[Aggregate, Overall | tuple[str, str]]], Any]] = {
    "aggregate": lambda x: x[0].kind,
    "metric": lambda x: x[0].metric,
    "tasks": lambda x: x[0].tasks,
    "samples?": lambda x: x[0].samples,
    **judge_columns(lambda x: x[1][0]),
    "value": lambda x: x[1].value if isinstance(x[1], Overall) else None,
    "low": lambda x: x[1].low if isinstance(x[1], Overall) else None,
    "high": lambda x: x[1].high if isinstance(x[1], Overall) else None,
    "left_out": lambda x: None if isinstance(x[1], Overall) else x[1][1],
}


def aggregate(
    entries: Sequence[Entry], kind: str, judged: Mapping[Key, Callable[[Policies], Judged]] | None = None
) -> Aggregate:
    """Make one figure a judge over all tasks; judges that aren't ranked on every task are left out and named.

    ``kind`` is the mean of the headline or of the ranks, or the share of comparisons won; ``judged`` is as for `rank`,
    which ranks anew among the judges that have every task. UsageError where there are not two tasks, where no judge has
    all of them, or where the mean of different metrics is asked for.
    """
    if kind not in KINDS:
        raise UsageError(f"{argument('aggregate')} {kind!r}: write one of {', '.join(KINDS)}")
    ranked = [entry for entry in entries if entry.rank is not None]
    headlines = {entry.row.task: entry.headline for entry in ranked}
    tasks = tuple(sorted(headlines))
    if len(tasks) < 2:
        raise UsageError(f"{argument('aggregate')} needs two tasks or more with ranked judges")
    metrics = sorted(set(headlines.values()))
    if kind == "mean" and len(metrics) > 1:
        each = "; ".join(
            f"{metric} on {_some([task for task in tasks if headlines[task] == metric])}" for metric in metrics
        )
        raise UsageError(
            f"the tasks' headlines differ ({each}), and their mean means nothing; give {argument('metric')} NAME, "
            f"{argument('task')} T or {argument('aggregate')} rank"
        )
    own: dict[str, dict[str, list[Entry]]] = {}
    for entry in ranked:
        own.setdefault(entry.row.judge, {}).setdefault(entry.row.task, []).append(entry)
    own = _prompted(own)
    left_out = [(judge, why) for judge in sorted(own) if (why := _lacking(own[judge], tasks))]
    without = {judge for judge, _ in left_out}
    if not (kept := [judge for judge in sorted(own) if judge not in without]):
        judge, why = min(left_out, key=lambda one: (len(one[1]), one[0]))
        raise UsageError(
            f"no judge is ranked on all {len(tasks)} tasks ({clean(judge)}: {why}); give {argument('task')} T "
            "to name some of them"
        )
    shown = [(judge, own[judge][task][0].row) for judge in kept for task in tasks]
    found_by = {(row.task, judge, row.revision): (row.task, row.judge, row.revision) for judge, row in shown}
    known = {key: judged[own_key] for key, own_key in found_by.items() if judged and own_key in judged}
    again = rank([replace(row, judge=judge) for judge, row in shown], headlines, known)
    places = {judge: [entry for entry in again if entry.row.judge == judge] for judge in kept}
    found = [_overall(judge, places[judge], kind, again) for judge in kept]
    sign = 1 if kind == "rank" else -1
    return Aggregate(
        kind,
        metrics[0] if len(metrics) == 1 else "",
        tasks,
        tuple(sorted({gold_word(row.gold) for _, row in shown})),
        tuple(sorted(found, key=lambda one: (sign * round(one.value, 9), one.judge))),
        tuple(left_out),
        tuple(task for task in tasks if any(sampled(row.revision) for _, row in shown if row.task == task)),
    )


def _prompted(own: Mapping[str, dict[str, list[Entry]]]) -> dict[str, dict[str, list[Entry]]]:
    """Give a run whose name tells no prompt, on a task of another kind, to each of its judge's runs that tell one."""
    told = [(judge, dict(conditions_of(judge))) for judge in own if "prompt" in conditions_of(judge)]
    given: dict[str, dict[str, list[Entry]]] = {judge: dict(tasks) for judge, tasks in own.items()}
    for judge, conditions in told:
        del conditions["prompt"]
        plain = str(JudgeName(bare(judge), conditions))
        if (rest := own.get(plain)) and rest.keys().isdisjoint(own[judge]):
            given[judge] |= rest
            given.pop(plain, None)
    return given


def _some(names: Sequence[str]) -> str:
    return some(list(map(clean, names)), _NAMED)


def _lacking(own: Mapping[str, Sequence[Entry]], tasks: Sequence[str]) -> str:
    if missing := [task for task in tasks if task not in own]:
        return f"not ranked on {_some(missing)}"
    if several := [task for task in tasks if len(own[task]) > 1]:
        return f"several runs of this name on {_some(several)}"
    return ""


def _overall(judge: str, own: Sequence[Entry], kind: str, everyone: Sequence[Entry]) -> Overall:
    if kind == "mean":
        return _mean(judge, own)
    bounds = [(one.best, one.worst) for one in own]
    known = [(best, worst) for best, worst in bounds if best is not None and worst is not None]
    sure = len(known) == len(own)
    k = len(own)
    if kind == "rank":
        ranks = [one.rank for one in own if one.rank is not None]
        low, high = (sum(part) / k for part in zip(*known, strict=True)) if sure else (None, None)
        return Overall(judge, sum(ranks) / k, low, high)
    rivals = max(1, sum(entry.row.task == own[0].row.task for entry in everyone) - 1)
    won = sum(_wins(one, [entry for entry in everyone if entry.row.task == one.row.task]) for one in own)
    if not sure:
        return Overall(judge, won / (k * rivals), None, None)
    certain = sum(1 + rivals - worst for _, worst in known)
    lost = sum(best - 1 for best, _ in known)
    return Overall(judge, won / (k * rivals), certain / (k * rivals), 1 - lost / (k * rivals))


def _wins(one: Entry, others: Sequence[Entry]) -> float:
    return sum(
        (one.rank < other.rank) + 0.5 * (one.rank == other.rank)
        for other in others
        if other is not one and one.rank is not None and other.rank is not None
    )


def _mean(judge: str, own: Sequence[Entry]) -> Overall:
    estimates = [one.row.metrics[one.headline] for one in own]
    k = len(own)
    value = sum(one.value or 0.0 for one in estimates) / k
    errors = [one.se for one in estimates if one.se is not None and one.low is not None]
    if len(errors) < k:
        return Overall(judge, value, None, None)
    reach = _Z * math.sqrt(sum(one**2 for one in errors)) / k
    return Overall(judge, value, value - reach, min(value + reach, 1.0))
