"""Lines of JSON read by orjson, where that can't differ from what the strict reader says of them.

orjson keeps the last of two fields of one name, and turns integers beyond 64 bits into floats. So a line is read
quickly only where counting shows that no name was lost: every name takes a colon and two quotes at least. Whatever is
in doubt is None, and the strict reader's.
"""

from __future__ import annotations

from typing import Any

import orjson

_PLAIN = frozenset({str, int, bool, type(None)})
#: Where integers beyond 64 bits begin, as floats.
_LARGE = 2.0**63


def quick_object(raw: bytes) -> dict[str, Any] | None:
    """Read a line that holds one object; None where that is in doubt.

    >>> quick_object(b'{"a":"x","b":[1]}'), quick_object(b'{"a":1,"a":2}'), quick_object(b'{"a":18446744073709551616}')
    ({'a': 'x', 'b': [1]}, None, None)
    """
    try:
        record = orjson.loads(raw)
    except orjson.JSONDecodeError:
        return None
    if type(record) is not dict:
        return None
    names = len(record)
    plain = _PLAIN.issuperset(map(type, record.values()))
    if not plain:
        found = _names_in(record)
        if found is None:
            return None
        names = found
    if raw.count(b":") == names or _no_more(raw, record, names):
        return record
    return None


def _no_more(raw: bytes, record: dict[str, Any], names: int) -> bool:
    """Whether a line whose texts hold colons has no more names than were read."""
    if raw.count(b'"') == 2 * (names + _texts_in(record)):
        return True
    # Whatever the line has beyond the shortest way to write it would be a name that was lost, or blanks.
    if _no_floats(record) and len(raw.strip()) == len(orjson.dumps(record)):
        return True
    return raw.count(b'":') == names and b" :" not in raw and b"\t" not in raw and b"\r:" not in raw


def _names_in(value: Any) -> int | None:
    """Count the names in objects, at any depth; None where a number may have been another."""
    kind = type(value)
    if kind in _PLAIN:
        return 0
    if kind is float:
        return 0 if -_LARGE < value < _LARGE else None
    total = len(value) if kind is dict else 0
    for one in value.values() if kind is dict else value:
        if type(one) not in _PLAIN:
            found = _names_in(one)
            if found is None:
                return None
            total += found
    return total


def _texts_in(value: Any) -> int:
    if isinstance(value, str):
        return 1
    inner = value.values() if isinstance(value, dict) else value if isinstance(value, list) else ()
    return sum(map(_texts_in, inner))


def _no_floats(value: Any) -> bool:
    inner = value.values() if isinstance(value, dict) else value if isinstance(value, list) else ()
    return type(value) is not float and all(map(_no_floats, inner))
