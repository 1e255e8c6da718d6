"""``analyze``: where and why judges err."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

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
    SystemColOption,
    WordOption,
    sources,
)
from judgebench.errors import UsageError

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from judgebench.agreement.analysis.features import Feature
    from judgebench.api.sources import Source


def analyze(
    runs: RunsArgument = None,
    *,
    csv: CsvOption = None,
    judge_col: JudgeColOption = [],  # noqa: B006 - typer reads the default, nobody changes it
    gold_col: GoldColOption = [],  # noqa: B006 - typer reads the default, nobody changes it
    feature: Annotated[
        list[str],
        typer.Option("--feature", metavar="C", help="Column of the table that may explain errors; repeatable."),
    ] = [],  # noqa: B006 - typer reads the default, nobody changes it
    own_system: Annotated[
        str | None,
        typer.Option(
            "--own-system", metavar="S", help="The judged system that is the judge: was its own answer right?"
        ),
    ] = None,
    scale: ScaleOption = None,
    cluster_col: ClusterColOption = None,
    subset_col: SubsetColOption = None,
    system_col: SystemColOption = None,
    id_col: IdColOption = None,
    long: LongOption = None,
    word: WordOption = [],  # noqa: B006 - typer reads the default, nobody changes it
    delimiter: DelimiterOption = None,
    gold: GoldOption = "unspecified",
    policy: PolicyOption = [],  # noqa: B006 - typer reads the default, nobody changes it
    form: FormatOption = "table",
    output: OutputOption = None,
    config: ConfigOption = None,  # noqa: ARG001 - handled by its callback
) -> None:
    """Say what predicts a judge's errors, which labels it overuses, and where it agrees least."""
    from judgebench.agreement.analysis.judges import analyze_judges  # noqa: PLC0415 - loaded on use
    from judgebench.report.analysis import Analysis, render  # noqa: PLC0415 - loaded on use

    check_output(output)
    if feature and (csv is None or long is not None):
        raise UsageError("--feature names columns of a wide --csv FILE; runs and long tables have none")
    columns = Columns(judge_col, gold_col, scale, cluster_col, subset_col, system_col, id_col, long, delimiter, word)
    # With every row kept, the item's code is its row, and the features stand in line.
    found = sources(runs, csv, columns, gold, unlabelled=bool(feature))
    features = _features(csv, feature, delimiter) if csv is not None and feature else {}
    tasks: dict[str, list[Source]] = {}
    for source in found:
        tasks.setdefault(source.task, []).append(source)
    analyses: list[Analysis] = []
    for task, mine in tasks.items():
        judged = [one.judged(one.own.override(policy)) for one in mine]
        results, left_out = analyze_judges(judged, features, own_system)
        if left_out:
            note(f"{task}: {left_out:,} items that not every judge has are left out")
        analyses += [
            Analysis(
                task,
                result.judge,
                source.gold,
                source.revision,
                result.policies,
                result.explanation,
                result.labels,
                result.homogeneity,
                result.slices,
                result.difficulty,
                result.own_answers,
            )
            for source, result in zip(mine, results, strict=True)
        ]
    emit(render(analyses, form, width=room(output)), output)


def _features(path: Path, names: Sequence[str], delimiter: str | None) -> dict[str, Feature]:
    from judgebench.agreement.analysis.features import Feature  # noqa: PLC0415 - loaded on use
    from judgebench.labels.features import read_words  # noqa: PLC0415 - loaded on use

    return {name: Feature.of_words(name, words) for name, words in read_words(path, names, delimiter).items()}
