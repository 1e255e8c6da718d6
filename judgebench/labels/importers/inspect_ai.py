"""Logs of inspect_ai: ``.eval`` archives and their JSON form.

A sample answered in several epochs is an item per epoch, as each has an answer of its own; the sample is their cluster.
Only scorers that asked a model are judges. A score that a person edited is that person's label, and the one before it
the judge's. NaN is a reply that could not be read.
"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from judgebench.errors import DataError, not_parsed
from judgebench.files.zips import Archive
from judgebench.labels.importers.export import By, Export, Label

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from judgebench.labels.importers.probe import Probe

_WORDS = {"C": "correct", "I": "incorrect", "P": "partial", "N": "incorrect"}
_UNCHANGED = "UNCHANGED"


def recognise(probe: Probe) -> str:
    """Look for an archive of samples, or one object with a log's keys."""
    if "header.json" in probe.members and any(name.startswith("samples/") for name in probe.members):
        return "an archive of header.json and samples/"
    found = probe.object if probe.object.keys() >= {"eval", "samples"} else {}
    return "one object with eval and samples" if isinstance(found.get("eval"), dict) else ""


def read(probe: Probe) -> Export:
    """Read items, scores and edits."""
    header, samples = _archive(probe) if probe.members else (probe.object, iter(probe.object["samples"]))
    judges = dict(_judges(header))
    every = list(samples)
    several = any(int(sample.get("epoch") or 1) > 1 for sample in every)
    export = Export(cluster="sample" if several else None)
    failed, empty = 0, 0
    for sample in every:
        item = str(sample["id"])
        fields: dict[str, Any] = {
            "question": _text(sample.get("input")),
            "answer": (sample.get("output") or {}).get("completion"),
            "reference": _target(sample.get("target")),
        }
        if several:
            fields |= {"sample": item, "epoch": sample.get("epoch")}
            item = f"{item} | epoch {sample.get('epoch')}"
        fields |= {f"metadata.{name}": value for name, value in (sample.get("metadata") or {}).items()}
        export.items[item] = fields
        failed += bool(sample.get("error"))
        for scorer, score in (sample.get("scores") or {}).items():
            model = judges.get(scorer, "")
            asked = (
                bool(model) or scorer.startswith("model_graded") or bool((score.get("metadata") or {}).get("grading"))
            )
            export.labels += _labels(item, scorer, model, "judge" if asked else "program", score)
            empty += score.get("value") == "N"
    export.count("samples that failed and have no score", failed, f" of {len(every):,}")
    export.count("scores of N (no answer), which count as incorrect", empty)
    if any(label.value == "partial" for label in export.labels):
        export.scale = "incorrect,partial,correct"
    return export


def _archive(probe: Probe) -> tuple[dict[str, Any], Iterator[dict[str, Any]]]:
    with Archive(probe.content) as archive:
        try:
            header = json.loads(archive.read("header.json"))
            names = sorted(name for name in archive.names if name.startswith("samples/") and name.endswith(".json"))
            return header, iter([json.loads(archive.read(name)) for name in names])
        except (ValueError, RecursionError) as error:
            raise DataError(f"a sample is not JSON ({not_parsed(error)})", file=probe.name) from None


def _judges(header: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    """Yield scorers that were given a model of their own, and its name."""
    for scorer in header["eval"].get("scorers") or []:
        model = (scorer.get("options") or {}).get("model")
        if isinstance(model, dict):
            model = model.get("model")
        if isinstance(model, list):
            model = ", ".join(str(one.get("model", "")) if isinstance(one, dict) else str(one) for one in model)
        if model:
            yield str(scorer.get("name")), str(model)


def _labels(item: str, scorer: str, model: str, by: By, score: dict[str, Any]) -> Iterator[Label]:
    value = score.get("value")
    history = [one for one in score.get("history") or [] if isinstance(one, dict)]
    if history:
        edit = (history[-1].get("provenance") or {}).get("author") or "edit"
        original = history[0].get("value")
        for question, said in _parts(scorer, value if value != _UNCHANGED else original):
            yield Label(item, question, str(edit), said)
        value = original
    for question, said in _parts(scorer, value):
        yield Label(item, question, model, said, by)


def _parts(scorer: str, value: Any) -> Iterator[tuple[str, Any]]:
    if isinstance(value, dict):
        for key, one in value.items():
            yield f"{scorer}.{key}", _word(one)
    else:
        yield scorer, _word(value)


def _word(value: Any) -> Any:
    return _WORDS.get(value, value) if isinstance(value, str) else value


def _target(target: Any) -> Any:
    return target[0] if isinstance(target, list) and len(target) == 1 else target


def _text(said: Any) -> Any:
    """Write a question or messages as text."""
    if not isinstance(said, list):
        return said
    return "\n\n".join(
        f"{one.get('role')}: {_content(one.get('content'))}" if len(said) > 1 else _content(one.get("content"))
        for one in said
        if isinstance(one, dict)
    )


def _content(content: Any) -> str:
    if isinstance(content, list):
        return "".join(str(part.get("text", "")) for part in content if isinstance(part, dict))
    return str(content or "")
