"""The batch engine: all runs of a command through their providers' batch APIs, side by side."""

from __future__ import annotations

import asyncio
import contextlib
import signal
from contextlib import ExitStack
from dataclasses import replace
from typing import TYPE_CHECKING, TypeAlias

from judgebench.domain import Status
from judgebench.domain.batches import BatchJudge
from judgebench.errors import BackendError, IncompleteError, InterruptedRunError, UsageError
from judgebench.run.batch_run import BatchRun
from judgebench.run.draft import Waiting
from judgebench.run.ledger import Ledger
from judgebench.store.runs import RunWriter

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from pathlib import Path

    from judgebench.domain.batches import BatchApi
    from judgebench.run.engine import Options, Summary
    from judgebench.run.execute import Plan

__all__ = ["Outcome", "Waiting", "batch_api", "execute_in_batches"]

#: Of one run: its folder and what was done, or why it stopped.
Outcome: TypeAlias = "tuple[Path, Summary] | BackendError | IncompleteError"


def batch_api(planned: Plan) -> tuple[BatchJudge, BatchApi]:
    """Return a plan's judge with the batch API of its backend.

    Raises
    ------
    UsageError
        If it has none.
    """
    judge = planned.judge
    if not isinstance(judge, BatchJudge) or judge.batch is None:
        raise UsageError(
            f"{judge.name} has no batch API; --engine batch works with openai/… and anthropic/… judges, "
            "ask the others with --engine local"
        )
    return judge, judge.batch


def execute_in_batches(
    plans: Sequence[Plan],
    runs: Path,
    options: Options,
    waiting: Waiting,
    *,
    tell: Callable[[str], None],
    on_progress: Callable[[Summary], None] | None = None,
) -> list[Outcome]:
    """Ask all that is missing and keep it, as `execute` does, for several plans at once.

    Returns
    -------
    list of Outcome
        One for each plan; one that stopped does not hide what the others came to.

    Raises
    ------
    UsageError
        If a judge has no batch API (nothing is submitted then), or another process writes a run.
    InterruptedRunError
        On Ctrl-C or SIGTERM; what is submitted stays so and is collected by the next command.
    """
    judges = [batch_api(planned) for planned in plans]
    with ExitStack() as stack:
        works: list[BatchRun] = []
        for planned, (judge, api) in zip(plans, judges, strict=True):
            writer = stack.enter_context(RunWriter(runs, planned.run))
            ledger = stack.enter_context(Ledger(writer.path))
            works.append(BatchRun(planned, judge, api, writer, ledger, options, waiting, tell, on_progress))
        try:
            ended = asyncio.run(_all(works))
        except (asyncio.CancelledError, KeyboardInterrupt):
            raise InterruptedRunError(_interrupted(works)) from None
        finally:
            for work in works:
                _write_counts(work)
    return [_outcome(work, end) for work, end in zip(works, ended, strict=True)]


async def _all(works: list[BatchRun]) -> list[Summary | BaseException]:
    loop, task = asyncio.get_running_loop(), asyncio.current_task()
    if task is not None:
        with contextlib.suppress(NotImplementedError, RuntimeError, ValueError):
            loop.add_signal_handler(signal.SIGTERM, task.cancel)
    alone = asyncio.Lock()
    try:
        return await asyncio.gather(*(work.work(alone) for work in works), return_exceptions=True)
    finally:
        for work in works:
            close = getattr(work.planned.judge, "aclose", None)
            if close is not None:
                await close()


def _interrupted(works: list[BatchRun]) -> str:
    kept = sum(sum(work.summary.statuses.values()) for work in works)
    submitted = "; ".join(work.outstanding() for work in works if work.pending)
    if not submitted:
        return f"interrupted: {kept} cases are judged and kept; the same command asks the others"
    return f"interrupted, {kept} cases are judged and kept; {submitted}: these go on, the same command collects them"


def _write_counts(work: BatchRun) -> None:
    summary = work.summary
    counts = {"items": len(work.planned.items), "cases": summary.cases}
    counts |= {status.value: count for status, count in sorted(summary.statuses.items())}
    work.writer.write_manifest(replace(work.planned.run, counts=counts))


def _outcome(work: BatchRun, end: Summary | BaseException) -> Outcome:
    if isinstance(end, BackendError | IncompleteError):
        return end
    if isinstance(end, BaseException):
        raise end
    if end.statuses[Status.FAILED] == end.cases:
        return IncompleteError(
            f"all {end.cases} cases of {work.writer.path} failed, the last with: {end.last_error}; "
            "the same command asks them again"
        )
    return work.writer.path, end
