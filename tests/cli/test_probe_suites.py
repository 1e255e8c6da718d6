"""Whole suites of probes on a loopback model: what the dry run said is asked, nothing twice, and again after a kill."""

from __future__ import annotations

import signal
import subprocess
import sys
from collections import Counter

import pytest
from processes import until
from servers.fake_llm import FakeLLM

from judgebench.report.probe_tables import FIGURES

IN_FLIGHT = 4


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
def test_a_whole_suite_asks_what_the_dry_run_said(judgebench, fake_llm, command, task, repeats):
    chosen = ("--task", task, "--limit", "1")
    # The plain cases are asked before, as `run` does.
    assert judgebench(*_asked("run", fake_llm, *chosen)).code == 0
    plain = set(fake_llm.counts)
    asked = _asked(command, fake_llm, *chosen, "--suite", "all")
    dry = judgebench(*asked, "--dry-run", "--format", "json").document()
    before = fake_llm.counts.total()
    first = judgebench(*asked, "--format", "json")
    assert first.code in {0, 1}, first.err
    assert fake_llm.counts.total() - before == sum(run["calls"] for run in dry["runs"])
    assert len(dry["runs"]) > 20
    # Whatever the number of probes, they share the plain cases.
    assert {fake_llm.counts[prompt] for prompt in plain} == {repeats}
    told = fake_llm.counts.total()
    again = judgebench(*asked, "--format", "json").document()
    assert fake_llm.counts.total() == told
    assert again == first.document()
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
    assert found.document()[rows] == expected.document()[rows]
