"""Published files of verdicts in a form that a card describes: whose rows, about which items, in which order."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from fnmatch import fnmatchcase
from pathlib import Path
from typing import TYPE_CHECKING

from judgebench.domain import Reply, Status
from judgebench.errors import UsageError
from judgebench.files.content import find
from judgebench.files.rows import value_of
from judgebench.tasks.readers.sayings import Saying
from judgebench.tasks.recordings import Recording, stem
from judgebench.tasks.sources import file_source
from judgebench.tasks.texts import named_by

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

    from judgebench.domain import Item, Scale
    from judgebench.files.records import Row
    from judgebench.tasks.card import Table
    from judgebench.tasks.recordings import Replies
    from judgebench.tasks.sources import Source

#: Column of a row's number, by which it is known where nothing names it.
NUMBER = "#"


@dataclass(frozen=True, slots=True)
class VerdictFiles:
    """What ``[form.recorded]`` of a card says of the benchmark's own files of verdicts.

    ``id`` are the fields that name the item, ``judge`` those that name the judge; columns that match ``wide``, and are
    not ``around`` them, are a judge's each. ``shown`` are the fields of the answers, or of their systems, in the order
    in which the judge saw them, and ``reversed`` ends the name of the file of the other order. ``records`` are the
    lists that one object holds its rows in; with ``keyed`` it holds them under their numbers, from ``first``. ``where``
    are patterns of cells that a row must have; a field that it lacks says nothing.
    """

    saying: Saying
    scale: Scale
    id: tuple[str, ...] = ()
    judge: tuple[str, ...] = ()
    wide: tuple[str, ...] = ()
    around: tuple[str, ...] = ()
    shown: tuple[str, ...] = ()
    reversed: str = ""
    records: tuple[str, ...] = ()
    keyed: bool = False
    first: int = 1
    where: Mapping[str, str] = field(default_factory=dict[str, str])

    @classmethod
    def take(cls, table: Table, scale: Scale, ids: tuple[str, ...]) -> VerdictFiles:
        """Take the keys of a card's table; ``ids`` are the fields that name the items of the task."""
        lists = ("id", "judge", "wide", "shown", "records")
        names = {name: table.names(name) if name in table.data else () for name in lists}
        keyed, other = table.take("keyed", bool, default=False), table.text("reversed", "")
        saying = Saying.take(table)
        saying.check(scale, table)
        table.done()
        if not (saying.said or names["wide"]):
            table.fail("verdict", "say where the verdicts are: scores, verdict, or wide")
        if names["shown"] and len(names["shown"]) != 2:
            table.fail("shown", f"expected the fields of two answers, got {len(names['shown'])}")
        return cls(
            saying,
            scale,
            id=names["id"] or ids,
            judge=names["judge"],
            wide=names["wide"],
            shown=names["shown"],
            reversed=other,
            records=names["records"],
            keyed=keyed,
        )

    @property
    def fields(self) -> frozenset[str]:
        """The fields in which the verdicts are, as no file of ours has them."""
        said = (self.saying.verdict, *self.saying.scores)
        return frozenset(name.partition(".")[0] for name in said if name)

    def rows(self, source: Source) -> Iterator[Row]:
        """Give the rows of a file of verdicts that are read."""
        for row in source.rows():
            if self.keyed:
                yield from _under_numbers(row)
                continue
            inside = [name for name in self.records if isinstance(row.data.get(name), list)]
            if inside:
                yield from _in_lists(row, inside)
            elif fits(row.data, self.where):
                yield row

    def judges(self, rows: Iterable[Row]) -> tuple[str, ...]:
        """Name the judges of a file; none where it holds one without a name."""
        if self.wide:
            names = dict.fromkeys(name for row in rows for name in row.data if name not in self.around)
            return tuple(name for name in names if any(fnmatchcase(name, pattern) for pattern in self.wide))
        return tuple(dict.fromkeys(self._judge(row) for row in rows)) if self.judge else ()

    def read(self, source: Source, asked: str | None, items: Mapping[str, Item]) -> Recording:
        """Read one judge's verdicts; UsageError where none is named of several, or no row is about an item."""
        rows = list(self.rows(source))
        judges = self.judges(rows)
        judge = asked if asked is not None and judges else judges[0] if len(judges) == 1 else ""
        if judges and judge not in judges:
            said = "name the judge" if asked is None else f"{asked!r} is not a judge of it"
            raise UsageError(f"{source.name}: {said}; there are: {', '.join(judges)}")
        if self.wide and not judges:
            raise UsageError(f"{source.name}: no column is a judge's ({', '.join(self.wide)})")
        saying = replace(self.saying, verdict=judge) if self.wide else self.saying
        own = rows if self.wide or not self.judge else [row for row in rows if self._judge(row) == judge]
        replies: Replies = {}
        # Rows that don't say their order come last: theirs is the one that is left.
        for row, item, turned in sorted(self._both(source, own, items), key=lambda one: one[2] is None):
            order = tuple(range(len(item.responses)))
            order = order[::-1] if turned else order
            if turned is None and (item.id, order) in replies:
                order = order[::-1]
            if (item.id, order) in replies:
                row.fail(f"item {item.id!r} appears twice in one order", self.id[0] if self.id else None)
            systems = [item.responses[index].model for index in order]
            replies[item.id, order] = _reply(saying, row, self.scale, systems)
        if not replies:
            raise UsageError(f"{source.name}: none of its rows is about an item of this task")
        return Recording(judge or stem(Path(source.name)), replies, tuple(sorted({order for _, order in replies})))

    def _judge(self, row: Row) -> str:
        return " / ".join(named_by(row, name) for name in self.judge)

    def _both(
        self, source: Source, rows: list[Row], items: Mapping[str, Item]
    ) -> Iterator[tuple[Row, Item, bool | None]]:
        """Give the rows about items, with whether they show the other order; those of its other file, too."""
        told = [
            (row, item, self._turned(row, item))
            for place, row in enumerate(rows, self.first)
            if (item := self._about(row, place, items)) is not None
        ]
        known = {turned for _, _, turned in told if turned is not None}
        for row, item, turned in told:
            # Two equal answers don't tell which is which; the other rows of the same file may.
            yield row, item, next(iter(known)) if turned is None and len(known) == 1 else turned
        path = Path(source.name)
        bare = path.name.removesuffix(".gz").removesuffix(path.suffix)
        if not self.reversed or bare.endswith(self.reversed):
            return
        for suffix in (path.suffix, ".jsonl", ""):
            if (other := find(path.parent, f"{bare}{self.reversed}{suffix}")) is not None:
                for place, row in enumerate(self.rows(file_source(other)), self.first):
                    if (item := self._about(row, place, items)) is not None:
                        yield row, item, True
                return

    def _about(self, row: Row, place: int, items: Mapping[str, Item]) -> Item | None:
        """Find the item of a row; a file may hold more than one split."""
        known = "/".join(named_by(row, one) for one in self.id if value_of(row, one) is not None)
        return items.get(known or str(row.data.get(NUMBER, place)))

    def _turned(self, row: Row, item: Item) -> bool | None:
        """Tell the order by what a row says of the answers; None where they are equal, or it says nothing."""
        if not self.shown:
            return False
        said = [value_of(row, name) for name in self.shown]
        if said[0] is None or said[0] == said[1]:
            return None
        for own in ([one.text for one in item.responses], [one.model for one in item.responses]):
            if said in (own, own[::-1]):
                return said != own
        return row.fail(f"these are not the answers of item {item.id!r}, nor their systems", self.shown[0])


def fits(data: Mapping[str, object], where: Mapping[str, str]) -> bool:
    """Whether a row has the cells that are asked for; a field that it lacks says nothing."""
    return all(fnmatchcase(str(data[name]), pattern) for name, pattern in where.items() if name in data)


def _under_numbers(row: Row) -> Iterator[Row]:
    """Give the rows of an object that holds them under their numbers."""
    for number, one in row.data.items():
        if not isinstance(one, dict):
            row.fail("expected an object under each number", number)
        yield replace(row, data={**one, NUMBER: number})


def _in_lists(row: Row, names: list[str]) -> Iterator[Row]:
    """Give the rows of an object that holds them in lists, each with what the object says of all."""
    around = {name: value for name, value in row.data.items() if name not in names}
    for name in names:
        for one in row.data[name]:
            if not isinstance(one, dict):
                row.fail("expected a list of objects", name)
            yield replace(row, data={**around, **one})


def _reply(saying: Saying, row: Row, scale: Scale, systems: list[str | None]) -> Reply:
    if saying.verdict and value_of(row, saying.verdict) is None:
        return Reply(Status.UNPARSED, error="no verdict")
    return saying.reply(row, scale, systems)
