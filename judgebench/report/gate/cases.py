"""The words of a baseline: how it names a case, and what a judge said of it in the words of the scale."""

from __future__ import annotations

import math
import re
from typing import TYPE_CHECKING, TypeAlias

from judgebench.domain import Status
from judgebench.errors import DataError

if TYPE_CHECKING:
    from collections.abc import Iterable

    from judgebench.domain import Code, Scale

__all__ = ["CASE", "Word", "case_key", "case_name", "code_of", "word_of"]

#: What a judge said of one case: a word of the scale, or the status of a case without a verdict in a list.
Word: TypeAlias = str | list[str]
#: How a case is named.
CASE = re.compile(r"\d{1,6}(?:,\d{1,6})*(?:#\d{1,9})?")


def case_name(order: Iterable[int], repeat: int) -> str:
    """Name a case: its order of responses, and which repeat it is.

    >>> case_name((1, 0), 0), case_name((0,), 1)
    ('1,0', '0#2')
    """
    shown = ",".join(map(str, order))
    return f"{shown}#{repeat + 1}" if repeat else shown


def case_key(name: str) -> tuple[int, tuple[int, ...]]:
    """Sort cases as their games are counted: by repeat, then by order."""
    shown, _, times = name.partition("#")
    return int(times or 1), tuple(map(int, shown.split(",")))


def word_of(code: Code | None, status: Status, scale: Scale, item: str = "") -> Word:
    """Write a verdict in the words of its scale; DataError where it is not on it."""
    if code is None:
        return [status.value]
    # Items on one pick scale may have more responses than its labels.
    most = math.inf if scale.kind in {"pick", "rank"} else scale.size
    codes = code if isinstance(code, tuple) else (code,)
    if isinstance(code, tuple) != scale.sequential or not all(0 <= one < most for one in codes):
        raise DataError(
            f"item {item!r}: verdict {code!r} is not on the scale {scale.spec}", hint="judgebench verify names its line"
        )
    if isinstance(code, tuple):
        return " > ".join(str(one + 1) for one in code) if scale.kind == "rank" else " ".join(map(str, code))
    return str(code + 1) if scale.kind == "pick" else scale.word(code)


def code_of(word: Word, scale: Scale, item: str) -> tuple[Code | None, Status]:
    """Read a verdict in the words of its scale; DataError where it is not one."""
    try:
        if isinstance(word, list):
            return None, Status(word[0])
        if scale.kind == "rank":
            return tuple(int(one) - 1 for one in word.split(" > ")), Status.OK
        if scale.kind == "steps":
            return tuple(map(int, word.split(" "))), Status.OK
        if scale.kind in {"number", "set"} and (code := scale.code(word)) is not None:
            return code, Status.OK
        return (int(word) - 1 if scale.kind == "pick" else scale.labels.index(word)), Status.OK
    except (ValueError, IndexError):
        raise DataError(f"item {item!r}: {word!r} is not a verdict on the scale {scale.spec}") from None
