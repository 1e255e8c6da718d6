"""What counts as a verdict in running text: the words of a check, a pair, a list of labels, or numbers."""

from __future__ import annotations

import functools
import re
from abc import ABC, abstractmethod
from typing import TYPE_CHECKING, NamedTuple

from judgebench.domain import Scale
from judgebench.labels.vocabulary import BOTH_BAD, CHECK, MISSING, TIE, TIE_BESIDE_SIDES, fold, number_of
from judgebench.labels.words import code_of

if TYPE_CHECKING:
    from collections.abc import Iterable

NUMBER = r"[-+]?(?:\d+(?:\.\d+)?|\.\d+)"
_NOUN = r"(?:assistant|model|response|answer|output|option)"
#: A side where it is plainly one: a capital letter, or a noun with a letter or a number.
SIDE = rf"(?:(?i:{_NOUN})[ _-]*(?:[ABab12])(?!\w)|(?<![\w'])[AB](?![\w'+]))"
_POINTS = r"(?:points?|stars?|pts?)"
_FRACTION = re.compile(rf"({NUMBER})\s*(?:/|out of|of)\s*(\d+(?:\.\d+)?)(?:\s*{_POINTS})?", re.IGNORECASE)
_UNIT = re.compile(rf"({NUMBER})\s*{_POINTS}", re.IGNORECASE)
_PERCENT = re.compile(rf"({NUMBER})\s*(?:%|percent)", re.IGNORECASE)
_COMMA = re.compile(r"[-+]?\d+,(?:\d{1,2}|\d{4,})|[-+]?0,\d+")
_LONGEST = 60


class Said(NamedTuple):
    """What a word means, and its form if that is another: fraction, unit, percent, comma; of a fraction the whole."""

    meaning: str
    form: str = ""
    top: str = ""


class Speech(ABC):
    """A vocabulary: what a word alone means, and which of its words a text mentions."""

    name: str

    @abstractmethod
    def mean(self, word: str) -> Said | None:
        """Read a word that stands alone."""

    @property
    @abstractmethod
    def one(self) -> re.Pattern[str]:
        """Pattern of one word."""

    #: What may follow a word that begins a sentence.
    after = r"\s*(?:$|[.;:!()\]\n]|,(?!\s*[-+.\d])|-\s)|\s+(?:because|since|as)\b"

    def mentions(self, text: str) -> list[str]:
        """Meanings of all words that a text mentions, in their order."""
        return [said.meaning for found in self.one.finditer(text) if (said := self.mean(found[0])) is not None]


class NumberSpeech(Speech):
    """Numbers, also 4/5, 80 %, 3,5 and "4 stars"; ``top`` is the scale's highest number, where that is known."""

    name = "number"
    after = r"\s*(?:$|[;:!(\n]|,(?!\s*[-+.\d])|\.(?!\s*\S)|-\s)|\s+(?:because|since|as)\b"
    _one = re.compile(
        rf"(?<![\w.,]){NUMBER}(?:\s*(?:/|out of)\s*\d+(?:\.\d+)?(?:\s*{_POINTS}\b)?|\s*%|,\d+)?(?![\w%/]|[.,]\d)"
    )

    def __init__(self, top: float | None = None) -> None:
        self.top = top

    @property
    def one(self) -> re.Pattern[str]:
        """Pattern of one number."""
        return self._one

    def mean(self, word: str) -> Said | None:
        """Read a number."""
        text = word.strip()
        if len(text) > _LONGEST:
            return None
        if found := _FRACTION.fullmatch(text):
            fits = 0 <= float(found[1]) <= float(found[2]) and self.top in {None, float(found[2])}
            return Said(fold(found[1]), "fraction", fold(found[2])) if fits else None
        if found := _PERCENT.fullmatch(text):
            return Said(fold(found[1]), "percent") if self.top in {None, 100} else None
        form, number = "", text
        if found := _UNIT.fullmatch(text):
            form, number = "unit", found[1]
        elif _COMMA.fullmatch(text):
            form, number = "comma", text.replace(",", ".")
        return None if number_of(number) is None else Said(fold(number), form)


class WordSpeech(Speech):
    """Words with a meaning each; a negation before one of a check turns it round."""

    _NOT = r"(?:(?:\bnot|\b\w+n't|\bnever|\bhardly)\s+(?:\w+ly\s+)?)?"

    def __init__(
        self, name: str, meanings: dict[str, str], shown: Iterable[str], *, alone: str = "", turns: tuple[str, ...] = ()
    ) -> None:
        self.name, self._meanings, self._turns = name, meanings, turns
        listed = "|".join([*(re.escape(word) for word in sorted(shown, key=len, reverse=True)), *filter(None, [alone])])
        self._one = re.compile(rf"{self._NOT if turns else ''}(?<!\w)(?:{listed})(?!\w)", re.IGNORECASE)
        self._turned = re.compile(self._NOT, re.IGNORECASE)

    @property
    def one(self) -> re.Pattern[str]:
        """Pattern of one word."""
        return self._one

    def mean(self, word: str) -> Said | None:
        """Read a word, or a negated one."""
        text = fold(word)
        if (meaning := self._meanings.get(text)) is not None:
            return Said(meaning)
        if self._turns and (start := self._turned.match(text)) and start.end():
            meaning = self._meanings.get(text[start.end() :])
            return None if meaning is None else Said(next(turn for turn in self._turns if turn != meaning))
        return None


class PairSpeech(Speech):
    """Sides, ties and both bad; with ``third`` the letter C is a tie."""

    name = "pair"
    _SCALES = (Scale.pair(3, both_bad=True), Scale.pair(7, both_bad=True))
    _TIES = sorted((TIE | TIE_BESIDE_SIDES | BOTH_BAD) - {"both", "either", "even", "similar", "neutral"}, key=len)

    def __init__(self, *, third: bool = False) -> None:
        self.third = third
        listed = "|".join(re.escape(word) for word in reversed(self._TIES))
        letters = r"|(?<![\w'])C(?![\w'+])" if third else ""
        sign = rf"{SIDE}\s*(?:[<>]{{1,3}}|=)\s*{SIDE}"
        self._one = re.compile(rf"{sign}|{SIDE}{letters}|(?<!\w)(?i:{listed})(?!\w)")

    @property
    def one(self) -> re.Pattern[str]:
        """Pattern of one word."""
        return self._one

    def mean(self, word: str) -> Said | None:
        """Read the word of a pair."""
        if len(word) > _LONGEST:
            return None
        for scale in self._SCALES:
            if (code := code_of(word, scale)) >= 0:
                return Said(scale.labels[code])
        if (code := code_of(word, self._SCALES[0], loose=True)) >= 0:
            return Said(self._SCALES[0].labels[code])
        return Said("tie") if self.third and fold(word) == "c" else None


@functools.cache
def check() -> WordSpeech:
    """Words of a check."""
    meanings = {word: ("incorrect", "correct")[code] for word, code in CHECK.items()}
    # In running text "no" is rarely a verdict: "there is no error".
    shown = [word for word in CHECK if (len(word) > 1 or not word.isascii()) and word != "no"]
    alone = r"no(?=[*_\s]*(?:$|[.,;:!]))"
    return WordSpeech("check", meanings, shown, alone=alone, turns=("incorrect", "correct"))


def labels(scale: Scale) -> WordSpeech:
    """Words of a scale of one's own labels."""
    meanings = {fold(label): label for label in scale.labels}
    return WordSpeech("labels", {text: label for text, label in meanings.items() if text not in MISSING}, meanings)
