"""What the cells of a row hold: a text, several, a name, images."""

from __future__ import annotations

import json
import math
from operator import itemgetter
from typing import TYPE_CHECKING, Any

from judgebench.files.rows import value_of
from judgebench.files.table import cell
from judgebench.tasks.chat import image_of

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence
    from pathlib import Path

    from judgebench.files.records import Row

#: What is shown in place of texts that are not here.
TEXTLESS = "The texts are not here."
#: How a text begins that may be read as JSON, or as nothing.
_MAY_OPEN = frozenset({"", "[", "{", " ", "\t", "\r", "\n"})


def value_in(row: Row, column: str) -> Any:
    """Take the value of a cell, or of what is inside one by a dotted name."""
    found = value_of(row, column)
    # What is in no column of the row is missing, not empty.
    return row.require(column) if found is None and "." not in column else found


def named_by(row: Row, column: str) -> str:
    """Take the text of a cell that names something, and so can't be empty."""
    text = text_of(row, column).strip()
    if not text:
        row.fail("this is empty, and names the item", column)
    return text


def names_in(row: Row, columns: Sequence[str], joint: str = "/") -> str:
    """Take what several cells name together."""
    if len(columns) == 1:
        text = row.data.get(columns[0])
        return (type(text) is str and text.strip()) or named_by(row, columns[0])
    return joint.join([named_by(row, one) for one in columns])


def taker(columns: Sequence[str]) -> Callable[[Mapping[str, Any]], tuple[Any, ...]]:
    """Make what takes several cells at once; KeyError where one is missing.

    >>> taker(["a", "b"])({"a": 1, "b": 2}), taker(["a"])({"a": 1}), taker([])({"a": 1})
    ((1, 2), (1,), ())
    """
    if len(columns) > 1:
        return itemgetter(*columns)
    return lambda data: tuple([data[name] for name in columns])


def plain_texts(row: Row, cells: Callable[[Mapping[str, Any]], tuple[Any, ...]]) -> tuple[str, ...]:
    """Take cells that can't be anything but a text; none where one may be a list of messages, or isn't there."""
    try:
        found = cells(row.data)
    except KeyError:
        return ()
    for text in found:
        if type(text) is not str or text[:1] in _MAY_OPEN:
            return ()
    return found


def turn_in(row: Row, column: str) -> int:
    """Take the number of a turn, from 1."""
    value: Any = row.require(column)
    if isinstance(value, str) and value.strip().isdecimal() and len(value) < 10:
        value = int(value)
    if not isinstance(value, int) or isinstance(value, bool) or value < 1:
        row.fail(f"expected the number of a turn, from 1, got {value!r}", column)
    return value


def text_of(row: Row, column: str) -> str:
    """Take the text of a cell, as its file has it; a list as JSON."""
    value = row.data.get(column)
    if type(value) is str:
        return value
    value = value_in(row, column)
    if isinstance(value, (list, dict)):
        return json.dumps(value, ensure_ascii=False)
    return _written(value)


def word_of(value: Any) -> str:
    """Write a value as a label is typed; a gap as nothing.

    >>> [word_of(value) for value in (" yes ", 3.0, 2.5, None, float("nan"))]
    ['yes', '3', '2.5', '', '']
    """
    return _written(value).strip()


def _written(value: Any) -> str:
    # A column of whole numbers with gaps is one of floats in Parquet.
    if isinstance(value, float):
        value = int(value) if value.is_integer() else None if math.isnan(value) else value
    return cell(value)


def one_text(row: Row, column: str) -> str:
    """Take the one text of a cell; one that holds several is not read as their JSON."""
    value = value_in(row, column)
    if isinstance(value, (list, dict)):
        inside = [str(step) for step in (value if isinstance(value, dict) else range(len(value)))][:3]
        read = "" if isinstance(value, dict) else "; a list is messages (role, content) or steps (action …)"
        row.fail(
            f"{'an object' if isinstance(value, dict) else 'a list'} where one text was expected",
            column,
            f"what is inside has a name: {', '.join(f'{column}.{step}' for step in inside)}{read}" if inside else "",
        )
    return text_of(row, column)


def texts_in(row: Row, column: str) -> list[str]:
    """Take the texts of a cell, which may hold a list; what isn't there must not be shown as an empty text."""
    value = value_in(row, column)
    several = value if isinstance(value, list) else None
    if isinstance(value, str) and value.lstrip().startswith("["):
        try:
            several = json.loads(value)
        except ValueError:
            several = None
    if isinstance(several, list) and all(isinstance(one, str) for one in several):
        return [one for one in several if one.strip()]
    text = text_of(row, column)
    return [text] if text.strip() else []


def images_in(row: Row, column: str, folder: Path | None, *homes: str) -> list[str]:
    """Find the images of a cell: one, or a list; ``homes`` are folders below the data's in which they may lie."""
    found = value_in(row, column)
    several = found if isinstance(found, list) else [found] if isinstance(found, dict) else texts_in(row, column)
    return [image_of(row, column, one, folder, *homes) for one in several if one]
