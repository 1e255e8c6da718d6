"""Options of the commands that measure, and opening what they name; what a person should know goes to stderr."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from judgebench.api import sources as opening
from judgebench.api.tables import Gold
from judgebench.cli.options import note

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from judgebench.api.sources import Source
    from judgebench.api.tables import Columns
    from judgebench.labels.annotations import Labels

RunsArgument = Annotated[
    list[Path] | None, typer.Argument(metavar="[RUN]...", help="Run folders, or folders or URLs of runs.")
]
CsvOption = Annotated[
    Path | None, typer.Option("--csv", metavar="FILE", help="A table of labels: CSV, JSONL, JSON or Parquet.")
]
JudgeColOption = Annotated[
    list[str], typer.Option("--judge-col", metavar="C", help="Column of a judge's verdicts; repeatable.")
]
GoldColOption = Annotated[
    list[str], typer.Option("--gold-col", metavar="C", help="Column of gold labels, one per annotator; repeatable.")
]
ScoreColOption = Annotated[
    list[str],
    typer.Option(
        "--score-col",
        metavar="C",
        help="Column of a judge's scores or probabilities: one per --judge-col, or alone; repeatable.",
    ),
]
ScaleOption = Annotated[
    str | None,
    typer.Option(
        "--scale", metavar="SCALE", help="check, pair, rate:1-5, low,medium,high (worst first), nominal:a,b ..."
    ),
]
ClusterColOption = Annotated[
    str | None, typer.Option("--cluster-col", metavar="C", help="Column of the question that rows share.")
]
SubsetColOption = Annotated[str | None, typer.Option("--subset-col", metavar="C", help="Column of subsets.")]
SystemColOption = Annotated[str | None, typer.Option("--system-col", metavar="C", help="Column of the judged systems.")]
IdColOption = Annotated[str | None, typer.Option("--id-col", metavar="C", help="Column of item ids.")]
LongOption = Annotated[
    str | None,
    typer.Option(
        "--long",
        metavar="ITEM,RATER,LABEL",
        help="The table is long: these columns; --judge-col and --gold-col then name raters.",
    ),
]
WordOption = Annotated[
    list[str],
    typer.Option(
        "--word", metavar="OLD=NEW", help="What a word in the table means; an empty NEW is a gap; repeatable."
    ),
]
DelimiterOption = Annotated[
    str | None, typer.Option("--delimiter", metavar="CHAR", help="Delimiter, where it isn't plain.")
]
GoldOption = Annotated[
    Gold, typer.Option("--gold", help="Who gave the gold labels of --csv; only people's labels are called human.")
]


def sources(
    runs: Sequence[Path] | None,
    csv: Path | None,
    columns: Columns,
    gold: Gold,
    *,
    unlabelled: bool = False,
    labels: Mapping[str, Labels] | None = None,
) -> list[Source]:
    """Open run folders, or a table with its columns, as `judgebench.api.sources.sources` does."""
    return opening.sources(runs, csv, columns, gold, unlabelled=unlabelled, labels=labels, tell=note)


def stored_sources(paths: Sequence[Path], *, labels: Mapping[str, Labels] | None = None) -> Iterator[Source]:
    """Open runs, as `judgebench.api.sources.stored_sources` does."""
    return opening.stored_sources(paths, labels=labels, tell=note)
