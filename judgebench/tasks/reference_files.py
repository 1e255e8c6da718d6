"""References of one's own beside a task: a table of ids and texts, as ``--reference file:PATH`` names it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from judgebench.domain import Reference
from judgebench.errors import DataError, UsageError, argument
from judgebench.files.read import open_table
from judgebench.files.records import some
from judgebench.labels.item_roles import find_roles
from judgebench.labels.profile import profile
from judgebench.tasks.texts import named_by, texts_in

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable
    from pathlib import Path

    from judgebench.domain import Item

#: Ids that a message names.
_NAMED = 5


def read_references(path: Path, column: str, kind: str) -> dict[str, tuple[Reference, ...]]:
    """Read references by the ids of their items, columns found as those of a table of items; a cell may hold a list.

    UsageError where the column of ids or of references can't be told, DataError where an id appears twice.
    """
    table = open_table(path)
    looks = profile(table)
    given = {"reference": (column,)} if column else {}
    if column and column not in table.columns:
        raise UsageError(f"{path} has no column {column!r}; it has {', '.join(table.columns)}")
    recognised = find_roles(looks, given)
    roles = recognised.roles
    doubts = [one.partition(" say ")[0] for one in recognised.doubts if "which is the reference" in one]
    if doubts or not roles.reference:
        why = "; ".join(doubts) or f"no column is named as one of references, of {', '.join(table.columns)};"
        raise UsageError(f"{path}: {why} write {argument('reference')} file:{path}#COLUMN")
    if not roles.id:
        raise UsageError(f"{path}: no column is named as one of ids whose values don't repeat; name it id")
    found: dict[str, tuple[Reference, ...]] = {}
    for row in table.rows():
        name = "/".join(named_by(row, one) for one in roles.id)
        if name in found:
            row.fail(f"id {name!r} appears twice", roles.id[0])
        found[name] = tuple(Reference(text, kind) for one in roles.reference for text in texts_in(row, one))
    return found


def joined(
    items: Iterable[Item], found: dict[str, tuple[Reference, ...]], path: Path, tell: Callable[[str], None]
) -> dict[str, tuple[Reference, ...]]:
    """Give the references of items, by id; ``tell`` hears of items without one, and of ids that no item has.

    DataError where no id is that of an item.
    """
    given: dict[str, tuple[Reference, ...]] = {}
    missing: list[str] = []
    left = set(found)
    for item in items:
        left.discard(item.id)
        if own := found.get(item.id):
            given[item.id] = own
        else:
            missing.append(item.id)
    if not given:
        raise DataError(f"none of its ids is that of an item, such as {missing[0]!r}", file=str(path))
    for names, what in ((missing, "no reference for"), (sorted(left), "references for ids that no item has:")):
        if names:
            tell(f"{path.name} has {what} {some(names, _NAMED)}")
    return given
