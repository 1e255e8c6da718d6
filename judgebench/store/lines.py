"""A verdict as one line of JSON with a checksum: lines read back, and put in order without holding them all."""

from __future__ import annotations

import heapq
import math
import tempfile
from operator import itemgetter
from typing import TYPE_CHECKING, BinaryIO, NamedTuple, Protocol, TypeVar

from judgebench.domain import Verdict
from judgebench.errors import DataError
from judgebench.files.lines import UNREADABLE, checksum, dumps, loads, seal

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator
    from pathlib import Path

    class Digest(Protocol):
        """What sums up bytes: one of `hashlib`."""

        def update(self, data: bytes, /) -> None: ...


T = TypeVar("T")

VERDICTS = "verdicts.jsonl"
#: The same, packed.
PACKED = "verdicts.parquet"

#: What a whole line starts with; its key follows.
_HEAD = b'{"key":"'
#: What to do about what can be made again.
REWRITE = "the same `judgebench run` command writes it again, and asks no judge again"
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


def _is_whole(line: bytes) -> bool:
    """Whether a line has its checksum; ValueError where it has a wrong one."""
    whole = checksum(line)
    if whole is False:
        raise ValueError("the checksum says that it was changed")
    return bool(whole)


def decode(line: bytes) -> Verdict:
    """Read a line; ValueError, KeyError, TypeError or AttributeError where it is not what was written."""
    return Verdict.from_json(loads(line), trusted=_is_whole(line))


def key_of(line: bytes) -> str:
    """Read a line's key, checking only that the line is what was written; errors are those of `decode`."""
    if line.startswith(_HEAD) and _is_whole(line):
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


def damaged(file: Path | str, number: int, error: Exception) -> DataError:
    """Name a line that is not a verdict."""
    return DataError(f"not a verdict ({type(error).__name__}: {error})", file=str(file), line=number, hint=REPAIR)


def through(lines: Iterable[bytes], whole: Digest) -> Iterator[bytes]:
    """Let lines pass, and digest them on their way."""
    for line in lines:
        whole.update(line)
        yield line


def parsed(stream: Iterable[bytes], file: Path | str, read: Callable[[bytes], T]) -> Iterator[T]:
    """Read the lines of an open file, leaving out a torn last one; DataError where another is not a verdict."""
    for number, line in enumerate(stream, 1):
        if not line.endswith(b"\n"):
            return
        try:
            yield read(line)
        except UNREADABLE as error:
            raise damaged(file, number, error) from None


def read_lines(file: Path) -> Iterator[Verdict]:
    """Yield every verdict of a file, leaving out a torn last line; DataError where another is not a verdict."""
    if file.exists():
        with file.open("rb") as stream:
            yield from parsed(stream, file, decode)


#: Bytes of lines that are sorted in memory; Python's objects around them take as much again.
_CHUNK = 16 * 1024 * 1024
#: Sorted pieces that are open at once.
_PIECES = 64


def latest(streams: Iterable[Iterable[T]], place: Callable[[T], Sorting]) -> Iterator[T]:
    """Merge sorted streams; of one case, the last in the last stream wins."""
    kept: T | None = None
    where: Sorting | None = None
    # heapq.merge is stable: of equals, earlier streams come first.
    for one in heapq.merge(*streams, key=place):
        here = place(one)
        if where is not None and here != where and kept is not None:
            yield kept
        kept, where = one, here
    if kept is not None:
        yield kept


def in_order(stream: Iterable[bytes], file: Path, folder: Path | None = None, chunk: int = _CHUNK) -> Iterator[bytes]:
    """Yield the lines of an open file sorted, of each case the last.

    ``chunk`` bytes are sorted at once. Pieces that do not fit in memory are kept in ``folder`` (by default the
    system's), without a name, so that nothing stays behind, whatever happens to the process.
    """
    pieces: list[Iterator[tuple[Sorting, bytes]]] = []
    for piece in _chunks(parsed(stream, file, _placed), chunk):
        # The sort is stable: of one case's lines the last one stays last.
        piece.sort(key=itemgetter(0))
        if not pieces and sum(len(line) for _, line in piece) < chunk:
            pieces.append(iter(piece))
            break
        pieces.append(_spilled(piece, folder))
        if len(pieces) == _PIECES:
            pieces = [_spilled(latest(pieces, itemgetter(0)), folder)]
    for _, line in latest(pieces, itemgetter(0)):
        yield line


def _placed(line: bytes) -> tuple[Sorting, bytes]:
    if not _is_whole(line):
        # Without a checksum only reading the whole line tells that it is one.
        decode(line)
    return sorting(line), line


def _chunks(lines: Iterable[tuple[Sorting, bytes]], chunk: int) -> Iterator[list[tuple[Sorting, bytes]]]:
    piece: list[tuple[Sorting, bytes]] = []
    size = 0
    for one in lines:
        piece.append(one)
        size += len(one[1])
        if size >= chunk:
            yield piece
            piece, size = [], 0
    if piece:
        yield piece


def _spilled(piece: Iterable[tuple[Sorting, bytes]], folder: Path | None) -> Iterator[tuple[Sorting, bytes]]:
    spill = tempfile.TemporaryFile(dir=folder)  # noqa: SIM115 - closed by the one who has read it
    try:
        spill.writelines(line for _, line in piece)
        spill.seek(0)
    except BaseException:
        spill.close()
        raise
    return _read(spill)


def _read(spill: BinaryIO) -> Iterator[tuple[Sorting, bytes]]:
    with spill:
        for line in spill:
            yield sorting(line), line
