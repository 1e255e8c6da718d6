"""The tools whose files we know, and whose a file is."""

from __future__ import annotations

import csv
from collections import Counter
from typing import TYPE_CHECKING, NamedTuple

from judgebench.domain.items import digest
from judgebench.errors import DataError
from judgebench.labels.importers import (
    alpaca_eval,
    arena_hard,
    argilla,
    deepeval,
    doccano,
    fastchat,
    inspect_ai,
    label_studio,
    langfuse,
    langsmith,
    lm_eval,
    mlflow,
    mturk,
    phoenix,
    prodigy,
    promptfoo,
    qualtrics,
    ragas,
    trec,
)
from judgebench.labels.importers.export import ImportedTable
from judgebench.labels.importers.probe import Probe

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from judgebench.labels.importers.export import Export


class Tool(NamedTuple):
    """A tool whose files we know: what they hold, how one is known (the reason, or none), and its reader."""

    name: str
    holds: str
    recognise: Callable[[Probe], str]
    read: Callable[[Probe], Export]


#: The first that recognises a file reads it.
TOOLS = (
    Tool("inspect_ai", "items, judges' scores, people's edits", inspect_ai.recognise, inspect_ai.read),
    Tool("Label Studio", "items, people's labels, predictions", label_studio.recognise, label_studio.read),
    Tool("Argilla", "items, people's labels, suggestions", argilla.recognise, argilla.read),
    Tool("AlpacaEval", "pairs, preferences of judges or people", alpaca_eval.recognise, alpaca_eval.read),
    Tool("FastChat", "judges' games or scores, people's votes", fastchat.recognise, fastchat.read),
    Tool("Arena-Hard", "judges' games against a baseline", arena_hard.recognise, arena_hard.read),
    Tool("lm-eval", "items, metrics", lm_eval.recognise, lm_eval.read),
    Tool("promptfoo", "items, judges' assertions, people's", promptfoo.recognise, promptfoo.read),
    Tool("Prodigy", "items, people's labels", prodigy.recognise, prodigy.read),
    Tool("doccano", "items, people's labels", doccano.recognise, doccano.read),
    Tool("deepeval", "items, judges' verdicts", deepeval.recognise, deepeval.read),
    Tool("MLflow", "items, assessments of judges and people", mlflow.recognise, mlflow.read),
    Tool("Langfuse", "scores of judges and people, by trace", langfuse.recognise, langfuse.read),
    Tool("Phoenix", "annotations of judges and people", phoenix.recognise, phoenix.read),
    Tool("LangSmith", "items, feedback", langsmith.recognise, langsmith.read),
    Tool("ragas", "items, judges' scores", ragas.recognise, ragas.read),
    Tool("MTurk", "items, workers' labels (Prolific: people only)", mturk.recognise, mturk.read),
    Tool("Qualtrics", "people's answers", qualtrics.recognise, qualtrics.read),
    Tool("TREC qrels", "topics and documents, grades", trec.recognise, trec.read),
)

#: What a reader raises on a file that only looks like the tool's.
_ODD = (KeyError, TypeError, AttributeError, ValueError, IndexError, RecursionError, csv.Error)


def recognise(path: Path) -> tuple[Tool, str, Probe] | None:
    """Say whose file it is and why; None where it is a table of anyone's. DataError where there is no such file."""
    probe = Probe(path)
    for tool in TOOLS:
        if reason := tool.recognise(probe):
            return tool, reason, probe
    return None


def open_export(*paths: Path, keep: bool = False) -> ImportedTable | None:
    """Read files of other tools as one table; None where one of them is a table of anyone's.

    Several files are about the same items: what no judge was given is left out, unless it is to be kept. DataError
    where one is damaged, holds nothing that could be measured, or shares no item with the first.
    """
    found = [recognise(path) for path in paths]
    exports: list[Export] = []
    stems = Counter(one[2].stem for one in found if one)
    for one, path in zip(found, paths, strict=True):
        if one is None:
            return None
        probe = one[2]
        if stems[probe.stem] > 1:
            probe.stem = str(path)
        export = _read(*one)
        if len(paths) > 1:
            export.name_people(probe.stem)
        exports.append(export)
    first, origin = exports[0], next(iter(paths))
    for path, other in zip(paths[1:], exports[1:], strict=True):
        if first.items.keys().isdisjoint(other.items):
            raise DataError(
                f"no item is one of {origin}, such as {next(iter(first.items))!r}; here they are such as "
                f"{next(iter(other.items))!r}",
                file=str(path),
            )
        if differing := first.differing(other):
            item, name = differing
            raise DataError(
                f"item {item!r} has another {name} in {origin}: "
                "items of two systems or tasks can't be joined by their ids",
                file=str(path),
                hint="measure each file by itself",
            )
        first = first.with_other(other)
    judged = [one for one in exports if any(label.by == "judge" for label in one.labels)]
    if len(exports) > 1 and judged and not keep:
        first.leave_out({item for one in judged for item in one.items})
    tools = dict.fromkeys(one[0].name for one in found if one)
    revisions = [f"data:{one[2].content.packed_sha256()[:12]}" for one in found if one]
    revision = revisions[0] if len(revisions) == 1 else f"data:{digest(' '.join(revisions), 12)}"
    return ImportedTable(" + ".join(map(str, paths)), ", ".join(tools), revision, first)


def _read(tool: Tool, reason: str, probe: Probe) -> Export:
    try:
        export = tool.read(probe)
    except _ODD as error:
        raise DataError(
            f"looks like a file of {tool.name} ({reason}), and is not one ({type(error).__name__}: {error})",
            file=probe.name,
        ) from None
    if not export.items:
        raise DataError(f"a file of {tool.name} ({reason}) without items", file=probe.name)
    return export
