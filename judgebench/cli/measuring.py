"""``score``, ``doctor``, ``leaderboard``, ``reproduce``: measure what is there; never ask."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Literal

import typer

from judgebench.cli.options import (
    BySystemOption,
    ConfigOption,
    DataOption,
    FormatOption,
    OutputOption,
    PolicyOption,
    emit,
    emit_scores,
    note,
)
from judgebench.errors import MismatchError, UsageError

if TYPE_CHECKING:
    from judgebench.domain import Agreement


def score(
    runs: Annotated[
        list[Path] | None, typer.Argument(metavar="[RUN]...", help="Run folders, or folders of runs.")
    ] = None,
    *,
    csv: Annotated[
        Path | None, typer.Option(metavar="FILE", help="A table of labels: CSV, JSONL, JSON or Parquet.")
    ] = None,
    judge_col: Annotated[
        list[str], typer.Option("--judge-col", metavar="C", help="Column of a judge's verdicts; repeatable.")
    ] = [],  # noqa: B006 - typer reads the default, nobody changes it
    gold_col: Annotated[
        list[str], typer.Option("--gold-col", metavar="C", help="Column of gold labels, one per annotator; repeatable.")
    ] = [],  # noqa: B006 - typer reads the default, nobody changes it
    scale: Annotated[
        str | None,
        typer.Option(metavar="SCALE", help="check, pair, rate:1-5, low,medium,high (worst first), nominal:a,b ..."),
    ] = None,
    cluster_col: Annotated[
        str | None, typer.Option("--cluster-col", metavar="C", help="Column of the question that rows share.")
    ] = None,
    subset_col: Annotated[str | None, typer.Option("--subset-col", metavar="C", help="Column of subsets.")] = None,
    system_col: Annotated[
        str | None, typer.Option("--system-col", metavar="C", help="Column of the judged systems.")
    ] = None,
    id_col: Annotated[str | None, typer.Option("--id-col", metavar="C", help="Column of item ids.")] = None,
    long: Annotated[
        str | None,
        typer.Option(
            metavar="ITEM,RATER,LABEL",
            help="The table is long: these columns; --judge-col and --gold-col then name raters.",
        ),
    ] = None,
    delimiter: Annotated[str | None, typer.Option(metavar="CHAR", help="Delimiter, where it isn't plain.")] = None,
    gold: Annotated[
        Literal["human", "expert", "crowd", "verifier", "model"],
        typer.Option(help="Who gave the gold labels of --csv."),
    ] = "human",
    policy: PolicyOption = [],  # noqa: B006 - typer reads the default, nobody changes it
    by_system: BySystemOption = False,
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
    if bool(runs) == (csv is not None):
        raise UsageError("give run folders, or --csv FILE with --judge-col and --gold-col (judgebench doctor FILE helps)")
    raise NotImplementedError((judge_col, gold_col, scale, cluster_col, subset_col, system_col, id_col, long, delimiter,
     gold, policy, by_system, sensitivity, verify, form, output))


def doctor(file: Annotated[Path, typer.Argument(metavar="FILE")]) -> None:
    """Say what a file is and which command measures it."""
    from judgebench.report.doctor import doctor as diagnose  # noqa: PLC0415 - loaded on use

    emit(str(diagnose(file)), None)
