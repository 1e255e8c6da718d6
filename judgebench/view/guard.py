"""Who may talk to the server: this machine's browser, with the token of this start, from a page of this server."""

from __future__ import annotations

import hmac
import secrets
from typing import TYPE_CHECKING, Any

from aiohttp import web

from judgebench.report.document.as_html import page

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

    Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]

#: Addresses to listen on: nothing outside this machine can reach them.
LOOPBACK = ("127.0.0.1", "localhost", "::1")
HEADERS = {
    "Cache-Control": "no-store",
    "Content-Security-Policy": "frame-ancestors 'none'",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Referrer-Policy": "no-referrer",
    "Server": "judgebench",
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
}


class Guard:
    """The rules of a start of the server, which listens on a host of `LOOPBACK`."""

    def __init__(self, host: str, port: int) -> None:
        self.token = secrets.token_urlsafe(24)
        self.port = port
        #: Cookies know no ports, and a second server must not lose its own.
        self.cookie = f"judgebench-{port}"
        # A page of elsewhere whose name was made to point here (DNS rebinding) names itself as the host.
        self.hosts = frozenset(f"{f'[{name}]' if ':' in name else name}:{port}" for name in LOOPBACK)
        self.address = f"http://{f'[{host}]' if ':' in host else host}:{port}"

    @property
    def link(self) -> str:
        """The address that lets a browser in."""
        return f"{self.address}/?token={self.token}"

    async def __call__(self, request: web.Request, handler: Handler) -> web.StreamResponse:
        """Let a request through, or say why not."""
        if request.headers.getall("Host", []) not in [[host] for host in self.hosts]:
            return _refused("this server answers to its own address only")
        if request.method == "GET" and self._is_token(request.query.get("token", "")):
            return self._enter(request)
        if not self._is_token(request.cookies.get(self.cookie, "")):
            return _refused("open the address that `judgebench view` printed at its start: it holds this start's token")
        return self._objection(request) or await handler(request)

    def _objection(self, request: web.Request) -> web.Response | None:
        # Cookies know no ports: what else listens on this machine is the same site to a browser. Old ones don't say.
        if request.headers.get("Sec-Fetch-Site", "none") not in {"none", "same-origin"}:
            return _refused("a page of elsewhere asked for this; open the address yourself")
        if request.method in {"GET", "HEAD"}:
            return None
        if request.method != "POST":
            return _refused("no such method", 405)
        if request.headers.getall("Origin", []) != [f"http://{request.host}"]:
            return _refused("only pages of this server may send something")
        if request.content_type != "application/json":
            return _refused("expected JSON", 415)
        return None

    def _is_token(self, given: str) -> bool:
        return hmac.compare_digest(given.encode("utf-8", "surrogatepass"), self.token.encode())

    def _enter(self, request: web.Request) -> web.Response:
        """Keep the token in a cookie and go on without it in the address.

        A redirect would not do: where the link was clicked on a page of elsewhere, the browser sends a strict cookie
        only with a step that starts here.
        """
        path = request.path if request.path in {"/", "/label"} else "/"
        response = web.Response(text=page("view.enter", title="judgebench view", path=path), content_type="text/html")
        response.set_cookie(self.cookie, self.token, httponly=True, samesite="Strict", path="/")
        return response


def _refused(why: str, status: int = 403) -> web.Response:
    return web.Response(status=status, text=f"judgebench: {why}\n")


async def add_headers(_: web.Request, response: web.StreamResponse) -> None:
    """Put the headers on whatever is answered."""
    response.headers.update(HEADERS)


def middleware(guard: Guard) -> Any:
    """Make a guard the first that a request meets."""

    @web.middleware
    async def first(request: web.Request, handler: Handler) -> web.StreamResponse:
        return await guard(request, handler)

    return first
