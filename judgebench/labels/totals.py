"""A last row that is the sum or the mean of the others is none of them."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from judgebench.errors import FormError, argument
from judgebench.labels.words import fold

if TYPE_CHECKING:
    from judgebench.files.table import Table
    from judgebench.labels.columns import Raw

_FEWEST = 3
_TOTALS = frozenset({"total", "totals", "sum", "mean", "average", "avg", "summe", "mittelwert", "gesamt", "moyenne"})


def refuse_total(table: Table, raw: Raw) -> None:
    """Refuse a last row whose numbers are all the sums, or all the means, of those above, and look like it.

    A sum does where one is larger than every label above it, a mean where whole numbers have one with decimals; either
    does where another cell of the row says so. FormError names the option.
    """
    sums, means, plain = [], [], {"sum": False, "mean": False}
    for column in raw.labels.values():
        codes, words = column.codes(), list(column.words)
        numbers = [_number(word) for word in words]
        last = numbers[codes[-1]] if len(codes) > _FEWEST else None
        if last is None:
            # A column of words has no sum; where nothing is in the last row, nothing is totalled.
            if len(codes) <= _FEWEST or any(number is not None for number in numbers):
                return
            continue
        counts = np.bincount(codes[:-1], minlength=len(words))
        above = [(number, int(n)) for number, n in zip(numbers, counts, strict=True) if n and number is not None]
        if not above:
            return
        total = sum(number * n for number, n in above)
        step = 10.0 ** -len(words[codes[-1]].strip().partition(".")[2])
        sums.append(abs(total - last) < step / 1000)
        means.append(abs(total / sum(n for _, n in above) - last) <= step / 2 + 1e-9)
        plain["sum"] |= last > max(number for number, _ in above)
        plain["mean"] |= last % 1 != 0 and all(number % 1 == 0 for number, _ in above)
    said = any(fold(list(one.words)[one.codes()[-1]]).rstrip(":") in _TOTALS for one in raw.keys.values())
    for kind, fits in (("sum", sums), ("mean", means)):
        if fits and all(fits) and (said or plain[kind]):
            cells = (f"{name} {list(one.words)[one.codes()[-1]].strip()}" for name, one in raw.labels.items())
            raise FormError(
                f"this last row is the {kind} of the others ({', '.join(cells)})",
                file=table.name,
                line=int(raw.lines[-1]) if table.unit == "line" else None,
                hint=f"say {argument('drop_last')} 1 to leave it out; or, if it is one of them, name its "
                f"{argument('scale')}",
                readings=({"drop_last": 1},),
            )


def _number(word: str) -> float | None:
    try:
        number = float(word)
    except ValueError:
        return None
    return number if np.isfinite(number) else None
