"""Columns of words and their codes on a scale; columns of numbers beside them or in their place."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

import numpy as np

from judgebench.errors import DataError, UsageError, argument
from judgebench.labels.words import (
    GAP,
    MISSING,
    NO_VERDICT,
    UNKNOWN,
    aliases_of,
    code_of,
    decimals,
    fold,
    infer,
    is_decimal,
    listing,
    numbered_pair,
    spans,
    vocabulary,
)

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    import numpy.typing as npt

    from judgebench.domain import Ratings, Scale
    from judgebench.files.table import Table

    Ints = npt.NDArray[np.int32]
    Codes = npt.NDArray[np.int64]
    Floats = npt.NDArray[np.float64]
    Flags = npt.NDArray[np.bool_]


#: How many lines a message names.
PLACES = 5


class Numbers(dict[str, int]):
    """Words to numbers in first-seen order; looking up a new word adds it."""

    def __missing__(self, word: str) -> int:
        code = self[word] = len(self)
        return code

    def take(self, column: Sequence[str]) -> Ints:
        """Turn a column into numbers, shape (n,)."""
        return np.fromiter(map(self.__getitem__, column), np.int32, len(column))


@dataclass(slots=True)
class Column:
    """A column as numbers of its own words; -1 where a long table has no row."""

    words: Numbers = field(default_factory=Numbers)
    blocks: list[Ints] = field(default_factory=list)

    def codes(self) -> Ints:
        """All blocks, joined; shape (n,)."""
        if len(self.blocks) != 1:
            self.blocks = [np.concatenate(self.blocks)]
        return self.blocks[0]


@dataclass(slots=True)
class Raw:
    """A table before its words are understood, with the line of each row, and of each label where they differ."""

    labels: dict[str, Column]
    keys: dict[str, Column]
    lines: Ints
    label_lines: dict[str, Ints] = field(default_factory=dict)
    notes: list[str] = field(default_factory=list)

    def lines_of(self, name: str) -> Ints:
        """Lines of the labels of a column, shape (n,)."""
        return self.label_lines.get(name, self.lines)


@dataclass(frozen=True, slots=True)
class Coded:
    """Labels as positions on the scale, `GAP` where there is none; notes and warnings grow on the way."""

    scale: Scale
    labels: dict[str, Codes]
    notes: list[str]
    warnings: list[str]


def encode(table: Table, raw: Raw, judges: Sequence[str], scale: Scale | None, meanings: Mapping[str, str]) -> Coded:
    """Turn words into codes on the scale, recognised where none is given.

    DataError lists all words that are not on the scale, with their lines; UsageError where they fit several scales.
    """
    aliases = aliases_of(meanings)
    used = {name: _used(column) for name, column in raw.labels.items()}
    meant = {name: {w: aliases.get(fold(w), w) for w in own} for name, own in used.items()}
    notes, warnings = list(raw.notes), list[str]()
    if idle := [word for word in meanings if not any(fold(word) in map(fold, own) for own in used.values())]:
        notes.append(f"{argument('words')}: no cell holds {', '.join(map(repr, idle))}")

    def where(name: str, text: str) -> str:
        chosen = [code for word, code in used[name].items() if fold(meant[name][word]) == text]
        rows = np.flatnonzero(np.isin(raw.labels[name].codes(), chosen))
        lines = raw.lines_of(name)[rows]
        return spans([int(line) for line in lines[:PLACES]], table.unit, len(lines))

    if scale is None:
        inferred = infer({name: own.values() for name, own in meant.items()}, judges, where, table.name)
        scale = inferred.scale
        notes.append(f"scale {scale.spec}: the one that all labels fit")
        if inferred.undeclared_levels:
            warnings.append("undeclared_levels")
            notes.append(
                f"the range {scale.labels[0]} to {scale.labels[-1]} is read off the data; "
                f"if the form offered more, say {argument('scale')} rate:LO-HI"
            )
    every = {word for own in meant.values() for word in own.values()}
    numbers = scale.kind == "pair" and numbered_pair(every)
    if numbers:
        notes.append("1 and 2 are read as the first and the second response")
    unknown: dict[str, dict[str, str]] = {name: {} for name in used}
    labels: dict[str, Codes] = {}
    for name, own in used.items():
        # The last place serves the -1 of cells that a long table does not have.
        known = np.full(len(raw.labels[name].words) + 1, GAP, np.int64)
        for word, position in own.items():
            known[position] = code_of(meant[name][word], scale, judge=name in judges, numbers=numbers)
            if known[position] == UNKNOWN:
                unknown[name].setdefault(fold(meant[name][word]), word.strip())
        labels[name] = known[raw.labels[name].codes()]
    foreign = {text for own in unknown.values() for text in own}
    if foreign:
        raise _foreign(table, unknown, foreign, scale, listing(unknown, foreign, where))
    return Coded(scale, labels, notes, warnings)


def _used(column: Column) -> dict[str, int]:
    """Words that occur in the column; in long form others are in other raters' rows."""
    words = list(column.words)
    codes = column.codes()
    counts = np.bincount(codes[codes >= 0], minlength=len(words))
    return {words[code]: int(code) for code in np.flatnonzero(counts)}


def _foreign(
    table: Table, unknown: Mapping[str, Mapping[str, str]], foreign: Iterable[str], scale: Scale, listed: str
) -> DataError:
    foreign = set(foreign)
    if scale.kind == "rate" and all(map(is_decimal, foreign)):
        return decimals(listed, table.name)
    if scale.kind == "pair" and "0" in {fold(word) for own in unknown.values() for word in own}:
        word = argument("words")
        hint = f"0, 1 and 2 may mean several things on a pair scale: say {word} 0=tie {word} 1=A {word} 2=B"
    else:
        hint = f"its words are {vocabulary(scale)}; correct them, empty those cells, or say {argument('words')} OLD=NEW"
    word = "label is" if len(foreign) == 1 else "labels are"
    return DataError(f"{len(foreign)} {word} not on the scale {scale.spec}: {listed}", file=table.name, hint=hint)


#: Roles of score columns among the columns of a raw table.
ROLE = "score:"
_KINDS = {"check", "pair", "rate"}
_LARGEST = 1e100


def check_scores(judges: Sequence[str], scores: Sequence[str], *, long: bool) -> None:
    """Refuse score columns unless there is one for each judge, in wide form."""
    if scores and long:
        raise UsageError(
            f"{argument('scores')} needs a wide table, one row per item; {argument('long')} "
            "has one column of labels only"
        )
    if scores and judges and len(scores) != len(judges):
        raise UsageError(
            f"{len(scores)} {argument('scores')} for {len(judges)} {argument('judge')}: give "
            "each judge its own, in the "
            f"same order, or leave {argument('judge')} out"
        )
    if doubled := [name for name in dict.fromkeys(scores) if scores.count(name) > 1]:
        raise UsageError(f"{argument('scores')} {doubled[0]!r} is named twice")


def with_scores(
    table: Table,
    raw: Raw,
    bare: Mapping[str, Ratings],
    scores: Sequence[str],
    kept: slice | npt.NDArray[np.int64],
    notes: list[str],
) -> dict[str, Ratings]:
    """Give each judge its numbers; a judge without labels gets the verdict that its number means.

    ``bare`` holds ratings by judge, one under an empty name where no column holds labels; ``scores`` are columns, one
    per judge, ``kept`` the rows that are kept, and ``notes`` grows. UsageError where scores alone don't say what the
    verdict is, or the scale has no use for them.
    """
    scale = next(iter(bare.values())).scale
    if scale.kind not in _KINDS:
        raise UsageError(f"{argument('scores')} needs a check, pair or rate scale, and the labels are {scale.spec}")
    names = [name for name in bare if name] or list(scores)
    found: dict[str, Ratings] = {}
    for name, column in zip(names, scores, strict=True):
        values, given = _numbers(table, raw, column, kept)
        ratings = bare.get(name) or next(iter(bare.values()))
        inside = values[given]
        probable = scale.kind != "rate" and inside.size > 0 and inside.min() >= 0 and inside.max() <= 1
        notes.append(f"{column}: {_meaning(scale, probable=probable)}")
        if not given.all():
            notes.append(f"{column}: {np.count_nonzero(~given):,} of {given.size:,} cells hold no number")
        if name not in bare:
            ratings = replace(ratings, judge=_verdicts(column, values, given, scale, probable=probable))
            notes.append(f"{column}: verdicts are read off the numbers ({_rule(scale, probable=probable)})")
        found[name] = replace(ratings, score=values, has_score=given, score_kind="probability" if probable else "score")
    return found


def _numbers(table: Table, raw: Raw, column: str, kept: slice | npt.NDArray[np.int64]) -> tuple[Floats, Flags]:
    cells = raw.keys[f"{ROLE}{column}"]
    words = list(cells.words)
    values, given = np.zeros(len(words)), np.zeros(len(words), dtype=np.bool_)
    wrong: list[int] = []
    for code, word in enumerate(words):
        if fold(word) in MISSING | NO_VERDICT:
            continue
        try:
            values[code] = float(word)
        except ValueError:
            wrong.append(code)
            continue
        # Python reads 1_5 as 15. Squares of what lies beyond 1e100 are no longer finite.
        if not abs(values[code]) <= _LARGEST or "_" in word:
            wrong.append(code)
        given[code] = True
    codes = cells.codes()[kept]
    if (bad := np.flatnonzero(np.isin(codes, wrong))).size:
        raise table.error(
            f"{words[codes[bad[0]]].strip()!r} is not a number, or is beyond {_LARGEST:g}",
            line=int(raw.lines[kept][bad[0]]),
            field=column,
            hint="a score or probability is a number; empty the cell where there is none",
        )
    return values[codes], given[codes]


def _meaning(scale: Scale, *, probable: bool) -> str:
    if scale.kind == "rate":
        return f"ratings between the levels of {scale.spec}"
    sides = {"check": "correct", "pair": f"{scale.labels[-1 - (scale.both_bad is not None)]}"}
    if probable:
        return f'all numbers lie between 0 and 1: read as probabilities of "{sides[scale.kind]}"'
    return f'scores: the higher, the surer of "{sides[scale.kind]}"'


def _rule(scale: Scale, *, probable: bool) -> str:
    if scale.kind == "rate":
        return "the nearest level"
    if scale.kind == "pair":
        return "above one half or below" if probable else "above 0 or below"
    return "one half or more is correct"


def _verdicts(column: str, values: Floats, given: Flags, scale: Scale, *, probable: bool) -> npt.NDArray[np.int64]:
    found = np.full(values.size, -1, dtype=np.int64)
    if scale.kind == "check":
        if not probable:
            raise UsageError(
                f"{column} holds scores, and no threshold says which mean correct; add {argument('judge')}"
            )
        found[given] = values[given] >= 0.5
        return found
    if scale.kind == "pair":
        lean = values - (0.5 if probable else 0.0)
        found[given & (lean < 0)] = 0
        found[given & (lean > 0)] = len(scale.values) - 1
        if scale.tie is not None:
            found[given & (lean == 0)] = scale.tie
        return found
    levels = np.asarray(scale.values)
    if given.any() and not (levels[0] <= values[given].min() and values[given].max() <= levels[-1]):
        raise UsageError(
            f"{column} goes beyond {scale.spec}, so its unit is another one; widen {argument('scale')}, or add "
            f"{argument('judge')}"
        )
    found[given] = np.abs(values[given][:, None] - levels).argmin(axis=1)
    return found
