"""Results of promptfoo: JSON, JSON lines, and the CSV with a block of columns per prompt and provider.

The verdict of a judge is that of its assertion; an assertion by a person in the viewer is that person's label. Where
the provider failed there is nothing to judge. Repeats of a test have its variables, which name their cluster.
"""

from __future__ import annotations

import csv
import io
import json
from typing import TYPE_CHECKING, Any

from judgebench.labels.importers.export import By, Export, Label
from judgebench.labels.importers.values import passed
from judgebench.labels.vocabulary import word_set

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from judgebench.labels.importers.probe import Probe

#: Kinds of assertions that a model decides.
_GRADED = word_set(
    "llm-rubric agent-rubric search-rubric model-graded-closedqa model-graded-factuality factuality g-eval "
    "select-best answer-relevance context-faithfulness context-recall context-relevance conversation-relevance "
    "trajectory:goal-success moderation"
)
_FAILED = 2


def recognise(probe: Probe) -> str:
    """One object with results of results, lines with a prompt's and a test's index, or a CSV of blocks."""
    if _results(probe.object):
        return "one object with results.results of variables and success"
    if probe.record.keys() >= {"promptIdx", "testIdx", "success"}:
        return "promptIdx, testIdx and success"
    if {"Status", "Score", "Grader Reason"} <= {*probe.columns} and any(name.startswith("[") for name in probe.columns):
        return "blocks of [provider] prompt, Status, Score and Grader Reason"
    return ""


def _results(whole: dict[str, Any]) -> list[dict[str, Any]]:
    results = whole.get("results")
    rows = results.get("results") if isinstance(results, dict) else None
    fits = (
        isinstance(rows, list)
        and rows
        and all(isinstance(row, dict) and {"vars", "success"} <= row.keys() for row in rows)
    )
    return rows if fits and isinstance(rows, list) else []


def read(probe: Probe) -> Export:
    """Read outputs and assertions."""
    if probe.format == "csv":
        return _blocks(probe)
    return _objects(_results(probe.object) or probe.records())


def _objects(rows: Iterable[dict[str, Any]]) -> Export:
    export = Export(cluster="test")
    failed = 0
    for place, row in enumerate(rows):
        item = f"{row.get('testIdx', place)} | {row.get('promptIdx', 0)}"
        response = row.get("response") or {}
        provider = row.get("provider")
        fields: dict[str, Any] = {f"vars.{name}": value for name, value in (row.get("vars") or {}).items()}
        fields["test"] = json.dumps(row.get("vars"), sort_keys=True, default=str)
        fields |= {f"metadata.{name}": value for name, value in (row.get("metadata") or {}).items()}
        fields |= {
            "prompt": (row.get("prompt") or {}).get("raw"),
            "provider": (provider.get("label") or provider.get("id")) if isinstance(provider, dict) else provider,
            "answer": response.get("output") if isinstance(response, dict) else response,
            "success": row.get("success"),
            "score": row.get("score"),
        }
        export.items[item] = {name: value for name, value in fields.items() if value is not None}
        if row.get("failureReason") == _FAILED:
            failed += 1
            continue
        export.labels += _assertions(item, row.get("gradingResult") or {})
    export.count("answers that failed at the provider and have no verdict", failed)
    return export


def _assertions(item: str, result: dict[str, Any]) -> Iterator[Label]:
    times: dict[str, int] = {}
    for one in result.get("componentResults") or []:
        assertion = one.get("assertion") or {}
        kind = str(assertion.get("type") or "assert")
        by: By = "person" if kind == "human" else "judge" if kind.removeprefix("not-") in _GRADED else "program"
        name = str(assertion.get("metric") or kind)
        times[name] = times.get(name, 0) + 1
        name = name if times[name] == 1 else f"{name} {times[name]}"
        provider = assertion.get("provider")
        model = provider.get("id") if isinstance(provider, dict) else provider
        yield Label(item, name, "human" if by == "person" else str(model or ""), passed(one.get("pass")), by)


def _blocks(probe: Probe) -> Export:
    export = Export(cluster="test")
    rows = list(csv.reader(io.StringIO(probe.content.text())))
    header = rows[0]
    begins = [at for at, name in enumerate(header) if name.startswith("[")]
    variables = header[: begins[0]]
    failed = 0
    for place, row in enumerate((row for row in rows[1:] if row), 1):
        own = dict(zip(variables, row, strict=False))
        for at, end in zip(begins, [*begins[1:], len(header)], strict=True):
            block = dict(zip(header[at:end], row[at:end], strict=False))
            item = f"{place} | {header[at]}"
            fields: dict[str, Any] = {f"vars.{name}": value for name, value in own.items()}
            fields |= {"test": json.dumps(own, sort_keys=True), "answer": row[at], "output": header[at]}
            export.items[item] = fields | {"score": block.get("Score"), "comment": block.get("Comment")}
            status = block.get("Status", "").upper()
            failed += status == "ERROR"
            value = {"PASS": "pass", "FAIL": "fail"}.get(status, "")
            export.labels.append(Label(item, "Status", "", value, "judge"))
    export.notes.append("Status is of all assertions of a test together; JSON has each")
    export.count("answers that are errors and have no verdict", failed)
    return export
