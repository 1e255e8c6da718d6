"""Anthropic's models, through the official SDK, one call at a time or through Message Batches.

A batch is requests up in one call, answers down as JSON lines.
"""

from __future__ import annotations

import json
import os
import time
from contextlib import asynccontextmanager
from dataclasses import replace
from typing import TYPE_CHECKING, Any, cast

from judgebench.domain import Completion, Finish
from judgebench.domain.protocols import BatchLimits, BatchState
from judgebench.errors import BackendError, GoneError, JudgebenchError, RetryableError
from judgebench.judges.backend import (
    PerLoop,
    Timeouts,
    checked_url,
    connection_error,
    deadline,
    environment_secrets,
    failure_of,
    hide,
    http_error,
    key_from,
    login_secrets,
    public_url,
)
from judgebench.judges.backends.batches import (
    QUESTION_TIMEOUT,
    TRANSFER_TIMEOUT,
    batch_price,
    encode_line,
    in_our_words,
    json_lines,
)
from judgebench.judges.backends.chat import count, decode, error_body, image_url, raise_for_error_in_200
from judgebench.judges.http import http_client, http_library, rate_limits
from judgebench.judges.llm import LLMJudge
from judgebench.judges.model import Model
from judgebench.judges.prompts import load_prompt
from judgebench.judges.tokens import price

if TYPE_CHECKING:
    from collections.abc import AsyncGenerator, AsyncIterator, Callable, Mapping, Sequence
    from typing import BinaryIO

    from anthropic import AsyncAnthropic
    from anthropic.types.messages import MessageBatch

    from judgebench.domain import Message, Part, Request


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
    """Send messages as batches; ``params`` writes the parameters of a call, ``read`` reads the body of an answer."""

    #: As the guide states them; 256 MB read as the smaller of its two meanings.
    limits = BatchLimits(requests=100_000, size=256_000_000, frame=len('{"requests":[]}'))

    def __init__(
        self,
        label: str,
        params: Callable[[Request], Mapping[str, Any]],
        read: Callable[[Mapping[str, Any], Sequence[str]], Completion],
        *,
        headers: Mapping[str, str],
        base_url: str | None,
    ) -> None:
        self._label = label
        self._params = params
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

    def encode(self, custom_id: str, request: Request) -> bytes:
        """Write one entry of a batch."""
        return encode_line({"custom_id": custom_id, "params": dict(self._params(request))})

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

    async def results(self, batch: str) -> AsyncIterator[tuple[str, Completion | JudgebenchError]]:
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

    def _answer(self, line: Mapping[str, Any]) -> Completion | JudgebenchError:
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


#: What ``temperature`` is where the user says nothing: today's models take none.
DEFAULT_TEMPERATURE: float | None = None
#: The last version of the API that takes a temperature (and only from models that still have one).
SAMPLING_API = "2023-06-01"

_OWN = "https://api.anthropic.com"
_FINISH: dict[str, Finish] = {
    "max_tokens": "length",
    "model_context_window_exceeded": "length",
    "refusal": "refusal",
}


class AnthropicBackend:
    """Complete chats with the Anthropic SDK; bodies are read by us, as in the OpenAI backend."""

    def __init__(
        self, model: str, *, base_url: str | None, temperature: float | None, max_tokens: int, timeout: float | Timeouts
    ) -> None:
        self._label = f"anthropic/{model}"
        self._base_url = base_url
        self._timeouts = Timeouts.of(timeout)
        self._options: dict[str, Any] = {"model": model, "max_tokens": max_tokens}
        self._request_options: dict[str, Any] = {}
        if temperature is not None:
            # Version 1 of the SDK dropped the argument, version 2 speaks an API version that refuses the field.
            self._options["temperature"] = temperature
            self._request_options["headers"] = {"anthropic-version": SAMPLING_API}
        # The class of the SDK's HTTP library in which it hands over what came back.
        self._response: Any = None
        self._clients: PerLoop[AsyncAnthropic] = PerLoop(
            self._connect, lambda client: client.close(), login_secrets(base_url)
        )

    def _connect(self) -> AsyncAnthropic:
        from anthropic import AsyncAnthropic, DefaultAsyncHttpxClient, Timeout  # noqa: PLC0415 - loaded on use

        # Named explicitly: without it the SDK goes on to look for credentials in files.
        key = key_from(_KEY, self._label)
        if not key:
            raise BackendError(f"{self._label} needs a key: set {_KEY}")
        limit = Timeout(self._timeouts.total, connect=self._timeouts.connect, read=self._timeouts.first_byte)
        self._response = http_library(DefaultAsyncHttpxClient).Response
        return AsyncAnthropic(
            api_key=key,
            base_url=self._base_url,
            timeout=limit,
            max_retries=0,
            http_client=http_client(DefaultAsyncHttpxClient),
        )

    @property
    def headers(self) -> dict[str, str]:
        """What is sent beside the body."""
        return dict(self._request_options.get("headers", {}))

    def params(self, request: Request) -> dict[str, Any]:
        """Write the body of a call, live or in a batch."""
        return self._options | _said(request.messages) | dict(request.options)

    async def complete(self, request: Request) -> Completion:
        """Ask once."""
        from anthropic import AnthropicError, APIStatusError  # noqa: PLC0415 - loaded on use

        client = self._clients.get()
        secrets = self._clients.secrets
        started = time.monotonic()
        options: Any = self._request_options
        try:
            async with deadline(self._label, self._timeouts.total):
                # The SDK's way to read a body oneself: `create` would walk through its types and models with it.
                raw = await client.post(
                    "/v1/messages", body=self.params(request), options=options, cast_to=self._response
                )
        except APIStatusError as error:
            response = error.response
            failure = failure_of(response.status_code, error_body(response.status_code, response.text))
            raise http_error(
                self._label, failure, key_variable=_KEY, headers=dict(response.headers), secrets=secrets
            ) from None
        except AnthropicError as error:
            raise connection_error(self._label, error, secrets) from None
        body = decode(self._label, raw.status_code, raw.content, secrets)
        completion = _completion(self._label, body, time.monotonic() - started, secrets)
        limits = rate_limits(raw.headers)
        return completion if limits is None else replace(completion, limits=limits)

    async def aclose(self) -> None:
        """Close the connections."""
        await self._clients.aclose()


def _said(messages: Sequence[Message]) -> dict[str, Any]:
    system = "\n\n".join(message.text for message in messages if message.role == "system")
    rest = [
        {"role": message.role, "content": [_content(part) for part in message.parts]}
        for message in messages
        if message.role != "system"
    ]
    return {"system": system, "messages": rest} if system else {"messages": rest}


def _content(part: Part) -> dict[str, Any]:
    if part.image is None:
        return {"type": "text", "text": part.text}
    url = image_url(part.image)
    if not url.startswith("data:"):
        return {"type": "image", "source": {"type": "url", "url": url}}
    kind, _, data = url.removeprefix("data:").partition(";base64,")
    return {"type": "image", "source": {"type": "base64", "media_type": kind, "data": data}}


def _completion(label: str, body: Mapping[str, Any], seconds: float, secrets: Sequence[str]) -> Completion:
    raise_for_error_in_200(label, body, _KEY, secrets)
    content: Any = body.get("content")
    reason = str(body.get("stop_reason") or "end_turn")
    # An empty content is an answer where the model refused or ran out; else nothing came back.
    if not isinstance(content, list) or (not content and reason not in _FINISH):
        raise RetryableError(f"{label}: HTTP 200 without content")
    blocks = [cast("dict[str, Any]", block) for block in content if isinstance(block, dict)]
    text = "".join(str(block.get("text") or "") for block in blocks if block.get("type") == "text")
    usage: Any = body.get("usage")
    counts = cast("dict[str, Any]", usage) if isinstance(usage, dict) else {}
    cached = count(counts.get("cache_read_input_tokens"))
    written = count(counts.get("cache_creation_input_tokens"))
    return Completion(
        text=hide(text, secrets),
        finish=_FINISH.get(reason, "stop"),
        # Anthropic counts cached tokens beside the input tokens, the price list among them.
        input_tokens=count(counts.get("input_tokens")) + cached + written,
        output_tokens=count(counts.get("output_tokens")),
        cached_tokens=cached,
        model=hide(str(body.get("model") or ""), secrets),
        seconds=seconds,
    )


def create(
    model: str,
    *,
    prompt: str | None,
    base_url: str | None,
    temperature: float | None,
    max_tokens: int,
    timeout: float | Timeouts,
    seed: int | None,  # noqa: ARG001 - all backends are made alike; this API takes no seed
) -> LLMJudge:
    """Build the judge ``anthropic/<model>``; nothing is connected and no key is looked at before the first call.

    Without an address it is ``ANTHROPIC_BASE_URL`` or Anthropic's own. A temperature of None is left out, as the API
    has demanded since its version 2026-10-21; a number is sent through version 2023-06-01, to models that still take
    one. ``seed`` is not sent, and so not recorded: the API takes none.
    """
    address = base_url or os.environ.get("ANTHROPIC_BASE_URL") or None
    address = checked_url(address) if address else None
    backend = AnthropicBackend(model, base_url=address, temperature=temperature, max_tokens=max_tokens, timeout=timeout)
    answering = Model(
        f"anthropic/{model}",
        backend.complete,
        can=frozenset({"images", "tools"}),
        price=lambda completion: batch_price(
            completion, model, address or _OWN, lambda live: price(live, model, url=address or _OWN)
        ),
        close=backend.aclose,
        batch=AnthropicBatches(
            f"anthropic/{model}",
            backend.params,
            lambda body, secrets: _completion(f"anthropic/{model}", body, 0.0, secrets),
            headers=backend.headers,
            base_url=address,
        ),
        longest=max_tokens,
    )
    return LLMJudge(
        answering,
        prompt=None if prompt is None else load_prompt(prompt),
        settings={
            "backend": "anthropic",
            "model": model,
            "base_url": public_url(address) if address else None,
            "temperature": temperature,
            "api_version": None if temperature is None else SAMPLING_API,
            "max_tokens": max_tokens,
        },
    )
