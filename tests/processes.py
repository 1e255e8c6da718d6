"""Running Python as a user would, in a process of its own."""

from __future__ import annotations

import os
import subprocess
import sys
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from pathlib import Path


class Outcome(NamedTuple):
    """What a process did."""

    code: int
    out: str
    err: str


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
