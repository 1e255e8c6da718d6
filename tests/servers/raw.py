"""A loopback server that writes whatever bytes it is told to.

In tests::

    with Raw(lambda request: answer('{"choices": []}')) as server:
        server.url          # http://127.0.0.1:PORT
        server.requests     # what came in: Request(method, path, headers, body)

What ``reply`` returns is written as it is; of an iterator each piece, until the other side hangs up.
"""

from __future__ import annotations

import contextlib
import json
import socket
import threading
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Self

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable


@dataclass
class Request:
    method: str
    path: str
    headers: dict[str, str]
    body: bytes


def answer(body: str | bytes | object, status: str = "200 OK", **headers: str) -> bytes:
    """Write an answer; what is no text goes as JSON."""
    raw = body if isinstance(body, bytes) else (body if isinstance(body, str) else json.dumps(body)).encode()
    usual = {"Content-Type": "application/json", "Content-Length": str(len(raw))}
    lines = [f"{name.replace('_', '-')}: {value}\r\n" for name, value in (usual | headers).items()]
    return f"HTTP/1.1 {status}\r\n{''.join(lines)}\r\n".encode("latin-1") + raw


def chat(content: Any, finish: Any = "stop", **message: Any) -> dict[str, Any]:
    """Write a chat completion."""
    said = {"role": "assistant", "content": content} | message
    choice = {"index": 0, "message": said, "finish_reason": finish}
    usage = {"prompt_tokens": 10, "completion_tokens": 2, "total_tokens": 12}
    return {"id": "c", "object": "chat.completion", "created": 1, "model": "raw", "choices": [choice], "usage": usage}


class Raw:
    """The server, a thread for each connection; a context manager."""

    def __init__(self, reply: Callable[[Request], bytes | Iterable[bytes]], host: str = "127.0.0.1") -> None:
        self.requests: list[Request] = []
        self.sent = 0
        self._reply = reply
        self._listener = socket.create_server((host, 0), family=socket.AF_INET6 if ":" in host else socket.AF_INET)
        self.port = self._listener.getsockname()[1]
        self.url = f"http://{f'[{host}]' if ':' in host else host}:{self.port}"

    def __enter__(self) -> Self:
        threading.Thread(target=self._listen, daemon=True).start()
        return self

    def __exit__(self, *_: object) -> None:
        self._listener.close()

    def _listen(self) -> None:
        while True:
            try:
                connection, _ = self._listener.accept()
            except OSError:
                return
            threading.Thread(target=self._serve, args=(connection,), daemon=True).start()

    def _serve(self, connection: socket.socket) -> None:
        with contextlib.suppress(OSError, ValueError), connection, connection.makefile("rb") as stream:
            while (request := _read(stream)) is not None:
                self.requests.append(request)
                reply = self._reply(request)
                for piece in [reply] if isinstance(reply, bytes) else reply:
                    connection.sendall(piece)
                    self.sent += len(piece)


def _read(stream: Any) -> Request | None:
    first = stream.readline().decode("latin-1").split(" ")
    if len(first) != 3:
        return None
    headers: dict[str, str] = {}
    while line := stream.readline().decode("latin-1").strip():
        name, _, value = line.partition(":")
        headers[name.lower()] = value.strip()
    return Request(first[0], first[1], headers, stream.read(int(headers.get("content-length", 0))))
