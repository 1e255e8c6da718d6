"""Limits that a server enforces: found out from its headers, used up, and kept to."""

from __future__ import annotations

import asyncio
import time
from typing import TYPE_CHECKING

import pytest
from servers.fake_llm import FakeLLM
from servers.limiter import Limiter

from judgebench.domain import Case, Item, Label, Response, Scale, Status, Turn, Verdict
from judgebench.judges.backends.server import create
from judgebench.run.engine import Lanes, Options, Summary, ask_all

if TYPE_CHECKING:
    from judgebench.store.runs import Stored


class Kept(list[Verdict]):
    def lookup(self, key: str) -> Stored | None:
        return None


def cases(n: int, words: int = 1) -> list[Case]:
    return [
        Case(
            Item(
                f"i{i}", (Turn.of("user", f"{i} " * words),), (Response("a"), Response("b")), (Label("h", 0),), "human"
            ),
            (0, 1),
        )
        for i in range(n)
    ]


def ask(llm: FakeLLM, some: list[Case], options: Options) -> tuple[Summary, Kept, float]:
    sink = Kept()

    async def asking() -> Summary:
        judge = create("m", prompt=None, base_url=llm.openai_url, temperature=0, max_tokens=64, timeout=30, seed=None)
        lane = Lanes(options).of(judge)
        try:
            return await ask_all(judge, Scale.pair(), lambda: some, sink, revision="r", options=options, lane=lane)
        finally:
            await judge.aclose()

    started = time.monotonic()
    summary = asyncio.run(asking())
    return summary, sink, time.monotonic() - started


@pytest.mark.slow
@pytest.mark.parametrize("concurrency", [None, 64])
@pytest.mark.parametrize(("n", "words", "tpm"), [(900, 1, 6e5), (300, 1, 60_000)])
def test_a_limit_is_used_up_and_hardly_ever_passed(concurrency: int | None, n: int, words: int, tpm: float) -> None:
    # A minute of 18 seconds: requests bind first, then tokens. A machine that is busy with something else delays
    # answers by more than the limiter can know of, so a miss is looked at again: what the lane itself does wrong, it
    # does every time.
    for _ in range(3):
        limiter = Limiter(600, tpm, per=18.0)
        with FakeLLM(limiter=limiter, latency=0.05) as llm:
            summary, sink, took = ask(llm, cases(n, words), Options(max_concurrency=concurrency))
        assert summary.statuses == {Status.OK: n}
        bound = limiter.bound(n, sum(v.usage.input_tokens + v.usage.output_tokens for v in sink))
        late = [at for at in limiter.refused if at > 18.0 / 6]
        assert bound > 3
        if took <= 1.1 * bound + 0.5 and len(late) <= 0.01 * n:
            return
    pytest.fail(f"three times over; last {took:.2f} s of {bound:.2f} s, {len(late)} of {n} refused late")
