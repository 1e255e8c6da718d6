"""``leaderboard``: judges of many runs in one order."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Literal

import typer

from judgebench.api.sources import judgments
from judgebench.cli.options import BySystemOption, OutputOption, PolicyOption, check_output, emit, room
from judgebench.cli.sources import stored_sources

if TYPE_CHECKING:
    from collections.abc import Sequence

    from judgebench.api.sources import Source
    from judgebench.report.leaderboard import Key, Pace

RunsFolder = Annotated[Path, typer.Argument(metavar="[RUNS]", envvar="JUDGEBENCH_RUNS", help="Folder of runs.")]


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
    output: OutputOption = None,
) -> None:
    """Rank the judges of a runs folder, task by task."""
    from judgebench.report.leaderboard import rank, render  # noqa: PLC0415 - loaded on use

    check_output(output)
    tables = list(stored_sources([runs]))
    rows = [row for table in tables for row in table.measure(policy, by_system=by_system, verify=False)]
    kept = [row for row in rows if subsets or row.subset == "all"]
    entries = rank(kept, judged=judgments(tables), paces=paces(tables))
    emit(render(entries, form or ending(output) or "table", width=room(output)), output)


def ending(output: Path | None) -> str:
    """Say what a file's name ends in; nothing without a file."""
    return "" if output is None else output.suffix.removeprefix(".").lower()


def paces(tables: Sequence[Source]) -> dict[Key, Pace | None]:
    """Measure how long each run's judgments took; runs of one name can't be told apart by their rows."""
    from judgebench.report.leaderboard import pace  # noqa: PLC0415 - loaded on use

    names = [(table.task, table.judge, table.revision) for table in tables]
    return {
        name: pace(table.judge, table.stored.judgments())
        for name, table in zip(names, tables, strict=True)
        if table.stored is not None and names.count(name) == 1
    }
