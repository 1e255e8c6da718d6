"""TOML files, taken apart key by key: what is wrong is said with the file and the key, and what is left over, too."""

from __future__ import annotations

import tomllib
from typing import TYPE_CHECKING, Any, NoReturn, TypeVar

from judgebench.errors import DataError, not_parsed
from judgebench.files.content import small_file

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

T = TypeVar("T")
#: No number in a file of ours is larger: sums of some stay finite.
_LARGEST = 1e300


def read_toml(path: Path) -> tuple[dict[str, Any], bytes]:
    """Read a TOML file and its bytes."""
    try:
        raw = small_file(path)
        return tomllib.loads(raw.decode("utf-8")), raw
    except OSError as error:
        raise DataError(f"can't be read ({error.strerror})", file=str(path)) from None
    except (ValueError, RecursionError) as error:
        raise DataError(f"this is not TOML: {not_parsed(error)}", file=str(path)) from None


class TomlTable:
    """A TOML table that is taken apart key by key; what is left over at the end is an error."""

    def __init__(self, data: Mapping[str, Any], file: str, where: str = "") -> None:
        self.data = dict(data)
        self.file = file
        self.where = where

    def fail(self, key: str, message: str) -> NoReturn:
        """Raise a DataError that names the file and the key."""
        raise DataError(message, file=self.file, field=f"{self.where}{key}")

    def need(self, *keys: str) -> None:
        """Name all keys at once that must be there and aren't."""
        missing = [key for key in keys if key not in self.data]
        if len(missing) > 1:
            self.fail(missing[0], f"these keys are missing: {', '.join(missing)}")

    def take(self, key: str, kind: type[T], default: T | None = None) -> T:
        """Take a value of a type; without a default the key must be there."""
        if key not in self.data:
            if default is None:
                self.fail(key, "this key is missing")
            return default
        value = self.data.pop(key)
        if not isinstance(value, kind) or (isinstance(value, bool) and kind is not bool):
            self.fail(key, f"expected a value of type {kind.__name__}, got {value!r}")
        return value

    def number(self, key: str) -> float:
        """Take a number, whole or not."""
        value = self.data.get(key, 0.0)
        if isinstance(value, bool) or not isinstance(value, (int, float)) or not abs(value) <= _LARGEST:
            self.fail(key, f"expected a number, got {str(value)[:40] if type(value) is int else repr(value)}")
        return float(self.take(key, type(value)))

    def text(self, key: str, default: str | None = None) -> str:
        """Take a string; one without a default must not be empty."""
        value = self.take(key, str, default).strip()
        if default is None and not value:
            self.fail(key, "this must not be empty")
        return value

    def choice(self, key: str, values: tuple[str, ...], default: str | None = None) -> str:
        """Take one of several words."""
        value = self.text(key, default)
        if value not in values:
            self.fail(key, f"{value!r} is not one of {', '.join(filter(None, values))}")
        return value

    def texts(self, key: str) -> tuple[str, ...]:
        """Take a list of strings; empty where the key is missing."""
        values: list[Any] = self.take(key, list, [])
        if not all(isinstance(value, str) for value in values):
            self.fail(key, f"expected a list of strings, got {values!r}")
        return tuple(values)

    def names(self, key: str) -> tuple[str, ...]:
        """Take a string that isn't empty, or a list of strings."""
        return (self.text(key),) if isinstance(self.data.get(key), str) else self.texts(key)

    def texts_by_name(self, key: str, default: str | None = None) -> dict[str, str]:
        """Take a table of strings, which may be empty where ``default`` is; empty where the key is missing."""
        inner = self.table(key)
        return {name: inner.text(name, default) for name in tuple(inner.data)}

    def names_by_name(self, key: str) -> dict[str, tuple[str, ...]]:
        """Take a table of strings and lists of strings; empty where the key is missing."""
        inner = self.table(key)
        return {name: inner.names(name) for name in tuple(inner.data)}

    def table(self, key: str) -> TomlTable:
        """Take a table; empty where the key is missing."""
        return TomlTable(self.take(key, dict, {}), self.file, f"{self.where}{key}.")

    def tables(self, key: str) -> list[TomlTable]:
        """Take an array of tables; empty where the key is missing."""
        values: list[Any] = self.take(key, list, [])
        if not all(isinstance(value, dict) for value in values):
            self.fail(key, "expected an array of tables")
        return [TomlTable(value, self.file, f"{self.where}{key}[{i}].") for i, value in enumerate(values)]

    def done(self) -> None:
        """Refuse keys that were not taken."""
        if self.data:
            key = next(iter(self.data))
            self.fail(key, "this key is not known here (a typo?)")
