"""Rows of a table of items: which are kept, which are half empty, which are one item labelled several times."""

from __future__ import annotations

from itertools import filterfalse
from typing import TYPE_CHECKING, Any

from judgebench.domain import digest
from judgebench.errors import argument
from judgebench.files.rows import RowTable, value_of
from judgebench.files.table import cell
from judgebench.labels.names import LABEL, RATER, words_of
from judgebench.labels.where import Condition
from judgebench.tasks.texts import text_of

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from judgebench.files.records import Row
    from judgebench.labels.roles import Roles

#: How many items a note names.
_NAMED = 5


def kept(table: RowTable, where: Sequence[str]) -> RowTable:
    """Keep the rows of a table that fit all conditions; DataError where none does."""
    if not where:
        return table
    conditions = [Condition.parse(text, table.columns) for text in where]
    known: dict[tuple[int, str], bool] = {}

    def fits(row: Row) -> bool:
        for number, one in enumerate(conditions):
            word = cell(value_of(row, one.column))
            if (number, word) not in known:
                known[number, word] = bool(one.holds([word])[0])
            if not known[number, word]:
                return False
        return True

    def rows() -> Iterator[Row]:
        found = False
        for row in table.rows():
            if fits(row):
                found = True
                yield row
        if not found:
            raise table.error(f"no row is left by {argument('where')} {' and '.join(where)}")

    return table.with_rows(rows)


def filled(table: RowTable) -> tuple[RowTable, int]:
    """Leave out rows in which every cell is blank, as spreadsheets have below the last one; and count them."""

    def blank(row: Row) -> bool:
        return all(map(_blank, row.data.values()))

    gaps = sum(map(blank, table.rows()))
    return table.with_rows(lambda: filterfalse(blank, table.rows())) if gaps else table, gaps


def _blank(value: Any) -> bool:
    if isinstance(value, (str, list)):
        return not value or (isinstance(value, str) and value.isspace())
    return value is None or value != value  # noqa: PLR0124 - NaN


def half_empty(table: RowTable, roles: Roles) -> list[str]:
    """Say which items lack an answer, which may be what a system gave, or a question; refuse those that lack both."""
    asked = (*roles.question, *roles.turns, *roles.images)
    lacking: dict[str, list[str]] = {name: [] for name in (*roles.answers, *roles.question)}
    rows = 0
    for rows, row in enumerate(table.rows(), 1):
        if not (empty := [name for name in lacking if _blank(value_of(row, name))]):
            continue
        silent = roles.answers and all(name in empty for name in roles.answers)
        if silent and asked and all(_blank(value_of(row, name)) for name in asked):
            leave = f"{argument('where')} '{roles.answers[0]} is not empty' leaves it out"
            row.fail("neither a question nor an answer: there is nothing to judge", roles.answers[0], leave)
        names = [text_of(row, name).strip() for name in roles.id]
        for name in empty:
            lacking[name].append("/".join(filter(None, names)) or f"row {rows}")
    return [
        f"{table.name}: {name} is empty in {len(found)} of {rows} rows ({', '.join(found[:_NAMED])}"
        f"{' ...' if len(found) > _NAMED else ''}), which are judged as they are; {argument('where')} "
        f"'{name} is not empty' leaves them out"
        for name, found in lacking.items()
        if found and (name in roles.answers or len(roles.question) == 1)
    ]


def repeated(table: RowTable, golds: Sequence[str]) -> tuple[Row, Row] | None:
    """Find two rows that differ in labels, and whose they are, at most: one item, and a row for each annotator."""
    free = {name for name in table.columns if name in golds or (RATER | LABEL) & words_of(name)}
    seen: dict[str, Row] = {}
    for row in table.rows():
        rest = repr([(name, value) for name, value in row.data.items() if name not in free])
        first = seen.setdefault(digest(rest), row)
        if first is not row:
            return first, row
    return None


def alike(table: RowTable, roles: Roles, golds: Sequence[str]) -> list[str]:
    """Say which rows may be one item, and that all may be one cluster."""
    notes: list[str] = []
    if not (roles.id or roles.criterion) and (two := repeated(table, golds)):
        one, other = two
        notes.append(
            f"{table.name}: {one.unit}s {one.line} and {other.line} differ in labels at most, and are judged as two "
            f"items; {argument('id')} names a column by which that is seen"
        )
    if not roles.cluster and _one_question(table, roles):
        notes.append(
            f"{table.name}: all rows ask one question, which is one cluster; {argument('cluster')} names a column that "
            "says which rows belong together"
        )
    return notes


def _one_question(table: RowTable, roles: Roles) -> bool:
    """Whether several rows all ask the same, in words."""
    asked = (*roles.question, *roles.turns)
    said = ([value_of(row, name) for name in asked] for row in table.rows())
    first = next(said, [])
    if all(map(_blank, first)):
        return False
    return next(said, None) == first and all(one == first for one in said)
