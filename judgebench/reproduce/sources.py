"""A task's recorded verdicts and labels in a folder of data.

Replies as they were recorded, in shown coordinates, become verdicts in the item's own order, and from there on
everything is what a run goes through: ratings, policies, metrics, witnesses.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from judgebench.domain import Case, Reply, Status, Verdict
from judgebench.errors import DataError
from judgebench.files.content import find
from judgebench.report.document.text import some
from judgebench.reproduce.printed import folders
from judgebench.tasks.base import judge_columns, open_task, reader_of, recorded_judges
from judgebench.tasks.card import Recorded
from judgebench.tasks.recordings import Recording, stem

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
    from pathlib import Path

    from judgebench.domain import Ratings
    from judgebench.reproduce.published import PublishedFigure
    from judgebench.tasks.base import CardTask
    from judgebench.tasks.card import Card

__all__ = ["Sources", "recorded_verdicts"]

#: How many judges a message names.
_LISTED = 8


class Sources:
    """A task's recordings, read once each.

    ``held`` are the judges of the recorded files that are here, by name and split: those that the card and ``own``
    name, and those that nobody does. ``beside`` is another folder where recorded files may lie. With ``files``, of
    ``split``, there are no others.
    """

    def __init__(
        self,
        card: Card,
        data: Path,
        own: Iterable[Recorded] = (),
        *,
        files: Sequence[Path] = (),
        split: str = "",
        beside: Path | None = None,
        tell: Callable[[str], object] = str,
    ) -> None:
        self.card = card
        self.data = data
        self._files = {str(path): path for path in files}
        self._beside = () if beside is None else (beside,)
        self.held: dict[tuple[str, str], Recorded] = {}
        self._tell = tell
        self._lost: dict[tuple[str, str], str] = {}
        self._tasks: dict[str, CardTask] = {}
        self._ratings: dict[tuple[str, str], Ratings] = {}
        self._hold(_of_files(files, [*own], split or card.default_split) if files else [*card.recorded, *own])

    def _hold(self, entries: Sequence[Recorded]) -> None:
        files: dict[tuple[str, str], tuple[Recorded, Mapping[str, str], set[str]]] = {}
        for entry in entries:
            key, path = (entry.name, entry.split), self._find(entry.file)
            if path is None:
                self._lost[key] = f"{entry.file} isn't here"
                continue
            if (entry.file, entry.split) not in files:
                names = self._judges(path, entry)
                files[entry.file, entry.split] = (entry, names, set())
            _, names, named = files[entry.file, entry.split]
            if not entry.name:
                # A file of which nothing is said: its judges are called as it calls them, or one as the file.
                if not names:
                    name = stem(path)
                    self.held[name, entry.split] = replace(entry, name=name)
                continue
            column = _column(entry, names)
            if column is None:
                self._lost[key] = f"{entry.file} holds {some([*dict.fromkeys(names.values())], _LISTED)}"
                continue
            self.held[key] = replace(entry, column=column)
            named.add(column)
        for (file, split), (entry, names, named) in files.items():
            for judge in dict.fromkeys(names.values()):
                if judge not in named:
                    taken = (judge, split) in self.held or (judge, split) in self._lost
                    name = f"{judge} ({file})" if taken else judge
                    self.held[name, split] = replace(entry, name=name, column=judge)

    def _judges(self, path: Path, entry: Recorded) -> Mapping[str, str]:
        """Name the judges of a file, and tell how one with a column per judge is understood."""
        reader = reader_of(self.card, entry.split)
        try:
            if (wide := judge_columns(path, reader)) is not None:
                self._tell(f"{entry.file}: {wide}")
            return recorded_judges(path, reader)
        except DataError:
            # Whoever says which column is the judge's needs no guess.
            if not entry.column:
                raise
            return {}

    def lacking(self, figure: PublishedFigure) -> str:
        """Say what a figure needs that isn't in the task's folder or in the folder itself; empty where it is."""
        if figure.judged:
            key = (figure.judge, figure.split)
            if key in self.held:
                return ""
            known = dict.fromkeys(name for name, split in (*self.held, *self._lost) if split == figure.split)
            return self._lost.get(key) or f"the recorded judges are {some([*known], _LISTED) or 'none'}"
        return "" if self.labelled(figure.split) else "the labelled items aren't here"

    def labelled(self, split: str) -> bool:
        """Whether the items of a split are here."""
        return self._find(*self.card.split(split).main.files) is not None

    def path(self, recorded: Recorded) -> Path | None:
        """Find a recorded file; None where it isn't here."""
        return self._find(recorded.file)

    def _find(self, *files: str) -> Path | None:
        if given := next((self._files[file] for file in files if file in self._files), None):
            return given
        homes = (*folders(self.card, self.data), self.data, *self._beside)
        return next((path for home in homes for file in files if (path := find(home, file)) is not None), None)

    def task(self, split: str) -> CardTask:
        """Open a split of the task, once."""
        if split not in self._tasks:
            self._tasks[split] = open_task(f"{self.card.name}:{split}", data=self.data, root=self.card.folder.parent)
        return self._tasks[split]

    def labels(self, split: str, recorded: Recorded | None = None) -> Ratings:
        """Read a recording with the gold beside it, or the gold alone."""
        from judgebench.agreement.ratings import from_verdicts  # noqa: PLC0415 - loads numpy

        key = ("" if recorded is None else recorded.name, split)
        if key not in self._ratings:
            task = self.task(split)
            recording = Recording("", {}, ())
            if recorded is not None and (path := self.path(recorded)) is not None:
                recording = task.recorded(path, recorded.column or None)
            self._ratings[key] = from_verdicts(recorded_verdicts(task, recording), task.scale)
        return self._ratings[key]


def _of_files(files: Iterable[Path], own: Sequence[Recorded], split: str) -> list[Recorded]:
    """Say what the files are: what ``own`` says of a file of that name, else one whose judges have no other names."""
    found: list[Recorded] = []
    for path in files:
        said = [replace(one, file=str(path)) for one in own if one.file in {path.name, path.name.removesuffix(".gz")}]
        found += said or [Recorded("", str(path), split=split)]
    return found


def _column(entry: Recorded, names: Mapping[str, str]) -> str | None:
    """Find an entry's judge among those of its file: the only one needs no name; None where it isn't there."""
    if not names:
        return entry.column
    if not entry.column and len(only := set(names.values())) == 1:
        return only.pop()
    return names.get(entry.column or entry.name)


def recorded_verdicts(task: CardTask, recording: Recording) -> Iterator[Verdict]:
    """Turn a recording into verdicts: each item in each recorded order, undone to the item's own.

    An item that the recording doesn't hold becomes a failed verdict: nothing is dropped in silence.
    """
    scale, revision = task.scale, task.revision
    absent = Reply(Status.FAILED, error="not in the recording")
    # Without orders that all items share, each has its own.
    drawn = {} if recording.orders else {item: [order] for item, order in recording.replies}
    for item in task.items():
        own = tuple(range(len(item.responses)))
        shown = drawn.get(item.id) or [order for order in recording.orders if len(order) == len(own)] or [own]
        for order in shown:
            reply = recording.replies.get((item.id, order), absent)
            yield Verdict.of(Case(item, order), reply, scale, revision)
