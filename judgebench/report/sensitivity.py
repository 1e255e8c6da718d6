"""The headline under every convention, one line each."""

from __future__ import annotations

from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING, Any, NamedTuple

from judgebench.domain.shapes import ESTIMATES, FLAG, POLICIES, TEXT, TEXTS, ListOf, Scalar, judge_keys, record
from judgebench.report.document.blocks import Field, Table, grid, judge_columns, sheet, when
from judgebench.report.document.brief import Brief
from judgebench.report.document.model import Document
from judgebench.report.document.text import clean, decimal, many
from judgebench.report.row_table import cell
from judgebench.report.said import brief_name, differ, known_as, two, unfinished
from judgebench.report.words import SHORT_RULES, WARNINGS, task_name

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Sequence

    from judgebench.domain import Estimate, Policies
    from judgebench.report.document.blocks import Block, Cell, Sheet

__all__ = ["Sensitivity", "Variant"]

_NOTE = (
    "Each line is the same verdicts under other conventions (docs/explanation/policies.md); * marks the ones in force. "
    "Here one convention changes at a time; --format csv and json hold every combination."
)


class Variant(NamedTuple):
    """One judge on one task under one set of policies; ``warnings`` are about the judgments behind it."""

    task: str
    judge: str
    policies: Policies
    rows: int
    own: bool
    metrics: Mapping[str, Estimate]
    warnings: tuple[str, ...] = ()
    revision: str = ""


_ROW = record(
    "row",
    "One judge on one task under one set of policies; combinations that come to the same rows are listed once.",
    task=TEXT,
    **judge_keys(),
    policies=POLICIES,
    own=(FLAG, None, "Whether these are the policies in force."),
    rows=(Scalar({"type": "integer", "minimum": 1}), None, "Judgments that were scored."),
    metrics=(ESTIMATES, None, "Accuracy, Cohen's kappa and the scale's headline."),
    warnings=(TEXTS, None, "Codes such as incomplete_run."),
)
_HEAD: Mapping[str, Callable[[Variant], Any]] = {
    "task": lambda line: line.task,
    "judge": lambda line: line.judge,
    "own": lambda line: "*" if line.own else "",
    "order": lambda line: line.policies.order,
    "tie": lambda line: line.policies.tie,
    "invalid": lambda line: line.policies.invalid,
    "gold": lambda line: line.policies.gold,
    "rows": lambda line: line.rows,
}


@dataclass(frozen=True, slots=True, repr=False)
class Sensitivity(Document):
    """The lines of some judges."""

    lines: tuple[Variant, ...]

    SCHEMA = "judgebench.sensitivity/1"
    SHAPE = record(
        "", "One judge's headline under every combination of policies.", rows=(ListOf(_ROW), lambda found: found.lines)
    )

    @property
    def _metrics(self) -> list[str]:
        return list(dict.fromkeys(name for line in self.lines for name in line.metrics))

    def sheet(self) -> Sheet:
        estimates = {f"{name}*": partial(_metric, name) for name in self._metrics}
        told = judge_columns()
        head = {"task": _HEAD["task"], **told, **_HEAD, "judge": told["judge"]}
        return sheet({**head, **estimates, "warnings": lambda line: line.warnings}, self.lines)

    def brief(self) -> Brief | None:
        """Say between which values conventions move the headline, and whether another judge is then ahead."""
        spans = _spans(self.lines)
        if not spans:
            return None
        most = max(spans, key=lambda one: one.high.value - one.low.value)
        name = brief_name(most.metric)
        moved = (
            f"The conventions alone move the {name} of {most.judge} on {most.task} from "
            f"{decimal(most.low.value, 2)} to {decimal(most.high.value, 2)}."
            if most.low.value != most.high.value
            else f"No convention moves the {name} of any judge here."
        )
        fields: list[Field[_Span]] = [
            *when(differ(spans, "task"), Field("task", lambda one: one.task, right=False)),
            Field("judge", lambda one: one.judge, right=False),
            Field(f"{name} as it is", lambda one: two(one.own), right=False),
            Field("lowest", lambda one: decimal(one.low.value, 2)),
            Field("where", lambda one: one.low.rule, right=False, whole=True),
            Field("highest", lambda one: decimal(one.high.value, 2)),
            Field("where", lambda one: one.high.rule, right=False, whole=True),
        ]
        cut_short = [(one.judge, one.warnings) for one in spans]
        return Brief((*unfinished(cut_short), moved, *_overtaken(self.lines)), grid(fields, spans))

    def blocks(self) -> Iterator[Block]:
        head = [Field(name, get, right=name == "rows") for name, get in _HEAD.items()]
        metrics = [Field(name.replace("_", " "), partial(_cell, name)) for name in self._metrics]
        yield Table(grid([*head, *metrics], _near(self.lines), [_NOTE, *_cautions(self.lines)]))


_AS_IT_IS = "as it is"


class _End(NamedTuple):
    value: float
    rule: str


class _Span(NamedTuple):
    """A judge's headline under its own conventions, and the least and most under one other convention."""

    task: str
    judge: str
    metric: str
    own: Estimate
    low: _End
    high: _End
    warnings: tuple[str, ...]


def _spans(lines: Sequence[Variant]) -> list[_Span]:
    names = known_as(line.judge for line in lines)
    near: dict[tuple[str, str], list[Variant]] = {}
    for line in _near(lines):
        near.setdefault((line.task, line.judge), []).append(line)
    found: list[_Span] = []
    for (task, judge), some in near.items():
        metric, own = list(some[0].metrics)[-1], some[0]
        ends = [_End(value, _rule(own, line)) for line in some if (value := line.metrics[metric].value) is not None]
        if ends and own.own:
            low, high = min(ends, key=lambda one: one.value), max(ends, key=lambda one: one.value)
            found.append(
                _Span(task_name(task, own.revision), names[judge], metric, own.metrics[metric], low, high, own.warnings)
            )
    return found


def _rule(own: Variant, other: Variant) -> str:
    mine = own.policies.to_json()
    changed = [(name, value) for name, value in other.policies.to_json().items() if mine[name] != value]
    return ", ".join(SHORT_RULES.get(one, "=".join(one)) for one in changed) or _AS_IT_IS


def _overtaken(lines: Sequence[Variant]) -> Iterator[str]:
    """Say whether the judge with the highest headline is the same under every convention here."""
    names = known_as(line.judge for line in lines)
    tasks = {task: _leaders([line for line in lines if line.task == task]) for task in {line.task for line in lines}}
    known = [leaders for leaders in tasks.values() if _AS_IT_IS in leaders]
    if len(known) == 1:
        [leaders] = known
        leader = leaders[_AS_IT_IS]
        other = next(((rule, judge) for rule, judge in leaders.items() if judge != leader), None)
        yield (
            f"{names[leader]} has the highest figure under every one of them."
            if other is None
            else f"Which judge has the highest figure depends on them: {names[other[1]]} with “{other[0]}”."
        )
    elif known:
        changed = sum(len(set(leaders.values())) > 1 for leaders in known)
        yield (
            f"Which judge has the highest figure depends on them on {changed} of {many(len(known), 'task')}."
            if changed
            else f"On each of {many(len(known), 'task')} one judge has the highest figure under every one of them."
        )


def _leaders(lines: Sequence[Variant]) -> dict[str, str]:
    """Find the judge of one task with the highest headline under each convention that says something of every judge."""
    own = {line.judge: line for line in lines if line.own}
    rules: dict[str, dict[str, float]] = {}
    for line in _near(lines):
        value = list(line.metrics.values())[-1].value
        if line.judge in own and value is not None:
            rules.setdefault(_rule(own[line.judge], line), {})[line.judge] = value
    whole = {rule: each for rule, each in rules.items() if len(each) == len(own)}
    return {rule: max(each, key=each.__getitem__) for rule, each in whole.items()} if len(own) > 1 else {}


def _metric(name: str, line: Variant) -> Estimate | None:
    return line.metrics.get(name)


def _cell(name: str, line: Variant) -> Cell:
    return cell(line.metrics.get(name))


def _near(lines: Sequence[Variant]) -> list[Variant]:
    """Keep what differs in one policy at most from those in force, these first."""
    own = {(line.task, line.judge): line.policies.to_json() for line in lines if line.own}

    def distance(line: Variant) -> int:
        mine = own.get((line.task, line.judge), {})
        return sum(mine.get(name) != value for name, value in line.policies.to_json().items())

    near = [line for line in lines if distance(line) <= 1]
    places = {judge: i for i, judge in enumerate(dict.fromkeys((line.task, line.judge) for line in lines))}
    return sorted(near, key=lambda line: (places[line.task, line.judge], not line.own))


def _cautions(lines: Sequence[Variant]) -> list[str]:
    named = dict.fromkeys((line.task, line.judge, code) for line in lines for code in line.warnings)
    return [f"Careful: {clean(judge)} on {clean(task)}: {WARNINGS.get(code, code)}." for task, judge, code in named]
