"""What every test gets: no keys, no colours, sockets only to loopback, real data where it lies."""

from __future__ import annotations

import contextlib
import ipaddress
import os
import pickle
import signal
import socket
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from filelock import FileLock
from hypothesis import HealthCheck, settings
from processes import Outcome, python
from simulated import Loop

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from servers.fake_llm import FakeLLM

    from judgebench.report.reproduction import Reproduction

# A job in the background inherits an ignored SIGINT, and would hand it on to the commands that tests interrupt.
if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:
    signal.signal(signal.SIGINT, signal.default_int_handler)

# The same examples every time, and a busy machine is no reason to fail. A person who searches on takes the other
# profile: `pytest --hypothesis-profile=search`.
_patient = settings(deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.register_profile("search", _patient)
settings.register_profile("same", _patient, derandomize=True)
settings.load_profile("same")

_REPO = Path(__file__).resolve().parent.parent


@pytest.fixture(scope="session")
def data_dir() -> Path:
    """The folder of real benchmark data, or a skip that says how to get it."""
    folder = Path(os.environ.get("JUDGEBENCH_DATA") or _REPO.parent / "shared" / "data")
    if not (folder / "INDEX.md").exists():
        pytest.skip("no benchmark data here: set JUDGEBENCH_DATA to the folder that holds pandalm/, judgebench/ ...")
    return folder


@pytest.fixture(scope="session")
def everything(data_dir: Path, tmp_path_factory: pytest.TempPathFactory) -> Reproduction:
    """All published figures of the real data beside ours: by the first worker that needs them, for all."""
    from judgebench.reproduce.reproduction import reproduce

    base = tmp_path_factory.getbasetemp()
    kept = (base.parent if "PYTEST_XDIST_WORKER" in os.environ else base) / "everything.pickle"
    with FileLock(f"{kept}.lock"):
        if not kept.exists():
            kept.write_bytes(pickle.dumps(reproduce(None, data_dir)))
        found: Reproduction = pickle.loads(kept.read_bytes())  # noqa: S301 - our own
    return found


@pytest.fixture(autouse=True)
def _hermetic(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in list(os.environ):
        if name.endswith("_API_KEY") or (name.startswith("JUDGEBENCH_") and name != "JUDGEBENCH_DATA"):
            monkeypatch.delenv(name)
    # Tests name their data; an inherited folder must not leak into commands that look it up.
    # Nor must a job of CI that runs the tests.
    for name in ("JUDGEBENCH_DATA", "GITHUB_ACTIONS", "GITHUB_STEP_SUMMARY"):
        monkeypatch.delenv(name, raising=False)
    # Folders of tests may lie in a checkout, and are no part of it.
    monkeypatch.setenv("GIT_CEILING_DIRECTORIES", str(_REPO))
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


@pytest.fixture(autouse=True)
def _no_child_is_left(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """End what a test started and did not see end, and what that had started; fixtures of wider scope keep theirs."""
    started: list[subprocess.Popen[bytes]] = []
    start = subprocess.Popen.__init__

    def noted(self: subprocess.Popen[bytes], *arguments: object, **more: object) -> None:
        start(self, *arguments, **more)
        started.append(self)

    monkeypatch.setattr(subprocess.Popen, "__init__", noted)
    yield
    for process in started:
        if process.poll() is None:
            for pid in (*_descendants(process.pid), process.pid):
                with contextlib.suppress(ProcessLookupError):
                    os.kill(pid, signal.SIGKILL)
            process.wait()
        for pipe in (process.stdin, process.stdout, process.stderr):
            if pipe is not None and not pipe.closed:
                with contextlib.suppress(OSError):  # a full pipe's other end is gone
                    pipe.close()


def _descendants(pid: int) -> list[int]:
    """Name the processes below one, by Linux's own list; elsewhere none."""
    try:
        listed = Path(f"/proc/{pid}/task/{pid}/children").read_text(encoding="ascii")
    except OSError:
        return []
    return [below for child in map(int, listed.split()) for below in (*_descendants(child), child)]


@pytest.fixture
def apart(tmp_path: Path) -> Callable[..., Outcome]:
    """Run `judgebench …` in a process of its own, for what needs one; fails on a traceback, which is always a bug."""

    def call(*arguments: object, env: dict[str, str] | None = None, timeout: float = 120) -> Outcome:
        done = python(tmp_path, "-m", "judgebench", *arguments, env=env, timeout=timeout)
        assert "Traceback" not in done.err, done.err
        return done

    return call


@pytest.fixture
def judgebench(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]):
    """Call `judgebench …` in an empty folder, in this process: a new one for each call would take most of the time."""

    from judgebench.cli import main

    def call(*arguments: object, env: dict[str, str] | None = None) -> Outcome:
        capfd.readouterr()
        with monkeypatch.context() as patch:
            patch.chdir(tmp_path)
            patch.setattr(sys, "argv", ["judgebench", *map(str, arguments)])
            # What a process of its own has to itself: its variables, where it looks for modules, those of its folder.
            patch.setattr(sys, "path", [str(tmp_path), *sys.path])
            for name, value in (env or {}).items():
                patch.setenv(name, value)
            before = set(sys.modules)
            with pytest.raises(SystemExit) as ended:
                main()
            for name in set(sys.modules) - before:
                if str(tmp_path) in str(getattr(sys.modules[name], "__file__", None)):
                    del sys.modules[name]
        out, err = capfd.readouterr()
        assert "Traceback" not in err, err
        return Outcome(int(ended.value.code or 0), out, err)

    return call


@pytest.fixture
def fake_llm() -> Iterator[FakeLLM]:
    """A loopback language model; see ``tests/servers/fake_llm.py``."""
    from servers.fake_llm import FakeLLM

    with FakeLLM() as server:
        yield server


@pytest.fixture
def simulated(monkeypatch: pytest.MonkeyPatch) -> Callable[[], float]:
    """Event loops whose time passes at once while all wait; returns the seconds that passed on the last one."""
    loops: list[Loop] = []

    def made() -> Loop:
        loops.append(Loop())
        return loops[-1]

    monkeypatch.setattr("asyncio.events.new_event_loop", made)
    return lambda: loops[-1].time() if loops else 0.0
