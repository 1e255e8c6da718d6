"""`--help` and `list` are light, and importing the package has no effect on the world."""

from __future__ import annotations

import importlib
import inspect
from pathlib import Path
from typing import TYPE_CHECKING

import processes
import pytest

from judgebench.cli.registry import COMMANDS

if TYPE_CHECKING:
    from processes import Outcome

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


def python(*arguments: str) -> Outcome:
    return processes.python(Path.cwd(), *arguments)


@pytest.mark.parametrize("command", LIGHT, ids=" ".join)
def test_light_commands_load_no_heavy_library(nowhere: Path, command: list[str]) -> None:
    done = python("-X", "importtime", "-m", "judgebench", *command)
    assert done.code == 0, done.err[-2000:]
    assert len(done.out.splitlines()) > 2
    modules = {line.rpartition("|")[2].strip() for line in done.err.splitlines()}
    loaded = {name.partition(".")[0] for name in modules}
    assert "judgebench" in loaded
    assert not loaded & HEAVY
    # What is loaded is what starting costs, on whatever machine; `python -c pass` loads 25 modules.
    assert len(modules) <= 250
    # Cards that say their columns need what a column may be.
    assert len([name for name in modules if name.startswith("judgebench.")]) <= 36


@pytest.mark.parametrize("command", LIGHT, ids=" ".join)
def test_light_commands_write_and_fetch_nothing(nowhere: Path, command: list[str]) -> None:
    start = f"import runpy; sys.argv = {['judgebench', *command]!r}; runpy.run_module('judgebench', None, '__main__')"
    done = python("-c", GUARD + start)
    assert done.code == 0, done.err[-2000:]
    assert not list(nowhere.iterdir())


def test_the_guard_guards(nowhere: Path) -> None:
    assert python("-c", GUARD + "open('file', 'w')").code == 99
    assert python("-c", GUARD + "import socket; socket.create_connection(('localhost', 9))").code == 99


@pytest.mark.slow
def test_importing_every_module_writes_fetches_and_prints_nothing(nowhere: Path) -> None:
    # Each module on its own, so that one that is only right after another was imported is found.
    every = (
        f"{GUARD}import importlib, pkgutil, judgebench\n"
        "for found in pkgutil.walk_packages(judgebench.__path__, 'judgebench.'):\n"
        "    if not found.name.endswith('__main__'): importlib.import_module(found.name)\n"
    )
    done = python("-W", "error", "-c", every)
    assert done.code == 0, done.err[-2000:]
    assert not done.out
    assert not list(nowhere.iterdir())


@pytest.mark.parametrize("name", COMMANDS)
def test_a_commands_title_is_the_first_line_of_its_help(name: str) -> None:
    place, title, _ = COMMANDS[name]
    module, _, attribute = place.partition(":")
    command = getattr(importlib.import_module(module), attribute)
    told = inspect.getdoc(command)
    assert told.partition("\n\n")[0].replace("\n", " ") == title


#: Runs command lines in one process, and names what they loaded.
CALLED = """
import sys
from judgebench.cli import main
for words in WORDS:
    sys.argv = ["judgebench", *words]
    try:
        main()
    except SystemExit as ended:
        print(ended.code, file=sys.stderr)
print(*sorted({name.partition(".")[0] for name in sys.modules}))
"""


def loaded_by(*lines: str) -> tuple[set[str], str]:
    done = python("-c", CALLED.replace("WORDS", repr([line.split() for line in lines])))
    assert done.code == 0, done.err[-2000:]
    return set(done.out.splitlines()[-1].split()), done.err


def test_what_verifies_is_loaded_where_something_is_verified(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    judges = "--judge baseline/longest --judge baseline/first"
    loaded, _ = loaded_by(f"run {judges} --task pandalm --sample --quiet", "score runs", "compare runs")
    assert "numpy" in loaded
    assert not loaded & (HEAVY - {"numpy", "scipy", "ray"})
    assert "sklearn" in loaded_by("score runs --verify")[0]


def test_a_missing_key_is_told_before_anything_is_loaded_or_read(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("OPENAI_API_KEY", raising=False)
    monkeypatch.delenv("ANTHROPIC_API_KEY", raising=False)
    (tmp_path / "one.toml").write_text('judge = "claude-sonnet"\n')
    (tmp_path / "panel.toml").write_text('kind = "jury"\nmembers = ["contains", "one.toml"]\n')
    # A task that can't be opened, of which nothing is heard.
    lines = [f"run --judge {judge} --task nowhere.csv" for judge in ("gpt-4o", "panel.toml", "mt-bench:anthropic/x")]
    loaded, told = loaded_by(*lines, "probe --judge gpt-4o --task nowhere.csv")
    assert told.splitlines()[1::2] == ["4"] * 4
    assert [line.split()[1] for line in told.splitlines()[::2]] == [
        "openai/gpt-4o", "anthropic/claude-sonnet", "anthropic/x", "openai/gpt-4o",
    ]  # fmt: skip
    assert not loaded & (HEAVY - {"numpy"})


def test_stored_answers_need_no_key(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("OPENAI_API_KEY", raising=False)
    (tmp_path / "runs" / "pandalm--openai-gpt-4o--0123456789").mkdir(parents=True)
    _, told = loaded_by("run --judge gpt-4o --task nowhere.csv", "run --judge o3 --task nowhere.csv")
    assert "nowhere.csv" in told.splitlines()[0]
    assert "openai/o3 needs a key" in told.splitlines()[2]


def test_judges_that_can_be_asked_are_and_the_others_are_told_first(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("OPENAI_API_KEY", raising=False)
    _, told = loaded_by("run --judge gpt-4o --judge contains --task nowhere.csv", "run --judge o3 --judge o1 --task x")
    assert ["key" in line for line in told.splitlines()] == [True, False, False, True, True, False]
    assert "openai/gpt-4o needs a key" in told.splitlines()[0]
