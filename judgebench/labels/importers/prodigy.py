"""Annotations of Prodigy (``db-out``): a line per task and session.

``ignore`` is a skip, and ``reject`` of a task with options means that the task is bad: neither is a label. Without
options accept and reject are the answer to the question that ``label`` asks.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

from judgebench.labels.importers.export import ANONYMOUS, Export, Label
from judgebench.labels.importers.values import together

if TYPE_CHECKING:
    from judgebench.labels.importers.probe import Probe

_OWN = frozenset({"answer", "accept", "options", "config", "spans", "tokens", "_is_binary", "_view_id", "_timestamp"})
#: A session that nobody named.
_TIME = re.compile(r"(?:.*[-_])?\d{4}-\d\d-\d\d[_T ]\d\d[-:]\d\d[-:]\d\d")


def recognise(probe: Probe) -> str:
    """Lines with the hashes of input and task, and an answer."""
    return (
        "_input_hash, _task_hash and answer" if probe.record.keys() >= {"_input_hash", "_task_hash", "answer"} else ""
    )


def read(probe: Probe) -> Export:
    """Read tasks and answers."""
    export = Export(cluster="_input_hash")
    skipped = rejected = 0
    for row in probe.records():
        item = str(row["_task_hash"])
        fields = {
            name: value
            for name, value in row.items()
            if name not in _OWN and not name.startswith(("_session", "_annot"))
        }
        export.items.setdefault(item, fields)
        choice = "options" in row or isinstance(row.get("accept"), list)
        if row["answer"] == "ignore":
            skipped += 1
        elif choice and row["answer"] == "reject":
            rejected += 1
        else:
            value = together(row.get("accept")) if choice else row["answer"]
            question = "choice" if choice else str(row.get("label") or "answer")
            export.labels.append(Label(item, question, _who(row), value))
    export.count("tasks that were ignored and have no label", skipped)
    export.count("tasks with options that were rejected as bad and have no label", rejected)
    return export


def _who(row: dict[str, Any]) -> str:
    for name in ("_annotator_id", "_session_id"):
        who = row.get(name)
        if who and not _TIME.fullmatch(str(who)):
            return str(who)
    return ANONYMOUS
