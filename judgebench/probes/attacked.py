"""Answers that were attacked elsewhere, from a file of ids and texts: each replaces its item's response.

That is how attacks are measured which work before the answer is written, such as a preamble given to the candidate. Of
several responses the file's column ``which`` (1, 2 ..., or A, B ...) says which one is replaced; by default that is
the wrong one. Items that aren't in the file are left as they are. There is no placebo: what the verdict was before, and
what asking again does, is what the change is measured against.

Source: Alazraki et al. (2025), Reverse engineering human preferences with reinforcement learning (arXiv:2505.15795).
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, NamedTuple

from judgebench.probes.named import FromFile
from judgebench.probes.operator import Operator, Perturbed

if TYPE_CHECKING:
    from collections.abc import Mapping

    from judgebench.domain import Item, Probe, Scale
    from judgebench.files.records import Row
    from judgebench.probes.operator import Draw, Shown

_TEXTS = ("attacked", "response", "answer", "output", "text")
_WHICH = ("which", "side", "slot")


class Put(NamedTuple):
    """An attacked answer, and which response it replaces; None is the one that the probe chooses."""

    text: str
    place: int | None


@dataclass(frozen=True, slots=True)
class Attacked(Perturbed):
    """`Perturbed` by what a file has for each item."""

    texts: Mapping[str, Put] = field(default_factory=dict[str, Put], kw_only=True)

    def side_of(self, item: Item, draw: Draw) -> int | None:
        """Choose what the file says, else as any operator; None of items that it does not have."""
        put = self.texts.get(item.id)
        if put is None:
            return None
        if put.place is not None:
            return put.place if put.place < len(item.responses) else None
        return 0 if len(item.responses) == 1 else Perturbed.side_of(self, item, draw)


def probe(name: str, file: str, plain: Probe, scale: Scale, seed: int) -> Attacked:
    """Make the probe of a file, ``FILE`` or ``FILE#COLUMN``."""
    texts = read_attacked(file)

    def change(shown: Shown) -> Item:
        return shown.replaced(texts[shown.item.id].text)

    return Attacked(
        name, Operator("attacked", change, None, ids=frozenset(texts)), plain, scale, "wrong", seed, texts=texts
    )


PROBE = FromFile(probe)


def read_attacked(file: str) -> dict[str, Put]:
    """Read attacked answers by the ids of their items.

    UsageError where a column can't be told, DataError where an id appears twice.
    """
    from judgebench.probes.own_table import OwnTable  # noqa: PLC0415 - loaded on use

    table = OwnTable(file)
    text = table.column(_TEXTS, "attacked answers")
    which = next((one for one in _WHICH if one in table.columns), None)
    found: dict[str, Put] = {}
    for own, row in table.by_id():
        if own in found:
            row.fail(f"id {own!r} appears twice", table.ids)
        said = "" if which is None else row.said(which)
        cell = row.data.get(text)
        found[own] = Put("" if cell is None else str(cell), _place(row, which, said) if which and said else None)
    return found


def _place(row: Row, column: str, said: str) -> int:
    """Read which response is meant: 1, 2 ..., or A, B ...."""
    if said.isdecimal() and int(said) >= 1:
        return int(said) - 1
    if len(said) == 1 and said.isascii() and said.isalpha():
        return ord(said.upper()) - ord("A")
    return row.fail(f"{said!r} names no response: write 1, 2 ..., or A, B ...", column)
