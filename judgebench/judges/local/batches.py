"""Calls that come one by one, computed in batches: those of about one length together, up to a budget of tokens.

Nobody who calls notices: each waits for its own result. A lane computes one batch at a time, in a thread of this
process or a process of its own. Of what waits, a lane takes the batch that holds the oldest call, so that no call waits
for ever, with the calls whose lengths are nearest; the same work, wanted twice, is done once.
"""

from __future__ import annotations

import asyncio
import contextlib
import threading
import time
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Protocol, TypeVar

from judgebench.errors import BackendError, JudgebenchError, RejectedError

if TYPE_CHECKING:
    from collections.abc import Callable, Hashable, Sequence

T = TypeVar("T")

#: Seconds without a new call after which an idle lane begins, and the longest that it waits for more.
_PAUSE, _LONGEST_PAUSE = 0.003, 0.05
#: Results that are kept for whoever asks the same again: both orders of a pair are the same answers to a reward model.
_KEPT = 100_000


class Lane(Protocol):
    """Who computes: in this process or in another."""

    def run(self, kind: Hashable, works: Sequence[Any]) -> Sequence[Any]:
        """Compute a batch of one kind; in place of a result there may be an error."""
        ...

    def close(self) -> None:
        """Let go of the model; a batch under way ends as soon as it can."""
        ...


def partition(lengths: Sequence[int], budget: int) -> list[list[int]]:
    """Cut positions into batches of neighbours in length, each of at most ``budget`` tokens with its padding.

    >>> partition([5, 100, 6, 90, 5], 200)
    [[1, 3], [2, 0, 4]]
    """
    batches: list[list[int]] = []
    for place in sorted(range(len(lengths)), key=lambda i: (-lengths[i], i)):
        # The first of a batch is its longest: what is left over is short.
        if batches and (len(batches[-1]) + 1) * lengths[batches[-1][0]] <= budget:
            batches[-1].append(place)
        else:
            batches.append([place])
    return batches


def fitting(
    torch: Any, run: Callable[[Sequence[T]], list[Any]], works: Sequence[T], what: Callable[[T], str]
) -> list[Any]:
    """Run a batch, halved until it fits into the card's memory; ``what`` names a work that alone does not."""
    try:
        with torch.inference_mode():
            return run(works)
    except torch.cuda.OutOfMemoryError:
        torch.cuda.empty_cache()
        if len(works) == 1:
            return [RejectedError(f"{what(works[0])} does not fit into the card's memory")]
    half = len(works) // 2
    return [*fitting(torch, run, works[:half], what), *fitting(torch, run, works[half:], what)]


@dataclass(slots=True, eq=False)
class _Call:
    kind: Hashable
    work: Any
    length: int
    key: Hashable
    number: int
    waiting: list[asyncio.Future[Any]] = field(default_factory=list[asyncio.Future[Any]])


class Batches:
    """What waits for the lanes; ``open_lanes`` makes them, in a thread of its own, at the first call."""

    def __init__(self, open_lanes: Callable[[], Sequence[Lane]], budget: int, *, keep: bool = False) -> None:
        self._open_lanes = open_lanes
        self._budget = budget
        self._kept: dict[Hashable, Any] | None = {} if keep else None
        self._lock = threading.Condition()
        self._waiting: dict[Hashable, _Call] = {}
        self._under_way: dict[Hashable, _Call] = {}
        self._lanes: list[Lane] = []
        self._broken: JudgebenchError | None = None
        self._begun = self._closed = False
        self._number = 0
        self._newest = 0.0

    async def run(self, kind: Hashable, work: Any, length: int, key: Hashable) -> Any:
        """Wait for the result of one piece of work; ``key`` is what makes it the same as another."""
        future: asyncio.Future[Any] = asyncio.get_running_loop().create_future()
        with self._lock:
            if self._broken is not None:
                raise self._broken
            if self._kept is not None and key in self._kept:
                return self._kept[key]
            call = self._waiting.get(key) or self._under_way.get(key)
            if call is None:
                call = self._waiting[key] = _Call(kind, work, length, key, self._number)
                self._number += 1
            call.waiting.append(future)
            self._newest = time.monotonic()
            self._lock.notify_all()
            if not self._begun:
                self._begun = True
                threading.Thread(target=self._begin, name="judgebench-model", daemon=True).start()
        return await future

    def close(self) -> None:
        """Let the lanes end; what waits is told that nothing comes."""
        with self._lock:
            self._closed = True
            self._broken = self._broken or BackendError("the model is closed")
            lanes, calls = list(self._lanes), list(self._waiting.values())
            self._waiting.clear()
            self._lock.notify_all()
        for call in calls:
            _settle(call, self._broken)
        for lane in lanes:
            lane.close()

    def _begin(self) -> None:
        """Open the lanes, and be the first of them; daemon threads, for no batch may keep the process from ending."""
        try:
            lanes = list(self._open_lanes())
        except Exception as error:  # noqa: BLE001 - whatever loading a model raises: no call can be answered
            self._break(error)
            return
        with self._lock:
            self._lanes = lanes
        if self._closed:
            self.close()
        for lane in lanes[1:]:
            threading.Thread(target=self._serve, args=(lane,), name="judgebench-model", daemon=True).start()
        self._serve(lanes[0])

    def _break(self, error: Exception) -> None:
        said = error if isinstance(error, JudgebenchError) else BackendError(f"{type(error).__name__}: {error}")
        with self._lock:
            self._broken = said
            calls = [*self._waiting.values(), *self._under_way.values()]
            self._waiting.clear()
        for call in calls:
            _settle(call, said)

    def _serve(self, lane: Lane) -> None:
        while (calls := self._next()) is not None:
            if not calls:
                continue
            try:
                results = lane.run(calls[0].kind, [call.work for call in calls])
            except Exception as error:  # noqa: BLE001 - a lane that breaks has no more results
                self._break(error)
                return
            with self._lock:
                for call in calls:
                    del self._under_way[call.key]
                if self._kept is not None and len(self._kept) < _KEPT:
                    self._kept |= {
                        call.key: result
                        for call, result in zip(calls, results, strict=True)
                        if not isinstance(result, Exception)
                    }
            for call, result in zip(calls, results, strict=True):
                _settle(call, result)

    def _next(self) -> list[_Call] | None:
        """Take the next batch; None when nothing more comes."""
        with self._lock:
            while not self._waiting and not self._closed:
                self._lock.wait()
            begun = time.monotonic()
            # More may be on their way: calls that are made together come one by one.
            while not self._closed and sum(call.length for call in self._waiting.values()) < self._budget:
                left = min(self._newest + _PAUSE, begun + _LONGEST_PAUSE) - time.monotonic()
                if left <= 0:
                    break
                self._lock.wait(left)
            if self._closed:
                return None
            if not self._waiting:
                return []
            oldest = min(self._waiting.values(), key=lambda call: call.number)
            alike = [call for call in self._waiting.values() if call.kind == oldest.kind]
            batches = partition([call.length for call in alike], self._budget)
            batch = next(found for places in batches if oldest in (found := [alike[i] for i in places]))
            for call in batch:
                self._under_way[call.key] = self._waiting.pop(call.key)
            return batch


def _settle(call: _Call, result: Any) -> None:
    def tell(future: asyncio.Future[Any]) -> None:
        if future.done():
            return
        if isinstance(result, Exception):
            future.set_exception(result)
        else:
            future.set_result(result)

    for future in call.waiting:
        # The loop is closed where the run ended without waiting for us.
        with contextlib.suppress(RuntimeError):
            future.get_loop().call_soon_threadsafe(tell, future)
