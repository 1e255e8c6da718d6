"""Annotators' files: one line a label, appended and synced one by one; the last line of an item counts.

A file is ``<folder>/<task>--<annotator>.jsonl``. A killed process leaves at most one torn line, which readers leave out
and the next writer cuts off. A lock keeps a second writer out; readers need none. A line that `LabelWriter` wrote ends
in its checksum, so that a changed one is refused; what people and other programs write needs none.
"""

from __future__ import annotations

import json
import os
import re
from codecs import BOM_UTF8
from typing import TYPE_CHECKING, Self

from judgebench.domain.items import digest
from judgebench.errors import DataError, IncompleteError, UsageError
from judgebench.files.content import small_file
from judgebench.files.lines import CHANGED, UNREADABLE, checksum, dumps, loads, seal, sync, unreadable
from judgebench.labels.annotations import Labelled, Labels, Placed

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence
    from pathlib import Path
    from types import TracebackType

    from filelock import BaseFileLock

    from judgebench.labels.annotations import Mode
    from judgebench.labels.label_tables import LabelTable

_MOST = 60
#: Where settled labels are among an annotator's first and second showings.
_SETTLED = 2
#: What people label by hand is far from it.
_LARGEST = 1 << 30


def label_file(folder: Path, task: str, annotator: str) -> Path:
    """Name the file of an annotator of a task; names that a file can't have get a digest behind them.

    >>> from pathlib import Path
    >>> label_file(Path("labels"), "judgebench:gpt", "../Ann").as_posix()
    'labels/judgebench-gpt--Ann--c922b55b.jsonl'
    """
    names = [re.sub(r"[^A-Za-z0-9._-]+", "-", name).strip("-.")[:_MOST] for name in (task, annotator)]
    # Capitals, too: on some disks they make no difference.
    plain = names[1] == annotator == annotator.lower()
    return folder / f"{'--'.join(names)}{'' if plain else f'--{digest(annotator, 8)}'}.jsonl"


def read_file(file: Path) -> Iterator[Placed]:
    """Yield the lines of a file, leaving out a torn last one; DataError where a whole line is not a label."""
    try:
        raw = small_file(file, _LARGEST).removeprefix(BOM_UTF8)
    except OSError as error:
        raise unreadable(file, error) from None
    lines = raw.split(b"\n")
    for number, line in enumerate(lines, 1):
        if not line.strip() or (number == len(lines) and _torn(line)):
            continue
        if checksum(line + b"\n") is False:
            raise DataError(
                CHANGED, file=str(file), line=number, hint="restore it, or take its crc out if you changed it"
            )
        try:
            yield Placed(Labelled.from_json(loads(line)), str(file), number)
        except UNREADABLE as error:
            raise DataError(
                f"not a label ({type(error).__name__}: {error})",
                file=str(file),
                line=number,
                hint="docs/reference/view.md says what a line holds",
            ) from None


def _torn(line: bytes) -> bool:
    """Whether a last line was cut off: no start of an object is JSON. One that an editor left open is whole."""
    try:
        json.JSONDecoder().raw_decode(line.decode("utf-8-sig", "replace").lstrip())
    except (ValueError, RecursionError):
        return True
    return False


def read_labels(paths: Sequence[Path], mode: Mode = "only", form: LabelTable | None = None) -> dict[str, Labels]:
    """Read annotators' files, or folders of them, by task; DataError where two label one item as one annotator.

    A table of labels, of which ``form`` tells more, is one file alone, and of no task by name.
    """
    if len(paths) == 1 and paths[0].is_file():
        from judgebench.labels.label_tables import ANY, LabelTable, is_table, read_label_table  # noqa: PLC0415 - loaded on use

        if is_table(paths[0]):
            return {ANY: read_label_table(paths[0], form or LabelTable(), mode)}
    found: dict[str, tuple[dict[str, dict[str, Placed]], ...]] = {}
    for file in _files(paths):
        for line in read_file(file):
            said = line.said
            kind = _SETTLED if said.settles else said.showing - 1
            mine = found.setdefault(said.task, ({}, {}, {}))[kind].setdefault(said.annotator, {})
            other = mine.get(said.item)
            if other is not None and other.file != line.file:
                raise line.fail(
                    f"{said.annotator!r} labelled item {said.item!r} here and in {other.file}:{other.number}",
                    "keep one of them",
                )
            mine[said.item] = line
    if not found:
        raise DataError("no labels here", file=", ".join(map(str, paths)), hint="`judgebench view` writes them")
    made = {
        task: Labels(task, first, again, {item: line for mine in settled.values() for item, line in mine.items()}, mode)
        for task, (first, again, settled) in found.items()
    }
    return {task: labels.on_common_ground() for task, labels in made.items()} if mode == "settled" else made


def _files(paths: Iterable[Path]) -> list[Path]:
    found = [file for path in paths for file in (sorted(path.glob("*.jsonl")) if path.is_dir() else [path])]
    return list(dict.fromkeys(found))


class LabelWriter:
    """An annotator's file, open for appending and made if missing; use as a context manager.

    UsageError where another process is writing it, DataError where a line is not a label, IncompleteError where it
    can't be written.
    """

    def __init__(self, file: Path) -> None:
        self.file = file
        self.lines: list[Labelled] = []
        self._descriptor: int | None = None
        self._lock: BaseFileLock | None = None
        self._size = 0

    def __enter__(self) -> Self:
        from filelock import FileLock, Timeout

        try:
            self.file.parent.mkdir(parents=True, exist_ok=True)
            lock = FileLock(self.file.with_name(f".{self.file.name}.lock"), thread_local=False)
            try:
                lock.acquire(timeout=0)
            except Timeout:
                raise UsageError(f"another process is writing {self.file}; label in that one, or end it") from None
            self._lock = lock
            self.lines = [line.said for line in read_file(self.file)] if self.file.exists() else []
            self._descriptor = os.open(self.file, os.O_RDWR | os.O_CREAT | os.O_APPEND, 0o644)
            self._heal()
        except OSError as error:
            self.close()
            raise _unwritable(self.file, error) from None
        except BaseException:
            self.close()
            raise
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def append(self, said: Labelled) -> None:
        """Write a line and see it on the disk; IncompleteError where that fails: nothing of it is left in the file."""
        if self._descriptor is None:
            raise IncompleteError(f"{self.file} is not open")
        self._check()
        line = seal(dumps(said.to_json()))
        try:
            left = line
            # A full disk takes a part; the next attempt says why it takes no more.
            while left:
                left = left[os.write(self._descriptor, left) :]
            os.fsync(self._descriptor)
        except OSError as error:
            self._cut()
            raise _unwritable(self.file, error) from None
        self._size += len(line)
        self.lines.append(said)

    def close(self) -> None:
        """Close the file and give the lock back."""
        if self._descriptor is not None:
            os.close(self._descriptor)
            self._descriptor = None
        if self._lock is not None:
            self._lock.release()
            self._lock = None

    def _heal(self) -> None:
        """Cut off the line that a killed writer left torn, or end one that an editor left open."""
        raw = self.file.read_bytes()
        self._size = raw.rfind(b"\n") + 1
        rest = raw[self._size :]
        if rest.strip() and not _torn(rest):
            os.write(self._descriptor or 0, b"\n")
            self._size = len(raw) + 1
        elif self._size < len(raw):
            self._cut()
        sync(self.file.parent)

    def _check(self) -> None:
        """See that the file is still the one that was opened, as this writer left it.

        An editor that puts a new file in its place would leave labels without a name; one that leaves the last line
        open would have the next label glued to it.
        """
        mine = os.fstat(self._descriptor or 0)
        try:
            there = self.file.stat()
        except OSError:
            there = None
        if there is None or not os.path.samestat(mine, there) or there.st_size != self._size:
            raise IncompleteError(f"{self.file} was changed or moved by something else; start `judgebench view` again")

    def _cut(self) -> None:
        if self._descriptor is not None:
            try:
                os.ftruncate(self._descriptor, self._size)
            except OSError as error:
                raise _unwritable(self.file, error) from None


def _unwritable(file: Path, error: OSError) -> IncompleteError:
    return IncompleteError(f"can't write {file}: {error.strerror}; what was labelled before is kept")
