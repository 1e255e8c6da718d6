"""What the tests of a session ask of judges, and what they get: kept, shared between workers, within a budget."""

from __future__ import annotations

import contextlib
import time
from collections import Counter
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple, NoReturn

import pytest

from judgebench.domain import digest
from judgebench.errors import BackendError, JudgebenchError, UsageError

if TYPE_CHECKING:
    from collections.abc import Callable, Generator, Iterable, Mapping, Sequence

    from judgebench.api.items import TaskLike
    from judgebench.api.prepared import Prepared
    from judgebench.api.running import JudgeLike
    from judgebench.domain import Case, Reply
    from judgebench.report.scores import Scores
    from judgebench.run.execute import Execution

#: Folder of this plugin's locks and tallies, beside the runs.
_OWN = ".pytest"
_DAY = 86_400.0


class Told(NamedTuple):
    """What one run came to: its line, cases asked and kept, dollars (None where the price is unknown)."""

    line: str
    asked: int
    reused: int
    usd: float | None


@dataclass(frozen=True, slots=True)
class Settings:
    """What the session's options say.

    ``runs`` is the folder or URL that keeps the answers. ``offline`` ('skip', 'fail', or empty where judges may be
    asked) is what becomes of a test whose answers are not all there. ``max_cost`` is in dollars, for the whole session.
    ``session`` is the same for all workers of a session, and for no other; empty where there is one process.
    """

    runs: str
    offline: str = ""
    max_cost: float | None = None
    session: str = ""


class JudgeRun:
    """Asks judges and measures, once a session and with answers kept for the next.

    ``options`` gives the defaults of the running test's marks.
    """

    def __init__(self, settings: Settings, options: Callable[[], Mapping[str, Any]]) -> None:
        self._settings = settings
        self._options = options
        self._known: dict[str, Scores | JudgebenchError] = {}
        self._told: list[Told] = []
        self._got: list[str] = []
        self._spent = 0.0

    def __call__(self, judge: JudgeLike | Sequence[JudgeLike], task: TaskLike, **options: Any) -> Scores:
        """Ask a judge about a task and measure, with the parameters of `judgebench.run`.

        The test's ``judge`` mark gives the options that are not given here. Answers are kept in ``--judge-runs``,
        progress is not shown. What goes wrong fails the test in a line or two; without answers it is skipped or failed
        in offline mode.
        """
        __tracebackhide__ = True
        try:
            scores: Scores | JudgebenchError = self._scores(judge, task, dict(self._options()) | options)
        except JudgebenchError as error:
            scores = error
        # Outside of the handler, or pytest would show the error twice.
        if isinstance(scores, _NotAnsweredError) and self._settings.offline != "fail":
            pytest.skip(f"judgebench: {_shown(str(scores))}")
        if isinstance(scores, JudgebenchError):
            _fail(scores)
        self._got += [line for line in scores.lines() if line not in self._got]
        return scores

    def __repr__(self) -> str:
        return "<judge_run>"

    def forget(self) -> None:
        """Begin another test."""
        self._got = []

    def got(self) -> list[str]:
        """Say what the running test got."""
        return self._got

    def told(self) -> list[Told]:
        """Say what the session came to."""
        return self._told

    # --- one call -------------------------------------------------------------------------------

    def _scores(self, judge: Any, task: Any, options: dict[str, Any]) -> Scores:
        from judgebench.api.running import prepared_run  # noqa: PLC0415 - loaded on use

        if named := sorted({"judge", "task"} & options.keys()):
            raise UsageError(f"{named[0]} is not an option of the judge mark: judge_run(judge, task) names it")
        runs = Path(options.pop("runs", None) or self._settings.runs)
        prepared = prepared_run(judge, task, **options)
        key = digest([str(runs), prepared.by_system, *([p.run.identity, own.to_json()] for p, own in prepared.plans)])
        if key not in self._known:
            try:
                with _alone(prepared, _beside(runs)):
                    found: Scores | JudgebenchError = self._asked(prepared, runs)
            except JudgebenchError as error:
                # A backend that is down is not asked again by each of a hundred tests.
                found = error
            self._known[key] = found
            if not isinstance(found, JudgebenchError):
                self._note(found)
        found = self._known[key]
        if isinstance(found, JudgebenchError):
            raise found
        return found

    def _note(self, scores: Scores) -> None:
        for one in scores.asked:
            # Nothing is paid where nothing is counted.
            usd = one.usage.usd if one.asked and one.usage.input_tokens else 0.0
            line = scores.select(task=one.task, judge=one.judge).lines()[0]
            self._told.append(Told(line, one.asked, one.reused, usd))

    def _asked(self, prepared: Prepared, runs: Path) -> Scores:
        if self._settings.offline:
            return _offline(prepared, runs)
        if self._settings.max_cost is None:
            return prepared.ask(runs)
        with self._session_budget(runs) as left:
            own = prepared.options.max_cost
            limit = left if own is None else min(own, left)
            return replace(prepared, options=replace(prepared.options, max_cost=limit)).ask(runs, heard=self._pay)

    def _pay(self, outcomes: Sequence[Execution]) -> None:
        self._spent += sum(one.summary.usage.usd or 0.0 for one in {id(one): one for one in outcomes}.values())

    @contextlib.contextmanager
    def _session_budget(self, runs: Path) -> Generator[float]:
        """Give what is left of the session's money; with several workers one spends at a time."""
        most = self._settings.max_cost or 0.0
        if not self._settings.session:
            yield max(0.0, most - self._spent)
            return
        tally = _beside(runs) / f"spent-{self._settings.session}.txt"
        with _locked(tally.with_suffix(".lock")):
            _tidy(tally.parent)
            before = float(tally.read_text("utf-8")) if tally.exists() else 0.0
            own = self._spent
            try:
                yield max(0.0, most - before)
            finally:
                tally.write_text(repr(before + self._spent - own), "utf-8")


def _tidy(folder: Path) -> None:
    """Remove the tallies of sessions that are over."""
    for old in folder.glob("spent-*"):
        if time.time() - old.stat().st_mtime > _DAY:
            old.unlink(missing_ok=True)


class _NotAnsweredError(JudgebenchError):
    """Nobody may be asked, and somebody would have to be."""


class _Nobody:
    """Asks in the judge's place in offline mode, where all must be known."""

    async def ask(self, case: Case, known: object, keep: object) -> Reply:
        del case, known, keep
        raise BackendError("a judge was about to be asked")

    def leave(self) -> None:
        pass


def _offline(prepared: Prepared, runs: Path) -> Scores:
    """Measure what is answered already; _NotAnsweredError if not everything is."""
    from judgebench.store.answers import known_answers  # noqa: PLC0415 - loaded on use
    from judgebench.store.remote import fetched  # noqa: PLC0415 - loaded on use

    folder = fetched(runs)
    missing: list[str] = []
    for planned in prepared.foreseen(folder):
        # A recording, a rule and a baseline ask nobody.
        if not planned.judge.backends:
            continue
        with known_answers(folder, planned.run, share=prepared.options.share, refresh=False) as known:
            count = sum(known.get(case.key) is None for case in planned.cases())
        if count:
            missing.append(f"{count:,} of {planned.total:,} answers of {planned.title}")
    if missing:
        raise _NotAnsweredError(f"offline, and {'; '.join(missing)} are not kept in {runs}")
    muted = tuple(
        (replace(planned, elsewhere=_Nobody()) if planned.judge.backends else planned, policies)
        for planned, policies in prepared.plans
    )
    try:
        return replace(prepared, plans=muted, options=replace(prepared.options, refresh=False)).ask(runs)
    except BackendError as error:
        raise _NotAnsweredError(f"offline, and {error}: answers of several versions of the model are kept") from None


def _beside(runs: Path) -> Path:
    """Name the folder of locks and tallies."""
    from judgebench.store.remote import spool_of, url_of  # noqa: PLC0415 - loaded on use

    url = url_of(runs)
    return (runs if url is None else spool_of(url)) / _OWN


@contextlib.contextmanager
def _alone(prepared: Prepared, folder: Path) -> Generator[None]:
    """Wait for other workers that ask the same judges about the same tasks; what they were told serves us, too."""
    # As the store's own lock has it, which refuses instead.
    names = {digest([p.run.answers, p.run.task.partition(":")[0]]) for p, _ in prepared.plans}
    with contextlib.ExitStack() as held:
        # In one order, so that no two workers wait for each other.
        for name in sorted(names):
            held.enter_context(_locked(folder / f"{name}.lock"))
        yield


@contextlib.contextmanager
def _locked(file: Path) -> Generator[None]:
    from filelock import FileLock

    try:
        file.parent.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise UsageError(f"can't write to --judge-runs {file.parent.parent}: {error.strerror}") from None
    with FileLock(file):
        yield


def _fail(error: JudgebenchError) -> NoReturn:
    __tracebackhide__ = True
    notes: list[str] = getattr(error, "__notes__", [])
    pytest.fail("\n".join(f"judgebench: {_shown(text)}" for text in (str(error), *notes)), pytrace=False)


def _shown(text: str) -> str:
    """Hold back what a terminal would obey: an error may repeat words of a judge or a file."""
    from judgebench.report.document.text import clean  # noqa: PLC0415 - loaded on use

    return "\n".join(map(clean, text.split("\n")))


def summary(told: Iterable[Told]) -> list[str]:
    """Say what a session's judges came to; workers that got the same share a line."""
    asked: Counter[str] = Counter()
    cases: dict[str, int] = {}
    usd: dict[str, float | None] = {}
    for one in told:
        asked[one.line] += one.asked
        cases[one.line] = max(cases.get(one.line, 0), one.asked + one.reused)
        before = usd.get(one.line, 0.0)
        usd[one.line] = None if before is None or one.usd is None else before + one.usd
    lines = [
        f"{line} ({asked[line]:,} asked, {max(0, n - asked[line]):,} kept{_money(usd[line])})"
        for line, n in cases.items()
    ]
    if len(lines) > 1:
        known = [money for money in usd.values() if money is not None]
        whole = sum(known) if len(known) == len(usd) else None
        lines.append(f"in all {asked.total():,} asked{_money(whole)}")
    return lines


def _money(usd: float | None) -> str:
    return ", price unknown" if usd is None else f", {usd:.4f} USD" if usd else ""
