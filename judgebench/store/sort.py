"""Put lines in order without holding them: an external merge sort, in which the last line of a case wins."""

from __future__ import annotations

import heapq
import tempfile
from operator import itemgetter
from typing import TYPE_CHECKING, BinaryIO, TypeVar

from judgebench.files.lines import UNREADABLE
from judgebench.store.lines import Sorting, checksum, damaged, decode, sorting, whole_lines

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator
    from pathlib import Path

T = TypeVar("T")

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


def in_order(stream: BinaryIO, file: Path, folder: Path | None = None, chunk: int = _CHUNK) -> Iterator[bytes]:
    """Yield the lines of an open file sorted, of each case the last.

    ``chunk`` bytes are sorted at once. Pieces that do not fit in memory are kept in ``folder`` (by default the
    system's), without a name, so that nothing stays behind, whatever happens to the process.
    """
    pieces: list[Iterator[tuple[Sorting, bytes]]] = []
    for piece in _chunks(_placed(stream, file), chunk):
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


def _placed(stream: BinaryIO, file: Path) -> Iterator[tuple[Sorting, bytes]]:
    for number, line in enumerate(whole_lines(stream, file), 1):
        try:
            if checksum(line) is None:
                # Without a checksum only reading the whole line tells that it is one.
                decode(line)
            where = sorting(line)
        except UNREADABLE as error:
            raise damaged(file, number, error) from None
        yield where, line


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
