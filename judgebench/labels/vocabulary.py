"""The words of verdicts, as data: what a check says, what a pair says, gaps, and lists that have an order.

A word is written here as `plain` and `fold` leave it; in the words of a pair ``_`` and ``-`` are blanks.
"""

from __future__ import annotations

import re
import unicodedata
from functools import lru_cache
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Collection


def word_list(text: str) -> list[str]:
    """Words between blanks."""
    return text.split()


def word_set(text: str) -> frozenset[str]:
    """Words between blanks, as a set."""
    return frozenset(text.split())


def _listed(text: str) -> list[str]:
    return text.split(", ")


MISSING = frozenset({"", "na", "n/a", "n.a.", "#n/a", "<na>", "nan", "null", "none"})
NO_VERDICT = frozenset({"unparsed", "refused", "truncated"})

#: Incorrect and correct in words that mean the same wherever they occur together.
_SAME_CHECK = (
    "incorrect, wrong, false, no, fail, fails, failed, failing, failure, unsuccessful, n, f, 0, not correct",
    "correct, right, true, yes, pass, passes, passed, passing, success, successful, succeeded, y, t, 1",
)
#: Opposites. A column speaks in one of them: "invalid" beside pass and fail is hardly one more word for fail.
_OPPOSITES = (
    ("reject, rejected", "accept, accepted"),
    ("disapprove, disapproved, not approved", "approve, approved"),
    ("invalid, not valid", "valid"),
    ("inaccurate, not accurate", "accurate"),
    ("unacceptable, not acceptable", "acceptable"),
    ("unsatisfactory, not satisfactory", "satisfactory"),
    ("unsatisfied, dissatisfied, not satisfied", "satisfied"),
    ("unmet, not met", "met"),
    ("unfaithful, not faithful, hallucinated, hallucination", "faithful, not hallucinated, no hallucination"),
    ("unsupported, not supported", "supported"),
    ("ungrounded, not grounded", "grounded"),
    ("irrelevant, not relevant", "relevant"),
    ("unhelpful, not helpful", "helpful"),
    ("unsafe, not safe", "safe"),
    ("noncompliant, non-compliant, not compliant", "compliant"),
    ("incomplete, not complete", "complete"),
    ("bad", "good"),
    ("not ok, not okay", "ok, okay"),
    (
        "\N{THUMBS DOWN SIGN}, thumbs down, thumbs-down, thumbs_down",
        "\N{THUMBS UP SIGN}, thumbs up, thumbs-up, thumbs_up",
    ),
    (
        "\N{CROSS MARK}, \N{BALLOT X}, \N{HEAVY BALLOT X}, \N{HEAVY MULTIPLICATION X}",
        "\N{WHITE HEAVY CHECK MARK}, \N{CHECK MARK}, \N{HEAVY CHECK MARK}, \N{BALLOT BOX WITH CHECK}",
    ),
)
#: Words of opposites, and in which row.
OPPOSITES: dict[str, int] = {
    word: row for row, sides in enumerate(_OPPOSITES) for words in sides for word in _listed(words)
}
#: Words of a check: 0 incorrect, 1 correct.
CHECK: dict[str, int] = {
    word: code for sides in (_SAME_CHECK, *_OPPOSITES) for code, words in enumerate(sides) for word in _listed(words)
}

_NOUNS = ("model", "assistant", "response", "answer", "output", "option")
_BETTER = ("", " better", " is better", " wins")
FIRST = frozenset(
    {
        "first",
        "left",
        *(f"{side}{end}" for end in _BETTER for side in ("a", *(f"{one} {x}" for one in _NOUNS for x in "a1"))),
    }
)
SECOND = frozenset(
    {
        "second",
        "right",
        *(f"{side}{end}" for end in _BETTER for side in ("b", *(f"{one} {x}" for one in _NOUNS for x in "b2"))),
    }
)
#: A tie, whatever else a column holds.
TIE = frozenset({"tie", "tied", "draw", "equal", "a=b", "b=a"})
#: A tie where another word names a side.
TIE_BESIDE_SIDES = frozenset(
    _listed(
        "same, even, equivalent, comparable, similar, both, either, neutral, undecided, indifferent, equally, "
        "a tie, a draw, it's a tie, it is a tie, tie game, tie (both good), tie both good, tie bothgood, tossup, "
        "toss up, the same, about the same, both the same, both are the same, same quality, both same, "
        "equally good, both good, bothgood, both are good, both equal, both are equal, both equally good, "
        "both are equally good, are equal, they are equal, equal quality, both tie, both win, both correct, "
        "no preference, no difference, no winner, no clear winner, no clear preference, not different, "
        "neither is better, neither better, neither one is better, none is better, none better, cannot decide"
    )
)
BOTH_BAD = frozenset(
    _listed(
        "neither, both bad, bothbad, both are bad, both equally bad, both are equally bad, equally bad, "
        "both poor, both wrong, both fail, tie (bothbad), tie (both bad), tie bothbad, tie both bad, "
        "neither good, neither is good, neither one is good"
    )
)

#: Words that say in which order two answers were shown: the first one first, or the other way round.
FIRST_ORDER = word_set("original a ab a,b a-b a/b normal forward straight unswapped 0,1 1,2 first plain")
OTHER_ORDER = word_set("swapped b ba b,a b-a b/a reversed reverse inverted flipped 1,0 2,1 second swap")

#: What the first cell of a row of totals says, in English, German, French, Spanish, Italian, Dutch.
_TOTAL_WORDS = (
    "total, grand total, subtotal, sub-total, sum, mean, average, avg, median, overall, std, std dev, stdev, "
    "standard deviation, summe, gesamt, gesamtsumme, insgesamt, durchschnitt, mittelwert, mittel, stdabw, "
    "standardabweichung, somme, moyenne, m\N{LATIN SMALL LETTER E WITH ACUTE}diane, suma, promedio, media, mediana, "
    "totale, somma, totaal, gemiddelde"
)
_TOTALS = frozenset(f"{word}{end}" for word in _TOTAL_WORDS.split(", ") for end in ("", "s", ".", " score", " rating"))

#: Lists with an order, worst first; a message proposes the one that holds all words.
LADDERS = (
    ("critical", "blocker", "severe", "high", "major", "moderate", "medium", "minor", "low", "trivial", "none"),
    ("very low", "low", "medium", "moderate", "high", "very high"),
    ("very poor", "poor", "fair", "average", "good", "very good", "excellent", "perfect"),
    ("very bad", "bad", "poor", "fair", "ok", "okay", "average", "good", "very good", "great", "excellent"),
    ("strongly disagree", "disagree", "somewhat disagree", "neutral", "somewhat agree", "agree", "strongly agree"),
    ("very unhelpful", "unhelpful", "neutral", "somewhat helpful", "helpful", "very helpful"),
    ("never", "rarely", "sometimes", "often", "always"),
    ("not at all", "slightly", "somewhat", "moderately", "very", "extremely"),
    ("incorrect", "mostly incorrect", "partially correct", "partly correct", "partial", "mostly correct", "correct"),
    ("irrelevant", "partially relevant", "somewhat relevant", "relevant", "highly relevant"),
    ("no", "partially", "partly", "partial", "yes"),
    ("fail", "partial", "pass"),
    ("negative", "neutral", "mixed", "positive"),
)


class _Plain(dict[int, str]):
    """What each character is written as: other scripts' digits, wide letters, blanks and dashes in their plain form."""

    def __missing__(self, code: int) -> str:
        char = chr(code)
        kind, made = unicodedata.category(char), unicodedata.decomposition(char).partition(" ")[0]
        if made in {"<wide>", "<narrow>", "<circle>"} or 0xFB00 <= code <= 0xFB06:
            char = unicodedata.normalize("NFKC", char)
            kind = unicodedata.category(char[0])
        if kind == "Cf" or code in {0xFE0E, 0xFE0F} or 0x1F3FB <= code <= 0x1F3FF:
            char = ""
        elif kind == "Nd":
            char = str(unicodedata.digit(char))
        elif kind == "Zs":
            char = " "
        elif kind == "Pd":
            char = "-"
        self[code] = char
        return char


_PLAIN = _Plain({0x2018: "'", 0x2019: "'", 0x201A: "'", 0x201C: '"', 0x201D: '"', 0x201E: '"', 0x2212: "-"})
_QUOTES = {'"': '"', "'": "'", "\u00ab": "\u00bb", "\u300c": "\u300d"}

_WHOLE = re.compile(r"([+-]?)0*([0-9]+)(?:\.0*)?")
_DECIMAL = re.compile(r"[+-]?(?:[0-9]+\.[0-9]*|\.[0-9]+|[0-9]+)(?:e[+-]?[0-9]+)?")
#: A longer word is no number, whatever it is made of: Python converts no more digits than 4,300, and looking at
#: 100,000 zeros takes a minute.
MOST_DIGITS = 300
#: Words up to this are met again and again: a table of 500 columns has three labels a million times.
_SHORT = 40


def plain(text: str) -> str:
    r"""Write a text as one sees it: composed letters, plain digits, blanks, dashes and quotes, nothing invisible.

    >>> plain("e\u0301gal\u200b"), plain("\u0665"), plain("\uff15"), plain("\u22121"), plain("5\u00b2")
    ('égal', '5', '5', '-1', '5²')
    """
    if text.isascii():
        return text
    return unicodedata.normalize("NFC", unicodedata.normalize("NFC", text).translate(_PLAIN))


def fold(word: str) -> str:
    """Ignore case, outer blanks and quotes, and how a character is coded; write 3.0 and 03 as 3.

    >>> fold(" Pass "), fold('"Pass"'), fold("3.0"), fold("-0"), fold("3.5")
    ('pass', 'pass', '3', '0', '3.5')
    """
    return _folded(word) if len(word) > _SHORT else _folded_again(word)


def _folded(word: str) -> str:
    text = plain(word).strip()
    while len(text) > 1 and _QUOTES.get(text[0]) == text[-1] and text[0] not in text[1:-1]:
        text = text[1:-1].strip()
    text = text.casefold()
    if number := whole(text):
        sign = "-" if number[1] == "-" and number[2] != "0" else ""
        return sign + number[2]
    return text


_folded_again = lru_cache(maxsize=1000)(_folded)


def whole(text: str) -> re.Match[str] | None:
    """Match a whole number: its sign, and its digits without leading zeros."""
    return _WHOLE.fullmatch(text) if len(text) <= MOST_DIGITS else None


def number_of(word: str) -> float | None:
    """Read a finite number; None where it is none.

    >>> number_of("3.50"), number_of("1e3"), number_of("1_5"), number_of("1e999")
    (3.5, 1000.0, None, None)
    """
    text = fold(word)
    if len(text) > MOST_DIGITS or _DECIMAL.fullmatch(text) is None:
        return None
    value = float(text)
    return value if abs(value) < float("inf") else None


def order_word(word: str) -> str:
    """Fold the name of an order, without blanks, brackets and quotes inside.

    >>> order_word("(B, A)"), order_word("A_B"), order_word("['1', '0']")
    ('b,a', 'a-b', '1,0')
    """
    return re.sub(r"[\s\[\](){}'\"]+", "", fold(word)).replace("_", "-")


def says_total(word: str) -> bool:
    """Whether a cell says that its row is a total."""
    return fold(word).rstrip(":") in _TOTALS


def ladders(words: Collection[str]) -> list[list[str]]:
    """Order some words, worst first, by the known lists that hold them all.

    >>> ladders({"high", "low"}), ladders({"minor", "critical"}), ladders({"red", "blue"})
    ([['high', 'low'], ['low', 'high']], [['critical', 'minor']], [])
    """
    found = {tuple(word for word in own if word in words) for own in LADDERS if words and set(words) <= set(own)}
    return [list(own) for own in sorted(found)]
