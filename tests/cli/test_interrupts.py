"""Ctrl-C and SIGTERM end a command within five seconds, whatever hangs, and keep what was judged."""

from __future__ import annotations

import contextlib
import os
import re
import signal
import subprocess
import sys
import time
from typing import TYPE_CHECKING

import pytest
from servers.fake_llm import FakeLLM

from judgebench.store.runs import find_runs

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

SLEEPS = """
import asyncio, time

asked = 0

def sync(item):
    global asked
    asked += 1
    if asked > 6:
        time.sleep(600)
    return "A"

async def blocks(item):
    return sync(item)

async def pool(item):
    return await asyncio.to_thread(sync, item)

async def stubborn(item):
    global asked
    asked += 1
    while asked > 6:
        try:
            await asyncio.sleep(600)
        except asyncio.CancelledError:
            pass
    return "A"
"""


@contextlib.contextmanager
def started(folder: Path, *arguments: object, stored: int) -> Iterator[subprocess.Popen[str]]:
    """A command, when it has stored so many verdicts."""
    process = subprocess.Popen(
        [sys.executable, "-m", "judgebench", "run", "--task", "pandalm", "--sample", *map(str, arguments)],
        cwd=folder, stderr=subprocess.PIPE, stdout=subprocess.PIPE, text=True,
        env=os.environ | {"PYTHONPATH": os.pathsep.join([str(folder), os.environ.get("PYTHONPATH", "")])},
    )  # fmt: skip
    try:
        deadline = time.monotonic() + 60
        while kept(folder) < stored:
            assert time.monotonic() < deadline, process.communicate(timeout=1)
            assert process.poll() is None, process.communicate()
            time.sleep(0.05)
        time.sleep(0.3)
        yield process
    finally:
        process.kill()
        process.communicate()


def kept(folder: Path) -> int:
    return sum(len(file.read_bytes().splitlines()) for file in folder.glob("runs/*/verdicts.jsonl"))


def ended(process: subprocess.Popen[str], *signals: int) -> str:
    began = time.monotonic()
    for number in signals:
        process.send_signal(number)
        time.sleep(0.3)
    _, err = process.communicate(timeout=20)
    assert time.monotonic() - began < 5.5
    assert process.returncode == 130, err
    assert "Traceback" not in err
    assert "kept" in err
    return err


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
@pytest.mark.parametrize("function", ["sync", "pool", "blocks", "stubborn"])
def test_a_function_that_never_comes_back(tmp_path: Path, function: str, number: int) -> None:
    (tmp_path / "sleeps.py").write_text(SLEEPS)
    with started(tmp_path, "--judge", f"sleeps:{function}", "--max-concurrency", 2, stored=5) as process:
        ended(process, number)
    [stored] = find_runs(tmp_path / "runs")
    assert len(list(stored.verdicts())) >= 5


def test_a_second_signal_does_not_wait(tmp_path: Path) -> None:
    (tmp_path / "sleeps.py").write_text(SLEEPS)
    with started(tmp_path, "--judge", "sleeps:blocks", stored=5) as process:
        began = time.monotonic()
        ended(process, signal.SIGINT, signal.SIGINT)
        assert time.monotonic() - began < 3


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
@pytest.mark.parametrize("fault", ["hang", "drip", "429"])
def test_a_server_that_hangs_drips_or_asks_to_wait(tmp_path: Path, fault: str, number: int) -> None:
    with FakeLLM() as llm:
        llm.retry_after = "300"
        llm.next(*[None] * 6, *[fault] * 40)
        with started(
            tmp_path, "--judge", "server/m", "--base-url", llm.openai_url, "--max-concurrency", 2, stored=5
        ) as process:
            err = ended(process, number)
    assert re.search(r"interrupted: [56] cases of .* are judged and kept", err)
