"""Putting a finished run in order takes its time: nothing else waits for it, and Ctrl-C ends it."""

from __future__ import annotations

import asyncio
import os
import signal
import subprocess
import sys
from typing import TYPE_CHECKING

import pytest
from servers.fake_batches import FakeBatches
from test_execute import Toy

from judgebench.domain import Policies, Reply
from judgebench.judges.own import Own
from judgebench.probes.orders import Plain
from judgebench.run import execute
from judgebench.run.engine import Options
from judgebench.run.execute import execute_all
from judgebench.run.plans import Conventions, Selection, plan
from judgebench.store import writer
from judgebench.store.runs import SETTLED, find_runs

if TYPE_CHECKING:
    from pathlib import Path

    from judgebench.domain import Case, Scale

#: A settle that says when it begins, never ends and never waits.
SLOW = """
import sys
from judgebench.store import writer

def slowly(*arguments, _real=writer.in_order, **more):
    for line in _real(*arguments, **more):
        print("settling", flush=True)
        while True:
            pass
        yield line

writer.in_order = slowly
sys.argv = ["judgebench", *sys.argv[1:]]
from judgebench.__main__ import main
main()
"""


class Breathing(Own):
    """A judge that counts how often it was asked."""

    settings: dict[str, object] = {}  # noqa: RUF012 - read only

    def __init__(self, name: str, pause: float) -> None:
        self.name = name
        self.pause = pause
        self.asked = 0

    async def reply(self, case: Case, scale: Scale) -> Reply:
        self.asked += 1
        await asyncio.sleep(self.pause)
        return Reply.ok(0)


@pytest.mark.usefixtures("simulated")
def test_other_runs_go_on_before_one_is_put_in_order(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    quick, slow = Breathing("quick", 0.0), Breathing("slow", 0.01)
    settled: list[int] = []

    def watched(path: Path) -> None:
        settled.append(slow.asked)
        writer.settle_run(path)

    monkeypatch.setattr(execute, "settle_run", watched)
    plans = [
        plan(Toy({f"i{n}": f"{n}?" for n in range(50)}), judge, Selection(Plain("original"), orders="original"),
             Conventions(Policies()))
        for judge in (quick, slow)
    ]  # fmt: skip
    outcomes = execute_all(plans, tmp_path, Options(max_concurrency=1))
    assert all(outcome.finished and outcome.error is None for outcome in outcomes)
    # The quick run was over long before; had it been put in order then, the slow one would have stood still.
    assert settled == [50, 50]
    assert all((outcome.path / SETTLED).exists() for outcome in outcomes)


@pytest.mark.parametrize(("engine", "number"), [("local", signal.SIGINT), ("batch", signal.SIGTERM)])
def test_a_signal_breaks_it_off_and_the_next_command_does_it(tmp_path: Path, engine: str, number: int) -> None:
    with FakeBatches(polls=0) as llm:
        arguments = [
            "run", "--judge", "openai/m", "--base-url", llm.openai_url, "--task", "pandalm", "--sample", "--runs",
            "runs", "--engine", engine, *(["--poll", "0.05"] if engine == "batch" else []),
        ]  # fmt: skip
        environment = os.environ | {"OPENAI_API_KEY": "sk-canary-0123456789"}
        process = subprocess.Popen(
            [sys.executable, "-c", SLOW, *arguments],
            cwd=tmp_path, env=environment, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
        )  # fmt: skip
        try:
            assert process.stdout is not None
            # An end of the process is an end of its output, too.
            assert process.stdout.readline() == "settling\n", process.communicate()
            assert list(tmp_path.glob("runs/*/verdicts.jsonl.*.tmp"))
            process.send_signal(number)
            _, err = process.communicate(timeout=60)
        finally:
            process.kill()
            process.communicate()
        assert process.returncode == 130, err
        assert "Traceback" not in err
        assert "kept" in err
        [stored] = find_runs(tmp_path / "runs")
        assert not (stored.path / SETTLED).exists()
        assert not list(stored.path.glob("*.tmp"))
        assert len(list(stored.verdicts())) == 48
        asked, batches = len(llm.requests), len(llm.batches)
        done = subprocess.run(
            [sys.executable, "-m", "judgebench", *arguments],
            cwd=tmp_path, env=environment, capture_output=True, text=True, check=False, timeout=60,
        )  # fmt: skip
        assert done.returncode == 0, done.stderr
        assert (len(llm.requests), len(llm.batches)) == (asked, batches)
    assert (stored.path / SETTLED).exists()
    assert len(list(stored.verdicts())) == 48
