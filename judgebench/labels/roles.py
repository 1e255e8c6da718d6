"""The roles of columns in a table of items."""

from __future__ import annotations

from dataclasses import dataclass, field, fields


@dataclass(frozen=True, slots=True)
class Roles:
    """Which columns of a table of items are what: ``[columns]`` of a task's card, and the options of ``run``.

    ``question`` may be several columns, joined by a blank line, or ``turns`` a list of messages. ``answers`` are as
    many as the scale compares, ``systems`` (who wrote them) as many as these or none. ``gold`` is a column for each
    annotator; with ``{criterion}`` in a name, one for each criterion. Columns of ``id`` and ``cluster`` make a name
    together. An empty cell is no label, no reference and no context.
    """

    question: tuple[str, ...] = ()
    turns: tuple[str, ...] = ()
    answers: tuple[str, ...] = ()
    systems: tuple[str, ...] = ()
    reference: tuple[str, ...] = ()
    context: tuple[str, ...] = ()
    images: tuple[str, ...] = ()
    criterion: tuple[str, ...] = ()
    id: tuple[str, ...] = ()
    subset: tuple[str, ...] = ()
    cluster: tuple[str, ...] = ()
    gold: tuple[str, ...] = ()
    attributes: tuple[str, ...] = ()

    def named(self) -> dict[str, tuple[str, ...]]:
        """Give the columns of each role that has some."""
        return {one.name: found for one in fields(self) if (found := getattr(self, one.name))}

    def columns(self) -> dict[str, str]:
        """Give the role of each column that has one."""
        return {column: role for role, found in self.named().items() for column in found}


@dataclass(slots=True)
class Recognised:
    """The roles of columns, why each has its own, and what can't be told, with the options that settle it.

    ``aside`` are columns that play no part; ``judges`` hold verdicts of judges that were asked before; ``said`` are
    the roles that a person spoke of.
    """

    roles: Roles
    why: dict[str, str] = field(default_factory=dict[str, str])
    doubts: list[str] = field(default_factory=list[str])
    judges: tuple[str, ...] = ()
    aside: tuple[str, ...] = ()
    said: frozenset[str] = frozenset()
