"""Evaluations of MLflow: the table of ``genai.evaluate``, traces with assessments, and the older table of scores.

Feedback by people, judges and code is told apart by its source. Expectations are given with the data and stored as a
person's, whoever wrote them: they are fields of the item. Feedback that was replaced or failed is no label.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from judgebench.files.shapes import as_records
from judgebench.labels.importers.export import By, Export, Label
from judgebench.labels.importers.values import listed, mapped

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from judgebench.labels.importers.probe import Probe

_VALUE, _ERROR = "/value", "/error_message"
_SCORE = "/v1/score"
_BY: dict[str, By] = {"HUMAN": "person", "LLM_JUDGE": "judge", "CODE": "program"}


def recognise(probe: Probe) -> str:
    """Columns of values and assessments by trace, traces, or a table with /v1/score."""
    columns = probe.columns
    if "trace_id" in columns and (any(name.endswith(_VALUE) for name in columns) or "assessments" in columns):
        return "trace_id with values or assessments"
    if isinstance(probe.record.get("info"), dict) and "assessments" in probe.record["info"]:
        return "traces with info.assessments"
    names = probe.object.get("columns") or []
    if isinstance(names, list) and any(str(name).endswith(_SCORE) for name in names):
        return f"a table with columns such as NAME{_SCORE}"
    return ""


def read(probe: Probe) -> Export:
    """Read traces and assessments."""
    if probe.object:
        return _legacy(as_records(probe.object) or [])
    return _traces(probe.rows())


def _legacy(rows: Iterable[dict[str, Any]]) -> Export:
    export = Export()
    names = {"inputs": "question", "predictions": "answer", "ground_truth": "reference", "targets": "reference"}
    for place, row in enumerate(rows, 1):
        item = str(place)
        export.items[item] = {names.get(name, name): value for name, value in row.items() if not name.endswith(_SCORE)}
        export.labels += [
            Label(item, name.removesuffix(_SCORE), "", value, "judge")
            for name, value in row.items()
            if name.endswith(_SCORE)
        ]
    return export


def _traces(rows: Iterable[dict[str, Any]]) -> Export:
    export = Export()
    dropped = 0
    for place, row in enumerate(rows, 1):
        info = row["info"] if isinstance(row.get("info"), dict) else {}
        item = str(row.get("trace_id") or info.get("trace_id") or place)
        fields: dict[str, Any] = {
            "question": row.get("request") or info.get("request_preview"),
            "answer": row.get("response") or info.get("response_preview"),
        }
        assessments = listed(row.get("assessments")) or listed(info.get("assessments"))
        for one in assessments:
            name = str(one.get("assessment_name") or one.get("name"))
            if "expectation" in one and one["expectation"] is not None:
                fields[f"{name}{_VALUE}"] = mapped(one["expectation"]).get("value")
            elif one.get("valid") is False or "feedback" not in one:
                dropped += 1
            else:
                export.labels.append(_feedback(item, name, one))
        if not assessments:
            export.labels += _values(item, row)
            fields |= {
                name: value for name, value in row.items() if name.startswith("expected") and name.endswith(_VALUE)
            }
        export.items[item] = {name: value for name, value in fields.items() if value is not None}
    export.count("assessments that were replaced by later ones, left out", dropped)
    return export


def _feedback(item: str, name: str, one: dict[str, Any]) -> Label:
    source = mapped(one.get("source"))
    feedback = mapped(one["feedback"])
    by = _BY.get(str(source.get("source_type")), "program")
    return Label(
        item, name, str(source.get("source_id") or ""), None if feedback.get("error") else feedback.get("value"), by
    )


def _values(item: str, row: dict[str, Any]) -> Iterator[Label]:
    for column, value in row.items():
        name = column.removesuffix(_VALUE)
        if column.endswith(_VALUE) and not name.startswith("expected"):
            yield Label(item, name, "", None if row.get(name + _ERROR) else value, "judge")
