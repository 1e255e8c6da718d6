"""Reads a benchmark's own files of recorded verdicts: whose rows, about which items, in which order.

What their forms are says the card (`judgebench.tasks.readers.verdict_forms`).
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from fnmatch import fnmatchcase
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

from judgebench.domain import Reply, Status
from judgebench.errors import DataError, UsageError
from judgebench.files.content import find
from judgebench.files.rows import leads_nowhere, value_of
from judgebench.files.table import cell
from judgebench.tasks import own
from judgebench.tasks.readers.verdict_forms import NUMBER, Form
from judgebench.tasks.recordings import Recording, picked, stem
from judgebench.tasks.sources import file_source
from judgebench.tasks.texts import named_by, text_of

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping, Sequence

    from judgebench.domain import Item, Scale
    from judgebench.files.records import Row
    from judgebench.files.toml import TomlTable
    from judgebench.tasks.card import Card
    from judgebench.tasks.readers.sayings import Saying
    from judgebench.tasks.recordings import Replies
    from judgebench.tasks.sources import Source

_SWAPPED = (1, 0)


class Game(NamedTuple):
    """A row of verdicts, which item it is about, and whether it is of the file with the answers swapped."""

    row: Row
    name: str
    swapped: bool


@dataclass(slots=True)
class VerdictFiles:
    """The forms of a card, and what its reader knows of the items.

    ``first`` is the number of the data's first row, where rows are named so; ``around`` are columns of the data, which
    are no judge's. With ``partial`` the data have rows that are no items, and a verdict on none is passed over.
    """

    task: str
    scale: Scale
    forms: tuple[Form, ...]
    first: int = 1
    where: Mapping[str, str] = field(default_factory=dict[str, str])
    around: frozenset[str] = frozenset()
    partial: bool = False
    _last: tuple[tuple[str, str], File] | None = None

    @property
    def fields(self) -> frozenset[str]:
        """Fields of files of these forms, none of which has one of the data's."""
        return frozenset(column.partition(".")[0] for form in self.forms for column in form.columns)

    def open(self, source: Source, sets: Mapping[str, str]) -> File:
        """Read a file by the first form that it fits; ``sets`` are those of the split, with what its ids begin with.

        The one that was read last is kept: its other judges are asked for next.
        """
        key = (source.name, source.revision)
        if self._last is None or self._last[0] != key:
            self._last = (key, self._open(source, sets))
        return self._last[1]

    def _open(self, source: Source, sets: Mapping[str, str]) -> File:
        for form in self.forms:
            named = form.named(Path(source.name))
            if named is not None and (form.fits(rows := form.rows(source, self.where))):
                return File.of(self, form, source, rows, sets, named)
        row = next(iter(source.rows()))
        return row.fail(f"these are not verdicts on {self.task}: expected {'; or '.join(map(str, self.forms))}")


@dataclass(slots=True)
class File:
    """A file of verdicts, by judge; by none where nothing names one, and where each has a column."""

    name: str
    files: VerdictFiles
    form: Form
    judges: tuple[str, ...] = ()
    games: dict[str, list[Game]] = field(default_factory=dict[str, "list[Game]"])

    @classmethod
    def of(
        cls,
        files: VerdictFiles,
        form: Form,
        source: Source,
        rows: Sequence[Row],
        sets: Mapping[str, str],
        named: Mapping[str, str],
    ) -> File:
        """Tell its rows apart by judge, and leave out those of other splits."""
        file = cls(source.name, files, form)
        if not form.set and len(sets) > 1:
            raise UsageError(f"{source.name} is about one of {', '.join(sets)}: ask for that split")
        elsewhere: dict[str, None] = {}
        for swapped, read in ((False, rows), (True, file._second(source, len(rows), named))):
            counted: dict[tuple[str, str], int] = {}
            for row in read:
                of_set = cell(value_of(row, form.set)) if form.set else next(iter(sets))
                if of_set not in sets:
                    elsewhere[of_set] = None
                    continue
                judge = form.of_judge(row, named)
                place = counted[judge, of_set] = counted.get((judge, of_set), -1) + 1
                name = sets[of_set] + file._about(row, place)
                file.games.setdefault(judge, []).append(Game(row, name, swapped))
        if not file.games:
            raise DataError(
                f"holds no verdicts on {', '.join(sets)}, only on {', '.join(elsewhere)}",
                file=source.name,
                field=form.set,
            )
        if form.wide:
            taken = {*files.around, *form.id, form.position}
            columns = dict.fromkeys(name for row in rows for name in row.data if name not in taken)
            file.judges = tuple(name for name in columns if any(fnmatchcase(name, pattern) for pattern in form.wide))
            if not file.judges:
                raise UsageError(f"{source.name}: no column is a judge's ({', '.join(form.wide)})")
        else:
            file.judges = tuple(filter(None, file.games))
        return file

    def _second(self, source: Source, rows: int, named: Mapping[str, str]) -> list[Row]:
        """Read the file with the answers swapped, if it is there."""
        name = self.form.second_of(named)
        path = find(source.folder, name) if name and source.folder is not None else None
        if path is None:
            return []
        found = self.form.rows(file_source(path), self.files.where)
        if not (self.form.id or self.form.position) and len(found) != rows:
            raise DataError(f"{len(found)} rows, and {source.name} has {rows}: not the same pairs", file=str(path))
        return found

    def _about(self, row: Row, place: int) -> str:
        """Name the item of a row in its set: by its id, its number, or its place."""
        if self.form.position:
            said = row.name(self.form.position)
            place = (
                int(said)
                if said.isdecimal()
                else row.fail(f"expected a number from 0, got {said!r}", self.form.position)
            )
        elif names := [named_by(row, one) for one in self.form.id if value_of(row, one) is not None]:
            return "/".join(names)
        return str(row.data.get(NUMBER, place + self.files.first))

    def recording(self, asked: str | None, items: Mapping[str, Item], turned: Collection[str] = ()) -> Recording:
        """Read one judge's verdicts; ``turned`` are items whose first answer is the data's second one."""
        judge = picked(asked, self.judges or (stem(self.name),), self.name)
        form = self.form
        games = self.games[judge if self.judges and not form.wide else next(iter(self.games))]
        replies: Replies = {}
        for game, version, item, swapped in self._matched(games, items, turned):
            saying = replace(form.verdict[version], verdict=judge) if form.wide else form.verdict[version]
            order = tuple(range(len(item.responses)))
            order = order[::-1] if swapped else order
            if swapped is None and (item.id, order) in replies:
                order = order[::-1]
            if (item.id, order) in replies:
                game.row.fail(f"item {item.id!r} appears twice in one order", self._field)
            self._check(game.row, item, order)
            replies[item.id, order] = self._reply(game.row, saying, item, order, form.text.get(version, ()))
            if version in form.second and not game.swapped:
                replies[item.id, order[::-1]] = self._again(game.row, version, item, order[::-1])
        if not replies:
            raise UsageError(f"{self.name}: none of its rows is about an item of this task")
        return Recording(judge, replies, tuple(sorted({order for _, order in replies})))

    @property
    def _field(self) -> str | None:
        return self.form.position or (self.form.id[0] if self.form.id else None)

    def _matched(
        self, games: Sequence[Game], items: Mapping[str, Item], turned: Collection[str]
    ) -> list[tuple[Game, str, Item, bool | None]]:
        """Give the items of games, with whether these show the other order; those that don't say it come last."""
        found: list[tuple[Game, str, Item, bool | None]] = []
        for game in games:
            for version in self.form.verdict:
                name = f"{game.name}/{version}" if version else game.name
                item = items.get(name)
                if item is not None:
                    found.append((game, version, item, self._swapped(game, item, turned)))
                elif not self.files.partial:
                    game.row.fail(f"item {name!r} is not in the data: another version, or another split?", self._field)
        known = {swapped for game, _, _, swapped in found if swapped is not None and not game.swapped}
        # Two equal answers don't tell which is which; the other rows of the same file may.
        told = next(iter(known)) if len(known) == 1 else None
        whole = [(game, version, item, told if swapped is None else swapped) for game, version, item, swapped in found]
        return sorted(whole, key=lambda one: one[3] is None)

    def _swapped(self, game: Game, item: Item, turned: Collection[str]) -> bool | None:
        """Tell the order by what a row says of the answers; None where they are equal, or it says nothing."""
        if game.swapped or not self.form.shown:
            return (item.id in turned) != game.swapped
        said = [value_of(game.row, name) for name in self.form.shown]
        if said[0] is None or said[0] == said[1]:
            return None
        for plain in ([one.text for one in item.responses], [one.model for one in item.responses]):
            if said in (plain, plain[::-1]):
                return said != plain
        return game.row.fail(f"these are not the answers of item {item.id!r}, nor their systems", self.form.shown[0])

    def _check(self, row: Row, item: Item, order: tuple[int, ...]) -> None:
        """Refuse a row whose gold isn't the item's."""
        if (label := self.form.label) is None:
            return
        scale = self.files.scale
        code, gold = label.code(row, scale), item.gold[0].code
        if code is None or gold is None or code != scale.undo(gold, order):
            row.fail(f"the label isn't the one of item {item.id!r} in the data: another version?", label.verdict)

    def _reply(self, row: Row, saying: Saying, item: Item, order: tuple[int, ...], text: Sequence[str]) -> Reply:
        """Make the reply of a row, with the words of one of its columns."""
        if self.form.shown and all(value_of(row, name) is None for name in (*self.form.shown, *saying.columns)):
            # A row that shows nothing is of a game that failed.
            return Reply(Status.UNPARSED, error="no verdict")
        for column in saying.columns:
            if leads_nowhere(row, column):
                row.require(column.partition(".")[0])
                row.fail("there is nothing at this place in it", column)
        scale, gold = self.files.scale, item.gold[0].code if item.gold else None
        systems = [item.responses[index].model for index in order]
        reply = saying.reply(row, scale, systems, None if gold is None else scale.undo(gold, order))
        if self.form.beside is not None:
            there = all(value_of(row, one) is not None for one in self.form.beside.scores)
            reply = replace(reply, scores=(self.form.beside.numbers(row) or ()) if there else ())
        said = "\n".join(words for name in text if value_of(row, name) is not None and (words := text_of(row, name)))
        # Scores of several pairs in a row are no words.
        return replace(reply, text=said or ("" if saying.scores and "" not in self.form.verdict else reply.text))

    def _again(self, row: Row, version: str, item: Item, order: tuple[int, ...]) -> Reply:
        """Make the reply of the row's second game; its scores are the answers', as in the first."""
        form = self.form
        reply = self._reply(row, form.second[version], item, order, form.second_text.get(version, ()))
        code = reply.code
        if code is not None and form.second_in == "own":
            code = self.files.scale.undo(code, _SWAPPED)
        return replace(reply, code=code, scores=reply.scores[::-1])


class Reader(own.Reader):
    """Reads a table by its columns, and the files of verdicts on it that its card describes."""

    def __init__(self, card: Card, split: str) -> None:
        super().__init__(card, split)
        #: Items whose first answer is the data's second one.
        self.turned: set[str] = set()
        self.verdicts = VerdictFiles(card.name, self.scale, ())

    def take_recorded(self, form: TomlTable, versions: Mapping[str, tuple[str, ...]] | None = None) -> None:
        """Take the forms of files of verdicts from the card's table."""
        forms = tuple(Form.of(one, self.scale, self.roles.id, versions or {}) for one in form.tables("recorded"))
        self.verdicts = replace(self.verdicts, forms=forms)
        self.recorded_fields = self.verdicts.fields

    def sets(self) -> dict[str, str]:
        """Name the sets of this split as files of verdicts do, each with what its items' ids begin with."""
        return {"": ""}

    def recorded(self, source: Source, column: str | None, items: Mapping[str, Item]) -> Recording:
        """Read the verdicts of one judge from a file of a form that the card describes."""
        if not self.verdicts.forms:
            return super().recorded(source, column, items)
        return self.verdicts.open(source, self.sets()).recording(column, items, self.turned)

    def judges(self, source: Source) -> Mapping[str, str]:
        """Name the judges that a file of such a form holds."""
        if not self.verdicts.forms:
            return super().judges(source)
        return {name: name for name in self.verdicts.open(source, self.sets()).judges}
