"""The doctor: what a file is, in words for a person, and the commands that measure it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from judgebench.labels.diagnose import Diagnosis, diagnose
from judgebench.labels.known import KNOWN, Known

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from judgebench.labels.profile import Profile

__all__ = ["Report", "doctor"]

_FORMATS = {"csv": "CSV", "jsonl": "JSONL", "json": "JSON array", "parquet": "Parquet"}
_DELIMITERS = {",": "comma", ";": "semicolon", "\t": "tab", "|": "bar"}
_MOST_COLUMNS = 60
_MOST_WORDS = 6


@dataclass(frozen=True, slots=True)
class Report:
    """A diagnosis that prints itself.

    Parameters
    ----------
    diagnosis : Diagnosis
        What was found.
    """

    diagnosis: Diagnosis

    @property
    def commands(self) -> tuple[str, ...]:
        """The commands that measure the file."""
        return self.diagnosis.commands

    def lines(self) -> list[str]:
        """Lines for a person."""
        found = self.diagnosis
        lines = [f"{found.path}: {found.title}"]
        if found.format:
            cut = f", cut at {_DELIMITERS.get(found.delimiter, repr(found.delimiter))}" if found.delimiter else ""
            lines.append(f"{_FORMATS[found.format]}{cut}, {found.rows:,} rows, {len(found.columns)} columns")
            lines += ["", *_columns(found)]
        if found.notes:
            lines += ["", *(f"- {note}" for note in found.notes)]
        if found.commands:
            lines += ["", "Measure it:", *(f"  {command}" for command in found.commands)]
        return lines

    def to_json(self) -> dict[str, Any]:
        """Plain JSON."""
        found = self.diagnosis
        return {
            "path": found.path,
            "form": found.form,
            "title": found.title,
            "format": found.format,
            "rows": found.rows,
            "columns": [
                {
                    "name": column.name,
                    "role": found.roles.get(column.name),
                    "missing": column.missing,
                    "distinct": column.distinct,
                    "labels": column.kind or None,
                }
                for column in found.columns
            ],
            "notes": list(found.notes),
            "commands": list(found.commands),
        }

    def __str__(self) -> str:
        """Lines for a person, joined."""
        return "\n".join(self.lines())


def doctor(path: Path | str, known: Sequence[Known] = KNOWN) -> Report:
    """Say what a file is and which commands measure it.

    Parameters
    ----------
    path : Path or str
        A label file, a benchmark's file, a run, or a folder of these.
    known : sequence of Known, optional
        The benchmark files that are known by their fields.

    Raises
    ------
    DataError
        If the file is missing or can't be read as a table.
    """
    return Report(diagnose(path, known))


def _columns(found: Diagnosis) -> list[str]:
    shown = found.columns[:_MOST_COLUMNS]
    width = max((len(column.name) for column in shown), default=0)
    lines = [
        f"  {column.name:<{width}}  {found.roles.get(column.name, ''):<7}  {_holds(column)}".rstrip()
        for column in shown
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
