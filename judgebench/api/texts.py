"""The items behind stored runs: where their texts are, found again, or why they are not at hand."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

from judgebench.api.source import silent
from judgebench.errors import DataError, UsageError, argument

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from judgebench.api.source import Source
    from judgebench.domain import Item, Task
    from judgebench.store.runs import StoredRun


#: Tasks that were in memory only, by name and revision, the last ones of this process: a notebook reports what it ran.
_IN_MEMORY: dict[tuple[str, str], Task] = {}
_MOST = 8


def remember(task: Task) -> None:
    """Keep a task of items that are in no file, for reports of this process."""
    _IN_MEMORY[task.name, task.revision] = task
    while len(_IN_MEMORY) > _MOST:
        del _IN_MEMORY[next(iter(_IN_MEMORY))]


def items_of(stored: StoredRun, data: Path | None = None, *, sample: bool = False) -> tuple[dict[str, Item], str]:
    """Give the items of a stored run by id; none, and why, where their texts are not at hand."""
    task, why = task_behind(stored, data, sample=sample, tell=silent)
    return ({} if task is None else {item.id: item for item in task.items()}), why


def table_texts(source: Source) -> tuple[Task | None, str]:
    """Read the table behind labels once more, for the texts of its items; or say why it has none."""
    try:
        task = source.texts() if source.texts else None
        known = set() if task is None else {item.id for item in task.items()}
    except (DataError, UsageError) as error:
        # What to do next is about judging the table, by options that measuring it doesn't have.
        return None, f"the texts of the items are not at hand: {str(error).partition('; ')[0]}"
    ours = {verdict.item for verdict in source.as_run().verdicts()}
    return (task, "") if ours <= known else (None, f"the texts of {len(ours - known)} items are not at hand")


def task_behind(
    stored: StoredRun, data: Path | None = None, *, sample: bool = False, tell: Callable[[str], None]
) -> tuple[Task | None, str]:
    """Open the task behind a run, ``data`` being where its texts are now; or say why they are not at hand.

    DataError or UsageError where a file that was named for them can't be read.
    """
    from judgebench.catalog import make_task  # noqa: PLC0415 - loaded on use
    from judgebench.labels.annotations import own_revision  # noqa: PLC0415 - loaded on use

    run = stored.run
    revision = own_revision(run.revision)
    if data is None and not sample and (known := _IN_MEMORY.get((run.task, revision))) is not None:
        return known, ""
    if run.place and not sample:
        from judgebench.tasks.tables import reopen  # noqa: PLC0415 - loaded on use

        own, why = reopen(run.place, run.task, revision, stored.path, data)
        if why:
            tell(f"no texts of {run.task}: {why}")
        return own, f"the texts of the items are not at hand: {why}" if why else ""
    sampled = sample or (revision == "sample" and data is None)
    local = revision.startswith("data:") and data is None and not os.environ.get("JUDGEBENCH_DATA")
    if local and not sampled:
        # A download can't be what a file of this machine was.
        given = f"give {argument('data')} FOLDER, the one that the run was given"
        return None, f"the texts of the items are not at hand; {given}"
    try:
        task = make_task(run.task, data=None if sampled else data, sample=sampled)
        next(iter(task.items()), None)
    except (DataError, UsageError) as error:
        # A folder need not hold the data of every task; a file that was named is meant.
        if data is not None and not data.is_dir():
            raise
        tell(f"no texts of {run.task}: {error}")
        return None, f"the texts of the items are not at hand: {error}"
    return task, ""
