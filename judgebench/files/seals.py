"""A small JSON file that tells whether it was changed since it was written: its ``seal`` digests all else in it.

The seal is of what the file says, not of its bytes, so that it survives a new layout. Whoever has no seal was written
before there were any, or by another program; ``sealed``, how the seal is made, says that there must be one.
"""

from __future__ import annotations

import hashlib
import json
from typing import TYPE_CHECKING, Any, NamedTuple

from judgebench.errors import DataError
from judgebench.files.content import small_file
from judgebench.files.lines import replace_file, unreadable

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

_SEAL, _HOW = "seal", "sealed"
#: Larger than any such file that makes sense.
_MOST = 64 << 20


class Sealed(NamedTuple):
    """What a file says, without its seal, and whether it had one."""

    data: dict[str, Any]
    sealed: bool


def sealed(data: Mapping[str, Any]) -> dict[str, Any]:
    """Add the seal to what a file is to say.

    >>> unsealed(sealed({"a": 1})), unsealed({"a": 1})
    (Sealed(data={'a': 1}, sealed=True), Sealed(data={'a': 1}, sealed=False))
    """
    whole = {**data, _HOW: 1}
    # As it will be read: a tuple becomes a list, a key text.
    return whole | {_SEAL: _digest(json.loads(json.dumps(whole)))}


def unsealed(data: Mapping[str, Any]) -> Sealed:
    """Check and take off the seal; ValueError where it does not fit what the file says.

    >>> unsealed(sealed({"a": 1}) | {"a": 2})
    Traceback (most recent call last):
    ValueError: its seal does not fit: changed after it was written
    """
    rest = dict(data)
    seal = rest.pop(_SEAL, None)
    try:
        fits = seal == _digest(rest)
    except RecursionError:
        raise ValueError("nested too deeply") from None
    if (seal is not None or _HOW in rest) and not fits:
        raise ValueError("its seal does not fit: changed after it was written")
    how = rest.pop(_HOW, 1)
    if how != 1:
        raise ValueError(f"its seal is of kind {how!r}, which this version of judgebench does not know")
    return Sealed(rest, seal is not None)


def _digest(data: Mapping[str, Any]) -> str:
    text = json.dumps(data, sort_keys=True, separators=(",", ":"))
    return hashlib.sha256(text.encode("ascii")).hexdigest()


def write_sealed(file: Path, data: Mapping[str, Any]) -> None:
    """Write a file with its seal, atomically."""
    replace_file(file, [json.dumps(sealed(data), indent=1, sort_keys=True).encode("ascii") + b"\n"])


def read_bytes(file: Path, most: int = _MOST) -> bytes:
    """Read a small file whole; DataError where it is not a file or too large, FileNotFoundError where there is none."""
    try:
        return small_file(file, most)
    except FileNotFoundError:
        raise
    except OSError as error:
        raise unreadable(file, error) from None


def read_object(file: Path, what: str, hint: str) -> dict[str, Any]:
    """Read a small file that holds a JSON object, with the errors of `read_bytes`."""
    try:
        data = json.loads(read_bytes(file))
    except (ValueError, RecursionError) as error:
        raise DataError(f"not {what} ({type(error).__name__}: {error})", file=str(file), hint=hint) from None
    if not isinstance(data, dict):
        raise DataError(f"not {what}: not an object", file=str(file), hint=hint)
    return data
