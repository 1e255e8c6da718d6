"""Labels of agents' trajectories in a table, the trajectories in a file each, as AgentRewardBench publishes them.

The card's ``[form]`` says which column of the table is the ``question`` that is judged, and what a judge is ``asked``;
``keep`` is the division of tasks that is read, by the part ``splits``. ``axtree`` and ``screenshots`` are those of the
``last`` step, of ``all``, or of ``none``. ``apart`` gives, of a benchmark, a mark in the names of tasks and the subset
that these are. Rows of one trajectory are annotators'; the first one's label is gold.

A trajectory is ``cleaned/BENCHMARK/AGENT/EXPERIMENT/TASK.json`` below the data's folder, or below ``trajectories/``
there, and so are the screenshots that it names. Without it an item has no text, and no judge can be asked.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Any

from judgebench.domain import Item, Label, Response, Turn
from judgebench.domain.items import UNANSWERED
from judgebench.errors import DataError
from judgebench.files.content import Content
from judgebench.files.read import open_table
from judgebench.files.records import Row
from judgebench.tasks import base
from judgebench.tasks.base import Located
from judgebench.tasks.chat import last_words, turns_of_step

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Sequence

    from judgebench.tasks.sources import Source

_KEY = ("benchmark", "model_name", "task_id")
#: What comes before the paths of a clone of the hub's data set, where it lies in the benchmark's own repository.
_HOME = "trajectories"
#: Marks in the names of tasks that were changed for this benchmark; the table of splits leaves them out.
_MARKS = (".resized", ".improved")
_SHOWN = ("last", "all", "none")


class Reader(base.Reader):
    """Reads annotations, the tasks' splits, and trajectories as files."""

    def items(self, source: Source) -> Iterator[Located]:
        """Yield the trajectories of a split in the order of their first labels."""
        form = self.form
        question, asked, keep = form.text("question"), form.text("asked"), form.text("keep", "")
        apart = form.names_by_name("apart")
        if wrong := next((name for name, said in apart.items() if len(said) != 2), ""):
            form.fail(f"apart.{wrong}", "expected a mark and the name of a subset")
        shown = {key: form.choice(key, _SHOWN, "last") for key in ("axtree", "screenshots")}
        form.done()
        splits = split_of(source.rows("splits")) if keep else {}
        words = {label.casefold(): code for code, label in enumerate(self.scale.labels)}
        seen: set[tuple[str, ...]] = set()
        for row in source.rows():
            key = tuple(row.name(one) for one in _KEY)
            if key in seen or (keep and split(row, splits) != keep):
                continue
            seen.add(key)
            said = row.text(question).strip()
            if said.casefold() not in words and said.casefold() != "unsure":
                row.fail(f"expected {', '.join(self.scale.labels)} or Unsure, got {said!r}", question)
            if (code := words.get(said.casefold())) is None:
                # The benchmark leaves these out.
                continue
            conversation, response = self._shown(row, source.folder, shown)
            name = "/".join(key)
            yield Located(
                Item(
                    id=name,
                    conversation=conversation,
                    responses=(response,),
                    gold=(Label("annotator", code),),
                    gold_source=self.gold_source,
                    cluster=task_of(key[2]),
                    subset=_subset(key[0], key[2], apart),
                    attributes=tuple(sorted([("criterion", asked), *([] if response.turns else [UNANSWERED])])),
                ),
                row,
            )

    def _shown(self, row: Row, folder: Path | None, shown: Mapping[str, str]) -> tuple[tuple[Turn, ...], Response]:
        """Give a trajectory's goal, and its steps; no text where its file is not here."""
        agent = row.name("model_name")
        path = _find(
            folder, Path("cleaned", row.name("benchmark"), agent, row.text("exp_name"), f"{row.name('task_id')}.json")
        )
        if path is None or folder is None:
            return (Turn.of("user", "The trajectory is not here."),), Response("", agent)
        place, told = _read(path)
        steps = told.get("steps")
        if not isinstance(steps, list) or not steps or not all(isinstance(one, dict) for one in steps):
            place.fail(f"expected a list of steps, got {steps!r:.60}", "steps")
        turns = tuple(
            turn
            for number, step in enumerate(steps, 1)
            for turn in turns_of_step(
                place, "steps", _kept(place, step, folder, shown, last=number == len(steps)), folder
            )
        )
        return (Turn.of("user", place.text("goal")),), Response(last_words(turns), agent, turns=turns)


def _subset(benchmark: str, task: str, apart: Mapping[str, Sequence[str]]) -> str:
    mark, name = apart.get(benchmark, ("", ""))
    return name if mark and mark in task.lower() else benchmark


def _kept(row: Row, step: Mapping[str, Any], folder: Path, shown: Mapping[str, str], *, last: bool) -> dict[str, Any]:
    """Keep of a step what is shown, its screenshot as a path in the data's folder."""
    told = {key: step[key] for key in ("url", "reasoning", "action") if step.get(key) is not None}
    if step.get("axtree") is not None and shown["axtree"] in (("all", "last") if last else ("all",)):
        told["axtree"] = step["axtree"]
    picture = step.get("screenshot_path", step.get("screenshot"))
    if picture and shown["screenshots"] in (("all", "last") if last else ("all",)):
        name = str(picture)
        found = _find(folder, Path(name.removeprefix(f"{_HOME}/")))
        if found is None and not name.startswith(("http://", "https://", "data:")):
            row.fail(f"there is no screenshot {name!r} in {folder}", "steps", "they are below screenshots/")
        told["screenshot"] = name if found is None else str(found.relative_to(folder))
    return told


def _find(folder: Path | None, path: Path) -> Path | None:
    """Find a file below the data's folder, or below ``trajectories/`` there; nothing is read from elsewhere."""
    for home in () if folder is None else (folder, folder / _HOME):
        found = home / path
        if found.is_file() and found.resolve().is_relative_to(folder.resolve() if folder else home):
            return found
    return None


def _read(path: Path) -> tuple[Row, dict[str, Any]]:
    content = Content.at(path, keep=True)
    try:
        told = json.loads(content.read())
    except (ValueError, RecursionError) as error:
        raise DataError(f"this is not JSON: {error}", file=str(path)) from None
    if not isinstance(told, dict):
        raise DataError("expected an object with goal and steps", file=str(path))
    return Row(told, str(path), 1), told


def task_of(name: str) -> str:
    """Name a task as the table of splits does.

    >>> task_of("visualwebarena.resized.8")
    'visualwebarena.8'
    """
    for mark in _MARKS:
        name = name.replace(mark, "")
    return name


def split_of(rows: Iterator[Row]) -> dict[str, str]:
    """Read which task is of which split."""
    return {task_of(row.name("task_id")): row.name("split") for row in rows}


def split(row: Row, splits: Mapping[str, str]) -> str:
    """Say of which split a labelled trajectory is."""
    task = task_of(row.name("task_id"))
    if task not in splits:
        row.fail(f"no split is known of the task {task!r}", "task_id")
    return splits[task]


def twice(find: Callable[[str], Path], names: Mapping[str, str]) -> float:
    """Share of the trajectories of the test split with two labels on which these agree (on a sure one)."""
    table = open_table(find("annotations.csv"))
    splits = split_of(open_table(find("splits.csv")).rows())
    said: dict[tuple[str, ...], list[str]] = {}
    for row in table.rows():
        if split(row, splits) == names.get("keep", "test"):
            said.setdefault(tuple(row.name(one) for one in _KEY), []).append(row.text(names["column"]))
    pairs: Sequence[Sequence[str]] = [both[:2] for both in said.values() if len(both) > 1]
    return sum(one == other for one, other in pairs) / len(pairs)
