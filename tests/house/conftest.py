"""The repository as the house's tests see it."""

from __future__ import annotations

import subprocess
from pathlib import Path

import pytest

_REPO = Path(__file__).resolve().parents[2]


@pytest.fixture(scope="session")
def repo() -> Path:
    """The root of the checkout."""
    return _REPO


@pytest.fixture(scope="session")
def tracked(repo: Path) -> tuple[Path, ...]:
    """Every file that git tracks, or would track after `git add`."""
    listed = subprocess.run(
        ["git", "ls-files", "--cached", "--others", "--exclude-standard", "-z"],
        cwd=repo,
        capture_output=True,
        check=False,
    )
    if listed.returncode:
        pytest.skip("no git checkout: nothing to list")
    paths = [repo / name for name in listed.stdout.decode().split("\0") if name]
    return tuple(path for path in paths if path.is_file())
