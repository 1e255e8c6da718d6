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
    if lacking := _lacking(columns, unlabelled=unlabelled, unjudged=unjudged):
        asked = "judgebench score --consistency" if on_command_line() else "judgebench.consistency"
        alone = f"; {asked} says what verdicts say without gold" if columns.judge else ""
        raise UsageError(f"{argument('csv')} needs {lacking}; `judgebench doctor {named}` names the columns{alone}")
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
