"""Tables by columns that must be put together first, and whose gold or verdicts are said in a form of their own.

The card says the columns as for any table; ``[form]`` says what more there is:

- ``key``: the field by which the split's further parts are joined, whose fields are then ``part.field``; without it
  they are joined by their place in the file;
- ``where``: patterns of the cells that rows must have to be read; ``skipped``: a field that is true of rows without an
  item; ``distinct``: rows repeat items, and the first one counts;
- ``systems``: names of the answers' systems where no column has them; ``also``: other names of a field; ``first``: the
  number of the first row, where rows are named by their place; ``textless``: rows may lack the texts;
- ``[form.gold]``: how gold is said (`judgebench.tasks.readers.sayings`), with ``votes`` in rows of a further part, by
  ``key`` and ``rater``; ``[[form.recorded]]``: files of verdicts (`judgebench.tasks.readers.verdict_forms`);
  ``[form.official]``: the benchmark's own formula (`judgebench.tasks.readers.official`).
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any

from judgebench.domain import Label, Turn
from judgebench.domain.items import UNANSWERED
from judgebench.files.rows import value_of
from judgebench.tasks.base import Located
from judgebench.tasks.forms import filled
from judgebench.tasks.own import Place
from judgebench.tasks.readers import verdict_files
from judgebench.tasks.readers.official import FORMULAS
from judgebench.tasks.readers.renamed import Renamed
from judgebench.tasks.readers.sayings import Saying
from judgebench.tasks.readers.verdict_forms import NUMBER, fits
from judgebench.tasks.texts import TEXTLESS, named_by, text_of

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

    from judgebench.domain import Code, Estimate, Item, Verdict
    from judgebench.files.records import Row
    from judgebench.files.toml import TomlTable
    from judgebench.labels.roles import Roles
    from judgebench.tasks.card import Card
    from judgebench.tasks.sources import Source

#: Name of the annotator where the card names no column of gold.
_GOLD = "gold"


@dataclass(frozen=True, slots=True)
class Form:
    """What more there is to know of the tables, as the module says."""

    key: str = ""
    skipped: str = ""
    where: Mapping[str, str] = field(default_factory=dict[str, str])
    distinct: bool = False
    textless: bool = False
    systems: tuple[str, ...] = ()
    first: int = 1


@dataclass(frozen=True, slots=True)
class Votes:
    """Gold in rows of a further part: of which item, and by whom, where the rows say it."""

    part: str
    rater: str
    key: str


class Reader(verdict_files.Reader):
    """Reads a table by its columns after joining, choosing and naming what the card's form says."""

    def __init__(self, card: Card, split: str) -> None:
        super().__init__(card, split)
        form = self.form
        self._more = more = filled(Form, form)
        self._official = _formula_of(form.table("official"))
        self._meant, self._votes = _gold_of(form.table("gold"), self)
        self.take_recorded(form)
        self._renamed = Renamed(form.names_by_name("also"), "")
        others = (one for names in self._renamed.also.values() for one in names)
        around = frozenset((*self.roles.gold, *self.roles.id, *self._renamed.also, *others))
        self.verdicts = replace(
            self.verdicts, first=self._more.first, where=self._more.where, around=around, partial=True
        )
        form.done()
        if more.systems and len(more.systems) != len(self.roles.answers):
            form.fail("systems", f"{len(more.systems)} names for {len(self.roles.answers)} answers")

    def of_table(self, source: Source, part: str) -> Iterator[Located]:
        """Yield the items of a table; one whose gold can't be read off what the form says is left out."""
        if not self._meant.said:
            yield from super().of_table(replace(source, load=lambda: self._rows(source)), part)
            return
        votes = self._voted(source, self._votes) if self._votes else None
        seen: set[str] = set()
        for row in self._rows(source):
            item = self.item(Place(row, 0, part, source.folder), (), self.roles)
            if self._more.distinct and item.id in seen:
                continue
            seen.add(item.id)
            if votes is None:
                code = self._saying(row).code(row, self.scale, [response.model for response in item.responses])
                labels: Mapping[str, Code] = {} if code is None else {(*self.roles.gold, _GOLD)[0]: code}
            else:
                labels = votes.get(text_of(row, self._more.key), {})
            if labels:
                yield Located(replace(item, gold=tuple(Label(who, code) for who, code in labels.items())), row)

    def official(self, verdicts: Iterable[Verdict]) -> Mapping[str, Mapping[str, Estimate]]:
        """Compute what the formula of the form computes."""
        name, said = self._official
        return FORMULAS[name][0](verdicts, self.scale, said) if name else {}

    def _rows(self, source: Source) -> Iterator[Row]:
        """Give the main rows that are read, with the fields of the further parts in them."""
        parts_of = self.card.split(self.split).parts
        names = [name for name in parts_of if self._votes is None or name != self._votes.part]
        parts = {name: self._part(source, name) for name in names if name not in source.lacking}
        for place, row in enumerate(source.rows()):
            joined = dict(row.data)
            for name, found in parts.items():
                key: Any = text_of(row, self._more.key) if isinstance(found, dict) else place
                if key not in (found if isinstance(found, dict) else range(len(found))):
                    row.fail(f"the {name} table has no row for it", self._more.key or None)
                joined[name] = found[key]
            joined |= self._renamed.lacking(joined, place)
            joined.setdefault(NUMBER, place + self._more.first)
            if fits(joined, self._more.where) and not (self._more.skipped and joined.get(self._more.skipped)):
                yield self._blank(replace(row, data=joined))

    def _part(self, source: Source, name: str) -> dict[str, Any] | list[Any]:
        """Read a further table: by the key, or in order; a file of words has no header."""
        rows = list(source.rows(name))
        fields = {field for row in rows for field in row.data}
        if len(fields) == 1 and self._meant.meaning(word := next(iter(fields))) is not None:
            # The first of the words was taken for the name of a column.
            return [{"word": word}, *({"word": row.data[word]} for row in rows)]
        if not self._more.key or self._more.key not in fields:
            return [row.data for row in rows]
        found: dict[str, Any] = {}
        for row in rows:
            key = text_of(row, self._more.key)
            if key in found:
                row.fail(f"{key!r} appears twice in the {name} table", self._more.key)
            found[key] = row.data
        return found

    def _blank(self, row: Row) -> Row:
        """Fill in what a row without texts lacks."""
        if not self._more.textless or any(value_of(row, name) is not None for name in self.roles.answers):
            return row
        missing = dict.fromkeys((*self.roles.question, *self.roles.answers), "")
        return replace(row, data={**missing, **row.data, TEXTLESS: True})

    def item(self, place: Place, gold: tuple[Label, ...], roles: Roles, criterion: str = "") -> Item:
        """Make an item; name it by its number where nothing else does, and mark one that has no texts."""
        row, number = place.row, place.row.data.get(NUMBER)
        item = super().item(
            place._replace(number=number - 1) if isinstance(number, int) else place, gold, roles, criterion
        )
        if self._more.systems:
            named = zip(item.responses, self._more.systems, strict=True)
            item = replace(item, responses=tuple(replace(one, model=name) for one, name in named))
        if TEXTLESS not in row.data:
            return item
        return replace(
            item,
            conversation=(Turn.of("user", TEXTLESS),),
            # By its text it would share a cluster with all others that have none.
            cluster=item.cluster if roles.cluster else item.id,
            attributes=tuple(sorted((*item.attributes, UNANSWERED))),
        )

    def _saying(self, row: Row) -> Saying:
        """Read gold off the field that the file has, so that an error names that one."""
        name = self._meant.verdict
        others = (
            one for one in self._renamed.also.get(name, ()) if one in row.data and row.data[one] is row.data[name]
        )
        return replace(self._meant, verdict=next(others, name))

    def _voted(self, source: Source, votes: Votes) -> dict[str, dict[str, Code]]:
        """Read votes: by item, who said what."""
        found: dict[str, dict[str, Code]] = {}
        for row in source.rows(votes.part):
            said = found.setdefault(named_by(row, votes.key or self._more.key), {})
            who = text_of(row, votes.rater) if votes.rater in row.data else f"vote {len(said) + 1}"
            if who in said:
                row.fail(f"{who!r} votes on one item twice", votes.rater)
            if (code := self._meant.code(row, self.scale)) is not None:
                said[who] = code
        return found


def _formula_of(table: TomlTable) -> tuple[str, Mapping[str, str]]:
    name = table.choice("formula", ("", *FORMULAS), "")
    said = {key: table.text(key) for key in (FORMULAS[name][1] if name else ())}
    table.done()
    return name, said


def _gold_of(table: TomlTable, reader: Reader) -> tuple[Saying, Votes | None]:
    part, rater, key = table.text("votes", ""), table.text("rater", ""), table.text("key", "")
    saying = Saying.take(table)
    saying.check(reader.scale, table)
    table.done()
    if part and part not in reader.card.split(reader.split).parts:
        table.fail("votes", f"{part!r} is not a part of the split {reader.split!r}")
    return saying, Votes(part, rater, key) if part else None
