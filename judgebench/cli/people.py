"""``humans``: how far the people behind the gold agree, and where judges stand among them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Literal, TypeAlias

import typer

from judgebench.api.labelling import open_labels
from judgebench.api.tables import Columns
from judgebench.cli.options import (
    ConfigOption,
    FormatOption,
    LabelsModeOption,
    LabelsOption,
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
    SystemColOption,
    WordOption,
    sources,
)
from judgebench.errors import DataError, UsageError

if TYPE_CHECKING:
    from pathlib import Path

    from judgebench.api.sources import Source
    from judgebench.report.humans import Panel

Interval: TypeAlias = Literal["influence", "bootstrap", "jackknife"]


def humans(
    runs: RunsArgument = None,
    *,
    csv: CsvOption = None,
    judge_col: JudgeColOption = [],  # noqa: B006 - typer reads the default, nobody changes it
    gold_col: GoldColOption = [],  # noqa: B006 - typer reads the default, nobody changes it
    scale: ScaleOption = None,
    cluster_col: ClusterColOption = None,
    subset_col: SubsetColOption = None,
    system_col: SystemColOption = None,
    id_col: IdColOption = None,
    long: LongOption = None,
    word: WordOption = [],  # noqa: B006 - typer reads the default, nobody changes it
    delimiter: DelimiterOption = None,
    gold: GoldOption = "unspecified",
    labels: LabelsOption = [],  # noqa: B006 - typer reads the default, nobody changes it
    labels_mode: LabelsModeOption = None,
    alpha_interval: Annotated[
        Interval,
        typer.Option(
            "--alpha-interval", help="How the interval of the annotators' alpha is made; resampling is of questions."
        ),
    ] = "influence",
    seed: Annotated[int, typer.Option("--seed", min=0, help="Of the bootstrap.")] = 0,
    policy: PolicyOption = [],  # noqa: B006 - typer reads the default, nobody changes it
    form: FormatOption = "table",
    output: OutputOption = None,
    config: ConfigOption = None,  # noqa: ARG001 - handled by its callback
) -> None:
    """Measure the annotators against each other, all at once, and each judge as if it were one of them."""
    from judgebench.report.humans import gather, render  # noqa: PLC0415 - loaded on use

    check_output(output)
    columns = Columns(judge_col, gold_col, scale, cluster_col, subset_col, system_col, id_col, long, delimiter, word)
    if csv is not None and not judge_col and not runs:
        panels = [_alone(csv, columns, gold, policy, alpha_interval, seed)]
    else:
        tasks: dict[str, list[Source]] = {}
        beside = open_labels(labels, labels_mode or "add")
        for source in sources(runs, csv, columns, gold, labels=beside):
            tasks.setdefault(source.task, []).append(source)
        panels = []
        unfit: list[DataError] = []
        for task, mine in tasks.items():
            measured = (
                (task, one.judge, one.gold, one.revision, one.own.override(policy), one.ratings()) for one in mine
            )
            try:
                panels += gather(measured, alpha=alpha_interval, seed=seed)
            except DataError as error:
                # A task with one annotator must not hide the others.
                if len(tasks) == 1:
                    raise
                unfit.append(error)
                note(f"left out {task}: {error}")
        if not panels:
            raise unfit[0]
    emit(render(panels, form, width=room(output)), output)


def _alone(path: Path, columns: Columns, gold: str, policy: list[str], alpha: Interval, seed: int) -> Panel:
    """Measure the annotators of a table that names no judge."""
    from judgebench.agreement.humans.humans import measure_humans  # noqa: PLC0415 - loaded on use
    from judgebench.domain import Policies  # noqa: PLC0415 - loaded on use
    from judgebench.report.humans import Panel  # noqa: PLC0415 - loaded on use

    if len(columns.gold) < 2:
        raise UsageError("humans needs --gold-col twice or more, one per annotator (judgebench doctor FILE helps)")
    table = columns.read(path)
    for text in table.notes:
        note(text)
    rules = Policies().override(policy)
    found = measure_humans(next(iter(table.judges.values())), rules, alpha=alpha, seed=seed)
    return Panel(path.name, gold, table.revision, rules, found, ())
