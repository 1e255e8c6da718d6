"""A run open for writing, and the locks that keep others out, which a killed process leaves open behind it.

A run that is asked afresh (``--refresh``) keeps what it held under another name.
"""

from __future__ import annotations

import contextlib
import hashlib
import os
import threading
import time
from dataclasses import replace
from typing import TYPE_CHECKING, Self

from judgebench.domain import Status, digest
from judgebench.errors import DataError, UsageError, VersionError, argument
from judgebench.files.lines import append_whole, heal, locked, replace_file, sync, unwritable
from judgebench.store import answers as known
from judgebench.store.answers import Answers, Stored
from judgebench.store.beside import Beside, write_beside
from judgebench.store.lines import PACKED, VERDICTS, encode, in_order, through
from judgebench.store.marks import NOTED, REFRESHED, SETTLED, adopt, fits, read_mark, write_mark
from judgebench.store.rounds import ROUNDS, Rounds
from judgebench.store.runs import MANIFEST, open_lines, read_run, refuse_newer, settled, write_manifest

if TYPE_CHECKING:
    from collections.abc import Generator, Iterable, Mapping
    from pathlib import Path
    from types import TracebackType

    from judgebench.domain import Completion, Run, Verdict


#: Folder of the locks on answers, beside the runs.
LOCKS = ".locks"

#: Locks on answers that this process holds, and how many of its runs share each.
_held: dict[str, tuple[contextlib.ExitStack, int]] = {}
_guard = threading.Lock()


def lock_run(path: Path) -> contextlib.AbstractContextManager[None]:
    """Keep every other writer, of this process too, out of a run; UsageError where there is one.

    The system drops such a lock (``flock``) with the process that holds it, so a killed one blocks nobody.
    """
    busy = f"another process is writing {path}; wait for it, or give {argument('runs')} another folder"
    return locked(path / ".lock", busy)


@contextlib.contextmanager
def lock_answers(root: Path, run: Run) -> Generator[None]:
    """Keep other processes from paying for the cases that this one asks about; UsageError where one asks already.

    Two runs of one judge on one task (``--limit 10`` and ``--limit 20``) share their answers, and neither sees what the
    other is asking right now. So one process at a time asks a judge about a task; runs of one process share the lock,
    and see each other's answers as they come.
    """
    # Splits of a task may share items; two tasks do not.
    task = run.task.partition(":")[0]
    file = root / LOCKS / f"{digest([run.answers, task])}.lock"
    name = str(file.absolute())
    with _guard:
        lock, holders = _held.get(name) or (contextlib.ExitStack(), 0)
        if not holders:
            file.parent.mkdir(exist_ok=True)
            busy = (
                f"another process is asking {run.judge} about {task} in {root}, and its answers serve this run too; "
                f"wait for it, so that nothing is paid twice (or {argument('cache', off=True)}, or another "
                f"{argument('runs')} folder)"
            )
            lock.enter_context(locked(file, busy))
        _held[name] = lock, holders + 1
    try:
        yield
    finally:
        with _guard:
            lock, holders = _held.pop(name)
            if holders > 1:
                _held[name] = lock, holders - 1
            else:
                lock.close()


def now() -> str:
    """Name the present moment as files are dated."""
    return time.strftime("%Y%m%dT%H%M%SZ", time.gmtime())


def dated(path: Path, name: str) -> Path:
    """Find a free name for a file that is moved aside.

    >>> from pathlib import Path
    >>> dated(Path("nowhere"), "damaged.jsonl").name.removesuffix("Z.jsonl")[:9]
    'damaged-2'
    """
    stem, _, kind = name.partition(".")
    at = now()
    names = (path / f"{stem}-{at}{suffix}.{kind}" for suffix in ("", *(f"-{n}" for n in range(2, 999))))
    return next(file for file in names if not file.exists())


def _begin_refresh(path: Path) -> None:
    """Set a run's verdicts aside, unless an earlier refresh of it is not finished yet: that one goes on."""
    mark = read_mark(path / REFRESHED)
    if mark and not mark.get("finished"):
        return
    at = now()
    # First the intention, then the deed: a process that is killed between them is made good by `_resume_refresh`.
    write_mark(path / REFRESHED, {"at": at, "aside": _unused(path, at), "finished": False, "moved": False})
    _resume_refresh(path)


def _resume_refresh(path: Path) -> None:
    """Do what an interrupted `_begin_refresh` left to do."""
    mark = read_mark(path / REFRESHED)
    if not mark or mark.get("moved", True):
        return
    (path / SETTLED).unlink(missing_ok=True)
    (path / ROUNDS).unlink(missing_ok=True)
    for name in (VERDICTS, PACKED):
        stem, _, kind = name.partition(".")
        aside = path / f"{stem}-{mark['aside']}.{kind}"
        if (path / name).exists() and not aside.exists():
            (path / name).rename(aside)
    (path / NOTED).unlink(missing_ok=True)
    sync(path)
    write_mark(path / REFRESHED, mark | {"moved": True})


def _finish_refresh(path: Path) -> None:
    """Note that all of a refreshed run was asked: the next ``--refresh`` starts afresh."""
    mark = read_mark(path / REFRESHED)
    if mark and not mark.get("finished"):
        write_mark(path / REFRESHED, mark | {"finished": True})


def _unused(path: Path, at: str) -> str:
    names = (at, *(f"{at}-{n}" for n in range(2, 1000)))
    return next(name for name in names if not list(path.glob(f"verdicts-{name}.*")))


#: Writers that are open in this process, by what they may share.
_open: dict[tuple[str, str], list[RunWriter]] = {}


class RunWriter:
    """A run open for appending under ``root``, which is made if missing; use as a context manager.

    ``share`` takes answers of other runs. ``refresh`` asks everything again: what the run holds is set aside, and no
    other run's answers are taken, now or when it is resumed; one that was not finished is resumed.

    UsageError where another process is writing this run, or asking the same judge about the same task; DataError where
    the run's own file is damaged; IncompleteError where the folder can't be written (read-only, disk full).
    """

    def __init__(self, root: Path, run: Run, share: bool = True, refresh: bool = False) -> None:  # noqa: FBT001, FBT002 - the engine's contract
        self.run = run
        self.root = root
        self.path = root / run.identity
        self._share = share
        self._refresh = refresh
        self._descriptor: int | None = None
        self._size = 0
        self._locks = contextlib.ExitStack()
        self._own = Answers()
        self._others = Answers()
        self._rounds: Rounds | None = None
        self._source = 0
        self._group = (str(root.absolute()), run.answers)

    def __enter__(self) -> Self:
        # Before a file of it is touched.
        refuse_newer(self.path)
        try:
            with _writing(self.path):
                self._begin()
        except BaseException:
            self.close()
            raise
        _open.setdefault(self._group, []).append(self)
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def _begin(self) -> None:
        try:
            self.path.mkdir(parents=True, exist_ok=True)
        except (FileExistsError, NotADirectoryError):
            raise UsageError(f"{argument('runs')} needs a folder, and {self.root} is a file or is inside one") from None
        self._locks.enter_context(lock_run(self.path))
        if self._share:
            self._locks.enter_context(lock_answers(self.root, self.run))
        continued = self._continued()
        self._prepare()
        self.write_manifest(continued)
        self._open_own()
        self._rounds = Rounds(self.path, lambda case: self._own.get(case) is not None)
        self._take_others()

    def _continued(self) -> Run:
        """Keep what earlier commands spent on this run; a manifest that says something wrong is moved aside."""
        if not (self.path / MANIFEST).exists():
            return self.run
        try:
            return replace(self.run, spent=read_run(self.path).run.spent)
        except VersionError:
            raise
        except DataError:
            (self.path / MANIFEST).rename(dated(self.path, "damaged.manifest.json"))
            return self.run

    def _prepare(self) -> None:
        """Clear away what a killed process left, and set aside what a refresh replaces."""
        clear(self.path)
        # Of the two that can be made anew, one that says something wrong is.
        for name in (SETTLED, NOTED):
            if not fits(self.path / name):
                (self.path / name).unlink()
        adopt(self.path, self.path / VERDICTS)
        _resume_refresh(self.path)
        if self._refresh:
            _begin_refresh(self.path)

    def _open_own(self) -> None:
        file = self.path / VERDICTS
        heal(file)
        self._descriptor = os.open(file, os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o644)
        self._size = os.fstat(self._descriptor).st_size
        self._own.close()
        self._own = Answers()
        self._source = self._own.add_run(self.path, own=True)

    def _take_others(self) -> None:
        # What was asked afresh takes no older answers, in a resumed run neither.
        self._share = self._share and not read_mark(self.path / REFRESHED)
        if not self._share:
            return
        for stored in known.others(self.root, self.run):
            self._others.add_run(stored.path, own=False)

    def close(self) -> None:
        """Flush to the disk and let others write."""
        writers = _open.get(self._group, [])
        if self in writers:
            writers.remove(self)
            if not writers:
                del _open[self._group]
        try:
            if self._descriptor is not None:
                descriptor, self._descriptor = self._descriptor, None
                try:
                    os.fsync(descriptor)
                finally:
                    os.close(descriptor)
        finally:
            if self._rounds is not None:
                self._rounds.close()
            self._own.close()
            self._others.close()
            self._locks.close()

    def lookup(self, key: str) -> Stored | None:
        """Find the answer to a case, by its key; never a failed one."""
        own = self._own.get(key)
        if own is not None:
            return Stored(own, own=True)
        verdict = self._others.get(key)
        if verdict is None and self._share:
            verdict = self._lately(key)
        return None if verdict is None else Stored(verdict, own=False)

    def _lately(self, key: str) -> Verdict | None:
        """Look at what other runs of this process were answered since this one was opened."""
        for writer in _open.get(self._group, []):
            if writer is not self and (verdict := writer._own.get(key)) is not None:  # noqa: SLF001 - its own kind
                return verdict
        return None

    def append(self, verdict: Verdict) -> None:
        """Write one verdict; IncompleteError where it can't be, and all earlier verdicts are kept."""
        if self._descriptor is None:
            raise RuntimeError("the run is not open")
        data = encode(verdict)
        with _writing(self.path):
            append_whole(self._descriptor, data, self._size)
        self._own.put(verdict.key, self._source, self._size)
        self._size += len(data)
        if self._rounds is not None and verdict.status is not Status.FAILED:
            self._rounds.decided(verdict.key)

    def rounds(self, key: str) -> Mapping[str, Completion]:
        """Find what a case was answered before it came to a verdict, by the keys of the requests."""
        return {} if self._rounds is None else self._rounds.of(key)

    def keep(self, key: str, request: str, completion: Completion) -> None:
        """Keep an answer of a case that takes several; IncompleteError where it can't be."""
        if self._rounds is None:
            raise RuntimeError("the run is not open")
        with _writing(self.path):
            self._rounds.keep(key, request, completion)

    def sync(self) -> None:
        """Bring what was appended onto the disk: a power cut takes none of it after this."""
        with _writing(self.path):
            if self._descriptor is not None:
                os.fsync(self._descriptor)

    def settle(self) -> None:
        """Put a finished run's lines in order, of each case the last; IncompleteError where there is no room for it.

        What a run ends in does not depend on the order of the answers, then, or on how often it was interrupted. A
        settle that fails or is killed leaves the old file.
        """
        with _writing(self.path):
            if self._descriptor is not None:
                os.fsync(self._descriptor)
            if settle(self.path) and self._descriptor is not None:
                # The name stands for another file now.
                os.close(self._descriptor)
                self._descriptor = None
                self._open_own()
            _finish_refresh(self.path)

    def write_beside(self, known: Mapping[str, Beside]) -> None:
        """Write what is known of the items beside their task."""
        with _writing(self.path):
            write_beside(self.path, known)

    def write_manifest(self, run: Run) -> None:
        """Replace the manifest, atomically."""
        self.run = run
        with _writing(self.path):
            write_manifest(self.path, run)


def settle_run(path: Path) -> None:
    """Put a finished run's lines in order, as `RunWriter.settle` does, when its writer is closed.

    Where another process has begun to write the run meanwhile, that one settles it.
    """
    with _writing(path), contextlib.suppress(UsageError), lock_run(path):
        settle(path)
        _finish_refresh(path)


def settle(path: Path) -> bool:
    """Put a run's lines in order and say whether the file was replaced; whoever calls holds the run's lock."""
    stream = open_lines(path)
    if stream is None:
        return False
    with stream:
        if fits(path / SETTLED) and settled(path, stream):
            return False
        replace_lines(path, in_order(stream, path / VERDICTS, folder=path))
    return True


def replace_lines(path: Path, lines: Iterable[bytes]) -> int:
    """Rewrite a run's lines, in order, and return how many; a process that is killed leaves the old or the new."""
    # What is noted of the old lines is not true of the new ones, and without a note nothing is wrong with either.
    (path / SETTLED).unlink(missing_ok=True)
    whole = hashlib.sha256()
    count, size = replace_file(path / VERDICTS, through(lines, whole))
    write_mark(path / SETTLED, {"bytes": size, "lines": count, "sha256": whole.hexdigest()})
    return count


def clear(path: Path) -> None:
    """Clear away the files that a killed process left half-written; whoever calls holds the run's lock."""
    for left in path.glob("*.tmp"):
        left.unlink(missing_ok=True)


@contextlib.contextmanager
def _writing(path: Path) -> Generator[None]:
    """Say what helps where a run can't be written: IncompleteError."""
    try:
        yield
    except OSError as error:
        room = f"make room or give {argument('runs')} another folder"
        raise unwritable(path, error, "what was judged so far is kept", room) from None
