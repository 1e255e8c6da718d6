"""OpenAI's Batch API, through the official SDK (major 2 and 3): a file of requests up, a file of answers down."""

from __future__ import annotations

from contextlib import asynccontextmanager
from dataclasses import replace
from typing import TYPE_CHECKING, Any, cast

from judgebench.domain.protocols import BatchLimits, BatchState
from judgebench.errors import BackendError, JudgebenchError, RetryableError
from judgebench.judges.backend import (
    PerLoop,
    environment_secrets,
    failure_of,
    http_error,
    key_from,
    login_secrets,
    redact,
)
from judgebench.judges.backends.batches import QUESTION_TIMEOUT, TRANSFER_TIMEOUT, encode_line, in_our_words, json_lines
from judgebench.judges.backends.chat import chat_completion

if TYPE_CHECKING:
    from collections.abc import AsyncGenerator, AsyncIterator, Callable, Mapping, Sequence
    from typing import BinaryIO

    from openai import AsyncOpenAI
    from openai.types import Batch

    from judgebench.judges.backend import Message

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
            return RetryableError(f"{self._label}: an answer of the batch is no JSON object")
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
