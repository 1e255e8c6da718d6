"""Columns of real numbers: means of annotators, sliders, amounts."""

from __future__ import annotations

import contextlib
import itertools
import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from judgebench.domain import Scale
from judgebench.domain.scale import number_in
from judgebench.errors import DataError, argument
from judgebench.labels.vocabulary import MISSING, MOST_DIGITS, NO_VERDICT, fold, number_of
from judgebench.labels.words import GAP, is_decimal, listing, settle

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Iterable, Mapping

    import numpy.typing as npt

    Floats = npt.NDArray[np.float64]
    Codes = npt.NDArray[np.int64]

#: Numbers that a code can't tell apart are refused where they differ by more than this share of themselves.
_COARSE = 1e-9
#: So many words of a column tell whether it is one of numbers.
_SAMPLE = 2000
_OTHERS = re.compile(r"[^0-9.+eE-]")


@dataclass(frozen=True, slots=True)
class RaterWords:
    """The words of each rater's column: their places in it, what they mean (an empty one is a gap), and the cells.

    ``where`` says in which lines a column holds what means a folded word.
    """

    file: str
    judges: Collection[str]
    used: Mapping[str, Mapping[str, int]]
    meant: Mapping[str, Mapping[str, str]]
    cells: Mapping[str, npt.NDArray[np.int32]]
    where: Callable[[str, str], str]

    @property
    def gold(self) -> list[str]:
        """Columns of annotators."""
        return [name for name in self.used if name not in self.judges]

    def gaps(self, name: str) -> frozenset[str]:
        """Words that are gaps in a column."""
        return MISSING | NO_VERDICT if name in self.judges else MISSING

    def column(self, name: str, codes: Mapping[str, int]) -> Codes:
        """Codes of the rows of a column, from those of its words that are no gaps."""
        return self.spread(name, np.array([codes.get(word, GAP) for word in self.used[name]], np.int64))

    def spread(self, name: str, codes: Codes) -> Codes:
        """Codes of the rows of a column, from those of its words; the last place serves cells that don't exist."""
        places = np.fromiter(self.used[name].values(), np.intp, codes.size)
        known = np.full(int(places.max(initial=-1)) + 2, GAP, np.int64)
        known[places] = codes
        return known[self.cells[name]]

    def refuse(self, unknown: Mapping[str, Mapping[str, str]], scale: Scale, form: str) -> None:
        """Refuse words (folded, and as they are written) that are no verdicts; ``form`` says what is one."""
        if foreign := {text for own in unknown.values() for text in own}:
            verb = "cell is" if len(foreign) == 1 else "cells are"
            raise DataError(
                f"{len(foreign)} {verb} not on the scale {scale.spec}: {listing(unknown, foreign, self.where)}",
                file=self.file,
                hint=f"{form}; say {settle()}",
            )


def all_numbers(words: Iterable[str]) -> bool:
    """Whether the first words of a column are numbers or gaps, some of them with decimals."""
    decimal = False
    for word, _ in zip(words, range(_SAMPLE), strict=False):
        if number_in(word) is None and fold(word) not in MISSING | NO_VERDICT:
            return False
        decimal = decimal or is_decimal(word)
    return decimal


def are_numbers(words: RaterWords) -> bool:
    """Whether gold holds numbers with decimals, and no column anything else than numbers."""
    judges = [name for name in words.used if name in words.judges]
    return any(all_numbers(words.meant[name].values()) for name in words.gold) and all(
        number_of(text) is not None or fold(text) in words.gaps(name)
        for name in judges
        for text, _ in zip(words.meant[name].values(), range(_SAMPLE), strict=False)
    )


def numbers_of(words: RaterWords, scale: Scale, notes: list[str]) -> tuple[Scale, dict[str, Codes]]:
    """Turn cells into codes on a scale of numbers, from the smallest to the largest where no range is given.

    DataError names what is no number, or beyond the range, with its lines.
    """
    low, high = scale.values or (-np.inf, np.inf)
    found: dict[str, Floats] = {}
    unknown: dict[str, dict[str, str]] = {}
    for name, own in words.meant.items():
        gaps, numbers, foreign = words.gaps(name), _each(own.values()), dict[str, str]()
        within = (low <= numbers) & (numbers <= high)
        for word, text in itertools.compress(own.items(), ~within):
            number = number_in(text)
            number = number_of(text) if number is None else number
            if number is not None or fold(text) not in gaps:
                foreign[fold(text)] = word
        found[name], unknown[name] = np.where(within, numbers, np.nan), foreign
    words.refuse(unknown, scale, "numbers are written 3.5")
    every = np.concatenate([numbers[~np.isnan(numbers)] for numbers in found.values()])
    if not every.size:
        raise DataError(f"no labels in {', '.join(found)}: every cell is empty", file=words.file)
    if scale.open:
        low, high = float(every.min()), float(every.max())
        scale = Scale.number(low, high if high > low else low + 1)
        notes.append(
            f"scale {scale.spec}: real numbers, from the least to the largest here; if the form offered more, say "
            f"{argument('scale')} number:LO-HI"
        )
    if (np.abs(scale.numbers(scale.codes(every)) - every) > _COARSE * np.abs(every)).any():
        raise DataError(
            f"the numbers span {low:g} to {high:g}, and the smallest of them are lost in that range",
            file=words.file,
            hint="correct the outliers, or take logarithms",
        )
    labels: dict[str, Codes] = {}
    for name, numbers in found.items():
        gap = np.isnan(numbers)
        labels[name] = words.spread(name, np.where(gap, GAP, scale.codes(np.where(gap, low, numbers))))
    return scale, labels


def _each(texts: Collection[str]) -> Floats:
    """Read the number in each text, NaN where there is none."""
    # What is made of these letters alone Python reads as we do, a million at once.
    if max(map(len, texts), default=0) <= MOST_DIGITS and _OTHERS.search("".join(texts)) is None:
        with contextlib.suppress(ValueError):
            found = np.fromiter(map(float, texts), np.float64, len(texts))
            if np.isfinite(found).all():
                return found
    read = ((number_in(text), text) for text in texts)
    each = (number_of(text) if number is None else number for number, text in read)
    return np.array([np.nan if number is None else number for number in each])
