"""``score``, ``doctor``, ``leaderboard``, ``reproduce``: measure what is there; never ask."""

from __future__ import annotations

from dataclasses import astuple, dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Literal

import typer

from judgebench.cli.options import (
    BySystemOption,
    ConfigOption,
    DataOption,
    FormatOption,
    OutputOption,
    PolicyOption,
    data_folder,
    emit,
    emit_scores,
    note,
    room,
)
from judgebench.errors import DataError, MismatchError, UsageError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from judgebench.domain import Agreement, Policies, Ratings
    from judgebench.store.runs import StoredRun


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
    word: Annotated[
        list[str],
        typer.Option(
            "--word", metavar="OLD=NEW", help="What a word in the table means; an empty NEW is a gap; repeatable."
        ),
    ] = [],  # noqa: B006 - typer reads the default, nobody changes it
    delimiter: Annotated[str | None, typer.Option(metavar="CHAR", help="Delimiter, where it isn't plain.")] = None,
    gold: Annotated[
        Literal["unspecified", "human", "expert", "crowd", "verifier", "model"],
        typer.Option(help="Who gave the gold labels of --csv; only people's labels are called human."),
    ] = "unspecified",
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
        raise UsageError("give run folders, or --csv FILE --judge-col C --gold-col C (judgebench doctor FILE helps)")
    columns = _Columns(judge_col, gold_col, scale, cluster_col, subset_col, system_col, id_col, long, delimiter, word)
    if csv is not None:
        tables = _own_table(csv, columns, gold)
    elif any(astuple(columns)):
        raise UsageError("columns, --scale, --word and --delimiter describe a --csv FILE; runs bring their own")
    else:
        tables = list(_stored(runs or []))
    if sensitivity:
        emit(_sensitivity(tables, policy, form, room(output)), output)
        return
    rows = [row for table in tables for row in table.measure(policy, by_system=by_system, verify=verify)]
    emit_scores(rows, form, output)


@dataclass(frozen=True, slots=True)
class _Columns:
    """What the columns of a table of one's own are, as the options say it."""

    judges: list[str]
    golds: list[str]
    scale: str | None
    cluster: str | None
    subset: str | None
    system: str | None
    item: str | None
    long: str | None
    delimiter: str | None
    words: list[str]

    def meanings(self) -> dict[str, str]:
        """Read the --word options."""
        pairs = [word.partition("=") for word in self.words]
        if wrong := [old for old, equals, _ in pairs if not equals]:
            raise UsageError(f"--word {wrong[0]!r}: write OLD=NEW, for example --word 0=tie")
        return {old: new for old, _, new in pairs}


@dataclass(frozen=True, slots=True)
class _Measurable:
    """Ratings with what has to stand beside their figures."""

    task: str
    judge: str
    gold: str
    own: Policies
    measured: Callable[..., list[Agreement]]
    ratings: Callable[[], Ratings]

    def measure(self, policy: Sequence[str], *, by_system: bool, verify: bool) -> list[Agreement]:
        """Measure under the task's policies and those of the command line."""
        from judgebench.catalog import metrics  # noqa: PLC0415 - loaded on use

        chosen = self.own.override(policy)
        return self.measured(policies=chosen, by_system=by_system, metrics=metrics(), verify=verify)


def _sensitivity(tables: Sequence[_Measurable], policy: Sequence[str], form: str, width: int) -> str:
    from judgebench.agreement.policies import apply  # noqa: PLC0415 - loaded on use
    from judgebench.agreement.sensitivity import sensitivity  # noqa: PLC0415 - loaded on use
    from judgebench.report.sensitivity import Line, render  # noqa: PLC0415 - loaded on use

    lines: list[Line] = []
    for table in tables:
        ratings = table.ratings()
        own = apply(ratings, table.own.override(policy)).policies
        for policies, rows, metrics in sensitivity(ratings):
            lines.append(Line(table.task, table.judge, policies, rows, policies == own, metrics))
    return render(lines, form, width=width)


def _stored(paths: Sequence[Path]) -> Iterator[_Measurable]:
    from judgebench.agreement.measure import measure_beside  # noqa: PLC0415 - loaded on use
    from judgebench.agreement.ratings import from_verdicts  # noqa: PLC0415 - loaded on use
    from judgebench.report.official import with_official  # noqa: PLC0415 - loaded on use
    from judgebench.store.runs import VERDICTS, find_runs, read_lines  # noqa: PLC0415 - loaded on use

    started: list[StoredRun] = []
    found = 0
    for path in paths:
        for stored in find_runs(path):
            if next(read_lines(stored.path / VERDICTS), None) is None:
                # A judge that had no key must not keep the others from being measured.
                started.append(stored)
                continue
            run = stored.run

            def measured(stored: StoredRun = stored, **how: Any) -> list[Agreement]:
                return with_official(measure_beside(stored.run, stored.verdicts, **how), stored.run, stored.verdicts)

            def ratings(stored: StoredRun = stored) -> Ratings:
                return from_verdicts(stored.verdicts(), stored.run.scale)

            found += 1
            yield _Measurable(run.task, run.judge, run.gold_source, run.policies, measured, ratings)
    if not found:
        raise DataError("nothing is judged yet here", file=str(started[0].path), hint="run it again, it resumes")
    for stored in started:
        note(f"left out {stored.path}: nothing is judged yet there; the same run command resumes it")


def _own_table(path: Path, columns: _Columns, gold: str) -> list[_Measurable]:
    from judgebench.agreement.measure import measure  # noqa: PLC0415 - loaded on use
    from judgebench.domain import Policies, Scale  # noqa: PLC0415 - loaded on use
    from judgebench.tables.load import LongSpec, load  # noqa: PLC0415 - loaded on use

    if not columns.judges or not columns.golds:
        raise UsageError(f"--csv needs --judge-col and --gold-col; `judgebench doctor {path}` names the columns")
    table = load(
        path,
        columns.judges,
        columns.golds,
        scale=None if columns.scale is None else Scale.parse(columns.scale),
        cluster_col=columns.cluster,
        subset_col=columns.subset,
        system_col=columns.system,
        id_col=columns.item,
        delimiter=columns.delimiter,
        long=None if columns.long is None else LongSpec.parse(columns.long),
        words=columns.meanings(),
    )
    for text in table.notes:
        note(text)
    found: list[_Measurable] = []
    for judge, ratings in table.judges.items():

        def measured(judge: str = judge, ratings: Ratings = ratings, *, by_system: bool, **how: Any) -> list[Agreement]:
            by = ("subset", "system") if by_system else ("subset",)
            rows = measure(
                ratings, task=path.name, judge=judge, gold_source=gold, revision=table.revision, by=by, **how
            )
            return [replace(row, warnings=(*row.warnings, *table.warnings)) for row in rows]

        def own_ratings(ratings: Ratings = ratings) -> Ratings:
            return ratings

        found.append(_Measurable(path.name, judge, gold, Policies(), measured, own_ratings))
    return found


def leaderboard(
    runs: Annotated[Path, typer.Argument(metavar="[RUNS]", envvar="JUDGEBENCH_RUNS", help="Folder of runs.")] = Path(
        "runs"
    ),
    *,
    policy: PolicyOption = [],  # noqa: B006 - typer reads the default, nobody changes it
    by_system: BySystemOption = False,
    subsets: Annotated[bool, typer.Option(help="Rows for subsets, too.")] = True,
    form: Annotated[
        Literal["csv", "md", "json", "table"] | None,
        typer.Option("--format", help="By default what --output ends in, else a table."),
    ] = None,
    output: OutputOption = None,
) -> None:
    """Rank the judges of a runs folder, task by task."""
    from judgebench.report.leaderboard import rank, render  # noqa: PLC0415 - loaded on use

    rows = [row for stored in _stored([runs]) for row in stored.measure(policy, by_system=by_system, verify=False)]
    ending = output.suffix.removeprefix(".").lower() if output is not None else ""
    entries = rank([row for row in rows if subsets or row.subset == "all"])
    emit(render(entries, form or ending or "table", width=room(output)), output)


def reproduce(
    *,
    data: DataOption = None,
    task: Annotated[list[str] | None, typer.Option("--task", metavar="T", help="Only this task; repeatable.")] = None,
    form: FormatOption = "table",
    output: OutputOption = None,
) -> None:
    """Recompute published figures from recorded public verdicts; exit 1 where one does not match."""
    from judgebench.report.reproduce import reproduce as compute  # noqa: PLC0415 - loaded on use

    found = compute(task or None, data_folder(data))
    emit(found.render(form, width=room(output)), output)
    if not found.ok:
        raise MismatchError(f"{found.mismatches} of {len(found.cells)} figures differ from the published ones")


def doctor(
    file: Annotated[Path, typer.Argument(metavar="FILE", help="Any file of labels, items or verdicts.")],
) -> None:
    """Say what a file is and which command measures it."""
    from judgebench.report.doctor import doctor as diagnose  # noqa: PLC0415 - loaded on use

    emit(str(diagnose(file)), None)
