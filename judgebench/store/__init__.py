"""Runs on disk: written, read, looked up for answers.

A run is a folder ``<runs>/<identity>/`` that holds

- ``manifest.json``: the `Run`, replaced atomically;
- ``verdicts.jsonl``: one `Verdict` a line, appended by one ``write``, each with its checksum. The last line of a key
  counts: only a ``failed`` case is ever asked again. A killed process leaves at most one torn line, which the next
  writer cuts off. When the run is finished, the file is put in order (`writer.RunWriter.settle`), which
  ``settled.json`` notes;
- ``verdicts.parquet``: after ``judgebench pack``, what was judged until then; newer lines win.

Locks keep a second writer out, and a second process from asking the same judge about the same task; readers need none.
docs/reference/store.md says more.
"""
