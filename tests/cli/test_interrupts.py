"""Ctrl-C and SIGTERM end a command, whatever hangs for longer, and keep what was judged."""

from __future__ import annotations

import contextlib
import os
import re
import signal
import subprocess
import sys
from typing import TYPE_CHECKING

import pytest
from processes import HANGS, until
from servers.fake_llm import FakeLLM

from judgebench.store.runs import find_runs

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

SLEEPS = """
import asyncio, time
from pathlib import Path

asked = 0

def sync(item):
    global asked
    asked += 1
    if asked > 6:
        Path("hangs").touch()
        time.sleep(3600)
    return "A"

async def blocks(item):
    return sync(item)

async def pool(item):
    return await asyncio.to_thread(sync, item)

async def stubborn(item):
    global asked
    asked += 1
    while asked > 6:
        Path("hangs").touch()
        try:
            await asyncio.sleep(3600)
        except asyncio.CancelledError:
            pass
    return "A"
"""


@contextlib.contextmanager
def started(
    folder: Path, *arguments: object, stored: int, hangs: Callable[[], bool]
) -> Iterator[subprocess.Popen[str]]:
    """A command, when it has stored so many verdicts and hangs."""
    process = subprocess.Popen(
        [sys.executable, "-m", "judgebench", "run", "--task", "pandalm", "--sample", *map(str, arguments)],
        cwd=folder, stderr=subprocess.PIPE, stdout=subprocess.PIPE, text=True,
        env=os.environ | {"PYTHONPATH": os.pathsep.join([str(folder), os.environ.get("PYTHONPATH", "")])},
    )  # fmt: skip
    try:
        until(lambda: kept(folder) >= stored and hangs(), process)
        yield process
    finally:
        process.kill()
        process.communicate()


def kept(folder: Path) -> int:
    return sum(len(file.read_bytes().splitlines()) for file in folder.glob("runs/*/verdicts.jsonl"))


def ended(process: subprocess.Popen[str], number: int) -> str:
    process.send_signal(number)
    return over(process)


def over(process: subprocess.Popen[str]) -> str:
    _, err = process.communicate(timeout=HANGS)
    assert process.returncode == 130, err
    assert "Traceback" not in err
    assert "kept" in err
    return err


# Both signals have one handler.
@pytest.mark.parametrize(
    ("function", "number"),
    [("sync", signal.SIGTERM), ("pool", signal.SIGINT), ("blocks", signal.SIGTERM), ("stubborn", signal.SIGINT)],
)
def test_a_function_that_never_comes_back(tmp_path: Path, function: str, number: int) -> None:
    (tmp_path / "sleeps.py").write_text(SLEEPS)
    hangs = (tmp_path / "hangs").exists
    with started(tmp_path, "--judge", f"sleeps:{function}", "--max-concurrency", 2, stored=5, hangs=hangs) as process:
        ended(process, number)
    [stored] = find_runs(tmp_path / "runs")
    assert len(list(stored.verdicts())) >= 5


@pytest.mark.parametrize("stops", ["return 130", "raise KeyboardInterrupt"])
def test_whoever_stops_what_keeps_nothing_reads_a_line(stops: str) -> None:
    """As the library of the command line has it, and while that is loaded."""
    code = f"def run(words):\n    {stops}\nfrom judgebench.cli import app, main\napp.run = run\nmain()"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert done.returncode == 130
    assert done.stderr.startswith("judgebench: stopped")
    assert len(done.stderr.splitlines()) == 1


def test_a_second_signal_does_not_wait(tmp_path: Path) -> None:
    # After one signal it would wait for an hour.
    (tmp_path / "sleeps.py").write_text(f"import judgebench.run.execute as i\ni._GRACE = 3600\n{SLEEPS}")
    hangs = (tmp_path / "hangs").exists
    with started(tmp_path, "--judge", "sleeps:blocks", stored=5, hangs=hangs) as process:
        # Two signals at once may come as one.
        until(lambda: process.send_signal(signal.SIGINT) or process.poll() is not None)
        over(process)


@pytest.mark.parametrize(
    ("fault", "number"), [("hang", signal.SIGTERM), ("drip", signal.SIGINT), ("429", signal.SIGTERM)]
)
def test_a_server_that_hangs_drips_or_asks_to_wait(tmp_path: Path, fault: str, number: int) -> None:
    with FakeLLM() as llm:
        llm.retry_after = "300"
        llm.next(*[None] * 6, *[fault] * 40)
        where = ("--judge", "server/m", "--base-url", llm.openai_url, "--max-concurrency", 2)
        with started(tmp_path, *where, stored=5, hangs=lambda: len(llm.requests) > 6) as process:
            err = ended(process, number)
    assert re.search(r"Stopped at [56] of 48; all are kept\. The same command goes on from there\.", err)
