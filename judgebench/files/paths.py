"""Names of what is inside a cell: ``parsed.winner``, ``annotations.0.result``, ``labels.*``."""

from __future__ import annotations

import ast
import json
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator

#: A cell that is longer holds no label somewhere inside.
_LONGEST = 1_000_000
_MOST_KEYS = 200
_DEEPEST = 5
#: No list is so long that its places need as many digits.
_DIGITS = 12
ABSENT = object()


def split(name: str, columns: Collection[str]) -> tuple[str, tuple[str, ...]] | None:
    """Split a dotted name into the column with the longest name and the steps inside it; None where there is none.

    >>> split("a.b.0", ["a", "a.b"]), split("a.b", ["a.b"]), split("c", ["a"])
    (('a.b', ('0',)), ('a.b', ()), None)
    """
    if name in columns:
        return name, ()
    steps = name.split(".")
    for end in range(len(steps) - 1, 0, -1):
        if (column := ".".join(steps[:end])) in columns:
            return column, tuple(steps[end:])
    return None


def inside(value: Any, path: tuple[str, ...]) -> Any:
    """Follow the steps into a value; text on the way is read as JSON. `ABSENT` where a step leads nowhere.

    Of a list, -1 is the last.

    >>> inside({"a": [{"b": 1}]}, ("a", "0", "b")), inside('["x"]', ("-1",)), inside({}, ("a",)) is ABSENT
    (1, 'x', True)
    """
    for at, step in enumerate(path):
        if isinstance(value, str):
            value = parsed(value)
        if isinstance(value, dict):
            rest = ".".join(path[at:])
            if rest in value:
                return value[rest]
            value = value.get(step, ABSENT)
        elif isinstance(value, (list, tuple)) and (step == "-1" or (step.isdecimal() and len(step) < _DIGITS)):
            # A list that is shorter than another row's has a gap there.
            value = value[int(step)] if int(step) < len(value) and value else None
        else:
            return ABSENT
    return value


def parsed(text: str) -> Any:
    """Read JSON, or the literal that Python writes for a list or an object; other text is itself.

    >>> parsed('{"a": 1}'), parsed("['A', None]"), parsed("plain")
    ({'a': 1}, ['A', None], 'plain')
    """
    start = text.lstrip()[:1]
    if start not in {"{", "["} or len(text) > _LONGEST:
        return text
    try:
        return json.loads(text)
    except (ValueError, RecursionError):
        pass
    try:
        return ast.literal_eval(text.strip())
    except (ValueError, SyntaxError, RecursionError, MemoryError, TypeError):
        return text


def leaves(value: dict[str, Any], depth: int = 0) -> Iterator[str]:
    """Name the fields inside an object, objects before what is in them."""
    for name, one in list(value.items())[:_MOST_KEYS]:
        yield name
        if isinstance(one, dict) and depth < _DEEPEST:
            yield from (f"{name}.{below}" for below in leaves(one, depth + 1))


class Inner:
    """What is inside the cells of a column, along a path that at least one of them has."""

    def __init__(self, name: str, path: tuple[str, ...]) -> None:
        self.name = name
        self.path = path
        self.found = False
        self._parsed: dict[str, Any] = {}

    def of(self, value: Any) -> Any:
        """Follow the path into a cell; None where it has no such place, its text where that is no JSON."""
        if value is None or value == "":
            return None
        if isinstance(value, str):
            # Cells repeat.
            known = self._parsed.get(value, ABSENT)
            if known is ABSENT:
                known = inside(value, self.path)
                if len(self._parsed) < 10_000:
                    self._parsed[value] = known
        else:
            known = inside(value, self.path)
        if known is ABSENT:
            # A plain text may stand for a list of one, but it has no fields.
            wrong = isinstance(value, str) and isinstance(parsed(value), str)
            return value if wrong and (value.lstrip()[:1] in {"{", "["} or not self.path[0].isdecimal()) else None
        self.found = True
        return known
