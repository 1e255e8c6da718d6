"""``alt-test``: whether a judge may take the place of a human annotator."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Literal, TypeAlias

import typer

from judgebench.api.labelling import open_labels
from judgebench.api.sources import Columns, Gold
from judgebench.cli.options import (
    ConfigOption,
    DataOption,
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
from judgebench.errors import UsageError

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence
    from pathlib import Path

    from judgebench.api.sources import Source
    from judgebench.domain import Policies, Ratings
    from judgebench.labels.annotations import Labels

Scoring: TypeAlias = Literal["accuracy", "neg-rmse"]
Small: TypeAlias = Literal["skip", "wilcoxon"]
Opened: TypeAlias = "tuple[str, str, str, str, Policies, Ratings]"


def alt_test(
    runs: RunsArgument = None,
    *,
    csv: CsvOption = None,
    data: DataOption = None,
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
    epsilon: Annotated[
        float | None,
        typer.Option(
            "--epsilon",
            metavar="E",
            help="How much worse than the annotator the judge may be; by default expert .2, human .15, crowd or "
            "unspecified .1.",
        ),
    ] = None,
    scoring: Annotated[
        Scoring | None,
        typer.Option("--scoring", help="How labels are compared; by default neg-rmse for numeric ratings."),
    ] = None,
    q: Annotated[float, typer.Option("--q", help="False discovery rate (Benjamini-Yekutieli).")] = 0.05,
    min_items: Annotated[int, typer.Option("--min-items", metavar="N", help="Fewest items of an annotator.")] = 30,
    small: Annotated[
        Small, typer.Option("--small", help="Annotators with fewer: leave out, or Wilcoxon's signed-rank test.")
    ] = "skip",
    sweep: Annotated[
        bool, typer.Option("--sweep", help="Add the winning rate for every epsilon from 0 to .3.")
    ] = False,
    policy: PolicyOption = [],  # noqa: B006 - typer reads the default, nobody changes it
    form: FormatOption = "table",
    output: OutputOption = None,
    config: ConfigOption = None,  # noqa: ARG001 - handled by its callback
) -> None:
    """Test whether a judge may replace human annotators (the alternative annotator test).

    Reads runs, a table with a --gold-col per annotator, or with --data a folder of human_annotations.json and
    llm_annotations.json, each {annotator: {item: label}}.
    """
    from judgebench.agreement.alt_test.pairs import differences  # noqa: PLC0415 - loaded on use
    from judgebench.agreement.alt_test.procedure import default_epsilon  # noqa: PLC0415 - loaded on use
    from judgebench.agreement.alt_test.ratings import alt_test_ratings, epsilon_sweep  # noqa: PLC0415 - loaded on use
    from judgebench.report.alttest import Entry, render  # noqa: PLC0415 - loaded on use

    check_output(output)
    if odd := [setting for setting in policy if setting.partition("=")[0].strip() in {"tie", "gold"}]:
        raise UsageError(f"--policy {odd[0]}: alt-test holds every annotator's label as it is; order and invalid apply")
    columns = Columns(judge_col, gold_col, scale, cluster_col, subset_col, system_col, id_col, long, delimiter, word)
    if data is not None and (runs or csv is not None):
        raise UsageError("give run folders, --csv FILE or --data DIR: one of them")
    beside = open_labels(labels, labels_mode or "add")
    if beside is not None and not runs:
        raise UsageError("--labels are about the items of runs")
    opened = list(_sources(runs, csv, columns, gold, beside) if data is None else _folders(data, scale, gold))
    tests: list[Entry] = []
    several = [one for one in opened if len(one[5].annotators) > 1]
    fit = several or opened
    for task in dict.fromkeys(one[0] for one in opened if several and len(one[5].annotators) < 2):
        note(f"left out {task}: it has one annotator, and the test holds a judge and one annotator to the others")
    for task, judge, who, revision, own, ratings in fit:
        margin = default_epsilon(who) if epsilon is None else epsilon
        rules = own.override(policy)
        found = alt_test_ratings(ratings, rules, epsilon=margin, scoring=scoring, q=q, min_items=min_items, small=small)
        swept = epsilon_sweep(ratings, rules, scoring=scoring, q=q, min_items=min_items, small=small) if sweep else ()
        tests.append(Entry(task, judge, who, revision, rules, found, swept))
    pairs = differences([(one[0], one[5], test.result) for one, test in zip(fit, tests, strict=True)])
    emit(render(tests, pairs, form, width=room(output)), output)


def _folders(data: Path, scale: str | None, gold: str) -> Iterator[Opened]:
    from judgebench.domain import Policies, Scale  # noqa: PLC0415 - loaded on use
    from judgebench.tasks.annotations import folders, read_folder  # noqa: PLC0415 - loaded on use

    for folder in folders(data):
        read = read_folder(folder, None if scale is None else Scale.parse(scale))
        for judge, ratings in read.judges.items():
            yield read.name, judge, gold, read.revision, Policies(order="single"), ratings


def _sources(
    runs: Sequence[Path] | None, csv: Path | None, columns: Columns, gold: Gold, labels: Mapping[str, Labels] | None
) -> Iterator[Opened]:
    for source in sources(runs, csv, columns, gold, labels=labels):
        yield source.task, source.judge, source.gold, source.revision, source.own, _ratings(source)


def _ratings(source: Source) -> Ratings:
    """Read a run's verdicts by item, not as they came in, so that two judges' items have the same codes."""
    from judgebench.agreement.ratings import from_verdicts  # noqa: PLC0415 - loaded on use

    if source.stored is None:
        return source.ratings()
    verdicts = sorted(source.stored.judgments(), key=lambda verdict: (verdict.item, verdict.repeat, verdict.order))
    return from_verdicts(verdicts, source.stored.run.scale)
