"""How a file is cut into cells, where its content alone doesn't say."""

from __future__ import annotations

from dataclasses import dataclass, fields, replace
from typing import TYPE_CHECKING, Any, Literal, TypeAlias

from judgebench.errors import UsageError, argument

if TYPE_CHECKING:
    from judgebench.files.content import Format

#: What becomes of rows whose id another of several joined files lacks.
Unmatched: TypeAlias = Literal["drop", "keep"]

#: What can be said of a file of a format.
_FITS: dict[Format, frozenset[str]] = {
    "csv": frozenset({"delimiter", "header", "skip", "drop_last"}),
    "json": frozenset({"records", "drop_last"}),
    "jsonl": frozenset({"records", "drop_last"}),
    "parquet": frozenset({"drop_last"}),
    "workbook": frozenset({"sheet", "header", "skip", "drop_last"}),
}


@dataclass(frozen=True, slots=True)
class Opening:
    """What a person said of a file; by default everything is found out.

    ``header`` counts rows of column names (0: none, and the columns are 1, 2, 3, …; of several the first names the
    columns), ``skip`` lines above it, ``drop_last`` rows at the end that are not part of it. ``records`` is the path
    of the rows inside one JSON object, empty for its top; ``sheet`` one of a workbook. ``unmatched`` is about several
    files (`judgebench.files.joined`).
    """

    delimiter: str | None = None
    header: int | None = None
    skip: int = 0
    drop_last: int = 0
    records: str | None = None
    sheet: str | None = None
    unmatched: Unmatched | None = None

    def __post_init__(self) -> None:
        for name, least in (("header", 0), ("skip", 0), ("drop_last", 0)):
            value = getattr(self, name)
            if value is not None and value < least:
                raise UsageError(f"{argument(name)} is a number of rows, got {value}")

    def said(self) -> list[str]:
        """Name what was said."""
        return [one.name for one in fields(self) if getattr(self, one.name) != one.default and one.name != "unmatched"]

    def fitting(self, format: Format) -> Opening:  # noqa: A002 - the word for it
        """Keep what can be said of a format: several files are opened with the same words."""
        idle: dict[str, Any] = {name: None for name in self.said() if name not in _FITS[format]}
        return replace(self, **idle | {name: 0 for name in idle if name in {"skip", "drop_last"}})

    def check(self, name: str, format: Format) -> None:  # noqa: A002 - the word for it
        """Refuse what can't be said of a format; UsageError."""
        if foreign := [word for word in self.said() if word not in _FITS[format]]:
            raise UsageError(f"{name} is {format}: it has no {foreign[0].replace('_', '-')}")
