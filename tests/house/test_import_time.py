"""`--help` and `list` are light, and importing the package has no effect on the world."""

from __future__ import annotations

import importlib
import inspect
import subprocess
import sys
from typing import TYPE_CHECKING

import pytest

from judgebench.cli.registry import COMMANDS

if TYPE_CHECKING:
    from pathlib import Path

LIGHT = [["--help"], ["list", "tasks"], ["list", "judges"]]
HEAVY = {
    "aiohttp", "anthropic", "datasets", "genai_prices", "krippendorff", "litellm", "numpy", "openai", "pandas",
    "pyarrow", "ray", "scipy", "sklearn", "torch",
}  # fmt: skip

#: Refuses every write and every connection, then does what its arguments say.
GUARD = """
import os, sys
WRITES = os.O_WRONLY | os.O_RDWR | os.O_CREAT | os.O_APPEND | os.O_TRUNC
NEVER = {"os.mkdir", "os.rename", "os.remove", "os.rmdir", "os.symlink", "os.link", "socket.connect",
         "socket.getaddrinfo", "subprocess.Popen", "shutil.copyfile", "tempfile.mkdtemp", "tempfile.mkstemp"}
def watch(event, arguments):
    if event in NEVER or (event == "open" and (arguments[2] or 0) & WRITES and arguments[0] != os.devnull):
        sys.stderr.write(f"GUARD: {event} {arguments}\\n")
        os._exit(99)
sys.addaudithook(watch)
"""


@pytest.fixture
def nowhere(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An empty home that nothing may be written to, as working folder, too."""
    folder = tmp_path / "nowhere"
    folder.mkdir(mode=0o500)
    for name in ("HOME", "USERPROFILE", "TMPDIR", "XDG_CACHE_HOME", "XDG_CONFIG_HOME", "XDG_DATA_HOME"):
        monkeypatch.setenv(name, str(folder))
    monkeypatch.setenv("PYTHONDONTWRITEBYTECODE", "1")
    monkeypatch.chdir(folder)
    return folder


def python(*arguments: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run([sys.executable, *arguments], capture_output=True, text=True, check=False, timeout=120)


@pytest.mark.parametrize("command", LIGHT, ids=" ".join)
def test_light_commands_load_no_heavy_library(nowhere: Path, command: list[str]) -> None:
    done = python("-X", "importtime", "-m", "judgebench", *command)
    assert done.returncode == 0, done.stderr[-2000:]
    assert len(done.stdout.splitlines()) > 2
    modules = {line.rpartition("|")[2].strip() for line in done.stderr.splitlines()}
    loaded = {name.partition(".")[0] for name in modules}
    assert "judgebench" in loaded
    assert not loaded & HEAVY
    # What is loaded is what starting costs, on whatever machine; `python -c pass` loads 25 modules.
    assert len(modules) <= 250
    # Cards that say their columns need what a column may be.
    assert len([name for name in modules if name.startswith("judgebench.")]) <= 28


@pytest.mark.parametrize("command", LIGHT, ids=" ".join)
def test_light_commands_write_and_fetch_nothing(nowhere: Path, command: list[str]) -> None:
    start = f"import runpy; sys.argv = {['judgebench', *command]!r}; runpy.run_module('judgebench', None, '__main__')"
    done = python("-c", GUARD + start)
    assert done.returncode == 0, done.stderr[-2000:]
    assert not list(nowhere.iterdir())


def test_the_guard_guards(nowhere: Path) -> None:
    assert python("-c", GUARD + "open('file', 'w')").returncode == 99
    assert python("-c", GUARD + "import socket; socket.create_connection(('localhost', 9))").returncode == 99


@pytest.mark.slow
def test_importing_every_module_writes_fetches_and_prints_nothing(nowhere: Path) -> None:
    # Each module on its own, so that one that is only right after another was imported is found.
    every = (
        f"{GUARD}import importlib, pkgutil, judgebench\n"
        "for found in pkgutil.walk_packages(judgebench.__path__, 'judgebench.'):\n"
        "    if not found.name.endswith('__main__'): importlib.import_module(found.name)\n"
    )
    done = python("-W", "error", "-c", every)
    assert done.returncode == 0, done.stderr[-2000:]
    assert not done.stdout
    assert not list(nowhere.iterdir())


@pytest.mark.parametrize("name", COMMANDS)
def test_a_commands_title_is_the_first_line_of_its_help(name: str) -> None:
    place, title, _ = COMMANDS[name]
    module, _, attribute = place.partition(":")
    command = getattr(importlib.import_module(module), attribute)
    told = inspect.getdoc(command)
    assert told.partition("\n\n")[0].replace("\n", " ") == title
