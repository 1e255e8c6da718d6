"""OpenAI's models, through the official SDK (major 2 and 3), one call at a time or through the Batch API.

A batch is a file of requests up, a file of answers down.
"""

from __future__ import annotations

import os
import time
from contextlib import asynccontextmanager
from dataclasses import replace
from typing import TYPE_CHECKING, Any, cast

from judgebench.domain.protocols import BatchLimits, BatchState
from judgebench.errors import BackendError, JudgebenchError, RetryableError
from judgebench.judges.backend import (
    PerLoop,
    Timeouts,
    checked_url,
    connection_error,
    deadline,
    environment_secrets,
    failure_of,
    http_error,
    key_from,
    login_secrets,
    public_url,
    redact,
)
from judgebench.judges.backends.batches import (
    QUESTION_TIMEOUT,
    TRANSFER_TIMEOUT,
    batch_price,
    encode_line,
    in_our_words,
    json_lines,
)
from judgebench.judges.backends.chat import chat_completion, chat_messages, decode, error_body
from judgebench.judges.http import http_client, http_library, rate_limits
from judgebench.judges.llm import LLMJudge
from judgebench.judges.prompts import load_prompt
from judgebench.judges.tokens import openai_tokens, price

if TYPE_CHECKING:
    from collections.abc import AsyncGenerator, AsyncIterator, Callable, Mapping, Sequence
    from typing import BinaryIO

    from openai import AsyncOpenAI
    from openai.types import Batch

    from judgebench.judges.backend import Completion, Message


_KEY = "OPENAI_API_KEY"
#: The metadata entry that carries our tag, so that a batch is found again whose id never reached us.
TAG = "judgebench"
_ENDED = frozenset({"completed", "failed", "expired", "cancelled"})
#: Refusals of a whole batch that are about the account's queue and not about the batch.
_BUSY = ("token_limit_exceeded", "rate_limit_exceeded", "enqueued token limit", "quota_exceeded")
_MOST_PAGES = 100


class OpenAIBatches:
    """Send chats as batches; ``request`` writes messages as the body of a chat completion."""

    #: As the API reference states them; 200 MB read as the smaller of its two meanings.
    limits = BatchLimits(requests=50_000, size=200_000_000)

    def __init__(
        self, label: str, request: Callable[[Sequence[Message]], Mapping[str, Any]], *, base_url: str | None
    ) -> None:
        self._label = label
        self._request = request
        self._base_url = base_url
        self._clients: PerLoop[AsyncOpenAI] = PerLoop(self._connect, lambda client: client.close())

    def _connect(self) -> AsyncOpenAI:
        from openai import AsyncOpenAI  # noqa: PLC0415 - loaded on use

        key = key_from(_KEY, self._label)
        if not key:
            raise BackendError(f"{self._label} needs a key: set {_KEY}")
        return AsyncOpenAI(api_key=key, base_url=self._base_url, timeout=TRANSFER_TIMEOUT, max_retries=0)

    def _secrets(self) -> tuple[str, ...]:
        return (*environment_secrets(), *login_secrets(self._base_url))

    @asynccontextmanager
    async def _calling(self, absent: str) -> AsyncGenerator[AsyncOpenAI, None]:
        async with in_our_words(self._label, absent, key_variable=_KEY, secrets=self._secrets()):
            yield self._clients.get()

    def encode(self, custom_id: str, messages: Sequence[Message]) -> bytes:
        """Write one line of an input file."""
        body = dict(self._request(messages))
        return encode_line({"custom_id": custom_id, "method": "POST", "url": "/v1/chat/completions", "body": body})

    async def submit(self, lines: BinaryIO, tag: str) -> BatchState:
        """Upload the file and make a batch of it."""
        async with self._calling("there is no batch API") as client:
            file = await client.files.create(file=(f"judgebench-{tag}.jsonl", lines), purpose="batch")
            batch = await client.batches.create(
                input_file_id=file.id,
                endpoint="/v1/chat/completions",
                completion_window="24h",
                metadata={TAG: tag},
            )
            return self._state(batch)

    async def find(self, tag: str, since: float, requests: int) -> list[BatchState]:  # noqa: ARG002 - the tag suffices
        """Look for the batch that carries the tag; with one there is no doubt about it."""
        found: list[BatchState] = []
        async with self._calling("there is no batch API") as client:
            page = await client.batches.list(limit=100, timeout=QUESTION_TIMEOUT)
            # Through all pages: nothing documents their order, and this is only ever done after a crash.
            for _ in range(_MOST_PAGES):
                found += [state for batch in page.data if (state := self._state(batch)).tag == tag]
                if found or not page.has_next_page():
                    break
                page = await page.get_next_page()
        return found

    async def state(self, batch: str) -> BatchState:
        """Ask how far a batch is."""
        async with self._calling(f"there is no batch {batch}") as client:
            return self._state(await client.batches.retrieve(batch, timeout=QUESTION_TIMEOUT))

    def _state(self, batch: Batch) -> BatchState:
        counts = batch.request_counts
        why, busy = "", False
        if batch.status == "failed":
            errors = (batch.errors.data or []) if batch.errors else []
            said = [f"{f'line {e.line}: ' if e.line else ''}{e.message or e.code or ''}" for e in errors[:3]]
            more = f" (and {len(errors) - 3} more)" if len(errors) > 3 else ""
            why = redact("; ".join(filter(None, said)) + more, self._secrets()) or "no reason was given"
            words = " ".join(f"{e.code} {e.message}" for e in errors).casefold()
            busy = any(word in words for word in _BUSY)
        return BatchState(
            batch.id,
            batch.status,
            batch.status in _ENDED,
            total=counts.total if counts else 0,
            done=counts.completed + counts.failed if counts else 0,
            failure=why,
            busy=busy,
            tag=(batch.metadata or {}).get(TAG, ""),
        )

    async def results(self, batch: str) -> AsyncIterator[tuple[str, Any]]:
        """Yield what the output file and the error file hold."""
        async with self._calling(f"there is no batch {batch}") as client:
            ended = await client.batches.retrieve(batch, timeout=QUESTION_TIMEOUT)
        for file in filter(None, (ended.output_file_id, ended.error_file_id)):
            async with (
                self._calling(f"the results of batch {batch} are gone") as client,
                client.files.with_streaming_response.content(file) as response,
            ):
                async for line in json_lines(self._label, response.iter_bytes()):
                    yield str(line.get("custom_id")), self._answer(line)

    def _answer(self, line: Mapping[str, Any]) -> Any:
        secrets = self._secrets()
        response: Any = line.get("response")
        if not isinstance(response, dict):
            failure = failure_of(0, line)
            said = redact(failure.message or failure.code, secrets) or "no answer"
            return RetryableError(f"{self._label}: not answered in the batch: {said}")
        given = cast("dict[str, Any]", response)
        status, body = given.get("status_code"), given.get("body")
        if isinstance(status, int) and not 200 <= status < 300:
            return http_error(self._label, failure_of(status, body), key_variable=_KEY, secrets=secrets)
        if not isinstance(body, dict):
            return RetryableError(f"{self._label}: an answer of the batch is not a JSON object")
        try:
            completion = chat_completion(
                self._label, cast("dict[str, Any]", body), key_variable=_KEY, seconds=0.0, secrets=secrets
            )
        except JudgebenchError as error:
            return error
        return replace(completion, batch=True)

    async def cancel(self, batch: str) -> None:
        """Stop a batch."""
        async with self._calling(f"there is no batch {batch}") as client:
            await client.batches.cancel(batch, timeout=QUESTION_TIMEOUT)

    async def aclose(self) -> None:
        """Close the connections."""
        await self._clients.aclose()


#: What ``temperature`` is where the user says nothing.
DEFAULT_TEMPERATURE: float | None = 0.0

_OWN = "https://api.openai.com/v1"


class OpenAIBackend:
    """Complete chats with the OpenAI SDK.

    Bodies are read by us and not by the SDK: its two majors differ in their HTTP layer, and a body that is not a chat
    completion must end in our errors in both.
    """

    def __init__(
        self,
        model: str,
        *,
        base_url: str | None,
        temperature: float | None,
        max_tokens: int,
        timeout: float | Timeouts,
        seed: int | None,
    ) -> None:
        self._label = f"openai/{model}"
        self._base_url = base_url
        self._timeouts = Timeouts.of(timeout)
        self._options: dict[str, Any] = {"model": model, "max_completion_tokens": max_tokens}
        self._options |= {} if temperature is None else {"temperature": temperature}
        self._options |= {} if seed is None else {"seed": seed}
        # The class of the SDK's HTTP library in which it hands over what came back.
        self._response: Any = None
        self._clients: PerLoop[AsyncOpenAI] = PerLoop(
            self._connect, lambda client: client.close(), login_secrets(base_url)
        )

    def _connect(self) -> AsyncOpenAI:
        from openai import AsyncOpenAI, DefaultAsyncHttpxClient, OpenAIError, Timeout  # noqa: PLC0415 - loaded on use

        key = key_from(_KEY, self._label)
        if not key:
            raise BackendError(f"{self._label} needs a key: set {_KEY}")
        self._response = http_library(DefaultAsyncHttpxClient).Response
        try:
            limit = Timeout(self._timeouts.total, connect=self._timeouts.connect, read=self._timeouts.first_byte)
            return AsyncOpenAI(
                api_key=key,
                base_url=self._base_url,
                timeout=limit,
                max_retries=0,
                http_client=http_client(DefaultAsyncHttpxClient),
            )
        except OpenAIError:
            raise BackendError(f"{self._label}: the OpenAI SDK found no usable key; set {_KEY}") from None

    def request(self, messages: Sequence[Message]) -> dict[str, Any]:
        """Write the body of a call, live or in a batch."""
        return self._options | {"messages": chat_messages(messages)}

    async def complete(self, messages: Sequence[Message]) -> Completion:
        """Ask once."""
        from openai import APIStatusError, OpenAIError  # noqa: PLC0415 - loaded on use

        client = self._clients.get()
        secrets = self._clients.secrets
        started = time.monotonic()
        request = self.request(messages)
        try:
            async with deadline(self._label, self._timeouts.total):
                # The SDK's way to read a body oneself: `create` would walk through its types and models with it.
                raw = await client.post("/chat/completions", body=request, cast_to=self._response)
        except APIStatusError as error:
            response = error.response
            failure = failure_of(response.status_code, error_body(response.status_code, response.text))
            raise http_error(
                self._label, failure, key_variable=_KEY, headers=dict(response.headers), secrets=secrets
            ) from None
        except OpenAIError as error:
            raise connection_error(self._label, error, secrets) from None
        body = decode(self._label, raw.status_code, raw.content, secrets)
        completion = chat_completion(
            self._label, body, key_variable=_KEY, seconds=time.monotonic() - started, secrets=secrets
        )
        limits = rate_limits(raw.headers)
        return completion if limits is None else replace(completion, limits=limits)

    async def aclose(self) -> None:
        """Close the connections."""
        await self._clients.aclose()


def create(
    model: str,
    *,
    prompt: str | None,
    base_url: str | None,
    temperature: float | None,
    max_tokens: int,
    timeout: float | Timeouts,
    seed: int | None,
) -> LLMJudge:
    """Build the judge ``openai/<model>``; nothing is connected and no key is looked at before the first call.

    None leaves a setting out: the address is then ``OPENAI_BASE_URL`` or OpenAI's own, the prompt the scale's own.
    Reasoning models demand that of the temperature. ``max_tokens`` counts reasoning too (``max_completion_tokens``).
    """
    address = base_url or os.environ.get("OPENAI_BASE_URL") or None
    address = checked_url(address) if address else None
    backend = OpenAIBackend(
        model, base_url=address, temperature=temperature, max_tokens=max_tokens, timeout=timeout, seed=seed
    )
    return LLMJudge(
        f"openai/{model}",
        backend.complete,
        prompt=None if prompt is None else load_prompt(prompt),
        settings={
            "backend": "openai",
            "model": model,
            "base_url": public_url(address) if address else None,
            "temperature": temperature,
            "max_tokens": max_tokens,
            "seed": seed,
        },
        price=lambda completion: batch_price(
            completion, model, address or _OWN, lambda live: price(live, model, url=address or _OWN)
        ),
        aclose=backend.aclose,
        tokens=openai_tokens(model),
        batch=OpenAIBatches(f"openai/{model}", backend.request, base_url=address),
    )
