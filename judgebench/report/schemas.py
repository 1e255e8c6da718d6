"""The JSON that judgebench writes, by kind: where each schema is made of the fields that write it."""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING, Any

from judgebench.errors import UnknownNameError

if TYPE_CHECKING:
    from judgebench.report.document.model import Document

__all__ = ["KINDS", "json_schema"]

#: What has ``json_schema()``, several where a kind has several forms; imported when somebody asks.
KINDS = {
    "alt-test": "judgebench.report.alt_test:AltTests",
    "analysis": "judgebench.report.analysis:Analyses",
    "baseline": "judgebench.report.gate.baseline:Baseline",
    "bounds": "judgebench.report.bounds:Bounds",
    "calibration": "judgebench.report.calibrate:Calibrations",
    "cascade": "judgebench.report.cascade:Cascades",
    "checks": "judgebench.report.checks:Checks",
    "compare": "judgebench.report.compare:TwoJudges judgebench.report.standings:ManyJudges",
    "consistency": "judgebench.report.consistency:Consistencies",
    "correct": "judgebench.report.correct:Corrections",
    "detection": "judgebench.report.detection:Detections",
    "doctor": "judgebench.report.doctor:Report",
    "estimate": "judgebench.report.estimates:Estimates",
    "gate": "judgebench.report.gate.gate:Decision",
    "humans": "judgebench.report.humans:Panels",
    "judge": "judgebench.report.show:JudgeFacts",
    "judge-card": "judgebench.report.show:CardFacts",
    "judge-only": "judgebench.report.judge_only:JudgeOnlyRankings",
    "judge-validation": "judgebench.report.validity:JudgeValidation",
    "jury": "judgebench.report.jury:Juries",
    "labels": "judgebench.labels.annotations:Labelled",
    "leaderboard": "judgebench.report.leaderboard.board:Leaderboard",
    "power": "judgebench.report.power:PairedPower",
    "probes": "judgebench.report.probing:Probes",
    "prompt": "judgebench.report.show:PromptFacts",
    "reproduction": "judgebench.report.reproduction:Reproduction",
    "requests": "judgebench.report.show:RequestFacts",
    "run": "judgebench.report.runs:RunFacts",
    "scores": "judgebench.report.scores:Scores",
    "sensitivity": "judgebench.report.sensitivity:Sensitivity",
    "similarity": "judgebench.report.similarity:Similarities",
    "systems": "judgebench.report.systems:Rankings",
    "systems-leaderboard": "judgebench.report.system_board:SystemBoard",
    "task": "judgebench.report.show:TaskFacts",
    "transfer": "judgebench.report.transfer:Transfers",
    "validation": "judgebench.report.validation:Validation",
    "verify": "judgebench.report.verification:Verification",
}


def json_schema(kind: str) -> dict[str, Any]:
    """Give the JSON Schema (draft 2020-12) of a kind of document, such as ``scores``."""
    if kind not in KINDS:
        raise UnknownNameError("schema", kind, KINDS, "(judgebench show schema lists them)")
    first, *others = (_class(place).json_schema() for place in KINDS[kind].split())
    if not others:
        return first
    bodies = [dict(first), *others]
    head = {name: first[name] for name in ("$schema", "$id", "title")}
    named = {name: node for body in bodies for name, node in body.pop("$defs").items()}
    return head | {"oneOf": [{k: v for k, v in body.items() if k not in head} for body in bodies], "$defs": named}


def _class(place: str) -> type[Document]:
    module, _, attribute = place.partition(":")
    found: type[Document] = getattr(importlib.import_module(module), attribute)
    return found
