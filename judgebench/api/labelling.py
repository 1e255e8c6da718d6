"""Labels of one's own annotators, joined with tasks that are asked and runs that are stored."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence

    from judgebench.domain import Task
    from judgebench.errors import DataError
    from judgebench.labels.annotations import Labels, Mode
    from judgebench.store.runs import StoredRun


def open_labels(paths: str | Path | Sequence[str | Path], mode: Mode) -> Mapping[str, Labels] | None:
    """Read annotators' files, or folders of them, by task; None where none are given."""
    from judgebench.labels.annotation_files import read_labels  # noqa: PLC0415 - loaded on use

    files = [paths] if isinstance(paths, (str, Path)) else paths
    return read_labels([Path(one) for one in files], mode) if files else None


def labelled_task(task: Task, labels: Mapping[str, Labels] | None) -> Task:
    """Give a task its labels; DataError if there are some, and none of this task."""
    from judgebench.tasks.base import LabelledTask  # noqa: PLC0415 - loaded on use

    if labels is None:
        return task
    if task.name not in labels:
        raise _others(labels, f"and none of {task.name}")
    return LabelledTask(task, labels[task.name])


def labelled_runs(
    runs: Iterable[StoredRun], labels: Mapping[str, Labels], tell: Callable[[str], None]
) -> Iterator[StoredRun]:
    """Give runs the labels of their tasks as gold; runs of other tasks are left out, aloud."""
    from judgebench.store.stored import LabelledRun  # noqa: PLC0415 - loaded on use

    found = False
    for stored in runs:
        mine = labels.get(stored.run.task)
        if mine is None:
            tell(f"left out {stored.path}: there are no labels of {stored.run.task}")
            continue
        made = LabelledRun.of(stored, mine)
        if made.covered < len(mine.items):
            tell(f"{made.covered} of {len(mine.items)} labelled items are in {stored.path}")
        found = True
        yield made
    if not found:
        raise _others(labels, "and no run here is about that task")


def _others(labels: Mapping[str, Labels], what: str) -> DataError:
    every = (lines for mine in labels.values() for lines in (*mine.lines.values(), *mine.again.values()))
    first = next(line for lines in every for line in lines.values())
    return first.fail(f"labels of {', '.join(sorted(labels))}, {what}", "give the file of that task's labels")
