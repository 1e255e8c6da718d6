"""Exports of Label Studio: JSON (tasks with lists of annotations), JSON-MIN and CSV (a row per annotation).

Skipped annotations are no labels. Predictions are a model's, beside the people's. In JSON-MIN and CSV nothing says
which columns are the project's controls: those whose cells have a control's form, or in which annotators of one task
differ.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from judgebench.labels.importers.export import ANONYMOUS, Export, Label
from judgebench.labels.importers.values import blank, listed, mapped, together

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from judgebench.labels.importers.probe import Probe

_ROW = frozenset({"annotator", "annotation_id", "lead_time"})
_OWN = _ROW | {"id", "created_at", "updated_at"}
_KINDS = ("choices", "rating", "number", "text", "taxonomy", "selected", "ranker")


def recognise(probe: Probe) -> str:
    """Tasks with data and annotations, or rows with an annotator, an annotation's id and its lead time."""
    if isinstance(probe.record.get("data"), dict) and isinstance(probe.record.get("annotations"), list):
        return "tasks with data and annotations"
    return "columns annotator, annotation_id and lead_time" if probe.columns and {*probe.columns} >= _ROW else ""


def read(probe: Probe) -> Export:
    """Read tasks, annotations and predictions."""
    return _rows(probe.rows()) if {*probe.columns} >= _ROW else _tasks(probe.records())


def _tasks(tasks: Iterable[dict[str, Any]]) -> Export:
    export = Export()
    skipped = marked = 0
    tasks = list(tasks)
    whose = _emails(tasks)
    for place, task in enumerate(tasks, 1):
        item = str(task.get("id", place))
        export.items[item] = {f"data.{name}": value for name, value in (task.get("data") or {}).items()}
        for annotation in task.get("annotations") or []:
            if annotation.get("was_cancelled"):
                skipped += 1
                continue
            marked += bool(annotation.get("ground_truth"))
            who = _person(annotation.get("completed_by"))
            who = whose.get(who, who)
            export.labels += [Label(item, name, who, value) for name, value in _results(annotation)]
        for prediction in task.get("predictions") or []:
            model = str(prediction.get("model_version") or "model")
            export.labels += [Label(item, name, model, value, "judge") for name, value in _results(prediction)]
    export.count("annotations that were skipped, left out", skipped)
    export.count("annotations marked as ground truth", marked, "; they count as any other")
    return export


def _emails(tasks: Iterable[dict[str, Any]]) -> dict[str, str]:
    """Give the e-mail address of each person's number: some annotations name the one, some the other."""
    people = [one.get("completed_by") for task in tasks for one in task.get("annotations") or []]
    return {str(one["id"]): _person(one) for one in people if isinstance(one, dict) and one.get("id") is not None}


def _person(who: Any) -> str:
    if isinstance(who, dict):
        who = who.get("email") or who.get("id")
    return ANONYMOUS if who is None else str(who)


def _results(annotation: dict[str, Any]) -> Iterator[tuple[str, Any]]:
    for result in annotation.get("result") or []:
        if isinstance(result, dict) and isinstance(result.get("value"), dict) and "from_name" in result:
            yield str(result["from_name"]), _said(result["value"])


def _said(value: dict[str, Any]) -> Any:
    """Read what a control holds."""
    for kind in _KINDS:
        if kind in value:
            said = value[kind]
            if kind == "selected":
                return {"left": "A", "right": "B"}.get(said, said)
            if kind == "taxonomy":
                return together(["/".join(map(str, path)) for path in said])
            return said if kind == "ranker" else together(said)
    return None


def _control(cell: Any) -> dict[str, Any] | None:
    """Read a cell that has a control's form; None where it has none."""
    value = mapped(cell) or next((one for one in listed(cell) if isinstance(one, dict)), {})
    return value if any(kind in value for kind in _KINDS) else None


def _rows(rows: Iterable[dict[str, Any]]) -> Export:
    export = Export()
    every = list(rows)
    names = list(dict.fromkeys(name for row in every for name in row if name not in _OWN))
    tasks: dict[str, list[dict[str, Any]]] = {}
    for row in every:
        tasks.setdefault(str(row.get("id")), []).append(row)
    controls = {name for name in names if any(_control(row.get(name)) for row in every)}
    for several in tasks.values():
        controls |= {name for name in names if len({str(row.get(name)) for row in several}) > 1}
    for item, several in tasks.items():
        export.items[item] = {name: several[0].get(name) for name in names if name not in controls}
        for row in several:
            if blank(row.get("annotator")):
                continue
            for name in names:
                if name in controls and not blank(row.get(name)):
                    control = _control(row[name])
                    said = row[name] if control is None else _said(control)
                    export.labels.append(Label(item, name, str(row["annotator"]), said))
    if not controls:
        export.notes.append("no task has two annotations, so that nothing tells labels from the tasks' own fields")
    export.notes.append("tasks that were only skipped are not in this form of export; JSON has them")
    return export
