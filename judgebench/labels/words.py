"""Verdict words: what each says on which scale.

Nothing here guesses. A word counts when it is in a vocabulary, however its characters are coded; case, outer blanks and
quotes, and invisible characters don't count:

=========  ==========================================================================================
scale      words
=========  ==========================================================================================
check      correct/incorrect, right/wrong, true/false, yes/no, pass(ed)/fail(ed), y/n, t/f, 1/0,
           success/failure; of opposites such as accept/reject, valid/invalid or safe/unsafe one pair
           per column (`judgebench.labels.vocabulary`)
pair       A/B/tie, model_a/model_b (assistant, response, answer, output, option; a/b or 1/2),
           first/second, left/right, ``A>B`` ``B>A`` ``A=B`` (``>>`` and ``>>>`` where the scale has
           them), draw, equal, same, both good, no preference ...; "both bad", neither,
           ``tie (bothbad)`` where the scale has it; ``[[A]]`` as A; 1 and 2 where ``--scale pair``
           is said and 2 occurs, never 0
rate       whole numbers, also written 3.0
a list     its own labels
=========  ==========================================================================================

An empty cell, NA, N/A, n.a., NaN, null and none (unless the scale has such a label) are a gap in a gold
column and no valid verdict in a judge column; there also unparsed, refused and truncated.
"""

from __future__ import annotations

import functools
import re
from typing import TYPE_CHECKING

from judgebench.errors import DataError, argument
from judgebench.files.records import cut
from judgebench.labels.vocabulary import (
    BOTH_BAD,
    CHECK,
    FIRST,
    MISSING,
    MOST_DIGITS,
    NO_VERDICT,
    OPPOSITES,
    SECOND,
    TIE,
    TIE_BESIDE_SIDES,
    fold,
    number_of,
    whole,
)

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping, Sequence

    from judgebench.domain import Scale

#: Code of a cell that holds no label.
GAP = -1
#: Code of a word that is on no vocabulary of the scale.
UNKNOWN = -2

_COMPARISON = re.compile(r"([ab])([<>=]+)([ab])")
#: A message lists this many words, and counts the others.
_MOST_WORDS, _LONGEST = 8, 30
#: So many words of a column are listed.
_MOST_DESCRIBED = 12
#: So many lines are named where something is found; of more only the first.
_MOST_PLACES = 3


def pair_word(word: str) -> str:
    """Bring the spellings of one pair verdict together.

    >>> pair_word("[[A > B]]"), pair_word("Model-B"), pair_word("response2"), pair_word("b<a")
    ('a>b', 'model b', 'response 2', 'a>b')
    """
    text = fold(word)
    if text.startswith("[[") and text.endswith("]]"):
        text = text[2:-2].strip()
    if compared := _COMPARISON.fullmatch(re.sub(r"\s+", "", text)):
        left, sign, right = compared.groups()
        if left == right or len(set(sign)) != 1:
            return text
        if sign[0] == "<":
            return f"{right}{'>' * len(sign)}{left}"
        return f"{left}{sign}{right}"
    text = re.sub(r"[\s_-]+", " ", text)
    return re.sub(r"^([a-z]{4,})([12])$", r"\1 \2", text)


def code_of(word: str, scale: Scale, *, judge: bool = False, numbers: bool = False, opposites: bool = True) -> int:
    """Code of one word on a scale: a position in its labels, `GAP` or `UNKNOWN`.

    In a ``judge``'s cell unparsed, refused and truncated are gaps too; with ``numbers`` 1 and 2 name the responses of a
    pair (see `numbered_pair`); ``opposites`` such as accept and reject count where a column has them alone (see
    `one_opposite`).

    >>> from judgebench.domain import Scale
    >>> [code_of(word, Scale.check()) for word in ("PASS", "no", "", "maybe")]
    [1, 0, -1, -2]
    >>> [code_of(word, Scale.pair()) for word in ("model_b", "A=B", "0")]
    [2, 1, -2]
    """
    text = fold(word)
    # A label of the scale's own comes first: a user's list may hold "none".
    if (code := _labels(scale).get(text)) is not None:
        return code
    if text in MISSING or (judge and text in NO_VERDICT):
        return GAP
    if scale.kind == "check":
        return CHECK.get(text, UNKNOWN) if opposites or text not in OPPOSITES else UNKNOWN
    if scale.kind == "pair":
        return pair_code(pair_word(word), scale, numbers=numbers)
    return UNKNOWN


@functools.lru_cache(maxsize=32)
def _labels(scale: Scale) -> dict[str, int]:
    """Codes of a scale's labels, folded; the first of two that are one word."""
    return {fold(label): code for code, label in reversed(list(enumerate(scale.labels)))}


def one_opposite(words: Iterable[str]) -> bool:
    """Whether a column's folded words of a check are those of one pair of opposites, or of none.

    >>> one_opposite(["accept", "reject"]), one_opposite(["pass", "fail", "invalid"])
    (True, False)
    """
    rows = {OPPOSITES.get(word, -1) for word in words if word in CHECK}
    return rows <= {-1} or len(rows) == 1


def numbered_pair(words: Iterable[str]) -> bool:
    """Whether the numbers among some words can only mean the first and the second response.

    >>> numbered_pair(["1", "2", "tie"]), numbered_pair(["0", "1", "2"]), numbered_pair(["1"])
    (True, False, False)
    """
    found = {fold(word) for word in words}
    numbers = set(filter(whole, found))
    return "2" in numbers and numbers <= {"1", "2"}


def describe(said: Mapping[str, Mapping[str, str]]) -> str:
    """Say which words each column holds; columns that say the same are named together.

    >>> describe({"judge": {"yes": "Yes", "no": "No"}, "h1": {"no": "no", "yes": "yes"}, "h2": {}})
    'judge, h1: No, Yes; h2: (nothing)'
    """
    groups: dict[tuple[str, ...], list[str]] = {}
    written: dict[str, str] = {}
    for name, words in said.items():
        groups.setdefault(tuple(sorted(words, key=by_number)), []).append(name)
        written = {**words, **written}
    return "; ".join(
        f"{', '.join(names)}: {', '.join(cut(written[word]) for word in words[:_MOST_DESCRIBED]) or '(nothing)'}"
        + (f" and {len(words) - _MOST_DESCRIBED} more" if len(words) > _MOST_DESCRIBED else "")
        for words, names in groups.items()
    )


def vocabulary(scale: Scale) -> str:
    """Name the words of a scale, for a message."""
    if scale.kind == "check":
        return "correct/incorrect, right/wrong, true/false, yes/no, pass/fail, y/n, t/f, 1/0"
    if scale.kind == "pair" and len(scale.values) <= 3:
        tie = "/tie" if scale.tie is not None else ""
        bad = ", both bad" if scale.both_bad is not None else ""
        return f"A/B{tie}, model_a/model_b, first/second, left/right, A>B/B>A{bad}"
    if scale.kind == "number":
        return "plain numbers" if scale.open else f"numbers from {scale.values[0]:g} to {scale.values[1]:g}"
    if scale.sequential:
        return f"lists of {', '.join(scale.labels)}"
    if len(scale.labels) > 12 and scale.kind == "rate":
        return f"{scale.labels[0]} to {scale.labels[-1]}"
    return ", ".join(scale.labels)


def is_decimal(word: str) -> bool:
    """Whether a word is a number with decimals, such as 3.5."""
    text = fold(word)
    return _is_number(text) and not whole(text)


def settle() -> str:
    """Name the options that settle what an unknown word is."""
    return f"what they mean with {argument('words')} OLD=NEW, or leave them out with {argument('missing')} OLD"


def pair_code(text: str, scale: Scale, *, numbers: bool) -> int:
    """Code of a word of a pair as `pair_word` leaves it; with ``numbers`` 1 and 2 are the responses."""
    ways = len(scale.values)
    if text in BOTH_BAD:
        return scale.both_bad if scale.both_bad is not None else UNKNOWN
    if text in TIE or text in TIE_BESIDE_SIDES:
        return scale.tie if scale.tie is not None else UNKNOWN
    if ways > 3:
        code = scale.code(text)
        return UNKNOWN if code is None else code
    if text in FIRST or text == "a>b" or (numbers and text == "1"):
        return 0
    if text in SECOND or text == "b>a" or (numbers and text == "2"):
        return ways - 1
    return UNKNOWN


def listing(
    said: Mapping[str, Mapping[str, str]], chosen: Iterable[str], where: Callable[[str, str], str] | None = None
) -> str:
    """List words with the columns and lines that hold them."""
    parts: list[str] = []
    order = sorted(set(chosen), key=by_number)
    for word in order[:_MOST_WORDS]:
        holders = [name for name, own in said.items() if word in own]
        places = "; ".join(f"{name} {where(name, word)}" if where else name for name in holders)
        parts.append(f"{cut(said[holders[0]][word], _LONGEST)!r} ({places})")
    more = f" and {len(order) - _MOST_WORDS} more" if len(order) > _MOST_WORDS else ""
    return ", ".join(parts) + more


def decimals(found: str, file: str | None) -> DataError:
    """Build the error for continuous scores among labels."""
    return DataError(
        f"numbers with decimals are scores, not labels ({found})",
        file=file,
        hint=f"name a judge's column with {argument('scores')}; instead of mean gold give each annotator's column and "
        f"{argument('policy')} gold=mean, or round it and give {argument('scale')} rate:LO-HI; "
        f"numbers as they are: {argument('scale')} number:LO-HI, "
        f"in another unit: {argument('rescale')} COLUMN=0-1:1-5",
    )


def by_number(word: str) -> tuple[bool, float, str]:
    """Sort numbers by their size, and before words."""
    return (False, float(word), word) if _is_number(word) else (True, 0.0, word)


def whole_number(text: str) -> int | None:
    """Read a folded word as a whole number; None where it is none.

    >>> whole_number("-12"), whole_number("1.5"), whole_number("1" * 5000)
    (-12, None, None)
    """
    return int(text) if len(text) <= MOST_DIGITS and re.fullmatch(r"[+-]?\d+", text) else None


def _is_number(text: str) -> bool:
    return number_of(text) is not None


def located(lines: Sequence[int], unit: str) -> str:
    """Say where something is: on a few lines, or on which line first.

    >>> located([4], "line"), located([4, 9], "row"), located(range(4, 124), "line")
    ('line 4', 'rows 4, 9', 'first on line 4')
    """
    if len(lines) > _MOST_PLACES:
        return f"first {'on' if unit == 'line' else 'in'} {unit} {lines[0]}"
    return f"{unit}{'s' * (len(lines) > 1)} {', '.join(map(str, lines))}"


def spans(lines: Sequence[int], unit: str) -> str:
    """Say where cells are, and how many where that doesn't show.

    >>> spans([4, 9, 12], "line"), spans(range(4, 124), "line")
    ('lines 4, 9, 12', '120 cells, first on line 4')
    """
    many = f"{len(lines):,} cells, " if len(lines) > _MOST_PLACES else ""
    return many + located(lines, unit)


def odd_words(held: Mapping[str, Sequence[int]], what: str, unit: str) -> str:
    """Say of odd words, each with the lines of the cells that hold it, what they are not; the first line is known.

    >>> odd_words({"high": [4], "80 %": [7, 9], "": range(9, 99)}, "is not a number", "line")
    "'high' is not a number; also '80 %' (lines 7, 9), an empty cell (90 cells, first on line 9)"
    """
    (first, at), *others = ((repr(cut(word, _LONGEST)) if word else "an empty cell", held[word]) for word in held)
    more = f" and {len(others) - _MOST_WORDS:,} more" if len(others) > _MOST_WORDS else ""
    also = ", ".join(f"{word} ({spans(places, unit)})" for word, places in others[:_MOST_WORDS])
    return f"{first} {what}{f' ({len(at):,} cells)' * (len(at) > 1)}{'; also ' * bool(also)}{also}{more}"
