"""``judgebench.leaderboard``: judges of many runs in one order, or the systems that they judged."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Literal, Unpack

from judgebench.api.notes import tell
from judgebench.api.parameters import Option, policies_of, question
from judgebench.api.source import by_name, each_fit, is_given, judgments, try_each
from judgebench.api.sources import open_sources
from judgebench.api.tables import BySystem, LabelsAndScores, Names, OnlyTasks, Policy
from judgebench.domain import names_of
from judgebench.errors import UnscoredError, UsageError, argument
from judgebench.report.document.text import shorten
from judgebench.report.leaderboard.aggregate import aggregate
from judgebench.report.leaderboard.board import Leaderboard
from judgebench.report.leaderboard.entries import Unmeasured, pace, silent
from judgebench.report.leaderboard.paper import Listed, Paper
from judgebench.report.leaderboard.ranks import rank
from judgebench.report.system_board import Placed, SystemBoard

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from judgebench.api.source import Source
    from judgebench.domain import Agreement
    from judgebench.report.leaderboard.entries import Entry, Key, Pace
    from judgebench.store.runs import StoredRun

__all__ = ["leaderboard", "paces", "placed"]

#: Letters of a reason that a line has room for.
_WHY = 60


@question
def leaderboard(
    runs: Annotated[
        Any, Option("Folder of runs; by default `runs`.", metavar="[RUNS]", env="JUDGEBENCH_RUNS", read=Path, csv=True)
    ] = None,
    *,
    task: OnlyTasks = (),
    metric: Annotated[
        str | None, Option("Rank by this, not by what the task's scale calls for.", metavar="NAME")
    ] = None,
    over: Annotated[
        Literal["mean", "rank", "win-rate"] | None,
        Option("Also one figure per judge over all tasks; by default there is none.", "--aggregate"),
    ] = None,
    subsets: Annotated[bool, Option("Rows for subsets, too.", "--subsets/--no-subsets")] = True,
    by_system: BySystem = False,
    columns: Annotated[
        Names,
        Option(
            "One table for a paper with these columns: metrics (accuracy, accuracy:Chat of a subset), rank, tier, "
            "items, coverage, usd; repeatable.",
            metavar="NAME",
            read=list[str],
        ),
    ] = (),
    percent: Annotated[bool, Option("That table with its figures in percent.", "--percent")] = False,
    intervals: Annotated[bool, Option("That table with intervals.", "--intervals/--no-intervals")] = True,
    published: Annotated[bool, Option("That table with published figures of other judges.", "--published")] = False,
    systems: Annotated[bool, Option("Rank the judged systems instead, by each judge beside gold.")] = False,
    policy: Policy = (),
    **table: Unpack[LabelsAndScores],
) -> Leaderboard | SystemBoard:
    """Rank judges task by task, with the places that the data leave open."""
    policies = policies_of(policy)
    started: list[StoredRun] = []
    source = runs if is_given(runs) else Path("runs")
    tables = open_sources(source, table, tell=tell, tasks=task, unheard=started.append)
    if systems:
        if metric or over or by_system or columns or percent or published:
            judges = ", ".join(map(argument, ("metric", "over", "by_system", "columns", "percent", "published")))
            raise UsageError(f"{argument('systems')} can't be combined with {judges}, which are about judges")
        return SystemBoard(placed(tables, policies, tell=tell))
    shape = _paper(
        [columns] if isinstance(columns, str) else columns or (),
        tables,
        percent=percent,
        intervals=intervals,
        published=published,
    )
    if shape is not None and over is not None:
        paper = ", ".join(map(argument, ("columns", "percent", "intervals", "published")))
        raise UsageError(f"{argument('over')} is a table of its own, without {paper}")
    # A column may be of a subset; that table has no rows of them.
    parts = subsets or shape is not None

    def measured(one: Source) -> list[Agreement]:
        rows = one.measure(policies, by_system=by_system, verify=False)
        # Criteria have no row of all items in whose place theirs could be left out, nor does a table's count.
        return [row for row in rows if (row.subset != "all" if one.criteria else parts or row.subset == "all")]

    found, left = try_each(tables, measured, (UnscoredError,))
    kept = [row for rows in found for row in rows]
    judged = judgments(tables)
    entries = rank(kept, {table.task: metric for table in tables} if metric else None, judged, paces(tables))
    heard = [entry for entry in entries if not silent(entry.row)]
    overall = None if over is None else aggregate(heard, over, judged)
    unscored = (Unmeasured(one.task, one.judge, why.what) for one, why in left)
    unmeasured = (*_failing(tables, entries), *_started(started), *unscored)
    return Leaderboard(tuple(entries), overall, paper=shape, unmeasured=unmeasured)


def _failing(tables: Sequence[Source], entries: Sequence[Entry]) -> Iterator[Unmeasured]:
    """Say of judges whose calls all failed why the last one did."""
    runs = {(one.task, one.judge, one.revision): one.stored for one in tables}
    for row in (entry.row for entry in entries if entry.row.subset == "all" and silent(entry.row)):
        stored = runs.get((row.task, row.judge, row.revision))
        errors = () if stored is None else (one.error for one in stored.verdicts())
        why = next(filter(None, errors), "all calls failed")
        yield Unmeasured(row.task, row.judge, shorten(why, _WHY))


def _started(started: Sequence[StoredRun]) -> Iterator[Unmeasured]:
    """Say which runs have no answer at all."""
    for stored, name in zip(started, names_of([one.run for one in started]), strict=True):
        yield Unmeasured(stored.run.task, name, "nothing is judged yet")


def _paper(
    columns: Sequence[str],
    tables: Sequence[Source],
    *,
    percent: bool,
    intervals: bool,
    published: bool,
) -> Paper | None:
    """Say how the one table looks, where anything is said of it."""
    if not columns and intervals and not (percent or published):
        return None
    names = tuple(name.strip() for text in columns for name in text.split(",") if name.strip())
    listed: tuple[Listed, ...] = ()
    if published:
        from judgebench.reproduce.published import listed_figures  # noqa: PLC0415 - loaded on use

        tasks = tuple(dict.fromkeys(table.task for table in tables))
        listed = tuple(
            Listed(
                task,
                one.judge,
                one.subset,
                one.metric,
                one.fraction,
                one.decimals,
                one.source,
                known,
                one.unit,
                one.conditions,
            )
            for task in tasks
            for one, known in listed_figures(task)
        )
        if none := [task for task in tasks if task not in {one.task for one in listed}]:
            tell(f"no published figures are known for {', '.join(none)}")
    return Paper(names, percent, intervals, listed)


def paces(tables: Sequence[Source]) -> dict[Key, Pace | None]:
    """Measure how long each run's judgments took."""
    return {
        name: pace(one.judge, one.stored.judgments()) for name, one in by_name(tables).items() if one.stored is not None
    }


def placed(tables: Sequence[Source], policy: Sequence[str], *, tell: Callable[[str], None]) -> list[Placed]:
    """Rank the systems of every run by its judge and by gold; ``tell`` hears of runs that name none."""
    from judgebench.agreement.systems.systems import rank_systems, system_places  # noqa: PLC0415 - loads numpy
    from judgebench.report.systems import Ranking  # noqa: PLC0415 - loaded on use

    def one(table: Source) -> Placed:
        ratings, policies = table.ratings(), table.policies(policy)
        ranking = rank_systems(ratings, policies=policies)
        places = system_places(ratings, policies)
        return Placed(Ranking(table.task, table.judge, table.gold, table.revision, ranking), places)

    return each_fit(tables, one, tell=tell)
