"""Tables that are in memory already: pandas DataFrames, read as their CSV would be."""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING, Any

from judgebench.errors import DataError, UsageError, a_type, argument
from judgebench.files.table import BLOCK_ROWS, Block, Table, cell, cell_or_json

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence


class FrameTable(Table):
    """A DataFrame; errors count rows, from 1, and name the file ``name``. A missing value is an empty cell."""

    unit = "row"

    def __init__(self, frame: Any, name: str = "DataFrame") -> None:
        # A frame is, to everybody who asks, what a Parquet file is: typed rows, no lines, no delimiter.
        super().__init__(name, "parquet")
        if getattr(frame.columns, "nlevels", 1) > 1:
            raise UsageError(f"{name} has {frame.columns.nlevels} rows of column names; flatten them to one")
        self._frame = frame
        self._columns = tuple(str(column).strip() for column in frame.columns)
        self._digest = hashlib.sha256(repr(self._columns).encode("utf-8", "surrogatepass"))

    @property
    def revision(self) -> str:
        """Digest of the cells that were read, by their columns."""
        return f"data:{self._digest.hexdigest()[:12]}"

    def blocks(self, wanted: Sequence[str], *, nested: bool = False) -> Iterator[Block]:
        """Stream the wanted columns."""
        rows = len(self._frame)
        if not rows:
            raise self.error("no rows")
        columns = [self._cells(position, nested=nested) for position in self.positions(wanted, self._columns)]
        for name, cells in zip(wanted, columns, strict=True):
            self._digest.update(repr((name, cells)).encode("utf-8", "surrogatepass"))
        for start in range(0, rows, BLOCK_ROWS):
            stop = min(start + BLOCK_ROWS, rows)
            yield Block(range(start + 1, stop + 1), [cells[start:stop] for cells in columns])

    def _cells(self, position: int, *, nested: bool) -> list[str]:
        column = self._frame.iloc[:, position]
        values, gaps = column.tolist(), column.isna().tolist()
        return [
            "" if gap is True else value if isinstance(value, str) else self._text(value, row, position, nested=nested)
            for row, (value, gap) in enumerate(zip(values, gaps, strict=True), 1)
        ]

    def _text(self, value: Any, row: int, position: int, *, nested: bool) -> str:
        several = value.tolist() if type(value).__name__ == "ndarray" else value
        if isinstance(several, (set, frozenset)):
            several = sorted(several, key=str)
        if nested and isinstance(several, (list, tuple, dict)):
            return cell_or_json(list(several) if isinstance(several, tuple) else several)
        if isinstance(several, (list, dict, tuple, bytes)):
            raise self.error(
                f"{type(value).__name__} where one value was expected",
                line=row,
                field=self._columns[position],
                hint=f"several labels are a set: {argument('scale')} set",
            )
        return cell(value)


def as_frame(value: object) -> Any | None:
    """Give a table as a pandas DataFrame: one of pandas, or what turns into one; None for anything else."""
    import pandas as pd

    if isinstance(value, pd.DataFrame):
        return value
    turn = getattr(value, "to_pandas", None)
    if turn is None:
        return None
    turned = turn()
    if not isinstance(turned, pd.DataFrame):
        raise DataError(f"{type(value).__name__} turns into {type(turned).__name__}, expected a DataFrame")
    return turned


def records_of(value: Any) -> list[dict[str, Any]]:
    """Give the rows of a DataFrame, or of a list of dictionaries, as records; a missing value is None."""
    from collections.abc import Mapping  # noqa: PLC0415 - for this alone

    if isinstance(value, (list, tuple)):
        if wrong := [one for one in value if not isinstance(one, Mapping)]:
            raise UsageError(f"expected a dictionary for each item, and found {a_type(wrong[0])}")
        return [dict(one) for one in value]
    frame = as_frame(value)
    if frame is None:
        raise UsageError(f"{a_type(value)} is not a table of items")
    if twice := sorted({str(name) for name in frame.columns[frame.columns.duplicated()]}):
        raise DataError(f"the DataFrame has several columns named {', '.join(twice)}; rename all but one of each")
    import pandas as pd

    def plain(one: Any) -> Any:
        listed = one.tolist() if hasattr(one, "tolist") else one
        return None if not isinstance(listed, (list, dict, tuple)) and pd.isna(listed) else listed

    return [{str(name): plain(one) for name, one in record.items()} for record in frame.to_dict("records")]
