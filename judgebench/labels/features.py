"""Columns of one's own table as they are: features for the analysis of errors."""

from __future__ import annotations

from typing import TYPE_CHECKING

from judgebench.files.read import open_table
from judgebench.files.table import Table

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path


def read_words(path: Path | Table, columns: Sequence[str], delimiter: str | None = None) -> dict[str, list[str]]:
    """Read columns of a table as text, a cell per row of the file, in its order."""
    wanted = list(dict.fromkeys(columns))
    found: dict[str, list[str]] = {name: [] for name in wanted}
    table = path if isinstance(path, Table) else open_table(path, delimiter)
    for block in table.blocks(wanted):
        for name, cells in zip(wanted, block.columns, strict=True):
            found[name].extend(cells)
    return found
