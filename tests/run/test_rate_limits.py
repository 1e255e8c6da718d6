"""Limits that a server enforces: found out from its headers, used up, and kept to."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

import pytest
from asking import Kept
from servers.limiter import Limiter

from judgebench.domain import Case, Completion, Item, Label, Response, Scale, Status, Turn
from judgebench.judges.backend import Failure, http_error
from judgebench.judges.headers import rate_limits
from judgebench.judges.llm import LLMJudge
from judgebench.judges.model import Model
from judgebench.run.cluster.engine import _shares
from judgebench.run.cluster.worker import Secrets, Worker
from judgebench.run.engine import Dispatchers, Options, ask_all

if TYPE_CHECKING:
    from collections.abc import Callable

    from judgebench.domain import Request
    from judgebench.judges.model import Complete
    from judgebench.run.cluster.worker import Answer
    from judgebench.run.summary import Summary


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
        judge = LLMJudge(Model("server/m", complete, longest=64), settings={"max_tokens": 64})
        dispatchers = Dispatchers(options)
        try:
            return await ask_all(
                judge, Scale.pair(), lambda: some, sink, revision="r", options=options, dispatchers=dispatchers
            )
        finally:
            await judge.model.aclose()

    return asyncio.run(asking()), sink


@pytest.mark.parametrize("concurrency", [None, 64])
@pytest.mark.parametrize(("n", "words", "tpm"), [(3000, 1, 2e6), (1000, 1, 200_000)])
def test_a_limit_is_used_up_and_hardly_ever_passed(
    concurrency: int | None, n: int, words: int, tpm: float, simulated: Callable[[], float]
) -> None:
    # Requests bind first, then tokens.
    limiter = Limiter(2000, tpm, clock=simulated)

    async def complete(request: Request) -> Completion:
        """A provider: it counts a request when it comes in, and answers a while later."""
        sent = sum(len(message.text) for message in request.messages) // 4
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


def test_workers_together_keep_to_the_requests_of_a_minute(simulated: Callable[[], float]) -> None:
    # A cluster's workers, without the cluster.
    sent: list[float] = []
    answers: list[Answer] = []

    async def complete(request: Request) -> Completion:
        sent.append(simulated())
        await asyncio.sleep(0.05)
        return Completion("[[A]]")

    async def asking() -> None:
        shares = _shares(Options(rpm=600), 2, pools=1)
        await asyncio.gather(
            *(half(share, some) for share, some in zip(shares, (numbered[::2], numbered[1::2]), strict=True))
        )

    async def half(share: Options, some: list[tuple[int, str, Case, dict[str, Completion]]]) -> None:
        judge = LLMJudge(Model("server/m", complete))
        worker = Worker(share, 2, Secrets({}), ".", ())
        assert await worker.open("run", lambda: judge, Scale.pair(), judge.settings) is None
        async for batch in worker.ask(some):
            answers.extend(batch.answers)

    numbered: list[tuple[int, str, Case, dict[str, Completion]]] = [
        (number, "run", case, {}) for number, case in enumerate(cases(1500))
    ]
    asyncio.run(asking())
    assert sorted(answer.number for answer in answers) == list(range(1500))
    assert all(answer.reply is not None and answer.reply.status is Status.OK for answer in answers)
    sent.sort()
    assert len(sent) == 1500
    assert all(later - sooner >= 60 for sooner, later in zip(sent, sent[600:], strict=False))
    # What is allowed is used.
    assert sent[-1] <= 1.05 * 60 * 1500 / 600
