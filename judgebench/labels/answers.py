"""Whether an answer is right, without a model: the same text, a text that holds it, a choice's letter, a number.

What can't be told so (prose beside prose, an answer that states no letter) stays untold: nobody is called wrong for it.
"""

from __future__ import annotations

import re
import unicodedata
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Sequence

    from judgebench.domain import Item, Scale

_ARTICLES = re.compile(r"\b(?:a|an|the)\b")
_APOSTROPHE = re.compile("['\u2019]")
_THOUSANDS = re.compile(r"(?<=\d),(?=\d{3}(?!\d))")
_ABBREVIATION = re.compile(r"(?<=\b[^\W\d_])\.")
_NUMERIC = re.compile(r"(?<=\d)\.(?=\d)|(?<![^\s(])-(?=\d)")
# Scripts that put no blanks between words: there "whole words" can't be told, and any place will do.
_UNSPACED = re.compile("[\u0e00-\u0eff\u1000-\u109f\u1780-\u17ff\u3040-\u30ff\u3400-\u9fff\uf900-\ufaff]")


def normalise(text: str) -> str:
    """Bring a text into the form in which lexical judges compare.

    Unicode NFKC, case folded. Apostrophes go, as do the points of abbreviations ("U.S.") and the commas of thousands; a
    decimal point and a minus sign before a number stay; any other punctuation or symbol is a blank. Then the articles
    a, an, the are removed and runs of blanks made one. Accents count. A text that would be left empty ("The The") keeps
    its articles.

    >>> normalise("  The U.S.'s  *Largest*  city…"), normalise("$5,000.00 (or -3.5)")
    ('uss largest city', '5000.00 or -3.5')
    """
    folded = unicodedata.normalize("NFKC", text).casefold().replace("\u2212", "-")
    for pattern in (_APOSTROPHE, _THOUSANDS, _ABBREVIATION):
        folded = pattern.sub("", folded)
    kept = {match.start() for match in _NUMERIC.finditer(folded)}
    folded = "".join(" " if unicodedata.category(c)[0] in "PS" and i not in kept else c for i, c in enumerate(folded))
    bare = " ".join(_ARTICLES.sub(" ", folded).split())
    return bare or " ".join(folded.split())


def contains(response: str, reference: str) -> bool:
    """Whether a normalised response holds the words of a normalised reference in a row."""
    if _UNSPACED.search(reference):
        return reference in response
    return f" {reference} " in f" {response} "


#: Longer right answers are prose.
_FEW_WORDS = 6
_NUMBER = r"[-\u2212]?(?:\d{1,3}(?:,\d{3})+|\d+)(?:\.\d+)?|[-\u2212]?\.\d+"
_BARE_NUMBER = re.compile(rf"\s*[$€£]?\s*({_NUMBER})\s*(?:%|[^\W\d_]{{1,12}})?\s*\.?\s*")
_BARE_LETTER = re.compile(r"\s*[(\[]?([A-J])[)\].:]*\s*")
_LEAD = r"(?:final\s+answer|answer|correct\s+(?:option|choice)|option|choice)\s*(?:is|:|=)?\s*:?\s*[*_\s([{\"'$\\]*"
_STATED_LETTER = re.compile(rf"(?:{_LEAD}|\\boxed\{{\s*[(]?)([A-J])(?![\w'])")
_STATED_NUMBER = re.compile(rf"(?:{_LEAD}|\\boxed\{{\s*\$?)({_NUMBER})(?![\d])", re.IGNORECASE)
#: JudgeBench asks for the letter five times in a row.
_FIVE_TIMES = re.compile(r"(?<!\w)([A-J])\1{4}(?!\w)")
_ALONE = re.compile(r"^[*_\s([]*([A-J])[)\].:*_\s]*$", re.MULTILINE)
_YES = {"yes": True, "true": True, "no": False, "false": False}


class Graded(NamedTuple):
    """Whether an answer is right, None where that can't be told, and by what it was compared."""

    right: bool | None
    by: str


def graded(answer: str, right: Sequence[str]) -> Graded:
    r"""Hold an answer against those that count as right: against any of them.

    >>> graded("It is the Danube.", ["Danube"]), graded("so the answer is (B).", ["B"])
    (Graded(right=True, by='contains'), Graded(right=True, by='letter'))
    >>> graded("3 + 4 = 7, so \\boxed{7}", ["8"]), graded("Equity rises.", ["Cash and equity rise by what was earned."])
    (Graded(right=False, by='number'), Graded(right=None, by=''))
    """
    found = [_held(answer, one) for one in right]
    return next((one for one in found if one.right), next((one for one in found if one.right is not None), UNTOLD))


UNTOLD = Graded(None, "")


def _held(answer: str, right: str) -> Graded:
    wanted, said = normalise(right), normalise(answer)
    if not wanted or not said:
        return UNTOLD
    found = Graded(said == wanted, "exact")
    if letter := _BARE_LETTER.fullmatch(right):
        own = letter_of(answer)
        found = Graded(own == letter[1], "letter") if own else UNTOLD
    elif number := _BARE_NUMBER.fullmatch(right):
        stated = number_of(answer)
        found = Graded(_equal(stated, number[1]), "number") if stated else UNTOLD
    elif wanted in _YES:
        first = said.split()[0]
        found = Graded(_YES[first] == _YES[wanted], "exact") if first in _YES else UNTOLD
    elif not found.right:
        found = Graded(contains(said, wanted), "contains") if is_short(right) else UNTOLD
    return found


def is_short(right: str) -> bool:
    """Whether a right answer can be looked for in another text: prose says the same in many ways."""
    return len(normalise(right).split()) <= _FEW_WORDS


def letter_of(text: str) -> str:
    r"""Find the letter of the choice that a text states, the last where it states several; empty where it states none.

    >>> letter_of("Option A fails.\nThe answer is **(C)**"), letter_of("BBBBB"), letter_of("A good question")
    ('C', 'B', '')
    """
    for pattern in (_FIVE_TIMES, _STATED_LETTER, _ALONE):
        if found := pattern.findall(text):
            return str(found[-1])
    return ""


def number_of(text: str) -> str:
    r"""Find the number that a text states as its answer, or the only one in it; empty where neither is there.

    >>> number_of("The answer is $1,250.50"), number_of("about 7 apples"), number_of("2 + 3")
    ('1,250.50', '7', '')
    """
    if stated := stated_number(text):
        return stated
    every = {one.replace(",", "") for one in re.findall(_NUMBER, text)}
    return every.pop() if len(every) == 1 else ""


def stated_number(text: str) -> str:
    """Find the number that a text states as its answer."""
    found = _STATED_NUMBER.findall(text)
    return str(found[-1]) if found else ""


def _equal(said: str, right: str) -> bool:
    """Whether two numbers are one: the answer may have more places than the right one, to which it is rounded."""
    plain = [one.replace(",", "").replace("\u2212", "-") for one in (said, right)]
    places = [len(one.partition(".")[2]) for one in plain]
    own, wanted = map(float, plain)
    return own == wanted or (places[0] > places[1] and abs(own - wanted) <= 0.5 * 10.0 ** -places[1])


def rights(item: Item, scale: Scale, kind: str = "human") -> tuple[str, ...]:
    """Give what counts as right of an item's question: its references of a kind, else what a right response states.

    A response is right where the gold says so of itself (``check``), or a program found it so (pairs and picks):
    people's preference of two answers does not make either of them right.
    """
    if given := tuple(one.text for one in item.references if one.kind == kind and not one.turn):
        return given
    codes = {label.code for label in item.gold if label.code is not None}
    if len(codes) != 1:
        return ()
    (code,) = codes
    chosen: Sequence[int] = ()
    if scale.kind == "check":
        chosen = (0,) if code == 1 else ()
    elif item.gold_source == "verifier" and scale.kind == "pair" and code not in {scale.tie, scale.both_bad}:
        chosen = (0,) if isinstance(code, int) and 2 * code < len(scale.values) - 1 else (1,)
    elif item.gold_source == "verifier" and scale.kind == "pick":
        chosen = code if isinstance(code, tuple) else (int(code or 0),)
    texts = [item.responses[one].text for one in chosen]
    return tuple(found for text in texts if (found := letter_of(text) or stated_number(text)))
