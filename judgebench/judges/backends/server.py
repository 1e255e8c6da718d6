"""An OpenAI-compatible server of one's own (vLLM, SGLang, Ollama, llama.cpp, TGI): a thin direct client."""

from __future__ import annotations

import base64
import time
from dataclasses import replace
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from judgebench.errors import UsageError, argument
from judgebench.judges.backend import (
    PerLoop,
    Timeouts,
    checked_url,
    connection_error,
    deadline,
    failure_of,
    http_error,
    key_from,
    login_of,
    login_secrets,
    public_url,
)
from judgebench.judges.backends.chat import chat_completion, chat_messages, decode, encode, error_body
from judgebench.judges.http import rate_limits
from judgebench.judges.llm import LLMJudge
from judgebench.judges.prompts import load_prompt

if TYPE_CHECKING:
    from collections.abc import Sequence

    import aiohttp

    from judgebench.judges.backend import Completion, Message

#: What ``temperature`` is where the user says nothing.
DEFAULT_TEMPERATURE: float | None = 0.0

_KEY = "JUDGEBENCH_SERVER_API_KEY"


class ServerBackend:
    """Complete chats with plain HTTP: one session, as many connections as calls in flight."""

    def __init__(
        self,
        model: str,
        *,
        base_url: str,
        temperature: float | None,
        max_tokens: int,
        timeout: float | Timeouts,
        seed: int | None,
    ) -> None:
        self._label = f"server/{model}"
        # aiohttp refuses an address with credentials beside a key.
        self._url = _chat_url(public_url(checked_url(base_url)))
        self._login = login_of(base_url)
        self._timeouts = Timeouts.of(timeout)
        self._options: dict[str, Any] = {"model": model, "max_tokens": max_tokens}
        self._options |= {} if temperature is None else {"temperature": temperature}
        self._options |= {} if seed is None else {"seed": seed}
        self._sessions: PerLoop[aiohttp.ClientSession] = PerLoop(
            self._connect, lambda session: session.close(), login_secrets(base_url)
        )

    def _connect(self) -> aiohttp.ClientSession:
        import aiohttp  # noqa: PLC0415 - loaded on use

        key = key_from(_KEY, self._label)
        headers = {"Content-Type": "application/json"}
        if key:
            headers["Authorization"] = f"Bearer {key}"
        elif self._login:
            headers["Authorization"] = f"Basic {base64.b64encode(self._login.encode()).decode('ascii')}"
        return aiohttp.ClientSession(
            # The run engine bounds what is in flight; a second bound here would only queue calls whose clock runs.
            connector=aiohttp.TCPConnector(limit=0),
            # The deadline of `complete` bounds the whole call; a second timer for each would only cost.
            timeout=aiohttp.ClientTimeout(
                total=None, sock_connect=self._timeouts.connect, sock_read=self._timeouts.first_byte
            ),
            cookie_jar=aiohttp.DummyCookieJar(),
            headers=headers,
        )

    async def complete(self, messages: Sequence[Message]) -> Completion:
        """Ask once."""
        import aiohttp  # noqa: PLC0415 - loaded on use

        session = self._sessions.get()
        secrets = self._sessions.secrets
        started = time.monotonic()
        request = encode({**self._options, "messages": chat_messages(messages)})
        try:
            async with (
                deadline(self._label, self._timeouts.total),
                # A redirect would turn the POST into a GET and hide a wrong address.
                session.post(self._url, data=request, allow_redirects=False) as response,
            ):
                content = await response.read()
        except (aiohttp.ClientError, OSError) as error:
            raise connection_error(self._label, error, secrets) from None
        status = response.status
        if not 200 <= status < 300:
            failure = failure_of(status, error_body(status, content.decode("utf-8", "replace")))
            raise http_error(self._label, failure, key_variable=_KEY, headers=response.headers, secrets=secrets)
        body = decode(self._label, status, content, secrets)
        completion = chat_completion(
            self._label, body, key_variable=_KEY, seconds=time.monotonic() - started, secrets=secrets
        )
        limits = rate_limits(response.headers)
        return completion if limits is None else replace(completion, limits=limits)

    async def aclose(self) -> None:
        """Close the session."""
        await self._sessions.aclose()


def _chat_url(base_url: str) -> str:
    """Complete an address: a bare host gets the ``/v1`` that all these servers use.

    >>> _chat_url("http://localhost:8000"), _chat_url("http://localhost:8000/v1/")
    ('http://localhost:8000/v1/chat/completions', 'http://localhost:8000/v1/chat/completions')
    """
    address = base_url.rstrip("/").removesuffix("/chat/completions")
    return f"{address}{'' if urlsplit(address).path.strip('/') else '/v1'}/chat/completions"


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
    """Build the judge ``server/<model>`` at ``http://localhost:8000/v1`` or the like; nothing is connected at first.

    A key is optional and comes from ``JUDGEBENCH_SERVER_API_KEY``. The price of one's own server is unknown. None
    leaves a setting out, but for the address.
    """
    if not base_url:
        raise UsageError(
            f"server/{model} needs the server's address: pass {argument('base_url')} http://localhost:8000/v1"
        )
    backend = ServerBackend(
        model, base_url=base_url, temperature=temperature, max_tokens=max_tokens, timeout=timeout, seed=seed
    )
    return LLMJudge(
        f"server/{model}",
        backend.complete,
        prompt=None if prompt is None else load_prompt(prompt),
        settings={
            "backend": "server",
            "model": model,
            "base_url": public_url(checked_url(base_url)),
            "temperature": temperature,
            "max_tokens": max_tokens,
            "seed": seed,
        },
        aclose=backend.aclose,
    )
