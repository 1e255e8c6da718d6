"""Anthropic's Message Batches, through the official SDK: requests up in one call, answers down as JSON lines."""

from __future__ import annotations

import json
from contextlib import asynccontextmanager
from dataclasses import replace
from typing import TYPE_CHECKING, Any, cast

from judgebench.domain.protocols import BatchLimits, BatchState
from judgebench.errors import BackendError, GoneError, JudgebenchError, RetryableError
from judgebench.judges.backend import (
    PerLoop,
    environment_secrets,
    failure_of,
    http_error,
    key_from,
    login_secrets,
)
from judgebench.judges.backends.batches import QUESTION_TIMEOUT, TRANSFER_TIMEOUT, encode_line, in_our_words, json_lines

if TYPE_CHECKING:
    from collections.abc import AsyncGenerator, AsyncIterator, Callable, Mapping, Sequence
    from typing import BinaryIO

    from anthropic import AsyncAnthropic
    from anthropic.types.messages import MessageBatch

    from judgebench.judges.backend import Completion, Message

_KEY = "ANTHROPIC_API_KEY"
#: Seconds by which our clock may be ahead of theirs when a batch is looked for by its age.
_CLOCK_SKEW = 3600.0
_MOST_PAGES = 100
#: What a live call would have answered with, by the type of error that stands in the results.
_STATUS = {
    "invalid_request_error": 400,
    "authentication_error": 401,
    "billing_error": 402,
    "permission_error": 403,
    "not_found_error": 404,
    "request_too_large": 413,
    "rate_limit_error": 429,
    "overloaded_error": 529,
}


class AnthropicBatches:
    """Send messages as batches; ``request`` writes the parameters of a call, ``read`` reads the body of an answer."""

    #: As the guide states them; 256 MB read as the smaller of its two meanings.
    limits = BatchLimits(requests=100_000, size=256_000_000, frame=len('{"requests":[]}'))

    def __init__(
        self,
        label: str,
        request: Callable[[Sequence[Message]], Mapping[str, Any]],
        read: Callable[[Mapping[str, Any], Sequence[str]], Completion],
        *,
        headers: Mapping[str, str],
        base_url: str | None,
    ) -> None:
        self._label = label
        self._request = request
        self._read = read
        self._headers = headers
        self._base_url = base_url
        self._clients: PerLoop[AsyncAnthropic] = PerLoop(self._connect, lambda client: client.close())

    def _connect(self) -> AsyncAnthropic:
        from anthropic import AsyncAnthropic  # noqa: PLC0415 - loaded on use

        key = key_from(_KEY, self._label)
        if not key:
            raise BackendError(f"{self._label} needs a key: set {_KEY}")
        return AsyncAnthropic(api_key=key, base_url=self._base_url, timeout=TRANSFER_TIMEOUT, max_retries=0)

    def _secrets(self) -> tuple[str, ...]:
        return (*environment_secrets(), *login_secrets(self._base_url))

    @asynccontextmanager
    async def _calling(self, absent: str) -> AsyncGenerator[AsyncAnthropic, None]:
        async with in_our_words(self._label, absent, key_variable=_KEY, secrets=self._secrets()):
            yield self._clients.get()

    def encode(self, custom_id: str, messages: Sequence[Message]) -> bytes:
        """Write one entry of a batch."""
        return encode_line({"custom_id": custom_id, "params": dict(self._request(messages))})

    async def submit(self, lines: BinaryIO, tag: str) -> BatchState:  # noqa: ARG002 - every custom id carries it
        """Make a batch; it can't have metadata, so it is known by its custom ids alone."""
        requests: list[Any] = [json.loads(line) for line in lines]
        async with self._calling("there is no batch API") as client:
            made = await client.messages.batches.create(requests=requests, extra_headers=dict(self._headers))
            return self._state(made)

    async def find(self, tag: str, since: float, requests: int) -> list[BatchState]:  # noqa: ARG002 - shows in results
        """List the batches of that size that were made since; their custom ids show when they have ended."""
        found: list[BatchState] = []
        async with self._calling("there is no batch API") as client:
            page = await client.messages.batches.list(limit=100, timeout=QUESTION_TIMEOUT)
            for _ in range(_MOST_PAGES):
                found += [
                    state
                    for batch in page.data
                    if batch.created_at.timestamp() >= since - _CLOCK_SKEW
                    and (state := self._state(batch)).total == requests
                ]
                if not page.has_next_page():
                    break
                page = await page.get_next_page()
        return found

    async def state(self, batch: str) -> BatchState:
        """Ask how far a batch is."""
        async with self._calling(f"there is no batch {batch}") as client:
            return self._state(await client.messages.batches.retrieve(batch, timeout=QUESTION_TIMEOUT))

    @staticmethod
    def _state(batch: MessageBatch) -> BatchState:
        counts = batch.request_counts
        ended = counts.succeeded + counts.errored + counts.canceled + counts.expired
        return BatchState(
            batch.id,
            batch.processing_status,
            batch.processing_status == "ended",
            total=counts.processing + ended,
            done=ended,
        )

    async def results(self, batch: str) -> AsyncIterator[tuple[str, Any]]:
        """Yield what the batch came to, request by request."""
        async with self._calling(f"there is no batch {batch}") as client:
            ended = await client.messages.batches.retrieve(batch, timeout=QUESTION_TIMEOUT)
        if not ended.results_url:
            raise GoneError(f"{self._label}: the results of batch {batch} are gone; they are kept for 29 days")
        async with (
            self._calling(f"the results of batch {batch} are gone") as client,
            client.messages.batches.with_streaming_response.results(batch) as response,
        ):
            async for line in json_lines(self._label, response.iter_bytes()):
                yield str(line.get("custom_id")), self._answer(line)

    def _answer(self, line: Mapping[str, Any]) -> Any:
        """Read one line of results: a completion, or the error that came instead."""
        given: Any = line.get("result")
        result = cast("dict[str, Any]", given) if isinstance(given, dict) else {}
        kind = str(result.get("type") or "nothing")
        message: Any = result.get("message")
        if kind == "succeeded" and isinstance(message, dict):
            try:
                return replace(self._read(cast("dict[str, Any]", message), self._secrets()), batch=True)
            except JudgebenchError as error:
                return error
        if kind == "errored":
            why: Any = result.get("error")
            inner: Any = cast("dict[str, Any]", why).get("error") if isinstance(why, dict) else None
            said = str(cast("dict[str, Any]", inner).get("type")) if isinstance(inner, dict) else ""
            failure = failure_of(_STATUS.get(said, 500), why)
            return http_error(self._label, failure, key_variable=_KEY, secrets=self._secrets())
        return RetryableError(f"{self._label}: not answered in the batch: {kind}")

    async def cancel(self, batch: str) -> None:
        """Stop a batch."""
        async with self._calling(f"there is no batch {batch}") as client:
            await client.messages.batches.cancel(batch, timeout=QUESTION_TIMEOUT)

    async def aclose(self) -> None:
        """Close the connections."""
        await self._clients.aclose()
