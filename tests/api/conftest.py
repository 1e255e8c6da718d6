"""What the tests of the Python API share."""

from __future__ import annotations

import sys
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from collections.abc import Callable

    from processes import Outcome

_TESTS = str(Path(__file__).resolve().parent.parent)
if _TESTS not in sys.path:
    sys.path.insert(0, _TESTS)

import processes  # noqa: E402 - importable once the folder is on the path
from servers.plugin import fake_llm  # noqa: E402, F401 - a fixture, importable once the folder is on the path


@pytest.fixture
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An empty folder to work in."""
    monkeypatch.chdir(tmp_path)
    return tmp_path


@pytest.fixture
def python(here: Path) -> Callable[..., Outcome]:
    """Run a program, or a module with arguments, in a process of its own in the same folder."""
    return partial(processes.python, here)
