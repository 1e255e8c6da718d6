"""aiohttp under the SDKs: their own errors on real faults, their own habits, and nothing that grows."""

from __future__ import annotations

import asyncio
import gc
import gzip
import importlib
import tracemalloc
from typing import TYPE_CHECKING

import pytest
from asking import asked, close

from judgebench.domain import Scale
from judgebench.judges.transport import http_client, http_library

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable
    from types import ModuleType

SDKS = ["openai", "anthropic"]
each_sdk = pytest.mark.parametrize("sdk", SDKS)

ANSWER = b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: 2\r\n\r\n{}"
ZIPPED = gzip.compress(b'{"zipped": true}')


@pytest.fixture(autouse=True)
def _no_proxy(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("http_proxy", "https_proxy", "all_proxy", "HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY"):
        monkeypatch.delenv(name, raising=False)


def default_of(sdk: str) -> type:
    return importlib.import_module(sdk).DefaultAsyncHttpxClient


async def ask(sdk: str, *answers: bytes | None, requests: int = 1, **options: object) -> tuple[list, list[bytes], int]:
    """POST to a server that writes the bytes (None: nothing) and hangs up; return responses, requests, connections."""
    heard: list[bytes] = []
    connections = 0
    script = list(answers)

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        nonlocal connections
        connections += 1
        try:
            while script:
                head = await reader.readuntil(b"\r\n\r\n")
                heard.append(head + await reader.readexactly(4))
                answer = script.pop(0)
                if answer is None:
                    await asyncio.sleep(5)
                writer.write(answer or b"")
                await writer.drain()
        except (asyncio.IncompleteReadError, ConnectionError, asyncio.CancelledError):
            pass
        finally:
            writer.close()

    server = await asyncio.start_server(serve, "127.0.0.1", 0)
    url = f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}/x"
    responses = []
    client = http_client(default_of(sdk), "http://127.0.0.1")
    try:
        responses.extend([await client.post(url, content=b"body", **options) for _ in range(requests)])
    finally:
        await client.aclose()
        server.close()
    return responses, heard, connections


def run(work: Callable[[], Awaitable[object]]) -> object:
    async def main() -> object:
        return await work()

    return asyncio.run(main())


@each_sdk
def test_a_body_arrives_and_the_connection_is_used_again(sdk: str) -> None:
    responses, heard, connections = run(lambda: ask(sdk, ANSWER, ANSWER, ANSWER, requests=3))
    assert [response.json() for response in responses] == [{}, {}, {}]
    assert [request[-4:] for request in heard] == [b"body"] * 3
    assert connections == 1


@each_sdk
def test_compression_is_undone_once(sdk: str) -> None:
    head = f"HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\nContent-Length: {len(ZIPPED)}\r\n\r\n"
    ([response], _, _) = run(lambda: ask(sdk, head.encode() + ZIPPED))
    assert response.json() == {"zipped": True}


def _error(library: ModuleType, name: str) -> type[Exception]:
    return getattr(library, name)


@each_sdk
@pytest.mark.parametrize(
    ("answer", "error"),
    [
        (b"", "ReadError"),  # hung up before an answer
        (ANSWER[:-1], "ReadError"),  # hung up in the body
        (b"no HTTP at all\r\n\r\n", "ReadError"),
        (None, "ReadTimeout"),
    ],
)
def test_broken_connections_are_the_librarys_own_errors(sdk: str, answer: bytes | None, error: str) -> None:
    library = http_library(default_of(sdk))
    with pytest.raises(_error(library, error)):
        run(lambda: ask(sdk, answer, timeout=0.2))


@each_sdk
def test_a_server_that_is_not_there_is_a_connect_error(sdk: str) -> None:
    async def main() -> None:
        client = http_client(default_of(sdk), "http://127.0.0.1")
        try:
            await client.post("http://127.0.0.1:9/x", content=b"body")
        finally:
            await client.aclose()

    with pytest.raises(http_library(default_of(sdk)).ConnectError):
        asyncio.run(main())


@each_sdk
@pytest.mark.parametrize(
    ("variable", "value", "left"), [("HTTPS_PROXY", "http://127.0.0.1:9", True), ("NO_PROXY", "x.example", False)]
)
def test_a_proxy_of_the_environment_is_left_to_the_sdk(
    sdk: str, variable: str, value: str, left: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(variable, value)

    async def main() -> bool:
        client = http_client(default_of(sdk), "http://127.0.0.1")
        await client.aclose()
        return isinstance(client, default_of(sdk))

    assert asyncio.run(main()) == left


def test_a_key_that_comes_later_is_hidden_in_errors_all_the_same(monkeypatch: pytest.MonkeyPatch) -> None:
    from judgebench.redaction import redact

    assert "s3cret-words" in redact("you sent s3cret-words")
    monkeypatch.setenv("SOME_API_KEY", " s3cret-words\r\n")
    assert redact("you sent s3cret-words") == "you sent [redacted]"


@pytest.mark.parametrize("backend", ["server", *SDKS])
def test_memory_does_not_grow_with_requests(backend: str, monkeypatch: pytest.MonkeyPatch) -> None:
    from judges.test_llm_backends import build, pair_case
    from servers.fake_llm import FakeLLM

    for name in ("OPENAI_API_KEY", "ANTHROPIC_API_KEY"):
        monkeypatch.setenv(name, "canary-0123456789")
    case = pair_case()

    async def main(url: str, server: FakeLLM) -> list[int]:
        judge = build(backend, url)
        held = []
        try:
            await asked(judge, case, Scale.pair())  # what is imported and cached at first use is no growth
            tracemalloc.start()
            for _ in range(3):
                for _ in range(40):
                    await asked(judge, case, Scale.pair())
                server.requests.clear()
                gc.collect()
                held.append(tracemalloc.get_traced_memory()[0])
        finally:
            tracemalloc.stop()
            await close(judge)
        return held

    with FakeLLM() as server:
        held = asyncio.run(main(server.anthropic_url, server))
    # The first round fills what is left of caches. 40 answers kept would be 80 kB and more.
    assert held[2] - held[1] < 40_000, held
