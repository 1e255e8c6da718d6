"""Verdicts that were recorded before, judged again without asking anyone."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from judgebench.domain import Reply, Status, digest
from judgebench.errors import DataError

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from judgebench.domain import Case, Code, Scale

    Replies = Mapping[tuple[str, tuple[int, ...]], Reply]


class ReplayJudge:
    """Answer from a recording: ``replies`` by item id and order, in the shown coordinates of that order."""

    def __init__(self, name: str, replies: Replies, orders: Sequence[tuple[int, ...]] | None = None) -> None:
        self._name = name
        self._replies = replies
        self._orders = tuple(sorted({order for _, order in replies})) if orders is None else tuple(orders)
        rows = [[i, list(o), r.status.value, _plain(r.code), list(r.scores), r.text] for (i, o), r in replies.items()]
        self._settings = {"backend": "replay", "recording": digest(sorted(rows, key=lambda row: (row[0], row[1])))}

    @property
    def name(self) -> str:
        """Name in tables."""
        return self._name

    @property
    def orders(self) -> tuple[tuple[int, ...], ...]:
        """The orders that the recording holds."""
        return self._orders

    @property
    def settings(self) -> Mapping[str, object]:
        """Digest of the recording: a changed file is another judge."""
        return self._settings

    async def judge(self, case: Case, scale: Scale) -> Reply:
        """Look the case up; one that was not recorded has failed, for that is a gap in the recording, not an outage.

        DataError where its code is not on the scale: the recording is one of another task.
        """
        reply = self._replies.get((case.item.id, case.order))
        if reply is None:
            error = f"no recorded verdict for item {case.item.id!r} shown in order {list(case.order)}"
            return Reply(Status.FAILED, error=error)
        codes = reply.code if isinstance(reply.code, tuple) else () if reply.code is None else (reply.code,)
        if any(not 0 <= code < len(scale.labels) for code in codes):
            raise DataError(f"{self._name}: item {case.item.id!r} has code {reply.code}, which {scale.spec} does not")
        return reply


def _plain(code: Code | None) -> Any:
    return list(code) if isinstance(code, tuple) else code
