"""A benchmark's own files of recorded verdicts, of forms that its card describes.

Each ``[[form.recorded]]`` of a card is a form; a file is read by the first one that it fits. Columns may be dotted
names (`judgebench.files.paths`); where a row holds a pair in several versions, ``verdict``, ``second``, ``text`` and
``second_text`` are tables of columns by version::

    [[form.recorded]]
    path = "{judge}/result.json"       # how the file's own path ends, and what is named in it
    records = ["results"]              # one object holds its rows in lists; keyed = true: under their numbers
    judge = "{model} {prompt}"         # who judged, of columns and of what the path names; by default {judge}, or the
                                       # file's name
    wide = ["GPT*"]                    # or each column that matches is a judge's
    verdict = "winner"                 # or scores, pattern ...: how verdicts are said (see `sayings`)
    scores = "score_{answer}"          # of versions: the columns of the answers' scores, by those of the answers;
                                       # beside a verdict only what is kept with it
    text = "said"                      # the judge's words, of a column or several; by default those of the verdict
    second = "winner_swap"             # the verdict with the answers swapped, and second_text its words; scores are
                                       # the answers'. second_in = "own": the file has turned the verdict back
    second_file = "{stem}-swap.jsonl"  # or the file with the answers swapped, if it is there; {stem} and {suffix} are
                                       # those of the first
    shown = ["first", "second"]        # the answers, or their systems, in the order in which the judge saw them;
                                       # without it they are in the data's order
    id = ["question_id"]               # the columns that name the item; by default those that name it in the data
    position = "idx"                   # or the item's place in the data, from 0; by default rows are in that order
    set = "subset"                     # the column that says whose split a row is (the split's set says its name)
    label = "label"                    # its gold label, which must be the task's
"""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from fnmatch import fnmatchcase
from typing import TYPE_CHECKING

from judgebench.files.rows import leads_nowhere
from judgebench.files.toml import TomlTable
from judgebench.tasks.forms import filled, one_of
from judgebench.tasks.readers.sayings import Saying
from judgebench.tasks.texts import named_by

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence
    from pathlib import Path

    from judgebench.domain import Scale
    from judgebench.files.records import Row
    from judgebench.tasks.sources import Source

#: Column of a row's number, by which it is known where nothing names it.
NUMBER = "#"
_PLACE = re.compile(r"\{(\w+)\}")
_COLUMN = re.compile(r"\{([^{}]+)\}")
_ANSWER = "{answer}"
#: What a card says once of the verdicts of all versions.
_SHARED = ("lowest", "pattern", "match", "words")


@dataclass(frozen=True, slots=True)
class Form:
    """One form; what is by version has one that is empty where a row holds one pair."""

    verdict: Mapping[str, Saying]
    second: Mapping[str, Saying]
    text: Mapping[str, tuple[str, ...]]
    second_text: Mapping[str, tuple[str, ...]]
    beside: Saying | None
    label: Saying | None
    id: tuple[str, ...]
    second_in: str = one_of("shown", "own")
    second_file: str = ""
    path: str = ""
    judge: str = ""
    wide: tuple[str, ...] = ()
    records: tuple[str, ...] = ()
    keyed: bool = False
    shown: tuple[str, ...] = ()
    position: str = ""
    set: str = ""

    @classmethod
    def of(cls, table: TomlTable, scale: Scale, ids: tuple[str, ...], versions: Mapping[str, tuple[str, ...]]) -> Form:
        """Read a form of a card; ``ids`` are the columns that name the items in the data."""
        names = tuple(versions) or ("",)
        shared = {key: table.data.pop(key) for key in _SHARED if key in table.data}

        def saying(verdict: str = "", scores: Sequence[str] = ()) -> Saying:
            own = {**shared, **({"scores": list(scores)} if scores else {}), "verdict": verdict}
            found = Saying.take(TomlTable(own, table.file, table.where))
            found.check(scale, table, judged=True)
            return found

        verdict, second, text, second_text = (
            _by_version(table, key, names) for key in ("verdict", "second", "text", "second_text")
        )
        for key, found_in in (("verdict", verdict), ("second", second)):
            if any(len(columns) != 1 for columns in found_in.values()):
                table.fail(key, "name one column")
        scores, label = table.names("scores"), table.text("label", "")
        if not (verdict or scores or "wide" in table.data):
            table.fail("verdict", "say where the verdicts are: scores, verdict, or wide")
        if _ANSWER in "".join(scores) and not versions:
            table.fail("scores", f"{_ANSWER} stands for the columns of a version's answers, and there are no versions")
        of = {
            name: [one.replace(_ANSWER, answer) for one in scores for answer in versions.get(name, ("",))]
            if _ANSWER in "".join(scores)
            else scores
            for name in names
        }
        found = filled(
            cls,
            table,
            verdict={name: saying(verdict[name][0]) if verdict else saying(scores=of[name]) for name in names},
            second={name: saying(columns[0]) for name, columns in second.items()},
            text=text,
            second_text=second_text,
            beside=saying(scores=scores) if verdict and scores else None,
            label=Saying(verdict=label, words=saying().words) if label else None,
            id=table.names("id") or ids,
        )
        table.done()
        if found.shown and len(found.shown) != 2:
            table.fail("shown", f"expected the fields of two answers, got {len(found.shown)}")
        return found

    @property
    def columns(self) -> list[str]:
        """The columns without which a file is of another form."""
        found = [column for saying in self.verdict.values() for column in saying.columns]
        whose = [name for name in _COLUMN.findall(self.judge) if name not in _PLACE.findall(self.path)]
        return [*found, *whose, *filter(None, (self.position, self.set))]

    def fits(self, rows: Sequence[Row]) -> bool:
        """Whether rows are of this form: one of them has all of its columns."""
        return any(all(not leads_nowhere(row, name) for name in self.columns) for row in rows)

    def named(self, path: Path) -> Mapping[str, str] | None:
        """Say what the path of a file of this form names; None where it is of another."""
        bare = path.name.removesuffix(".gz").removesuffix(path.suffix)
        own = {"stem": bare, "suffix": "" if path.suffix == ".gz" else path.suffix}
        if not self.path:
            return own
        # The end of a path, with or without ``.gz``.
        parts = _PLACE.split(self.path)
        regex = "".join(f"(?P<{part}>[^/]+)" if at % 2 else re.escape(part) for at, part in enumerate(parts))
        found = re.search(rf"(?:^|/){regex}(?:\.gz)?$", path.as_posix())
        return None if found is None else own | found.groupdict()

    def rows(self, source: Source, where: Mapping[str, str]) -> list[Row]:
        """Give the rows of a file that are read."""
        return [one for row in source.rows() for one in self._rows(row) if fits(one.data, where)]

    def _rows(self, row: Row) -> Iterator[Row]:
        """Give a row, or those that an object holds, each with what the object says of all."""
        if self.keyed:
            for number, one in row.data.items():
                yield _inner(row, one, {NUMBER: number}, number)
            return
        names = [name for name in self.records if isinstance(row.data.get(name), list)]
        if not names:
            yield row
        around = {name: value for name, value in row.data.items() if name not in names}
        for name in names:
            for one in row.data[name]:
                yield _inner(row, one, around, name)

    def second_of(self, named: Mapping[str, str]) -> str:
        """Name the file of the swapped games of a file whose path names this; empty where the form has none."""
        return _PLACE.sub(lambda found: named[found[1]], self.second_file)

    def of_judge(self, row: Row, named: Mapping[str, str]) -> str:
        """Name the judge of a row; empty where nothing names it."""
        filled = _COLUMN.sub(lambda found: named.get(found[1]) or named_by(row, found[1]), self.judge)
        return filled or named.get("judge", "")

    def __str__(self) -> str:
        """Say what a file of this form has."""
        return f"{', '.join((*self.columns, *self.wide))}{f' in a file named {self.path}' if self.path else ''}"


def _by_version(table: TomlTable, key: str, versions: Sequence[str]) -> dict[str, tuple[str, ...]]:
    """Take columns, or those for each version; none where the card names none."""
    if key not in table.data:
        return {}
    if versions == ("",):
        return {"": table.names(key)}
    inner = table.table(key)
    found = {name: inner.names(name) for name in versions}
    for name in versions:
        if not found[name]:
            inner.fail(name, "this key is missing")
    inner.done()
    return found


def _inner(row: Row, data: object, around: Mapping[str, object], name: str) -> Row:
    if not isinstance(data, dict):
        row.fail("expected an object, the row of a verdict", name)
    return replace(row, data={**around, **data, **({NUMBER: around[NUMBER]} if NUMBER in around else {})})


def fits(data: Mapping[str, object], where: Mapping[str, str]) -> bool:
    """Whether a row has the cells that are asked for; a field that it lacks says nothing."""
    return all(fnmatchcase(str(data[name]), pattern) for name, pattern in where.items() if name in data)
