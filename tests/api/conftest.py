"""What the tests of the Python API share."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

import processes
import pytest

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from processes import Outcome


@pytest.fixture
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An empty folder to work in."""
    monkeypatch.chdir(tmp_path)
    return tmp_path


@pytest.fixture
def command(judgebench: Callable[..., Outcome]) -> Callable[..., Outcome]:
    """Call the command line in this process: by another name, as the package has that one here."""
    return judgebench


@pytest.fixture
def python(here: Path) -> Callable[..., Outcome]:
    """Run a program, or a module with arguments, in a process of its own in the same folder."""
    return partial(processes.python, here)
