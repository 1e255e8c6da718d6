"""Files written so that whatever happens, they are whole."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable
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
