"""The workers of a cluster as the driver sees them: who has which cases, who was lost, what is left."""

from __future__ import annotations

import asyncio
import contextlib
import math
from collections import deque
from dataclasses import dataclass, replace
from itertools import count
from typing import TYPE_CHECKING, Any

from judgebench.domain import Usage
from judgebench.errors import BackendError, IncompleteError
from judgebench.run.cluster.worker import Worker
from judgebench.run.throttle import OverBudgetError, over_budget

if TYPE_CHECKING:
    from collections.abc import Callable, Coroutine, Mapping, Sequence

    from judgebench.domain import Case, Completion, Judge, Reply
    from judgebench.errors import JudgebenchError
    from judgebench.run.cluster.worker import Batch, Secrets
    from judgebench.run.engine import Options
    from judgebench.run.plans import Plan

#: Cases that go to a worker in one message.
_SHARD = 256
#: Seconds in which cases gather before they are dealt.
_GATHER = 0.005
#: A worker has so many times the cases that it asks at once: it never waits for the driver, and near the end of
#: a run it has no more than a few round trips before it.
_AHEAD = 4
#: Calls at once of a worker that has not said yet what its dispatcher has room for.
_ROOM = 8
#: How often a seat may lose its worker, and for how many answers it may once more.
_LOSSES = 3
_ANSWERS_A_LOSS = 1000
#: Seconds in which a first worker must be there: a cluster that grows on demand takes minutes.
_STARTING = 300.0
#: Calls to one actor at once: as many shards, openings and drops as ever come together.
_CALLS = 1000


@dataclass(frozen=True, slots=True)
class Terms:
    """What every worker of a pool gets; ``max_cost`` is what all may spend together, for messages."""

    cpus: float
    gpus: int
    secrets: Secrets
    folder: str
    path: Sequence[str]
    max_cost: float | None


class FarJudge:
    """A judge that is asked elsewhere, by ``pool``; ``make`` makes it in a worker. Satisfies `engine.Elsewhere`."""

    def __init__(self, planned: Plan, make: Callable[[], Judge], pool: WorkerPool) -> None:
        judge = planned.judge
        self.name = judge.name
        self.settings = judge.settings
        self.key = planned.run.identity
        self.scale = planned.task.scale
        self.make = make
        self.limit_group = " ".join(sorted({b.limit_group for b in judge.backends.values()})) or judge.name
        self.retries = 0
        self.hedged = Usage()
        self._pool = pool

    async def ask(self, case: Case, known: Mapping[str, Completion], keep: Callable[[str, Completion], None]) -> Reply:
        """Have a worker ask; errors are those of the judge and the engine there."""
        return await self._pool.ask(self, case, known, keep)

    def leave(self) -> None:
        """Say that no more cases come."""
        self._pool.leave(self)


@dataclass(slots=True, eq=False)
class _Asked:
    """A case on its way, and who waits for its reply; what it is answered on the way there is known from then on."""

    judge: FarJudge
    case: Case
    known: dict[str, Completion]
    keep: Callable[[str, Completion], None]
    reply: asyncio.Future[Reply]


class _Seat:
    """A worker's place; when the worker is lost, another one takes it."""

    def __init__(self, share: Options) -> None:
        self.share = share
        self.actor: Any = None
        self.alive = False
        self.broke = False
        self.losses = 0
        #: Dollars of workers that were lost, and of the present one.
        self.past = 0.0
        self.committed = 0.0
        self.out: dict[str, int] = {}
        self.room: dict[str, int] = {}
        self.opened: dict[str, asyncio.Task[JudgebenchError | None]] = {}

    def free(self, group: str) -> int:
        """Cases that it can be given now; 0 until half of what it had is done."""
        room = self.room.get(group) or min(_ROOM, self.share.max_concurrency or _ROOM)
        out = self.out.get(group, 0)
        return _AHEAD * room - out if self.alive and not self.broke and out <= _AHEAD * room // 2 else 0


class WorkerPool:
    """Workers that share limits; each gets one of ``shares``.

    ``turn`` is held while there are workers: pools that need the same GPUs take turns.
    """

    def __init__(self, ray: Any, shares: Sequence[Options], terms: Terms, *, turn: asyncio.Lock | None) -> None:
        self.seats = [_Seat(share) for share in shares]
        self.judges: dict[str, FarJudge] = {}
        self._ray = ray
        self._terms = terms
        self._turn = turn
        self._holds_turn = False
        self._active: set[str] = set()
        self._queues: dict[str, deque[_Asked]] = {}
        self._numbers = count()
        self._tasks: set[asyncio.Task[None]] = set()
        self._timer: asyncio.TimerHandle | None = None
        self._starting: asyncio.Task[None] | None = None
        self._broken: JudgebenchError | None = None
        self._answers = 0

    def take_on(self, planned: Plan, make: Callable[[], Judge]) -> None:
        """Have a run asked by this pool."""
        judge = self.judges[planned.run.identity] = FarJudge(planned, make, self)
        if self._turn is None:
            # Workers that keep nobody waiting stay until the last run is over.
            self._active.add(judge.key)

    async def ask(
        self,
        judge: FarJudge,
        case: Case,
        known: Mapping[str, Completion],
        keep: Callable[[str, Completion], None],
    ) -> Reply:
        """Have a case asked; see `FarJudge.ask`."""
        self._active.add(judge.key)
        if self._starting is None:
            self._starting = asyncio.create_task(self._start_all())
        if not self._starting.done():
            await asyncio.shield(self._starting)
        if self._broken is not None:
            raise self._broken
        asked = _Asked(judge, case, dict(known), keep, asyncio.get_running_loop().create_future())
        self._queues.setdefault(judge.limit_group, deque()).append(asked)
        self._deal_soon()
        return await asked.reply

    def leave(self, judge: FarJudge) -> None:
        """Forget a run; without any, the workers go."""
        self._active.discard(judge.key)
        if not self._active:
            self.dismiss()
            return
        for seat in self.seats:
            if seat.alive and seat.opened.pop(judge.key, None) is not None:
                seat.actor.drop.remote(judge.key)

    def dismiss(self) -> None:
        """Stop all workers, at once."""
        for task in (*self._tasks, *([self._starting] if self._starting is not None else [])):
            # After the loop's end there is nothing to cancel.
            with contextlib.suppress(RuntimeError):
                task.cancel()
        for seat in self.seats:
            self._release(seat)
        if self._timer is not None:
            self._timer.cancel()
        self._timer = self._starting = None
        if self._turn is not None and self._holds_turn:
            self._turn.release()
        self._holds_turn = False

    # --- workers ------------------------------------------------------------------------------------

    async def _start_all(self) -> None:
        if self._turn is not None:
            await self._turn.acquire()
            self._holds_turn = True
        starts = [self._spawn(self._start(seat)) for seat in self.seats]
        # Whoever is there first begins; the others join in.
        loop = asyncio.get_running_loop()
        until = loop.time() + _STARTING
        while starts and not any(seat.alive for seat in self.seats) and self._broken is None:
            left = until - loop.time()
            if left <= 0:
                self._break(
                    IncompleteError(
                        f"stopped: no worker was there within {_STARTING:.0f} s; `ray status` says what the cluster "
                        "is short of; the same command goes on"
                    )
                )
                return
            await asyncio.wait(starts, timeout=left, return_when=asyncio.FIRST_COMPLETED)
            starts = [start for start in starts if not start.done()]

    async def _start(self, seat: _Seat) -> None:
        share = seat.share
        if share.max_cost is not None:
            # What a lost worker had set aside may have been spent: the cap holds either way.
            share = replace(share, max_cost=max(0.0, share.max_cost - seat.past))
        actor: Any = None
        try:
            made = self._ray.remote(Worker).options(
                num_cpus=self._terms.cpus,
                num_gpus=self._terms.gpus,
                max_concurrency=_CALLS,
                max_restarts=0,
                scheduling_strategy="SPREAD",
            )
            actor = seat.actor = made.remote(
                share, len(self.seats), self._terms.secrets, self._terms.folder, self._terms.path
            )
            await actor.hello.remote()
        except self._ray.exceptions.RayError as error:
            self._lost(seat, actor, error)
            return
        seat.alive = True
        self._deal_soon()

    def _lost(self, seat: _Seat, actor: Any, error: Exception) -> None:
        """Replace a worker, unless workers are lost again and again."""
        if seat.actor is not actor:
            # Another of its shards has said so.
            return
        self._release(seat)
        seat.losses += 1
        if seat.losses > _LOSSES + self._answers // (_ANSWERS_A_LOSS * len(self.seats)):
            self._break(
                IncompleteError(
                    f"stopped: a worker was lost {seat.losses} times, the last time with: {_words(error)}; "
                    "what was judged is kept: the same command asks the others"
                )
            )
            return
        self._spawn(self._start(seat))

    def _release(self, seat: _Seat) -> None:
        if seat.actor is not None:
            with contextlib.suppress(Exception):
                self._ray.kill(seat.actor, no_restart=True)
        seat.past += seat.committed
        seat.committed = 0.0
        seat.actor, seat.alive = None, False
        seat.out, seat.room, seat.opened = {}, {}, {}

    def _break(self, error: JudgebenchError) -> None:
        """Give up: nobody is left who could ask."""
        self._broken = error
        for queue in self._queues.values():
            while queue:
                _fail(queue.popleft(), error)

    def _spawn(self, work: Coroutine[Any, Any, None]) -> asyncio.Task[None]:
        task = asyncio.create_task(work)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)
        return task

    # --- cases --------------------------------------------------------------------------------------

    def _deal_soon(self) -> None:
        if self._timer is None:
            self._timer = asyncio.get_running_loop().call_later(_GATHER, self._deal)

    def _deal(self) -> None:
        """Hand out what waits: to each worker no more than its even part, so that near the end shards get smaller."""
        self._timer = None
        for group, queue in self._queues.items():
            waiting = deque(asked for asked in queue if not asked.reply.done())
            queue.clear()
            queue.extend(waiting)
            seats = [seat for seat in self.seats if seat.free(group)]
            seats.sort(key=lambda seat: seat.out.get(group, 0))
            for left, seat in zip(range(len(seats), 0, -1), seats, strict=True):
                while queue and (size := min(seat.free(group), _SHARD, math.ceil(len(queue) / left))) > 0:
                    shard = [queue.popleft() for _ in range(size)]
                    seat.out[group] = seat.out.get(group, 0) + size
                    self._spawn(self._shard(seat, group, shard))

    async def _shard(self, seat: _Seat, group: str, shard: list[_Asked]) -> None:
        actor, out = seat.actor, seat.out
        waiting = {next(self._numbers): asked for asked in shard}
        errors = self._ray.exceptions
        try:
            await self._open(seat, waiting)
            cases = [(number, asked.judge.key, asked.case, asked.known) for number, asked in waiting.items()]
            if cases:
                async for sent in actor.ask.options(num_returns="streaming").remote(cases):
                    self._take(seat, group, await sent, waiting, out)
        except errors.RayTaskError as error:
            # Not lost, but broken: it could not even read what it was given.
            for asked in waiting.values():
                _fail(asked, BackendError(f"{asked.judge.name} can't be asked by a worker: {_words(error)}"))
            waiting.clear()
        except errors.RayError as error:
            self._lost(seat, actor, error)
        finally:
            if group in out:
                out[group] -= len(waiting)
            # Nobody answered these, and only these are asked again.
            for asked in waiting.values():
                if self._broken is None:
                    self._queues[group].appendleft(asked)
                else:
                    _fail(asked, self._broken)
            self._deal_soon()

    async def _open(self, seat: _Seat, waiting: dict[int, _Asked]) -> None:
        """Have the judges of a shard made, once for each worker."""
        for judge in {asked.judge for asked in waiting.values()}:
            opening = seat.opened.get(judge.key)
            if opening is None:
                made = seat.actor.open.remote(judge.key, judge.make, judge.scale, dict(judge.settings))
                opening = seat.opened[judge.key] = asyncio.ensure_future(_result(made))
            failure = await asyncio.shield(opening)
            if failure is not None:
                for number in [number for number, asked in waiting.items() if asked.judge is judge]:
                    _fail(waiting.pop(number), failure)

    def _take(self, seat: _Seat, group: str, batch: Batch, waiting: dict[int, _Asked], out: dict[str, int]) -> None:
        seat.room[group] = batch.room
        seat.committed = batch.committed
        for key, (retries, hedged) in batch.extra.items():
            judge = self.judges[key]
            judge.retries += retries
            judge.hedged = judge.hedged + hedged
        for answer in batch.answers:
            if answer.kept is not None:
                asked = waiting[answer.number]
                asked.known |= [answer.kept]
                asked.keep(*answer.kept)
                continue
            asked = waiting.pop(answer.number)
            out[group] -= 1
            if answer.error is None and answer.reply is not None:
                self._answers += 1
                if not asked.reply.done():
                    asked.reply.set_result(answer.reply)
            elif isinstance(answer.error, OverBudgetError):
                # Its part is spent; the others may have some left.
                seat.broke = True
                self._queues[group].appendleft(asked)
            elif answer.error is not None:
                _fail(asked, answer.error)
        if all(each.broke for each in self.seats):
            spent = sum(seat.past + seat.committed for seat in self.seats)
            self._break(over_budget(self._terms.max_cost or 0.0, spent))
        self._deal_soon()


async def _result(made: Any) -> JudgebenchError | None:
    result: JudgebenchError | None = await made
    return result


def _fail(asked: _Asked, error: JudgebenchError) -> None:
    if not asked.reply.done():
        asked.reply.set_exception(error)


def _words(error: Exception) -> str:
    """Shorten what the cluster says to its first words and its last line."""
    lines = [line.strip() for line in str(error).splitlines() if line.strip()] or [type(error).__name__]
    return lines[0] if len(lines) == 1 else f"{lines[0][:120]} ... {lines[-1][:200]}"
