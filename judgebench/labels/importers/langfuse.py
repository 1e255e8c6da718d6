"""Scores of Langfuse, from its API, its tables or its blob storage: a row per score.

Texts are in other files, by trace. People annotate (ANNOTATION), its own judges evaluate (EVAL); what came by the API
may be anybody's, and counts as neither until it is named.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from judgebench.labels.importers.export import By, Export, Label
from judgebench.labels.importers.values import mapped

if TYPE_CHECKING:
    from judgebench.labels.importers.probe import Probe

_BY: dict[str, By] = {"ANNOTATION": "person", "EVAL": "judge", "API": "program"}
_TEXTS = frozenset({"CORRECTION", "TEXT"})


def recognise(probe: Probe) -> str:
    """Rows with a type of data, a source and a trace."""
    names = {*probe.columns}
    typed = names & {"dataType", "data_type"} and {"source", "name", "value"} <= names
    return "scores with a source and a type" if typed and names & {"traceId", "trace_id", "subject"} else ""


def read(probe: Probe) -> Export:
    """Read scores by trace or observation."""
    export = Export()
    left = api = 0
    for row in probe.rows():
        subject = mapped(row.get("subject"))
        places = (_of(row, "traceId"), _of(row, "observationId"), _of(row, "sessionId"), subject.get("id"))
        item = " | ".join(str(one) for one in places if one)
        kind = str(_of(row, "dataType"))
        if not item or kind in _TEXTS:
            left += 1
            continue
        export.items.setdefault(item, {"trace_id": places[0] or subject.get("id")})
        source = str(row.get("source"))
        by = _BY.get(source, "program")
        api += by == "program"
        who = _of(row, "authorUserId") if by == "person" else row.get("evaluator_id")
        label = _of(row, "stringValue") if kind in {"CATEGORICAL", "BOOLEAN"} else None
        value = row.get("value") if label in {None, ""} else label
        export.labels.append(Label(item, str(row["name"]), str(who or source), value, by))
    export.count("texts, corrections and scores about nothing, left out", left)
    export.count("scores that came by the API", api, "; name those that are a judge's or a person's")
    return export


def _of(row: dict[str, Any], name: str) -> Any:
    """Read a field that is camelCase in the API, and snake_case in exports."""
    snake = "".join(f"_{letter.lower()}" if letter.isupper() else letter for letter in name)
    return row.get(name) if row.get(name) not in {None, ""} else row.get(snake)
