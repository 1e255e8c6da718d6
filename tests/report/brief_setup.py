"""Documents about files, runs and figures of others, for the test that holds every brief."""

from __future__ import annotations

import functools
import random
import tempfile
import warnings
from pathlib import Path
from typing import TYPE_CHECKING, Any

import judgebench
from judgebench.agreement.probing.detection import Detection
from judgebench.agreement.probing.similarity import Similarity
from judgebench.api.notes import NoteWarning
from judgebench.domain import Estimate
from judgebench.report.checks import Check, Checks
from judgebench.report.detection import DetectionRow, Detections
from judgebench.report.reproduction import Cell, Reproduction, Unmatched
from judgebench.report.similarity import Similarities, SimilarityRow
from judgebench.report.validation import Finding, Validation

if TYPE_CHECKING:
    from collections.abc import Callable

    from judgebench.report.document.model import Document

_FIGURE = ("pandalm", "test", "gpt", "all", "accuracy")


@functools.cache
def _folder() -> Path:
    """Make runs of a sample, and a table with two judges' probabilities."""
    made = tempfile.TemporaryDirectory()
    # Kept until the process ends.
    _KEPT.append(made)
    home, draw = Path(made.name), random.Random(2)
    judgebench.run(
        ["baseline/first", "baseline/random", "baseline/longest"], "pandalm", sample=True, runs=home / "runs"
    )
    lines = ["id,one,p,two,q,gold"]
    for i in range(120):
        gold = draw.random() < 0.6
        p, q = (min(0.99, max(0.01, draw.gauss(0.7 if gold else 0.35, 0.2))) for _ in "pq")
        lines.append(f"{i},{_word(p > 0.5)},{p:.3f},{_word(q > 0.5)},{q:.3f},{_word(gold)}")
    (home / "own.csv").write_text("\n".join(lines), encoding="utf-8")
    return home


_KEPT: list[tempfile.TemporaryDirectory[str]] = []
_COLUMNS = {
    "judge": ["one", "two"],
    "scores": ["p", "q"],
    "gold": "gold",
    "id": "id",
    "scale": "check",
    "score_means": "correct",
}


def _word(right: bool) -> str:
    return "pass" if right else "fail"


def _stored() -> Path:
    return next((_folder() / "runs").glob("*first*"))


def _reproduced() -> Reproduction:
    cells = [
        Cell(*_FIGURE, ours, 71.07, 2, "percent", match, "there") for ours, match in ((0.7107, True), (0.7, False))
    ]
    return Reproduction(tuple(cells), (Unmatched("pandalm", "another", "not public"),))


def _quiet(question: Callable[..., Document]) -> Document:
    """Ask about the table; how its columns were read is said beside the answer."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", NoteWarning)
        return question(_folder() / "own.csv", **_COLUMNS)


def _asked(question: Callable[..., Document], limit: int = 6, **how: Any) -> Document:
    """Ask two baselines about a few items of a sample, changed by probes."""
    judges = ["baseline/longest", "baseline/random"]
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", NoteWarning)
        return question(judge=judges, task="pandalm", sample=True, limit=limit, runs=_folder() / "probed", **how)


def _detected() -> Document:
    """Texts that a language model was given, of two probes on a task whose name is long."""
    share = Estimate(0.41, 0.22, 0.63, 40)
    found = [Detection(40, Estimate(0.7, 0.6, 0.8, 40), share, 0.05, 3.2), Detection(0, _NONE, _NONE, 0.0, 0.0)]
    named = ("a-task-with-a-name-of-many-words:attacked-and-plain", "hf/a-model-with-a-name-of-many-words-instruct")
    return Detections(
        tuple(
            DetectionRow(*named, probe, by, one, one, "sample:1")
            for probe, one in zip(("suffix/tokens", "injection/new-rules"), found, strict=True)
            for by in ("whole", "window")
        )
    )


def _alike() -> Document:
    found = Similarity(120, 300, Estimate(0.71, 0.66, 0.76, 120), Estimate(0.4, 0.31, 0.5, 120), ("q7", 0.12))
    models = ("embedding/a-model-with-a-name-of-many-words", "embedding/another")
    return Similarities(tuple(SimilarityRow("answers", model, 0.8, found, "Why?", "data:1") for model in models))


_NONE = Estimate.missing("no_items")

DOCUMENTS: dict[str, Callable[[], Document]] = {
    "doctor": lambda: judgebench.doctor(_folder() / "own.csv"),
    "checks": lambda: Checks((Check("key", "KEY", "ok", "set"), Check("disk", "runs", "trouble", "full"))),
    "estimate": lambda: judgebench.estimate("baseline/first", "pandalm", sample=True, runs=_folder() / "none"),
    "run": lambda: judgebench.show(str(_stored())),
    "verify": lambda: judgebench.verify(_folder() / "runs"),
    "validation": lambda: Validation((Finding("pandalm", "", "card", "missing", "no licence: say it"),)),
    "reproduction": _reproduced,
    "jury": lambda: judgebench.jury(_folder() / "runs", sweep=True, leave_out="judge"),
    "cascade": lambda: _quiet(judgebench.cascade),
    "calibration": lambda: _quiet(judgebench.calibrate),
    "probes": lambda: _asked(judgebench.probe, probe=["bandwagon", "verbosity"]),
    "transfer": lambda: _asked(judgebench.transfer, limit=12, probe="suffix"),
    "detection": _detected,
    "similarity": _alike,
    "judge-validation": lambda: _asked(judgebench.validate_judge, probe=["bandwagon"], repeats=3),
}
