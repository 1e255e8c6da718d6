"""``run --engine batch`` as a process of its own: killed, interrupted, left alone, and run again."""

from __future__ import annotations

import os
import re
import signal
import subprocess
import sys
from typing import TYPE_CHECKING

import pytest
from processes import HANGS, until
from servers.fake_batches import FakeBatches

from judgebench.run.batch.ledger import LEDGER, read_ledger
from judgebench.store.runs import find_runs

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from judgebench.domain import Status

APIS = ("openai", "anthropic")
CANARY = "sk-canary-do-not-leak-0123456789"
KEYS = {"OPENAI_API_KEY": CANARY, "ANTHROPIC_API_KEY": CANARY}


@pytest.fixture
def llm() -> Iterator[FakeBatches]:
    with FakeBatches() as server:
        yield server


def command(api: str, llm: FakeBatches, *more: str, runs: str = "runs") -> list[str]:
    url = llm.openai_url if api == "openai" else llm.anthropic_url
    return [
        "run", "--judge", f"{api}/m", "--base-url", url, "--task", "pandalm", "--sample", "--engine", "batch",
        "--poll", "0.05", "--runs", runs, *more,
    ]  # fmt: skip


def answers(runs: Path) -> dict[str, tuple[Status, object]]:
    [stored] = find_runs(runs)
    return {v.key: (v.status, v.code) for v in stored.verdicts()}


def start(folder: Path, arguments: list[str]) -> subprocess.Popen[str]:
    return subprocess.Popen(
        [sys.executable, "-m", "judgebench", *arguments],
        cwd=folder, env=os.environ | KEYS, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
    )  # fmt: skip


def entries(folder: Path) -> list[tuple[str, str]]:
    return [(e.id, e.end) for file in (folder / "runs").glob(f"*/{LEDGER}") for e in read_ledger(file).values()]


@pytest.mark.slow
@pytest.mark.parametrize("api", APIS)
def test_killed_after_submitting_and_run_again_submits_once(api: str, judgebench, tmp_path: Path, llm) -> None:
    llm.hold = True
    process = start(tmp_path, command(api, llm))
    until(lambda: any(batch for batch, _ in entries(tmp_path)) and llm.batches[0].asked > 0, process)
    process.kill()
    process.communicate()
    # What a kill can do at worst to the ledger: a line cut short.
    [file] = (tmp_path / "runs").glob(f"*/{LEDGER}")
    with file.open("ab") as torn:
        torn.write(b'{"tag": "cut')
    llm.hold = False
    done = judgebench(*command(api, llm), env=KEYS)
    assert done.code == 0, done.err
    assert len(llm.batches) == 1
    assert not llm.requests
    assert sum(llm.paid.values()) == 48
    assert entries(tmp_path) == [(llm.batches[0].id, "collected")]
    local = [*command(api, llm, runs="live"), "--engine", "local"]
    assert judgebench(*local, env=KEYS).code == 0
    assert answers(tmp_path / "runs") == answers(tmp_path / "live")
    assert CANARY not in done.out + done.err + file.read_text()


@pytest.mark.slow
@pytest.mark.parametrize("api", APIS)
def test_killed_before_the_id_arrived_and_run_again_submits_once(api: str, judgebench, tmp_path: Path, llm) -> None:
    llm.next_create("stall")
    process = start(tmp_path, command(api, llm))
    until(lambda: len(llm.batches) == 1, process)
    process.kill()
    process.communicate()
    assert entries(tmp_path) == [("", "")]
    done = judgebench(*command(api, llm), env=KEYS)
    assert done.code == 0, done.err
    assert f"found {llm.batches[0].id}" in done.err
    assert len(llm.batches) == 1
    assert not llm.requests
    assert entries(tmp_path) == [(llm.batches[0].id, "collected")]
    assert len(answers(tmp_path / "runs")) == 48


@pytest.mark.slow
@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_an_interrupt_while_waiting_says_what_goes_on(number: int, judgebench, tmp_path: Path, llm) -> None:
    llm.hold = True
    process = start(tmp_path, command("openai", llm, "--batch-size", "30"))
    until(lambda: len(llm.batches) == 2 and llm.batches[1].asked > 0, process)
    process.send_signal(number)
    _, err = process.communicate(timeout=HANGS)
    assert process.returncode == 130, err
    assert "48 requests submitted in 2 batches (batch_0, batch_1)" in err
    assert "these go on, and the same command collects them" in err
    assert "Traceback" not in err
    llm.hold = False
    done = judgebench(*command("openai", llm, "--batch-size", "30"), env=KEYS)
    assert (done.code, len(llm.batches), len(llm.requests)) == (0, 2, 0), done.err


def test_submit_and_leave_then_collect(judgebench, llm) -> None:
    llm.hold = True
    for _ in range(2):
        left = judgebench(*command("anthropic", llm, "--no-wait"), env=KEYS)
        assert left.code == 5
        assert "48 requests submitted in 1 batch (msgbatch_0)\n" in left.err
        assert "Run the same command again to collect" in left.err.splitlines()[-1]
        assert len(llm.batches) == 1
    priced = judgebench(*command("anthropic", llm, "--dry-run", "--explain"))
    assert "0 already judged, 48 submitted, 0 to ask in batches in 0 calls" in priced.out
    llm.hold = False
    llm.polls = 0
    done = judgebench(*command("anthropic", llm, "--no-wait"), env=KEYS)
    assert done.code == 0, done.err
    assert "48 asked" in done.err


def test_a_refused_batch_is_one_error_with_its_reason(judgebench, llm) -> None:
    llm.next_batch("failed")
    done = judgebench(*command("openai", llm), env=KEYS)
    assert done.code == 4
    assert "batch_0: line 3: This line is not valid" in done.err
    assert len(llm.batches) == 1


def test_a_dry_run_shows_half_the_price(judgebench) -> None:
    arguments = ["run", "--judge", "gpt-5", "--task", "pandalm", "--sample", "--dry-run", "--explain"]
    usual, half = (judgebench(*arguments, "--engine", engine) for engine in ("local", "batch"))
    prices = [float(re.search(r"about ([\d.]+) USD", done.out)[1]) for done in (usual, half)]  # type: ignore[index]  # a test
    assert prices[1] == pytest.approx(prices[0] / 2, abs=0.011)
    assert prices[0] > 0.1


@pytest.mark.parametrize("judge", ["server/m", "baseline/first"])
def test_a_judge_without_a_batch_api_is_wrong_usage(judge: str, judgebench) -> None:
    done = judgebench(
        "run", "--judge", judge, "--base-url", "http://127.0.0.1:9/v1", "--task", "pandalm", "--sample", "--engine",
        "batch",
    )  # fmt: skip
    assert done.code == 2
    assert "has no batch API" in done.err
