"""Surveys of Qualtrics: three rows of names, texts and ids, then a row per response.

A response is a rater's; items are the questions' columns, or the loops (``1_Q5``, ``2_Q5``). Previews, spam and
responses that were not finished are left out; free texts and display orders are no labels.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from judgebench.files.opening import Opening
from judgebench.labels.importers.export import Export, Label
from judgebench.labels.vocabulary import number_of

if TYPE_CHECKING:
    from judgebench.labels.importers.probe import Probe

_IMPORT_ID = re.compile(r'\s*\{"ImportId"')
_QUESTION = re.compile(r"(?:(\d+)_)?(Q\w*?)")
#: An id of a question's column; it keeps it where the column was renamed.
_ID = re.compile(r'\s*\{"ImportId"\s*:\s*"(?:\d+_)?QID(?!\w*_(?:FIRST_CLICK|LAST_CLICK|PAGE_SUBMIT|CLICK_COUNT)")')
_RENAMED = re.compile(r"(?:(\d+)_)?(.+)")
_TEXT = re.compile(r".*(?:_TEXT|_DO(?:_.*)?|_NPS_GROUP)$")
_FREE = 25


def recognise(probe: Probe) -> str:
    """Look for a third row of import ids."""
    rows = probe.cells
    return "a third row of ImportIds" if len(rows) > 2 and all(map(_IMPORT_ID.match, filter(None, rows[2]))) else ""


def read(probe: Probe) -> Export:
    """Read responses."""
    export = Export()
    texts = dict(zip(probe.cells[0], probe.cells[1], strict=False))
    rows = list(probe.rows(Opening(header=3)))
    kept = [row for row in rows if _is_real(row)]
    export.count("previews, spam and unfinished responses, left out", len(rows) - len(kept))
    ids = dict(zip(probe.cells[0], probe.cells[2], strict=False))
    asked = {
        name: found
        for name in texts
        if (found := (_RENAMED if _ID.match(ids.get(name, "")) else _QUESTION).fullmatch(name))
        and not _TEXT.fullmatch(name)
    }
    free = [name for name in asked if _is_free({row[name] for row in kept}, len(kept))]
    looped = any(found[1] for found in asked.values())
    for name, found in asked.items():
        if name in free or (looped and not found[1]):
            continue
        item, question = (found[1], found[2]) if looped else (name, "answer")
        export.items.setdefault(item, {})["question"] = texts[name]
        export.labels += [
            Label(item, question, row.get("ResponseId") or str(place), row[name])
            for place, row in enumerate(kept, 1)
            if row[name].strip()
        ]
    if free:
        export.notes.append(f"columns of free text are left out: {', '.join(free[:12])}")
    return export


def _is_free(said: set[str], responses: int) -> bool:
    """Whether answers are texts of people's own; numbers are a slider's."""
    return len(said) > max(_FREE, responses // 2) and any(number_of(one) is None for one in said if one.strip())


def _is_real(row: dict[str, str]) -> bool:
    preview = row.get("Status", "0") in {"1", "2", "8", "9", "12", "Survey Preview", "Spam", "Survey Test"}
    return not preview and row.get("Finished", "True").strip().lower() in {"true", "1", ""}
