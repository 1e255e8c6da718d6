"""Columns whose cells hold several labels: sets, orders of responses, checks of steps.

A cell is a JSON list, or labels with a bar, semicolon or comma between them (orders also ``>``, steps also blanks).
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import numpy as np

from judgebench.domain import Scale
from judgebench.domain.scale import SEPARATORS, members_in
from judgebench.errors import DataError, UsageError, argument
from judgebench.labels.columns import PLACES, Coded, encode
from judgebench.labels.numbers import are_numbers, encode_numbers
from judgebench.labels.words import CHECK, GAP, MISSING, NO_VERDICT, aliases_of, fold, listing, spans

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    import numpy.typing as npt

    from judgebench.files.table import Table
    from judgebench.labels.columns import Raw

    Codes = npt.NDArray[np.int64]

#: Cells that may say that no label applies, or that nobody said.
_BLANK = frozenset({"", "none"})


def encode_cells(
    table: Table, raw: Raw, judges: Sequence[str], scale: Scale | None, meanings: Mapping[str, str]
) -> Coded:
    """Turn cells into codes on a scale, whatever its kind; numbers with decimals in gold are recognised."""
    if scale is None and are_numbers(raw, judges):
        scale = Scale.number()
    if scale is None or scale.listed:
        return encode(table, raw, judges, scale, meanings)
    read = encode_numbers if scale.kind == "number" else encode_lists
    return read(table, raw, judges, scale, meanings)


def encode_lists(table: Table, raw: Raw, judges: Sequence[str], scale: Scale, meanings: Mapping[str, str]) -> Coded:
    """Turn cells into codes on a scale of sets, orders or steps; an open set takes its labels from the cells.

    DataError names the cells that are none of these, with their lines; UsageError where a cell may mean two things.
    """
    cells = _Cells.of(table, raw, judges, meanings)
    if scale.kind == "set":
        return _sets(cells, scale)
    read = _order if scale.kind == "rank" else _steps
    return _sequences(cells, scale, read(cells, scale))


@dataclass(slots=True)
class _Cells:
    """The words that occur in each column, as they are meant; None for a gap."""

    table: Table
    raw: Raw
    judges: Sequence[str]
    aliases: Mapping[str, str]
    words: dict[str, dict[str, str | None]] = field(default_factory=dict)
    unknown: dict[str, dict[str, str]] = field(default_factory=dict)

    @classmethod
    def of(cls, table: Table, raw: Raw, judges: Sequence[str], meanings: Mapping[str, str]) -> _Cells:
        found = cls(table, raw, judges, aliases_of(meanings))
        for name, column in raw.labels.items():
            codes, every = column.codes(), list(column.words)
            occur = np.flatnonzero(np.bincount(codes[codes >= 0], minlength=len(every)))
            gaps = (MISSING | NO_VERDICT if name in judges else MISSING) - _BLANK
            own = {every[code]: found.aliases.get(fold(every[code]), every[code]) for code in occur.tolist()}
            found.words[name] = {
                word: None if fold(text) in gaps or (text != word and not text.strip()) else text
                for word, text in own.items()
            }
        return found

    @property
    def gold(self) -> list[str]:
        return [name for name in self.words if name not in self.judges]

    def where(self, name: str, word: str) -> str:
        chosen = [code for code, own in enumerate(self.raw.labels[name].words) if own.strip() == word]
        lines = self.raw.lines_of(name)[np.flatnonzero(np.isin(self.raw.labels[name].codes(), chosen))]
        return spans([int(line) for line in lines[:PLACES]], self.table.unit, len(lines))

    def parts(self, text: str) -> list[str]:
        """Cut a text at any separator; a label of it may have another meaning."""
        return [self.aliases.get(fold(part), part) for part in members_in(text) or []]

    def refuse_unknown(self, scale: Scale, meant: str) -> None:
        """Refuse the words that were found to be no verdicts."""
        if not (foreign := {word for own in self.unknown.values() for word in own}):
            return
        raise DataError(
            f"{len(foreign)} {'cell is' if len(foreign) == 1 else 'cells are'} not on the scale {scale.spec}: "
            f"{listing(self.unknown, foreign, self.where)}",
            file=self.table.name,
            hint=f"{meant}; correct the cells, empty them, or say {argument('words')} OLD=NEW",
        )

    def column(self, name: str, codes: Mapping[str, int]) -> Codes:
        """Codes of the rows of a column, from those of its words; the last place serves cells that don't exist."""
        known = np.full(len(self.raw.labels[name].words) + 1, GAP, np.int64)
        for word, code in codes.items():
            known[self.raw.labels[name].words[word]] = code
        return known[self.raw.labels[name].codes()]


# --- sets -----------------------------------------------------------------------------------------


def _sets(cells: _Cells, scale: Scale) -> Coded:
    notes = list(cells.raw.notes)
    own = {label.casefold() for label in scale.labels}
    blank = {
        name: {w for w, text in words.items() if text is not None and fold(text) in _BLANK - own}
        for name, words in cells.words.items()
    }
    members = {
        name: {
            word: _members(cells, text, name, scale)
            for word, text in words.items()
            if text is not None and word not in blank[name]
        }
        for name, words in cells.words.items()
    }
    if scale.open:
        spelled: dict[str, str] = {}
        for sets in members.values():
            for chosen in sets.values():
                for label in chosen or []:
                    spelled.setdefault(label.casefold(), label)
        if not spelled:
            raise DataError(f"no labels in {', '.join(members)}: every cell is empty", file=cells.table.name)
        scale = Scale.sets([spelled[label] for label in sorted(spelled)])
        notes.append(f"scale {scale.spec}: sets of the labels that occur")
    places = {label.casefold(): np.int64(1) << i for i, label in enumerate(scale.labels)}
    _refuse_blank(cells, blank, empty=any([] in sets.values() for name, sets in members.items() if name in cells.gold))
    labels: dict[str, Codes] = {}
    for name, sets in members.items():
        codes: dict[str, int] = {}
        for word, found in sets.items():
            if found is None or any(label.casefold() not in places for label in found):
                cells.unknown.setdefault(name, {})[word.strip()] = word
            else:
                codes[word] = int(sum({places[label.casefold()] for label in found}))
        labels[name] = cells.column(name, codes)
    cells.refuse_unknown(scale, "a set is written a|b, a;b, a, b or as a JSON list, [] for the empty one")
    return Coded(scale, labels, notes, [])


def _members(cells: _Cells, text: str, name: str, scale: Scale) -> list[str] | None:
    """Labels of a cell; None where it is no set."""
    if text.strip()[:1] in {"[", "{"}:
        found = members_in(text)
    else:
        used = [mark for mark in SEPARATORS if any(mark in (word or "") for word in cells.words[name].values())]
        if scale.open and len(used) > 1 and sum(mark in text for mark in used) > 1:
            raise UsageError(
                f"{name}: {text.strip()!r} holds {' and '.join(map(repr, used))}, so labels may end at either; write "
                f"JSON lists, or name the labels: {argument('scale')} set:a,b,c"
            )
        found = members_in(text, "".join(used) or SEPARATORS)
    return None if found is None else [cells.aliases.get(fold(label), label) for label in found]


def _refuse_blank(cells: _Cells, blank: Mapping[str, set[str]], *, empty: bool) -> None:
    """Ask what a blank cell means where it matters: in gold, or in a verdict that gold's empty set would make right."""
    for name, words in blank.items():
        if words and (name in cells.gold or empty):
            word = min(words, key=len).strip()
            option = argument("words")
            raise UsageError(
                f"{name}: {'an empty cell' if not word else repr(word)} ({cells.where(name, word)}) may say that no "
                f"label applies ({option} '{word}=[]') or that there is no label ({option} '{word}='): say which"
            )


# --- orders and steps -----------------------------------------------------------------------------


def _sequences(cells: _Cells, scale: Scale, read: Callable[[str], tuple[int, ...] | None]) -> Coded:
    rows: dict[str, dict[str, tuple[int, ...]]] = {}
    for name, words in cells.words.items():
        rows[name] = {}
        for word, text in words.items():
            if text is None or fold(text) in _BLANK:
                continue
            codes = read(text)
            if codes is None:
                cells.unknown.setdefault(name, {})[word.strip()] = word
            else:
                rows[name][word] = codes
    cells.refuse_unknown(
        scale,
        f"an order names all {len(scale.labels)} responses, the best first: 2,1,3 or 2>1>3 or a JSON list"
        if scale.kind == "rank"
        else "steps are a list of 1 or 0, true or false, one per step",
    )
    places = {
        codes: place for place, codes in enumerate(dict.fromkeys(c for own in rows.values() for c in own.values()))
    }
    wide = np.full((len(places) + 1, max(map(len, places), default=1)), GAP, np.int64)
    for codes, place in places.items():
        wide[place, : len(codes)] = codes
    labels = {
        name: cells.column(name, {word: places[codes] for word, codes in own.items()}) for name, own in rows.items()
    }
    said = ["cells are read as orders, the best response first"] if scale.kind == "rank" else []
    return Coded(scale, labels, [*cells.raw.notes, *said], [], wide)


def _order(cells: _Cells, scale: Scale) -> Callable[[str], tuple[int, ...] | None]:
    """Read orders of responses by their numbers, from 1 or from 0, or by their names."""
    size = len(scale.labels)
    seen: dict[str, None] = {}
    for words in cells.words.values():
        for text in words.values():
            if text is not None and fold(text) not in _BLANK:
                seen.update(dict.fromkeys(map(fold, _cut(cells, text))))
    numbered = [base for base in (1, 0) if set(seen) <= {str(i + base) for i in range(size)}]
    if numbered:
        places = {str(i + numbered[0]): i for i in range(size)}
    else:
        names = sorted(seen)
        places = {name: i for i, name in enumerate(names)} if len(names) == size else {}

    def read(text: str) -> tuple[int, ...] | None:
        codes = [places.get(fold(part), -1) for part in _cut(cells, text)]
        return tuple(codes) if sorted(codes) == list(range(size)) else None

    return read


def _cut(cells: _Cells, text: str) -> list[str]:
    return cells.parts(text.replace(">", "|"))


def _steps(cells: _Cells, _scale: Scale) -> Callable[[str], tuple[int, ...] | None]:
    """Read checks of steps; refuse columns of single numbers, which may be the place of the first error."""
    texts = [text for words in cells.words.values() for text in words.values() if text and fold(text) not in _BLANK]
    if texts and all(re.fullmatch(r"-?\d+(?:\.0*)?", text.strip()) for text in texts):
        raise UsageError(
            f"each cell holds one number ({', '.join(sorted({text.strip() for text in texts})[:5])}), which may be the "
            f"first wrong step: write a list per solution, 1,1,0 for a first error in step 3"
        )

    def read(text: str) -> tuple[int, ...] | None:
        codes = [CHECK.get(fold(part), -1) for part in _listed(text)]
        return tuple(codes) if codes and min(codes) >= 0 else None

    return read


def _listed(text: str) -> list[str]:
    """Parts of a list, repeats kept."""
    plain = text.strip().strip("[]")
    return [part.strip().strip("\"'") for part in re.split(r"[|;,\s]+", plain) if part.strip()]
