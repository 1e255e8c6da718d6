"""Every provider that litellm knows: ``litellm/<provider>/<model>``."""

from __future__ import annotations

import importlib
import importlib.util
import os
import time
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from judgebench.errors import BackendError, RetryableError, UsageError
from judgebench.judges.backend import (
    Timeouts,
    checked_url,
    connection_error,
    deadline,
    environment_secrets,
    failure_of,
    http_error,
    login_secrets,
    public_url,
    redact,
    unreachable,
)
from judgebench.judges.backends.chat import CHAT, chat_completion, chat_messages, chat_options
from judgebench.judges.llm import LLMJudge
from judgebench.judges.model import Model
from judgebench.judges.prompts import load_prompt
from judgebench.judges.tokens import price

if TYPE_CHECKING:
    from collections.abc import Sequence

    from judgebench.domain import Completion, Request
    from judgebench.errors import JudgebenchError

#: What ``temperature`` is where the user says nothing.
DEFAULT_TEMPERATURE: float | None = 0.0

_KEY = "the provider's variable (OPENAI_API_KEY, GEMINI_API_KEY ...)"


class LiteLLMBackend:
    """Complete chats with ``litellm.acompletion``; its retries, telemetry and logging are off."""

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
        self._label = f"litellm/{model}"
        self._timeouts = Timeouts.of(timeout)
        self._secrets = login_secrets(base_url)
        self._options: dict[str, Any] = {
            "model": model,
            "max_tokens": max_tokens,
            "timeout": self._timeouts.total,
            # litellm has retries of its own and passes others on to the SDKs below it.
            "num_retries": 0,
            "max_retries": 0,
        }
        self._options |= {} if temperature is None else {"temperature": temperature}
        self._options |= {} if seed is None else {"seed": seed}
        self._options |= {} if base_url is None else {"api_base": base_url}
        self._litellm: Any = None

    def _library(self) -> Any:
        if self._litellm is None:
            self._litellm = _load()
        return self._litellm

    async def complete(self, request: Request) -> Completion:
        """Ask once."""
        litellm = self._library()
        secrets = (*environment_secrets(), *self._secrets)
        started = time.monotonic()
        if self._timeouts.first_byte is not None:
            from openai import Timeout  # noqa: PLC0415 - loaded on use

            # Only where it is asked for: some of litellm's providers take numbers alone.
            self._options["timeout"] = Timeout(
                self._timeouts.total, connect=self._timeouts.connect, read=self._timeouts.first_byte
            )
        try:
            async with deadline(self._label, self._timeouts.total):
                options = self._options | chat_options(request.options, "max_tokens")
                answer = await litellm.acompletion(messages=chat_messages(request.messages), **options)
        except (_root_of_errors(), litellm.exceptions.BudgetExceededError) as error:
            raise _translated(self._label, error, secrets) from None
        body: dict[str, Any] = answer.model_dump(warnings=False)
        return chat_completion(
            self._label, body, key_variable=_KEY, seconds=time.monotonic() - started, secrets=secrets
        )

    async def aclose(self) -> None:
        """Close the connections that litellm keeps for all its callers."""
        if self._litellm is not None and hasattr(self._litellm, "close_litellm_async_clients"):
            await self._litellm.close_litellm_async_clients()


def _load() -> Any:
    # Without this litellm fetches its price list from the network when it is imported.
    os.environ.setdefault("LITELLM_LOCAL_MODEL_COST_MAP", "True")
    try:
        litellm: Any = importlib.import_module("litellm")
    except ImportError as error:
        if error.name == "litellm":
            raise BackendError("litellm judges need the litellm package: pip install 'judgebench[litellm]'") from None
        raise UsageError(
            f"litellm can't be loaded here ({redact(str(error))}); pip install 'judgebench[litellm]'"
        ) from None
    litellm.telemetry = False
    litellm.suppress_debug_info = True
    litellm.turn_off_message_logging = True
    return litellm


def _root_of_errors() -> type[Exception]:
    """All that litellm maps derives from the OpenAI SDK's root; litellm's own class of that name does not."""
    from openai import OpenAIError  # noqa: PLC0415 - loaded on use

    return OpenAIError


def _translated(label: str, error: Any, secrets: Sequence[str]) -> JudgebenchError:
    """Map litellm's exceptions, which carry an HTTP status but often not the provider's own."""
    name = type(error).__name__
    message = str(getattr(error, "message", "") or error)
    folded = message.casefold()
    if "provider not provided" in folded:
        return BackendError(f"{label}: litellm needs a provider in the name: litellm/<provider>/<model>")
    if "missing credentials" in folded or ("api key" in folded and "missing" in folded):
        return BackendError(f"{label} needs a key: set {_KEY}: {redact(message, secrets)}")
    if name == "Timeout":
        return RetryableError(f"{label}: {redact(message, secrets)}", overloaded=True)
    if unreachable(error):
        return connection_error(label, error, secrets)
    status: Any = getattr(error, "status_code", None)
    # The provider's own body, where litellm kept it, says more than litellm's words.
    body: Any = getattr(error, "body", None)
    failure = failure_of(status if isinstance(status, int) else 500, body if isinstance(body, dict) else message)
    named = {"ContentPolicyViolationError": "content_filter", "UnsupportedParamsError": "unsupported_parameter"}
    failure = replace(failure, code=named.get(name, failure.code), message=failure.message or message)
    headers: Any = getattr(error, "litellm_response_headers", None) or {}
    return http_error(label, failure, key_variable=_KEY, headers=dict(headers), secrets=secrets)


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
    """Build the judge ``litellm/<provider>/<model>``; litellm is loaded at the first call.

    ``base_url`` is another address of the provider's API, e.g. that of a litellm proxy; None leaves a setting out.
    """
    if importlib.util.find_spec("litellm") is None:
        raise BackendError("litellm judges need the litellm package: pip install 'judgebench[litellm]'")
    address = checked_url(base_url) if base_url else None
    backend = LiteLLMBackend(
        model, base_url=address, temperature=temperature, max_tokens=max_tokens, timeout=timeout, seed=seed
    )
    provider, _, bare = model.partition("/")
    answering = Model(
        f"litellm/{model}",
        backend.complete,
        can=CHAT,
        price=lambda completion: (
            price(completion, bare, url=address) if address else price(completion, bare, provider=provider)
        ),
        close=backend.aclose,
        longest=max_tokens,
    )
    return LLMJudge(
        answering,
        prompt=None if prompt is None else load_prompt(prompt),
        settings={
            "backend": "litellm",
            "model": model,
            "base_url": public_url(address) if address else None,
            "temperature": temperature,
            "max_tokens": max_tokens,
            "seed": seed,
        },
    )
