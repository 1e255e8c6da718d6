"""OpenAI's models, through the official SDK (major 2 and 3)."""

from __future__ import annotations

import os
import time
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from judgebench.errors import BackendError
from judgebench.judges.backend import (
    PerLoop,
    Timeouts,
    checked_url,
    connection_error,
    deadline,
    failure_of,
    http_error,
    key_from,
    login_secrets,
    public_url,
)
from judgebench.judges.backends.batches import batch_price
from judgebench.judges.backends.chat import chat_completion, chat_messages, decode, error_body
from judgebench.judges.backends.openai_batch import OpenAIBatches
from judgebench.judges.backends.transport import http_client, http_library
from judgebench.judges.llm import LLMJudge
from judgebench.judges.prices import price
from judgebench.judges.prompts import load_prompt
from judgebench.judges.rate_headers import rate_limits
from judgebench.judges.tokens import openai_tokens

if TYPE_CHECKING:
    from collections.abc import Sequence

    from openai import AsyncOpenAI

    from judgebench.judges.backend import Completion, Message

#: What ``temperature`` is where the user says nothing.
DEFAULT_TEMPERATURE: float | None = 0.0

_KEY = "OPENAI_API_KEY"
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
