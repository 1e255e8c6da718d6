"""A first or last row of a table that is no item but a total."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import numpy as np

from judgebench.errors import FormError, argument
from judgebench.labels.vocabulary import MISSING, fold, number_of, says_total

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    import numpy.typing as npt

    from judgebench.files.table import Table
    from judgebench.labels.columns import Column, Ints

_COMMA = re.compile(r"^([-+]?\d+),(\d+)$")
#: Rows below which nothing looks like a total, and words above which a column is no column of labels.
_FEWEST, _MOST_WORDS = 5, 5000
#: So many columns beside those that are asked for may say "Total" in the last row.
SPEAKING = 3
#: So many rows of a file may hold totals between others; and what a mean may differ by that is written with a decimal.
LOOKED_AT, _ROUNDED = 20_000, 0.05


def refuse_total(
    table: Table, columns: Mapping[str, Column], lines: Ints, said: Mapping[str, str], *, first: bool = False
) -> None:
    """Refuse a last (or ``first``) row that is no item: it says so, or holds the sum or the mean of the others.

    ``columns`` are those of labels; ``said`` is what the row says, there and in others. FormError says the option.
    """
    rows = lines.size
    if rows < _FEWEST:
        return
    named = [(name, word) for name, word in said.items() if says_total(word) and name not in columns]
    # A word may be what the judges rate; a total beside it is a number, or empty.
    if named and all(_number(said[name]) is not None or fold(said[name]) in MISSING for name in columns):
        name, word = named[0][0], named[0][1].strip()
        why, where = f"{name or 'its first cell'} says {word!r}", f"{name} != {word}" if name else ""
    else:
        found = [(name, of) for name, column in columns.items() if (of := _summary(column, rows, said[name], first))]
        # One number may be a mean by chance.
        if not found or len(found) < len(columns) or (len(found) == 1 and found[0][1] == "mean"):
            return
        others = "below" if first else "above"
        why, where = ", ".join(f"{name} holds the {of} of the cells {others}" for name, of in found), ""
    ways = [f"{argument('drop_last')} 1"] * (not first) + [f"{argument('where')} {where!r}"] * bool(where)
    raise FormError(
        f"this {'first' if first else 'last'} row looks like a total: {why}",
        file=table.name,
        line=int(lines[0 if first else -1]) if table.unit == "line" else None,
        hint=(f"leave it out with {', or with '.join(ways)}" if ways else "take it out of the file")
        + f"; if it is an item like the others, move it {'down' if first else 'up'}",
        readings=() if first else ({"drop_last": 1},),
    )


def refuse_subtotals(
    table: Table, columns: Mapping[str, Column], lines: Ints, said: Sequence[tuple[int, str, str]]
) -> None:
    """Refuse a row between others that says it is a total, and is: of what is above it, back to the one before.

    ``said`` are rows by their place, with the column and the word that say so.
    """
    if not said or not columns or any(len(column.words) > _MOST_WORDS for column in columns.values()):
        return
    values = [_values(column) for column in columns.values()]
    start = 0
    for row, name, word in said:
        above = [own[start:row][~np.isnan(own[start:row])] for own in values]
        start = row + 1
        if all(
            of.size > 1 and min(abs(of.sum() - own[row]), abs(of.mean() - own[row])) <= _ROUNDED
            for of, own in zip(above, values, strict=True)
        ):
            raise FormError(
                f"this row looks like a total of those above it: {name} says {word.strip()!r}",
                file=table.name,
                line=int(lines[row]) if table.unit == "line" else None,
                hint=f"leave such rows out with {argument('where')} {f'{name} != {word.strip()}'!r}",
            )


def _values(column: Column) -> npt.NDArray[np.float64]:
    """Give the number in each cell, NaN where there is none."""
    values = np.array([np.nan if (value := _number(word)) is None else value for word in column.words])
    return values[column.codes()]


def _number(word: str) -> float | None:
    """Read a number, with a decimal comma or a percent sign, too."""
    return number_of(_COMMA.sub(r"\1.\2", word.strip().rstrip("%").rstrip()))


def _summary(column: Column, rows: int, written: str, first: bool) -> str:  # noqa: FBT001 - one question, one answer
    """Say whether a column's last (or first) number is the sum or the mean of the others; empty where it is neither."""
    if len(column.words) > _MOST_WORDS:
        return ""
    values = _values(column)
    others, last = values[1:] if first else values[:-1], float(values[0 if first else -1])
    others = others[~np.isnan(others)]
    if np.isnan(last) or others.size * 2 < rows:
        return ""
    decimals = len(written.strip(" %").replace(",", ".").partition(".")[2])
    if last > 2 * others.max() and abs(others.sum() - last) <= 1e-9 * abs(last):
        return "sum"
    if last != round(last) and abs(others.mean() - last) <= 0.5000001 * 10.0**-decimals:
        return "mean"
    return ""
