"""Write and read runs.

A run is a folder ``<runs>/<identity>/`` that holds

- ``manifest.json``: the `Run`, replaced atomically;
- ``verdicts.jsonl``: one `Verdict` a line, appended, never rewritten. The last line of a key counts:
  only a ``failed`` case is ever asked again.

A verdict is one ``write`` of one line, so a killed process leaves at most one torn line, which the
next writer cuts off. A lock keeps a second writer out; readers need none.
"""

from __future__ import annotations

import json
import os
from typing import TYPE_CHECKING, NamedTuple, Self

from judgebench.domain import Run, Status, Verdict
from judgebench.errors import DataError, IncompleteError, UsageError

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path
    from types import TracebackType

    from filelock import BaseFileLock

MANIFEST = "manifest.json"
VERDICTS = "verdicts.jsonl"


class Stored(NamedTuple):
    """An answer that the store already holds; ``own`` where the run at hand holds it, else another run does."""

    verdict: Verdict
    own: bool


class RunWriter:
    """A run open for appending; use as a context manager.

    Parameters
    ----------
    root : Path
        The runs folder; made if missing.
    run : Run
        The manifest to write.
    share : bool
        Whether answers of other runs may serve this one.
    refresh : bool
        Whether to forget this run's own answers as well.

    Raises
    ------
    UsageError
        If another process is writing this run.
    IncompleteError
        If the folder can't be written (read-only, disk full).
    """

    def __init__(self, root: Path, run: Run, *, share: bool = True, refresh: bool = False) -> None:
        self._share = share
        self._refresh = refresh
        self.run = run
        self.path = root / run.identity
        self._descriptor: int | None = None
        self._lock: BaseFileLock | None = None
        self._own: dict[str, Verdict] = {}
        self._known: dict[str, Verdict] = {}

    def __enter__(self) -> Self:
        from filelock import FileLock, Timeout  # noqa: PLC0415 - loaded on use

        try:
            self.path.mkdir(parents=True, exist_ok=True)
            lock = FileLock(self.path / ".lock")
            lock.acquire(timeout=0)
            self._lock = lock
            self.write_manifest(self.run)
            self._heal()
            self._descriptor = os.open(self.path / VERDICTS, os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o644)
            if self._refresh:
                return self
            self._own = {verdict.key: verdict for verdict in read_lines(self.path / VERDICTS)}
            if self._share:
                self._known = known_answers(self.path.parent, self.run)
        except Timeout:
            raise UsageError(
                f"another process is writing {self.path}; wait for it, or give --runs another folder"
            ) from None
        except (FileExistsError, NotADirectoryError):
            raise UsageError(f"--runs needs a folder, and {self.path.parent} is or lies in a file") from None
        except OSError as error:
            self.close()
            raise _unwritable(self.path, error) from None
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def close(self) -> None:
        """Flush to the disk and let others write."""
        if self._descriptor is not None:
            os.fsync(self._descriptor)
            os.close(self._descriptor)
            self._descriptor = None
        if self._lock is not None:
            self._lock.release()
            self._lock = None

    def _heal(self) -> None:
        """Cut off a torn last line; its case is asked again."""
        file = self.path / VERDICTS
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

    def lookup(self, key: str) -> Stored | None:
        """Find the answer to a case, by its key; never a failed one."""
        own = self._own.get(key)
        if own is not None and own.status is not Status.FAILED:
            return Stored(own, own=True)
        verdict = self._known.get(key)
        return None if verdict is None else Stored(verdict, own=False)

    def append(self, verdict: Verdict) -> None:
        """Write one verdict.

        Raises
        ------
        IncompleteError
            If the disk is full or the folder became read-only; all earlier verdicts are kept.
        """
        if self._descriptor is None:
            raise RuntimeError("the run is not open")
        # A lone surrogate in a reply must not lose the verdict: JSON escapes keep it.
        line = json.dumps(verdict.to_json(), ensure_ascii=True, allow_nan=False, separators=(",", ":")) + "\n"
        data = line.encode("ascii")
        try:
            written = os.write(self._descriptor, data)
            if written != len(data):
                # A full disk takes part of a line: take it back, so that the file stays whole.
                os.ftruncate(self._descriptor, os.fstat(self._descriptor).st_size - written)
                raise OSError(28, "No space left on device")  # noqa: TRY301 - one handler for both ways
        except OSError as error:
            raise _unwritable(self.path, error) from None

    def write_manifest(self, run: Run) -> None:
        """Replace the manifest, atomically."""
        self.run = run
        temporary = self.path / f"{MANIFEST}.{os.getpid()}.tmp"
        try:
            temporary.write_text(json.dumps(run.to_json(), indent=1, sort_keys=True) + "\n", encoding="utf-8")
            temporary.replace(self.path / MANIFEST)
        except OSError as error:
            temporary.unlink(missing_ok=True)
            raise _unwritable(self.path, error) from None


def _unwritable(path: Path, error: OSError) -> IncompleteError:
    reason = error.strerror or type(error).__name__
    return IncompleteError(
        f"can't write {path}: {reason}; what was judged so far is kept: make room or give --runs another folder, "
        "then run the same command again"
    )


class StoredRun(NamedTuple):
    """A run as it lies on disk."""

    path: Path
    run: Run

    def verdicts(self) -> Iterator[Verdict]:
        """Yield the verdicts that count: of each case the last, sorted by item, repeat and order.

        Judges answer in any order; sorted, the same verdicts give the same figures to the last digit.

        Raises
        ------
        DataError
            If a line (other than a torn last one) is not a verdict.
        """
        latest: dict[str, Verdict] = {}
        for verdict in read_lines(self.path / VERDICTS):
            latest[verdict.key] = verdict
        yield from sorted(latest.values(), key=lambda verdict: (verdict.item, verdict.repeat, verdict.order))


def read_lines(file: Path) -> Iterator[Verdict]:
    """Yield every verdict of a file as it stands, leaving out a torn last line.

    Raises
    ------
    DataError
        If a whole line is not a verdict.
    """
    if not file.exists():
        return
    with file.open("rb") as stream:
        for number, line in enumerate(stream, 1):
            if not line.endswith(b"\n"):
                return
            try:
                yield Verdict.from_json(json.loads(line))
            except (ValueError, KeyError, TypeError, AttributeError) as error:
                raise DataError(
                    f"not a verdict ({type(error).__name__}: {error})",
                    file=str(file),
                    line=number,
                    hint="delete that line: its case will be asked again",
                ) from None


def read_run(path: Path) -> StoredRun:
    """Read a run's manifest.

    Raises
    ------
    DataError
        If the folder is not a run or its manifest is damaged.
    """
    file = path / MANIFEST
    try:
        return StoredRun(path, Run.from_json(json.loads(file.read_text(encoding="utf-8"))))
    except FileNotFoundError:
        raise DataError(
            f"{path} is not a run (no {MANIFEST})", hint="give a folder that `judgebench run` printed"
        ) from None
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        raise DataError(f"not a run manifest ({type(error).__name__}: {error})", file=str(file)) from None


def find_runs(root: Path) -> list[StoredRun]:
    """Read all runs under a folder (or the one that it is), sorted by name.

    Raises
    ------
    DataError
        If there is none.
    """
    if (root / MANIFEST).exists():
        return [read_run(root)]
    runs = [read_run(file.parent) for file in sorted(root.glob(f"*/{MANIFEST}"))]
    if not runs:
        raise DataError(f"no runs in {root}", hint="`judgebench run … --runs DIR` writes them")
    return runs


def known_answers(root: Path, run: Run) -> dict[str, Verdict]:
    """Collect all answers under ``root`` that serve this run's cases: by key, never a failed one.

    A damaged file of another run only costs its answers; this run's own must be whole.
    """
    answers: dict[str, Verdict] = {}
    for file in sorted(root.glob(f"*/{MANIFEST}")):
        own = file.parent.name == run.identity
        try:
            stored = read_run(file.parent)
            if stored.run.answers == run.answers:
                for verdict in read_lines(stored.path / VERDICTS):
                    if verdict.status is not Status.FAILED and (own or verdict.key not in answers):
                        answers[verdict.key] = verdict
        except DataError:
            if own:
                raise
    return answers
