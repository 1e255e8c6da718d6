"""What the words of a column of recorded verdicts mean: the same as in a column of gold."""

from __future__ import annotations

from typing import TYPE_CHECKING

from judgebench.labels.lists import order_in, steps_in
from judgebench.labels.vocabulary import MISSING, NO_VERDICT, fold
from judgebench.labels.words import GAP, UNKNOWN, code_of, numbered_pair, one_opposite

if TYPE_CHECKING:
    from collections.abc import Iterable

    from judgebench.domain import Code, Scale
    from judgebench.labels.cells import Cells


def meanings(texts: Iterable[str], scale: Scale, cells: Cells, column: str) -> dict[str, Code]:
    """Give the code of each word that a column holds; `GAP` where it is no verdict, `UNKNOWN` where it is no label."""
    said = cells.meanings({column: dict.fromkeys(texts)}, {column: (column,)})[0][column]
    meant = said.values()
    numbers = scale.kind == "pair" and numbered_pair(meant)
    opposites = scale.kind != "check" or one_opposite(map(fold, meant))
    if scale.listed:
        return {
            text: code_of(word, scale, judge=True, numbers=numbers, opposites=opposites) for text, word in said.items()
        }
    return {text: _unlisted(word, scale) for text, word in said.items()}


def _unlisted(word: str, scale: Scale) -> Code:
    """Read a number, a set, an order, or checks of steps."""
    found: Code | None
    if scale.kind == "rank":
        found = order_in(word, scale)
    elif scale.kind == "steps":
        found = steps_in(word, scale)
    else:
        found = scale.code(word)
    if found is not None:
        return found
    return GAP if fold(word) in MISSING | NO_VERDICT else UNKNOWN
