"""What the tests of clusters share: a task of any size, judges in files, and a look at what is stored."""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import TYPE_CHECKING, Any

from judgebench import catalog
from judgebench.domain import Item, Label, Policies, Response, Scale, Turn
from judgebench.probes.orders import Plain
from judgebench.run.cluster.engine import Setup, execute_all
from judgebench.run.plans import Conventions, Selection, plan

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from judgebench.domain import Judge
    from judgebench.run.engine import Options
    from judgebench.run.execute import Execution, Progress
    from judgebench.run.plans import Plan


class Pairs:
    """So many pairs of answers."""

    revision = "main"
    scale = Scale.pair()

    def __init__(self, size: int, name: str = "pairs") -> None:
        self.size = size
        self.name = name

    def items(self) -> Iterator[Item]:
        for number in range(self.size):
            yield Item(
                f"{self.name}-{number:05}",
                (Turn.of("user", f"question {number} of {self.name}"),),
                (Response(f"the first answer to {number}"), Response(f"the second one to {number}")),
                (Label("h", number % 2),),
                "human",
            )


def planned(spec: str, task: Pairs, **settings: Any) -> tuple[Plan, Callable[[], Judge]]:
    """A run of the judge, and how to make that judge elsewhere."""
    how = catalog.JudgeSettings(**settings)
    judge = catalog.make_judge(spec, task, how)
    made = plan(task, judge, Selection(Plain("original"), orders="original"), Conventions(Policies()))
    recipe = catalog.recipe(spec, judge, task, how)
    assert recipe is not None
    return made, recipe


def ask(
    runs: Path,
    options: Options,
    *plans: tuple[Plan, Callable[[], Judge]],
    workers: int = 2,
    watch: Callable[[Progress], None] | None = None,
    environment: dict[str, str] | None = None,
) -> list[Execution]:
    recipes = {made.run.identity: recipe for made, recipe in plans}
    setup = Setup(recipes, workers=workers, environment=environment or {})
    return execute_all([made for made, _ in plans], runs, options, setup=setup, watch=watch, interval=0.02)


def stored(path: Path) -> list[dict[str, Any]]:
    """The verdicts of a run, sorted, without times."""
    lines = [json.loads(line) for line in (path / "verdicts.jsonl").read_text("utf-8").splitlines()]
    for line in lines:
        # Times differ, and with them the checksum of the line.
        del line["seconds"], line["crc"]
    return sorted(lines, key=lambda line: line["key"])


def workers() -> list[int]:
    """The workers that this process's cluster started; another's on this machine are nobody's business here."""
    parents: dict[int, int] = {}
    titles: dict[int, bytes] = {}
    for folder in Path("/proc").iterdir():
        if folder.name.isdigit():
            try:
                # "pid (name) state parent ...": the name may hold blanks and brackets.
                parents[int(folder.name)] = int((folder / "stat").read_text().rpartition(")")[2].split()[1])
                titles[int(folder.name)] = (folder / "cmdline").read_bytes()
            except OSError:
                continue

    def ours(pid: int) -> bool:
        while pid in parents and pid != os.getpid():
            pid = parents[pid]
        return pid == os.getpid()

    return [pid for pid, title in titles.items() if title.startswith(b"ray::Worker") and ours(pid)]
