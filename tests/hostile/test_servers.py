"""Servers that send elsewhere, send without end, or let wait: what each comes to."""

from __future__ import annotations

import asyncio
import base64
import errno
import gzip
import itertools
import os
import re
import resource
import socket
import subprocess
import sys
import threading
import zlib
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import pytest
from asking import Kept, asked, close
from judges.test_llm_backends import BACKENDS as ALL
from judges.test_llm_backends import ask, build, pair_case
from processes import HANGS
from run.test_batch import Toy, batch, planned
from servers.fake_batches import FakeBatches
from servers.raw import Raw, Request, answer, chat

from judgebench.api.live import paused
from judgebench.domain import Completion, Scale, Status
from judgebench.errors import BackendError, IncompleteError, RejectedError, RetryableError
from judgebench.judges.backend import Failure, Timeouts, http_error
from judgebench.judges.headers import rate_limits
from judgebench.judges.llm import LLMJudge
from judgebench.judges.model import Model
from judgebench.run.engine import Dispatchers, Options, ask_all
from judgebench.run.execute import Progress

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from judgebench.run.summary import Summary

KEY = "sk-canary-0123456789"
BACKENDS = ["openai", "anthropic", "server"]
each_backend = pytest.mark.parametrize("backend", BACKENDS)
with_litellm = pytest.mark.parametrize("backend", ALL)


@pytest.fixture(autouse=True)
def _keys(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("OPENAI_API_KEY", "ANTHROPIC_API_KEY", "JUDGEBENCH_SERVER_API_KEY"):
        monkeypatch.setenv(name, KEY)
    for name in ("http_proxy", "https_proxy", "all_proxy", "HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY"):
        monkeypatch.delenv(name, raising=False)


def right(request: Request) -> bytes:
    """Answer as either API does."""
    if request.path.endswith("/messages"):
        usage = {"input_tokens": 1, "output_tokens": 1}
        return answer({"model": "m", "content": [{"type": "text", "text": "[[A]]"}], "usage": usage})
    return answer(chat("[[A]]"))


# --- redirects --------------------------------------------------------------------------------------


@with_litellm
@pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
@pytest.mark.parametrize("proxied", [False, True])
def test_a_redirect_is_followed_by_nobody_and_told(
    backend: str, status: int, proxied: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    if proxied:
        # A proxy of another scheme leaves this server alone, and the SDKs to their own transport.
        monkeypatch.setenv("HTTPS_PROXY", "http://127.0.0.1:9")
    with Raw(right) as there:
        here = Raw(lambda r: answer("", f"{status} On", Location=f"{there.url}{r.path}?token=t0p5ecret"))
        told = "" if backend == "litellm" else f"127.0.0.1:{there.port}"
        with here, pytest.raises(BackendError, match=f"HTTP {status}.*{told}") as caught:
            ask(build(backend, here.url), pair_case())
        assert there.requests == []
        assert [request.method for request in here.requests] == ["POST"]
        assert "t0p5ecret" not in str(caught.value)


@each_backend
@pytest.mark.parametrize(
    "location", [None, "", "/elsewhere", "//[::1", "http://[", "javascript:alert(1)", "\x1b]0;x\x07"]
)
def test_a_redirect_to_no_address_is_refused_as_well(backend: str, location: str | None) -> None:
    headers = {} if location is None else {"Location": location}
    with Raw(lambda _: answer("", "302 Found", **headers)) as here, pytest.raises((BackendError, RetryableError)):
        ask(build(backend, here.url), pair_case())


@pytest.mark.parametrize("api", ["openai", "anthropic"])
def test_batches_are_asked_after_and_fetched_where_they_were_made(api: str) -> None:
    stolen: list[Request] = []

    def steal(request: Request) -> bytes:
        stolen.append(request)
        return answer({})

    with Raw(steal) as there:
        made: dict[str, Any] = {
            "id": "b", "type": "message_batch", "object": "batch", "processing_status": "ended", "status": "completed",
            "output_file_id": "f", "created_at": "2026-01-01T00:00:00Z", "results_url": f"{there.url}/results",
            "request_counts": {"succeeded": 1, "errored": 0, "canceled": 0, "expired": 0, "processing": 0,
                               "total": 1, "completed": 1, "failed": 0},
        }  # fmt: skip

        def reply(request: Request) -> bytes:
            if request.path.endswith("/content"):
                return answer("", "302 Found", Location=f"{there.url}/content")
            return answer(made)

        async def fetch(url: str) -> None:
            batches = build(api, url).model.batch
            try:
                async for _ in batches.results("b"):
                    pass
            finally:
                await batches.aclose()

        with Raw(reply) as here, pytest.raises(BackendError, match=f"127.0.0.1:{there.port}"):
            asyncio.run(fetch(here.url))
    assert stolen == []


# --- bodies -----------------------------------------------------------------------------------------


def endless(head: str, piece: bytes) -> Callable[[Request], Iterator[bytes]]:
    return lambda _: itertools.chain([f"HTTP/1.1 {head}\r\n\r\n".encode()], itertools.repeat(piece))


CHUNK = b"10000\r\n" + b" " * 65536 + b"\r\n"
BODIES = {
    "no length": endless("200 OK\r\nContent-Type: application/json", b" " * 65536),
    "chunked": endless("200 OK\r\nTransfer-Encoding: chunked", CHUNK),
    "said": endless("200 OK\r\nContent-Length: 99999999999", b" " * 65536),
    "error": endless("500 Oh", b"x" * 65536),
    "gzip": lambda _: answer(gzip.compress(bytes(200 << 20)), Content_Encoding="gzip"),
    "deflate": lambda _: answer(zlib.compress(bytes(200 << 20)), Content_Encoding="deflate"),
    "twice": lambda _: answer(gzip.compress(gzip.compress(bytes(200 << 20))), Content_Encoding="gzip, gzip"),
    "unasked": lambda _: answer(b"\x28\xb5\x2f\xfd", Content_Encoding="zstd"),
    "no gzip": lambda _: answer(b"{}", Content_Encoding="gzip"),
}


@each_backend
@pytest.mark.parametrize("body", BODIES)
def test_a_body_without_end_is_not_read_to_its_end(backend: str, body: str) -> None:
    reply = BODIES[body]
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    with Raw(reply) as server:
        with pytest.raises((RejectedError, RetryableError)) as caught:
            ask(build(backend, server.url, timeout=20), pair_case())
        assert server.sent < 100 << 20
    more = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before
    # 200 MiB are made here, for the bombs; what is read of them is bounded.
    assert more < (550_000 if body in {"gzip", "deflate", "twice"} else 200_000)
    told = {"error": "HTTP 500", "twice": "compressed", "unasked": "compressed", "no gzip": "compressed"}
    assert told.get(body, "more than 32 MiB") in str(caught.value)


@each_backend
@pytest.mark.parametrize("packed", ["gzip", "deflate", "raw deflate", "identity"])
def test_a_compressed_answer_is_an_answer(backend: str, packed: str) -> None:
    bare = zlib.compressobj(wbits=-15)
    pack = {
        "gzip": gzip.compress,
        "deflate": zlib.compress,
        "raw deflate": lambda raw: bare.compress(raw) + bare.flush(),
        "identity": bytes,
    }[packed]

    def reply(request: Request) -> bytes:
        assert request.headers["accept-encoding"] == "gzip, deflate"
        return answer(pack(right(request).partition(b"\r\n\r\n")[2]), Content_Encoding=packed.rsplit(maxsplit=1)[-1])

    with Raw(reply) as server:
        [said] = ask(build(backend, server.url), pair_case())
    assert said.status is Status.OK


# --- waits ------------------------------------------------------------------------------------------


def run_cases(complete: Callable[[Any], Any], n: int, options: Options) -> tuple[Summary, Kept, list[str]]:
    """Ask n cases of a model; return also what a terminal would have said every minute."""
    sink, lines = Kept(), []
    case = pair_case()
    cases = [replace(case, repeat=repeat) for repeat in range(n)]

    async def watch(dispatchers: Dispatchers) -> None:
        while True:
            await asyncio.sleep(60)
            lines.append(paused(Progress((), dispatchers)))

    async def main() -> Summary:
        dispatchers = Dispatchers(options)
        watching = asyncio.create_task(watch(dispatchers))
        judge = LLMJudge(Model("server/m", complete))
        try:
            return await ask_all(
                judge, Scale.pair(), lambda: cases, sink, revision="r", options=options, dispatchers=dispatchers
            )
        finally:
            watching.cancel()

    return asyncio.run(main()), sink, lines


@pytest.mark.parametrize("reset", ["999999999", "31y", "1e308", "inf", "9999-12-31T23:59:59Z", "99999999999999"])
def test_what_a_server_says_of_its_limits_holds_no_run_for_ever(reset: str, simulated: Callable[[], float]) -> None:
    said = {f"x-ratelimit-{what}-requests": value for what, value in zip(
        ("limit", "remaining", "reset"), ("1", "0", reset), strict=True)}  # fmt: skip

    async def complete(_: object) -> Completion:
        await asyncio.sleep(0.1)
        return Completion("[[A]]", limits=rate_limits(said))

    summary, _, lines = run_cases(complete, 20, Options())
    assert summary.statuses == {Status.OK: 20}
    assert simulated() < 20 * 601
    # Where a minute's limit refills within the minute there is nothing to tell.
    if simulated() > 1000:
        assert any(re.match(r"waiting \d+ s, until \d\d:\d\d:\d\d: the server says", line) for line in lines)


@pytest.mark.parametrize("wait", ["1000000000", "601", "1e300", "Fri, 31 Dec 9999 23:59:59 GMT"])
def test_a_pause_of_years_is_not_made_and_a_short_one_is_told(wait: str, simulated: Callable[[], float]) -> None:
    asked = 0

    async def complete(_: object) -> Completion:
        nonlocal asked
        asked += 1
        long = wait if asked == 1 else "90" if asked == 2 else ""
        if long:
            raise http_error("m", Failure(429, "slow down"), key_variable="", headers={"Retry-After": long})
        return Completion("[[A]]")

    summary, sink, lines = run_cases(complete, 3, Options(max_concurrency=1))
    assert summary.statuses == {Status.OK: 2, Status.FAILED: 1}
    assert "it asks to wait" in sink[0].error
    assert 90 <= simulated() < 200
    assert re.match(r"waiting \d+ s, until \d\d:\d\d:\d\d: the server asked for a pause", lines[0])


@pytest.mark.parametrize("api", ["openai", "anthropic"])
def test_a_batch_waits_for_no_years_and_says_for_what(api: str, tmp_path: Path) -> None:
    with FakeBatches(polls=1) as llm:
        llm.retry_after = "1000000000"
        llm.next_create("429")
        with pytest.raises(IncompleteError, match="asks to wait for more than a year: the same command tries again"):
            batch(planned(api, llm, Toy(["q"])), tmp_path)
        llm.retry_after = "1"
        llm.next_create("429")
        done = batch(planned(api, llm, Toy(["q"])), tmp_path)
    assert set(done.summary.statuses) == {Status.OK}
    assert any(re.search(r"waiting 1 s, until \d\d:\d\d:\d\d before", line) for line in done.told)


def test_the_persons_own_limit_is_kept_however_long_it_takes(simulated: Callable[[], float]) -> None:
    async def complete(_: object) -> Completion:
        return Completion("[[A]]")

    _, _, lines = run_cases(complete, 3, Options(rpm=0.05))
    assert simulated() > 2000
    assert any("rpm or tpm is used up" in line for line in lines), lines


# --- the system's limits, names and ways ------------------------------------------------------------


def judged(url: str, files: int) -> subprocess.CompletedProcess[str]:
    """Run the sample of a task in a process of its own that may hold few files open."""
    command = ["run", "--judge", "server/m", "--base-url", url, "--task", "rewardbench-2", "--sample", "-q"]
    program = (
        f"import resource, sys; resource.setrlimit(resource.RLIMIT_NOFILE, ({files}, {files})); "
        f"sys.argv[1:] = {command!r}; from judgebench.cli import main; main()"
    )
    return subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, timeout=HANGS, check=False)


def test_few_files_are_told_as_what_they_are(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    with Raw(right) as server:
        done = judged(f"{server.url}/v1", 64)
    assert done.returncode == 0, done.stderr
    assert "Traceback" not in done.stderr
    assert "make room" not in done.stderr


@each_backend
@pytest.mark.parametrize("number", [errno.EMFILE, errno.ENFILE, errno.EADDRNOTAVAIL])
def test_a_connection_that_the_system_refuses_is_not_the_servers_fault(
    backend: str, number: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def refused(*_: object, **__: object) -> socket.socket:
        raise OSError(number, os.strerror(number))

    monkeypatch.setattr("aiohttp.connector.aiohappyeyeballs.start_connection", refused)
    with pytest.raises(RetryableError, match=r"ulimit -n.*max_concurrency") as caught:
        ask(build(backend, "http://127.0.0.1:9"), pair_case())
    assert (caught.value.overloaded, caught.value.unreachable) == (True, False)


@each_backend
def test_a_name_that_nobody_answers_for_is_waited_for_no_longer_than_a_connection(
    backend: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    over = threading.Event()
    monkeypatch.setattr(socket, "getaddrinfo", lambda *_, **__: over.wait(HANGS))
    judge = build(backend, "http://slow.example", timeout=Timeouts(30.0, connect=0.3))

    async def main() -> None:
        try:
            await asked(judge, pair_case(), Scale.pair())
        finally:
            # The event loop waits for the thread that looks the name up.
            over.set()
            await close(judge)

    with pytest.raises(RetryableError) as caught:
        asyncio.run(main())
    assert caught.value.unreachable


@each_backend
def test_an_address_of_the_new_kind_is_asked(backend: str) -> None:
    try:
        server = Raw(right, "::1")
    except OSError:
        pytest.skip("no IPv6 here")
    with server:
        [reply] = ask(build(backend, server.url), pair_case())
    assert reply.status is Status.OK
    assert server.requests[0].headers["host"] == f"[::1]:{server.port}"


def test_a_proxy_of_the_system_sees_no_prompt_for_a_server_of_ones_own(monkeypatch: pytest.MonkeyPatch) -> None:
    with Raw(right) as proxy, Raw(right) as server:
        for name in ("HTTP_PROXY", "http_proxy", "ALL_PROXY"):
            monkeypatch.setenv(name, proxy.url)
        [reply] = ask(build("server", server.url), pair_case())
    assert (reply.status, len(server.requests), proxy.requests) == (Status.OK, 1, [])


@pytest.mark.parametrize("api", ["openai", "anthropic"])
def test_an_sdk_goes_through_a_proxy_whose_login_nobody_sees(api: str, monkeypatch: pytest.MonkeyPatch) -> None:
    with Raw(lambda r: answer({"error": f"no {r.headers}"}, "500 Oh")) as proxy:
        monkeypatch.setenv("HTTP_PROXY", proxy.url.replace("//", "//me:pr0xy-canary@"))
        with pytest.raises(RetryableError) as caught:
            ask(build(api, "http://elsewhere.example"), pair_case())
    assert proxy.requests[0].path.startswith("http://elsewhere.example/")
    assert "canary" not in str(caught.value)
    assert base64.b64encode(b"me:pr0xy-canary").decode() in str(proxy.requests[0].headers)
    assert base64.b64encode(b"me:pr0xy-canary").decode() not in str(caught.value)


@each_backend
@pytest.mark.parametrize("charset", ["utf-16", "utf-32", "rot13", "hex", "idna", "\x00"])
def test_a_charset_that_is_not_jsons_changes_nothing(backend: str, charset: str) -> None:
    with Raw(
        lambda r: right(r).replace(b"application/json", f"application/json; charset={charset}".encode())
    ) as server:
        if charset != "\x00":
            assert ask(build(backend, server.url), pair_case())[0].status is Status.OK
    kind = {"Content-Type": f"text/html; charset={charset}"}
    with Raw(lambda _: answer(b"\xff{}", "500 Oh", **kind)) as server, pytest.raises(RetryableError):
        ask(build(backend, server.url), pair_case())
