"""Runs through the command line against a loopback server: same verdicts, nothing lost, nothing paid twice."""

from __future__ import annotations

import contextlib
import fcntl
import importlib.util
import json
import os
import pty
import re
import signal
import struct
import subprocess
import sys
import termios
from collections import Counter
from pathlib import Path

import pytest
from processes import HANGS, until
from servers.fake_llm import FakeLLM

from judgebench.domain import Status
from judgebench.store.runs import find_runs
from judgebench.tasks.base import open_task

CANARY = "sk-canary-do-not-leak-0123456789"
SERVER = Path(__file__).resolve().parent.parent / "servers" / "fake_llm.py"
KEYS = {"OPENAI_API_KEY": CANARY, "ANTHROPIC_API_KEY": CANARY, "JUDGEBENCH_SERVER_API_KEY": CANARY}


def endpoint(judge: str, llm: FakeLLM) -> str:
    return llm.anthropic_url if judge.startswith("anthropic") else llm.openai_url


def answers(runs: Path) -> dict[str, tuple[Status, object]]:
    [stored] = find_runs(runs)
    return {verdict.key: (verdict.status, verdict.code) for verdict in stored.verdicts()}


@pytest.mark.data
@pytest.mark.slow
def test_350_pairs_in_both_orders_give_the_same_through_every_backend(judgebench, data_dir, tmp_path) -> None:
    judges = ["server/m", "openai/m", "anthropic/m"]
    if importlib.util.find_spec("litellm"):
        judges.append("litellm/openai/m")
    said, rows = {}, {}
    for judge in judges:
        with FakeLLM() as llm:
            done = judgebench(
                "run", "--judge", judge, "--base-url", endpoint(judge, llm), "--task", "judgebench", "--data", data_dir,
                "--runs", tmp_path / judge.replace("/", "-"), "--max-concurrency", 32, "--format", "json", env=KEYS,
            )  # fmt: skip
            assert done.code == 0, done.err
            assert max(llm.counts.values()) == 1
            assert len(llm.requests) == 700
        said[judge] = answers(tmp_path / judge.replace("/", "-"))
        rows[judge] = [
            {key: row[key] for key in ("subset", "items", "coverage", "metrics", "bias", "usage")}
            for row in done.document()["rows"]
        ]
        assert CANARY not in done.out + done.err
    assert len(said["server/m"]) == 700
    for judge in judges[1:]:
        assert said[judge] == said["server/m"]
        assert rows[judge] == rows["server/m"]
    assert rows["server/m"][0]["usage"]["input_tokens"] > 100_000
    for file in tmp_path.rglob("*"):
        assert not file.is_file() or CANARY.encode() not in file.read_bytes(), file


@pytest.mark.slow
def test_kill_in_the_middle_and_run_again(tmp_path: Path) -> None:
    log = tmp_path / "requests.jsonl"
    server = subprocess.Popen(
        [sys.executable, str(SERVER), "--port", "0", "--latency", "0.05", "--log", str(log)],
        stdout=subprocess.PIPE,
        text=True,
    )
    assert server.stdout is not None
    port = int(server.stdout.readline())
    command = [
        sys.executable, "-m", "judgebench", "run", "--judge", "server/m", "--base-url", f"http://127.0.0.1:{port}/v1",
        "--task", "judgebench", "--task", "pandalm", "--task", "rewardbench", "--sample", "--max-concurrency", "4",
        "--runs", str(tmp_path / "runs"), "--format", "csv",
    ]  # fmt: skip
    try:
        for kills in range(3):
            process = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, env=os.environ)
            seen = len(log.read_bytes().splitlines()) if log.exists() else 0
            enough = seen + 17 + kills
            until(lambda enough=enough: log.exists() and len(log.read_bytes().splitlines()) >= enough)
            process.kill()
            process.wait()
            files = sorted((tmp_path / "runs").glob("*/verdicts.jsonl"))
            # What a kill can do at worst: a line cut short.
            with files[-1].open("ab") as torn:
                torn.write(b'{"key": "cut')
        finished = {v.key for stored in find_runs(tmp_path / "runs") for v in stored.verdicts()}
        done = subprocess.run(command, capture_output=True, text=True, check=False)
        assert done.returncode == 0, done.stderr
    finally:
        server.terminate()
        server.communicate()
    asked = Counter(json.loads(line)["digest"] for line in log.read_text().splitlines())
    stored = {v.key: v for run in find_runs(tmp_path / "runs") for v in run.verdicts()}
    cases = 2 * (24 + 24 + 26)
    assert len(stored) == cases
    assert sum(asked.values()) >= cases
    assert {v.status for v in stored.values()} == {Status.OK}
    assert finished <= set(stored)
    # Only what was in flight when a kill came is asked a second time.
    assert sum(asked.values()) - cases <= 3 * 4
    assert len(finished) >= 3 * 17 - 3 * 4


def test_each_fault_ends_in_its_own_status_and_earns_nothing(judgebench, tmp_path: Path) -> None:
    ends = {
        "429*2": Status.OK,
        "500*1": Status.OK,
        "cut*1": Status.OK,
        "half*1": Status.OK,
        "json*1": Status.OK,
        "empty*1": Status.OK,
        "error200*1": Status.OK,
        "503": Status.FAILED,
        "400": Status.FAILED,
        "hang": Status.FAILED,
        "filter": Status.REFUSED,
        "refusal": Status.REFUSED,
        "blocked": Status.REFUSED,
        "length": Status.TRUNCATED,
        "two": Status.UNPARSED,
        "none": Status.UNPARSED,
        "offscale": Status.UNPARSED,
    }
    rows = [
        {"question": f"<<fault:{fault}>> What is {n}+{n}?", "references": [str(2 * n)], "answer": str(2 * n),
         "model": "m", "label": "correct" if n % 2 else "incorrect"}
        for n, fault in enumerate([*ends, ""])
    ]  # fmt: skip
    (tmp_path / "answers.jsonl").write_text("".join(json.dumps(row) + "\n" for row in rows))
    with FakeLLM() as llm:
        done = judgebench(
            "run", "--judge", "server/m", "--base-url", llm.openai_url, "--task", "triviaqa",
            "--data", "answers.jsonl", "--timeout", 1, "--attempts", 3, "--format", "json", "--policy", "invalid=wrong",
        )  # fmt: skip
        counts = llm.counts
    assert (done.code, "3 of 18 cases of server/m on triviaqa failed" in done.err) == (5, True), done.err
    [stored] = find_runs(tmp_path / "runs")
    ended = {v.item: v for v in stored.verdicts()}
    items = open_task("triviaqa", data=tmp_path / "answers.jsonl").items()
    by_fault = {fault: ended[item.id] for fault, item in zip([*ends, ""], items, strict=True)}
    assert {fault: v.status for fault, v in by_fault.items()} == {**ends, "": Status.OK}
    assert all((v.code is None) == (v.status is not Status.OK) for v in ended.values())
    # Retried where that makes sense (three attempts), asked once elsewhere.
    tries = Counter(counts.values())
    assert tries == {1: 1 + 1 + 7, 2: 6, 3: 3}, counts
    row = done.document()["rows"][0]
    assert row["statuses"] == {"ok": 8, "failed": 3, "refused": 3, "truncated": 1, "unparsed": 3}
    assert row["coverage"] == pytest.approx(8 / 18)
    for status in ("failed", "refused", "truncated", "unparsed"):
        assert f"{row['statuses'][status]} {status}" in done.err


@pytest.mark.parametrize(
    ("fault", "code", "says"),
    [("401", 4, "JUDGEBENCH_SERVER_API_KEY"), ("404", 4, "m"), ("quota", 4, "quota"), ("503", 5, "in a row failed")],
)
def test_an_unusable_backend_ends_the_run_with_its_own_code(judgebench, fault: str, code: int, says: str) -> None:
    with FakeLLM(faults=fault) as llm:
        done = judgebench(
            "run", "--judge", "server/m", "--base-url", llm.openai_url, "--task", "pandalm", "--sample",
            "--attempts", 1, env=KEYS,
        )  # fmt: skip
    assert (done.code, says in done.err) == (code, True), done.err
    assert CANARY not in done.err


def test_a_run_without_a_single_answer_is_incomplete_and_hides_no_other_judge(judgebench) -> None:
    with FakeLLM(faults="json") as llm:
        done = judgebench(
            "run", "--judge", "server/m", "--judge", "baseline/first", "--base-url", llm.openai_url, "--task",
            "pandalm", "--sample", "--limit", 3, "--attempts", 1, "--format", "json",
        )  # fmt: skip
    assert done.code == 5
    assert "every case of server/m on pandalm failed, the last with: " in done.err
    assert {row["judge"] for row in done.document()["rows"]} == {"baseline/first"}


def test_an_interrupt_keeps_everything_and_says_so(tmp_path: Path) -> None:
    with FakeLLM(latency=0.2) as llm:
        process = subprocess.Popen(
            [sys.executable, "-m", "judgebench", "run", "--judge", "server/m", "--base-url", llm.openai_url, "--task",
             "pandalm", "--sample", "--max-concurrency", "2"],
            cwd=tmp_path, stderr=subprocess.PIPE, stdout=subprocess.PIPE, text=True,
        )  # fmt: skip
        until(lambda: len(llm.requests) >= 6, process)
        process.send_signal(signal.SIGINT)
        _, err = process.communicate(timeout=HANGS)
    assert process.returncode == 130, err
    assert "Traceback" not in err
    assert "kept" in err
    assert len(answers(tmp_path / "runs")) >= 3


def test_a_terminal_sees_rate_time_left_coverage_and_tokens(tmp_path: Path) -> None:
    master, slave = pty.openpty()
    fcntl.ioctl(slave, termios.TIOCSWINSZ, struct.pack("HHHH", 30, 120, 0, 0))
    with FakeLLM(latency=0.1) as llm:
        process = subprocess.Popen(
            [sys.executable, "-m", "judgebench", "run", "--judge", "server/m", "--base-url", llm.openai_url,
             "--task", "pandalm", "--sample", "--max-concurrency", "4"],
            cwd=tmp_path, stderr=slave, stdout=subprocess.DEVNULL,
        )  # fmt: skip
        os.close(slave)
        shown = b""
        # At the end of the process Linux answers a read from the terminal with EIO.
        with contextlib.suppress(OSError):
            while chunk := os.read(master, 4096):
                shown += chunk
        process.wait()
        os.close(master)
    assert process.returncode == 0
    assert re.search(r"pandalm · server/m  \S+ +\d+/48 +\d+ %  .*left", shown.decode())
