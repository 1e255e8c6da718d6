"""HTTP as judges speak it: nothing is followed elsewhere, and no body is larger than an answer can be.

The SDKs' default transport costs several times what all else of a judgment does. Their majors use two HTTP libraries
of one shape (httpx and httpx2); each takes a client of its own library, and that library takes a transport of ours.
OpenAI's 2 and 3 and Anthropic's have aiohttp transports of their own, three different ones behind two extras; this one
is the same for all, and reads a body in one piece.
"""

from __future__ import annotations

import importlib
import urllib.request
import zlib
from functools import lru_cache
from typing import TYPE_CHECKING, Any

from judgebench.errors import BackendError, RejectedError, argument

if TYPE_CHECKING:
    import aiohttp

#: Bytes that an answer may have, compression undone: thousands of times what judges write, log-probabilities included.
LARGEST = 32 * 2**20
#: Bytes of an error that are looked at.
_LARGEST_ERROR = 2**16
#: What we undo ourselves, so that a small body can't become a large one unseen.
COMPRESSION = "gzip, deflate"


def too_large() -> RejectedError:
    """Say that a body is no answer."""
    return RejectedError(f"the server sent more than {LARGEST >> 20} MiB for one answer; the rest was not read")


async def body_of(response: aiohttp.ClientResponse) -> bytes:
    """Read a body of a session that undoes no compression, as what it was before that.

    RejectedError where it is larger than an answer may be; of an error the beginning suffices.
    """
    ok = response.status < 300
    most = LARGEST if ok else _LARGEST_ERROR
    packed = response.headers.get("Content-Encoding", "identity").strip().casefold()
    if packed == "identity" and (response.content_length or most + 1) <= most:
        return await response.read()
    undo = None if packed == "identity" else _Unpacking(packed)
    body = bytearray()
    async for piece in response.content.iter_any():
        body += piece if undo is None else undo(piece, most + 1 - len(body))
        if len(body) > most:
            if ok:
                raise too_large()
            return bytes(body[:most])
    return bytes(body)


class _Unpacking:
    """Undoes a compression piece by piece, each up to a size."""

    def __init__(self, name: str) -> None:
        if name not in {"gzip", "x-gzip", "deflate"}:
            raise _broken(f"a body compressed as {name[:40]!r}, which was not asked for")
        self._undo = zlib.decompressobj(wbits=15 if name == "deflate" else 31)
        # Some servers leave out what should come before and after a deflated body.
        self._sure = name != "deflate"

    def __call__(self, piece: bytes, most: int) -> bytes:
        try:
            made = self._undo.decompress(piece, most)
        except zlib.error:
            if self._sure:
                raise _broken("a compressed body that is broken") from None
            self._undo, self._sure = zlib.decompressobj(wbits=-15), True
            return self(piece, most)
        self._sure |= bool(made)
        return made


def _broken(what: str) -> Exception:
    import aiohttp  # noqa: PLC0415 - loaded on use

    return aiohttp.ClientPayloadError(what)


# --- clients of the SDKs' library -------------------------------------------------------------------


def http_library(client: type[Any]) -> Any:
    """Find the HTTP library that an SDK's default client comes from: the module ``httpx`` or ``httpx2``."""
    name = next(cls.__module__ for cls in client.__mro__ if cls.__name__ == "AsyncClient")
    return importlib.import_module(name.partition(".")[0])


def http_client(default: type[Any], address: str) -> Any:
    """Make the client to hand to an SDK for single calls, of its HTTP library and over aiohttp.

    ``default`` is the SDK's own class. Where the environment names a proxy it is that, which knows how to take one.
    """
    # "no" is NO_PROXY, which alone names none.
    if set(urllib.request.getproxies()) - {"no"}:
        return guarded_client(default, address)
    library = http_library(default)
    return library.AsyncClient(transport=_transport_class(library)(), headers={"Accept-Encoding": COMPRESSION})


def guarded_client(default: type[Any], address: str) -> Any:
    """Make an SDK's own client, which streams: it asks ``address`` alone, and each answer but a file has an end.

    SDKs go where an answer tells them to: through redirects, and to where results lie.
    """
    library = http_library(default)
    wanted = library.URL(address)

    async def before(request: Any) -> None:
        url = request.url
        if (url.scheme, url.host, url.port) != (wanted.scheme, wanted.host, wanted.port):
            raise BackendError(
                f"the server at {wanted.scheme}://{wanted.netloc.decode('ascii')} sent us on to "
                f"{url.scheme}://{url.netloc.decode('ascii')}, which was not asked; check {argument('base_url')}"
            )

    return bounded(default(event_hooks={"request": [before], "response": []}))


def bounded(client: Any) -> Any:
    """Let a client of somebody else's follow nothing, and read no answer beyond its end."""
    library = http_library(type(client))

    async def after(response: Any) -> None:
        if response.headers.get("Content-Encoding", "identity").strip().casefold() != "identity":
            raise RejectedError("the server sent a compressed body, which was not asked for")
        plain(response)
        if not response.request.url.path.endswith(("/content", "/results")):
            response.stream = _bounded_class(library)(response.stream)

    client.follow_redirects = False
    # What is unpacked piece by piece in somebody else's code has no limit.
    client.headers["Accept-Encoding"] = "identity"
    hooks = client.event_hooks
    client.event_hooks = {**hooks, "response": [*hooks["response"], after]}
    return client


def plain(response: Any) -> Any:
    """Take the charset off a response: JSON has one, and SDKs fall over others."""
    if ";" in (kind := response.headers.get("Content-Type", "")):
        response.headers["Content-Type"] = kind.partition(";")[0]
    return response


@lru_cache(maxsize=4)
def _bounded_class(library: Any) -> Any:
    class Bounded(library.AsyncByteStream):  # type: ignore[misc]  # the base comes at run time
        """A body that is not read beyond what an answer may have."""

        def __init__(self, stream: Any) -> None:
            self._stream = stream

        async def __aiter__(self) -> Any:
            seen = 0
            async for piece in self._stream:
                seen += len(piece)
                if seen > LARGEST:
                    raise too_large()
                yield piece

        async def aclose(self) -> None:
            await self._stream.aclose()

    return Bounded


@lru_cache(maxsize=8)
def timeouts(connect: float | None, read: float | None) -> aiohttp.ClientTimeout:
    """Bound looking up a name and connecting, and each silence; the deadline of a call bounds the whole."""
    import aiohttp  # noqa: PLC0415 - loaded on use

    return aiohttp.ClientTimeout(total=None, connect=connect, sock_connect=connect, sock_read=read)


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
                    timeout=timeouts(limits.get("connect"), limits.get("read")),
                ) as response:
                    content = await body_of(response)
            except (aiohttp.ClientError, OSError) as error:
                kind = getattr(library, _kind(error))
                raise kind(str(error) or type(error).__name__, request=request) from error
            # What was compressed is so no more.
            headers = [one for one in response.raw_headers if one[0].lower() != b"content-encoding"]
            return plain(library.Response(response.status, headers=headers, content=content, request=request))

        async def aclose(self) -> None:
            if self._session is not None:
                await self._session.close()

    return AiohttpTransport
