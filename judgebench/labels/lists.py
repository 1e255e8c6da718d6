"""Columns whose cells hold several labels: sets, orders of responses, checks of steps.

A cell is a JSON list, or labels with a bar, semicolon or comma between them (orders also ``>``, steps also blanks).
"""

from __future__ import annotations

import re
from functools import partial
from typing import TYPE_CHECKING

import numpy as np

from judgebench.domain import Scale
from judgebench.domain.scale import SEPARATORS, members_in
from judgebench.errors import DataError, UsageError, argument
from judgebench.labels.vocabulary import CHECK, fold
from judgebench.labels.words import GAP, whole_number

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Mapping, Sequence

    import numpy.typing as npt

    from judgebench.labels.numbers import RaterWords

    Codes = npt.NDArray[np.int64]
    Order = tuple[int, ...]

#: Cells that may say that no label applies, or that nobody said.
_BLANK = frozenset({"", "none"})
#: Cells that say of a solution that no step is wrong.
_FLAWLESS = frozenset({"-1", "none", "no error", "no errors", "all correct"})
#: Solutions of more steps than this are hardly any.
_MOST_STEPS = 1000
_FORM = "a set is written a|b, a;b, a, b or as a JSON list, [] for the empty one"
#: What else may stand between the labels of a set.
_OTHER = re.compile(r"\s*[/+&\u3001\uff0c\uff1b\u00b7]\s*|\s+")


# --- sets -----------------------------------------------------------------------------------------


def sets_of(words: RaterWords, scale: Scale, notes: list[str], *, blank_is_gap: bool) -> tuple[Scale, dict[str, Codes]]:
    """Turn cells into codes on a scale of sets; an open one takes its labels from the cells.

    A blank cell is a gap where that is said (``blank_is_gap``), or where it can't be a right verdict. DataError names
    what is no set of these labels; UsageError where a cell may mean two things.
    """
    own = {label.casefold() for label in scale.labels}
    blank: dict[str, list[str]] = {}
    members: dict[str, dict[str, Sequence[str] | None]] = {}
    for name, texts in words.meant.items():
        gaps = words.gaps(name) - own
        blank[name] = [
            word
            for word, text in texts.items()
            if fold(text) in _BLANK - own and (text == word or text.strip()) and not (blank_is_gap and not word.strip())
        ]
        members[name] = {
            word: _members(text, name, texts, scale) for word, text in texts.items() if fold(text) not in gaps
        }
    if scale.open:
        spelled: dict[str, str] = {}
        for sets in members.values():
            for labels in sets.values():
                for label in labels or ():
                    spelled.setdefault(label.casefold(), label)
        if not spelled:
            odd = {
                name: {fold(word): word for word, one in sets.items() if one is None} for name, sets in members.items()
            }
            words.refuse(odd, scale, _FORM)
            raise DataError(f"no labels in {', '.join(members)}: every cell is empty", file=words.file)
        _refuse_joined(spelled)
        scale = Scale.sets([spelled[label] for label in sorted(spelled)])
        notes.append(f"scale {scale.spec}: sets of the labels that occur")
    _refuse_blank(words, blank, empty=any([] in members[name].values() for name in words.gold))
    bits = {label.casefold(): 1 << i for i, label in enumerate(scale.labels)}
    codes: dict[str, dict[str, int]] = {}
    unknown: dict[str, dict[str, str]] = {}
    for name, sets in members.items():
        codes[name], unknown[name] = {}, {}
        for word, labels in sets.items():
            if labels is None or any(label.casefold() not in bits for label in labels):
                unknown[name][fold(words.meant[name][word])] = word
            else:
                codes[name][word] = sum({bits[label.casefold()] for label in labels})
    words.refuse(unknown, scale, _FORM)
    return scale, {name: words.column(name, known) for name, known in codes.items()}


def _refuse_joined(spelled: Mapping[str, str]) -> None:
    """Refuse a label that is made of others: a set, with something else between its labels."""
    for folded, label in spelled.items():
        parts = [part for part in _OTHER.split(folded) if part]
        meant = f"{label}={'|'.join(parts)}"
        if len(parts) > 1 and spelled.keys() >= {*parts}:
            raise UsageError(
                f"{label!r} is made of labels that occur alone ({', '.join(parts)}): a set of them? {_FORM}, or say "
                f"{argument('words')} {meant!r}; if it is one label, name them all: "
                f"{argument('scale')} set:a,b,c"
            )


def _members(text: str, name: str, texts: Mapping[str, str], scale: Scale) -> Sequence[str] | None:
    """Labels of a cell; None where it is no set."""
    if text.strip()[:1] in {"[", "{", "("} or text.strip() == "set()":
        return members_in(text)
    used = [mark for mark in SEPARATORS if any(mark in other for other in texts.values() if other.strip()[:1] != "[")]
    if scale.open and sum(mark in text for mark in used) > 1:
        raise UsageError(
            f"{name}: {text.strip()!r} holds {' and '.join(map(repr, used))}, so labels may end at either; write JSON "
            f"lists, or name the labels: {argument('scale')} set:a,b,c"
        )
    return members_in(text, "".join(used) or SEPARATORS)


def _refuse_blank(words: RaterWords, blank: Mapping[str, Sequence[str]], *, empty: bool) -> None:
    """Ask what a blank cell means where it matters: in gold, or in a verdict that gold's empty set would make right."""
    for name, own in blank.items():
        if own and (empty or name in words.gold):
            word, option = min(own, key=len).strip(), argument("words")
            raise UsageError(
                f"{name}: {repr(word) if word else 'an empty cell'} ({words.where(name, fold(word))}) may say that no "
                f"label applies ({option} '{word}=[]') or that there is no label ({option} '{word}='): say which"
            )


# --- orders and steps -----------------------------------------------------------------------------


def sequences_of(
    words: RaterWords, scale: Scale, notes: list[str], spoken: Collection[str]
) -> tuple[dict[str, Codes], Codes]:
    """Turn cells into places among all orders or checks of steps that occur, shape (s + 1, w); the last one is of -1.

    ``spoken`` are words of which a person said what they mean.

    DataError names the cells that are none of these; UsageError where a cell may mean two things.
    """
    texts = [text for own in words.meant.values() for text in own.values() if fold(text) not in _BLANK]
    flawless = _FLAWLESS if scale.first_error else frozenset[str]()
    if scale.first_error:
        read = _first_errors(words, scale, spoken)
    else:
        read = _orders(texts, scale) if scale.kind == "rank" else _steps(texts)
    rows: dict[str, dict[str, Order]] = {}
    unknown: dict[str, dict[str, str]] = {}
    for name, own in words.meant.items():
        gaps, rows[name], unknown[name] = words.gaps(name) - flawless, {}, {}
        for word, text in own.items():
            if fold(text) in gaps:
                continue
            codes = read(text)
            if codes is None:
                unknown[name][fold(text)] = word
            else:
                rows[name][word] = codes
    if scale.kind == "rank":
        form = f"an order names all {len(scale.labels)} responses, the best first: 2,1,3 or 2>1>3 or a JSON list"
        notes.append("cells are read as orders, the best response first")
    elif scale.first_error:
        form = "a first wrong step is a number, -1 or none where all are correct"
        notes.append("cells are read as the first wrong step; -1 and none say that all are correct")
    else:
        form = "steps are a list of 1 or 0, true or false, one per step"
    words.refuse(unknown, scale, form)
    places = {codes: i for i, codes in enumerate(dict.fromkeys(one for own in rows.values() for one in own.values()))}
    wide = np.full((len(places) + 1, max(map(len, places), default=1)), GAP, np.int64)
    for codes, place in places.items():
        wide[place, : len(codes)] = codes
    labels = {name: words.column(name, {word: places[one] for word, one in own.items()}) for name, own in rows.items()}
    return labels, wide


def order_in(text: str, scale: Scale) -> Order | None:
    """Read one order of all responses, the best first: 2>1>3, a JSON list, or their letters; None where it is none.

    >>> order_in("CAB", Scale.rank(3)), order_in("2,1", Scale.rank(2)), order_in("CA", Scale.rank(3))
    ((2, 0, 1), (1, 0), None)
    """
    return _orders([text], scale)(text)


def _orders(texts: Sequence[str], scale: Scale) -> Callable[[str], Order | None]:
    """Read orders of responses by their numbers, from 1 or from 0, or by their names; CAB is three of them."""
    size = len(scale.labels)
    short = all(len(text.strip()) == size and text.strip().isalnum() for text in texts)
    cut = _letters if short else _parts
    seen = {fold(part) for text in texts for part in cut(text)}
    numbered = [base for base in (1, 0) if seen <= {str(i + base) for i in range(size)}]
    names = [str(i + numbered[0]) for i in range(size)] if numbered else sorted(seen)
    places = {name: i for i, name in enumerate(names)} if len(names) == size else {}

    def read(text: str) -> Order | None:
        codes = tuple(places.get(fold(part), -1) for part in cut(text))
        return codes if sorted(codes) == list(range(size)) else None

    return read


def _parts(text: str) -> Sequence[str]:
    return members_in(text.replace(">", "|")) or ()


def _letters(text: str) -> Sequence[str]:
    return tuple(text.strip())


def _steps(texts: Sequence[str]) -> Callable[[str], Order | None]:
    """Read checks of steps; refuse columns of single numbers, which may be the place of the first error."""
    if texts and all(re.fullmatch(r"-?\d+(?:\.0*)?", text.strip()) for text in texts):
        raise UsageError(
            f"each cell holds one number ({', '.join(sorted({text.strip() for text in texts})[:5])}): if that is the "
            f"first wrong step, give {argument('scale')} steps:first; else write a list per solution, such as 1,1,0"
        )

    return _checks_in


def steps_in(text: str, scale: Scale, steps: int = 1) -> Order | None:
    """Read a check of each step; of first errors, the number of the first wrong one (from 0), or a list of checks.

    What is known of first errors ends with the wrong step; a solution without one has so many ``steps``.

    >>> steps_in("[1, 0, 1]", Scale.steps()), steps_in("2", Scale.parse("steps:first"))
    ((1, 0, 1), (1, 1, 0))
    >>> steps_in("-1", Scale.parse("steps:first"), 3), steps_in("1", Scale.steps()), steps_in("high", Scale.steps())
    ((1, 1, 1), (1,), None)
    """
    if not scale.first_error:
        return _checks_in(text)
    folded = fold(text)
    number = -1 if folded in _FLAWLESS else whole_number(folded)
    if number is None:
        codes = _checks_in(text)
        if codes is None:
            return None
        number = codes.index(0) if 0 in codes else -1
    if not -1 <= number < _MOST_STEPS:
        return None
    return (1,) * steps if number < 0 else (*(1,) * number, 0)


def _checks_in(text: str) -> Order | None:
    parts = [part.strip("\"'") for part in re.split(r"[|;,\s]+", text.strip().strip("[]")) if part]
    codes = tuple(CHECK.get(fold(part), -1) for part in parts)
    return codes if codes and min(codes) >= 0 else None


def _first_errors(words: RaterWords, scale: Scale, spoken: Collection[str]) -> Callable[[str], Order | None]:
    """Read which step is the first wrong one; ask where 0 may mean that none is."""
    said = {fold(text): name for name, own in words.meant.items() for text in own.values()}
    if "0" in said and not said.keys() & _FLAWLESS and "0" not in spoken:
        raise UsageError(
            f"no cell says -1 or none, so that 0 ({said['0']} {words.where(said['0'], '0')}) may be the first step or "
            f"no wrong step: give {argument('words')} 0=0 where it is the first step, {argument('words')} 0=none where "
            "it says that no step is wrong"
        )
    numbers = [number for text in said if (number := whole_number(text)) is not None]
    lists = [len(codes) for text in said if whole_number(text) is None and (codes := _checks_in(text))]
    width = max([*(number + 1 for number in numbers if number < _MOST_STEPS), *lists, 1])
    return partial(steps_in, scale=scale, steps=width)
