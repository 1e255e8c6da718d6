"""What is measured: runs that were asked before, or a table of one's own labels."""

from __future__ import annotations

from dataclasses import astuple, dataclass, field, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal, TypeAlias

from judgebench.errors import DataError, UsageError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Sequence

    from judgebench.agreement.compare.matching import Judged
    from judgebench.agreement.estimates import IntervalMethod
    from judgebench.domain import Agreement, Policies, Ratings
    from judgebench.files.read import Table
    from judgebench.labels.annotations import Labels
    from judgebench.labels.load import LoadedTable
    from judgebench.store.runs import StoredRun

Gold: TypeAlias = Literal["unspecified", "human", "expert", "crowd", "verifier", "model"]

#: The options behind the fields of `Columns`, in their order.
_COLUMN_OPTIONS = (
    "--judge-col",
    "--gold-col",
    "--scale",
    "--cluster-col",
    "--subset-col",
    "--system-col",
    "--id-col",
    "--long",
    "--delimiter",
    "--word",
    "--score-col",
)


def silent(_: str) -> None:
    """Keep what was said to oneself."""


@dataclass(frozen=True, slots=True)
class Columns:
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
    scores: list[str] = field(default_factory=list)

    def options(self) -> list[str]:
        """Name the options that were given."""
        return [name for name, value in zip(_COLUMN_OPTIONS, astuple(self), strict=True) if value]

    def meanings(self) -> dict[str, str]:
        """Read the --word options."""
        pairs = [word.partition("=") for word in self.words]
        if wrong := [old for old, equals, _ in pairs if not equals]:
            raise UsageError(f"--word {wrong[0]!r}: write OLD=NEW, for example --word 0=tie")
        return {old: new for old, _, new in pairs}

    def read(self, path: Path | Table, *, unlabelled: bool = False) -> LoadedTable:
        """Read a table, or one that is open already; with ``unlabelled`` rows without gold stay."""
        from judgebench.domain import Scale  # noqa: PLC0415 - loaded on use
        from judgebench.labels.load import LongSpec, load  # noqa: PLC0415 - loaded on use

        return load(
            path,
            self.judges,
            self.golds,
            scale=None if self.scale is None else Scale.parse(self.scale),
            cluster_col=self.cluster,
            subset_col=self.subset,
            system_col=self.system,
            id_col=self.item,
            delimiter=self.delimiter,
            long=None if self.long is None else LongSpec.parse(self.long),
            words=self.meanings(),
            keep_unlabelled=unlabelled,
            score_cols=self.scores,
        )


@dataclass(frozen=True, slots=True)
class Source:
    """Ratings with what has to stand beside their figures; ``stored`` where they come from a run."""

    task: str
    judge: str
    gold: str
    own: Policies
    revision: str
    measured: Callable[..., list[Agreement]]
    ratings: Callable[[], Ratings]
    judged: Callable[[Policies], Judged]
    stored: StoredRun | None = None

    def measure(
        self, policy: Sequence[str], *, by_system: bool, verify: bool, interval: IntervalMethod = "default"
    ) -> list[Agreement]:
        """Measure under the task's policies and those of the command line."""
        from judgebench.catalog import metrics  # noqa: PLC0415 - loaded on use

        chosen = self.own.override(policy)
        return self.measured(policies=chosen, by_system=by_system, metrics=metrics(), interval=interval, verify=verify)


def sources(
    runs: Sequence[Path] | None,
    csv: Path | None,
    columns: Columns,
    gold: Gold,
    *,
    unlabelled: bool = False,
    labels: Mapping[str, Labels] | None = None,
    tell: Callable[[str], None] = silent,
) -> list[Source]:
    """Open what a measuring command was given: run folders, or a table with its columns; never both.

    With ``unlabelled`` a table keeps its rows without gold, and needs no gold column. With ``labels`` runs are measured
    against these. ``tell`` hears what a person should know beside the figures.

    Raises
    ------
    UsageError
        If neither or both are given, or options of a table without one.
    DataError
        If there is nothing to measure.
    """
    if bool(runs) == (csv is not None):
        raise UsageError("give run folders, or --csv FILE --judge-col C --gold-col C (judgebench doctor FILE helps)")
    if csv is not None:
        if labels is not None:
            raise UsageError("--labels are about the items of runs; in a --csv FILE an annotator is a --gold-col")
        return table_sources(csv, columns, gold, unlabelled=unlabelled, tell=tell)
    if any(astuple(columns)):
        raise UsageError("columns, --scale, --word and --delimiter describe a --csv FILE; runs bring their own")
    return list(stored_sources(runs or [], labels=labels, tell=tell))


def stored_sources(
    paths: Sequence[Path],
    *,
    labels: Mapping[str, Labels] | None = None,
    tell: Callable[[str], None] = silent,
) -> Iterator[Source]:
    """Open runs, with ``labels`` as their gold where given; those without a verdict yet are left out, aloud."""
    from judgebench.api.labelling import labelled_runs  # noqa: PLC0415 - loaded on use
    from judgebench.store.remote import fetched  # noqa: PLC0415 - loaded on use
    from judgebench.store.runs import find_runs  # noqa: PLC0415 - loaded on use

    every = [stored for path in map(fetched, paths) for stored in find_runs(path)]
    # A judge that had no key must not keep the others from being measured.
    started = [stored for stored in every if stored.empty]
    if len(started) == len(every):
        raise DataError("nothing is judged yet here", file=str(started[0].path), hint="run it again, it resumes")
    judged = [stored for stored in every if stored not in started]
    yield from map(run_source, judged if labels is None else labelled_runs(judged, labels, tell))
    for stored in started:
        tell(f"left out {stored.path}: nothing is judged yet there; the same run command resumes it")


def run_source(stored: StoredRun) -> Source:
    """Open one run that holds verdicts."""
    from judgebench.agreement.compare.matching import judged_verdicts  # noqa: PLC0415 - loaded on use
    from judgebench.agreement.measure import measure_beside  # noqa: PLC0415 - loaded on use
    from judgebench.agreement.ratings import from_verdicts  # noqa: PLC0415 - loaded on use
    from judgebench.reproduce.official import with_official  # noqa: PLC0415 - loaded on use
    from judgebench.store.labelled import LabelledRun  # noqa: PLC0415 - loaded on use

    run = stored.run

    def measured(**how: Any) -> list[Agreement]:
        rows = measure_beside(run, stored.judgments, **how)
        # A benchmark's own figures are about its own gold.
        return rows if isinstance(stored, LabelledRun) else with_official(rows, run, stored.judgments)

    def ratings() -> Ratings:
        return from_verdicts(stored.judgments(), run.scale)

    def judged(policies: Policies) -> Judged:
        return judged_verdicts(
            stored.judgments(),
            run.scale,
            task=run.task,
            judge=run.judge,
            policies=policies,
            gold_source=run.gold_source,
            revision=run.revision,
            counts=run.counts,
        )

    return Source(run.task, run.judge, run.gold_source, run.policies, run.revision, measured, ratings, judged, stored)


def judgments(tables: Sequence[Source]) -> dict[tuple[str, str, str], Callable[[Policies], Judged]]:
    """Name what is behind the rows of a leaderboard; two runs of one name can't be told apart by their rows."""
    names = [(table.task, table.judge, table.revision) for table in tables]
    return {name: table.judged for name, table in zip(names, tables, strict=True) if names.count(name) == 1}


def table_sources(
    path: Path | Table, columns: Columns, gold: str, *, unlabelled: bool = False, tell: Callable[[str], None] = silent
) -> list[Source]:
    """Open a table of labels, a file or one that is open already: a source per judge's column."""
    from judgebench.agreement.compare.matching import Judged  # noqa: PLC0415 - loaded on use
    from judgebench.agreement.measure import measure  # noqa: PLC0415 - loaded on use
    from judgebench.domain import Policies  # noqa: PLC0415 - loaded on use

    named = path if isinstance(path, Path) else "FILE"
    if not (columns.judges or columns.scores) or not (columns.golds or unlabelled):
        raise UsageError(f"--csv needs --judge-col and --gold-col; `judgebench doctor {named}` names the columns")
    table = columns.read(path, unlabelled=unlabelled)
    for text in table.notes:
        tell(text)
    task = path.name if isinstance(path, Path) else table.path
    found: list[Source] = []
    for judge, ratings in table.judges.items():

        def measured(judge: str = judge, ratings: Ratings = ratings, *, by_system: bool, **how: Any) -> list[Agreement]:
            by = ("subset", "system") if by_system else ("subset",)
            rows = measure(ratings, task=task, judge=judge, gold_source=gold, revision=table.revision, by=by, **how)
            return [replace(row, warnings=(*row.warnings, *table.warnings)) for row in rows]

        def own_ratings(ratings: Ratings = ratings) -> Ratings:
            return ratings

        def own_judged(policies: Policies, judge: str = judge, ratings: Ratings = ratings) -> Judged:
            # The judges of one table share its items and its gold.
            clusters = range(int(ratings.cluster.max()) + 1)
            return Judged(task, judge, ratings, table.names(), [*map(str, clusters)], policies, gold, table.revision)

        found.append(Source(task, judge, gold, Policies(), table.revision, measured, own_ratings, own_judged))
    return found
