"""Asking through an official SDK: one call at a time, or many in a batch.

Bodies are read by us and not by the SDKs: the majors of one SDK differ in their HTTP layer, and a body that is not an
answer must end in our errors in all of them.
"""

from __future__ import annotations

import importlib
import json
import time
from contextlib import asynccontextmanager
from dataclasses import replace
from typing import TYPE_CHECKING, Any, ClassVar, cast
from urllib.parse import parse_qsl

from judgebench.errors import GoneError, JudgebenchError, RejectedError, RetryableError, argument
from judgebench.judges.backend import connection_error, deadline, failure_of, http_error, required_key
from judgebench.judges.backends.base import ApiBackend, PerLoop
from judgebench.judges.backends.chat import error_body
from judgebench.judges.tokens import price
from judgebench.judges.transport import LARGEST, guarded_client, http_client, http_library

if TYPE_CHECKING:
    from collections.abc import AsyncGenerator, AsyncIterator, Callable, Iterator, Mapping

    from judgebench.domain import Completion, Request
    from judgebench.domain.protocols import BatchState

#: Seconds that sending or fetching a file may pause; a call's own limit is far too short for hundreds of megabytes.
TRANSFER_TIMEOUT = 600.0
#: Seconds for a question about a batch.
QUESTION_TIMEOUT = 60.0
_MOST_PAGES = 100


class SdkBackend(ApiBackend):
    """Complete chats with an SDK, whose client and root of errors are named ``client`` and ``error``.

    ``path`` is where calls go, ``own_url`` the provider's address, by which prices are looked up.
    """

    client: ClassVar[str]
    error: ClassVar[str]
    path: ClassVar[str]
    own_url: ClassVar[str]
    #: Sent beside the body.
    headers: Mapping[str, str] = {}

    def library(self) -> Any:
        """Load the SDK."""
        return importlib.import_module(self.name)

    @property
    def address(self) -> str:
        """Where calls go."""
        return self.base_url or self.own_url

    def connected(self, **options: Any) -> Any:
        """Make a client of the SDK's; the key is named explicitly, or it would go on to look for one in files."""
        made = getattr(self.library(), self.client)
        if self.base_url and "?" in self.base_url:
            # An SDK would write its paths behind a query.
            address, _, query = self.base_url.partition("#")[0].partition("?")
            options |= {"base_url": address, "default_query": dict(parse_qsl(query))}
        else:
            options["base_url"] = self.base_url
        return made(api_key=required_key(self.key, self.label), max_retries=0, **options)

    def connect(self) -> Any:
        """Make the client that `complete` calls, over our transport."""
        library = self.library()
        timeouts = self.timeouts
        # The class of the SDK's HTTP library in which it hands over what came back.
        self._response: Any = http_library(library.DefaultAsyncHttpxClient).Response
        return self.connected(
            timeout=library.Timeout(timeouts.total, connect=timeouts.connect, read=timeouts.first_byte),
            http_client=http_client(library.DefaultAsyncHttpxClient, self.address),
        )

    async def complete(self, request: Request) -> Completion:
        """Ask once."""
        library = self.library()
        client = self.clients.get()
        started = time.monotonic()
        body = self.params(request)
        options = {"headers": self.headers} if self.headers else {}
        try:
            async with deadline(self.label, self.timeouts.total):
                # The SDK's way to read a body oneself: `create` would walk through its types and models with it.
                raw = await client.post(
                    self.path,
                    body=body,
                    options=options,
                    cast_to=self._response,
                )
        except library.APIStatusError as error:
            raw = error.response
        except getattr(library, self.error) as error:
            raise connection_error(self.label, error, self.clients.secrets) from None
        return self.answer(raw.status_code, raw.headers, raw.content, started)

    def price(self, completion: Completion) -> float | None:
        """Price by the list, live or of a batch."""
        return price(completion, self.model, url=self.address)


class SdkBatches:
    """Send the calls of a backend as batches; what differs between providers is how a batch is made and read."""

    def __init__(self, backend: SdkBackend) -> None:
        self._backend = backend
        self._label = backend.label
        self._clients: PerLoop[Any] = PerLoop(
            lambda: backend.connected(
                timeout=TRANSFER_TIMEOUT,
                http_client=guarded_client(backend.library().DefaultAsyncHttpxClient, backend.address),
            ),
            backend.disconnect,
            backend.secrets,
        )

    @asynccontextmanager
    async def _calling(self, what: str) -> AsyncGenerator[Any, None]:
        """Give the client, and put what the SDK raises into our errors; 404 says ``what`` of what was asked for."""
        try:
            yield self._clients.get()
        except JudgebenchError:
            raise
        except Exception as error:  # noqa: BLE001 - whatever a server can make an SDK raise
            raise self._told(error, what) from None

    def _told(self, error: Exception, what: str) -> JudgebenchError:
        """Say what an SDK's error means, or an HTTP library's: SDKs don't wrap what breaks while a body is read.

        Of an error only its shape is looked at, which both SDKs share. Any other comes of an answer that has not the
        shape that SDKs take on trust.
        """
        response: Any = getattr(error, "response", None)
        status: Any = getattr(response, "status_code", None)
        if isinstance(status, int):
            if status == 404:
                return GoneError(f"{self._label}: HTTP 404: {what} with this key and {argument('base_url')}")
            return self._http_error(status, error_body(status, response.text), dict(response.headers))
        library = type(error).__module__.partition(".")[0] == self._backend.name
        transport = {"HTTPError", "TransportError", "StreamError"} & {cls.__name__ for cls in type(error).__mro__}
        if library or transport:
            return connection_error(self._label, error, self._backend.secrets())
        return RetryableError(f"{self._label}: an answer about batches that can't be read ({type(error).__name__})")

    def _http_error(self, status: int, body: object, headers: Mapping[str, str] | None = None) -> JudgebenchError:
        key, secrets = self._backend.key, self._backend.secrets()
        return http_error(self._label, failure_of(status, body), key_variable=key, headers=headers, secrets=secrets)

    def _resource(self, client: Any) -> Any:
        """Find the part of a client that knows batches."""
        raise NotImplementedError

    def _state(self, batch: Any) -> BatchState:
        raise NotImplementedError

    def _downloads(self, ended: Any) -> Iterator[Callable[[Any], Any]]:
        """Yield what opens, by a client, each file of a batch's results."""
        raise NotImplementedError

    def _answer(self, line: Mapping[str, Any]) -> Completion | JudgebenchError:
        """Read one line of results: a completion, or the error that came instead."""
        raise NotImplementedError

    def _read(self, body: Mapping[str, Any]) -> Completion | JudgebenchError:
        """Read the body of an answer, as of a single call."""
        try:
            return replace(self._backend.read(body, 0.0, self._backend.secrets()), batch=True)
        except JudgebenchError as error:
            return error

    def _may_be(self, batch: Any, state: BatchState, tag: str, since: float, requests: int) -> bool:
        """Whether a batch may be the one that is looked for."""
        raise NotImplementedError

    async def find(self, tag: str, since: float, requests: int) -> list[BatchState]:
        """Look through all pages, whose order nothing documents, for a batch whose id is lost."""
        found: list[BatchState] = []
        async with self._calling("there is no batch API") as client:
            page = await self._resource(client).list(limit=100, timeout=QUESTION_TIMEOUT)
            for _ in range(_MOST_PAGES):
                states = ((batch, self._state(batch)) for batch in page.data)
                found += [state for batch, state in states if self._may_be(batch, state, tag, since, requests)]
                # A tag leaves no doubt.
                if any(state.tag for state in found) or not page.has_next_page():
                    break
                page = await page.get_next_page()
        return found

    async def state(self, batch: str) -> BatchState:
        """Ask how far a batch is."""
        async with self._calling(f"there is no batch {batch}") as client:
            return self._state(await self._retrieved(client, batch))

    async def _retrieved(self, client: Any, batch: str) -> Any:
        return await self._resource(client).retrieve(batch, timeout=QUESTION_TIMEOUT)

    async def results(self, batch: str) -> AsyncIterator[tuple[str, Any]]:
        """Yield what the batch came to, request by request."""
        async with self._calling(f"there is no batch {batch}") as client:
            downloads = list(self._downloads(await self._retrieved(client, batch)))
        for opened in downloads:
            async with (
                self._calling(f"the results of batch {batch} are gone") as client,
                opened(client) as response,
            ):
                async for line in json_lines(self._label, response.iter_bytes()):
                    yield str(line.get("custom_id")), self._answer(line)

    async def aclose(self) -> None:
        """Close the connections."""
        await self._clients.aclose()


def encode_line(request: dict[str, Any]) -> bytes:
    """Write a request as one line of ASCII: no server can see a line end in a response it quotes."""
    return json.dumps(request, ensure_ascii=True, separators=(",", ":")).encode("ascii")


async def json_lines(backend: str, chunks: AsyncIterator[bytes]) -> AsyncIterator[dict[str, Any]]:
    """Read JSON lines; only a line feed ends one (HTTP libraries also split at U+2028, which answers may hold).

    RetryableError where a line is not a JSON object: the next download may be whole. RejectedError where one is larger
    than an answer may be.
    """
    line = bytearray()
    async for chunk in chunks:
        *ended, begun = chunk.split(b"\n")
        for end in ended:
            line += end
            if line.strip():
                yield _object(backend, line)
            line.clear()
        line += begun
        if len(line) > LARGEST:
            raise RejectedError(f"{backend}: a line of a batch's results is larger than {LARGEST >> 20} MiB")
    if line.strip():
        yield _object(backend, line)


def _object(backend: str, line: bytearray) -> dict[str, Any]:
    try:
        read: Any = json.loads(line)
    except (ValueError, RecursionError):
        read = None
    if not isinstance(read, dict):
        raise RetryableError(f"{backend}: the results of a batch hold a line that is not a JSON object")
    return cast("dict[str, Any]", read)
