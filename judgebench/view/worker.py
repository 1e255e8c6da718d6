"""A thread that works beside the server's loop."""

from __future__ import annotations

import asyncio
import queue
import threading
from concurrent.futures import Future
from typing import TYPE_CHECKING, Any, TypeVar

if TYPE_CHECKING:
    from collections.abc import Callable

T = TypeVar("T")


class Worker:
    """A thread that does what it is given, in turn.

    Python waits for the threads of its own executors before it ends; Ctrl-C must end the server within a second, even
    while a large run is measured. Nothing that this thread does is left half done on the disk: another one writes
    labels.
    """

    def __init__(self, name: str) -> None:
        self._jobs: queue.SimpleQueue[tuple[Future[Any], Callable[[], Any]]] = queue.SimpleQueue()
        threading.Thread(target=self._work, name=name, daemon=True).start()

    async def do(self, job: Callable[[], T]) -> T:
        """Do something and give what it gives."""
        future: Future[T] = Future()
        self._jobs.put((future, job))
        return await asyncio.wrap_future(future)

    def post(self, job: Callable[[], None]) -> None:
        """Do something some time; nobody waits for it."""
        self._jobs.put((Future(), job))

    def _work(self) -> None:
        while True:
            future, job = self._jobs.get()
            if not future.set_running_or_notify_cancel():
                continue
            try:
                result = job()
            except BaseException as error:  # noqa: BLE001 - whoever waits hears of it
                future.set_exception(error)
            else:
                future.set_result(result)
