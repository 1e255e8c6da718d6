"""Gold labels of a table of items: whose they are, by which criterion, and what their words mean on the scale."""

from __future__ import annotations

import re
from dataclasses import replace
from itertools import islice
from typing import TYPE_CHECKING

import numpy as np

from judgebench.domain import Label
from judgebench.errors import DataError, UsageError, argument
from judgebench.files.rows import RowTable
from judgebench.labels.columns import Column, Raw
from judgebench.labels.encoding import encode
from judgebench.tasks.texts import taker, text_of

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    import numpy.typing as npt

    from judgebench.domain import Code, Scale
    from judgebench.files.records import Row
    from judgebench.labels.cells import Cells
    from judgebench.labels.encoding import Coded
    from judgebench.labels.roles import Roles
    from judgebench.tasks.sources import Source

CRITERION = "{criterion}"
#: Rows whose words are understood before the first item is made.
_FIRST = 20_000
#: Combinations of labels that are kept.
_MOST_KNOWN = 10_000
#: How many criteria a message names.
_NAMED = 5


def golds_of(patterns: Sequence[str], columns: Sequence[str]) -> dict[str, list[tuple[str, str]]]:
    """Find the columns of gold by criterion: annotator and column; a name without a criterion is of none.

    >>> golds_of(["ann"], ["ann"]), golds_of(["h_{criterion}"], ["h_tone", "h_style", "x"])
    ({'': [('ann', 'ann')]}, {'tone': [('h', 'h_tone')], 'style': [('h', 'h_style')]})
    """
    if not any(CRITERION in name for name in patterns):
        return {"": [(name, name) for name in patterns]}
    found: dict[str, list[tuple[str, str]]] = {}
    for pattern in patterns:
        if CRITERION not in pattern:
            raise UsageError(f"{argument('gold')} {pattern}: write {CRITERION} in all names of gold, or in none")
        before, _, after = pattern.partition(CRITERION)
        who = f"{before}{after}".strip(" _-.:") or "gold"
        for column in columns:
            if match := re.fullmatch(f"{re.escape(before)}(.+){re.escape(after)}", column):
                found.setdefault(match[1], []).append((who, column))
    if not found:
        raise UsageError(f"{argument('gold')} {patterns[0]}: no column is named so, whatever the criterion")
    return found


def encoded(table: RowTable, golds: Sequence[str], scale: Scale | None, cells: Cells) -> Coded:
    """Read the labels of gold as `score` reads those of a table; without a scale the one that all labels fit."""
    return _read(table, golds, scale, cells)[1]


def _read(table: RowTable, golds: Sequence[str], scale: Scale | None, cells: Cells) -> tuple[dict[str, Column], Coded]:
    """Read the words of gold, and what they are on the scale."""
    columns = {name: Column() for name in golds}
    lines: list[npt.NDArray[np.int32]] = []
    for block in table.blocks(golds, nested=_nested(scale)):
        lines.append(np.asarray(block.lines, np.int32))
        for (_, column), texts in zip(columns.items(), block.columns, strict=True):
            column.blocks.append(column.words.take(texts))
    if not lines:
        raise table.error("no rows")
    cells = replace(cells, unlisted=scale is not None and not scale.listed)
    return columns, encode(table, Raw(columns, {}, np.concatenate(lines)), (), scale, cells)


def _nested(scale: Scale | None) -> bool:
    """Whether a label may be a list."""
    return scale is not None and not scale.listed


class Gold:
    """The labels of rows: each word is understood once, and rows that are labelled alike share their labels.

    What a word means can depend on the others, so the first rows tell what they mean, and where another word comes up
    later all rows do. ``columns`` are annotators and columns by criterion, as `golds_of` gives them.
    """

    def __init__(
        self, columns: Mapping[str, Sequence[tuple[str, str]]], source: Source, name: str, scale: Scale, cells: Cells
    ) -> None:
        self._columns = columns
        self._names = [name for named in columns.values() for _, name in named]
        self._by_criterion = {criterion: [name for _, name in named] for criterion, named in columns.items()}
        self._taken = {criterion: taker(names) for criterion, names in self._by_criterion.items()}
        self._scale, self._cells = scale, cells
        self._labels: dict[str, dict[tuple[str, ...], tuple[Label, ...]]] = {criterion: {} for criterion in columns}
        self._codes: dict[str, dict[str, Code | None]] = {}
        self._table = RowTable(name, source.rows, "", self._names, next(source.rows()).unit)
        if self._names:
            self._learn_first()

    def of(self, row: Row, criterion: str) -> tuple[Label, ...]:
        """Give the labels of a row by one criterion."""
        try:
            return self._labels[criterion][self._taken[criterion](row.data)]
        except (KeyError, TypeError):
            # Not all are texts that have been seen together.
            nested = _nested(self._scale)
            said = tuple(self._table.text(row, name, nested=nested) for name in self._by_criterion[criterion])
            found = self._labels[criterion].get(said)
            return self._understood(criterion, said) if found is None else found

    def _understood(self, criterion: str, said: tuple[str, ...]) -> tuple[Label, ...]:
        columns = self._columns[criterion]
        if any(word not in self._codes[name] for word, (_, name) in zip(said, columns, strict=True)):
            self._learn_all()
        known = self._labels[criterion]
        if len(known) > _MOST_KNOWN:
            known.clear()
        pairs = zip(said, columns, strict=True)
        known[said] = tuple(Label(who, self._codes[name][word]) for word, (who, name) in pairs)
        return known[said]

    def _learn_first(self) -> None:
        """Understand the words of the first rows; all, where these aren't understood or labels are not of a list."""
        table = self._table
        first = table.with_rows(lambda: islice(table.rows(), _FIRST))
        try:
            self._codes = self._learn(first if self._scale.listed else table)
        except (DataError, UsageError):
            self._codes = self._learn(table)

    def _learn_all(self) -> None:
        """Understand the words of all rows; DataError where words of the first ones turn out to mean something else."""
        before, self._codes = self._codes, self._learn(self._table)
        for name, codes in before.items():
            if other := [word for word, code in codes.items() if self._codes[name].get(word, -1) != code]:
                raise self._table.error(
                    f"{other[0]!r} means something else beside words that come up only after {_FIRST:,} rows",
                    field=name,
                    hint="say in the card what each word means, under [columns.words]",
                )

    def _learn(self, table: RowTable) -> dict[str, dict[str, Code | None]]:
        columns, coded = _read(table, self._names, self._scale, self._cells)
        found: dict[str, dict[str, Code | None]] = {}
        for name, column in columns.items():
            places, first = np.unique(column.codes(), return_index=True)
            words = list(column.words)
            codes = coded.labels[name][first].tolist()
            found[name] = {words[at]: _code(coded, code) for at, code in zip(places.tolist(), codes, strict=True)}
        return found


def _code(coded: Coded, code: int) -> Code | None:
    if code < 0 or coded.sequences is None:
        return code if code >= 0 else None
    return tuple(int(one) for one in coded.sequences[code] if one >= 0)


def encoded_together(table: RowTable, roles: Roles, golds: Sequence[str], scale: Scale | None, cells: Cells) -> Coded:
    """Read labels as `encoded` does; UsageError where criteria have scales of their own."""
    try:
        return encoded(table, golds, scale, cells)
    except (DataError, UsageError):
        if scale is None and (apart := _scales_apart(table, roles, cells)):
            raise UsageError(f"{table.name}: {apart}") from None
        raise


def _scales_apart(table: RowTable, roles: Roles, cells: Cells) -> str:
    """Say that criteria have scales of their own, and how each is judged; empty where that is not what is wrong."""
    parts: dict[str, tuple[RowTable, list[str], str]] = {}
    # Where one criterion is left no id repeats, by which it is known.
    ids = "".join(f" {argument('id')} {name}" for name in roles.id)
    for name in roles.criterion[:1]:
        for one in dict.fromkeys(text_of(row, name) for row in table.rows()):

            def rows(one: str = one, name: str = name) -> Iterator[Row]:
                return (row for row in table.rows() if text_of(row, name) == one)

            parts[one] = table.with_rows(rows), list(roles.gold), f"{argument('where')} '{name} = {one}'{ids}"
    if not parts:
        for one, golds in golds_of(roles.gold, table.columns).items():
            names = [column for _, column in golds]
            parts[one] = table, names, " ".join(f"{argument('gold')} {column}" for column in names)
    try:
        specs = {one: encoded(part, names, None, cells).scale.spec for one, (part, names, _) in parts.items()}
    except (DataError, UsageError):
        return ""
    if len(set(specs.values())) < 2:
        return ""
    each = ", ".join(f"{one} {spec} ({parts[one][2]})" for one, spec in list(specs.items())[:_NAMED])
    return f"its criteria have scales of their own, and a task has one: judge each by itself, {each}"
