"""The batch engine: all runs of a command through their providers' batch APIs, side by side."""

from __future__ import annotations

import asyncio
from contextlib import ExitStack
from typing import TYPE_CHECKING

from judgebench.domain.protocols import BatchJudge
from judgebench.errors import BackendError, IncompleteError, InterruptedRunError, UsageError
from judgebench.run.batch.builder import Waiting
from judgebench.run.batch.ledger import Ledger
from judgebench.run.batch.run import BatchRun
from judgebench.run.engine import Dispatchers
from judgebench.run.execute import Interrupts, Outcome, check_price, close, none_answered, write_counts
from judgebench.store.writer import RunWriter

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from pathlib import Path

    from judgebench.domain.protocols import BatchApi
    from judgebench.run.engine import Options
    from judgebench.run.plans import Plan

__all__ = ["Outcome", "Waiting", "batch_api", "execute_in_batches"]


def batch_api(planned: Plan) -> tuple[BatchJudge, BatchApi]:
    """Return a plan's judge with the batch API of its backend; UsageError where it has none."""
    judge = planned.judge
    if not isinstance(judge, BatchJudge) or judge.batch is None:
        raise UsageError(
            f"{judge.name} has no batch API; --engine batch works with openai/… and anthropic/… judges, "
            "ask the others with --engine local"
        )
    return judge, judge.batch


def execute_in_batches(
    plans: Sequence[Plan], runs: Path, options: Options, waiting: Waiting, *, tell: Callable[[str], None]
) -> list[Outcome]:
    """Ask all that is missing and keep it, as `execute_all` does.

    UsageError where a judge has no batch API, or there is a budget and its price is unknown: nothing is submitted then.
    InterruptedRunError on Ctrl-C or SIGTERM; what is submitted stays so and is collected by the next command.
    """
    # Two names of one judge are one run.
    chosen = list({planned.run.identity: planned for planned in plans}.values())
    judges = [batch_api(planned) for planned in chosen]
    if options.max_cost is not None:
        for planned in chosen:
            check_price(planned)
    dispatchers = Dispatchers(options)
    ended: list[BaseException | None] = []
    with ExitStack() as stack:
        works: list[BatchRun] = []
        for planned, (judge, api) in zip(chosen, judges, strict=True):
            writer = stack.enter_context(RunWriter(runs, planned.run, share=options.share, refresh=options.refresh))
            ledger = stack.enter_context(Ledger(writer.path))
            works.append(BatchRun(planned, judge, api, writer, ledger, options, waiting, tell, dispatchers))
        try:
            Interrupts().run(lambda: _all_of(works, ended), afterwards=lambda: _settle(works, ended))
        except (asyncio.CancelledError, KeyboardInterrupt):
            raise InterruptedRunError(_interrupted(works)) from None
        finally:
            for work in works:
                write_counts(work.writer, work.planned, work.summary)
    outcomes = {work.planned.run.identity: _outcome(work, end) for work, end in zip(works, ended, strict=True)}
    return [outcomes[planned.run.identity] for planned in plans]


async def _all_of(works: list[BatchRun], ended: list[BaseException | None]) -> None:
    alone = asyncio.Lock()
    try:
        for work in works:
            # Before any of them submits: the budget is theirs together.
            work.budget.outstanding(work.ledger.open_entries(), work.planned.cases(), work.writer)
            await asyncio.sleep(0)
        ended.extend(await asyncio.gather(*(work.work(alone) for work in works), return_exceptions=True))
    finally:
        for work in works:
            await close(work.planned.judge)


def _settle(works: list[BatchRun], ended: list[BaseException | None]) -> None:
    """Put the lines of finished runs in order; as `execute.settle`, when the event loop has ended."""
    for number, (work, end) in enumerate(zip(works, ended, strict=True)):
        if end is None:
            try:
                work.writer.settle()
            except IncompleteError as error:
                ended[number] = error


def _interrupted(works: list[BatchRun]) -> str:
    kept = sum(work.summary.statuses.total() for work in works)
    submitted = "; ".join(work.outstanding() for work in works if work.pending)
    if not submitted:
        return f"interrupted: {kept} cases are judged and kept; the same command asks the others"
    return f"interrupted, {kept} cases are judged and kept; {submitted}: these go on, the same command collects them"


def _outcome(work: BatchRun, end: BaseException | None) -> Outcome:
    outcome = Outcome(work.planned, work.writer.path, work.summary)
    if isinstance(end, BackendError | IncompleteError):
        outcome.error = end
    elif end is not None:
        raise end
    else:
        outcome.error = none_answered(outcome)
    return outcome
