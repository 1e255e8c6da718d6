"""The headline under every convention, one line each."""

from __future__ import annotations

import json
from importlib import resources
from typing import TYPE_CHECKING, Any, NamedTuple

from judgebench.report.document.as_csv import write_csv
from judgebench.report.document.as_json import write_json
from judgebench.report.document.as_md import markdown_grid
from judgebench.report.document.as_table import draw
from judgebench.report.document.grid import Cell, Column, Grid
from judgebench.report.document.text import clean
from judgebench.report.scores import json_schema as scores_schema
from judgebench.report.table import kappa_cell
from judgebench.report.words import WARNINGS

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from judgebench.domain import Estimate, Policies

SCHEMA = "judgebench.sensitivity/1"
_NOTE = (
    "Each line is the same verdicts under other conventions (docs/policies.md); * marks the ones in force. Here one "
    "convention changes at a time; --format csv and json hold every combination."
)


class Line(NamedTuple):
    """One judge on one task under one set of policies; ``warnings`` are about the judgments behind it."""

    task: str
    judge: str
    policies: Policies
    rows: int
    own: bool
    metrics: Mapping[str, Estimate]
    warnings: tuple[str, ...] = ()


def json_schema() -> dict[str, Any]:
    """Read the JSON Schema (draft 2020-12) of ``judgebench.sensitivity/1``, that of the scores it refers to inside."""
    text = resources.files("judgebench.report").joinpath("sensitivity.schema.json").read_text("utf-8")
    schema: dict[str, Any] = json.loads(text)
    schema["$defs"]["scores"] = scores_schema()
    return schema


def render(lines: Sequence[Line], form: str = "table", *, width: int = 120) -> str:
    """Print the lines as ``table``, ``json``, ``csv`` or ``md``."""
    if form == "json":
        return write_json({"schema": SCHEMA, "rows": [_json(line) for line in lines]})
    names = list(dict.fromkeys(name for line in lines for name in line.metrics))
    head = ["task", "judge", "own", "order", "tie", "invalid", "gold", "rows"]
    if form == "csv":
        columns = [f"{name}{end}" for name in names for end in ("", "_low", "_high")]
        return write_csv([*head, *columns, "warnings"], [_csv(line, names) for line in lines])
    lines = _near(lines)
    titles = [Column(name, right=i == len(head) - 1) for i, name in enumerate(head)]
    layout = Grid(
        (*titles, *(Column(name.replace("_", " ")) for name in names)),
        tuple((*map(Cell, _names(line)), *(kappa_cell(line.metrics.get(name)) for name in names)) for line in lines),
        (_NOTE, *_cautions(lines)),
    )
    return markdown_grid(layout) if form == "md" else draw(layout, width=width, names=(0, 1))


def _near(lines: Sequence[Line]) -> list[Line]:
    """Keep what differs in one policy at most from those in force, these first."""
    own = {(line.task, line.judge): line.policies.to_json() for line in lines if line.own}

    def distance(line: Line) -> int:
        mine = own.get((line.task, line.judge), {})
        return sum(mine.get(name) != value for name, value in line.policies.to_json().items())

    judges = list(dict.fromkeys((line.task, line.judge) for line in lines))
    near = [line for line in lines if distance(line) <= 1]
    return sorted(near, key=lambda line: (judges.index((line.task, line.judge)), not line.own))


def _cautions(lines: Sequence[Line]) -> list[str]:
    named = dict.fromkeys((line.task, line.judge, code) for line in lines for code in line.warnings)
    return [f"Careful: {clean(judge)} on {clean(task)}: {WARNINGS.get(code, code)}." for task, judge, code in named]


def _names(line: Line) -> list[str]:
    policies = line.policies
    own = "*" if line.own else ""
    return [line.task, line.judge, own, policies.order, policies.tie, policies.invalid, policies.gold, str(line.rows)]


def _csv(line: Line, names: Sequence[str]) -> list[str | float | None]:
    cells: list[str | float | None] = [*_names(line)[:-1], line.rows]
    for name in names:
        estimate = line.metrics.get(name)
        cells += [None] * 3 if estimate is None else [estimate.value, estimate.low, estimate.high]
    return [*cells, " ".join(line.warnings)]


def _json(line: Line) -> dict[str, Any]:
    return {
        "task": line.task,
        "judge": line.judge,
        "policies": line.policies.to_json(),
        "own": line.own,
        "rows": line.rows,
        "metrics": {name: estimate.to_json() for name, estimate in line.metrics.items()},
        "warnings": list(line.warnings),
    }
