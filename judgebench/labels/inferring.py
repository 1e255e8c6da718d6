"""Which scale the words of a table's columns speak: the one that all of them fit, or why there is none."""

from __future__ import annotations

import itertools
import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

from judgebench.domain import Scale
from judgebench.errors import DataError, UsageError, argument
from judgebench.labels.vocabulary import CHECK, MISSING, NO_VERDICT, TIE_BESIDE_SIDES, fold, ladders, number_of, whole
from judgebench.labels.words import (
    UNKNOWN,
    by_number,
    code_of,
    decimals,
    describe,
    is_decimal,
    listing,
    one_opposite,
    pair_code,
    pair_word,
    settle,
)

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Iterable, Mapping

#: Ratings that span more than this are identifiers or counts until --scale says otherwise.
_WIDEST = 100


@dataclass(frozen=True, slots=True)
class Inferred:
    """The one scale that all words fit; ``undeclared_levels`` where the form may have more levels than occur."""

    scale: Scale
    family: str
    undeclared_levels: bool = False


def infer(
    columns: Mapping[str, Iterable[str]],
    judges: Iterable[str] = (),
    where: Callable[[str, str], str] | None = None,
    file: str | None = None,
) -> Inferred:
    """Find the one scale that all words of all columns fit; UsageError where there are several, DataError where none.

    1 and 0 together are read as correct and incorrect: on two labels every statistic is the same for any reading. Whole
    numbers beyond -1..2 are ratings over their own range. Other small numbers ({1, 2}, {0, 1, 2}, one number alone ...)
    may be picks, ratings or codes and are never guessed. ``where`` says for messages where a column holds a folded
    word.
    """
    said = _said(columns, judges)
    words: set[str] = {text for own in said.values() for text in own}
    if not words:
        raise DataError(f"no labels in {', '.join(said)}: every cell is empty", file=file)
    numbers = {int(w) for w in words if whole(w)}
    fits: list[Inferred] = []
    checked = words <= set(CHECK) and all(map(one_opposite, said.values()))
    if checked and not (words <= {"0", "1"} and len(words) < 2):
        fits.append(Inferred(Scale.check(), "check"))
    if (pair := _pair_scale(words)) is not None:
        fits.append(Inferred(pair, "pair"))
    rated = len(numbers) == len(words) > 1 and not numbers <= {-1, 0, 1, 2} and max(numbers) - min(numbers) <= _WIDEST
    if rated and Scale.holds(min(numbers), max(numbers)):
        fits.append(Inferred(Scale.rate(min(numbers), max(numbers)), "rate", undeclared_levels=True))
    if len(fits) == 1:
        return fits[0]
    if len(fits) > 1:
        found = " and ".join(fit.family for fit in fits)
        raise UsageError(f"the labels fit more than one scale ({found}): {describe(said)}; {_say()}")
    raise _no_fit(said, words, numbers, where, file)


def _said(columns: Mapping[str, Iterable[str]], judges: Iterable[str]) -> dict[str, dict[str, str]]:
    """Fold the words of columns but for gaps; by column and folded word, as it is written."""
    judging = set(judges)
    said: dict[str, dict[str, str]] = {name: {} for name in columns}
    for name, own in columns.items():
        gaps = MISSING | NO_VERDICT if name in judging else MISSING
        for word in own:
            if (text := fold(word)) not in gaps:
                said[name].setdefault(text, word.strip())
    return said


def foreign_words(
    columns: Mapping[str, Iterable[str]], judges: Iterable[str] = (), scale: Scale | None = None
) -> list[str]:
    """Give the words that are not on a scale; without one, on the scale that most words of all columns are of.

    >>> foreign_words({"j": ["pass", "maybe"], "g": ["fail", "pass", ""]}), foreign_words({"j": ["A", "B", "C"]})
    (['maybe'], ['C'])
    """
    said = _said(columns, judges)
    unknown = _misfits(said)[1] if scale is None else {text for own in said.values() for text in own
                                                       if code_of(text, scale) == UNKNOWN}  # fmt: skip
    written = {text: word for own in said.values() for text, word in own.items()}
    return [written[text] for text in sorted(unknown, key=by_number)]


def _misfits(said: Mapping[str, Mapping[str, str]]) -> tuple[str, set[str]]:
    """Name the scale that most words are of, and those that are not on it."""
    words = {text for own in said.values() for text in own}
    opposites = all(map(one_opposite, said.values()))
    misfits = [
        (scale.kind, {w for w in words if code_of(w, scale, opposites=opposites) == UNKNOWN})
        for scale in (Scale.check(), Scale.pair(3, both_bad=True), Scale.pair(7, both_bad=True))
    ]
    return min([*misfits, ("rate", {w for w in words if not whole(w)})], key=lambda fit: len(fit[1]))


def _say(words: Collection[str] = ()) -> str:
    if known := [",".join(own) for own in ladders(words)]:
        return f"list them, worst first: {argument('scale')} {' or '.join(map(repr, known))}"
    scales = "check, pair, rate:1-5, or the labels, worst first, as low,medium,high"
    if any(re.search(r"[|;,\n>\[]", word) for word in words):
        scales += "; several labels in a cell are a set, or an order: set, rank:3"
    if any(word.startswith("[") for word in words):
        scales += f"; a list with a label for each of several answers is {argument('judge')} 'C.{{criterion}}'"
    return f"say {settle()}, or what all labels are with {argument('scale')}: {scales}"


def _pair_scale(words: set[str]) -> Scale | None:
    """Take the smallest pair scale that has all the words; "same" or "neutral" alone are not yet words of a pair."""
    if {pair_word(word) for word in words} <= TIE_BESIDE_SIDES:
        return None
    scales = [Scale.pair(ways, both_bad=bad) for bad in (False, True) for ways in (2, 3, 5, 7)]
    for loose, scale in itertools.product((False, True), scales):
        if all(pair_code(pair_word(word), scale, numbers=False, loose=loose) >= 0 for word in words):
            return scale
    return None


def _no_fit(
    said: Mapping[str, Mapping[str, str]],
    words: set[str],
    numbers: set[int],
    where: Callable[[str, str], str] | None,
    file: str | None,
) -> DataError | UsageError:
    found = describe(said)
    if all(number_of(word) is not None for word in words) and any(map(is_decimal, words)):
        return decimals(found, file)
    if len(numbers) == len(words):
        return _bare_numbers(found, numbers)
    alone = [family for own in said.values() if own and (family := _family(set(own)))]
    if len(alone) == sum(map(bool, said.values())) and len(set(alone)) > 1:
        numbered = next((name for name, own in said.items() if own and _family(set(own)) == "numbers"), None)
        turn = f", or say where numbers turn with {argument('threshold')} {numbered}=X" if numbered else ""
        return DataError(
            f"the columns use different sets of labels, so agreement between them means nothing ({found})",
            file=file,
            hint=f"give one side's words a meaning with {argument('words')} COLUMN:OLD=NEW{turn}",
        )
    kind, unknown = _misfits(said)
    known = words - unknown
    if len(known) < 2:
        # No vocabulary has more than a stray one of them: all are foreign.
        return DataError(
            f"the labels are not words we know: {listing(said, words, where)}", file=file, hint=_say(words)
        )
    return DataError(
        f"{'most' if len(known) > len(unknown) else 'some'} labels are words of the {kind} scale, "
        f"but {listing(said, unknown, where)} "
        f"{'is' if len(unknown) == 1 else 'are'} not",
        file=file,
        hint=f"say {settle()}, or list all labels with {argument('scale')}",
    )


def _bare_numbers(found: str, numbers: set[int]) -> UsageError:
    scale, word = argument("scale"), argument("words")
    if numbers <= {-1, 0, 1, 2}:
        return UsageError(
            f"the numbers fit more than one scale ({found}): ratings ({scale} rate:LO-HI), codes without order "
            f"({scale} nominal:0,1,2), or picks ({word} 0=tie {word} 1=A {word} 2=B)?"
        )
    if len(numbers) == 1:
        return UsageError(f"one number alone does not tell the scale ({found}); {_say()}")
    return UsageError(f"the labels span {min(numbers)} to {max(numbers)} ({found}); {_say()}")


def _family(words: set[str]) -> str:
    """Name the vocabulary that one column's words fit on their own; empty where none does."""
    if words <= set(CHECK) and one_opposite(words) and not words <= {"0", "1"}:
        return "check"
    if _pair_scale(words) is not None:
        return "pair"
    return "numbers" if all(map(whole, words)) else ""
