"""Opening what a question is about: runs that were asked before, or a table of one's own labels."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

from judgebench.api.columns import Columns
from judgebench.api.exports import opened, versions, with_roles
from judgebench.api.labelling import ANY
from judgebench.api.notes import on_command_line, tell
from judgebench.api.run_sources import run_paths, stored_sources
from judgebench.api.source import Given, Source
from judgebench.api.table_sources import lacking_roles, own_table, table_sources, without_gold
from judgebench.errors import UsageError, argument
from judgebench.files.joined import JoinedTable
from judgebench.files.opening import Opening
from judgebench.files.table import FileTable
from judgebench.labels.importers.export import ImportedTable

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from judgebench.api.tables import Gold
    from judgebench.files.table import Table
    from judgebench.labels.annotations import Labels
    from judgebench.store.runs import StoredRun


def open_sources(
    source: Any,
    table: Mapping[str, Any],
    *,
    unlabelled: bool = False,
    unjudged: bool = False,
    labels: Mapping[str, Labels] | None = None,
    name: str = "DataFrame",
    tell: Callable[[str], None] = tell,
    tasks: str | Sequence[str] = (),
    readings: bool = False,
    changed: bool = False,
    unheard: Callable[[StoredRun], None] | None = None,
) -> list[Source]:
    """Open what a question is about: runs, a table of one's own with its columns (a file, a DataFrame), or scores.

    ``table`` has the keys of `judgebench.api.tables.LabelsAndScores`, ``name`` stands for the task of a DataFrame,
    and with ``unjudged`` a table may have annotators alone. With ``readings`` the run of a judge card is there by both
    parsers, with ``changed`` those of items that a probe changed are there, too; ``unheard`` hears of runs without a
    verdict yet. UsageError where it is none of these, or where columns are missing.
    """
    columns = Columns.of(table)
    # Of a table of labels the columns say what it is, and not that the source is a table.
    about_labels = ANY in (labels or {}) and not (isinstance(source, Given) and source.csv)
    own = None if about_labels else own_table(source, columns, name)
    if isinstance(source, Given) and (bool(source.runs and source.csv) or not source):
        named = "--gold-col A --gold-col B" if unjudged else "--judge-col C --gold-col C"
        raise UsageError(f"give run folders, or --csv FILE {named} (judgebench doctor FILE helps)")
    if own is None:
        paths = run_paths(source)
        if columns.options and not about_labels:
            table_only = f"{argument('scale')}, {argument('words')} and {argument('delimiter')}"
            kind = f"a {argument('csv')} FILE" if on_command_line() else "a table"
            raise UsageError(f"columns, {table_only} describe {kind}; runs bring their own")
        return stored_sources(
            paths, labels=labels, tell=tell, tasks=tasks, readings=readings, changed=changed, unheard=unheard
        )
    if tasks:
        raise UsageError(f"{argument('task')} chooses among runs, and a table is one task: leave it out")
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
    if lacking_roles(columns, unlabelled=unlabelled, unjudged=unjudged):
        shown = ", ".join(own.columns[:40])
        raise UsageError(f"name the columns with judge= and gold=; the DataFrame has {shown}{without_gold(columns)}")
