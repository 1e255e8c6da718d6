"""Ctrl-C and SIGTERM: end soon, with everything kept, whatever hangs."""

from __future__ import annotations

import asyncio
import contextlib
import os
import signal
import sys
import threading
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING, Any, cast

if TYPE_CHECKING:
    from collections.abc import Callable, Coroutine

#: Seconds after which a process that was told to end, and does not, is ended.
_GRACE = 3.0
_EXIT_CODE = 130


class Interrupts:
    """Runs a coroutine that the first signal cancels, then what may be broken off.

    Somebody else's judge may block the loop or refuse to be cancelled. Verdicts are on disk as soon as they are there,
    so after a few seconds, or at the second signal, the process just ends.
    """

    def __init__(self) -> None:
        self._task: asyncio.Task[None] | None = None
        self._told = False
        self._over = threading.Event()

    def run(self, main: Callable[[], Coroutine[Any, Any, None]], afterwards: Callable[[], None] | None = None) -> None:
        """Run a coroutine to its end, then ``afterwards``, work without a loop that a signal breaks off at once."""
        old: dict[signal.Signals, Any] = {}
        if threading.current_thread() is threading.main_thread():
            for number in (signal.SIGINT, signal.SIGTERM):
                # What a parent decided to ignore (nohup) stays ignored.
                if signal.getsignal(number) is not signal.SIG_IGN:
                    old[number] = signal.signal(number, self._hear)
        try:
            asyncio.run(self._main(main))
            if afterwards is not None:
                afterwards()
        finally:
            self._over.set()
            for number, handler in old.items():
                signal.signal(number, handler)

    async def _main(self, main: Callable[[], Coroutine[Any, Any, None]]) -> None:
        self._task = asyncio.current_task()
        loop = asyncio.get_running_loop()
        # A look-up or a judge in the loop's own pool that hangs would be waited for: it is left to a pool that
        # nobody waits for.
        try:
            await main()
        except asyncio.CancelledError:
            loop.set_default_executor(ThreadPoolExecutor(1))
            raise

    def _hear(self, number: int, frame: object) -> None:  # noqa: ARG002 - the signature of a signal handler
        if self._told or self._task is None:
            self._end()
        self._told = True
        threading.Thread(target=self._insist, daemon=True).start()
        task = cast("asyncio.Task[None]", self._task)
        if task.done():
            # There is no loop any more, and nothing to cancel.
            raise KeyboardInterrupt
        task.get_loop().call_soon_threadsafe(task.cancel)

    def _insist(self) -> None:
        if not self._over.wait(_GRACE):
            self._end()

    def _end(self) -> None:
        with contextlib.suppress(Exception):
            sys.stderr.write("\njudgebench: interrupted; what was judged is kept: the same command asks the others\n")
            sys.stderr.flush()
        os._exit(_EXIT_CODE)
