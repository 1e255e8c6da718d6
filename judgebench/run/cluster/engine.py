"""The cluster engine: the same run, with the asking done by actors of a Ray cluster.

The driver runs the local engine as it is: it streams the cases, looks answers up, counts, gives up, and alone writes
the store. Only the judge is another: one that hands each case to a pool of workers and waits for the reply. So whatever
holds for a local run holds here, verdict files included.
"""

from __future__ import annotations

import asyncio
import contextlib
import importlib
import math
import os
import socket
import sys
import tempfile
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from judgebench.errors import BackendError, UsageError, argument
from judgebench.installed import to_install
from judgebench.run import execute
from judgebench.run.cluster.driver import FarJudge, Terms, WorkerPool
from judgebench.run.cluster.worker import Secrets

if TYPE_CHECKING:
    from collections.abc import Callable, Generator, Mapping, Sequence

    from judgebench.domain import Judge
    from judgebench.run.engine import Options
    from judgebench.run.execute import Execution, Progress
    from judgebench.run.plans import Plan

#: Cases that make a worker worth starting, where the number of workers is left to us.
_WORTH_A_WORKER = 64
#: Cases that the driver has in its hands for each worker, and at most: what the workers have before them must
#: outlast the time until more comes.
_IN_HAND, _MOST_IN_HAND = 512, 8192


@dataclass(frozen=True, slots=True)
class Setup:
    """Which cluster, and who asks there.

    ``recipes`` holds, by a run's identity, a picklable callable that makes its judge there; the judges of other runs
    are asked here. ``workers`` None takes what the cluster has and the run is worth. ``address`` is ``auto``,
    ``HOST:PORT``, or ``local`` for a cluster on this machine that ends with the run. ``environment`` holds variables
    for judges, keys too.
    """

    recipes: Mapping[str, Callable[[], Judge]]
    workers: int | None = None
    address: str | None = None
    environment: Mapping[str, str] = field(default_factory=dict[str, str], repr=False)


def execute_all(
    plans: Sequence[Plan],
    runs: Path,
    options: Options,
    *,
    setup: Setup,
    watch: Callable[[Progress], None] | None = None,
    interval: float = 0.5,
) -> list[Execution]:
    """Ask all that is missing in several runs, on a cluster; limits are those of all workers together.

    As `execute.execute_all`, with an IncompleteError, too, where workers were lost again and again. UsageError where
    ray is not installed or the cluster lacks what a judge needs, BackendError where there is no cluster at the address.
    """
    if not any(planned.run.identity in setup.recipes for planned in plans):
        return execute.execute_all(plans, runs, options, watch=watch, interval=interval)
    with _connected(setup.address) as ray:
        pools = _pools(ray, plans, options, setup)
        far = {identity: judge for pool in pools for identity, judge in pool.judges.items()}
        there = [replace(planned, elsewhere=far.get(planned.run.identity)) for planned in plans]

        def look(progress: Progress) -> None:
            for outcome in progress.outcomes:
                _add_up(outcome)
            if watch is not None:
                watch(progress)

        try:
            outcomes = execute.execute_all(there, runs, _driving(options, pools), watch=look, interval=interval)
        finally:
            for pool in pools:
                pool.dismiss()
        for outcome in {id(outcome): outcome for outcome in outcomes}.values():
            if isinstance(outcome.plan.elsewhere, FarJudge):
                outcome.summary.usage = outcome.summary.usage + outcome.plan.elsewhere.hedged
        return outcomes


def _add_up(outcome: Execution) -> None:
    """Count what only the workers see."""
    if isinstance(outcome.plan.elsewhere, FarJudge):
        outcome.summary.retries = outcome.plan.elsewhere.retries


def _driving(options: Options, pools: Sequence[WorkerPool]) -> Options:
    """Say how the driver asks the pool: once, for the workers ask again; without limits, for they keep them."""
    most = max(len(pool.seats) for pool in pools)
    # Each worker is given four times what it asks at once (see `driver`); the rest waits to be dealt.
    in_hand = _IN_HAND * most if options.max_concurrency is None else 6 * options.max_concurrency
    # max_cost stays: it has the price of each judge looked at. The driver itself spends nothing.
    return replace(options, max_concurrency=min(_MOST_IN_HAND, in_hand), attempts=1, rpm=None, tpm=None, hedge=None)


# --- who asks ---------------------------------------------------------------------------------------


def _pools(ray: Any, plans: Sequence[Plan], options: Options, setup: Setup) -> list[WorkerPool]:
    """Make the pools: one for all judges that need no GPU, and one for each name of a judge that does."""
    groups: dict[str, list[Plan]] = {}
    for planned in {planned.run.identity: planned for planned in plans}.values():
        if planned.run.identity in setup.recipes:
            groups.setdefault(planned.judge.name if planned.judge.needs.gpus else "", []).append(planned)
    resources: dict[str, float] = ray.cluster_resources()
    turn = asyncio.Lock()
    pools: list[WorkerPool] = []
    for name, group in groups.items():
        gpus = max(planned.judge.needs.gpus for planned in group)
        count, cpus = _size(group, gpus, resources, options, setup.workers)
        pool = WorkerPool(
            ray,
            _shares(options, count, pools=len(groups)),
            Terms(
                cpus=cpus,
                gpus=gpus,
                secrets=Secrets(setup.environment),
                folder=str(Path.cwd()),
                path=tuple(str(Path(entry).absolute()) for entry in sys.path),
                max_cost=options.max_cost,
            ),
            turn=turn if name else None,
        )
        for planned in group:
            pool.take_on(planned, setup.recipes[planned.run.identity])
        pools.append(pool)
    return pools


def _size(
    group: Sequence[Plan], gpus: int, resources: Mapping[str, float], options: Options, wanted: int | None
) -> tuple[int, float]:
    """Say how many workers there are, and how much of a CPU each has."""
    cases = sum(planned.total for planned in group)
    cores = max(1.0, resources.get("CPU", 1.0))
    count = wanted or max(1, min(int(cores), math.ceil(cases / _WORTH_A_WORKER)))
    if gpus:
        room = int(resources.get("GPU", 0.0)) // gpus
        if not room:
            raise UsageError(
                f"{group[0].judge.name} asks for {gpus} GPU for each worker, and the cluster has "
                f"{int(resources.get('GPU', 0.0))}; {argument('engine')} local asks it here"
            )
        count = min(room, wanted or cases)
    # A part of a limit below one would round up, and all parts together exceed it.
    for limit in (options.max_concurrency, options.rpm):
        if limit is not None:
            count = max(1, min(count, int(limit)))
    # Workers that call an API mostly wait: more of them than cores is the user's decision, and must not hang.
    return count, min(1.0, math.floor(1000 * cores / count) / 1000)


def _shares(options: Options, count: int, *, pools: int) -> list[Options]:
    """Divide the limits among the workers; together they never exceed what the user allowed.

    >>> from judgebench.run.engine import Options
    >>> [share.max_concurrency for share in _shares(Options(max_concurrency=5, rpm=60), 2, pools=1)]
    [3, 2]
    """
    whole = options.max_concurrency
    return [
        replace(
            options,
            max_concurrency=None if whole is None else whole // count + (number < whole % count),
            rpm=None if options.rpm is None else options.rpm / count,
            tpm=None if options.tpm is None else options.tpm / count,
            max_cost=None if options.max_cost is None else options.max_cost / (count * pools),
        )
        for number in range(count)
    ]


# --- the cluster ------------------------------------------------------------------------------------


def prepare() -> None:
    """Set what the library reads from the environment, where the user has not."""
    # Nothing is told to its makers, and no card is hidden from workers that asked for none.
    os.environ.setdefault("RAY_USAGE_STATS_ENABLED", "0")
    os.environ.setdefault("RAY_ACCEL_ENV_VAR_OVERRIDE_ON_ZERO", "0")
    # In a folder below the virtual environment (nox has its TMPDIR there) workers die and the driver waits for ever.
    if os.name == "posix" and Path(tempfile.gettempdir()).resolve().is_relative_to(Path(sys.prefix).resolve()):
        os.environ.setdefault("RAY_TMPDIR", "/tmp")  # noqa: S108 - the library makes folders of its own there


def _answers(address: str) -> None:
    """See that something listens at an address: the library would try for minutes."""
    host, _, port = address.rpartition(":")
    if not port.isdigit():
        return
    try:
        socket.create_connection((host.strip("[]"), int(port)), timeout=5).close()
    except OSError as error:
        raise BackendError(
            f"no Ray cluster at {address} ({error.strerror or error}); start one, or give "
            f"{argument('ray_address')} local"
        ) from None


@contextlib.contextmanager
def _connected(address: str | None) -> Generator[Any]:
    """Join a cluster, or start one on this machine for as long as the run lasts."""
    prepare()
    try:
        ray: Any = importlib.import_module("ray")
    except ImportError:
        raise UsageError(f"{argument('engine')} ray needs ray: {to_install('ray')}") from None
    if ray.is_initialized():
        yield ray
        return
    where = address or os.environ.get("RAY_ADDRESS") or "local"
    if where.startswith("ray://"):
        raise UsageError(
            f"{argument('ray_address')} {where}: Ray's client can't stream; start the command on a node of the cluster "
            f"({argument('ray_address')} auto), or with `ray job submit`"
        )
    _answers(where)
    quiet: dict[str, Any] = {"logging_level": "ERROR", "log_to_driver": False, "configure_logging": False}
    local: dict[str, Any] = {"include_dashboard": False} if where == "local" else {}
    try:
        ray.init(address=where, **quiet, **local)
    except (ConnectionError, RuntimeError, ValueError, OSError) as error:
        words = " ".join(str(error).split())[:200]
        raise BackendError(
            f"no Ray cluster at {where} ({words}); start one, or give {argument('ray_address')} local"
        ) from None
    try:
        yield ray
    finally:
        ray.shutdown()
