"""Test runs of deepeval: JSON of its own (camelCase) and dumps of its results (snake_case).

A metric whose model failed says ``success: false``, too; only its error tells, and then there is no verdict.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from judgebench.labels.importers.export import Export, Label
from judgebench.labels.importers.values import passed

if TYPE_CHECKING:
    from judgebench.labels.importers.probe import Probe

_FIELDS = {
    "question": ("input",),
    "answer": ("actualOutput", "actual_output"),
    "reference": ("expectedOutput", "expected_output"),
    "context": ("retrievalContext", "retrieval_context", "context"),
    "turns": ("turns",),
    "tags": ("tags",),
    "comments": ("comments",),
}


def recognise(probe: Probe) -> str:
    """One object with test cases and their metrics."""
    whole = probe.object
    if "testCases" in whole and whole.keys() & {"conversationalTestCases", "metricsScores", "testPassed"}:
        return "testCases with metricsScores"
    return "test_results" if _cases(whole) and "test_results" in whole else ""


def _cases(whole: dict[str, Any]) -> list[dict[str, Any]]:
    found = (
        [*(whole.get("testCases") or []), *(whole.get("conversationalTestCases") or [])]
        or whole.get("test_results")
        or []
    )
    return [one for one in found if isinstance(one, dict)] if isinstance(found, list) else []


def read(probe: Probe) -> Export:
    """Read test cases and metrics."""
    export = Export()
    failed = 0
    for place, case in enumerate(_cases(probe.object)):
        item = str(case.get("name") or case.get("order", place))
        if item in export.items:
            item = f"{item} | {case.get('order', place)}"
        fields = {
            ours: next((case[one] for one in names if case.get(one) is not None), None)
            for ours, names in _FIELDS.items()
        }
        extra = case.get("metadata") or case.get("additional_metadata") or {}
        fields |= {f"metadata.{name}": value for name, value in extra.items()}
        for metric in case.get("metricsData") or case.get("metrics_data") or []:
            model = metric.get("evaluationModel") or metric.get("evaluation_model")
            error = bool(metric.get("error"))
            failed += error
            value = "" if error else passed(metric.get("success"))
            export.labels.append(Label(item, metric["name"], str(model or ""), value, "judge" if model else "program"))
            fields[f"{metric['name']} score"] = None if error else metric.get("score")
        export.items[item] = {name: value for name, value in fields.items() if value is not None}
    export.count("metrics that failed with an error and have no verdict", failed)
    return export
