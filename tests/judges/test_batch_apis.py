"""The clients of the batch APIs by themselves: what they send, and what they make of odd answers."""

from __future__ import annotations

import asyncio
import importlib
import io
import json
from typing import TYPE_CHECKING, Any

import pytest
from servers.fake_batches import FakeBatches

from judgebench.domain import Completion, Message, Request
from judgebench.errors import BackendError, GoneError, RejectedError, RetryableError
from judgebench.judges.backends.anthropic import AnthropicBatches
from judgebench.judges.backends.openai import OpenAIBatches
from judgebench.judges.backends.sdk import encode_line, json_lines

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

    from judgebench.judges.llm import LLMJudge

APIS = ("openai", "anthropic")
CANARY = "sk-canary-do-not-leak-0123456789"
ASKED = Request("m", (Message.of("system", "judge"), Message.of("user", "Which? [[A]] or [[B]] \u2028")))


@pytest.fixture(autouse=True)
def _keys(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("OPENAI_API_KEY", "ANTHROPIC_API_KEY"):
        monkeypatch.setenv(name, CANARY)


def judge(api: str, llm: FakeBatches, **more: Any) -> LLMJudge:
    url = llm.openai_url if api == "openai" else llm.anthropic_url
    settings = {"prompt": None, "base_url": url, "temperature": None, "max_tokens": 64, "timeout": 10, "seed": None}
    return importlib.import_module(f"judgebench.judges.backends.{api}").create("m", **settings | more)


def lines(api: Any, names: list[str]) -> io.BytesIO:
    return io.BytesIO(b"".join(api.encode(name, ASKED) + b"\n" for name in names))


@pytest.mark.parametrize("api", APIS)
def test_a_batch_asks_exactly_what_a_live_call_asks(api: str) -> None:
    asked = Request("m", (Message.of("system", "judge"), Message.of("user", "Which? [[A]] or [[B]]")))

    async def both(made: LLMJudge) -> None:
        client: Any = made.model.batch
        await made.model.complete(asked)
        await client.submit(io.BytesIO(client.encode("t-k-0", asked) + b"\n"), "t")
        await made.model.aclose()

    with FakeBatches() as llm:
        asyncio.run(both(judge(api, llm, temperature=0.5)))
        [live], [made] = llm.requests, llm.batches
        [(name, body)] = made.entries
    assert (name, body) == ("t-k-0", live.body)
    assert body["temperature"] == 0.5
    if api == "anthropic":
        # A temperature is only taken through the older version of the API, live and in a batch.
        assert made.headers["anthropic-version"] == live.headers["anthropic-version"] == "2023-06-01"


def test_limits_are_the_documented_ones() -> None:
    assert (OpenAIBatches.limits.requests, OpenAIBatches.limits.size) == (50_000, 200_000_000)
    assert (AnthropicBatches.limits.requests, AnthropicBatches.limits.size) == (100_000, 256_000_000)


@pytest.mark.parametrize("api", APIS)
def test_from_submission_to_results(api: str) -> None:
    async def through(made: LLMJudge) -> tuple[Any, ...]:
        client: Any = made.model.batch
        state = await client.submit(lines(client, ["t-a-0", "t-b-0"]), "t")
        found = await client.find("t", 0.0, 2)
        other = await client.find("other", 0.0, 3)
        stages = [state.stage]
        while not state.ended:
            state = await client.state(state.id)
            stages.append(state.stage)
        answers = dict([pair async for pair in client.results(state.id)])
        with pytest.raises(GoneError, match="there is no batch nobody"):
            await client.state("nobody")
        await made.model.aclose()
        return state, found, other, stages, answers

    with FakeBatches(polls=1) as llm:
        state, found, other, stages, answers = asyncio.run(through(judge(api, llm)))
    assert [f.id for f in found] == [state.id]
    assert other == []
    assert (state.total, state.done, state.failure) == (2, 2, "")
    assert stages[-1] in {"completed", "ended"}
    assert set(answers) == {"t-a-0", "t-b-0"}
    assert all(isinstance(a, Completion) and a.batch and a.input_tokens for a in answers.values())


def test_lines_end_at_line_feeds_only_and_are_ascii() -> None:
    line = encode_line({"text": "a\u2028b\x85c\nd\U0001f600"})
    assert line.isascii()
    assert b"\n" not in line

    async def chunks() -> AsyncIterator[bytes]:
        text = "".join(json.dumps({"n": n, "t": "x\u2028y"}, ensure_ascii=False) + "\n" for n in range(3)).encode()
        for at in range(0, len(text), 7):
            yield text[at : at + 7]

    async def read() -> list[dict[str, Any]]:
        return [line async for line in json_lines("openai/m", chunks())]

    assert [entry["n"] for entry in asyncio.run(read())] == [0, 1, 2]


@pytest.mark.parametrize("text", ["{\n", "[1]\n", '{"a": 1}\nhalf a li'])
def test_results_that_are_no_results_can_be_fetched_again(text: str) -> None:
    async def chunks() -> AsyncIterator[bytes]:
        yield text.encode()

    async def read() -> None:
        async for _ in json_lines("openai/m", chunks()):
            pass

    with pytest.raises(RetryableError, match="not a JSON object"):
        asyncio.run(read())


@pytest.mark.parametrize(
    ("api", "line", "error", "says"),
    [
        ("openai", {"response": None, "error": {"code": "batch_expired", "message": "late"}}, RetryableError, "late"),
        ("openai", {"response": {"status_code": 200, "body": None}}, RetryableError, "not a JSON object"),
        ("openai", {"response": {"status_code": 200, "body": {"choices": []}}}, RetryableError, "without a choice"),
        ("openai", {"response": {"status_code": 500, "body": "x"}}, RetryableError, "HTTP 500"),
        ("openai", {"response": {"status_code": 400, "body": {"error": {"message": "no"}}}}, RejectedError, "no"),
        ("openai", {"response": {"status_code": 401, "body": {"error": {"message": CANARY}}}}, BackendError, "401"),
        ("openai", {}, RetryableError, "no answer"),
        ("anthropic", {"result": {"type": "expired"}}, RetryableError, "expired"),
        ("anthropic", {"result": {"type": "succeeded", "message": None}}, RetryableError, "succeeded"),
        ("anthropic", {"result": {"type": "succeeded", "message": {"content": []}}}, RetryableError, "without content"),
        ("anthropic", {"result": {"type": "errored", "error": None}}, RetryableError, "HTTP 500"),
        (
            "anthropic",
            {"result": {"type": "errored", "error": {"error": {"type": "invalid_request_error", "message": "no"}}}},
            RejectedError,
            "HTTP 400: no",
        ),
        ("anthropic", {}, RetryableError, "nothing"),
    ],
)
def test_a_line_that_is_no_answer_is_the_error_a_live_call_would_be(
    api: str, line: dict[str, Any], error: type[Exception], says: str
) -> None:
    with FakeBatches() as llm:
        client: Any = judge(api, llm).model.batch
    answer = client._answer({"custom_id": "t-k-0"} | line)
    assert type(answer) is error
    assert says in str(answer)
    assert CANARY not in str(answer)


@pytest.mark.parametrize("api", APIS)
def test_no_key_and_no_batch_api_are_named(api: str, monkeypatch: pytest.MonkeyPatch) -> None:
    async def submit(made: LLMJudge) -> None:
        client: Any = made.model.batch
        try:
            await client.submit(lines(client, ["t-k-0"]), "t")
        finally:
            await made.model.aclose()

    with FakeBatches() as llm:
        wrong = judge(api, llm, base_url=f"{llm.anthropic_url}/elsewhere")
        with pytest.raises(GoneError, match="there is no batch API"):
            asyncio.run(submit(wrong))
        monkeypatch.delenv(f"{api.upper()}_API_KEY")
        with pytest.raises(BackendError, match=f"set {api.upper()}_API_KEY"):
            asyncio.run(submit(judge(api, llm)))
