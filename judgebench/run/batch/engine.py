"""The batch engine: all runs of a command through their providers' batch APIs, side by side."""

from __future__ import annotations

import asyncio
from contextlib import ExitStack
from typing import TYPE_CHECKING

from judgebench.errors import BackendError, IncompleteError, InterruptedRunError, UsageError, argument
from judgebench.run.batch.builder import Waiting
from judgebench.run.batch.ledger import Ledger
from judgebench.run.batch.run import BatchRun
from judgebench.run.engine import Dispatchers
from judgebench.run.execute import Execution, Interrupts, Using, check_price, none_answered, stopped_at, write_counts
from judgebench.store.writer import RunWriter

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from pathlib import Path

    from judgebench.domain.protocols import BatchApi
    from judgebench.run.engine import Options
    from judgebench.run.plans import Plan

__all__ = ["Execution", "Waiting", "batch_apis", "execute_in_batches"]


def batch_apis(planned: Plan) -> dict[str, BatchApi]:
    """Return the batch APIs of a judge's backends, by name; UsageError where one has none."""
    apis = {name: backend.batch for name, backend in planned.judge.backends.items()}
    found = {name: api for name, api in apis.items() if api is not None}
    if not found or len(found) < len(apis):
        lacking = next((backend.name for backend in planned.judge.backends.values() if backend.batch is None), "")
        who = planned.judge.name if len(apis) < 2 else f"{lacking}, which {planned.judge.name} asks,"
        raise UsageError(
            f"{who} has no batch API; {argument('engine')} batch works with openai/… and "
            f"anthropic/… judges, ask the others with {argument('engine')} local"
        )
    return found


def execute_in_batches(
    plans: Sequence[Plan], runs: Path, options: Options, waiting: Waiting, *, tell: Callable[[str], None]
) -> list[Execution]:
    """Ask all that is missing and keep it, as `execute_all` does.

    UsageError where a judge has no batch API, or there is a budget and its price is unknown: nothing is submitted then.
    InterruptedRunError on Ctrl-C or SIGTERM; what is submitted stays so and is collected by the next command.
    """
    # Two names of one judge are one run.
    chosen = list({planned.run.identity: planned for planned in plans}.values())
    apis = [batch_apis(planned) for planned in chosen]
    if options.max_cost is not None:
        for planned in chosen:
            check_price(planned)
    dispatchers = Dispatchers(options)
    with ExitStack() as stack:
        works: list[BatchRun] = []
        for planned, own in zip(chosen, apis, strict=True):
            writer = stack.enter_context(RunWriter(runs, planned.run, share=options.share, refresh=options.refresh))
            writer.write_beside(planned.beside)
            ledger = stack.enter_context(Ledger(writer.path))
            works.append(BatchRun(planned, own, writer, ledger, options, waiting, tell, dispatchers))
        try:
            Interrupts().run(lambda: _all_of(works), afterwards=lambda: _settle(works))
        except (asyncio.CancelledError, KeyboardInterrupt):
            raise InterruptedRunError(_interrupted(works)) from None
        finally:
            for work in works:
                write_counts(work.writer, work.planned, work.summary)
    executions = {work.planned.run.identity: work.execution for work in works}
    return [executions[planned.run.identity] for planned in plans]


async def _all_of(works: list[BatchRun]) -> None:
    alone = asyncio.Lock()
    try:
        for work in works:
            # Before any of them submits: the budget is theirs together.
            work.budget.outstanding(work.ledger.open_entries(), work.planned.cases(), work.writer)
            await asyncio.sleep(0)
        # What is nobody's but ours stops one run, too, and is raised when the others have ended.
        for end in await asyncio.gather(*(_one(work, alone) for work in works), return_exceptions=True):
            if end is not None:
                raise end
    finally:
        using = Using(work.planned for work in works)
        for work in works:
            await using.release(work.planned)


async def _one(work: BatchRun, alone: asyncio.Lock) -> None:
    execution = work.execution
    try:
        await work.work(alone)
    except (BackendError, IncompleteError) as error:
        execution.error = error
    else:
        execution.finished = True
        execution.error = none_answered(execution)


def _settle(works: list[BatchRun]) -> None:
    """Put the lines of finished runs in order; as `execute.settle`, when the event loop has ended."""
    for work in works:
        if work.execution.finished:
            try:
                work.writer.settle()
            except IncompleteError as error:
                work.execution.error = error


def _interrupted(works: list[BatchRun]) -> str:
    submitted = "; ".join(work.outstanding() for work in works if work.pending)
    if not submitted:
        return stopped_at(work.execution for work in works)
    kept = sum(work.summary.statuses.total() for work in works)
    return f"Stopped at {kept:,}; all are kept. {submitted}: these go on, and the same command collects them."
