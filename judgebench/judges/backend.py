"""The contract of a backend, and what all backends share: error mapping, redaction, deadlines.

A backend is one coroutine, ``complete: Request -> Completion``. It raises the errors of
`judgebench.errors` and nothing of the library below it, so that the run engine can decide on one
small tree. It never retries: attempts are the engine's, which counts and spaces them.
"""

from __future__ import annotations

import asyncio
import base64
import os
import re
from dataclasses import dataclass
from functools import lru_cache
from typing import TYPE_CHECKING, Any, cast
from urllib.parse import unquote, urlsplit, urlunsplit

from judgebench.errors import BackendError, RejectedError, RetryableError, UsageError, argument
from judgebench.judges.headers import rate_limits, retry_after

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping
    from types import TracebackType

    from judgebench.errors import JudgebenchError


_LONGEST_MESSAGE = 300


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


# --- secrets ------------------------------------------------------------------------------------

_SECRET_NAME = re.compile(r"(?:^|_)(?:API_?KEY|KEY|TOKEN|SECRET|PASSWORD|PASSWD)$")
# What keys look like even where we don't hold them: a server may quote one back, in part or in full.
_SECRET_SHAPE = re.compile(
    r"\b(?:sk|pk|rk|xai|gsk|hf|AIza)[-_][A-Za-z0-9_*.-]{6,}|(?<=Bearer )[^\s\"',]+|(?<=://)[^\s/@]+(?=@)", re.IGNORECASE
)


def environment_secrets() -> tuple[str, ...]:
    """Values of environment variables that are named like keys (eight characters or more)."""
    # Bare, as they are sent: a key from a file often carries a line break into the variable.
    named = {os.environ.get(name, "").strip() for name in os.environ if _names_a_secret(name)}
    return tuple(value for value in named if len(value) >= 8)


@lru_cache(maxsize=4096)
def _names_a_secret(variable: str) -> bool:
    return _SECRET_NAME.search(variable.upper()) is not None


def key_from(variable: str, backend: str) -> str:
    """Read a key from the environment, blanks around it taken off; empty where there is none.

    BackendError where no HTTP header can carry it.
    """
    key = os.environ.get(variable, "").strip()
    if not (key.isascii() and key.isprintable()):
        raise BackendError(f"{backend}: {variable} holds characters that no key has; copy the key anew")
    return key


def login_of(url: str | None) -> str:
    """Return the ``user:password`` of an address; empty where it has none."""
    parts = urlsplit((url or "").strip())
    return f"{unquote(parts.username)}:{unquote(parts.password or '')}" if parts.username else ""


def login_secrets(url: str | None) -> tuple[str, ...]:
    """Say what must never show of an address that holds a login, as it is written and as it is sent.

    >>> login_secrets("https://me:p%40ss@example.org")
    ('me:p%40ss', 'p%40ss', 'p@ss', 'bWU6cEBzcw==')
    """
    login = login_of(url)
    if not login:
        return ()
    written = urlsplit((url or "").strip()).netloc.rpartition("@")[0]
    # A login without a password is a token in the user's place.
    secret = [text.partition(":")[2] or text.rstrip(":") for text in (written, login)]
    return tuple(dict.fromkeys((written, *secret, base64.b64encode(login.encode()).decode("ascii"))))


def hide(text: str, secrets: Iterable[str]) -> str:
    """Blank out exact secrets in a text; everything else is left as it is."""
    for secret in sorted(filter(None, secrets), key=len, reverse=True):
        text = text.replace(secret, "[redacted]")
    return text


def redact(text: str, secrets: Iterable[str] = ()) -> str:
    """Make words from outside fit for an error message: no secrets, one line, not too long.

    >>> redact("Incorrect API key provided: sk-abc***xyz.  Bearer t0ps3cret", ["t0ps3cret"])
    'Incorrect API key provided: [redacted] Bearer [redacted]'
    """
    text = _SECRET_SHAPE.sub("[redacted]", hide(text, [*secrets, *environment_secrets()]))
    text = " ".join(text.split())
    return text if len(text) <= _LONGEST_MESSAGE else text[: _LONGEST_MESSAGE - 1] + "…"


def checked_url(url: str) -> str:
    """Return a base URL without a trailing slash; UsageError if it is not one."""
    parts = urlsplit(url.strip())
    if parts.scheme not in {"http", "https"} or not parts.hostname:
        raise UsageError(f"{argument('base_url')} {public_url(url)!r} is not an http:// or https:// address")
    return url.strip().rstrip("/")


def public_url(url: str) -> str:
    """Return a URL fit for a file: without user, password, query and fragment.

    >>> public_url("https://me:secret@example.org:8000/v1?key=1")
    'https://example.org:8000/v1'
    """
    parts = urlsplit(url.strip())
    return urlunsplit((parts.scheme, parts.netloc.rpartition("@")[2], parts.path, "", ""))


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
    - BackendError: keys, quotas, unknown models, settings that the model does not take; every item would fail
    """
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
    seen = 0
    while error is not None and seen < 20:
        if names & {cls.__name__ for cls in type(error).__mro__}:
            return True
        error, seen = error.__cause__ or error.__context__, seen + 1
    return False


def connection_error(backend: str, error: BaseException, secrets: Iterable[str] = ()) -> RetryableError:
    """Map a connection that was not opened, or broke."""
    cause = error.__cause__ or error
    said = redact(str(cause) or type(cause).__name__, secrets)
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
