"""A probe of somebody else's: what it yields is looked at before anything is asked."""

from __future__ import annotations

from typing import TYPE_CHECKING, NoReturn, cast

from judgebench.domain import Case
from judgebench.domain.items import PLACEBO
from judgebench.errors import BrokenPluginError

if TYPE_CHECKING:
    from collections.abc import Iterator

    from judgebench.domain import Item, Probe


class Plugged:
    """Yields the cases of ``probe``; BrokenPluginError where it raises, or where they are none that can be asked."""

    def __init__(self, probe: Probe) -> None:
        self.name = probe.name
        self._probe = probe

    def cases(self, item: Item) -> Iterator[Case]:
        """Yield the cases of an item, each once."""
        try:
            found = list(self._probe.cases(item))
        except Exception as error:  # noqa: BLE001 - whatever a plugin raises, the user hears which one it was
            what = f"{type(error).__name__}: {error}"
            raise BrokenPluginError(f"probe {self.name!r} failed on item {item.id!r}: {what}") from None
        keys: set[str] = set()
        for case in cast("list[object]", found):
            if not isinstance(case, Case):
                self._fail(item, f"class {type(case).__name__}, not a Case")
            if case.item.id != item.id:
                self._fail(item, f"a case of item {case.item.id!r}")
            if sorted(case.order) != list(range(len(case.item.responses))):
                self._fail(item, f"the order {case.order!r} for {len(case.item.responses)} responses")
            if case.probe not in {"", self.name, self.name + PLACEBO}:
                self._fail(item, f"a case of probe {case.probe!r}")
            if case.key in keys:
                self._fail(item, "one case twice")
            keys.add(case.key)
            yield case

    def _fail(self, item: Item, what: str) -> NoReturn:
        raise BrokenPluginError(f"probe {self.name!r} on item {item.id!r} yields {what}")
