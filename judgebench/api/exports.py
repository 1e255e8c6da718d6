"""Files of other tools among the tables that a question is about: whose they are, and the roles of their columns."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from judgebench.files.read import open_table
from judgebench.labels.importers.catalog import open_export, recognise
from judgebench.labels.importers.export import ImportedTable

if TYPE_CHECKING:
    from judgebench.api.columns import Columns
    from judgebench.files.joined import JoinedTable
    from judgebench.files.table import FileTable, Table


def is_export(own: object) -> bool:
    """Whether a table is another tool's file, whose columns have roles of their own."""
    return isinstance(own, ImportedTable) or (isinstance(own, Path) and recognise(own) is not None)


def opened(path: Path, columns: Columns) -> Path | Table:
    """Open a file as another tool's, unless what was said of it is about the file as it is."""
    named = [*columns.judge, *columns.gold, *columns.scores, *filter(None, (columns.subset, columns.system))]
    rows = columns.rows
    named += [*rows.id, *rows.cluster, *filter(None, (rows.criterion, rows.order)), *rows.second_order]
    plain = not (columns.file.said() or rows.golden or rows.judge_name or rows.one_hot or rows.pair_scores)
    export = open_export(path) if plain else None
    if export is not None and all(map(export.has, named)):
        return export
    if any("*" in name for name in named) or columns.file.said():
        return open_table(path, columns.file)
    return path


def with_roles(own: ImportedTable, columns: Columns, *, unlabelled: bool, unjudged: bool) -> Columns:
    """Give an export's columns the roles that nobody gave them."""
    judges, golds = own.roles(columns.judge, columns.gold)
    if columns.scores and not columns.judge:
        judges = []
    nobody = not (judges or columns.scores) and (not unjudged or len(golds) < 2)
    if nobody or not (golds or unlabelled):
        raise own.lacking(judges, golds)
    rows = own.layout(columns.rows, judges)
    system = columns.system or own.export.system
    return replace(columns, judge=judges, gold=golds, rows=rows, system=system, scale=columns.scale or own.scale)


def versions(own: JoinedTable | FileTable, columns: Columns) -> Columns:
    """Take names that stand for several columns apart; what other tools' files say of judges and people is known."""
    judge, gold, rows, scale = list(columns.judge), list(columns.gold), columns.rows, columns.scale
    for export in (one for one in getattr(own, "tables", ()) if isinstance(one, ImportedTable)):
        if not (columns.judge or columns.scores):
            judge += export.answers("judge")
        if not columns.gold:
            gold += export.answers("person")
        judge = [column for name in judge for column in export.named(name, "judge", "program", "person")]
        gold = [column for name in gold for column in export.named(name, "person", "program", "judge")]
        rows = export.layout(rows, judge)
        scale = scale or export.scale
    return replace(
        columns,
        scale=scale,
        judge=[version for one in judge for version in own.versions(one)],
        gold=[version for one in gold for version in (own.versions(one) if "*" in one else [one])],
        scores=[version for one in columns.scores for version in own.versions(one)],
        rows=rows,
    )
