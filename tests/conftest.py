"""What every test gets: no keys, no colours, sockets only to loopback, real data where it lies."""

from __future__ import annotations

import ipaddress
import os
import socket
from pathlib import Path

import pytest

_REPO = Path(__file__).resolve().parent.parent


@pytest.fixture(scope="session")
def data_dir() -> Path:
    """The folder of real benchmark data, or a skip that says how to get it."""
    folder = Path(os.environ.get("JUDGEBENCH_DATA") or _REPO.parent / "shared" / "data")
    if not (folder / "INDEX.md").exists():
        pytest.skip("no benchmark data here: set JUDGEBENCH_DATA to the folder that holds pandalm/, judgebench/ ...")
    return folder


@pytest.fixture(autouse=True)
def _hermetic(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in list(os.environ):
        if name.endswith("_API_KEY") or (name.startswith("JUDGEBENCH_") and name != "JUDGEBENCH_DATA"):
            monkeypatch.delenv(name)
    # Tests name their data; an inherited folder must not leak into commands that look it up.
    monkeypatch.delenv("JUDGEBENCH_DATA", raising=False)
    monkeypatch.setenv("NO_COLOR", "1")
    monkeypatch.setenv("HF_HUB_DISABLE_TELEMETRY", "1")


@pytest.fixture(autouse=True, scope="session")
def _loopback_only() -> None:
    connect = socket.socket.connect

    def guarded(self: socket.socket, address: object) -> None:
        if self.family in {socket.AF_INET, socket.AF_INET6} and isinstance(address, tuple):
            host = str(address[0])
            if host != "localhost" and not ipaddress.ip_address(host).is_loopback:
                raise RuntimeError(f"a test tried to leave this machine: {address}")
        connect(self, address)

    socket.socket.connect = guarded
