"""What is measured: runs that were asked before, or a table of one's own labels."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from collections.abc import Set as AbstractSet
from dataclasses import dataclass, replace
from pathlib import Path, PurePath
from typing import TYPE_CHECKING, Any

from judgebench.api.exports import is_export, opened, versions, with_roles
from judgebench.api.labelling import ANY, labelled_runs
from judgebench.api.notes import on_command_line, tell
from judgebench.api.tables import Columns
from judgebench.domain import names_of
from judgebench.errors import DataError, UsageError, argument
from judgebench.files.joined import JoinedTable
from judgebench.files.opening import Opening
from judgebench.files.read import open_joined, open_table
from judgebench.files.table import FileTable
from judgebench.labels.importers.catalog import open_export
from judgebench.labels.importers.export import ImportedTable

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from judgebench.agreement.estimates import IntervalMethod
    from judgebench.agreement.matching import Judged
    from judgebench.api.tables import Gold
    from judgebench.domain import Agreement, Policies, Ratings, Task
    from judgebench.files.table import Table
    from judgebench.labels.annotations import Labels
    from judgebench.labels.as_run import TableRun
    from judgebench.labels.load import LoadedTable
    from judgebench.stats.coefficients.catalog import Metric
    from judgebench.store.runs import StoredRun


def silent(_: str) -> None:
    """Keep what was said to oneself."""


@dataclass(frozen=True, slots=True)
class Given:
    """What the command line was given to measure: run folders, or a table in one file or several."""

    runs: Sequence[Path]
    csv: Sequence[Path]

    def __bool__(self) -> bool:
        return bool(self.runs) or bool(self.csv)


@dataclass(frozen=True, slots=True)
class Source:
    """Ratings with what has to be shown beside their figures; ``stored`` where they come from a run."""

    task: str
    judge: str
    gold: str
    own: Policies
    revision: str
    measured: Callable[..., list[Agreement]]
    ratings: Callable[[], Ratings]
    judged: Callable[[Policies], Judged]
    stored: StoredRun | None = None
    #: Whether every item has one judgment, so that an order policy would change nothing.
    one_each: bool = False
    #: Whether the subsets are criteria, of which nobody asked for an average.
    criteria: bool = False
    #: The table's judge as a run.
    tabled: Callable[[], TableRun] | None = None
    #: The table as a task, for the texts of its items; DataError or UsageError where it has none.
    texts: Callable[[], Task] | None = None

    @property
    def folder(self) -> Path | None:
        """The folder of runs that its run is in; None for a table, and for runs that are at a URL."""
        from judgebench.store.remote import spools  # noqa: PLC0415 - loaded on use

        if self.stored is None:
            return None
        parent = self.stored.path.parent
        return None if parent.parent == spools() else parent

    def policies(self, chosen: Sequence[str]) -> Policies:
        """Apply policies to the source's own; UsageError where one could change nothing in a table."""
        found = self.own.override(chosen)
        orders = [one for one in chosen if one.partition("=")[0].strip() == "order"]
        if self.one_each and orders and found.order != "single":
            raise UsageError(
                f"{argument('policy')} {orders[-1]} is about several judgments of an item, and each has one here: "
                f"{argument('order')}, {argument('second_order')} or {argument('combine')} each say where others are"
            )
        return found

    def measure(
        self, policy: Sequence[str], *, by_system: bool, verify: bool, interval: IntervalMethod = "default"
    ) -> list[Agreement]:
        """Measure under the task's policies and those of the command line."""
        chosen = self.policies(policy)
        return self.measured(policies=chosen, by_system=by_system, metrics=self.known, interval=interval, verify=verify)

    def as_run(self) -> StoredRun | TableRun:
        """Give the run behind it; a judge of a table as one."""
        if self.stored is not None:
            return self.stored
        if self.tabled is None:
            raise UsageError(f"{self.judge} on {self.task} is not a run")
        return self.tabled()

    def samples(self) -> Ratings | None:
        """Give the verdicts of which a run's own were made, where its judge was asked for several; else None."""
        from judgebench.agreement.ratings import from_verdicts, of_samples  # noqa: PLC0415 - loaded on use

        if self.stored is None or "samples" not in self.stored.run.settings:
            return None
        return from_verdicts(of_samples(self.stored.verdicts()), self.stored.run.scale)

    @property
    def known(self) -> dict[str, Metric]:
        """The metrics that there are."""
        from judgebench.catalog import metrics  # noqa: PLC0415 - loaded on use

        return metrics()


def is_given(source: Any) -> bool:
    """Say whether there is a source at all; a DataFrame has no truth value."""
    return bool(source) if isinstance(source, Given) else source is not None


def open_sources(
    source: Any,
    table: Mapping[str, Any],
    *,
    unlabelled: bool = False,
    unjudged: bool = False,
    labels: Mapping[str, Labels] | None = None,
    name: str = "DataFrame",
    tell: Callable[[str], None] = tell,
    tasks: Sequence[str] = (),
    readings: bool = False,
    unheard: Callable[[StoredRun], None] | None = None,
) -> list[Source]:
    """Open what a question is about: runs, a table of one's own with its columns (a file, a DataFrame), or scores.

    ``table`` has the keys of `judgebench.api.tables.LabelsAndScores`, ``name`` stands for the task of a DataFrame,
    and with ``unjudged`` a table may have annotators alone. With ``readings`` the run of a judge card is there by both
    parsers; ``unheard`` hears of runs without a verdict yet. UsageError where it is none of these, or where columns are
    missing.
    """
    columns = Columns.of(table)
    # Of a table of labels the columns say what it is, and not that the source is a table.
    about_labels = ANY in (labels or {}) and not (isinstance(source, Given) and source.csv)
    own = None if about_labels else own_table(source, columns, name)
    if isinstance(source, Given) and (bool(source.runs and source.csv) or not source):
        raise UsageError("give run folders, or --csv FILE --judge-col C --gold-col C (judgebench doctor FILE helps)")
    if own is None:
        paths = run_paths(source)
        if columns.options and not about_labels:
            table_only = f"{argument('scale')}, {argument('words')} and {argument('delimiter')}"
            kind = f"a {argument('csv')} FILE" if on_command_line() else "a table"
            raise UsageError(f"columns, {table_only} describe {kind}; runs bring their own")
        return list(stored_sources(paths, labels=labels, tell=tell, tasks=tasks, readings=readings, unheard=unheard))
    gold: Gold = table.get("gold_source") or "unspecified"
    if isinstance(own, Path):
        own = opened(own, columns)
    if isinstance(own, ImportedTable):
        columns = with_roles(own, columns, unlabelled=unlabelled, unjudged=unjudged)
        if gold == "unspecified" and own.by_people(columns.gold):
            gold = "human"
    elif isinstance(own, (JoinedTable, FileTable)):
        columns = versions(own, columns)
    elif not isinstance(own, Path):
        _check_frame(own, columns, unlabelled=unlabelled, unjudged=unjudged)
    return table_sources(own, columns, gold, unlabelled=unlabelled, unjudged=unjudged, labels=labels, tell=tell)


def _check_frame(own: Table, columns: Columns, *, unlabelled: bool, unjudged: bool) -> None:
    """Refuse what can't be said of a DataFrame, and columns without a role."""
    if columns.file != Opening():
        what = next(iter(columns.file.said()), "unmatched")
        raise UsageError(f"a DataFrame is no file: it has no {what.replace('_', '-')}")
    if _lacking(columns, unlabelled=unlabelled, unjudged=unjudged):
        shown = ", ".join(own.columns[:40])
        raise UsageError(f"name the columns with judge= and gold=; the DataFrame has {shown}{_no_gold(columns)}")


def own_table(source: Any, columns: Columns, name: str = "DataFrame") -> Path | Table | None:
    """Find the table of one's own that a question is about; None for runs, and for what is neither."""
    if isinstance(source, Given):
        return _joined(source.csv, columns) if source.csv else own_table(source.runs, columns)
    if isinstance(source, ImportedTable):
        return source
    if isinstance(source, (str, Path)):
        _check_alone(columns)
        return path if (path := Path(source)).is_file() or columns.options else None
    if isinstance(source, (Sequence, AbstractSet, Iterator)):
        listed = list(source) if isinstance(source, Sequence) else []
        files = [Path(one) for one in listed if isinstance(one, (str, Path)) and Path(one).is_file()]
        # Runs bring their own columns.
        tables = files and len(files) == len(listed) and (columns.options or all(map(is_export, files)))
        return _joined(files, columns) if tables else None
    from judgebench.labels.frames import FrameTable, as_frame  # noqa: PLC0415 - loaded on use

    frame = as_frame(source)
    return None if frame is None else FrameTable(frame, name)


def _check_alone(columns: Columns) -> None:
    """Refuse what is about several files."""
    if columns.file.unmatched is not None:
        raise UsageError(f"{argument('unmatched')} is about the ids of several files, and there is one")


def _joined(paths: Sequence[Path], columns: Columns) -> Path | Table:
    """Take one file by its path, and several as one table: under each other where all have raters in rows."""
    if len(paths) == 1:
        _check_alone(columns)
        return paths[0]
    if columns.rows.rater is not None:
        from judgebench.files.stacked import StackedTable  # noqa: PLC0415 - loaded on use

        opened = [open_table(path, columns.file) for path in paths]
        if all(columns.rows.rater in one.columns for one in opened):
            return StackedTable(opened)
    plain = not columns.file.said()
    if plain and (export := open_export(*paths, keep=columns.file.unmatched == "keep")):
        return export
    ids = columns.rows.id
    if not ids:
        raise UsageError(
            f"several files are joined by the ids of their items: name that column with {argument('id')}; a judge's "
            "column that two of them have is two judges"
        )
    exports = {path: export for path in paths if plain and (export := open_export(path))}
    return open_joined(paths, ids, columns.file, exports)


def run_paths(source: Any) -> Sequence[Path]:
    """Take runs by their paths; scores are those that were asked for them."""
    from judgebench.report.scores import Scores  # noqa: PLC0415 - loaded on use

    if isinstance(source, Given):
        return source.runs
    if isinstance(source, Scores):
        if not source.asked:
            raise UsageError("these scores come from no run that was asked: give the folder or table they were made of")
        return [one.path for one in source.asked]
    if isinstance(source, (str, Path)):
        return [Path(source)]
    paths = list(source) if isinstance(source, (Sequence, AbstractSet, Iterator)) else []
    if wrong := [one for one in paths if not isinstance(one, (str, Path))]:
        raise UsageError(f"a {type(source).__name__} of {type(wrong[0]).__name__} can't be scored: {_GIVE}")
    if not paths:
        raise UsageError(f"a {type(source).__name__} can't be scored: {_GIVE}")
    return [Path(one) for one in paths]


_GIVE = "give folders of runs, a label file or a DataFrame with the names of its judge= and gold= columns"


def stored_sources(
    paths: Sequence[Path],
    *,
    labels: Mapping[str, Labels] | None = None,
    tell: Callable[[str], None] = silent,
    tasks: Sequence[str] = (),
    readings: bool = False,
    unheard: Callable[[StoredRun], None] | None = None,
) -> Iterator[Source]:
    """Open runs, with ``labels`` as their gold where given; those without a verdict yet are left out, aloud.

    With ``tasks``, names or files, only theirs; with ``readings`` by both parsers of a judge card, where they differ.
    """
    from judgebench.store.readings import also_read  # noqa: PLC0415 - loaded on use

    every = of_tasks(found_runs(paths, tell), tasks)
    # A judge that had no key must not keep the others from being measured.
    started = [stored for stored in every if stored.empty]
    if len(started) == len(every):
        raise DataError("nothing is judged here yet", file=str(started[0].path), hint="run it again; it resumes")
    judged = [stored for stored in every if stored not in started]
    # Labels of one's own are joined with what a run says by itself.
    judged = list(also_read(judged)) if readings and labels is None else judged
    yield from run_sources(judged if labels is None else labelled_runs(judged, labels, tell))
    for stored in started:
        if unheard is not None:
            unheard(stored)
            continue
        tell(f"left out {stored.path}: nothing is judged there yet; the same run command resumes it")


def found_runs(paths: Sequence[Path], tell: Callable[[str], None]) -> list[StoredRun]:
    """Read the runs of some folders; a copy of a run in one folder is left out, aloud: one identity is one row."""
    from judgebench.store.remote import fetched  # noqa: PLC0415 - loaded on use
    from judgebench.store.runs import distinct, find_runs  # noqa: PLC0415 - loaded on use

    found: list[StoredRun] = []
    for path in map(fetched, paths):
        kept, copies = distinct(find_runs(path))
        found += [stored for stored in kept if not stored.run.answering]
        for copy, original in copies.items():
            tell(f"left out {copy}: the same run as {original.name}, copied")
    if not found:
        raise DataError("here are only judges' own answers: nothing is judged", file=", ".join(map(str, paths)))
    if unsealed := [stored.path for stored in found if not stored.sealed]:
        what = f"{unsealed[0]} is" if len(unsealed) == 1 else f"{len(unsealed)} of {len(found)} runs are"
        tell(f"{what} unsealed: an older version wrote this, and edits of it go unseen (judgebench verify --reseal)")
    return found


def of_tasks(runs: Sequence[StoredRun], tasks: Sequence[str]) -> list[StoredRun]:
    """Keep the runs of some tasks, named or written as places; all of them where none is."""
    from judgebench.catalog import task_name  # noqa: PLC0415 - loaded on use

    if not tasks:
        return list(runs)
    names = [task_name(one) for one in tasks]
    kept = [stored for stored in runs if stored.run.task in names]
    if not kept:
        there = ", ".join(sorted({stored.run.task for stored in runs}))
        raise UsageError(f"no run here is about {', '.join(names)}; there are runs about {there}")
    return kept


def run_sources(runs: Iterable[StoredRun]) -> list[Source]:
    """Open runs that hold verdicts and are shown together: their judges' names say in what they differ."""
    found = list(runs)
    return [run_source(one, name) for one, name in zip(found, names_of([one.run for one in found]), strict=True)]


def run_source(stored: StoredRun, name: str = "") -> Source:
    """Open one run that holds verdicts; ``name`` is the judge's, where it says more than that."""
    from judgebench.agreement.measure import measure_beside  # noqa: PLC0415 - loaded on use
    from judgebench.agreement.ratings import from_verdicts  # noqa: PLC0415 - loaded on use
    from judgebench.store.runs import LabelledRun  # noqa: PLC0415 - loaded on use
    from judgebench.tasks.base import with_official  # noqa: PLC0415 - loaded on use

    run, judge = stored.run, name or stored.run.judge

    def measured(**how: Any) -> list[Agreement]:
        rows = measure_beside(run, stored.judgments, **how)
        # A benchmark's own figures are about its own gold.
        rows = rows if isinstance(stored, LabelledRun) else with_official(rows, run, stored.judgments)
        return [replace(row, judge=judge) for row in rows]

    def ratings() -> Ratings:
        return from_verdicts(stored.judgments(), run.scale)

    def judged(policies: Policies) -> Judged:
        from judgebench.agreement.matching import judged_verdicts  # noqa: PLC0415 - loaded on use

        return judged_verdicts(
            stored.judgments(),
            run.scale,
            task=run.task,
            judge=judge,
            policies=policies,
            gold_source=run.gold_source,
            revision=run.revision,
            counts=run.counts,
        )

    return Source(
        run.task,
        judge,
        run.gold_source,
        run.policies,
        run.revision,
        measured,
        ratings,
        judged,
        stored,
        criteria=run.criteria,
    )


def unlabelled(source: Source) -> str:
    """Say why nothing can be measured of a run whose items have no label yet; empty where some have one."""
    stored = source.stored
    if stored is None or any(code is not None for one in stored.judgments() for _, code in one.gold):
        return ""
    judge, place = source.judge, stored.path
    files = stored.run.place.get("files", [source.task] if not stored.run.place else [])
    page = f"Label some (`judgebench view {place.parent} --task {files[0]}`), or give" if files else "Give"
    return (
        f"{judge} has judged {source.task}, and nothing can be measured yet: no item has a label. {page} a table of "
        f"labels: `judgebench score {place} --labels FILE`"
    )


def judgments(tables: Sequence[Source]) -> dict[tuple[str, str, str], Callable[[Policies], Judged]]:
    """Name what is behind the rows of a leaderboard; two runs of one name can't be told apart by their rows."""
    names = [(table.task, table.judge, table.revision) for table in tables]
    return {name: table.judged for name, table in zip(names, tables, strict=True) if names.count(name) == 1}


def _lacking(columns: Columns, *, unlabelled: bool, unjudged: bool) -> str:
    """Name what is not said of a table: its judges, its gold."""
    judged = columns.judge or columns.scores or columns.rows.confusion or unjudged
    said = {"judge": judged, "gold": columns.gold or columns.rows.golden or unlabelled}
    return " and ".join(argument(name) for name, there in said.items() if not there)


def _no_gold(columns: Columns) -> str:
    """Say what can be asked of verdicts alone."""
    asked = "judgebench score --consistency" if on_command_line() else "judgebench.consistency"
    alone = columns.judge and not columns.gold
    return f"; {asked} says what verdicts say without gold, and which systems win" if alone else ""


def table_sources(
    path: Path | Table,
    columns: Columns,
    gold: str,
    *,
    unlabelled: bool = False,
    unjudged: bool = False,
    labels: Mapping[str, Labels] | None = None,
    tell: Callable[[str], None] = silent,
) -> list[Source]:
    """Open a table of labels, a file or one that is open already: a source per judge's column.

    With ``unjudged`` a table of annotators alone is one source, of a judge without a name.
    """
    if labels is not None:
        raise UsageError(
            f"{argument('labels')} are of runs' items; in a {argument('csv')} FILE an annotator is a {argument('gold')}"
        )
    named = path if isinstance(path, Path) else "FILE"
    if said := _lacking(columns, unlabelled=unlabelled, unjudged=unjudged):
        raise UsageError(f"{argument('csv')} needs {said}; `judgebench doctor {named}` names them{_no_gold(columns)}")
    table = columns.read(path, unlabelled=unlabelled)
    for text in (*([] if isinstance(path, Path) else path.notes), *table.notes):
        tell(text)
    return [_judge_source(judge, ratings, table, path, columns, gold) for judge, ratings in table.judges.items()]


def _task_name(files: str) -> str:
    """Name the task of a table by its files, without their folders where that tells them apart.

    >>> _task_name("a/gold.csv + a/judge.csv"), _task_name("v1/out.csv + v2/out.csv")
    ('gold.csv + judge.csv', 'v1/out.csv + v2/out.csv')
    """
    names = [PurePath(one).name for one in files.split(" + ")]
    return " + ".join(names) if len(set(names)) == len(names) else files


def _judge_source(
    judge: str, ratings: Ratings, table: LoadedTable, path: Path | Table, columns: Columns, gold: str
) -> Source:
    from judgebench.agreement.measure import measure  # noqa: PLC0415 - loaded on use
    from judgebench.domain import Policies  # noqa: PLC0415 - loaded on use

    task = path.name if isinstance(path, Path) else _task_name(table.path)

    def measured(*, by_system: bool, **how: Any) -> list[Agreement]:
        by = ("subset", "system") if by_system else ("subset",)
        rows = measure(ratings, task=task, judge=judge, gold_source=gold, revision=table.revision, by=by, **how)
        return [replace(row, warnings=(*row.warnings, *table.warnings)) for row in rows]

    def judged(policies: Policies) -> Judged:
        from judgebench.agreement.matching import Judged, gold_of  # noqa: PLC0415 - loaded on use

        # The judges of one table share its gold, unless each has rows of its own.
        labels = gold_of(ratings) if table.own_gold else ()
        names, clusters = table.names(judge), table.clusters(judge)
        return Judged(task, judge, ratings, names, clusters, policies, gold, table.revision, labels)

    def tabled() -> TableRun:
        from judgebench.labels.as_run import TableRun  # noqa: PLC0415 - loaded on use

        return TableRun.of(task, judge, ratings, lambda: table.names(judge), gold)

    def texts() -> Task:
        from judgebench.tasks.own import Reading  # noqa: PLC0415 - loaded on use
        from judgebench.tasks.tables import open_own  # noqa: PLC0415 - loaded on use

        file = Path(table.path)
        if not file.is_file():
            raise UsageError("only a table in one file is read for texts")
        said = {"id": tuple(columns.rows.id), "gold": ()}
        return open_own(file, Reading(said, ratings.scale.spec, gold, columns.file))

    return Source(
        task,
        judge,
        gold,
        Policies(),
        table.revision,
        measured,
        lambda: ratings,
        judged,
        one_each=not any(one.game.any() for one in table.judges.values()),
        criteria=table.criteria,
        tabled=tabled,
        texts=texts,
    )
