r"""Loopback stand-ins of both batch APIs, beside the live ones of `FakeLLM`: the same prompt gets the same verdict.

In tests::

    with FakeBatches(polls=2) as llm:
        llm.hold = True             # no batch ends until this is False again
        llm.lead = ""               # answers in batches are those of live calls to the letter
        llm.flaky = 3               # the next three questions after a batch are answered with 500
        llm.next_batch("expired")   # what becomes of the next batches as a whole
        llm.next_create("stall")    # what becomes of the next calls that make a batch
        llm.batches                 # what was made: Batch(id, api, requests, size, metadata, ...)
        llm.paid                    # Counter of answers given (and so billed) per prompt digest, live ones included

**Requests.** A prompt that holds ``<<batch:KIND>>`` ends so in a batch, and is answered live: ``expired``,
``canceled``, ``errored`` (a server error), or any fault of `fake_llm` that answers or is an HTTP error.

**Batches.** Ends after ``polls`` times that it was asked after. As a whole: ``failed`` (OpenAI: validation), ``busy``
(OpenAI: the queue is full), ``expired`` and ``cancelled`` (every second request was answered). What breaks the
documented rules (custom ids, one model, a known endpoint, the limits) fails as the real ones say it does.

**Creation.** ``stall``: the batch is made and the answer never comes. ``cut``: it is made and the connection closed.
``lost``: the connection is closed and nothing made. ``400``, ``429``, ``500``: so answered, and nothing made.

Results come in another order than the requests, and of OpenAI's in two files.
"""

from __future__ import annotations

import asyncio
import hashlib
import json
import re
import time
from collections import Counter
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

from aiohttp import web
from servers.fake_llm import (
    FakeLLM,
    _cut,
    _error,
    _reply,
    _texts,
)

_CUSTOM_ID = re.compile(r"[A-Za-z0-9_-]{1,64}")


@dataclass
class Batch:
    id: str
    api: str
    entries: list[tuple[str, dict[str, Any]]]
    size: int
    request: web.Request
    metadata: dict[str, str] = field(default_factory=dict)
    whole: str | None = None
    errors: list[dict[str, Any]] = field(default_factory=list)
    created: float = field(default_factory=time.time)
    asked: int = 0
    ended: bool = False
    canceling: bool = False
    results: list[dict[str, Any]] = field(default_factory=list)
    headers: dict[str, str] = field(default_factory=dict)

    @property
    def requests(self) -> int:
        return len(self.entries)


class FakeBatches(FakeLLM):
    """Both APIs, live and in batches."""

    def __init__(self, *, polls: int = 2, most: int = 50_000, largest: int = 200_000_000, **rest: Any) -> None:
        super().__init__(**rest)
        self.polls = polls
        self.most = most
        self.largest = largest
        self.hold = False
        self.flaky = 0
        # U+2028 ends a line for some readers of lines, and in no JSON.
        self.lead = "\u2028"
        self.batches: list[Batch] = []
        self.batched: Counter[str] = Counter()
        self.gone: set[str] = set()
        self._wholes: list[str | None] = []
        self._creates: list[str | None] = []
        self._files: dict[str, bytes] = {}

    @property
    def paid(self) -> Counter[str]:
        return self.batched + Counter(r.digest for r in self.requests if r.fault is None)

    def next_batch(self, *kinds: str | None) -> None:
        self._wholes.extend(kinds)

    def next_create(self, *kinds: str | None) -> None:
        self._creates.extend(kinds)

    def routes(self, app: web.Application) -> None:
        super().routes(app)
        app.router.add_post("/v1/files", self._upload)
        app.router.add_get("/v1/files/{id}/content", self._content)
        app.router.add_post("/v1/batches", self._create_openai)
        app.router.add_get("/v1/batches", self._list)
        app.router.add_get("/v1/batches/{id}", self._retrieve)
        app.router.add_post("/v1/messages/batches", self._create_anthropic)
        app.router.add_get("/v1/messages/batches", self._list)
        app.router.add_get("/v1/messages/batches/{id}", self._retrieve)
        app.router.add_get("/v1/messages/batches/{id}/results", self._results)

    # --- making ---------------------------------------------------------------------------------

    async def _upload(self, request: web.Request) -> web.StreamResponse:
        form = await request.post()
        file: Any = form["file"]
        assert form["purpose"] == "batch"
        assert file.filename.endswith(".jsonl")
        name = f"file-in{len(self._files)}"
        self._files[name] = file.file.read()
        return web.json_response(
            {"id": name, "object": "file", "bytes": len(self._files[name]), "created_at": int(time.time()),
             "filename": file.filename, "purpose": "batch", "status": "processed"}
        )  # fmt: skip

    async def _create_openai(self, request: web.Request) -> web.StreamResponse:
        body = await request.json()
        content = self._files[body["input_file_id"]]
        lines = [json.loads(line) for line in content.split(b"\n") if line]
        batch = Batch(
            f"batch_{len(self.batches)}", "openai", [(line["custom_id"], line["body"]) for line in lines],
            len(content), request, body.get("metadata") or {},
        )  # fmt: skip
        names = [name for name, _ in batch.entries]
        for number, line in enumerate(lines, 1):
            if line["url"] != body["endpoint"] or line["method"] != "POST":
                batch.errors.append({"code": "invalid_url", "line": number, "message": "the URL differs"})
        if len(set(names)) != len(names):
            batch.errors.append({"code": "duplicate_custom_id", "line": 1, "message": "a custom id stands twice"})
        if len({line["body"]["model"] for line in lines}) != 1:
            batch.errors.append({"code": "mismatched_model", "line": 2, "message": "one model in a batch"})
        if len(lines) > self.most or len(content) > self.largest:
            batch.errors.append({"code": "file_too_large", "line": None, "message": "the file is too large"})
        return await self._made(batch, request)

    async def _create_anthropic(self, request: web.Request) -> web.StreamResponse:
        raw = await request.read()
        entries = [(entry["custom_id"], entry["params"]) for entry in json.loads(raw)["requests"]]
        batch = Batch(f"msgbatch_{len(self.batches)}", "anthropic", entries, len(raw), request)
        batch.headers = dict(request.headers)
        names = [name for name, _ in entries]
        if len(entries) > self.most or len(raw) > self.largest:
            return self._refuse(413, "request_too_large", "the batch is too large")
        if len(set(names)) != len(names) or not all(map(_CUSTOM_ID.fullmatch, names)):
            return self._refuse(400, "invalid_request_error", "custom_id: must be unique and match the pattern")
        return await self._made(batch, request)

    def _refuse(self, status: int, kind: str, message: str) -> web.Response:
        error = {"type": "error", "error": {"type": kind, "code": kind, "message": message}}
        headers = {"Retry-After": self.retry_after} if status == 429 else {}
        return web.json_response(error, status=status, headers=headers)

    async def _made(self, batch: Batch, request: web.Request) -> web.StreamResponse:
        kind = self._creates.pop(0) if self._creates else None
        if kind == "lost":
            return _cut(request)
        if kind in {"400", "429", "500"}:
            return self._refuse(int(kind), "some_error", "not today")
        whole = self._wholes.pop(0) if self._wholes else None
        if whole == "failed":
            batch.errors.append({"code": "invalid_json_line", "line": 3, "message": "This line is not valid."})
        if whole == "busy":
            batch.errors.append({"code": "token_limit_exceeded", "line": None, "message": "Enqueued token limit"})
        batch.whole = whole
        self.batches.append(batch)
        if kind == "stall":
            await asyncio.sleep(3600)
        if kind == "cut":
            return _cut(request)
        return web.json_response(self._shown(batch))

    # --- asking after ---------------------------------------------------------------------------

    def _find(self, request: web.Request) -> Batch:
        found = next((batch for batch in self.batches if batch.id == request.match_info["id"]), None)
        if found is None or found.id in self.gone:
            raise web.HTTPNotFound(text=json.dumps({"error": {"message": "no such batch"}}))
        return found

    async def _retrieve(self, request: web.Request) -> web.StreamResponse:
        batch = self._find(request)
        if self.flaky:
            self.flaky -= 1
            return self._refuse(500, "api_error", "a bad moment")
        batch.asked += 1
        if not batch.ended and not self.hold and (batch.asked > self.polls or batch.canceling or batch.errors):
            self._end(batch)
        return web.json_response(self._shown(batch))

    async def _list(self, request: web.Request) -> web.StreamResponse:
        api = "anthropic" if "messages" in request.path else "openai"
        newest = [batch for batch in reversed(self.batches) if batch.api == api]
        after = request.query.get("after") or request.query.get("after_id")
        if after:
            newest = newest[[batch.id for batch in newest].index(after) + 1 :]
        page, more = newest[:2], len(newest) > 2  # small pages, so that paging is seen to work
        ids = {"first_id": page[0].id if page else None, "last_id": page[-1].id if page else None}
        return web.json_response({"object": "list", "data": [self._shown(b) for b in page], "has_more": more, **ids})

    def _shown(self, batch: Batch) -> dict[str, Any]:
        return _openai_shown(batch) if batch.api == "openai" else self._anthropic_shown(batch)

    def _anthropic_shown(self, batch: Batch) -> dict[str, Any]:
        kinds = Counter(line["result"]["type"] for line in batch.results)
        stamp = datetime.fromtimestamp(batch.created, UTC).isoformat()
        counts = {kind: kinds[kind] for kind in ("succeeded", "errored", "canceled", "expired")}
        url = f"{self.anthropic_url}/v1/messages/batches/{batch.id}/results"
        return {
            "id": batch.id, "type": "message_batch", "created_at": stamp, "expires_at": stamp, "archived_at": None,
            "processing_status": "ended" if batch.ended else "canceling" if batch.canceling else "in_progress",
            "request_counts": counts | {"processing": 0 if batch.ended else batch.requests},
            "ended_at": stamp if batch.ended else None, "cancel_initiated_at": None,
            "results_url": url if batch.ended else None,
        }  # fmt: skip

    # --- ending ---------------------------------------------------------------------------------

    def _end(self, batch: Batch) -> None:
        batch.ended = True
        if batch.errors:
            return
        for number, (name, body) in enumerate(batch.entries):
            texts = _texts(body)
            prompt = "\n".join(texts)
            digest = hashlib.sha256("\0".join(texts).encode()).hexdigest()[:16]
            marked = re.search(r"<<batch:([a-z0-9-]+)>>", prompt)
            kind = marked[1] if marked else None
            if batch.whole in {"expired", "cancelled"} and number % 2:
                kind = "expired" if batch.whole == "expired" else "canceled"
            error = (500, {"error": {"type": "api_error", "message": "boom"}}) if kind == "errored" else None
            if kind not in {"expired", "canceled", "errored"}:
                failed = _error(kind, batch.request, self.retry_after)
                error = error if failed is None else (failed.status, json.loads(failed.text or "{}"))
            answer = None
            if error is None and kind not in {"expired", "canceled"}:
                write = self.writer(batch.api)
                answer = write(self.versioned(body), prompt, self.lead + _reply(prompt, kind, batch.request), kind)
                self.batched[digest] += 1
            line = _openai_line if batch.api == "openai" else _anthropic_line
            batch.results.append(line(name, kind, error, answer))
        batch.results.reverse()
        if batch.api == "openai":
            for suffix, wanted in (("out", True), ("err", False)):
                lines = [
                    r for r in batch.results if (r["error"] is None and r["response"]["status_code"] == 200) is wanted
                ]
                if lines:
                    self._files[f"file-{suffix}-{batch.id}"] = _jsonl(lines)

    async def _content(self, request: web.Request) -> web.StreamResponse:
        name = request.match_info["id"]
        if name not in self._files or name in self.gone:
            raise web.HTTPNotFound(text=json.dumps({"error": {"message": "no such file"}}))
        return web.Response(body=self._files[name], content_type="application/octet-stream")

    async def _results(self, request: web.Request) -> web.StreamResponse:
        return web.Response(body=_jsonl(self._find(request).results), content_type="application/x-jsonl")


def _jsonl(lines: list[dict[str, Any]]) -> bytes:
    return b"".join(json.dumps(line, ensure_ascii=False).encode() + b"\n" for line in lines)


def _openai_shown(batch: Batch) -> dict[str, Any]:
    status = "validating" if batch.asked < 2 else "in_progress"
    if batch.canceling:
        status = "cancelling"
    if batch.ended:
        status = "failed" if batch.errors else batch.whole or "completed"
    fine = [line for line in batch.results if line["error"] is None and line["response"]["status_code"] == 200]
    return {
        "id": batch.id, "object": "batch", "endpoint": "/v1/chat/completions", "completion_window": "24h",
        "input_file_id": "file-in", "created_at": int(batch.created), "metadata": batch.metadata, "status": status,
        "errors": {"object": "list", "data": batch.errors} if batch.ended and batch.errors else None,
        "output_file_id": f"file-out-{batch.id}" if fine else None,
        "error_file_id": f"file-err-{batch.id}" if len(fine) < len(batch.results) else None,
        "request_counts": {
            "total": batch.requests, "completed": len(fine), "failed": len(batch.results) - len(fine)
        },
    }  # fmt: skip


def _openai_line(name: str, kind: str | None, error: Any, answer: Any) -> dict[str, Any]:
    line: dict[str, Any] = {"id": f"batch_req_{name[-6:]}", "custom_id": name, "response": None, "error": None}
    if kind in {"expired", "canceled"}:
        code = "batch_expired" if kind == "expired" else "batch_cancelled"
        return line | {"error": {"code": code, "message": f"This request was not executed: {kind}."}}
    status, body = error or (200, answer)
    return line | {"response": {"status_code": status, "request_id": "req_fake", "body": body}}


def _anthropic_line(name: str, kind: str | None, error: Any, answer: Any) -> dict[str, Any]:
    if kind in {"expired", "canceled"}:
        return {"custom_id": name, "result": {"type": kind}}
    if error is not None:
        types = {400: "invalid_request_error", 413: "request_too_large", 429: "rate_limit_error"}
        said = error[1]["error"] | {"type": types.get(error[0], "api_error")}
        return {"custom_id": name, "result": {"type": "errored", "error": {"type": "error", "error": said}}}
    return {"custom_id": name, "result": {"type": "succeeded", "message": answer}}
