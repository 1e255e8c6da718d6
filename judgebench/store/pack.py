"""``pack``: a run's verdicts from lines to a Parquet file, and back."""

from __future__ import annotations

import os
from itertools import zip_longest
from typing import TYPE_CHECKING, NamedTuple

from judgebench.errors import DataError, IncompleteError
from judgebench.files.lines import replace_file, sync
from judgebench.store.lines import VERDICTS, encode, read_lines
from judgebench.store.locks import lock_run
from judgebench.store.parquet import PACKED, note_packed, read_table, write_table
from judgebench.store.stored import SETTLED, read_run
from judgebench.store.writer import mark_settled, settle

if TYPE_CHECKING:
    from collections.abc import Iterable
    from pathlib import Path

    from judgebench.domain import Verdict


class Packed(NamedTuple):
    """What packing a run, or unpacking it, did: its cases, and the bytes of its files before and after."""

    path: Path
    cases: int
    before: int
    after: int


def pack(path: Path) -> Packed:
    """Move a run's verdicts into ``verdicts.parquet``; lines that are appended later come beside it and win.

    The lines are removed only when the new file was read back and holds the same; a process that is killed at any
    moment leaves one of them whole. UsageError where another process is writing the run.
    """
    return _locked(path, undo=False)


def unpack(path: Path) -> Packed:
    """Move a run's verdicts back into ``verdicts.jsonl``, with the errors of `pack`."""
    return _locked(path, undo=True)


def _locked(path: Path, *, undo: bool) -> Packed:
    stored = read_run(path)
    try:
        lock = lock_run(path)
        try:
            before = _size(path)
            todo = _size(path, PACKED) if undo else _size(path, VERDICTS)
            if not todo:
                return Packed(path, 0, before, before)
            cases = _unpack(path) if undo else _pack(path)
            return Packed(stored.path, cases, before, _size(path))
        finally:
            lock.release()
    except OSError as error:
        raise IncompleteError(
            f"can't write {path}: {error.strerror or type(error).__name__}; nothing is lost: make room and try again"
        ) from None


def _pack(path: Path) -> int:
    stored = read_run(path)
    # In order, the lines can be read twice without sorting them twice.
    settle(path)
    temporary = path / f"{PACKED}.{os.getpid()}.tmp"
    try:
        cases = write_table(temporary, stored.verdicts())
        _same(stored.verdicts(), read_table(temporary), temporary)
        note_packed(path, temporary)
        temporary.replace(path / PACKED)
    finally:
        temporary.unlink(missing_ok=True)
    sync(path)
    (path / SETTLED).unlink(missing_ok=True)
    (path / VERDICTS).unlink(missing_ok=True)
    sync(path)
    return cases


def _unpack(path: Path) -> int:
    stored = read_run(path)
    cases, size = replace_file(path / VERDICTS, map(encode, stored.verdicts()))
    mark_settled(path, size, cases)
    _same(stored.verdicts(), read_lines(path / VERDICTS), path / VERDICTS)
    (path / PACKED).unlink()
    sync(path)
    return cases


def _same(before: Iterable[Verdict], after: Iterable[Verdict], file: Path) -> None:
    for number, (one, other) in enumerate(zip_longest(before, after), 1):
        if one != other:
            raise DataError(
                "what was written does not read back as it was; the run is left as it is", file=str(file), line=number
            )


def _size(path: Path, *names: str) -> int:
    files = [path / name for name in names or (VERDICTS, PACKED)]
    return sum(file.stat().st_size for file in files if file.exists())
