"""A table whose columns are held in memory: read once, cut by rows, and given columns that its file doesn't have."""

from __future__ import annotations

from typing import TYPE_CHECKING, TypeAlias

import numpy as np
import numpy.typing as npt

from judgebench.files.table import BLOCK_ROWS, Block, Table

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

Rows: TypeAlias = npt.NDArray[np.intp]


class HeldTable(Table):
    """Columns of cells, as text, under one name; errors count rows, from 1, as they are in ``source``.

    ``made`` are columns beside those of the source, one cell for each of its rows; ``rows`` are those to look at.
    """

    unit = "row"

    def __init__(
        self, source: Table, made: Mapping[str, Sequence[str]] | None = None, rows: Rows | None = None
    ) -> None:
        super().__init__(source.name, source.format)
        self.source = source
        self._made = {name: np.asarray(cells, dtype=object) for name, cells in (made or {}).items()}
        self._rows = rows
        self._columns = tuple(dict.fromkeys((*source.columns, *self._made)))
        self._cells: dict[str, npt.NDArray[np.object_]] = {}

    @property
    def revision(self) -> str:
        """That of the source."""
        return self.source.revision

    @property
    def size(self) -> int:
        """How many rows there are."""
        return len(self.words(self._columns[0]))

    def words(self, name: str) -> npt.NDArray[np.object_]:
        """Cells of a column, or of what is inside one by a dotted name; shape (n,)."""
        if name not in self._cells:
            if name in self._made:
                every = self._made[name]
            elif isinstance(self.source, HeldTable):
                every = self.source.words(name)
            else:
                every = self._read(name)
            self._cells[name] = every if self._rows is None else every[self._rows]
        return self._cells[name]

    def take(self, rows: Rows) -> HeldTable:
        """Keep some rows, given by their places."""
        return HeldTable(self, rows=rows)

    def only(self, names: Sequence[str]) -> HeldTable:
        """Keep some columns."""
        found = HeldTable(self)
        found._columns = tuple(names)
        return found

    def _read(self, name: str) -> npt.NDArray[np.object_]:
        found: list[str] = []
        for block in self.source.blocks([name], nested=True):
            found.extend(block.columns[0])
        cells = np.empty(len(found), dtype=object)
        cells[:] = found
        return cells

    def blocks(self, wanted: Sequence[str], *, nested: bool = False) -> Iterator[Block]:  # noqa: ARG002 - cells are text already
        """Give the wanted columns."""
        if not wanted:
            return
        cells = [self.words(name) for name in wanted]
        for start in range(0, len(cells[0]), BLOCK_ROWS):
            stop = min(start + BLOCK_ROWS, len(cells[0]))
            yield Block(range(start + 1, stop + 1), [one[start:stop].tolist() for one in cells])
