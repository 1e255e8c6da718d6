"""What leaderboards and published folders are made of: runs of some tasks, measured and timed."""

from __future__ import annotations

from typing import TYPE_CHECKING

from judgebench.errors import DataError, UnknownNameError, UsageError

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from judgebench.api.sources import Source
    from judgebench.errors import JudgebenchError
    from judgebench.report.leaderboard import Key, Pace
    from judgebench.report.system_board import Placed

__all__ = ["of_tasks", "paces", "placed"]


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


def placed(tables: Sequence[Source], policy: Sequence[str], *, tell: Callable[[str], None]) -> list[Placed]:
    """Rank the systems of every run by its judge and by gold.

    Parameters
    ----------
    tables : sequence of Source
        The runs.
    policy : sequence of str
        ``name=value`` settings that override the task's own.
    tell : callable
        Hears of the runs that name no systems, which are left out.

    Raises
    ------
    DataError, UsageError
        If no run can be ranked.
    """
    from judgebench.agreement.systems.systems import rank_systems, system_places  # noqa: PLC0415 - loaded on use
    from judgebench.report.system_board import Placed  # noqa: PLC0415 - loaded on use
    from judgebench.report.systems import Ranking  # noqa: PLC0415 - loaded on use

    found: list[Placed] = []
    unfit: list[JudgebenchError] = []
    for table in tables:
        ratings, policies = table.ratings(), table.own.override(policy)
        try:
            ranking = rank_systems(ratings, policies=policies)
            places = system_places(ratings, policies)
        except (DataError, UsageError) as error:
            # A folder of runs may hold tasks that name no systems; they must not hide the others.
            unfit.append(error)
            tell(f"left out {table.judge} on {table.task}: {error}")
            continue
        found.append(Placed(Ranking(table.task, table.judge, table.gold, table.revision, ranking), places))
    if not found and unfit:
        raise unfit[0]
    return found
