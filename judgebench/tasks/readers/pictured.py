"""Rows about pictures that lie in a folder beside them, and files of judges' verdicts on these rows.

A card says the roles of the columns as any other, and under ``[form]``: ``images``, the folders below the data's in
which the pictures lie; ``verdict``, ``reason`` and ``judge``, the columns of a file of verdicts, whose rows are named
as the items are; and other names of columns (`judgebench.tasks.readers.renamed`).
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from judgebench.domain import Reply, Status
from judgebench.files.rows import value_of
from judgebench.labels.cells import Cells
from judgebench.labels.lists import order_in
from judgebench.tasks import own
from judgebench.tasks.readers.renamed import Renamed
from judgebench.tasks.recordings import Recording, picked, rows_of_judge, stem
from judgebench.tasks.texts import named_by, text_of

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from pathlib import Path

    from judgebench.domain import Item
    from judgebench.files.records import Row
    from judgebench.tasks.base import Located
    from judgebench.tasks.card import Card
    from judgebench.tasks.recordings import Replies
    from judgebench.tasks.sources import Source


class Reader(own.Reader):
    """Reads items by the card's columns, and verdicts on them; gold is never missing."""

    needs_gold = True

    def __init__(self, card: Card, split: str) -> None:
        super().__init__(card, split)
        form = self.form
        self._homes = form.names("images")
        self._verdict, self._reason = form.text("verdict", ""), form.text("reason", "")
        self._judge = form.text("judge", "")
        self._renamed = Renamed.take(form)
        form.done()
        if self._verdict:
            self.recorded_fields = frozenset({self._verdict.partition(".")[0]})

    def of_table(self, source: Source, part: str) -> Iterator[Located]:
        """Yield the items of a table, whichever name a column has there."""
        rows = source.load
        return super().of_table(replace(source, load=lambda: self._renamed.rows(rows())), part)

    def judges(self, source: Source) -> Mapping[str, str]:
        """Name the judges, where the rows do."""
        names = super().judges(source)
        found = (value_of(row, self._judge) for row in (() if names or not self._judge else source.rows()))
        return names or {str(name): str(name) for name in found if name}

    def images(self, row: Row, column: str, folder: Path | None, *homes: str) -> list[str]:
        """Find the images of a cell, in the folders that the card says, too."""
        return super().images(row, column, folder, *homes, *self._homes)

    def recorded(self, source: Source, column: str | None, items: Mapping[str, Item]) -> Recording:
        """Read a file of verdicts, of responses in their own order; ``column`` names a judge, or another column."""
        if not self._verdict:
            return super().recorded(source, column, items)
        replies: Replies = {}
        rows, judge = rows_of_judge(source.rows(), column, source.name)
        if judge is None and (names := self.judges(source)) and (column is None or column in names):
            judge = picked(column, names, source.name)
            rows = [row for row in rows if str(value_of(row, self._judge)) == judge]
        name = self._verdict if column is None or judge is not None else column
        named = self.roles.id[0]
        for row in rows:
            item = "/".join(named_by(row, one) for one in self.roles.id)
            if item not in items:
                row.fail(f"item {item!r} is not in {self.card.name}:{self.split}", named)
            order = tuple(range(len(items[item].responses)))
            if (item, order) in replies:
                row.fail(f"item {item!r} appears twice", named)
            replies[item, order] = self._reply(row, name)
        orders = tuple(sorted({order for _, order in replies}))
        return Recording(judge or stem(source.name), replies, orders)

    def _reply(self, row: Row, column: str) -> Reply:
        """Read a verdict; whatever else a judge said there is a reply without one."""
        if value_of(row, column) is None:
            row.fail("there is no verdict", column, f"the row has {', '.join(row.data)}")
        said = text_of(row, column).strip()
        word = (self.cells or Cells()).words.get(said, said)
        label = word if isinstance(word, str) else said
        code = order_in(label, self.scale) if self.scale.kind == "rank" else self.scale.code(label)
        why = value_of(row, self._reason) if self._reason else None
        text = why if isinstance(why, str) and why else said
        if code is None:
            return Reply(Status.UNPARSED, text=text, error=f"verdict {said!r}")
        return Reply.ok(code, text=text)
