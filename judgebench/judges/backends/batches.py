"""What the clients of batch APIs share: lines of bytes, and the price of what they answer."""

from __future__ import annotations

import json
from contextlib import asynccontextmanager
from dataclasses import replace
from typing import TYPE_CHECKING, Any, cast

from judgebench.errors import GoneError, JudgebenchError, RetryableError, argument
from judgebench.judges.backend import connection_error, failure_of, http_error
from judgebench.judges.backends.chat import error_body
from judgebench.judges.tokens import BATCH_SHARE

if TYPE_CHECKING:
    from collections.abc import AsyncGenerator, AsyncIterator, Callable, Iterable

    from judgebench.judges.backend import Completion

#: Seconds that sending or fetching a file may pause; a call's own limit is far too short for hundreds of megabytes.
TRANSFER_TIMEOUT = 600.0
#: Seconds for a question about a batch.
QUESTION_TIMEOUT = 60.0


def encode_line(request: dict[str, Any]) -> bytes:
    """Write a request as one line of ASCII: no server can see a line end in a response it quotes."""
    return json.dumps(request, ensure_ascii=True, separators=(",", ":")).encode("ascii")


async def json_lines(backend: str, chunks: AsyncIterator[bytes]) -> AsyncIterator[dict[str, Any]]:
    """Read JSON lines; only a line feed ends one (HTTP libraries also split at U+2028, which answers may hold).

    RetryableError where a line is not a JSON object: the next download may be whole.
    """
    rest = b""
    async for chunk in chunks:
        *lines, rest = (rest + chunk).split(b"\n")
        for line in lines:
            if line.strip():
                yield _object(backend, line)
    if rest.strip():
        yield _object(backend, rest)


def _object(backend: str, line: bytes) -> dict[str, Any]:
    try:
        read: Any = json.loads(line)
    except (ValueError, RecursionError):
        read = None
    if not isinstance(read, dict):
        raise RetryableError(f"{backend}: the results of a batch hold a line that is not a JSON object")
    return cast("dict[str, Any]", read)


@asynccontextmanager
async def in_our_words(
    backend: str, what: str, *, key_variable: str, secrets: Iterable[str]
) -> AsyncGenerator[None, None]:
    """Put what an SDK raises into our errors; parameters as for `batch_error`."""
    try:
        yield
    except JudgebenchError:
        raise
    except Exception as error:
        told = batch_error(backend, error, what, key_variable=key_variable, secrets=secrets)
        if told is None:
            raise
        raise told from None


def batch_error(
    backend: str, error: Exception, what: str, *, key_variable: str, secrets: Iterable[str]
) -> JudgebenchError | None:
    """Say what an SDK's error means, or an HTTP library's: SDKs don't wrap what breaks while a body is read.

    Of an error only its shape is looked at, which both SDKs share; None where it is nobody's but ours. ``what`` was
    asked for, for where the server says that it is not there.
    """
    response: Any = getattr(error, "response", None)
    status: Any = getattr(response, "status_code", None)
    if isinstance(status, int):
        if status == 404:
            return GoneError(f"{backend}: HTTP 404: {what} with this key and {argument('base_url')}")
        failure = failure_of(status, error_body(status, response.text))
        headers = dict(response.headers)
        return http_error(backend, failure, key_variable=key_variable, headers=headers, secrets=secrets)
    library = type(error).__module__.partition(".")[0] in {"openai", "anthropic"}
    transport = {"HTTPError", "TransportError", "StreamError"} & {cls.__name__ for cls in type(error).__mro__}
    return connection_error(backend, error, secrets) if library or transport else None


def batch_price(
    completion: Completion, model: str, url: str, price: Callable[[Completion], float | None]
) -> float | None:
    """Price of an answer, live or of a batch: a batch's is the list's own price, else half of the live ``price``."""
    usual = price(replace(completion, batch=False))
    if usual is None or not completion.batch:
        return usual
    listed = _listed_share(completion.model, url, completion) or _listed_share(model, url, completion)
    return usual * (listed or BATCH_SHARE)


def _listed_share(model: str, url: str, completion: Completion) -> float | None:
    """Look up what these tokens cost in a batch, as a share of their usual price; None if the list does not say."""
    from genai_prices import Usage, calc_price  # noqa: PLC0415 - loaded on use

    inputs, cached = completion.input_tokens, min(completion.cached_tokens, completion.input_tokens)
    usage = Usage(input_tokens=inputs, output_tokens=completion.output_tokens, cache_read_tokens=cached or None)
    try:
        usual = calc_price(usage, model, provider_api_url=url).total_price
        batch = calc_price(usage, model, provider_api_url=url, price_context={"processing": "batch"}).total_price
    except (LookupError, ValueError, TypeError):  # an older list takes no context
        return None
    # Where it lists no price for batches it answers with the usual one.
    return float(batch / usual) if 0 < batch < usual else None
