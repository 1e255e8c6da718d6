"""``score``: measure what is there; never ask."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Literal

import typer

from judgebench.api.labelling import open_labels
from judgebench.api.tables import Columns
from judgebench.cli.options import (
    BySystemOption,
    ConfigOption,
    FormatOption,
    LabelsModeOption,
    LabelsOption,
    OutputOption,
    PolicyOption,
    emit,
    emit_scores,
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
    ScoreColOption,
    SubsetColOption,
    SystemColOption,
    WordOption,
    sources,
)

if TYPE_CHECKING:
    from collections.abc import Sequence

    from judgebench.api.sources import Source


def score(
    runs: RunsArgument = None,
    *,
    csv: CsvOption = None,
    judge_col: JudgeColOption = [],  # noqa: B006 - typer reads the default, nobody changes it
    gold_col: GoldColOption = [],  # noqa: B006 - typer reads the default, nobody changes it
    score_col: ScoreColOption = [],  # noqa: B006 - typer reads the default, nobody changes it
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
    policy: PolicyOption = [],  # noqa: B006 - typer reads the default, nobody changes it
    by_system: BySystemOption = False,
    interval: Annotated[
        Literal["default", "clopper-pearson", "bca", "bootstrap", "jackknife", "two-way"],
        typer.Option("--interval", help="How intervals are made; two-way: clustered by question and by system."),
    ] = "default",
    sensitivity: Annotated[
        bool, typer.Option("--sensitivity", help="Print the headline under every convention instead.")
    ] = False,
    verify: Annotated[
        bool,
        typer.Option("--verify", help="Recompute with scikit-learn, krippendorff and scipy; stop on a difference."),
    ] = False,
    form: FormatOption = "table",
    output: OutputOption = None,
    config: ConfigOption = None,  # noqa: ARG001 - handled by its callback
) -> None:
    """Measure again: runs that were asked before, or a table of one's own labels."""
    columns = Columns(
        judge_col, gold_col, scale, cluster_col, subset_col, system_col, id_col, long, delimiter, word, score_col
    )
    tables = sources(runs, csv, columns, gold, labels=open_labels(labels, labels_mode or "only"))
    if sensitivity:
        emit(_sensitivity(tables, policy, form, room(output)), output)
        return
    rows = [
        row for table in tables for row in table.measure(policy, by_system=by_system, verify=verify, interval=interval)
    ]
    emit_scores(rows, form, output)


def _sensitivity(tables: Sequence[Source], policy: Sequence[str], form: str, width: int) -> str:
    from judgebench.agreement.policies import apply  # noqa: PLC0415 - loaded on use
    from judgebench.agreement.sensitivity import sensitivity  # noqa: PLC0415 - loaded on use
    from judgebench.report.sensitivity import Line, render  # noqa: PLC0415 - loaded on use

    lines: list[Line] = []
    for table in tables:
        judged = table.judged(table.own.override(policy))
        own = apply(judged.ratings, judged.policies).policies
        warnings = ("incomplete_run",) if judged.unfinished else ()
        for policies, rows, metrics in sensitivity(judged.ratings):
            lines.append(Line(table.task, table.judge, policies, rows, policies == own, metrics, warnings))
    return render(lines, form, width=width)
