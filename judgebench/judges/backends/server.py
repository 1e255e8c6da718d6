"""An OpenAI-compatible server of one's own (vLLM, SGLang, Ollama, llama.cpp, TGI): a thin direct client."""

from __future__ import annotations

import base64
import time
from functools import partial
from typing import TYPE_CHECKING, Any, ClassVar
from urllib.parse import urlsplit

from judgebench.errors import RejectedError, UsageError, argument
from judgebench.judges.backend import connection_error, deadline, key_from
from judgebench.judges.backends.base import ApiBackend, model_judge
from judgebench.judges.backends.chat import encode
from judgebench.judges.transport import COMPRESSION, body_of, timeouts
from judgebench.redaction import login_of

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    import aiohttp

    from judgebench.domain import Capability, Completion, Request

#: What ``temperature`` is where the user says nothing.
DEFAULT_TEMPERATURE: float | None = 0.0


class ServerBackend(ApiBackend):
    """Complete chats with plain HTTP: one session, as many connections as calls in flight; a key is optional."""

    name = "server"
    key = "JUDGEBENCH_SERVER_API_KEY"
    can: ClassVar[frozenset[Capability]] = frozenset({*ApiBackend.can, "completions"})

    def __init__(self, model: str, *, base_url: str | None, **options: Any) -> None:
        if not base_url:
            raise UsageError(
                f"server/{model} needs the server's address: pass {argument('base_url')} http://localhost:8000/v1"
            )
        super().__init__(model, base_url=base_url, **options)
        # aiohttp refuses an address with credentials beside a key.
        query = urlsplit(str(self.base_url)).query
        self._url = f"{_chat_url(str(self.settings['base_url']))}{f'?{query}' if query else ''}"
        self._raw_url = self._url.replace("/chat/completions", "/completions")
        self._login = login_of(base_url)

    def connect(self) -> aiohttp.ClientSession:
        """Open a session."""
        import aiohttp  # noqa: PLC0415 - loaded on use

        key = key_from(self.key, self.label)
        headers = {"Content-Type": "application/json", "Accept-Encoding": COMPRESSION}
        if key:
            headers["Authorization"] = f"Bearer {key}"
        elif self._login:
            headers["Authorization"] = f"Basic {base64.b64encode(self._login.encode()).decode('ascii')}"
        return aiohttp.ClientSession(
            # The run engine bounds what is in flight; a second bound here would only queue calls whose clock runs.
            connector=aiohttp.TCPConnector(limit=0),
            # The deadline of `complete` bounds the whole call; a second timer for each would only cost.
            timeout=timeouts(self.timeouts.connect, self.timeouts.first_byte),
            auto_decompress=False,
            cookie_jar=aiohttp.DummyCookieJar(),
            headers=headers,
        )

    def params(self, request: Request) -> dict[str, Any]:
        """Write the body of a call; a raw prompt goes to an endpoint that puts no chat template around it."""
        options = dict(request.options)
        if not options.pop("raw", False):
            return super().params(request)
        return self.options | {"prompt": request.messages[0].text} | options

    def read(self, body: Mapping[str, Any], seconds: float, secrets: Sequence[str]) -> Completion:
        """Read the body of an answer; what went on from a raw prompt as if it were a message."""
        choices: Any = body.get("choices")
        if isinstance(choices, list) and all(isinstance(one, dict) and "text" in one for one in choices):
            body = {**body, "choices": [{**one, "message": {"content": one["text"]}} for one in choices]}
        return super().read(body, seconds, secrets)

    async def complete(self, request: Request) -> Completion:
        """Ask once."""
        import aiohttp  # noqa: PLC0415 - loaded on use

        session = self.clients.get()
        started = time.monotonic()
        body = encode(self.params(request))
        url = self._raw_url if ("raw", True) in request.options else self._url
        try:
            async with (
                deadline(self.label, self.timeouts.total),
                session.post(url, data=body, allow_redirects=False) as response,
            ):
                content = await body_of(response)
        except (aiohttp.ClientError, OSError, RejectedError) as error:
            raise connection_error(self.label, error, self.clients.secrets) from None
        return self.answer(response.status, response.headers, content, started)


create = partial(model_judge, ServerBackend)


def _chat_url(base_url: str) -> str:
    """Complete an address: a bare host gets the ``/v1`` that all these servers use.

    >>> _chat_url("http://localhost:8000"), _chat_url("http://localhost:8000/v1/")
    ('http://localhost:8000/v1/chat/completions', 'http://localhost:8000/v1/chat/completions')
    """
    address = base_url.rstrip("/").removesuffix("/chat/completions")
    return f"{address}{'' if urlsplit(address).path.strip('/') else '/v1'}/chat/completions"
