"""JSON, one value a line: written compact, and read back whatever a text holds."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import orjson

from judgebench.errors import DataError

if TYPE_CHECKING:
    from pathlib import Path

#: What reading a line that is not what it should be raises.
UNREADABLE = (ValueError, KeyError, TypeError, AttributeError)


def dumps(data: dict[str, Any], *, ascii_only: bool = False) -> bytes:
    """Write compact JSON; what UTF-8 can't hold is escaped."""
    if not ascii_only:
        try:
            return orjson.dumps(data)
        except TypeError:
            # A lone surrogate in a reply must not lose the verdict: JSON escapes keep it.
            pass
    return json.dumps(data, ensure_ascii=True, allow_nan=False, separators=(",", ":")).encode("ascii")


def loads(line: bytes) -> Any:
    """Read JSON, lone surrogates included."""
    try:
        return orjson.loads(line)
    except orjson.JSONDecodeError:
        return json.loads(line)


def unreadable(file: Path, error: OSError) -> DataError:
    """Name a file that the system won't read."""
    return DataError(f"can't read: {error.strerror}", file=str(file), hint="check what lies there, and its permissions")
