"""Runs of judge cards as their other parser reads the replies: both readings are kept, and either can be measured."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from judgebench.store.runs import StoredRun

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from judgebench.domain import Verdict

_PART = "parser "


class OtherReading(StoredRun):
    """A run with the verdicts that its other parser gives; where both agree nothing was kept twice."""

    __slots__ = ()

    def _verdicts(self, *, texts: bool) -> Iterator[Verdict]:
        part = f"{_PART}{self.run.settings['parser']}"
        for verdict in super()._verdicts(texts=texts):
            read = dict(verdict.parts).get(part)
            if read is None:
                yield verdict
                continue
            yield replace(
                verdict,
                status=read.status,
                code=read.code,
                scores=read.scores,
                probabilities=read.probabilities,
                error=read.error,
                parts=(),
            )


def also_read(runs: Iterable[StoredRun]) -> Iterator[StoredRun]:
    """Yield runs, and after each its other reading, where the two differ in a verdict."""
    for stored in runs:
        yield stored
        if "parser" not in stored.run.settings:
            continue
        named = (name for one in stored.judgments() for name, _ in one.parts if name.startswith(_PART))
        if (other := next(named, None)) is not None:
            settings = {**stored.run.settings, "parser": other.removeprefix(_PART)}
            yield OtherReading(stored.path, replace(stored.run, settings=settings), stored.sealed)
