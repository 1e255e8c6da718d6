"""The contract of a backend, and what all backends share: error mapping, deadlines.

A backend is one coroutine, ``complete: Request -> Completion``. It raises the errors of
`judgebench.errors` and nothing of the library below it, so that the run engine can decide on one
small tree. It never retries: attempts are the engine's, which counts and spaces them.
"""

from __future__ import annotations

import asyncio
import errno
import os
import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, cast

from judgebench.errors import BackendError, RejectedError, RetryableError, UsageError, argument
from judgebench.judges.headers import rate_limits, retry_after
from judgebench.redaction import is_address, learn, public_url, redact

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping
    from types import TracebackType

    from judgebench.errors import JudgebenchError


@dataclass(frozen=True, slots=True)
class Timeouts:
    """How long a call may take, in seconds: the whole, opening the connection, and until the answer begins.

    ``first_byte`` holds between two pieces of the answer too; None bounds only the whole.
    """

    total: float
    connect: float = 10.0
    first_byte: float | None = None

    @classmethod
    def of(cls, timeout: float | Timeouts) -> Timeouts:
        """Take a number of seconds for the whole call."""
        return timeout if isinstance(timeout, Timeouts) else cls(timeout)


@dataclass(frozen=True, slots=True)
class Failure:
    """What a server said when it did not answer: all that the error mapping looks at."""

    status: int
    message: str
    code: str = ""
    param: str = ""


def key_from(variable: str, backend: str) -> str:
    """Read a key from the environment, blanks around it taken off; empty where there is none.

    BackendError where no HTTP header can carry it.
    """
    key = os.environ.get(variable, "").strip()
    if not (key.isascii() and key.isprintable()):
        raise BackendError(f"{backend}: {variable} holds characters that no key has; copy the key anew")
    return key


def required_key(variable: str, backend: str) -> str:
    """Read a key from the environment; BackendError where there is none."""
    key = key_from(variable, backend)
    if not key:
        raise BackendError(f"{backend} needs a key: set {variable}")
    return key


def checked_url(url: str) -> str:
    """Return a base URL without a trailing slash; UsageError if it is not one."""
    learn(url)
    url = url.strip()
    if not url.casefold().startswith(("http://", "https://")) or not is_address(url):
        raise UsageError(f"{argument('base_url')} {public_url(url)!r} is not an http:// or https:// address")
    return url.rstrip("/")


# --- errors -------------------------------------------------------------------------------------

_RETRYABLE = frozenset({408, 409, 425, 429, 499})
_OVERLOADED = frozenset({429, 503, 529})
_NO_MONEY = ("insufficient_quota", "billing_hard_limit_reached", "credit balance is too low", "insufficient balance")
_FILTER = (
    "content_filter",
    "content_policy_violation",
    "responsibleaipolicyviolation",
    "content management policy",
    "content filtering policy",
    "safety system",
    "input was flagged",
)
_UNKNOWN_MODEL = ("model_not_found", "invalid_model")
_SETTINGS = {
    "temperature": "pass {} none to leave it out",
    "max_completion_tokens": "if it is an OpenAI-compatible server, ask it as server/<model>",
    "max_tokens": "pass another {}",
    "seed": "run without {}",
}


def http_error(  # noqa: PLR0911 - one return per row of the table in the docstring
    backend: str,
    failure: Failure,
    *,
    key_variable: str,
    headers: Mapping[str, str] | None = None,
    secrets: Iterable[str] = (),
) -> JudgebenchError:
    """Turn an HTTP status and its body into the error that says what it means for the run; ``secrets`` must not show.

    - RetryableError: 408, 409, 425, 429, 5xx
    - RejectedError: 400, 413, 422; this item can't be asked (``refused`` where a content filter said so)
    - BackendError: keys, quotas, unknown models, settings that the model does not take; every item would fail. So does
      a redirect: it would carry prompt and key to whom nobody named, or turn the POST into a GET
    """
    if 300 <= failure.status < 400:
        return BackendError(
            f"{backend}: HTTP {failure.status} sends us on to {redact(_location(headers), secrets)}; no judge goes "
            f"elsewhere by itself: if that is the server, give it as {argument('base_url')}"
        )
    status = failure.status
    said = redact(failure.message, secrets) or "no message"
    words = f"{failure.code} {failure.message}".casefold()
    what = f"{backend}: HTTP {status}: {said}"
    if status == 402 or (status in {400, 403, 429} and any(word in words for word in _NO_MONEY)):
        return BackendError(f"{what}; the account has no credit left")
    if status == 451 or (status in {400, 403, 422} and any(word in words for word in _FILTER)):
        return RejectedError(what, refused=True)
    if status in {401, 403}:
        return BackendError(f"{what}; check the key in {key_variable}")
    if status in _RETRYABLE or status >= 500:
        return RetryableError(
            what,
            retry_after=retry_after(headers or {}),
            overloaded=status in _OVERLOADED,
            limits=rate_limits(headers or {}),
        )
    if status == 404 or failure.code in _UNKNOWN_MODEL:
        return BackendError(f"{what}; check the model's name and {argument('base_url')}")
    if status in {400, 422} and (setting := _unsupported(failure)):
        return BackendError(f"{what}; {_SETTINGS[setting].format(argument(setting))}")
    if status in {400, 413, 422}:
        return RejectedError(what)
    return BackendError(f"{what}; check {argument('base_url')}")


def _location(headers: Mapping[str, str] | None) -> str:
    found = next((value for name, value in (headers or {}).items() if name.casefold() == "location"), "")
    return public_url(found) if found else "no address"


def _unsupported(failure: Failure) -> str | None:
    """Name the setting that a model does not take, if that is what the server complains about.

    Only a complaint about support ends the run: dropping a setting silently would change the judge that was asked for,
    and rejecting item by item would end every item for the same reason.
    """
    words = failure.message.casefold()
    refused = failure.code in {"unsupported_parameter", "unsupported_value"} or re.search(
        r"support|deprecat|not (?:allowed|permitted)|unknown|unrecogni[sz]ed|unexpected|cannot be set", words
    )
    if not refused:
        return None
    if failure.param:
        return failure.param if failure.param in _SETTINGS else None
    return next((name for name in _SETTINGS if re.search(rf"\b{name}\b", words)), None)


def failure_of(status: int, body: object) -> Failure:
    """Read an error body in any of the usual shapes.

    >>> failure_of(400, {"error": {"message": "no", "code": "content_filter"}})
    Failure(status=400, message='no', code='content_filter', param='')
    """
    if isinstance(body, dict):
        fields = cast("dict[str, Any]", body)
        error: Any = fields.get("error") or fields
        if isinstance(error, dict):
            error = cast("dict[str, Any]", error)
            inner: Any = error.get("innererror")
            inner_code = cast("dict[str, Any]", inner).get("code") if isinstance(inner, dict) else None
            code = " ".join(str(c) for c in (error.get("code"), error.get("type"), inner_code) if c)
            message = error.get("message") or error.get("detail") or error.get("msg") or ""
            return Failure(status, _words(message), _first_known(code), str(error.get("param") or ""))
        return Failure(status, _words(error))
    return Failure(status, _words(body))


def _words(value: Any) -> str:
    return value if isinstance(value, str) else "" if value is None else str(value)


def _first_known(code: str) -> str:
    """Keep the code that decides something: servers put it in ``code``, ``type`` or ``innererror``."""
    deciding = {*_NO_MONEY, *_FILTER, *_UNKNOWN_MODEL, "unsupported_parameter", "unsupported_value"}
    codes = code.split()
    return next((c for c in codes if c.casefold() in deciding), codes[0] if codes else "")


def unreachable(error: BaseException | None) -> bool:
    """Whether no connection could be opened, by the names that HTTP libraries give it."""
    names = {"ConnectError", "ConnectTimeout", "ClientConnectorError", "ConnectionRefusedError", "gaierror"}
    return _among(error, names | {"ConnectionTimeoutError"})


def _among(error: BaseException | None, names: set[str]) -> bool:
    return any(names & {cls.__name__ for cls in type(one).__mro__} for one in _causes(error))


def _errno(error: BaseException | None) -> int | None:
    return next((one.errno for one in _causes(error) if isinstance(one, OSError) and one.errno), None)


def _causes(error: BaseException | None) -> Iterator[BaseException]:
    """Yield an error and what lies below it."""
    seen = 0
    while error is not None and seen < 20:
        yield error
        error, seen = error.__cause__ or error.__context__, seen + 1


def connection_error(backend: str, error: BaseException, secrets: Iterable[str] = ()) -> JudgebenchError:
    """Map a connection that was not opened, or broke; what we said ourselves below an SDK is said again."""
    cause = error.__cause__ or error
    if isinstance(cause, (BackendError, RejectedError)):
        return type(cause)(f"{backend}: {cause}")
    said = redact(str(cause) or type(cause).__name__, secrets)
    if _errno(error) in {errno.EMFILE, errno.ENFILE, errno.EADDRNOTAVAIL}:
        # Ours, not the server's: fewer calls at once may do.
        return RetryableError(
            f"{backend}: this system lets no more connections be open: {said}; allow more files (`ulimit -n`), or "
            f"fewer calls at once with {argument('max_concurrency')}",
            overloaded=True,
        )
    if unreachable(error):
        return RetryableError(f"{backend}: no connection: {said}", unreachable=True)
    if _among(error, {"ReadTimeout", "SocketTimeoutError"}):
        return RetryableError(
            f"{backend}: no byte came in time; {argument('first_byte_timeout')} sets another limit", overloaded=True
        )
    return RetryableError(f"{backend}: the connection broke: {said}")


class deadline:  # noqa: N801 - used like a function; a generator would cost more than the timer does
    """Bound a whole call, with RetryableError: HTTP libraries bound each read, and a server may dribble for ever."""

    __slots__ = ("_backend", "_seconds", "_timeout")

    def __init__(self, backend: str, seconds: float) -> None:
        self._backend = backend
        self._seconds = seconds
        self._timeout = asyncio.timeout(seconds)

    async def __aenter__(self) -> None:
        await self._timeout.__aenter__()

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        try:
            await self._timeout.__aexit__(kind, error, trace)
        except TimeoutError:
            pass
        else:
            if not (isinstance(error, TimeoutError) and self._timeout.expired()):
                # A library's own limit, on a connection or a silence, goes its way as any other error.
                return
        raise RetryableError(
            f"{self._backend}: no answer within {self._seconds:g} s; {argument('timeout')} sets another limit",
            overloaded=True,
        ) from None
