"""What every backend is: one model at one address, asked through a client that belongs to the event loop."""

from __future__ import annotations

import asyncio
import os
import time
from dataclasses import replace
from typing import TYPE_CHECKING, Any, ClassVar, Generic, TypeVar, get_args

from judgebench.domain import Capability
from judgebench.errors import BackendError, JudgebenchError, UsageError, argument
from judgebench.judges.backend import (
    Timeouts,
    checked_url,
    failure_of,
    http_error,
)
from judgebench.judges.backends.chat import chat_completion, chat_messages, chat_options, decode, error_body
from judgebench.judges.forms import DEFAULT
from judgebench.judges.headers import rate_limits
from judgebench.judges.llm import LLMJudge
from judgebench.judges.model import Model
from judgebench.judges.prompts import load_prompt
from judgebench.judges.tokens import similar_tokens
from judgebench.redaction import address_secrets, environment_secrets, public_url, redact

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Mapping, Sequence

    from judgebench.domain import Completion, ImageLimits, Request
    from judgebench.domain.protocols import BatchApi
    from judgebench.judges.protocols.combining import By
    from judgebench.judges.tokens import TokenCounter

T = TypeVar("T")


class PerLoop(Generic[T]):
    """A connection pool that belongs to the running event loop, made on first use.

    A pool that outlives its loop fails in odd ways, so a new loop gets a new one. ``secrets`` must not show of an
    answer: what the environment held when this pool read its key. A key that comes later was not sent; error messages
    look at the environment anew all the same.
    """

    def __init__(
        self, make: Callable[[], T], close: Callable[[T], Awaitable[object]], secrets: Callable[[], tuple[str, ...]]
    ) -> None:
        self.secrets: tuple[str, ...] = ()
        self._make = make
        self._close = close
        self._secrets = secrets
        self._loop: asyncio.AbstractEventLoop | None = None
        self._held: T | None = None

    def get(self) -> T:
        """Return the pool of the running loop."""
        loop = asyncio.get_running_loop()
        if self._held is None or self._loop is not loop:
            self._held, self._loop = self._made(), loop
            self.secrets = self._secrets()
        return self._held

    def _made(self) -> T:
        try:
            return self._make()
        except JudgebenchError:
            raise
        except Exception as error:  # noqa: BLE001 - whatever a library makes of the environment: no case can be asked
            words = redact(str(error), self._secrets())
            raise BackendError(
                f"no client can be made ({type(error).__name__}: {words}); check the proxies, certificates and headers "
                "that the environment names"
            ) from None

    async def aclose(self) -> None:
        """Close the pool, if the running loop has one."""
        held, self._held = self._held, None
        if held is not None and self._loop is asyncio.get_running_loop():
            await self._close(held)


class ApiBackend:
    """A model behind the chat-completions format; another format has `params` and `read` of its own.

    ``settings`` are what a run records. ``name`` begins the judge's name, ``key`` is the variable of its key,
    ``own_address`` that of an address, and ``limit`` what the API calls the most tokens of an answer.
    """

    name: ClassVar[str]
    key: ClassVar[str]
    own_address: ClassVar[str] = ""
    limit: ClassVar[str] = "max_tokens"
    #: What the format knows; whether a model does is its server's to say.
    can: ClassVar[frozenset[Capability]] = frozenset(get_args(Capability)) - {"completions", "labels"}
    #: What it takes of images; None where that is its server's to say.
    images: ClassVar[ImageLimits | None] = None

    def __init__(
        self,
        model: str,
        *,
        base_url: str | None,
        temperature: float | None,
        max_tokens: int,
        timeout: float | Timeouts,
        seed: int | None,
    ) -> None:
        self.model = model
        self.label = f"{self.name}/{model}"
        address = base_url or os.environ.get(self.own_address) or None
        self.base_url = checked_url(address) if address else None
        self.timeouts = Timeouts.of(timeout)
        self.options: dict[str, Any] = {"model": model, self.limit: max_tokens}
        self.options |= {} if temperature is None else {"temperature": temperature}
        self.options |= {} if seed is None else {"seed": seed}
        self.settings: dict[str, object] = {
            "backend": self.name,
            "model": model,
            "base_url": public_url(self.base_url) if self.base_url else None,
            "temperature": temperature,
            "max_tokens": max_tokens,
            "seed": seed,
        }
        self.clients: PerLoop[Any] = PerLoop(self.connect, self.disconnect, self.secrets)

    def connect(self) -> Any:
        """Make the client that `complete` calls; its library is loaded here."""
        raise NotImplementedError

    async def disconnect(self, client: Any) -> None:
        """Close a client."""
        await client.close()

    def secrets(self) -> tuple[str, ...]:
        """Say what must never show of an answer or an error."""
        return (*environment_secrets(), *address_secrets(self.base_url))

    def params(self, request: Request) -> dict[str, Any]:
        """Write the body of a call, live or in a batch."""
        said = {"messages": chat_messages(request.messages)}
        return self.options | said | chat_options(request.options, self.limit)

    async def complete(self, request: Request) -> Completion:
        """Ask once."""
        raise NotImplementedError

    def read(self, body: Mapping[str, Any], seconds: float, secrets: Sequence[str]) -> Completion:
        """Read the body of an answer."""
        return chat_completion(self.label, body, key_variable=self.key, seconds=seconds, secrets=secrets)

    def answer(self, status: int, headers: Mapping[str, str], content: bytes, started: float) -> Completion:
        """Read what came back over HTTP: an answer, or an error to raise."""
        secrets = self.clients.secrets
        if not 200 <= status < 300:
            failure = failure_of(status, error_body(status, content.decode("utf-8", "replace")))
            raise http_error(self.label, failure, key_variable=self.key, headers=headers, secrets=secrets)
        body = decode(self.label, status, content, secrets)
        completion = self.read(body, time.monotonic() - started, secrets)
        limits = rate_limits(headers)
        return completion if limits is None else replace(completion, limits=limits)

    def price(self, completion: Completion) -> float | None:  # noqa: ARG002 - the price of one's own server is unknown
        """Say what an answer cost in US dollars; None where nobody knows."""
        return None

    def tokens(self) -> TokenCounter:
        """Count the tokens of messages before they are sent."""
        return similar_tokens()

    def batches(self) -> BatchApi | None:
        """Return the batch API that takes the same calls, if there is one."""
        return None


def model_judge(backend: type[ApiBackend], model: str, **options: Any) -> LLMJudge:
    """Build the judge that asks a backend, of whose parameters None leaves a setting out.

    Nothing is connected and no key is looked at before the first call. Without a prompt each scale has its own.
    """
    made = backend(model, **{name: one for name, one in options.items() if name not in OF_JUDGE})
    answering = Model(
        made.label,
        made.complete,
        can=made.can,
        price=made.price,
        counter=made.tokens(),
        batch=made.batches(),
        close=made.clients.aclose,
        longest=made.options[made.limit],
        images=made.images,
    )
    return judge_of(answering, made.settings, **options)


#: Options of a judge that are not its backend's.
OF_JUDGE = frozenset({"prompt", "form", "samples", "samples_by", "effort", "protocol"})


def judge_of(
    model: Model,
    settings: Mapping[str, object],
    *,
    temperature: float | None,
    prompt: str | None,
    form: str = DEFAULT,
    samples: int = 1,
    samples_by: By = "majority",
    effort: str | None = None,
    protocol: str = "",
    **_: Any,
) -> LLMJudge:
    """Build the judge that asks a model; other options are its backend's. Refuse samples that are all the same."""
    if samples > 1 and temperature == 0:
        raise UsageError(
            f"{samples} samples of {model.name} at temperature 0 are one answer {samples} times: give "
            f"{argument('temperature')} 1, or 'none' for the model's own"
        )
    return LLMJudge(
        model,
        prompt=None if prompt is None else load_prompt(prompt),
        settings=settings,
        form=form,
        samples=samples,
        samples_by=samples_by,
        effort=effort,
        protocol=protocol,
    )
