"""Batches of Mechanical Turk, and what Prolific exports (people, no labels).

An item is what ``Input.*`` holds, in whichever batch; several items per HIT are told by the numbers at the end of their
columns. Rejected assignments are left out. Texts lose their HTML entities.
"""

from __future__ import annotations

import html
import re
from typing import TYPE_CHECKING, Any

from judgebench.domain.items import digest
from judgebench.errors import DataError
from judgebench.labels.importers.export import Export, Label
from judgebench.labels.importers.values import listed

if TYPE_CHECKING:
    from collections.abc import Iterator

    from judgebench.labels.importers.probe import Probe

_INPUT, _ANSWER, _TASKS = "Input.", "Answer.", "Answer.taskAnswers"
_NUMBERED = re.compile(r"(.*?)_?(\d+)")


def recognise(probe: Probe) -> str:
    """Columns of HITs, workers and answers, or of Prolific's submissions."""
    names = {*probe.columns}
    if {"HITId", "WorkerId", "AssignmentStatus"} <= names:
        return "HITId, WorkerId and AssignmentStatus"
    return "Submission id and Participant id" if {"Submission id", "Participant id"} <= names else ""


def read(probe: Probe) -> Export:
    """Read assignments."""
    if "HITId" not in probe.columns:
        raise DataError(
            "Prolific's export holds people and no labels",
            file=probe.name,
            hint="measure the survey's own file; its PROLIFIC_PID is the Participant id here",
        )
    export = Export()
    rows = list(probe.rows())
    kept = [
        (
            row,
            {n.removeprefix(_INPUT): html.unescape(c) for n, c in row.items() if n.startswith(_INPUT)},
            dict(_answers(row)),
        )
        for row in rows
        if row["AssignmentStatus"] != "Rejected"
    ]
    # Of all rows, as a worker may leave a question out.
    numbers = _numbers({name for _, inputs, _ in kept for name in inputs}, {name for *_, own in kept for name in own})
    for row, inputs, answers in kept:
        for fields, own in _items(inputs, answers, numbers):
            item = (
                digest("\0".join(f"{name}={fields[name]}" for name in sorted(fields)), 12) if fields else row["HITId"]
            )
            export.items[item] = fields
            export.labels += [Label(item, name, row["WorkerId"], value) for name, value in own.items()]
    export.count("rejected assignments, left out", len(rows) - len(kept))
    return export


def _answers(row: dict[str, Any]) -> Iterator[tuple[str, Any]]:
    """Yield questions and answers; a radio button is a column per option."""
    for one in listed(row.get(_TASKS)):
        for name, value in one.items() if isinstance(one, dict) else ():
            if isinstance(value, dict):
                chosen = [option for option, on in value.items() if on is True]
                yield name, chosen[0] if len(chosen) == 1 else None
            else:
                yield name, value
    for name, cell in row.items():
        if not name.startswith(_ANSWER) or name == _TASKS or not cell:
            continue
        question, dot, option = name.removeprefix(_ANSWER).partition(".")
        if not dot:
            yield question, cell
        elif cell.strip().lower() == "true":
            yield question, option


def _numbers(inputs: set[str], answers: set[str]) -> list[str]:
    """Find the numbers of a HIT's items, where inputs and answers are numbered alike."""
    found = [{one[2] for name in side if (one := _NUMBERED.fullmatch(name))} for side in (inputs, answers)]
    alike = len(found[1]) > 1 and found[0] == found[1] and all(map(_NUMBERED.fullmatch, answers))
    return sorted(found[1], key=int) if alike else []


def _items(
    inputs: dict[str, str], answers: dict[str, Any], numbers: list[str]
) -> Iterator[tuple[dict[str, str], dict[str, Any]]]:
    """Split a HIT into its items."""
    if not numbers:
        yield inputs, answers
    shared = {name: value for name, value in inputs.items() if not _NUMBERED.fullmatch(name)}
    for number in numbers:
        fields, own = (
            {one[1]: v for name, v in side.items() if (one := _NUMBERED.fullmatch(name)) and one[2] == number}
            for side in (inputs, answers)
        )
        if any(map(str.strip, fields.values())):
            yield shared | fields, own
