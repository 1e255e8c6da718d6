"""Exports of doccano: JSON lines of texts with lists of labels, alone or in an archive with a file per member.

An empty list is no label: nobody can tell it from a text that was not reached. Spans are no labels of an item.
"""

from __future__ import annotations

import json
from pathlib import PurePath
from typing import TYPE_CHECKING, Any

from judgebench.errors import DataError
from judgebench.files.zips import Archive
from judgebench.labels.importers.export import ANONYMOUS, Export, Label
from judgebench.labels.importers.values import together

if TYPE_CHECKING:
    from collections.abc import Iterator

    from judgebench.labels.importers.probe import Probe

_OWN = frozenset({"id", "label", "Comments", "entities", "relations"})


def recognise(probe: Probe) -> str:
    """Look for an archive of nothing but JSON lines, or lines with a text, a list of labels and comments."""
    if probe.members:
        plain = all(name.endswith(".jsonl") and "/" not in name for name in probe.members)
        return "an archive of JSON lines, a file per member" if plain else ""
    record = probe.record
    fits = isinstance(record.get("label"), list) and "Comments" in record and ("text" in record or "data" in record)
    return "text, label and Comments" if fits else ""


def read(probe: Probe) -> Export:
    """Read texts and labels."""
    export = Export()
    spans = 0
    for member, row in _rows(probe):
        item = str(row.get("id"))
        export.items.setdefault(item, {name: value for name, value in row.items() if name not in _OWN})
        labels = row.get("label") or []
        if any(isinstance(one, list) for one in labels):
            spans += 1
        elif labels:
            export.labels.append(Label(item, "label", member, together(labels)))
    export.count("rows of spans, which are not labels of the text", spans)
    return export


def _rows(probe: Probe) -> Iterator[tuple[str, dict[str, Any]]]:
    if not probe.members:
        for row in probe.records():
            yield ANONYMOUS, row
        return
    with Archive(probe.content) as archive:
        for name in sorted(archive.names):
            stem = PurePath(name).stem
            for number, line in enumerate(archive.read(name).decode("utf-8-sig", "replace").split("\n"), 1):
                if line.strip():
                    try:
                        row = json.loads(line)
                    except (ValueError, RecursionError):
                        raise DataError(f"{name} is not JSON lines", file=probe.name, line=number) from None
                    yield ANONYMOUS if stem == "all" else stem, row
