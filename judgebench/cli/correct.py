"""``correct``: the score behind an imperfect judge's verdicts, with some gold or with none."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Literal, TypeAlias

import typer

from judgebench.api.tables import Columns
from judgebench.cli.options import (
    BySystemOption,
    ConfigOption,
    FormatOption,
    OutputOption,
    PolicyOption,
    check_output,
    emit,
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
    SystemColOption,
    WordOption,
    sources,
    stored_sources,
    table_sources,
)
from judgebench.errors import UsageError

if TYPE_CHECKING:
    from collections.abc import Sequence

    from judgebench.api.sources import Source
    from judgebench.domain import Ratings

Estimator: TypeAlias = Literal["auto", "all", "post-strat", "ppi", "rogan-gladen", "matrix", "labels"]
CalibrationOption = Annotated[
    Path | None,
    typer.Option(
        "--calibration", metavar="FILE|RUN", help="The same judge on other rows with gold; same column names."
    ),
]


def correct(
    runs: RunsArgument = None,
    *,
    csv: CsvOption = None,
    judge_col: JudgeColOption = [],  # noqa: B006 - typer reads the default, nobody changes it
    gold_col: GoldColOption = [],  # noqa: B006 - typer reads the default, nobody changes it
    calibration: CalibrationOption = None,
    estimator: Annotated[
        Estimator, typer.Option("--estimator", help="How to correct; auto takes what fits the labels.")
    ] = "auto",
    target: Annotated[
        str | None, typer.Option("--target", metavar="LABEL", help="Estimate the share of this label.")
    ] = None,
    no_gold: Annotated[
        bool, typer.Option("--no-gold", help="Say instead what the judge's ranking of systems is worth without gold.")
    ] = False,
    diagonal: Annotated[
        list[float],
        typer.Option(
            "--diagonal",
            metavar="D",
            help="With --no-gold: a prior, the least share of each true level that the judge gets right; repeatable.",
        ),
    ] = [],  # noqa: B006 - typer reads the default, nobody changes it
    judge_varies: Annotated[
        bool, typer.Option("--judge-varies", help="With --no-gold: let the judge err differently on each system.")
    ] = False,
    draws: Annotated[
        int, typer.Option("--draws", min=100, max=100_000, help="With --no-gold: draws per prior.")
    ] = 1000,
    seed: Annotated[int, typer.Option("--seed", min=0, help="With --no-gold: seed of the draws.")] = 0,
    scale: ScaleOption = None,
    cluster_col: ClusterColOption = None,
    system_col: SystemColOption = None,
    id_col: IdColOption = None,
    long: LongOption = None,
    word: WordOption = [],  # noqa: B006 - typer reads the default, nobody changes it
    delimiter: DelimiterOption = None,
    gold: GoldOption = "unspecified",
    policy: PolicyOption = [],  # noqa: B006 - typer reads the default, nobody changes it
    by_system: BySystemOption = False,
    form: FormatOption = "table",
    output: OutputOption = None,
    config: ConfigOption = None,  # noqa: ARG001 - handled by its callback
) -> None:
    """Correct the score that a judge gives, with gold on some rows; or say what it is worth without any."""
    check_output(output)
    if not no_gold and (diagonal or judge_varies):
        raise UsageError("--diagonal and --judge-varies are about rankings without gold; add --no-gold")
    if no_gold and (calibration is not None or estimator != "auto"):
        raise UsageError("--no-gold corrects nothing, so it takes no --calibration and no --estimator")
    columns = Columns(judge_col, gold_col, scale, cluster_col, None, system_col, id_col, long, delimiter, word)
    if csv is not None and no_gold:
        columns = replace(columns, gold=[])
    elif csv is not None and not gold_col:
        raise UsageError("correct needs --gold-col, whose empty cells are rows without gold; or say --no-gold")
    if no_gold:
        tables = sources(runs, csv, columns, gold, unlabelled=True)
        emit(_judge_only(tables, policy, target, diagonal, judge_varies, draws, seed, form, room(output)), output)
        return
    outside = None if calibration is None else _calibration(calibration, columns, gold, with_table=csv is not None)
    if csv is not None and calibration is not None:
        columns = replace(columns, gold=_present(csv, columns))
    tables = sources(runs, csv, columns, gold, unlabelled=True)
    systems = by_system or system_col is not None
    emit(_corrected(tables, outside, policy, target, estimator, systems, form, room(output)), output)


def _present(csv: Path, columns: Columns) -> Sequence[str]:
    """Gold columns that the scored table has, too: beside a calibration set it needs none."""
    from judgebench.files.read import open_table  # noqa: PLC0415 - loaded on use

    if columns.long is not None:
        return columns.gold
    header = open_table(csv, columns.delimiter).columns
    return [name for name in columns.gold if name in header]


def _calibration(path: Path, columns: Columns, gold: str, *, with_table: bool) -> dict[str, Ratings]:
    """Open the calibration set: a run, or a table with the columns of the scored one."""
    if path.is_dir():
        found = list(stored_sources([path]))
    elif with_table:
        header = replace(columns, cluster=None, system=None, id=None)
        found = table_sources(path, header, gold)
    else:
        raise UsageError(f"--calibration {path}: runs are calibrated by the folder of another run")
    return {source.judge: source.ratings() for source in found}


def _of_judge(outside: dict[str, Ratings] | None, table: Source, tables: Sequence[Source]) -> Ratings | None:
    if outside is None:
        return None
    if len(outside) == len(tables) == 1:
        return next(iter(outside.values()))
    if table.judge not in outside:
        raise UsageError(f"--calibration has no verdicts of {table.judge}; it has those of {', '.join(outside)}")
    return outside[table.judge]


def _corrected(
    tables: Sequence[Source],
    outside: dict[str, Ratings] | None,
    policy: Sequence[str],
    target: str | None,
    estimator: Estimator,
    systems: bool,  # noqa: FBT001 - passed on as the option says
    form: str,
    width: int,
) -> str:
    from judgebench.agreement.correct.correction import correct as compute  # noqa: PLC0415 - loaded on use
    from judgebench.report.correct import Line, render  # noqa: PLC0415 - loaded on use

    lines: list[Line] = []
    for table in tables:
        found = compute(
            table.ratings(),
            policies=table.own.override(policy),
            calibration=_of_judge(outside, table, tables),
            target=target,
            estimator=estimator,
            by_system=systems,
        )
        lines += [Line(table.task, table.judge, table.gold, one) for one in found]
    return render(lines, form, width=width)


def _judge_only(
    tables: Sequence[Source],
    policy: Sequence[str],
    target: str | None,
    diagonal: Sequence[float],
    judge_varies: bool,  # noqa: FBT001 - passed on as the option says
    draws: int,
    seed: int,
    form: str,
    width: int,
) -> str:
    from judgebench.agreement.correct.judge_only import judge_only  # noqa: PLC0415 - loaded on use
    from judgebench.agreement.correct.simplex import DIAGONALS  # noqa: PLC0415 - loaded on use
    from judgebench.report.judge_only import Line, render  # noqa: PLC0415 - loaded on use

    lines: list[Line] = []
    for table in tables:
        found = judge_only(
            table.ratings(),
            policies=table.own.override(policy),
            target=target,
            diagonals=tuple(diagonal) or DIAGONALS,
            common=not judge_varies,
            draws=draws,
            seed=seed,
        )
        lines.append(Line(table.task, table.judge, found))
    return render(lines, form, width=width)
