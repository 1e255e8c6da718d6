"""Tables of one's own as what is measured."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from collections.abc import Set as AbstractSet
from dataclasses import replace
from pathlib import Path, PurePath
from typing import TYPE_CHECKING, Any

from judgebench.api.exports import is_export
from judgebench.api.notes import doing, on_command_line
from judgebench.api.source import Given, Source, silent
from judgebench.errors import UsageError, argument
from judgebench.files.read import open_joined, open_table
from judgebench.labels.importers.catalog import open_export
from judgebench.labels.importers.export import ImportedTable

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from judgebench.agreement.matching import Judged
    from judgebench.api.columns import Columns
    from judgebench.domain import Agreement, Policies, Ratings, Task
    from judgebench.files.table import Table
    from judgebench.labels.annotations import Labels
    from judgebench.labels.as_run import TableRun
    from judgebench.labels.load import LoadedTable


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
    if said := lacking_roles(columns, unlabelled=unlabelled, unjudged=unjudged):
        more = f"`judgebench doctor {named}` names them{without_gold(columns)}"
        raise UsageError(f"{argument('csv')} needs {said}; {more}")
    doing(f"reading {path if isinstance(path, Path) else 'the table'}")
    table = columns.read(path, unlabelled=unlabelled)
    for text in (*([] if isinstance(path, Path) else path.notes), *table.notes):
        tell(text)
    return [_judge_source(judge, ratings, table, path, columns, gold) for judge, ratings in table.judges.items()]


def lacking_roles(columns: Columns, *, unlabelled: bool, unjudged: bool) -> str:
    """Name what is not said of a table: its judges, its gold."""
    judged = columns.judge or columns.scores or columns.rows.confusion or unjudged
    said = {"judge": judged, "gold": columns.gold or columns.rows.golden or unlabelled}
    return " and ".join(argument(name) for name, there in said.items() if not there)


def without_gold(columns: Columns) -> str:
    """Say what can be asked of verdicts alone."""
    asked = "judgebench score --consistency" if on_command_line() else "judgebench.consistency"
    alone = columns.judge and not columns.gold
    return f"; {asked} says what verdicts say without gold, and which systems win" if alone else ""


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
