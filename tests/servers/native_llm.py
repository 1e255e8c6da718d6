"""A loopback model that answers as published judges do: a model named after a card's layout writes its native reply.

Which of the layout's replies it is, the hash of the prompt decides. Raw prompts have an endpoint of their own.
"""

from __future__ import annotations

import hashlib
import math
from typing import TYPE_CHECKING, Any

from servers.fake_llm import FakeLLM

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from aiohttp import web


class NativeLLM(FakeLLM):
    """The server of `FakeLLM`; ``native`` are the replies by model."""

    def __init__(self, native: Mapping[str, Sequence[str]], **options: Any) -> None:
        super().__init__(**options)
        self.native = native

    def routes(self, app: web.Application) -> None:
        super().routes(app)
        app.router.add_post("/v1/completions", self._raw)

    async def _raw(self, request: web.Request) -> web.StreamResponse:
        body: dict[str, Any] = await request.json()
        assert "messages" not in body
        body["messages"] = [{"role": "user", "content": body["prompt"]}]

        async def json() -> dict[str, Any]:
            return body

        request.json = json  # type: ignore[method-assign]  # a body read already
        return await self._answer(request, self.writer("raw"))

    def writer(self, api: str) -> Any:
        def write(body: dict[str, Any], prompt: str, reply: str, fault: str | None) -> dict[str, Any]:
            # The version that answers is named behind the model.
            replies = self.native[body["model"].removesuffix(f"-{self.version}")]
            start = int(hashlib.sha256(prompt.encode()).hexdigest()[:8], 16)
            choices = [_choice(replies[(start + n) % len(replies)], api, body) for n in range(body.get("n", 1))]
            return {"model": body["model"], "choices": choices, "usage": {"prompt_tokens": 9, "completion_tokens": 3}}

        return write


def _choice(reply: str, api: str, body: dict[str, Any]) -> dict[str, Any]:
    if api == "raw":
        return {"text": reply, "finish_reason": "stop"}
    choice: dict[str, Any] = {"message": {"role": "assistant", "content": reply}, "finish_reason": "stop"}
    if "logprobs" in body:
        likely = {"M": 0.1, "m": 0.1, "3": 0.1, "4": 0.1, reply: 0.6}
        tops = [{"token": token, "logprob": math.log(p)} for token, p in likely.items()]
        choice["logprobs"] = {"content": [tops[-1] | {"top_logprobs": tops}]}
    if "tools" in body:
        call = {"name": body["tools"][0]["function"]["name"], "arguments": reply}
        choice["message"] = {"content": None, "tool_calls": [{"id": "c", "type": "function", "function": call}]}
    return choice
