r"""A loopback language model: OpenAI chat completions and Anthropic messages, with faults on demand.

On the command line (prints its port on the first line, then serves until it is stopped)::

    python tests/servers/fake_llm.py --port 0 [--latency 0.05] [--log requests.jsonl] [--faults SPEC] [--seed N]

In tests, through the fixture ``fake_llm`` or by hand::

    with FakeLLM(faults="429*1") as llm:
        llm.openai_url      # http://127.0.0.1:PORT/v1      for openai, server, litellm/openai/...
        llm.anthropic_url   # http://127.0.0.1:PORT         for anthropic
        llm.limiter         # what it let in and refused, with FakeLLM(limiter=Limiter(rpm, tpm))
        llm.next("500")     # the next request fails, whatever SPEC says; None answers it
        llm.requests        # what came in: Request(digest, path, fault, body, headers)
        llm.counts          # Counter of requests per prompt digest

**Verdicts.** The answer depends on nothing but the text of the messages: the verdicts that the end of the
prompt offers (after the last fenced block, ``[[...]]``, or ``[[N]]`` with "from LOW to HIGH") are found and
one is drawn by a hash of all message texts. The same prompt gets the same verdict through either API.
Tokens are counted as one per four characters.

**Log.** One JSON line per request, flushed when the request arrives and before it is answered, so that
``kill -9`` on either side loses none: ``{"n", "digest", "path", "model", "fault"}``. A prompt's digest
tells cases apart: two lines with one digest are one case asked twice.

**Faults.** SPEC is a comma-separated list of ``KIND[@SHARE][*TIMES]``: SHARE of the prompts (drawn by
seed and digest; default all) fail, the first TIMES times that each is asked (default always). A prompt
that holds ``<<fault:KIND>>`` or ``<<fault:KIND*TIMES>>`` fails so whatever SPEC says; the first fault that
applies is the one. Kinds:

=========== =====================================================================================
429         too many requests, ``Retry-After: 0.05``
429-date    the same with an HTTP date one second ahead
quota       429 with code ``insufficient_quota``
500, 503    a server error
401, 403    a refused key; the message quotes the key that was sent
404         an unknown model
400         a bad request (context too long)
413         a request too large
temperature 400 unsupported_value for ``temperature``, if the request holds one
filter      400 with a content filter's code
hang        no answer, ever
cut         the connection is closed without an answer
half        half a body, then the connection is closed
drip        200 with a body that comes a byte at a time and never ends
json        200 with a body that is not JSON
empty       200 with no choices (no content)
error200    200 with an error body
error429    200 with an error body whose code is 429
refusal     200, the model refuses
blocked     200, finish_reason ``content_filter`` (Anthropic: ``refusal``)
length      200, cut off at the token limit, a verdict already in it
two         200 with two different verdicts
none        200 without a verdict
offscale    200 with a verdict that is on no scale
echo        200, the answer quotes all request headers, then gives a verdict
=========== =====================================================================================
"""

from __future__ import annotations

import argparse
import asyncio
import hashlib
import json
import re
import threading
import time
from collections import Counter
from dataclasses import dataclass, field
from email.utils import formatdate
from pathlib import Path
from typing import Any, Self

from aiohttp import web

try:
    from servers.limiter import Limiter
except ImportError:  # started by itself, as a script
    from limiter import Limiter

_ERRORS = {
    "500": (500, "server_error", "the server had a bad moment"),
    "503": (503, "overloaded", "overloaded"),
    "404": (404, "model_not_found", "the model does not exist"),
    "400": (400, "context_length_exceeded", "the context is too long"),
    "413": (413, "request_too_large", "the request is too large"),
    "filter": (400, "content_filter", "the prompt was filtered by the content management policy"),
    "quota": (429, "insufficient_quota", "you exceeded your quota"),
    "429": (429, "rate_limit_exceeded", "slow down"),
    "429-date": (429, "rate_limit_exceeded", "slow down"),
}
KINDS = (
    *_ERRORS,
    *("401", "403", "temperature", "hang", "cut", "half", "drip", "json", "empty", "error200", "error429"),
    *("refusal", "blocked", "length", "two", "none", "offscale", "echo"),
)


@dataclass(frozen=True)
class Fault:
    kind: str
    share: float = 1.0
    times: int | None = None

    @classmethod
    def parse(cls, spec: str) -> Fault:
        match = re.fullmatch(r"([a-z0-9-]+)(?:@([0-9.]+))?(?:\*(\d+))?", spec.strip())
        if match is None or match[1] not in KINDS:
            raise ValueError(f"{spec!r} is no fault; KIND[@SHARE][*TIMES] with KIND one of {', '.join(KINDS)}")
        return cls(match[1], float(match[2] or 1), int(match[3]) if match[3] else None)

    def applies(self, digest: str, earlier: int, seed: int) -> bool:
        if self.times is not None and earlier >= self.times:
            return False
        drawn = int(hashlib.sha256(f"{seed}:{self.kind}:{digest}".encode()).hexdigest()[:8], 16) / 0xFFFFFFFF
        return self.share >= 1 or drawn < self.share


@dataclass
class Request:
    digest: str
    path: str
    fault: str | None
    body: dict[str, Any]
    headers: dict[str, str] = field(repr=False, default_factory=dict)


class FakeLLM:
    """The server, in a thread of its own; a context manager."""

    def __init__(
        self,
        *,
        port: int = 0,
        latency: float = 0.0,
        log: Path | None = None,
        faults: str = "",
        seed: int = 0,
        limiter: Limiter | None = None,
        version: str = "fake",
    ) -> None:
        self.port = port
        self.latency = latency
        self.log = log
        self.faults = [Fault.parse(spec) for spec in faults.split(",") if spec.strip()]
        self.seed = seed
        self.limiter = limiter
        self.version = version
        self.retry_after = "0.05"
        self.in_flight = self.most_in_flight = 0
        self.requests: list[Request] = []
        self.counts: Counter[str] = Counter()
        self._queue: list[str | None] = []
        self._thread: threading.Thread | None = None
        self._loop: asyncio.AbstractEventLoop | None = None
        self._stop: asyncio.Event | None = None

    @property
    def openai_url(self) -> str:
        return f"http://127.0.0.1:{self.port}/v1"

    @property
    def anthropic_url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    def next(self, *kinds: str | None) -> None:
        """Queue faults for the next requests; None answers one."""
        for kind in kinds:
            if kind is not None:
                Fault.parse(kind)
        self._queue.extend(kinds)

    def __enter__(self) -> Self:
        ready = threading.Event()
        self._thread = threading.Thread(target=lambda: asyncio.run(self.serve(ready)), daemon=True)
        self._thread.start()
        if not ready.wait(10):
            raise RuntimeError("the fake server did not start")
        return self

    def __exit__(self, *_: object) -> None:
        assert self._loop is not None
        assert self._stop is not None
        assert self._thread is not None
        self._loop.call_soon_threadsafe(self._stop.set)
        self._thread.join(10)

    async def serve(self, ready: threading.Event | None = None, *, announce: bool = False) -> None:
        """Serve until stopped."""
        self._loop, self._stop = asyncio.get_running_loop(), asyncio.Event()
        app = web.Application(client_max_size=256 * 2**20)
        self.routes(app)
        runner = web.AppRunner(app, access_log=None, handler_cancellation=True, shutdown_timeout=0.1)
        await runner.setup()
        site = web.TCPSite(runner, "127.0.0.1", self.port)
        await site.start()
        self.port = runner.addresses[0][1]
        if announce:
            print(self.port, flush=True)  # noqa: T201 - the caller reads it
        if ready is not None:
            ready.set()
        await self._stop.wait()
        await runner.cleanup()

    def routes(self, app: web.Application) -> None:
        """Say what is served where; stand-ins of more APIs add theirs."""
        app.router.add_post("/v1/chat/completions", self._chat)
        app.router.add_post("/chat/completions", self._chat)
        app.router.add_post("/v1/messages", self._messages)

    # --- one request ----------------------------------------------------------------------------

    async def _chat(self, request: web.Request) -> web.StreamResponse:
        return await self._answer(request, self.writer("openai"))

    async def _messages(self, request: web.Request) -> web.StreamResponse:
        return await self._answer(request, self.writer("anthropic"))

    def writer(self, api: str) -> Any:
        """Say what writes an answer, live or in a batch: of the request's body, its prompt, the reply and the fault."""
        return _openai_body if api == "openai" else _anthropic_body

    async def _answer(self, request: web.Request, write: Any) -> web.StreamResponse:
        body: dict[str, Any] = await request.json()
        texts = _texts(body)
        prompt = "\n".join(texts)
        digest = hashlib.sha256("\0".join(texts).encode()).hexdigest()[:16]
        fault = self._fault(prompt, digest, body)
        self.counts[digest] += 1
        self.requests.append(Request(digest, request.path, fault, body, dict(request.headers)))
        self._write_log(digest, request.path, str(body.get("model")), fault)
        # What came in stays as it came: tests look at it.
        body = self.versioned(body)
        headers: dict[str, str] = {}
        if self.limiter is not None:
            wait = self.limiter.admit((len(prompt) + len(_reply(prompt, fault, request))) // 4)
            headers = self.limiter.headers()
            if wait > 0:
                headers |= {"retry-after-ms": f"{wait * 1000:.0f}", "Retry-After": f"{wait:.0f}"}
                return _refusal("429", headers)
        self.in_flight += 1
        self.most_in_flight = max(self.most_in_flight, self.in_flight)
        try:
            response = await self._after_a_while(request, write, body, prompt, fault)
        finally:
            self.in_flight -= 1
        if not response.prepared:
            response.headers.update(headers)
        return response

    async def _after_a_while(
        self, request: web.Request, write: Any, body: dict[str, Any], prompt: str, fault: str | None
    ) -> web.StreamResponse:
        if self.latency:
            await asyncio.sleep(self.latency)
        if fault in {"hang", "cut"}:
            if fault == "hang":
                await asyncio.sleep(3600)
            return _cut(request)
        if (error := _error(fault, request, self.retry_after)) is not None:
            return error
        if fault == "json":
            return web.Response(text="<html>no JSON here</html>", content_type="application/json")
        if fault in {"error200", "error429"}:
            code = 429 if fault == "error429" else "upstream"
            return web.json_response({"error": {"message": "the upstream failed", "code": code}})
        answer = write(body, prompt, _reply(prompt, fault, request), fault)
        if fault in {"half", "drip"}:
            return await (_drip(request) if fault == "drip" else _half(request, json.dumps(answer).encode()))
        return web.json_response(answer)

    def versioned(self, body: dict[str, Any]) -> dict[str, Any]:
        """Name the version that answers in place of the model that was asked for."""
        return body | {"model": f"{body.get('model')}-{self.version}"}

    def _fault(self, prompt: str, digest: str, body: dict[str, Any]) -> str | None:
        earlier = self.counts[digest]
        if self._queue:
            return self._queue.pop(0)
        marked = [Fault.parse(m) for m in re.findall(r"<<fault:([^<>]+)>>", prompt)]
        for fault in [*marked, *self.faults]:
            if fault.kind == "temperature" and "temperature" not in body:
                continue
            if fault.applies(digest, earlier, self.seed):
                return fault.kind
        return None

    def _write_log(self, digest: str, path: str, model: str, fault: str | None) -> None:
        if self.log is None:
            return
        line = {"n": len(self.requests), "digest": digest, "path": path, "model": model, "fault": fault}
        with self.log.open("a", encoding="utf-8") as file:
            file.write(json.dumps(line) + "\n")


def _texts(body: dict[str, Any]) -> list[str]:
    texts: list[str] = []
    for content in [body.get("system"), *(message["content"] for message in body["messages"])]:
        if isinstance(content, str):
            texts.append(content)
        elif isinstance(content, list):
            texts.append("".join(part.get("text", "") for part in content))
    return texts


def _offered(prompt: str) -> list[str]:
    """The verdicts that the end of a prompt offers."""
    end = prompt[prompt.rfind("=== end ") :]
    if bounds := re.search(r"\[\[N\]\].*?from (-?\d+).*? to (-?\d+)", end, re.DOTALL):
        return [str(n) for n in range(int(bounds[1]), int(bounds[2]) + 1)]
    return list(dict.fromkeys(re.findall(r"\[\[([^\[\]\n]+)\]\]", end)))


def _reply(prompt: str, fault: str | None, request: web.Request) -> str:
    offered = _offered(prompt) or ["A", "B"]
    drawn = offered[int(hashlib.sha256(prompt.encode()).hexdigest()[:8], 16) % len(offered)]
    if fault == "two":
        return f"At first sight [[{offered[0]}]].\n[[{offered[-1]}]]"
    if fault in {"none", "refusal"}:
        return "I would rather not say." if fault == "none" else ""
    if fault == "offscale":
        return "[[Z9]]"
    if fault == "echo":
        return f"{dict(request.headers)}\n[[{drawn}]]"
    return f"I compared what I was shown.\n[[{drawn}]]"


def _openai_body(body: dict[str, Any], prompt: str, reply: str, fault: str | None) -> dict[str, Any]:
    message: dict[str, Any] = {"role": "assistant", "content": reply, "refusal": None}
    if fault == "refusal":
        message = {"role": "assistant", "content": None, "refusal": "I can't help with that."}
    finish = {"length": "length", "blocked": "content_filter"}.get(fault or "", "stop")
    tokens = {"prompt_tokens": len(prompt) // 4, "completion_tokens": len(reply) // 4}
    return {
        "id": "chatcmpl-fake",
        "object": "chat.completion",
        "created": 1,
        "model": body["model"],
        "choices": [] if fault == "empty" else [{"index": 0, "message": message, "finish_reason": finish}],
        "usage": tokens | {"total_tokens": sum(tokens.values())},
    }


def _anthropic_body(body: dict[str, Any], prompt: str, reply: str, fault: str | None) -> dict[str, Any]:
    stop = {"length": "max_tokens", "refusal": "refusal", "blocked": "refusal"}.get(fault or "", "end_turn")
    return {
        "id": "msg_fake",
        "type": "message",
        "role": "assistant",
        "model": body["model"],
        "content": [] if fault in {"empty", "refusal"} else [{"type": "text", "text": reply}],
        "stop_reason": stop,
        "stop_sequence": None,
        "usage": {"input_tokens": len(prompt) // 4, "output_tokens": len(reply) // 4},
    }


def _error(fault: str | None, request: web.Request, retry_after: str) -> web.Response | None:
    headers = {}
    if fault == "429":
        headers["Retry-After"] = retry_after
    if fault == "429-date":
        headers["Retry-After"] = formatdate(time.time() + 2, usegmt=True)
    if fault in {"401", "403"}:
        key = request.headers.get("Authorization") or request.headers.get("x-api-key")
        status, code, message = int(fault), "invalid_api_key", f"Incorrect API key provided: {key}"
    elif fault == "temperature":
        status, code = 400, "unsupported_value"
        message = "'temperature' does not support 0 with this model; only the default is supported"
    elif fault in _ERRORS:
        status, code, message = _ERRORS[fault]
    else:
        return None
    return _refusal(status, headers, code, message, fault)


def _refusal(
    status: int | str,
    headers: dict[str, str],
    code: str = "rate_limit_exceeded",
    message: str = "slow down",
    fault: str | None = None,
) -> web.Response:
    error = {"message": message, "type": code, "code": code}
    if fault == "temperature":
        error["param"] = "temperature"
    return web.json_response({"type": "error", "error": error}, status=int(status), headers=headers)


def _cut(request: web.Request) -> web.Response:
    if request.transport is not None:
        request.transport.abort()
    return web.Response()


async def _drip(request: web.Request) -> web.StreamResponse:
    response = web.StreamResponse(headers={"Content-Type": "application/json"})
    await response.prepare(request)
    while True:
        await response.write(b" ")
        await asyncio.sleep(0.05)


async def _half(request: web.Request, body: bytes) -> web.StreamResponse:
    response = web.StreamResponse(headers={"Content-Length": str(len(body)), "Content-Type": "application/json"})
    await response.prepare(request)
    await response.write(body[: len(body) // 2])
    await asyncio.sleep(0.02)
    _cut(request)
    return response


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--port", type=int, default=0)
    parser.add_argument("--latency", type=float, default=0.0)
    parser.add_argument("--log", type=Path)
    parser.add_argument("--faults", default="")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--rpm", type=float)
    parser.add_argument("--tpm", type=float)
    parser.add_argument("--per", type=float, default=60.0, help="seconds of a minute")
    parser.add_argument("--style", choices=("openai", "anthropic", "none"), default="openai")
    options = parser.parse_args()
    limited = options.rpm is not None or options.tpm is not None
    server = FakeLLM(
        port=options.port,
        latency=options.latency,
        log=options.log,
        faults=options.faults,
        seed=options.seed,
        limiter=Limiter(options.rpm, options.tpm, options.per, options.style) if limited else None,
    )
    asyncio.run(server.serve(announce=True))


if __name__ == "__main__":
    main()
