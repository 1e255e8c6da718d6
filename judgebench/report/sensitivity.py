"""The headline under every convention, one line each."""

from __future__ import annotations

from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING, Any, NamedTuple

from judgebench.domain.shapes import ESTIMATES, FLAG, POLICIES, TEXT, TEXTS, ListOf, Scalar, judge_keys, record
from judgebench.report.document.blocks import Field, Table, grid, judge_columns, sheet
from judgebench.report.document.model import Document
from judgebench.report.document.text import clean
from judgebench.report.rows import cell
from judgebench.report.words import WARNINGS

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

    def blocks(self) -> Iterator[Block]:
        head = [Field(name, get, right=name == "rows") for name, get in _HEAD.items()]
        metrics = [Field(name.replace("_", " "), partial(_cell, name)) for name in self._metrics]
        yield Table(grid([*head, *metrics], _near(self.lines), [_NOTE, *_cautions(self.lines)]))


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

    judges = list(dict.fromkeys((line.task, line.judge) for line in lines))
    near = [line for line in lines if distance(line) <= 1]
    return sorted(near, key=lambda line: (judges.index((line.task, line.judge)), not line.own))


def _cautions(lines: Sequence[Variant]) -> list[str]:
    named = dict.fromkeys((line.task, line.judge, code) for line in lines for code in line.warnings)
    return [f"Careful: {clean(judge)} on {clean(task)}: {WARNINGS.get(code, code)}." for task, judge, code in named]
