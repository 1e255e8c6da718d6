"""What a command is doing, on a terminal where nothing else has been said for a while; gone when it is done."""

from __future__ import annotations

import contextlib
import shutil
import sys
import threading
import time
from typing import TYPE_CHECKING, Self, TextIO, cast

from judgebench.report.document.text import one_line

if TYPE_CHECKING:
    from collections.abc import Sequence
    from types import TracebackType

#: Seconds of silence after which it is said, and between two looks.
_SILENCE, _LOOK = 0.5, 0.1
#: What is done at once, or asks for silence.
_QUIET = frozenset({"-q", "--quiet", "-h", "--help", "--version"})
#: One at a time writes to the terminal.
_ALONE = threading.RLock()


class Status:
    """Says after a silence what is being done, and for how long; `clear` before anything else is written."""

    def __init__(self, stream: TextIO, text: str, silence: float = _SILENCE) -> None:
        self._stream, self._text, self._silence = stream, text, silence
        self._since = self._quiet = time.monotonic()
        self._drawn = ""
        self._over = threading.Event()

    def say(self, text: str) -> None:
        """Take note of what is being done; nothing is said while the text is empty."""
        with _ALONE:
            if text != self._text:
                self._text, self._since = text, time.monotonic()
            if not text:
                self.clear()

    def clear(self) -> None:
        """Take the line away; the silence begins anew."""
        with _ALONE:
            self._quiet = time.monotonic()
            if self._drawn:
                self._stream.write("\r\x1b[K")
                self._stream.flush()
                self._drawn = ""

    def look(self) -> None:
        """Say it where it is time to."""
        with _ALONE:
            now = time.monotonic()
            if not self._text or now - self._quiet < self._silence:
                return
            seconds = int(now - self._since)
            line = one_line(f"{self._text} …{f' {seconds} s' if seconds else ''}")
            line = line[: max(20, shutil.get_terminal_size().columns - 1)]
            if line != self._drawn:
                self._stream.write(f"\r\x1b[K{line}")
                self._stream.flush()
                self._drawn = line

    def _watch(self) -> None:
        while not self._over.wait(_LOOK):
            self.look()

    def __enter__(self) -> Self:
        global _current  # noqa: PLW0603 - a process has one terminal
        _current = self
        threading.Thread(target=self._watch, name="judgebench-status", daemon=True).start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        global _current  # noqa: PLW0603 - as above
        self._over.set()
        self.say("")
        _current = None


_current: Status | None = None


def clear() -> None:
    """Make room for something else to be written."""
    if _current is not None:
        _current.clear()


def say(text: str) -> None:
    """Take note of what the command is doing."""
    if _current is not None:
        _current.say(text)


def waiting(words: Sequence[str]) -> contextlib.AbstractContextManager[object]:
    """Say what a command line is doing while it takes long, where somebody looks at a terminal and it isn't quiet."""
    called = next((word for word in words if not word.startswith("-")), "")
    # The viewer says where it is, a list is there at once.
    silent = called in {"", "view", "list"} or not _QUIET.isdisjoint(words)
    terminal = cast("object", sys.stderr) is not None and sys.stderr.isatty()
    return Status(sys.stderr, "working") if terminal and not silent else contextlib.nullcontext()
