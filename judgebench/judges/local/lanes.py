"""Lanes: the one model of this process, or a process for each card with a model of its own.

A process is told over a pipe what to compute and says the results; it ends when its pipe does, so that it outlives
nobody.
"""

from __future__ import annotations

import contextlib
import importlib
import os
import pickle
import struct
import subprocess
import sys
import threading
from dataclasses import dataclass
from pkgutil import resolve_name
from typing import IO, TYPE_CHECKING, Any, Protocol

from judgebench.errors import BackendError, JudgebenchError

if TYPE_CHECKING:
    from collections.abc import Callable, Generator, Hashable, Sequence
    from pathlib import Path

_HEAD = struct.Struct("<Q")


@dataclass(frozen=True, slots=True)
class Spec:
    """What a lane loads: ``runner`` is ``module:attribute`` of what computes."""

    runner: str
    name: str
    folder: Path
    dtype: str
    budget: int


class Runner(Protocol):
    """A loaded model."""

    def run(self, kind: Any, works: Sequence[Any]) -> list[Any]:
        """Compute a batch of one kind; a work that can't be done has a RejectedError in place of a result."""
        ...


def open_lanes(spec: Spec, cards: Sequence[str]) -> Sequence[Here | There]:
    """Open a lane on each card; on one card, or none, in this process."""
    if len(cards) < 2:
        return [Here(spec)]
    lanes: list[There] = []
    try:
        lanes += [There(spec, card) for card in cards]
        for lane in lanes:
            lane.hello()
    except BaseException:
        for lane in lanes:
            lane.close()
        raise
    return lanes


class Here:
    """The model in this process."""

    def __init__(self, spec: Spec) -> None:
        self._stopped = threading.Event()
        self._runner: Runner | None = load(spec, self._stopped.is_set)
        self._lock = threading.Lock()

    def run(self, kind: Hashable, works: Sequence[Any]) -> Sequence[Any]:
        """Compute a batch."""
        with self._lock:
            if self._runner is None:
                raise BackendError("the model is closed")
            return self._runner.run(kind, works)

    def close(self) -> None:
        """Let go of the model, at once or when the batch under way ends."""
        self._stopped.set()
        if self._lock.acquire(blocking=False):
            self._runner = None
            self._lock.release()


class There:
    """The model in a process that sees one card."""

    def __init__(self, spec: Spec, card: str) -> None:
        self._name = spec.name
        environment = os.environ | {"CUDA_VISIBLE_DEVICES": card}
        self._process = subprocess.Popen(
            [sys.executable, "-m", "judgebench.judges.local.lanes"],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            env=environment,
            # Ctrl-C is for the parent to hear.
            start_new_session=True,
        )
        self._say(spec)

    def hello(self) -> None:
        """Wait until the model is loaded."""
        self._hear()

    def run(self, kind: Hashable, works: Sequence[Any]) -> Sequence[Any]:
        """Have a batch computed."""
        self._say((kind, list(works)))
        results: Sequence[Any] = self._hear()
        return results

    def close(self) -> None:
        """End the process."""
        self._process.kill()
        for pipe in (self._process.stdin, self._process.stdout):
            if pipe is not None:
                with contextlib.suppress(OSError, ValueError):
                    pipe.close()
        with contextlib.suppress(subprocess.TimeoutExpired):
            self._process.wait(timeout=2)

    def _say(self, what: Any) -> None:
        with contextlib.suppress(OSError):  # it ended: there is no answer either
            _write(self._process.stdin, what)

    def _hear(self) -> Any:
        try:
            said = _read(self._process.stdout)
        except (OSError, ValueError, EOFError):
            code = self._process.wait()
            raise BackendError(
                f"{self._name}: the process of a card ended ({code}); its own words stand above"
            ) from None
        if isinstance(said, JudgebenchError):
            raise said
        return said


def load(spec: Spec, stopped: Callable[[], bool]) -> Runner:
    """Load a model; BackendError where that fails."""
    with loading(spec.name) as transformers:
        transformers.utils.logging.set_verbosity_error()
        transformers.utils.logging.disable_progress_bar()
        runner: Runner = resolve_name(spec.runner)(spec, stopped)
    return runner


@contextlib.contextmanager
def loading(name: str) -> Generator[Any]:
    """Give the library, and say what it makes of a model's files: BackendError."""
    try:
        yield importlib.import_module("transformers")
    except JudgebenchError:
        raise
    except Exception as error:  # noqa: BLE001 - whatever the libraries raise
        words = " ".join(str(error).split())[:300]
        own = "; it brings code of its own, which no judge runs: serve it and ask server/" * ("remote_code" in words)
        raise BackendError(f"{name} can't be loaded: {type(error).__name__}: {words}{own}") from None


def _write(pipe: IO[bytes] | None, what: Any) -> None:
    if pipe is None:
        raise EOFError
    content = pickle.dumps(what)
    pipe.write(_HEAD.pack(len(content)) + content)
    pipe.flush()


def _read(pipe: IO[bytes] | None) -> Any:
    head = b"" if pipe is None else pipe.read(_HEAD.size)
    if pipe is None or len(head) < _HEAD.size:
        raise EOFError
    return pickle.loads(pipe.read(_HEAD.unpack(head)[0]))  # noqa: S301 - from the process that we started, or our parent


def _main() -> None:
    """Serve the parent over the pipe, which nothing else may write to."""
    said = os.fdopen(os.dup(1), "wb")
    os.dup2(2, 1)
    heard = sys.stdin.buffer
    spec: Spec = _read(heard)
    try:
        runner = load(spec, lambda: False)
    except JudgebenchError as error:
        _write(said, BackendError(str(error)))
        return
    _write(said, None)
    with contextlib.suppress(EOFError):
        while True:
            kind, works = _read(heard)
            try:
                answer: Any = runner.run(kind, works)
            except JudgebenchError as error:
                answer = BackendError(str(error))
            except Exception as error:  # noqa: BLE001 - told to the parent, which ends the run
                answer = BackendError(f"{spec.name}: {type(error).__name__}: {' '.join(str(error).split())[:300]}")
            _write(said, answer)


if __name__ == "__main__":
    _main()
