"""Who labelled what: raters in columns or in rows, in one order or two, brought to one form."""

from __future__ import annotations

import difflib
import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from judgebench.errors import argument
from judgebench.files.codes import Numbers
from judgebench.files.records import some
from judgebench.labels.columns import Column, Raw
from judgebench.labels.layout import CRITERION
from judgebench.labels.orders import mark_orders
from judgebench.labels.reading import (
    CONFUSED,
    Rows,
    composite,
    confusion,
    counted_raters,
    counts,
    dense,
    read_rows,
    stacked,
)

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    import numpy.typing as npt

    from judgebench.files.table import Table
    from judgebench.labels.cells import Cells
    from judgebench.labels.columns import Ints
    from judgebench.labels.layout import Layout

    Flags = npt.NDArray[np.bool_]

#: So many raters are named in a note.
SHOWN = 12
_SIDES_DIFFER = "where the columns that name the two responses are ids, too, a pair is one item either way round"


@dataclass(frozen=True, slots=True)
class Shaped:
    """A table's labels by rater, and who is a judge and whose labels are gold."""

    raw: Raw
    judges: list[str]
    golds: list[str]


def shape(
    table: Table,
    layout: Layout,
    cells: Cells,
    judges: Sequence[str],
    golds: Sequence[str],
    keys: Mapping[str, str | None],
    *,
    unlabelled: bool,
) -> Shaped:
    """Read the labels of judges and annotators, and the ``keys`` (columns by role), as the layout says.

    Without ``golds`` all raters in rows but the judges are annotators; there may be none where rows without gold are
    welcome (``unlabelled``).
    """
    named = {role: name for role, name in keys.items() if name is not None}
    if layout.confusion:
        rows = confusion(table, dict(zip(CONFUSED, CONFUSED, strict=True)), cells)
        judge, gold = CONFUSED
        return Shaped(Raw(rows.columns, {}, rows.lines, rows.notes), [judge], [gold])
    labels = [layout.label] if layout.label else [*judges, *layout.second_order, *golds]
    singles = [layout.rater, layout.order, layout.count, layout.criterion]
    others = [
        *layout.id,
        *layout.cluster,
        *layout.judge_name,
        *layout.categories,
        *named.values(),
        *(one for one in singles if one),
    ]
    second, several = list(layout.second_order), any(CRITERION in name for name in labels)
    patterns = [*judges, *golds]
    if several:
        rows, judges, golds, second = _by_criterion(table, layout, cells, judges, golds, others)
    else:
        rows = read_rows(table, labels, others, layout, cells)
    if layout.count:
        each = counts(rows, layout.count)
        rows = rows.take(np.repeat(np.arange(rows.size), each))
        rows.notes.append(f"{rows.size:,} items: {layout.count} says how many a row stands for")
    raw = Raw({}, {role: rows.columns[name] for role, name in named.items()}, rows.lines, rows.notes)
    if layout.sides and set(layout.sides) <= set(layout.id):
        raw.mirrored = _one_way_round(rows, layout.sides)
    if layout.sides and "system" not in named:
        raw.keys["system"] = _pairings(*(rows.columns[side] for side in layout.sides))
    _number_items(rows, raw, layout, CRITERION if several else layout.criterion)
    if layout.rater:
        found = _in_rows(rows, raw, layout, layout.rater, judges, golds, unlabelled=unlabelled)
        if raw.first is not None and raw.item is not None:
            check_alike(table, raw, named, np.arange(rows.size), raw.first[raw.item])
    else:
        found = _in_columns(rows, raw, layout, judges, golds, second)
    if layout.order:
        mark_orders(rows, raw, layout.order, found.judges)
    _name_criteria(rows, raw, layout.criterion, dict(zip([*judges, *golds], patterns, strict=True)))
    return found


def _name_criteria(rows: Rows, raw: Raw, column: str | None, patterns: Mapping[str, str]) -> None:
    """Say how a criterion is measured by itself, and what a column's labels of one criterion are called.

    Criteria are in a ``column``, or in names of columns: by ``patterns``, for judges and gold.
    """
    if column:
        names = [one for own in raw.called().values() for one in own]
        raw.criteria = f"{argument('where')} {f'{column} = NAME'!r}"
        raw.parts = {f"{name}:{one}": (name, one) for name in names for one in rows.columns[column].words}
    elif CRITERION in rows.columns:
        shown = [pattern.replace(CRITERION, "NAME") for pattern in patterns.values()]
        raw.criteria = f"the columns {' and '.join(shown)}"
        raw.parts = {
            pattern.replace(CRITERION, one): (name, one)
            for name, pattern in patterns.items()
            for one in rows.columns[CRITERION].words
        }


def _by_criterion(
    table: Table,
    layout: Layout,
    cells: Cells,
    judges: Sequence[str],
    golds: Sequence[str],
    others: Sequence[str],
) -> tuple[Rows, list[str], list[str], list[str]]:
    """Read columns whose names hold a criterion: every row once per criterion that all of them have."""
    patterns = [*judges, *golds, *layout.second_order]
    found = [_matches(table, pattern) for pattern in patterns]
    criteria = [one for one in found[0] if all(one in other for other in found)]
    if not criteria:
        raise table.error(
            f"no criterion is found for all of {', '.join(map(repr, patterns))}",
            hint="; ".join(f"{p!r}: {some(list(f)) or 'none'}" for p, f in zip(patterns, found, strict=True)),
        )
    rows = read_rows(table, [columns[one] for columns in found for one in criteria], others, layout, cells)
    notes = [f"criteria, each with figures of its own: {some(criteria)}"]
    if odd := sorted({one for columns in found for one in columns} - set(criteria)):
        notes.append(f"criteria that not all columns have are left out: {some(odd)}")
    whole = rows.take(np.repeat(np.arange(rows.size), len(criteria)))
    whole.notes += notes
    short = [re.sub(r"^[\W_]+|[\W_]+$", "", one.replace(CRITERION, "")) or one for one in patterns]
    for name, columns in zip(short, found, strict=True):
        whole.columns[name] = stacked([rows.columns[columns[one]] for one in criteria])
    whole.columns[CRITERION] = Column(
        Numbers({one: code for code, one in enumerate(criteria)}),
        [np.tile(np.arange(len(criteria), dtype=np.int32), rows.size)],
    )
    one, two = len(judges), len(judges) + len(golds)
    return whole, short[:one], short[one:two], short[two:]


def _matches(table: Table, pattern: str) -> dict[str, str]:
    """Find the columns that a pattern fits, by criterion."""
    head, _, tail = pattern.partition(CRITERION)
    inner = head.removesuffix(".")
    names = table.columns
    if head != inner and inner in names and not any(name.startswith(head) for name in names):
        names = tuple(table.versions(f"{inner}.*{tail}"))
    cut_out = {
        name[len(head) : len(name) - len(tail)]: name
        for name in names
        if name.startswith(head) and name.endswith(tail) and len(name) > len(head) + len(tail)
    }
    return {one: name for one, name in cut_out.items() if one.strip()}


def _one_way_round(rows: Rows, sides: Sequence[str]) -> Flags:
    """Name the two responses of a pair in one order on all rows, and mark the rows on which it was the other."""
    words = Numbers()
    one, two = (
        words.take([word.strip() for word in rows.columns[side].words])[rows.columns[side].codes()] for side in sides
    )
    place = np.empty(len(words), np.int32)
    place[[words[word] for word in sorted(words)]] = np.arange(len(words))
    other: Flags = place[one] > place[two]
    for side, codes in zip(sides, (np.where(other, two, one), np.where(other, one, two)), strict=True):
        rows.columns[side] = Column(words, [codes.astype(np.int32)])
    if other.any():
        rows.notes.append(
            f"{np.count_nonzero(other):,} rows name their pair the other way round; A and B are traded there"
        )
    return other


def _pairings(one: Column, two: Column) -> Column:
    """Name the two responses of each row together, as runs do."""
    both = composite([one, two])
    firsts = np.unique(both, return_index=True)[1]
    sides = [(list(column.words), column.codes()[firsts].tolist()) for column in (one, two)]
    names = [" vs ".join(words[codes[i]].strip() for words, codes in sides) for i in range(firsts.size)]
    words = Numbers()
    return Column(words, [words.take(names)[both]])


def _number_items(rows: Rows, raw: Raw, layout: Layout, criterion: str | None) -> None:
    """Say which rows are about one item, and which items about one question."""
    for name in layout.id if layout.rater or tuple(layout.id) != tuple(layout.cluster) else ():
        rows.refuse_blank(name, "an item" if layout.rater else "an id")
    about = composite([rows.columns[name] for name in layout.id]) if layout.id else None
    if criterion == CRITERION and about is None:
        # A row is an item, where nothing else says so.
        about = np.arange(rows.size, dtype=np.int32) // len(rows.columns[CRITERION].words)
    if criterion is not None and about is not None:
        raw.keys["subset"] = rows.columns[criterion]
        raw.item = _with(about, rows.columns[criterion])
    elif tuple(layout.id) != tuple(layout.cluster):
        raw.item = about
    if layout.cluster:
        clusters = [rows.columns[name] for name in layout.cluster]
        raw.keys["cluster"] = clusters[0] if len(clusters) == 1 else Column(Numbers(), [composite(clusters)])
    elif criterion is not None and about is not None:
        raw.keys["cluster"] = Column(Numbers(), [about])
    for place, name in enumerate(layout.id):
        raw.keys[f"id:{place}"] = rows.columns[name]
    if criterion is not None and layout.id:
        raw.keys[f"id:{len(layout.id)}"] = rows.columns[criterion]


def _with(codes: Ints, column: Column) -> Ints:
    """Split what is numbered by a column."""
    return dense(codes.astype(np.int64) * len(column.words) + column.codes()).astype(np.int32)


def _in_columns(
    rows: Rows, raw: Raw, layout: Layout, judges: Sequence[str], golds: Sequence[str], second: Sequence[str]
) -> Shaped:
    """Take the labels of raters in columns; judges in rows beside gold columns are told apart by name."""
    names: list[str] = []
    every = np.arange(rows.size, dtype=np.int32)
    who: Mapping[str, Ints | None] = _judges_in_rows(rows, layout.judge_name) if layout.judge_name else {"": None}
    for said, own in who.items():
        for place, judge in enumerate(judges or [""] if layout.judge_name else judges):
            name = judge if own is None else said if len(judges) < 2 else f"{said}: {judge}"
            names.append(name)
            if not judge:
                raw.rows[name] = every[own]
                continue
            raw.sources[name] = judge
            one = rows.columns[judge] if own is None else rows.columns[judge].take(own)
            if own is not None:
                raw.rows[name] = own
            if second:
                other = rows.columns[second[place]] if own is None else rows.columns[second[place]].take(own)
                plain = raw.rows_of(name)
                # An order that was not asked is none that failed; where neither was, the item has no verdict.
                there = ~_blank(other)
                alone = ~there | ~_blank(one)
                first, last = plain[alone], plain[there]
                raw.labels[name] = _under(one.take(alone), other.take(there))
                raw.rows[name] = np.concatenate([first, last])
                raw.swapped[name] = np.repeat([False, True], [first.size, last.size])
                raw.second[name] = first.size
                if short := int(np.count_nonzero(there ^ ~_blank(one))):
                    raw.notes.append(
                        f"{name}: {short:,} empty cells of {judge} and {second[place]} count as an order that was not "
                        "asked (one that failed is written unparsed)"
                    )
            else:
                raw.labels[name] = one
    gold = (
        counted_raters(rows, layout.categories) if layout.categories else {name: rows.columns[name] for name in golds}
    )
    raw.labels |= gold
    return Shaped(raw, names, list(gold))


def _blank(column: Column) -> Flags:
    """Mark the empty cells, shape (n,)."""
    return np.array([not word.strip() for word in column.words], np.bool_)[column.codes()]


def _under(one: Column, other: Column) -> Column:
    words = Numbers(one.words)
    codes = words.take(list(other.words))[other.codes()]
    return Column(words, [np.concatenate([one.codes(), codes])])


def _judges_in_rows(rows: Rows, columns: Sequence[str]) -> dict[str, Ints]:
    """Find each judge's rows, by its name in one column or several, judges in the order in which they are seen."""
    for name in columns:
        rows.refuse_blank(name, "a judge")
    codes = composite([rows.columns[name] for name in columns])
    _, first, size = np.unique(codes, return_index=True, return_counts=True)
    if first.size > max(SHOWN, codes.size // 2):
        raise rows.table.error(
            f"{first.size:,} judges on {codes.size:,} rows", field=columns[0], hint="is it a judge's name?"
        )
    own = np.split(np.argsort(codes, kind="stable").astype(np.int32), np.cumsum(size)[:-1])
    words = [list(rows.columns[name].words) for name in columns]
    said = [[words[j][rows.columns[name].codes()[row]].strip() for j, name in enumerate(columns)] for row in first]
    return {"/".join(said[place]): own[place] for place in np.argsort(first)}


def _in_rows(
    rows: Rows,
    raw: Raw,
    layout: Layout,
    rater: str,
    judges: Sequence[str],
    golds: Sequence[str],
    *,
    unlabelled: bool,
) -> Shaped:
    """Take the labels of raters in rows."""
    who, said = rows.columns[rater], rows.columns[layout.label or ""]
    present = np.bincount(who.codes(), minlength=len(who.words)) > 0
    stripped: dict[str, list[int]] = {}
    for word, code in who.words.items():
        if present[code]:
            stripped.setdefault(word.strip(), []).append(code)
    if not golds:
        golds = [name for name in stripped if name and name not in judges]
        if len(golds) < 2 - bool(judges) and not unlabelled:
            raise rows.table.error(f"{len(golds)} raters beside the judges", field=rater)
        if golds:
            raw.notes.append(f"gold: the {len(golds)} raters who are not judges: {some(golds)}")
    raters = [*judges, *golds]
    if missing := [name for name in raters if name not in stripped]:
        near = difflib.get_close_matches(missing[0], stripped, n=3, cutoff=0.5)
        raise rows.table.error(
            f"no rater is named {', '.join(map(repr, missing))}"
            + (f"; did you mean {' or '.join(map(repr, near))}?" if near else ""),
            field=rater,
            hint=f"the raters are {', '.join(list(stripped)[:40])}{_beside(rows.table, missing[0])}",
        )
    if others := [name for name in stripped if name and name not in raters]:
        raw.notes.append(f"raters left out: {some(others)}")
    item = raw.item if raw.item is not None else composite([rows.columns[name] for name in layout.id])
    raw.item = item
    first = np.full(int(item.max()) + 1, -1, np.int32)
    first[item[::-1]] = np.arange(item.size - 1, -1, -1, dtype=np.int32)
    raw.first = first
    place = np.full(len(who.words), len(raters))
    for j, name in enumerate(raters):
        place[stripped[name]] = j
    seat = place[who.codes()]
    order = np.argsort(seat, kind="stable").astype(np.int32)
    ends = np.searchsorted(seat[order], np.arange(len(raters) + 1))
    for j, name in enumerate(raters):
        raw.rows[name] = order[ends[j] : ends[j + 1]]
        raw.labels[name] = said.take(raw.rows[name])
        raw.sources[name] = layout.label or ""
    return Shaped(raw, list(judges), list(golds))


def _beside(table: Table, name: str) -> str:
    """Say of a column that it isn't a rater."""
    if name not in table.columns:
        return ""
    return (
        f"; {name!r} is a column, and beside {argument('rater')} a judge is a rater, too: give its verdicts rows of "
        "their own, in this file or in one with the same columns"
    )


def check_alike(
    table: Table, raw: Raw, named: Mapping[str, str], rows: npt.NDArray[np.integer], like: npt.NDArray[np.integer]
) -> None:
    """Refuse rows that name another question, subset or system than a row ``like`` them, of the same item."""
    for role in ("cluster", "subset", "system"):
        if role not in raw.keys:
            continue
        codes = raw.keys[role].codes()
        differs = np.flatnonzero(codes[rows] != codes[like])
        if differs.size:
            row, other = int(rows[differs[0]]), int(like[differs[0]])
            raise table.error(
                f"item {item_names(raw, np.array([row]))[0]!r} has another {role} on {table.unit} {raw.lines[other]}",
                line=int(raw.lines[row]),
                field=named.get(role),
                hint=_SIDES_DIFFER if role == "system" and role not in named else "",
            )


def item_names(raw: Raw, rows: npt.NDArray[np.integer]) -> list[str]:
    """Name the items of some rows by their ids; empty where there are none."""
    parts = [raw.keys[f"id:{place}"] for place in range(sum(role.startswith("id:") for role in raw.keys))]
    words = [[word.strip() for word in part.words] for part in parts]
    codes = [part.codes()[rows].tolist() for part in parts]
    return ["/".join(words[j][code] for j, code in enumerate(own)) for own in zip(*codes, strict=True)]
