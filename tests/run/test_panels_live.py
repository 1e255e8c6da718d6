"""Panels and protocols against a loopback server: live and in batches, forecast, broken off, and gone on with."""

from __future__ import annotations

import asyncio
import os
import re
import subprocess
import sys
import time
from typing import TYPE_CHECKING, Any

import pytest
from processes import until
from servers.fake_batches import FakeBatches

from judgebench import catalog
from judgebench.domain import Item, Label, Policies, Response, Scale, Status, Turn, Usage
from judgebench.errors import UsageError
from judgebench.probes.orders import Plain
from judgebench.report.runs import Holdings
from judgebench.run.batch.engine import Waiting, batch_apis, execute_in_batches
from judgebench.run.engine import Dispatchers, Options
from judgebench.run.execute import execute
from judgebench.run.forecasts import estimate
from judgebench.run.plans import Conventions, Selection, plan
from judgebench.store.answers import known_answers
from judgebench.store.rounds import ROUNDS
from judgebench.store.runs import find_runs, read_run

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from judgebench.run.plans import Plan

FILES = {
    "jury": 'kind = "jury"\nmembers = ["openai/a", "openai/b", '
    '{ judge = "openai/b", name = "c", protocol = "reflection" }]',
    "debate": 'kind = "debate"\njudge = "openai/a"\nrounds = 2\nhistory = "rounds"\nroles = ["critic", "writer"]',
    "cascade": 'kind = "cascade"\nthreshold = 0.8\nmembers = ['
    '{ judge = "openai/a", protocol = "confidence" }, "openai/b"]',
    "self": 'judge = "openai/a"\nprotocol = "own-answer"',
    "looks": 'judge = "openai/a"\nprotocol = "reflection + second-attempt"',
}
#: Requests for 20 cases; half of them pass the cascade's first member.
CALLS = {"jury": 80, "debate": 80, "cascade": 50, "self": 40, "looks": 40}


class Pairs:
    """So many pairs of answers to numbered questions."""

    name, revision, scale = "pairs", "main", Scale.pair(2)

    def __init__(self, size: int) -> None:
        self.size = size

    def items(self) -> Iterator[Item]:
        for number in range(self.size):
            asked = (Turn.of("user", f"question {number:03} of these"),)
            answers = (Response(f"the first answer to {number:03}"), Response(f"the second one to {number:03}"))
            yield Item(f"q{number:03}", asked, answers, (Label("h", number % 2),), "human")


class Server(FakeBatches):
    """Is sure of odd questions. After so many answers it holds others back, or breaks off chats that go on."""

    held_after = dead_after = 10**9
    waiting = 0
    refuses = ""

    def writer(self, api: str) -> Any:
        write = super().writer(api)

        def writing(body: dict[str, Any], prompt: str, reply: str, fault: str | None) -> dict[str, Any]:
            if "How likely is it" in prompt:
                number = re.search(r"question (\d+)", prompt)
                assert number is not None
                reply = "[[95]]" if int(number[1]) % 2 else "[[60]]"
            return dict(write(body, prompt, reply, fault))

        return writing

    async def _answer(self, request: Any, write: Any) -> Any:
        body = await request.json()
        if self.refuses and body["model"] == self.refuses:
            self.next("filter")
        elif self.counts.total() >= self.dead_after and (
            len(body["messages"]) > 2 or "Others on this panel" in str(body["messages"])
        ):
            self.next("400")
        self.waiting += 1
        try:
            while self.counts.total() >= self.held_after:
                if request.transport is None or request.transport.is_closing():
                    raise ConnectionResetError
                await asyncio.sleep(0.01)
        finally:
            self.waiting -= 1
        return await super()._answer(request, write)


@pytest.fixture
def server(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Iterator[Server]:
    monkeypatch.setenv("OPENAI_API_KEY", "sk-canary-0123456789")
    with Server() as found:
        found.lead = ""
        monkeypatch.setenv("OPENAI_BASE_URL", found.openai_url)
        for name, text in FILES.items():
            (tmp_path / f"{name}.toml").write_text(text)
        yield found


def planned(file: Path, size: int = 20, limit: int | None = None) -> Plan:
    task = Pairs(size)
    judge = catalog.make_judge(str(file), task, catalog.JudgeSettings(temperature=None, max_tokens=64))
    return plan(task, judge, Selection(Plain("original"), orders="original", limit=limit), Conventions(Policies()))


def told(path: Path) -> list[dict[str, Any]]:
    """The verdicts of a run without times."""

    def timeless(said: dict[str, Any]) -> dict[str, Any]:
        parts = [[name, timeless(part)] for name, part in said.get("parts", ())]
        return said | {"seconds": 0} | ({"parts": parts} if parts else {})

    return sorted((timeless(one.to_json()) for one in read_run(path).verdicts()), key=lambda one: str(one["key"]))


@pytest.mark.parametrize("kind", FILES)
def test_a_dry_run_is_near_and_batches_are_as_live(kind: str, server: Server, tmp_path: Path) -> None:
    file, runs = tmp_path / f"{kind}.toml", tmp_path / "runs"
    bare = estimate(planned(file), lambda _: None)
    assert bare.calls == (60 if kind == "cascade" else CALLS[kind])
    assert bare.later == bare.calls - (60 if kind == "jury" else 40 if kind == "debate" else 20)
    assert not server.requests
    _, pilot = execute(planned(file, limit=8), runs, Options())
    with known_answers(runs, planned(file).run, share=True, refresh=False) as known:
        forecast = estimate(planned(file), known.get)
    asked = server.counts.total()
    path, summary = execute(planned(file), runs, Options())
    assert (pilot.asked, summary.asked, summary.reused) == (8, 12, 8)
    assert server.counts.total() == CALLS[kind]
    assert forecast.calls == server.counts.total() - asked
    for found, real in ((forecast.usage.input_tokens, summary.usage.input_tokens),
                        (forecast.usage.output_tokens, summary.usage.output_tokens)):  # fmt: skip
        assert found == pytest.approx(real, rel=0.05)
    waiting = Waiting(poll=0.01, longest=0.05, settle=0.3)
    [outcome] = execute_in_batches([planned(file)], tmp_path / "batched", Options(), waiting, tell=lambda _: None)
    assert outcome.error is None
    assert told(outcome.path) == told(path)
    assert server.counts.total() == CALLS[kind], "a batch was asked live"
    assert not list(tmp_path.glob(f"*/*/{ROUNDS}"))


@pytest.mark.parametrize("kind", ["jury", "debate", "cascade", "looks"])
def test_a_server_that_dies_between_rounds_is_asked_only_what_is_missing(
    kind: str, server: Server, tmp_path: Path
) -> None:
    file = tmp_path / f"{kind}.toml"
    server.dead_after = 48 if kind == "debate" else 25
    _, broken = execute(planned(file), tmp_path / "runs", Options(attempts=1))
    failed = broken.statuses[Status.FAILED]
    assert 0 < failed < 20
    refused = sum(one.fault is not None for one in server.requests)
    server.dead_after = 10**9
    path, resumed = execute(planned(file), tmp_path / "runs", Options())
    assert (resumed.asked, resumed.statuses[Status.FAILED]) == (failed, 0)
    answered = len(server.requests) - refused
    fresh, _ = execute(planned(file), tmp_path / "fresh", Options())
    assert answered == len(server.requests) - refused - answered
    assert told(path) == told(fresh)


def test_a_member_that_refuses_abstains_live_and_in_batches(server: Server, tmp_path: Path) -> None:
    server.refuses = "a"
    path, summary = execute(planned(tmp_path / "jury.toml"), tmp_path / "runs", Options())
    assert summary.statuses[Status.FAILED] == summary.statuses[Status.REFUSED] == 0
    assert {verdict.parts[0][1].status for verdict in read_run(path).verdicts()} == {Status.REFUSED}
    assert len(server.requests) == CALLS["jury"]
    held = Holdings.of(read_run(path)).members
    assert held["openai/a"].statuses == {"refused": 20}
    assert sum((one.usage for one in held.values()), start=Usage()) == summary.usage


def test_members_of_one_model_share_a_lane_and_each_must_have_batches(server: Server, tmp_path: Path) -> None:
    jury = planned(tmp_path / "jury.toml")
    lanes = Dispatchers(Options()).of(jury.judge)
    assert list(lanes) == ["openai/a", "openai/b", "c"]
    assert lanes["openai/b"] is lanes["c"] is not lanes["openai/a"]
    (tmp_path / "mixed.toml").write_text(
        f'kind = "jury"\nbase_url = "{server.openai_url}"\nmembers = ["openai/a", "server/b"]'
    )
    with pytest.raises(UsageError, match="server/b"):
        batch_apis(planned(tmp_path / "mixed.toml"))


@pytest.mark.slow
def test_killed_and_run_again_asks_nothing_twice(server: Server, tmp_path: Path) -> None:
    command = [sys.executable, "-m", "judgebench", "run", "--task", "pandalm", "--sample", "--runs", "runs"]
    command += [word for name in FILES for word in ("--judge", f"{name}.toml")]
    command += ["--limit", "10", "--max-tokens", "64", "--temperature", "none", "--max-concurrency", "3", "-q"]
    (tmp_path / "cascade.toml").write_text(FILES["cascade"].replace('protocol = "confidence"', "samples = 2"))
    environment = os.environ | {"PYTHONPATH": os.pathsep.join(sys.path[1:])}
    server.held_after = 60
    process = subprocess.Popen(command, cwd=tmp_path, env=environment, text=True, stderr=subprocess.PIPE)
    # The first model's three calls at once wait, and what was answered has arrived.
    until(lambda: server.counts.total() >= 60 and server.waiting >= 3, process)
    time.sleep(0.5)
    process.kill()
    process.communicate()
    until(lambda: not server.waiting)
    answered = server.counts.total()
    server.held_after = 10**9
    again = subprocess.run(command, cwd=tmp_path, env=environment, text=True, capture_output=True, check=False)
    assert again.returncode == 0, again.stderr
    total = server.counts.total()
    assert 60 <= answered < total
    undisturbed = [*command, "--runs", "fresh"]
    subprocess.run(undisturbed, cwd=tmp_path, env=environment, check=True, capture_output=True)
    assert server.counts.total() == 2 * total
    kept, fresh = ({one.path.name: told(one.path) for one in find_runs(tmp_path / name)} for name in ("runs", "fresh"))
    assert kept == fresh
    assert len(kept) == len(FILES)
