"""Which version of a model answers, so that no run mixes answers of another one's in unawares."""

from __future__ import annotations

import asyncio
from collections import Counter
from typing import TYPE_CHECKING

from judgebench.domain import Status

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Iterable

    from judgebench.domain import Case, Verdict
    from judgebench.store.answers import Stored

#: Cases looked up before the loop may breathe.
_BREATH = 64


class Version:
    """Decides which answers of other runs serve this one.

    Nothing is known, and nothing done, until another run's answer turns up. Then the version is that of the first case
    that is answered live; where none is under way, the first that has to be asked is asked before its turn. Where
    nothing has to be asked, it is the version that gave most of the answers. ``ask`` asks a case and says whether
    another may be asked.
    """

    def __init__(
        self,
        cases: Callable[[], Iterable[Case]],
        lookup: Callable[[str], Stored | None],
        ask: Callable[[Case], Awaitable[bool]],
    ) -> None:
        #: Keys of cases that were asked before their turn and whose turn is still to come.
        self.scouted: set[str] = set()
        self._cases = cases
        self._lookup = lookup
        self._ask = ask
        self._known: str | None = None
        self._lock = asyncio.Lock()
        # Cases asked while nothing is known; they are few.
        self._tried: set[str] = set()
        self._under_way = 0
        self._landed = asyncio.Event()

    def asks(self, key: str) -> None:
        """Note that a case is asked."""
        if self._known is None:
            self._tried.add(key)
        self._under_way += 1

    def landed(self, verdict: Verdict | None) -> None:
        """Learn the version from a live answer; None where none came."""
        self._under_way -= 1
        if self._known is None:
            self._landed.set()
            if verdict is not None and (verdict.model or verdict.status in {Status.OK, Status.UNPARSED}):
                self._known = verdict.model
                self._tried.clear()

    async def serves(self, verdict: Verdict) -> bool:
        """Whether another run's answer is of the version that answers now."""
        if self._known is None:
            async with self._lock:
                if self._known is None:
                    self._known = await self._find()
        return verdict.model == self._known

    async def _find(self) -> str:
        stored: Counter[str] = Counter()
        for number, case in enumerate(self._cases(), 1):
            if number % _BREATH == 0:
                await asyncio.sleep(0)
            found = self._lookup(case.key)
            if found is not None:
                stored[found.verdict.model] += not found.own
            elif case.key not in self._tried:
                self.scouted.add(case.key)
                if not await self._ask(case):
                    break
            if self._known is not None:
                return self._known
        while self._known is None and self._under_way:
            self._landed.clear()
            await self._landed.wait()
        if self._known is not None:
            return self._known
        # Of equally common ones the name decides, so that the same store gives the same run.
        return min(stored, key=lambda model: (-stored[model], model), default="")
