"""JSON as a table: an object per line, one array of objects, or one object that is the whole file."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from judgebench.errors import DataError
from judgebench.files.records import Row, shown
from judgebench.files.table import BLOCK_ROWS, Block, FileTable, cell

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

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
    """Objects with named fields; a field that a record lacks is a missing cell."""

    @property
    def columns(self) -> tuple[str, ...]:
        """Fields of the first 2,000 records, in the order in which they appear."""
        if not self._columns:
            seen: dict[str, None] = {}
            for number, (_, record) in enumerate(self._records(_OF_COLUMNS)):
                if number >= _COLUMN_ROWS:
                    break
                seen.update(dict.fromkeys(record))
            self._columns = tuple(seen)
        return self._columns

    def blocks(self, wanted: Sequence[str], *, nested: bool = False) -> Iterator[Block]:
        """Stream the wanted fields."""
        lines: list[int] = []
        cells: list[list[str]] = [[] for _ in wanted]
        seen: dict[str, None] = {}
        for line, record in self._records(_OF_COLUMNS):
            seen.update(dict.fromkeys(record))
            lines.append(line)
            for name, column in zip(wanted, cells, strict=True):
                value = record.get(name)
                if isinstance(value, str):
                    column.append(value)
                elif isinstance(value, (list, dict)):
                    if not nested:
                        kind = "a list" if isinstance(value, list) else "an object"
                        raise self.error(f"{kind} where one value was expected", line=line, field=name)
                    column.append(json.dumps(value, ensure_ascii=False))
                else:
                    column.append(cell(value))
            if len(lines) == BLOCK_ROWS:
                yield Block(lines, list(cells))
                lines, cells = [], [[] for _ in wanted]
        # A field may first appear in the last record, so a missing one is known only here.
        self.positions(wanted, tuple(seen))
        if lines:
            yield Block(lines, list(cells))

    def rows(self) -> Iterator[Row]:
        """Stream all records; one that takes up the whole file is the only row."""
        for line, record in self._records(_OF_ROWS):
            yield Row(record, self.name, line)

    def _records(self, decoder: json.JSONDecoder) -> Iterator[tuple[int, dict[str, Any]]]:
        empty = True
        for found in self._of_array(decoder) if self.format == "json" else self._of_lines(decoder):
            empty = False
            yield found
        if empty:
            raise self.error("no rows")

    def _of_lines(self, decoder: json.JSONDecoder) -> Iterator[tuple[int, dict[str, Any]]]:
        first = True
        with self.content.open() as stream:
            for number, raw in enumerate(stream, 1):
                # Cut at \n only: U+2028 and U+0085 inside a text end no line.
                text = raw.decode("utf-8-sig" if number == 1 else "utf-8").strip(" \t\r\n")
                if not text:
                    continue
                try:
                    record, end = self._object(decoder, text, 0, number)
                except DataError:
                    whole = self._whole(decoder, pretty=text == "{") if first else None
                    if whole is None:
                        raise
                    if decoder is _OF_COLUMNS:
                        raise self.error(
                            "one JSON object, not a table", hint="expected an object per line, or an array"
                        ) from None
                    yield number, whole
                    return
                first = False
                if end < len(text):
                    raise self.error("more than one JSON value on this line", number, hint=_PER_LINE)
                yield number, record

    def _whole(self, decoder: json.JSONDecoder, *, pretty: bool) -> dict[str, Any] | None:
        """Read a file that is one object over several lines; None where it isn't one, nor begins like one."""
        text = self.content.text()
        start = _blank(text, 0)
        try:
            record, end = self._object(decoder, text, start, 1 + text.count("\n", 0, start))
        except DataError:
            if pretty:
                # The damage is further down than in the line with the opening brace.
                raise
            return None
        return None if text[end:].strip() else record

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
