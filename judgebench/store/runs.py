"""The store's front door: write a run, read runs, find answers.

A run is a folder ``<runs>/<identity>/`` that holds

- ``manifest.json``: the `Run`, replaced atomically;
- ``verdicts.jsonl``: one `Verdict` a line, appended by one ``write``, each with its checksum. The last line of a key
  counts: only a ``failed`` case is ever asked again. A killed process leaves at most one torn line, which the next
  writer cuts off. When the run is finished, the file is put in order (`RunWriter.settle`), which
  ``settled.json`` notes;
- ``verdicts.parquet``: after ``judgebench pack``, what was judged until then; newer lines win.

Locks keep a second writer out, and a second process from asking the same judge about the same task; readers need none.
docs/store.md says more.
"""

from __future__ import annotations

from judgebench.store.answers import Answers, Stored, known_answers
from judgebench.store.lines import VERDICTS, read_lines
from judgebench.store.stored import MANIFEST, StoredRun, find_runs, read_run
from judgebench.store.writer import RunWriter

__all__ = [
    "MANIFEST",
    "VERDICTS",
    "Answers",
    "RunWriter",
    "Stored",
    "StoredRun",
    "find_runs",
    "known_answers",
    "read_lines",
    "read_run",
]
