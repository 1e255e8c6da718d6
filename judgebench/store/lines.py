"""A verdict as one line of JSON with a checksum, and lines read back."""

from __future__ import annotations

import math
import zlib
from typing import TYPE_CHECKING, NamedTuple

from judgebench.domain import Verdict
from judgebench.errors import DataError
from judgebench.files.lines import UNREADABLE, dumps, loads

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path
    from typing import BinaryIO

VERDICTS = "verdicts.jsonl"

#: What a whole line starts with; its key follows.
_HEAD = b'{"key":"'
_MARK = b',"crc":"'
#: ``,"crc":"01234567"}`` and the newline.
_TAIL = len(_MARK) + 8 + 3
#: What to do about damage.
REPAIR = "`judgebench verify --repair` moves it aside: its case will be asked again"


class Sorting(NamedTuple):
    """Where a settled file has a verdict: by item, repeat and order; the others keep it unique."""

    item: str
    repeat: int
    order: tuple[int, ...]
    probe: str
    reference: str
    key: str

    @classmethod
    def of(cls, verdict: Verdict) -> Sorting:
        """Place a verdict."""
        return cls(verdict.item, verdict.repeat, verdict.order, verdict.probe, verdict.reference, verdict.key)


def encode(verdict: Verdict) -> bytes:
    """Write a verdict as a line that ends in the checksum of what comes before it.

    ValueError where a number is not finite: JSON has none of these, and orjson would write a silent null.
    """
    numbers = (verdict.seconds, verdict.usage.usd or 0.0, *verdict.scores, *verdict.probabilities)
    if not all(map(math.isfinite, numbers)):
        raise ValueError(f"a verdict on {verdict.item!r} holds a number that is not finite")
    return seal(dumps(verdict.to_json()))


def seal(body: bytes) -> bytes:
    """Add the checksum and the newline to a JSON object."""
    start = body[:-1]
    return b'%b,"crc":"%08x"}\n' % (start, zlib.crc32(start))


def checksum(line: bytes) -> bool | None:
    """Whether a line agrees with its checksum; None where an older version wrote it without one.

    >>> line = seal(b'{"key":"k"}')
    >>> checksum(line), checksum(line.replace(b"k", b"j")), checksum(b'{"key":"k"}')
    (True, False, None)
    """
    if line[-_TAIL : 8 - _TAIL] != _MARK:
        return None
    return b"%08x" % zlib.crc32(line[:-_TAIL]) == line[-11:-3]


def decode(line: bytes) -> Verdict:
    """Read a line; ValueError, KeyError, TypeError or AttributeError where it is not what was written."""
    whole = checksum(line)
    if whole is False:
        raise ValueError("the checksum says that it was changed")
    return Verdict.from_json(loads(line), trusted=bool(whole))


def key_of(line: bytes) -> str:
    """Read a line's key, checking only that the line is what was written; errors are those of `decode`."""
    if line.startswith(_HEAD):
        whole = checksum(line)
        if whole is False:
            raise ValueError("the checksum says that it was changed")
        if whole:
            return line[8 : line.index(b'"', 8)].decode("ascii")
    return decode(line).key


def failed(line: bytes) -> bool:
    """Whether a line tells of a case that failed."""
    # Quotes inside of a text are escaped, so only an attribute of that name is worth the second look.
    if b'"status":"failed"' in line or not line.startswith(_HEAD):
        return bool(loads(line)["status"] == "failed")
    return False


def sorting(line: bytes) -> Sorting:
    """Read where a line belongs."""
    data = loads(line)
    return Sorting(data["item"], data["repeat"], tuple(data["order"]), data["probe"], data["reference"], data["key"])


def whole_lines(stream: BinaryIO, file: Path | str) -> Iterator[bytes]:
    """Yield the lines of an open file, leaving out a torn last one; DataError where one fails its checksum."""
    for number, line in enumerate(stream, 1):
        if not line.endswith(b"\n"):
            return
        if checksum(line) is False:
            raise damaged(file, number, ValueError("the checksum says that it was changed"))
        yield line


def damaged(file: Path | str, number: int, error: Exception) -> DataError:
    """Name a line that is not a verdict."""
    return DataError(f"not a verdict ({type(error).__name__}: {error})", file=str(file), line=number, hint=REPAIR)


def read_lines(file: Path) -> Iterator[Verdict]:
    """Yield every verdict of a file, leaving out a torn last line; DataError where another is not a verdict."""
    if not file.exists():
        return
    with file.open("rb") as stream:
        for number, line in enumerate(stream, 1):
            if not line.endswith(b"\n"):
                return
            try:
                yield decode(line)
            except UNREADABLE as error:
                raise damaged(file, number, error) from None
