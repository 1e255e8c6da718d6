"""`judgebench view` in a process of its own, and raw requests to it."""

from __future__ import annotations

import http.client
import json
import os
import signal
import subprocess
import sys
from typing import TYPE_CHECKING, Any, NamedTuple
from urllib.parse import parse_qs, urlsplit

from processes import HANGS

if TYPE_CHECKING:
    from pathlib import Path


class Answer(NamedTuple):
    """What came back."""

    status: int
    headers: dict[str, str]
    body: bytes

    def json(self) -> Any:
        return json.loads(self.body)


class ViewServer:
    """A server that a test started; ends with the test."""

    def __init__(self, folder: Path, *arguments: object) -> None:
        self.folder = folder
        self.process = subprocess.Popen(
            [sys.executable, "-m", "judgebench", "view", *map(str, arguments)],
            cwd=folder,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            # A plugin may lie beside.
            env=os.environ | {"PYTHONPATH": os.pathsep.join([str(folder), os.environ.get("PYTHONPATH", "")])},
        )
        self.link = self.process.stdout.readline().strip()
        if not self.link:
            raise RuntimeError(self.process.stderr.read())
        parts = urlsplit(self.link)
        self.port = parts.port
        self.address = f"{parts.scheme}://{parts.netloc}"
        self.token = parse_qs(parts.query)["token"][0]
        self.cookie = f"judgebench-{self.port}={self.token}"

    def ask(self, method: str, path: str, body: object = None, **headers: str | None) -> Answer:
        """Send a request as the page would; a header named None is left out, others replace the usual."""
        data = body if isinstance(body, bytes | None) else json.dumps(body).encode()
        usual = {"Cookie": self.cookie, "Host": f"127.0.0.1:{self.port}"}
        if method == "POST":
            usual |= {"Origin": self.address, "Content-Type": "application/json"}
        sent = usual | {name.replace("_", "-"): value for name, value in headers.items()}
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=60)
        try:
            connection.putrequest(method, path, skip_host=True, skip_accept_encoding=True)
            for name, value in sent.items():
                if value is not None:
                    connection.putheader(name, value)
            if data is not None:
                connection.putheader("Content-Length", str(len(data)))
            connection.endheaders(data)
            response = connection.getresponse()
            return Answer(response.status, dict(response.getheaders()), response.read())
        finally:
            connection.close()

    def stop(self, number: int = signal.SIGINT, timeout: float = HANGS) -> int:
        """Send a signal and wait for the end."""
        if self.process.poll() is None:
            self.process.send_signal(number)
        code = self.process.wait(timeout)
        self._close()
        return code

    def kill(self) -> None:
        """End it as a power cut would; also one that has ended."""
        self.process.kill()
        self.process.wait()
        self._close()

    def _close(self) -> None:
        for stream in (self.process.stdout, self.process.stderr):
            stream.close()
