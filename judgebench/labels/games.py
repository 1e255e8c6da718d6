"""A judge's several labels of one item: in two orders, or asked again; turned back, kept as games, or combined."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

import numpy as np

from judgebench.errors import DataError, UsageError, argument
from judgebench.files.codes import Numbers
from judgebench.labels.columns import Column, Repeats, refuse_words
from judgebench.labels.rules import read_numbers
from judgebench.labels.shape import item_names
from judgebench.labels.vocabulary import MISSING, fold, number_of
from judgebench.labels.words import spans

if TYPE_CHECKING:
    from collections.abc import Sequence

    import numpy.typing as npt

    from judgebench.domain import Scale
    from judgebench.files.table import Table
    from judgebench.labels.cells import Cells
    from judgebench.labels.columns import Raw
    from judgebench.labels.encoding import Coded
    from judgebench.labels.layout import Layout
    from judgebench.labels.shape import Shaped

    Codes = npt.NDArray[np.int64]
    Flags = npt.NDArray[np.bool_]

#: So many raters with repeats are told by name.
_FEW = 4


@dataclass(frozen=True, slots=True)
class Games:
    """A rater's labels: ``said`` (codes), of which ``item``, in which ``row`` of the table, and how shown; sorted.

    ``game`` counts an item's labels, by repeat, then order, the item's own order first; ``second`` labels stand in a
    column of their own, beside those of the first order.
    """

    said: Codes
    item: Codes
    row: Codes
    swapped: Flags
    game: Codes
    second: Flags

    @classmethod
    def none(cls, size: int = 0) -> Games:
        """Give labels that say nothing."""
        none, never = np.zeros(size, np.int64), np.zeros(size, np.bool_)
        return cls(none - 1, none, none, never, none, never)

    def take(self, rows: npt.NDArray[np.integer] | Flags) -> Games:
        """Keep some labels."""
        return Games(*(column[rows] for column in self._columns()))

    def joined(self, other: Games) -> Games:
        """Put other labels under these."""
        return Games(*map(np.concatenate, zip(self._columns(), other._columns(), strict=True)))

    def _columns(self) -> list[npt.NDArray[Any]]:
        return [getattr(self, name) for name in self.__slots__]


def counted(key: npt.NDArray[np.integer]) -> Codes:
    """Count equal keys in the order in which they come, from 0, shape (n,)."""
    order = np.argsort(key, kind="stable")
    ranked = key[order]
    starts = np.flatnonzero(np.r_[True, ranked[1:] != ranked[:-1]]) if order.size else order
    found = np.empty(order.size, np.int64)
    found[order] = np.arange(order.size) - np.repeat(starts, np.diff(np.r_[starts, order.size]))
    return found


def merge_numbers(table: Table, shaped: Shaped, layout: Layout, cells: Cells) -> None:
    """Sum or average a rater's labels of one item, in one order, before anything else is read in them.

    DataError names the labels that are not numbers; a word becomes one by its meaning.
    """
    raw = shaped.raw
    if layout.combine not in {"sum", "mean"} or raw.item is None:
        return
    called = raw.called()
    labels = merged = 0
    # Gold beside the verdicts is a row's, and the same on all rows of an item.
    for name in list(raw.labels) if raw.first is not None else shaped.judges:
        column = raw.labels[name]
        item, row = raw.item[raw.rows_of(name)], raw.rows_of(name)
        raw.read.update(map(fold, column.words))
        said = cells.meanings({name: column.words}, called)[0][name]
        if cells.read_replies:
            said, told = read_numbers(said)
            raw.notes += [f"{name}: {told}"] if told else []
        meant = [said[word] for word in column.words]
        read = [None if fold(word) in MISSING else number_of(word) for word in meant]
        wrong = [code for code, word in enumerate(meant) if read[code] is None and fold(word) not in MISSING]
        codes = column.codes()
        refuse_words(
            table,
            name,
            column,
            raw.lines_of(name),
            wrong,
            f"is not a number, and {argument('combine')} {layout.combine} needs numbers",
            f"say what each counts: {argument('words')} OLD=1",
        )
        values = np.array([np.nan if one is None else one for one in read])[codes]
        key = 2 * item.astype(np.int64) + raw.swapped.get(name, np.zeros(item.size, np.bool_))
        _, first, place = np.unique(key, return_index=True, return_inverse=True)
        given = ~np.isnan(values)
        filled = np.bincount(place[given], minlength=first.size)
        sums = np.bincount(place[given], weights=values[given], minlength=first.size)
        found = sums if layout.combine == "sum" else sums / np.maximum(filled, 1)
        words = Numbers()
        # Means that differ by rounding are one value.
        texts = ["" if not n else f"{value:.12g}" for value, n in zip(found.tolist(), filled.tolist(), strict=True)]
        raw.labels[name] = Column(words, [words.take(texts)])
        raw.rows[name] = row[first]
        if name in raw.swapped:
            raw.swapped[name] = raw.swapped[name][first]
        labels, merged = labels + values.size, merged + first.size
    what = "summed" if layout.combine == "sum" else "averaged"
    raw.notes.append(f"{labels:,} labels are {what} to {merged:,}, one per rater and item")


def turn_back(shaped: Shaped, layout: Layout, coded: Coded) -> None:
    """Turn labels round where a row names its pair the other way, and verdicts that name a place of the other order."""
    raw = shaped.raw
    back = np.array([*_turned(coded.scale), -1], np.int64)
    if raw.mirrored is not None and raw.mirrored.any():
        if coded.scale.kind != "pair":
            raise UsageError(f"{argument('sides')} are of pairs, and the labels are {coded.scale.spec}")
        for name, said in coded.labels.items():
            coded.labels[name] = np.where(raw.mirrored[raw.rows_of(name)], back[said], said)
    if not raw.swapped or not (layout.order or layout.second_order):
        return
    _say_orders(shaped, layout, coded)
    turned = sum(int(np.count_nonzero(raw.swapped[name])) for name in shaped.judges if name in raw.swapped)
    if layout.picks != "position":
        coded.notes.append(f"{turned:,} verdicts are of the other order, and name the answer: none is turned back")
        return
    if coded.scale.kind != "pair":
        raise UsageError(
            f"{argument('picks')} position turns verdicts on pairs back, and the labels are {coded.scale.spec}: say "
            f"{argument('picks')} answer"
        )
    for name, swapped in raw.swapped.items():
        said = coded.labels[name]
        coded.labels[name] = np.where(swapped, back[said], said)
    coded.notes.append(f"{turned:,} verdicts of the other order name a place and are turned back")


def _say_orders(shaped: Shaped, layout: Layout, coded: Coded) -> None:
    """Say where the two orders of an item are not beside each other."""
    raw = shaped.raw
    both = [name for name in shaped.judges if name in raw.swapped and len(np.unique(raw.swapped[name])) > 1]
    if layout.order and not layout.id:
        if both:
            coded.notes.append(
                f"each row is an item of its own, so that its two orders are not compared: {argument('id')} names it"
            )
        return
    if raw.item is None:
        return
    for name in both:
        item, swapped = raw.item[raw.rows_of(name)].astype(np.int64), raw.swapped[name]
        orders = np.bincount(np.unique(2 * item + swapped) // 2)
        if alone := int(np.count_nonzero(orders == 1)):
            coded.notes.append(
                f"{name}: {alone:,} of {np.count_nonzero(orders):,} items are here in one order only, and count by it"
            )


def _turned(scale: Scale) -> list[int]:
    if scale.kind != "pair":
        return []
    found = [scale.undo(code, (1, 0)) for code in range(len(scale.labels))]
    return [code for code in found if isinstance(code, int)]


def play(table: Table, raw: Raw, layout: Layout, coded: Coded, name: str, kept: Flags) -> Games:
    """Bring a judge's labels on the rows (or items) that are ``kept`` into the order of items, and settle repeats.

    DataError where it labels an item twice in one order, and nothing is said of it.
    """
    found = _labels(raw, coded, name)
    alone = raw.item is None and not found.swapped.any()
    if not kept.all():
        found = found.take(kept[found.row if raw.first is None else found.item])
    if not alone:
        found = replace(found, game=counted(2 * found.item + found.swapped))
    if found.game.any():
        if layout.combine is None:
            raise _repeated(table, raw, name, found)
        if layout.combine == "each":
            raw.repeats.append(Repeats(name, found.item.size, _count(found.item), "each"))
        else:
            found = _majority(found, raw, name)
    if alone:
        return found
    found = found.take(np.lexsort((found.swapped, found.game, found.item)))
    return replace(found, game=counted(found.item))


def person(table: Table, raw: Raw, layout: Layout, coded: Coded, name: str) -> Games:
    """Give a person's labels, one per item."""
    found = _labels(raw, coded, name)
    found = replace(found, swapped=np.zeros_like(found.swapped), game=counted(found.item))
    if not found.game.any():
        return found
    if layout.combine in {None, "each"}:
        raise _repeated(table, raw, name, found)
    return _majority(found, raw, name)


def _labels(raw: Raw, coded: Coded, name: str) -> Games:
    row = raw.rows_of(name).astype(np.int64)
    said = coded.labels.get(name)
    swapped = raw.swapped.get(name)
    return Games(
        np.full(row.size, -1, np.int64) if said is None else said,
        row if raw.item is None else raw.item[row].astype(np.int64),
        row,
        np.zeros(row.size, np.bool_) if swapped is None else swapped,
        np.zeros(row.size, np.int64),
        np.arange(row.size) >= raw.second.get(name, row.size),
    )


def _repeated(table: Table, raw: Raw, name: str, games: Games) -> DataError:
    # The first repeat in the file.
    at = np.flatnonzero(games.game)[int(np.argmin(games.row[games.game > 0]))]
    same = (games.item == games.item[at]) & (games.swapped == games.swapped[at])
    lines = np.sort(raw.lines[games.row[same]])
    where = spans(lines.tolist(), table.unit)
    (what,) = item_names(raw, games.row[at : at + 1])
    combine = argument("combine")
    asked = f"if each is an asking of its own, say {combine} each, or combine them: {combine} majority, mean or sum"
    if raw.first is not None:
        return table.error(f"{len(lines)} labels by {name!r} for item {what!r} ({where})", hint=asked)
    cluster, order = argument("cluster"), argument("order")
    return table.error(
        f"{len(lines)} rows have the id {what!r} ({where})",
        hint=f"if it names a question that several rows share, it is {cluster}; rows of two orders need {order}, "
        f"judges in rows {argument('judge_name')}; {asked}",
    )


def _majority(games: Games, raw: Raw, name: str) -> Games:
    """Keep the most frequent label of each item and order; none where several are."""
    _, first, place = np.unique(2 * games.item + games.swapped, return_index=True, return_inverse=True)
    given = np.flatnonzero(games.said >= 0)
    labels, own = np.unique(games.said[given], return_inverse=True)
    # Votes for each label of each item that anybody gave it.
    votes, times = np.unique(place[given] * (labels.size + 1) + own, return_counts=True)
    whose = votes // (labels.size + 1)
    most = np.zeros(first.size, np.int64)
    np.maximum.at(most, whose, times)
    top = times == most[whose]
    split = np.bincount(whose[top], minlength=first.size) > 1
    said = np.full(first.size, -1, np.int64)
    said[whose[top]] = labels[votes[top] % (labels.size + 1)]
    said[split] = -1
    raw.repeats.append(Repeats(name, games.said.size, first.size, "majority", int(np.count_nonzero(split))))
    one = games.take(first)
    return replace(one, said=said, game=np.zeros_like(one.game))


def _count(item: Codes) -> int:
    return int(np.count_nonzero(np.bincount(item)))


def told(repeats: Sequence[Repeats]) -> list[str]:
    """Say what was done with repeats, of few raters by name."""
    if len(repeats) > _FEW:
        first = repeats[0]
        total = (
            sum(one.labels for one in repeats),
            sum(one.items for one in repeats),
            sum(one.torn for one in repeats),
        )
        repeats = [Repeats(f"{len(repeats)} raters with repeats", *total[:2], first.how, total[2])]
    notes: list[str] = []
    for one in repeats:
        torn = f"; {one.torn:,} have none and count as no label" if one.torn else ""
        what = "the majority of" if one.how == "majority" else "each of"
        notes.append(f"{one.name}: {what} {one.labels:,} labels of {one.items:,} items{torn}")
    return notes
