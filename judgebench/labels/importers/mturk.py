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
    rejected = 0
    for row in probe.rows():
        if row["AssignmentStatus"] == "Rejected":
            rejected += 1
            continue
        inputs = {
            name.removeprefix(_INPUT): html.unescape(cell) for name, cell in row.items() if name.startswith(_INPUT)
        }
        answers = dict(_answers(row))
        for fields, own in _items(inputs, answers):
            item = (
                digest("\0".join(f"{name}={fields[name]}" for name in sorted(fields)), 12) if fields else row["HITId"]
            )
            export.items[item] = fields
            export.labels += [Label(item, name, row["WorkerId"], value) for name, value in own.items()]
    if rejected:
        export.notes.append(f"rejected assignments, left out: {rejected:,}")
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


def _items(inputs: dict[str, str], answers: dict[str, Any]) -> list[tuple[dict[str, str], dict[str, Any]]]:
    """Split a HIT into its items, where inputs and answers are numbered alike."""
    numbered = {name: found for name in (*inputs, *answers) if (found := _NUMBERED.fullmatch(name))}
    numbers = [{numbered[name][2] for name in side if name in numbered} for side in (inputs, answers)]
    if len(numbers[1]) < 2 or numbers[0] != numbers[1] or any(name not in numbered for name in answers):
        return [(inputs, answers)]
    shared = {name: value for name, value in inputs.items() if name not in numbered}

    def own(side: dict[str, Any], number: str) -> dict[str, Any]:
        return {
            numbered[name][1]: value for name, value in side.items() if name in numbered and numbered[name][2] == number
        }

    return [(shared | own(inputs, number), own(answers, number)) for number in sorted(numbers[1], key=int)]
