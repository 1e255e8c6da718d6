"""What leaderboards and published folders are made of: runs of some tasks, measured and timed."""

from __future__ import annotations

from typing import TYPE_CHECKING

from judgebench.errors import UnknownNameError

if TYPE_CHECKING:
    from collections.abc import Sequence

    from judgebench.api.sources import Source
    from judgebench.report.leaderboard import Key, Pace

__all__ = ["of_tasks", "paces"]


def of_tasks(tables: Sequence[Source], tasks: Sequence[str]) -> list[Source]:
    """Keep the runs of some tasks; all where none is named.

    Raises
    ------
    UnknownNameError
        If there is no run of a named task.
    """
    known = sorted({table.task for table in tables})
    for name in tasks:
        if name not in known:
            raise UnknownNameError("task", name, known, hint="(the runs here are of " + ", ".join(known) + ")")
    return [table for table in tables if not tasks or table.task in tasks]


def paces(tables: Sequence[Source]) -> dict[Key, Pace | None]:
    """Measure how long each run's judgments took; runs of one name can't be told apart by their rows."""
    from judgebench.report.leaderboard import pace  # noqa: PLC0415 - loaded on use

    names = [(table.task, table.judge, table.revision) for table in tables]
    return {
        name: pace(table.judge, table.stored.judgments())
        for name, table in zip(names, tables, strict=True)
        if table.stored is not None and names.count(name) == 1
    }
