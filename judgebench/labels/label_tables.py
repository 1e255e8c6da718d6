"""Labels in a table of anyone's: the items' ids, and a column for each annotator or a row for each label.

Which column is what its name says, or what was said of it. Nothing tells which task the labels are of, what the
annotators saw, or on which scale: the run or the task that they are joined with does.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

from judgebench.errors import UsageError, argument
from judgebench.files.content import Content, sniff
from judgebench.files.opening import Opening
from judgebench.files.read import open_table
from judgebench.labels.annotations import Labelled, Labels, Placed
from judgebench.labels.cells import Cells
from judgebench.labels.importers.catalog import open_export
from judgebench.labels.item_roles import find_roles
from judgebench.labels.names import LABEL, RATER, cut, is_id, words_of
from judgebench.labels.profile import profile
from judgebench.labels.rules import read_replies
from judgebench.labels.vocabulary import MISSING, fold
from judgebench.labels.words import numbered_pair, spans

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping, Sequence
    from pathlib import Path

    from judgebench.domain import Scale
    from judgebench.files.table import Table
    from judgebench.labels.annotations import Mode
    from judgebench.labels.profile import Profile

#: The task of labels that don't say theirs.
ANY = ""
_ITEM = frozenset({"id", "item", "item id", "itemid", "item key"})


@dataclass(frozen=True, slots=True)
class LabelTable:
    """What was said of a table of labels; by default its columns are known by their names.

    ``long`` are the columns of item, annotator and label, where each label has a row; ``scale`` helps to read replies.
    """

    id: Sequence[str] = ()
    gold: Sequence[str] = ()
    long: Sequence[str] = ()
    cells: Cells = field(default_factory=Cells)
    file: Opening = Opening()  # noqa: RUF009 - frozen
    scale: Scale | None = None


def is_table(file: Path) -> bool:
    """Whether a file is a table of labels, and not an annotator's file as `judgebench.view` keeps it."""
    found = sniff(Content.at(file))
    if found != "jsonl":
        return True
    first = next(open_table(file).rows(), None)
    return first is not None and not {"schema", "annotator", "content", "label"} & first.data.keys()


def read_label_table(file: Path, said: LabelTable, mode: Mode) -> Labels:
    """Read the labels of a table; UsageError where its columns must be named, DataError where an item has two."""
    export = None if said.file.said() else open_export(file)
    table: Table = export or open_table(file, said.file)
    looks = {} if export else {one.name: one for one in profile(table)}
    long = tuple(said.long) or (() if said.gold or export else _long(looks))
    ids = tuple(said.id) or long[:1] or (("id",) if export else _ids(table, looks))
    criterion = [name for name in looks if " ".join(cut(name)) in {"criterion", "criteria", "aspect", "dimension"}]
    ids = (*ids, *(name for name in criterion if name not in ids and not said.id))
    golds = () if long else tuple(said.gold) or tuple(export.answers("person") if export else _golds(table, looks, ids))
    if export:
        golds = tuple(one for name in golds for one in export.named(name, "person", "program", "judge"))
    rules = said.cells.rules({name: (name,) for name in golds or long[2:]})
    wanted = list(dict.fromkeys([*ids, *long, *golds]))
    lines: dict[str, dict[str, Placed]] = {}
    places: dict[str, dict[str, list[int]]] = {}
    again: list[tuple[int, str]] = []
    for block in table.blocks(wanted):
        columns = dict(zip(wanted, block.columns, strict=True))
        for place, line in enumerate(block.lines):
            item = "/".join(columns[name][place].strip() for name in ids)
            for name in golds or long[2:]:
                who, cell = columns[long[1]][place].strip() if long else name, columns[name][place]
                word = rules[name].get(fold(cell), ("", cell))[1].strip()
                if fold(word) in MISSING:
                    continue
                places.setdefault(who, {}).setdefault(word, []).append(line)
                said_here = Labelled(ANY, "", item, "", who, "", word, ())
                mine = lines.setdefault(who, {})
                if item in mine:
                    again.append((line, f"{who!r} labels item {item!r} here and on {table.unit} {mine[item].number}"))
                mine[item] = Placed(said_here, table.name, line)
    if again:
        line, first = again[0]
        more = f"; so it is on {len(again) - 1:,} more {table.unit}{'s' * (len(again) > 2)}" if len(again) > 1 else ""
        raise table.error(
            f"{first}{more}",
            line,
            hint=f"keep one label, or name the columns that tell the items apart with {argument('id')} (once for each)",
        )
    if not lines:
        raise table.error("no label in " + ", ".join(golds or long[2:]))
    notes, meant = _replies(table, places, said)
    for who, mine in lines.items():
        lines[who] = {item: _meaning(one, meant[who]) for item, one in mine.items()}
    words = {word for own in meant.values() for word in own.values()}
    found = replace(Labels(ANY, lines, mode=mode), numbered=numbered_pair(words), notes=tuple(notes))
    return found.on_common_ground() if mode == "settled" else found


def _replies(
    table: Table, places: Mapping[str, Mapping[str, list[int]]], said: LabelTable
) -> tuple[list[str], dict[str, dict[str, str]]]:
    """Read decorated words where that is asked for; notes, and what each annotator's words mean."""
    meant = {who: {word: word for word in own} for who, own in places.items()}
    if not said.cells.read_replies:
        return [], meant

    def count(who: str, words: Collection[str]) -> int:
        return sum(len(places[who][word]) for word in words)

    def where(who: str, words: Collection[str]) -> str:
        return spans(sorted(line for word in words for line in places[who][word]), table.unit)

    return read_replies(meant, [], said.scale, said.cells, count, where), meant


def _meaning(placed: Placed, meant: Mapping[str, str]) -> Placed:
    word = str(placed.said.label)
    return placed if meant[word] == word else placed._replace(said=replace(placed.said, label=meant[word]))


def _long(looks: Mapping[str, Profile]) -> tuple[str, ...]:
    """Tell a table with a row a label: columns of item and annotator that repeat, and one of labels."""
    items = [name for name, one in looks.items() if (" ".join(cut(name)) in _ITEM or is_id(name)) and one.repeats]
    raters = [name for name, one in looks.items() if words_of(name) <= RATER | {"name", "id"} and words_of(name) & RATER
              and one.repeats]  # fmt: skip
    labels = [name for name, one in looks.items() if words_of(name) & LABEL and one.kind and name not in raters]
    items = [name for name in items if name not in raters]
    return (items[0], raters[0], labels[0]) if len(items) == len(raters) == len(labels) == 1 else ()


def _ids(table: Table, looks: Mapping[str, Profile]) -> tuple[str, ...]:
    exact = [name for name in looks if " ".join(cut(name)) in _ITEM]
    named = [name for name, one in looks.items() if is_id(name) and not one.repeats]
    found = exact[:1] or named
    if len(found) != 1:
        raise UsageError(
            f"{table.name}: which column has the items' ids? name it with {argument('id')}; the columns are "
            f"{', '.join(table.columns[:40])}"
        )
    return tuple(found)


def _golds(table: Table, looks: Mapping[str, Profile], ids: Sequence[str]) -> tuple[str, ...]:
    """Take the columns that are named as labels; else the ones that hold labels, where no other column could."""
    recognised = find_roles([one for name, one in looks.items() if name not in ids])
    if recognised.doubts:
        raise UsageError(f"{table.name}: {'; '.join(recognised.doubts)}")
    if golds := recognised.roles.gold:
        return golds
    rest = [name for name in looks if name not in ids]
    if len(rest) == 1:
        return (rest[0],)
    raise UsageError(
        f"{table.name}: which columns are annotators' labels? name each with {argument('gold')}; the columns are "
        f"{', '.join(table.columns[:40])}"
    )
