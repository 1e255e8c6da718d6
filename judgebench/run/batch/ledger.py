"""What was submitted as batches: ``batches.jsonl`` in a run's folder, one line for each step, on the disk before it.

A batch is first *meant* (its tag and its cases), then *submitted* (the provider's id), then *ended*. Whatever moment a
process dies at, the next one reads here what is out there and asks for nothing twice.
"""

from __future__ import annotations

import os
import time
from contextlib import ExitStack
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal, Self, TypeAlias

from judgebench.errors import DataError
from judgebench.files.lines import CHANGED, UNREADABLE, checksum, dumps, heal, loads, locked, seal, sync, unwritable
from judgebench.store.runs import MANIFEST, read_run

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from pathlib import Path
    from types import TracebackType

    from judgebench.domain import Run

LEDGER = "batches.jsonl"
_LOCK = ".batches.lock"

#: How a batch ended for us: its results are in, the provider refused it, or it never got there.
End: TypeAlias = Literal["collected", "refused", "absent"]


@dataclass(slots=True)
class Entry:
    """One batch: ``tag`` is our name of it, sixteen random hexadecimal digits, ``id`` the provider's, empty if lost.

    ``time`` is when it was meant, in seconds since the epoch; ``keys`` are those of its cases, each of which may take
    several of the ``requests``. ``backend`` is whom it asks, empty where the judge has but one. ``end`` is empty while
    it is out there.
    """

    tag: str
    time: float
    keys: tuple[str, ...]
    requests: int
    id: str = ""
    end: str = ""
    backend: str = ""


class Ledger:
    """The ledger of a run, open for writing; use as a context manager, which keeps other processes out."""

    def __init__(self, folder: Path) -> None:
        self.path = folder / LEDGER
        self.entries: dict[str, Entry] = {}
        self._held = ExitStack()

    def __enter__(self) -> Self:
        busy = f"another process waits for the batches of {self.path.parent}; let it finish"
        self._held.enter_context(locked(self.path.parent / _LOCK, busy))
        # What a torn last line was to announce did not happen.
        heal(self.path)
        self.entries = read_ledger(self.path)
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._held.close()

    def open_entries(self) -> list[Entry]:
        """Return what is, or may be, out there."""
        return [entry for entry in self.entries.values() if not entry.end]

    def mean(self, tag: str, keys: Sequence[str], requests: int, backend: str = "") -> Entry:
        """Write down what is about to be submitted."""
        entry = Entry(tag, time.time(), tuple(keys), requests, backend=backend)
        whom = {"backend": backend} if backend else {}
        self._append({"tag": entry.tag, "time": entry.time, "requests": requests, "keys": list(keys)} | whom)
        self.entries[entry.tag] = entry
        return entry

    def submitted(self, entry: Entry, batch: str) -> None:
        """Write down the provider's id."""
        entry.id = batch
        self._append({"tag": entry.tag, "id": batch})

    def ended(self, entry: Entry, end: End) -> None:
        """Write down how it ended."""
        entry.end = end
        self._append({"tag": entry.tag, "end": end})

    def _append(self, line: dict[str, Any]) -> None:
        new = not self.path.exists()
        try:
            with self.path.open("ab") as file:
                file.write(seal(dumps(line, ascii_only=True)))
                file.flush()
                os.fsync(file.fileno())
            if new:
                # The name of a new file is on the disk only once its folder is.
                sync(self.path.parent)
        except OSError as error:
            raise unwritable(self.path, error, "nothing more was submitted") from None


def read_ledger(path: Path) -> dict[str, Entry]:
    """Read a ledger, by tag; a torn last line is left out, DataError where another is not one of a ledger."""
    entries: dict[str, Entry] = {}
    if not path.exists():
        return entries
    with path.open("rb") as stream:
        for number, line in enumerate(stream, 1):
            if not line.endswith(b"\n"):
                break
            try:
                _take(entries, line)
            except UNREADABLE as error:
                raise DataError(
                    f"not a line of a ledger of batches ({type(error).__name__}: {error})",
                    file=str(path),
                    line=number,
                    hint="mend it, or move the file away to give up the batches in it",
                ) from None
    return entries


def _take(entries: dict[str, Entry], line: bytes) -> None:
    if checksum(line) is False:
        raise ValueError(CHANGED)
    data: dict[str, Any] = loads(line)
    if "keys" not in data:
        entry = entries[data["tag"]]
        entry.id, entry.end = data.get("id", entry.id), data.get("end", entry.end)
        return
    tag, keys, backend = data["tag"], tuple(data["keys"]), data.get("backend", "")
    if not all(isinstance(text, str) for text in (tag, backend, *keys)):
        raise TypeError("its tag, backend or keys are not text")
    entries[tag] = Entry(tag, float(data["time"]), keys, int(data["requests"]), backend=backend)


def other_entries(runs: Path, run: Run) -> Iterator[tuple[Path, Entry]]:
    """Yield what other runs of the same judge have out there: their answers serve this run's cases, too."""
    for file in sorted(runs.glob(f"*/{LEDGER}")):
        if file.parent.name == run.identity or not (file.parent / MANIFEST).exists():
            continue
        try:
            if read_run(file.parent).run.answers != run.answers:
                continue
            entries = read_ledger(file)
        except DataError:
            # A damaged run only costs its answers, here as in the store.
            continue
        yield from ((file.parent, entry) for entry in entries.values() if not entry.end)


def submitting(folder: Path) -> bool:
    """Whether a process holds the ledger of a run, and so may just be submitting what is only meant so far."""
    from filelock import FileLock, Timeout

    lock = FileLock(folder / _LOCK)
    try:
        lock.acquire(timeout=0)
    except (Timeout, OSError):
        return True
    lock.release()
    return False


def in_batches(runs: Path, run: Run) -> set[str]:
    """Return the keys of the cases whose answers are, or may be, under way."""
    own = read_ledger(runs / run.identity / LEDGER).values()
    entries = [entry for entry in own if not entry.end] + [entry for _, entry in other_entries(runs, run)]
    return {key for entry in entries for key in entry.keys}
