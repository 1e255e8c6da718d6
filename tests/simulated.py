"""Time that passes as fast as it can: a minute of waiting takes no time, and always the same minute."""

from __future__ import annotations

import asyncio
import selectors


class _Selector(selectors.DefaultSelector):
    """Looks at what is ready; where nothing is, time jumps to when the loop would have woken up."""

    now = 0.0

    def select(self, timeout: float | None = None) -> list[tuple[selectors.SelectorKey, int]]:
        if timeout is None:
            return super().select(None)
        ready = super().select(0)
        # A round of the loop takes a microsecond, so that nobody waits for ever for what a rounding error is short of.
        self.now += 1e-6 if ready else max(timeout, 0.0) + 1e-6
        return ready


class Loop(asyncio.SelectorEventLoop):
    """An event loop with a clock of its own, that starts at 0; for work without sockets to other threads."""

    def __init__(self) -> None:
        self._simulated = _Selector()
        super().__init__(self._simulated)

    def time(self) -> float:
        return self._simulated.now
