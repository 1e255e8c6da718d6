"""Anthropic's models, through the official SDK, one call at a time or through Message Batches.

A batch is requests up in one call, answers down as JSON lines.
"""

from __future__ import annotations

import json
from functools import partial
from typing import TYPE_CHECKING, Any, cast

from judgebench.domain import Completion, ImageLimits
from judgebench.domain.protocols import BatchLimits, BatchState
from judgebench.errors import GoneError, JudgebenchError, RejectedError, RetryableError
from judgebench.judges.backends.base import model_judge
from judgebench.judges.backends.chat import count, model_name, raise_for_error_in_200
from judgebench.judges.backends.sdk import SdkBackend, SdkBatches, encode_line
from judgebench.judges.endings import finish_of, pieces, told
from judgebench.judges.images import named, picture
from judgebench.redaction import hide

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Sequence
    from typing import BinaryIO

    from anthropic.types.messages import MessageBatch

    from judgebench.domain import Message, Part, Request

#: What ``temperature`` is where the user says nothing: today's models take none.
DEFAULT_TEMPERATURE: float | None = None
#: The last version of the API that takes a temperature (and only from models that still have one).
SAMPLING_API = "2023-06-01"

#: Seconds by which our clock may be ahead of theirs when a batch is looked for by its age.
_CLOCK_SKEW = 3600.0
#: What a live call would have answered with, by the type of error that stands in the results.
_STATUS = {
    "invalid_request_error": 400,
    "authentication_error": 401,
    "billing_error": 402,
    "permission_error": 403,
    "not_found_error": 404,
    "request_too_large": 413,
    "rate_limit_error": 429,
    "overloaded_error": 529,
}


class AnthropicBackend(SdkBackend):
    """Complete chats; the API takes no seed, so none is recorded.

    A temperature is sent through version 2023-06-01, to models that still take one: version 2026-10-21 demands that it
    is left out.
    """

    name = "anthropic"
    key = "ANTHROPIC_API_KEY"
    own_address = "ANTHROPIC_BASE_URL"
    own_url = "https://api.anthropic.com"
    client, error = "AsyncAnthropic", "AnthropicError"
    path = "/v1/messages"
    can = frozenset({"images", "tools"})
    #: As its guide to vision states them; models with a short context take 100 images.
    images = ImageLimits(("png", "jpeg", "webp", "gif"), size=10 * 2**20, together=32 * 2**20, count=600)

    def __init__(self, model: str, *, temperature: float | None, **options: Any) -> None:
        options["seed"] = None
        super().__init__(model, temperature=temperature, **options)
        del self.settings["seed"]
        self.settings["api_version"] = None if temperature is None else SAMPLING_API
        if temperature is not None:
            # Version 1 of the SDK dropped the argument, version 2 speaks an API version that refuses the field.
            self.headers = {"anthropic-version": SAMPLING_API}

    def params(self, request: Request) -> dict[str, Any]:
        """Write the body of a call, live or in a batch."""
        options = dict(request.options)
        if (tool := options.pop("tool", None)) is not None:
            shape = {"name": tool["name"], "description": tool["description"], "input_schema": tool["parameters"]}
            options |= {"tools": [shape], "tool_choice": {"type": "tool", "name": tool["name"]}}
        return self.options | _said(request.messages) | options

    def read(self, body: Mapping[str, Any], seconds: float, secrets: Sequence[str]) -> Completion:
        """Read the body of an answer."""
        raise_for_error_in_200(self.label, body, self.key, secrets)
        content: Any = body.get("content")
        calls = _calls(content)
        reason = body.get("stop_reason")
        finish = "stop" if calls and reason == "tool_use" else finish_of(self.label, reason)
        # An empty content is an answer where the model refused or ran out; else nothing came back.
        if not isinstance(content, list) or (not content and finish == "stop"):
            raise RetryableError(f"{self.label}: HTTP 200 without content")
        usage: Any = body.get("usage")
        counts = cast("dict[str, Any]", usage) if isinstance(usage, dict) else {}
        cached = count(counts.get("cache_read_input_tokens"))
        written = count(counts.get("cache_creation_input_tokens"))
        return Completion(
            text=hide(told(pieces(content)), secrets),
            finish=finish,
            # Anthropic counts cached tokens beside the input tokens, the price list among them.
            input_tokens=count(counts.get("input_tokens")) + cached + written,
            output_tokens=count(counts.get("output_tokens")),
            cached_tokens=cached,
            model=hide(model_name(body), secrets),
            seconds=seconds,
            calls=tuple((hide(name, secrets), hide(arguments, secrets)) for name, arguments in calls),
        )

    def batches(self) -> AnthropicBatches:
        """Return Message Batches."""
        return AnthropicBatches(self)


create = partial(model_judge, AnthropicBackend)


def _said(messages: Sequence[Message]) -> dict[str, Any]:
    system = "\n\n".join(_plain(message) for message in messages if message.role == "system")
    rest = [
        # The API refuses blocks of blanks, which may stand between two images.
        {"role": message.role, "content": [_content(part) for part in message.parts if part.image or part.text.strip()]}
        for message in messages
        if message.role != "system"
    ]
    return {"system": system, "messages": rest} if system else {"messages": rest}


def _plain(message: Message) -> str:
    if (image := next((part.image for part in message.parts if part.image is not None), None)) is not None:
        raise RejectedError(f"image {named(image)} stands in the system's message, which is text alone")
    return message.text


def _content(part: Part) -> dict[str, Any]:
    if part.image is None:
        return {"type": "text", "text": part.text}
    found = picture(part.image)
    if found is None:
        return {"type": "image", "source": {"type": "url", "url": part.image}}
    return {"type": "image", "source": {"type": "base64", "media_type": found.media_type, "data": found.data}}


def _calls(content: Any) -> list[tuple[str, str]]:
    """Read the tools that a model called, each with its arguments as JSON."""
    parts: list[Any] = content if isinstance(content, list) else []
    blocks = [cast("dict[str, Any]", one) for one in parts if isinstance(one, dict)]
    return [(str(one.get("name")), json.dumps(one.get("input"))) for one in blocks if one.get("type") == "tool_use"]


class AnthropicBatches(SdkBatches):
    """Send messages as batches."""

    #: As the guide states them; 256 MB read as the smaller of its two meanings.
    limits = BatchLimits(requests=100_000, size=256_000_000, frame=len('{"requests":[]}'))

    def encode(self, custom_id: str, request: Request) -> bytes:
        """Write one entry of a batch."""
        return encode_line({"custom_id": custom_id, "params": self._backend.params(request)})

    async def submit(self, lines: BinaryIO, tag: str) -> BatchState:  # noqa: ARG002 - every custom id carries it
        """Make a batch; it can't have metadata, so it is known by its custom ids alone."""
        requests: list[Any] = [json.loads(line) for line in lines]
        async with self._calling("there is no batch API") as client:
            made = await client.messages.batches.create(requests=requests, extra_headers=dict(self._backend.headers))
            return self._state(made)

    def _resource(self, client: Any) -> Any:
        return client.messages.batches

    def _may_be(self, batch: Any, state: BatchState, tag: str, since: float, requests: int) -> bool:  # noqa: ARG002 - shows in results
        return state.total == requests and batch.created_at.timestamp() >= since - _CLOCK_SKEW

    def _state(self, batch: MessageBatch) -> BatchState:
        counts = batch.request_counts
        ended = counts.succeeded + counts.errored + counts.canceled + counts.expired
        return BatchState(
            batch.id,
            batch.processing_status,
            batch.processing_status == "ended",
            total=counts.processing + ended,
            done=ended,
        )

    def _downloads(self, ended: MessageBatch) -> Iterator[Callable[[Any], Any]]:
        if not ended.results_url:
            raise GoneError(f"{self._label}: the results of batch {ended.id} are gone; they are kept for 29 days")
        yield lambda client: client.messages.batches.with_streaming_response.results(ended.id)

    def _answer(self, line: Mapping[str, Any]) -> Completion | JudgebenchError:
        given: Any = line.get("result")
        result = cast("dict[str, Any]", given) if isinstance(given, dict) else {}
        kind = str(result.get("type") or "nothing")
        message: Any = result.get("message")
        if kind == "succeeded" and isinstance(message, dict):
            return self._read(cast("dict[str, Any]", message))
        if kind == "errored":
            why: Any = result.get("error")
            inner: Any = cast("dict[str, Any]", why).get("error") if isinstance(why, dict) else None
            said = str(cast("dict[str, Any]", inner).get("type")) if isinstance(inner, dict) else ""
            return self._http_error(_STATUS.get(said, 500), why)
        return RetryableError(f"{self._label}: not answered in the batch: {kind}")
