"""Who asks: this process, a provider's batch API, or a cluster."""

from __future__ import annotations

from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING, Literal

from judgebench.errors import UsageError, argument

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence
    from pathlib import Path

    from judgebench.domain import Judge
    from judgebench.run.engine import Options
    from judgebench.run.execute import Outcome
    from judgebench.run.plans import Plan


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
            raise UsageError("--no-wait and --batch-size belong to --engine batch")
        if self.name != "ray" and self.workers is not None:
            raise UsageError(f"{argument('workers')} belongs to {argument('engine')} ray")

    def make(
        self, plans: Sequence[Plan], recipes: Mapping[str, Callable[[], Judge]], *, tell: Callable[[str], None]
    ) -> Callable[..., list[Outcome]] | None:
        """Make the function that asks, None for the local one; UsageError where a judge can't be asked in this way."""
        if self.name == "batch":
            return self._batch(plans, tell)
        if self.name == "ray":
            from judgebench.catalog import judge_environment  # noqa: PLC0415 - loaded on use
            from judgebench.run.cluster.engine import Setup, execute_all  # noqa: PLC0415 - loaded on use

            setup = Setup(recipes, self.workers, self.ray_address, judge_environment())
            return partial(execute_all, setup=setup)
        return None

    def _batch(self, plans: Sequence[Plan], tell: Callable[[str], None]) -> Callable[..., list[Outcome]]:
        from judgebench.run.batch.engine import Waiting, batch_api, execute_in_batches  # noqa: PLC0415 - loaded on use

        # A judge that has none is an error before anything else happens.
        for planned in plans:
            batch_api(planned)
        waiting = Waiting(poll=self.poll, wait=self.wait, size=self.batch_size)

        def execute(plans: Sequence[Plan], runs: Path, options: Options, **_: object) -> list[Outcome]:
            return execute_in_batches(plans, runs, options, waiting, tell=tell)

        return execute
