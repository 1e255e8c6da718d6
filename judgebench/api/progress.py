"""What became of runs, in words; and asking from a script, a notebook's cell, or a coroutine."""

from __future__ import annotations

import asyncio
import contextvars
import threading
from collections import Counter
from typing import TYPE_CHECKING, Any, TypeVar

from judgebench.api.notes import tell
from judgebench.domain import Status, Usage, conditions_of
from judgebench.errors import InterruptedRunError

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from pathlib import Path

    from judgebench.domain import Run
    from judgebench.run.engine import Options
    from judgebench.run.execute import Execution, Progress
    from judgebench.run.plans import Plan
    from judgebench.run.summary import Summary


def told(outcome: Execution) -> list[str]:
    """Say at the end what a run did, a line each."""
    # Folders of one judge's runs differ in a digest alone.
    way = ", ".join(f"{name} {value}" for name, value in conditions_of(outcome.plan.name).items())
    return [f"{outcome.path}{f' ({way})' if way else ''}: {_did([outcome.summary])}", *_doubts(outcome)]


def told_together(outcomes: Sequence[Execution]) -> list[str]:
    """Say what many runs of one question did, in a line, and what is odd about single ones."""
    if len(outcomes) == 1:
        return told(outcomes[0])
    folders = dict.fromkeys(str(one.path.parent) for one in outcomes)
    did = _did([one.summary for one in outcomes])
    doubts = [line for one in outcomes for line in _doubts(one)]
    return [f"{', '.join(folders)}, {len(outcomes)} runs: {did}", *doubts] if outcomes else []


def _did(summaries: Sequence[Summary]) -> str:
    counts = sum((one.statuses for one in summaries), Counter[Status]())
    statuses = ", ".join(f"{count} {status.value}" for status, count in sorted(counts.items()))
    usage = sum((one.usage for one in summaries), Usage())
    tokens = f", {usage.input_tokens + usage.output_tokens:,} tokens" if usage.input_tokens else ""
    cost = f", {usage.usd:.4f} USD" if usage.usd is not None and tokens else (", price unknown" if tokens else "")
    asked, reused, retries = (sum(getattr(one, name) for one in summaries) for name in ("asked", "reused", "retries"))
    # Runs are asked at once.
    seconds = max(one.seconds for one in summaries)
    return f"{asked} asked, {reused} already judged, {retries} retries ({statuses}) in {seconds:.1f} s{tokens}{cost}"


def _doubts(outcome: Execution) -> list[str]:
    models = sorted(outcome.summary.models.items())
    versions = ", ".join(f"{name} ({count})" for name, count in models)
    several = [f"{outcome.path}: answered by more than one version of the model: {versions}"] if len(models) > 1 else []
    return several + misread(outcome)


def tell_moved(runs: Sequence[Run], folder: Path) -> None:
    """Say that answers of a judge's other address are not taken: its server may be another one."""
    from judgebench.store.answers import elsewhere  # noqa: PLC0415 - loaded on use

    found: Counter[tuple[str, str]] = Counter()
    for run in runs:
        found.update({(run.judge, address): count for address, count in elsewhere(folder, run).items()})
    for (judge, address), count in found.items():
        what = "1 answer" if count == 1 else f"{count:,} answers"
        tell(f"{what} of {judge} {'is' if count == 1 else 'are'} stored under {address}; another address is asked anew")


def misread(outcome: Execution) -> list[str]:
    """Say what a person's own function returned that is no verdict, or why no answer at all could be read."""
    run, summary = outcome.plan.run, outcome.summary
    unread = summary.statuses[Status.UNPARSED]
    if not summary.unread or not unread:
        return []
    if run.settings.get("backend") != "function" and unread < summary.cases:
        return []
    return [f"{run.judge}, {unread} of {summary.cases} verdicts: {summary.unread}"]


T = TypeVar("T")

#: Seconds between two looks at whether the caller wants to stop.
_LOOK = 0.25
#: Seconds that a stopped run gets to record how far it is.
_GRACE = 5.0


def inside_a_loop() -> bool:
    """Whether the caller runs inside an event loop."""
    try:
        asyncio.get_running_loop()
    except RuntimeError:
        return False
    return True


def _wait(over: threading.Event) -> None:
    """Wait, and hear a cancellation of the caller's task: asyncio.run makes one of the first Ctrl-C."""
    task = asyncio.current_task() if inside_a_loop() else None
    before = 0 if task is None else task.cancelling()
    # In looks: not every system's Ctrl-C ends a wait without a limit.
    while not over.wait(_LOOK):
        if task is not None and task.cancelling() > before:
            raise asyncio.CancelledError


def beside(work: Callable[[], T], stop: Callable[[], None]) -> T:
    """Do work in a thread of its own, with the caller's context variables; ``stop``, called once, asks it to end.

    The caller may be inside an event loop, which can't run a second one; and its signal handlers, of a notebook or
    of pytest, stay its own. Ctrl-C stops the work and comes out as KeyboardInterrupt; so does a cancellation of the
    caller's task, as what it is.
    """
    outcome: list[tuple[T | None, BaseException | None]] = []
    over = threading.Event()
    context = contextvars.copy_context()

    def call() -> None:
        try:
            outcome.append((context.run(work), None))
        except BaseException as error:  # noqa: BLE001 - raised again by the one who waits
            outcome.append((None, error))
        finally:
            over.set()

    # A judge that never comes back must not keep the process from ending.
    threading.Thread(target=call, name="judgebench", daemon=True).start()
    try:
        _wait(over)
    except (KeyboardInterrupt, asyncio.CancelledError):
        stop()
        over.wait(_GRACE)
        raise
    [(result, error)] = outcome
    if isinstance(error, InterruptedRunError):
        raise KeyboardInterrupt(str(error)) from None
    if error is not None:
        raise error
    return result  # type: ignore[return-value]  # without an error there is one


class Asker:
    """`judgebench.run.execute.execute_all` in a thread of its own, or another function that asks."""

    def __init__(self, execute: Callable[..., list[Execution]] | None = None) -> None:
        self._execute = execute
        self._stopped = threading.Event()

    def __call__(
        self,
        plans: Sequence[Plan],
        runs: Path,
        options: Options,
        *,
        watch: Callable[[Progress], None] | None,
        interval: float,
    ) -> list[Execution]:
        """Ask, as `execute_all` does."""
        from judgebench.run.execute import execute_all  # noqa: PLC0415 - loaded on use

        told = [0.0]

        def look(progress: Progress) -> None:
            if self._stopped.is_set() and not progress.over:
                self._cancel()
            told[0] += _LOOK
            if watch is not None and (progress.over or told[0] >= interval):
                told[0] = 0.0
                watch(progress)

        asking: Any = self._execute or execute_all
        return beside(lambda: asking(plans, runs, options, watch=look, interval=_LOOK), self._stopped.set)

    @staticmethod
    def _cancel() -> None:
        """Cancel all that asks; inside its loop. The engine ends as it does on a signal, with everything kept."""
        for task in asyncio.all_tasks() - {asyncio.current_task()}:
            task.cancel()
