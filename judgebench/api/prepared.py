"""Runs that are ready to be asked: what Python programs and the pytest plugin share."""

from __future__ import annotations

import sys
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, TextIO, TypeAlias, cast

from judgebench.api.asking import Ears, ask_and_measure
from judgebench.api.notes import aside, on_command_line, show
from judgebench.api.parameters import place
from judgebench.api.progress import Asker, Live, inside_a_loop, misread, told
from judgebench.api.sources import run_source, silent, unlabelled
from judgebench.domain import Judge
from judgebench.judges.own import Judging, as_judge
from judgebench.report.document.text import one_line
from judgebench.report.runs import Estimates
from judgebench.report.scores import Asked, Scores

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from judgebench.api.asking import Engine, Planned
    from judgebench.domain import Forecast
    from judgebench.errors import BackendError, IncompleteError
    from judgebench.run.engine import Options
    from judgebench.run.execute import Execution
    from judgebench.run.plans import Plan

Listener: TypeAlias = Callable[[str], None]


@dataclass(frozen=True, slots=True)
class Prepared:
    """Runs that are planned, each with the policies under which it is measured, and how to ask.

    ``recipes`` say how other processes make the judges.
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
        heard: Callable[[Sequence[Execution]], None] | None = None,
    ) -> Scores:
        """Ask what is missing in a folder of runs, and measure.

        ``heard`` hears what became of the runs before anything is measured or raised.
        """
        from judgebench.store.remote import mirrored  # noqa: PLC0415 - loaded on use
        from judgebench.store.runs import read_run  # noqa: PLC0415 - loaded on use

        outcomes: list[Execution] = []
        ears = _ears(progress, outcomes)
        asker = self.engine.make([p for p, _ in self.plans], self.recipes, tell=_tell(progress))
        # A batch waits for hours and looks at nobody meanwhile: outside a loop it stays where Ctrl-C reaches it.
        if not on_command_line() and (self.engine.name != "batch" or inside_a_loop()):
            asker = Asker(asker)
        if heard is not None:
            asker = _overheard(asker or Asker(), heard)
        with mirrored(Path(place("runs", runs))) as folder:
            with aside():
                rows, stopped = ask_and_measure(
                    self.plans, folder, self.options, by_system=self.by_system, execute=asker, ears=ears
                )
            # Two names of one judge are one run.
            runs_asked = {outcome.path: outcome for outcome in outcomes}.values()
            sources = tuple(run_source(read_run(one.path), one.plan.name) for one in runs_asked)
            unmeasured = tuple(why for one in sources if (why := unlabelled(one)))
            # A command says it while it asks.
            notes = () if on_command_line() else tuple(note for one in runs_asked for note in misread(one))
            found = Scores(tuple(rows), notes, tuple(map(_asked, runs_asked)), sources, unmeasured)
            # The last of it goes to a URL, over a network that may fail, and one run that stopped hides no other.
            if rows or unmeasured:
                show(found)
        _raise_first(stopped)
        return found

    def estimate(self, runs: str | Path) -> Estimates:
        """Say what asking would take, beside what a folder of runs answers already."""
        from judgebench.run.plans import estimate  # noqa: PLC0415 - loaded on use
        from judgebench.store.answers import known_answers  # noqa: PLC0415 - loaded on use
        from judgebench.store.remote import fetched  # noqa: PLC0415 - loaded on use

        folder, batch = fetched(Path(place("runs", runs))), self.engine.name == "batch"
        found: list[Forecast] = []
        for planned, _ in self.plans:
            submitted = _submitted(planned, folder) if batch else frozenset[str]()
            share, refresh = self.options.share, self.options.refresh
            with known_answers(folder, planned.run, share=share, refresh=refresh) as known:
                found.append(estimate(planned, known.get, batch=batch, submitted=submitted))
        return Estimates(tuple(found))


def _submitted(planned: Plan, runs: Path) -> frozenset[str]:
    """Find the cases whose answers are under way in batches."""
    from judgebench.run.batch.engine import batch_apis  # noqa: PLC0415 - loaded on use
    from judgebench.run.batch.ledger import in_batches  # noqa: PLC0415 - loaded on use

    batch_apis(planned)
    return frozenset(in_batches(runs, planned.run))


def _overheard(
    execute: Callable[..., list[Execution]], heard: Callable[[Sequence[Execution]], None]
) -> Callable[..., list[Execution]]:
    def executed(*arguments: Any, **how: Any) -> list[Execution]:
        outcomes = execute(*arguments, **how)
        heard(outcomes)
        return outcomes

    return executed


def is_judge(one: object) -> bool:
    """Whether it is a name, a file, an object or a function that judges."""
    return isinstance(one, (str, Path, Judge, Judging)) or callable(one)


def judge_of(one: Any) -> str | Judge:
    """Take a judge as it is planned: by its name, or as an object; a function becomes one."""
    if isinstance(one, (str, Path)):
        return str(one)
    # A class of judges has all that a judge has, and is not one.
    if not isinstance(one, type) and isinstance(judge := as_judge(one), Judge):
        return judge
    from judgebench.api.functions import function_judge  # noqa: PLC0415 - loaded on use

    return function_judge(one)


def _tell(progress: bool | Listener) -> Listener:  # noqa: FBT001 - as `judgebench.run`
    if callable(progress):
        return lambda text: progress(one_line(text))
    return _say if progress else silent


def _say(text: str) -> None:
    if cast("object", sys.stderr) is not None:
        sys.stderr.write(f"{one_line(text)}\n")


def _ears(progress: bool | Listener, outcomes: list[Execution]) -> Ears:  # noqa: FBT001 - as `judgebench.run`
    tell = _tell(progress)

    def done(outcome: Execution) -> None:
        outcomes.append(outcome)
        if progress:
            for line in told(outcome):
                tell(line)

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


def _asked(outcome: Execution) -> Asked:
    run, summary = outcome.plan.run, outcome.summary
    return Asked(run.task, outcome.plan.name, outcome.path, summary.asked, summary.reused, summary.usage)


def _raise_first(stopped: Sequence[BackendError | IncompleteError]) -> None:
    if not stopped:
        return
    for text in [text for text in dict.fromkeys(map(str, stopped)) if text != str(stopped[0])]:
        stopped[0].add_note(text)
    raise stopped[0]
