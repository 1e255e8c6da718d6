"""Rewordings of requests from a file of one's own, by the ids of items: each is asked in its request's place.

A table has an id, and a rewording in one column or in several; an id may have several rows. Where items share a
question, its id does for all of them. Items that the file does not have are left as they are.
"""

from __future__ import annotations

import re
from functools import partial
from typing import TYPE_CHECKING

from judgebench.errors import DataError, UsageError
from judgebench.probes.named import Spec
from judgebench.probes.operator import Operator, Perturbed, asked

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from judgebench.domain import Item, Probe, Scale
    from judgebench.files.records import Row
    from judgebench.probes.operator import Shown
    from judgebench.probes.own_table import OwnTable

#: Names of columns that hold rewordings, where nobody names them; each may have a number behind it.
_TEXTS = re.compile(r"(paraphrased?|rephrased|reworded|rewording|text)s?[ _-]?\d*", re.IGNORECASE)


def operators(file: str) -> dict[str, Operator]:
    """Make an operator of each rewording, by its number; the first of every item is one wording, and so on."""
    texts = read_rewordings(file)
    return {
        str(place + 1): Operator(
            f"paraphrase/{place + 1}", partial(_said, texts, place), None, "neither", "random", ids=frozenset(texts)
        )
        for place in range(max(map(len, texts.values())))
    }


def _said(texts: Mapping[str, Sequence[str]], place: int, shown: Shown) -> Item | None:
    item = shown.item
    own = texts.get(item.id) or texts.get(item.cluster) or ()
    if place >= len(own) or not any(turn.role == "user" for turn in item.conversation):
        return None
    changed = asked(item, lambda _: own[place])
    return None if changed.conversation == item.conversation else changed


def written(number: int, by: str, texts: Mapping[str, str] | None, plain: Probe, scale: Scale, seed: int) -> Perturbed:
    """Show items with a rewording that a model wrote, by their ids; None stands for texts that are not written yet."""
    change = _unwritten if texts is None else partial(_said, {item: [text] for item, text in texts.items()}, 0)
    name = str(Spec("paraphrase", str(number), by.replace("/", "-")))
    return Perturbed(
        name, Operator(f"paraphrase/{number}", change, None, "neither", "random"), plain, scale, "random", seed
    )


def unwritten(text: str, number: int = 1) -> str:
    """Stand for another wording of a number, about as long."""
    return f"{text} {'…' * number}"


def _unwritten(shown: Shown) -> Item | None:
    turns = [turn for turn in shown.item.conversation if turn.role == "user"]
    return asked(shown.item, unwritten) if turns and turns[-1].text.strip() else None


def read_rewordings(file: str) -> dict[str, list[str]]:
    """Read the rewordings of ``FILE`` or ``FILE#COLUMN[,COLUMN]`` by the ids of their items.

    UsageError where a column can't be told, DataError where a row has no id or no rewording, or has one twice.
    """
    from judgebench.probes.own_table import OwnTable  # noqa: PLC0415 - loaded on use

    table = OwnTable(file)
    wanted = _columns(table)
    found: dict[str, list[str]] = {}
    for own, row in table.by_id():
        texts = found.setdefault(own, [])
        before = len(texts)
        for column in wanted:
            for text in _texts(row, column):
                if text in texts:
                    row.fail(f"this rewording of {own!r} appears twice", column)
                texts.append(text)
        if len(texts) == before:
            row.fail("there is no rewording in this row", ", ".join(wanted))
    if not found:
        raise DataError("there is no rewording in it", file=table.name, hint="a table of ids and rewordings")
    return found


def _columns(table: OwnTable) -> list[str]:
    """Name the columns of rewordings: those that were named, or all that are called so."""
    if table.said in table.columns:
        return [table.said]
    named = [table.named(one.strip()) for one in table.said.split(",") if one.strip()]
    wanted = named or [one for one in table.columns if _TEXTS.fullmatch(one)]
    if not wanted:
        raise UsageError(
            f"{table.name} has no column called paraphrase, rephrased, reworded or text (or paraphrase_1, paraphrase_2 "
            f"...); it has {', '.join(table.columns)}: write {table.name}#COLUMN"
        )
    return wanted


def _texts(row: Row, column: str) -> list[str]:
    """Read the rewordings of a cell: a text, in JSON a list of them, or nothing."""
    cell = row.data.get(column)
    texts = row.texts(column) if isinstance(cell, list) else [] if cell is None else [row.text(column)]
    return [text.strip() for text in texts if text.strip()]
