"""``judgebench.demo``: what a leaderboard looks like, in seconds and for nothing."""

from __future__ import annotations

import tempfile
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

from judgebench.api.asking import ask_and_measure
from judgebench.api.notes import show
from judgebench.api.parameters import Option, question
from judgebench.api.planning import Showing, plan_run
from judgebench.report.leaderboard.demo import Demo

if TYPE_CHECKING:
    from judgebench.api.own_answers import Planned

_TASKS = ("judgebench", "pandalm", "rewardbench", "triviaqa", "bff-bench")
_JUDGES = {
    "pair": ("baseline/first", "baseline/longest", "baseline/random", "baseline/majority"),
    "check": ("contains", "exact-match", "baseline/random", "baseline/majority"),
}


@question
def demo(*, seed: Annotated[int, Option("Seed of random orders and guesses.")] = 0) -> Demo:
    """See it work: samples of five tasks, four baselines, no key, no network."""
    from judgebench import catalog  # noqa: PLC0415 - loaded on use
    from judgebench.report.leaderboard.ranks import rank  # noqa: PLC0415 - loaded on use
    from judgebench.run.engine import Options  # noqa: PLC0415 - loaded on use

    plans: list[Planned] = []
    for name in _TASKS:
        task = catalog.make_task(name, sample=True)
        # The lexical rules need references, which bff-bench by default keeps from its judges.
        showing = Showing(reference="human" if task.scale.kind == "check" else "auto", seed=seed)
        judges = [catalog.make_judge(one, task, catalog.JudgeSettings(seed=seed)) for one in _JUDGES[task.scale.kind]]
        plans += [plan_run(task, judge, showing) for judge in judges]
    with tempfile.TemporaryDirectory(prefix="judgebench-demo-") as folder:
        rows, stopped = ask_and_measure(plans, Path(folder), Options(attempts=1))
    if stopped:
        raise stopped[0]
    found = Demo(tuple(rank([row for row in rows if row.subset == "all"])))
    show(found)
    return found
