"""Pairs read by the columns of a card, as they are or in several versions, and files of verdicts on them.

What ``[form]`` of a card may say, and of a split before it:

- ``groups = "bias"``: the file is one object with a list of rows under each name, which becomes this field;
- ``order = "content"``: where the file leaks the answer (the better one is always first) the texts decide the order,
  one for all versions of a row;
- ``versions``: by name, the columns of the two answers of each pair that a row holds; without a column of gold the
  first answer is the better one;
- ``figures``: by name, versions whose accuracy the benchmark reports; ``sensitive``: the share of pairs judged right
  in the version ``from`` that are judged wrong in the version ``to``, as ``name``;
- ``set`` (of a split), ``recorded``: see `judgebench.tasks.readers.verdict_forms`.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

from judgebench.domain import Estimate, Label
from judgebench.files.records import Row
from judgebench.files.rows import value_of
from judgebench.tasks.content_order import content_order
from judgebench.tasks.readers import verdict_files
from judgebench.tasks.readers.official import by_subset, figure, gold_of, mean_of

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence

    from judgebench.domain import Item, Verdict
    from judgebench.files.toml import TomlTable
    from judgebench.tasks.base import Located
    from judgebench.tasks.card import Card
    from judgebench.tasks.own import Place
    from judgebench.tasks.recordings import Recording
    from judgebench.tasks.sources import Source

#: The attribute that says which version of its row an item is.
VERSION = "version"


class Reader(verdict_files.Reader):
    """Reads pairs by columns; its card says what else there is to know of their form."""

    needs_gold = True

    def __init__(self, card: Card, split: str) -> None:
        super().__init__(card, split)
        form = self.form
        self.groups = form.text("groups", "")
        self.by_content = form.choice("order", ("file", "content"), "file") == "content"
        self.versions = form.names_by_name("versions")
        if wrong := next((name for name, columns in self.versions.items() if len(columns) != 2), ""):
            form.fail(f"versions.{wrong}", f"a pair has two answers, got {len(self.versions[wrong])} columns")
        self.of_versions = form.names_by_name("figures")
        self.sensitive = _sensitive(form.table("sensitive"))
        for where, names in (*self.of_versions.items(), ("sensitive", self.sensitive[1:])):
            if unknown := [name for name in names if name not in self.versions]:
                form.fail(
                    where, f"{unknown[0]!r} is none of the versions ({', '.join(self.versions) or 'there are none'})"
                )
        self.set = form.text("set", "")
        self.take_recorded(form, self.versions)
        form.done()

    def of_table(self, source: Source, part: str) -> Iterator[Located]:
        """Yield the pairs of a file."""
        return super().of_table(self._flat(source), part)

    def _flat(self, source: Source) -> Source:
        rows = source.load
        return replace(source, load=lambda: _ungrouped(rows(), self.groups)) if self.groups else source

    def of_row(self, place: Place, gold: tuple[Label, ...], criterion: str) -> Iterator[Item]:
        """Yield the pair of a row, or one in each version, all in one order."""
        gold = gold or (Label("benchmark", 0),)
        order: tuple[int, ...] = ()
        for name, answers in self.versions.items() or (("", self.roles.answers),):
            for column in answers:
                # An empty answer is an answer; what isn't there is none.
                if value_of(place.row, column) is None:
                    place.row.require(column.partition(".")[0])
                    place.row.fail("expected an answer, got nothing", column)
            item = self.item(place, gold, replace(self.roles, answers=answers), criterion)
            if name:
                told = tuple(sorted((*item.attributes, (VERSION, name))))
                item = replace(item, id=f"{item.id}/{name}", attributes=told)
            order = order or content_order(item.question, [one.text for one in item.responses])
            if self.by_content and order == (1, 0):
                self.turned.add(item.id)
                item = self._turn(item)
            yield item

    def _turn(self, item: Item) -> Item:
        gold = tuple(
            replace(one, code=None if one.code is None else self.scale.undo(one.code, (1, 0))) for one in item.gold
        )
        return replace(item, responses=item.responses[::-1], gold=gold)

    def recorded(self, source: Source, column: str | None, items: Mapping[str, Item]) -> Recording:
        return super().recorded(self._flat(source), column, items)

    def judges(self, source: Source) -> Mapping[str, str]:
        return super().judges(self._flat(source))

    def sets(self) -> dict[str, str]:
        parts = self.card.split(self.split).of
        named = {part: str(self.card.split(part).form.get("set", part)) for part in parts}
        return {name: f"{part}/" for part, name in named.items()} or {self.set: ""}

    def official(self, verdicts: Iterable[Verdict]) -> dict[str, dict[str, Estimate]]:
        """Compute the figures over versions for each subset, for all, and for the card's aggregates."""
        if not self.versions:
            return {}
        versioned = (one for one in verdicts if _version(one))
        found = {name: self._figures(own) for name, own in by_subset(versioned).items()}
        for aggregate in self.card.aggregates:
            parts = [found[name] for name in aggregate.of if name in found]
            if aggregate.by == "subset" and parts and len(parts) == len(aggregate.of):
                found[aggregate.name] = mean_of(parts, aggregate.weights)
        return found

    def _figures(self, verdicts: Sequence[Verdict]) -> dict[str, Estimate]:
        figures: dict[str, Estimate] = {}
        for name, versions in self.of_versions.items():
            right = [self._right(verdict) is True for verdict in verdicts if _version(verdict) in versions]
            figures[name] = _share(sum(right), len(right))
        if self.sensitive:
            name, first, then = self.sensitive
            games: dict[tuple[str, tuple[int, ...]], dict[str, bool | None]] = {}
            for verdict in verdicts:
                version = _version(verdict)
                pair = verdict.item.removesuffix(f"/{version}")
                games.setdefault((pair, verdict.order), {})[version] = self._right(verdict)
            both = [game for game in games.values() if {first, then} <= game.keys() and game[first] is True]
            figures[name] = _share(sum(game[then] is False for game in both), len(both))
        return figures

    def _right(self, verdict: Verdict) -> bool | None:
        """Whether a verdict names the better answer; None where it names neither."""
        return None if verdict.code in {None, self.scale.tie} else verdict.code == gold_of(verdict)


def _version(verdict: Verdict) -> str:
    """Say which version of its row a verdict is on; empty where rows have none."""
    return dict(verdict.attributes).get(VERSION, "")


def _sensitive(table: TomlTable) -> tuple[str, ...]:
    if not table.data:
        return ()
    said = table.text("name"), table.text("from"), table.text("to")
    table.done()
    return said


def _ungrouped(rows: Iterator[Row], field: str) -> Iterator[Row]:
    """Yield the rows under each name with their group's name; rows that have the field are as they should be."""
    number = 0
    for row in rows:
        if field in row.data and not isinstance(row.data[field], list):
            yield row
            continue
        for name, inner in row.data.items():
            if not isinstance(inner, list) or not all(isinstance(one, dict) for one in inner):
                row.fail("expected a list of rows under each name", name)
            for one in inner:
                number += 1
                data: dict[str, Any] = {**one, field: one.get(field, name)}
                yield Row(data, row.file, number, row.note, "row")


def _share(count: int, n: int) -> Estimate:
    return figure(count / n, n) if n else Estimate.missing("no_items")
