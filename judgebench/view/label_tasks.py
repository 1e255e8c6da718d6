"""Which tasks a folder of runs offers to be labelled, and how they are opened."""

from __future__ import annotations

from typing import TYPE_CHECKING

from judgebench.labels.annotations import own_revision
from judgebench.view.sessions import LabelTask
from judgebench.view.shown import guidelines

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from judgebench.view.run_table import RunTable


class LabelTasks:
    """The tasks that were named; else those of the runs."""

    def __init__(self, runs: RunTable, tasks: Sequence[str], *, data: Path | None, sample: bool) -> None:
        self._runs = runs
        self._tasks = list(dict.fromkeys(tasks))
        self._data = data
        self._sample = sample

    def names(self) -> list[str]:
        """Name the tasks that can be labelled now."""
        return self._tasks or list(self._revisions())

    def open(self, name: str) -> LabelTask:
        """Open a task; DataError or UsageError where it can't be."""
        from judgebench.catalog import make_task  # noqa: PLC0415 - loaded on use

        # What was judged is what should be labelled.
        sampled = self._sample or (self._data is None and self._revisions().get(name) == {"sample"})
        task = make_task(name, data=None if sampled else self._data, sample=sampled)
        card = getattr(task, "card", None)
        if card is None:
            return LabelTask(task)
        readme = card.folder / "README.md"
        asked = guidelines(readme.read_text("utf-8")) if readme.is_file() else []
        return LabelTask(task, tuple(asked), card.default_reference)

    def _revisions(self) -> dict[str, set[str]]:
        found: dict[str, set[str]] = {}
        for entry in self._runs.scan():
            if entry.stored is not None:
                run = entry.stored.run
                found.setdefault(run.task, set()).add(own_revision(run.revision))
        return dict(sorted(found.items()))
