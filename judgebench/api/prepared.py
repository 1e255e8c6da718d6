"""Runs that are ready to be asked: what Python programs and the pytest plugin share."""

from __future__ import annotations

import sys
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal, TextIO, TypeAlias, cast

from judgebench.api.asking import Ears, Order, ask_and_measure, plan_named
from judgebench.api.checks import flag, numbers, one_of, place, policies_of, several
from judgebench.api.engines import Engine
from judgebench.api.loops import Asker, inside_a_loop
from judgebench.api.progress import Live, told
from judgebench.api.sources import silent, stored_sources
from judgebench.domain import Judge, Task
from judgebench.errors import UsageError
from judgebench.report.scores import Asked, Scores

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from judgebench.api.asking import Planned, Showing
    from judgebench.domain import Policies
    from judgebench.errors import BackendError, IncompleteError
    from judgebench.run.engine import Options
    from judgebench.run.execute import Outcome

    JudgeLike: TypeAlias = str | Path | Judge | Callable[..., Any]
    TaskLike: TypeAlias = str | Task
    PolicyLike: TypeAlias = Mapping[str, str] | Sequence[str] | str | Policies
    Listener: TypeAlias = Callable[[str], None]

EngineName: TypeAlias = Literal["local", "batch", "ray"]


@dataclass(frozen=True, slots=True)
class Prepared:
    """Runs that are planned, and how to ask.

    Parameters
    ----------
    plans : tuple
        Each with the policies under which it is measured.
    recipes : mapping
        How other processes make the judges.
    options : Options
        How to ask.
    engine : Engine
        Who asks.
    by_system : bool
        Whether every judged system gets a row.
    """

    plans: tuple[Planned, ...]
    recipes: Mapping[str, Callable[[], Judge]]
    options: Options
    engine: Engine
    by_system: bool

    def ask(
        self,
        runs: str | Path,
        progress: bool | Listener = False,  # noqa: FBT001, FBT002 - as `judgebench.run`
        *,
        heard: Callable[[Sequence[Outcome]], None] | None = None,
    ) -> Scores:
        """Ask what is missing in a folder of runs, and measure.

        ``heard`` hears what became of the runs before anything is measured or raised.

        Raises
        ------
        JudgebenchError
            As `judgebench.run` says.
        """
        from judgebench.store.remote import mirrored  # noqa: PLC0415 - loaded on use

        outcomes: list[Outcome] = []
        ears = _ears(progress, outcomes)
        execute = self.engine.make([p for p, _ in self.plans], self.recipes, tell=_tell(progress))
        # A batch waits for hours and looks at nobody meanwhile: outside a loop it stays where Ctrl-C reaches it.
        asker = execute if self.engine.name == "batch" and not inside_a_loop() else Asker(execute)
        if heard is not None:
            asker = _overheard(asker or Asker(), heard)
        with mirrored(Path(place("runs", runs))) as folder:
            rows, stopped = ask_and_measure(
                self.plans, folder, self.options, by_system=self.by_system, execute=asker, ears=ears
            )
            found = stored_sources([outcome.path for outcome in outcomes]) if rows else ()
            sources = tuple(found)
        _raise_first(stopped)
        # Two names of one judge are one run.
        return Scores(tuple(rows), (), tuple({o.path: _asked(o) for o in outcomes}.values()), sources)


def prepare(
    judge: JudgeLike | Sequence[JudgeLike],
    task: TaskLike | Sequence[TaskLike],
    *,
    data: str | Path | None,
    sample: bool,
    showing: Showing,
    settings: Mapping[str, Any],
    how: Mapping[str, Any],
    engine: Engine,
    policy: PolicyLike,
    by_system: bool,
) -> Prepared:
    """Plan what `judgebench.run` was told; nothing is asked yet.

    Raises
    ------
    UsageError, DataError
        With the words of the command line.
    """
    from judgebench.catalog import JudgeSettings  # noqa: PLC0415 - loaded on use
    from judgebench.run.engine import Options  # noqa: PLC0415 - loaded on use

    one_of("order", showing.order, Order)
    shown = numbers({"repeats": showing.repeats, "seed": showing.seed, "limit": showing.limit})
    showing = replace(showing, **shown)
    judges = [_judge(one) for one in several("judge", judge, _is_judge)]
    tasks: list[str | Task] = several("task", task, lambda one: isinstance(one, (str, Task)))
    if engine.name == "ray" and not all(isinstance(one, str) for one in judges):
        raise UsageError("on a cluster other processes make the judge: name it, as module:function for one's own")
    plans, recipes = plan_named(
        judges,
        tasks,
        JudgeSettings(**numbers(settings), seed=showing.seed),
        showing,
        data=None if data is None else Path(place("data", data)),
        sample=flag("sample", sample),
        policy=policies_of(policy),
    )
    _share(plans)
    return Prepared(tuple(plans), recipes, Options(**numbers(how)), engine, flag("by_system", by_system))


def _overheard(
    execute: Callable[..., list[Outcome]], heard: Callable[[Sequence[Outcome]], None]
) -> Callable[..., list[Outcome]]:
    def executed(*arguments: Any, **how: Any) -> list[Outcome]:
        outcomes = execute(*arguments, **how)
        heard(outcomes)
        return outcomes

    return executed


def engine_of(given: Mapping[str, Any]) -> Engine:
    """Choose who asks, from options.

    Raises
    ------
    UsageError
        If there is no such engine, or options belong to another one.
    """
    one_of("engine", given["engine"], EngineName)
    checked = numbers({name: given[name] for name in ("poll", "batch_size", "workers")})
    return Engine(
        given["engine"],
        checked["poll"],
        flag("wait", given["wait"]),
        checked["batch_size"],
        checked["workers"],
        given["ray_address"],
    )


def _is_judge(one: object) -> bool:
    return isinstance(one, (str, Path, Judge)) or callable(one)


def _judge(one: JudgeLike) -> str | Judge:
    if isinstance(one, (str, Path)):
        return str(one)
    # A class of judges has all that a judge has, and is none.
    if not isinstance(one, type) and isinstance(one, Judge):
        return one
    from judgebench.api.functions import function_judge  # noqa: PLC0415 - loaded on use

    return function_judge(one)


class _Shared:
    """A judge of several runs: its connections are closed when the last of them is over."""

    def __init__(self, judge: Judge, runs: int) -> None:
        self._judge = judge
        self._runs = runs

    def __getattr__(self, name: str) -> Any:
        return getattr(self._judge, name)

    async def aclose(self) -> None:
        self._runs -= 1
        closing = getattr(self._judge, "aclose", None)
        if not self._runs and closing is not None:
            await closing()


def _share(plans: list[Planned]) -> None:
    counts: dict[int, int] = {}
    for planned, _ in plans:
        counts[id(planned.judge)] = counts.get(id(planned.judge), 0) + 1
    shared = {id(p.judge): _Shared(p.judge, counts[id(p.judge)]) for p, _ in plans if counts[id(p.judge)] > 1}
    for i, (planned, policies) in enumerate(plans):
        if (judge := shared.get(id(planned.judge))) is not None:
            plans[i] = replace(planned, judge=cast("Judge", judge)), policies


def _tell(progress: bool | Listener) -> Listener:  # noqa: FBT001 - as `judgebench.run`
    if callable(progress):
        return progress
    return _say if progress else silent


def _say(text: str) -> None:
    if cast("object", sys.stderr) is not None:
        sys.stderr.write(f"{text}\n")


def _ears(progress: bool | Listener, outcomes: list[Outcome]) -> Ears:  # noqa: FBT001 - as `judgebench.run`
    tell = _tell(progress)

    def done(outcome: Outcome) -> None:
        outcomes.append(outcome)
        if progress:
            tell(told(outcome))

    if not progress:
        return Ears(done=done)
    live = Live(cast("TextIO", _Lines(progress)) if callable(progress) else sys.stderr)
    return Ears(live.show, live.interval, done)


class _Lines:
    """A stream that hands on whole lines."""

    def __init__(self, tell: Listener) -> None:
        self._tell = tell

    def isatty(self) -> bool:
        return False

    def write(self, text: str) -> None:
        self._tell(text.rstrip("\n"))

    def flush(self) -> None:
        pass


def _asked(outcome: Outcome) -> Asked:
    run, summary = outcome.plan.run, outcome.summary
    return Asked(run.task, run.judge, outcome.path, summary.asked, summary.reused, summary.usage)


def _raise_first(stopped: Sequence[BackendError | IncompleteError]) -> None:
    if not stopped:
        return
    for text in [text for text in dict.fromkeys(map(str, stopped)) if text != str(stopped[0])]:
        stopped[0].add_note(text)
    raise stopped[0]
