"""Columns of one's own table as they stand: features for the analysis of errors."""

from __future__ import annotations

from typing import TYPE_CHECKING

from judgebench.files.read import open_table

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path


def read_words(path: Path | str, columns: Sequence[str], delimiter: str | None = None) -> dict[str, list[str]]:
    """Read columns of a table as text, a cell per row of the file.

    Parameters
    ----------
    path : Path or str
        CSV, TSV, JSONL, a JSON array, or Parquet.
    columns : sequence of str
        Their names.
    delimiter : str, optional
        As for `judgebench.labels.load.load`.

    Returns
    -------
    dict of str to list of str
        Cells by column, in the order of the rows.

    Raises
    ------
    DataError
        If the file can't be read, or has no such column (near matches are named).
    """
    wanted = list(dict.fromkeys(columns))
    found: dict[str, list[str]] = {name: [] for name in wanted}
    for block in open_table(path, delimiter).blocks(wanted):
        for name, cells in zip(wanted, block.columns, strict=True):
            found[name].extend(cells)
    return found
