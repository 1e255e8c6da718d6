"""The doctor: what a file is, in words for a person, and the commands that measure it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar, NamedTuple, get_args

from judgebench.domain.shapes import COUNT, TEXT, TEXTS, ListOf, choice, maybe, record
from judgebench.labels.diagnose import Diagnosis, Form
from judgebench.report.document.blocks import Field, Notes, Sentences, Table, grid, sheet
from judgebench.report.document.model import Document
from judgebench.report.document.text import clean, cut, listing

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

    from judgebench.labels.profile import Profile
    from judgebench.report.document.blocks import Block, Fields, Sheet

__all__ = ["Report"]

_FORMATS = {"csv": "CSV", "jsonl": "JSONL", "json": "JSON array", "parquet": "Parquet"}
_DELIMITERS = {",": "comma", ";": "semicolon", "\t": "tab", "|": "bar"}
_MOST_COLUMNS = 60
_MOST_WORDS = 6
_LONGEST_NAME = 120
_MEASURE = "Measure it:"


class _Column(NamedTuple):
    column: Profile
    role: str | None


#: What is told of a column; the flat table's columns, too.
_TOLD: Mapping[str, Callable[[_Column], str | float | None]] = {
    "name": lambda one: one.column.name,
    "role": lambda one: one.role,
    "missing": lambda one: one.column.missing,
    "distinct": lambda one: one.column.distinct,
    "labels": lambda one: one.column.kind or None,
}
_COLUMN = record(
    "column",
    name=(TEXT, _TOLD["name"]),
    role=(maybe(TEXT), _TOLD["role"], "What it is taken for."),
    missing=(COUNT, _TOLD["missing"]),
    distinct=(COUNT, _TOLD["distinct"]),
    labels=(maybe(TEXT), _TOLD["labels"], "The kind of labels that it holds."),
)
_FIELDS: Fields[_Column] = (
    Field("column", lambda one: one.column.name, right=False),
    Field("taken for", lambda one: one.role or "", right=False),
    Field("holds", lambda one: _holds(one.column), right=False),
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
        commands=TEXTS,
    )
    # A terminal shows a listing that wraps nothing, so that commands can be copied.
    MORE: ClassVar = {"table": lambda one: listing(one.lines())}

    @property
    def commands(self) -> tuple[str, ...]:
        """The commands that measure the file."""
        return self.diagnosis.commands

    @property
    def columns(self) -> list[_Column]:
        """Columns, and what they are taken for."""
        return [_Column(one, self.diagnosis.roles.get(one.name)) for one in self.diagnosis.columns]

    def lines(self) -> list[str]:
        """Lines for a terminal."""
        found = self.diagnosis
        lines = self.sentences()
        if found.format:
            lines += ["", *_columns(found)]
        if found.notes:
            lines += ["", *(f"- {note}" for note in found.notes)]
        if found.commands:
            lines += ["", _MEASURE, *(f"  {command}" for command in found.commands)]
        return lines

    def sheet(self) -> Sheet:
        return sheet(_TOLD, self.columns)

    def blocks(self) -> Iterator[Block]:
        found = self.diagnosis
        texts = [f"{found.path}: {found.title}"]
        if found.format:
            cut = f", cut at {_DELIMITERS.get(found.delimiter, repr(found.delimiter))}" if found.delimiter else ""
            texts.append(f"{_FORMATS[found.format]}{cut}, {found.rows:,} rows, {len(found.columns)} columns")
        yield Sentences(tuple(texts))
        if found.format:
            yield Table(grid(_FIELDS, self.columns))
        if found.notes:
            yield Notes(found.notes)
        if found.commands:
            yield _MEASURE
            yield Notes(found.commands)


def _columns(found: Diagnosis) -> list[str]:
    shown = found.columns[:_MOST_COLUMNS]
    names = [clean(cut(column.name, _LONGEST_NAME)) for column in shown]
    width = max(map(len, names), default=0)
    lines = [
        f"  {name:<{width}}  {found.roles.get(column.name, ''):<7}  {_holds(column)}".rstrip()
        for name, column in zip(names, shown, strict=True)
    ]
    if len(found.columns) > len(shown):
        lines.append(f"  … and {len(found.columns) - len(shown)} more columns")
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
