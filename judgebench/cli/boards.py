"""``leaderboard``: judges of many runs in one order."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Literal

import typer

from judgebench.api.boards import of_tasks, paces, placed
from judgebench.api.checks import check_output
from judgebench.api.sources import judgments
from judgebench.cli.options import BySystemOption, OutputOption, PolicyOption, emit, note, room
from judgebench.cli.sources import stored_sources
from judgebench.errors import UsageError

RunsFolder = Annotated[Path, typer.Argument(metavar="[RUNS]", envvar="JUDGEBENCH_RUNS", help="Folder of runs.")]

TasksOption = Annotated[list[str], typer.Option("--task", metavar="T", help="Only this task; repeatable.")]


def leaderboard(
    runs: RunsFolder = Path("runs"),
    *,
    policy: PolicyOption = [],  # noqa: B006 - typer reads the default, nobody changes it
    by_system: BySystemOption = False,
    subsets: Annotated[bool, typer.Option(help="Rows for subsets, too.")] = True,
    form: Annotated[
        Literal["csv", "md", "html", "tex", "json", "table"] | None,
        typer.Option("--format", help="By default what --output ends in, else a table."),
    ] = None,
    task: TasksOption = [],  # noqa: B006 - typer reads the default, nobody changes it
    metric: Annotated[
        str, typer.Option("--metric", metavar="NAME", help="Rank by this, not by what the task's scale calls for.")
    ] = "",
    over: Annotated[
        Literal["mean", "rank", "win-rate"] | None,
        typer.Option("--aggregate", help="One figure a judge over all tasks, too; there is none by itself."),
    ] = None,
    systems: Annotated[
        bool, typer.Option("--systems", help="Rank the judged systems instead, by each judge beside gold.")
    ] = False,
    output: OutputOption = None,
) -> None:
    """Rank the judges of a runs folder, task by task; or the systems that they judged."""
    from judgebench.report.leaderboard import Leaderboard, aggregate, rank  # noqa: PLC0415 - loaded on use

    check_output(output)
    tables = of_tasks(list(stored_sources([runs])), task)
    if systems:
        if metric or over or by_system:
            raise UsageError("--systems goes without --metric, --aggregate and --by-system, which are about judges")
        from judgebench.report.system_board import SystemBoard  # noqa: PLC0415 - loaded on use

        found = SystemBoard(placed(tables, policy, tell=note))
        emit(found.render(form or ending(output) or "table", width=room(output)), output)
        return
    rows = [row for table in tables for row in table.measure(policy, by_system=by_system, verify=False)]
    kept = [row for row in rows if subsets or row.subset == "all"]
    headlines = {table.task: metric for table in tables} if metric else None
    judged = judgments(tables)
    entries = rank(kept, headlines, judged, paces(tables))
    overall = None if over is None else aggregate(entries, over, judged)
    emit(Leaderboard(tuple(entries), overall).render(form or ending(output) or "table", width=room(output)), output)


def ending(output: Path | None) -> str:
    """Say what a file's name ends in; nothing without a file."""
    return "" if output is None else output.suffix.removeprefix(".").lower()
