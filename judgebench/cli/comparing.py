"""``compare`` and ``power``: judges on the same items, and how many items that takes."""

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
    ScoreColOption,
    SubsetColOption,
    SystemColOption,
    WordOption,
    sources,
)
from judgebench.errors import MismatchError, UsageError

if TYPE_CHECKING:
    from collections.abc import Sequence

    from judgebench.agreement.matching import Judged
    from judgebench.agreement.power.power import Power
    from judgebench.api.sources import Source

MetricOption = Annotated[
    list[str],
    typer.Option("--metric", metavar="M", help="A metric; by default those that the scale calls for; repeatable."),
]


def _judged(tables: Sequence[Source], policy: Sequence[str]) -> list[Judged]:
    return [table.judged(table.own.override(policy)) for table in tables]


def compare(
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
    metric: MetricOption = [],  # noqa: B006 - typer reads the default, nobody changes it
    by_system: BySystemOption = False,
    interval: Annotated[
        Literal["default", "two-way"],
        typer.Option("--interval", help="Cluster by question, or two-way: by question and by system."),
    ] = "default",
    shared: Annotated[
        bool, typer.Option("--shared", help="Compare on the items that all judges have, where some lack items.")
    ] = False,
    items: Annotated[
        int | None,
        typer.Option("--items", min=1, metavar="N", help="List N items on which two judges differ; CSV: all of them."),
    ] = None,
    seed: Annotated[int, typer.Option("--seed", min=0, help="Of the permutation tests and the bootstrap.")] = 0,
    fail_if_worse: Annotated[
        bool, typer.Option("--fail-if-worse", help="Exit 1 where the first judge agrees surely less than the second.")
    ] = False,
    verify: Annotated[
        bool,
        typer.Option("--verify", help="Recompute with scikit-learn, krippendorff and scipy; stop on a difference."),
    ] = False,
    form: FormatOption = "table",
    output: OutputOption = None,
    config: ConfigOption = None,  # noqa: ARG001 - handled by its callback
) -> None:
    """Compare judges on the same items: paired, clustered by question; all pairs where there are more than two."""
    from judgebench.agreement.compare.compare import compare as hold  # noqa: PLC0415 - loaded on use
    from judgebench.agreement.compare.compare import differing  # noqa: PLC0415 - loaded on use
    from judgebench.agreement.compare.standings import compare_all, verify_matched  # noqa: PLC0415 - loaded on use
    from judgebench.agreement.matching import match  # noqa: PLC0415 - loaded on use
    from judgebench.catalog import metrics  # noqa: PLC0415 - loaded on use
    from judgebench.report.compare import render, render_field, verdict  # noqa: PLC0415 - loaded on use

    check_output(output)
    columns = Columns(
        judge_col, gold_col, scale, cluster_col, subset_col, system_col, id_col, long, delimiter, word, score_col
    )
    opened = sources(runs, csv, columns, gold, labels=open_labels(labels, labels_mode or "only"))
    matched = match(_judged(opened, policy), shared=shared)
    if matched.left_out:
        note(f"{matched.left_out:,} items that not all judges have are left out (--shared)")
    if verify:
        verify_matched(matched, metric, metrics())
    if len(matched.judges) > 2:
        if items is not None or fail_if_worse or by_system or len(metric) > 1 or interval != "default":
            raise UsageError(
                "--items, --fail-if-worse, --by-system, --interval and a second --metric are for two judges"
            )
        field = compare_all(matched, *metric, known=metrics(), seed=seed)
        emit(render_field(field, form, width=room(output)), output)
        return
    by = ("subset", "system") if by_system else ("subset",)
    found = hold(matched, metric, known=metrics(), by=by, interval=interval, seed=seed)
    if fail_if_worse and found.leaning:
        raise UsageError(f"--fail-if-worse: more or less {found.headline} is neither better nor worse")
    emit(render(found, list(differing(matched)), form, listed=items, width=room(output)), output)
    if fail_if_worse and found.outcome == "second":
        raise MismatchError(verdict(found))


def power(
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
    policy: PolicyOption = [],  # noqa: B006 - typer reads the default, nobody changes it
    metric: Annotated[
        str | None, typer.Option("--metric", metavar="M", help="The metric; by default the scale's headline.")
    ] = None,
    drop: Annotated[float, typer.Option("--drop", help="The difference to find.")] = 0.05,
    items: Annotated[
        int | None, typer.Option("--items", min=2, metavar="N", help="Items at hand; by default those of the pilot.")
    ] = None,
    base_rate: Annotated[
        float | None, typer.Option("--base-rate", help="Share of correct items, without a pilot.")
    ] = None,
    kappa: Annotated[float | None, typer.Option("--kappa", help="Kappa of the better judge, without a pilot.")] = None,
    discordance: Annotated[
        float | None,
        typer.Option(
            "--discordance", help="Share of items on which exactly one judge is right; measured with two pilots."
        ),
    ] = None,
    design_effect: Annotated[
        float | None, typer.Option("--design-effect", min=0.01, help="(SE by question / SE by item) squared.")
    ] = None,
    alpha: Annotated[float, typer.Option("--alpha", help="Level of the test.")] = 0.05,
    target: Annotated[float, typer.Option("--power", help="Chance to find the drop.")] = 0.8,
    form: FormatOption = "table",
    output: OutputOption = None,
    config: ConfigOption = None,  # noqa: ARG001 - handled by its callback
) -> None:
    """Say how many items a comparison needs, and what the items at hand can find."""
    from judgebench.agreement.power.power import from_figures, quantiles  # noqa: PLC0415 - loaded on use
    from judgebench.report.power import render  # noqa: PLC0415 - loaded on use

    check_output(output)
    columns = Columns(
        judge_col, gold_col, scale, cluster_col, subset_col, system_col, id_col, long, delimiter, word, score_col
    )
    try:
        quantiles(alpha=alpha, power=target)
        if runs or csv is not None:
            if base_rate is not None or kappa is not None:
                raise UsageError("--base-rate and --kappa stand in for a pilot; give either them or RUN or --csv")
            source, found = _pilot(sources(runs, csv, columns, gold), policy, metric, drop, discordance, design_effect)
        elif base_rate is None or kappa is None:
            raise UsageError("give a pilot (RUN or --csv), or --base-rate and --kappa (and --discordance)")
        else:
            if metric not in {None, "cohen_kappa"}:
                raise UsageError("without a pilot the metric is cohen_kappa")
            if unused := [
                *columns.options(),
                *(["--policy"] if policy else []),
                *(["--gold"] if gold != "unspecified" else []),
            ]:
                raise UsageError(
                    f"{', '.join(unused)}: without a pilot (RUN or --csv) there is nothing to apply that to"
                )
            source = "the figures given"
            found = from_figures(base_rate, kappa, drop, discordance, design_effect=design_effect or 1.0)
        text = render(found, form, drop=drop, alpha=alpha, power=target, items=items, source=source, width=room(output))
    except ValueError as error:
        raise UsageError(f"{error}") from None
    emit(text, output)


def _pilot(
    tables: Sequence[Source],
    policy: Sequence[str],
    metric: str | None,
    drop: float,
    discordance: float | None,
    design_effect: float | None,
) -> tuple[str, Power]:
    from judgebench.agreement.power.pilot import pilot  # noqa: PLC0415 - loaded on use
    from judgebench.catalog import metrics  # noqa: PLC0415 - loaded on use

    judged = _judged(tables, policy)
    found = pilot(judged, metric or "", metrics(), drop=drop, discordance=discordance, design_effect=design_effect)
    return f"the pilot of {' and '.join(one.judge for one in judged)} on {judged[0].task}", found
