"""Samples of lm-evaluation-harness (``--log_samples``): a row per document and filter.

A document under several filters is an item per filter, of one cluster. Metrics are rules, unless a column is named as a
judge's; ``doc`` holds what the data set says.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from judgebench.labels.importers.export import Export, Label
from judgebench.labels.importers.values import only

if TYPE_CHECKING:
    from judgebench.labels.importers.probe import Probe

_KEYS = frozenset({"doc_id", "doc", "arguments", "resps", "filtered_resps"})


def recognise(probe: Probe) -> str:
    """Look for records with a document, arguments and responses."""
    return "doc_id, doc, arguments, resps and filtered_resps" if probe.record.keys() >= _KEYS else ""


def read(probe: Probe) -> Export:
    """Read documents, answers and metrics."""
    rows = list(probe.records())
    filters = dict.fromkeys(str(row.get("filter", "")) for row in rows)
    export = Export(cluster="doc_id" if len(filters) > 1 else None)
    for row in rows:
        item = str(row["doc_id"])
        if len(filters) > 1:
            item = f"{item} | {row.get('filter')}"
        doc = row["doc"] if isinstance(row["doc"], dict) else {"doc": row["doc"]}
        export.items[item] = {
            "doc_id": row["doc_id"],
            "filter": row.get("filter"),
            "question": _prompt(row["arguments"]),
            "answer": only(row["filtered_resps"]),
            "reference": row.get("target"),
            **{f"doc.{name}": value for name, value in doc.items()},
        }
        for metric in row.get("metrics") or []:
            if metric in row:
                export.labels.append(Label(item, str(metric), "", row[metric], "program"))
    if len(filters) > 1:
        export.notes.append(f"{len(filters)} filters ({', '.join(filters)}): each document is an item under each")
    return export


def _prompt(arguments: Any) -> Any:
    if isinstance(arguments, dict):
        arguments = arguments.get("gen_args_0") or {}
        return arguments.get("arg_0") if isinstance(arguments, dict) else None
    while isinstance(arguments, list) and arguments:
        arguments = arguments[0]
    return arguments
