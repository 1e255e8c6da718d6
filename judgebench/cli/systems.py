"""``systems``: whether a judge ranks the systems as gold does."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Annotated, Literal, TypeAlias

import typer

from judgebench.api.tables import Columns
from judgebench.cli.options import (
    ConfigOption,
    FormatOption,
    OutputOption,
    PolicyOption,
    check_output,
    emit,
    note,
    room,
)
from judgebench.cli.sources import (
    ClusterColOption,
    CsvOption,
    DelimiterOption,
    GoldColOption,
    GoldOption,
    IdColOption,
    JudgeColOption,
    LongOption,
    RunsArgument,
    ScaleOption,
    SubsetColOption,
    WordOption,
    sources,
)
from judgebench.errors import DataError, UsageError

if TYPE_CHECKING:
    from pathlib import Path

    from judgebench.agreement.systems.scores import Opponents
    from judgebench.domain import Ratings
    from judgebench.errors import JudgebenchError

Score: TypeAlias = Literal["mean", "win-rate", "bradley-terry"]
Ties: TypeAlias = Literal["half", "davidson", "rao-kupper"]


def systems(
    runs: RunsArgument = None,
    *,
    csv: CsvOption = None,
    judge_col: JudgeColOption = [],  # noqa: B006 - typer reads the default, nobody changes it
    gold_col: GoldColOption = [],  # noqa: B006 - typer reads the default, nobody changes it
    system_col: Annotated[
        list[str],
        typer.Option(
            "--system-col",
            metavar="C",
            help="Column of the judged systems; for pairs give it twice, first response's and second's.",
        ),
    ] = [],  # noqa: B006 - typer reads the default, nobody changes it
    scale: ScaleOption = None,
    cluster_col: ClusterColOption = None,
    subset_col: SubsetColOption = None,
    id_col: IdColOption = None,
    long: LongOption = None,
    word: WordOption = [],  # noqa: B006 - typer reads the default, nobody changes it
    delimiter: DelimiterOption = None,
    gold: GoldOption = "unspecified",
    score: Annotated[
        Score | None,
        typer.Option("--score", help="A system's score; by default the mean verdict, and Bradley-Terry for pairs."),
    ] = None,
    anchor: Annotated[
        str, typer.Option("--anchor", metavar="SYSTEM", help="Win rates against this system only (pairs).")
    ] = "",
    ties: Annotated[Ties, typer.Option("--ties", help="How ties count in Bradley-Terry.")] = "half",
    draws: Annotated[int, typer.Option("--draws", min=1, help="Resamples behind the intervals of comparisons.")] = 2000,
    seed: Annotated[int, typer.Option("--seed", min=0, help="Of the resamples.")] = 0,
    policy: PolicyOption = [],  # noqa: B006 - typer reads the default, nobody changes it
    form: FormatOption = "table",
    output: OutputOption = None,
    config: ConfigOption = None,  # noqa: ARG001 - handled by its callback
) -> None:
    """Compare the judge's ranking of the systems with gold's: rank correlations, bias per system, decisiveness."""
    from judgebench.agreement.systems.systems import rank_systems  # noqa: PLC0415 - loaded on use
    from judgebench.report.systems import Ranking, render  # noqa: PLC0415 - loaded on use

    check_output(output)
    if csv is not None and not 1 <= len(system_col) <= 2:
        raise UsageError("--csv needs --system-col: once, or for pairs twice (the first and the second response's)")
    columns = Columns(
        judge_col,
        gold_col,
        scale,
        cluster_col,
        subset_col,
        system_col[0] if system_col else None,
        id_col,
        long,
        delimiter,
        word,
    )
    rankings: list[Ranking] = []
    unfit: list[JudgebenchError] = []
    other: Ratings | None = None
    opened = sources(runs, csv, columns, gold)
    for source in opened:
        ratings = source.ratings()
        if csv is not None and len(system_col) == 2:
            other = other or _other_side(csv, columns, system_col[1])
        try:
            found = rank_systems(
                ratings,
                policies=source.own.override(policy),
                score=score,
                anchor=anchor,
                ties=ties,
                opponents=None if other is None else _opponents(ratings, other),
                draws=draws,
                seed=seed,
            )
        except (DataError, UsageError) as error:
            # A folder of runs may hold tasks that name no systems; they must not hide the others.
            if csv is not None or len(opened) == 1:
                raise
            unfit.append(error)
            note(f"left out {source.judge} on {source.task}: {error}")
            continue
        rankings.append(Ranking(source.task, source.judge, source.gold, source.revision, found))
    if not rankings:
        raise unfit[0]
    emit(render(rankings, form, width=room(output)), output)


def _other_side(path: Path, columns: Columns, column: str) -> Ratings:
    """Read the second responses' systems: the same table once more, with the other column of systems."""
    table = replace(columns, system=column).read(path)
    return next(iter(table.judges.values()))


def _opponents(ratings: Ratings, other: Ratings) -> Opponents:
    from judgebench.agreement.systems.scores import Opponents  # noqa: PLC0415 - loaded on use

    if ratings.scale.kind != "pair":
        raise UsageError(f"two --system-col are for pairs, and the labels are on {ratings.scale.spec}; give one")
    return Opponents.of(ratings.system, ratings.systems, other.system, other.systems)
