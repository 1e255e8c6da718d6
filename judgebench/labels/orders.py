"""Columns that say in which order a row's judge saw the two answers."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import numpy as np

from judgebench.labels.vocabulary import FIRST_ORDER, OTHER_ORDER, fold, order_word

if TYPE_CHECKING:
    from collections.abc import Sequence

    import numpy.typing as npt

    from judgebench.labels.columns import Raw
    from judgebench.labels.reading import Rows

    Flags = npt.NDArray[np.bool_]

#: Words that answer whether the order is the other one.
_NO, _YES = frozenset({"false", "no", "f", "n"}), frozenset({"true", "yes", "t", "y"})


def mark_orders(rows: Rows, raw: Raw, name: str, judges: Sequence[str]) -> None:
    """Mark the labels of rows whose judge saw the answers in the other order."""
    column = rows.columns[name]
    turned = _orders(rows, name)
    codes = column.codes()
    blank = np.array([not fold(word) for word in column.words], np.bool_)[codes]
    swapped: Flags = np.array([bool(one) for one in turned], np.bool_)[codes]
    for rater in raw.labels:
        own = raw.rows_of(rater)
        if rater in judges:
            if (bad := np.flatnonzero(blank[own])).size:
                raise rows.table.error("a row without an order", line=int(rows.lines[own[bad[0]]]), field=name)
        elif raw.first is None:
            # Gold beside a verdict is the answer's, whatever the order.
            continue
        raw.swapped[rater] = swapped[own] ^ raw.swapped.get(rater, np.zeros(own.size, np.bool_))


def _orders(rows: Rows, name: str) -> list[bool | None]:
    """Read which words say that the order was the other one; None where a cell is empty."""
    column = rows.columns[name]
    folded = [order_word(word) for word in column.words]
    used = set(folded) - {""}
    meant: dict[str, bool] = dict.fromkeys(FIRST_ORDER, False) | dict.fromkeys(OTHER_ORDER, True)
    asked = re.search(r"swap|revers|flip|turn|invert", name, re.IGNORECASE) is not None
    if asked:
        meant |= dict.fromkeys(_NO | {"0"}, False) | dict.fromkeys(_YES | {"1"}, True)
    elif used <= {"0", "1"} and "0" in used:
        meant |= {"0": False, "1": True}
    elif used <= {"1", "2"} and "2" in used:
        meant |= {"1": False, "2": True}
    rows.refuse(
        name,
        lambda word: order_word(word) not in {*meant, ""},
        "is not an order of two answers",
        'orders are original/swapped, AB/BA, 0/1, 1/2, "0,1"/"1,0", first/second; in a column that says swapped, '
        "true/false",
    )
    return [meant.get(word) for word in folded]
