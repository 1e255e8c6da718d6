"""Asking as planned, then measuring: who asks, and who hears how it goes."""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import partial
from typing import TYPE_CHECKING, Literal

from judgebench.api.notes import doing
from judgebench.errors import UsageError, argument

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence
    from pathlib import Path

    from judgebench.api.own_answers import Planned
    from judgebench.domain import Agreement, Judge
    from judgebench.errors import JudgebenchError
    from judgebench.run.engine import Options
    from judgebench.run.execute import Execution, Progress
    from judgebench.run.plans import Plan


@dataclass(frozen=True, slots=True)
class Ears:
    """Who hears how runs go: ``watch`` every ``interval`` seconds how far all are, ``done`` what became of each.

    ``early`` hears what became of what was asked before them.
    """

    watch: Callable[[Progress], None] | None = None
    interval: float = 0.5
    done: Callable[[Execution], None] | None = None
    early: Callable[[Execution], None] | None = None


def ask_and_measure(
    plans: Sequence[Planned],
    runs: Path,
    options: Options,
    *,
    by_system: bool = False,
    execute: Callable[..., list[Execution]] | None = None,
    ears: Ears | None = None,
    score: bool = True,
) -> tuple[list[Agreement], list[JudgebenchError]]:
    """Ask and, unless something else is, measure run after run.

    One that stopped does not hide the others, and is reported beside them.
    """
    from judgebench.agreement.measure import measure_beside  # noqa: PLC0415 - loaded on use
    from judgebench.catalog import metrics  # noqa: PLC0415 - loaded on use
    from judgebench.run.execute import execute_all  # noqa: PLC0415 - loaded on use
    from judgebench.store.runs import read_run  # noqa: PLC0415 - loaded on use
    from judgebench.tasks.base import with_official  # noqa: PLC0415 - loaded on use

    ears = ears or Ears()
    outcomes = (execute or execute_all)(
        [planned for planned, _ in plans], runs, options, watch=ears.watch, interval=ears.interval
    )
    rows: list[Agreement] = []
    stopped: list[JudgebenchError] = []
    for outcome, (planned, policies) in zip(outcomes, plans, strict=True):
        if outcome.error is not None:
            stopped.append(outcome.error)
            continue
        if ears.done is not None:
            ears.done(outcome)
        if not score:
            continue
        doing(f"measuring {planned.title}")
        stored = read_run(outcome.path)
        if not planned.labelled:
            # Items of one's own may be labelled later; what they were told is kept.
            continue
        measured = measure_beside(
            stored.run,
            stored.judgments,
            policies=policies,
            by_system=by_system,
            metrics=metrics(),
            # Libraries would take longer to load than most runs to measure.
            verify="definitions",
        )
        measured = with_official(measured, stored.run, stored.judgments)
        rows += [replace(row, judge=planned.name) for row in measured]
    return rows, stopped


@dataclass(frozen=True, slots=True)
class Engine:
    """An engine, and options of ``run`` that are its own."""

    name: Literal["local", "batch", "ray"]
    poll: float
    wait: bool
    batch_size: int | None
    workers: int | None
    ray_address: str | None

    def __post_init__(self) -> None:
        """Refuse options of another engine: what does nothing must not look as if it did."""
        if self.name != "batch" and (self.batch_size is not None or not self.wait):
            own = f"{argument('wait', off=True)} and {argument('batch_size')}"
            raise UsageError(f"{own} belong to {argument('engine')} batch")
        if self.name != "ray" and self.workers is not None:
            raise UsageError(f"{argument('workers')} belongs to {argument('engine')} ray")

    def make(
        self, plans: Sequence[Plan], recipes: Mapping[str, Callable[[], Judge]], *, tell: Callable[[str], None]
    ) -> Callable[..., list[Execution]] | None:
        """Make the function that asks, None for the local one; UsageError where a judge can't be asked in this way."""
        if self.name == "batch":
            return self._batch(plans, tell)
        if self.name == "ray":
            from judgebench.catalog import judge_environment  # noqa: PLC0415 - loaded on use
            from judgebench.run.cluster.engine import Setup, execute_all  # noqa: PLC0415 - loaded on use

            setup = Setup(recipes, self.workers, self.ray_address, judge_environment())
            return partial(execute_all, setup=setup)
        return None

    def _batch(self, plans: Sequence[Plan], tell: Callable[[str], None]) -> Callable[..., list[Execution]]:
        from judgebench.run.batch.engine import Waiting, batch_apis, execute_in_batches  # noqa: PLC0415 - loaded on use

        # A judge that has none is an error before anything else happens.
        for planned in plans:
            batch_apis(planned)
        waiting = Waiting(poll=self.poll, wait=self.wait, size=self.batch_size)

        def execute(plans: Sequence[Plan], runs: Path, options: Options, **_: object) -> list[Execution]:
            doing("waiting for batches")
            return execute_in_batches(plans, runs, options, waiting, tell=tell)

        return execute
