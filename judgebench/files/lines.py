"""JSON, one value a line: written compact, into files that are whole whatever happens; any text can be read back.

A line may end in the checksum of what comes before it.
"""

from __future__ import annotations

import contextlib
import errno
import json
import os
import zlib
from typing import TYPE_CHECKING, Any

import orjson

from judgebench.errors import DataError, IncompleteError, UsageError

if TYPE_CHECKING:
    from collections.abc import Generator, Iterable
    from pathlib import Path


def sync(folder: Path) -> None:
    """Bring the names in a folder to the disk, where the system can do that."""
    try:
        descriptor = os.open(folder, os.O_RDONLY)
    except OSError:
        return
    try:
        os.fsync(descriptor)
    except OSError:
        pass
    finally:
        os.close(descriptor)


def replace_file(file: Path, lines: Iterable[bytes]) -> tuple[int, int]:
    """Write a file anew, atomically, and return the lines and bytes written."""
    temporary = file.with_name(f"{file.name}.{os.getpid()}.tmp")
    count = size = 0
    try:
        with temporary.open("wb") as stream:
            for line in lines:
                stream.write(line)
                count += 1
                size += len(line)
            stream.flush()
            os.fsync(stream.fileno())
        temporary.replace(file)
    finally:
        temporary.unlink(missing_ok=True)
    sync(file.parent)
    return count, size


def heal(file: Path) -> None:
    """Cut off a torn last line, which a killed process left."""
    if not file.exists():
        return
    with file.open("r+b") as stream:
        end = stream.seek(0, os.SEEK_END)
        position = end
        while position:
            start = max(0, position - 65536)
            stream.seek(start)
            newline = stream.read(position - start).rfind(b"\n")
            if newline >= 0:
                position = start + newline + 1
                break
            position = start
        if position != end:
            stream.truncate(position)


def append_whole(descriptor: int, line: bytes, size: int) -> None:
    """Add a line to a file of a size, whole or not at all; OSError where it can't be."""
    if os.write(descriptor, line) != len(line):
        # A full disk takes part of a line: take it back, so that the file stays whole.
        os.ftruncate(descriptor, size)
        raise OSError(errno.ENOSPC, "No space left on device")


@contextlib.contextmanager
def locked(file: Path, busy: str) -> Generator[None]:
    """Hold a lock that goes with the process; UsageError, in the words of ``busy``, where another process holds it."""
    from filelock import FileLock, Timeout

    # Not bound to a thread: whoever writes may do so from another one than it opened in.
    lock = FileLock(file, thread_local=False)
    try:
        lock.acquire(timeout=0)
    except Timeout:
        raise UsageError(busy) from None
    try:
        yield
    finally:
        lock.release()


#: What reading a line that is not what it should be raises.
UNREADABLE = (ValueError, KeyError, TypeError, AttributeError, RecursionError, OverflowError)


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


def unwritable(what: object, error: OSError, kept: str, usual: str = "make room") -> IncompleteError:
    """Say that something can't be written, what is ``kept``, and what helps: not always room on the disk."""
    helps = "allow more open files (`ulimit -n 1024`)" if error.errno in {errno.EMFILE, errno.ENFILE} else usual
    reason = error.strerror or type(error).__name__
    return IncompleteError(f"can't write {what}: {reason}; {kept}: {helps}, then run the same command again")


_MARK = b',"crc":"'
#: ``,"crc":"01234567"}`` and the newline.
_TAIL = len(_MARK) + 8 + 3
#: What is said of a line with a wrong one.
CHANGED = "the checksum does not fit: the line was changed after it was written"


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
    return b'%08x"}\n' % zlib.crc32(line[:-_TAIL]) == line[-11:]


def unreadable(file: Path, error: OSError) -> DataError:
    """Name a file that the system won't read."""
    return DataError(f"can't read: {error.strerror}", file=str(file), hint="check what is there, and its permissions")
