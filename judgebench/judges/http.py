"""HTTP under the official SDKs: aiohttp as their transport, and the limits that servers state in headers.

The SDKs' default transport costs several times what all else of a judgment does. Their majors use two HTTP libraries
of one shape (httpx and httpx2); each takes a client of its own library, and that library takes a transport of ours.
OpenAI's 2 and 3 and Anthropic's have aiohttp transports of their own, three different ones behind two extras; this one
is the same for all, and reads a body in one piece.
"""

from __future__ import annotations

import importlib
import math
import re
import time
import urllib.request
from datetime import datetime
from email.utils import parsedate_to_datetime
from functools import lru_cache
from typing import TYPE_CHECKING, Any

from judgebench.domain import Quota, RateLimits

if TYPE_CHECKING:
    from collections.abc import Mapping

    import aiohttp


_UNITS = {"d": 86400.0, "h": 3600.0, "m": 60.0, "s": 1.0, "ms": 1e-3, "us": 1e-6, "µs": 1e-6, "ns": 1e-9}
_DURATION = re.compile(r"([0-9]{1,15}(?:\.[0-9]*)?|\.[0-9]+)(ms|us|µs|ns|d|h|m|s)")
#: Limit, remaining and reset, as they are called; the first that is whole counts.
_REQUESTS = (
    ("x-ratelimit-limit-requests", "x-ratelimit-remaining-requests", "x-ratelimit-reset-requests"),
    (
        "anthropic-ratelimit-requests-limit",
        "anthropic-ratelimit-requests-remaining",
        "anthropic-ratelimit-requests-reset",
    ),
    ("x-ratelimit-limit", "x-ratelimit-remaining", "x-ratelimit-reset"),
    ("ratelimit-limit", "ratelimit-remaining", "ratelimit-reset"),
)
_TOKENS = (
    ("x-ratelimit-limit-tokens", "x-ratelimit-remaining-tokens", "x-ratelimit-reset-tokens"),
    ("anthropic-ratelimit-tokens-limit", "anthropic-ratelimit-tokens-remaining", "anthropic-ratelimit-tokens-reset"),
    (
        "anthropic-ratelimit-input-tokens-limit",
        "anthropic-ratelimit-input-tokens-remaining",
        "anthropic-ratelimit-input-tokens-reset",
    ),
)


def rate_limits(headers: Mapping[str, str]) -> RateLimits | None:
    """Read a server's limits from the headers of an answer; None where it says nothing of them.

    Three families are known: OpenAI's ``x-ratelimit-*-requests`` and ``-tokens`` with durations (``6m0s``, ``20ms``),
    Anthropic's ``anthropic-ratelimit-*`` with RFC 3339 dates, and plain ``x-ratelimit-limit`` or ``RateLimit-Limit``
    (IETF drafts, old and new). Dates are taken against the answer's own ``Date``, so that a wrong clock here does no
    harm.

    >>> rate_limits({"x-ratelimit-limit-requests": "60", "x-ratelimit-remaining-requests": "59",
    ...              "x-ratelimit-reset-requests": "1m0.5s"}).requests
    Quota(limit=60.0, remaining=59.0, reset=60.5)
    """
    found = {name.lower(): value for name, value in headers.items() if "ratelimit" in name.lower()}
    if not found:
        return None
    now = server_time(headers)
    requests = _first(found, _REQUESTS, now) or _structured(found)
    tokens = _first(found, _TOKENS, now)
    return RateLimits(requests, tokens) if requests is not None or tokens is not None else None


def server_time(headers: Mapping[str, str]) -> float:
    """Say what time it is by the server, where it says so; else by our clock."""
    date = next((value for name, value in headers.items() if name.lower() == "date"), None)
    try:
        return time.time() if date is None else parsedate_to_datetime(date).timestamp()
    except (ValueError, TypeError, OverflowError):
        return time.time()


def _first(found: Mapping[str, str], families: tuple[tuple[str, str, str], ...], now: float) -> Quota | None:
    for limit, remaining, reset in families:
        most, left = _number(found.get(limit)), _number(found.get(remaining))
        if most is not None and left is not None and most > 0:
            return Quota(most, left, _seconds(found.get(reset), now))
    return None


def _structured(found: Mapping[str, str]) -> Quota | None:
    """Read the IETF's newer form: ``RateLimit: "a";r=50;t=30`` beside ``RateLimit-Policy: "a";q=100;w=60``."""
    policy, now = _parameters(found.get("ratelimit-policy", "")), _parameters(found.get("ratelimit", ""))
    if "q" not in policy or "r" not in now or policy["q"] <= 0:
        return None
    return Quota(policy["q"], now["r"], now.get("t"))


def _parameters(value: str) -> dict[str, float]:
    first = value.partition(",")[0]
    return {name: float(number) for name, number in re.findall(r";\s*([qrtw])=([0-9]{1,15})\b", first)}


def _number(value: str | None) -> float | None:
    # ``100, 100;w=60`` lists the limit first, its windows behind.
    match = re.match(r"\s*([0-9]{1,15}(?:\.[0-9]+)?)(?![0-9])", value or "")
    return float(match[1]) if match else None


def _seconds(value: str | None, now: float) -> float | None:
    """Read a duration, a number of seconds, a point in time, or a date, as seconds from now."""
    text = (value or "").strip().casefold()
    if not text:
        return None
    try:
        number = float(text)
    except ValueError:
        parts = _DURATION.findall(text)
        if parts and "".join(number + unit for number, unit in parts) == text:
            return sum(float(number) * _UNITS[unit] for number, unit in parts)
        try:
            return max(0.0, datetime.fromisoformat(text.upper()).timestamp() - now)
        except ValueError:
            return None
    if not math.isfinite(number):
        return None
    if number >= 1e11:
        number /= 1000
    # What is not a time span is a point in time.
    return max(0.0, number - now) if number >= 1e9 else max(0.0, number)


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
