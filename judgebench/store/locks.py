"""Who may ask and write: locks that a killed process leaves open behind it."""

from __future__ import annotations

import threading
from dataclasses import dataclass
from typing import TYPE_CHECKING

from judgebench.domain import digest
from judgebench.errors import UsageError, argument

if TYPE_CHECKING:
    from pathlib import Path

    from filelock import BaseFileLock

    from judgebench.domain import Run

#: Folder of the locks on answers, beside the runs.
LOCKS = ".locks"


@dataclass(slots=True)
class _Held:
    lock: BaseFileLock
    holders: int


_held: dict[str, _Held] = {}
_guard = threading.Lock()


def lock_run(path: Path) -> BaseFileLock:
    """Keep every other writer, of this process too, out of a run; UsageError where there is one.

    The system drops such a lock (``flock``) with the process that holds it, so a killed one blocks nobody.
    """
    from filelock import FileLock, Timeout  # noqa: PLC0415 - loaded on use

    # Not bound to a thread: the engine may write from another one than it opened in.
    lock = FileLock(path / ".lock", thread_local=False)
    try:
        lock.acquire(timeout=0)
    except Timeout:
        other = f"{argument('runs')} another folder"
        raise UsageError(f"another process is writing {path}; wait for it, or give {other}") from None
    return lock


class AnswersLock:
    """Keep other processes from paying for the cases that this one is asking about.

    Two runs of one judge on one task (``--limit 10`` and ``--limit 20``) share their answers, and neither sees what the
    other is asking right now. So one process at a time asks a judge about a task; runs of one process share the lock,
    and see each other's answers as they come.
    """

    def __init__(self, root: Path, run: Run) -> None:
        # Splits of a task may share items; two tasks do not.
        self._file = root / LOCKS / f"{digest([run.answers, run.task.partition(':')[0]])}.lock"
        self._who = f"{run.judge} about {run.task.partition(':')[0]}"
        self._name = str(self._file.absolute())
        self._root = root

    def acquire(self) -> None:
        """Take the lock; UsageError where another process holds it."""
        from filelock import FileLock, Timeout  # noqa: PLC0415 - loaded on use

        with _guard:
            held = _held.get(self._name)
            if held is None:
                self._file.parent.mkdir(exist_ok=True)
                lock = FileLock(self._file, thread_local=False)
                try:
                    lock.acquire(timeout=0)
                except Timeout:
                    raise UsageError(
                        f"another process is asking {self._who} in {self._root}, and its answers serve this run too; "
                        f"wait for it, so that nothing is paid twice (or {argument('cache', off=True)}, or another "
                        f"{argument('runs')} folder)"
                    ) from None
                held = _held[self._name] = _Held(lock, 0)
            held.holders += 1

    def release(self) -> None:
        """Give the lock back."""
        with _guard:
            held = _held[self._name]
            held.holders -= 1
            if not held.holders:
                held.lock.release()
                del _held[self._name]
