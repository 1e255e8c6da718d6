"""Evaluations of Arize Phoenix: annotations of spans, and the columns that evaluators add to a frame."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from judgebench.labels.importers.export import By, Export, Label
from judgebench.labels.importers.values import mapped

if TYPE_CHECKING:
    from collections.abc import Iterable

    from judgebench.labels.importers.probe import Probe

_BY: dict[str, By] = {"human": "person", "llm": "judge", "code": "program"}
_SCORE, _DETAILS = "_score", "_execution_details"
_NAMES = {"input": "question", "output": "answer", "reference": "reference"}


def recognise(probe: Probe) -> str:
    """Annotations of spans with the kind of annotator, or a frame with details of execution."""
    names = {*probe.columns}
    if {"span_id", "annotator_kind"} <= names and names & {"annotation_name", "name"}:
        return "span_id, annotator_kind and the annotation's name"
    judged = [name for name in names if name.endswith(_DETAILS) and name.removesuffix(_DETAILS) + _SCORE in names]
    return f"columns such as {min(judged)}" if judged else ""


def read(probe: Probe) -> Export:
    """Read annotations or evaluated rows."""
    return _annotations(probe.rows()) if "annotator_kind" in probe.columns else _frame(probe.rows())


def _annotations(rows: Iterable[dict[str, Any]]) -> Export:
    export = Export()
    for row in rows:
        item = str(row["span_id"])
        export.items.setdefault(item, {"span_id": item})
        kind = str(row["annotator_kind"])
        result = {**row, **mapped(row.get("result"))}
        who = str(row.get("identifier") or kind)
        name = str(row.get("annotation_name") or row.get("name"))
        export.labels.append(Label(item, name, who, _said(result), _BY.get(kind.lower(), "program")))
    return export


def _frame(rows: Iterable[dict[str, Any]]) -> Export:
    export = Export()
    lower: dict[str, None] = {}
    failed = 0
    for place, row in enumerate(rows, 1):
        item = str(row.get("span_id") or row.get("context.span_id") or place)
        judged = [name.removesuffix(_DETAILS) for name in row if name.endswith(_DETAILS)]
        own = {f"{name}{end}" for name in judged for end in (_SCORE, _DETAILS)}
        export.items[item] = {_NAMES.get(name, name): value for name, value in row.items() if name not in own}
        for name in judged:
            score = mapped(row.get(name + _SCORE))
            failed += not score
            if score.get("direction") == "minimize":
                lower[name] = None
            export.labels.append(Label(item, name, "", _said(score), _BY.get(str(score.get("kind", "llm")), "judge")))
            if score.get("label") is not None:
                export.items[item][f"{name} score"] = score.get("score")
    export.count("evaluations that failed and have no verdict", failed)
    export.notes += [f"of {name} a lower score is better" for name in lower]
    return export


def _said(result: dict[str, Any]) -> Any:
    """Take the label, or the score where there is none."""
    label = result.get("label")
    return (
        label if label not in {None, "", "NOT_PARSABLE"} else None if label == "NOT_PARSABLE" else result.get("score")
    )
