"""One run from end to end: plan it, ask what is missing, keep the manifest true."""

from __future__ import annotations

import asyncio
import contextlib
import platform
import signal
from collections import Counter
from dataclasses import dataclass, replace
from importlib import metadata
from itertools import islice
from typing import TYPE_CHECKING

from judgebench import __version__
from judgebench.domain import Run, Status, digest
from judgebench.errors import DataError, IncompleteError, InterruptedRunError
from judgebench.run.engine import Summary, ask_all
from judgebench.store.runs import RunWriter, StoredRun, known_answers

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from judgebench.domain import Case, Item, Judge, Policies, Probe, Task
    from judgebench.domain.results import Aggregate
    from judgebench.run.engine import Options


@dataclass(frozen=True, slots=True)
class Selection:
    """Which cases a run has: how the items are shown, how often, and how many of them.

    Fields as in `Run`; ``probe`` turns an item into cases and must follow them. ``needs_answers``
    is False where the judge looks at no response (a recording, a constant), so that items whose answers
    were never published can be scored.
    """

    probe: Probe
    orders: str = "both"
    repeats: int = 1
    reference: str = "auto"
    seed: int = 0
    limit: int | None = None
    needs_answers: bool = True


@dataclass(frozen=True, slots=True)
class Conventions:
    """What the task's card says about scoring; it travels in the manifest."""

    policies: Policies
    aggregates: tuple[Aggregate, ...] = ()
    card_digest: str = ""


@dataclass(frozen=True, slots=True)
class Plan:
    """What to ask of whom. ``run`` is the manifest as far as it is known before asking."""

    task: Task
    judge: Judge
    probe: Probe
    run: Run
    items: tuple[Item, ...]

    def cases(self) -> Iterator[Case]:
        """Yield all cases of the selection."""
        for item in self.items:
            yield from self.probe.cases(item)


def plan(task: Task, judge: Judge, selection: Selection, conventions: Conventions) -> Plan:
    """Select the items and write the manifest as far as it is known.

    Raises
    ------
    DataError
        If the task yields no items, or one id twice, or its answers were never published and the judge would
        need them.
    """
    items = tuple(islice(task.items(), selection.limit))
    if not items:
        raise DataError(f"{task.name} has no items to judge")
    ids = Counter(item.id for item in items)
    if twice := [name for name, count in ids.items() if count > 1]:
        raise DataError(
            f"{task.name} has {len(twice)} ids that stand more than once, the first is {twice[0]!r}",
            hint="every item needs an id of its own",
        )
    unanswered = sum(item.attribute("unanswered") == "yes" for item in items)
    if unanswered and selection.needs_answers:
        raise DataError(
            f"{unanswered} of {len(items)} items of {task.name} come without an answer, so no judge can be asked",
            hint="replay a recorded column (--judge 'replay:FILE#COLUMN'), or give --data with answers of your own",
        )
    sources = {item.gold_source for item in items}
    run = Run(
        task=task.name,
        revision=task.revision,
        card_digest=conventions.card_digest,
        judge=judge.name,
        settings=dict(judge.settings),
        scale=task.scale,
        orders=selection.orders,
        repeats=selection.repeats,
        reference=selection.reference,
        seed=selection.seed,
        limit=selection.limit,
        policies=conventions.policies,
        gold_source=sources.pop() if len(sources) == 1 else "mixed",
        aggregates=conventions.aggregates,
        versions=_versions(judge),
        counts={"items": len(items)},
        content=digest([[item.id, item.content_digest] for item in items]),
    )
    return Plan(task, judge, selection.probe, run, items)


def _versions(judge: Judge) -> dict[str, str]:
    versions = {"judgebench": __version__, "python": platform.python_version()}
    library = {"openai": "openai", "anthropic": "anthropic", "litellm": "litellm", "server": "aiohttp"}.get(
        judge.name.partition("/")[0]
    )
    if library:
        with contextlib.suppress(metadata.PackageNotFoundError):
            versions[library] = metadata.version(library)
    return versions


def missing(planned: Plan, runs: Path, *, share: bool = True, refresh: bool = False) -> list[Case]:
    """List the cases that no stored answer serves: what `execute` would ask."""
    with known_answers(runs, planned.run, share=share, refresh=refresh) as known:
        return [case for case in planned.cases() if case.key not in known]


def execute(
    planned: Plan,
    runs: Path,
    options: Options,
    on_progress: Callable[[Summary], None] | None = None,
    *,
    share: bool = True,
    refresh: bool = False,
) -> tuple[Path, Summary]:
    """Ask all that is missing and keep it; ``share`` and ``refresh`` are the store's (`RunWriter`).

    Returns
    -------
    tuple of Path and Summary
        The run's folder and what was done.

    Raises
    ------
    BackendError, IncompleteError, UsageError, DataError
        As `ask_all` and the store say, and IncompleteError where not a single case was answered; what was judged
        is kept.
    InterruptedRunError
        On Ctrl-C or SIGTERM; what was judged is kept.
    """
    with (
        RunWriter(runs, planned.run, share=share, refresh=refresh) as writer,
        known_answers(runs, planned.run, share=share) as known,
    ):
        present = {verdict.key: verdict for verdict in StoredRun(writer.path, planned.run).verdicts()}
        summary = Summary()

        def progress(current: Summary) -> None:
            nonlocal summary
            summary = current
            if on_progress is not None:
                on_progress(current)

        async def asking() -> Summary:
            loop = asyncio.get_running_loop()
            task = asyncio.current_task()
            if task is not None:
                with contextlib.suppress(NotImplementedError, RuntimeError, ValueError):
                    loop.add_signal_handler(signal.SIGTERM, task.cancel)
            try:
                return await ask_all(
                    planned.judge,
                    planned.task.scale,
                    planned.cases(),
                    writer,
                    revision=planned.task.revision,
                    known=known,
                    present=present,
                    options=options,
                    on_progress=progress,
                )
            finally:
                close = getattr(planned.judge, "aclose", None)
                if close is not None:
                    await close()

        try:
            summary = asyncio.run(asking())
        except (asyncio.CancelledError, KeyboardInterrupt):
            done = sum(summary.statuses.values())
            raise InterruptedRunError(
                f"interrupted: {done} cases of {writer.path} are judged and kept; the same command asks the others"
            ) from None
        finally:
            counts = {"items": len(planned.items), "cases": summary.cases}
            counts |= {status.value: count for status, count in sorted(summary.statuses.items())}
            writer.write_manifest(replace(planned.run, counts=counts))
        writer.settle()
        if summary.statuses[Status.FAILED] == summary.cases:
            raise IncompleteError(
                f"all {summary.cases} cases of {writer.path} failed, the last with: {summary.last_error}; "
                "the same command asks them again"
            )
    return writer.path, summary
