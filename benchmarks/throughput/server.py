"""A loopback server that answers chat completions and Anthropic messages after a fixed latency, cheaply.

HTTP is read by hand: one connection asks one thing at a time, bodies come with a length. Every answer holds a verdict
in the form that judgebench's parser reads, and usage. The first line on stdout is the port; a line (or the end) of
stdin ends the server, whose last line then says when (``time.monotonic``) it sent its first and its last answer.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import sys
import time
import zlib
from collections import deque
from typing import cast

try:
    import uvloop
except ImportError:  # said by the runner; the plain loop may miss the 10,000 a second
    uvloop = None

_LENGTH = b"content-length:"


def _answers(body: dict[str, object], field: str) -> list[bytes]:
    """Write the whole HTTP answer for each of the two verdicts."""
    written: list[bytes] = []
    for label in "AB":
        content = json.dumps(body).replace(field, f"Both were compared with what was asked.\\n[[{label}]]").encode()
        head = f"HTTP/1.1 200 OK\r\ncontent-type: application/json\r\ncontent-length: {len(content)}\r\n"
        head += "x-ratelimit-limit-requests: 1000000\r\nx-ratelimit-remaining-requests: 999999\r\n"
        head += "request-id: req_1\r\nx-request-id: req_1\r\n\r\n"
        written.append(head.encode() + content)
    return written


CHAT = _answers(
    {
        "id": "chatcmpl-1",
        "object": "chat.completion",
        "created": 1,
        "model": "bench",
        "choices": [
            {
                "index": 0,
                "message": {"role": "assistant", "content": "$TEXT", "refusal": None},
                "logprobs": None,
                "finish_reason": "stop",
            }
        ],
        "usage": {"prompt_tokens": 400, "completion_tokens": 12, "total_tokens": 412},
    },
    "$TEXT",
)
MESSAGES = _answers(
    {
        "id": "msg_1",
        "type": "message",
        "role": "assistant",
        "model": "bench",
        "content": [{"type": "text", "text": "$TEXT"}],
        "stop_reason": "end_turn",
        "stop_sequence": None,
        "usage": {"input_tokens": 400, "output_tokens": 12},
    },
    "$TEXT",
)


class Waiting:
    """Answers that are due later: the latency is the same for all, so one queue and one timer do."""

    def __init__(self, latency: float) -> None:
        self._latency = latency
        self._loop = asyncio.get_running_loop()
        self._due: deque[tuple[float, asyncio.Transport, bytes]] = deque()
        self.first = self.last = 0.0

    def answer(self, transport: asyncio.Transport, answer: bytes) -> None:
        """Send an answer when the latency is over."""
        self._due.append((self._loop.time() + self._latency, transport, answer))
        if len(self._due) == 1:
            self._loop.call_later(self._latency, self._send)

    def _send(self) -> None:
        now = self._loop.time()
        while self._due and self._due[0][0] <= now:
            _, transport, answer = self._due.popleft()
            # A write to a connection that its client has closed would raise, and strand all others.
            if not transport.is_closing():
                transport.write(answer)
        self.last = time.monotonic()
        self.first = self.first or self.last
        if self._due:
            self._loop.call_later(self._due[0][0] - now, self._send)


class Answering(asyncio.Protocol):
    """One connection."""

    def __init__(self, waiting: Waiting) -> None:
        self._waiting = waiting
        self._transport: asyncio.Transport | None = None
        self._held = b""

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Remember where answers go."""
        self._transport = cast("asyncio.Transport", transport)

    def data_received(self, data: bytes) -> None:
        """Answer a request that is whole; wait for the rest of one that is not."""
        data = self._held + data if self._held else data
        end = data.find(b"\r\n\r\n")
        length = 0
        if end >= 0 and data[:4] == b"POST":
            head = data[:end].lower()
            at = head.find(_LENGTH)
            if at >= 0:
                length = int(head[at + len(_LENGTH) :].split(b"\r\n", 1)[0])
        if end < 0 or len(data) < end + 4 + length:
            self._held = data
            return
        self._held = b""
        answers = MESSAGES if b"/messages" in data[: data.find(b"\r\n")] else CHAT
        if self._transport is not None:
            self._waiting.answer(self._transport, answers[zlib.crc32(data[end:]) & 1])


async def serve(latency: float) -> None:
    """Serve until a line comes in on stdin."""
    loop = asyncio.get_running_loop()
    waiting = Waiting(latency)
    server = await loop.create_server(lambda: Answering(waiting), "127.0.0.1", 0, backlog=4096)
    print(server.sockets[0].getsockname()[1], flush=True)
    await loop.run_in_executor(None, sys.stdin.readline)
    server.close()
    print(waiting.first, waiting.last, flush=True)


def main() -> None:
    """Read the latency and serve."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--latency", type=float, default=0.05)
    latency = parser.parse_args().latency
    run = asyncio.run if uvloop is None else uvloop.run
    run(serve(latency))


if __name__ == "__main__":
    main()
