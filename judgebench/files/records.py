"""The rows of a file as records with named fields, each of which knows its place."""

from __future__ import annotations

import csv
import gzip
import hashlib
import io
import json
import sys
import zlib
from collections import Counter
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, NoReturn, TypeVar

from judgebench.errors import DataError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping
    from pathlib import Path

__all__ = ["Row", "Source", "decode", "file_source", "find", "read_bytes", "read_rows", "sha256", "unpack"]

T = TypeVar("T")
_SUFFIXES = (".jsonl", ".json", ".csv", ".tsv", ".parquet")


@dataclass(frozen=True, slots=True)
class Row:
    """One row as it was published, with the file as the user would name it, or the hub id with its revision.

    ``line`` counts from 1; it is the row number for Parquet and the hub. ``data`` holds only strings where the file is
    a CSV. ``note`` is added to the message where a field is missing.
    """

    data: dict[str, Any]
    file: str
    line: int
    note: str = ""

    def fail(self, message: str, field: str | None = None, hint: str = "") -> NoReturn:
        """Raise a DataError that names this row."""
        raise DataError(message, file=self.file, line=self.line, field=field, hint=hint)

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
        return self.fail(f"expected a text, got {_show(value)}", name)

    def name(self, name: str) -> str:
        """Return a text or a whole number that names something, as a text that isn't empty."""
        value = self.require(name)
        if isinstance(value, int) and not isinstance(value, bool):
            return str(value)
        if isinstance(value, str) and value.strip():
            return value.strip()
        return self.fail(f"expected a name or a number, got {_show(value)}", name)

    def texts(self, name: str) -> tuple[str, ...]:
        """Return a list of texts."""
        value = self.require(name)
        if isinstance(value, list) and all(isinstance(entry, str) for entry in value):
            return tuple(value)
        return self.fail(f"expected a list of texts, got {_show(value)}", name)

    def choice(self, name: str, values: Mapping[Any, T]) -> T:
        """Return what a value stands for; booleans never pass for the numbers 0 and 1."""
        value = self.require(name)
        for known, meaning in values.items():
            if type(known) is type(value) and known == value:
                return meaning
        return self.fail(f"expected one of {', '.join(map(repr, values))}, got {_show(value)}", name)


@dataclass(slots=True)
class Source:
    """The rows of a split; ``load``, and ``parts`` for its further tables, read them anew at each call.

    ``revision`` is a hub commit, ``data:`` with 12 hex digits over the files read, ``url:`` with 12 hex digits, or
    ``sample``. Recorded verdicts are looked up from ``folder``, where the main file is. ``verified`` says whether the
    hashes are those of the published version; None where the card knows none.
    """

    load: Callable[[], Iterable[Row]]
    revision: str
    name: str
    parts: Mapping[str, Callable[[], Iterable[Row]]] = field(default_factory=dict[str, "Callable[[], Iterable[Row]]"])
    folder: Path | None = None
    verified: bool | None = None

    def rows(self, part: str = "") -> Iterator[Row]:
        """Yield the rows of the main table, or of a further one; DataError where one can't be read."""
        empty = True
        for row in (self.parts[part] if part else self.load)():
            empty = False
            yield row
        if empty:
            raise DataError("there are no rows in it", file=self.name)


def file_source(path: Path, name: str = "") -> Source:
    """Return one file as a source."""
    raw = read_bytes(path)
    shown = name or str(path)
    return Source(lambda: read_rows(raw, shown), f"data:{sha256(raw)[:12]}", shown, folder=path.parent)


def find(folder: Path, file: str) -> Path | None:
    """Return a file below a folder, with or without ``.gz``."""
    for candidate in (folder / file, folder / f"{file}.gz"):
        if candidate.is_file():
            return candidate
    return None


def sha256(raw: bytes) -> str:
    """Digest of a file, in hex."""
    return hashlib.sha256(raw).hexdigest()


def read_bytes(path: Path) -> bytes:
    """Read a file, unpacked."""
    try:
        raw = path.read_bytes()
    except OSError as error:
        raise DataError(f"can't be read ({error.strerror})", file=str(path)) from None
    return unpack(raw, str(path))


def unpack(raw: bytes, name: str) -> bytes:
    """Unpack gzip, which is known by its first bytes, not by its name."""
    if not raw.startswith(b"\x1f\x8b"):
        return raw
    try:
        return gzip.decompress(raw)
    except (OSError, EOFError, zlib.error):
        raise DataError("this gzip file is damaged or cut short", file=name, hint="download it again") from None


def read_rows(raw: bytes, name: str) -> Iterator[Row]:
    """Read the rows of a JSON array, JSON lines, CSV or Parquet file, which the name and the content tell apart.

    DataError names the file, the line and what was expected.
    """
    base = name.lower().removesuffix(".gz")
    if not base.endswith(_SUFFIXES):
        raise DataError(f"the name should end in one of {', '.join(_SUFFIXES)} (.gz may follow)", file=name)
    if not raw.strip():
        raise DataError("the file is empty", file=name)
    if base.endswith(".parquet"):
        return _parquet(raw, name)
    text = decode(raw, name)
    if base.endswith((".csv", ".tsv")):
        return _csv(text, name)
    if text.lstrip().startswith("["):
        return _json_array(text, name)
    whole = _json_object(text, name) if base.endswith(".json") else None
    return _json_lines(text, name) if whole is None else iter((whole,))


def decode(raw: bytes, name: str) -> str:
    """Decode UTF-8, with or without a byte-order mark; DataError says what to do about anything else."""
    hint = "save it again as UTF-8 (in a spreadsheet: 'CSV UTF-8')"
    if raw.startswith((b"\xff\xfe", b"\xfe\xff")) or b"\x00" in raw[:200]:
        raise DataError("this file is UTF-16, not UTF-8", file=name, hint=hint)
    try:
        return raw.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = raw.count(b"\n", 0, error.start) + 1
        raise DataError(f"byte 0x{raw[error.start]:02x} is not UTF-8", file=name, line=line, hint=hint) from None


class _RejectedJsonError(ValueError):
    """JSON that Python would read and we don't."""

    def __init__(self, message: str, field: str | None = None) -> None:
        super().__init__(message)
        self.field = field


def _object(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    data = dict(pairs)
    if len(data) != len(pairs):
        name = Counter(key for key, _ in pairs).most_common(1)[0][0]
        raise _RejectedJsonError("this field appears twice in one object", name)
    for key, value in pairs:
        if value is _NAN:
            raise _RejectedJsonError("NaN and Infinity are no JSON values; write null where there is none", key)
    return data


_NAN = object()
_DECODER = json.JSONDecoder(object_pairs_hook=_object, parse_constant=lambda _: _NAN)


def _json_value(text: str, start: int, name: str, line: int) -> tuple[dict[str, Any], int]:
    try:
        value, end = _DECODER.raw_decode(text, start)
    except _RejectedJsonError as error:
        raise DataError(str(error), file=name, line=line, field=error.field) from None
    except json.JSONDecodeError as error:
        at = line + text.count("\n", start, error.pos)
        raise DataError(f"this is not JSON ({error.msg})", file=name, line=at) from None
    except RecursionError:
        raise DataError("this JSON is nested too deeply", file=name, line=line) from None
    if not isinstance(value, dict):
        raise DataError(f"expected an object with named fields, got {_show(value)}", file=name, line=line)
    return value, end


def _json_object(text: str, name: str) -> Row | None:
    """Read a file that is one object over several lines; None where more follows it."""
    start = len(text) - len(text.lstrip())
    line = text.count("\n", 0, start) + 1
    data, end = _json_value(text, start, name, line)
    return None if text[end:].strip() else Row(data, name, line)


def _json_lines(text: str, name: str) -> Iterator[Row]:
    # str.splitlines would also split at U+2028 and U+0085, which stand inside texts.
    for line, content in enumerate(text.split("\n"), start=1):
        stripped = content.strip(" \t\r")
        if not stripped:
            continue
        data, end = _json_value(stripped, 0, name, line)
        if stripped[end:].strip():
            raise DataError("more than one JSON value on this line", file=name, line=line)
        yield Row(data, name, line)


def _json_array(text: str, name: str) -> Iterator[Row]:
    def skip(at: int) -> int:
        while at < len(text) and text[at] in " \t\r\n":
            at += 1
        return at

    def broken(message: str) -> NoReturn:
        raise DataError(f"this is not JSON ({message})", file=name, line=text.count("\n", 0, at) + 1)

    at = skip(text.index("[") + 1)
    line, counted = 1, 0
    first = True
    while at < len(text) and text[at] != "]":
        if not first:
            if text[at] != ",":
                broken("expected a comma between two rows")
            at = skip(at + 1)
        first = False
        line += text.count("\n", counted, at)
        counted = at
        data, at = _json_value(text, at, name, line)
        yield Row(data, name, line)
        at = skip(at)
    if at >= len(text):
        broken("the array isn't closed: the file is cut short")
    at = skip(at + 1)
    if at < len(text):
        broken("text after the end of the array")


def _csv(text: str, name: str) -> Iterator[Row]:
    csv.field_size_limit(sys.maxsize)
    first = text.split("\n", 1)[0]
    delimiter = max(",;\t", key=lambda mark: (first.count(mark), mark == ","))
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=delimiter, strict=True)
    header: list[str] | None = None
    line = 1
    while True:
        try:
            cells = next(reader)
        except StopIteration:
            return
        except csv.Error as error:
            raise DataError(f"this is not CSV ({error})", file=name, line=line) from None
        if not cells:
            pass
        elif header is None:
            header = [cell.strip() for cell in cells]
            double = [column for column, times in Counter(header).items() if times > 1]
            if double:
                raise DataError("this column appears twice in the header", file=name, line=line, field=double[0])
        elif len(cells) != len(header):
            raise DataError(
                f"{len(cells)} cells in a table of {len(header)} columns", file=name, line=line,
                hint="a text that holds the delimiter must stand in quotes",
            )  # fmt: skip
        else:
            yield Row(dict(zip(header, cells, strict=True)), name, line)
        line = reader.line_num + 1


def _parquet(raw: bytes, name: str) -> Iterator[Row]:
    import pyarrow as pa  # noqa: PLC0415 - loaded on use
    import pyarrow.parquet as pq  # noqa: PLC0415 - loaded on use

    try:
        table = pq.read_table(pa.BufferReader(raw))
    except (pa.ArrowException, OSError) as error:
        raise DataError(f"this is not a Parquet file ({str(error).splitlines()[0]})", file=name) from None
    double = [column for column, times in Counter(table.column_names).items() if times > 1]
    if double:
        raise DataError("this column appears twice", file=name, field=str(double[0]))
    for line, data in enumerate(table.to_pylist(), start=1):
        yield Row(data, name, line)


def _show(value: object, limit: int = 60) -> str:
    text = "nothing (null)" if value is None else repr(value)
    return text if len(text) <= limit else f"{text[:limit]}…"
