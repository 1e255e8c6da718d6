"""What the tests of the command line share: running it as a user would, in a process of its own."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from judgebench.cli import main

if TYPE_CHECKING:
    from collections.abc import Callable

_TESTS = str(Path(__file__).resolve().parent.parent)
if _TESTS not in sys.path:
    sys.path.insert(0, _TESTS)

from processes import Outcome, python  # noqa: E402 - importable once the folder is on the path
from servers.plugin import fake_llm  # noqa: E402, F401 - a fixture, importable once the folder is on the path


@pytest.fixture
def judgebench(tmp_path: Path) -> Callable[..., Outcome]:
    """Run `judgebench …` in an empty folder; fails on a traceback, which is always a bug."""

    def call(*arguments: object, env: dict[str, str] | None = None, timeout: float = 120) -> Outcome:
        done = python(tmp_path, "-m", "judgebench", *arguments, env=env, timeout=timeout)
        assert "Traceback" not in done.err, done.err
        return done

    return call


@pytest.fixture
def inside(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]):
    """Call the command line in this process: a new one for each of many calls would take most of the time."""

    def call(*arguments: object) -> Outcome:
        monkeypatch.chdir(tmp_path)
        monkeypatch.setattr(sys, "argv", ["judgebench", *map(str, arguments)])
        with pytest.raises(SystemExit) as ended:
            main()
        out, err = capsys.readouterr()
        return Outcome(int(ended.value.code or 0), out, err)

    return call
