"""Columns of real numbers: means of annotators, sliders, amounts."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from judgebench.domain import Scale
from judgebench.domain.scale import number_in
from judgebench.errors import DataError, argument
from judgebench.labels.columns import PLACES, Coded
from judgebench.labels.words import GAP, MISSING, NO_VERDICT, aliases_of, fold, is_decimal, listing, spans

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    import numpy.typing as npt

    from judgebench.files.table import Table
    from judgebench.labels.columns import Column, Raw

    Floats = npt.NDArray[np.float64]

#: Numbers that a code can't tell apart are refused where they differ by more than this share of themselves.
_COARSE = 1e-9
#: So many words of a column tell whether it is one of numbers.
_SAMPLE = 2000


def all_numbers(words: Iterable[str], *, judge: bool = False) -> bool:
    """Whether the first words of a column are numbers or gaps, some of them with decimals."""
    gaps, decimal = MISSING | NO_VERDICT if judge else MISSING, False
    for word, _ in zip(words, range(_SAMPLE), strict=False):
        if number_in(word) is None and fold(word) not in gaps:
            return False
        decimal = decimal or is_decimal(word)
    return decimal


def are_numbers(raw: Raw, judges: Sequence[str]) -> bool:
    """Whether gold holds numbers with decimals, and no column anything else than numbers."""
    gold = [name for name in raw.labels if name not in judges]
    rest = [number_in(word) is not None or fold(word) in MISSING | NO_VERDICT
            for name in judges for word in list(raw.labels[name].words)[:_SAMPLE]]  # fmt: skip
    return any(all_numbers(raw.labels[name].words) for name in gold) and all(rest)


def encode_numbers(table: Table, raw: Raw, judges: Sequence[str], scale: Scale, meanings: Mapping[str, str]) -> Coded:
    """Turn cells into codes on a scale of numbers, from the smallest to the largest where no range is given.

    DataError names what is no number, or beyond the range, with its lines.
    """
    aliases = aliases_of(meanings)
    numbers = {name: _numbers(column, aliases, judge=name in judges) for name, column in raw.labels.items()}
    unknown: dict[str, dict[str, str]] = {name: {} for name in numbers}
    low, high = scale.values or (-np.inf, np.inf)
    used: list[Floats] = []
    for name, values in numbers.items():
        words = list(raw.labels[name].words)
        codes = raw.labels[name].codes()
        occur = np.zeros(values.size, np.bool_)
        occur[codes[codes >= 0]] = True
        with np.errstate(invalid="ignore"):
            off = np.flatnonzero(occur & ((values == np.inf) | (values < low) | (values > high)))
        unknown[name] = {words[code].strip(): words[code] for code in off.tolist()}
        used.append(values[occur & np.isfinite(values)])
    if foreign := {text for own in unknown.values() for text in own}:
        raise _foreign(table, raw, unknown, foreign, scale)
    every = np.concatenate(used)
    if not every.size:
        raise DataError(f"no labels in {', '.join(numbers)}: every cell is empty", file=table.name)
    notes = list(raw.notes)
    if scale.open:
        low, high = float(every.min()), float(every.max())
        scale = Scale.number(low, high if high > low else low + 1)
        notes.append(
            f"scale {scale.spec}: real numbers, from the least to the largest here; if the form offered more, say "
            f"{argument('scale')} number:LO-HI"
        )
    kept = scale.numbers(scale.codes(every))
    if (np.abs(kept - every) > _COARSE * np.abs(every)).any():
        raise DataError(
            f"the numbers span {low:g} to {high:g}, and the smallest of them are lost in that range",
            file=table.name,
            hint="correct the outliers, or take logarithms",
        )
    labels = {
        name: np.append(np.where(np.isfinite(values), scale.codes(np.nan_to_num(values, posinf=low)), GAP), GAP)[
            raw.labels[name].codes()
        ]
        for name, values in numbers.items()
    }
    return Coded(scale, labels, notes, [])


def _numbers(column: Column, aliases: Mapping[str, str], *, judge: bool) -> Floats:
    """Numbers of a column's words; NaN for a gap, infinity for what is none."""
    gaps = MISSING | NO_VERDICT if judge else MISSING
    found = np.empty(len(column.words))
    for code, word in enumerate(column.words):
        text = aliases.get(fold(word), word) if aliases else word
        number = number_in(text)
        found[code] = number if number is not None else np.nan if fold(text) in gaps else np.inf
    return found


def _foreign(
    table: Table, raw: Raw, unknown: Mapping[str, Mapping[str, str]], foreign: Iterable[str], scale: Scale
) -> DataError:
    def where(name: str, text: str) -> str:
        chosen = [code for code, word in enumerate(raw.labels[name].words) if word.strip() == text]
        lines = raw.lines_of(name)[np.flatnonzero(np.isin(raw.labels[name].codes(), chosen))]
        return spans([int(line) for line in lines[:PLACES]], table.unit, len(lines))

    foreign = set(foreign)
    word = "cell is" if len(foreign) == 1 else "cells are"
    return DataError(
        f"{len(foreign)} {word} not on the scale {scale.spec}: {listing(unknown, foreign, where)}",
        file=table.name,
        hint=f"numbers are written 3.5; correct the cells, empty them, or say {argument('words')} OLD=NEW",
    )
