"""What the tests of the command line share: running it as a user would, in a process of its own."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

import pytest
from once import measured_once
from processes import Outcome, python

from judgebench.cli import main

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path


@pytest.fixture
def apart(tmp_path: Path) -> Callable[..., Outcome]:
    """Run `judgebench …` in a process of its own, for what needs one; fails on a traceback, which is always a bug."""

    def call(*arguments: object, env: dict[str, str] | None = None, timeout: float = 120) -> Outcome:
        done = python(tmp_path, "-m", "judgebench", *arguments, env=env, timeout=timeout)
        assert "Traceback" not in done.err, done.err
        return done

    return call


@pytest.fixture
def judgebench(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]):
    """Call `judgebench …` in an empty folder, in this process: a new one for each call would take most of the time."""

    def call(*arguments: object, env: dict[str, str] | None = None) -> Outcome:
        capfd.readouterr()
        with monkeypatch.context() as patch:
            patch.chdir(tmp_path)
            patch.setattr(sys, "argv", ["judgebench", *map(str, arguments)])
            # What a process of its own has to itself: its variables, where it looks for modules, those of its folder.
            patch.setattr(sys, "path", [str(tmp_path), *sys.path])
            for name, value in (env or {}).items():
                patch.setenv(name, value)
            before = set(sys.modules)
            with pytest.raises(SystemExit) as ended:
                main()
            for name in set(sys.modules) - before:
                if str(tmp_path) in str(getattr(sys.modules[name], "__file__", None)):
                    del sys.modules[name]
        out, err = capfd.readouterr()
        assert "Traceback" not in err, err
        return Outcome(int(ended.value.code or 0), out, err)

    return call


@pytest.fixture(scope="module")
def one_measuring() -> Iterator[None]:
    """From here to the end of the file, measure once what several commands show."""
    with measured_once():
        yield
