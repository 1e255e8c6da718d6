"""Runs from end to end, side by side in one event loop: ask what is missing, keep the manifests true.

Ctrl-C and SIGTERM end a command soon, with everything kept, whatever hangs.
"""

from __future__ import annotations

import asyncio
import contextlib
import os
import signal
import sys
import threading
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any, cast

from judgebench.domain import Status
from judgebench.errors import BackendError, IncompleteError, InterruptedRunError, JudgebenchError, UsageError, argument
from judgebench.run.engine import Dispatchers, ask_all
from judgebench.run.summary import Summary, ask_again
from judgebench.store.writer import RunWriter, settle_run

if TYPE_CHECKING:
    from collections.abc import Callable, Coroutine, Iterable, Mapping, Sequence
    from pathlib import Path

    from judgebench.run.engine import Options
    from judgebench.run.plans import Plan


#: Seconds after which a process that was told to end, and does not, is ended.
_GRACE = 3.0
_EXIT_CODE = 130


class Interrupts:
    """Runs a coroutine that the first signal cancels, then what may be broken off.

    Somebody else's judge may block the loop or refuse to be cancelled. Verdicts are on disk as soon as they are there,
    so after a few seconds, or at the second signal, the process just ends.
    """

    def __init__(self) -> None:
        self._task: asyncio.Task[None] | None = None
        self._told = False
        self._over = threading.Event()

    def run(self, main: Callable[[], Coroutine[Any, Any, None]], afterwards: Callable[[], None] | None = None) -> None:
        """Run a coroutine to its end, then ``afterwards``, work without a loop that a signal breaks off at once."""
        old: dict[signal.Signals, Any] = {}
        if threading.current_thread() is threading.main_thread():
            for number in (signal.SIGINT, signal.SIGTERM):
                # What a parent decided to ignore (nohup) stays ignored.
                if signal.getsignal(number) is not signal.SIG_IGN:
                    old[number] = signal.signal(number, self._hear)
        try:
            asyncio.run(self._main(main))
            if afterwards is not None:
                afterwards()
        finally:
            self._over.set()
            for number, handler in old.items():
                signal.signal(number, handler)

    async def _main(self, main: Callable[[], Coroutine[Any, Any, None]]) -> None:
        self._task = asyncio.current_task()
        loop = asyncio.get_running_loop()
        # A look-up or a judge in the loop's own pool that hangs would be waited for: it is left to a pool that
        # nobody waits for.
        try:
            await main()
        except asyncio.CancelledError:
            loop.set_default_executor(ThreadPoolExecutor(1))
            raise

    def _hear(self, number: int, frame: object) -> None:  # noqa: ARG002 - the signature of a signal handler
        if self._told or self._task is None:
            self._end()
        self._told = True
        threading.Thread(target=self._insist, daemon=True).start()
        task = cast("asyncio.Task[None]", self._task)
        if task.done():
            # There is no loop any more, and nothing to cancel.
            raise KeyboardInterrupt
        task.get_loop().call_soon_threadsafe(task.cancel)

    def _insist(self) -> None:
        if not self._over.wait(_GRACE):
            self._end()

    def _end(self) -> None:
        with contextlib.suppress(Exception):
            sys.stderr.write("\njudgebench: Stopped; all that was judged is kept. The same command goes on.\n")
            sys.stderr.flush()
        os._exit(_EXIT_CODE)


def spent_with(before: Mapping[str, Any], summary: Summary) -> dict[str, Any]:
    """Add what a command did to the manifest's ``spent``.

    ``usd`` is None once a price was unknown. A command that was killed left nothing here.
    """
    if not summary.asked:
        return dict(before)
    usage = summary.usage
    usd = before.get("usd", 0.0)
    return {
        "commands": before.get("commands", 0) + 1,
        "asked": before.get("asked", 0) + summary.asked,
        "retries": before.get("retries", 0) + summary.retries,
        "input_tokens": before.get("input_tokens", 0) + usage.input_tokens,
        "output_tokens": before.get("output_tokens", 0) + usage.output_tokens,
        "usd": None if usd is None or usage.usd is None else usd + usage.usd,
        "seconds": round(before.get("seconds", 0.0) + summary.seconds, 3),
    }


#: Runs that are open at once, and the files that each may hold; more would only use up file handles.
_OPEN, _FILES = 64, 6
#: Seconds that a backend may take to close its connections.
_CLOSING = 1.0


def _open_at_once() -> int:
    """Say how many runs may be open where the process may not open many files (``ulimit -n``)."""
    try:
        import resource  # noqa: PLC0415 - not on every system
    except ImportError:
        return _OPEN
    few, _ = resource.getrlimit(resource.RLIMIT_NOFILE)
    # A third is for what else is open: connections, libraries.
    return _OPEN if few == resource.RLIM_INFINITY else max(1, min(_OPEN, few * 2 // 3 // _FILES))


@dataclass(slots=True)
class Execution:
    """What became of a plan; what was judged is kept, whatever ``error`` stopped it before its end.

    ``finished`` says that every case was asked, even in vain.
    """

    plan: Plan
    path: Path
    summary: Summary = field(default_factory=Summary)
    error: JudgebenchError | None = None
    finished: bool = False


@dataclass(slots=True)
class Progress:
    """How far a command is; summaries and dispatchers go on changing until it is over."""

    outcomes: Sequence[Execution]
    dispatchers: Dispatchers
    over: bool = False


def execute(planned: Plan, runs: Path, options: Options) -> tuple[Path, Summary]:
    """Ask all that is missing in one run and keep it, raising what stopped it as `execute_all` does."""
    [outcome] = execute_all([planned], runs, options)
    if outcome.error is not None:
        raise outcome.error
    return outcome.path, outcome.summary


def execute_all(
    plans: Sequence[Plan],
    runs: Path,
    options: Options,
    *,
    watch: Callable[[Progress], None] | None = None,
    interval: float = 0.5,
) -> list[Execution]:
    """Ask all that is missing in several runs at once; ``watch`` hears every ``interval`` seconds how far all are.

    Runs that call the same backend share its dispatcher, in turn. One that stops does not stop the others, unless its
    backend is unusable and is theirs too: its outcome has a BackendError then, and an IncompleteError where the budget,
    the store or too many failures stopped it, or not a single case was answered; else what its judge or its store
    raised.

    UsageError where there is a budget and a judge's price is unknown; InterruptedRunError on Ctrl-C or SIGTERM.
    """
    if options.max_cost is not None:
        for planned in plans:
            check_price(planned)
    dispatchers = Dispatchers(options)
    # Two names of one judge are one run.
    outcomes = {planned.run.identity: Execution(planned, runs / planned.run.identity) for planned in plans}
    progress = Progress(tuple(outcomes.values()), dispatchers)

    async def all_of_them() -> None:
        room = asyncio.Semaphore(_open_at_once())
        using = Using(outcome.plan for outcome in progress.outcomes)
        tasks = [
            asyncio.create_task(_one(outcome, runs, options, dispatchers, room, using)) for outcome in progress.outcomes
        ]
        watching = asyncio.create_task(_watch(progress, watch, interval)) if watch is not None else None
        try:
            await asyncio.gather(*tasks)
            if watch is not None:
                watch(progress)
        finally:
            for task in (begun := [*tasks, *([watching] if watching is not None else [])]):
                task.cancel()
            if begun:
                await asyncio.wait(begun)

    try:
        Interrupts().run(all_of_them, afterwards=lambda: settle(progress.outcomes))
    except (asyncio.CancelledError, KeyboardInterrupt):
        raise InterruptedRunError(stopped_at(progress.outcomes)) from None
    finally:
        progress.over = True
        if watch is not None:
            watch(progress)
    return [outcomes[planned.run.identity] for planned in plans]


def stopped_at(outcomes: Iterable[Execution]) -> str:
    """Say how far an interrupted command was."""
    done = total = 0
    for one in outcomes:
        done, total = done + one.summary.statuses.total(), total + one.plan.total
    return f"Stopped at {done:,} of {total:,}; all are kept. The same command goes on from there."


async def _watch(progress: Progress, watch: Callable[[Progress], None], interval: float) -> None:
    while True:
        await asyncio.sleep(interval)
        watch(progress)


async def _one(
    outcome: Execution, runs: Path, options: Options, dispatchers: Dispatchers, room: asyncio.Semaphore, using: Using
) -> None:
    planned, summary = outcome.plan, outcome.summary
    async with room:
        try:
            with RunWriter(runs, planned.run, share=options.share, refresh=options.refresh) as writer:
                writer.write_beside(planned.beside)
                try:
                    await ask_all(
                        planned.judge,
                        planned.task.scale,
                        planned.cases,
                        writer,
                        revision=planned.task.revision,
                        options=options,
                        dispatchers=dispatchers,
                        summary=summary,
                        elsewhere=planned.elsewhere,
                    )
                finally:
                    try:
                        write_counts(writer, planned, summary)
                    finally:
                        await using.release(planned)
            outcome.finished = True
        except BackendError as error:
            outcome.error = error
            # Of several backends, the one that is unusable has closed its dispatcher itself.
            if len(of := dispatchers.of(planned.judge)) == 1:
                next(iter(of.values())).close(error)
        except JudgebenchError as error:
            outcome.error = error
        outcome.error = outcome.error or none_answered(outcome)


def settle(outcomes: Sequence[Execution]) -> None:
    """Put the lines of finished runs in order.

    That takes seconds of computing where there are many, so it is done when the event loop has ended: inside it, the
    other runs would stand still and nothing would hear Ctrl-C. Broken off, it leaves the old file.
    """
    for outcome in outcomes:
        if outcome.finished:
            try:
                settle_run(outcome.path)
            except IncompleteError as error:
                outcome.error = outcome.error or error


def write_counts(writer: RunWriter, planned: Plan, summary: Summary) -> None:
    """Write down in the manifest what a run came to."""
    counts = {"items": planned.items, "cases": planned.total}
    counts |= {status.value: count for status, count in sorted(summary.statuses.items())}
    models = dict(sorted(summary.models.items()))
    writer.write_manifest(
        replace(planned.run, counts=counts, models=models, spent=spent_with(writer.run.spent, summary))
    )


def none_answered(outcome: Execution) -> IncompleteError | None:
    """Say so where not a single case of a run was answered."""
    return unanswered(outcome) if outcome.summary.statuses[Status.FAILED] >= outcome.summary.cases else None


def unanswered(outcome: Execution) -> IncompleteError | None:
    """Say how many cases of a run failed, and why the last one did; None where none did."""
    summary = outcome.summary
    failed = summary.statuses[Status.FAILED]
    if not failed:
        return None
    what = "every case" if failed >= summary.cases else f"{failed:,} of {summary.cases:,} cases"
    return IncompleteError(
        f"{what} of {outcome.plan.title} failed, the last with: {summary.last_error}; {ask_again(outcome.plan.judge)}"
    )


class Using:
    """Who uses which backends: their connections are closed when the last run that needs them is over."""

    def __init__(self, plans: Iterable[Plan]) -> None:
        self._runs = Counter(id(backend) for planned in plans for backend in planned.judge.backends.values())

    async def release(self, planned: Plan) -> None:
        """Note that a run is over; a backend that won't be closed is not waited for."""
        if planned.elsewhere is not None:
            planned.elsewhere.leave()
        for backend in planned.judge.backends.values():
            self._runs[id(backend)] -= 1
            if not self._runs[id(backend)]:
                with contextlib.suppress(TimeoutError):
                    async with asyncio.timeout(_CLOSING):
                        await backend.aclose()


def check_price(planned: Plan) -> None:
    """Refuse a budget where nobody knows what a call costs."""
    backends = planned.judge.backends.values()
    unknown = [backend.name for backend in backends if backend.counting and backend.cost(1, 1).usd is None]
    if unknown:
        raise UsageError(
            f"{argument('max_cost')} needs a price, and that of {unknown[0]} is unknown; "
            f"give its price in a judge.toml, or run without {argument('max_cost')}"
        )
