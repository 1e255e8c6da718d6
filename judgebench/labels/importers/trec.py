"""Relevance judgments of TREC (qrels): topic, iteration, document, relevance, cut at blanks, without a header.

An item is a topic and a document. UMBRELA's writer puts Q0 for the iteration: those are a judge's.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from judgebench.errors import DataError, argument
from judgebench.files.trec import QRELS
from judgebench.labels.importers.export import By, Export, Label

if TYPE_CHECKING:
    from judgebench.labels.importers.probe import Probe

_LOOKED = 50


def recognise(probe: Probe) -> str:
    """Four fields and no header, the second an iteration, the last a whole number."""
    if probe.format != "csv" or b"," in probe.head.partition(b"\n")[0]:
        return ""
    lines = [line for line in probe.head.decode("utf-8-sig", "ignore").splitlines()[:_LOOKED] if line.strip()]
    found = [QRELS.fullmatch(line) for line in lines]
    if len(lines) < 2 or not all(found):
        return ""
    # A constant second field is the iteration; four columns of numbers may be anything.
    return "four fields without a header, as in qrels" if len({one[2] for one in found if one}) == 1 else ""


def read(probe: Probe) -> Export:
    """Read topics, documents and grades."""
    export = Export(cluster="topic")
    negative = 0
    for number, line in enumerate(probe.content.text().splitlines(), 1):
        if not line.strip():
            continue
        found = QRELS.fullmatch(line)
        if found is None:
            raise DataError("expected topic, iteration, document and relevance", file=probe.name, line=number)
        topic, iteration, document, relevance = found.groups()
        item = f"{topic} {document}"
        export.items[item] = {"topic": topic, "document": document}
        by: By = "judge" if iteration == "Q0" else "person"
        export.labels.append(Label(item, "relevance", probe.stem, relevance, by))
        negative += relevance.startswith("-")
    junk = f"; in some tracks junk or not judged ({argument('missing')} makes gaps)"
    export.count("negative grades", negative, junk)
    return export
