"""Fetching what is no answer: files of a task, the hub, runs at a web address; and raw requests to `view`."""

from __future__ import annotations

import dataclasses
import hashlib
import itertools
import socket
from typing import TYPE_CHECKING

import pytest
from servers.raw import Raw, Request, answer
from servers.viewing import ViewServer

from judgebench.errors import DataError, IncompleteError
from judgebench.store.remote import fetched, spool_of
from judgebench.tasks import fetching
from judgebench.tasks.card import load_card

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from judgebench.tasks.sources import Source

ROW = b'{"id": "1"}\n'


@pytest.fixture(autouse=True)
def _places(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("http_proxy", "https_proxy", "all_proxy", "HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("JUDGEBENCH_CACHE", str(tmp_path / "cache"))
    monkeypatch.setenv("JUDGEBENCH_SPOOL", str(tmp_path / "spool"))


def fetch(url: str) -> Source:
    """Fetch a task whose one file is pinned at an address."""
    card = load_card("pandalm")
    part = dataclasses.replace(
        card.split("").main, hub="", url=f"{url}/rows.jsonl", sha256={"rows.jsonl": hashlib.sha256(ROW).hexdigest()}
    )
    return fetching.fetch(card, dataclasses.replace(card.split(""), main=part, parts={}))


def test_a_pinned_file_may_lie_elsewhere_and_nothing_else_may(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HF_TOKEN", "hf_canary0123456789")
    with Raw(lambda _: answer(ROW)) as there:
        with Raw(lambda r: answer("", "302 Found", Location=f"{there.url}{r.path}")) as here:
            assert fetch(here.url).verified
        asked = [*here.requests, *there.requests]
    assert [request.method for request in asked] == ["GET", "GET"]
    assert not [request for request in asked if "canary" in str(request) or "authorization" in request.headers]


@pytest.mark.parametrize(
    "location", ["ftp://127.0.0.1:9/rows.jsonl", "file:///etc/passwd", "data:,x", "gopher://x", ""]
)
def test_a_redirect_off_the_web_is_refused(location: str) -> None:
    with (
        Raw(lambda _: answer("", "302 Found", Location=location)) as here,
        pytest.raises(DataError, match=r"rows\.jsonl"),
    ):
        fetch(here.url)


def test_a_file_without_end_and_one_of_another_hash_are_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(fetching, "_LARGEST", 2**22)

    def endless(_: Request) -> Iterator[bytes]:
        return itertools.chain([b"HTTP/1.1 200 OK\r\n\r\n"], itertools.repeat(bytes(2**16)))

    with Raw(endless) as server:
        with pytest.raises(DataError, match="larger than 4 MiB"):
            fetch(server.url)
        assert server.sent < 2**26
    with Raw(lambda _: answer(b'{"id": "2"}\n')) as server, pytest.raises(DataError, match="the card says"):
        fetch(server.url)


# --- runs at a web address --------------------------------------------------------------------------


def listing(*names: str) -> bytes:
    return answer("".join(f'<a href="{name}">{name}</a>' for name in names), Content_Type="text/html")


@pytest.mark.parametrize("status", [301, 302, 307, 308])
def test_runs_are_read_where_they_were_said_to_be(status: int) -> None:
    with Raw(lambda _: listing()) as there:
        here = Raw(lambda r: answer("", f"{status} On", Location=f"{there.url}{r.path}"))
        with here, pytest.raises(IncompleteError, match=f"127.0.0.1:{there.port}") as caught:
            fetched(here.url.replace("//", "//me:canary-word@") + "/runs")
    assert here.requests
    assert there.requests == []
    assert "canary" not in str(caught.value)
    assert "canary" not in str(spool_of("https://me:canary-word@host/runs"))


# --- raw HTTP to view -------------------------------------------------------------------------------

HOST = "Host: 127.0.0.1:{port}\r\nCookie: {cookie}\r\n"
RAW = {
    "no HTTP": "hello\r\n\r\n",
    "HTTP/0.9": "GET /\r\n\r\n",
    "absolute": "GET http://evil.example/ HTTP/1.1\r\nHost: evil.example\r\n\r\n",
    "two lengths": "POST /api/label/open HTTP/1.1\r\n" + HOST + "Content-Length: 2\r\nContent-Length: 3\r\n\r\n{}",
    "length and chunks": "POST /api/label/open HTTP/1.1\r\n" + HOST
    + "Content-Length: 6\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\nGET /api/runs HTTP/1.1\r\n" + HOST + "\r\n",
    "bad chunk": "POST /api/label/open HTTP/1.1\r\n" + HOST + "Transfer-Encoding: chunked\r\n\r\n-1\r\n",
    "long line": "GET /" + "a" * 100_000 + " HTTP/1.1\r\n" + HOST + "\r\n",
    "many headers": "GET / HTTP/1.1\r\n" + HOST + "X: y\r\n" * 200_000 + "\r\n",
    "folded": "GET / HTTP/1.1\r\n" + HOST + "X: a\r\n b\r\n\r\n",
    "two hosts": "GET / HTTP/1.1\r\n" + HOST + "Host: evil.example\r\n\r\n",
    "bare lines": "GET / HTTP/1.1\n" + "Host: evil\n\n",
    "split": "GET /?run=%0d%0aSet-Cookie:x=y HTTP/1.1\r\n" + HOST + "\r\n",
    "path": "GET /../../../../etc/passwd HTTP/1.1\r\n" + HOST + "\r\n",
    "encoded path": "GET /%2e%2e/%2e%2e/etc/passwd HTTP/1.1\r\n" + HOST + "\r\n",
    "connect": "CONNECT evil.example:443 HTTP/1.1\r\n" + HOST + "\r\n",
    "upgrade": "GET / HTTP/1.1\r\n" + HOST + "Connection: Upgrade\r\nUpgrade: websocket\r\n\r\n",
    "trace": "TRACE / HTTP/1.1\r\n" + HOST + "\r\n",
    "expect": "POST /api/label/open HTTP/1.1\r\n" + HOST + "Expect: 1000-continue\r\nContent-Length: 2\r\n\r\n{}",
    "bomb": "POST /api/label/open HTTP/1.1\r\n" + HOST + "Content-Encoding: gzip\r\nContent-Length: 2\r\n\r\n{}",
    "bytes": "GET /\x00\xff\x1b[2J HTTP/1.1\r\n" + HOST + "\r\n",
    "nothing": "",
    "half": "POST /api/label/open HTTP/1.1\r\n" + HOST + "Content-Length: 99999\r\n\r\n{",
}  # fmt: skip


def test_raw_requests_to_view_are_refused_and_it_goes_on(tmp_path: Path) -> None:
    (tmp_path / "runs").mkdir()
    view = ViewServer(tmp_path, "runs", "--labels", "labels")
    idle = []
    try:
        for name, raw in RAW.items():
            with socket.create_connection(("127.0.0.1", view.port), timeout=20) as connection:
                sent = raw.replace("{port}", str(view.port)).replace("{cookie}", view.cookie).encode("latin-1")
                heard = b""
                try:
                    connection.sendall(sent)
                    connection.shutdown(socket.SHUT_WR)
                    while piece := connection.recv(65536):
                        heard += piece
                except OSError:
                    pass
            status = heard[9:12]
            ours = {"split", "upgrade", "encoded path", "path", "folded", "bare lines"}
            assert status in {b"", b"400", b"403", b"404", b"405", b"413", b"415", b"417", b"426"} or name in ours, (
                name,
                heard,
            )
            assert heard.count(b"HTTP/1.1 200") <= (name in {"split", "upgrade", "folded"}), (name, heard)
            for word in (b"root:", b"Set-Cookie", b"Traceback", view.token.encode()):
                assert word not in heard, (name, heard)
        # Who opens connections and says nothing keeps nobody out.
        idle = [socket.create_connection(("127.0.0.1", view.port), timeout=20) for _ in range(200)]
        assert view.ask("GET", "/api/runs").status == 200
        assert not list((tmp_path / "labels").glob("*"))
        # Nor do they write into the terminal.
        view.process.kill()
        assert view.process.stderr.read().count("\n") == 1
    finally:
        for connection in idle:
            connection.close()
        view.kill()
