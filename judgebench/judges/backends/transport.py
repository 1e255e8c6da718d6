"""aiohttp under the official SDKs: their default transport costs several times what all else of a judgment does.

The SDKs' majors use two HTTP libraries of one shape (httpx and httpx2); each takes a client of its own library, and
that library takes a transport of ours. OpenAI's 2 and 3 and Anthropic's have aiohttp transports of their own, three
different ones behind two extras; this one is the same for all, and reads a body in one piece.
"""

from __future__ import annotations

import importlib
import urllib.request
from functools import lru_cache
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import aiohttp


def http_library(client: type[Any]) -> Any:
    """Find the HTTP library that an SDK's default client comes from: the module ``httpx`` or ``httpx2``."""
    name = next(cls.__module__ for cls in client.__mro__ if cls.__name__ == "AsyncClient")
    return importlib.import_module(name.partition(".")[0])


def http_client(default: type[Any]) -> Any:
    """Make the client to hand to an SDK, of its HTTP library and over aiohttp; ``default`` is its own class.

    Where the environment names a proxy it is the SDK's own client, which knows how to take one.
    """
    # "no" is NO_PROXY, which alone names none.
    if set(urllib.request.getproxies()) - {"no"}:
        return default()
    library = http_library(default)
    return library.AsyncClient(transport=_transport_class(library)(), follow_redirects=True)


@lru_cache(maxsize=8)
def _timeouts(connect: float | None, read: float | None) -> aiohttp.ClientTimeout:
    import aiohttp  # noqa: PLC0415 - loaded on use

    return aiohttp.ClientTimeout(total=None, sock_connect=connect, sock_read=read)


def _kind(error: Exception) -> str:
    """Name the error of the SDK's library that says the same."""
    import aiohttp  # noqa: PLC0415 - loaded on use

    if isinstance(error, aiohttp.ConnectionTimeoutError):
        return "ConnectTimeout"
    if isinstance(error, TimeoutError):
        return "ReadTimeout"
    return "ConnectError" if isinstance(error, aiohttp.ClientConnectorError) else "ReadError"


@lru_cache(maxsize=4)
def _transport_class(library: Any) -> Any:
    """Derive the transport from the base class that the library checks for."""
    import aiohttp  # noqa: PLC0415 - loaded on use

    class AiohttpTransport(library.AsyncBaseTransport):  # type: ignore[misc]  # the base comes at run time
        """One aiohttp session as a transport: it sends, reads the whole body, and follows nothing."""

        def __init__(self) -> None:
            self._session: aiohttp.ClientSession | None = None

        def _open(self, *, tls: bool) -> aiohttp.ClientSession:
            # The SDK's library decides which certificates are trusted (SSL_CERT_FILE ...), as without us.
            trust = library.create_ssl_context() if tls else True
            return aiohttp.ClientSession(
                # The run engine bounds what is in flight; a second bound here would only queue calls whose clock runs.
                connector=aiohttp.TCPConnector(limit=0, ssl=trust),
                cookie_jar=aiohttp.DummyCookieJar(),
                # The library undoes compression; it knows what it asked for.
                auto_decompress=False,
            )

        async def handle_async_request(self, request: Any) -> Any:
            if self._session is None:
                self._session = self._open(tls=request.url.scheme == "https")
            limits = request.extensions.get("timeout", {})
            try:
                async with self._session.request(
                    request.method,
                    str(request.url),
                    headers=[(name.decode("ascii"), value.decode("latin-1")) for name, value in request.headers.raw],
                    data=await request.aread() or None,
                    allow_redirects=False,
                    timeout=_timeouts(limits.get("connect"), limits.get("read")),
                ) as response:
                    content = await response.read()
            except (aiohttp.ClientError, OSError) as error:
                kind = getattr(library, _kind(error))
                raise kind(str(error) or type(error).__name__, request=request) from error
            return library.Response(response.status, headers=response.raw_headers, content=content, request=request)

        async def aclose(self) -> None:
            if self._session is not None:
                await self._session.close()

    return AiohttpTransport
