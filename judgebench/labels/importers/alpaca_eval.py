"""Annotations of AlpacaEval: which of two outputs is better.

``preference`` is 1 for the first output, 2 for the second, 1.5 (in old files 0) for a tie, and between them 1 plus the
probability of the second; the order in which a judge saw them is undone in it, and not in its raw reply. Annotators by
number are people.
"""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING, Any

from judgebench.domain.items import digest
from judgebench.labels.importers.export import Export, Label
from judgebench.labels.vocabulary import number_of

if TYPE_CHECKING:
    from collections.abc import Mapping

    from judgebench.labels.importers.probe import Probe

_KEYS = frozenset({"instruction", "output_1", "output_2", "preference"})
_FIELDS = {
    "instruction": "question",
    "output_1": "answer_a",
    "output_2": "answer_b",
    "generator_1": "system_a",
    "generator_2": "system_b",
    "dataset": "dataset",
}
_FIRST, _SECOND, _MIDDLE = 1.0, 2.0, 1.5


def recognise(probe: Probe) -> str:
    """Look for records with an instruction, two outputs and a preference."""
    return "instruction, output_1, output_2 and preference" if {*probe.columns} >= _KEYS else ""


def read(probe: Probe) -> Export:
    """Read pairs and preferences."""
    export = Export()
    rows = list(probe.rows())
    unsure = Counter(str(row.get("annotator")) for row in rows if _is_between(_preference(row)))
    several = len(unsure) > 1
    for row in rows:
        item = digest("\0".join(str(row.get(name)) for name in ("instruction", "output_1", "output_2")), 12)
        fields = {ours: row[theirs] for theirs, ours in _FIELDS.items() if row.get(theirs) is not None}
        said, person = _preference(row), str(row.get("annotator")).isdecimal()
        if said is not None and str(row.get("annotator")) in unsure:
            fields[f"p_b ({row.get('annotator')})" if several else "p_b"] = (said or _MIDDLE) - 1
        export.items.setdefault(item, {}).update(fields)
        who = str(row.get("annotator") if row.get("annotator") is not None else probe.stem)
        export.labels.append(Label(item, "preference", who, _choice(said), "person" if person else "judge"))
    nearer = "; the nearer output is the verdict, p_b the probability of B"
    export.count("preferences between 1 and 2", unsure.total(), nearer)
    return export


def _preference(row: Mapping[str, Any]) -> float | None:
    return number_of(str(row.get("preference")))


def _is_between(preference: float | None) -> bool:
    return preference is not None and _FIRST < preference < _SECOND and preference != _MIDDLE


def _choice(preference: float | None) -> str:
    if preference is None:
        return ""
    if preference in {0, _MIDDLE}:
        return "tie"
    return "A" if preference < _MIDDLE else "B"
