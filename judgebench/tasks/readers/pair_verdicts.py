"""Files of recorded verdicts on pairs, of a form that a card describes.

Each ``[[form.recorded]]`` of a card is a form; a file is read by the first one that it fits. Columns may be dotted
names (`judgebench.files.paths`).

- ``verdict``: the column of the verdict, or a column by version; ``second``: the one of the game with the answers
  swapped, ``second_file`` its file where it has one of its own; ``second_in = "own"`` where it was turned back to the
  pair's own order; ``words``: what verdicts mean: A, tie, B, or right and wrong, and an empty word that there is none;
- ``scores``: two columns of scores, or one that holds both; ``score = "score_{answer}"``, instead of a verdict: the
  column of each answer's score by that of the answer;
- ``text``, ``second_text``: the judge's words;
- ``position``: the pair's number in its file, from 0 (without it, rows are in the order of the pairs), or ``id``;
  ``label``: its gold label, which must be the task's; ``set``: the column that says whose split a row is;
- ``judge``: who judged, ``"{model} {prompt}"`` of columns and of what ``path`` found, ``"{model}/result.json"``, in the
  file's own path.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Self

from judgebench.domain import Reply, Status
from judgebench.errors import DataError, UsageError
from judgebench.files.content import find
from judgebench.files.paths import ABSENT, inside, split
from judgebench.files.rows import value_of
from judgebench.files.table import cell
from judgebench.tasks.recordings import Recording, stem
from judgebench.tasks.sources import file_source

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping, Sequence

    from judgebench.domain import Code, Item, Scale
    from judgebench.files.records import Row
    from judgebench.tasks.card import Table
    from judgebench.tasks.recordings import Replies
    from judgebench.tasks.sources import Source

_PLACE = re.compile(r"\{(\w+)\}")
_ORDER, _SWAPPED = (0, 1), (1, 0)
_RIGHT, _WRONG = "right", "wrong"


@dataclass(frozen=True, slots=True)
class Form:
    """One form; columns are by version, which is empty where a row holds one pair."""

    verdict: Mapping[str, str]
    second: Mapping[str, str]
    text: Mapping[str, str]
    second_text: Mapping[str, str]
    scores: Mapping[str, tuple[str, ...]]
    by_score: bool
    turned_back: bool
    words: Mapping[str, str]
    second_file: str
    position: str
    id: str
    label: str
    set: str
    judge: str
    path: str

    @classmethod
    def of(cls, table: Table, versions: Mapping[str, tuple[str, ...]]) -> Self:
        """Read a form of a card."""
        names = tuple(versions) or ("",)
        words = table.table("words")
        score, scores = table.text("score", ""), table.names("scores")
        if score and not versions:
            table.fail(
                "score", "it is named by the columns of the answers of each version; without versions say scores"
            )
        found = cls(
            verdict={} if score else _by_version(table, "verdict", names),
            second=_by_version(table, "second", names) if "second" in table.data else {},
            text=_by_version(table, "text", names) if "text" in table.data else {},
            second_text=_by_version(table, "second_text", names) if "second_text" in table.data else {},
            scores={
                name: tuple(score.format(answer=one) for one in versions[name]) if score else scores for name in names
            },
            by_score=bool(score),
            turned_back=table.choice("second_in", ("shown", "own"), "shown") == "own",
            words={word.casefold(): words.text(word, "") for word in tuple(words.data)},
            second_file=table.text("second_file", ""),
            position=table.text("position", ""),
            id=table.text("id", ""),
            label=table.text("label", ""),
            set=table.text("set", ""),
            judge=table.text("judge", ""),
            path=table.text("path", ""),
        )
        table.done()
        return found

    @property
    def columns(self) -> list[str]:
        """The columns without which a file is of another form."""
        found = [*self.verdict.values(), *(one for names in self.scores.values() for one in names if self.by_score)]
        return [*found, *filter(None, (self.position, self.id, self.set))]

    def fits(self, row: Row, path: Path) -> Mapping[str, str] | None:
        """Say what the path of a file of this form names; None where it is of another."""
        named = _match(self.path, path) if self.path else {}
        return named if named is not None and all(_has(row, name) for name in self.columns) else None

    def __str__(self) -> str:
        """Say what a file of this form has."""
        return f"{', '.join(self.columns)}{f' in a file named {self.path}' if self.path else ''}"


@dataclass(frozen=True, slots=True)
class Forms:
    """The forms that a card describes."""

    forms: tuple[Form, ...]

    @classmethod
    def of(cls, form: Table, versions: Mapping[str, tuple[str, ...]]) -> Self:
        """Read them all."""
        return cls(tuple(Form.of(one, versions) for one in form.tables("recorded")))

    @property
    def fields(self) -> frozenset[str]:
        """Fields of files of these forms, none of which has one of the data's."""
        return frozenset(column.partition(".")[0] for form in self.forms for column in form.columns)

    def open(self, source: Source, sets: Mapping[str, str], task: str) -> File:
        """Read a file by the first form that it fits; ``sets`` are those of the split, with what its ids begin with."""
        if not self.forms:
            raise UsageError(f"{source.name}: {task} has no file of verdicts; replay one of your own (id, verdict)")
        rows = list(source.rows())
        for form in self.forms:
            named = form.fits(rows[0], Path(source.name))
            if named is not None:
                return File.of(form, source, rows, sets, named)
        return rows[0].fail(f"these are no verdicts on {task}: expected {'; or '.join(map(str, self.forms))}")


@dataclass(slots=True)
class _Game:
    """A row of verdicts, the one of its second game, and which pair it is about."""

    row: Row
    then: Row
    set: str
    number: int


@dataclass(slots=True)
class File:
    """A file of verdicts, by judge."""

    name: str
    form: Form
    sets: Mapping[str, str]
    two: bool
    games: dict[str, list[_Game]] = field(default_factory=dict[str, "list[_Game]"])

    @property
    def judges(self) -> Collection[str]:
        """Whose verdicts it holds."""
        return self.games.keys()

    @classmethod
    def of(
        cls, form: Form, source: Source, rows: Sequence[Row], sets: Mapping[str, str], named: Mapping[str, str]
    ) -> Self:
        """Tell its rows apart by judge, and leave out those of other splits."""
        second = _second(form, source, len(rows), named) if form.second_file else None
        file = cls(source.name, form, sets, two=bool(form.second) or second is not None)
        if not form.set and len(sets) > 1:
            raise UsageError(f"{source.name} is about one of {', '.join(sets)}: ask for that split")
        only = next(iter(sets))
        counted: dict[tuple[str, str], int] = {}
        elsewhere: dict[str, None] = {}
        for row, then in zip(rows, rows if second is None else second, strict=True):
            of_set = cell(value_of(row, form.set)) if form.set else only
            if of_set not in sets:
                elsewhere[of_set] = None
                continue
            judge = _filled(form.judge, row, named) or named.get("judge") or stem(Path(source.name))
            number = counted[judge, of_set] = counted.get((judge, of_set), -1) + 1
            file.games.setdefault(judge, []).append(_Game(row, then, of_set, _position(form, row, number)))
        if not file.games:
            raise DataError(
                f"holds no verdicts on {', '.join(sets)}, only on {', '.join(elsewhere)}",
                file=source.name,
                field=form.set,
            )
        return file

    def recording(
        self, asked: str | None, items: Mapping[str, Item], scale: Scale, turned: Collection[str]
    ) -> Recording:
        """Read one judge's verdicts; ``turned`` are items whose first answer is the file's second one."""
        judge = next(iter(self.games)) if asked is None and len(self.games) == 1 else asked
        if judge is None or judge not in self.games:
            said = "name the judge" if asked is None else f"{asked!r} is not a judge of it"
            raise UsageError(f"{self.name}: {said}; there are: {', '.join(self.games)}")
        pairs = self._pairs(items)
        replies: Replies = {}
        for game in self.games[judge]:
            base = self._pair(game, pairs[game.set])
            for version in self.form.scores:
                name = f"{base}/{version}" if version else base
                if name not in items:
                    game.row.fail(f"pair {name!r} is not in the data: another version, or another split?", self.form.id)
                order = _SWAPPED if name in turned else _ORDER
                if (name, order) in replies:
                    game.row.fail(
                        f"pair {name!r} appears twice for {judge}", self.form.id or self.form.position or None
                    )
                self._check(game.row, items[name], order, scale)
                replies[name, order] = self._reply(game.row, version, items[name], order, scale, first=True)
                if self.two:
                    back = order[::-1]
                    replies[name, back] = self._reply(game.then, version, items[name], back, scale, first=False)
        return Recording(judge, replies, tuple(sorted({order for _, order in replies})))

    def _pairs(self, items: Mapping[str, Item]) -> dict[str, list[str]]:
        """List the pairs of each set in their order."""
        first = next(iter(self.form.scores))
        suffix = f"/{first}" if first else ""
        bases = [name.removesuffix(suffix) for name in items if name.endswith(suffix)]
        return {of: [name for name in bases if name.startswith(prefix)] for of, prefix in self.sets.items()}

    def _pair(self, game: _Game, pairs: Sequence[str]) -> str:
        if self.form.id:
            return f"{self.sets[game.set]}{game.row.name(self.form.id)}"
        if game.number >= len(pairs):
            game.row.fail(
                f"this is about pair {game.number}, counted from 0, and there are {len(pairs)}: another version?",
                self.form.position or None,
            )
        return pairs[game.number]

    def _check(self, row: Row, item: Item, order: tuple[int, ...], scale: Scale) -> None:
        if not self.form.label:
            return
        code = self._meant(row, self.form.label, scale, None)
        gold = item.gold[0].code
        if code is None or gold is None or code != scale.undo(gold, order):
            row.fail(f"the label isn't the one of pair {item.id!r} in the data: another version?", self.form.label)

    def _reply(self, row: Row, version: str, item: Item, order: tuple[int, ...], scale: Scale, *, first: bool) -> Reply:
        form = self.form
        scores = _scores(row, form.scores[version])
        if form.by_score:
            return _by_score(row, form.scores[version], scores, scale)
        # In a file of its own the second game has the columns of the first.
        own = form.second if not first and form.second else form.verdict
        texts = form.second_text if not first and form.second else form.text
        gold = item.gold[0].code
        code = self._meant(row, own[version], scale, None if gold is None else scale.undo(gold, order))
        if code is not None and not first and form.turned_back:
            code = scale.undo(code, _SWAPPED)
        if not first:
            scores = scores[::-1]
        text = cell(value_of(row, texts[version])) if version in texts else ""
        said = cell(value_of(row, own[version]))
        if code is None:
            return Reply(Status.UNPARSED, scores=scores, text=text, error=f"verdict {said!r}" if said else "no verdict")
        return Reply.ok(code, scores=scores, text=text or said)

    def _meant(self, row: Row, column: str, scale: Scale, gold: Code | None) -> Code | None:
        """Read a verdict; None where there is none."""
        if not _has(row, column):
            row.require(column.partition(".")[0])
            row.fail("there is nothing at this place in it", column)
        said = cell(value_of(row, column)).strip()
        meaning = self.form.words.get(said.casefold(), said)
        if not meaning:
            return None
        if meaning in {_RIGHT, _WRONG} and gold is not None:
            return gold if meaning == _RIGHT else scale.undo(gold, _SWAPPED)
        code = scale.code(meaning)
        if code is None:
            known = ", ".join((*self.form.words, *scale.labels))
            row.fail(f"{said!r} is not a verdict; expected one of {known}, or nothing", column)
        return code


def _by_version(table: Table, key: str, versions: Sequence[str]) -> dict[str, str]:
    """Take a column, or one for each version."""
    if versions == ("",):
        return {"": table.text(key)}
    inner = table.table(key)
    found = {name: inner.text(name) for name in versions}
    inner.done()
    return found


def _has(row: Row, column: str) -> bool:
    at = split(column, row.data)
    return at is not None and inside(row.data[at[0]], at[1]) is not ABSENT


def _match(pattern: str, path: Path) -> dict[str, str] | None:
    """Match the end of a path, with or without ``.gz``, with a pattern such as ``{judge}/result.json``."""
    parts = _PLACE.split(pattern)
    regex = "".join(f"(?P<{part}>[^/]+)" if at % 2 else re.escape(part) for at, part in enumerate(parts))
    found = re.search(rf"(?:^|/){regex}(?:\.gz)?$", path.as_posix())
    return None if found is None else found.groupdict()


def _filled(pattern: str, row: Row, named: Mapping[str, str]) -> str:
    return _PLACE.sub(lambda found: named.get(found[1]) or row.name(found[1]), pattern)


def _position(form: Form, row: Row, number: int) -> int:
    if not form.position:
        return number
    said = row.name(form.position)
    return int(said) if said.isdecimal() else row.fail(f"expected a number from 0, got {said!r}", form.position)


def _second(form: Form, source: Source, rows: int, named: Mapping[str, str]) -> list[Row] | None:
    """Read the file of the swapped games, if it is there."""
    name = _PLACE.sub(lambda found: named[found[1]], form.second_file)
    path = None if source.folder is None else find(source.folder, name)
    if path is None:
        return None
    found = list(file_source(path).rows())
    if len(found) != rows:
        raise DataError(f"{len(found)} rows, and {source.name} has {rows}: not the same pairs", file=str(path))
    return found


def _scores(row: Row, columns: Sequence[str]) -> tuple[float, ...]:
    """Read two scores; none where they are no numbers."""
    values = [value_of(row, name) for name in columns]
    if len(values) == 1 and isinstance(values[0], list):
        values = values[0]
    try:
        scores = tuple(float(value) for value in values)
    except (TypeError, ValueError):
        return ()
    return scores if len(scores) == len(_ORDER) and all(abs(score) < float("inf") for score in scores) else ()


def _by_score(row: Row, columns: Sequence[str], scores: tuple[float, ...], scale: Scale) -> Reply:
    if not scores:
        row.fail(f"expected two numbers in {' and '.join(columns)}", columns[0])
    if scores[0] == scores[1]:
        if scale.tie is None:
            return Reply(Status.UNPARSED, scores=scores, error="equal scores")
        return Reply.ok(scale.tie, scores=scores)
    return Reply.ok(0 if scores[0] > scores[1] else len(scale.values) - 1, scores=scores)
