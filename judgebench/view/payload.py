"""What a request says, checked: names of runs in its address, fields of its JSON. UsageError where it is not that."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from judgebench.errors import UsageError

if TYPE_CHECKING:
    from aiohttp import web

__all__ = ["body", "code", "comment", "names", "number", "text", "whole"]

#: Texts that a page may name: of a run, of a task, of an annotator.
_LONGEST = 500
_LONGEST_SET = 20_000
_LONGEST_COMMENT = 4_000
_LARGEST = 2**53


def names(request: web.Request) -> list[str]:
    """Take the names of runs that an address has, each once."""
    found = list(dict.fromkeys(request.query.getall("run", [])))
    if any(len(name) > _LONGEST for name in found):
        raise UsageError("there is no run of such a name here")
    return found


async def body(request: web.Request) -> dict[str, Any]:
    """Read a JSON object."""
    try:
        data = json.loads(await request.read())
    except (ValueError, RecursionError):
        raise UsageError("expected JSON") from None
    if not isinstance(data, dict):
        raise UsageError("expected a JSON object")
    return data


def text(data: dict[str, Any], name: str) -> str:
    """Take a short text."""
    value = data.get(name)
    if not isinstance(value, str) or len(value) > _LONGEST:
        raise UsageError(f"{name} has to be a text")
    return value


def comment(data: dict[str, Any]) -> str:
    """Take an annotator's comment, by default none."""
    value = data.get("comment", "")
    if not isinstance(value, str) or len(value) > _LONGEST_COMMENT:
        raise UsageError(f"a comment is a text of at most {_LONGEST_COMMENT:,} characters")
    return value


def whole(data: dict[str, Any], name: str) -> int:
    """Take a whole number."""
    value = data.get(name)
    # More digits than that Python would not even write into a message.
    if type(value) is not int or abs(value) > _LARGEST:
        raise UsageError(f"{name} has to be a whole number")
    return value


def number(data: dict[str, Any], name: str) -> float:
    """Take a number from 0 up, by default 0."""
    value = data.get(name, 0)
    if type(value) not in {int, float} or not 0 <= value <= _LARGEST:
        raise UsageError(f"{name} has to be a number from 0 up")
    return float(value)


def code(data: dict[str, Any]) -> int | tuple[int, ...] | str | None:
    """Take what was said: codes, or of numbers and sets the words."""
    if "said" not in data:
        raise UsageError("said is missing")
    value: Any = data["said"]
    if isinstance(value, str) and len(value) <= _LONGEST_SET:
        return value
    codes: list[Any] = value if isinstance(value, list) else [] if value is None else [value]
    if not all(type(one) is int for one in codes):
        raise UsageError("said has to be a label's number, several, or null")
    return tuple(codes) if isinstance(value, list) else value
