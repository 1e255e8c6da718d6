"""JSON as a table: an object per line, one array of objects, or one object that is the whole file."""

from __future__ import annotations

import json
from itertools import chain, islice
from pathlib import PurePath
from typing import TYPE_CHECKING, Any

from judgebench.errors import DataError, FormError, argument
from judgebench.files.opening import Opening
from judgebench.files.paths import ABSENT, inside, leaves, split
from judgebench.files.quick import quick_object
from judgebench.files.records import Row, shown
from judgebench.files.shapes import as_records, by_id, record_paths
from judgebench.files.table import BLOCK_ROWS, Block, FileTable, cell_or_json

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from judgebench.files.content import Content, Format

_COLUMN_ROWS = 2000
_PER_LINE = "expected an object per line"
_NAN, _INF = float("nan"), float("inf")
#: Python converts no more than 4,300 digits to a number, and no float has more than 309.
_MOST_DIGITS = 300


class _RefusedError(ValueError):
    """JSON that Python would read and we don't."""

    def __init__(self, message: str, field: str) -> None:
        super().__init__(message)
        self.field = field


def _distinct(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) != len(pairs):
        # Which one counts is not for us to guess.
        names = [name for name, _ in pairs]
        raise _RefusedError("appears twice in one object", next(name for name in names if names.count(name) > 1))
    return found


def _endless(value: Any) -> bool:
    # 1e999 is read as infinity.
    return type(value) is float and not -_INF < value < _INF


def _integer(digits: str) -> int:
    if len(digits) > _MOST_DIGITS:
        raise ValueError(f"a number of {len(digits):,} digits")
    return int(digits)


def _finite(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    for name, value in pairs:
        if _endless(value) or (type(value) is list and any(map(_endless, value))):
            raise _RefusedError("NaN and Infinity are not JSON values; write null where there is none", name)
    return _distinct(pairs)


#: In a column NaN is a gap, as statistics programs write it; in a record that becomes an item it is damage.
_OF_COLUMNS = json.JSONDecoder(object_pairs_hook=_distinct, parse_int=_integer)
_OF_ROWS = json.JSONDecoder(object_pairs_hook=_finite, parse_int=_integer, parse_constant=lambda _: _NAN)


class JsonTable(FileTable):
    """Objects with named fields; a field that a record lacks is a missing cell.

    Rows may be inside one object, at the path ``records``, or at the only place that holds some.
    """

    def __init__(self, content: Content, format: Format, opening: Opening = Opening()) -> None:  # noqa: A002, B008 - the word for it; frozen
        super().__init__(content, format)
        self.drop_last = opening.drop_last
        self.records = opening.records
        #: Named .json, so that one line may well be one object with rows inside.
        self._one = [one.lower() for one in PurePath(content.name).suffixes if one.lower() != ".gz"][-1:] == [".json"]
        self._inside: list[dict[str, Any]] | None = None
        if self.records is not None:
            self._inside = self._within(read_value(content))

    @property
    def columns(self) -> tuple[str, ...]:
        """Fields of the first 2,000 records, in the order in which they appear, each before what is inside it."""
        if not self._columns:
            seen: dict[str, None] = {}
            for number, (_, record) in enumerate(self._records(_OF_COLUMNS)):
                if number >= _COLUMN_ROWS:
                    break
                seen.update(dict.fromkeys(record) if _flat(record) else dict.fromkeys(leaves(record)))
            self._columns = tuple(seen)
        return self._columns

    def _blocks(self, wanted: Sequence[str], *, nested: bool) -> Iterator[Block]:
        # A field may first appear in the last record, so a missing one is known only at the end.
        missing = dict.fromkeys(wanted)
        records = self._records(_OF_COLUMNS)
        while some := list(islice(records, BLOCK_ROWS)):
            yield Block(
                [line for line, _ in some], [self._cells(some, name, missing, nested=nested) for name in wanted]
            )
        if missing:
            seen = dict.fromkeys(name for _, record in self._records(_OF_COLUMNS) for name in record)
            raise self.unknown(list(missing), (*seen, *(name for name in self.columns if name not in seen)))

    def _cells(
        self, some: list[tuple[int, dict[str, Any]]], name: str, missing: dict[str, None], *, nested: bool
    ) -> list[str]:
        """Write a column of some records; one that a record has is not missing."""
        values: list[Any] = [record.get(name) for _, record in some]
        if name in missing and any(name in record for _, record in some):
            del missing[name]
        if set(map(type, values)) == {str}:
            return values
        for at, (line, record) in enumerate(some):
            if values[at] is None and "." in name and name not in record:
                values[at] = self._inner(record, name, missing)
            if not nested:
                self.refuse_nested(values[at], line, name)
            values[at] = cell_or_json(values[at])
        return values

    @staticmethod
    def _inner(record: dict[str, Any], name: str, missing: dict[str, None]) -> Any:
        """Follow a dotted name; what it leads to is not missing."""
        at = split(name, record)
        value = ABSENT if at is None else inside(record[at[0]], at[1])
        if value is ABSENT:
            return None
        missing.pop(name, None)
        return value

    def _rows(self) -> Iterator[Row]:
        """Stream all records; one that takes up the whole file is the only row."""
        name, unit = self.name, self.unit
        for line, record in self._records(_OF_ROWS):
            yield Row(record, name, line, "", unit)

    def objects(self) -> Iterator[tuple[int, dict[str, Any]]]:
        """Stream all records as they are, NaN included."""
        return self._records(_OF_COLUMNS)

    def _records(self, decoder: json.JSONDecoder) -> Iterator[tuple[int, dict[str, Any]]]:
        if self._inside is not None:
            return iter(enumerate(self._inside, 1))
        found = self._of_array(decoder) if self.format == "json" else self._of_lines(decoder)
        first = next(found, None)
        if first is None:
            raise self.error("no rows")
        return chain((first,), found)

    def _within(self, whole: Any) -> list[dict[str, Any]]:
        """Find the rows inside one object; FormError where they may be in several places."""
        paths = sorted(record_paths(whole), key=lambda path: -len(as_records(_at(whole, path)) or ()))
        if self.records is not None:
            found = as_records(_at(whole, self.records))
            beside = ", ".join(
                f"{len(as_records(_at(whole, path)) or ())} at {path!r}" for path in paths if path != self.records
            )
            if beside:
                self.notes.append(f"rows beside those at {self.records!r} are left out: {beside}")
            if found is None:
                shown = ", ".join(repr(path) for path in paths[:40])
                raise self.error(
                    f"no list of objects is at {self.records!r}", hint=f"there are rows at {shown}" if paths else ""
                )
        elif len(paths) == 1:
            found = as_records(_at(whole, paths[0])) or []
        elif paths:
            raise FormError(
                f"one JSON object with rows in {len(paths)} places: {', '.join(map(repr, paths[:40]))}",
                file=self.name,
                hint=f"say which: {argument('records')} {paths[0]}",
                readings=[{"records": path} for path in paths],
            )
        elif (found := by_id(whole)) is None:
            raise self.error("one JSON object, not a table", hint="expected an object per line, or an array")
        # Rows inside an object have no lines.
        self.unit = "row"
        self._inside = found
        return found

    def _of_lines(  # noqa: C901 - one thought: what a line, or all of them, may be
        self, decoder: json.JSONDecoder
    ) -> Iterator[tuple[int, dict[str, Any]]]:
        only: tuple[int, dict[str, Any]] | None = None
        first, may_be_one = True, self._one and decoder is _OF_COLUMNS
        with self.content.open() as stream:
            for number, raw in enumerate(stream, 1):
                end, text = 0, ""
                if (record := quick_object(raw)) is not None and not may_be_one:
                    first = False
                    yield number, record
                    continue
                if record is None:
                    # Cut at \n only: U+2028 and U+0085 inside a text end no line.
                    text = raw.decode("utf-8-sig" if number == 1 else "utf-8").strip(" \t\r\n")
                    if not text:
                        continue
                    try:
                        record, end = self._object(decoder, text, 0, number)
                    except DataError:
                        found = self._indented(decoder, pretty=text == "{") if first else []
                        if not found:
                            raise
                        if len(found) == 1 and decoder is _OF_COLUMNS:
                            found = list(enumerate(self._within(found[0][1]), 1))
                        yield from found
                        return
                if end < len(text):
                    raise self.error("more than one JSON value on this line", number, hint=_PER_LINE)
                if first and may_be_one:
                    only = number, record
                elif only is not None:
                    yield only
                    only = None
                first = False
                if only is None:
                    yield number, record
        if only is not None:
            yield from enumerate(self._within(only[1]), 1) if _holds_rows(only[1]) else [only]

    def _indented(self, decoder: json.JSONDecoder, *, pretty: bool) -> list[tuple[int, dict[str, Any]]]:
        """Read objects over several lines each, with their lines; none where the file doesn't begin like one."""
        text = self.content.text()
        at, line, counted = _blank(text, 0), 1, 0
        found: list[tuple[int, dict[str, Any]]] = []
        try:
            while at < len(text):
                line += text.count("\n", counted, at)
                counted = at
                record, end = self._object(decoder, text, at, line)
                found.append((line, record))
                at = _blank(text, end)
        except DataError:
            if pretty:
                # The damage is further down than in the line with the opening brace.
                raise
            return []
        return found

    def _of_array(self, decoder: json.JSONDecoder) -> Iterator[tuple[int, dict[str, Any]]]:
        text = self.content.text()
        at = _blank(text, text.index("[") + 1)
        line, counted = 1, 0
        first = True
        while text[at : at + 1] not in {"]", ""}:
            line += text.count("\n", counted, at)
            counted = at
            if not first:
                if text[at] != ",":
                    raise self.error("a comma is missing between two records", line)
                at = _blank(text, at + 1)
                line += text.count("\n", counted, at)
                counted = at
            first = False
            record, at = self._object(decoder, text, at, line)
            yield line, record
            at = _blank(text, at)
        line += text.count("\n", counted, at)
        if at >= len(text):
            raise self.error("the array isn't closed: the file is cut short", line)
        end = _blank(text, at + 1)
        if end < len(text):
            line += text.count("\n", at, end)
            raise self.error("text after the end of the array", line, hint="expected one array of objects")

    def _object(self, decoder: json.JSONDecoder, text: str, at: int, line: int) -> tuple[dict[str, Any], int]:
        """Read the object that begins at a place; it and its end."""
        try:
            value, end = decoder.raw_decode(text, at)
        except _RefusedError as refused:
            raise self.error(str(refused), line, refused.field) from None
        except json.JSONDecodeError as error:
            line += text.count("\n", at, error.pos)
            hint = _PER_LINE if self.format == "jsonl" else ""
            raise self.error(f"this is not JSON ({error.msg})", line, hint=hint) from None
        except RecursionError:
            raise self.error("this JSON is nested too deeply", line) from None
        except ValueError as error:
            raise self.error(f"this is not JSON ({error})", line) from None
        if not isinstance(value, dict):
            raise self.error(f"expected an object with named fields, got {shown(value)}", line)
        return value, end


def _blank(text: str, at: int) -> int:
    while at < len(text) and text[at] in " \t\r\n":
        at += 1
    return at


def _holds_rows(record: dict[str, Any]) -> bool:
    return by_id(record) is not None or any(True for _ in record_paths(record))


def _flat(record: dict[str, Any]) -> bool:
    return not any(type(value) is dict for value in record.values())


def _at(whole: Any, path: str) -> Any:
    return inside(whole, tuple(path.split("."))) if path else whole


def objects(content: Content, format: Format) -> Iterator[tuple[int, dict[str, Any]]]:  # noqa: A002 - the word for it
    """Stream the objects of an array or of lines, NaN included, with their lines."""
    return JsonTable(content, format).objects()


def read_value(content: Content) -> Any:
    """Read a file as one JSON value; DataError where it isn't one."""
    text = content.text()
    try:
        value, end = _OF_COLUMNS.raw_decode(text, _blank(text, 0))
    except _RefusedError as refused:
        raise DataError(str(refused), file=content.name, field=refused.field) from None
    except (ValueError, RecursionError) as error:
        line = 1 + text.count("\n", 0, error.pos) if isinstance(error, json.JSONDecodeError) else None
        raise DataError(f"this is not one JSON value ({error})", file=content.name, line=line) from None
    if text[end:].strip():
        raise DataError("more than one JSON value", file=content.name, hint="rows inside one object have a path")
    return value
