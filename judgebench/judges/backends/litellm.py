"""Every provider that litellm knows: ``litellm/<provider>/<model>``."""

from __future__ import annotations

import importlib
import importlib.util
import os
import time
from contextlib import suppress
from dataclasses import replace
from functools import partial, wraps
from typing import TYPE_CHECKING, Any

from judgebench.errors import BackendError, RetryableError, UsageError
from judgebench.installed import to_install
from judgebench.judges.backend import connection_error, deadline, failure_of, http_error, unreachable
from judgebench.judges.backends.base import ApiBackend, model_judge
from judgebench.judges.tokens import price
from judgebench.judges.transport import bounded
from judgebench.redaction import redact

if TYPE_CHECKING:
    from collections.abc import Sequence

    from judgebench.domain import Completion, Request
    from judgebench.errors import JudgebenchError

#: What ``temperature`` is where the user says nothing.
DEFAULT_TEMPERATURE: float | None = 0.0


def _missing() -> BackendError:
    return BackendError(f"litellm judges need the litellm package: {to_install('litellm')}")


class LiteLLMBackend(ApiBackend):
    """Complete chats with ``litellm.acompletion``; its retries, telemetry and logging are off."""

    name = "litellm"
    key = "the provider's variable (OPENAI_API_KEY, GEMINI_API_KEY ...)"

    def __init__(self, model: str, **options: Any) -> None:
        if importlib.util.find_spec("litellm") is None:
            raise _missing()
        super().__init__(model, **options)
        # litellm has retries of its own and passes others on to the SDKs below it.
        self.options |= {"timeout": self.timeouts.total, "num_retries": 0, "max_retries": 0}
        self.options |= {} if self.base_url is None else {"api_base": self.base_url}

    def connect(self) -> Any:
        """Load litellm, which makes the connections of all its callers."""
        # Without this litellm fetches its price list from the network when it is imported.
        os.environ.setdefault("LITELLM_LOCAL_MODEL_COST_MAP", "True")
        try:
            litellm: Any = importlib.import_module("litellm")
        except ImportError as error:
            if error.name == "litellm":
                raise _missing() from None
            raise UsageError(f"litellm can't be loaded here ({redact(str(error))}); {to_install('litellm')}") from None
        for owner, factory in (
            ("litellm.llms.custom_httpx.http_handler:AsyncHTTPHandler", "create_client"),
            ("litellm.llms.openai.common_utils:BaseOpenAILLM", "_get_async_http_client"),
        ):
            _bound(owner, factory)
        litellm.telemetry = False
        litellm.suppress_debug_info = True
        litellm.turn_off_message_logging = True
        return litellm

    async def disconnect(self, client: Any) -> None:
        """Close the connections that litellm keeps for all its callers."""
        if hasattr(client, "close_litellm_async_clients"):
            await client.close_litellm_async_clients()

    async def complete(self, request: Request) -> Completion:
        """Ask once."""
        from openai import OpenAIError, Timeout

        litellm = self.clients.get()
        secrets = self.clients.secrets
        started = time.monotonic()
        body = self.params(request)
        if self.timeouts.first_byte is not None:
            # Only where it is asked for: some of litellm's providers take numbers alone.
            body["timeout"] = Timeout(self.timeouts.total, connect=self.timeouts.connect, read=self.timeouts.first_byte)
        try:
            async with deadline(self.label, self.timeouts.total):
                answer = await litellm.acompletion(**body)
        # All that litellm maps derives from the OpenAI SDK's root; litellm's own class of that name does not.
        except (OpenAIError, litellm.exceptions.BudgetExceededError) as error:
            raise self._translated(error, secrets) from None
        return self.read(answer.model_dump(warnings=False), time.monotonic() - started, secrets)

    def price(self, completion: Completion) -> float | None:
        """Price by the list, by the provider or the address of a proxy."""
        provider, _, model = self.model.partition("/")
        if self.base_url:
            return price(completion, model, url=self.base_url)
        return price(completion, model, provider=provider)

    def _translated(self, error: Any, secrets: Sequence[str]) -> JudgebenchError:
        """Map litellm's exceptions, which carry an HTTP status but often not the provider's own."""
        name = type(error).__name__
        message = str(getattr(error, "message", "") or error)
        folded = message.casefold()
        if "provider not provided" in folded:
            return BackendError(f"{self.label}: litellm needs a provider in the name: litellm/<provider>/<model>")
        if "missing credentials" in folded or ("api key" in folded and "missing" in folded):
            return BackendError(f"{self.label} needs a key: set {self.key}: {redact(message, secrets)}")
        if name == "Timeout":
            return RetryableError(f"{self.label}: {redact(message, secrets)}", overloaded=True)
        if unreachable(error):
            return connection_error(self.label, error, secrets)
        status: Any = getattr(error, "status_code", None)
        # The provider's own body, where litellm kept it, says more than litellm's words.
        body: Any = getattr(error, "body", None)
        failure = failure_of(status if isinstance(status, int) else 500, body if isinstance(body, dict) else message)
        named = {"ContentPolicyViolationError": "content_filter", "UnsupportedParamsError": "unsupported_parameter"}
        failure = replace(failure, code=named.get(name, failure.code), message=failure.message or message)
        headers: Any = getattr(error, "litellm_response_headers", None) or {}
        return http_error(self.label, failure, key_variable=self.key, headers=dict(headers), secrets=secrets)


create = partial(model_judge, LiteLLMBackend)


def _bound(owner: str, factory: str) -> None:
    """Have litellm make clients that follow nothing; it has no setting for that, and its clients are all its callers'.

    Another version may make them elsewhere: the tests hold that none follows.
    """
    module, _, name = owner.partition(":")
    with suppress(ImportError):
        found: Any = getattr(importlib.import_module(module), name, None)
        made: Any = vars(found).get(factory) if found is not None else None
        plain = made.__func__ if isinstance(made, staticmethod) else made
        if not callable(plain) or hasattr(plain, "__wrapped__"):
            return

        @wraps(plain)
        def make(*given: Any, **named: Any) -> Any:
            client = plain(*given, **named)
            # One that the person made is the person's.
            theirs = importlib.import_module("litellm").aclient_session
            return client if client is None or client is theirs else bounded(client)

        setattr(found, factory, staticmethod(make) if isinstance(made, staticmethod) else make)
