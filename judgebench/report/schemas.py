"""The JSON that judgebench writes, by kind: where each schema is made of the fields that write it."""

from __future__ import annotations

import importlib
from typing import Any

from judgebench.errors import UnknownNameError

__all__ = ["KINDS", "json_schema"]

#: What has ``json_schema()``; imported when somebody asks.
KINDS = {
    "alt-test": "judgebench.report.alt_test:AltTests",
    "baseline": "judgebench.report.gate.baseline:Baseline",
    "correct": "judgebench.report.correct:Corrections",
    "gate": "judgebench.report.gate.gate:Decision",
    "judge-only": "judgebench.report.judge_only:JudgeOnlyRankings",
}


def json_schema(kind: str) -> dict[str, Any]:
    """Give the JSON Schema (draft 2020-12) of a kind of document, such as ``scores``."""
    if kind not in KINDS:
        raise UnknownNameError("schema", kind, KINDS, f"(there is {', '.join(KINDS)})")
    module, _, attribute = KINDS[kind].partition(":")
    schema: dict[str, Any] = getattr(importlib.import_module(module), attribute).json_schema()
    return schema
