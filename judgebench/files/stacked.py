"""Several files as one table, one under the other: raters in rows, some of them in another file."""

from __future__ import annotations

from typing import TYPE_CHECKING

from judgebench.files.table import Block, Table, joint_revision

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence


class StackedTable(Table):
    """Files of the same columns; errors count rows, from 1, through all of them."""

    unit = "row"

    def __init__(self, tables: Sequence[Table]) -> None:
        super().__init__(" + ".join(one.name for one in tables), tables[0].format)
        self.tables = tuple(tables)
        first, *others = tables
        self._columns = tuple(name for name in first.columns if all(name in one.columns for one in others))

    @property
    def revision(self) -> str:
        """Digest of all files."""
        return joint_revision(self.tables)

    def blocks(self, wanted: Sequence[str], *, nested: bool = False) -> Iterator[Block]:
        """Stream the wanted columns of each file in turn."""
        self.positions(wanted, self._columns)
        row = 1
        for table in self.tables:
            for block in table.blocks(wanted, nested=nested):
                yield Block(range(row, row + len(block.lines)), block.columns)
                row += len(block.lines)
