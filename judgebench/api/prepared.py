"""Runs that are ready to be asked: what Python programs and the pytest plugin share."""

from __future__ import annotations

import contextlib
import sys
from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any, TextIO, TypeAlias, TypeVar, cast

from judgebench.api.asking import Ears, ask_and_measure
from judgebench.api.live import Live
from judgebench.api.notes import aside, on_command_line, show
from judgebench.api.parameters import place
from judgebench.api.planning import named_apart
from judgebench.api.progress import Asker, inside_a_loop, misread, tell_moved, told, told_together
from judgebench.api.run_sources import run_source
from judgebench.api.source import silent, unlabelled
from judgebench.domain import Judge
from judgebench.judges.own import Judging, as_judge
from judgebench.report.document.text import one_line
from judgebench.report.estimates import Estimates
from judgebench.report.scores import Asked, Scores

if TYPE_CHECKING:
    from collections.abc import Generator, Mapping, Sequence

    from judgebench.api.asking import Engine
    from judgebench.api.own_answers import Before, Planned
    from judgebench.api.reworded import Reworded
    from judgebench.domain import Agreement, Forecast
    from judgebench.errors import JudgebenchError
    from judgebench.report.document.model import Document
    from judgebench.run.engine import Options
    from judgebench.run.execute import Execution
    from judgebench.run.plans import Plan
    from judgebench.store.runs import StoredRun

D = TypeVar("D", bound="Document")
Listener: TypeAlias = Callable[[str], None]


@dataclass(frozen=True, slots=True)
class Prepared:
    """Runs that are planned, each with the policies under which it is measured, and how to ask.

    ``recipes`` say how other processes make the judges, ``before`` what some runs need to be told first, ``reworded``
    which show questions in words that are written first.
    """

    plans: tuple[Planned, ...]
    recipes: Mapping[str, Callable[[], Judge]]
    options: Options
    engine: Engine
    by_system: bool
    before: tuple[Before, ...] = ()
    reworded: tuple[Reworded, ...] = ()

    def only(self, wanted: Callable[[Plan], bool]) -> Prepared:
        """Leave out the other runs, and what only they need to be told first."""
        places = [place for place, (planned, _) in enumerate(self.plans) if wanted(planned)]
        now = {old: new for new, old in enumerate(places)}
        before = tuple(replace(one, place=now[one.place]) for one in self.before if one.place in now)
        reworded = tuple(replace(one, place=now[one.place]) for one in self.reworded if one.place in now)
        plans = tuple(named_apart([self.plans[old] for old in places]))
        return replace(self, plans=plans, before=before, reworded=reworded)

    @property
    def first(self) -> list[Plan]:
        """What is asked before the runs, as far as it is known."""
        return [planned for one in self.before for planned in one.plans] + [one.asking for one in self.reworded]

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
        from judgebench.store.runs import read_run  # noqa: PLC0415 - loaded on use

        with self._asked(runs, progress, heard) as (rows, asked):
            sources = tuple(run_source(read_run(one.path), one.plan.name) for one in asked)
            unmeasured = tuple(why for one in sources if (why := unlabelled(one)))
            # A command says it while it asks.
            notes = () if on_command_line() else tuple(note for one in asked for note in misread(one))
            found = Scores(tuple(rows), notes, tuple(map(_asked, asked)), sources, unmeasured)
            # The last of it goes to a URL, over a network that may fail, and one run that stopped hides no other.
            if rows or unmeasured:
                show(found)
        return found

    def ask_for(
        self,
        runs: str | Path,
        progress: bool | Listener,  # noqa: FBT001 - as `judgebench.run`
        measure: Callable[[Sequence[StoredRun]], D],
    ) -> D:
        """Ask what is missing, and have all runs together measured in another way; a run that stopped is raised."""
        from judgebench.store.runs import read_run  # noqa: PLC0415 - loaded on use

        with self._asked(runs, progress, score=False) as (_, asked):
            found = measure([read_run(one.path) for one in asked])
            show(found)
        return found

    @contextlib.contextmanager
    def _asked(
        self,
        runs: str | Path,
        progress: bool | Listener,  # noqa: FBT001 - as `judgebench.run`
        heard: Callable[[Sequence[Execution]], None] | None = None,
        *,
        score: bool = True,
    ) -> Generator[tuple[list[Agreement], list[Execution]]]:
        """Ask, and give what was measured beside what became of each run; what stopped is raised at the end.

        A command ends so, too, where single cases failed: it can be run again, and a program has the rows.
        """
        from judgebench.run.execute import unanswered  # noqa: PLC0415 - loaded on use
        from judgebench.store.remote import mirrored  # noqa: PLC0415 - loaded on use

        outcomes: list[Execution] = []
        ears = _ears(progress, outcomes, together=not score)
        recipes = dict(self.recipes)
        asker = self.engine.make([*(planned for planned, _ in self.plans), *self.first], recipes, tell=_tell(progress))
        # A batch waits for hours and looks at nobody meanwhile: outside a loop it stays where Ctrl-C reaches it.
        if not on_command_line() and (self.engine.name != "batch" or inside_a_loop()):
            asker = Asker(asker)
        if heard is not None:
            asker = _overheard(asker or Asker(), heard)
        with mirrored(Path(place("runs", runs))) as folder:
            with aside():
                if not self.options.refresh:
                    tell_moved([planned.run for planned, _ in self.plans], folder)
                plans, options, first = self._settled(folder, asker, recipes, ears)
                rows, stopped = ask_and_measure(
                    plans, folder, options, by_system=self.by_system, execute=asker, ears=ears, score=score
                )
                stopped = [one.error for one in first if one.error is not None] + stopped
                if not score and progress:
                    for line in told_together(outcomes):
                        _tell(progress)(line)
            if stopped and not score:
                raise_first(stopped)
            yield rows, outcomes
        if on_command_line():
            # What a recording lacks it will lack next time, too.
            over = [one for one in (*first, *outcomes) if one.error is None and one.plan.judge.backends]
            stopped += [lacking for one in over if (lacking := unanswered(one)) is not None]
        raise_first(stopped)

    def _settled(
        self,
        folder: Path,
        asker: Callable[..., list[Execution]] | None,
        recipes: dict[str, Callable[[], Judge]],
        ears: Ears,
    ) -> tuple[Sequence[Planned], Options, list[Execution]]:
        """Ask what runs need to know first; give their plans, what may still be spent, and what became of it."""
        if not self.first:
            return self.plans, self.options, []
        from judgebench.api.own_answers import settle  # noqa: PLC0415 - loaded on use
        from judgebench.api.reworded import settle_reworded  # noqa: PLC0415 - loaded on use
        from judgebench.run.execute import check_price, execute_all  # noqa: PLC0415 - loaded on use

        for planned in self.first:
            if self.options.max_cost is not None:
                check_price(planned)

        def execute(plans: list[Plan], options: Options) -> list[Execution]:
            asked: Any = asker or execute_all
            return cast("list[Execution]", asked(plans, folder, options, watch=ears.watch, interval=ears.interval))

        found = settle(self.before, self.plans, folder, self.options, execute, recipes)
        settle_reworded(
            self.reworded,
            found,
            folder,
            self.options,
            lambda wanted: found.ask(wanted, self.options, execute, recipes),
            recipes,
        )
        for outcome in found.outcomes:
            if ears.early is not None and outcome.error is None:
                ears.early(outcome)
        most = self.options.max_cost
        left = None if most is None else max(0.0, most - (found.usage.usd or 0.0))
        plans = [one for one in found.plans if one is not None]
        return named_apart(plans), replace(self.options, max_cost=left), found.outcomes

    def foreseen(self, folder: Path) -> list[Plan]:
        """Give all that would be asked, with what a folder of runs knows of it already."""
        if not self.first:
            return [planned for planned, _ in self.plans]
        from judgebench.api.own_answers import foreseen  # noqa: PLC0415 - loaded on use
        from judgebench.api.reworded import foresee_reworded  # noqa: PLC0415 - loaded on use

        first, plans = foreseen(self.before, self.plans, folder, self.options)
        written, plans = foresee_reworded(self.reworded, plans, folder, self.options)
        return [*first, *written, *(planned for planned, _ in plans)]

    def estimate(self, runs: str | Path) -> Estimates:
        """Say what asking would take, beside what a folder of runs answers already."""
        from judgebench.run.forecasts import estimate  # noqa: PLC0415 - loaded on use
        from judgebench.store.answers import known_answers  # noqa: PLC0415 - loaded on use
        from judgebench.store.remote import fetched  # noqa: PLC0415 - loaded on use

        folder, batch = fetched(Path(place("runs", runs))), self.engine.name == "batch"
        found: list[Forecast] = []
        tell_moved([planned.run for planned, _ in self.plans], folder)
        for planned in self.foreseen(folder):
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


def _ears(
    progress: bool | Listener,  # noqa: FBT001 - as `judgebench.run`
    outcomes: list[Execution],
    *,
    together: bool,
) -> Ears:
    tell = _tell(progress)

    def done(outcome: Execution) -> None:
        outcomes.append(outcome)
        if progress and not together:
            for line in told(outcome):
                tell(line)

    def early(outcome: Execution) -> None:
        for line in told(outcome):
            tell(line)

    if not progress:
        return Ears(done=done)
    live = Live(cast("TextIO", _Lines(progress)) if callable(progress) else sys.stderr)
    return Ears(live.show, live.interval, done, early)


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


def raise_first(stopped: Sequence[JudgebenchError]) -> None:
    """Raise the first of what stopped, the others as its notes."""
    if not stopped:
        return
    for text in [text for text in dict.fromkeys(map(str, stopped)) if text != str(stopped[0])]:
        stopped[0].add_note(text)
    raise stopped[0]
