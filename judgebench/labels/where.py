"""Conditions on rows: ``status = done``, ``score >= 3``, ``lang in de,en``, ``error is empty``."""

from __future__ import annotations

import operator
import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from judgebench.errors import UsageError, argument
from judgebench.files.codes import Numbers
from judgebench.files.records import cut, some
from judgebench.labels.vocabulary import MISSING, fold, number_of

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping, Sequence

    import numpy.typing as npt

    from judgebench.files.table import Table
    from judgebench.labels.columns import Column

    Flags = npt.NDArray[np.bool_]

_OPERATORS: dict[str, Callable[[Any, Any], bool]] = {
    "<": operator.lt,
    "<=": operator.le,
    ">": operator.gt,
    ">=": operator.ge,
}
#: ``is not empty`` before ``is empty``, and ``<=`` before ``<``; a name may hold any of them, so that cuts are tried.
_CUTS = re.compile(r"\s+is\s+not\s+empty\s*$|\s+is\s+empty\s*$|\s+(?:not\s+)?in\s+|==|!=|<=|>=|=|<|>", re.IGNORECASE)
#: So many of a column's values are shown.
_SHOWN = 12
#: One of several values, in quotes where it holds a comma.
_VALUE = re.compile(r"""\s*(?:"[^"]*"|'[^']*')\s*(?=,|$)|[^,]+""")
_ANOTHER = re.compile(r"\s(?:and|or|&&?|\|\|?)\s", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Condition:
    """What a column's cell must say for its row to stay; case and outer blanks don't matter."""

    text: str
    column: str
    operator: str
    value: str = ""

    @classmethod
    def parse(cls, text: str, columns: Sequence[str]) -> Condition:
        """Read a condition on one of some columns; UsageError where none is named, or there is no condition."""
        known = frozenset(columns)
        for cut_at in _CUTS.finditer(text):
            name = text[: cut_at.start()].strip()
            if name in known:
                sign, value = " ".join(cut_at[0].casefold().split()), text[cut_at.end() :].strip()
                _refuse_another(text, value, known)
                return cls(text.strip(), name, "=" if sign == "==" else sign, value)
        first = _CUTS.search(text)
        said = f"{argument('where')} {text!r}"
        if first is None:
            raise UsageError(
                f"{said}: write COLUMN = VALUE, with = != < <= > >=, or COLUMN in A,B, COLUMN is empty, COLUMN is not "
                "empty"
            )
        raise UsageError(
            f"{said}: no column is named {text[: first.start()].strip()!r} (the columns are {some(columns)})"
        )

    def holds(self, words: Sequence[str]) -> Flags:
        """Say of each word whether the condition holds; UsageError where numbers and text would be compared."""
        folded = [fold(word) for word in words]
        if self.operator in {"is empty", "is not empty"}:
            return np.array([(not word) == (self.operator == "is empty") for word in folded], np.bool_)
        if self.operator in {"in", "not in"}:
            wanted = {fold(_unquoted(one)) for one in _VALUE.findall(self.value)}
            return np.array([(word in wanted) == (self.operator == "in") for word in folded], np.bool_)
        value = fold(_unquoted(self.value))
        if self.operator in {"=", "!="}:
            return np.array([(word == value) == (self.operator == "=") for word in folded], np.bool_)
        compared, bound = _OPERATORS[self.operator], number_of(value)
        numbers = {word: number_of(word) for word in folded if word not in MISSING}
        if bound is None:
            if not any(char.isdigit() for char in value) or all(number is not None for number in numbers.values()):
                raise UsageError(
                    f"{argument('where')} {self.text!r}: {cut(self.value)!r} is neither a number nor a date; words "
                    f"have no order, so list them: {self.column} in A,B"
                )
            # Dates and the like, in the order of their text.
            return np.array([bool(word) and compared(word, value) for word in folded], np.bool_)
        if odd := [word for word, number in numbers.items() if number is None]:
            raise UsageError(f"{argument('where')} {self.text!r}: {cut(odd[0])!r} is not a number")
        return np.array([(own := numbers.get(word)) is not None and compared(own, bound) for word in folded], np.bool_)

    def on(self, cells: Iterable[str]) -> Flags:
        """Say of each cell of a column whether the condition holds."""
        words = Numbers()
        codes = words.take(list(cells))
        return self.holds(list(words))[codes]


def _refuse_another(text: str, value: str, known: frozenset[str]) -> None:
    """Refuse a second condition, which would be read as a part of the first one's value."""
    if value[:1] in {'"', "'"} and value[-1:] == value[0]:
        return
    for joined in _ANOTHER.finditer(value):
        rest = value[joined.end() :]
        if any(rest[: one.start()].strip() in known for one in _CUTS.finditer(rest)):
            raise UsageError(
                f"{argument('where')} {text!r} holds two conditions; give each its own {argument('where')} (all "
                "of them must hold), or list the values of one column: COLUMN in A,B"
            )


def _unquoted(value: str) -> str:
    value = value.strip()
    return value[1:-1] if len(value) > 1 and value[0] == value[-1] and value[0] in "'\"" else value


def kept_rows(table: Table, columns: Mapping[str, Column], conditions: Sequence[Condition]) -> tuple[Flags, list[str]]:
    """Mark the rows on which all conditions hold, and say of each condition how many it leaves out.

    DataError where no row is left.
    """
    kept: Flags | None = None
    notes: list[str] = []
    for one in conditions:
        column = columns[one.column]
        words = list(column.words)
        here = one.holds(words)[column.codes()]
        before = here.size if kept is None else int(np.count_nonzero(kept))
        kept = here if kept is None else kept & here
        left = int(np.count_nonzero(kept))
        if not left:
            seen = list(dict.fromkeys(word.strip() or "(empty)" for word in words))
            raise table.error(
                f"no row is left by {argument('where')} {one.text!r}",
                field=one.column,
                hint=f"it says {', '.join(cut(word) for word in seen[:_SHOWN])}{', …' if len(seen) > _SHOWN else ''}",
            )
        notes.append(f"{before - left:,} of {before:,} rows are left out by {argument('where')} {one.text!r}")
    return (np.ones(0, np.bool_) if kept is None else kept), notes
