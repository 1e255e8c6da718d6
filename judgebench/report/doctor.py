"""The doctor: what a file is, in words for a person, and the commands that measure it."""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, NamedTuple, get_args

from judgebench.domain.shapes import COUNT, TEXT, TEXTS, ListOf, choice, maybe, record
from judgebench.labels.diagnose import Diagnosis, Form
from judgebench.report.document.blocks import Field, Notes, Sentences, Table, columns_of, grid, sheet
from judgebench.report.document.brief import MOST_NOTES, Brief, Next
from judgebench.report.document.model import Document
from judgebench.report.document.text import NONE, clean, cut, many, some
from judgebench.report.said import whole

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from judgebench.labels.facts import Reading
    from judgebench.labels.profile import Profile
    from judgebench.report.document.blocks import Block, Fields, Sheet

__all__ = ["Report"]

_FORMATS = {"csv": "CSV", "jsonl": "JSONL", "json": "JSON array", "parquet": "Parquet", "workbook": "workbook"}
_DELIMITERS = {",": "comma", ";": "semicolon", "\t": "tab", "|": "bar", " ": "blanks"}
_MOST_COLUMNS = 60
_MOST_WORDS = 6
#: Words whose shares fit a line of the brief table, and lines that it has.
_FEW_WORDS, _MOST_LINES = 3, 14
_NUMBER = re.compile(r"-?[0-9]{1,15}(?:\.[0-9]{1,15})?")
#: What holds labels.
_LABELS = frozenset({"judge", "gold", "label"})
_LONGEST_NAME = 120
_MEASURE = "Measure it:"
_ASK = "Ask a judge about it:"
_MAYBE = "If these assumptions are right, measure it:"
_OPEN = "Only you can say:"
_WHICH = "It can be read in {} ways, and only you can say which is right:"


class _Column(NamedTuple):
    column: Profile
    role: str | None
    why: str


_COLUMN = record(
    "column",
    name=(TEXT, lambda one: one.column.name),
    role=(maybe(TEXT), None, "What it is taken for."),
    missing=(COUNT, lambda one: one.column.missing),
    distinct=(COUNT, lambda one: one.column.distinct),
    labels=(maybe(TEXT), lambda one: one.column.kind or None, "The kind of labels that it holds."),
    why=(maybe(TEXT), lambda one: one.why or None, "On what grounds it is taken for that."),
)
_READING = record(
    "reading",
    what=(TEXT, lambda one: one[0].what, "What the table says then."),
    why=(TEXT, lambda one: one[0].why),
    command=(TEXT, lambda one: one[1], "What measures it so."),
)
_FIELDS: Fields[_Column] = (
    Field("column", lambda one: one.column.name, right=False),
    Field("taken for", lambda one: one.role or "", right=False),
    Field("holds", lambda one: _holds(one.column), right=False),
    Field("because", lambda one: one.why, right=False),
)


@dataclass(frozen=True, slots=True, repr=False)
class Report(Document):
    """A diagnosis that prints itself."""

    diagnosis: Diagnosis

    SCHEMA = "judgebench.doctor/1"
    SHAPE = record(
        "",
        "What a file is, and the commands that measure it.",
        path=(TEXT, lambda one: one.diagnosis.path),
        form=(choice(*get_args(Form)), lambda one: one.diagnosis.form),
        title=(TEXT, lambda one: one.diagnosis.title),
        format=(TEXT, lambda one: one.diagnosis.format),
        rows=(COUNT, lambda one: one.diagnosis.rows),
        columns=ListOf(_COLUMN),
        notes=(TEXTS, lambda one: one.diagnosis.notes),
        questions=(TEXTS, lambda one: one.diagnosis.questions, "What only a person can say."),
        readings=(
            ListOf(_READING),
            lambda one: one.readings,
            "Ways to read the table, all of which work; where there are several, only a person can choose.",
        ),
        commands=TEXTS,
    )

    def brief(self) -> Brief:
        found, here = self.diagnosis, f"{self.diagnosis.path}:"
        said = [*found.questions, *(note for note in found.notes if not _is_aside(note, found))]
        placed = re.compile(rf"^{re.escape(here)}(?:(\d+):)? ")
        said = [placed.sub(lambda at: f"Line {at[1]}: " if at[1] else "", one) for one in said]
        if len(said) > MOST_NOTES:
            said[MOST_NOTES - 1 :] = [f"{many(len(said) - MOST_NOTES + 1, 'more remark')}: --explain"]
        table = grid(_SHOWN, _lines(self.columns)) if found.format else None
        return Brief((self._answer(),), table, tuple(said), tuple(self._next()))

    def _answer(self) -> str:
        """Say what it is, and whether it can be measured."""
        found = self.diagnosis
        several = len(found.readings) > 1
        what = _NAMES_IN_BRACKETS.sub("", found.title)
        rows = many(found.rows, "row") if found.whole else f"more than {found.rows:,} rows"
        head = (rows if several else f"{rows}: {what}") if found.format else f"{found.path} is {what}"
        if several:
            ready = f"This can be read in {len(found.readings)} ways, and only you can say which is right."
        elif found.first:
            ready = "run asks a judge about them"
            ready += "; humans holds the people against each other." if found.readings else "."
        elif found.readings:
            ready = "Ready to measure, if these assumptions are right." if found.questions else "Ready to measure."
        elif found.texts or found.form == "items":
            ready = "A judge can be asked about them." if found.commands else "Before a judge can be asked, say more:"
        else:
            ready = "" if found.commands else "It can't be measured as it is."
        return f"{head}. {ready}".strip()

    def _next(self) -> Iterator[Next]:
        yield from map(Next, self.diagnosis.first)
        several, same = len(self.readings) > 1, len({one.what for one, _ in self.readings}) == 1
        for one, command in self.readings:
            why = one.why if same else f"{one.what}{f' ({one.why})' if one.why else ''}"
            yield Next(command, why if several else "")
        yield from map(Next, self.diagnosis.commands[len(self.readings) :])

    @property
    def commands(self) -> tuple[str, ...]:
        """The commands that measure the file, or ask a judge about it."""
        return (*self.diagnosis.first, *self.diagnosis.commands)

    @property
    def readings(self) -> list[tuple[Reading, str]]:
        """Ways to read the file, each with its command."""
        return list(zip(self.diagnosis.readings, self.diagnosis.commands, strict=False))

    @property
    def columns(self) -> list[_Column]:
        """Columns, and what they are taken for."""
        found = self.diagnosis
        return [_Column(one, found.roles.get(one.name), found.why.get(one.name, "")) for one in found.columns]

    def unwrapped(self, *, explain: bool) -> list[str] | None:
        if not explain:
            return None
        found = self.diagnosis
        lines = self.sentences()
        if found.format:
            lines += ["", *_columns(self.columns)]
        if found.notes:
            lines += ["", *(f"- {note}" for note in found.notes)]
        if found.questions:
            lines += ["", _OPEN, *(f"- {text}" for text in found.questions)]
        for head, commands in self._parts():
            lines += ["", head, *(f"  {command}" for command in commands)]
        return lines

    def _parts(self) -> Iterator[tuple[str, list[str]]]:
        """Headings, and the commands below them; with a line before each where there are several readings."""
        found = self.diagnosis
        several = len(found.readings) > 1
        if found.first:
            yield _ASK, list(found.first)
        if found.readings:
            measured: list[str] = []
            for one, command in self.readings:
                measured += [f"# {one.what}{f' ({one.why})' if one.why else ''}"] if several else []
                measured.append(command)
            yield _WHICH.format(len(found.readings)) if several else (_MAYBE if found.questions else _MEASURE), measured
        if rest := list(found.commands[len(found.readings) :]):
            yield (_MEASURE if found.form != "items" and not found.texts else _ASK), rest

    def sheet(self) -> Sheet:
        return sheet(columns_of(_COLUMN, "name role missing distinct labels why"), self.columns)

    def blocks(self) -> Iterator[Block]:
        found = self.diagnosis
        texts = [
            f"{found.path}: {found.title}"
            if len(found.readings) < 2
            else f"{found.path}: a table with several readings"
        ]
        if found.format:
            cut = f", cut at {_DELIMITERS.get(found.delimiter, repr(found.delimiter))}" if found.delimiter else ""
            rows = f"{found.rows:,} rows" if found.whole else f"more than {found.rows:,} rows, of which these are told"
            texts.append(f"{_FORMATS.get(found.format, found.format)}{cut}, {rows}, {len(found.columns)} columns")
        yield Sentences(tuple(texts))
        if found.format:
            yield Table(grid(_FIELDS, self.columns))
        if found.notes:
            yield Notes(found.notes)
        if found.questions:
            yield _OPEN
            yield Notes(found.questions)
        for head, commands in self._parts():
            yield head
            yield Notes(tuple(commands))


#: Names of people and judges that a title lists.
_NAMES_IN_BRACKETS = re.compile(r" \([^()]{40,}\)")
#: From so many columns on that are taken for one thing they share a line.
_SHARED = 3


class _Line(NamedTuple):
    """A line of the brief table: one column, or several that are taken for the same."""

    columns: Sequence[_Column]

    @property
    def name(self) -> str:
        names = [one.column.name for one in self.columns]
        return some(names, 2) if len(names) > 1 else names[0]

    @property
    def role(self) -> str:
        role = self.columns[0].role
        several = len(self.columns) > 1
        return {
            None: "left aside",
            "gold": "people" if several else "gold",
            "answers": "answers" if several else "answer",
            "judge": "judges" if several else "judge",
        }.get(role, role or "")

    @property
    def values(self) -> str:
        said = list(dict.fromkeys(_values(one) for one in self.columns))
        return said[0] if len(said) == 1 else ""

    @property
    def missing(self) -> str:
        found = sorted(one.column.missing for one in self.columns)
        if not found[-1]:
            return NONE
        return f"{found[0]:,} to {found[-1]:,}" if found[0] != found[-1] else f"{found[0]:,}"


_SHOWN: Fields[_Line] = (
    Field("column", lambda one: one.name, right=False),
    Field("taken as", lambda one: one.role, right=False),
    Field("values", lambda one: one.values, right=False),
    Field("missing", lambda one: one.missing, right=False),
)


def _lines(columns: Sequence[_Column]) -> list[_Line]:
    """Put columns that are taken for the same in one line, where they are many; what is left aside comes last."""
    alike: dict[tuple[str | None, bool], list[_Column]] = {}
    for one in columns:
        # People label some items each, programs all.
        alike.setdefault((one.role, one.role in _LABELS and one.column.missing > 0), []).append(one)
    lines: list[_Line] = []
    for (role, _), same in sorted(alike.items(), key=lambda item: item[0][0] is None):
        shared = len(same) > _SHARED and (role in _LABELS or role is None or len(columns) > _MOST_LINES)
        lines += [_Line(same)] if shared else [_Line([one]) for one in same]
    return lines[:_MOST_LINES]


def _values(one: _Column) -> str:
    """Say briefly what a column holds: the ends of a range, a few words with their shares, or how many there are."""
    column = one.column
    labels = one.role in _LABELS or column.kind in {"check", "pair", "labels"}
    numbers = [float(word) for word, _ in column.words if _NUMBER.fullmatch(word.strip())] if labels else []
    if len(numbers) == len(column.words) > _FEW_WORDS:
        return f"{min(numbers):g} to {max(numbers):g}"
    if labels and column.filled and column.words and column.distinct <= _FEW_WORDS:
        return ", ".join(f"{word.strip()} {whole(count / column.filled)}" for word, count in column.words)
    return _holds(replace(column, missing=0, rows=column.filled, kind="")) if column.filled else "empty"


def _is_aside(note: str, found: Diagnosis) -> bool:
    """Whether a remark changes nothing of what is done next."""
    return note.startswith(("known by its shape:", "to ask a judge")) and bool(found.readings)


def _columns(columns: Sequence[_Column]) -> list[str]:
    shown = columns[:_MOST_COLUMNS]
    names = [clean(cut(one.column.name, _LONGEST_NAME)) for one in shown]
    width = max(map(len, names), default=0)
    wide = max((len(one.role or "") for one in shown), default=7)
    lines = [
        f"  {name:<{width}}  {one.role or '':<{wide}}  {_holds(one.column)}{why}".rstrip()
        for name, one in zip(names, shown, strict=True)
        for why in [f"  [{one.why}]" if one.why else ""]
    ]
    if len(columns) > len(shown):
        lines.append(f"  … and {len(columns) - len(shown)} more columns")
    return lines


def _holds(column: Profile) -> str:
    gaps = f", {column.missing:,} missing" if column.missing else ""
    if not column.filled:
        return "empty"
    if column.kind and column.kind != "decimals" and column.distinct <= 2 * _MOST_WORDS:
        # Shares of the filled cells: the base rates that kappa hangs on.
        words = ", ".join(f"{word.strip()} {count / column.filled:.1%}" for word, count in column.words[:_MOST_WORDS])
        more = f" and {column.distinct - _MOST_WORDS} more" if column.distinct > _MOST_WORDS else ""
        return f"{words}{more}{gaps}"
    if column.distinct == 1 and column.words and column.length <= 40:
        return f"always {column.words[0][0].strip()}{gaps}"
    what = "texts" if column.length > 40 else "numbers" if column.kind == "decimals" else "values"
    return f"{column.distinct:,} different {what}{gaps}"
