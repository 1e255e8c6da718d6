"""Words of a table as codes on a scale, recognised where none is given; what they are not is said with its lines."""

from __future__ import annotations

from dataclasses import astuple, dataclass, field
from typing import TYPE_CHECKING

import numpy as np

from judgebench.domain import Scale
from judgebench.errors import DataError, UsageError, argument
from judgebench.files.records import shown
from judgebench.labels.cells import nearest
from judgebench.labels.columns import ROLE, refuse_words
from judgebench.labels.doubts import (
    answers_or_gaps,
    refuse_answers,
    refuse_apart,
    refuse_criteria,
    refuse_shifted,
    refuse_units,
)
from judgebench.labels.inferring import infer
from judgebench.labels.lists import sequences_of, sets_of
from judgebench.labels.numbers import RaterWords, are_numbers, numbers_of
from judgebench.labels.rules import read_numbers, read_replies, would_read
from judgebench.labels.vocabulary import BOTH_BAD, MISSING, NO_VERDICT, fold, number_of
from judgebench.labels.words import (
    GAP,
    UNKNOWN,
    code_of,
    decimals,
    has_degree,
    is_decimal,
    listing,
    numbered_pair,
    one_opposite,
    pair_word,
    settle,
    spans,
    vocabulary,
)

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Mapping, Sequence

    import numpy.typing as npt

    from judgebench.files.table import Table
    from judgebench.labels.cells import Cells
    from judgebench.labels.columns import Column, Raw

    Codes = npt.NDArray[np.int64]

#: Pair scales of more values say how much better a side is.
_NO_DEGREES = 3


@dataclass(frozen=True, slots=True)
class Coded:
    """Labels as codes on the scale, `GAP` where there is none; notes and warnings grow on the way.

    ``scores`` say what the words of a score column mean. Of orders and checks of steps ``labels`` are places in
    ``sequences``, shape (s + 1, w), all that occur; the last one is of -1.
    """

    scale: Scale
    labels: dict[str, Codes]
    notes: list[str]
    warnings: list[str]
    scores: dict[str, dict[str, str]]
    sequences: Codes | None = None


def encode(table: Table, raw: Raw, judges: Sequence[str], scale: Scale | None, cells: Cells) -> Coded:
    """Turn words into codes on the scale, recognised where none is given.

    DataError lists all words that are not on the scale, with their lines; UsageError where they fit several scales.
    """
    used = {name: _used(column) for name, column in raw.labels.items()}
    numbers = {key: column for key, column in raw.keys.items() if key.startswith(ROLE)}
    called = raw.called() | {key: (key.removeprefix(ROLE),) for key in numbers}
    cells.check(called, raw.parts)
    every, idle = cells.meanings(used | {key: column.words for key, column in numbers.items()}, called, raw.read)
    meant = {name: every[name] for name in used}
    says = _Says(table, raw, used, meant, called, cells)
    notes, warnings = [*raw.notes, *idle], list[str]()
    if cells.read_replies and (scale is None or scale.listed or scale.kind == "number"):
        notes += read_replies(meant, judges, scale, cells, says.count, says.places)
        for key in numbers:
            every[key], told = read_numbers(every[key])
            notes += [f"{key.removeprefix(ROLE)}: {told}"] if told else []
    says.rescale(scale, notes)
    opened = scale is None or scale.open
    try:
        scale, labels, sequences = _placed(says, judges, scale, notes, warnings)
    except (DataError, UsageError) as error:
        hints = [says.would_read(scale, judges), says.would_ask(judges) if scale is None else ""]
        if more := [one for one in hints if one and one not in str(error)]:
            error.args = ("; ".join([str(error), *more]),)
        raise
    open_ended = "undeclared_levels" in warnings or (opened and scale.kind == "number")
    for name in [name for name in labels if any(one in cells.reverse for one in called[name])]:
        labels[name] = _turned_round(name, labels[name], scale, notes, open_ended=open_ended)
    for part in (one for one in cells.reverse if one in raw.parts):
        source, criterion = raw.parts[part]
        subset = raw.keys["subset"]
        for name in [name for name in labels if source in called[name]]:
            turned = _turned_round(part, labels[name], scale, notes, open_ended=open_ended)
            about = subset.codes()[raw.rows_of(name)] == subset.words[criterion]
            labels[name] = np.where(about, turned, labels[name])
    scores = {key.removeprefix(ROLE): every[key] for key in numbers}
    return Coded(scale, labels, notes, warnings, scores, sequences)


def _placed(
    says: _Says, judges: Sequence[str], scale: Scale | None, notes: list[str], warnings: list[str]
) -> tuple[Scale, dict[str, Codes], Codes | None]:
    """Find the scale, where none is given, and the labels' codes on it; of lists also all that occur."""
    cells = {name: column.codes() for name, column in says.raw.labels.items()}
    words = RaterWords(says.table.name, judges, says.used, says.meant, cells, says.where)
    if scale is None and not says.cells.thresholds and are_numbers(words):
        scale = Scale.number()
        refuse_units({name: _cells(says.raw.labels[name], own) for name, own in says.meant.items()}, judges, "number")
    if scale is None and says.raw.criteria and not says.cells.thresholds:
        refuse_criteria(says.by_criterion(), says.raw.criteria)
    if scale is None:
        scale = _recognised(says.table, says, judges, notes, warnings)
    says.cut(scale, notes)
    if scale.kind == "number":
        return *numbers_of(words, scale, notes), None
    if scale.kind == "set":
        return *sets_of(words, scale, notes, blank_is_gap=says.cells.blank_said), None
    if scale.sequential:
        return scale, *sequences_of(words, scale, notes, says.cells.spoken())
    return scale, _coded(says.table, says, judges, scale, notes), None


def _turned_round(name: str, codes: Codes, scale: Scale, notes: list[str], *, open_ended: bool) -> Codes:
    """Turn a column round that runs the other way."""
    if not scale.ordered or scale.sequential:
        raise UsageError(f"{argument('reverse')}: the labels of {scale.spec} have no order to turn round")
    last = (scale.size if scale.kind == "number" else len(scale.values)) - 1
    if open_ended:
        kind = "number" if scale.kind == "number" else "rate"
        raise UsageError(
            f"{argument('reverse')} {name}: the range {scale.word(0)} to {scale.word(last)} is read off the data; give "
            f"{argument('scale')} {kind}:LO-HI, so that both ends are known"
        )
    notes.append(f"{name}: turned round, {scale.word(last)} for {scale.word(0)} and so on")
    return reversed_codes(codes, scale)


def reversed_codes(codes: Codes, scale: Scale) -> Codes:
    """Turn codes of ordered labels, or numbers, round; gaps and "both bad" stay."""
    count = scale.size if scale.kind == "number" else len(scale.values)
    return np.where((codes >= 0) & (codes < count), count - 1 - codes, codes)


def _coded(table: Table, says: _Says, judges: Sequence[str], scale: Scale, notes: list[str]) -> dict[str, Codes]:
    every = {word for own in says.meant.values() for word in own.values()}
    numbers = scale.kind == "pair" and numbered_pair(every)
    if numbers:
        notes.append("1 and 2 are read as the first and the second response")
    if scale.kind == "pair" and len(scale.values) <= _NO_DEGREES and any(has_degree(word) for word in every):
        notes.append(f"A>>B and A much better count as A: {scale.spec} has no degrees")
    unknown: dict[str, dict[str, str]] = {name: {} for name in says.used}
    labels: dict[str, Codes] = {}
    for name, own in says.used.items():
        # The last place serves the -1 of cells that a long table does not have.
        known = np.full(len(says.raw.labels[name].words) + 1, GAP, np.int64)
        meant = says.meant[name]
        opposites = scale.kind != "check" or one_opposite(map(fold, meant.values()))
        for word, position in own.items():
            code = code_of(meant[word], scale, judge=name in judges, numbers=numbers, opposites=opposites, loose=True)
            if code == UNKNOWN:
                unknown[name].setdefault(fold(meant[word]), word.strip())
            known[position] = code
        labels[name] = known[says.raw.labels[name].codes()]
    if foreign := {text for own in unknown.values() for text in own}:
        raise _foreign(table, unknown, foreign, scale, listing(unknown, foreign, says.where))
    return labels


@dataclass(slots=True)
class _Says:
    """A table's words on their way to the scale: what each column holds, and what its words mean by now."""

    table: Table
    raw: Raw
    used: dict[str, dict[str, int]]
    meant: dict[str, dict[str, str]]
    called: dict[str, tuple[str, ...]]
    cells: Cells
    _places: dict[str, dict[str, list[int]]] = field(default_factory=dict[str, "dict[str, list[int]]"])

    def where(self, name: str, text: str) -> str:
        """Say where a column holds what means a folded word."""
        if name not in self._places:
            places = self._places[name] = {}
            for word, code in self.used[name].items():
                places.setdefault(fold(self.meant[name][word]), []).append(code)
        return self._lines(name, self._places[name].get(text, []))

    def places(self, name: str, words: Collection[str]) -> str:
        """Say where a column holds some words."""
        return self._lines(name, [self.used[name][word] for word in words])

    def _lines(self, name: str, codes: list[int]) -> str:
        rows = np.flatnonzero(np.isin(self.raw.labels[name].codes(), codes))
        return spans(self.raw.lines_of(name)[rows].tolist(), self.table.unit)

    def count(self, name: str, words: Collection[str]) -> int:
        """Count the cells of a column that hold some words."""
        counts = self.raw.labels[name].counts()
        return int(sum(counts[self.used[name][word]] for word in words))

    def by_criterion(self) -> dict[str, dict[str, int]]:
        """Count the cells of each word that labels of each criterion hold, by what it means."""
        subset = self.raw.keys["subset"]
        found: dict[str, dict[str, int]] = {name: {} for name in subset.words}
        for name, own in self.meant.items():
            column = self.raw.labels[name]
            for said, code in subset.words.items():
                rows = column.take(subset.codes()[self.raw.rows_of(name)] == code)
                for word, count in _cells(rows, own).items():
                    if count and fold(word) not in MISSING | NO_VERDICT:
                        found[said][word] = found[said].get(word, 0) + count
        return found

    def rescale(self, scale: Scale | None, notes: list[str]) -> None:
        """Map the numbers of columns with another unit, to whole levels unless a threshold reads them."""
        whole = scale is None or scale.kind == "rate"
        for name, own in self.meant.items():
            units = self.cells.units(self.called[name])
            if units is None:
                continue
            rounded = whole and self.cells.threshold(self.called[name]) is None
            halves: list[str] = []
            self._refuse_words(name, own, "rescale")
            numbers = {word: number for word, text in own.items() if (number := number_of(text)) is not None}
            beyond = [self.used[name][word] for word, one in numbers.items() if not units.low <= one <= units.high]
            what = f"is beyond the range {units.low:g} to {units.high:g} that {argument('rescale')} says"
            refuse_words(self.table, name, self.raw.labels[name], self.raw.lines_of(name), beyond, what)
            for word, number in numbers.items():
                value = units.of(number)
                halves += [word] if rounded and abs(value - nearest(value) - 0.5) < 1e-9 else []
                own[word] = str(nearest(value)) if rounded else f"{value:.12g}"
            low, high, to_low, to_high = (f"{end:g}" for end in astuple(units))
            told = f"{name}: {low} to {high} is read as {to_low} to {to_high}"
            told += ", to the nearest level" if rounded else ""
            notes.append(told + (f"; {self.count(name, halves):,} halfway cells take the lower" if halves else ""))

    def _refuse_words(self, name: str, own: Mapping[str, str], option: str) -> None:
        """Refuse what is said of numbers where a column holds none."""
        said = [text for text in own.values() if fold(text) not in MISSING | NO_VERDICT]
        if said and all(number_of(text) is None for text in said):
            raise self.table.error(
                f"{argument(option)} is about numbers, and none is here",
                field=name,
                hint=f"it says {shown(said[0], 40)}",
            )

    def cut(self, scale: Scale, notes: list[str]) -> None:
        """Turn the numbers of columns with a threshold into words of the scale."""
        for name, own in self.meant.items():
            middle = self.cells.threshold(self.called[name])
            if middle is None:
                continue
            if scale.kind not in {"check", "pair"}:
                raise UsageError(f"{argument('threshold')} is about checks and pairs, and the labels are {scale.spec}")
            self._refuse_words(name, own, "threshold")
            for word, meaning in own.items():
                if (value := number_of(meaning)) is not None:
                    own[word] = _verdict_at(value, middle, scale)
            above = f"above {middle:g} is B, below A" if scale.kind == "pair" else f"{middle:g} or more is correct"
            notes.append(f"{name}: verdicts are read off the numbers ({above})")
        self._places.clear()

    def would_read(self, scale: Scale | None, judges: Sequence[str]) -> str:
        """Say what rules would read of words that are foreign, and what not; empty where they read nothing."""
        if self.cells.read_replies:
            return ""
        return would_read(self.meant, scale, judges, self.cells)

    def would_ask(self, judges: Sequence[str]) -> str:
        """Say which words are asked about once all others are known."""
        words = {name: self.meant[name].values() for name in self.meant}
        return answers_or_gaps(words, judges, None, self.where)


def _verdict_at(value: float, middle: float, scale: Scale) -> str:
    """Say in words of the scale on which side of a threshold a number lies."""
    if scale.kind == "check":
        return scale.labels[value >= middle]
    return "tie" if value == middle else scale.labels[0] if value < middle else scale.labels[len(scale.values) - 1]


def _used(column: Column) -> dict[str, int]:
    """Words that occur in the column; in long form others are in other raters' rows."""
    used = column.counts() > 0
    if used.all():
        return column.words
    words = list(column.words)
    return {words[code]: int(code) for code in np.flatnonzero(used)}


def _recognised(table: Table, says: _Says, judges: Sequence[str], notes: list[str], warnings: list[str]) -> Scale:
    """Find the one scale that all words fit, and say so; UsageError where a number or a word may be none of its."""
    cut = {name: says.cells.threshold(says.called[name]) for name in says.meant}
    meant = {name: own for name, own in says.meant.items() if cut[name] is None}
    if not meant:
        notes.append("scale check: verdicts are read off numbers")
        return Scale.check()
    inferred = infer({name: own.values() for name, own in meant.items()}, judges, says.where, table.name)
    scale = inferred.scale
    declared = says.cells.levels() if inferred.undeclared_levels else None
    undeclared = inferred.undeclared_levels
    if declared is not None and declared[0] <= scale.values[0] and scale.values[-1] <= declared[1]:
        scale, undeclared = Scale.rate(*declared), False
    if undeclared:
        cells = {name: _cells(says.raw.labels[name], own) for name, own in meant.items()}
        refuse_apart(cells, says.where)
        refuse_units(cells, judges, "rate")
        refuse_shifted(cells, judges)
    refuse_answers({name: own.values() for name, own in meant.items()}, judges, scale, says.where)
    middle = any(
        number_of(word) == cut[name] for name in cut if cut[name] is not None for word in says.meant[name].values()
    )
    if scale.kind == "pair" and scale.tie is None and middle:
        scale = Scale.pair(3, both_bad=scale.both_bad is not None)
    notes.append(f"scale {scale.spec}: the one that all labels fit")
    if undeclared:
        warnings.append("undeclared_levels")
        notes.append(
            f"the range {scale.labels[0]} to {scale.labels[-1]} is read off the data; "
            f"if the form offered more, give {argument('scale')} rate:LO-HI"
        )
    return scale


def _cells(column: Column, meant: Mapping[str, str]) -> dict[str, int]:
    """Count the cells of each word, by what it means."""
    counts = column.counts()
    found: dict[str, int] = {}
    for word, position in column.words.items():
        if word in meant:
            found[meant[word]] = found.get(meant[word], 0) + int(counts[position])
    return found


def _foreign(
    table: Table, unknown: Mapping[str, Mapping[str, str]], foreign: Iterable[str], scale: Scale, listed: str
) -> DataError:
    foreign = set(foreign)
    if scale.kind == "rate" and all(map(is_decimal, foreign)):
        return decimals(listed, table.name)
    word = argument("words")
    if scale.kind == "pair" and "0" in {fold(word) for own in unknown.values() for word in own}:
        hint = f"0, 1 and 2 may mean several things on a pair scale: say {word} 0=tie {word} 1=A {word} 2=B"
    else:
        hint = f"its words are {vocabulary(scale)}; say {settle()}"
    if scale.kind == "pair" and scale.both_bad is None and {pair_word(text) for text in foreign} & BOTH_BAD:
        hint += f"; both bad is a label of {argument('scale')} {scale.spec}+bad"
    verb = "label is" if len(foreign) == 1 else "labels are"
    return DataError(f"{len(foreign)} {verb} not on the scale {scale.spec}: {listed}", file=table.name, hint=hint)
