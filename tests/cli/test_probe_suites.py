"""Whole suites of probes on a loopback model: what the dry run said is asked, nothing twice, and again after a kill."""

from __future__ import annotations

import json
import signal
import subprocess
import sys
from collections import Counter

import pytest
from processes import until
from servers.fake_llm import FakeLLM

from judgebench.report.probe_tables import FIGURES

IN_FLIGHT = 4


@pytest.fixture
def llm():
    with FakeLLM() as server:
        yield server


def _asked(command, llm, *more):
    judge = ("--judge", "server/m", "--base-url", llm.openai_url, "--max-concurrency", str(IN_FLIGHT))
    return (command, *judge, "--sample", "-q", *more)


@pytest.mark.parametrize(
    ("command", "task", "repeats"),
    [
        ("probe", "pandalm", 2),
        ("probe", "triviaqa", 2),
        ("probe", "prometheus-absolute", 2),
        ("validate-judge", "triviaqa", 3),
    ],
)
def test_a_whole_suite_asks_what_the_dry_run_said(judgebench, llm, command, task, repeats):
    chosen = ("--task", task, "--limit", "2")
    # The plain cases are asked before, as `run` does.
    assert judgebench(*_asked("run", llm, *chosen)).code == 0
    plain = set(llm.counts)
    asked = _asked(command, llm, *chosen, "--suite", "all")
    dry = json.loads(judgebench(*asked, "--dry-run", "--format", "json").out)
    before = llm.counts.total()
    first = judgebench(*asked, "--format", "json")
    assert first.code in {0, 1}, first.err
    assert llm.counts.total() - before == sum(run["calls"] for run in dry["runs"])
    assert len(dry["runs"]) > 20
    # Whatever the number of probes, they share the plain cases.
    assert {llm.counts[prompt] for prompt in plain} == {repeats}
    told = llm.counts.total()
    again = json.loads(judgebench(*asked, "--format", "json").out)
    assert llm.counts.total() == told
    assert again == json.loads(first.out)
    # Each figure can be asked for by its name.
    assert {name for row in again.get("rows", ()) for name in row["figures"]} <= {*FIGURES}


@pytest.mark.parametrize("command", ["probe", "validate-judge"])
def test_a_killed_suite_asks_only_what_was_in_flight_again(judgebench, tmp_path, command):
    chosen = ("--task", "pandalm", "--limit", "4", "--probe", "bandwagon", "--probe", "authority")
    with FakeLLM() as whole:
        expected = judgebench(*_asked(command, whole, *chosen, "--runs", "whole", "--format", "json"))
    # A server's address belongs to its judge.
    with FakeLLM(port=whole.port, latency=0.02) as llm:
        words = _asked(command, llm, *chosen, "--runs", "killed", "--format", "json")
        with subprocess.Popen(
            [sys.executable, "-m", "judgebench", *words], cwd=tmp_path, stdout=subprocess.PIPE, stderr=subprocess.PIPE,
            text=True,
        ) as process:  # fmt: skip
            until(lambda: llm.counts.total() >= whole.counts.total() // 2, process)
            process.send_signal(signal.SIGKILL)
        found = judgebench(*words)
    again = Counter(llm.counts)
    again.subtract(whole.counts)
    assert min(again.values()) >= 0
    assert again.total() <= IN_FLIGHT
    assert found.code == expected.code
    rows = "rows" if command == "probe" else "judges"
    assert json.loads(found.out)[rows] == json.loads(expected.out)[rows]
