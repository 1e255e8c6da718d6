"""The chat-completions format, spoken by the OpenAI SDK, litellm and one's own server alike."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import TYPE_CHECKING, Any, cast

import orjson

from judgebench.domain import Completion, Token
from judgebench.errors import RetryableError
from judgebench.judges.backend import failure_of, http_error
from judgebench.judges.endings import finish_of, pieces, told
from judgebench.judges.images import image_url
from judgebench.redaction import hide, redact

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from judgebench.domain import Message, Part

#: What APIs call the reasoning that they keep apart from the answer.
_REASONING = ("reasoning_content", "reasoning", "thinking")
#: How an answer ends that is a call.
_CALLED = frozenset({"tool_calls", "function_call", "stop", None})
#: The largest count that every reader of JSON keeps to the last digit.
_MOST = 2**53
_LONGEST_NAME = 200


def chat_messages(messages: Sequence[Message]) -> list[dict[str, Any]]:
    """Write messages as chat completions take them; plain text stays a plain string."""
    written: list[dict[str, Any]] = []
    for message in messages:
        if all(part.image is None for part in message.parts):
            written.append({"role": message.role, "content": message.text})
        else:
            written.append({"role": message.role, "content": [_content(part) for part in message.parts]})
    return written


def chat_options(options: Sequence[tuple[str, Any]], longest: str) -> dict[str, Any]:
    """Write a request's options as chat completions take them; ``longest`` is what they call the most tokens."""
    written: dict[str, Any] = {}
    for name, value in options:
        if name == "schema":
            shape = {"name": "verdict", "schema": value, "strict": True}
            written["response_format"] = {"type": "json_schema", "json_schema": shape}
        elif name == "tool":
            written["tools"] = [{"type": "function", "function": value}]
            written["tool_choice"] = {"type": "function", "function": {"name": value["name"]}}
        elif name == "logprobs":
            written |= {"logprobs": True, "top_logprobs": value}
        else:
            written[{"effort": "reasoning_effort", "max_tokens": longest}.get(name, name)] = value
    return written


def _content(part: Part) -> dict[str, Any]:
    if part.image is None:
        return {"type": "text", "text": part.text}
    return {"type": "image_url", "image_url": {"url": image_url(part.image)}}


def encode(body: Mapping[str, Any]) -> bytes:
    """Write the body of a request."""
    try:
        return orjson.dumps(body)
    except orjson.JSONEncodeError:  # json escapes lone surrogates and writes integers of any size
        return json.dumps(body).encode()


def loads(text: str | bytes) -> Any:
    """Read JSON; what orjson is too strict for (a lone surrogate, NaN, bytes that are not UTF-8) as json reads it.

    ValueError or RecursionError where it is not JSON.
    """
    try:
        return orjson.loads(text)
    except orjson.JSONDecodeError:
        return json.loads(text.decode("utf-8", "replace") if isinstance(text, bytes) else text)


def decode(backend: str, status: int, content: str | bytes, secrets: Iterable[str] = ()) -> dict[str, Any]:
    """Read the body of a 2xx answer; what is not a JSON object may be one next time."""
    try:
        body: Any = loads(content)
    except (ValueError, RecursionError):
        problem = "a body that is not JSON"
    else:
        if isinstance(body, dict):
            return cast("dict[str, Any]", body)
        problem = "JSON that is not an object"
    text = content.decode("utf-8", "replace") if isinstance(content, bytes) else content
    raise RetryableError(f"{backend}: HTTP {status} with {problem}: {redact(text, secrets)!r}")


def error_body(status: int, text: str) -> Any:
    """Read the body of an error: JSON where it is JSON, else its words."""
    try:
        return loads(text)
    except (ValueError, RecursionError):
        return text or f"HTTP {status}"


def raise_for_error_in_200(
    backend: str, body: Mapping[str, Any], key_variable: str, secrets: Iterable[str] = ()
) -> None:
    """Raise the error that some servers and proxies put into the body of a 200."""
    if not body.get("error"):
        return
    failure = failure_of(200, body)
    if failure.code.isdigit() and 400 <= int(failure.code) <= 599:
        raise http_error(backend, failure_of(int(failure.code), body), key_variable=key_variable, secrets=secrets)
    raise RetryableError(f"{backend}: HTTP 200 with an error: {redact(failure.message or str(body), secrets)}")


def chat_completion(
    backend: str, body: Mapping[str, Any], *, key_variable: str, seconds: float, secrets: Iterable[str] = ()
) -> Completion:
    """Read a chat completion; RetryableError where it holds an error, no choice, or a choice without a message.

    RejectedError where it ended for a reason that makes no answer.
    """
    raise_for_error_in_200(backend, body, key_variable, secrets)
    given: Any = body.get("choices")
    choices: list[Any] = given if isinstance(given, list) else []
    if not choices:
        raise RetryableError(f"{backend}: HTTP 200 without a choice")
    read = [_answer(backend, one, secrets) for one in choices]
    usage: Any = body.get("usage")
    counts = cast("dict[str, Any]", usage) if isinstance(usage, dict) else {}
    cached = _field(counts.get("prompt_tokens_details"), "cached_tokens")
    several = len(read) > 1
    return replace(
        read[0],
        input_tokens=count(counts.get("prompt_tokens")),
        output_tokens=count(counts.get("completion_tokens")),
        cached_tokens=count(cached),
        model=hide(model_name(body), secrets),
        seconds=seconds,
        choices=tuple(one.text for one in read) if several else (),
        answers=tuple(read) if several else (),
    )


def _answer(backend: str, choice: Any, secrets: Iterable[str]) -> Completion:
    """Read one choice."""
    message = _field(choice, "message")
    if not isinstance(message, dict):
        raise RetryableError(f"{backend}: HTTP 200 without a choice")
    said = cast("dict[str, Any]", message)
    calls = _calls(said)
    reason = _field(choice, "finish_reason")
    called = bool(calls) and isinstance(reason, str | None) and reason in _CALLED
    finish = "stop" if called else finish_of(backend, reason)
    refusal = _refusal(said)
    if refusal and finish == "stop":
        finish = "refusal"
    return Completion(
        text=hide(_text(said, refusal), secrets),
        finish=finish,
        logprobs=_logprobs(_field(_field(choice, "logprobs"), "content")),
        calls=tuple((hide(name, secrets), hide(arguments, secrets)) for name, arguments in calls),
    )


def _calls(message: dict[str, Any]) -> list[tuple[str, str]]:
    """Read the tools that a model called; some servers send the arguments as an object."""
    given: Any = message.get("tool_calls")
    calls: list[Any] = given if isinstance(given, list) else []
    found: list[tuple[str, str]] = []
    for one in calls:
        name, arguments = (_field(_field(one, "function"), key) for key in ("name", "arguments"))
        if isinstance(name, str):
            written = arguments if isinstance(arguments, str) else json.dumps(arguments)
            found.append((name[:_LONGEST_NAME], written))
    return found


def _logprobs(content: Any) -> tuple[Token, ...]:
    """Read log-probabilities; none where they are something else than the API says."""
    tokens: list[Any] = content if isinstance(content, list) else []
    try:
        tops = [tuple((o["token"], o["logprob"]) for o in one["top_logprobs"]) for one in tokens]
        return tuple(Token(str(t["token"]), float(t["logprob"]), top) for t, top in zip(tokens, tops, strict=True))
    except (KeyError, TypeError, ValueError):
        return ()


def _field(value: Any, name: str) -> Any:
    return cast("dict[str, Any]", value).get(name) if isinstance(value, dict) else None


def _text(message: Any, refusal: str = "") -> str:
    """Read what a message says, the reasoning that its server kept apart before it."""
    apart = next((text for name in _REASONING if isinstance(text := _field(message, name), str) and text), "")
    said = pieces(_field(message, "content"))
    return told([(True, apart), *said, (False, "" if any(text for _, text in said) else refusal)])


def _refusal(message: dict[str, Any]) -> str:
    """Find the words of a refusal: beside the content, or a part of it."""
    content: Any = message.get("content")
    parts: list[Any] = content if isinstance(content, list) else []
    places = [message, message.get("provider_specific_fields"), *parts]
    return next((text for one in places if isinstance(text := _field(one, "refusal"), str) and text), "")


def model_name(body: Mapping[str, Any]) -> str:
    """Read the version that answered."""
    name = body.get("model")
    return name[:_LONGEST_NAME] if isinstance(name, str) else ""


def count(value: Any) -> int:
    """Read a token count; servers that don't count leave it out or null, and what can't be one counts as that."""
    return value if type(value) is int and 0 <= value <= _MOST else 0
