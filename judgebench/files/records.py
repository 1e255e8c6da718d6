"""A row as a record with named fields, which knows its place."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal, NoReturn, TypeAlias, TypeVar

from judgebench.errors import DataError

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

T = TypeVar("T")

#: What an error counts: lines of text, or rows.
Unit: TypeAlias = Literal["line", "row"]


def placed(
    message: str, file: str, line: int | None, unit: Unit, field: str | None = None, hint: str = ""
) -> DataError:
    """Build an error that says where."""
    if unit == "row" and line is not None:
        return DataError(f"row {line}: {message}", file=file, field=field, hint=hint)
    return DataError(message, file=file, line=line, field=field, hint=hint)


@dataclass(slots=True)  # a frozen one takes twice the time to make, and a large file has a million
class Row:
    """One row as it was published, with the file as the user would name it, or the hub id with its revision.

    ``line`` counts from 1; it is the row number for Parquet and the hub. ``data`` holds only strings where the file is
    a CSV. ``note`` is added to the message where a field is missing.
    """

    data: dict[str, Any]
    file: str
    line: int
    note: str = ""
    unit: Unit = "line"

    def fail(self, message: str, field: str | None = None, hint: str = "") -> NoReturn:
        """Raise a DataError that names this row."""
        raise placed(message, self.file, self.line, self.unit, field, hint)

    def require(self, name: str) -> Any:
        """Return the value of a field that must be there (it may be null)."""
        if name not in self.data:
            self.fail(
                f"this field is missing; the row has {', '.join(map(repr, self.data)) or 'none'}", name, self.note
            )
        return self.data[name]

    def text(self, name: str, *, loose: bool = False) -> str:
        """Return a text; with ``loose``, JSON booleans and numbers are taken as the words they spell."""
        value = self.require(name)
        if isinstance(value, str):
            return value
        if loose and isinstance(value, (bool, int, float)) and value == value:  # noqa: PLR0124 - NaN is not a text
            return str(value)
        return self.fail(f"expected a text, got {shown(value)}", name)

    def name(self, name: str) -> str:
        """Return a text or a whole number that names something, as a text that isn't empty."""
        return self.as_name(self.require(name), name)

    def as_name(self, value: object, name: str) -> str:
        """Take the value of a field, or of what is inside one, for a name, as `name` does."""
        if isinstance(value, int) and not isinstance(value, bool):
            return str(value)
        if isinstance(value, str) and value.strip():
            return value.strip()
        return self.fail(f"expected a name or a number, got {shown(value)}", name)

    def texts(self, name: str) -> tuple[str, ...]:
        """Return a list of texts."""
        value = self.require(name)
        if isinstance(value, list) and all(isinstance(entry, str) for entry in value):
            return tuple(value)
        return self.fail(f"expected a list of texts, got {shown(value)}", name)

    def choice(self, name: str, values: Mapping[Any, T]) -> T:
        """Return what a value stands for; booleans never pass for the numbers 0 and 1."""
        value = self.require(name)
        for known, meaning in values.items():
            if type(known) is type(value) and known == value:
                return meaning
        return self.fail(f"expected one of {', '.join(map(repr, values))}, got {shown(value)}", name)


def shown(value: object, limit: int = 60) -> str:
    """Show a value that is not what was expected."""
    return cut("nothing (null)" if value is None else repr(value), limit)


#: So many names are a line.
_FEW = 12


def some(names: Iterable[str]) -> str:
    """List the first of many names, and count the others."""
    every = list(names)
    more = len(every) - _FEW
    return ", ".join(every[:_FEW]) + (f" and {more} more" if more > 0 else "")


def cut(text: str, limit: int = 60) -> str:
    """Show the beginning of what is too long for a message."""
    return text if len(text) <= limit else f"{text[:limit]}…"
