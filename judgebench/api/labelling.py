"""Labels of one's own annotators, joined with tasks that are asked and runs that are stored."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

from judgebench.api.notes import tell
from judgebench.api.parameters import keys
from judgebench.errors import DataError, UsageError, argument

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence

    from judgebench.domain import Item, Scale, Task
    from judgebench.labels.annotations import Labels, Mode
    from judgebench.store.runs import StoredRun

#: The task of labels in a table, which name none: they are of any that is asked about.
ANY = ""
#: What is heard of a table of labels, which is read before its task is known.
_READ = frozenset({"id", "rater", "label", "long", "gold", "scale", "words", "missing", "read_replies", "gold_source"})


def open_labels(
    paths: str | Path | Sequence[str | Path],
    mode: Mode | None,
    table: Mapping[str, Any] | None = None,
    *,
    usual: Mode = "only",
) -> Mapping[str, Labels] | None:
    """Read annotators' files, folders of them, or a table of labels, by task; None where none are given.

    ``table`` is what is said of a table, with the keys of `judgebench.api.tables.Judgments`. UsageError where that
    would go unheard, or ``mode`` (by default the ``usual`` one) is said of no labels.
    """
    files = [paths] if isinstance(paths, (str, Path)) else paths
    if not files:
        if mode is not None:
            raise UsageError(
                f"{argument('labels_mode')} {mode} says what becomes of labels, and there are none: give "
                f"{argument('labels')}, or leave it out"
            )
        return None
    from judgebench.api.columns import Columns  # noqa: PLC0415 - loaded on use
    from judgebench.api.tables import FileForm  # noqa: PLC0415 - loaded on use
    from judgebench.labels.annotation_files import read_labels  # noqa: PLC0415 - loaded on use
    from judgebench.labels.label_tables import LabelTable  # noqa: PLC0415 - loaded on use

    columns = Columns.of(table or {})
    rows = columns.rows
    names = (rows.id[0], rows.rater, rows.label) if rows.rater and rows.label else ()
    heard = {argument(one) for one in _READ | {*keys(FileForm)}}
    if unheard := [one for one in columns.options if one not in heard]:
        raise UsageError(
            f"{unheard[0]} is not read in a table of {argument('labels')}, which are about the items of runs: bring it "
            f"into items, annotators and labels, or measure it as a table of its own, {argument('csv')}"
        )
    said = LabelTable(rows.id, columns.gold, names, columns.cells, columns.file, columns.scale)
    found = read_labels([Path(one) for one in files], mode or usual, said)
    for note in (one for labels in found.values() for one in labels.notes):
        tell(note)
    if unused := sum(len(labels.settled) for labels in found.values()):
        tell(f"{unused:,} settled labels are not used: {argument('labels_mode')} settled takes them as gold")
    return found


def said_of_labels(
    paths: str | Path | Sequence[str | Path], mode: Mode | None, table: Mapping[str, Any]
) -> tuple[str, ...] | None:
    """Write options that join the same labels with runs; None where a table's words would have to be said again."""
    from judgebench.api.columns import Columns  # noqa: PLC0415 - loaded on use

    files = [paths] if isinstance(paths, (str, Path)) else paths
    if files and Columns.of(table).options:
        return None
    how = () if mode is None else ("--labels-mode", mode)
    return (*(word for one in files for word in ("--labels", str(one))), *how)


class LabelledTask:
    """A task whose gold is, or holds, what annotators of one's own said; satisfies `domain.Task`.

    Judges are never asked about an item's gold, so a run on this task takes over every answer that a run on the plain
    one has. Where only the labels count, items without one are left out.
    """

    def __init__(self, task: Task, labels: Labels) -> None:
        self.origin = task
        self.labels = labels

    @property
    def name(self) -> str:
        """The task's own name."""
        return self.origin.name

    @property
    def revision(self) -> str:
        """The data's revision with a digest of the labels."""
        return self.labels.revision(self.origin.revision)

    @property
    def scale(self) -> Scale:
        """The task's own scale."""
        return self.origin.scale

    @property
    def card(self) -> Any:
        """The task's card; None where it has none."""
        return getattr(self.origin, "card", None)

    def items(self) -> Iterator[Item]:
        """Yield the items with their labels, in the task's own order.

        DataError where an item has changed since it was labelled or is not in the task, or a label is not on the scale.
        """
        left = dict(self.labels.items)
        scale = self.scale
        for item in self.origin.items():
            left.pop(item.id, None)
            labelled = self.labels.item(item, scale)
            if labelled is not None:
                yield labelled
        if left:
            line = next(iter(left.values()))
            raise line.fail(f"{self.name} ({self.origin.revision}) has no item {line.said.item!r}", _OTHER)
        if self.labels.mode == "only" and not self.labels.items:
            raise DataError(f"nobody gave an item of {self.name} a label: all were skipped")


_OTHER = "take the data that was labelled; its revision is in the line"


def labelled_task(task: Task, labels: Mapping[str, Labels] | None) -> Task:
    """Give a task its labels; DataError if there are some, and none of this task."""
    if labels is None:
        return task
    mine = labels.get(task.name) or labels.get(ANY)
    if mine is None:
        raise _others(labels, f"and none of {task.name}")
    return LabelledTask(task, mine)


def labelled_runs(
    runs: Iterable[StoredRun], labels: Mapping[str, Labels], tell: Callable[[str], None]
) -> Iterator[StoredRun]:
    """Give runs the labels of their tasks as gold; runs of other tasks are left out, aloud."""
    from judgebench.store.labelled import LabelledRun  # noqa: PLC0415 - loaded on use

    found = False
    for stored in runs:
        mine = labels.get(stored.run.task) or labels.get(ANY)
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
    every = (lines for mine in labels.values() for lines in (*mine.lines.values(), *mine.again.values(), mine.settled))
    first = next(line for lines in every for line in lines.values())
    return first.fail(f"labels of {', '.join(sorted(labels))}, {what}", "give the file of that task's labels")
