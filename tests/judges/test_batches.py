"""Calls collected into batches: by length, each once, the oldest first; no model is needed to see it."""

from __future__ import annotations

import asyncio
import contextlib
import threading
from types import SimpleNamespace
from typing import TYPE_CHECKING, Any

import pytest

from judgebench.errors import BackendError, RejectedError
from judgebench.judges.local.batches import Batches, fitting, partition

if TYPE_CHECKING:
    from collections.abc import Sequence


class Lane:
    """Doubles numbers, and notes in which batches; ``hold`` keeps it from beginning."""

    def __init__(self, hold: threading.Event | None = None) -> None:
        self.batches: list[tuple[object, list[Any]]] = []
        self.closed = False
        self.begun = threading.Event()
        self._hold = hold

    def run(self, kind: object, works: Sequence[Any]) -> list[Any]:
        self.begun.set()
        if self._hold is not None:
            self._hold.wait(30)
        self.batches.append((kind, list(works)))
        if "broken" in works:
            raise OSError("the card fell out")
        return [RejectedError("too long") if work == "long" else work * 2 for work in works]

    def close(self) -> None:
        self.closed = True


@pytest.mark.parametrize(
    ("lengths", "budget", "batches"),
    [
        ([], 10, []),
        ([3, 3, 3], 6, [[0, 1], [2]]),
        ([1, 9, 2, 8], 18, [[1, 3], [2, 0]]),
        ([50], 10, [[0]]),  # what fits into no batch has one of its own
    ],
)
def test_batches_are_neighbours_in_length(lengths: list[int], budget: int, batches: list[list[int]]) -> None:
    assert partition(lengths, budget) == batches


def test_calls_of_one_length_and_kind_go_together() -> None:
    hold = threading.Event()
    lane = Lane(hold)
    batches = Batches(lambda: [lane], budget=20)

    async def main() -> list[Any]:
        calls = [batches.run(work % 2, work, 10 - work, work) for work in range(8)]
        asked = asyncio.gather(*calls, *(batches.run(1, 1, 9, 1) for _ in range(3)))
        await asyncio.to_thread(lane.begun.wait, 30)  # and all others wait
        hold.set()
        return list(await asked)

    assert asyncio.run(main()) == [*(2 * work for work in range(8)), 2, 2, 2]
    worked = [work for _, works in lane.batches for work in works]
    # The same call, made four times, was computed once.
    assert sorted(worked) == list(range(8))
    assert all(work % 2 == kind for kind, works in lane.batches for work in works)
    assert len(lane.batches) < 8
    batches.close()
    assert lane.closed
    with pytest.raises(BackendError, match="closed"):
        asyncio.run(batches.run(0, 9, 1, 9))


def test_what_came_first_is_not_overtaken_for_ever() -> None:
    hold = threading.Event()
    lane = Lane(hold)
    batches = Batches(lambda: [lane], budget=10)

    async def main() -> None:
        first = asyncio.create_task(batches.run("", 0, 10, 0))
        await asyncio.to_thread(lane.begun.wait, 30)
        others = [asyncio.create_task(batches.run("", work, 9 if work > 1 else 1, work)) for work in range(1, 6)]
        await asyncio.sleep(0)
        hold.set()
        await asyncio.gather(first, *others)

    asyncio.run(main())
    assert [works for _, works in lane.batches][:2] == [[0], [1]]


def test_one_that_is_turned_down_fails_alone_and_a_broken_lane_fails_all() -> None:
    batches = Batches(lambda: [Lane()], budget=100)

    async def main(*works: str) -> list[Any]:
        calls = [batches.run("", work, 1, work) for work in works]
        return list(await asyncio.gather(*calls, return_exceptions=True))

    said, turned_down = asyncio.run(main("a", "long"))
    assert (said, type(turned_down)) == ("aa", RejectedError)
    assert {type(one) for one in asyncio.run(main("b", "broken"))} == {BackendError}
    # What is broken stays so: the run ends at once.
    assert "the card fell out" in str(asyncio.run(main("c"))[0])


def test_a_model_that_can_not_be_loaded_fails_all_calls() -> None:
    def nothing() -> list[Lane]:
        raise BackendError("no such weights")

    async def main() -> None:
        await Batches(nothing, budget=10).run("", 1, 1, 1)

    with pytest.raises(BackendError, match="no such weights"):
        asyncio.run(main())


def test_several_lanes_share_what_waits() -> None:
    lanes = [Lane(), Lane()]
    meet = threading.Barrier(2, timeout=30)
    for lane in lanes:
        run = lane.run

        def both(kind: object, works: Sequence[Any], run: Any = run) -> list[Any]:
            if len(works) == 1 and works[0] < 2:
                meet.wait()  # neither does all alone
            return run(kind, works)  # type: ignore[no-any-return]  # as the lane's own

        lane.run = both  # type: ignore[method-assign]  # the test's own hand on it
    batches = Batches(lambda: lanes, budget=1, keep=True)

    async def main() -> list[Any]:
        return list(await asyncio.gather(*(batches.run("", work, 1, work) for work in range(6))))

    assert asyncio.run(main()) == [0, 2, 4, 6, 8, 10]
    assert all(lane.batches for lane in lanes)
    # What is kept is not computed again.
    before = sum(len(lane.batches) for lane in lanes)
    assert asyncio.run(main()) == [0, 2, 4, 6, 8, 10]
    assert sum(len(lane.batches) for lane in lanes) == before


def test_a_batch_too_large_for_the_card_is_halved_and_a_work_too_large_refused() -> None:
    emptied: list[None] = []
    cuda = SimpleNamespace(OutOfMemoryError=MemoryError, empty_cache=lambda: emptied.append(None))
    torch = SimpleNamespace(inference_mode=contextlib.nullcontext, cuda=cuda)

    def run(works: Sequence[int]) -> list[Any]:
        if sum(works) > 5:
            raise MemoryError
        return [2 * one for one in works]

    first, second, refused, last = fitting(torch, run, [1, 4, 9, 5], lambda work: f"a prompt of {work} tokens")
    assert (first, second, last, len(emptied)) == (2, 8, 10, 3)
    assert isinstance(refused, RejectedError)
    assert str(refused) == "a prompt of 9 tokens does not fit into the card's memory"
