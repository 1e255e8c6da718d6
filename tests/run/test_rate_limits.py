"""Limits that a server enforces: found out from its headers, used up, and kept to."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

import pytest
from servers.limiter import Limiter

from judgebench.domain import Case, Item, Label, Response, Scale, Status, Turn, Verdict
from judgebench.judges.backend import Completion, Failure, http_error
from judgebench.judges.http import rate_limits
from judgebench.judges.llm import LLMJudge
from judgebench.run.engine import Dispatchers, Options, Summary, ask_all

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from judgebench.judges.backend import Complete, Message
    from judgebench.store.answers import Stored


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


def ask(complete: Complete, some: list[Case], options: Options) -> tuple[Summary, Kept]:
    sink = Kept()

    async def asking() -> Summary:
        judge = LLMJudge("server/m", complete, settings={"max_tokens": 64})
        dispatcher = Dispatchers(options).of(judge)
        try:
            return await ask_all(
                judge, Scale.pair(), lambda: some, sink, revision="r", options=options, dispatcher=dispatcher
            )
        finally:
            await judge.aclose()

    return asyncio.run(asking()), sink


@pytest.mark.parametrize("concurrency", [None, 64])
@pytest.mark.parametrize(("n", "words", "tpm"), [(3000, 1, 2e6), (1000, 1, 200_000)])
def test_a_limit_is_used_up_and_hardly_ever_passed(
    concurrency: int | None, n: int, words: int, tpm: float, simulated: Callable[[], float]
) -> None:
    # Requests bind first, then tokens.
    limiter = Limiter(2000, tpm, clock=simulated)

    async def complete(messages: Sequence[Message]) -> Completion:
        """A provider: it counts a request when it comes in, and answers a while later."""
        sent = sum(len(message.text) for message in messages) // 4
        wait = limiter.admit(sent + 8)
        headers = limiter.headers()
        if wait > 0:
            headers |= {"retry-after-ms": f"{wait * 1000:.0f}"}
            raise http_error("m", Failure(429, "slow down", "rate_limit_exceeded"), key_variable="", headers=headers)
        await asyncio.sleep(0.05)
        return Completion("I compared them. [[A]]", input_tokens=sent, output_tokens=8, limits=rate_limits(headers))

    summary, sink = ask(complete, cases(n, words), Options(max_concurrency=concurrency))
    assert summary.statuses == {Status.OK: n}
    bound = limiter.bound(n, sum(v.usage.input_tokens + v.usage.output_tokens for v in sink))
    late = [at for at in limiter.refused if at > limiter.per / 6]
    assert bound > 10
    assert simulated() <= 1.1 * bound + 0.5
    assert len(late) <= 0.01 * n
