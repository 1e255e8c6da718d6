"""Running Python as a user would, in a process of its own."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from typing import TYPE_CHECKING, Any, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

#: Seconds after which what a test waits for is taken to hang: no promise of the product, and never close on a busy
#: machine. What is meant to hang in a test hangs for longer.
HANGS = 300


class Outcome(NamedTuple):
    """What a process did."""

    code: int
    out: str
    err: str

    def document(self) -> dict[str, Any]:
        """Parse the JSON that was printed; fails where it breaks the schema that it names."""
        from documents import document

        assert self.out, self.err
        return document(self.out)


def python(folder: Path, *arguments: object, env: dict[str, str] | None = None, timeout: float = 120) -> Outcome:
    """Run this Python with some arguments in a folder, without input."""
    done = subprocess.run(
        [sys.executable, *map(str, arguments)],
        cwd=folder,
        env=os.environ | (env or {}),
        capture_output=True,
        text=True,
        timeout=timeout,
        stdin=subprocess.DEVNULL,
        check=False,
    )
    return Outcome(done.returncode, done.stdout, done.stderr)


def until(
    true: Callable[[], object],
    process: subprocess.Popen[str] | None = None,
    *,
    told: Callable[[], object] = lambda: None,
    pause: Callable[[float], object] = time.sleep,
) -> None:
    """Wait for what another process or thread does; where ``process`` ends before, or nothing comes, the test fails."""
    for _ in range(HANGS * 100):
        if true():
            return
        if process is not None:
            assert process.poll() is None, process.communicate()
        pause(0.01)
    raise AssertionError(f"it never came: {told()}")
