"""The headline under every convention, one line each."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

from judgebench.report.scores import markdown_grid, write_csv, write_json
from judgebench.report.table import Cell, Column, Grid, draw, kappa_cell

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from judgebench.domain import Estimate, Policies

SCHEMA = "judgebench.sensitivity/1"
_NOTE = (
    "Each line is the same verdicts under other conventions (docs/policies.md); * marks the ones in force. Here one "
    "convention changes at a time; --format csv and json hold every combination."
)


class Line(NamedTuple):
    """One judge on one task under one set of policies."""

    task: str
    judge: str
    policies: Policies
    rows: int
    own: bool
    metrics: Mapping[str, Estimate]


def render(lines: Sequence[Line], form: str = "table", *, width: int = 120) -> str:
    """Print the lines as ``table``, ``json``, ``csv`` or ``md``."""
    if form == "json":
        return write_json({"schema": SCHEMA, "rows": [_json(line) for line in lines]})
    names = list(dict.fromkeys(name for line in lines for name in line.metrics))
    head = ["task", "judge", "own", "order", "tie", "invalid", "gold", "rows"]
    if form == "csv":
        columns = [f"{name}{end}" for name in names for end in ("", "_low", "_high")]
        return write_csv([*head, *columns], [_csv(line, names) for line in lines])
    lines = _near(lines)
    titles = [Column(name, right=i == len(head) - 1) for i, name in enumerate(head)]
    layout = Grid(
        (*titles, *(Column(name.replace("_", " ")) for name in names)),
        tuple((*map(Cell, _names(line)), *(kappa_cell(line.metrics.get(name)) for name in names)) for line in lines),
        (_NOTE,),
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


def _names(line: Line) -> list[str]:
    policies = line.policies
    own = "*" if line.own else ""
    return [line.task, line.judge, own, policies.order, policies.tie, policies.invalid, policies.gold, str(line.rows)]


def _csv(line: Line, names: Sequence[str]) -> list[str | float | None]:
    cells: list[str | float | None] = [*_names(line)[:-1], line.rows]
    for name in names:
        estimate = line.metrics.get(name)
        cells += [None] * 3 if estimate is None else [estimate.value, estimate.low, estimate.high]
    return cells


def _json(line: Line) -> dict[str, Any]:
    return {
        "task": line.task,
        "judge": line.judge,
        "policies": line.policies.to_json(),
        "own": line.own,
        "rows": line.rows,
        "metrics": {name: estimate.to_json() for name, estimate in line.metrics.items()},
    }
