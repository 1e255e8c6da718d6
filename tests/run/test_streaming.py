"""Memory stays flat, writing that fails ends a run that resumes, and no clock but the loop's is believed."""

from __future__ import annotations

import asyncio
import errno
import os
import time
import tracemalloc
from typing import TYPE_CHECKING

import pytest
from asking import asked, close
from servers.fake_llm import FakeLLM
from test_dispatch import Toy, llm_judge, planned

from judgebench.domain import Case, Policies, Reply, Scale, Status, Verdict, digest
from judgebench.errors import IncompleteError, RetryableError
from judgebench.judges.backend import Timeouts
from judgebench.judges.backends.openai import create as openai
from judgebench.judges.backends.server import create as server
from judgebench.judges.own import Own
from judgebench.probes.orders import Plain
from judgebench.run.engine import Dispatchers, Options, ask_all
from judgebench.run.execute import execute, execute_all
from judgebench.run.plans import Conventions, Selection, plan

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path


class Quick(Own):
    name = "quick"
    settings: dict[str, object] = {}  # noqa: RUF012 - read only

    async def reply(self, case: Case, scale: Scale) -> Reply:
        return Reply.ok(0)


class Nothing:
    def lookup(self, key: str) -> None:
        return None

    def append(self, verdict: Verdict) -> None:
        pass

    def rounds(self, key: str) -> dict[str, object]:
        return {}

    def keep(self, key: str, request: str, completion: object) -> None:
        raise AssertionError(request)


def peak(n: int) -> int:
    tracemalloc.start()
    made = plan(Toy("toy", n), Quick(), Selection(Plain("both")), Conventions(Policies()))
    options = Options(max_concurrency=8)

    async def asking() -> int:
        dispatchers = Dispatchers(options)
        summary = await ask_all(
            made.judge, made.task.scale, made.cases, Nothing(), revision="r", options=options, dispatchers=dispatchers
        )
        return summary.cases

    assert asyncio.run(asking()) == 2 * n
    _, most = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    return most


def test_memory_does_not_grow_with_the_items() -> None:
    peak(100)
    small, large = peak(500), peak(5000)
    # Eight bytes an id, and what sorting them takes.
    assert large - small < 4500 * 100


def test_the_digest_of_the_items_is_that_of_the_whole_list() -> None:
    toy = Toy("toy", 12)
    made = plan(toy, Quick(), Selection(Plain("both")), Conventions(Policies()))  # type: ignore[arg-type]  # a task of a test
    assert made.run.content == digest([[item.id, item.content_digest] for item in toy.items()])
    assert (made.items, made.total, made.annotators) == (12, 24, {"h"})


def test_a_full_disk_ends_one_run_and_the_command_resumes(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    write, written = os.write, 0

    def full(descriptor: int, data: bytes) -> int:
        nonlocal written
        if data.startswith(b'{"key"'):
            written += 1
            if written > 10:
                raise OSError(errno.ENOSPC, "No space left on device")
        return write(descriptor, data)

    with FakeLLM() as llm:
        monkeypatch.setattr(os, "write", full)
        [outcome] = execute_all([planned(llm_judge(llm))], tmp_path, Options(max_concurrency=2))
        assert isinstance(outcome.error, IncompleteError)
        assert "No space left" in str(outcome.error)
        monkeypatch.undo()
        [outcome] = execute_all([planned(llm_judge(llm))], tmp_path, Options(max_concurrency=2))
    assert (outcome.error, outcome.summary.reused) == (None, 10)
    assert outcome.summary.statuses == {Status.OK: 40}


def test_a_clock_that_jumps_does_no_harm(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, simulated: Callable[[], float]
) -> None:
    real, calls = time.time, 0

    def jumping() -> float:
        nonlocal calls
        calls += 1
        return real() + (86400 if calls % 2 else -86400)

    monkeypatch.setattr(time, "time", jumping)

    times: list[float] = []

    class Paused(Quick):
        async def reply(self, case: Case, scale: Scale) -> Reply:
            times.append(simulated())
            if case.item.id == "i0" and not hasattr(self, "paused"):
                self.paused = True
                raise RetryableError("HTTP 429", retry_after=0.2)
            return Reply.ok(0)

    _, summary = execute(planned(Paused()), tmp_path, Options())
    assert 0.2 <= times[-1] < 5
    assert summary.statuses == {Status.OK: 40}


def test_no_cache_and_refresh(tmp_path: Path) -> None:
    def asked(options: Options, n: int = 40) -> int:
        return execute(planned(Quick(), n=n), tmp_path, options)[1].asked

    assert asked(Options()) == 40
    assert asked(Options(), n=20) == 0
    assert asked(Options(share=False), n=10) == 10
    assert asked(Options(share=False), n=10) == 0
    assert asked(Options(share=False, refresh=True), n=10) == 10


@pytest.mark.parametrize("create", [server, openai])
@pytest.mark.parametrize("fault", ["hang", "drip"])
def test_a_silent_server_is_left_at_the_first_byte_and_a_dripping_one_at_the_end(
    create: object, fault: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("OPENAI_API_KEY", "sk-test-key-0123")
    [case] = list(planned(Quick(), n=1).cases())

    # The limit that is not the test's is one that the test would not live to see.
    total, first_byte = (600.0, 0.5) if fault == "hang" else (2.0, 60.0)

    async def ask(url: str) -> None:
        # The first call pays for imports, and takes the time that it takes.
        for limits in (
            Timeouts(600.0, connect=60.0, first_byte=600.0),
            Timeouts(total, connect=60.0, first_byte=first_byte),
        ):
            judge = create("m", prompt=None, base_url=url, temperature=0, max_tokens=9, timeout=limits, seed=None)  # type: ignore[operator]  # a factory
            try:
                await asked(judge, case, Scale.pair())
            except RetryableError as error:
                caught.append(error)
            finally:
                await close(judge)

    caught: list[RetryableError] = []
    with FakeLLM() as llm:
        llm.next(None, fault)
        asyncio.run(ask(llm.openai_url))
    [error] = caught
    assert error.overloaded
    assert not error.unreachable
    said = "; first_byte_timeout" if fault == "hang" else "; timeout"
    assert said in str(error)
