"""Experiments of LangSmith: the frame of their results, and feedback by run.

A target that crashed is still scored: such rows have no verdict. The frame doesn't say whose feedback is; feedback by
run does.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from judgebench.labels.importers.export import By, Export, Label
from judgebench.labels.importers.values import mapped

if TYPE_CHECKING:
    from collections.abc import Iterable

    from judgebench.labels.importers.probe import Probe

_FEEDBACK = "feedback."
_BY: dict[str, By] = {"app": "person", "model": "judge"}


def recognise(probe: Probe) -> str:
    """Columns of inputs, outputs and feedback, or rows of feedback with a source."""
    names = probe.columns
    if any(name.startswith("inputs.") for name in names) and any(name.startswith(_FEEDBACK) for name in names):
        return "columns inputs.*, outputs.* and feedback.*"
    return "run_id, key and feedback_source" if {"run_id", "key", "feedback_source"} <= {*names} else ""


def read(probe: Probe) -> Export:
    """Read results or feedback."""
    return _feedback(probe.rows()) if "feedback_source" in probe.columns else _frame(probe.rows())


def _frame(rows: Iterable[dict[str, Any]]) -> Export:
    export = Export()
    crashed = 0
    for place, row in enumerate(rows, 1):
        item = str(row.get("example_id") or row.get("id") or place)
        if item in export.items:
            item = f"{item} | {row.get('id') or place}"
        export.items[item] = {name: value for name, value in row.items() if not name.startswith(_FEEDBACK)}
        error = row.get("error") not in {None, ""}
        crashed += error
        for name, value in row.items():
            if name.startswith(_FEEDBACK):
                export.labels.append(Label(item, name.removeprefix(_FEEDBACK), "", None if error else value, "judge"))
    export.count("targets that crashed, whose feedback is about no answer and left out", crashed)
    return export


def _feedback(rows: Iterable[dict[str, Any]]) -> Export:
    export = Export()
    for row in rows:
        item = str(row["run_id"])
        export.items.setdefault(item, {"run_id": item, "trace_id": row.get("trace_id")})
        source = mapped(row.get("feedback_source"))
        kind = str(source.get("type") or "api")
        value = row.get("score") if row.get("score") not in {None, ""} else row.get("value")
        who = str(source.get("user_name") or source.get("user_id") or kind)
        export.labels.append(Label(item, str(row["key"]), who, value, _BY.get(kind, "program")))
    return export
