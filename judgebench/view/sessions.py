"""The tasks that a folder of runs offers to be labelled, how they are opened, and who is labelling them."""

from __future__ import annotations

import shlex
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from judgebench.api.source import silent
from judgebench.domain import Scale, names_of
from judgebench.errors import DataError, JudgebenchError, UsageError, argument
from judgebench.labels.annotation_files import LabelWriter, label_file, read_labels
from judgebench.labels.annotations import ADJUDICATED, own_revision
from judgebench.store.labelled import LabelledRun
from judgebench.view.labelling import Session
from judgebench.view.rubric import NO_RUBRIC, read_rubric, task_rubric
from judgebench.view.run_table import figures
from judgebench.view.together import Together

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence
    from pathlib import Path

    from judgebench.domain import Code, Task
    from judgebench.report.line import Line
    from judgebench.store.runs import StoredRun
    from judgebench.view.labelling import Selection
    from judgebench.view.rubric import Rubric
    from judgebench.view.run_table import RunTable


#: Annotators whose files are open at once.
_MOST = 64


@dataclass(frozen=True, slots=True)
class LabelTask:
    """A task that can be labelled, what its annotators go by, and which references are shown."""

    task: Task
    rubric: Rubric = NO_RUBRIC
    reference: str = "auto"


class Sessions:
    """Tasks by name, opened on use; sessions by task and annotator, whose labels are kept in ``folder``."""

    def __init__(
        self,
        names: Callable[[], Sequence[str]],
        open_task: Callable[[str], LabelTask],
        folder: Path,
        selection: Selection,
        measure: Callable[[StoredRun], Line],
        rubric: Path | None = None,
    ) -> None:
        self._names = names
        self._open_task = open_task
        self._opened: dict[str, LabelTask] = {}
        self._sessions: dict[tuple[str, str], Session] = {}
        self._folder = folder
        self._selection = selection
        self._measure = measure
        self._rubric = rubric
        self._settling: dict[str, LabelWriter] = {}

    def names(self) -> list[str]:
        """Name the tasks that can be labelled."""
        return list(self._names())

    def session(self, task: str, annotator: str) -> Session:
        """Find an annotator's session, or begin it; UsageError where there is no such task."""
        known = self._sessions.get((task, annotator))
        if known is not None:
            return known
        if task not in self.names():
            raise UsageError(f"there is no task {task[:200]!r} to label here")
        if len(self._sessions) >= _MOST:
            raise UsageError(
                f"{_MOST} annotators are at work already; end this server and start `judgebench view` again"
            )
        if task not in self._opened:
            self._opened[task] = self._open_task(task)
        opened = self._opened[task]
        made = Session(
            opened.task,
            annotator,
            self._folder,
            self._selection,
            rubric=opened.rubric,
            reference=opened.reference,
        )
        self._sessions[task, annotator] = made
        return made

    def refresh(self, session: Session) -> None:
        """Read a rubric of one's own again: it is better with each item on which people differ."""
        if self._rubric is not None:
            session.rubric = read_rubric(self._rubric)

    def together(self, session: Session) -> Together:
        """Put an annotator beside the others of the same folder."""
        return Together(session, self._folder)

    def settle(self, session: Session, n: int, mark: str, said: Code | str, comment: str) -> Together:
        """Keep what people settled on about an item, on the disk before this returns."""
        task = session.task.name
        line = self.together(session).settle(n, mark, said, comment)
        if task not in self._settling:
            self._settling[task] = LabelWriter(label_file(self._folder, task, ADJUDICATED)).__enter__()
        self._settling[task].append(line)
        return self.together(session)

    def reveal(self, session: Session, runs: Sequence[StoredRun]) -> dict[str, Any]:
        """Measure the judges of runs against what a person said.

        UsageError where the person is not through: who knows the judge's verdicts is not blind to them any more.
        """
        if not session.finished:
            raise UsageError("label or skip all items first: the judges' verdicts would colour what is left")
        labels = read_labels([session.writer.file])[session.task.name]
        rows: list[dict[str, Any]] = []
        mine = [stored for stored in runs if stored.run.task == session.task.name]
        for stored, judge in zip(mine, names_of([stored.run for stored in mine]), strict=True):
            row: dict[str, Any] = {"judge": judge, "run": stored.path.name}
            try:
                row |= figures(self._measure(LabelledRun.of(stored, labels)))
            except JudgebenchError as error:
                row["error"] = str(error)
            rows.append(row)
        return {"judges": rows, "own": own_consistency(session)}

    def command(self, session: Session, runs: Path) -> str:
        """Say how the judges of a folder are measured against a person."""
        return shlex.join(["judgebench", "score", str(runs), "--labels", str(session.writer.file)])

    def common(self, runs: Path) -> str:
        """Say how the judges of a folder are measured against what annotators agree on."""
        return shlex.join(["judgebench", "score", str(runs), "--labels", str(self._folder), "--labels-mode", "settled"])

    def close(self) -> None:
        """Let go of all files."""
        for session in self._sessions.values():
            session.close()
        for writer in self._settling.values():
            writer.close()


def own_consistency(session: Session) -> dict[str, int] | None:
    """Count the items on which a person said the same in both orders; None where nothing was shown twice."""
    twice = [one.item.id for one in session.showings if one.number == 2]
    pairs = [(session.said.get((item, 1)), session.said.get((item, 2))) for item in twice]
    both = [(one, other) for one, other in pairs if one is not None and other is not None]
    return {"items": len(both), "same": sum(one == other for one, other in both)} if both else None


class LabelTasks:
    """The tasks that were named, by name or as a place; else those of the runs.

    ``said`` is what was said of the tables among them, with keys of `judgebench.api.items.Items`.
    """

    def __init__(
        self, runs: RunTable, tasks: Sequence[str], said: Mapping[str, Any], *, data: Path | None, sample: bool
    ) -> None:
        self._runs = runs
        self._tasks = dict.fromkeys(tasks)
        self._said = said
        self._data = data
        self._sample = sample

    def check(self) -> None:
        """Refuse a task that was named and can't be opened before anything is served, not to the first annotator."""
        for name in self._named():
            self._opened(name)

    def names(self) -> list[str]:
        """Name the tasks that can be labelled now."""
        return list(self._named() or self._revisions())

    def open(self, name: str) -> LabelTask:
        """Open a task; DataError or UsageError where it can't be."""
        task = self._opened(name)
        card = getattr(task, "card", None)
        if card is None:
            return LabelTask(task)
        readme = card.folder / "README.md"
        own = getattr(task, "place", None)
        rubric = task_rubric(readme.read_text("utf-8")) if readme.is_file() and not own else NO_RUBRIC
        return LabelTask(task, rubric, card.default_reference)

    def _opened(self, name: str) -> Task:
        from judgebench.api.items import task_of  # noqa: PLC0415 - loaded on use
        from judgebench.api.texts import task_behind  # noqa: PLC0415 - loaded on use
        from judgebench.catalog import make_task  # noqa: PLC0415 - loaded on use

        # What was judged is what should be labelled, as it was read.
        own = [one for one in self._runs.stored() if one.run.task == name and one.run.place]
        why = ""
        for stored in own:
            task, why = task_behind(stored, self._data, sample=self._sample, tell=silent)
            if task is not None:
                return self._as_said(task)
        spec = self._named().get(name, name)
        found = task_of(spec, {**self._said, "data": self._data, "sample": self._sample})
        if not isinstance(found, str):
            return found
        if own:
            raise DataError(why)
        sampled = self._sample or (self._data is None and self._revisions().get(name) == {"sample"})
        return make_task(name, data=None if sampled else self._data, sample=sampled)

    def _as_said(self, task: Task) -> Task:
        """Refuse a scale other than the one that runs were judged on."""
        said = self._said.get("scale")
        if said and Scale.parse(str(said)).spec != task.scale.spec:
            raise UsageError(
                f"the runs of {task.name} are on the scale {task.scale.spec}, and {argument('scale')} is {said}: "
                "leave it out"
            )
        return task

    def _named(self) -> dict[str, str]:
        from judgebench.catalog import task_name  # noqa: PLC0415 - loaded on use

        return {task_name(spec): spec for spec in self._tasks}

    def _revisions(self) -> dict[str, set[str]]:
        found: dict[str, set[str]] = {}
        for stored in self._runs.stored():
            found.setdefault(stored.run.task, set()).add(own_revision(stored.run.revision))
        return dict(sorted(found.items()))
