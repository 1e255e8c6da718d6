"""OpenAI's models, through the official SDK (major 2 and 3), one call at a time or through the Batch API.

A batch is a file of requests up, a file of answers down.
"""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, Any, cast

from judgebench.domain import ImageLimits
from judgebench.domain.protocols import BatchLimits, BatchState
from judgebench.errors import JudgebenchError, RetryableError
from judgebench.judges.backend import failure_of
from judgebench.judges.backends.base import model_judge
from judgebench.judges.backends.sdk import SdkBackend, SdkBatches, encode_line
from judgebench.judges.tokens import openai_tokens
from judgebench.redaction import redact

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping
    from typing import BinaryIO

    from openai.types import Batch

    from judgebench.domain import Completion, Request
    from judgebench.judges.tokens import TokenCounter

#: What ``temperature`` is where the user says nothing; reasoning models demand None.
DEFAULT_TEMPERATURE: float | None = 0.0

#: The metadata entry that carries our tag, so that a batch is found again whose id never reached us.
TAG = "judgebench"
_ENDED = frozenset({"completed", "failed", "expired", "cancelled"})
#: Refusals of a whole batch that are about the account's queue and not about the batch.
_BUSY = ("token_limit_exceeded", "rate_limit_exceeded", "enqueued token limit", "quota_exceeded")


class OpenAIBackend(SdkBackend):
    """Complete chats; the limit on an answer's tokens counts reasoning too."""

    name = "openai"
    key = "OPENAI_API_KEY"
    own_address = "OPENAI_BASE_URL"
    own_url = "https://api.openai.com/v1"
    limit = "max_completion_tokens"
    client, error = "AsyncOpenAI", "OpenAIError"
    path = "/chat/completions"
    #: As its guide to images states them, of one image alone nothing; animated GIFs are refused there.
    images = ImageLimits(("png", "jpeg", "webp", "gif"), size=512 * 2**20, together=512 * 2**20, count=1500)

    def tokens(self) -> TokenCounter:
        """Count as the model does."""
        return openai_tokens(self.model)

    def batches(self) -> OpenAIBatches:
        """Return the Batch API."""
        return OpenAIBatches(self)


create = partial(model_judge, OpenAIBackend)


class OpenAIBatches(SdkBatches):
    """Send chats as batches."""

    #: As the API reference states them; 200 MB read as the smaller of its two meanings.
    limits = BatchLimits(requests=50_000, size=200_000_000)

    def encode(self, custom_id: str, request: Request) -> bytes:
        """Write one line of an input file."""
        body = self._backend.params(request)
        return encode_line({"custom_id": custom_id, "method": "POST", "url": "/v1/chat/completions", "body": body})

    async def submit(self, lines: BinaryIO, tag: str) -> BatchState:
        """Upload the file and make a batch of it."""
        async with self._calling("there is no batch API") as client:
            file = await client.files.create(file=(f"judgebench-{tag}.jsonl", lines), purpose="batch")
            batch = await client.batches.create(
                input_file_id=file.id,
                endpoint="/v1/chat/completions",
                completion_window="24h",
                metadata={TAG: tag},
            )
            return self._state(batch)

    def _resource(self, client: Any) -> Any:
        return client.batches

    def _may_be(self, batch: Any, state: BatchState, tag: str, since: float, requests: int) -> bool:  # noqa: ARG002 - the tag suffices
        return state.tag == tag

    def _state(self, batch: Batch) -> BatchState:
        counts = batch.request_counts
        why, busy = "", False
        if batch.status == "failed":
            errors = (batch.errors.data or []) if batch.errors else []
            said = [f"{f'line {e.line}: ' if e.line else ''}{e.message or e.code or ''}" for e in errors[:3]]
            more = f" (and {len(errors) - 3} more)" if len(errors) > 3 else ""
            why = redact("; ".join(filter(None, said)) + more, self._backend.secrets()) or "no reason was given"
            words = " ".join(f"{e.code} {e.message}" for e in errors).casefold()
            busy = any(word in words for word in _BUSY)
        return BatchState(
            batch.id,
            batch.status,
            batch.status in _ENDED,
            total=counts.total if counts else 0,
            done=counts.completed + counts.failed if counts else 0,
            failure=why,
            busy=busy,
            tag=(batch.metadata or {}).get(TAG, ""),
        )

    def _downloads(self, ended: Batch) -> Iterator[Callable[[Any], Any]]:
        for file in filter(None, (ended.output_file_id, ended.error_file_id)):
            yield partial(_content, file=file)

    def _answer(self, line: Mapping[str, Any]) -> Completion | JudgebenchError:
        response: Any = line.get("response")
        if not isinstance(response, dict):
            failure = failure_of(0, line)
            said = redact(failure.message or failure.code, self._backend.secrets()) or "no answer"
            return RetryableError(f"{self._label}: not answered in the batch: {said}")
        given = cast("dict[str, Any]", response)
        status, body = given.get("status_code"), given.get("body")
        if isinstance(status, int) and not 200 <= status < 300:
            return self._http_error(status, body)
        if not isinstance(body, dict):
            return RetryableError(f"{self._label}: an answer of the batch is not a JSON object")
        return self._read(cast("dict[str, Any]", body))


def _content(client: Any, file: str) -> Any:
    return client.files.with_streaming_response.content(file)
